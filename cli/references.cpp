// SPDX-License-Identifier: Apache-2.0
#include "cli/references.h"

#include "cli/shape_spec.h"
#include "cli/suggest.h"
#include "frontend/onnx/lowering.h"
#include "frontend/onnx/test_data.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <ranges>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void refuse(std::string text, std::string hint = {}) {
  throw CompileError(Problem::usage, {}, std::move(text)).hint(std::move(hint));
}

const Port &portNamed(const std::vector<Port> &ports, std::string_view name, std::string_view kind,
                      std::string_view where) {
  const auto it = std::ranges::find(ports, name, &Port::name);
  if (it != ports.end())
    return *it;
  std::vector<std::string_view> names;
  for (const Port &port : ports)
    names.push_back(port.name);
  const std::string hint = didYouMean(name, names);
  refuse(fmt::format("{}: the model has no {} '{}'", where, kind, name),
         hint.empty() ? fmt::format("it has {}", fmt::join(names, ", ")) : hint);
}

void requireAll(const std::vector<Port> &inputs, const NamedTensors &given,
                std::string_view where) {
  for (const Port &port : inputs)
    if (!given.contains(port.name))
      refuse(fmt::format("{}: there is nothing for the input '{}'", where, port.name));
}

// ---- .npz ----

struct Array {
  const Port *port;
  ir::Tensor tensor;
  std::string what;
};

/// Extent of the leading axis that all arrays have beyond their ports; nothing if none has one.
std::optional<size_t> leadingExtent(std::span<const Array> arrays, std::string_view where) {
  const auto hasAxis = [](const Array &a) {
    return a.tensor.type.rank() == a.port->type.rank() + 1;
  };
  if (std::ranges::none_of(arrays, hasAxis))
    return std::nullopt;
  const auto count =
      static_cast<size_t>(std::ranges::find_if(arrays, hasAxis)->tensor.type.dim(0).number());
  for (const Array &a : arrays)
    if (!hasAxis(a) || static_cast<size_t>(a.tensor.type.dim(0).number()) != count)
      refuse(fmt::format("{}: {} is {}, but other arrays have a leading axis of {}", where, a.what,
                         a.tensor.type.text(), count));
  return count;
}

std::vector<Sample> readNpzSamples(const fs::path &path, const std::vector<Port> &inputs,
                                   const std::vector<Port> &outputs) {
  const std::string where = path.filename().string();
  std::vector<Array> arrays;
  size_t numInputs = 0;
  NamedTensors all = readNpz(path);
  for (const bool isInput : {true, false}) {
    const std::string_view prefix = isInput ? "in:" : "out:";
    const std::vector<Port> &ports = isInput ? inputs : outputs;
    const auto isOfKind = [&](const auto &array) { return array.first.starts_with(prefix); };
    // The formats name the one output of a network differently.
    const bool isTheOne = ports.size() == 1 && std::ranges::count_if(all, isOfKind) == 1;
    for (auto &[key, tensor] : all | std::views::filter(isOfKind)) {
      const Port &port = isTheOne ? ports.front()
                                  : portNamed(ports, key.substr(prefix.size()),
                                              isInput ? "input" : "output", where);
      arrays.push_back({&port, std::move(tensor), key});
      numInputs += isInput;
    }
  }
  if (arrays.empty())
    refuse(fmt::format("{}: there is no array in:NAME or out:NAME", where));
  const std::optional<size_t> count = leadingExtent(arrays, where);
  std::vector<Sample> samples(count.value_or(1));
  for (size_t i = 0; i < samples.size(); ++i) {
    Sample &sample = samples[i];
    sample.origin = count ? fmt::format("{}[{}]", where, i) : where;
    for (size_t k = 0; k < arrays.size(); ++k) {
      const Array &array = arrays[k];
      (k < numInputs ? sample.inputs : sample.outputs)[array.port->name] =
          fitted(count ? sliceOf(array.tensor, i) : array.tensor, *array.port,
                 fmt::format("{}: {}", where, array.what));
    }
    requireAll(inputs, sample.inputs, where);
  }
  return samples;
}

// ---- folders of ONNX ----

onnx::DataType dataTypeOf(ir::ElementType element) {
  for (int32_t i = 1; onnx::isKnown(static_cast<onnx::DataType>(i)); ++i)
    if (onnx::elementType(static_cast<onnx::DataType>(i)) == element)
      return static_cast<onnx::DataType>(i);
  throw InternalError("an element type that ONNX lacks");
}

