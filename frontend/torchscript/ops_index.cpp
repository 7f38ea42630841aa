// SPDX-License-Identifier: Apache-2.0
//
// Joining, gathering and scattering.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::torchscript {
namespace {

size_t axisOf(const Call &n, size_t rank) { return static_cast<size_t>(n.axis("dim", rank)); }

// ---- joining ----

/// The tensors of a list in the type that they have together; empty ones of rank 1 do not count.
std::vector<Value *> joinable(const Call &n) {
  std::vector<Value *> all, kept;
  for (Value *v : n.tensors("tensors"))
    all.push_back(v);
  if (all.empty())
    n.fail("empty", "a list without tensors is joined");
  ElementType e = all[0]->type.element();
  for (Value *v : all)
    e = promoteTypes(e, v->type.element());
  for (Value *v : all)
    if (v->type.rank() != 1 || !v->type.dim(0).isNumber(0))
      kept.push_back(compose::cast(n.to, v, e));
  return kept.empty() ? all : kept;
}
Host joined(const Call &n, size_t axis, const std::vector<Value *> &all) {
  return n.tensor(compose::concat(n.to, all, axis));
}
Host cat(const Call &n) {
  const std::vector<Value *> all = joinable(n);
  return joined(n, axisOf(n, all[0]->type.rank()), all);
}
Host stack(const Call &n) {
  const std::vector<Value *> all = joinable(n);
  const int64_t axis = n.axis("dim", all[0]->type.rank() + 1);
  std::vector<Value *> wide;
  for (Value *v : all)
    wide.push_back(compose::unsqueeze(n.to, v, {axis}));
  return joined(n, static_cast<size_t>(axis), wide);
}
Host hstack(const Call &n) {
  const std::vector<Value *> all = joinable(n);
  return joined(n, all[0]->type.rank() > 1 ? 1 : 0, all);
}
Host vstack(const Call &n) {
  std::vector<Value *> all = joinable(n);
  for (Value *&v : all)
    if (v->type.rank() == 1)
      v = compose::unsqueeze(n.to, v, {0});
  return joined(n, 0, all);
}

// ---- repetition ----

Host tiled(const Call &n, Dims repeats) {
  Value *x = n.value("self");
  if (repeats.size() < x->type.rank())
    repeats.insert(repeats.begin(), x->type.rank() - repeats.size(), Dim(1));
  Dims shape = x->type.shape();
  shape.insert(shape.begin(), repeats.size() - shape.size(), Dim(1));
  return n.tensor(
      n.to.make(ops::tile, {compose::reshape(n.to, x, shape)}, {attr::repeats(repeats)}));
}
Host repeat(const Call &n) { return tiled(n, n.dims("repeats")); }
Host tile(const Call &n) { return tiled(n, n.dims("dims")); }

Host repeatInterleave(const Call &n) {
  Value *x = n.value("self");
  const Dim times = n.dim("repeats");
  if (!n.has("dim"))
    x = compose::reshape(n.to, x, {x->type.count()});
  const auto axis = static_cast<size_t>(n.has("dim") ? n.axis("dim", x->type.rank()) : 0);
  Dims wide = x->type.shape(), flat = wide;
  wide.insert(wide.begin() + static_cast<ptrdiff_t>(axis) + 1, times);
  flat[axis] = flat[axis] * times;
  Value *spread = compose::unsqueeze(n.to, x, {static_cast<int64_t>(axis) + 1});
  return n.tensor(compose::reshape(n.to, compose::expand(n.to, spread, wide), flat));
}

Host flip(const Call &n) {
  Value *x = n.value("self");
  for (const int64_t axis : n.ints("dims").empty() ? Ints{} : n.axes("dims", x->type.rank())) {
    const auto i = static_cast<size_t>(axis);
    x = compose::sliceAxis(n.to, x, i, x->type.dim(i) - 1, x->type.dim(i), -1);
  }
  return n.tensor(x);
}

Host roll(const Call &n) {
  Value *x = n.value("self");
  const Dims before = x->type.shape();
  const Ints shifts = n.ints("shifts");
  Ints axes = n.ints("dims");
  if (axes.empty()) {
    x = compose::reshape(n.to, x, {x->type.count()});
    axes = {0};
  }
  if (axes.size() != shifts.size())
    n.fail("argument", "roll has not as many shifts as axes");
  for (size_t k = 0; k < axes.size(); ++k) {
    const auto axis =
        static_cast<size_t>(axes[k] < 0 ? axes[k] + static_cast<int64_t>(before.size()) : axes[k]);
    if (axis >= x->type.rank())
      n.fail("axis", fmt::format("axis {} of a tensor of rank {}", axes[k], before.size()));
    const Dim &extent = x->type.dim(axis);
    if (!extent.isNumber())
      n.unsupported("symbolic", "roll along an open extent", "fix the symbol with --dim");
    if (extent.number() == 0)
      continue;
    const int64_t by = ((shifts[k] % extent.number()) + extent.number()) % extent.number();
    if (by != 0)
      x = compose::concat(n.to,
                          {compose::sliceAxis(n.to, x, axis, extent - by, by),
                           compose::sliceAxis(n.to, x, axis, 0, extent - by)},
                          axis);
  }
  return n.tensor(compose::reshape(n.to, x, before));
}

// ---- gathering ----

Host indexSelect(const Call &n) {
  Value *x = n.value("self");
  Value *index = compose::reshape(n.to, n.value("index"), {n.value("index")->type.count()});
  return n.tensor(compose::take(n.to, x, index, axisOf(n, x->type.rank())));
}
Host embedding(const Call &n) {
  return n.tensor(compose::take(n.to, n.value("weight"), n.value("indices"), 0));
}
Host gather(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(n.to.make(ops::gather_elements, {x, n.value("index")},
                            {attr::axis(n.axis("dim", x->type.rank()))}));
}

/// x[i, :, j]: the axes that are indexed, and what indexes them.
struct Advanced {
  Value *x;         ///< with the indexed axes in front
  Ints perm;        ///< that brought them there
  Value *indices;   ///< [..., k]
  size_t indexRank; ///< of one index
  size_t place;     ///< of its axes in the result
};

Advanced advanced(const Call &n, Value *x) {
  std::vector<Value *> given = n.tensors("indices");
  std::vector<size_t> at;
  Dims shape;
  for (size_t i = 0; i < given.size(); ++i) {
    if (!given[i])
      continue;
    if (given[i]->type.element() == ElementType::boolean ||
        given[i]->type.element() == ElementType::u8)
      n.unsupported("mask", "an index by a mask: how long the result is, only the run knows",
                    "use torch.where");
    at.push_back(i);
    shape = at.size() == 1 ? given[i]->type.shape()
                           : compose::broadcastShape(shape, given[i]->type.shape());
  }
  if (at.empty() || given.size() > x->type.rank())
    n.fail("index", "there are not as many indices as axes");
  Advanced a;
  a.indexRank = shape.size();
  std::vector<Value *> parts;
  for (const size_t i : at) {
    a.perm.push_back(static_cast<int64_t>(i));
    Value *index = compose::expand(n.to, compose::cast(n.to, given[i], ElementType::i64), shape);
    parts.push_back(compose::unsqueeze(n.to, index, {static_cast<int64_t>(shape.size())}));
  }
  for (size_t i = 0; i < x->type.rank(); ++i)
    if (std::ranges::find(at, i) == at.end())
      a.perm.push_back(static_cast<int64_t>(i));
  a.x = std::ranges::is_sorted(a.perm) ? x : compose::transpose(n.to, x, a.perm);
  a.indices = compose::concat(n.to, parts, shape.size());
  // Beside each other they stay where they are, else they come first.
  a.place = at.back() - at.front() + 1 == at.size() ? at.front() : 0;
  return a;
}

/// [index..., before..., after...] as [before..., index..., after...], or back.
Value *placed(const Call &n, Value *y, const Advanced &a, bool back) {
  if (a.place == 0)
    return y;
  Ints perm;
  const auto add = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i)
      perm.push_back(static_cast<int64_t>(i));
  };
  const size_t first = back ? a.place : a.indexRank, second = back ? a.indexRank : a.place;
  add(first, first + second);
  add(0, first);
  add(first + second, y->type.rank());
  return compose::transpose(n.to, y, perm);
}

