// SPDX-License-Identifier: Apache-2.0
//
// Shapes as values, and the movement of elements.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"
#include "frontend/savedmodel/ops_window.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace burin::savedmodel {
namespace {

// ---- shapes as values ----

/// Extents as a vector (or, of one, a scalar) of the type that the node asks for.
Value *extents(const NodeView &n, const Dims &dims) {
  return compose::cast(n.to, n.to.extents(dims), n.elementType("out_type", DataType::i32));
}
Items shape(const NodeView &n) { return {extents(n, n.shape(0))}; }
Items shapeN(const NodeView &n) {
  Items all;
  for (size_t i = 0; i < n.numInputs(); ++i)
    all.emplace_back(extents(n, n.shape(i)));
  return all;
}
Items size(const NodeView &n) { return {compose::scalarOf(n.to, extents(n, {n.type(0).count()}))}; }
Items rank(const NodeView &n) {
  return {n.to.scalar(ElementType::i32, static_cast<double>(n.rank(0)))};
}

/// The shape that two broadcast to, as a value.
Items broadcastArgs(const NodeView &n) {
  Dims a = n.contents(0, "the first shape"), b = n.contents(1, "the second shape");
  return {compose::cast(n.to, n.to.extents(compose::broadcastShape(a, b)), n.element(0))};
}

// ---- reshaping ----

/// -1 takes what is left; a 0 is an extent of 0.
Items reshape(const NodeView &n) {
  Dims wanted = n.contents(1, "the shape");
  Dim known = 1;
  std::optional<size_t> open;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].isNumber(-1)) {
      known = known * wanted[i];
      continue;
    }
    if (open)
      n.fail("shape", "two extents of the shape are -1");
    open = i;
  }
  if (open)
    wanted[*open] = known.isNumber(0) ? Dim(0) : floorDiv(n.type(0).count(), known);
  return {compose::reshape(n.to, n.in(0), std::move(wanted))};
}

Items squeeze(const NodeView &n) {
  Ints axes = n.axes(n.ints(n.node.find("squeeze_dims") ? "squeeze_dims" : "axis", {}), n.rank(0));
  if (axes.empty()) {
    for (size_t i = 0; i < n.rank(0); ++i)
      if (n.shape(0)[i].isNumber(1))
        axes.push_back(static_cast<int64_t>(i));
  }
  for (const int64_t a : axes) {
    const Dim &extent = n.shape(0)[static_cast<size_t>(a)];
    if (extent.bounds().lo > 1 || extent.bounds().hi < 1)
      n.fail("shape", fmt::format("axis {} has the extent {}, expected 1", a, extent.text()));
    if (!extent.isNumber(1))
      n.to.makeOp(ops::bind, {n.to.extents({extent})}, {attr::dims({Dim(1)})});
  }
  return {compose::squeeze(n.to, n.in(0), axes)};
}

Items expandDims(const NodeView &n) {
  return {compose::unsqueeze(n.to, n.in(0), {n.axis(n.knownInt(1, "the axis"), n.rank(0) + 1)})};
}

Items transpose(const NodeView &n) {
  Ints perm = n.knownInts(1, "the permutation");
  for (int64_t &p : perm)
    p = n.axis(p, n.rank(0));
  return {compose::transpose(n.to, n.in(0), std::move(perm))};
}

Items broadcastTo(const NodeView &n) {
  return {compose::expand(n.to, n.in(0), n.contents(1, "the shape"))};
}

Items fill(const NodeView &n) {
  return {compose::expand(n.to, n.in(1), n.contents(0, "the shape"))};
}

// ---- joining and cutting ----

Value *concatenated(const NodeView &n, size_t first, size_t axisInput) {
  std::vector<Value *> parts;
  for (size_t i = first; i < n.numInputs(); ++i)
    if (i != axisInput)
      parts.push_back(n.in(i));
  if (parts.empty())
    n.fail("input", "there is nothing to join");
  const int64_t axis = n.axis(n.knownInt(axisInput, "the axis"), parts[0]->type.rank());
  return compose::concat(n.to, parts, static_cast<size_t>(axis));
}
Items concat(const NodeView &n) { return {concatenated(n, 1, 0)}; }
Items concat2(const NodeView &n) { return {concatenated(n, 0, n.numInputs() - 1)}; }

Items pack(const NodeView &n) {
  const auto axis = n.axis(n.integer("axis", 0), n.rank(0) + 1);
  std::vector<Value *> parts;
  for (size_t i = 0; i < n.numInputs(); ++i)
    parts.push_back(compose::unsqueeze(n.to, n.in(i), {axis}));
  return {compose::concat(n.to, parts, static_cast<size_t>(axis))};
}

