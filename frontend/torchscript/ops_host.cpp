// SPDX-License-Identifier: Apache-2.0
//
// Numbers and what is asked of them. What is known is computed here, as Python computes it; what
// only the run knows becomes ops on scalars.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

// ---- numbers ----

bool isInteger(const Host &h) {
  const RunNumber *n = h.find<RunNumber>();
  return h.holds<Dim>() || h.holds<bool>() || (n && !ir::isFloat(n->value->type.element()));
}

std::optional<double> realOf(const Host &h) {
  if (const double *x = h.find<double>())
    return *x;
  if (const bool *b = h.find<bool>())
    return *b;
  if (const Dim *d = h.find<Dim>(); d && d->isNumber())
    return static_cast<double>(d->number());
  return std::nullopt;
}

std::optional<Dim> integerOf(const Host &h) {
  if (const Dim *d = h.find<Dim>())
    return *d;
  if (const bool *b = h.find<bool>())
    return Dim(*b ? 1 : 0);
  return std::nullopt;
}

/// The scalars of two numbers, of one type: i64, or f64 if one of them is a float.
struct Scalars {
  Value *a, *b;
};
Scalars scalars(const Call &n, const Host &a, const Host &b, bool asReal) {
  const ElementType e =
      asReal || !isInteger(a) || !isInteger(b) ? ElementType::f64 : ElementType::i64;
  return {compose::cast(n.to, n.in.scalarOf(a), e), compose::cast(n.to, n.in.scalarOf(b), e)};
}

/// What a binary operator does with known integers, with known floats, and with those of the run.
struct Binary {
  std::optional<Dim> (*integers)(const Dim &, const Dim &); ///< null: as floats
  double (*reals)(double, double);
  const ir::OpDef &op;
};

Host binary(const Call &n, const Binary &is) {
  const Host a = n.number(0), b = n.number(1);
  const bool whole = is.integers && isInteger(a) && isInteger(b);
  if (whole && integerOf(a) && integerOf(b))
    if (const auto d = is.integers(*integerOf(a), *integerOf(b)))
      return *d;
  if (!whole && realOf(a) && realOf(b))
    return is.reals(*realOf(a), *realOf(b));
  const Scalars s = scalars(n, a, b, !whole);
  return RunNumber{n.to.make(is.op, {s.a, s.b})};
}

Host add(const Call &n) {
  return binary(n, {[](const Dim &a, const Dim &b) { return std::optional(a + b); },
                    [](double a, double b) { return a + b; }, ops::add});
}
Host sub(const Call &n) {
  return binary(n, {[](const Dim &a, const Dim &b) { return std::optional(a - b); },
                    [](double a, double b) { return a - b; }, ops::sub});
}
Host mul(const Call &n) {
  return binary(n, {[](const Dim &a, const Dim &b) { return std::optional(a * b); },
                    [](double a, double b) { return a * b; }, ops::mul});
}

Host div(const Call &n) {
  const auto divisor = realOf(n.number(1));
  if (divisor == 0.0)
    n.fail("divide", "a division by zero");
  return binary(n, {nullptr, [](double a, double b) { return a / b; }, ops::div});
}

Host floorDivide(const Call &n) {
  const Host a = n.number(0), b = n.number(1);
  if (realOf(b) == 0.0)
    n.fail("divide", "a division by zero");
  if (isInteger(a) && isInteger(b)) {
    const auto x = integerOf(a), y = integerOf(b);
    if (x && y && y->isNumber())
      return y->number() > 0 ? floorDiv(*x, *y) : floorDiv(Dim(0) - *x, Dim(0) - *y);
    // Rounded down: (a - (a mod b)) / b, where mod has the sign of the divisor.
    const Scalars s = scalars(n, a, b, false);
    const compose::Arith is{n.to};
    return RunNumber{is.div(is.sub(s.a, is.mod(s.a, s.b)), s.b)};
  }
  if (realOf(a) && realOf(b))
    return std::floor(*realOf(a) / *realOf(b));
  const Scalars s = scalars(n, a, b, true);
  return RunNumber{n.to.make(ops::floor, {n.to.make(ops::div, {s.a, s.b})})};
}

