// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/elementwise.h"

#include "ir/ops/fold.h"
#include "ir/ops/fold_real.h"
#include "ir/ops/infer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

Shape broadcastAll(const Op &op) {
  Shape shape = tensorOperand(op, 0).shape();
  for (size_t i = 1; i < op.numOperands(); ++i)
    shape = broadcast(op, shape, tensorOperand(op, i).shape());
  return shape;
}

int elementBits(ElementType e) {
  switch (e) {
  case ElementType::i4:
  case ElementType::u4:
  case ElementType::f4e2m1:
    return 4;
  case ElementType::i2:
  case ElementType::u2:
    return 2;
  default:
    return static_cast<int>(elementSize(e)) * 8;
  }
}

// ---- contents ----

std::optional<Dim> known(bool isTrue, bool isFalse) {
  return isTrue ? std::optional<Dim>(1) : isFalse ? std::optional<Dim>(0) : std::nullopt;
}

bool isNonZero(const Dim &d) { return isNonNegative(d - 1) || isNonNegative(Dim(-1) - d); }

int64_t negated(int64_t x) { return static_cast<int64_t>(-static_cast<uint64_t>(x)); }

/// Of numbers: exact, and wrapped.
std::optional<Dim> binary(const Op &op, ElementType e, int64_t a, int64_t b) {
  const auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  if (op.is(ops::add))
    return wrapped(e, static_cast<int64_t>(x + y));
  if (op.is(ops::sub))
    return wrapped(e, static_cast<int64_t>(x - y));
  if (op.is(ops::mul))
    return wrapped(e, static_cast<int64_t>(x * y));
  if (op.is(ops::min))
    return Dim(std::min(a, b));
  if (op.is(ops::max))
    return Dim(std::max(a, b));
  if (op.is(ops::div))
    return wrapped(e, b == 0 ? 0 : b == -1 ? negated(a) : a / b);
  const int64_t rest = b == 0 || b == -1 ? 0 : a % b;
  return Dim(op.is(ops::mod) && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
}

/// Of extents: as far as their bounds decide.
std::optional<Dim> binary(const Op &op, ElementType e, const Dim &a, const Dim &b) {
  if (op.is(ops::add))
    return held(e, a + b);
  if (op.is(ops::sub))
    return held(e, a - b);
  if (op.is(ops::mul))
    return held(e, a * b);
  if (op.is(ops::min))
    return min(a, b);
  if (op.is(ops::max))
    return max(a, b);
  if (b.isNumber(0))
    return Dim(0);
  if (!isNonZero(b))
    return std::nullopt;
  const Dim quotient = floorDiv(a, b), rest = a - quotient * b;
  // An exact quotient is rounded nowhere; else the signs must be known.
  const bool arePositive = isNonNegative(b) && (op.is(ops::mod) || isNonNegative(a));
  if (!rest.isNumber(0) && !arePositive)
    return std::nullopt;
  return op.is(ops::div) ? held(e, quotient) : rest;
}

} // namespace

Types inferUnary(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  // *.element: x is a number
  checkElement(op, 0, isNumber(x.element()), "a number");
  return {x};
}

Types inferUnaryFloat(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  // *.element: x is a float
  checkElement(op, 0, isFloat(x.element()), "a float");
  return {x};
}

Types inferPredicate(const Op &op) {
  return {inferUnaryFloat(op)[0].withElement(ElementType::boolean)};
}

Types inferBinary(const Op &op) {
  const Type &a = tensorOperand(op, 0), &b = tensorOperand(op, 1);
  // *.element: numbers of one type; the exponent of pow may be of another
  checkElement(op, 0, isNumber(a.element()), "a number");
  checkElement(op, 1, isNumber(b.element()), "a number");
  if (!op.is(ops::pow))
    checkSameElement(op, 1, 0);
  return {Type{a.element(), broadcastAll(op)}};
}

Types inferBits(const Op &op) {
  const Type &a = tensorOperand(op, 0);
  // *.element: integers of one type
  checkElement(op, 0, isInteger(a.element()), "an integer");
  if (op.numOperands() > 1)
    checkSameElement(op, 1, 0);
  return {Type{a.element(), broadcastAll(op)}};
}

Types inferLogic(const Op &op) {
  for (size_t i = 0; i < op.numOperands(); ++i)
    // *.element: bool
    checkElement(op, i, tensorOperand(op, i).element() == ElementType::boolean, "bool");
  return {Type{ElementType::boolean, broadcastAll(op)}};
}

Types inferCompare(const Op &op) {
  const Type &a = tensorOperand(op, 0);
  // *.element: one type; an order is of numbers only
  if (!op.is(ops::equal))
    checkElement(op, 0, isNumber(a.element()), "a number");
  checkSameElement(op, 1, 0);
  return {Type{ElementType::boolean, broadcastAll(op)}};
}

Types inferWhere(const Op &op) {
  // where.element: the condition is bool, a and b are of one type
  checkElement(op, 0, tensorOperand(op, 0).element() == ElementType::boolean, "bool");
  checkSameElement(op, 2, 1);
  return {Type{tensorOperand(op, 1).element(), broadcastAll(op)}};
}

