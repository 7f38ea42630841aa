// SPDX-License-Identifier: Apache-2.0
//
// Elementwise operators. The element types of operands are joined as torch.result_type does.
#include "frontend/torchscript/lowering.h"

#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

// ---- one operand ----

template <const ir::OpDef &def> Host unary(const Call &n) {
  return n.tensor(n.to.make(def, {n.value("self")}));
}

/// Of a float; integers and bools become f32.
template <const ir::OpDef &def> Host unaryFloat(const Call &n) {
  return n.tensor(n.to.make(def, {n.floating("self")}));
}

/// Integers are whole already.
template <const ir::OpDef &def> Host rounding(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(ir::isFloat(x->type.element()) ? n.to.make(def, {x}) : x);
}

Host roundDecimals(const Call &n) {
  const compose::Arith is{n.to};
  const double scale = std::pow(10.0, static_cast<double>(n.integer("decimals")));
  return n.tensor(is.div(is(ops::round, is.mul(n.value("self"), scale)), scale));
}

Host rsqrt(const Call &n) {
  const compose::Arith is{n.to};
  return n.tensor(is.div(1.0, is(ops::sqrt, n.floating("self"))));
}
Host reciprocal(const Call &n) {
  return n.tensor(compose::Arith{n.to}.div(1.0, n.floating("self")));
}
Host square(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(compose::Arith{n.to}.mul(x, x));
}
Host log1p(const Call &n) {
  // log(u) * x / (u - 1) with u = 1 + x is exact where log(1 + x) cancels.
  const compose::Arith is{n.to};
  Value *x = n.floating("self"), *u = is.add(x, 1.0), *less = is.sub(u, 1.0);
  Value *corrected = is.mul(is(ops::log, u), is.div(x, less));
  Value *isInf =
      n.to.make(ops::is_inf, {u}, {attr::detectNegative(true), attr::detectPositive(true)});
  return n.tensor(is.where(is.equal(less, 0.0), x, is.where(isInf, u, corrected)));
}
Host expm1(const Call &n) {
  // As tanh(x / 2) * (e^x + 1), which does not cancel.
  const compose::Arith is{n.to};
  Value *x = n.floating("self");
  Value *small = is.mul(is(ops::tanh, is.mul(x, 0.5)), is.add(is(ops::exp, x), 1.0));
  Value *isSmall = is.less(is(ops::abs, x), 1.0);
  return n.tensor(is.where(isSmall, small, is.sub(is(ops::exp, x), 1.0)));
}
template <double (*of)()> Host logarithm(const Call &n) {
  const compose::Arith is{n.to};
  return n.tensor(is.mul(is(ops::log, n.floating("self")), of()));
}
double perLog2() { return 1 / std::log(2.0); }
double perLog10() { return 1 / std::log(10.0); }

Host logicalNot(const Call &n) {
  return n.tensor(n.to.make(ops::logical_not, {n.as("self", ElementType::boolean)}));
}
Host bitwiseNot(const Call &n) {
  Value *x = n.value("self");
  const bool isBool = x->type.element() == ElementType::boolean;
  return n.tensor(n.to.make(isBool ? ops::logical_not : ops::bit_not, {x}));
}
template <bool infinite> Host isSpecial(const Call &n) {
  Value *x = n.value("self");
  if (!ir::isFloat(x->type.element()))
    return n.tensor(compose::full(n.to, ElementType::boolean, 0, x->type.shape()));
  return n.tensor(infinite ? n.to.make(ops::is_inf, {x},
                                       {attr::detectNegative(true), attr::detectPositive(true)})
                           : n.to.make(ops::is_nan, {x}));
}

Host isFinite(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  if (!ir::isFloat(x->type.element()))
    return n.tensor(compose::full(n.to, ElementType::boolean, 1, x->type.shape()));
  Value *isInf =
      n.to.make(ops::is_inf, {x}, {attr::detectNegative(true), attr::detectPositive(true)});
  return n.tensor(is.no(is.either(isInf, is(ops::is_nan, x))));
}
Host fraction(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  return n.tensor(is.sub(x, is(ops::trunc, x)));
}

// ---- two operands ----

/// The two operands of "self" and "other" in the type that they have together.
struct Operands {
  Value *a, *b;
};
Operands operands(const Call &n) {
  const ElementType e = n.resultType({"self", "other"});
  return {n.as("self", e), n.as("other", e)};
}
Operands floatOperands(const Call &n) {
  const ElementType joined = n.resultType({"self", "other"});
  const ElementType e = ir::isFloat(joined) ? joined : ElementType::f32;
  return {n.as("self", e), n.as("other", e)};
}