ir::Tensor tensorOf(const onnx::Tensor &from) {
  const ir::ElementType element = onnx::elementType(from.type);
  const ir::Shape shape(from.dims.begin(), from.dims.end());
  if (from.type == onnx::DataType::string) {
    ir::Tensor tensor(ir::Type{element, shape});
    tensor.strings = from.strings;
    return tensor;
  }
  const onnx::Tensor plain = onnx::unpacked(from);
  return {ir::Type{element, shape}, plain.data};
}

/// input_0.pb, input_1.pb, ...: by their names if they have any, else in the model's order.
NamedTensors readPbFiles(const fs::path &folder, std::string_view kind,
                         const std::vector<Port> &ports) {
  NamedTensors tensors;
  for (size_t i = 0;; ++i) {
    const fs::path path = folder / fmt::format("{}_{}.pb", kind, i);
    if (!fs::exists(path))
      return tensors;
    const std::string where = path.filename().string();
    if (i >= ports.size())
      refuse(fmt::format("{}: the model has {} {}s", where, ports.size(), kind));
    const Port &declared = ports[i];
    if (!declared.type.isTensor())
      throw CompileError(Problem::unsupported, {},
                         fmt::format("{}: '{}' is {}, which is not there yet", where, declared.name,
                                     declared.type.text()));
    onnx::Type type;
    type.kind = onnx::Type::Kind::tensor;
    type.element = dataTypeOf(declared.type.element());
    const onnx::Tensor tensor = onnx::readTestValue(path, type).tensor;
    const auto named = std::ranges::find(ports, tensor.name, &Port::name);
    const Port &port = named == ports.end() ? declared : *named;
    tensors[port.name] = fitted(tensorOf(tensor), port, where);
  }
}

std::vector<Sample> readFolder(const fs::path &folder, const std::vector<Port> &inputs,
                               const std::vector<Port> &outputs) {
  if (fs::exists(folder / "input_0.pb") || fs::exists(folder / "output_0.pb")) {
    Sample sample{folder.filename().string(), readPbFiles(folder, "input", inputs),
                  readPbFiles(folder, "output", outputs)};
    requireAll(inputs, sample.inputs, folder.string());
    return {std::move(sample)};
  }
  std::vector<fs::path> sets;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (entry.is_directory() && entry.path().filename().string().starts_with("test_data_set"))
      sets.push_back(entry.path());
  std::ranges::sort(sets);
  if (sets.empty())
    throw CompileError(
        Problem::unreadable, {},
        fmt::format("'{}' has neither input_0.pb nor test_data_set_0", folder.string()));
  std::vector<Sample> samples;
  for (const fs::path &set : sets)
    for (Sample &sample : readFolder(set, inputs, outputs))
      samples.push_back(std::move(sample));
  return samples;
}

} // namespace

std::vector<Sample> readSamples(const fs::path &path, const ir::Function &function) {
  const std::vector<Port> inputs = inputsOf(function), outputs = outputsOf(function);
  return fs::is_directory(path) ? readFolder(path, inputs, outputs)
                                : readNpzSamples(path, inputs, outputs);
}

std::vector<NamedTensors> readInputs(const std::vector<std::string> &specs,
                                     const ir::Function &function, bool sequence) {
  const std::vector<Port> inputs = inputsOf(function);
  std::vector<NamedTensors> steps;
  NamedTensors seen;
  for (const std::string &text : specs) {
    const PairSpec spec = parseInputSpec(text);
    if (spec.left.empty() && inputs.size() != 1)
      refuse(fmt::format("--input {}: the model has {} inputs, so a name is needed", text,
                         inputs.size()));
    const Port &port =
        spec.left.empty() ? inputs.front() : portNamed(inputs, spec.left, "input", "--input");
    const ir::Tensor array = readNpy(spec.right);
    if (!seen.emplace(port.name, ir::Tensor{}).second)
      refuse(fmt::format("--input: there are two arrays for '{}'", port.name));
    if (sequence && array.type.rank() == 0)
      refuse(fmt::format("--input {}: --sequence needs a leading axis over the steps", text));
    const size_t count = sequence ? static_cast<size_t>(array.type.dim(0).number()) : 1;
    if (seen.size() == 1)
      steps.resize(count);
    if (steps.size() != count)
      refuse(fmt::format("--input {}: it has {} steps, another input has {}", text, count,
                         steps.size()));
    for (size_t i = 0; i < count; ++i)
      steps[i][port.name] = fitted(sequence ? sliceOf(array, i) : array, port, spec.right);
  }
  requireAll(inputs, seen, "--input");
  if (specs.empty())
    steps.resize(1); // a model without inputs
  return steps;
}

} // namespace burin::cli
