// SPDX-License-Identifier: Apache-2.0
//
// Elementwise operators.
#include "frontend/savedmodel/ops_math.h"
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"

#include <cmath>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

constexpr double kPi = 3.14159265358979323846;

using compose::Arith;

template <const ir::OpDef &def> Items swapped(const NodeView &n) {
  return {n.to.make(def, {n.in(1), n.in(0)})};
}

// ---- of one operand ----

/// Of floats; integers are what they are.
template <const ir::OpDef &def> Items rounding(const NodeView &n) {
  return {ir::isFloat(n.element(0)) ? n.to.make(def, {n.in(0)}) : n.in(0)};
}

Items rsqrt(const NodeView &n) {
  const Arith is{n.to};
  return {is.div(1.0, is(ops::sqrt, n.in(0)))};
}
Items reciprocal(const NodeView &n) { return {Arith{n.to}.div(1.0, n.in(0))}; }
Items square(const NodeView &n) { return {n.to.make(ops::mul, {n.in(0), n.in(0)})}; }
Items erfc(const NodeView &n) {
  const Arith is{n.to};
  return {is.sub(1.0, is(ops::erf, n.in(0)))};
}

/// log(1 + x) and e^x - 1, exact near 0: the error of the rounded sum cancels (Kahan).
Value *log1pOf(const NodeView &n, Value *x) {
  const Arith is{n.to};
  Value *sum = is.add(x, 1.0);
  Value *infinite =
      n.to.make(ops::is_inf, {sum}, {attr::detectNegative(false), attr::detectPositive(true)});
  Value *exact = is.mul(x, is.div(is(ops::log, sum), is.sub(sum, 1.0)));
  return is.where(is.equal(sum, 1.0), x, is.where(infinite, sum, exact));
}
Items log1p(const NodeView &n) { return {log1pOf(n, n.in(0))}; }
Items expm1(const NodeView &n) {
  const Arith is{n.to};
  Value *x = n.in(0), *e = is(ops::exp, x), *less = is.sub(e, 1.0);
  Value *infinite =
      n.to.make(ops::is_inf, {e}, {attr::detectNegative(false), attr::detectPositive(true)});
  Value *exact = is.mul(less, is.div(x, is(ops::log, e)));
  Value *inner = is.where(is.either(infinite, is.equal(less, -1.0)), less, exact);
  return {is.where(is.equal(e, 1.0), x, inner)};
}

Items isInf(const NodeView &n) {
  return {
      n.to.make(ops::is_inf, {n.in(0)}, {attr::detectNegative(true), attr::detectPositive(true)})};
}
Items isFinite(const NodeView &n) {
  const Arith is{n.to};
  return {is.no(is.either(is(ops::is_nan, n.in(0)), isInf(n)[0].tensor))};
}

// ---- activations ----

Items relu6(const NodeView &n) {
  const Arith is{n.to};
  return {is.min(is.max(n.in(0), 0.0), 6.0)};
}
Items leakyRelu(const NodeView &n) {
  const Arith is{n.to};
  Value *x = n.in(0);
  return {is.where(is.less(x, 0.0), is.mul(x, n.real("alpha", 0.2)), x)};
}
Items elu(const NodeView &n) {
  const Arith is{n.to};
  Value *x = n.in(0);
  return {is.where(is.less(x, 0.0), is.sub(is(ops::exp, x), 1.0), x)};
}
Items selu(const NodeView &n) {
  const Arith is{n.to};
  constexpr double kScale = 1.0507009873554804934193349852946,
                   kAlpha = 1.6732632423543772848170429916717;
  Value *x = n.in(0);
  Value *low = is.mul(is.sub(is(ops::exp, x), 1.0), kScale * kAlpha);
  return {is.where(is.less(x, 0.0), low, is.mul(x, kScale))};
}
/// log(1 + e^x) without overflow.
Items softplus(const NodeView &n) {
  const Arith is{n.to};
  Value *x = n.in(0);
  Value *tail = is(ops::exp, is(ops::neg, is(ops::abs, x)));
  return {is.add(is.max(x, 0.0), is(ops::log, is.add(tail, 1.0)))};
}
Items softsign(const NodeView &n) {
  const Arith is{n.to};
  return {is.div(n.in(0), is.add(is(ops::abs, n.in(0)), 1.0))};
}

