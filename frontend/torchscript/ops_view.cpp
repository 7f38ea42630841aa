// SPDX-License-Identifier: Apache-2.0
//
// Views: what shares the memory of a tensor, so that a write into the one changes the other.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::torchscript {

using Layout = Tensor::Layout;

Host view(const TensorRef &base, Tensor::Forward forward, Tensor::Backward backward,
          Layout layout) {
  return std::make_shared<Tensor>(base, std::move(forward), std::move(backward), layout);
}

Host reshaped(const Call &n, const TensorRef &of, Dims shape, Layout layout) {
  const Dims before = n.in.valueOf(of)->type.shape();
  if (before == shape)
    return of;
  const Host made = view(
      of, [shape](ir::Builder &to, Value *x) { return compose::reshape(to, x, shape); },
      [before](ir::Builder &to, Value *, Value *y) { return compose::reshape(to, y, before); },
      of->isContiguous() || layout == Layout::copyOrView ? layout : Layout::strided);
  if (layout == Layout::copyOrView)
    n.in.valueOf(made.as<TensorRef>()); // so that a write into the base is noticed
  return made;
}

namespace {

/// x with the elements start, start + step, ... of an axis replaced by those of y.
Value *replaced(ir::Builder &to, Value *x, Value *y, size_t axis, const Dim &start, int64_t step) {
  const Dim extent = x->type.dim(axis), count = y->type.dim(axis);
  y = compose::cast(to, y, x->type.element());
  if (step == 1) {
    std::vector<Value *> parts;
    if (!start.isNumber(0))
      parts.push_back(compose::sliceAxis(to, x, axis, 0, start));
    parts.push_back(y);
    const Dim behind = start + count;
    if (behind != extent)
      parts.push_back(compose::sliceAxis(to, x, axis, behind, extent - behind));
    return compose::concat(to, parts, axis);
  }
  const compose::Arith is{to};
  Dims along(x->type.rank(), Dim(1));
  along[axis] = count;
  Value *index =
      is.mul(compose::iota(to, ElementType::i64, along, axis), static_cast<double>(step));
  if (start.isNumber())
    index = is.add(index, static_cast<double>(start.number()));
  else
    index = is.add(index, compose::scalarOf(to, to.extents({start})));
  return to.make(ops::scatter_elements, {x, compose::expand(to, index, y->type.shape()), y},
                 {attr::axis(static_cast<int64_t>(axis)), attr::reduction("none")});
}

} // namespace

Host sliced(const Call &n, const TensorRef &of, size_t axis, const Dim &start, const Dim &extent,
            int64_t step) {
  const ir::Shape &shape = n.in.valueOf(of)->type.shape();
  const bool isRun = step == 1 && of->isContiguous() &&
                     std::all_of(shape.begin(), shape.begin() + static_cast<ptrdiff_t>(axis),
                                 [](const Dim &d) { return d.isNumber(1); });
  return view(
      of,
      [=](ir::Builder &to, Value *x) {
        return compose::sliceAxis(to, x, axis, start, extent, step);
      },
      [=](ir::Builder &to, Value *x, Value *y) { return replaced(to, x, y, axis, start, step); },
      isRun ? Layout::contiguous : Layout::strided);
}

