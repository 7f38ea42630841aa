// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/shape.h"

#include "ir/ops/fold.h"
#include "ir/ops/infer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

Type ofNumbers(size_t n) { return {ElementType::i64, {static_cast<int64_t>(n)}}; }

} // namespace

Types inferShape(const Op &op) { return {ofNumbers(tensorOperand(op, 0).rank())}; }

Types inferExtents(const Op &op) { return {ofNumbers(op[attr::dims].size())}; }

Types inferBind(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const Dims &dims = op[attr::dims];
  // bind.element: x is an integer
  checkElement(op, 0, isInteger(x.element()), "an integer");
  // bind.rank: 0 or 1
  checkRank(op, 0, 0, 1);
  // bind.dims: one for each element
  if (!x.count().isNumber(static_cast<int64_t>(dims.size())))
    fail(op, "dims",
         fmt::format("dims has {} entries but x has {} elements", dims.size(), x.count().text()));
  return {x};
}

Types inferCopy(const Op &op) { return {op.operand(0)->type}; }

Types inferReshape(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const Shape &shape = op[attr::shape];
  checkExtents(op, shape);
  // reshape.count: as many elements for every value of the symbols
  if (x.count() != product(shape))
    fail(op, "count",
         fmt::format("x of shape {} has {} elements but shape {} has {}", text(x.shape()),
                     x.count().text(), text(shape), product(shape).text()));
  return {x.withShape(shape)};
}

Types inferTranspose(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const Ints &perm = op[attr::perm];
  Ints sorted = perm;
  std::ranges::sort(sorted);
  bool isPermutation = perm.size() == x.rank();
  for (size_t i = 0; isPermutation && i < sorted.size(); ++i)
    isPermutation = sorted[i] == static_cast<int64_t>(i);
  // transpose.perm: every axis of x once
  if (!isPermutation)
    fail(op, "perm",
         fmt::format("perm is [{}], expected each of the {} axes of x once", fmt::join(perm, ", "),
                     x.rank()));
  Shape shape;
  for (const int64_t axis : perm)
    shape.push_back(x.dim(static_cast<size_t>(axis)));
  return {x.withShape(std::move(shape))};
}

Types inferBroadcastTo(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const Shape &shape = op[attr::shape];
  checkExtents(op, shape);
  // broadcast.broadcast: trailing extents are those of the result, or 1
  if (!broadcastsInto(x.shape(), shape))
    fail(op, "broadcast",
         fmt::format("x has shape {}, which does not broadcast into {}", text(x.shape()),
                     text(shape)));
  return {x.withShape(shape)};
}

Types inferSlice(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const Dims &starts = op[attr::starts], &shape = op[attr::shape];
  const Ints &steps = op[attr::steps];
  // slice.starts, slice.steps, slice.shape: an entry an axis
  checkCount(op, "starts", starts.size(), x.rank());
  checkCount(op, "steps", steps.size(), x.rank());
  checkCount(op, "shape", shape.size(), x.rank());
  checkExtents(op, shape);
  for (size_t i = 0; i < x.rank(); ++i) {
    // slice.steps: not zero
    if (steps[i] == 0)
      fail(op, "steps", fmt::format("the step of axis {} is 0, expected another number", i));
    if (shape[i].bounds().lo <= 0)
      continue; // nothing may be read
    const Dim last = starts[i] + Dim(steps[i]) * (shape[i] - 1);
    // slice.bounds: the first and the last element are not outside x for every value of the symbols
    for (const Dim &at : {starts[i], last})
      if (at.bounds().hi < 0 || (x.dim(i) - 1 - at).bounds().hi < 0)
        fail(op, "bounds",
             fmt::format("element {} of axis {} is read but x has extent {}", at.text(), i,
                         x.dim(i).text()));
  }
  return {x.withShape(shape)};
}