// ---- of two operands ----

/// Rounded down, also of integers.
Items floorDiv(const NodeView &n) {
  const Arith is{n.to};
  Value *a = n.in(0), *b = n.in(1);
  if (ir::isFloat(n.element(0)))
    return {is(ops::floor, is.div(a, b))};
  return {is.div(is.sub(a, is.mod(a, b)), b)}; // a remainder with the sign of b
}
Items truncateDiv(const NodeView &n) {
  const Arith is{n.to};
  Value *q = is.div(n.in(0), n.in(1));
  return {ir::isFloat(n.element(0)) ? is(ops::trunc, q) : q};
}

/// `otherwise` where `which` operand is 0, whatever the other is.
Value *whereZero(const NodeView &n, size_t which, Value *otherwise) {
  const Arith is{n.to};
  return is.where(is.equal(n.in(which), 0.0), 0.0, otherwise);
}
Items divNoNan(const NodeView &n) { return {whereZero(n, 1, Arith{n.to}.div(n.in(0), n.in(1)))}; }
Items mulNoNan(const NodeView &n) { return {whereZero(n, 1, Arith{n.to}.mul(n.in(0), n.in(1)))}; }
Items xdivy(const NodeView &n) { return {whereZero(n, 0, Arith{n.to}.div(n.in(0), n.in(1)))}; }
Items xlogy(const NodeView &n) {
  const Arith is{n.to};
  return {whereZero(n, 0, is.mul(n.in(0), is(ops::log, n.in(1))))};
}
Items xlog1py(const NodeView &n) {
  const Arith is{n.to};
  return {whereZero(n, 0, is.mul(n.in(0), log1pOf(n, n.in(1))))};
}

Items squaredDifference(const NodeView &n) {
  Value *difference = n.to.make(ops::sub, {n.in(0), n.in(1)});
  return {n.to.make(ops::mul, {difference, difference})};
}

Items atan2(const NodeView &n) { return {angleOf(n, n.in(0), n.in(1))}; }

Items notEqual(const NodeView &n) { return {Arith{n.to}.no(Arith{n.to}.equal(n.in(0), n.in(1)))}; }
Items approximateEqual(const NodeView &n) {
  const Arith is{n.to};
  Value *distance = is(ops::abs, is.sub(n.in(0), n.in(1)));
  return {is.less(distance, n.real("tolerance", 1e-5))};
}

Items addN(const NodeView &n) {
  Value *sum = n.in(0);
  for (size_t i = 1; i < n.numInputs(); ++i)
    sum = n.to.make(ops::add, {sum, n.in(i)});
  return {sum};
}

Items clip(const NodeView &n) { return {compose::clamp(n.to, n.in(0), n.in(1), n.in(2))}; }

Items select(const NodeView &n) { return {n.to.make(ops::where, {n.in(0), n.in(1), n.in(2)})}; }
/// A vector of conditions chooses slices of axis 0.
Items select1(const NodeView &n) {
  Value *condition = n.in(0);
  if (condition->type.rank() == 1 && n.rank(1) > 1)
    condition = compose::perAxis(n.to, condition, 0, n.rank(1));
  return {n.to.make(ops::where, {condition, n.in(1), n.in(2)})};
}

// ---- types ----

Items cast(const NodeView &n) {
  n.expectFlag("Truncate", false);
  return {compose::cast(n.to, n.in(0), n.elementType("DstT", DataType::f32))};
}
Items bitcast(const NodeView &n) {
  const ElementType to = n.elementType("type", DataType::f32);
  if (ir::elementSize(to) != ir::elementSize(n.element(0)))
    n.unsupported("bitcast", "the elements of the result have another size");
  return {n.to.make(ops::bitcast, {n.in(0)}, {attr::to(to)})};
}

template <int value> Items filled(const NodeView &n) {
  return {compose::full(n.to, n.element(0), value, n.shape(0))};
}

