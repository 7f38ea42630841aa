// SPDX-License-Identifier: Apache-2.0
#include "workshop.h"

#include <algorithm>
#include <dlfcn.h>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <sys/resource.h>

namespace burin::bench {
namespace {
namespace fs = std::filesystem;

std::string quoted(const std::string &word) {
  std::string text = "'";
  for (const char c : word)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string textOf(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

double childrenSeconds() {
  rusage usage;
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval &t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Seconds of a processor that the command takes: they hardly depend on what else runs.
double execute(const std::string &command, const fs::path &log) {
  const double start = childrenSeconds();
  const int status = std::system(fmt::format("{} > {} 2>&1", command, quoted(log)).c_str());
  if (status != 0)
    throw std::runtime_error(fmt::format("{}\n{}", command, textOf(log).substr(0, 4000)));
  return childrenSeconds() - start;
}

bool isWeights(const fs::path &source) {
  return source.filename().string().find(".weights") != std::string::npos;
}

} // namespace

Network build(const Workshop &shop, const fs::path &model, bool observed) {
  Network network;
  network.name = model.stem();
  const fs::path folder = shop.work / network.name, log = folder / "log.txt";
  fs::create_directories(folder);
  network.generateSeconds =
      execute(fmt::format("{} compile {} -o {} --name network{}{} {}", quoted(shop.burin),
                          quoted(model), quoted(folder), shop.threads ? " --threads hook" : "",
                          observed ? " --profile" : "", shop.options),
              log);
  network.report = nlohmann::ordered_json::parse(textOf(folder / "report.json"));

  std::vector<fs::path> sources{shop.sources / "adapter.cpp"};
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".cpp")
      sources.push_back(entry.path());
  std::ranges::sort(sources);
  std::string objects;
  for (const fs::path &source : sources) {
    const fs::path object = folder / (source.stem().string() + ".o");
    objects += " " + quoted(object);
    if (observed && isWeights(source) && fs::exists(object) &&
        fs::last_write_time(object) > fs::last_write_time(source))
      continue;
    const double seconds = execute(
        fmt::format(
            "{} -std=c++17 -fPIC -fvisibility=hidden {} -I{} -I{} -DBENCH_HEADER='\"network.h\"' "
            "-DBENCH_NAMESPACE=network -c {} -o {}",
            shop.cxx, shop.cxxflags, quoted(shop.runtime), quoted(folder), quoted(source),
            quoted(object)),
        log);
    network.compileSeconds += seconds;
    network.slowestUnit = std::max(network.slowestUnit, seconds);
  }
  network.library = folder / (observed ? "observed.so" : "network.so");
  execute(
      fmt::format("{} -shared -Wl,-Bsymbolic{} -o {}", shop.cxx, objects, quoted(network.library)),
      log);

  void *handle = ::dlopen(network.library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw std::runtime_error(::dlerror());
  network.model = static_cast<const BenchModel *>(::dlsym(handle, "bench_model"));
  if (!network.model)
    throw std::runtime_error(network.library.string() + " has no bench_model");
  return network;
}

} // namespace burin::bench