Items unpack(const NodeView &n) {
  const auto axis = n.axis(n.integer("axis", 0), n.rank(0));
  const int64_t count = n.integer("num", 0);
  const Dim &extent = n.shape(0)[static_cast<size_t>(axis)];
  if (!extent.isNumber(count))
    n.fail("shape",
           fmt::format("axis {} has the extent {}, expected {}", axis, extent.text(), count));
  Items all;
  for (int64_t i = 0; i < count; ++i)
    all.emplace_back(compose::squeeze(
        n.to, compose::sliceAxis(n.to, n.in(0), static_cast<size_t>(axis), i, 1), {axis}));
  return all;
}

Items parts(const NodeView &n, Value *x, int64_t axis, const Dims &sizes) {
  Items all;
  Dim at = 0;
  for (const Dim &size : sizes) {
    all.emplace_back(compose::sliceAxis(n.to, x, static_cast<size_t>(axis), at, size));
    at = at + size;
  }
  return all;
}

Items split(const NodeView &n) {
  const auto axis = n.axis(n.knownInt(0, "the axis"), n.rank(1));
  const int64_t count = n.integer("num_split", 1);
  const Dim &extent = n.shape(1)[static_cast<size_t>(axis)];
  if (count < 1 || (extent.isNumber() && extent.number() % count != 0))
    n.fail("shape", fmt::format("axis {} of extent {} is not cut into {} equal parts", axis,
                                extent.text(), count));
  return parts(n, n.in(1), axis, Dims(static_cast<size_t>(count), floorDiv(extent, count)));
}

Items splitV(const NodeView &n) {
  const auto axis = n.axis(n.knownInt(2, "the axis"), n.rank(0));
  Dims sizes = n.contents(1, "the sizes");
  Dim known = 0;
  for (const Dim &s : sizes)
    known = s.isNumber(-1) ? known : known + s;
  for (Dim &s : sizes)
    if (s.isNumber(-1))
      s = n.shape(0)[static_cast<size_t>(axis)] - known;
  return parts(n, n.in(0), axis, sizes);
}

// ---- padding and repeating ----

/// Pairs (before, after) an axis, as begins, then ends.
Dims padsOf(const NodeView &n, size_t input) {
  const Dims pairs = n.contents(input, "the padding");
  const size_t rank = pairs.size() / 2;
  Dims pads(2 * rank, Dim(0));
  for (size_t i = 0; i < rank; ++i) {
    pads[i] = pairs[2 * i];
    pads[rank + i] = pairs[2 * i + 1];
  }
  return pads;
}
Items pad(const NodeView &n) {
  return {n.to.make(ops::pad, {n.in(0)}, {attr::pads(padsOf(n, 1)), attr::mode("constant")})};
}
Items pad2(const NodeView &n) {
  return {
      n.to.make(ops::pad, {n.in(0), n.in(2)}, {attr::pads(padsOf(n, 1)), attr::mode("constant")})};
}

/// REFLECT leaves out the edge. SYMMETRIC repeats it: a piece of x the other way round at each
/// side.
Items mirrorPad(const NodeView &n) {
  const std::string mode = n.text("mode", "");
  const Dims pads = padsOf(n, 1);
  if (mode == "REFLECT")
    return {n.to.make(ops::pad, {n.in(0)}, {attr::pads(pads), attr::mode("reflect")})};
  if (mode != "SYMMETRIC")
    n.fail("mode", fmt::format("mode is '{}', expected REFLECT or SYMMETRIC", mode));
  Value *x = n.in(0);
  const size_t rank = pads.size() / 2;
  for (size_t axis = 0; axis < rank; ++axis) {
    const Dim extent = x->type.dim(axis), before = pads[axis], after = pads[rank + axis];
    std::vector<Value *> all;
    if (!before.isNumber(0))
      all.push_back(compose::sliceAxis(n.to, x, axis, before - 1, before, -1));
    all.push_back(x);
    if (!after.isNumber(0))
      all.push_back(compose::sliceAxis(n.to, x, axis, extent - 1, after, -1));
    x = compose::concat(n.to, all, axis);
  }
  return {x};
}

Items tile(const NodeView &n) {
  return {n.to.make(ops::tile, {n.in(0)}, {attr::repeats(n.contents(1, "the repeats"))})};
}

Items reverse(const NodeView &n) {
  Dims starts(n.rank(0), Dim(0));
  Ints steps(n.rank(0), 1);
  for (const int64_t axis : n.axes(n.knownInts(1, "the axes"), n.rank(0))) {
    const auto a = static_cast<size_t>(axis);
    starts[a] = n.shape(0)[a] - 1;
    steps[a] = -1;
  }
  return {n.to.make(ops::slice, {n.in(0)},
                    {attr::starts(starts), attr::steps(steps), attr::shape(n.shape(0))})};
}