Types inferSliceAt(const Op &op) {
  const Type &x = tensorOperand(op, 0), &starts = tensorOperand(op, 1);
  const Dims &shape = op[attr::shape];
  const Ints &steps = op[attr::steps];
  // slice_at.starts: i64[rank]
  if (starts != ofNumbers(x.rank()))
    fail(op, "starts",
         fmt::format("starts is {}, expected {}", starts.text(), ofNumbers(x.rank()).text()));
  // slice_at.steps, slice_at.shape: an entry an axis
  checkCount(op, "steps", steps.size(), x.rank());
  checkCount(op, "shape", shape.size(), x.rank());
  checkExtents(op, shape);
  for (size_t i = 0; i < x.rank(); ++i) {
    // slice_at.steps: not zero
    if (steps[i] == 0)
      fail(op, "steps", fmt::format("the step of axis {} is 0, expected another number", i));
    const Dim span = Dim(std::abs(steps[i])) * (shape[i] - 1) + 1;
    // slice_at.bounds: what is read is not longer than x for every value of the symbols
    if (shape[i].bounds().lo > 0 && (x.dim(i) - span).bounds().hi < 0)
      fail(op, "bounds",
           fmt::format("axis {} spans {} elements but x has extent {}", i, span.text(),
                       x.dim(i).text()));
  }
  return {x.withShape(shape)};
}

Types inferConcat(const Op &op) {
  // concat.operands: at least one
  if (op.numOperands() == 0)
    fail(op, "operands", "has 0 operands, expected at least 1");
  const Type &first = tensorOperand(op, 0);
  const size_t axis = checkedAxis(op, op[attr::axis], first.rank());
  Shape shape = first.shape();
  for (size_t i = 1; i < op.numOperands(); ++i) {
    const Type &x = tensorOperand(op, i);
    // concat.element: one type
    checkSameElement(op, i, 0);
    // concat.shape: one rank, and equal extents but along the axis
    bool fits = x.rank() == first.rank();
    for (size_t d = 0; fits && d < x.rank(); ++d)
      fits = d == axis || x.dim(d) == first.dim(d);
    if (!fits)
      fail(op, "shape",
           fmt::format("{} has shape {} but {} has {}: they differ not along axis {} alone",
                       operandName(op, i), text(x.shape()), operandName(op, 0), text(first.shape()),
                       axis));
    shape[axis] = shape[axis] + x.dim(axis);
  }
  return {first.withShape(std::move(shape))};
}

Types inferPad(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const Dims &pads = op[attr::pads];
  // pad.pads: begins and ends of every axis
  checkCount(op, "pads", pads.size(), 2 * x.rank());
  // pad.mode: known
  checkOneOf(op, attr::mode, {"constant", "reflect", "edge", "wrap"});
  // pad.value: rank 0, of the element type of x
  if (operandOrNull(op, 1))
    checkScalar(op, 1, x.element(), "value");
  Shape shape;
  for (size_t i = 0; i < x.rank(); ++i) {
    const Dim &begin = pads[i], &end = pads[x.rank() + i];
    shape.push_back(x.dim(i) + begin + end);
    // pad.empty: an axis without elements has none to repeat
    if (op[attr::mode] != "constant" && x.dim(i).isNumber(0) &&
        (begin.bounds().lo > 0 || end.bounds().lo > 0))
      fail(op, "empty",
           fmt::format("axis {} is padded to {} by mode '{}' but x has extent 0", i,
                       shape[i].text(), op[attr::mode]));
  }
  checkExtents(op, shape);
  return {x.withShape(std::move(shape))};
}

Types inferTile(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  const Dims &repeats = op[attr::repeats];
  // tile.repeats: an entry an axis, not negative
  checkCount(op, "repeats", repeats.size(), x.rank());
  Shape shape;
  for (size_t i = 0; i < x.rank(); ++i) {
    if (repeats[i].bounds().hi < 0)
      fail(op, "repeats",
           fmt::format("repeats of axis {} is {}, expected at least 0", i, repeats[i].text()));
    shape.push_back(x.dim(i) * repeats[i]);
  }
  return {x.withShape(std::move(shape))};
}

Types inferIota(const Op &op) {
  const Type &type = op[attr::type];
  // iota.type: a tensor of numbers
  if (!type.isTensor() || !isNumber(type.element()))
    fail(op, "type", fmt::format("type is {}, expected a tensor of numbers", type.text()));
  checkExtents(op, type.shape());
  checkedAxis(op, op[attr::axis], type.rank());
  return {type};
}