Host index(const Call &n) {
  Value *x = n.value("self");
  const std::vector<Value *> given = n.tensors("indices");
  const auto isGiven = [](const Value *v) { return v != nullptr; };
  const auto only = std::ranges::find_if(given, isGiven);
  if (std::ranges::count_if(given, isGiven) == 1 &&
      (*only)->type.element() != ElementType::boolean && (*only)->type.element() != ElementType::u8)
    return n.tensor(compose::take(n.to, x, compose::cast(n.to, *only, ElementType::i64),
                                  static_cast<size_t>(only - given.begin())));
  const Advanced a = advanced(n, x);
  Value *y = n.to.make(ops::gather_nd, {a.x, a.indices}, {attr::batchDims(0)});
  return n.tensor(placed(n, y, a, false));
}

// ---- scattering ----

Host indexPut(const Call &n) {
  Value *x = n.value("self"), *values = compose::cast(n.to, n.value("values"), x->type.element());
  const std::vector<Value *> given = n.tensors("indices");
  const bool adds = n.flag("accumulate");
  // By a mask and one number: a choice.
  if (given.size() == 1 && given[0] && given[0]->type.element() == ElementType::boolean &&
      values->type.count().isNumber(1)) {
    Ints behind;
    for (size_t i = given[0]->type.rank(); i < x->type.rank(); ++i)
      behind.push_back(static_cast<int64_t>(i));
    Value *mask = compose::unsqueeze(n.to, given[0], behind);
    values = compose::scalarOf(n.to, values);
    const compose::Arith is{n.to};
    return n.tensor(is.where(mask, adds ? is.add(x, values) : values, x));
  }
  const Advanced a = advanced(n, x);
  // Of the form [index..., rest...] in the order of a.x.
  Dims rest(a.x->type.shape().begin() + (a.indices->type.dim(a.indexRank)).number(),
            a.x->type.shape().end());
  Dims wide(a.indices->type.shape().begin(), a.indices->type.shape().end() - 1);
  Dims inPlace(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(a.place));
  inPlace.insert(inPlace.end(), wide.begin(), wide.end());
  inPlace.insert(inPlace.end(), rest.begin() + static_cast<ptrdiff_t>(a.place), rest.end());
  Value *updates = placed(n, compose::expand(n.to, values, inPlace), a, true);
  Value *y = n.to.make(ops::scatter_nd, {a.x, a.indices, updates},
                       {attr::reduction(adds ? "add" : "none")});
  Ints inverse(a.perm.size());
  for (size_t i = 0; i < a.perm.size(); ++i)
    inverse[static_cast<size_t>(a.perm[i])] = static_cast<int64_t>(i);
  return n.tensor(std::ranges::is_sorted(inverse) ? y : compose::transpose(n.to, y, inverse));
}

