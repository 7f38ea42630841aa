// SPDX-License-Identifier: Apache-2.0
#include "cli/arrays.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::cli {
namespace {

bool isInNumpy(ir::ElementType e) {
  switch (e) {
  case ir::ElementType::bf16:
  case ir::ElementType::i4:
  case ir::ElementType::u4:
  case ir::ElementType::i2:
  case ir::ElementType::u2:
  case ir::ElementType::f8e4m3fn:
  case ir::ElementType::f8e4m3fnuz:
  case ir::ElementType::f8e5m2:
  case ir::ElementType::f8e5m2fnuz:
  case ir::ElementType::f4e2m1:
  case ir::ElementType::f8e8m0:
    return false;
  default:
    return true;
  }
}

/// The standard's distributions differ between libraries; this does not.
class Random {
public:
  Random(uint64_t seed, size_t sample) : engine_(seed * 1000003 + sample) {}
  /// In [0, 1), with 24 bits, so that a float holds it.
  double unit() { return static_cast<double>(engine_() >> 40) / double(1 << 24); }
  int64_t between(int64_t lo, int64_t hi) {
    return lo + static_cast<int64_t>(engine_() % (static_cast<uint64_t>(hi - lo) + 1));
  }

private:
  std::mt19937_64 engine_;
};

ir::Tensor randomTensor(ir::Type type, Random &random) {
  ir::Tensor tensor(std::move(type));
  const ir::ElementType element = tensor.type.element();
  if (element == ir::ElementType::string) {
    for (std::string &text : tensor.strings)
      text = std::string(1, static_cast<char>('a' + random.between(0, 7)));
    return tensor;
  }
  const bool isComplex = element == ir::ElementType::c64 || element == ir::ElementType::c128;
  if (isComplex) {
    const size_t half = ir::elementSize(element) / 2;
    const size_t count = tensor.bytes.size() / half;
    for (size_t i = 0; i < count; ++i) {
      if (half == 4)
        tensor.as<float>()[i] = static_cast<float>(random.unit() * 2 - 1);
      else
        tensor.as<double>()[i] = random.unit() * 2 - 1;
    }
    return tensor;
  }
  const bool isNarrow = element == ir::ElementType::u2 || element == ir::ElementType::i2 ||
                        element == ir::ElementType::i4;
  for (size_t i = 0, count = tensor.count(); i < count; ++i) {
    if (element == ir::ElementType::boolean)
      tensor.setInteger(i, random.between(0, 1));
    else if (ir::isFloat(element))
      tensor.setNumber(i, element == ir::ElementType::f8e8m0 ? 1 : random.unit() * 2 - 1);
    else
      tensor.setInteger(i, random.between(0, isNarrow ? 1 : 7));
  }
  return tensor;
}

int64_t extentOf(const ir::Bounds &bounds, size_t sample, Random &random) {
  const int64_t lo = std::min(std::max<int64_t>(bounds.lo, 1), bounds.hi);
  return sample == 0 ? bounds.hi : sample == 1 ? lo : random.between(lo, bounds.hi);
}

} // namespace

std::vector<Port> inputsOf(const ir::Function &function) {
  std::vector<Port> ports;
  for (size_t i = 0; i < function.body.numArguments(); ++i)
    if (!function.stateOfArgument(i))
      ports.push_back({function.body.argument(i)->name, function.body.argument(i)->type});
  return ports;
}

std::vector<Port> outputsOf(const ir::Function &function) {
  std::vector<Port> ports;
  const ir::Op &yield = function.body.terminator();
  for (size_t i = 0; i < yield.numOperands(); ++i)
    if (!function.stateOfResult(i))
      ports.push_back({function.resultNames[i], yield.operand(i)->type});
  return ports;
}

ir::Tensor fitted(ir::Tensor array, const Port &port, std::string_view what) {
  const auto refuse = [&] {
    throw CompileError(Problem::usage, {},
                       fmt::format("{} is {}, but '{}' is {}", what, array.type.text(), port.name,
                                   port.type.text()));
  };
  if (!port.type.isTensor())
    throw CompileError(
        Problem::unsupported, {},
        fmt::format("'{}' is {}, which no array can be", port.name, port.type.text()));
  if (array.type.rank() != port.type.rank())
    refuse();
  const ir::ElementType from = array.type.element(), to = port.type.element();
  if (from == to)
    return array;
  if (isInNumpy(to) || ir::isFloat(from) != ir::isFloat(to))
    refuse();
  ir::Tensor result(array.type.withElement(to));
  for (size_t i = 0, count = array.count(); i < count; ++i)
    result.setNumber(i, array.number(i));
  return result;
}

ir::Tensor sliceOf(const ir::Tensor &array, size_t index) {
  ir::Shape shape(array.type.shape().begin() + 1, array.type.shape().end());
  ir::Tensor slice(array.type.withShape(std::move(shape)));
  if (array.type.element() == ir::ElementType::string) {
    const auto begin =
        array.strings.begin() + static_cast<std::ptrdiff_t>(index * slice.strings.size());
    std::copy_n(begin, slice.strings.size(), slice.strings.begin());
  } else {
    const auto begin =
        array.bytes.begin() + static_cast<std::ptrdiff_t>(index * slice.bytes.size());
    std::copy_n(begin, slice.bytes.size(), slice.bytes.begin());
  }
  return slice;
}

ir::Tensor stacked(std::span<const ir::Tensor> slices) {
  ir::Shape shape = slices.front().type.shape();
  shape.insert(shape.begin(), static_cast<int64_t>(slices.size()));
  ir::Tensor all(slices.front().type.withShape(std::move(shape)), {});
  for (const ir::Tensor &slice : slices) {
    if (!(slice.type == slices.front().type))
      throw CompileError(Problem::usage, {},
                         "the outputs of the steps differ in shape, so they are no array");
    all.bytes.insert(all.bytes.end(), slice.bytes.begin(), slice.bytes.end());
    all.strings.insert(all.strings.end(), slice.strings.begin(), slice.strings.end());
  }
  return all;
}

NamedTensors randomInputs(const ir::Function &function, uint64_t seed, size_t sample) {
  Random random(seed, sample);
  std::map<std::string, ir::Bounds, std::less<>> symbols;
  const std::vector<Port> inputs = inputsOf(function);
  for (const Port &port : inputs) {
    if (!port.type.isTensor())
      throw CompileError(Problem::unsupported, {},
                         fmt::format("there are no random inputs for '{}', which is {}", port.name,
                                     port.type.text()));
    for (const ir::Dim &dim : port.type.shape())
      dim.collectSymbols(symbols);
  }
  std::map<std::string, int64_t, std::less<>> extents;
  for (const auto &[name, bounds] : symbols)
    extents[name] = extentOf(bounds, sample, random);
  NamedTensors tensors;
  for (const Port &port : inputs) {
    ir::Shape shape;
    for (const ir::Dim &dim : port.type.shape())
      shape.emplace_back(
          dim.evaluate([&](std::string_view name) { return extents.find(name)->second; }));
    tensors[port.name] = randomTensor(port.type.withShape(std::move(shape)), random);
  }
  return tensors;
}

} // namespace burin::cli
