// SPDX-License-Identifier: Apache-2.0
//
// Parts of tensors, which are views.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::torchscript {

using Layout = Tensor::Layout;

namespace {

/// A bound of a slice in [0, extent]; counted from the end where it is negative.
Dim bound(const Dim &given, const Dim &extent) {
  if (given.isNumber() && given.number() < 0)
    return max(extent + given, 0);
  return min(given, extent);
}

Host slice(const Call &n) {
  const TensorRef &x = n.ref("self");
  const ir::Shape &shape = n.in.valueOf(x)->type.shape();
  const auto axis = static_cast<size_t>(n.axis("dim", shape.size()));
  const Dim &extent = shape[axis];
  const int64_t step = n.integer("step");
  if (step <= 0)
    n.fail("slice", fmt::format("the step is {}, expected at least 1", step));
  const bool runStart = n["start"].holds<RunNumber>();
  if (runStart || n["end"].holds<RunNumber>())
    n.unsupported("known", "a slice whose bounds only the run knows",
                  "compute the bounds from shapes, or use narrow with a known length");
  const Dim start = n.has("start") ? bound(n.dim("start"), extent) : Dim(0);
  const Dim end = n.has("end") ? bound(n.dim("end"), extent) : extent;
  const Dim count = max(ceilDiv(end - start, step), 0);
  if (start.isNumber(0) && step == 1 && count == extent)
    return view(
        x, [](ir::Builder &, Value *v) { return v; },
        [](ir::Builder &, Value *, Value *y) { return y; },
        x->isContiguous() ? Layout::contiguous : Layout::strided);
  return sliced(n, x, axis, start, count, step);
}

/// A part of known length at a place that only the run knows.
Host slicedAtRun(const Call &n, const TensorRef &of, size_t axis, Value *start, const Dim &extent) {
  const Dims whole = n.in.valueOf(of)->type.shape();
  Dims shape = whole;
  shape[axis] = extent;
  const auto starts = [=](ir::Builder &to) {
    std::vector<Value *> all(whole.size(), to.ints({0}));
    all[axis] = compose::reshape(to, start, {1});
    return compose::concat(to, all, 0);
  };
  return view(
      of,
      [=](ir::Builder &to, Value *x) {
        return to.make(ops::slice_at, {x, starts(to)},
                       {attr::steps(Ints(whole.size(), 1)), attr::shape(shape)});
      },
      [=](ir::Builder &to, Value *x, Value *y) {
        Value *index =
            compose::Arith{to}.add(compose::iota(to, ElementType::i64, shape, axis), start);
        return to.make(ops::scatter_elements, {x, index, y},
                       {attr::axis(static_cast<int64_t>(axis)), attr::reduction("none")});
      },
      Layout::strided);
}

Host narrow(const Call &n) {
  const TensorRef &x = n.ref("self");
  const ir::Shape &shape = n.in.valueOf(x)->type.shape();
  const auto axis = static_cast<size_t>(n.axis("dim", shape.size()));
  Host start = n["start"];
  if (const TensorRef *t = start.find<TensorRef>())
    start = n.in.numberOf(n.in.valueOf(*t));
  if (const RunNumber *at = start.find<RunNumber>())
    return slicedAtRun(n, x, axis, at->value, n.dim("length"));
  const Dim &d = start.as<Dim>();
  const Dim from = d.isNumber() && d.number() < 0 ? shape[axis] + d : d;
  return sliced(n, x, axis, from, n.dim("length"), 1);
}

Host select(const Call &n) {
  const TensorRef &x = n.ref("self");
  const ir::Shape &shape = n.in.valueOf(x)->type.shape();
  const auto axis = static_cast<size_t>(n.axis("dim", shape.size()));
  Dims left = shape;
  left.erase(left.begin() + static_cast<ptrdiff_t>(axis));
  Host index = n["index"];
  if (const TensorRef *t = index.find<TensorRef>())
    index = n.in.numberOf(n.in.valueOf(*t));
  if (const RunNumber *at = index.find<RunNumber>()) {
    const compose::Arith is{n.to};
    Value *i = at->value;
    // From the end where it is negative.
    i = is.where(is.less(i, 0.0), is.add(i, n.in.scalarOf(Host(shape[axis]))), i);
    return reshaped(n, slicedAtRun(n, x, axis, i, 1).as<TensorRef>(), left);
  }
  const Dim &d = index.as<Dim>();
  const Dim from = d.isNumber() && d.number() < 0 ? shape[axis] + d : d;
  if (from.isNumber() && shape[axis].isNumber() &&
      (from.number() < 0 || from.number() >= shape[axis].number()))
    n.fail("index", fmt::format("the index {} is out of range for the extent {}", d.text(),
                                shape[axis].text()));
  return reshaped(n, sliced(n, x, axis, from, 1, 1).as<TensorRef>(), left);
}

/// Parts of these extents along an axis.
Host parts(const Call &n, const Dims &extents, size_t axis) {
  std::vector<Host> items;
  Dim at = 0;
  for (const Dim &extent : extents) {
    items.push_back(sliced(n, n.ref("self"), axis, at, extent, 1));
    at = at + extent;
  }
  return makeList(std::move(items));
}

int64_t knownExtent(const Call &n, size_t axis) {
  const Dim &d = n.value("self")->type.dim(axis);
  if (!d.isNumber())
    n.unsupported("symbolic", fmt::format("a split of the open extent {}", d.text()),
                  "fix the symbol with --dim");
  return d.number();
}
size_t axisOf(const Call &n) {
  return static_cast<size_t>(n.axis("dim", n.value("self")->type.rank()));
}

Host splitEvery(const Call &n, size_t axis, int64_t size) {
  const int64_t extent = knownExtent(n, axis);
  if (size <= 0)
    n.fail("split", fmt::format("parts of {} elements", size));
  Dims extents;
  for (int64_t at = 0; at < extent; at += size)
    extents.emplace_back(std::min(size, extent - at));
  return parts(n, extents, axis);
}
Host split(const Call &n) { return splitEvery(n, axisOf(n), n.integer("split_size")); }
Host chunk(const Call &n) {
  const size_t axis = axisOf(n);
  const int64_t count = std::max<int64_t>(n.integer("chunks"), 1), extent = knownExtent(n, axis);
  return splitEvery(n, axis, std::max<int64_t>((extent + count - 1) / count, 1));
}
template <const char *const &name> Host splitSizes(const Call &n) {
  return parts(n, n.dims(name), axisOf(n));
}
constexpr const char *kSize = "split_size", *kSizes = "split_sizes";

Host unbind(const Call &n) {
  const size_t axis = axisOf(n);
  Dims left = n.value("self")->type.shape();
  left.erase(left.begin() + static_cast<ptrdiff_t>(axis));
  std::vector<Host> items;
  for (int64_t i = 0, count = knownExtent(n, axis); i < count; ++i)
    items.push_back(reshaped(n, sliced(n, n.ref("self"), axis, i, 1, 1).as<TensorRef>(), left));
  return makeList(std::move(items));
}

/// Between these places.
Host splitAt(const Call &n, size_t axis, const Ints &places) {
  const int64_t extent = knownExtent(n, axis);
  std::vector<Host> items;
  int64_t from = 0;
  const auto add = [&](int64_t until) {
    items.push_back(
        sliced(n, n.ref("self"), axis, from, Dim(std::max<int64_t>(until - from, 0)), 1));
    from = until;
  };
  for (const int64_t place : places)
    add(std::clamp<int64_t>(place < 0 ? place + extent : place, 0, extent));
  add(extent);
  return makeList(std::move(items));
}
Host tensorSplitAt(const Call &n) { return splitAt(n, axisOf(n), n.ints("indices")); }

Host splitEqually(const Call &n, size_t axis) {
  const size_t rank = n.value("self")->type.rank();
  if (axis >= rank)
    n.fail("rank", fmt::format("a split along axis {} of a tensor of rank {}", axis, rank));
  if (n.takes("indices"))
    return splitAt(n, axis, n.ints("indices"));
  const int64_t count = n.integer("sections"), extent = knownExtent(n, axis);
  if (count <= 0 || extent % count != 0)
    n.fail("split", fmt::format("{} equal parts of {} elements", count, extent));
  return splitEvery(n, axis, std::max<int64_t>(extent / count, 1));
}
Host hsplit(const Call &n) { return splitEqually(n, n.value("self")->type.rank() == 1 ? 0 : 1); }
template <size_t axis> Host splitAlong(const Call &n) { return splitEqually(n, axis); }

Host tensorSplit(const Call &n) {
  const size_t axis = axisOf(n);
  const int64_t count = n.integer("sections"), extent = knownExtent(n, axis);
  if (count <= 0)
    n.fail("split", fmt::format("{} parts", count));
  Dims extents;
  for (int64_t i = 0; i < count; ++i)
    extents.emplace_back(extent / count + (i < extent % count ? 1 : 0));
  return parts(n, extents, axis);
}

/// A view that can be read and not written.
Host readOnly(const TensorRef &of, Tensor::Forward forward) {
  return view(
      of, std::move(forward),
      [](ir::Builder &to, Value *, Value *) -> Value * {
        throw CompileError(Problem::unsupported, to.at, "a write into this kind of view")
            .code("torchscript.in_place")
            .hint("clone it first");
      },
      Layout::strided);
}

/// The windows of an axis, each along a new last axis.
Host unfold(const Call &n) {
  const ir::Shape &shape = n.value("self")->type.shape();
  const int64_t axis = n.axis("dimension", shape.size());
  const int64_t size = n.integer("size"), step = n.integer("step");
  const Dim &extent = shape[static_cast<size_t>(axis)];
  if (!extent.isNumber())
    n.unsupported("symbolic", "unfold of an open extent", "fix the symbol with --dim");
  if (size > extent.number() || step <= 0 || size < 0)
    n.fail("shape", fmt::format("windows of {} with the step {} of {} elements", size, step,
                                extent.number()));
  const int64_t count = (extent.number() - size) / step + 1;
  Ints index, perm;
  for (int64_t i = 0; i < count; ++i)
    for (int64_t k = 0; k < size; ++k)
      index.push_back(i * step + k);
  for (int64_t i = 0; i <= static_cast<int64_t>(shape.size()); ++i)
    if (i != axis + 1)
      perm.push_back(i);
  perm.push_back(axis + 1);
  return readOnly(n.ref("self"), [=](ir::Builder &to, Value *x) {
    Value *at = compose::reshape(to, to.ints(index), {Dim(count), Dim(size)});
    return compose::transpose(to, compose::take(to, x, at, static_cast<size_t>(axis)), perm);
  });
}

/// The elements of which two coordinates are equal, along a new last axis.
Host diagonal(const Call &n) {
  const ir::Shape &shape = n.value("self")->type.shape();
  const int64_t a = n.axis("dim1", shape.size()), b = n.axis("dim2", shape.size());
  const Dim &rows = shape[static_cast<size_t>(a)], &columns = shape[static_cast<size_t>(b)];
  if (!rows.isNumber() || !columns.isNumber() || a == b)
    n.unsupported("symbolic", "a diagonal of open extents", "fix the symbols with --dim");
  const int64_t offset = n.integer("offset");
  Ints index, perm;
  for (int64_t i = 0; i < rows.number(); ++i)
    if (i + offset >= 0 && i + offset < columns.number())
      index.push_back(i * columns.number() + i + offset);
  Dims flat;
  for (size_t i = 0; i < shape.size(); ++i)
    if (static_cast<int64_t>(i) != a && static_cast<int64_t>(i) != b) {
      perm.push_back(static_cast<int64_t>(i));
      flat.push_back(shape[i]);
    }
  perm.insert(perm.end(), {a, b});
  flat.push_back(rows * columns);
  return readOnly(n.ref("self"), [=](ir::Builder &to, Value *x) {
    x = compose::reshape(to, compose::transpose(to, x, perm), flat);
    return compose::take(to, x, to.ints(index), flat.size() - 1);
  });
}

constexpr Lowering kParts[] = {
    {"aten::slice.Tensor(Tensor(a) self, int dim=0, int? start=None, int? end=None, int step=1) -> "
     "Tensor(a)",
     slice},
    {"aten::narrow(Tensor(a) self, int dim, int start, int length) -> Tensor(a)", narrow},
    {"aten::narrow.Tensor(Tensor(a) self, int dim, Tensor start, int length) -> Tensor(a)", narrow},
    {"aten::select.int(Tensor(a) self, int dim, int index) -> Tensor(a)", select},
    {"aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]", unbind},
    {"aten::split.Tensor(Tensor(a -> *) self, int split_size, int dim=0) -> Tensor(a)[]", split},
    {"aten::split.sizes(Tensor(a -> *) self, int[] split_size, int dim=0) -> Tensor(a)[]",
     splitSizes<kSize>},
    {"aten::split(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]",
     splitSizes<kSizes>},
    {"aten::split_with_sizes(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]",
     splitSizes<kSizes>},
    {"aten::tensor_split.sections(Tensor(a -> *) self, int sections, int dim=0) -> Tensor(a)[]",
     tensorSplit},
    {"aten::tensor_split.indices(Tensor(a -> *) self, int[] indices, int dim=0) -> Tensor(a)[]",
     tensorSplitAt},
    {"aten::tensor_split.tensor_indices_or_sections(Tensor(a -> *) self, Tensor "
     "tensor_indices_or_sections, int dim=0) -> Tensor(a)[]",
     nullptr},
    {"aten::hsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]", hsplit},
    {"aten::hsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]", hsplit},
    {"aten::vsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]", splitAlong<0>},
    {"aten::vsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]", splitAlong<0>},
    {"aten::dsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]", splitAlong<2>},
    {"aten::dsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]", splitAlong<2>},
    {"aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)", unfold},
    {"aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)", diagonal},
    {"aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]", chunk},
    {"aten::unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]", chunk},
    {"aten::unsafe_split.Tensor(Tensor self, int split_size, int dim=0) -> Tensor[]", split},
};

} // namespace

std::span<const Lowering> partLowerings() { return kParts; }

} // namespace burin::torchscript
