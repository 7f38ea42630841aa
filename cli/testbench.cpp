// SPDX-License-Identifier: Apache-2.0
#include "cli/testbench.h"

#include "cli/mapped_file.h"
#include "cli/process.h"
#include "cli/write_file.h"

#include <cstdlib>
#include <cstring>
#include <fmt/format.h>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kBuildLimit = 1800s, kRunLimit = 600s;

// What the program reads, for each run: 'r' to reset the state or 'k' to keep it, the symbols as
// 64 bits each, then the elements of every input. What it writes: status and node as 32 bits each;
// if the status is ok, for every output its extents as 64 bits each, then its elements.
constexpr std::string_view kHead = R"(// Feeds a model from a file; made by `burin validate`.
#include "{0}"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

namespace {{

void take(FILE *file, void *to, size_t size, size_t count) {{
  if (fread(to, size, count, file) != count) {{
    fputs("the inputs end early\n", stderr);
    exit(3);
  }}
}}

[[maybe_unused]] size_t takeSymbol(FILE *file) {{
  uint64_t value = 0;
  take(file, &value, sizeof value, 1);
  return static_cast<size_t>(value);
}}

[[maybe_unused]] void give(FILE *file, const void *from, size_t size, size_t count) {{
  if (fwrite(from, size, count, file) != count)
    exit(4);
}}

template <class T, size_t... D> void giveView(FILE *file, burin::View<T, D...> view) {{
  const uint64_t shape[] = {{D..., 0}};
  give(file, shape, sizeof(uint64_t), sizeof...(D));
  give(file, view.data(), sizeof(T), view.size());
}}

template <class T, size_t Rank> void giveView(FILE *file, burin::DynView<T, Rank> view) {{
  for (size_t d = 0; d < Rank; ++d) {{
    const uint64_t extent = view.extent(d);
    give(file, &extent, sizeof extent, 1);
  }}
  give(file, view.data(), sizeof(T), view.size());
}}

}} // namespace

int main(int argc, char **argv) {{
  FILE *in = argc == 4 ? fopen(argv[1], "rb") : nullptr;
  FILE *out = argc == 4 ? fopen(argv[2], "wb") : nullptr;
  if (!in || !out)
    return 2;
{1}  for (int mark = fgetc(in); mark != EOF; mark = fgetc(in)) {{
)";

// Of a class that is given its weights: those of the file argv[3].
constexpr std::string_view kWeights = R"(  FILE *file = fopen(argv[3], "rb");
  void *weights = malloc({0}::weights_size);
  if (!file || !weights)
    return 2;
  take(file, weights, 1, {0}::weights_size);
  static {0} model{{burin::Weights{{weights, {0}::weights_size}}}};
  if (model.check_weights() != burin::Status::ok)
    return 5;
)";

constexpr std::string_view kTail = R"(  }
  return fclose(out) == 0 ? 0 : 4;
}
)";

void append(std::string &to, const void *from, size_t size) {
  to.append(static_cast<const char *>(from), size);
}

/// The values of the symbols, from the extents of the inputs, within their bounds.
std::map<std::string, int64_t, std::less<>> symbolsOf(const Api &api, const NamedTensors &inputs) {
  std::map<std::string, int64_t, std::less<>> values;
  const auto refuse = [](const Port &port, const ir::Tensor &tensor) {
    throw CompileError(Problem::usage, {},
                       fmt::format("'{}' is {}, which does not fit {}", port.name,
                                   tensor.type.text(), port.type.text()));
  };
  for (const ApiPort &port : api.inputs) {
    const ir::Tensor &tensor = inputs.find(port.port.name)->second;
    for (size_t i = 0; i < port.port.type.rank(); ++i)
      if (const auto name = port.port.type.dim(i).symbolName())
        values.try_emplace(std::string(*name), tensor.extent(i));
  }
  for (const ApiPort &port : api.inputs) {
    const ir::Tensor &tensor = inputs.find(port.port.name)->second;
    for (size_t i = 0; i < port.port.type.rank(); ++i) {
      const ir::Dim &dim = port.port.type.dim(i);
      const int64_t expected = dim.evaluate([&](std::string_view name) {
        const auto it = values.find(name);
        return it == values.end() ? int64_t{-1} : it->second;
      });
      const ir::Bounds bounds = dim.bounds();
      if (expected != tensor.extent(i) || expected < bounds.lo || expected > bounds.hi)
        refuse(port.port, tensor);
    }
  }
  return values;
}