Host scatterBy(const Call &n, Value *source, std::string reduction) {
  Value *x = n.value("self"), *index = n.value("index");
  // Of a larger source only the part that index covers is taken.
  for (size_t i = 0; i < index->type.rank(); ++i)
    if (source->type.dim(i) != index->type.dim(i))
      source = compose::sliceAxis(n.to, source, i, 0, index->type.dim(i));
  return n.tensor(
      n.to.make(ops::scatter_elements, {x, index, source},
                {attr::axis(n.axis("dim", x->type.rank())), attr::reduction(reduction)}));
}
Value *filled(const Call &n) {
  return compose::expand(n.to, n.as("value", n.value("self")->type.element()),
                         n.value("index")->type.shape());
}
Value *source(const Call &n) {
  return compose::cast(n.to, n.value("src"), n.value("self")->type.element());
}
std::string reductionOf(const Call &n) {
  const std::string &name = n.text("reduce");
  const std::string known = name == "multiply" || name == "prod" ? "mul"
                            : name == "sum"                      ? "add"
                            : name == "amax"                     ? "max"
                            : name == "amin"                     ? "min"
                                                                 : name;
  if (known != "add" && known != "mul" && known != "max" && known != "min")
    n.unsupported("argument", fmt::format("scatter with reduce '{}'", name));
  return known;
}
Host scatterSource(const Call &n) { return scatterBy(n, source(n), "none"); }
Host scatterValue(const Call &n) { return scatterBy(n, filled(n), "none"); }
Host scatterReduce(const Call &n) { return scatterBy(n, source(n), reductionOf(n)); }
Host scatterValueReduce(const Call &n) { return scatterBy(n, filled(n), reductionOf(n)); }
Host scatterAdd(const Call &n) { return scatterBy(n, source(n), "add"); }

Host indexWrite(const Call &n, std::string_view name, bool adds) {
  Value *x = n.value("self"), *with = compose::cast(n.to, n.value(name), x->type.element());
  const size_t axis = axisOf(n, x->type.rank());
  Dims along(x->type.rank(), Dim(1));
  along[axis] = n.value("index")->type.count();
  Value *at = compose::reshape(n.to, n.value("index"), along);
  return n.tensor(
      n.to.make(ops::scatter_elements, {x, compose::expand(n.to, at, with->type.shape()), with},
                {attr::axis(static_cast<int64_t>(axis)), attr::reduction(adds ? "add" : "none")}));
}
Host indexAdd(const Call &n) {
  if (n.real("alpha") != 1)
    n.unsupported("argument", "index_add with an alpha", "multiply the source");
  return indexWrite(n, "source", true);
}
Host indexCopy(const Call &n) { return indexWrite(n, "source", false); }

Host indexFill(const Call &n) {
  Value *x = n.value("self");
  const size_t axis = axisOf(n, x->type.rank());
  Dims along(x->type.rank(), Dim(1)), shape = x->type.shape();
  along[axis] = shape[axis] = n.value("index")->type.count();
  Value *at = compose::expand(n.to, compose::reshape(n.to, n.value("index"), along), shape);
  Value *with = compose::scalarOf(n.to, n.as("value", x->type.element()));
  return n.tensor(n.to.make(ops::scatter_elements, {x, at, compose::expand(n.to, with, shape)},
                            {attr::axis(static_cast<int64_t>(axis)), attr::reduction("none")}));
}
Host scatterReduceTwo(const Call &n) {
  if (!n.flag("include_self"))
    n.unsupported("argument", "scatter_reduce without include_self",
                  "start from the neutral element and include it");
  return scatterBy(n, source(n), reductionOf(n));
}