namespace {

// ---- shapes ----

/// A shape with one -1 in it, for as many elements as there are.
Dims completed(const Call &n, Dims shape, const Dim &count) {
  Dim others = 1;
  Dim *open = nullptr;
  for (Dim &d : shape) {
    if (!d.isNumber(-1)) {
      others = others * d;
      continue;
    }
    if (open)
      n.fail("shape", "two extents are -1");
    open = &d;
  }
  if (open)
    *open = others.isNumber(0) ? Dim(0) : floorDiv(count, others);
  if (product(shape) != count && !ir::mayEqual(product(shape), count))
    n.fail("shape",
           fmt::format("{} elements do not make the shape {}", count.text(), ir::text(shape)));
  return shape;
}

Host viewOf(const Call &n) {
  const TensorRef &x = n.ref("self");
  return reshaped(n, x, completed(n, n.dims("size"), n.in.valueOf(x)->type.count()));
}
/// A view where the memory allows one, else a copy.
Host reshape(const Call &n, Dims shape) {
  const TensorRef &x = n.ref("self");
  return reshaped(n, x, std::move(shape),
                  x->isContiguous() ? Layout::contiguous : Layout::copyOrView);
}
Host reshapeOf(const Call &n) {
  return reshape(n, completed(n, n.dims("shape"), n.value("self")->type.count()));
}
Host viewAs(const Call &n) { return reshaped(n, n.ref("self"), n.value("other")->type.shape()); }
Host reshapeAs(const Call &n) { return reshape(n, n.value("other")->type.shape()); }

Host flatten(const Call &n) {
  const ir::Shape &shape = n.value("self")->type.shape();
  const auto from = static_cast<size_t>(n.axis("start_dim", shape.size()));
  const auto to = static_cast<size_t>(n.axis("end_dim", shape.size()));
  if (shape.empty())
    return reshape(n, {1});
  Dims flat(shape.begin(), shape.begin() + static_cast<ptrdiff_t>(from));
  flat.push_back(product(Dims(shape.begin() + static_cast<ptrdiff_t>(from),
                              shape.begin() + static_cast<ptrdiff_t>(to) + 1)));
  flat.insert(flat.end(), shape.begin() + static_cast<ptrdiff_t>(to) + 1, shape.end());
  return reshape(n, flat);
}

Host unflatten(const Call &n) {
  Dims shape = n.value("self")->type.shape();
  const auto axis = n.axis("dim", shape.size());
  const Dims parts = completed(n, n.dims("sizes"), shape[static_cast<size_t>(axis)]);
  shape.erase(shape.begin() + axis);
  shape.insert(shape.begin() + axis, parts.begin(), parts.end());
  return reshaped(n, n.ref("self"), shape);
}

Host squeezeAxes(const Call &n, const Ints &axes) {
  const ir::Shape &shape = n.value("self")->type.shape();
  Dims left;
  for (size_t i = 0; i < shape.size(); ++i)
    if (!shape[i].isNumber(1) || std::ranges::find(axes, static_cast<int64_t>(i)) == axes.end())
      left.push_back(shape[i]);
  return reshaped(n, n.ref("self"), left);
}
Host squeeze(const Call &n) {
  Ints all(n.value("self")->type.rank());
  std::iota(all.begin(), all.end(), 0);
  return squeezeAxes(n, all);
}
Host squeezeOne(const Call &n) {
  const size_t rank = n.value("self")->type.rank();
  return rank == 0 ? n["self"] : squeezeAxes(n, {n.axis("dim", rank)});
}
Host squeezeSome(const Call &n) {
  return squeezeAxes(n, n.axes("dim", n.value("self")->type.rank()));
}

Host unsqueeze(const Call &n) {
  Dims shape = n.value("self")->type.shape();
  shape.insert(shape.begin() + n.axis("dim", shape.size() + 1), Dim(1));
  return reshaped(n, n.ref("self"), shape);
}

// ---- orders of axes ----

Host permuted(const Call &n, const Ints &perm) {
  Ints inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i)
    inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  if (std::ranges::is_sorted(perm))
    return n["self"];
  return view(
      n.ref("self"), [perm](ir::Builder &to, Value *x) { return compose::transpose(to, x, perm); },
      [inverse](ir::Builder &to, Value *, Value *y) { return compose::transpose(to, y, inverse); },
      Layout::strided);
}

Host permute(const Call &n) {
  const auto rank = static_cast<int64_t>(n.value("self")->type.rank());
  Ints perm = n.ints("dims");
  for (int64_t &axis : perm)
    axis += axis < 0 ? rank : 0;
  Ints sorted = perm;
  std::ranges::sort(sorted);
  for (int64_t i = 0; i < rank; ++i)
    if (static_cast<int64_t>(perm.size()) != rank || sorted[static_cast<size_t>(i)] != i)
      n.fail("axis", "the axes are no order of those of the tensor");
  return permuted(n, perm);
}

