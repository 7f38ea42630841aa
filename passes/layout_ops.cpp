// SPDX-License-Identifier: Apache-2.0
#include "passes/layout_ops.h"

#include "ir/ops.h"
#include "passes/graph.h"

#include <algorithm>

namespace burin::passes {
namespace ops = ir::ops;
namespace attr = ir::attr;
using ir::Op;
using ir::Value;

namespace {

struct FlexibleRow {
  const ir::OpDef *op;
  size_t active; ///< operands that move
};

/// Besides the elementwise ops.
constexpr FlexibleRow kFlexible[] = {
    {&ops::copy, 1},
    {&ops::pad, 1},
    {&ops::slice, 1},
    {&ops::tile, 1},
    {&ops::broadcast, 1},
    {&ops::concat, SIZE_MAX},
    {&ops::resize, 1},
    {&ops::softmax, 1},
    {&ops::log_softmax, 1},
    {&ops::batch_norm, 1},
    {&ops::group_norm, 1},
    {&ops::lrn, 1},
    {&ops::cumsum, 1},
    {&ops::cumprod, 1},
    {&ops::topk, 1},
    {&ops::gather_elements, 2},
    {&ops::scatter_elements, 3},
    {&ops::reverse_sequence, 1},
    {&ops::quantize, 1},
    {&ops::dequantize, 1},
    {&ops::requantize, 1},
};

const FlexibleRow *rowOf(const Op &op) {
  const auto *it = std::ranges::find(kFlexible, &op.def, &FlexibleRow::op);
  return it == std::end(kFlexible) ? nullptr : it;
}

template <class List> List permutedList(const List &list, const ir::Ints &perm) {
  List out;
  for (const int64_t axis : perm)
    out.push_back(list[static_cast<size_t>(axis)]);
  return out;
}

bool hasBlocksOfScales(const Op &op) {
  return (op.is(ops::quantize) || op.is(ops::dequantize)) && op[attr::blockSize] != 0;
}

} // namespace

bool isFlexible(const Op &op) {
  if (op.numBlocks() || op.numResults() == 0 || !op.result()->type.isTensor() ||
      op.result()->type.rank() < 2)
    return false;
  if (op.is(ops::resize))
    return !op.operand("roi") && op[attr::coordinates] != "tf_crop_and_resize";
  return !hasBlocksOfScales(op) && (op.def.is(ir::Trait::elementwise) || rowOf(op));
}

size_t activeOperands(const Op &op) {
  const FlexibleRow *row = rowOf(op);
  return std::min(row ? row->active : SIZE_MAX, op.numOperands());
}

bool takesOrder(const Op &op, const ir::Ints &perm) {
  if (!op.is(ops::group_norm))
    return true;
  const size_t rank = perm.size();
  const auto axis = static_cast<size_t>(inverseOf(perm)[axisOf(op[attr::axis], rank)]);
  return perm[0] == 0 && (axis == 1 || axis == rank - 1);
}

Op &remakePermuted(ir::Builder &to, const Op &op, std::span<Value *const> operands,
                   const ir::Ints &perm) {
  const ir::Ints inverse = inverseOf(perm);
  const auto moved = [&](int64_t axis) { return inverse[axisOf(axis, perm.size())]; };
  std::vector<ir::NamedAttr> changed;
  for (const auto key : {attr::axis, attr::batchAxis})
    if (op.def.attrIndex(key.name))
      changed.push_back(key(moved(op[key])));
  for (const auto key : {attr::shape, attr::starts, attr::repeats})
    if (op.def.attrIndex(key.name))
      changed.push_back(key(permutedList(op[key], perm)));
  if (op.def.attrIndex(attr::steps.name))
    changed.push_back(attr::steps(permutedList(op[attr::steps], perm)));
  if (op.is(ops::resize))
    changed.push_back(attr::scales(permutedList(op[attr::scales], perm)));
  if (op.is(ops::pad)) {
    const ir::Dims &pads = op[attr::pads];
    const auto middle = pads.begin() + static_cast<ptrdiff_t>(perm.size());
    ir::Dims both = permutedList(ir::Dims(pads.begin(), middle), perm);
    const ir::Dims ends = permutedList(ir::Dims(middle, pads.end()), perm);
    both.insert(both.end(), ends.begin(), ends.end());
    changed.push_back(attr::pads(std::move(both)));
  }
  return remake(to, op, operands, std::move(changed));
}

Value *lifted(ir::Builder &to, Value *v, size_t rank) {
  if (v->type.rank() >= rank)
    return v;
  ir::Shape shape(rank - v->type.rank(), 1);
  shape.insert(shape.end(), v->type.shape().begin(), v->type.shape().end());
  if (v->isConstant())
    return reshapedConstant(to.module(), *v, std::move(shape));
  return to.make(ops::reshape, {v}, {attr::shape(std::move(shape))});
}

ir::Shape permuted(const ir::Shape &shape, const ir::Ints &perm) {
  return permutedList(shape, perm);
}

ir::Ints permOfReshape(const ir::Shape &from, const ir::Shape &to) {
  if (from.size() != to.size())
    return {};
  ir::Ints perm;
  size_t full = 0, one = 0; // the next axis of `from` that has one element, and that has not
  for (const ir::Dim &d : to) {
    size_t &next = d.isNumber(1) ? one : full;
    while (next < from.size() && from[next].isNumber(1) != d.isNumber(1))
      ++next;
    if (next == from.size() || from[next] != d)
      return {};
    perm.push_back(static_cast<int64_t>(next++));
  }
  return perm;
}

} // namespace burin::passes
