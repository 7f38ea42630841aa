// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/gather.h"

#include "ir/ops/fold.h"
#include "ir/ops/infer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

Type i64Tensor(Shape shape) { return {ElementType::i64, std::move(shape)}; }

/// The extent that the op defines.
const Dim &definedExtent(const Op &op) {
  // *.dims: one entry, not negative
  checkCount(op, "dims", op[attr::dims].size(), 1);
  const Dim &d = op[attr::dims][0];
  if (d.bounds().hi < 0)
    fail(op, "dims", fmt::format("dims is {}, expected at least 0", d.text()));
  return d;
}

/// Every element can be compared with zero and with another.
void checkComparable(const Op &op) {
  const ElementType e = tensorOperand(op, 0).element();
  checkElement(op, 0, isNumber(e) || e == ElementType::boolean, "a number or bool");
}

/// An index into an axis without elements has no nearest element.
void checkNotEmpty(const Op &op, size_t axis, const Dim &reads) {
  // *.empty: nothing is read from an axis of extent 0
  if (op.operand(0)->type.dim(axis).isNumber(0) && reads.bounds().lo > 0)
    fail(op, "empty",
         fmt::format("{} indices point into axis {} of x, which has extent 0", reads.text(), axis));
}

/// Of gather_elements and scatter_elements: the ranks agree, and indices fit beside the axis.
size_t checkElementIndices(const Op &op) {
  const Type &x = tensorOperand(op, 0), &indices = tensorOperand(op, 1);
  checkIndices(op, 1);
  // *.rank: indices has the rank of x
  checkRank(op, 1, x.rank(), x.rank());
  const size_t axis = checkedAxis(op, op[attr::axis], x.rank());
  for (size_t i = 0; i < x.rank(); ++i)
    // *.bounds: indices.dim(i) <= x.dim(i) beside the axis
    if (i != axis && !isNonNegative(x.dim(i) - indices.dim(i)))
      fail(op, "bounds",
           fmt::format("indices has extent {} along axis {} but x has {}", indices.dim(i).text(), i,
                       x.dim(i).text()));
  return axis;
}

/// Of gather_nd and scatter_nd: how many coordinates the last axis of indices holds.
size_t checkedCoordinates(const Op &op, size_t batchDims) {
  const Type &x = tensorOperand(op, 0), &indices = tensorOperand(op, 1);
  checkIndices(op, 1);
  // *.rank: indices has an axis of coordinates after the common ones
  checkRank(op, 1, batchDims + 1, SIZE_MAX);
  const Dim &k = indices.dim(indices.rank() - 1);
  // *.coordinates: a number of them, at most the axes left
  if (!k.isNumber() || k.number() > static_cast<int64_t>(x.rank() - batchDims))
    fail(op, "coordinates",
         fmt::format("indices holds {} coordinates but x has {} axes for them", k.text(),
                     x.rank() - batchDims));
  return static_cast<size_t>(k.number());
}

void checkUpdates(const Op &op, const Shape &expected) {
  const Type &updates = tensorOperand(op, 2);
  // *.updates: a value for each place
  if (updates.shape() != expected)
    fail(op, "updates",
         fmt::format("updates has shape {}, expected {}", text(updates.shape()), text(expected)));
  // *.element: of the type of x; numbers, where they are combined
  checkSameElement(op, 2, 0);
  checkOneOf(op, attr::reduction, {"none", "add", "mul", "min", "max"});
  if (op[attr::reduction] != "none")
    checkElement(op, 0, isNumber(tensorOperand(op, 0).element()), "a number");
}

} // namespace

Types inferGather(const Op &op) {
  const Type &x = tensorOperand(op, 0), &indices = tensorOperand(op, 1);
  checkIndices(op, 1);
  const size_t axis = checkedAxis(op, op[attr::axis], x.rank());
  checkNotEmpty(op, axis, indices.count());
  Shape shape(x.shape().begin(), x.shape().begin() + static_cast<ptrdiff_t>(axis));
  shape.insert(shape.end(), indices.shape().begin(), indices.shape().end());
  shape.insert(shape.end(), x.shape().begin() + static_cast<ptrdiff_t>(axis) + 1, x.shape().end());
  return {x.withShape(std::move(shape))};
}