Host swapped(const Call &n, int64_t a, int64_t b) {
  Ints perm(n.value("self")->type.rank());
  std::iota(perm.begin(), perm.end(), 0);
  if (!perm.empty())
    std::swap(perm[static_cast<size_t>(a)], perm[static_cast<size_t>(b)]);
  return permuted(n, perm);
}
Host transpose(const Call &n) {
  const size_t rank = n.value("self")->type.rank();
  return swapped(n, n.axis("dim0", rank), n.axis("dim1", rank));
}
Host swapaxes(const Call &n) {
  const size_t rank = n.value("self")->type.rank();
  return swapped(n, n.axis("axis0", rank), n.axis("axis1", rank));
}
Host transposeMatrix(const Call &n) {
  return n.value("self")->type.rank() < 2 ? n["self"] : swapped(n, 0, 1);
}

Host movedim(const Call &n, Ints from, Ints to) {
  const auto rank = static_cast<int64_t>(n.value("self")->type.rank());
  Ints perm(static_cast<size_t>(rank), -1);
  for (size_t i = 0; i < from.size() && i < to.size(); ++i) {
    from[i] += from[i] < 0 ? rank : 0;
    to[i] += to[i] < 0 ? rank : 0;
    if (to[i] < 0 || to[i] >= rank || from[i] < 0 || from[i] >= rank)
      n.fail("axis", fmt::format("an axis is out of range for the rank {}", rank));
    perm[static_cast<size_t>(to[i])] = from[i];
  }
  int64_t next = 0;
  for (int64_t &axis : perm) {
    if (axis >= 0)
      continue;
    while (std::ranges::find(from, next) != from.end())
      ++next;
    axis = next++;
  }
  return permuted(n, perm);
}
Host movedimOne(const Call &n) {
  return movedim(n, {n.integer("source")}, {n.integer("destination")});
}
Host movedimSome(const Call &n) { return movedim(n, n.ints("source"), n.ints("destination")); }

// ---- parts ----

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

// ---- repetition without memory ----

Host expandTo(const Call &n, const Dims &given) {
  const ir::Shape &shape = n.value("self")->type.shape();
  if (given.size() < shape.size())
    n.fail("shape", fmt::format("{} is expanded to fewer axes", ir::text(shape)));
  const size_t more = given.size() - shape.size();
  Dims wide = given;
  for (size_t i = 0; i < wide.size(); ++i)
    if (wide[i].isNumber(-1))
      wide[i] = i < more ? Dim(1) : shape[i - more];
  if (wide == shape)
    return n["self"];
  return view(
      n.ref("self"), [wide](ir::Builder &to, Value *x) { return compose::expand(to, x, wide); },
      [](ir::Builder &to, Value *, Value *) -> Value * {
        throw CompileError(Problem::unsupported, to.at, "a write into an expanded tensor")
            .code("torchscript.in_place")
            .hint("clone it first");
      },
      Layout::strided);
}
Host expand(const Call &n) { return expandTo(n, n.dims("size")); }
Host expandAs(const Call &n) { return expandTo(n, n.value("other")->type.shape()); }

// ---- the same tensor ----

Host same(const Call &n) { return n.values[0]; }
Host contiguous(const Call &n) {
  return n.ref("self")->isContiguous() ? n["self"] : n.tensor(n.value("self"));
}
Host clone(const Call &n) { return n.tensor(n.value("self")); }

/// The element type alone changes; the device does not matter.
Host converted(const Call &n, std::optional<ElementType> e, bool copies) {
  Value *x = n.value("self");
  if (!copies && (!e || *e == x->type.element()))
    return n["self"];
  return n.tensor(e ? compose::cast(n.to, x, *e) : x);
}
Host toDtype(const Call &n) { return converted(n, n.elementType(), n.flag("copy")); }
Host toOther(const Call &n) {
  return converted(n, n.value("other")->type.element(), n.flag("copy"));
}
Host toNothing(const Call &n) { return converted(n, std::nullopt, n.flag("copy")); }
Host typeAs(const Call &n) { return converted(n, n.value("other")->type.element(), false); }
template <ElementType e> Host castTo(const Call &n) { return converted(n, e, false); }

