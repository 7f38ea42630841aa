// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/frame.h"

#include "ir/ops.h"

#include <algorithm>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// Whether the epilogue reads a tensor of the result's shape: it lies as the result would without
/// room, and one offset serves both.
bool readsResidual(const Op &op) {
  if (!op.numBlocks())
    return false;
  const size_t own = op.numOperands() + 1 - op.block().numArguments();
  const ir::Shape &shape = op.result()->type.shape();
  for (size_t i = own; i < op.numOperands(); ++i) {
    const Type &t = op.operand(i)->type;
    if (!t.count().isNumber(1) && !(t.count() == shape.back() && t.shape().back() == shape.back()))
      return true;
  }
  return false;
}

/// Zeros around the spatial axes of an image, of known widths.
bool isZeroBorder(const Op &op) {
  const size_t rank = op.operand(0)->type.rank();
  if (!op.is(ops::pad) || op[attr::mode] != "constant" || (op.numOperands() > 1 && op.operand(1)))
    return false;
  const Dims &pads = op[attr::pads];
  for (size_t i = 0; i < pads.size(); ++i) {
    const bool isSpatial = i % rank != 0 && i % rank != rank - 1;
    if (!pads[i].isNumber() || pads[i].number() < 0 || (!isSpatial && !pads[i].isNumber(0)))
      return false;
  }
  return true;
}

} // namespace

bool canLeaveRoom(const Value &v, const Target &target) {
  const Op *op = v.def();
  if (!op || !v.hasUses() || v.firstUse()->next || v.type.element() != ElementType::f32)
    return false;
  const ir::Shape &shape = v.type.shape();
  const bool isImage = shape.size() == 3 || shape.size() == 4;
  if (!isImage ||
      !std::all_of(shape.begin() + 1, shape.end(), [](const Dim &d) { return d.isNumber(); }))
    return false;
  const KernelDef *kernel = chooseKernel(*op, target);
  return kernel && kernel->leavesRoom && !readsResidual(*op) &&
         (!op->numBlocks() || canTakeEpilogue(*op, target));
}

const Op *frameOf(const Value &v, const Target &target) {
  if (!v.hasUses() || !v.firstUse()->user->is(ops::pad) || !canLeaveRoom(v, target))
    return nullptr;
  const Op &pad = *v.firstUse()->user;
  if (pad.parent() != v.def()->parent() || !isZeroBorder(pad) || !pad.result()->hasUses())
    return nullptr;
  // What is a result of the block, or another name of it, may have to lie elsewhere.
  for (const ir::Use *use = pad.result()->firstUse(); use; use = use->next)
    if (!use->user->is(ops::conv) || use->user->parent() != pad.parent())
      return nullptr;
  return &pad;
}

Dims extentsInFrame(const Value &v, const Op *pad) {
  const ir::Shape &shape = pad ? pad->result()->type.shape() : v.type.shape();
  return {shape.begin() + 1, shape.end() - 1};
}

int64_t firstInFrame(const Op *pad) {
  const ir::Shape &shape = pad->result()->type.shape();
  int64_t first = 0;
  for (size_t i = 1; i + 1 < shape.size(); ++i)
    first = first * shape[i].number() + (*pad)[attr::pads][i].number();
  return first * shape.back().number();
}

} // namespace burin::kernels