// clang-format off
constexpr Lowering kMath[] = {
    {"Abs", direct<ops::abs>}, {"Acos", direct<ops::acos>}, {"Acosh", direct<ops::acosh>},
    {"Add", direct<ops::add>}, {"AddN", addN}, {"AddV2", direct<ops::add>},
    {"ApproximateEqual", approximateEqual}, {"Asin", direct<ops::asin>},
    {"Asinh", direct<ops::asinh>}, {"Atan", direct<ops::atan>}, {"Atan2", atan2},
    {"Atanh", direct<ops::atanh>}, {"Bitcast", bitcast}, {"BitwiseAnd", direct<ops::bit_and>},
    {"BitwiseOr", direct<ops::bit_or>}, {"BitwiseXor", direct<ops::bit_xor>}, {"Cast", cast},
    {"Ceil", direct<ops::ceil>}, {"ClipByValue", clip}, {"Cos", direct<ops::cos>},
    {"Cosh", direct<ops::cosh>}, {"Div", direct<ops::div>}, {"DivNoNan", divNoNan}, {"Elu", elu},
    {"Equal", direct<ops::equal>}, {"Erf", direct<ops::erf>}, {"Erfc", erfc},
    {"Exp", direct<ops::exp>}, {"Expm1", expm1}, {"Floor", rounding<ops::floor>},
    {"FloorDiv", floorDiv}, {"FloorMod", direct<ops::mod>}, {"Greater", swapped<ops::less>},
    {"GreaterEqual", swapped<ops::less_equal>}, {"Inv", reciprocal}, {"Invert", direct<ops::bit_not>},
    {"IsFinite", isFinite}, {"IsInf", isInf}, {"IsNan", direct<ops::is_nan>},
    {"LeakyRelu", leakyRelu}, {"LeftShift", direct<ops::shift_left>}, {"Less", direct<ops::less>},
    {"LessEqual", direct<ops::less_equal>}, {"Log", direct<ops::log>}, {"Log1p", log1p},
    {"LogicalAnd", direct<ops::logical_and>}, {"LogicalNot", direct<ops::logical_not>},
    {"LogicalOr", direct<ops::logical_or>}, {"Maximum", direct<ops::max>},
    {"Minimum", direct<ops::min>}, {"Mod", direct<ops::fmod>}, {"Mul", direct<ops::mul>},
    {"MulNoNan", mulNoNan}, {"Neg", direct<ops::neg>}, {"NotEqual", notEqual},
    {"OnesLike", filled<1>}, {"Pow", direct<ops::pow>}, {"RealDiv", direct<ops::div>},
    {"Reciprocal", reciprocal}, {"Relu", direct<ops::relu>}, {"Relu6", relu6},
    {"RightShift", direct<ops::shift_right>}, {"Rint", rounding<ops::round>},
    {"Round", rounding<ops::round>}, {"Rsqrt", rsqrt}, {"Select", select1}, {"SelectV2", select},
    {"Selu", selu}, {"Sigmoid", direct<ops::sigmoid>}, {"Sign", direct<ops::sign>},
    {"Sin", direct<ops::sin>}, {"Sinh", direct<ops::sinh>}, {"Softplus", softplus},
    {"Softsign", softsign}, {"Sqrt", direct<ops::sqrt>}, {"Square", square},
    {"SquaredDifference", squaredDifference}, {"Sub", direct<ops::sub>}, {"Tan", direct<ops::tan>},
    {"Tanh", direct<ops::tanh>}, {"TruncateDiv", truncateDiv}, {"TruncateMod", direct<ops::fmod>},
    {"Xdivy", xdivy}, {"Xlog1py", xlog1py}, {"Xlogy", xlogy}, {"ZerosLike", filled<0>},
};
// clang-format on

} // namespace

/// From the angle of y / x and the signs.
Value *angleOf(const NodeView &n, Value *y, Value *x) {
  const Arith is{n.to};
  Value *angle = is(ops::atan, is.div(y, x));
  Value *below = is.less(y, 0.0), *zero = is.equal(x, 0.0);
  Value *pi = n.to.scalar(x->type.element(), kPi),
        *quarter = n.to.scalar(x->type.element(), kPi / 2);
  Value *left = is.where(below, is.sub(angle, pi), is.add(angle, pi));
  Value *up = is.where(below, is(ops::neg, quarter), quarter);
  Value *onAxis = is.where(is.equal(y, 0.0), y, up);
  return is.where(zero, onAxis, is.where(is.less(x, 0.0), left, angle));
}

std::span<const Lowering> mathLowerings() { return kMath; }

} // namespace burin::savedmodel
