// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/norm.h"

#include "ir/ops/infer.h"

#include <fmt/format.h>

namespace burin::ir {
namespace {

void checkFloat(const Op &op) {
  // *.element: x is a float
  checkElement(op, 0, isFloat(tensorOperand(op, 0).element()), "a float");
}

/// Operands from 1 on: [c] of the element type of x.
void checkPerChannel(const Op &op, const Dim &channels) {
  const Type expected{tensorOperand(op, 0).element(), {channels}};
  for (size_t i = 1; i < op.numOperands(); ++i) {
    if (!op.operand(i))
      continue;
    const Type &parameter = tensorOperand(op, i);
    // *.parameters: one for each channel
    if (parameter != expected)
      fail(op, "parameters",
           fmt::format("{} is {}, expected {}", operandName(op, i), parameter.text(),
                       expected.text()));
  }
}

} // namespace

Types inferBatchNorm(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  checkFloat(op);
  checkPerChannel(op, x.dim(checkedAxis(op, op[attr::axis], x.rank())));
  return {x};
}

Types inferAlongAxis(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  checkFloat(op);
  checkedAxis(op, op[attr::axis], x.rank());
  // lrn.size: at least 1
  if (op.is(ops::lrn))
    checkAtLeast(op, "size", op[attr::size], 1);
  return {x};
}

Types inferLayerNorm(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  checkFloat(op);
  checkedAxis(op, op[attr::axis], x.rank());
  for (size_t i = 1; i < op.numOperands(); ++i) {
    if (!op.operand(i))
      continue;
    const Type &parameter = tensorOperand(op, i);
    // *.parameters: of the element type of x, broadcast to it
    if (parameter.element() != x.element() || !broadcastsInto(parameter.shape(), x.shape()))
      fail(op, "parameters",
           fmt::format("{} is {}, expected {} that broadcasts into {}", operandName(op, i),
                       parameter.text(), name(x.element()), text(x.shape())));
  }
  return {x};
}

Types inferGroupNorm(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  checkFloat(op);
  const size_t axis = checkedAxis(op, op[attr::axis], x.rank());
  // group_norm.axis: not the first, which is the batch
  if (axis == 0)
    fail(op, "axis", "the channels lie along axis 0, expected one after the batch");
  checkAtLeast(op, "groups", op[attr::groups], 1);
  const Dim groups = op[attr::groups], &channels = x.dim(axis);
  // group_norm.groups: divide the channels
  if (floorDiv(channels, groups) * groups != channels)
    fail(op, "groups",
         fmt::format("groups is {} but x has {} channels", groups.text(), channels.text()));
  checkPerChannel(op, channels);
  return {x};
}

} // namespace burin::ir
