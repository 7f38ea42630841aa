// SPDX-License-Identifier: Apache-2.0
//
// Elements by index, and indices of elements.
#include "frontend/common/compose.h"
#include "frontend/onnx/unify.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

/// Indices as the IR takes them: i32 or i64.
Value *indices(const NodeView &n, size_t i) {
  const ElementType e = n.element(i);
  return e == ElementType::i32 ? n.in(i) : compose::cast(n.to, n.in(i), ElementType::i64);
}

Values gather(const NodeView &n) {
  return {n.to.make(ops::gather, {n.in(0), indices(n, 1)},
                    {attr::axis(n.axis(n.integer("axis", 0), n.rank(0)))})};
}
Values gatherElements(const NodeView &n) {
  return {n.to.make(ops::gather_elements, {n.in(0), indices(n, 1)},
                    {attr::axis(n.axis(n.integer("axis", 0), n.rank(0)))})};
}
Values gatherNd(const NodeView &n) {
  return {n.to.make(ops::gather_nd, {n.in(0), indices(n, 1)},
                    {attr::batchDims(n.integer("batch_dims", 0))})};
}

Values scatterElements(const NodeView &n) {
  return {n.to.make(ops::scatter_elements, {n.in(0), indices(n, 1), n.in(2)},
                    {attr::axis(n.axis(n.integer("axis", 0), n.rank(0))),
                     attr::reduction(n.text("reduction", "none"))})};
}
Values scatterNd(const NodeView &n) {
  Value *at = indices(n, 1), *updates = n.in(2);
  // The run may have found the extents of both, apart: it checks that they are the same.
  const ir::Shape &data = n.type(0).shape(), &places = at->type.shape();
  Dims expected = places;
  const Dim depth = places.empty() ? Dim(0) : expected.back();
  if (depth.isNumber() && depth.number() <= static_cast<int64_t>(data.size())) {
    expected.pop_back();
    expected.insert(expected.end(), data.begin() + depth.number(), data.end());
    updates = withShape(n, updates, expected);
  }
  return {n.to.make(ops::scatter_nd, {n.in(0), at, updates},
                    {attr::reduction(n.text("reduction", "none"))})};
}

/// On where the index is that of the place along the axis; one outside is on nowhere.
Values oneHot(const NodeView &n) {
  const compose::Arith is{n.to};
  const size_t rank = n.rank(0) + 1;
  const auto axis = static_cast<size_t>(n.axis(n.integer("axis", -1), rank));
  Dim depth;
  if (n.knows(1)) {
    depth = n.contents(1, "the depth").at(0);
  } else if (n.in(1)->isConstant()) {
    depth = static_cast<int64_t>(n.constantNumber(1, "the depth"));
  } else {
    depth = n.declaredFor(1, "the depth").at(axis);
    n.require(n.vector(1), {depth});
  }
  Value *index = compose::cast(n.to, n.in(0), ElementType::i64);
  Value *count = compose::scalarOf(n.to, n.to.extents({depth}));
  index = is.where(is.less(index, 0.0), is.add(index, count), index);
  Dims shape = n.type(0).shape(), line(rank, Dim(1));
  shape.insert(shape.begin() + static_cast<ptrdiff_t>(axis), Dim(1));
  line[axis] = depth;
  Value *on = is.equal(compose::reshape(n.to, index, shape),
                       compose::iota(n.to, ElementType::i64, line, axis));
  return {n.to.make(ops::where,
                    {on, compose::element(n.to, n.in(2), 1), compose::element(n.to, n.in(2), 0)})};
}

Values topkOf(const NodeView &n, const Dim &count) {
  ir::Op &op = n.to.makeOp(
      ops::topk, {n.in(0)},
      {attr::count({count}), attr::axis(n.axis(n.integer("axis", -1), n.rank(0))),
       attr::largest(n.integer("largest", 1) != 0), attr::sorted(n.integer("sorted", 1) != 0)});
  return {op.result(0), op.result(1)};
}
Values topk1(const NodeView &n) { return topkOf(n, n.integer("k", 0)); }
Values topk10(const NodeView &n) {
  Dims expected;
  const auto axis = static_cast<size_t>(n.axis(n.integer("axis", -1), n.rank(0)));
  if (!n.knows(1)) {
    const std::optional<Dims> declared = n.declared();
    expected = {declared && declared->size() == n.rank(0) ? (*declared)[axis]
                                                          : n.newExtent("k", n.type(0).dim(axis))};
  }
  return topkOf(n, n.contentsOr(1, "k", expected).at(0));
}

Values nonZero(const NodeView &n) {
  for (const ir::Op *user : n.in(0)->users()) // what is asked twice has one extent
    if (user->is(ops::nonzero) && user->parent() == &n.to.block())
      return {user->result()};
  return {n.to.make(ops::nonzero, {n.in(0)},
                    {attr::dims({n.newExtent("nonzero", n.type(0).count())})})};
}

Values compress(const NodeView &n) {
  Value *x = n.in(0);
  int64_t axis = 0;
  if (n.hasAttribute("axis"))
    axis = n.axis(n.integer("axis", 0), n.rank(0));
  else
    x = compose::reshape(n.to, x, {n.type(0).count()});
  return {n.to.make(ops::compress, {x, n.in(1)},
                    {attr::axis(axis), attr::dims({n.newExtent("compressed", n.type(1).dim(0))})})};
}

