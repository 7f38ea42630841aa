// SPDX-License-Identifier: Apache-2.0
//
// Linear algebra beyond products: norms of matrices, distances, cross products, grids of affine
// maps, bags of embeddings.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace burin::torchscript {
namespace {

Value *summed(const Call &n, Value *x, const Ints &axes, bool keeps = false) {
  return keeps ? compose::reduceKeep(n.to, ops::reduce_sum, x, axes)
               : n.to.make(ops::reduce_sum, {x}, {attr::axes(axes)});
}
Value *greatest(const Call &n, const ir::OpDef &def, Value *x, const Ints &axes, bool keeps) {
  return keeps ? compose::reduceKeep(n.to, def, x, axes) : n.to.make(def, {x}, {attr::axes(axes)});
}

// ---- norms ----

Value *floatingAs(const Call &n, std::string_view name) {
  Value *x = n.floating(name);
  const auto e = n.takes("dtype") ? n.elementType() : std::nullopt;
  return e ? compose::cast(n.to, x, *e) : x;
}

/// The p-norm of all elements along axes.
Value *vectorNorm(const Call &n, Value *x, double p, const Ints &axes, bool keeps) {
  const compose::Arith is{n.to};
  if (p == 2)
    return is(ops::sqrt, summed(n, is.mul(x, x), axes, keeps));
  Value *size = is(ops::abs, x);
  if (p == 1)
    return summed(n, size, axes, keeps);
  if (std::isinf(p))
    return greatest(n, p > 0 ? ops::reduce_max : ops::reduce_min, size, axes, keeps);
  if (p == 0)
    return summed(n, compose::cast(n.to, is.no(is.equal(x, 0.0)), x->type.element()), axes, keeps);
  return is.pow(summed(n, is.pow(size, p), axes, keeps), 1 / p);
}

/// The norm of matrices in two axes: the greatest (or least) sum of absolute columns or rows.
Value *matrixNorm(const Call &n, Value *x, double p, int64_t rows, int64_t columns, bool keeps) {
  const compose::Arith is{n.to};
  if (p != 1 && p != -1 && !std::isinf(p))
    n.unsupported("argument",
                  fmt::format("the norm {} of a matrix, which needs its singular values", p),
                  "use the norm 'fro', 1 or inf");
  const bool ofRows = std::isinf(p);
  Value *sums = summed(n, is(ops::abs, x), {ofRows ? columns : rows}, true);
  Value *y = compose::reduceKeep(n.to, p > 0 ? ops::reduce_max : ops::reduce_min, sums,
                                 {ofRows ? rows : columns});
  return keeps ? y : compose::squeeze(n.to, y, {std::min(rows, columns), std::max(rows, columns)});
}

/// In the order of the call.
Ints axesIn(const Call &n, size_t rank, std::string_view name = "dim") {
  Ints axes = n.ints(name);
  for (int64_t &axis : axes) {
    axis += axis < 0 ? static_cast<int64_t>(rank) : 0;
    if (axis < 0 || axis >= static_cast<int64_t>(rank) || std::ranges::count(axes, axis) > 1)
      n.fail("axis", fmt::format("{} has an axis that is none of rank {}, or twice", name, rank));
  }
  return axes;
}
Ints allAxes(const Value *x) {
  Ints all(x->type.rank());
  std::iota(all.begin(), all.end(), 0);
  return all;
}
Host linalgNorm(const Call &n) {
  Value *x = floatingAs(n, "self");
  const bool keeps = n.flag("keepdim");
  const size_t rank = x->type.rank();
  if (!n.has("ord")) { // of all elements, whatever the rank
    return n.tensor(vectorNorm(n, x, 2, n.axes("dim", rank), keeps));
  }
  Ints axes = n.has("dim") ? axesIn(n, rank) : Ints{};
  if (axes.empty())
    axes = allAxes(x);
  if (axes.size() == 1)
    return n.tensor(vectorNorm(n, x, n.real("ord"), axes, keeps));
  if (axes.size() != 2)
    n.fail("rank", fmt::format("linalg.norm of a tensor of rank {}", rank));
  return n.tensor(matrixNorm(n, x, n.real("ord"), axes[0], axes[1], keeps));
}
Host matrixNormOf(const Call &n) {
  Value *x = floatingAs(n, "self");
  const Ints axes = axesIn(n, x->type.rank());
  if (axes.size() != 2 || axes[0] == axes[1])
    n.fail("axis", "a norm of matrices needs two axes");
  return n.tensor(matrixNorm(n, x, n.real("ord"), axes[0], axes[1], n.flag("keepdim")));
}
/// "fro" alone; "nuc" is of singular values.
Host namedNorm(const Call &n) {
  Value *x = floatingAs(n, "self");
  if (n.text("ord") != "fro")
    n.unsupported("argument", fmt::format("the norm '{}'", n.text("ord")), "use the norm 'fro'");
  return n.tensor(vectorNorm(n, x, 2, n.axes("dim", x->type.rank()), n.flag("keepdim")));
}
/// g v / |v|, the norm of all axes but one.
Host weightNorm(const Call &n) {
  const compose::Arith is{n.to};
  Value *v = n.value("v");
  const int64_t rank = static_cast<int64_t>(v->type.rank()), given = n.integer("dim");
  Ints axes;
  for (int64_t i = 0; i < rank; ++i)
    if (given == -1 || i != given)
      axes.push_back(i);
  return n.tensor(is.mul(v, is.div(n.value("g"), vectorNorm(n, v, 2, axes, true))));
}

// ---- distances ----

Host distance(const Call &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.resultType({"self", "other"});
  Value *off = is.sub(n.as("self", e), n.as("other", e));
  return n.tensor(vectorNorm(n, off, n.real("p"), allAxes(off), false));
}
Host pairwiseDistance(const Call &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.resultType({"x1", "x2"});
  Value *off = is.add(is.sub(n.as("x1", e), n.as("x2", e)), n.real("eps"));
  const auto axis = static_cast<int64_t>(off->type.rank()) - 1;
  return n.tensor(vectorNorm(n, off, n.real("p"), {axis}, n.flag("keepdim")));
}
/// Of each row of the one to each row of the other.
Host distances(const Call &n) {
  const compose::Arith is{n.to};
  Value *a = n.value("x1"), *b = n.value("x2");
  const auto rank = static_cast<int64_t>(a->type.rank());
  if (rank < 2 || b->type.rank() < 2)
    n.fail("rank", "cdist of tensors without rows");
  a = compose::unsqueeze(n.to, a, {rank - 1});
  b = compose::unsqueeze(n.to, b, {static_cast<int64_t>(b->type.rank()) - 2});
  Value *off = is.sub(a, b);
  return n.tensor(
      vectorNorm(n, off, n.real("p"), {static_cast<int64_t>(off->type.rank()) - 1}, false));
}

// ---- products ----

Host crossAlong(const Call &n, size_t axis, Value *a, Value *b) {
  const compose::Arith is{n.to};
  const auto turned = [&](Value *v, int64_t by) {
    return compose::concat(n.to,
                           {compose::sliceAxis(n.to, v, axis, Dim(by), Dim(3 - by)),
                            compose::sliceAxis(n.to, v, axis, 0, Dim(by))},
                           axis);
  };
  return n.tensor(is.sub(is.mul(turned(a, 1), turned(b, 2)), is.mul(turned(a, 2), turned(b, 1))));
}
Host cross(const Call &n) {
  const ElementType e = n.resultType({"self", "other"});
  Value *a = n.as("self", e), *b = n.as("other", e);
  const Dims shape = compose::broadcastShape(a->type.shape(), b->type.shape());
  a = compose::expand(n.to, a, shape);
  b = compose::expand(n.to, b, shape);
  size_t axis = 0;
  if (n.has("dim"))
    axis = static_cast<size_t>(n.axis("dim", shape.size()));
  else
    while (axis < shape.size() && !shape[axis].isNumber(3))
      ++axis;
  if (axis >= shape.size() || !shape[axis].isNumber(3))
    n.fail("shape", "a cross product along an axis that has not 3 elements");
  return crossAlong(n, axis, a, b);
}

/// beta * self + alpha * (a outer b), or the sum of a batch of products.
Host addOuter(const Call &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.resultType({"self", "vec1", "vec2"});
  Value *y = is.mul(compose::unsqueeze(n.to, n.as("vec1", e), {1}),
                    compose::unsqueeze(n.to, n.as("vec2", e), {0}));
  y = is.mul(y, n.real("alpha"));
  return n.tensor(n.real("beta") == 0 ? y : is.add(y, is.mul(n.as("self", e), n.real("beta"))));
}
Host addBatches(const Call &n) {
  const compose::Arith is{n.to};
  Value *y = summed(n, compose::matmul(n.to, n.value("batch1"), n.value("batch2")), {0});
  y = is.mul(y, n.real("alpha"));
  return n.tensor(n.real("beta") == 0 ? y : is.add(y, is.mul(n.value("self"), n.real("beta"))));
}
/// The sum over the last axes of both.
Host inner(const Call &n) {
  Value *a = n.value("self"), *b = n.value("other");
  if (a->type.rank() == 0 || b->type.rank() == 0)
    return n.tensor(compose::Arith{n.to}.mul(a, b));
  Dims shape(a->type.shape().begin(), a->type.shape().end() - 1);
  shape.insert(shape.end(), b->type.shape().begin(), b->type.shape().end() - 1);
  const Dim depth = a->type.dim(a->type.rank() - 1);
  const auto rows = [&](Value *v) {
    return compose::reshape(
        n.to, v, {ir::product(Dims(v->type.shape().begin(), v->type.shape().end() - 1)), depth});
  };
  Value *y =
      n.to.make(ops::matmul, {rows(a), rows(b)}, {attr::transposeA(false), attr::transposeB(true)});
  return n.tensor(compose::reshape(n.to, y, shape));
}
/// Over the named axes of both.
Host tensorDot(const Call &n) {
  Value *a = n.value("self"), *b = n.value("other");
  const auto folded = [&](Value *v, std::string_view name, bool last, Dims &rest) {
    Ints over = axesIn(n, v->type.rank(), name), perm;
    Dim depth = 1, rows = 1;
    for (int64_t i = 0; i < static_cast<int64_t>(v->type.rank()); ++i)
      if (std::ranges::find(over, i) == over.end()) {
        perm.push_back(i);
        rest.push_back(v->type.dim(static_cast<size_t>(i)));
        rows = rows * rest.back();
      }
    for (const int64_t axis : over)
      depth = depth * v->type.dim(static_cast<size_t>(axis));
    perm.insert(last ? perm.end() : perm.begin(), over.begin(), over.end());
    return compose::reshape(n.to, compose::transpose(n.to, v, perm),
                            last ? Dims{rows, depth} : Dims{depth, rows});
  };
  Dims shape;
  a = folded(a, "dims_self", true, shape);
  b = folded(b, "dims_other", false, shape);
  return n.tensor(compose::reshape(n.to, compose::matmul(n.to, a, b), shape));
}

// ---- grids ----

/// theta [n, 2, 3] (or [n, 3, 4]) applied to the places of a grid [n, c, size...].
Host affineGrid(const Call &n) {
  const compose::Arith is{n.to};
  Value *theta = n.value("theta");
  const Dims size = n.dims("size");
  const bool corners = n.flag("align_corners");
  if (size.size() != 4 && size.size() != 5)
    n.fail("argument", "affine_grid_generator of a size that is no image");
  const Dims spatial(size.begin() + 2, size.end());
  const size_t rank = spatial.size();
  const ElementType e = theta->type.element();
  std::vector<Value *> coordinates;
  Dims column = {ir::product(spatial), Dim(1)};
  for (size_t i = rank; i-- > 0;) {
    if (!spatial[i].isNumber())
      n.unsupported("symbolic", "a grid of an open extent", "fix the symbol with --dim");
    const auto length = static_cast<double>(spatial[i].number());
    Dims line(rank, Dim(1));
    line[i] = spatial[i];
    Value *at = compose::iota(n.to, e, line, i);
    if (corners)
      at = length > 1 ? is.sub(is.mul(at, 2 / (length - 1)), 1.0) : is.mul(at, 0.0);
    else
      at = is.sub(is.div(is.add(is.mul(at, 2.0), 1.0), length), 1.0);
    coordinates.push_back(compose::reshape(n.to, compose::expand(n.to, at, spatial), column));
  }
  coordinates.push_back(compose::full(n.to, e, 1, column));
  Value *grid = compose::unsqueeze(n.to, compose::concat(n.to, coordinates, 1), {0});
  Value *y =
      n.to.make(ops::matmul, {grid, theta}, {attr::transposeA(false), attr::transposeB(true)});
  Dims shape = {size[0]};
  shape.insert(shape.end(), spatial.begin(), spatial.end());
  shape.emplace_back(static_cast<int64_t>(rank));
  return n.tensor(compose::reshape(n.to, y, shape));
}

// ---- bags of embeddings ----

/// Where the bags begin must be known. mode: 0 sum, 1 mean, 2 greatest.
Host embeddingBag(const Call &n) {
  const compose::Arith is{n.to};
  Value *weight = n.value("weight"), *indices = n.value("indices"), *each = nullptr;
  const ir::Value *offsets = n.in.constantOf(n.value("offsets"));
  const Dim total = indices->type.count();
  if (weight->type.rank() != 2 || indices->type.rank() != 1)
    n.fail("rank", "embedding_bag of weights that are no matrix, or of indices with several axes");
  if (!offsets || !total.isNumber())
    n.unsupported("known", "embedding_bag with offsets that only the run knows",
                  "give it indices of two axes");
  if (n.takes("padding_idx") && n.has("padding_idx") && n.integer("padding_idx") >= 0)
    n.unsupported("argument", "embedding_bag with a padding_idx", "mask the indices before");
  const int64_t mode = n.integer("mode");
  if (n.has("per_sample_weights"))
    each = n.value("per_sample_weights");
  auto count = static_cast<int64_t>(ir::toTensor(*offsets).type.count().number());
  Value *rows = compose::take(n.to, weight, indices, 0);
  if (each)
    rows = is.mul(rows, compose::unsqueeze(n.to, each, {1}));
  const auto from = [&](int64_t i) {
    return i < count ? static_cast<int64_t>(ir::elementAsDouble(*offsets, static_cast<size_t>(i)))
                     : total.number();
  };
  if (n.flag("include_last_offset"))
    --count;
  std::vector<Value *> bags;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t size = from(i + 1) - from(i);
    if (from(i) < 0 || size < 0 || from(i) + size > total.number())
      n.fail("index", "the offsets of embedding_bag do not rise, or reach behind the indices");
    Value *bag = compose::sliceAxis(n.to, rows, 0, from(i), Dim(size));
    if (size == 0)
      bags.push_back(compose::full(n.to, weight->type.element(), 0, {1, weight->type.dim(1)}));
    else
      bags.push_back(compose::reduceKeep(n.to,
                                         mode == 0   ? ops::reduce_sum
                                         : mode == 1 ? ops::reduce_mean
                                                     : ops::reduce_max,
                                         bag, {0}));
  }
  const Uninitialized no{"the results of embedding_bag beside the first are not supported"};
  return makeTuple({n.tensor(compose::concat(n.to, bags, 0)), no, no, no});
}