/// Element i comes to i + shift.
Items roll(const NodeView &n) {
  Value *x = n.in(0);
  const Ints shifts = n.knownInts(1, "the shift"), axes = n.knownInts(2, "the axis");
  if (shifts.size() != axes.size())
    n.fail("shape", fmt::format("{} shifts for {} axes", shifts.size(), axes.size()));
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(n.axis(axes[i], n.rank(0)));
    const Dim extent = n.shape(0)[axis];
    if (!extent.isNumber())
      n.unsupported("symbolic", fmt::format("axis {} of extent {} is rolled", axis, extent.text()),
                    "fix the symbol with --dim");
    const int64_t length = extent.number(),
                  by = length == 0 ? 0 : (shifts[i] % length + length) % length;
    if (by != 0)
      x = compose::concat(n.to,
                          {compose::sliceAxis(n.to, x, axis, length - by, by),
                           compose::sliceAxis(n.to, x, axis, 0, length - by)},
                          axis);
  }
  return {x};
}

// ---- sequences of numbers ----

Items range(const NodeView &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.element(0);
  if (ir::isFloat(e)) {
    const double from = n.constantNumber(0, "the start"), end = n.constantNumber(1, "the limit"),
                 step = n.constantNumber(2, "the step");
    if (step == 0)
      n.fail("range", "the step is 0");
    const auto count = static_cast<int64_t>(std::max(std::ceil((end - from) / step), 0.0));
    return {is.add(is.mul(compose::iota(n.to, e, {count}), step), from)};
  }
  const Dim from = n.contents(0, "the start").at(0), end = n.contents(1, "the limit").at(0);
  const int64_t step = n.knownInt(2, "the step");
  if (step == 0)
    n.fail("range", "the step is 0");
  const Dim count = max(step > 0 ? ceilDiv(end - from, step) : ceilDiv(from - end, -step), 0);
  Value *y = compose::iota(n.to, e, {count});
  if (step != 1)
    y = is.mul(y, static_cast<double>(step));
  if (!from.isNumber(0))
    y = is.add(y, compose::cast(n.to, compose::scalarOf(n.to, n.to.extents({from})), e));
  if (from.isNumber() && end.isNumber() &&
      count.number() <= static_cast<int64_t>(ir::kMostContents)) {
    Dims known;
    for (int64_t i = 0; i < count.number(); ++i)
      known.emplace_back(from.number() + i * step);
    y->setContents(std::move(known));
  }
  return {y};
}

Items linSpace(const NodeView &n) {
  const compose::Arith is{n.to};
  const int64_t count = n.knownInt(2, "the number of elements");
  const ElementType e = n.element(0);
  Value *from = compose::scalarOf(n.to, n.in(0)), *end = compose::scalarOf(n.to, n.in(1));
  if (count < 1)
    n.fail("shape", fmt::format("the number of elements is {}, expected at least 1", count));
  Value *step = is.div(is.sub(end, from), static_cast<double>(std::max<int64_t>(count - 1, 1)));
  return {is.add(is.mul(compose::iota(n.to, e, {count}), step), from)};
}

// ---- blocks ----

/// [n, h, w, c * b * b] and [n, h * b, w * b, c]; channels last.
Items depthToSpace(const NodeView &n) {
  const int64_t b = n.integer("block_size", 2);
  const bool first = channelsFirst(n);
  Value *x = first ? compose::toChannelsLast(n.to, n.in(0)) : n.in(0);
  if (b < 1 || x->type.rank() != 4)
    n.fail("shape", fmt::format("block_size is {} and the rank {}, expected at least 1 and 4", b,
                                x->type.rank()));
  const ir::Shape s = x->type.shape();
  const Dim c = floorDiv(s[3], b * b);
  Value *y = compose::reshape(n.to, x, {s[0], s[1], s[2], b, b, c});
  y = compose::transpose(n.to, y, {0, 1, 3, 2, 4, 5});
  y = compose::reshape(n.to, y, {s[0], s[1] * Dim(b), s[2] * Dim(b), c});
  return {first ? compose::toChannelsFirst(n.to, y) : y};
}
Items spaceToDepth(const NodeView &n) {
  const int64_t b = n.integer("block_size", 2);
  const bool first = channelsFirst(n);
  Value *x = first ? compose::toChannelsLast(n.to, n.in(0)) : n.in(0);
  if (b < 1 || x->type.rank() != 4)
    n.fail("shape", fmt::format("block_size is {} and the rank {}, expected at least 1 and 4", b,
                                x->type.rank()));
  const ir::Shape s = x->type.shape();
  const Dim h = floorDiv(s[1], b), w = floorDiv(s[2], b);
  Value *y = compose::reshape(n.to, x, {s[0], h, b, w, b, s[3]});
  y = compose::transpose(n.to, y, {0, 1, 3, 2, 4, 5});
  y = compose::reshape(n.to, y, {s[0], h, w, s[3] * Dim(b * b)});
  return {first ? compose::toChannelsFirst(n.to, y) : y};
}

