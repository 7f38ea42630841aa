// SPDX-License-Identifier: Apache-2.0
//
// TensorList, and TensorArray with its flow, as values: a list is a tensor with an axis over the
// elements in front.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

const List &listOf(const NodeView &n, size_t i) {
  const Item &x = n.item(i);
  if (!x.list)
    n.fail("list", fmt::format("input {} is no list", i));
  return *x.list;
}

/// The shape of an element, if the operand gives all of it.
std::optional<Dims> elementShape(const NodeView &n, size_t i) {
  if (!n.knows(i) || n.rank(i) == 0)
    return std::nullopt; // a scalar -1: unknown
  Dims shape = n.contents(i, "the shape of an element");
  for (const Dim &d : shape)
    if (d.isNumber() && d.number() < 0)
      return std::nullopt;
  return shape;
}

/// A list of zeros.
List zeros(const NodeView &n, ElementType element, const Dim &count,
           const std::optional<Dims> &shape) {
  List list{element, count, nullptr};
  if (shape) {
    Dims all = *shape;
    all.insert(all.begin(), count);
    list.buffer = compose::full(n.to, element, 0, all);
  }
  return list;
}

/// The buffer, which elements of this shape make if none has been written.
Value *bufferOf(const NodeView &n, const List &list, const Dims &shape) {
  return list.buffer ? list.buffer : zeros(n, list.element, list.count, shape).buffer;
}
Value *bufferOf(const NodeView &n, const List &list) {
  if (!list.buffer)
    n.unsupported("list", "a list is read before anything says what shape its elements have",
                  "give the list an element_shape");
  return list.buffer;
}

Dims behindFirst(const Dims &shape) { return Dims(shape.begin() + 1, shape.end()); }

/// The list with element `index` (a scalar) replaced.
List with(const NodeView &n, const List &list, Value *index, Value *x) {
  Value *buffer = bufferOf(n, list, x->type.shape());
  if (behindFirst(buffer->type.shape()) != x->type.shape())
    n.unsupported("list", fmt::format("an element of shape {} is written to a list of {}",
                                      ir::text(x->type.shape()), buffer->type.text()));
  Value *place = compose::reshape(n.to, compose::cast(n.to, index, ElementType::i64), {1, 1});
  List out = list;
  out.buffer = n.to.make(ops::scatter_nd, {buffer, place, compose::unsqueeze(n.to, x, {0})},
                         {attr::reduction("none")});
  return out;
}

Value *elementAt(const NodeView &n, const List &list, Value *index) {
  return compose::take(n.to, bufferOf(n, list),
                       compose::cast(n.to, compose::scalarOf(n.to, index), ElementType::i64), 0);
}

List fromTensor(Value *x) { return {x->type.element(), x->type.dim(0), x}; }

// ---- TensorList ----

Items reserve(const NodeView &n) {
  return {zeros(n, n.elementType("element_dtype", DataType::f32),
                n.contents(1, "the number of elements").at(0), elementShape(n, 0))};
}
Items empty(const NodeView &n) {
  return {zeros(n, n.elementType("element_dtype", DataType::f32), 0, elementShape(n, 0))};
}
Items listFromTensor(const NodeView &n) { return {fromTensor(n.in(0))}; }
Items getItem(const NodeView &n) { return {elementAt(n, listOf(n, 0), n.in(1))}; }
Items setItem(const NodeView &n) {
  const List &list = listOf(n, 0);
  // A list that grows: only where it is known that it does not.
  if (n.flag("resize_if_index_out_of_bounds", false) &&
      !(n.knows(1) && isNonNegative(list.count - n.contents(1, "the index").at(0) - 1)))
    n.unsupported("list", "an element may be written behind the end of the list, which then grows",
                  "give the TensorArray its size, and dynamic_size=False");
  return {with(n, list, n.in(1), n.in(2))};
}

Items stack(const NodeView &n) {
  const List &list = listOf(n, 0);
  const std::optional<Dims> shape = elementShape(n, 1);
  return {shape ? bufferOf(n, list, *shape) : bufferOf(n, list)};
}

Items length(const NodeView &n) {
  return {compose::cast(n.to, compose::scalarOf(n.to, n.to.extents({listOf(n, 0).count})),
                        ElementType::i32)};
}

/// Longer with zeros, or shorter.
Items resize(const NodeView &n) {
  List list = listOf(n, 0);
  const Dim count = n.contents(1, "the number of elements").at(0);
  if (list.buffer && count != list.count) {
    Dims pads(2 * list.buffer->type.rank(), Dim(0));
    pads[list.buffer->type.rank()] = count - list.count;
    list.buffer = n.to.make(ops::pad, {list.buffer}, {attr::pads(pads), attr::mode("constant")});
  }
  list.count = count;
  return {list};
}

Items pushBack(const NodeView &n) {
  List list = listOf(n, 0);
  Value *x = compose::unsqueeze(n.to, n.in(1), {0});
  list.buffer =
      list.buffer && !list.count.isNumber(0) ? compose::concat(n.to, {list.buffer, x}, 0) : x;
  list.count = list.count + 1;
  return {list};
}