// ---- differences and counts ----

Host difference(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  const auto axis = static_cast<size_t>(n.axis("dim", x->type.rank()));
  std::vector<Value *> parts;
  if (n.has("prepend"))
    parts.push_back(n.value("prepend"));
  parts.push_back(x);
  if (n.has("append"))
    parts.push_back(n.value("append"));
  x = compose::concat(n.to, parts, axis);
  for (int64_t i = 0; i < n.integer("n"); ++i) {
    const Dim left = x->type.dim(axis) - 1;
    Value *later = compose::sliceAxis(n.to, x, axis, 1, left),
          *earlier = compose::sliceAxis(n.to, x, axis, 0, left);
    x = x->type.element() == ElementType::boolean ? is(ops::logical_xor, later, earlier)
                                                  : is.sub(later, earlier);
  }
  return n.tensor(x);
}

Ints axesOf(const Call &n, Value *x) {
  if (n.takes("dim") && n.has("dim") && !n["dim"].holds<CellRef>())
    return {n.axis("dim", x->type.rank())};
  if (n.takes("dim"))
    return n.axes("dim", x->type.rank());
  return allAxes(x);
}
Host countNonzero(const Call &n) {
  Value *x = compose::cast(n.to, n.as("self", ElementType::boolean), ElementType::i64);
  return n.tensor(summed(n, x, axesOf(n, x)));
}
/// Without the elements that are NaN.
template <bool mean> Host nanSum(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.floating("self");
  if (const auto e = n.elementType())
    x = compose::cast(n.to, x, *e);
  Value *isNan = n.to.make(ops::is_nan, {x});
  const Ints axes = axesOf(n, x);
  const bool keeps = n.flag("keepdim");
  Value *y = summed(n, is.where(isNan, 0.0, x), axes, keeps);
  if (!mean)
    return n.tensor(y);
  return n.tensor(
      is.div(y, summed(n, compose::cast(n.to, is.no(isNan), x->type.element()), axes, keeps)));
}

