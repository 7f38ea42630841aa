// SPDX-License-Identifier: Apache-2.0
//
// A window of a tensor: slices, which take less, and padding, which takes more.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

// ---- slices ----

constexpr int64_t kFar = int64_t{1} << 40; ///< beyond it a bound means "to the end"

/// A bound of a slice as a place in [low, extent + high].
Dim sliceBound(const NodeView &n, const Dim &given, const Dim &extent, int64_t low, int64_t high) {
  if (given.isNumber() && given.number() >= kFar)
    return extent + high;
  if (given.isNumber() && given.number() <= -kFar)
    return low;
  Dim at = given;
  if (isNonNegative(Dim(-1) - given))
    at = given + extent;
  else if (!isNonNegative(given))
    n.unsupported("symbolic",
                  fmt::format("a bound of the slice is {}, which may be on either side "
                              "of 0",
                              given.text()),
                  "fix the symbol with --dim");
  return max(min(at, extent + high), low);
}

Values sliceBy(const NodeView &n, const Dims &starts, const Dims &ends, const Ints &axes,
               const Ints &steps) {
  if (starts.size() != ends.size() || starts.size() != axes.size() || starts.size() != steps.size())
    n.fail("slice", fmt::format("{} starts, {} ends, {} axes and {} steps, expected as many",
                                starts.size(), ends.size(), axes.size(), steps.size()));
  Dims begin(n.rank(0), Dim(0)), shape = n.type(0).shape();
  Ints step(n.rank(0), 1);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto a = static_cast<size_t>(n.axis(axes[i], n.rank(0)));
    const Dim &extent = n.type(0).dim(a);
    if (steps[i] == 0)
      n.fail("slice", "a step is 0");
    const bool up = steps[i] > 0;
    const Dim from = sliceBound(n, starts[i], extent, up ? 0 : -1, up ? 0 : -1);
    const Dim end = sliceBound(n, ends[i], extent, up ? 0 : -1, up ? 0 : -1);
    const int64_t by = up ? std::min(steps[i], kFar) : std::min(-std::max(steps[i], -kFar), kFar);
    shape[a] = max(up ? ceilDiv(end - from, by) : ceilDiv(from - end, by), 0);
    begin[a] = from;
    step[a] = up ? by : -by;
  }
  return {n.to.make(ops::slice, {n.in(0)},
                    {attr::starts(begin), attr::steps(step), attr::shape(shape)})};
}

