// SPDX-License-Identifier: Apache-2.0
//
// Windows of a tensor: Slice, and StridedSlice with its masks.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"

#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

/// A bound of a slice as a place in [low, extent + high].
Dim boundOf(const NodeView &n, const Dim &given, const Dim &extent, int64_t low, int64_t high) {
  Dim at = given;
  if (isNonNegative(Dim(-1) - given))
    at = given + extent;
  else if (!isNonNegative(given))
    n.unsupported(
        "symbolic",
        fmt::format("a bound of the slice is {}, which may be on either side of 0", given.text()),
        "fix the symbol with --dim");
  return max(min(at, extent + high), low);
}

/// Where only the run knows where the slice begins.
Value *sliceAt(const NodeView &n, Value *starts, const Dims &shape) {
  return n.to.make(ops::slice_at, {n.in(0), starts},
                   {attr::steps(Ints(shape.size(), 1)), attr::shape(shape)});
}

Items slice(const NodeView &n) {
  Dims sizes = n.contents(2, "the sizes");
  if (sizes.size() != n.rank(0))
    n.fail("shape", fmt::format("there are {} sizes for rank {}", sizes.size(), n.rank(0)));
  if (!n.knows(1)) {
    for (size_t i = 0; i < sizes.size(); ++i)
      if (sizes[i].isNumber(-1))
        n.unsupported("runtime-shape", "a slice from where only the run knows to the end",
                      "give it a constant size");
    return {sliceAt(n, n.vector(1), sizes)};
  }
  const Dims starts = n.contents(1, "the beginning");
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i].isNumber(-1))
      sizes[i] = n.shape(0)[i] - starts.at(i);
  return {
      n.to.make(ops::slice, {n.in(0)},
                {attr::starts(starts), attr::steps(Ints(sizes.size(), 1)), attr::shape(sizes)})};
}

/// An entry of the specification of a StridedSlice, in the order of the axes of x.
struct Entry {
  size_t at;  ///< in begin, end and strides
  bool whole; ///< of an ellipsis
  bool shrinks, opensBegin, opensEnd;
};

struct Specification {
  std::vector<Entry> entries; ///< one an axis of x
  std::vector<size_t> layout; ///< the axes of the result: one of x, or kNew
};
constexpr size_t kNew = SIZE_MAX;

Specification specificationOf(const NodeView &n, size_t count) {
  const int64_t begin = n.integer("begin_mask", 0), end = n.integer("end_mask", 0),
                ellipsis = n.integer("ellipsis_mask", 0), added = n.integer("new_axis_mask", 0),
                shrunk = n.integer("shrink_axis_mask", 0);
  const auto has = [](int64_t mask, size_t i) { return (mask >> i & 1) != 0; };
  if (count > 63)
    n.fail("slice", fmt::format("the specification has {} entries", count));
  size_t own = 0, numNew = 0; // entries that take an axis of x
  bool open = false;
  for (size_t i = 0; i < count; ++i) {
    const bool isEllipsis = has(ellipsis, i);
    if (isEllipsis && open)
      n.fail("slice", "the specification has two ellipses");
    open = open || isEllipsis;
    numNew += !isEllipsis && has(added, i);
    own += !isEllipsis && !has(added, i);
  }
  if (own > n.rank(0))
    n.fail("slice", fmt::format("{} axes are cut, and the input has rank {}", own, n.rank(0)));
  size_t left = n.rank(0) - own; // of the ellipsis, which stands at the end if it is not written
  Specification s;
  const auto takeRest = [&](size_t i) {
    for (; left > 0; --left) {
      s.layout.push_back(s.entries.size());
      s.entries.push_back({i, true, false, true, true});
    }
  };
  for (size_t i = 0; i < count; ++i) {
    if (has(ellipsis, i)) {
      takeRest(i);
    } else if (has(added, i)) {
      s.layout.push_back(kNew);
    } else {
      if (!has(shrunk, i))
        s.layout.push_back(s.entries.size());
      s.entries.push_back({i, false, has(shrunk, i), has(begin, i), has(end, i)});
    }
  }
  takeRest(count);
  return s;
}