/// The outputs, as the program wrote them.
class Reader {
public:
  Reader(std::span<const std::byte> bytes, const Api &api) : bytes_{bytes}, api_{api} {}

  NamedTensors sample(size_t index) {
    const auto status = take<uint32_t>(), node = take<uint32_t>();
    if (status != 0)
      throw CompileError(Problem::limit, {},
                         fmt::format("run {} ends with status {} in step {}", index, status, node));
    NamedTensors outputs;
    for (const ApiPort &port : api_.outputs) {
      ir::Shape shape;
      for (size_t d = 0; d < port.port.type.rank(); ++d)
        shape.emplace_back(static_cast<int64_t>(take<uint64_t>()));
      const ir::Type type = port.port.type.withShape(std::move(shape));
      const auto size =
          static_cast<size_t>(type.count().number()) * ir::elementSize(type.element());
      outputs.emplace(port.port.name, ir::Tensor(type, takeBytes(size)));
    }
    return outputs;
  }

private:
  std::span<const std::byte> takeBytes(size_t size) {
    if (size > bytes_.size())
      throw InternalError("the testbench wrote less than it said");
    const std::span<const std::byte> part = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return part;
  }
  template <class T> T take() {
    T value;
    std::memcpy(&value, takeBytes(sizeof value).data(), sizeof value);
    return value;
  }

  std::span<const std::byte> bytes_;
  const Api &api_;
};

} // namespace

std::string compilerOf(const Settings &settings) {
  if (settings.has("cc"))
    return settings.text("cc");
  const char *fromEnvironment = std::getenv("CXX");
  return fromEnvironment && *fromEnvironment ? fromEnvironment : "c++";
}

std::vector<std::string> compilerFlagsOf(const Settings &settings) {
  std::vector<std::string> flags;
  for (const std::string &words : settings.list("cxxflags"))
    for (const std::string_view word : split(words, ' '))
      flags.emplace_back(word);
  return flags;
}

std::vector<std::string> compileCommand(const Settings &settings, const fs::path &folder) {
  std::vector<std::string> words = {compilerOf(settings), "-std=c++17"};
  for (std::string &flag : compilerFlagsOf(settings))
    words.push_back(std::move(flag));
  words.insert(words.end(), {"-I", folder.string(), "-I", runtimeFolder().string()});
  return words;
}

std::string testbenchSource(const Api &api, const std::string &header) {
  const std::string type = fmt::format("{}::Static{}", api.nameSpace, api.className);
  std::string text = fmt::format(fmt::runtime(kHead), header,
                                 api.weights.empty() ? fmt::format("  static {} model;\n", type)
                                                     : fmt::format(fmt::runtime(kWeights), type));
  std::string symbols;
  for (const ApiSymbol &symbol : api.symbols) {
    text += fmt::format("    const size_t n_{} = takeSymbol(in);\n", symbol.identifier);
    symbols += fmt::format("{}n_{}", symbols.empty() ? "" : ", ", symbol.identifier);
  }
  if (api.hasStates)
    text += "    if (mark == 'r')\n      model.reset();\n";
  const auto argumentsOf = [&](const ApiPort &port) {
    return port.port.type.isStatic() ? std::string{} : symbols;
  };
  for (const ApiPort &port : api.inputs)
    text += fmt::format("    {{\n      const auto view = model.{}({});\n"
                        "      take(in, view.data(), sizeof(*view.data()), view.size());\n    }}\n",
                        port.identifier, argumentsOf(port));
  text += fmt::format("    const burin::Status status = model.{}({});\n"
                      "    const uint32_t codes[] = {{static_cast<uint32_t>(status.code()), "
                      "status.node()}};\n"
                      "    give(out, codes, sizeof codes, 1);\n"
                      "    if (status != burin::Status::ok)\n      continue;\n",
                      api.run, symbols);
  for (const ApiPort &port : api.outputs)
    text += fmt::format("    giveView(out, model.{}({}));\n", port.identifier, argumentsOf(port));
  return text + std::string(kTail);
}