template <const ir::OpDef &def> Host binary(const Call &n) {
  const Operands x = operands(n);
  return n.tensor(n.to.make(def, {x.a, x.b}));
}

/// alpha times the second operand.
Value *scaledBy(const Call &n, Value *x) {
  const Host &alpha = n["alpha"];
  if (const Dim *d = alpha.find<Dim>(); d && d->isNumber(1))
    return x;
  return n.to.make(ops::mul, {x, n.as("alpha", x->type.element())});
}

Host add(const Call &n) {
  const Operands x = operands(n);
  if (x.a->type.element() == ElementType::boolean)
    return n.tensor(n.to.make(ops::logical_or, {x.a, x.b}));
  return n.tensor(n.to.make(ops::add, {x.a, scaledBy(n, x.b)}));
}
Host sub(const Call &n) {
  const Operands x = operands(n);
  return n.tensor(n.to.make(ops::sub, {x.a, scaledBy(n, x.b)}));
}
Host rsub(const Call &n) {
  const Operands x = operands(n);
  return n.tensor(n.to.make(ops::sub, {x.b, scaledBy(n, x.a)}));
}
Host mul(const Call &n) {
  const Operands x = operands(n);
  const bool isBool = x.a->type.element() == ElementType::boolean;
  return n.tensor(n.to.make(isBool ? ops::logical_and : ops::mul, {x.a, x.b}));
}

/// Rounded down, of floats or integers.
Value *flooredQuotient(const Call &n, const Operands &x) {
  const compose::Arith is{n.to};
  if (ir::isFloat(x.a->type.element()))
    return is(ops::floor, is.div(x.a, x.b));
  if (ir::isUnsignedInteger(x.a->type.element()))
    return is.div(x.a, x.b);
  return is.div(is.sub(x.a, is.mod(x.a, x.b)), x.b);
}
Value *truncatedQuotient(const Call &n, const Operands &x) {
  Value *q = n.to.make(ops::div, {x.a, x.b});
  return ir::isFloat(q->type.element()) ? n.to.make(ops::trunc, {q}) : q;
}

Host floorDivide(const Call &n) { return n.tensor(flooredQuotient(n, operands(n))); }

Host divMode(const Call &n) {
  if (!n.has("rounding_mode")) {
    const Operands x = floatOperands(n);
    return n.tensor(n.to.make(ops::div, {x.a, x.b}));
  }
  const std::string &mode = n.text("rounding_mode");
  if (mode != "floor" && mode != "trunc")
    n.fail("rounding", fmt::format("rounding_mode is '{}', expected floor or trunc", mode));
  return n.tensor(mode == "floor" ? flooredQuotient(n, operands(n))
                                  : truncatedQuotient(n, operands(n)));
}

Host remainder(const Call &n) {
  const Operands x = operands(n);
  const compose::Arith is{n.to};
  if (!ir::isFloat(x.a->type.element()))
    return n.tensor(is.mod(x.a, x.b));
  Value *r = n.to.make(ops::fmod, {x.a, x.b});
  // The sign of the divisor.
  Value *wrong = is.both(is.no(is.equal(r, 0.0)),
                         n.to.make(ops::logical_xor, {is.less(r, 0.0), is.less(x.b, 0.0)}));
  return n.tensor(is.where(wrong, is.add(r, x.b), r));
}

Host power(const Call &n) {
  const ElementType e = n.resultType({"self", "exponent"});
  Value *x = n.as("self", e);
  const compose::Arith is{n.to};
  // Whole powers by products, as torch does it.
  const double *real = n["exponent"].find<double>();
  const Dim *whole = n["exponent"].find<Dim>();
  const double exponent = real                         ? *real
                          : whole && whole->isNumber() ? static_cast<double>(whole->number())
                                                       : 0;
  if (exponent == 1)
    return n.tensor(x);
  if (exponent == 2)
    return n.tensor(is.mul(x, x));
  if (exponent == 3)
    return n.tensor(is.mul(is.mul(x, x), x));
  if (exponent == 0.5 && ir::isFloat(e))
    return n.tensor(is(ops::sqrt, x));
  if (exponent == -1 && ir::isFloat(e))
    return n.tensor(is.div(1.0, x));
  return n.tensor(n.to.make(ops::pow, {x, n.as("exponent", e)}));
}

