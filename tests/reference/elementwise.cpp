// SPDX-License-Identifier: Apache-2.0
//
// result[i] from operands[i]: one formula an op, in the domain of its element type.
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

#include <cmath>

namespace burin::reference {
namespace {

// ---- formulas of integers ----

template <class T> T quotient(T a, T b) {
  if constexpr (std::is_same_v<T, double>)
    return a / b;
  else if (b == 0)
    return 0;
  else if (std::is_signed_v<T> && b == static_cast<T>(-1))
    return minus(T{0}, a); // the least integer wraps
  else
    return a / b;
}

/// With the sign of a.
template <class T> T remainderOfC(T a, T b) {
  if constexpr (std::is_same_v<T, double>)
    return std::fmod(a, b);
  else if (b == 0 || (std::is_signed_v<T> && b == static_cast<T>(-1)))
    return 0;
  else
    return a % b;
}

/// With the sign of b.
template <class T> T floorRemainder(T a, T b) {
  const T r = remainderOfC(a, b);
  if (r != 0 && (r < 0) != (b < 0))
    return r + b;
  if constexpr (std::is_same_v<T, double>)
    return r == 0 ? std::copysign(0.0, b) : r;
  return r;
}

template <class T> T absolute(T x) {
  if constexpr (std::is_same_v<T, double>)
    return std::fabs(x);
  else
    return x < 0 ? minus(T{0}, x) : x;
}

/// A formula in every domain, from one generic lambda.
struct UnaryFormula {
  const ir::OpDef *op;
  double (*real)(double);
  int64_t (*integer)(int64_t);
  uint64_t (*natural)(uint64_t);
  template <class F>
  UnaryFormula(const ir::OpDef &row, F f) : op{&row}, real{f}, integer{f}, natural{f} {}
  double operator()(double x) const { return real(x); }
  int64_t operator()(int64_t x) const { return integer(x); }
  uint64_t operator()(uint64_t x) const { return natural(x); }
};

struct BinaryFormula {
  const ir::OpDef *op;
  double (*real)(double, double);
  int64_t (*integer)(int64_t, int64_t);
  uint64_t (*natural)(uint64_t, uint64_t);
  template <class F>
  BinaryFormula(const ir::OpDef &row, F f) : op{&row}, real{f}, integer{f}, natural{f} {}
  double operator()(double a, double b) const { return real(a, b); }
  int64_t operator()(int64_t a, int64_t b) const { return integer(a, b); }
  uint64_t operator()(uint64_t a, uint64_t b) const { return natural(a, b); }
};

template <class F> struct Formula {
  const ir::OpDef *op;
  F f;
};
using RealFormula = Formula<double (*)(double)>;
using BitsFormula = Formula<uint64_t (*)(uint64_t)>;
using BitsPairFormula = Formula<uint64_t (*)(uint64_t, uint64_t)>;

const UnaryFormula kUnary[] = {
    {ir::ops::abs, [](auto x) { return absolute(x); }},
    {ir::ops::neg, []<class T>(T x) { return std::is_same_v<T, double> ? -x : minus(T{0}, x); }},
    {ir::ops::sign, []<class T>(T x) { return isNan(x) ? x : static_cast<T>((x > 0) - (x < 0)); }},
    {ir::ops::relu, []<class T>(T x) { return x < 0 ? T{0} : x; }},
};

constexpr RealFormula kReal[] = {
    {&ir::ops::ceil, [](double x) { return std::ceil(x); }},
    {&ir::ops::floor, [](double x) { return std::floor(x); }},
    {&ir::ops::round, [](double x) { return std::nearbyint(x); }},
    {&ir::ops::trunc, [](double x) { return std::trunc(x); }},
    {&ir::ops::sqrt, [](double x) { return std::sqrt(x); }},
    {&ir::ops::exp, [](double x) { return std::exp(x); }},
    {&ir::ops::log, [](double x) { return std::log(x); }},
    {&ir::ops::sin, [](double x) { return std::sin(x); }},
    {&ir::ops::cos, [](double x) { return std::cos(x); }},
    {&ir::ops::tan, [](double x) { return std::tan(x); }},
    {&ir::ops::asin, [](double x) { return std::asin(x); }},
    {&ir::ops::acos, [](double x) { return std::acos(x); }},
    {&ir::ops::atan, [](double x) { return std::atan(x); }},
    {&ir::ops::sinh, [](double x) { return std::sinh(x); }},
    {&ir::ops::cosh, [](double x) { return std::cosh(x); }},
    {&ir::ops::tanh, [](double x) { return std::tanh(x); }},
    {&ir::ops::asinh, [](double x) { return std::asinh(x); }},
    {&ir::ops::acosh, [](double x) { return std::acosh(x); }},
    {&ir::ops::atanh, [](double x) { return std::atanh(x); }},
    {&ir::ops::erf, [](double x) { return std::erf(x); }},
    {&ir::ops::sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }},
};

const BinaryFormula kBinary[] = {
    {ir::ops::add, [](auto a, auto b) { return plus(a, b); }},
    {ir::ops::sub, [](auto a, auto b) { return minus(a, b); }},
    {ir::ops::mul, [](auto a, auto b) { return times(a, b); }},
    {ir::ops::div, [](auto a, auto b) { return quotient(a, b); }},
    {ir::ops::mod, [](auto a, auto b) { return floorRemainder(a, b); }},
    {ir::ops::fmod, [](auto a, auto b) { return remainderOfC(a, b); }},
    {ir::ops::min, [](auto a, auto b) { return smaller(a, b); }},
    {ir::ops::max, [](auto a, auto b) { return larger(a, b); }},
    {ir::ops::equal, []<class T>(T a, T b) { return static_cast<T>(a == b); }},
    {ir::ops::less, []<class T>(T a, T b) { return static_cast<T>(a < b); }},
    {ir::ops::less_equal, []<class T>(T a, T b) { return static_cast<T>(a <= b); }},
};

constexpr BitsFormula kBits[] = {
    {&ir::ops::logical_not, [](uint64_t x) { return uint64_t{x == 0}; }},
    {&ir::ops::bit_not, [](uint64_t x) { return ~x; }},
};

constexpr BitsPairFormula kBitsPair[] = {
    {&ir::ops::logical_and, [](uint64_t a, uint64_t b) { return uint64_t{a && b}; }},
    {&ir::ops::logical_or, [](uint64_t a, uint64_t b) { return uint64_t{a || b}; }},
    {&ir::ops::logical_xor, [](uint64_t a, uint64_t b) { return uint64_t{!a != !b}; }},
    {&ir::ops::bit_and, [](uint64_t a, uint64_t b) { return a & b; }},
    {&ir::ops::bit_or, [](uint64_t a, uint64_t b) { return a | b; }},
    {&ir::ops::bit_xor, [](uint64_t a, uint64_t b) { return a ^ b; }},
};

template <class Table> const auto &formulaOf(const Table &formulas, const Call &call) {
  return *std::ranges::find(formulas, &call.op.def, [](const auto &row) { return row.op; });
}

// ---- application ----

template <class T, class F> Tensors unary(const Call &call, F f) {
  std::vector<T> all = load<T>(call.get("x"));
  for (T &x : all)
    x = f(x);
  return {pack(call.resultType(), all)};
}

/// Calls visit(i, offset in a, offset in b) for every element of the result.
template <class F> void forEachPair(const Type &result, const Tensor &a, const Tensor &b, F visit) {
  const Extents shapeA = a.shape(), shapeB = b.shape();
  size_t i = 0;
  forEachIndex(shapeOf(result), [&](const Extents &at) {
    visit(i++, flattenBroadcast(shapeA, at), flattenBroadcast(shapeB, at));
  });
}

template <class T, class F> Tensors binary(const Call &call, F f) {
  Tensor out = call.result();
  const std::vector<T> a = load<T>(call.get("a")), b = load<T>(call.get("b"));
  forEachPair(out.type, call.get("a"), call.get("b"),
              [&](size_t i, size_t j, size_t k) { store(out, i, f(a[j], b[k])); });
  return {out};
}

Tensors runUnary(const Call &call) {
  const UnaryFormula &f = formulaOf(kUnary, call);
  return byDomain(call.get("x").type.element(), [&]<class T>(T) { return unary<T>(call, f); });
}
Tensors runReal(const Call &call) { return unary<double>(call, formulaOf(kReal, call).f); }
Tensors runBits(const Call &call) { return unary<uint64_t>(call, formulaOf(kBits, call).f); }
Tensors runBinary(const Call &call) {
  const BinaryFormula &f = formulaOf(kBinary, call);
  return byDomain(call.get("a").type.element(), [&]<class T>(T) { return binary<T>(call, f); });
}
Tensors runBitsPair(const Call &call) {
  return binary<uint64_t>(call, formulaOf(kBitsPair, call).f);
}

Tensors equal(const Call &call) {
  const Tensor &a = call.get("a"), &b = call.get("b");
  if (a.type.element() != ElementType::string)
    return runBinary(call);
  Tensor out = call.result();
  forEachPair(out.type, a, b, [&](size_t i, size_t j, size_t k) {
    store<uint64_t>(out, i, a.strings[j] == b.strings[k]);
  });
  return {out};
}

Tensors isNan(const Call &call) {
  return unary<double>(call, [](double x) { return std::isnan(x) ? 1.0 : 0.0; });
}

Tensors isInf(const Call &call) {
  const bool negative = call[ir::attr::detectNegative], positive = call[ir::attr::detectPositive];
  return unary<double>(
      call, [&](double x) { return std::isinf(x) && (x < 0 ? negative : positive) ? 1.0 : 0.0; });
}

uint64_t wrappingPower(uint64_t base, uint64_t exponent) {
  uint64_t power = 1;
  for (; exponent; exponent >>= 1, base *= base)
    if (exponent & 1)
      power *= base;
  return power;
}

/// Of integers: 1 / a^-n truncated where the exponent is negative, which is 0 but for 1 and -1, and
/// 0 for 0, as 1 / 0 is.
uint64_t integerPower(const Tensor &a, size_t i, const Tensor &b, size_t j) {
  const int64_t base = a.integer(i), exponent = b.integer(j);
  const bool isUnit = base == 1 || (base == -1 && ir::isSigned(a.type.element()));
  if (exponent < 0 && ir::isSigned(b.type.element()) && !isUnit)
    return 0;
  return wrappingPower(static_cast<uint64_t>(base), static_cast<uint64_t>(exponent));
}

Tensors pow(const Call &call) {
  const Tensor &a = call.get("a"), &b = call.get("b");
  const bool inReals = ir::isFloat(a.type.element()) || ir::isFloat(b.type.element());
  Tensor out = call.result();
  forEachPair(out.type, a, b, [&](size_t i, size_t j, size_t k) {
    if (inReals)
      out.setNumber(i, std::pow(a.number(j), b.number(k)));
    else
      store(out, i, integerPower(a, j, b, k));
  });
  return {out};
}

Tensors shift(const Call &call) {
  const Tensor &a = call.get("a"), &b = call.get("b");
  const bool left = call.op.is(ir::ops::shift_left), isSigned = ir::isSigned(a.type.element());
  const auto width = static_cast<uint64_t>(bitWidth(a.type.element()));
  Tensor out = call.result();
  forEachPair(out.type, a, b, [&](size_t i, size_t j, size_t k) {
    const uint64_t x = load<uint64_t>(a, j), by = load<uint64_t>(b, k); // below zero: above width
    if (left)
      store(out, i, by < width ? x << by : 0);
    else if (isSigned)
      store(out, i, static_cast<int64_t>(x) >> std::min<uint64_t>(by, 63));
    else
      store(out, i, by < width ? x >> by : 0);
  });
  return {out};
}

Tensors where(const Call &call) {
  const Tensor &condition = call.get("condition"), &a = call.get("a"), &b = call.get("b");
  const Extents shapeC = condition.shape(), shapeA = a.shape(), shapeB = b.shape();
  Tensor out = call.result();
  size_t i = 0;
  forEachIndex(out.shape(), [&](const Extents &at) {
    if (condition.integer(flattenBroadcast(shapeC, at)))
      copyElement(a, flattenBroadcast(shapeA, at), out, i++);
    else
      copyElement(b, flattenBroadcast(shapeB, at), out, i++);
  });
  return {out};
}

} // namespace

std::vector<Row> elementwiseRows() {
  using namespace ir::ops;
  std::vector<Row> rows = {
      {&ir::ops::equal, reference::equal}, {&is_nan, isNan},     {&is_inf, isInf},
      {&ir::ops::pow, reference::pow},     {&shift_left, shift}, {&shift_right, shift},
      {&ir::ops::where, reference::where},
  };
  for (const UnaryFormula &f : kUnary)
    rows.push_back({f.op, runUnary});
  for (const RealFormula &f : kReal)
    rows.push_back({f.op, runReal});
  for (const BitsFormula &f : kBits)
    rows.push_back({f.op, runBits});
  for (const BinaryFormula &f : kBinary)
    rows.push_back({f.op, runBinary});
  for (const BitsPairFormula &f : kBitsPair)
    rows.push_back({f.op, runBitsPair});
  return rows;
}

} // namespace burin::reference
