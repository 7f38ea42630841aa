// SPDX-License-Identifier: Apache-2.0
//
// Elementwise operators that models use seldom, and other names of common ones.
#include "frontend/torchscript/lowering.h"

#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

constexpr double kPi = 3.14159265358979323846;

// ---- one operand ----

Host exp2(const Call &n) {
  const compose::Arith is{n.to};
  return n.tensor(is(ops::exp, is.mul(n.floating("self"), std::log(2.0))));
}
Host erfc(const Call &n) {
  const compose::Arith is{n.to};
  return n.tensor(is.sub(1.0, is(ops::erf, n.floating("self"))));
}
template <int by> Host scaled(const Call &n) {
  return n.tensor(compose::Arith{n.to}.mul(n.floating("self"), by > 0 ? kPi / 180 : 180 / kPi));
}
Host sinc(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = is.mul(n.floating("self"), kPi);
  return n.tensor(is.where(is.equal(x, 0.0), 1.0, is.div(is(ops::sin, x), x)));
}
Host logit(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.floating("self");
  if (n.has("eps")) {
    const double eps = n.real("eps");
    x = is.min(is.max(x, eps), 1 - eps);
  }
  return n.tensor(is(ops::log, is.div(x, is.sub(1.0, x))));
}
Host signBit(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  if (!ir::isFloat(x->type.element()))
    return n.tensor(ir::isSigned(x->type.element())
                        ? is.less(x, 0.0)
                        : compose::full(n.to, ElementType::boolean, 0, x->type.shape()));
  // -0 has one: 1 / -0 is negative.
  return n.tensor(
      is.either(is.less(x, 0.0), is.both(is.equal(x, 0.0), is.less(is.div(1.0, x), 0.0))));
}
template <bool negative> Host isInfOfSign(const Call &n) {
  Value *x = n.value("self");
  if (!ir::isFloat(x->type.element()))
    return n.tensor(compose::full(n.to, ElementType::boolean, 0, x->type.shape()));
  return n.tensor(n.to.make(ops::is_inf, {x},
                            {attr::detectNegative(negative), attr::detectPositive(!negative)}));
}
Host rrelu(const Call &n) {
  if (n.flag("training"))
    n.unsupported("training", "rrelu in training mode", "call model.eval() before it is saved");
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  return n.tensor(is.where(is.less(x, 0.0), is.mul(x, (n.real("lower") + n.real("upper")) / 2), x));
}
Host same(const Call &n) { return n["self"]; }
Host sign(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(x->type.element() == ElementType::boolean ? x : n.to.make(ops::sign, {x}));
}
template <const ir::OpDef &def> Host unary(const Call &n) {
  return n.tensor(n.to.make(def, {n.floating("self")}));
}

// ---- two operands ----

struct Operands {
  Value *a, *b;
};
Operands operands(const Call &n, bool asFloats = false) {
  ElementType e = n.resultType({"self", "other"});
  if (asFloats && !ir::isFloat(e))
    e = ElementType::f32;
  return {n.as("self", e), n.as("other", e)};
}