Host atan2(const Call &n) {
  const compose::Arith is{n.to};
  const Operands s = floatOperands(n);
  Value *y = s.a, *x = s.b;
  constexpr double kPi = 3.14159265358979323846;
  Value *base = is(ops::atan, is.div(y, x));
  // A negative x: half a turn towards the sign of y.
  Value *turn = is.where(is.less(y, 0.0), is.sub(base, kPi), is.add(base, kPi));
  Value *general = is.where(is.less(x, 0.0), turn, base);
  Value *up = is.where(is.less(y, 0.0), is.add(is.mul(x, 0.0), -kPi / 2),
                       is.where(is.less(0.0, y), is.add(is.mul(x, 0.0), kPi / 2), is.mul(x, 0.0)));
  return n.tensor(is.where(is.equal(x, 0.0), up, general));
}

Host hypot(const Call &n) {
  const compose::Arith is{n.to};
  const Operands x = floatOperands(n);
  return n.tensor(is(ops::sqrt, is.add(is.mul(x.a, x.a), is.mul(x.b, x.b))));
}
Host logAddExp(const Call &n) {
  const compose::Arith is{n.to};
  const Operands x = floatOperands(n);
  Value *tail = is(ops::exp, is(ops::neg, is(ops::abs, is.sub(x.a, x.b))));
  return n.tensor(is.where(is.equal(x.a, x.b), is.add(x.a, std::log(2.0)),
                           is.add(is.max(x.a, x.b), is(ops::log, is.add(tail, 1.0)))));
}

// ---- comparisons and logic ----

template <bool swapped, const ir::OpDef &def, bool negated = false> Host compare(const Call &n) {
  const Operands x = operands(n);
  Value *y = swapped ? n.to.make(def, {x.b, x.a}) : n.to.make(def, {x.a, x.b});
  return n.tensor(negated ? n.to.make(ops::logical_not, {y}) : y);
}

template <const ir::OpDef &def> Host logical(const Call &n) {
  return n.tensor(
      n.to.make(def, {n.as("self", ElementType::boolean), n.as("other", ElementType::boolean)}));
}

template <const ir::OpDef &onBools, const ir::OpDef &onIntegers> Host bitwise(const Call &n) {
  const Operands x = operands(n);
  const bool isBool = x.a->type.element() == ElementType::boolean;
  return n.tensor(n.to.make(isBool ? onBools : onIntegers, {x.a, x.b}));
}

// ---- clamps, choices ----

Host clamp(const Call &n) {
  const ElementType e = n.resultType({"self", "min", "max"});
  return n.tensor(compose::clamp(n.to, n.as("self", e), n.has("min") ? n.as("min", e) : nullptr,
                                 n.has("max") ? n.as("max", e) : nullptr));
}
Host clampMin(const Call &n) {
  const ElementType e = n.resultType({"self", "min"});
  return n.tensor(n.to.make(ops::max, {n.as("self", e), n.as("min", e)}));
}
Host clampMax(const Call &n) {
  const ElementType e = n.resultType({"self", "max"});
  return n.tensor(n.to.make(ops::min, {n.as("self", e), n.as("max", e)}));
}

Host where(const Call &n) {
  const ElementType e = n.resultType({"self", "other"});
  return n.tensor(n.to.make(
      ops::where, {n.as("condition", ElementType::boolean), n.as("self", e), n.as("other", e)}));
}

Host maskedFill(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(n.to.make(
      ops::where, {n.as("mask", ElementType::boolean), n.as("value", x->type.element()), x}));
}

Host lerp(const Call &n) {
  const compose::Arith is{n.to};
  Value *a = n.value("self"), *b = n.value("end");
  return n.tensor(is.add(a, is.mul(n.as("weight", a->type.element()), is.sub(b, a))));
}
template <const ir::OpDef &def> Host addTimes(const Call &n) {
  const ElementType e = n.resultType({"self", "tensor1", "tensor2"});
  const compose::Arith is{n.to};
  Value *product = n.to.make(def, {n.as("tensor1", e), n.as("tensor2", e)});
  return n.tensor(is.add(n.as("self", e), is.mul(product, n.as("value", e))));
}

