// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/elementwise.h"

#include "ir/ops/infer.h"

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

std::optional<Dims> foldBinary(const Op &) { return std::nullopt; }
std::optional<Dims> foldCast(const Op &) { return std::nullopt; }
std::optional<Dims> foldWhere(const Op &) { return std::nullopt; }
std::optional<Dims> foldUnary(const Op &) { return std::nullopt; }

} // namespace burin::ir