Ints firstAxes(size_t count) {
  Ints axes(count);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

Values slice1(const NodeView &n) {
  const Ints starts = n.ints("starts", {}), ends = n.ints("ends", {});
  return sliceBy(n, Dims(starts.begin(), starts.end()), Dims(ends.begin(), ends.end()),
                 n.ints("axes", firstAxes(starts.size())), Ints(starts.size(), 1));
}

/// A vector with an element an axis: `given` at the axes, else those of `otherwise`.
Value *ofEveryAxis(const NodeView &n, Value *given, Value *axes, Value *otherwise) {
  if (!axes)
    return given;
  return n.to.make(ops::scatter_elements, {otherwise, axes, given},
                   {attr::axis(0), attr::reduction("none")});
}

/// One number as a value that the run knows and a number to add to it.
struct Offset {
  const Value *base; ///< null: none
  Dim more;
  bool operator==(const Offset &) const = default;
};
std::optional<Offset> offsetOf(const Value *v) {
  if (!v->type.count().isNumber(1))
    return std::nullopt;
  if (v->contents())
    return Offset{nullptr, v->contents()->at(0)};
  const ir::Op *op = v->def();
  if (op && (op->is(ops::reshape) || op->is(ops::cast)))
    return offsetOf(op->operand(0));
  if (op && (op->is(ops::add) || op->is(ops::sub))) {
    const std::optional<Offset> a = offsetOf(op->operand(0)), b = offsetOf(op->operand(1));
    if (a && b && (!b->base || (!a->base && op->is(ops::add))))
      return Offset{a->base ? a->base : b->base,
                    op->is(ops::add) ? a->more + b->more : a->more - b->more};
  }
  return Offset{v, 0};
}

/// The shape of a slice whose bounds the run computes: what is between them if they are at a known
/// distance, what the model declares, or an extent that the run finds.
Dims sliceShape(const NodeView &n) {
  const bool moves = !n.has(4) || (n.knows(4) && n.contents(4, "the steps").size() == 1 &&
                                   n.contents(4, "the steps")[0].isNumber(1));
  if (moves && n.has(3) && n.knows(3) && n.type(3).count().isNumber(1) &&
      n.contents(3, "the axes")[0].isNumber()) {
    const std::optional<Offset> from = offsetOf(n.in(1)), end = offsetOf(n.in(2));
    if (from && end && from->base && from->base == end->base) {
      Dims shape = n.type(0).shape();
      shape[static_cast<size_t>(n.axis(n.contents(3, "the axes")[0].number(), n.rank(0)))] =
          end->more - from->more;
      return shape;
    }
  }
  if (moves && !n.has(3) && n.type(1).count().isNumber(1)) {
    const std::optional<Offset> from = offsetOf(n.in(1)), end = offsetOf(n.in(2));
    if (from && end && from->base && from->base == end->base && n.rank(0) > 0) {
      Dims shape = n.type(0).shape();
      shape[0] = end->more - from->more;
      return shape;
    }
  }
  if (const std::optional<Dims> declared = n.declared())
    return *declared;
  Dims shape = n.type(0).shape();
  for (size_t i = 0; i < shape.size(); ++i) {
    bool cut = !n.has(3) && (!n.type(1).dim(0).isNumber() ||
                             n.type(1).dim(0).number() > static_cast<int64_t>(i));
    if (n.has(3) && !n.knows(3))
      cut = true;
    else if (n.has(3))
      for (const int64_t a : n.knownInts(3, "the axes"))
        cut = cut || n.axis(a, shape.size()) == static_cast<int64_t>(i);
    if (cut)
      shape[i] = n.newExtent("sliced", shape[i]);
  }
  return shape;
}

Values sliceAtRunTime(const NodeView &n) {
  const Dims shape = sliceShape(n);
  const auto rank = static_cast<double>(n.rank(0));
  const compose::Arith is{n.to};
  Value *starts = n.vector(1), *ends = n.vector(2);
  if (shape.size() != n.rank(0))
    n.fail("shape",
           fmt::format("the declared result has rank {}, expected {}", shape.size(), n.rank(0)));
  Value *axes = n.has(3) ? is.mod(n.vector(3), rank) : nullptr;
  if (!axes && !starts->type.dim(0).isNumber(static_cast<int64_t>(n.rank(0)))) {
    if (!starts->type.dim(0).isNumber())
      n.unsupported("runtime-shape", "the number of bounds is not known");
    axes = n.to.ints(firstAxes(static_cast<size_t>(starts->type.dim(0).number())));
  }
  Value *extents = n.to.extents(n.type(0).shape());
  const bool ones =
      !n.has(4) || (n.knows(4) && std::ranges::all_of(n.contents(4, "the steps"),
                                                      [](const Dim &d) { return d.isNumber(1); }));
  Value *const each = n.to.ints(Ints(n.rank(0), 1)), *const zeros = n.to.ints(Ints(n.rank(0), 0));
  Value *step = ones ? each : ofEveryAxis(n, n.vector(4), axes, each);
  starts = ofEveryAxis(n, starts, axes, zeros);
  ends = ofEveryAxis(n, ends, axes, extents);
  // As numpy does it: from the end if negative, then inside.
  Value *back = is.less(step, 0.0), *low = is.where(back, -1.0, zeros);
  Value *high = is.add(extents, low);
  const auto place = [&](Value *at) {
    return is.min(is.max(is.where(is.less(at, 0.0), is.add(at, extents), at), low), high);
  };
  starts = place(starts);
  Value *span = is.add(is.sub(place(ends), starts), is.sub(step, is(ops::sign, step)));
  n.require(is.max(is.div(span, step), 0.0), shape);
  if (ones)
    return {n.to.make(ops::slice_at, {n.in(0), starts},
                      {attr::steps(Ints(n.rank(0), 1)), attr::shape(shape)})};
  Value *out = n.in(0);
  for (size_t i = 0; i < n.rank(0); ++i) {
    const auto axis = static_cast<int64_t>(i);
    Value *places = is.add(is.mul(compose::iota(n.to, ElementType::i64, {shape[i]}),
                                  compose::element(n.to, step, axis)),
                           compose::element(n.to, starts, axis));
    out = compose::take(n.to, out, places, i);
  }
  return {out};
}

Values slice10(const NodeView &n) {
  for (size_t i = 1; i < 5; ++i)
    if (n.has(i) && !n.knows(i))
      return sliceAtRunTime(n);
  const Dims starts = n.contents(1, "the starts"), ends = n.contents(2, "the ends");
  return sliceBy(n, starts, ends, n.has(3) ? n.knownInts(3, "the axes") : firstAxes(starts.size()),
                 n.has(4) ? n.knownInts(4, "the steps") : Ints(starts.size(), 1));
}

// ---- padding ----

/// Pads with begins that the run computes: every element by its place in x.
Value *padAtRunTime(const NodeView &n, Value *begins, const Dims &shape, const std::string &mode,
                    Value *value) {
  const compose::Arith is{n.to};
  Value *out = n.in(0), *inside = nullptr;
  for (size_t i = 0; i < shape.size(); ++i) {
    const Dim &extent = n.type(0).dim(i);
    Value *length = compose::scalarOf(n.to, n.to.extents({extent}));
    Value *last = is.sub(length, 1.0);
    Value *at = is.sub(compose::iota(n.to, ElementType::i64, {shape[i]}),
                       compose::element(n.to, begins, static_cast<int64_t>(i)));
    if (mode == "constant") {
      Value *in = compose::perAxis(n.to, is.both(is.lessEqual(0.0, at), is.less(at, length)), i,
                                   shape.size());
      inside = inside ? is.both(inside, in) : in;
    } else if (mode == "wrap") {
      at = is.mod(at, length);
    } else if (mode == "reflect") {
      // A walk there and back again.
      Value *there = is.mod(at, is.max(is.mul(last, 2.0), 1.0));
      at = is.min(there, is.sub(is.mul(last, 2.0), there));
    }
    out = compose::take(n.to, out, is.max(is.min(at, last), 0.0), i);
  }
  return inside ? n.to.make(ops::where,
                            {inside, out, value ? value : compose::scalarLike(n.to, out, 0)})
                : out;
}

Values padBy(const NodeView &n, const Dims &pads, const std::string &mode, Value *value) {
  if (pads.size() != 2 * n.rank(0))
    n.fail("pads", fmt::format("{} pads, expected {}", pads.size(), 2 * n.rank(0)));
  if (mode != "constant")
    value = nullptr;
  return {n.to.makeOp(ops::pad, {n.in(0), value}, {attr::pads(pads), attr::mode(mode)}).result()};
}

std::string padMode(const NodeView &n) {
  std::string mode = n.text("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && (mode != "wrap" || n.opset < 19))
    n.fail("mode", fmt::format("mode is '{}', expected constant, reflect, edge or wrap", mode));
  return mode;
}

Values pad1(const NodeView &n) {
  const Ints pads = n.ints(n.opset < 2 ? "paddings" : "pads", {});
  return padBy(n, Dims(pads.begin(), pads.end()), padMode(n),
               n.to.scalar(n.element(0), n.real("value", 0)));
}

Values pad11(const NodeView &n) {
  const std::string mode = padMode(n);
  Value *value =
      n.has(2) && n.type(2).count().isNumber(1) ? compose::scalarOf(n.to, n.in(2)) : nullptr;
  const size_t rank = n.rank(0);
  if (!n.knows(1) || (n.has(3) && !n.knows(3))) {
    const Dims shape = n.declaredFor(n.knows(1) ? 3 : 1, "the padding");
    const compose::Arith is{n.to};
    Value *pads = n.vector(1);
    const Dim half = floorDiv(pads->type.dim(0), 2);
    Value *begins = compose::sliceAxis(n.to, pads, 0, 0, half);
    Value *ends = compose::sliceAxis(n.to, pads, 0, half, half);
    if (n.has(3)) {
      Value *axes = is.mod(n.vector(3), static_cast<double>(rank));
      Value *zeros = n.to.ints(Ints(rank, 0));
      begins = ofEveryAxis(n, begins, axes, zeros);
      ends = ofEveryAxis(n, ends, axes, zeros);
    }
    n.require(is.add(is.add(n.to.extents(n.type(0).shape()), begins), ends), shape);
    return {padAtRunTime(n, begins, shape, mode, value)};
  }
  Dims given = n.contents(1, "the padding");
  if (!n.has(3))
    return padBy(n, given, mode, value);
  const Ints axes = n.knownInts(3, "the axes");
  if (given.size() != 2 * axes.size())
    n.fail("pads", fmt::format("{} pads, expected {}", given.size(), 2 * axes.size()));
  Dims pads(2 * rank, Dim(0));
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto a = static_cast<size_t>(n.axis(axes[i], rank));
    pads[a] = given[i];
    pads[rank + a] = given[axes.size() + i];
  }
  return padBy(n, pads, mode, value);
}

Values centerCropPad(const NodeView &n) {
  const Ints axes = n.axes(n.ints("axes", firstAxes(n.rank(0))), n.rank(0));
  const Ints given = n.ints("axes", axes); // the order of the extents
  Dims expected;
  if (!n.knows(1))
    for (const Dims shape = n.declaredFor(1, "the shape"); const int64_t a : given)
      expected.push_back(shape.at(static_cast<size_t>(n.axis(a, n.rank(0)))));
  const Dims wanted = n.contentsOr(1, "the shape", expected);
  Dims pads(2 * n.rank(0), Dim(0));
  for (size_t i = 0; i < given.size(); ++i) {
    const auto a = static_cast<size_t>(n.axis(given[i], n.rank(0)));
    const Dim more = wanted.at(i) - n.type(0).dim(a);
    // A crop begins at half of what goes, rounded down; so does padding.
    Dim before;
    if (isNonNegative(more))
      before = floorDiv(more, 2);
    else if (isNonNegative(Dim(0) - more))
      before = Dim(0) - floorDiv(Dim(0) - more, 2);
    else
      n.unsupported("symbolic", fmt::format("axis {} may be cropped or padded", a),
                    "fix the symbol with --dim");
    pads[a] = before;
    pads[n.rank(0) + a] = more - before;
  }
  return padBy(n, pads, "constant", nullptr);
}

constexpr Lowering kSlice[] = {
    {"CenterCropPad", 18, centerCropPad},
    {"Pad", 1, pad1},
    {"Pad", 11, pad11},
    {"Slice", 1, slice1},
    {"Slice", 10, slice10},
};

} // namespace

std::span<const Lowering> sliceLowerings() { return kSlice; }

} // namespace burin::onnx
