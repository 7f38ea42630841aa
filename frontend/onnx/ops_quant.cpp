// SPDX-License-Identifier: Apache-2.0
//
// Quantised operators: integers in, integers out, scales between.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"
#include "frontend/onnx/ops_window.h"

#include <fmt/format.h>

namespace burin::onnx {
namespace {

/// A scale or zero point of one element is one for the whole tensor, whatever its rank.
Value *parameter(const NodeView &n, Value *v) {
  return v && v->type.rank() > 0 && v->type.count().isNumber(1) ? compose::scalarOf(n.to, v) : v;
}

/// The axis of a scale; it means nothing for one of rank 0.
int64_t scaleAxis(const NodeView &n, const Value *scale, size_t rank) {
  return scale->type.rank() == 0 ? 0 : n.axis(n.integer("axis", 1), rank);
}

Value *quantized(const NodeView &n, Value *x, Value *scale, Value *zero, ElementType to,
                 int64_t axis = 0, int64_t block = 0, bool saturate = true) {
  return n.to
      .makeOp(ops::quantize, {x, scale, zero},
              {attr::to(to), attr::axis(axis), attr::blockSize(block), attr::saturate(saturate)})
      .result();
}
Value *dequantized(const NodeView &n, Value *x, Value *scale, Value *zero, ElementType to,
                   int64_t axis = 0, int64_t block = 0) {
  return n.to
      .makeOp(ops::dequantize, {x, scale, zero},
              {attr::to(to), attr::axis(axis), attr::blockSize(block)})
      .result();
}

/// The blocks of a scale: 0 unless it has the rank of x.
int64_t blockSize(const NodeView &n) {
  const int64_t block = n.integer("block_size", 0);
  if (block < 0)
    n.fail("block", fmt::format("block_size is {}, expected at least 0", block));
  return n.rank(1) == n.rank(0) && n.rank(0) > 1 ? block : 0;
}

Values quantizeLinear(const NodeView &n) {
  const int64_t block = blockSize(n);
  Value *x = n.in(0), *scale = block ? n.in(1) : parameter(n, n.in(1)),
        *zero = block ? n.inOrNull(2) : parameter(n, n.inOrNull(2));
  ElementType to = ElementType::u8;
  if (const auto wanted = n.integer("output_dtype", 0))
    to = elementType(static_cast<DataType>(wanted));
  if (zero)
    to = zero->type.element();
  if (n.integer("precision", 0)) {
    const ElementType e = *n.elementType("precision");
    x = compose::cast(n.to, x, e);
    scale = compose::cast(n.to, scale, e);
  }
  return {quantized(n, x, scale, zero, to, scaleAxis(n, scale, n.rank(0)), block,
                    n.integer("saturate", 1) != 0)};
}

Values dequantizeLinear(const NodeView &n) {
  const int64_t block = blockSize(n);
  Value *scale = block ? n.in(1) : parameter(n, n.in(1)),
        *zero = block ? n.inOrNull(2) : parameter(n, n.inOrNull(2));
  ElementType to = scale->type.element();
  if (n.integer("output_dtype", 0))
    to = *n.elementType("output_dtype");
  return {dequantized(n, n.in(0), scale, zero, to, scaleAxis(n, scale, n.rank(0)), block)};
}

Values dynamicQuantize(const NodeView &n) {
  const compose::Arith is{n.to};
  Ints axes;
  for (size_t i = 0; i < n.rank(0); ++i)
    axes.push_back(static_cast<int64_t>(i));
  Value *x = n.in(0);
  const auto extreme = [&](const ir::OpDef &def) {
    return axes.empty() ? x : n.to.make(def, {x}, {attr::axes(axes)});
  };
  Value *high = is.max(extreme(ops::reduce_max), 0.0), *low = is.min(extreme(ops::reduce_min), 0.0);
  Value *span = is.sub(high, low);
  Value *scale = is.div(is.where(is.equal(span, 0.0), 1.0, span), 255.0);
  Value *zero = is(ops::round, is.max(is.min(is.sub(0.0, is.div(low, scale)), 255.0), 0.0));
  zero = compose::cast(n.to, zero, ElementType::u8);
  return {quantized(n, x, scale, zero, ElementType::u8), scale, zero};
}

// ---- products ----

/// Zero points of the rows of a, or of the columns of b, beside the axes of a product.
Value *besideRows(const NodeView &n, Value *zero) {
  zero = parameter(n, zero);
  return zero && zero->type.rank() == 1 ? compose::unsqueeze(n.to, zero, {1}) : zero;
}
Value *besideColumns(const NodeView &n, Value *zero) {
  zero = parameter(n, zero);
  return zero && zero->type.rank() == 1 ? compose::unsqueeze(n.to, zero, {0}) : zero;
}

Value *integerProduct(const NodeView &n, Value *a, Value *b, Value *aZero, Value *bZero) {
  const bool vectorA = a->type.rank() == 1, vectorB = b->type.rank() == 1;
  if (vectorA)
    a = compose::unsqueeze(n.to, a, {0});
  if (vectorB)
    b = compose::unsqueeze(n.to, b, {1});
  Value *y = n.to.makeOp(ops::matmul_integer, {a, b, besideRows(n, aZero), besideColumns(n, bZero)},
                         {attr::transposeA(false), attr::transposeB(false)})
                 .result();
  const auto rank = static_cast<int64_t>(y->type.rank());
  Ints gone;
  if (vectorA)
    gone.push_back(rank - 2);
  if (vectorB)
    gone.push_back(rank - 1);
  return gone.empty() ? y : compose::squeeze(n.to, y, gone);
}

Values matMulInteger(const NodeView &n) {
  return {integerProduct(n, n.in(0), n.in(1), n.inOrNull(2), n.inOrNull(3))};
}

/// i32 times a scale of f32 that broadcasts, rounded, plus the zero point, saturated.
Value *requantized(const NodeView &n, Value *x, Value *scale, Value *zero) {
  const ElementType to = zero->type.element();
  if (scale->type.rank() == 0 && zero->type.rank() == 0)
    return n.to.make(ops::requantize, {x, scale, zero},
                     {attr::to(to), attr::axis(0), attr::rounding("half_even_float")});
  const auto axis = static_cast<int64_t>(x->type.rank()) - 1;
  if (scale->type.rank() == 1 && zero->type.rank() == 0 && axis >= 0 &&
      scale->type.dim(0) == x->type.dim(static_cast<size_t>(axis)))
    return n.to.make(ops::requantize, {x, scale, zero},
                     {attr::to(to), attr::axis(axis), attr::rounding("half_even_float")});
  const compose::Arith is{n.to};
  Value *y = is(ops::round, is.mul(compose::cast(n.to, x, ElementType::f32), scale));
  y = is.add(y, compose::cast(n.to, zero, ElementType::f32));
  const double low = ir::isSigned(to) ? -128 : 0;
  return compose::cast(n.to, is.max(is.min(y, low + 255), low), to);
}

Values qLinearMatMul(const NodeView &n) {
  const compose::Arith is{n.to};
  const auto scale = [&](Value *v) { return compose::cast(n.to, v, ElementType::f32); };
  Value *y = integerProduct(n, n.in(0), n.in(3), n.in(2), n.in(5));
  Value *all = is.div(is.mul(besideRows(n, scale(n.in(1))), parameter(n, scale(n.in(4)))),
                      parameter(n, scale(n.in(6))));
  return {requantized(n, y, all, parameter(n, n.in(7)))};
}

/// [n, spatial..., o] of i32.
Value *integerConv(const NodeView &n, Value *x, Value *filter, Value *xZero, Value *filterZero) {
  const Window w = windowOf(n, x->type.shape(), kernelShape(n, filter->type.shape()));
  return n.to
      .makeOp(ops::conv_integer,
              {compose::toChannelsLast(n.to, x), compose::filterChannelsLast(n.to, filter),
               parameter(n, xZero), parameter(n, filterZero)},
              {attr::strides(w.strides), attr::pads(w.pads), attr::dilations(w.dilations),
               attr::group(n.integer("group", 1))})
      .result();
}

Values convInteger(const NodeView &n) {
  return {compose::toChannelsFirst(n.to,
                                   integerConv(n, n.in(0), n.in(1), n.inOrNull(2), n.inOrNull(3)))};
}

Values qLinearConv(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *y = integerConv(n, n.in(0), n.in(3), n.in(2), n.in(5));
  if (n.has(8))
    y = is.add(y, n.in(8));
  Value *scale =
      is.div(is.mul(parameter(n, n.in(1)), parameter(n, n.in(4))), parameter(n, n.in(6)));
  return {compose::toChannelsFirst(n.to, requantized(n, y, scale, parameter(n, n.in(7))))};
}

// ---- com.microsoft: elementwise on quantised values, through floats ----

/// Inputs i, i + 1 and i + 2: x, its scale, its zero point.
Value *realInput(const NodeView &n, size_t i) {
  return dequantized(n, n.in(i), parameter(n, n.in(i + 1)), parameter(n, n.inOrNull(i + 2)),
                     ElementType::f32);
}
/// As the type of input 0, by the scale and zero point of inputs i and i + 1.
Value *quantizedLike(const NodeView &n, Value *y, size_t i, ElementType to) {
  return quantized(n, y, parameter(n, n.in(i)), parameter(n, n.inOrNull(i + 1)), to);
}

template <const ir::OpDef &def> Values qLinearBinary(const NodeView &n) {
  return {quantizedLike(n, n.to.make(def, {realInput(n, 0), realInput(n, 3)}), 6, n.element(0))};
}
Values qLinearSigmoid(const NodeView &n) {
  return {quantizedLike(n, n.to.make(ops::sigmoid, {realInput(n, 0)}), 3, n.element(0))};
}
Values qLinearLeakyRelu(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *x = realInput(n, 0);
  return {quantizedLike(n, is.where(is.less(x, 0.0), is.mul(x, n.real("alpha", 0.01)), x), 3,
                        n.element(0))};
}
Values qLinearGlobalPool(const NodeView &n) {
  const bool last = n.integer("channels_last", 0) != 0;
  Ints axes;
  for (size_t i = last ? 1 : 2; i < n.rank(0) - (last ? 1 : 0); ++i)
    axes.push_back(static_cast<int64_t>(i));
  return {quantizedLike(n, compose::reduceKeep(n.to, ops::reduce_mean, realInput(n, 0), axes), 3,
                        n.element(0))};
}
Values qLinearConcat(const NodeView &n) { // the scale and zero point of the result come first
  std::vector<Value *> parts;
  for (size_t i = 2; i + 1 < n.numInputs(); i += 3)
    parts.push_back(realInput(n, i));
  const auto axis = static_cast<size_t>(n.axis(n.integer("axis", 0), n.rank(2)));
  return {quantizedLike(n, compose::concat(n.to, parts, axis), 0, n.element(2))};
}
Values qLinearSoftmax(const NodeView &n) {
  if (n.integer("opset", 13) < 13)
    n.unsupported("opset", "a QLinearSoftmax with the semantics before version 13");
  Value *y = n.to.make(ops::softmax, {realInput(n, 0)},
                       {attr::axis(n.axis(n.integer("axis", -1), n.rank(0)))});
  return {quantizedLike(n, y, 3, n.element(0))};
}

/// a, b, scales and zero points of both, bias: the product in f32.
Values matMulIntegerToFloat(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *y = compose::cast(n.to, integerProduct(n, n.in(0), n.in(1), n.inOrNull(4), n.inOrNull(5)),
                           ElementType::f32);
  y = is.mul(y, is.mul(besideRows(n, n.in(2)), parameter(n, n.in(3))));
  return {n.has(6) ? is.add(y, n.in(6)) : y};
}
/// a of floats, quantised while running; b, its scale and zero point; bias.
Values dynamicQuantizeMatMul(const NodeView &n) {
  const compose::Arith is{n.to};
  const Values a = dynamicQuantize(n);
  Value *y =
      compose::cast(n.to, integerProduct(n, a[0], n.in(1), a[2], n.inOrNull(3)), ElementType::f32);
  y = is.mul(y, is.mul(a[1], parameter(n, n.in(2))));
  return {n.has(4) ? is.add(y, n.in(4)) : y};
}

// clang-format off
constexpr Lowering kQuant[] = {
    {"ConvInteger", 10, convInteger}, {"DequantizeLinear", 10, dequantizeLinear}, {"DynamicQuantizeLinear", 11, dynamicQuantize}, {"MatMulInteger", 10, matMulInteger},
    {"QLinearConv", 10, qLinearConv}, {"QLinearMatMul", 10, qLinearMatMul}, {"QuantizeLinear", 10, quantizeLinear},
    {"DequantizeLinear", 1, dequantizeLinear, "com.microsoft"}, {"QuantizeLinear", 1, quantizeLinear, "com.microsoft"},
    {"DynamicQuantizeMatMul", 1, dynamicQuantizeMatMul, "com.microsoft"}, {"MatMulIntegerToFloat", 1, matMulIntegerToFloat, "com.microsoft"},
    {"QLinearAdd", 1, qLinearBinary<ops::add>, "com.microsoft"}, {"QLinearConcat", 1, qLinearConcat, "com.microsoft"},
    {"QLinearGlobalAveragePool", 1, qLinearGlobalPool, "com.microsoft"}, {"QLinearLeakyRelu", 1, qLinearLeakyRelu, "com.microsoft"},
    {"QLinearMul", 1, qLinearBinary<ops::mul>, "com.microsoft"}, {"QLinearSigmoid", 1, qLinearSigmoid, "com.microsoft"}, {"QLinearSoftmax", 1, qLinearSoftmax, "com.microsoft"},
};
// clang-format on

} // namespace

std::span<const Lowering> quantLowerings() { return kQuant; }

} // namespace burin::onnx
