// SPDX-License-Identifier: Apache-2.0
//
// Elementwise operators.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace burin::onnx {
namespace {

Value *like(const NodeView &n, double x) { return n.to.scalar(n.element(0), x); }
Value *make(const NodeView &n, const ir::OpDef &op, std::initializer_list<Value *> operands) {
  return n.to.make(op, operands);
}

/// Add, Max, ... of any number of operands, from the left.
template <const ir::OpDef &def> Values variadic(const NodeView &n) {
  Value *out = n.in(0);
  for (size_t i = 1; i < n.numInputs(); ++i)
    out = n.to.make(def, {out, n.in(i)});
  return {out};
}

Values mean(const NodeView &n) {
  Value *sum = variadic<ops::add>(n)[0];
  return {make(n, ops::div, {sum, like(n, static_cast<double>(n.numInputs()))})};
}

template <const ir::OpDef &def> Values swapped(const NodeView &n) {
  return {n.to.make(def, {n.in(1), n.in(0)})};
}

/// Before 7: `broadcast` with an `axis` that says where the second operand begins.
template <const ir::OpDef &def> Values legacyBroadcast(const NodeView &n) {
  Value *b = n.in(1);
  if (n.integer("broadcast", 0) && n.hasAttribute("axis")) {
    const int64_t axis = n.axis(n.integer("axis", 0), n.rank(0));
    Dims shape = b->type.shape();
    while (static_cast<size_t>(axis) + shape.size() < n.rank(0))
      shape.emplace_back(1);
    b = compose::reshape(n.to, b, shape);
  }
  return {n.to.make(def, {n.in(0), b})};
}

Values reciprocal(const NodeView &n) { return {make(n, ops::div, {like(n, 1), n.in(0)})}; }

Values clip6(const NodeView &n) {
  Value *low = n.hasAttribute("min") ? like(n, n.real("min", 0)) : nullptr;
  Value *high = n.hasAttribute("max") ? like(n, n.real("max", 0)) : nullptr;
  return {compose::clamp(n.to, n.in(0), low, high)};
}
Values clip11(const NodeView &n) {
  return {compose::clamp(n.to, n.in(0), n.inOrNull(1), n.inOrNull(2))};
}

Values where(const NodeView &n) { return {make(n, ops::where, {n.in(0), n.in(1), n.in(2)})}; }

Values castTo(const NodeView &n, ElementType to) {
  if (const std::string mode = n.text("round_mode", "up");
      mode != "up" && to == ElementType::f8e8m0)
    n.unsupported("attribute", fmt::format("round_mode '{}' of a cast to {}", mode, ir::name(to)));
  return {compose::cast(n.to, n.in(0), to, n.integer("saturate", 1) != 0)};
}
Values cast(const NodeView &n) {
  const auto to = n.elementType("to");
  if (!to)
    n.fail("attribute", "Cast has no attribute 'to'");
  return castTo(n, *to);
}
Values castLike(const NodeView &n) { return castTo(n, n.element(1)); }
Values bitCast(const NodeView &n) {
  const auto to = n.elementType("to");
  if (!to)
    n.fail("attribute", "BitCast has no attribute 'to'");
  // A bool is a byte of 0 or 1.
  Value *x = n.element(0) == ElementType::boolean ? compose::cast(n.to, n.in(0), ElementType::u8)
                                                  : n.in(0);
  if (*to == ElementType::boolean)
    return {compose::cast(n.to, n.to.make(ops::bitcast, {x}, {attr::to(ElementType::u8)}), *to)};
  return {n.to.make(ops::bitcast, {x}, {attr::to(*to)})};
}

Values isInf(const NodeView &n) {
  return {n.to.make(ops::is_inf, {n.in(0)},
                    {attr::detectNegative(n.integer("detect_negative", 1) != 0),
                     attr::detectPositive(n.integer("detect_positive", 1) != 0)})};
}

Values mod(const NodeView &n) {
  return {make(n, n.integer("fmod", 0) ? ops::fmod : ops::mod, {n.in(0), n.in(1)})};
}
Values bitShift(const NodeView &n) {
  const std::string direction = n.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    n.fail("attribute", "direction is '" + direction + "', expected LEFT or RIGHT");
  return {make(n, direction == "LEFT" ? ops::shift_left : ops::shift_right, {n.in(0), n.in(1)})};
}

// ---- activations, as the bodies of their functions ----

Value *whereLess(const NodeView &n, Value *x, double limit, Value *below, Value *otherwise) {
  return make(n, ops::where, {make(n, ops::less, {x, like(n, limit)}), below, otherwise});
}

Values leakyRelu(const NodeView &n) {
  Value *x = n.in(0);
  return {whereLess(n, x, 0, make(n, ops::mul, {x, like(n, n.real("alpha", 0.01))}), x)};
}
Values pRelu(const NodeView &n) {
  Value *x = n.in(0);
  return {whereLess(n, x, 0, make(n, ops::mul, {x, n.in(1)}), x)};
}
/// Before 7 a slope of each channel, beside axis 1.
Values pRelu1(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *slope = n.in(1);
  if (slope->type.rank() == 1 && n.rank(0) > 1)
    slope = slope->type.dim(0).isNumber(1) ? compose::scalarOf(n.to, slope)
                                           : compose::perAxis(n.to, slope, 1, n.rank(0));
  return {is.where(is.less(n.in(0), 0.0), is.mul(n.in(0), slope), n.in(0))};
}
Values elu(const NodeView &n) {
  Value *x = n.in(0);
  Value *e =
      make(n, ops::mul,
           {make(n, ops::sub, {make(n, ops::exp, {x}), like(n, 1)}), like(n, n.real("alpha", 1))});
  return {whereLess(n, x, 0, e, x)};
}
Values celu(const NodeView &n) {
  const double alpha = n.real("alpha", 1);
  Value *x = n.in(0);
  Value *e = make(n, ops::exp, {make(n, ops::div, {x, like(n, alpha)})});
  Value *low =
      make(n, ops::min,
           {like(n, 0), make(n, ops::mul, {make(n, ops::sub, {e, like(n, 1)}), like(n, alpha)})});
  return {make(n, ops::add, {make(n, ops::max, {x, like(n, 0)}), low})};
}
Values selu(const NodeView &n) {
  const double alpha = n.real("alpha", 1.67326319217681884765625),
               gamma = n.real("gamma", 1.05070102214813232421875);
  Value *x = n.in(0);
  Value *e =
      make(n, ops::mul, {make(n, ops::sub, {make(n, ops::exp, {x}), like(n, 1)}), like(n, alpha)});
  return {make(
      n, ops::mul,
      {make(n, ops::where, {make(n, ops::less_equal, {x, like(n, 0)}), e, x}), like(n, gamma)})};
}
Values hardSigmoid(const NodeView &n) {
  Value *y = make(
      n, ops::add,
      {make(n, ops::mul, {n.in(0), like(n, n.real("alpha", 0.2))}), like(n, n.real("beta", 0.5))});
  return {compose::clamp(n.to, y, like(n, 0), like(n, 1))};
}
Values hardSwish(const NodeView &n) {
  Value *y = make(n, ops::add, {make(n, ops::mul, {n.in(0), like(n, 1.0 / 6)}), like(n, 0.5)});
  return {make(n, ops::mul, {n.in(0), compose::clamp(n.to, y, like(n, 0), like(n, 1))})};
}
/// log(1 + e^x) without overflow.
Value *softplusOf(const NodeView &n, Value *x) {
  Value *tail = make(n, ops::exp, {make(n, ops::neg, {make(n, ops::abs, {x})})});
  return make(n, ops::add,
              {make(n, ops::max, {x, like(n, 0)}),
               make(n, ops::log, {make(n, ops::add, {tail, like(n, 1)})})});
}
Values softplus(const NodeView &n) { return {softplusOf(n, n.in(0))}; }
Values softsign(const NodeView &n) {
  return {
      make(n, ops::div, {n.in(0), make(n, ops::add, {make(n, ops::abs, {n.in(0)}), like(n, 1)})})};
}
Values mish(const NodeView &n) {
  return {make(n, ops::mul, {n.in(0), make(n, ops::tanh, {softplusOf(n, n.in(0))})})};
}
Values swish(const NodeView &n) {
  const double alpha = n.real("alpha", 1);
  Value *x = alpha == 1 ? n.in(0) : make(n, ops::mul, {n.in(0), like(n, alpha)});
  return {make(n, ops::mul, {n.in(0), make(n, ops::sigmoid, {x})})};
}
Values gelu(const NodeView &n) {
  const std::string approximate = n.text("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    n.fail("attribute", "approximate is '" + approximate + "', expected none or tanh");
  return {compose::gelu(n.to, n.in(0), approximate == "tanh")};
}
Values thresholdedRelu(const NodeView &n) {
  Value *x = n.in(0);
  return {
      make(n, ops::where, {make(n, ops::less, {like(n, n.real("alpha", 1)), x}), x, like(n, 0)})};
}
Values shrink(const NodeView &n) {
  const double lambda = n.real("lambd", 0.5), bias = n.real("bias", 0);
  Value *x = n.in(0), *zero = like(n, 0);
  Value *above =
      make(n, ops::where,
           {make(n, ops::less, {like(n, lambda), x}), make(n, ops::sub, {x, like(n, bias)}), zero});
  return {whereLess(n, x, -lambda, make(n, ops::add, {x, like(n, bias)}), above)};
}

// clang-format off
constexpr Lowering kMath[] = {
    {"Abs", 1, direct<ops::abs>}, {"Acos", 7, direct<ops::acos>}, {"Acosh", 9, direct<ops::acosh>},
    {"Add", 1, legacyBroadcast<ops::add>}, {"Add", 7, direct<ops::add>},
    {"And", 1, legacyBroadcast<ops::logical_and>}, {"And", 7, direct<ops::logical_and>},
    {"Asin", 7, direct<ops::asin>}, {"Asinh", 9, direct<ops::asinh>}, {"Atan", 7, direct<ops::atan>}, {"Atanh", 9, direct<ops::atanh>},
    {"BitCast", 26, bitCast}, {"BitShift", 11, bitShift},
    {"BitwiseAnd", 18, direct<ops::bit_and>}, {"BitwiseNot", 18, direct<ops::bit_not>}, {"BitwiseOr", 18, direct<ops::bit_or>}, {"BitwiseXor", 18, direct<ops::bit_xor>},
    {"Cast", 6, cast}, {"CastLike", 15, castLike},
    {"Ceil", 1, direct<ops::ceil>}, {"Celu", 12, celu}, {"Clip", 6, clip6}, {"Clip", 11, clip11},
    {"Cos", 7, direct<ops::cos>}, {"Cosh", 9, direct<ops::cosh>},
    {"Div", 1, legacyBroadcast<ops::div>}, {"Div", 7, direct<ops::div>},
    {"Elu", 1, elu}, {"Equal", 1, legacyBroadcast<ops::equal>}, {"Equal", 7, direct<ops::equal>},
    {"Erf", 9, direct<ops::erf>}, {"Exp", 1, direct<ops::exp>}, {"Floor", 1, direct<ops::floor>}, {"Gelu", 20, gelu},
    {"Greater", 7, swapped<ops::less>}, {"GreaterOrEqual", 12, swapped<ops::less_equal>},
    {"HardSigmoid", 1, hardSigmoid}, {"HardSwish", 14, hardSwish},
    {"IsInf", 10, isInf}, {"IsNaN", 9, direct<ops::is_nan>},
    {"LeakyRelu", 1, leakyRelu}, {"Less", 7, direct<ops::less>}, {"LessOrEqual", 12, direct<ops::less_equal>}, {"Log", 1, direct<ops::log>},
    {"Max", 1, variadic<ops::max>}, {"Mean", 1, mean}, {"Min", 1, variadic<ops::min>}, {"Mish", 18, mish}, {"Mod", 10, mod},
    {"Mul", 1, legacyBroadcast<ops::mul>}, {"Mul", 7, direct<ops::mul>},
    {"Neg", 1, direct<ops::neg>}, {"Not", 1, direct<ops::logical_not>},
    {"Or", 1, legacyBroadcast<ops::logical_or>}, {"Or", 7, direct<ops::logical_or>},
    {"PRelu", 1, pRelu1}, {"PRelu", 7, pRelu}, {"Pow", 1, legacyBroadcast<ops::pow>}, {"Pow", 7, direct<ops::pow>},
    {"Reciprocal", 1, reciprocal}, {"Relu", 1, direct<ops::relu>}, {"Round", 11, direct<ops::round>},
    {"Selu", 1, selu}, {"Shrink", 9, shrink}, {"Sigmoid", 1, direct<ops::sigmoid>}, {"Sign", 9, direct<ops::sign>},
    {"Sin", 7, direct<ops::sin>}, {"Sinh", 9, direct<ops::sinh>}, {"Softplus", 1, softplus}, {"Softsign", 1, softsign},
    {"Sqrt", 1, direct<ops::sqrt>}, {"Sub", 1, legacyBroadcast<ops::sub>}, {"Sub", 7, direct<ops::sub>}, {"Sum", 1, variadic<ops::add>}, {"Swish", 24, swish},
    {"Tan", 7, direct<ops::tan>}, {"Tanh", 1, direct<ops::tanh>}, {"ThresholdedRelu", 10, thresholdedRelu},
    {"Where", 9, where}, {"Xor", 1, legacyBroadcast<ops::logical_xor>}, {"Xor", 7, direct<ops::logical_xor>},
};
// clang-format on

} // namespace

std::span<const Lowering> mathLowerings() { return kMath; }

} // namespace burin::onnx