Host xlogy(const Call &n) {
  const compose::Arith is{n.to};
  const Operands x = operands(n, true);
  Value *y = is.where(is.equal(x.a, 0.0), 0.0, is.mul(x.a, is(ops::log, x.b)));
  return n.tensor(is.where(n.to.make(ops::is_nan, {x.b}), NAN, y));
}
Host logAddExp2(const Call &n) {
  const compose::Arith is{n.to};
  const Operands x = operands(n, true);
  Value *tail = is(ops::exp, is.mul(is(ops::abs, is.sub(x.a, x.b)), -std::log(2.0)));
  Value *sum = is.add(is.max(x.a, x.b), is.mul(is(ops::log, is.add(tail, 1.0)), 1 / std::log(2.0)));
  return n.tensor(is.where(is.equal(x.a, x.b), is.add(x.a, 1.0), sum));
}
Host copySign(const Call &n) {
  const compose::Arith is{n.to};
  const Operands x = operands(n, true);
  Value *size = is(ops::abs, x.a);
  Value *isNegative =
      is.either(is.less(x.b, 0.0), is.both(is.equal(x.b, 0.0), is.less(is.div(1.0, x.b), 0.0)));
  return n.tensor(is.where(isNegative, is(ops::neg, size), size));
}
Host heaviside(const Call &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.resultType({"self", "values"});
  Value *x = n.as("self", e);
  Value *step = is.where(is.less(x, 0.0), 0.0, compose::full(n.to, e, 1, x->type.shape()));
  if (ir::isFloat(e))
    step = is.where(n.to.make(ops::is_nan, {x}), 0.0, step);
  return n.tensor(is.where(is.equal(x, 0.0), n.as("values", e), step));
}
/// As maximum and minimum, but a number wins over NaN.
template <const ir::OpDef &def> Host extreme(const Call &n) {
  const compose::Arith is{n.to};
  const Operands x = operands(n);
  Value *y = n.to.make(def, {x.a, x.b});
  if (ir::isFloat(y->type.element())) {
    y = is.where(n.to.make(ops::is_nan, {x.a}), x.b, y);
    y = is.where(n.to.make(ops::is_nan, {x.b}), x.a, y);
  }
  return n.tensor(y);
}
Host floatPower(const Call &n) {
  return n.tensor(
      compose::Arith{n.to}.pow(n.as("self", ElementType::f64), n.as("exponent", ElementType::f64)));
}
template <const ir::OpDef &def> Host shifted(const Call &n) {
  const Operands x = operands(n);
  if (ir::isFloat(x.a->type.element()))
    n.unsupported("dtype", "a shift of floats", "multiply by a power of two");
  return n.tensor(n.to.make(def, {x.a, x.b}));
}
template <bool left> Host shiftedNumber(const Call &n) {
  const int64_t a = n.integer("a"), by = n.integer("b");
  if (by < 0 || by > 62)
    n.fail("argument", fmt::format("a shift by {}", by));
  return Dim(left ? static_cast<int64_t>(static_cast<uint64_t>(a) << by) : a >> by);
}
Host isClose(const Call &n) {
  const compose::Arith is{n.to};
  const Operands x = operands(n);
  Value *same = is.equal(x.a, x.b);
  if (!ir::isFloat(x.a->type.element()))
    n.unsupported("dtype", "isclose of integers", "compare floats");
  Value *bound = is.add(is.mul(is(ops::abs, x.b), n.real("rtol")), n.real("atol"));
  Value *off = is(ops::abs, is.sub(x.a, x.b));
  Value *isInf =
      n.to.make(ops::is_inf, {off}, {attr::detectNegative(true), attr::detectPositive(true)});
  Value *y = is.either(same, is.both(is.no(isInf), is.lessEqual(off, bound)));
  if (n.flag("equal_nan"))
    y = is.either(y, is.both(n.to.make(ops::is_nan, {x.a}), n.to.make(ops::is_nan, {x.b})));
  return n.tensor(y);
}
Host areEqual(const Call &n) {
  const Operands x = operands(n);
  if (x.a->type.shape() != x.b->type.shape())
    return false;
  const compose::Arith is{n.to};
  return n.in.numberOf(is.all(is.equal(x.a, x.b)));
}

// ---- numbers ----

double acosOf(double x) { return std::acos(x); }
double asinOf(double x) { return std::asin(x); }
double atanOf(double x) { return std::atan(x); }
double acoshOf(double x) { return std::acosh(x); }
double asinhOf(double x) { return std::asinh(x); }
double atanhOf(double x) { return std::atanh(x); }
double tanOf(double x) { return std::tan(x); }
double sinhOf(double x) { return std::sinh(x); }
double coshOf(double x) { return std::cosh(x); }
double tanhOf(double x) { return std::tanh(x); }
double erfOf(double x) { return std::erf(x); }

/// A number on the host, or f64 of the run.
std::optional<double> known(const Host &h) {
  if (const double *x = h.find<double>())
    return *x;
  if (const Dim *d = h.find<Dim>(); d && d->isNumber())
    return static_cast<double>(d->number());
  return std::nullopt;
}
Value *asReal(const Call &n, const Host &h) {
  return compose::cast(n.to, n.in.scalarOf(h), ElementType::f64);
}
template <double (*of)(double), const ir::OpDef &def> Host ofNumber(const Call &n) {
  const Host a = n.number(0);
  if (const auto x = known(a))
    return of(*x);
  return RunNumber{n.to.make(def, {asReal(n, a)})};
}
template <double (*of)(double)> Host ofKnown(const Call &n) {
  const auto x = known(n.number(0));
  if (!x)
    n.unsupported("known", fmt::format("{} of a number that only the run knows", n.schema.name),
                  "compute it on a tensor");
  return of(*x);
}
double expm1Of(double x) { return std::expm1(x); }
double log1pOf(double x) { return std::log1p(x); }
double log10Of(double x) { return std::log10(x); }
Host atan2Of(const Call &n) {
  const auto y = known(n.number(0)), x = known(n.number(1));
  if (!x || !y)
    n.unsupported("known", "atan2 of numbers that only the run knows", "compute it on tensors");
  return std::atan2(*y, *x);
}
enum class Question { nan, inf, finite };
template <Question question> Host asked(const Call &n) {
  const auto x = known(n.number(0));
  if (!x)
    n.unsupported("known", fmt::format("{} of a number that only the run knows", n.schema.name),
                  "ask it of a tensor");
  return question == Question::nan   ? std::isnan(*x)
         : question == Question::inf ? std::isinf(*x)
                                     : std::isfinite(*x);
}