/// The cut-out of every axis, with an extent of 1 where the axis shrinks.
Value *cut(const NodeView &n, const Specification &s) {
  const Dims begin = n.contents(1, "the beginning"), end = n.contents(2, "the end");
  const Ints strides = n.knownInts(3, "the strides");
  Dims starts, shape;
  Ints steps;
  for (size_t axis = 0; axis < s.entries.size(); ++axis) {
    const Entry &e = s.entries[axis];
    const Dim &extent = n.shape(0)[axis];
    const int64_t step = e.whole ? 1 : strides.at(e.at);
    if (step == 0)
      n.fail("slice", "a stride is 0");
    if (e.shrinks) {
      starts.push_back(boundOf(n, begin.at(e.at), extent, 0, -1));
      if (begin[e.at].isNumber() && extent.isNumber() &&
          (begin[e.at].number() >= extent.number() || begin[e.at].number() < -extent.number()))
        n.fail("slice", fmt::format("element {} of axis {} is taken, which has the extent {}",
                                    begin[e.at].number(), axis, extent.number()));
      shape.emplace_back(1);
      steps.push_back(1);
      continue;
    }
    const bool up = step > 0;
    const int64_t low = up ? 0 : -1, high = up ? 0 : -1;
    const Dim from =
        e.opensBegin ? (up ? Dim(0) : extent - 1) : boundOf(n, begin.at(e.at), extent, low, high);
    const Dim until =
        e.opensEnd ? (up ? extent : Dim(-1)) : boundOf(n, end.at(e.at), extent, low, high);
    starts.push_back(from);
    steps.push_back(step);
    shape.push_back(max(up ? ceilDiv(until - from, step) : ceilDiv(from - until, -step), 0));
  }
  return n.to.make(ops::slice, {n.in(0)},
                   {attr::starts(starts), attr::steps(steps), attr::shape(shape)});
}

/// x[i] and the like, where i is known at run time only: everything else is whole or one element.
Value *cutAt(const NodeView &n, const Specification &s) {
  const compose::Arith is{n.to};
  const Ints strides = n.knownInts(3, "the strides");
  Value *begin = n.vector(1);
  std::vector<Value *> starts;
  Dims shape;
  for (size_t axis = 0; axis < s.entries.size(); ++axis) {
    const Entry &e = s.entries[axis];
    const Dim &extent = n.shape(0)[axis];
    if (e.shrinks) {
      Value *at = compose::sliceAxis(n.to, begin, 0, static_cast<int64_t>(e.at), 1);
      Value *more = n.to.extents({extent});
      starts.push_back(is.where(is.less(at, 0.0), is.add(at, more), at));
      shape.emplace_back(1);
    } else if (e.whole || (e.opensBegin && e.opensEnd && strides.at(e.at) == 1)) {
      starts.push_back(n.to.ints({0}));
      shape.push_back(extent);
    } else {
      n.unsupported("runtime-shape",
                    fmt::format("axis {} is cut between places that only the run knows, or in "
                                "steps where another is",
                                axis),
                    "make the bounds constants, or cut the axes one after the other");
    }
  }
  if (starts.empty())
    return n.in(0);
  return sliceAt(n, compose::concat(n.to, starts, 0), shape);
}

Items stridedSlice(const NodeView &n) {
  const Dim count = n.type(1).count();
  if (!count.isNumber())
    n.unsupported("runtime-shape", "the number of axes that are cut is not known");
  const Specification s = specificationOf(n, static_cast<size_t>(count.number()));
  Value *y = n.knows(1) && n.knows(2) ? cut(n, s) : cutAt(n, s);
  Dims shape;
  for (const size_t axis : s.layout)
    shape.push_back(axis == kNew ? Dim(1) : y->type.dim(axis));
  return {compose::reshape(n.to, y, shape)};
}

constexpr Lowering kSlice[] = {{"Slice", slice}, {"StridedSlice", stridedSlice}};

} // namespace

std::span<const Lowering> sliceLowerings() { return kSlice; }

} // namespace burin::savedmodel