/// For each row of x [m, d] how many rows come before it in lexicographic order: equal rows have
/// equal numbers, and the order of the numbers is that of the rows.
Value *rowNumbers(const NodeView &n, Value *x) {
  const compose::Arith is{n.to};
  const Dim m = x->type.dim(0), d = x->type.dim(1);
  if (x->type.element() == ElementType::boolean)
    x = compose::cast(n.to, x, ElementType::u8);
  Value *row = compose::reshape(n.to, x, {m, 1, d}), *other = compose::reshape(n.to, x, {1, m, d});
  const auto number = [&](Value *holds) { return compose::cast(n.to, holds, ElementType::i64); };
  Value *after = is.less(other, row);
  Value *differs = number(is.either(after, is.less(row, other)));
  Value *first = n.to.make(ops::argmax, {differs}, {attr::axis(2), attr::selectLast(false)});
  Value *comesAfter = n.to.make(
      ops::gather_elements, {number(after), compose::unsqueeze(n.to, first, {2})}, {attr::axis(2)});
  return n.to.make(ops::reduce_sum, {comesAfter}, {attr::axes({1, 2})});
}

Values unique(const NodeView &n) {
  Value *x = n.in(0);
  const bool sorted = n.integer("sorted", 1) != 0;
  std::optional<int64_t> axis;
  if (n.hasAttribute("axis"))
    axis = n.axis(n.integer("axis", 0), n.rank(0));
  if (axis && n.rank(0) == 1)
    axis.reset();
  Value *keys;
  if (axis) {
    const Dim m = n.type(0).dim(static_cast<size_t>(*axis));
    Ints perm(n.rank(0));
    std::iota(perm.begin(), perm.end(), 0);
    std::rotate(perm.begin(), perm.begin() + *axis, perm.begin() + *axis + 1);
    Dims rest = n.type(0).shape();
    rest.erase(rest.begin() + *axis);
    keys = rowNumbers(
        n, compose::reshape(n.to, compose::transpose(n.to, x, perm), {m, ir::product(rest)}));
  } else {
    keys = compose::reshape(n.to, x, {n.type(0).count()});
  }
  ir::Op &op =
      n.to.makeOp(ops::unique, {keys},
                  {attr::sorted(sorted), attr::dims({n.newExtent("unique", keys->type.dim(0))})});
  Value *values =
      axis ? compose::take(n.to, x, op.result(1), static_cast<size_t>(*axis)) : op.result(0);
  return {values, op.result(1), op.result(2), op.result(3)};
}

Values reverseSequence(const NodeView &n) {
  return {n.to.make(ops::reverse_sequence, {n.in(0), indices(n, 1)},
                    {attr::axis(n.axis(n.integer("time_axis", 0), n.rank(0))),
                     attr::batchAxis(n.axis(n.integer("batch_axis", 1), n.rank(0)))})};
}

Values nonMaxSuppression(const NodeView &n) {
  const Dim most = n.type(1).count();
  const auto limit = [&](size_t i, ElementType e) {
    return n.has(i) ? compose::scalarOf(n.to, n.in(i)) : n.to.scalar(e, 0);
  };
  Value *scores = n.has(4) ? compose::scalarOf(n.to, n.in(4)) : nullptr;
  return {
      n.to.makeOp(ops::non_max_suppression,
                  {n.in(0), n.in(1), limit(2, ElementType::i64), limit(3, n.element(0)), scores},
                  {attr::centerPoint(n.integer("center_point_box", 0) != 0),
                   attr::dims({n.newExtent("chosen", most)})})
          .result()};
}

/// The cache with an update written from `write_indices` of each of the batch on.
Values tensorScatter(const NodeView &n) {
  const compose::Arith is{n.to};
  const std::string mode = n.text("mode", "linear");
  if (mode != "linear" && mode != "circular")
    n.fail("mode", fmt::format("mode is '{}', expected linear or circular", mode));
  const size_t rank = n.rank(0);
  const auto axis = static_cast<size_t>(n.axis(n.integer("axis", -2), rank));
  const Dims shape = n.type(1).shape();
  Dims line(rank, Dim(1)), batch(rank, Dim(1));
  line[axis] = shape[axis];
  batch[0] = shape[0];
  Value *at = compose::iota(n.to, ElementType::i64, line, axis);
  if (n.has(2))
    at = is.add(at, compose::reshape(n.to, n.vector(2), batch));
  if (mode == "circular")
    at = is.mod(at, compose::scalarOf(n.to, n.to.extents({n.type(0).dim(axis)})));
  return {n.to.make(ops::scatter_elements, {n.in(0), compose::expand(n.to, at, shape), n.in(1)},
                    {attr::axis(static_cast<int64_t>(axis)), attr::reduction("none")})};
}

// clang-format off
constexpr Lowering kIndex[] = {
    {"Compress", 9, compress}, {"Gather", 1, gather}, {"GatherElements", 11, gatherElements}, {"GatherND", 11, gatherNd}, {"NonMaxSuppression", 10, nonMaxSuppression},
    {"NonZero", 9, nonZero}, {"OneHot", 9, oneHot}, {"ReverseSequence", 10, reverseSequence}, {"Scatter", 9, scatterElements}, {"ScatterElements", 11, scatterElements},
    {"ScatterND", 11, scatterNd}, {"TensorScatter", 24, tensorScatter}, {"TopK", 1, topk1}, {"TopK", 10, topk10}, {"Unique", 11, unique},
};
// clang-format on

} // namespace

std::span<const Lowering> indexLowerings() { return kIndex; }

} // namespace burin::onnx