/// Padded, then blocks of the axes from 1 on into the batch: what dilated convolutions were.
Items spaceToBatch(const NodeView &n) {
  const Ints block = n.knownInts(1, "the block");
  const Dims pairs = n.contents(2, "the padding");
  const size_t rank = n.rank(0), m = block.size();
  if (pairs.size() != 2 * m || rank < m + 1)
    n.fail("shape", fmt::format("{} axes of blocks for rank {}", m, rank));
  Dims pads(2 * rank, Dim(0));
  for (size_t i = 0; i < m; ++i) {
    pads[1 + i] = pairs[2 * i];
    pads[rank + 1 + i] = pairs[2 * i + 1];
  }
  Value *x = n.to.make(ops::pad, {n.in(0)}, {attr::pads(pads), attr::mode("constant")});
  const ir::Shape s = x->type.shape();
  Dims split = {s[0]}, out = {s[0] * Dim(std::accumulate(block.begin(), block.end(), int64_t{1},
                                                         std::multiplies<>{}))};
  Ints perm;
  for (size_t i = 0; i < m; ++i) {
    split.push_back(floorDiv(s[1 + i], block[i]));
    split.emplace_back(block[i]);
    out.push_back(floorDiv(s[1 + i], block[i]));
    perm.push_back(static_cast<int64_t>(2 + 2 * i));
  }
  perm.push_back(0);
  for (size_t i = 0; i < m; ++i)
    perm.push_back(static_cast<int64_t>(1 + 2 * i));
  for (size_t i = 1 + m; i < rank; ++i) {
    split.push_back(s[i]);
    out.push_back(s[i]);
    perm.push_back(static_cast<int64_t>(m + i));
  }
  return {compose::reshape(n.to, compose::transpose(n.to, compose::reshape(n.to, x, split), perm),
                           out)};
}

Items batchToSpace(const NodeView &n) {
  const Ints block = n.knownInts(1, "the block");
  const Dims crops = n.contents(2, "the crops");
  const size_t rank = n.rank(0), m = block.size();
  if (crops.size() != 2 * m || rank < m + 1)
    n.fail("shape", fmt::format("{} axes of blocks for rank {}", m, rank));
  const ir::Shape s = n.shape(0);
  const Dim batch =
      floorDiv(s[0], std::accumulate(block.begin(), block.end(), int64_t{1}, std::multiplies<>{}));
  Dims split(block.begin(), block.end()), out = {batch};
  split.push_back(batch);
  Ints perm = {static_cast<int64_t>(m)};
  for (size_t i = 0; i < m; ++i) {
    perm.push_back(static_cast<int64_t>(m + 1 + i));
    perm.push_back(static_cast<int64_t>(i));
    out.push_back(s[1 + i] * Dim(block[i]));
  }
  for (size_t i = 1; i < rank; ++i) {
    split.push_back(s[i]);
    if (i > m) {
      perm.push_back(static_cast<int64_t>(m + i));
      out.push_back(s[i]);
    }
  }
  Value *y = compose::reshape(
      n.to, compose::transpose(n.to, compose::reshape(n.to, n.in(0), split), perm), out);
  for (size_t i = 0; i < m; ++i)
    if (!crops[2 * i].isNumber(0) || !crops[2 * i + 1].isNumber(0))
      y = compose::sliceAxis(n.to, y, 1 + i, crops[2 * i],
                             y->type.dim(1 + i) - crops[2 * i] - crops[2 * i + 1]);
  return {y};
}

// clang-format off
constexpr Lowering kShape[] = {
    {"BatchToSpaceND", batchToSpace}, {"BroadcastArgs", broadcastArgs}, {"BroadcastTo", broadcastTo},
    {"Concat", concat}, {"ConcatV2", concat2}, {"DepthToSpace", depthToSpace},
    {"ExpandDims", expandDims}, {"Fill", fill}, {"LinSpace", linSpace}, {"MirrorPad", mirrorPad},
    {"Pack", pack}, {"Pad", pad}, {"PadV2", pad2}, {"Range", range}, {"Rank", rank},
    {"Reshape", reshape}, {"ReverseV2", reverse}, {"Roll", roll}, {"Shape", shape},
    {"ShapeN", shapeN}, {"Size", size}, {"SpaceToBatchND", spaceToBatch},
    {"SpaceToDepth", spaceToDepth}, {"Split", split}, {"SplitV", splitV}, {"Squeeze", squeeze},
    {"Tile", tile}, {"Transpose", transpose}, {"Unpack", unpack},
};
// clang-format on

} // namespace

std::span<const Lowering> shapeLowerings() { return kShape; }

} // namespace burin::savedmodel
