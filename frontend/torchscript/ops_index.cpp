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

Host dstack(const Call &n) {
  std::vector<Value *> all = joinable(n);
  for (Value *&v : all) {
    if (v->type.rank() < 2)
      v = compose::reshape(n.to, v, {1, v->type.count()});
    if (v->type.rank() == 2)
      v = compose::unsqueeze(n.to, v, {2});
  }
  return joined(n, 2, all);
}
Host columnStack(const Call &n) {
  std::vector<Value *> all = joinable(n);
  for (Value *&v : all)
    if (v->type.rank() < 2)
      v = compose::reshape(n.to, v, {v->type.count(), 1});
  return joined(n, 1, all);
}
/// One behind the other along both axes, with zeros around.
Host blockDiagonal(const Call &n) {
  std::vector<Value *> all = joinable(n);
  Dim columns = 0, at = 0;
  for (Value *&v : all) {
    if (v->type.rank() < 2)
      v = compose::reshape(n.to, v, {1, v->type.count()});
    columns = columns + v->type.dim(1);
  }
  for (Value *&v : all) {
    const Dim width = v->type.dim(1);
    v = n.to.make(ops::pad, {v},
                  {attr::pads(Dims{0, at, 0, columns - at - width}), attr::mode("constant")});
    at = at + width;
  }
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

Value *flipped(const Call &n, Value *x, size_t axis) {
  if (axis >= x->type.rank())
    n.fail("rank", fmt::format("a flip of axis {} of a tensor of rank {}", axis, x->type.rank()));
  const Dim extent = x->type.dim(axis);
  return compose::sliceAxis(n.to, x, axis, extent - 1, extent, -1);
}
template <size_t axis> Host flipAxis(const Call &n) {
  return n.tensor(flipped(n, n.value("self"), axis));
}
/// By quarters of a turn, from the first axis towards the second.
Host rotate(const Call &n) {
  Value *x = n.value("self");
  const Ints axes = n.ints("dims");
  if (axes.size() != 2)
    n.fail("axis", "rot90 needs two axes");
  const auto rank = static_cast<int64_t>(x->type.rank());
  const auto a = static_cast<size_t>(axes[0] < 0 ? axes[0] + rank : axes[0]);
  const auto b = static_cast<size_t>(axes[1] < 0 ? axes[1] + rank : axes[1]);
  const int64_t turns = ((n.integer("k") % 4) + 4) % 4;
  Ints perm(x->type.rank());
  std::iota(perm.begin(), perm.end(), 0);
  if (a >= perm.size() || b >= perm.size() || a == b)
    n.fail("axis", fmt::format("rot90 in axes {} and {} of rank {}", a, b, rank));
  std::swap(perm[a], perm[b]);
  if (turns == 2)
    return n.tensor(flipped(n, flipped(n, x, a), b));
  if (turns == 1)
    x = compose::transpose(n.to, flipped(n, x, b), perm);
  else if (turns == 3)
    x = flipped(n, compose::transpose(n.to, x, perm), b);
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

/// How often each row is repeated must be known: it makes the extent.
Host repeatEach(const Call &n) {
  Value *x = n.takes("self") ? n.value("self") : nullptr;
  Value *times = n.value("repeats");
  const size_t axis = x && n.has("dim") ? axisOf(n, x->type.rank()) : 0;
  if (x && !n.has("dim"))
    x = compose::reshape(n.to, x, {x->type.count()});
  const ir::Value *known = n.in.constantOf(times);
  const Dim extent = x ? x->type.dim(axis) : times->type.count();
  if (!known || !extent.isNumber())
    n.unsupported("known", "repeat_interleave by counts that only the run knows",
                  "repeat by one number, or make the counts constants");
  Ints rows;
  constexpr int64_t kMost = 1 << 24;
  if (extent.number() > kMost ||
      !(times->type.count().isNumber(1) || times->type.count() == extent))
    n.fail("shape", "repeat_interleave has not as many counts as rows");
  const bool isOne = times->type.count().isNumber(1);
  for (int64_t i = 0; i < extent.number(); ++i) {
    const auto count =
        static_cast<int64_t>(ir::elementAsDouble(*known, isOne ? 0 : static_cast<size_t>(i)));
    if (count < 0 || count > kMost - static_cast<int64_t>(rows.size()))
      n.fail("shape", fmt::format("repeat_interleave repeats a row {} times", count));
    rows.insert(rows.end(), static_cast<size_t>(count), i);
  }
  Value *index = n.to.ints(rows);
  return n.tensor(x ? compose::take(n.to, x, index, axis) : index);
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

bool isMask(const Value *index) {
  return index->type.element() == ElementType::boolean || index->type.element() == ElementType::u8;
}

/// Of the flattened tensor.
Host take(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(
      compose::take(n.to, compose::reshape(n.to, x, {x->type.count()}), n.value("index"), 0));
}
Host takeAlong(const Call &n) {
  Value *x = n.value("self"), *index = n.value("indices");
  if (!n.has("dim")) {
    x = compose::reshape(n.to, x, {x->type.count()});
    return n.tensor(
        compose::take(n.to, x, compose::reshape(n.to, index, {index->type.count()}), 0));
  }
  const size_t axis = axisOf(n, x->type.rank());
  if (index->type.rank() != x->type.rank())
    n.fail("rank", fmt::format("an index {} for {}", index->type.text(), x->type.text()));
  Dims ofX = x->type.shape(), ofIndex = index->type.shape();
  ofX[axis] = ofIndex[axis] = 1;
  Dims wideX = compose::broadcastShape(ofX, ofIndex), wideIndex = wideX;
  wideX[axis] = x->type.dim(axis);
  wideIndex[axis] = index->type.dim(axis);
  return n.tensor(
      n.to.make(ops::gather_elements,
                {compose::expand(n.to, x, wideX), compose::expand(n.to, index, wideIndex)},
                {attr::axis(static_cast<int64_t>(axis))}));
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
    if (isMask(given[i]))
      n.unsupported("mask", "an index by a mask beside other indices",
                    "index by the mask first, or use torch.where");
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

/// Where a mask of the axes from `axis` on holds, along one new axis: how long it is, the run
/// finds.
Value *chosen(const Call &n, Value *x, Value *mask, size_t axis) {
  Dims shape = x->type.shape();
  const auto from = shape.begin() + static_cast<ptrdiff_t>(axis);
  const auto end = from + static_cast<ptrdiff_t>(mask->type.rank());
  if (axis + mask->type.rank() > shape.size() || Dims(from, end) != mask->type.shape())
    n.fail("index", fmt::format("a mask {} of the axes from {} of {}", mask->type.text(), axis,
                                x->type.text()));
  shape.erase(from, end);
  shape.insert(shape.begin() + static_cast<ptrdiff_t>(axis), mask->type.count());
  x = compose::reshape(n.to, x, shape);
  mask =
      compose::cast(n.to, compose::reshape(n.to, mask, {mask->type.count()}), ElementType::boolean);
  return n.to.make(ops::compress, {x, mask},
                   {attr::axis(static_cast<int64_t>(axis)),
                    attr::dims(Dims{n.newExtent("selected", shape[axis])})});
}

Host index(const Call &n) {
  Value *x = n.value("self");
  const std::vector<Value *> given = n.tensors("indices");
  const auto isGiven = [](const Value *v) { return v != nullptr; };
  const auto only = std::ranges::find_if(given, isGiven);
  if (std::ranges::count_if(given, isGiven) == 1) {
    const auto axis = static_cast<size_t>(only - given.begin());
    return n.tensor(
        isMask(*only) ? chosen(n, x, *only, axis)
                      : compose::take(n.to, x, compose::cast(n.to, *only, ElementType::i64), axis));
  }
  const Advanced a = advanced(n, x);
  Value *y = n.to.make(ops::gather_nd, {a.x, a.indices}, {attr::batchDims(0)});
  return n.tensor(placed(n, y, a, false));
}

// ---- writing ----

/// x with the elements of `values`, in their order, where the mask holds.
Value *maskedWrite(const Call &n, Value *x, Value *mask, Value *values, bool adds) {
  const compose::Arith is{n.to};
  const auto flat = [&](Value *v) { return compose::reshape(n.to, v, {v->type.count()}); };
  Value *isTaken = flat(compose::cast(n.to, mask, ElementType::boolean));
  Value *place = n.to.make(ops::cumsum, {compose::cast(n.to, isTaken, ElementType::i64)},
                           {attr::axis(0), attr::exclusive(true), attr::reverse(false)});
  // There may be none at all: a place behind the last is one of its own.
  Value *behind = n.in.scalarOf(Host(values->type.count()));
  Value *padded =
      compose::concat(n.to, {flat(values), compose::full(n.to, values->type.element(), 0, {1})}, 0);
  Value *taken = compose::take(n.to, padded, is.min(place, behind), 0);
  Value *before = flat(x);
  Value *after = is.where(isTaken, adds ? is.add(before, taken) : taken, before);
  return compose::reshape(n.to, after, x->type.shape());
}
Host maskedScatter(const Call &n) {
  Value *x = n.value("self");
  const Dims shape = compose::broadcastShape(x->type.shape(), n.value("mask")->type.shape());
  return n.tensor(maskedWrite(n, compose::expand(n.to, x, shape),
                              compose::expand(n.to, n.value("mask"), shape),
                              compose::cast(n.to, n.value("source"), x->type.element()), false));
}

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
  if (given.size() == 1 && given[0] && isMask(given[0]) &&
      given[0]->type.shape() == x->type.shape())
    return n.tensor(maskedWrite(n, x, given[0], values, adds));
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

// ---- what only the run counts ----

Host nonzero(const Call &n) {
  Value *x = n.value("self");
  Value *y =
      n.to.make(ops::nonzero, {x}, {attr::dims(Dims{n.newExtent("nonzero", x->type.count())})});
  return n.tensor(compose::transpose(n.to, y, {1, 0}));
}
Host nonzeroColumns(const Call &n) {
  Value *x = n.value(n.takes("self") ? "self" : "condition");
  const auto rank = static_cast<int64_t>(x->type.rank());
  const Dim count = n.newExtent("nonzero", x->type.count());
  Value *y = n.to.make(ops::nonzero, {x}, {attr::dims(Dims{count})});
  std::vector<Value *> columns;
  for (int64_t i = 0; i < rank; ++i)
    columns.push_back(compose::reshape(n.to, compose::sliceAxis(n.to, y, 0, Dim(i), 1), {count}));
  return n.list(columns);
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
                {attr::axis(0), attr::dims(Dims{n.newExtent("selected", x->type.count())})}));
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
    {"aten::flip(Tensor self, int[] dims) -> Tensor", flip},
    {"aten::fliplr(Tensor self) -> Tensor", flipAxis<1>},
    {"aten::flipud(Tensor self) -> Tensor", flipAxis<0>},
    {"aten::rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor", rotate},
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
    {"aten::repeat_interleave.Tensor(Tensor repeats, *, int? output_size=None) -> Tensor",
     repeatEach},
    {"aten::repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, int? "
     "output_size=None) -> Tensor",
     repeatEach},
    {"aten::repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? "
     "output_size=None) -> Tensor",
     repeatInterleave},
    {"aten::take(Tensor self, Tensor index) -> Tensor", take},
    {"aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor", takeAlong},
    {"aten::masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor", maskedScatter},
    {"aten::nonzero_numpy(Tensor self) -> Tensor[]", nonzeroColumns},
    {"aten::where(Tensor condition) -> Tensor[]", nonzeroColumns},
    {"aten::argwhere(Tensor self) -> Tensor", nonzero},
    {"aten::dstack(Tensor[] tensors) -> Tensor", dstack},
    {"aten::column_stack(Tensor[] tensors) -> Tensor", columnStack},
    {"aten::row_stack(Tensor[] tensors) -> Tensor", vstack},
    {"aten::concatenate(Tensor[] tensors, int dim=0) -> Tensor", cat},
    {"aten::block_diag(Tensor[] tensors) -> Tensor", blockDiagonal},
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