constexpr Lowering kViews[] = {
    {"aten::view(Tensor(a) self, int[] size) -> Tensor(a)", viewOf},
    {"aten::reshape(Tensor(a) self, int[] shape) -> Tensor(a)", reshapeOf},
    {"aten::view_as(Tensor(a) self, Tensor other) -> Tensor(a)", viewAs},
    {"aten::reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)", reshapeAs},
    {"aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)",
     flatten},
    {"aten::unflatten.int(Tensor(a) self, int dim, int[] sizes) -> Tensor(a)", unflatten},
    {"aten::squeeze(Tensor(a) self) -> Tensor(a)", squeeze},
    {"aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)", squeezeOne},
    {"aten::squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)", squeezeSome},
    {"aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)", unsqueeze},
    {"aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)", permute},
    {"aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)", transpose},
    {"aten::swapaxes(Tensor(a) self, int axis0, int axis1) -> Tensor(a)", swapaxes},
    {"aten::swapdims(Tensor(a) self, int dim0, int dim1) -> Tensor(a)", transpose},
    {"aten::t(Tensor(a) self) -> Tensor(a)", transposeMatrix},
    {"aten::numpy_T(Tensor(a) self) -> Tensor(a)", transposeMatrix},
    {"aten::movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)", movedimOne},
    {"aten::movedim.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)",
     movedimSome},
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
    {"aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)", unfold},
    {"aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)", diagonal},
    {"aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]", chunk},
    {"aten::unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]", chunk},
    {"aten::unsafe_split.Tensor(Tensor self, int split_size, int dim=0) -> Tensor[]", split},
    {"aten::expand(Tensor(a) self, int[] size, *, bool implicit=False) -> Tensor(a)", expand},
    {"aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)", expandAs},
    {"aten::broadcast_to(Tensor(a) self, int[] size) -> Tensor(a)", expand},

    {"aten::detach(Tensor(a) self) -> Tensor(a)", same},
    {"aten::alias(Tensor(a) self) -> Tensor(a)", same},
    {"aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)", contiguous},
    {"aten::lift_fresh(Tensor(a) self) -> Tensor(a)", same},
    {"aten::lift_fresh_copy(Tensor self) -> Tensor", clone},
    {"aten::resolve_conj(Tensor(a) self) -> Tensor(a)", same},
    {"aten::resolve_neg(Tensor(a) self) -> Tensor(a)", same},
    {"aten::requires_grad_(Tensor(a!) self, bool requires_grad=True) -> Tensor(a!)", same},
    {"aten::detach_(Tensor(a!) self) -> Tensor(a!)", same},
    {"aten::cpu(Tensor(a) self) -> Tensor(b|a)", same},
    {"aten::cuda(Tensor(a) self) -> Tensor(b|a)", same},
    {"prim::data(Tensor(a) a) -> Tensor(a)", same},
    {"aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor", clone},
    {"aten::to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, "
     "bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)",
     toDtype},
    {"aten::to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, "
     "MemoryFormat? memory_format=None) -> Tensor(a)",
     toDtype},
    {"aten::to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, "
     "MemoryFormat? memory_format=None) -> Tensor(a)",
     toOther},
    {"aten::to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None, "
     "Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, "
     "MemoryFormat? memory_format=None) -> Tensor(a)",
     toDtype},
    {"aten::to.prim_Device(Tensor(a) self, Device? device, int? dtype=None, bool "
     "non_blocking=False, bool copy=False) -> Tensor(b|a)",
     toDtype},
    {"aten::to.prim_dtype(Tensor(a) self, int? dtype=None, bool non_blocking=False, bool "
     "copy=False) -> Tensor(b|a)",
     toDtype},
    {"aten::to.prim_other(Tensor(a) self, bool non_blocking=False, bool copy=False) -> Tensor(b|a)",
     toNothing},
    {"aten::type_as(Tensor self, Tensor other) -> Tensor", typeAs},
    {"aten::_cast_Float(Tensor self, bool non_blocking=False) -> Tensor", castTo<ElementType::f32>},
    {"aten::_cast_Long(Tensor self, bool non_blocking=False) -> Tensor", castTo<ElementType::i64>},
};

} // namespace

std::span<const Lowering> viewLowerings() { return kViews; }

} // namespace burin::torchscript