std::optional<Dims> foldShape(const Op &op) { return op.operand(0)->type.shape(); }
std::optional<Dims> foldExtents(const Op &op) { return op[attr::dims]; }
std::optional<Dims> foldSame(const Op &op) { return op.operand(0)->contents(); }

std::optional<Dims> foldTranspose(const Op &op) {
  const std::optional<Contents> x = contentsOf(op, 0);
  if (!x)
    return std::nullopt;
  const Ints &perm = op[attr::perm];
  const std::vector<size_t> strides = rowMajorStrides(x->extents);
  return moved(*x, *smallExtents(op.result()->type.shape()), [&](const std::vector<size_t> &index) {
    size_t place = 0;
    for (size_t i = 0; i < index.size(); ++i)
      place += index[i] * strides[static_cast<size_t>(perm[i])];
    return place;
  });
}

std::optional<Dims> foldBroadcastTo(const Op &op) {
  const std::optional<Contents> x = contentsOf(op, 0);
  const std::optional<std::vector<size_t>> extents = smallExtents(op.result()->type.shape());
  if (!x || !extents)
    return std::nullopt;
  return moved(*x, *extents,
               [&](const std::vector<size_t> &index) { return broadcastPlace(index, x->extents); });
}

std::optional<Dims> foldSlice(const Op &op) {
  const std::optional<Contents> x = contentsOf(op, 0);
  const std::optional<std::vector<size_t>> extents = smallExtents(op.result()->type.shape());
  const Dims &starts = op[attr::starts];
  const Ints &steps = op[attr::steps];
  if (!x || !extents || !std::ranges::all_of(starts, [](const Dim &d) { return d.isNumber(); }))
    return std::nullopt;
  const std::vector<size_t> strides = rowMajorStrides(x->extents);
  return moved(*x, *extents, [&](const std::vector<size_t> &index) {
    int64_t place = 0;
    for (size_t i = 0; i < index.size(); ++i)
      place += (starts[i].number() + static_cast<int64_t>(index[i]) * steps[i]) *
               static_cast<int64_t>(strides[i]);
    return static_cast<size_t>(place);
  });
}

std::optional<Dims> foldConcat(const Op &op) {
  const std::optional<std::vector<size_t>> extents = smallExtents(op.result()->type.shape());
  std::vector<Contents> xs;
  for (size_t i = 0; i < op.numOperands(); ++i)
    if (std::optional<Contents> x = contentsOf(op, i))
      xs.push_back(std::move(*x));
  if (!extents || xs.size() != op.numOperands())
    return std::nullopt;
  const size_t axis = checkedAxis(op, op[attr::axis], extents->size());
  Dims out;
  forEachIndex(*extents, [&](std::vector<size_t> index) {
    auto from = xs.begin();
    for (; index[axis] >= from->extents[axis]; ++from)
      index[axis] -= from->extents[axis];
    out.push_back(from->elements[broadcastPlace(index, from->extents)]);
  });
  return out;
}

std::optional<Dims> foldTile(const Op &op) {
  const std::optional<Contents> x = contentsOf(op, 0);
  const std::optional<std::vector<size_t>> extents = smallExtents(op.result()->type.shape());
  if (!x || !extents)
    return std::nullopt;
  return moved(*x, *extents, [&](std::vector<size_t> index) {
    for (size_t i = 0; i < index.size(); ++i)
      index[i] %= x->extents[i];
    return broadcastPlace(index, x->extents);
  });
}

std::optional<Dims> foldIota(const Op &op) {
  const Type &type = op[attr::type];
  const std::optional<std::vector<size_t>> extents = smallExtents(type.shape());
  if (!extents || !isInteger(type.element()))
    return std::nullopt;
  const size_t axis = checkedAxis(op, op[attr::axis], extents->size());
  Dims out;
  bool isKnown = true;
  forEachIndex(*extents, [&](const std::vector<size_t> &index) {
    const std::optional<Dim> element = wrapped(type.element(), static_cast<int64_t>(index[axis]));
    isKnown = isKnown && element;
    if (isKnown)
      out.push_back(*element);
  });
  return isKnown ? std::optional<Dims>(std::move(out)) : std::nullopt;
}

} // namespace burin::ir
