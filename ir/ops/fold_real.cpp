// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/fold_real.h"

#include "ir/ops.h"
#include "ir/ops/fold.h"

#include <algorithm>
#include <cmath>

namespace burin::ir {
namespace {

/// A number, or an extent divided by a positive number.
struct Real {
  double number = 0;
  std::optional<Dim> extent;
  int64_t divisor = 1;

  bool isNumber() const { return !extent; }
};
using Reals = std::vector<Real>;

constexpr int kDeepest = 32;
/// Quotients of extents below this are on the same side of every integer when a float rounds them.
constexpr int64_t kMostExact = int64_t{1} << 22;

Real numberIn(ElementType e, double x) {
  return {e == ElementType::f64 ? x : static_cast<double>(static_cast<float>(x)), {}, 1};
}
/// A symbol without a bound is taken to be small, as `held` does: such a model is refused later.
std::optional<Real> quotient(const Dim &extent, int64_t divisor) {
  if (extent.isNumber() && divisor == 1)
    return Real{static_cast<double>(extent.number()), {}, 1};
  const Bounds b = extent.bounds();
  if (b.lo < -kMostExact || (b.hi > kMostExact && b.hi != kUnbounded) || divisor > kMostExact)
    return std::nullopt;
  return Real{0, extent, divisor};
}
std::optional<int64_t> integerIn(const Real &x) {
  if (!x.isNumber() || x.number != std::floor(x.number) || std::fabs(x.number) > kMostExact)
    return std::nullopt;
  return static_cast<int64_t>(x.number);
}

std::optional<double> ofNumbers(const Op &op, double a, double b) {
  return op.is(ops::add)   ? a + b
         : op.is(ops::sub) ? a - b
         : op.is(ops::mul) ? a * b
         : op.is(ops::div) ? a / b
         : op.is(ops::pow) ? std::pow(a, b)
         : op.is(ops::min) ? std::fmin(a, b)
         : op.is(ops::max) ? std::fmax(a, b)
                           : std::optional<double>();
}

std::optional<Real> binary(const Op &op, ElementType e, Real a, Real b) {
  if (a.isNumber() && b.isNumber()) {
    const std::optional<double> x = ofNumbers(op, a.number, b.number);
    return x && std::isfinite(*x) ? std::optional(numberIn(e, *x)) : std::nullopt;
  }
  if (op.is(ops::mul) && a.isNumber())
    std::swap(a, b);
  if (a.isNumber() || !b.isNumber())
    return std::nullopt;
  if (op.is(ops::div) || (op.is(ops::mul) && std::fabs(b.number) < 1)) { // by a power of two
    const std::optional<int64_t> by = integerIn(op.is(ops::div) ? b : Real{1 / b.number, {}, 1});
    const bool exact = by && *by > 0 && (op.is(ops::div) || (*by & (*by - 1)) == 0);
    return exact && *by <= kMostExact / a.divisor ? quotient(*a.extent, a.divisor * *by)
                                                  : std::nullopt;
  }
  const std::optional<int64_t> by = integerIn(b);
  if (!by)
    return std::nullopt;
  if (op.is(ops::mul))
    return quotient(*a.extent * Dim(*by), a.divisor);
  if (op.is(ops::add))
    return quotient(*a.extent + Dim(*by * a.divisor), a.divisor);
  if (op.is(ops::sub))
    return quotient(*a.extent - Dim(*by * a.divisor), a.divisor);
  return std::nullopt;
}

std::optional<Real> unary(const Op &op, ElementType e, const Real &x) {
  if (x.isNumber()) {
    const double y = op.is(ops::floor)   ? std::floor(x.number)
                     : op.is(ops::ceil)  ? std::ceil(x.number)
                     : op.is(ops::round) ? std::nearbyint(x.number)
                     : op.is(ops::neg)   ? -x.number
                     : op.is(ops::sqrt)  ? std::sqrt(x.number)
                                         : NAN;
    return std::isfinite(y) ? std::optional(numberIn(e, y)) : std::nullopt;
  }
  return op.is(ops::floor)  ? quotient(floorDiv(*x.extent, x.divisor), 1)
         : op.is(ops::ceil) ? quotient(ceilDiv(*x.extent, x.divisor), 1)
                            : std::nullopt;
}

std::optional<Reals> realsOf(const Value *value, int depth);

/// Each operand has as many elements as the result, or one.
std::optional<Reals> elementwise(const Op &op, size_t count, int depth) {
  std::vector<Reals> operands;
  for (size_t i = 0; i < op.numOperands(); ++i) {
    std::optional<Reals> x = realsOf(op.operand(i), depth);
    if (!x || (x->size() != count && x->size() != 1))
      return std::nullopt;
    operands.push_back(std::move(*x));
  }
  const ElementType e = op.result()->type.element();
  Reals out;
  for (size_t i = 0; i < count; ++i) {
    const auto at = [&](size_t k) { return operands[k][operands[k].size() == 1 ? 0 : i]; };
    const std::optional<Real> y =
        operands.size() == 1 ? unary(op, e, at(0)) : binary(op, e, at(0), at(1));
    if (!y)
      return std::nullopt;
    out.push_back(*y);
  }
  return out;
}

std::optional<Reals> realsOf(const Value *value, int depth) {
  const std::optional<std::vector<size_t>> extents =
      value && value->type.isTensor() ? smallExtents(value->type.shape()) : std::nullopt;
  if (!extents || depth == 0)
    return std::nullopt;
  const auto count = static_cast<size_t>(value->type.count().number());
  Reals out;
  if (value->contents()) {
    for (const Dim &d : *value->contents()) {
      const std::optional<Real> x = quotient(d, 1);
      if (!x)
        return std::nullopt;
      out.push_back(*x);
    }
    return out;
  }
  const ElementType e = value->type.element();
  if (value->isConstant() && (e == ElementType::f32 || e == ElementType::f64)) {
    for (size_t i = 0; i < count; ++i)
      out.push_back({elementAsDouble(*value, i), {}, 1});
    return out;
  }
  const Op *op = value->def();
  if (!op || (e != ElementType::f32 && e != ElementType::f64))
    return std::nullopt;
  if (op->is(ops::cast) || op->is(ops::reshape) || op->is(ops::copy)) {
    std::optional<Reals> x = realsOf(op->operand(0), depth - 1);
    if (x && op->is(ops::cast))
      for (Real &real : *x)
        if (real.isNumber())
          real = numberIn(e, real.number);
    return x;
  }
  if (op->is(ops::broadcast)) {
    const std::optional<Reals> x = realsOf(op->operand(0), depth - 1);
    return x && x->size() == 1 ? std::optional(Reals(count, x->front())) : std::nullopt;
  }
  if (op->is(ops::concat) && value->type.rank() == 1) {
    for (size_t i = 0; i < op->numOperands(); ++i) {
      const std::optional<Reals> part = realsOf(op->operand(i), depth - 1);
      if (!part)
        return std::nullopt;
      out.insert(out.end(), part->begin(), part->end());
    }
    return out;
  }
  if (count == 1 && (op->is(ops::reduce_max) || op->is(ops::reduce_min))) {
    const std::optional<Reals> x = realsOf(op->operand(0), depth - 1);
    if (!x || x->empty() || op->numOperands() > 1)
      return std::nullopt;
    Real best = x->front();
    for (const Real &other : *x) {
      if (x->size() > 1 && !other.isNumber())
        return std::nullopt;
      if (op->is(ops::reduce_max) ? other.number > best.number : other.number < best.number)
        best = other;
    }
    return Reals{best};
  }
  for (const OpDef *known :
       {&ops::add, &ops::sub, &ops::mul, &ops::div, &ops::pow, &ops::min, &ops::max, &ops::floor,
        &ops::ceil, &ops::round, &ops::neg, &ops::sqrt})
    if (op->is(*known))
      return elementwise(*op, count, depth - 1);
  return std::nullopt;
}

} // namespace

std::optional<Dims> wholeReals(const Value &floats) {
  const std::optional<Reals> all = realsOf(&floats, kDeepest);
  if (!all)
    return std::nullopt;
  Dims out;
  for (const Real &x : *all) {
    const std::optional<int64_t> number = integerIn(x);
    if (x.isNumber() ? !number : x.divisor != 1)
      return std::nullopt;
    out.push_back(number ? Dim(*number) : *x.extent);
  }
  return out;
}

std::optional<std::vector<double>> realNumbers(const Value &floats) {
  const std::optional<Reals> all = realsOf(&floats, kDeepest);
  if (!all || !std::ranges::all_of(*all, &Real::isNumber))
    return std::nullopt;
  std::vector<double> out;
  for (const Real &x : *all)
    out.push_back(x.number);
  return out;
}

std::optional<Dims> truncatedReals(const Value &floats) {
  const std::optional<Reals> all = realsOf(&floats, kDeepest);
  if (!all)
    return std::nullopt;
  Dims out;
  for (const Real &x : *all) {
    if (!x.isNumber() && !isNonNegative(*x.extent))
      return std::nullopt;
    if (x.isNumber() && !(std::fabs(x.number) <= 0x1p53))
      return std::nullopt;
    out.push_back(x.isNumber() ? Dim(static_cast<int64_t>(x.number))
                               : floorDiv(*x.extent, x.divisor));
  }
  return out;
}

} // namespace burin::ir