Testbench::Testbench(const Compiled &compiled, size_t entry, const std::string &name,
                     fs::path folder, const Settings &settings)
    : api_(compiled.apis[entry]), folder_(std::move(folder)) {
  for (const ApiPort &port : api_.outputs)
    if (!port.port.type.isTensor() || port.port.type.element() == ir::ElementType::string)
      throw CompileError(Problem::unsupported, {},
                         fmt::format("validate cannot read the output '{}', which is {}",
                                     port.port.name, port.port.type.text()))
          .hint("--in-process can");
  std::vector<std::string> words = compileCommand(settings, folder_);
  for (const codegen::File &file : compiled.files) {
    writeFile(folder_ / file.name, file.write);
    if (file.name.ends_with(".cpp"))
      words.push_back((folder_ / file.name).string());
  }
  const fs::path main = folder_ / "testbench.cpp";
  writeFile(main, testbenchSource(api_, name + ".h"));
  words.insert(words.end(), {main.string(), "-o", (folder_ / "testbench").string()});
  const ProcessResult built = runProcess(words, kBuildLimit);
  if (!built.succeeded())
    throw InternalError(fmt::format("the C++ compiler ends with {}:\n  {}\n{}", built.outcome(),
                                    fmt::join(words, " "), built.output));
}

std::vector<NamedTensors> Testbench::run(std::span<const NamedTensors *const> inputs,
                                         bool sequence) {
  std::string bytes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    bytes += sequence && i > 0 ? 'k' : 'r';
    const auto symbols = symbolsOf(api_, *inputs[i]);
    for (const ApiSymbol &symbol : api_.symbols) {
      const auto value = static_cast<uint64_t>(symbols.find(symbol.name)->second);
      append(bytes, &value, sizeof value);
    }
    for (const ApiPort &port : api_.inputs) {
      const ir::Tensor &tensor = inputs[i]->find(port.port.name)->second;
      append(bytes, tensor.bytes.data(), tensor.bytes.size());
    }
  }
  const fs::path in = folder_ / "inputs.bin", out = folder_ / "outputs.bin";
  writeFile(in, bytes);
  const ProcessResult ran = runProcess({(folder_ / "testbench").string(), in.string(), out.string(),
                                        (folder_ / api_.weights).string()},
                                       kRunLimit);
  if (!ran.succeeded())
    throw CompileError(Problem::limit, {},
                       fmt::format("the generated program ends with {}{}{}", ran.outcome(),
                                   ran.output.empty() ? "" : ": ", ran.output));
  const MappedFile file(out);
  Reader reader(file.bytes(), api_);
  std::vector<NamedTensors> outputs;
  for (size_t i = 0; i < inputs.size(); ++i)
    outputs.push_back(reader.sample(i));
  return outputs;
}

fs::path runtimeFolder() {
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  const fs::path installed = program.parent_path().parent_path() / "include";
  if (fs::exists(installed / "burin/runtime.h", none))
    return installed;
  if (fs::exists(fs::path(BURIN_RUNTIME_DIR) / "burin/runtime.h", none))
    return BURIN_RUNTIME_DIR;
  throw CompileError(Problem::usage, {}, "the headers of the runtime are not installed")
      .hint(fmt::format("expected {}", (installed / "burin/runtime.h").string()));
}

} // namespace burin::cli
