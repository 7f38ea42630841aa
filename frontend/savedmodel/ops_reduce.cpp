// SPDX-License-Identifier: Apache-2.0
//
// Reductions and running sums.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"

#include <fmt/format.h>

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
Items segmentSum(const NodeView &n) {
  const Ints ids = n.knownInts(1, "the segments");
  return {segments(n, ids.empty() ? 0 : ids.back() + 1, 0, "add")};
}

/// How many boundaries are not above each element.
Items bucketize(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *x = compose::cast(n.to, n.in(0), ElementType::f32);
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
    {"ArgMin", arg<ops::argmin>}, {"Bucketize", bucketize}, {"Cumprod", cumulative<ops::cumprod>},
    {"Cumsum", cumulative<ops::cumsum>}, {"EuclideanNorm", euclideanNorm},
    {"Max", reduce<ops::reduce_max>}, {"Mean", reduce<ops::reduce_mean>},
    {"Min", reduce<ops::reduce_min>}, {"Prod", reduce<ops::reduce_prod>},
    {"SegmentSum", segmentSum}, {"Sum", reduce<ops::reduce_sum>},
    {"UnsortedSegmentProd", unsortedSegmentProd}, {"UnsortedSegmentSum", unsortedSegmentSum},
};
// clang-format on

} // namespace

std::span<const Lowering> reduceLowerings() { return kReduce; }

} // namespace burin::savedmodel