Host remainder(const Call &n) {
  if (realOf(n.number(1)) == 0.0)
    n.fail("divide", "a remainder of a division by zero");
  return binary(n, {[](const Dim &a, const Dim &b) -> std::optional<Dim> {
                      if (!b.isNumber())
                        return std::nullopt;
                      return b.number() > 0 ? a - floorDiv(a, b) * b
                                            : a - floorDiv(Dim(0) - a, Dim(0) - b) * b;
                    },
                    [](double a, double b) { return a - std::floor(a / b) * b; }, ops::mod});
}

Host power(const Call &n) {
  return binary(n, {nullptr, [](double a, double b) { return std::pow(a, b); }, ops::pow});
}
Host powerOfInts(const Call &n) {
  const auto a = integerOf(n.number(0)), b = integerOf(n.number(1));
  if (!a || !b || !b->isNumber() || b->number() < 0 || b->number() > 62)
    n.unsupported("known", "a power of integers that the run computes");
  Dim result = 1;
  for (int64_t i = 0; i < b->number(); ++i)
    result = result * *a;
  return result;
}
Host fmod(const Call &n) {
  return binary(n, {nullptr, [](double a, double b) { return std::fmod(a, b); }, ops::fmod});
}
Host minimum(const Call &n) {
  return binary(n, {[](const Dim &a, const Dim &b) { return std::optional(min(a, b)); },
                    [](double a, double b) { return std::min(a, b); }, ops::min});
}
Host maximum(const Call &n) {
  return binary(n, {[](const Dim &a, const Dim &b) { return std::optional(max(a, b)); },
                    [](double a, double b) { return std::max(a, b); }, ops::max});
}

template <double (*of)(double), const ir::OpDef &op> Host unaryReal(const Call &n) {
  const Host a = n.number(0);
  if (const auto x = realOf(a))
    return of(*x);
  return RunNumber{n.to.make(op, {compose::cast(n.to, n.in.scalarOf(a), ElementType::f64)})};
}

/// ceil and floor give an int, as in Python.
template <double (*of)(double), const ir::OpDef &op> Host rounded(const Call &n) {
  const Host a = n.number(0);
  if (isInteger(a))
    return a;
  if (const double *x = a.find<double>())
    return Dim(static_cast<int64_t>(of(*x)));
  Value *v = n.to.make(op, {n.in.scalarOf(a)});
  return RunNumber{compose::cast(n.to, v, ElementType::i64)};
}

double halfToEven(double x) { return std::nearbyint(x); }
double absolute(double x) { return std::fabs(x); }
double squareRoot(double x) { return std::sqrt(x); }
double exponential(double x) { return std::exp(x); }
double logarithm(double x) { return std::log(x); }
double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }
double ceiling(double x) { return std::ceil(x); }
double floored(double x) { return std::floor(x); }

Host logTo(const Call &n) {
  const auto x = realOf(n.number(0)), base = realOf(n.number(1));
  if (!x || !base)
    n.unsupported("known", "a logarithm to a base that only the run knows");
  return std::log(*x) / std::log(*base);
}
Host negate(const Call &n) {
  const Host a = n.number(0);
  if (const auto d = integerOf(a))
    return Dim(0) - *d;
  if (const auto x = realOf(a))
    return -*x;
  return RunNumber{n.to.make(ops::neg, {n.in.scalarOf(a)})};
}

Host absoluteOf(const Call &n) {
  const Host a = n.number(0);
  if (const auto d = integerOf(a))
    return max(*d, Dim(0) - *d);
  if (const RunNumber *r = a.find<RunNumber>())
    return RunNumber{n.to.make(ops::abs, {r->value})};
  return unaryReal<absolute, ops::abs>(n);
}