Types inferGatherElements(const Op &op) {
  const size_t axis = checkElementIndices(op);
  const Type &indices = op.operand(1)->type;
  checkNotEmpty(op, axis, indices.count());
  return {op.operand(0)->type.withShape(indices.shape())};
}

Types inferGatherNd(const Op &op) {
  const Type &x = tensorOperand(op, 0), &indices = tensorOperand(op, 1);
  const int64_t batch = op[attr::batchDims];
  // gather_nd.batch_dims: axes that both have
  if (batch < 0 || batch > static_cast<int64_t>(std::min(x.rank(), indices.rank())))
    fail(op, "batch_dims",
         fmt::format("batch_dims is {} but x has {} axes and indices {}", batch, x.rank(),
                     indices.rank()));
  const auto batchDims = static_cast<size_t>(batch);
  const size_t k = checkedCoordinates(op, batchDims);
  for (size_t i = 0; i < batchDims; ++i)
    // gather_nd.batch: of equal extents
    if (x.dim(i) != indices.dim(i))
      fail(op, "batch",
           fmt::format("x has extent {} along axis {} but indices has {}", x.dim(i).text(), i,
                       indices.dim(i).text()));
  Shape shape(indices.shape().begin(), indices.shape().end() - 1);
  for (size_t i = 0; i < k; ++i)
    checkNotEmpty(op, batchDims + i, product(shape));
  shape.insert(shape.end(), x.shape().begin() + static_cast<ptrdiff_t>(batchDims + k),
               x.shape().end());
  return {x.withShape(std::move(shape))};
}

Types inferScatterElements(const Op &op) {
  const size_t axis = checkElementIndices(op);
  checkUpdates(op, op.operand(1)->type.shape());
  checkNotEmpty(op, axis, op.operand(1)->type.count());
  return {op.operand(0)->type};
}

Types inferScatterNd(const Op &op) {
  const Type &x = tensorOperand(op, 0), &indices = tensorOperand(op, 1);
  const size_t k = checkedCoordinates(op, 0);
  Shape places(indices.shape().begin(), indices.shape().end() - 1);
  for (size_t i = 0; i < k; ++i)
    checkNotEmpty(op, i, product(places));
  places.insert(places.end(), x.shape().begin() + static_cast<ptrdiff_t>(k), x.shape().end());
  checkUpdates(op, places);
  return {x};
}

Types inferTopk(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  // topk.element: x is a number
  checkElement(op, 0, isNumber(x.element()), "a number");
  const size_t axis = checkedAxis(op, op[attr::axis], x.rank());
  // topk.count: one entry, from 0 to the extent
  checkCount(op, "count", op[attr::count].size(), 1);
  const Dim &count = op[attr::count][0];
  if (!isNonNegative(count) || !isNonNegative(x.dim(axis) - count))
    fail(op, "count",
         fmt::format("count is {}, expected 0 to {}, the extent of axis {}", count.text(),
                     x.dim(axis).text(), axis));
  Shape shape = x.shape();
  shape[axis] = count;
  return {x.withShape(shape), i64Tensor(shape)};
}

Types inferNonzero(const Op &op) {
  // nonzero.element: x is a number or bool
  checkComparable(op);
  const auto rank = static_cast<int64_t>(tensorOperand(op, 0).rank());
  return {i64Tensor({rank, definedExtent(op)})};
}

Types inferCompress(const Op &op) {
  const Type &x = tensorOperand(op, 0), &condition = tensorOperand(op, 1);
  const size_t axis = checkedAxis(op, op[attr::axis], x.rank());
  // compress.condition: bool of rank 1, not longer than the axis
  if (condition.element() != ElementType::boolean || condition.rank() != 1 ||
      !isNonNegative(x.dim(axis) - condition.dim(0)))
    fail(op, "condition",
         fmt::format("condition is {}, expected bool of rank 1 and at most {} elements",
                     condition.text(), x.dim(axis).text()));
  Shape shape = x.shape();
  shape[axis] = definedExtent(op);
  return {x.withShape(std::move(shape))};
}