Items popBack(const NodeView &n) {
  List list = listOf(n, 0);
  Value *buffer = bufferOf(n, list);
  const Dim last = list.count - 1;
  Value *x = compose::squeeze(n.to, compose::sliceAxis(n.to, buffer, 0, last, 1), {0});
  list.buffer = compose::sliceAxis(n.to, buffer, 0, 0, last);
  list.count = last;
  return {list, x};
}

Items gather(const NodeView &n) {
  return {compose::take(n.to, bufferOf(n, listOf(n, 0)),
                        compose::cast(n.to, n.in(1), ElementType::i64), 0)};
}

/// All elements one after the other along their first axis.
Value *joined(const NodeView &n, Value *buffer) {
  Dims shape = behindFirst(buffer->type.shape());
  if (shape.empty())
    n.fail("list", "scalars are joined");
  shape[0] = shape[0] * buffer->type.dim(0);
  return compose::reshape(n.to, buffer, shape);
}
Items concat(const NodeView &n) {
  Value *buffer = bufferOf(n, listOf(n, 0));
  Value *each = compose::reshape(n.to, n.to.extents({buffer->type.dim(1)}), {1});
  return {joined(n, buffer), compose::expand(n.to, each, {buffer->type.dim(0)})};
}

// ---- TensorArray: the flow is the list, the handle says nothing ----

Items array(const NodeView &n) {
  if (n.flag("dynamic_size", false))
    n.unsupported("list", "a TensorArray that grows (dynamic_size)",
                  "give the TensorArray its size, and dynamic_size=False");
  const PartialShape given = n.partialShape("element_shape");
  std::optional<Dims> shape;
  if (given && std::ranges::none_of(*given, [](int64_t d) { return d < 0; }))
    shape.emplace(given->begin(), given->end());
  const List list = zeros(n, n.elementType("dtype", DataType::f32),
                          n.contents(0, "the number of elements").at(0), shape);
  return {list, list};
}
Items arrayRead(const NodeView &n) { return {elementAt(n, listOf(n, 2), n.in(1))}; }
Items arrayWrite(const NodeView &n) { return {with(n, listOf(n, 3), n.in(1), n.in(2))}; }
Items arraySize(const NodeView &n) {
  return {compose::cast(n.to, compose::scalarOf(n.to, n.to.extents({listOf(n, 1).count})),
                        ElementType::i32)};
}

/// Every element in order, as tf.map_fn writes them; in another order by scatter.
Items arrayScatter(const NodeView &n) {
  const List &list = listOf(n, 3);
  Value *x = n.in(2);
  if (n.knows(1)) {
    const Dims places = n.contents(1, "the indices");
    bool inOrder = list.count == x->type.dim(0);
    for (size_t i = 0; i < places.size(); ++i)
      inOrder = inOrder && places[i].isNumber(static_cast<int64_t>(i));
    if (inOrder)
      return {fromTensor(x)};
  }
  Value *place =
      compose::reshape(n.to, compose::cast(n.to, n.in(1), ElementType::i64), {x->type.dim(0), 1});
  List out = list;
  out.buffer =
      n.to.make(ops::scatter_nd, {bufferOf(n, list, behindFirst(x->type.shape())), place, x},
                {attr::reduction("none")});
  return {out};
}
Items arrayGather(const NodeView &n) {
  return {compose::take(n.to, bufferOf(n, listOf(n, 2)),
                        compose::cast(n.to, n.in(1), ElementType::i64), 0)};
}
Items arrayConcat(const NodeView &n) {
  Value *buffer = bufferOf(n, listOf(n, 1));
  Value *each = compose::reshape(n.to, n.to.extents({buffer->type.dim(1)}), {1});
  return {joined(n, buffer), compose::expand(n.to, each, {buffer->type.dim(0)})};
}
Items nothing(const NodeView &) { return {}; }

// clang-format off
constexpr Lowering kList[] = {
    {"EmptyTensorList", empty}, {"TensorArrayCloseV3", nothing},
    {"TensorArrayConcatV3", arrayConcat, "value lengths"}, {"TensorArrayGatherV3", arrayGather},
    {"TensorArrayReadV3", arrayRead}, {"TensorArrayScatterV3", arrayScatter},
    {"TensorArraySizeV3", arraySize}, {"TensorArrayV3", array, "handle flow"},
    {"TensorArrayWriteV3", arrayWrite}, {"TensorListConcatV2", concat, "tensor lengths"},
    {"TensorListFromTensor", listFromTensor}, {"TensorListGather", gather},
    {"TensorListGetItem", getItem}, {"TensorListLength", length},
    {"TensorListPopBack", popBack, "output_handle tensor"}, {"TensorListPushBack", pushBack},
    {"TensorListReserve", reserve}, {"TensorListResize", resize}, {"TensorListSetItem", setItem},
    {"TensorListStack", stack},
};
// clang-format on

} // namespace

std::span<const Lowering> listLowerings() { return kList; }

} // namespace burin::savedmodel
