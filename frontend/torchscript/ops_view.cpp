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
  if (shape.empty())
    return reshape(n, {1});
  const auto from = static_cast<size_t>(n.axis("start_dim", shape.size()));
  const auto to = static_cast<size_t>(n.axis("end_dim", shape.size()));
  Dims flat(shape.begin(), shape.begin() + static_cast<ptrdiff_t>(from));
  flat.push_back(product(Dims(shape.begin() + static_cast<ptrdiff_t>(from),
                              shape.begin() + static_cast<ptrdiff_t>(to) + 1)));
  flat.insert(flat.end(), shape.begin() + static_cast<ptrdiff_t>(to) + 1, shape.end());
  return reshape(n, flat);
}

Host ravel(const Call &n) { return reshape(n, {n.value("self")->type.count()}); }

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
  if (perm.size() != n.value("self")->type.rank())
    n.fail("axis", fmt::format("{} axes for a tensor of rank {}", perm.size(),
                               n.value("self")->type.rank()));
  Ints inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i)
    inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  if (std::ranges::is_sorted(perm))
    return n["self"];
  // Axes of one element may lie anywhere.
  const ir::Shape &shape = n.value("self")->type.shape();
  Ints wide;
  std::ranges::copy_if(perm, std::back_inserter(wide),
                       [&](int64_t axis) { return !shape[static_cast<size_t>(axis)].isNumber(1); });
  const bool inOrder = std::ranges::is_sorted(wide) && n.ref("self")->isContiguous();
  return view(
      n.ref("self"), [perm](ir::Builder &to, Value *x) { return compose::transpose(to, x, perm); },
      [inverse](ir::Builder &to, Value *, Value *y) { return compose::transpose(to, y, inverse); },
      inOrder ? Layout::contiguous : Layout::strided);
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
  return swapped(n, n.axis("dim0", std::max<size_t>(rank, 1)),
                 n.axis("dim1", std::max<size_t>(rank, 1)));
}
Host swapaxes(const Call &n) {
  const size_t rank = n.value("self")->type.rank();
  return swapped(n, n.axis("axis0", std::max<size_t>(rank, 1)),
                 n.axis("axis1", std::max<size_t>(rank, 1)));
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

/// The last two axes.
Host transposeLast(const Call &n) {
  const auto rank = static_cast<int64_t>(n.value("self")->type.rank());
  return rank < 2 ? n["self"] : swapped(n, rank - 2, rank - 1);
}
/// Of all axes, as numpy's T.
Host reverseAxes(const Call &n) {
  Ints perm(n.value("self")->type.rank());
  std::iota(perm.rbegin(), perm.rend(), 0);
  return permuted(n, perm);
}

/// With at least so many axes.
template <size_t rank> Host atLeast(const Call &n) {
  Dims shape = n.value("self")->type.shape();
  if (shape.size() >= rank)
    return n["self"];
  if (rank == 3 && shape.size() == 2)
    shape.emplace_back(1);
  else if (rank >= 2 && shape.size() == 1)
    shape = rank == 2 ? Dims{1, shape[0]} : Dims{1, shape[0], 1};
  else
    shape.assign(rank, Dim(1));
  return reshaped(n, n.ref("self"), shape);
}

/// The same bits as elements of another type.
Host viewAsType(const Call &n) {
  const ElementType e = *n.elementType();
  const TensorRef &x = n.ref("self");
  const ElementType before = n.in.valueOf(x)->type.element();
  if (e == before)
    return n["self"];
  if (ir::elementSize(e) != ir::elementSize(before))
    n.unsupported(
        "dtype",
        fmt::format("a view of {} as {}, which has another size", ir::name(before), ir::name(e)),
        "use to() for a conversion");
  return view(
      x, [e](ir::Builder &to, Value *v) { return to.make(ops::bitcast, {v}, {attr::to(e)}); },
      [before](ir::Builder &to, Value *, Value *y) {
        return to.make(ops::bitcast, {y}, {attr::to(before)});
      },
      x->isContiguous() ? Layout::contiguous : Layout::strided);
}

/// Elements of the memory at given places: of a tensor whose memory is in order.
Host asStrided(const Call &n) {
  const TensorRef &x = n.ref("self");
  const Ints size = n.ints("size"), stride = n.ints("stride");
  const int64_t offset = n.has("storage_offset") ? n.integer("storage_offset") : 0;
  if (x->base() || !x->isContiguous() || size.size() != stride.size())
    n.unsupported("stride", "as_strided of a tensor that is a view",
                  "call contiguous() before, or use slices");
  const Dim count = n.in.valueOf(x)->type.count();
  int64_t left = 1 << 24;
  for (const int64_t extent : size) {
    if (extent < 0 || (extent > 0 && left / extent == 0))
      n.fail("stride", "as_strided makes more elements than its tensor has");
    left = extent > 0 ? left / extent : left;
  }
  Ints places = {offset};
  for (size_t i = 0; i < size.size(); ++i) {
    Ints next;
    for (const int64_t place : places)
      for (int64_t k = 0; k < size[i]; ++k)
        next.push_back(place + k * stride[i]);
    places = std::move(next);
  }
  if (!count.isNumber() ||
      std::ranges::any_of(places, [&](int64_t p) { return p < 0 || p >= count.number(); }))
    n.fail("stride", "as_strided reaches behind the memory of the tensor");
  const Dims shape(size.begin(), size.end());
  return view(
      x,
      [=](ir::Builder &to, Value *v) {
        v = compose::take(to, compose::reshape(to, v, {count}), to.ints(places), 0);
        return compose::reshape(to, v, shape);
      },
      [](ir::Builder &to, Value *, Value *) -> Value * {
        throw CompileError(Problem::unsupported, to.at, "a write into as_strided")
            .code("torchscript.in_place")
            .hint("clone it first");
      },
      Layout::strided);
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
/// All of them in the shape that they have together.
Host broadcastTensors(const Call &n) {
  Dims shape;
  for (Value *v : n.tensors("tensors"))
    shape = compose::broadcastShape(shape, v->type.shape());
  std::vector<Value *> all;
  for (Value *v : n.tensors("tensors"))
    all.push_back(compose::expand(n.to, v, shape));
  return n.list(all);
}
Host expandAs(const Call &n) { return expandTo(n, n.value("other")->type.shape()); }

// ---- the same tensor ----

Host same(const Call &n) { return n.values[0]; }
Host alike(const TensorRef &of, Layout layout) {
  return view(
      of, [](ir::Builder &, Value *x) { return x; },
      [](ir::Builder &, Value *, Value *y) { return y; }, layout);
}

/// Whether the call asks for an order of memory with the channels last.
bool wantsChannelsLast(const Call &n) {
  constexpr int64_t kContiguous = 0, kPreserve = 1;
  return n.takes("memory_format") && n.has("memory_format") &&
         n.integer("memory_format") != kContiguous && n.integer("memory_format") != kPreserve;
}

/// A copy with the channels last, or the tensor itself if it is so already.
Host channelsLast(const Call &n) {
  const ir::Shape &shape = n.value("self")->type.shape();
  const auto isWide = [](const Dim &d) { return d.isNumber() && d.number() > 1; };
  const bool differs = n.ref("self")->isContiguous() && shape.size() >= 3 && isWide(shape[1]) &&
                       std::any_of(shape.begin() + 2, shape.end(), isWide);
  if (differs)
    return alike(n.tensor(n.value("self")).as<TensorRef>(), Layout::strided);
  const Host made = alike(n.ref("self"), Layout::copyOrView);
  n.in.valueOf(made.as<TensorRef>()); // so that a write into the one is noticed by the other
  return made;
}

Host contiguous(const Call &n) {
  if (wantsChannelsLast(n))
    return channelsLast(n);
  return n.ref("self")->isContiguous() ? n["self"] : n.tensor(n.value("self"));
}
Host clone(const Call &n) {
  const Host made = n.tensor(n.value("self"));
  return wantsChannelsLast(n) ? alike(made.as<TensorRef>(), Layout::strided) : made;
}

/// The element type changes, and the order of memory; the device does not matter.
Host converted(const Call &n, std::optional<ElementType> e, bool copies) {
  Value *x = n.value("self");
  if (!copies && (!e || *e == x->type.element()))
    return wantsChannelsLast(n) ? channelsLast(n) : n["self"];
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
    {"aten::numpy_T(Tensor(a) self) -> Tensor(a)", reverseAxes},
    {"aten::numpy_T.a(Tensor(a) self) -> Tensor(a)", reverseAxes},
    {"aten::mT(Tensor(a) self) -> Tensor(a)", transposeLast},
    {"aten::mT.a(Tensor(a) self) -> Tensor(a)", transposeLast},
    {"aten::mH(Tensor(a) self) -> Tensor(a)", transposeLast},
    {"aten::mH.a(Tensor(a) self) -> Tensor(a)", transposeLast},
    {"aten::adjoint(Tensor(a) self) -> Tensor(a)", transposeLast},
    {"aten::atleast_1d(Tensor self) -> Tensor", atLeast<1>},
    {"aten::atleast_1d.Sequence(Tensor[] tensors) -> Tensor[]", nullptr},
    {"aten::atleast_2d(Tensor self) -> Tensor", atLeast<2>},
    {"aten::atleast_2d.Sequence(Tensor[] tensors) -> Tensor[]", nullptr},
    {"aten::atleast_3d(Tensor self) -> Tensor", atLeast<3>},
    {"aten::atleast_3d.Sequence(Tensor[] tensors) -> Tensor[]", nullptr},
    {"aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)", viewAsType},
    {"aten::as_strided(Tensor(a) self, int[] size, int[] stride, int? storage_offset=None) -> "
     "Tensor(a)",
     asStrided},
    {"aten::moveaxis.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)",
     movedimSome},
    {"aten::moveaxis.int(Tensor(a) self, int source, int destination) -> Tensor(a)", movedimOne},
    {"aten::ravel(Tensor(a) self) -> Tensor(a)", ravel},
    {"aten::broadcast_tensors(Tensor[] tensors) -> Tensor[]", broadcastTensors},
    {"aten::movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)", movedimOne},
    {"aten::movedim.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)",
     movedimSome},
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