/// abs() of a tensor, as the language spells it.
Host absoluteOfTensor(const Call &n) { return n.tensor(n.to.make(ops::abs, {n.value("x")})); }

// ---- comparisons ----

enum class Order { less, lessEqual, greater, greaterEqual, equal, notEqual };

template <class T> bool holdsFor(Order order, const T &a, const T &b) {
  switch (order) {
  case Order::less:
    return a < b;
  case Order::lessEqual:
    return a <= b;
  case Order::greater:
    return a > b;
  case Order::greaterEqual:
    return a >= b;
  case Order::equal:
    return a == b;
  case Order::notEqual:
    return a != b;
  }
  return false;
}

/// What a comparison of extents is for all values of their symbols, if that is known.
std::optional<bool> decided(Order order, const Dim &a, const Dim &b) {
  if (a.isNumber() && b.isNumber())
    return holdsFor(order, a.number(), b.number());
  const ir::Bounds difference = (a - b).bounds();
  const bool isAbove = difference.lo > 0, isBelow = difference.hi < 0;
  const bool notBelow = difference.lo >= 0, notAbove = difference.hi <= 0;
  switch (order) {
  case Order::less:
    return isBelow ? std::optional(true) : notBelow ? std::optional(false) : std::nullopt;
  case Order::lessEqual:
    return notAbove ? std::optional(true) : isAbove ? std::optional(false) : std::nullopt;
  case Order::greater:
    return isAbove ? std::optional(true) : notAbove ? std::optional(false) : std::nullopt;
  case Order::greaterEqual:
    return notBelow ? std::optional(true) : isBelow ? std::optional(false) : std::nullopt;
  case Order::equal:
  case Order::notEqual:
    if (a == b)
      return order == Order::equal;
    return isAbove || isBelow ? std::optional(order == Order::notEqual) : std::nullopt;
  }
  return std::nullopt;
}

Value *compared(const Call &n, Order order, Value *a, Value *b) {
  const compose::Arith is{n.to};
  switch (order) {
  case Order::less:
    return is.less(a, b);
  case Order::lessEqual:
    return is.lessEqual(a, b);
  case Order::greater:
    return is.less(b, a);
  case Order::greaterEqual:
    return is.lessEqual(b, a);
  case Order::equal:
    return is.equal(a, b);
  case Order::notEqual:
    return is.no(is.equal(a, b));
  }
  return nullptr;
}

template <Order order> Host compareNumbers(const Call &n) {
  const Host a = n.number(0), b = n.number(1);
  if (integerOf(a) && integerOf(b))
    if (const auto known = decided(order, *integerOf(a), *integerOf(b)))
      return *known;
  if (realOf(a) && realOf(b))
    return holdsFor(order, *realOf(a), *realOf(b));
  const Scalars s = scalars(n, a, b, false);
  return n.in.numberOf(compared(n, order, s.a, s.b));
}

template <Order order> Host compareTexts(const Call &n) {
  const auto text = [&](size_t i) { return textOf(n.values[i]); };
  return holdsFor(order, text(0), text(1));
}

// ---- logic ----

Host notOf(const Call &n) {
  const Host a = n.number(0);
  if (const bool *b = a.find<bool>())
    return !*b;
  return RunNumber{n.to.make(ops::logical_not, {n.in.scalarOf(a)})};
}

struct Logic {
  bool (*bools)(bool, bool);
  int64_t (*integers)(int64_t, int64_t);
  const ir::OpDef &onBools, &onIntegers;
};