Host nanToNum(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  const ElementType e = x->type.element();
  if (!ir::isFloat(e))
    return n.tensor(x);
  const double most = e == ElementType::f64    ? 1.7976931348623157e308
                      : e == ElementType::f16  ? 65504
                      : e == ElementType::bf16 ? 3.3895313892515355e38
                                               : 3.4028234663852886e38;
  const auto given = [&](std::string_view name, double otherwise) {
    return n.has(name) ? n.real(name) : otherwise;
  };
  const auto isInf = [&](bool negative) {
    return n.to.make(ops::is_inf, {x},
                     {attr::detectNegative(negative), attr::detectPositive(!negative)});
  };
  Value *y = is.where(n.to.make(ops::is_nan, {x}), given("nan", 0), x);
  y = is.where(isInf(false), given("posinf", most), y);
  return n.tensor(is.where(isInf(true), given("neginf", -most), y));
}

Host div(const Call &n) {
  // Before version 4, whole numbers were divided as such.
  const Operands x = floatOperands(n);
  if (n.version < 4 && !ir::isFloat(n.resultType({"self", "other"})))
    return n.tensor(truncatedQuotient(n, operands(n)));
  return n.tensor(n.to.make(ops::div, {x.a, x.b}));
}

constexpr Lowering kMath[] = {
    {"aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", add},
    {"aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", add},
    {"aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", sub},
    {"aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", sub},
    {"aten::rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", rsub},
    {"aten::rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", rsub},
    {"aten::mul.Tensor(Tensor self, Tensor other) -> Tensor", mul},
    {"aten::mul.Scalar(Tensor self, Scalar other) -> Tensor", mul},
    {"aten::subtract.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", sub},
    {"aten::subtract.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", sub},
    {"aten::divide.Tensor(Tensor self, Tensor other) -> Tensor", div},
    {"aten::divide.Scalar(Tensor self, Scalar other) -> Tensor", div},
    {"aten::divide.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor",
     divMode},
    {"aten::divide.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor",
     divMode},
    {"aten::multiply.Tensor(Tensor self, Tensor other) -> Tensor", mul},
    {"aten::multiply.Scalar(Tensor self, Scalar other) -> Tensor", mul},
    {"aten::div.Tensor(Tensor self, Tensor other) -> Tensor", div},
    {"aten::div.Scalar(Tensor self, Scalar other) -> Tensor", div},
    {"aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor", divMode},
    {"aten::div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor", divMode},
    {"aten::true_divide.Tensor(Tensor self, Tensor other) -> Tensor", div},
    {"aten::true_divide.Scalar(Tensor self, Scalar other) -> Tensor", div},
    {"aten::floor_divide(Tensor self, Tensor other) -> Tensor", floorDivide},
    {"aten::floor_divide.Scalar(Tensor self, Scalar other) -> Tensor", floorDivide},
    {"aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor", remainder},
    {"aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor", remainder},
    {"aten::remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor", remainder},
    {"aten::fmod.Tensor(Tensor self, Tensor other) -> Tensor", binary<ops::fmod>},
    {"aten::fmod.Scalar(Tensor self, Scalar other) -> Tensor", binary<ops::fmod>},
    {"aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", power},
    {"aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor", power},
    {"aten::pow.Scalar(Scalar self, Tensor exponent) -> Tensor", power},
    {"aten::atan2(Tensor self, Tensor other) -> Tensor", atan2},
    {"aten::maximum(Tensor self, Tensor other) -> Tensor", binary<ops::max>},
    {"aten::minimum(Tensor self, Tensor other) -> Tensor", binary<ops::min>},
    {"aten::max.other(Tensor self, Tensor other) -> Tensor", binary<ops::max>},
    {"aten::min.other(Tensor self, Tensor other) -> Tensor", binary<ops::min>},

    {"aten::neg(Tensor self) -> Tensor", unary<ops::neg>},
    {"aten::abs(Tensor self) -> Tensor", unary<ops::abs>},
    {"aten::sign(Tensor self) -> Tensor", unary<ops::sign>},
    {"aten::exp(Tensor self) -> Tensor", unaryFloat<ops::exp>},
    {"aten::expm1(Tensor self) -> Tensor", expm1},
    {"aten::log(Tensor self) -> Tensor", unaryFloat<ops::log>},
    {"aten::log1p(Tensor self) -> Tensor", log1p},
    {"aten::log2(Tensor self) -> Tensor", logarithm<perLog2>},
    {"aten::log10(Tensor self) -> Tensor", logarithm<perLog10>},
    {"aten::sqrt(Tensor self) -> Tensor", unaryFloat<ops::sqrt>},
    {"aten::rsqrt(Tensor self) -> Tensor", rsqrt},
    {"aten::reciprocal(Tensor self) -> Tensor", reciprocal},
    {"aten::square(Tensor self) -> Tensor", square},
    {"aten::floor(Tensor self) -> Tensor", rounding<ops::floor>},
    {"aten::ceil(Tensor self) -> Tensor", rounding<ops::ceil>},
    {"aten::round(Tensor self) -> Tensor", rounding<ops::round>},
    {"aten::round.decimals(Tensor self, *, int decimals) -> Tensor", roundDecimals},
    {"aten::trunc(Tensor self) -> Tensor", rounding<ops::trunc>},
    {"aten::sin(Tensor self) -> Tensor", unaryFloat<ops::sin>},
    {"aten::cos(Tensor self) -> Tensor", unaryFloat<ops::cos>},
    {"aten::tan(Tensor self) -> Tensor", unaryFloat<ops::tan>},
    {"aten::asin(Tensor self) -> Tensor", unaryFloat<ops::asin>},
    {"aten::acos(Tensor self) -> Tensor", unaryFloat<ops::acos>},
    {"aten::atan(Tensor self) -> Tensor", unaryFloat<ops::atan>},
    {"aten::sinh(Tensor self) -> Tensor", unaryFloat<ops::sinh>},
    {"aten::cosh(Tensor self) -> Tensor", unaryFloat<ops::cosh>},
    {"aten::asinh(Tensor self) -> Tensor", unaryFloat<ops::asinh>},
    {"aten::acosh(Tensor self) -> Tensor", unaryFloat<ops::acosh>},
    {"aten::atanh(Tensor self) -> Tensor", unaryFloat<ops::atanh>},
    {"aten::tanh(Tensor self) -> Tensor", unaryFloat<ops::tanh>},
    {"aten::sigmoid(Tensor self) -> Tensor", unaryFloat<ops::sigmoid>},
    {"aten::erf(Tensor self) -> Tensor", unaryFloat<ops::erf>},
    {"aten::isnan(Tensor self) -> Tensor", isSpecial<false>},
    {"aten::isfinite(Tensor self) -> Tensor", isFinite},
    {"aten::negative(Tensor self) -> Tensor", unary<ops::neg>},
    {"aten::absolute(Tensor self) -> Tensor", unary<ops::abs>},
    {"aten::frac(Tensor self) -> Tensor", fraction},
    {"aten::hypot(Tensor self, Tensor other) -> Tensor", hypot},
    {"aten::logaddexp(Tensor self, Tensor other) -> Tensor", logAddExp},
    {"aten::bitwise_left_shift.Tensor(Tensor self, Tensor other) -> Tensor",
     binary<ops::shift_left>},
    {"aten::bitwise_left_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor",
     binary<ops::shift_left>},
    {"aten::isinf(Tensor self) -> Tensor", isSpecial<true>},
    {"aten::nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> "
     "Tensor",
     nanToNum},

    {"aten::eq.Tensor(Tensor self, Tensor other) -> Tensor", compare<false, ops::equal>},
    {"aten::eq.Scalar(Tensor self, Scalar other) -> Tensor", compare<false, ops::equal>},
    {"aten::ne.Tensor(Tensor self, Tensor other) -> Tensor", compare<false, ops::equal, true>},
    {"aten::ne.Scalar(Tensor self, Scalar other) -> Tensor", compare<false, ops::equal, true>},
    {"aten::lt.Tensor(Tensor self, Tensor other) -> Tensor", compare<false, ops::less>},
    {"aten::lt.Scalar(Tensor self, Scalar other) -> Tensor", compare<false, ops::less>},
    {"aten::le.Tensor(Tensor self, Tensor other) -> Tensor", compare<false, ops::less_equal>},
    {"aten::le.Scalar(Tensor self, Scalar other) -> Tensor", compare<false, ops::less_equal>},
    {"aten::gt.Tensor(Tensor self, Tensor other) -> Tensor", compare<true, ops::less>},
    {"aten::gt.Scalar(Tensor self, Scalar other) -> Tensor", compare<true, ops::less>},
    {"aten::ge.Tensor(Tensor self, Tensor other) -> Tensor", compare<true, ops::less_equal>},
    {"aten::ge.Scalar(Tensor self, Scalar other) -> Tensor", compare<true, ops::less_equal>},
    {"aten::greater.Tensor(Tensor self, Tensor other) -> Tensor", compare<true, ops::less>},
    {"aten::greater.Scalar(Tensor self, Scalar other) -> Tensor", compare<true, ops::less>},
    {"aten::less.Tensor(Tensor self, Tensor other) -> Tensor", compare<false, ops::less>},
    {"aten::less.Scalar(Tensor self, Scalar other) -> Tensor", compare<false, ops::less>},
    {"aten::not_equal.Tensor(Tensor self, Tensor other) -> Tensor",
     compare<false, ops::equal, true>},
    {"aten::not_equal.Scalar(Tensor self, Scalar other) -> Tensor",
     compare<false, ops::equal, true>},
    {"aten::logical_and(Tensor self, Tensor other) -> Tensor", logical<ops::logical_and>},
    {"aten::logical_or(Tensor self, Tensor other) -> Tensor", logical<ops::logical_or>},
    {"aten::logical_xor(Tensor self, Tensor other) -> Tensor", logical<ops::logical_xor>},
    {"aten::logical_not(Tensor self) -> Tensor", logicalNot},
    {"aten::bitwise_not(Tensor self) -> Tensor", bitwiseNot},
    {"aten::bitwise_and.Tensor(Tensor self, Tensor other) -> Tensor",
     bitwise<ops::logical_and, ops::bit_and>},
    {"aten::bitwise_and.Scalar(Tensor self, Scalar other) -> Tensor",
     bitwise<ops::logical_and, ops::bit_and>},
    {"aten::bitwise_or.Tensor(Tensor self, Tensor other) -> Tensor",
     bitwise<ops::logical_or, ops::bit_or>},
    {"aten::bitwise_or.Scalar(Tensor self, Scalar other) -> Tensor",
     bitwise<ops::logical_or, ops::bit_or>},
    {"aten::bitwise_xor.Tensor(Tensor self, Tensor other) -> Tensor",
     bitwise<ops::logical_xor, ops::bit_xor>},
    {"aten::bitwise_xor.Scalar(Tensor self, Scalar other) -> Tensor",
     bitwise<ops::logical_xor, ops::bit_xor>},
    {"aten::bitwise_and.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
     bitwise<ops::logical_and, ops::bit_and>},
    {"aten::bitwise_or.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
     bitwise<ops::logical_or, ops::bit_or>},
    {"aten::bitwise_xor.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
     bitwise<ops::logical_xor, ops::bit_xor>},
    {"aten::bitwise_left_shift.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
     binary<ops::shift_left>},
    {"aten::less_equal.Tensor(Tensor self, Tensor other) -> Tensor",
     compare<false, ops::less_equal>},
    {"aten::less_equal.Scalar(Tensor self, Scalar other) -> Tensor",
     compare<false, ops::less_equal>},
    {"aten::greater_equal.Tensor(Tensor self, Tensor other) -> Tensor",
     compare<true, ops::less_equal>},
    {"aten::greater_equal.Scalar(Tensor self, Scalar other) -> Tensor",
     compare<true, ops::less_equal>},
    {"aten::__and__.Scalar(Tensor self, Scalar other) -> Tensor",
     bitwise<ops::logical_and, ops::bit_and>},
    {"aten::__and__.Tensor(Tensor self, Tensor other) -> Tensor",
     bitwise<ops::logical_and, ops::bit_and>},
    {"aten::__or__.Tensor(Tensor self, Tensor other) -> Tensor",
     bitwise<ops::logical_or, ops::bit_or>},
    {"aten::__or__.Scalar(Tensor self, Scalar other) -> Tensor",
     bitwise<ops::logical_or, ops::bit_or>},
    {"aten::__xor__.Tensor(Tensor self, Tensor other) -> Tensor",
     bitwise<ops::logical_xor, ops::bit_xor>},
    {"aten::__xor__.Scalar(Tensor self, Scalar other) -> Tensor",
     bitwise<ops::logical_xor, ops::bit_xor>},

    {"aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor", clamp},
    {"aten::clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor", clamp},
    {"aten::clamp_min(Tensor self, Scalar min) -> Tensor", clampMin},
    {"aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor", clampMin},
    {"aten::clamp_max(Tensor self, Scalar max) -> Tensor", clampMax},
    {"aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor", clampMax},
    {"aten::clip(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor", clamp},
    {"aten::clip.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor", clamp},
    {"aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor", where},
    {"aten::where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor", where},
    {"aten::where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor", where},
    {"aten::where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor", where},
    {"aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor", maskedFill},
    {"aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor", maskedFill},
    {"aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor", lerp},
    {"aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor", lerp},
    {"aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
     addTimes<ops::mul>},
    {"aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
     addTimes<ops::div>},
};

} // namespace

std::span<const Lowering> mathLowerings() { return kMath; }

} // namespace burin::torchscript