constexpr Lowering kLinalg[] = {
    {"aten::linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, "
     "ScalarType? dtype=None) -> Tensor",
     linalgNorm},
    {"aten::linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, "
     "ScalarType? dtype=None) -> Tensor",
     namedNorm},
    {"aten::linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2, -1], bool keepdim=False, *, "
     "ScalarType? dtype=None) -> Tensor",
     matrixNormOf},
    {"aten::linalg_matrix_norm.str_ord(Tensor self, str ord=\"fro\", int[] dim=[-2, -1], bool "
     "keepdim=False, *, ScalarType? dtype=None) -> Tensor",
     namedNorm},
    {"aten::_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor", weightNorm},
    {"aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor", distance},
    {"aten::pairwise_distance(Tensor x1, Tensor x2, float p=2., float eps=9.9999999999999995e-07, "
     "bool keepdim=False) -> Tensor",
     pairwiseDistance},
    {"aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor", distances},
    {"aten::cross(Tensor self, Tensor other, int? dim=None) -> Tensor", cross},
    {"aten::linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor", cross},
    {"aten::addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> "
     "Tensor",
     addOuter},
    {"aten::addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> "
     "Tensor",
     addBatches},
    {"aten::inner(Tensor self, Tensor other) -> Tensor", inner},
    {"aten::tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor",
     tensorDot},
    {"aten::affine_grid_generator(Tensor theta, int[] size, bool align_corners) -> Tensor",
     affineGrid},
    {"aten::embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool "
     "scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, "
     "bool include_last_offset=False) -> (Tensor, Tensor, Tensor, Tensor)",
     embeddingBag},
    {"aten::embedding_bag.padding_idx(Tensor weight, Tensor indices, Tensor offsets, bool "
     "scale_grad_by_freq, int mode, bool sparse, Tensor? per_sample_weights, bool "
     "include_last_offset, int? padding_idx) -> (Tensor, Tensor, Tensor, Tensor)",
     embeddingBag},
    {"aten::diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> "
     "Tensor",
     difference},
    {"aten::count_nonzero(Tensor self, int? dim=None) -> Tensor", countNonzero},
    {"aten::count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor", countNonzero},
    {"aten::nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) "
     "-> Tensor",
     nanSum<false>},
    {"aten::nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) "
     "-> Tensor",
     nanSum<true>},
};

} // namespace

std::span<const Lowering> linalgLowerings() { return kLinalg; }

} // namespace burin::torchscript