Host logic(const Call &n, const Logic &is) {
  const Host a = n.number(0), b = n.number(1);
  if (a.holds<bool>() && b.holds<bool>())
    return is.bools(a.as<bool>(), b.as<bool>());
  const auto x = integerOf(a), y = integerOf(b);
  if (x && y && x->isNumber() && y->isNumber())
    return Dim(is.integers(x->number(), y->number()));
  Value *const s = n.in.scalarOf(a), *const t = n.in.scalarOf(b);
  const bool bools = s->type.element() == ElementType::boolean && s->type == t->type;
  return RunNumber{n.to.make(bools ? is.onBools : is.onIntegers, {s, t})};
}

Host both(const Call &n) {
  return logic(n, {[](bool a, bool b) { return a && b; },
                   [](int64_t a, int64_t b) { return a & b; }, ops::logical_and, ops::bit_and});
}
Host either(const Call &n) {
  return logic(n, {[](bool a, bool b) { return a || b; },
                   [](int64_t a, int64_t b) { return a | b; }, ops::logical_or, ops::bit_or});
}
Host exclusive(const Call &n) {
  return logic(n, {[](bool a, bool b) { return a != b; },
                   [](int64_t a, int64_t b) { return a ^ b; }, ops::logical_xor, ops::bit_xor});
}

bool isSame(const Call &n) {
  const Host &a = n.values[0], &b = n.values[1];
  if (a.isNone() || b.isNone())
    return a.isNone() && b.isNone();
  if (const CellRef *cell = a.find<CellRef>())
    return b.holds<CellRef>() && *cell == b.as<CellRef>();
  if (const TensorRef *t = a.find<TensorRef>())
    return b.holds<TensorRef>() && *t == b.as<TensorRef>();
  return textOf(a) == textOf(b);
}
Host is(const Call &n) { return isSame(n); }
Host isNot(const Call &n) { return !isSame(n); }

// ---- conversions ----

Host toInt(const Call &n) {
  if (const std::string *s = n.values[0].find<std::string>())
    return Dim(std::strtoll(s->c_str(), nullptr, 10));
  const Host a = n.number(0);
  if (const auto d = integerOf(a))
    return *d;
  if (const double *x = a.find<double>())
    return Dim(static_cast<int64_t>(*x));
  return RunNumber{compose::cast(n.to, n.in.scalarOf(a), ElementType::i64)};
}

Host toFloat(const Call &n) {
  if (const std::string *s = n.values[0].find<std::string>())
    return std::strtod(s->c_str(), nullptr);
  const Host a = n.number(0);
  if (const auto x = realOf(a))
    return *x;
  return RunNumber{compose::cast(n.to, n.in.scalarOf(a), ElementType::f64)};
}

Host toBool(const Call &n) {
  const Host a = n.number(0);
  if (const auto x = realOf(a))
    return *x != 0;
  if (const auto d = integerOf(a))
    if (const auto known = decided(Order::notEqual, *d, Dim(0)))
      return *known;
  return RunNumber{compose::cast(n.to, n.in.scalarOf(a), ElementType::boolean)};
}

Host toScalar(const Call &n) { return n.number(0); }
Host toText(const Call &n) { return textOf(n.values[0]); }

Host numToTensor(const Call &n) {
  return n.tensor(compose::scalarOf(n.to, n.in.scalarOf(n.values[0])));
}

Host addTexts(const Call &n) { return textOf(n.values[0]) + textOf(n.values[1]); }

