// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/quant.h"

#include "ir/ops/infer.h"

#include <fmt/format.h>

namespace burin::ir {
namespace {

bool isSmallFloat(ElementType e) { return isFloat(e) && elementSize(e) == 1; }
bool isLargeFloat(ElementType e) { return isFloat(e) && elementSize(e) > 1; }
bool isSmallInteger(ElementType e) { return isInteger(e) && elementSize(e) <= 2; }

/// The shape of a scale that is not one number: a slice each along the axis, or a block each.
Shape scaleShape(const Op &op, int64_t blockSize) {
  const Type &x = tensorOperand(op, 0);
  const size_t axis = checkedAxis(op, op[attr::axis], x.rank());
  if (blockSize == 0)
    return {x.dim(axis)};
  Shape shape = x.shape();
  shape[axis] = ceilDiv(shape[axis], blockSize);
  return shape;
}

void checkScale(const Op &op, bool isElementAllowed, std::string_view element, int64_t blockSize) {
  const Type &scale = tensorOperand(op, 1);
  // *.scale: a float; one, one a slice, or one a block
  if (!isElementAllowed)
    fail(op, "scale", fmt::format("scale is {}, expected {}", name(scale.element()), element));
  if (blockSize == 0 && scale.rank() == 0)
    return;
  const Shape expected = scaleShape(op, blockSize);
  if (scale.shape() != expected)
    fail(op, "scale",
         fmt::format("scale has shape {}, expected {}{}", text(scale.shape()), text(expected),
                     blockSize == 0 ? " or []" : ""));
}

void checkZeroPoint(const Op &op, ElementType element, bool orScalar) {
  if (!operandOrNull(op, 2))
    return;
  const Type &zero = tensorOperand(op, 2);
  const Type expected{element, tensorOperand(op, 1).shape()};
  // *.zero_point: an element for each scale (of requantize: or one for all)
  if (zero != expected && !(orScalar && zero == Type{element, {}}))
    fail(op, "zero_point",
         fmt::format("zero_point is {}, expected {}", zero.text(), expected.text()));
}

int64_t checkedBlockSize(const Op &op) {
  checkAtLeast(op, "block_size", op[attr::blockSize], 0);
  return op[attr::blockSize];
}

} // namespace

Types inferQuantize(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const ElementType to = op[attr::to];
  // quantize.element: a float of at least 16 bits, or i32
  checkElement(op, 0, isLargeFloat(x.element()) || x.element() == ElementType::i32,
               "a float of at least 16 bits or i32");
  // quantize.to: an integer of at most 16 bits, i32, or a float of at most 8 bits
  if (!isSmallInteger(to) && to != ElementType::i32 && !isSmallFloat(to))
    fail(op, "to",
         fmt::format("to is {}, expected an integer of at most 16 bits, i32, or a float of at "
                     "most 8 bits",
                     name(to)));
  const ElementType scale = tensorOperand(op, 1).element();
  checkScale(op, isFloat(scale), "a float", checkedBlockSize(op));
  checkZeroPoint(op, to, false);
  return {x.withElement(to)};
}

Types inferDequantize(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const ElementType e = x.element(), to = op[attr::to];
  // dequantize.element: what quantize makes
  checkElement(op, 0, isSmallInteger(e) || e == ElementType::i32 || isSmallFloat(e),
               "an integer of at most 16 bits, i32, or a float of at most 8 bits");
  // dequantize.to: a float of at least 16 bits
  if (!isLargeFloat(to))
    fail(op, "to", fmt::format("to is {}, expected a float of at least 16 bits", name(to)));
  checkScale(op, isFloat(tensorOperand(op, 1).element()), "a float", checkedBlockSize(op));
  checkZeroPoint(op, e, false);
  return {x.withElement(to)};
}

Types inferRequantize(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const ElementType to = op[attr::to];
  // requantize.element: i32
  checkElement(op, 0, x.element() == ElementType::i32, "i32");
  // requantize.to: an integer of at most 16 bits
  if (!isSmallInteger(to))
    fail(op, "to", fmt::format("to is {}, expected an integer of at most 16 bits", name(to)));
  checkOneOf(op, attr::rounding, {"half_even_float", "tflite_double", "tflite_single"});
  checkScale(op, tensorOperand(op, 1).element() == ElementType::f32, "f32", 0);
  checkZeroPoint(op, to, true);
  return {x.withElement(to)};
}

} // namespace burin::ir