Types inferCast(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const ElementType to = op[attr::to];
  // cast.element: x is a number or bool
  checkElement(op, 0, isNumber(x.element()) || x.element() == ElementType::boolean,
               "a number or bool");
  // cast.to: a number or bool
  if (!isNumber(to) && to != ElementType::boolean)
    fail(op, "to", fmt::format("to is {}, expected a number or bool", name(to)));
  return {x.withElement(to)};
}

Types inferBitcast(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const ElementType to = op[attr::to];
  // bitcast.element: x is a number
  checkElement(op, 0, isNumber(x.element()), "a number");
  // bitcast.to: a number of as many bits
  if (!isNumber(to) || elementBits(to) != elementBits(x.element()))
    fail(op, "to",
         fmt::format("to is {}, expected a number of the {} bits of {}", name(to),
                     elementBits(x.element()), name(x.element())));
  return {x.withElement(to)};
}

std::optional<Dims> foldBinary(const Op &op) {
  const ElementType e = op.result()->type.element();
  return foldElements(op, [&](std::span<const Dim> x) {
    return x[0].isNumber() && x[1].isNumber() ? binary(op, e, x[0].number(), x[1].number())
                                              : binary(op, e, x[0], x[1]);
  });
}

std::optional<Dims> foldCast(const Op &op) {
  const ElementType to = op[attr::to];
  if (!isInteger(to) && to != ElementType::boolean)
    return std::nullopt;
  if (isFloat(op.operand(0)->type.element())) {
    std::optional<Dims> all =
        to == ElementType::boolean ? std::nullopt : truncatedReals(*op.operand(0));
    const auto fits = [&](const Dim &d) { return held(to, d) == d; };
    return all && std::ranges::all_of(*all, fits) ? all : std::nullopt;
  }
  return foldElements(op, [&](std::span<const Dim> x) -> std::optional<Dim> {
    if (to != ElementType::boolean)
      return held(to, x[0]);
    return known(isNonZero(x[0]), x[0].isNumber(0));
  });
}

std::optional<Dims> foldWhere(const Op &op) {
  const std::optional<std::vector<size_t>> extents = smallExtents(op.result()->type.shape());
  const std::optional<Contents> condition = contentsOf(op, 0);
  if (!extents || !condition)
    return std::nullopt;
  // Only what is chosen must be known.
  const std::optional<Contents> choices[] = {contentsOf(op, 2), contentsOf(op, 1)};
  Dims out;
  bool isKnown = true;
  forEachIndex(*extents, [&](const std::vector<size_t> &index) {
    const Dim &holds = condition->elements[broadcastPlace(index, condition->extents)];
    const std::optional<Contents> &chosen = choices[holds.isNumber(0) ? 0 : 1];
    isKnown = isKnown && holds.isNumber() && chosen;
    if (isKnown)
      out.push_back(chosen->elements[broadcastPlace(index, chosen->extents)]);
  });
  return isKnown ? std::optional<Dims>(std::move(out)) : std::nullopt;
}

std::optional<Dims> foldUnary(const Op &op) {
  const ElementType e = op.result()->type.element();
  return foldElements(op, [&](std::span<const Dim> elements) -> std::optional<Dim> {
    const Dim &x = elements[0], minus = Dim(0) - x;
    if (op.is(ops::neg))
      return x.isNumber() ? wrapped(e, negated(x.number())) : held(e, minus);
    if (op.is(ops::relu))
      return max(x, 0);
    if (op.is(ops::abs)) {
      if (x.isNumber())
        return x.number() < 0 ? wrapped(e, negated(x.number())) : x;
      return isNonNegative(x)       ? std::optional(x)
             : isNonNegative(minus) ? held(e, minus)
                                    : std::nullopt;
    }
    if (x.isNumber(0))
      return Dim(0);
    return isNonNegative(x - 1)       ? std::optional<Dim>(1)
           : isNonNegative(minus - 1) ? std::optional<Dim>(-1)
                                      : std::nullopt;
  });
}

std::optional<Dims> foldCompare(const Op &op) {
  if (isFloat(op.operand(0)->type.element())) { // one number by another
    const auto a = realNumbers(*op.operand(0)), b = realNumbers(*op.operand(1));
    if (!a || !b || a->size() != 1 || b->size() != 1 || op.result()->type.count() != Dim(1))
      return std::nullopt;
    const double x = a->front(), y = b->front();
    return Dims{Dim(op.is(ops::less) ? x < y : op.is(ops::less_equal) ? x <= y : x == y)};
  }
  return foldElements(op, [&](std::span<const Dim> x) {
    const Dim above = x[1] - x[0];
    if (op.is(ops::less))
      return known(isNonNegative(above - 1), isNonNegative(Dim(0) - above));
    if (op.is(ops::less_equal))
      return known(isNonNegative(above), isNonNegative(Dim(-1) - above));
    return known(x[0] == x[1], isNonZero(above));
  });
}

std::optional<Dims> foldLogic(const Op &op) {
  return foldElements(op, [&](std::span<const Dim> x) -> std::optional<Dim> {
    if (!std::ranges::all_of(x, [](const Dim &d) { return d.isNumber(); }))
      return std::nullopt;
    const bool a = x[0].number() != 0, b = x.size() > 1 && x[1].number() != 0;
    return Dim(op.is(ops::logical_not)   ? !a
               : op.is(ops::logical_and) ? a && b
               : op.is(ops::logical_or)  ? a || b
                                         : a != b);
  });
}

} // namespace burin::ir