constexpr Lowering kHost[] = {
    {"aten::add.str(str a, str b) -> str", addTexts},
    {"aten::add.N(N a, N b) -> R", add},
    {"aten::add(Scalar a, Scalar b) -> Scalar", add},
    {"aten::sub.N(N a, N b) -> R", sub},
    {"aten::sub(Scalar a, Scalar b) -> Scalar", sub},
    {"aten::mul.N(N a, N b) -> R", mul},
    {"aten::mul(Scalar a, Scalar b) -> Scalar", mul},
    {"aten::div.int(int a, int b) -> float", div},
    {"aten::div.float(float a, float b) -> float", div},
    {"aten::div(Scalar a, Scalar b) -> float", div},
    {"aten::floordiv.N(N a, N b) -> R", floorDivide},
    {"aten::floordiv(Scalar a, Scalar b) -> Scalar", floorDivide},
    {"aten::remainder.N(N a, N b) -> R", remainder},
    {"aten::remainder(Scalar a, Scalar b) -> Scalar", remainder},
    {"aten::pow.N(N a, N b) -> float", power},
    {"aten::pow.Scalar_Scalar(Scalar a, Scalar b) -> float", power},
    {"aten::pow.int_to_int(int a, int b) -> int", powerOfInts},
    {"aten::fmod.N(N a, N b) -> float", fmod},
    {"aten::fmod(Scalar a, Scalar b) -> float", fmod},
    {"prim::min.N(N a, N b) -> R", minimum},
    {"prim::min(Scalar a, Scalar b) -> Scalar", minimum},
    {"prim::max.N(N a, N b) -> R", maximum},
    {"prim::max(Scalar a, Scalar b) -> Scalar", maximum},
    {"prim::abs.N(N a) -> R", absoluteOf},
    {"prim::abs.Scalar(Scalar a) -> Scalar", absoluteOf},
    {"prim::abs(Tensor x) -> Tensor", absoluteOfTensor},
    {"aten::neg.N(N a) -> R", negate},
    {"aten::neg.Scalar(Scalar a) -> Scalar", negate},
    {"aten::ceil.N(N a) -> int", rounded<ceiling, ops::ceil>},
    {"aten::ceil.Scalar(Scalar a) -> Scalar", rounded<ceiling, ops::ceil>},
    {"aten::floor.N(N a) -> int", rounded<floored, ops::floor>},
    {"aten::floor.Scalar(Scalar a) -> Scalar", rounded<floored, ops::floor>},
    {"aten::round.N(N a) -> float", unaryReal<halfToEven, ops::round>},
    {"aten::round.Scalar(Scalar a) -> Scalar", unaryReal<halfToEven, ops::round>},
    {"aten::sqrt.N(N a) -> float", unaryReal<squareRoot, ops::sqrt>},
    {"aten::sqrt.Scalar(Scalar a) -> Scalar", unaryReal<squareRoot, ops::sqrt>},
    {"aten::exp.N(N a) -> float", unaryReal<exponential, ops::exp>},
    {"aten::exp.Scalar(Scalar a) -> Scalar", unaryReal<exponential, ops::exp>},
    {"aten::log.N(N a) -> float", unaryReal<logarithm, ops::log>},
    {"aten::log.Scalar(Scalar a) -> Scalar", unaryReal<logarithm, ops::log>},
    {"aten::log.int_int(int a, int b) -> float", logTo},
    {"aten::log.float_float(float a, float b) -> float", logTo},
    {"aten::log.int_float(int a, float b) -> float", logTo},
    {"aten::log.float_int(float a, int b) -> float", logTo},
    {"aten::log.Scalar_Scalar(Scalar a, Scalar b) -> float", logTo},
    {"aten::sin.N(N a) -> float", unaryReal<sine, ops::sin>},
    {"aten::sin.Scalar(Scalar a) -> Scalar", unaryReal<sine, ops::sin>},
    {"aten::cos.N(N a) -> float", unaryReal<cosine, ops::cos>},
    {"aten::cos.Scalar(Scalar a) -> Scalar", unaryReal<cosine, ops::cos>},
    {"aten::eq.device(Device a, Device b) -> bool", compareTexts<Order::equal>},
    {"aten::eq.bool(bool a, bool b) -> bool", compareNumbers<Order::equal>},
    {"aten::eq.N(N a, N b) -> bool", compareNumbers<Order::equal>},
    {"aten::eq(Scalar a, Scalar b) -> bool", compareNumbers<Order::equal>},
    {"aten::eq.str(str a, str b) -> bool", compareTexts<Order::equal>},
    {"aten::ne.device(Device a, Device b) -> bool", compareTexts<Order::notEqual>},
    {"aten::ne.bool(bool a, bool b) -> bool", compareNumbers<Order::notEqual>},
    {"aten::ne.N(N a, N b) -> bool", compareNumbers<Order::notEqual>},
    {"aten::ne(Scalar a, Scalar b) -> bool", compareNumbers<Order::notEqual>},
    {"aten::ne.str(str a, str b) -> bool", compareTexts<Order::notEqual>},
    {"aten::lt.N(N a, N b) -> bool", compareNumbers<Order::less>},
    {"aten::lt(Scalar a, Scalar b) -> bool", compareNumbers<Order::less>},
    {"aten::lt.str(str a, str b) -> bool", compareTexts<Order::less>},
    {"aten::le.N(N a, N b) -> bool", compareNumbers<Order::lessEqual>},
    {"aten::le(Scalar a, Scalar b) -> bool", compareNumbers<Order::lessEqual>},
    {"aten::le.str(str a, str b) -> bool", compareTexts<Order::lessEqual>},
    {"aten::gt.N(N a, N b) -> bool", compareNumbers<Order::greater>},
    {"aten::gt(Scalar a, Scalar b) -> bool", compareNumbers<Order::greater>},
    {"aten::gt.str(str a, str b) -> bool", compareTexts<Order::greater>},
    {"aten::ge.N(N a, N b) -> bool", compareNumbers<Order::greaterEqual>},
    {"aten::ge(Scalar a, Scalar b) -> bool", compareNumbers<Order::greaterEqual>},
    {"aten::ge.str(str a, str b) -> bool", compareTexts<Order::greaterEqual>},
    {"aten::__not__(bool self) -> bool", notOf},
    {"aten::__and__.bool(bool a, bool b) -> bool", both},
    {"aten::__and__.int(int a, int b) -> int", both},
    {"aten::__or__.bool(bool a, bool b) -> bool", either},
    {"aten::__or__.int(int a, int b) -> int", either},
    {"aten::__xor__.bool(bool a, bool b) -> bool", exclusive},
    {"aten::__xor__.int(int a, int b) -> int", exclusive},
    {"aten::__is__(t1 self, t2 obj) -> bool", is},
    {"aten::__isnot__(t1 self, t2 obj) -> bool", isNot},
    {"aten::Int.Tensor(Tensor a) -> int", toInt},
    {"aten::Int.bool(bool a) -> int", toInt},
    {"aten::Int.float(float a) -> int", toInt},
    {"aten::Int.Scalar(Scalar a) -> int", toInt},
    {"aten::Int.str(str a) -> int", toInt},
    {"aten::Float.Tensor(Tensor a) -> float", toFloat},
    {"aten::Float.Scalar(Scalar a) -> float", toFloat},
    {"aten::Float.int(int a) -> float", toFloat},
    {"aten::Float.bool(bool a) -> float", toFloat},
    {"aten::Float.str(str a) -> float", toFloat},
    {"aten::Bool.Tensor(Tensor a) -> bool", toBool},
    {"aten::Bool.int(int a) -> bool", toBool},
    {"aten::Bool.float(float a) -> bool", toBool},
    {"aten::str(t elem) -> str", toText},
    {"prim::type(Device self) -> str", toText},
    {"aten::IntImplicit(Tensor a) -> int", toInt},
    {"aten::FloatImplicit(Tensor a) -> float", toFloat},
    {"aten::ScalarImplicit(Tensor a) -> Scalar", toScalar},
    {"aten::item(Tensor self) -> Scalar", toScalar},
    {"prim::NumToTensor.Scalar(Scalar a) -> Tensor", numToTensor},
    {"prim::NumToTensor.bool(bool a) -> Tensor", numToTensor},
};

} // namespace

std::span<const Lowering> hostLowerings() { return kHost; }

} // namespace burin::torchscript