Types inferUnique(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  // unique.element: x is a number or bool
  checkComparable(op);
  // unique.rank: 1
  checkRank(op, 0, 1, 1);
  const Dim &n = definedExtent(op);
  return {x.withShape({n}), i64Tensor({n}), i64Tensor(x.shape()), i64Tensor({n})};
}

Types inferCumulative(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  // *.element: x is a number
  checkElement(op, 0, isNumber(x.element()), "a number");
  checkedAxis(op, op[attr::axis], x.rank());
  return {x};
}

Types inferReverseSequence(const Op &op) {
  const Type &x = tensorOperand(op, 0), &lengths = tensorOperand(op, 1);
  const size_t axis = checkedAxis(op, op[attr::axis], x.rank()),
               batch = checkedAxis(op, op[attr::batchAxis], x.rank());
  // reverse_sequence.batch_axis: another than the axis
  if (axis == batch)
    fail(op, "batch_axis",
         fmt::format("batch_axis is {}, expected another than axis {}", batch, axis));
  // reverse_sequence.lengths: i32 or i64, one for each of the batch
  if ((lengths.element() != ElementType::i32 && lengths.element() != ElementType::i64) ||
      lengths.shape() != Shape{x.dim(batch)})
    fail(op, "lengths",
         fmt::format("lengths is {}, expected i32 or i64 of shape [{}]", lengths.text(),
                     x.dim(batch).text()));
  return {x};
}

Types inferNonMaxSuppression(const Op &op) {
  const Type &boxes = tensorOperand(op, 0), &scores = tensorOperand(op, 1);
  // non_max_suppression.element: floats of one type
  checkElement(op, 0, isFloat(boxes.element()), "a float");
  checkSameElement(op, 1, 0);
  // non_max_suppression.boxes: [batch, n, 4]
  if (boxes.rank() != 3 || !boxes.dim(2).isNumber(4))
    fail(op, "boxes",
         fmt::format("boxes has shape {}, expected [batch, n, 4]", text(boxes.shape())));
  // non_max_suppression.scores: [batch, classes, n]
  if (scores.rank() != 3 || scores.dim(0) != boxes.dim(0) || scores.dim(2) != boxes.dim(1))
    fail(op, "scores",
         fmt::format("scores has shape {}, expected [{}, classes, {}]", text(scores.shape()),
                     boxes.dim(0).text(), boxes.dim(1).text()));
  // non_max_suppression.limits: i64[], and thresholds of the type of boxes
  for (size_t i = 2; i < 5; ++i)
    if (operandOrNull(op, i))
      checkScalar(op, i, i == 2 ? ElementType::i64 : boxes.element(), "limits");
  return {i64Tensor({definedExtent(op), 3})};
}

std::optional<Dims> foldGather(const Op &op) {
  const std::optional<Contents> x = contentsOf(op, 0), indices = contentsOf(op, 1);
  const std::optional<std::vector<size_t>> extents = smallExtents(op.result()->type.shape());
  if (!x || !indices || !extents ||
      !std::ranges::all_of(indices->elements, [](const Dim &d) { return d.isNumber(); }))
    return std::nullopt;
  const size_t axis = checkedAxis(op, op[attr::axis], x->extents.size()),
               rank = indices->extents.size();
  const auto n = static_cast<int64_t>(x->extents[axis]);
  return moved(*x, *extents, [&](const std::vector<size_t> &index) {
    const auto at = [&](size_t i) { return index.begin() + static_cast<ptrdiff_t>(i); };
    const std::vector<size_t> which(at(axis), at(axis + rank));
    const int64_t i = indices->elements[broadcastPlace(which, indices->extents)].number();
    std::vector<size_t> from(index.begin(), at(axis));
    from.push_back(static_cast<size_t>(std::clamp<int64_t>(i < 0 ? i + n : i, 0, n - 1)));
    from.insert(from.end(), at(axis + rank), index.end());
    return broadcastPlace(from, x->extents);
  });
}

} // namespace burin::ir