constexpr Lowering kSpecial[] = {
    {"aten::exp2(Tensor self) -> Tensor", exp2},
    {"aten::special_exp2(Tensor self) -> Tensor", exp2},
    {"aten::erfc(Tensor self) -> Tensor", erfc},
    {"aten::erfc.int(int a) -> float", nullptr},
    {"aten::erfc.float(float a) -> float", nullptr},
    {"aten::erfc.Scalar(Scalar a) -> Scalar", nullptr},
    {"aten::special_erfc(Tensor self) -> Tensor", erfc},
    {"aten::deg2rad(Tensor self) -> Tensor", scaled<1>},
    {"aten::rad2deg(Tensor self) -> Tensor", scaled<-1>},
    {"aten::sinc(Tensor self) -> Tensor", sinc},
    {"aten::logit(Tensor self, float? eps=None) -> Tensor", logit},
    {"aten::signbit(Tensor self) -> Tensor", signBit},
    {"aten::sgn(Tensor self) -> Tensor", sign},
    {"aten::isposinf(Tensor self) -> Tensor", isInfOfSign<false>},
    {"aten::isneginf(Tensor self) -> Tensor", isInfOfSign<true>},
    {"aten::rrelu(Tensor self, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool "
     "training=False, Generator? generator=None) -> Tensor",
     rrelu},
    {"aten::positive(Tensor(a) self) -> Tensor(a)", same},
    {"aten::special_expit(Tensor self) -> Tensor", unary<ops::sigmoid>},
    {"aten::special_erf(Tensor self) -> Tensor", unary<ops::erf>},
    {"aten::arccos(Tensor self) -> Tensor", unary<ops::acos>},
    {"aten::arcsin(Tensor self) -> Tensor", unary<ops::asin>},
    {"aten::arctan(Tensor self) -> Tensor", unary<ops::atan>},
    {"aten::arccosh(Tensor self) -> Tensor", unary<ops::acosh>},
    {"aten::arcsinh(Tensor self) -> Tensor", unary<ops::asinh>},
    {"aten::arctanh(Tensor self) -> Tensor", unary<ops::atanh>},
    {"aten::xlogy.Tensor(Tensor self, Tensor other) -> Tensor", xlogy},
    {"aten::xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor", xlogy},
    {"aten::xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor", xlogy},
    {"aten::special_xlogy(Tensor self, Tensor other) -> Tensor", xlogy},
    {"aten::special_xlogy.other_scalar(Tensor self, Scalar other) -> Tensor", xlogy},
    {"aten::special_xlogy.self_scalar(Scalar self, Tensor other) -> Tensor", xlogy},
    {"aten::logaddexp2(Tensor self, Tensor other) -> Tensor", logAddExp2},
    {"aten::copysign.Tensor(Tensor self, Tensor other) -> Tensor", copySign},
    {"aten::copysign.Scalar(Tensor self, Scalar other) -> Tensor", copySign},
    {"aten::copysign.int(int a, int b) -> float", nullptr},
    {"aten::copysign.float(float a, float b) -> float", nullptr},
    {"aten::copysign.int_float(int a, float b) -> float", nullptr},
    {"aten::copysign.float_int(float a, int b) -> float", nullptr},
    {"aten::copysign(Scalar a, Scalar b) -> float", nullptr},
    {"aten::heaviside(Tensor self, Tensor values) -> Tensor", heaviside},
    {"aten::fmax(Tensor self, Tensor other) -> Tensor", extreme<ops::max>},
    {"aten::fmin(Tensor self, Tensor other) -> Tensor", extreme<ops::min>},
    {"aten::float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", floatPower},
    {"aten::float_power.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor", floatPower},
    {"aten::float_power.Scalar(Scalar self, Tensor exponent) -> Tensor", floatPower},
    {"aten::bitwise_right_shift.Tensor(Tensor self, Tensor other) -> Tensor",
     shifted<ops::shift_right>},
    {"aten::bitwise_right_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor",
     shifted<ops::shift_right>},
    {"aten::bitwise_right_shift.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
     shifted<ops::shift_right>},
    {"aten::__lshift__.Tensor(Tensor self, Tensor other) -> Tensor", shifted<ops::shift_left>},
    {"aten::__lshift__.Scalar(Tensor self, Scalar other) -> Tensor", shifted<ops::shift_left>},
    {"aten::__lshift__.int(int a, int b) -> int", shiftedNumber<true>},
    {"aten::__rshift__.Tensor(Tensor self, Tensor other) -> Tensor", shifted<ops::shift_right>},
    {"aten::__rshift__.Scalar(Tensor self, Scalar other) -> Tensor", shifted<ops::shift_right>},
    {"aten::__rshift__.int(int a, int b) -> int", shiftedNumber<false>},
    {"aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float "
     "atol=1e-08, bool equal_nan=False) -> Tensor",
     isClose},
    {"aten::equal(Tensor self, Tensor other) -> bool", areEqual},

    {"aten::acos.N(N a) -> float", ofNumber<acosOf, ops::acos>},
    {"aten::acos.Scalar(Scalar a) -> Scalar", ofNumber<acosOf, ops::acos>},
    {"aten::asin.N(N a) -> float", ofNumber<asinOf, ops::asin>},
    {"aten::asin.Scalar(Scalar a) -> Scalar", ofNumber<asinOf, ops::asin>},
    {"aten::atan.N(N a) -> float", ofNumber<atanOf, ops::atan>},
    {"aten::atan.Scalar(Scalar a) -> Scalar", ofNumber<atanOf, ops::atan>},
    {"aten::acosh.N(N a) -> float", ofNumber<acoshOf, ops::acosh>},
    {"aten::acosh.Scalar(Scalar a) -> Scalar", ofNumber<acoshOf, ops::acosh>},
    {"aten::asinh.N(N a) -> float", ofNumber<asinhOf, ops::asinh>},
    {"aten::asinh.Scalar(Scalar a) -> Scalar", ofNumber<asinhOf, ops::asinh>},
    {"aten::atanh.N(N a) -> float", ofNumber<atanhOf, ops::atanh>},
    {"aten::atanh.Scalar(Scalar a) -> Scalar", ofNumber<atanhOf, ops::atanh>},
    {"aten::tan.N(N a) -> float", ofNumber<tanOf, ops::tan>},
    {"aten::tan.Scalar(Scalar a) -> Scalar", ofNumber<tanOf, ops::tan>},
    {"aten::sinh.N(N a) -> float", ofNumber<sinhOf, ops::sinh>},
    {"aten::sinh.Scalar(Scalar a) -> Scalar", ofNumber<sinhOf, ops::sinh>},
    {"aten::cosh.N(N a) -> float", ofNumber<coshOf, ops::cosh>},
    {"aten::cosh.Scalar(Scalar a) -> Scalar", ofNumber<coshOf, ops::cosh>},
    {"aten::tanh.N(N a) -> float", ofNumber<tanhOf, ops::tanh>},
    {"aten::tanh.Scalar(Scalar a) -> Scalar", ofNumber<tanhOf, ops::tanh>},
    {"aten::erf.N(N a) -> float", ofNumber<erfOf, ops::erf>},
    {"aten::erf.Scalar(Scalar a) -> Scalar", ofNumber<erfOf, ops::erf>},
    {"aten::expm1.N(N a) -> float", ofKnown<expm1Of>},
    {"aten::expm1.Scalar(Scalar a) -> Scalar", ofKnown<expm1Of>},
    {"aten::log1p.N(N a) -> float", ofKnown<log1pOf>},
    {"aten::log1p.Scalar(Scalar a) -> Scalar", ofKnown<log1pOf>},
    {"aten::log10.N(N a) -> float", ofKnown<log10Of>},
    {"aten::log10.Scalar(Scalar a) -> Scalar", ofKnown<log10Of>},
    {"aten::atan2.N(N a, N b) -> float", atan2Of},
    {"aten::atan2.Scalar_Scalar(Scalar a, Scalar b) -> float", atan2Of},
    {"aten::isnan.float(float a) -> bool", asked<Question::nan>},
    {"aten::isinf.float(float a) -> bool", asked<Question::inf>},
    {"aten::isfinite.float(float a) -> bool", asked<Question::finite>},
};

} // namespace

std::span<const Lowering> specialLowerings() { return kSpecial; }

} // namespace burin::torchscript
