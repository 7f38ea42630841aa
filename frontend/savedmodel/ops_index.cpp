// SPDX-License-Identifier: Apache-2.0
//
// Elements by index, and indices of elements.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::savedmodel {
namespace {

/// Indices as the IR takes them: i32 or i64.
Value *indices(const NodeView &n, size_t i) {
  return n.element(i) == ElementType::i32 ? n.in(i)
                                          : compose::cast(n.to, n.in(i), ElementType::i64);
}

/// What lies outside is an error in TensorFlow, too, unless the node wants it left out.
void refuseBadIndices(const NodeView &n) {
  if (const std::string policy = n.text("bad_indices_policy", ""); policy == "IGNORE")
    n.unsupported("index", "indices outside of the tensor are ignored (bad_indices_policy)",
                  "leave bad_indices_policy at its default");
}

// ---- gathering ----

/// With common axes in front of both: the axis comes behind them, and what lay between goes back.
Value *gatherInBatch(const NodeView &n, size_t axis, size_t batch) {
  const auto ints = [](size_t from, size_t to) {
    Ints all(to - from);
    std::iota(all.begin(), all.end(), static_cast<int64_t>(from));
    return all;
  };
  const auto append = [](Ints &to, const Ints &more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  Ints perm = ints(0, batch);
  perm.push_back(static_cast<int64_t>(axis));
  append(perm, ints(batch, axis));
  append(perm, ints(axis + 1, n.rank(0)));
  Value *x = compose::transpose(n.to, n.in(0), perm), *index = indices(n, 1);
  const size_t places = index->type.rank();
  index = compose::unsqueeze(n.to, index, {static_cast<int64_t>(places)});
  Value *y = n.to.make(ops::gather_nd, {x, index}, {attr::batchDims(static_cast<int64_t>(batch))});
  // [batch, indices, between, rest] to [batch, between, indices, rest].
  Ints back = ints(0, batch);
  append(back, ints(places, places + axis - batch));
  append(back, ints(batch, places));
  append(back, ints(places + axis - batch, y->type.rank()));
  return compose::transpose(n.to, y, back);
}

Items gather2(const NodeView &n) {
  const auto axis = static_cast<size_t>(n.axis(n.knownInt(2, "the axis"), n.rank(0)));
  int64_t batch = n.integer("batch_dims", 0);
  if (batch < 0)
    batch += static_cast<int64_t>(n.rank(1));
  if (batch < 0 || static_cast<size_t>(batch) > std::min(axis, n.rank(1)))
    n.fail("axis",
           fmt::format("batch_dims is {}, expected 0 to {}", batch, std::min(axis, n.rank(1))));
  if (batch > 0)
    return {gatherInBatch(n, axis, static_cast<size_t>(batch))};
  return {compose::take(n.to, n.in(0), indices(n, 1), axis)};
}
Items gather(const NodeView &n) { return {compose::take(n.to, n.in(0), indices(n, 1), 0)}; }

Items gatherNd(const NodeView &n) {
  refuseBadIndices(n);
  return {n.to.make(ops::gather_nd, {n.in(0), indices(n, 1)},
                    {attr::batchDims(n.integer("batch_dims", 0))})};
}

// ---- scattering ----

/// Zeros with the updates added.
Items scatterNd(const NodeView &n) {
  refuseBadIndices(n);
  Value *zeros = compose::full(n.to, n.element(1), 0, n.contents(2, "the shape"));
  return {n.to.make(ops::scatter_nd, {zeros, indices(n, 0), n.in(1)}, {attr::reduction("add")})};
}

enum class How { none, add, sub, min, max };
template <How how> Items tensorScatter(const NodeView &n) {
  refuseBadIndices(n);
  constexpr std::string_view kNames[] = {"none", "add", "add", "min", "max"};
  Value *updates = how == How::sub ? n.to.make(ops::neg, {n.in(2)}) : n.in(2);
  return {n.to.make(ops::scatter_nd, {n.in(0), indices(n, 1), updates},
                    {attr::reduction(std::string(kNames[size_t(how)]))})};
}

/// The default with the values at their places; indices [], [n] or [n, rank].
Items sparseToDense(const NodeView &n) {
  const Dims shape = n.contents(1, "the shape");
  Value *index = indices(n, 0), *values = n.in(2);
  const size_t rank = index->type.rank();
  const Dim count = rank == 0 ? Dim(1) : index->type.dim(0);
  index = compose::reshape(n.to, index, {count, rank == 2 ? index->type.dim(1) : Dim(1)});
  Value *dense = compose::expand(n.to, compose::scalarOf(n.to, n.in(3)), shape);
  values = compose::expand(n.to, values, {count});
  return {n.to.make(ops::scatter_nd, {dense, index, values}, {attr::reduction("none")})};
}

// ---- what an index makes ----

Items oneHot(const NodeView &n) {
  const compose::Arith is{n.to};
  const size_t rank = n.rank(0) + 1;
  const auto axis = static_cast<size_t>(n.axis(n.integer("axis", -1), rank));
  const Dim depth = n.contents(1, "the depth").at(0);
  Dims shape = n.shape(0), line(rank, Dim(1));
  shape.insert(shape.begin() + static_cast<ptrdiff_t>(axis), Dim(1));
  line[axis] = depth;
  Value *index = compose::reshape(n.to, compose::cast(n.to, n.in(0), ElementType::i64), shape);
  Value *on = is.equal(index, compose::iota(n.to, ElementType::i64, line, axis));
  return {is.where(on, n.in(2), n.in(3))};
}

Items invertPermutation(const NodeView &n) {
  const Dim count = n.type(0).count();
  return {n.to.make(ops::scatter_elements,
                    {compose::full(n.to, n.element(0), 0, {count}), indices(n, 0),
                     compose::iota(n.to, n.element(0), {count})},
                    {attr::axis(0), attr::reduction("none")})};
}

Items topk(const NodeView &n) {
  const Dim count = n.node.op == "TopK" ? Dim(n.integer("k", 0)) : n.contents(1, "k").at(0);
  ir::Op &op = n.to.makeOp(ops::topk, {n.in(0)},
                           {attr::count({count}), attr::axis(static_cast<int64_t>(n.rank(0)) - 1),
                            attr::largest(true), attr::sorted(n.flag("sorted", true))});
  return {op.result(0),
          compose::cast(n.to, op.result(1), n.elementType("index_type", DataType::i32))};
}

/// The places of what is true, a row each.
Items where(const NodeView &n) {
  Value *places =
      n.to.make(ops::nonzero, {n.in(0)}, {attr::dims({n.newExtent("where", n.type(0).count())})});
  return {compose::transpose(n.to, places, {1, 0})};
}

Items unique(const NodeView &n) {
  ir::Op &op =
      n.to.makeOp(ops::unique, {n.in(0)},
                  {attr::sorted(false), attr::dims({n.newExtent("unique", n.type(0).count())})});
  const ElementType e = n.elementType("out_idx", DataType::i32);
  return {op.result(0), compose::cast(n.to, op.result(2), e), compose::cast(n.to, op.result(3), e)};
}

Items reverseSequence(const NodeView &n) {
  return {n.to.make(ops::reverse_sequence, {n.in(0), indices(n, 1)},
                    {attr::axis(n.axis(n.integer("seq_dim", 0), n.rank(0))),
                     attr::batchAxis(n.axis(n.integer("batch_dim", 0), n.rank(0)))})};
}

/// x with zeros outside of `lower` diagonals below the main one and `upper` above; negative: all.
Items bandPart(const NodeView &n) {
  const compose::Arith is{n.to};
  const int64_t lower = n.knownInt(1, "the number of diagonals"),
                upper = n.knownInt(2, "the number of diagonals");
  const size_t rank = n.rank(0);
  if (rank < 2)
    n.fail("rank", fmt::format("the input has rank {}, expected at least 2", rank));
  Value *row = compose::iota(n.to, ElementType::i64, {n.shape(0)[rank - 2], 1});
  Value *column = compose::iota(n.to, ElementType::i64, {1, n.shape(0)[rank - 1]}, 1);
  Value *right = is.sub(column, row);
  Value *y = n.in(0);
  if (lower >= 0)
    y = is.where(is.lessEqual(static_cast<double>(-lower), right), y, 0.0);
  if (upper >= 0)
    y = is.where(is.lessEqual(right, static_cast<double>(upper)), y, 0.0);
  return {y};
}

/// Vectors as the diagonals of square matrices.
Items matrixDiag(const NodeView &n) {
  const compose::Arith is{n.to};
  const size_t rank = n.rank(0);
  if (rank < 1)
    n.fail("rank", "the input has rank 0, expected at least 1");
  Value *around =
      n.numInputs() > 4 ? compose::scalarOf(n.to, n.in(4)) : n.to.scalar(n.element(0), 0);
  if (n.numInputs() > 1) {
    const Ints k = n.knownInts(1, "k");
    if (k.empty() || k.front() != 0 || k.back() != 0 || n.knownInt(2, "num_rows") != -1 ||
        n.knownInt(3, "num_cols") != -1)
      n.unsupported("diagonal", "diagonals other than the main one of a square matrix");
  }
  const Dim d = n.shape(0)[rank - 1];
  Value *on = is.equal(compose::iota(n.to, ElementType::i64, {d, 1}),
                       compose::iota(n.to, ElementType::i64, {1, d}, 1));
  return {is.where(on, compose::unsqueeze(n.to, n.in(0), {static_cast<int64_t>(rank)}), around)};
}

// ---- boxes ----

/// Boxes [n, 4] and scores [n]: the indices of those that stay, by score.
Items nonMaxSuppression(const NodeView &n) {
  const bool has5 = n.node.op == "NonMaxSuppressionV5";
  const Dim boxes = n.shape(0).at(0);
  const ElementType e = n.element(0);
  if (has5 && n.constantNumber(5, "soft_nms_sigma") != 0)
    n.unsupported("soft-nms", "scores that fall with the overlap (soft_nms_sigma)",
                  "set soft_nms_sigma to 0");
  const auto limit = [&](size_t i) {
    return compose::cast(n.to, compose::scalarOf(n.to, n.in(i)), e);
  };
  Value *overlap = n.numInputs() > 3 ? limit(3) : n.to.scalar(e, n.real("iou_threshold", 0.5));
  Value *score = n.numInputs() > 4 ? limit(4) : nullptr;
  Value *most = compose::cast(n.to, compose::scalarOf(n.to, n.in(2)), ElementType::i64);
  const Dim bound = n.knows(2) ? min(n.contents(2, "the number of boxes").at(0), boxes) : boxes;
  const Dim chosen = n.newExtent("chosen", bound);
  Value *rows = n.to.makeOp(ops::non_max_suppression,
                            {compose::reshape(n.to, n.in(0), {1, boxes, 4}),
                             compose::reshape(n.to, n.in(1), {1, 1, boxes}), most, overlap, score},
                            {attr::centerPoint(false), attr::dims({chosen})})
                    .result();
  Value *index = compose::squeeze(n.to, compose::sliceAxis(n.to, rows, 1, 2, 1), {1});
  Value *scores = has5 ? compose::take(n.to, n.in(1), index, 0) : nullptr;
  index = compose::cast(n.to, index, ElementType::i32);
  Value *count =
      compose::cast(n.to, compose::scalarOf(n.to, n.to.extents({chosen})), ElementType::i32);
  if (n.flag("pad_to_max_output_size", false)) {
    const Dim whole = n.contents(2, "the number of boxes").at(0);
    const auto padded = [&](Value *x) {
      return n.to.make(ops::pad, {x}, {attr::pads({0, whole - chosen}), attr::mode("constant")});
    };
    index = padded(index);
    scores = scores ? padded(scores) : nullptr;
  }
  if (has5)
    return {index, scores, count};
  return {index, count};
}

// clang-format off
constexpr Lowering kIndex[] = {
    {"Gather", gather}, {"GatherNd", gatherNd}, {"GatherV2", gather2},
    {"InvertPermutation", invertPermutation}, {"MatrixBandPart", bandPart}, {"MatrixDiag", matrixDiag},
    {"MatrixDiagV2", matrixDiag}, {"MatrixDiagV3", matrixDiag},
    {"NonMaxSuppression", nonMaxSuppression}, {"NonMaxSuppressionV2", nonMaxSuppression},
    {"NonMaxSuppressionV3", nonMaxSuppression},
    {"NonMaxSuppressionV4", nonMaxSuppression, "selected_indices valid_outputs"},
    {"NonMaxSuppressionV5", nonMaxSuppression, "selected_indices selected_scores valid_outputs"},
    {"OneHot", oneHot}, {"ReverseSequence", reverseSequence}, {"ScatterNd", scatterNd},
    {"SparseToDense", sparseToDense},
    {"TensorScatterAdd", tensorScatter<How::add>}, {"TensorScatterMax", tensorScatter<How::max>},
    {"TensorScatterMin", tensorScatter<How::min>}, {"TensorScatterSub", tensorScatter<How::sub>},
    {"TensorScatterUpdate", tensorScatter<How::none>}, {"TopK", topk, "values indices"},
    {"TopKV2", topk, "values indices"}, {"Unique", unique, "y idx"},
    {"UniqueWithCounts", unique, "y idx count"}, {"Where", where},
};
// clang-format on

} // namespace

std::span<const Lowering> indexLowerings() { return kIndex; }

} // namespace burin::savedmodel
