// SPDX-License-Identifier: Apache-2.0
//
// Reductions and running sums.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"

#include <fmt/format.h>
#include <limits>

namespace burin::savedmodel {
namespace {

/// Along the axes of operand 1; the axes stay with extent 1 if keep_dims says so.
Value *reduced(const NodeView &n, const ir::OpDef &def, Value *x) {
  const Ints axes = n.axes(n.knownInts(1, "the axes"), n.rank(0));
  if (axes.empty())
    return x;
  return n.flag("keep_dims", false) ? compose::reduceKeep(n.to, def, x, axes)
                                    : n.to.make(def, {x}, {attr::axes(axes)});
}
template <const ir::OpDef &def> Items reduce(const NodeView &n) {
  return {reduced(n, def, n.in(0))};
}

Items euclideanNorm(const NodeView &n) {
  Value *square = n.to.make(ops::mul, {n.in(0), n.in(0)});
  return {n.to.make(ops::sqrt, {reduced(n, ops::reduce_sum, square)})};
}

template <const ir::OpDef &def> Items arg(const NodeView &n) {
  const int64_t axis = n.axis(n.knownInt(1, "the axis"), n.rank(0));
  Value *x = n.element(0) == ElementType::boolean ? compose::cast(n.to, n.in(0), ElementType::u8)
                                                  : n.in(0);
  Value *index = n.to.make(def, {x}, {attr::axis(axis), attr::selectLast(false)});
  return {compose::cast(n.to, index, n.elementType("output_type", DataType::i64))};
}

template <const ir::OpDef &def> Items cumulative(const NodeView &n) {
  return {n.to.make(def, {n.in(0)},
                    {attr::axis(n.axis(n.knownInt(1, "the axis"), n.rank(0))),
                     attr::exclusive(n.flag("exclusive", false)),
                     attr::reverse(n.flag("reverse", false))})};
}

/// The rows of data of each segment together. A negative segment has none: its rows go to one more
/// at the end, which is dropped.
Value *segments(const NodeView &n, const Dim &count, double start, std::string_view how) {
  const compose::Arith is{n.to};
  const ir::Shape &data = n.shape(0), &ids = n.shape(1);
  if (data.size() < ids.size())
    n.fail("rank",
           fmt::format("the data have rank {} and the segments {}", data.size(), ids.size()));
  Dims rest(data.begin() + static_cast<ptrdiff_t>(ids.size()), data.end());
  const Dim rows = ir::product(ids);
  Dims from = rest, to = rest, out = rest;
  from.insert(from.begin(), rows);
  to.insert(to.begin(), count + 1);
  Value *segment = n.vector(1);
  Value *last = compose::scalarOf(n.to, n.to.extents({count}));
  segment = is.where(is.less(segment, 0.0), last, segment);
  Value *y =
      n.to.make(ops::scatter_nd,
                {compose::full(n.to, n.element(0), start, to),
                 compose::reshape(n.to, segment, {rows, 1}), compose::reshape(n.to, n.in(0), from)},
                {attr::reduction(std::string(how))});
  return compose::sliceAxis(n.to, y, 0, 0, count);
}
Items unsortedSegmentSum(const NodeView &n) {
  return {segments(n, n.contents(2, "the number of segments").at(0), 0, "add")};
}
Items unsortedSegmentProd(const NodeView &n) {
  return {segments(n, n.contents(2, "the number of segments").at(0), 1, "mul")};
}
/// The lowest, or the highest, number of an element type: what an empty segment has.
double limitOf(const NodeView &n, bool lowest) {
  const ElementType e = n.element(0);
  switch (e) {
  case ElementType::f32:
    return lowest ? std::numeric_limits<float>::lowest() : std::numeric_limits<float>::max();
  case ElementType::f64:
    return lowest ? std::numeric_limits<double>::lowest() : std::numeric_limits<double>::max();
  case ElementType::i32:
    return lowest ? std::numeric_limits<int32_t>::lowest() : std::numeric_limits<int32_t>::max();
  default:
    n.unsupported("element", fmt::format("segments of {}", ir::name(e)), "cast to f32 or i32");
  }
}
Items unsortedSegmentMax(const NodeView &n) {
  return {segments(n, n.contents(2, "the number of segments").at(0), limitOf(n, true), "max")};
}
Items unsortedSegmentMin(const NodeView &n) {
  return {segments(n, n.contents(2, "the number of segments").at(0), limitOf(n, false), "min")};
}
Items segmentSum(const NodeView &n) {
  const Ints ids = n.knownInts(1, "the segments");
  return {segments(n, ids.empty() ? 0 : ids.back() + 1, 0, "add")};
}

/// How often each number below `size` is there, or the sum of its weights; [n] or rows of [b, n].
Items bincount(const NodeView &n) {
  const compose::Arith is{n.to};
  const Dim size = n.contents(1, "the number of bins").at(0);
  const bool isDense = n.node.op == "DenseBincount";
  if (n.rank(0) > 2 && isDense)
    n.fail("rank", fmt::format("the input has rank {}, expected 1 or 2", n.rank(0)));
  Value *x = compose::cast(n.to, n.in(0), ElementType::i64);
  if (!isDense || n.rank(0) == 0)
    x = compose::reshape(n.to, x, {n.type(0).count()});
  const auto last = static_cast<int64_t>(x->type.rank());
  Dims bins(x->type.rank() + 1, Dim(1));
  bins.back() = size;
  Value *is1 = is.equal(compose::unsqueeze(n.to, x, {last}),
                        compose::iota(n.to, ElementType::i64, bins, bins.size() - 1));
  const ElementType e = n.element(2);
  if (n.flag("binary_output", false))
    return {compose::cast(n.to, n.to.make(ops::reduce_max, {is1}, {attr::axes({last - 1})}), e)};
  Value *each = compose::cast(n.to, is1, e);
  if (!n.type(2).count().isNumber(0)) // none: each counts 1
    each = is.mul(
        each, compose::unsqueeze(n.to, compose::reshape(n.to, n.in(2), x->type.shape()), {last}));
  return {n.to.make(ops::reduce_sum, {each}, {attr::axes({last - 1})})};
}

/// How many boundaries are not above each element.
Items bucketize(const NodeView &n) {
  const compose::Arith is{n.to};
  const bool isDouble = n.element(0) == ElementType::f64;
  Value *x = isDouble ? n.in(0) : compose::cast(n.to, n.in(0), ElementType::f32);
  Value *y = nullptr;
  for (const double boundary : n.reals("boundaries")) {
    Value *above = compose::cast(n.to, is.lessEqual(boundary, x), ElementType::i32);
    y = y ? is.add(y, above) : above;
  }
  return {y ? y : compose::full(n.to, ElementType::i32, 0, n.shape(0))};
}

// clang-format off
constexpr Lowering kReduce[] = {
    {"All", reduce<ops::reduce_min>}, {"Any", reduce<ops::reduce_max>}, {"ArgMax", arg<ops::argmax>},
    {"ArgMin", arg<ops::argmin>}, {"Bincount", bincount}, {"Bucketize", bucketize}, {"Cumprod", cumulative<ops::cumprod>},
    {"Cumsum", cumulative<ops::cumsum>}, {"DenseBincount", bincount}, {"EuclideanNorm", euclideanNorm},
    {"Max", reduce<ops::reduce_max>}, {"Mean", reduce<ops::reduce_mean>},
    {"Min", reduce<ops::reduce_min>}, {"Prod", reduce<ops::reduce_prod>},
    {"SegmentSum", segmentSum}, {"Sum", reduce<ops::reduce_sum>},
    {"UnsortedSegmentMax", unsortedSegmentMax}, {"UnsortedSegmentMin", unsortedSegmentMin},
    {"UnsortedSegmentProd", unsortedSegmentProd}, {"UnsortedSegmentSum", unsortedSegmentSum},
};
// clang-format on

} // namespace

std::span<const Lowering> reduceLowerings() { return kReduce; }

} // namespace burin::savedmodel
