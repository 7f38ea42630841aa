// SPDX-License-Identifier: Apache-2.0
#include "workshop.h"

#include <algorithm>
#include <dlfcn.h>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>

namespace burin::bench {
namespace {
namespace fs = std::filesystem;

std::string textOf(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool isWeights(const fs::path &source) {
  return source.filename().string().find(".weights") != std::string::npos;
}

} // namespace

Network build(const Workshop &shop, const fs::path &model, bool observed) {
  Network network;
  network.name = model.stem();
  const fs::path folder = shop.work / network.name;
  fs::create_directories(folder);
  const std::string generate =
      fmt::format("{} compile {} -o {} --name network{}{} {}", quoted(shop.burin), quoted(model),
                  quoted(folder), shop.threads ? " --threads hook" : "",
                  observed ? " --profile" : "", shop.options);
  network.generate = runAll({&generate, 1}, 1);
  network.report = nlohmann::ordered_json::parse(textOf(folder / "report.json"));

  std::vector<fs::path> sources{shop.sources / "adapter.cpp"};
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".cpp")
      sources.push_back(entry.path());
  // The one that takes longest first, as far as its length tells; always in the same order.
  std::ranges::sort(sources, [](const fs::path &a, const fs::path &b) {
    return std::pair(fs::file_size(b), a) < std::pair(fs::file_size(a), b);
  });
  std::string objects;
  std::vector<std::string> commands;
  for (const fs::path &source : sources) {
    const fs::path object = folder / (source.stem().string() + ".o");
    objects += " " + quoted(object);
    if (observed && isWeights(source) && fs::exists(object) &&
        fs::last_write_time(object) > fs::last_write_time(source))
      continue;
    commands.push_back(fmt::format(
        "{} -std=c++17 -fPIC -fvisibility=hidden {} -I{} -I{} -DBENCH_HEADER='\"network.h\"' "
        "-DBENCH_NAMESPACE=network -c {} -o {}",
        shop.cxx, shop.cxxflags, quoted(shop.runtime), quoted(folder), quoted(source),
        quoted(object)));
  }
  network.compile = runAll(commands, shop.jobs);
  network.library = folder / (observed ? "observed.so" : "network.so");
  const std::string link =
      fmt::format("{} -shared -Wl,-Bsymbolic{} -o {}", shop.cxx, objects, quoted(network.library));
  runAll({&link, 1}, 1);

  void *handle = ::dlopen(network.library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw std::runtime_error(::dlerror());
  network.model = static_cast<const BenchModel *>(::dlsym(handle, "bench_model"));
  if (!network.model)
    throw std::runtime_error(network.library.string() + " has no bench_model");
  return network;
}

} // namespace burin::bench