// ---- what only the run counts ----

/// An extent of at most `most` elements.
Dim newExtent(const Call &n, std::string_view base, const Dim &most) {
  const ir::Bounds bounds = most.bounds();
  return n.in.module().symbol(n.in.module().freshSymbolName(base), {0, bounds.hi},
                              fmt::format("{} '{}'", n.schema.name, n.to.at.node));
}
Host nonzero(const Call &n) {
  Value *x = n.value("self");
  Value *y =
      n.to.make(ops::nonzero, {x}, {attr::dims(Dims{newExtent(n, "nonzero", x->type.count())})});
  return n.tensor(compose::transpose(n.to, y, {1, 0}));
}
Host maskedSelect(const Call &n) {
  Value *x = n.value("self"), *mask = n.value("mask");
  const Dims shape = compose::broadcastShape(x->type.shape(), mask->type.shape());
  const auto flat = [&](Value *v) {
    v = compose::expand(n.to, v, shape);
    return compose::reshape(n.to, v, {v->type.count()});
  };
  x = flat(x);
  return n.tensor(
      n.to.make(ops::compress, {x, flat(mask)},
                {attr::axis(0), attr::dims(Dims{newExtent(n, "selected", x->type.count())})}));
}

// ---- copies ----

/// The value of src in the shape and type of self: what copy_ leaves there.
Host copied(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(compose::expand(n.to, compose::cast(n.to, n.value("src"), x->type.element()),
                                  x->type.shape()));
}
Host fill(const Call &n) {
  Value *x = n.value("self");
  Value *with = n.as("value", x->type.element());
  return n.tensor(compose::expand(n.to, compose::scalarOf(n.to, with), x->type.shape()));
}
Host zero(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(compose::full(n.to, x->type.element(), 0, x->type.shape()));
}

constexpr Lowering kIndex[] = {
    {"aten::cat(Tensor[] tensors, int dim=0) -> Tensor", cat},
    {"aten::concat(Tensor[] tensors, int dim=0) -> Tensor", cat},
    {"aten::stack(Tensor[] tensors, int dim=0) -> Tensor", stack},
    {"aten::hstack(Tensor[] tensors) -> Tensor", hstack},
    {"aten::vstack(Tensor[] tensors) -> Tensor", vstack},
    {"aten::repeat(Tensor self, int[] repeats) -> Tensor", repeat},
    {"aten::tile(Tensor self, int[] dims) -> Tensor", tile},
    {"aten::repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? "
     "output_size=None) -> Tensor",
     repeatInterleave},
    {"aten::flip(Tensor self, int[] dims) -> Tensor", flip},
    {"aten::roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor", roll},
    {"aten::index_select(Tensor self, int dim, Tensor index) -> Tensor", indexSelect},
    {"aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor",
     gather},
    {"aten::embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool "
     "scale_grad_by_freq=False, bool sparse=False) -> Tensor",
     embedding},
    {"aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor", index},
    {"aten::index.Tensor_hacked_twin(Tensor self, Tensor[] indices) -> Tensor", index},
    {"aten::index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> "
     "Tensor",
     indexPut},
    {"aten::index_put.hacked_twin(Tensor self, Tensor[] indices, Tensor values, bool "
     "accumulate=False) -> Tensor",
     indexPut},
    {"aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
     scatterValue},
    {"aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", scatterSource},
    {"aten::scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> "
     "Tensor",
     scatterReduce},
    {"aten::scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) "
     "-> Tensor",
     scatterValueReduce},
    {"aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", scatterAdd},
    {"aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> "
     "Tensor",
     indexAdd},
    {"aten::index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor", indexCopy},
    {"aten::index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
     indexFill},
    {"aten::scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool "
     "include_self=True) -> Tensor",
     scatterReduceTwo},
    {"aten::nonzero(Tensor self) -> Tensor", nonzero},
    {"aten::masked_select(Tensor self, Tensor mask) -> Tensor", maskedSelect},
    {"aten::copy(Tensor self, Tensor src, bool non_blocking=False) -> Tensor", copied},
    {"aten::fill.Scalar(Tensor self, Scalar value) -> Tensor", fill},
    {"aten::fill.Tensor(Tensor self, Tensor value) -> Tensor", fill},
    {"aten::zero(Tensor self) -> Tensor", zero},
};

} // namespace

std::span<const Lowering> indexLowerings() { return kIndex; }

} // namespace burin::torchscript
