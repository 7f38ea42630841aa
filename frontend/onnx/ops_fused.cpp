// SPDX-License-Identifier: Apache-2.0
//
// What ONNX Runtime writes into optimised and quantised models: an operator of ONNX with others
// around it.
#include "frontend/common/compose.h"
#include "frontend/onnx/importer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::onnx {
namespace {

/// The node as an operator of ONNX that has the same attributes.
Values loweredAs(const NodeView &n, std::string_view op, int64_t version, Values inputs) {
  return findLowering("", op, version)
      ->lower(NodeView{n.importer(), n.node, n.to, std::move(inputs), version});
}

/// The attribute `activation` names an operator; `parameters` are its attributes, as far as given.
Value *activated(const NodeView &n, Value *y, const std::vector<float> &parameters) {
  struct Row {
    std::string_view op;
    int64_t version;
    std::vector<std::string_view> attributes;
  };
  static const Row kRows[] = {
      {"Clip", 6, {"min", "max"}},
      {"Elu", 6, {"alpha"}},
      {"HardSigmoid", 6, {"alpha", "beta"}},
      {"HardSwish", 14, {}},
      {"LeakyRelu", 6, {"alpha"}},
      {"Relu", 6, {}},
      {"Sigmoid", 6, {}},
      {"Softplus", 1, {}},
      {"Softsign", 1, {}},
      {"Tanh", 6, {}},
      {"ThresholdedRelu", 10, {"alpha"}},
  };
  const std::string name = n.text("activation", "");
  if (name.empty())
    return y;
  const auto *row = std::ranges::find(kRows, name, &Row::op);
  if (row == std::end(kRows))
    n.unsupported("activation", fmt::format("the activation '{}'", name));
  Node node;
  node.name = n.node.name;
  node.op = name;
  node.outputs = n.node.outputs;
  for (size_t i = 0; i < std::min(parameters.size(), row->attributes.size()); ++i)
    node.attributes.push_back(
        {std::string(row->attributes[i]), Attribute::Value(parameters[i]), {}});
  return findLowering("", name, row->version)
      ->lower(NodeView{n.importer(), node, n.to, {y}, row->version})
      .front();
}

/// x, filter, bias, and what is added before the activation.
Values fusedConv(const NodeView &n) {
  Value *y = loweredAs(n, "Conv", 11, {n.in(0), n.in(1), n.inOrNull(2)}).front();
  if (n.has(3))
    y = n.to.make(ops::add, {y, n.in(3)});
  return {activated(n, y, n.reals("activation_params"))};
}

Values fusedGemm(const NodeView &n) {
  Value *y = loweredAs(n, "Gemm", 13, {n.in(0), n.in(1), n.inOrNull(2)}).front();
  std::vector<float> parameters;
  for (const std::string_view name : {"activation_alpha", "activation_beta", "activation_gamma"})
    if (n.hasAttribute(name))
      parameters.push_back(static_cast<float>(n.real(name, 0)));
  return {activated(n, y, parameters)};
}

// ---- quantised ----

/// A scale or zero point of one element is one for the whole tensor, whatever its rank.
Value *parameter(const NodeView &n, size_t i) {
  Value *v = n.inOrNull(i);
  return v && v->type.rank() > 0 && v->type.count().isNumber(1) ? compose::scalarOf(n.to, v) : v;
}

/// Inputs i, i + 1 and i + 2: x, its scale, its zero point.
Value *realInput(const NodeView &n, size_t i) {
  return n.to
      .makeOp(ops::dequantize, {n.in(i), parameter(n, i + 1), parameter(n, i + 2)},
              {attr::to(ElementType::f32), attr::axis(0), attr::blockSize(0)})
      .result();
}

/// Of element type `to`, by the scale and zero point of inputs i and i + 1.
Value *quantizedBy(const NodeView &n, Value *y, size_t i, ElementType to) {
  return n.to
      .makeOp(ops::quantize, {y, parameter(n, i), parameter(n, i + 1)},
              {attr::to(to), attr::axis(0), attr::blockSize(0), attr::saturate(true)})
      .result();
}

Values qLinearAveragePool(const NodeView &n) {
  if (n.integer("channels_last", 0))
    n.unsupported("channels_last", "a QLinearAveragePool with channels_last",
                  "write the model before ONNX Runtime changes its layout");
  if (n.integer("count_include_pad", 0) && n.integer("ceil_mode", 0))
    n.unsupported("ceil_mode", "a QLinearAveragePool with ceil_mode and count_include_pad");
  Value *y = loweredAs(n, "AveragePool", 11, {realInput(n, 0)}).front();
  return {quantizedBy(n, y, 3, n.element(0))};
}
Values qLinearReduceMean(const NodeView &n) {
  Value *y = loweredAs(n, "ReduceMean", 13, {realInput(n, 0)}).front();
  return {quantizedBy(n, y, 3, n.element(0))};
}
/// The condition, x and y with their scales and zero points, then those of the result.
Values qLinearWhere(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *y = is.where(n.in(0), realInput(n, 1), realInput(n, 4));
  return {quantizedBy(n, y, 7, n.element(1))};
}

/// a and b with scales and zero points, an i32 bias by the scales of both; scale and zero point of
/// the result, which is f32 without them.
Values qGemm(const NodeView &n) {
  const compose::Arith is{n.to};
  const bool transposeA = n.integer("transA", 0) != 0, transposeB = n.integer("transB", 0) != 0;
  // The scale and zero point of b may be one a column of the result.
  const auto ofColumns = [&](size_t i) {
    Value *v = parameter(n, i);
    return v && v->type.rank() == 1 ? compose::unsqueeze(n.to, v, {0}) : v;
  };
  Value *y = n.to.makeOp(ops::matmul_integer, {n.in(0), n.in(3), parameter(n, 2), ofColumns(5)},
                         {attr::transposeA(transposeA), attr::transposeB(transposeB)})
                 .result();
  if (n.has(6))
    y = is.add(y, n.in(6));
  Value *scale = is.mul(is.mul(parameter(n, 1), ofColumns(4)), n.real("alpha", 1));
  y = is.mul(compose::cast(n.to, y, ElementType::f32), scale);
  return {n.has(7) ? quantizedBy(n, y, 7, n.element(0)) : y};
}

/// The product with a matrix [n, k] of integers of 2, 4 or 8 bits, packed, with a scale and a zero
/// point for each block of a row.
Values matMulNBits(const NodeView &n) {
  const compose::Arith is{n.to};
  const int64_t bits = n.integer("bits", 4), k = n.integer("K", 0), rows = n.integer("N", 0),
                block = n.integer("block_size", 0);
  if ((bits != 2 && bits != 4 && bits != 8) || k < 1 || rows < 1 || block < 16)
    n.fail("bits",
           fmt::format("bits {}, K {}, N {} and block_size {} do not fit", bits, k, rows, block));
  if (n.has(4))
    n.unsupported("g_idx", "MatMulNBits with g_idx", "sort the rows by their groups");
  const int64_t blocks = (k + block - 1) / block, each = 8 / bits;
  /// [..., bytes] as [..., bytes * each], the lowest bits first.
  const auto unpacked = [&](Value *bytes) {
    if (each == 1)
      return bytes;
    std::vector<Value *> parts;
    for (int64_t i = 0; i < each; ++i) {
      Value *moved = n.to.make(
          ops::shift_right, {bytes, n.to.scalar(ElementType::u8, static_cast<double>(i * bits))});
      moved = n.to.make(ops::bit_and, {moved, n.to.scalar(ElementType::u8, (1 << bits) - 1)});
      const auto last = static_cast<int64_t>(moved->type.rank());
      parts.push_back(compose::unsqueeze(n.to, moved, {last}));
    }
    Value *all = compose::concat(n.to, parts, parts[0]->type.rank() - 1);
    Dims shape = bytes->type.shape();
    shape.back() = shape.back() * Dim(each);
    return compose::reshape(n.to, all, shape);
  };
  const ElementType e = n.element(0);
  const auto real = [&](Value *v) { return compose::cast(n.to, v, e); };
  const int64_t bytes = block / each;
  Value *b = real(unpacked(compose::reshape(n.to, n.in(1), {rows, blocks, bytes})));
  Value *zero = nullptr;
  if (!n.has(3)) {
    zero = n.to.scalar(e, 1 << (bits - 1));
  } else if (n.element(3) == ElementType::u8) {
    const int64_t packed = (blocks + each - 1) / each;
    zero = real(unpacked(compose::reshape(n.to, n.in(3), {rows, packed})));
    zero = compose::reshape(n.to, compose::sliceAxis(n.to, zero, 1, 0, blocks), {rows, blocks, 1});
  } else {
    zero = compose::reshape(n.to, real(n.in(3)), {rows, blocks, 1});
  }
  b = is.mul(is.sub(b, zero), compose::reshape(n.to, real(n.in(2)), {rows, blocks, 1}));
  b = compose::sliceAxis(n.to, compose::reshape(n.to, b, {rows, blocks * block}), 1, 0, k);
  Value *x = n.in(0);
  Dims shape = x->type.shape();
  x = compose::reshape(n.to, x, {ir::product(Dims(shape.begin(), shape.end() - 1)), k});
  Value *y = n.to.make(ops::matmul, {x, b}, {attr::transposeA(false), attr::transposeB(true)});
  shape.back() = rows;
  y = compose::reshape(n.to, y, shape);
  return {n.has(5) ? is.add(y, n.in(5)) : y};
}

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr Lowering kFused[] = {
    {"FusedConv", 1, fusedConv, kMicrosoft},
    {"FusedGemm", 1, fusedGemm, kMicrosoft},
    {"MatMulNBits", 1, matMulNBits, kMicrosoft},
    {"QGemm", 1, qGemm, kMicrosoft},
    {"QLinearAveragePool", 1, qLinearAveragePool, kMicrosoft},
    {"QLinearReduceMean", 1, qLinearReduceMean, kMicrosoft},
    {"QLinearWhere", 1, qLinearWhere, kMicrosoft},
};

} // namespace

std::span<const Lowering> fusedLowerings() { return kFused; }

} // namespace burin::onnx
