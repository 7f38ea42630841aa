// SPDX-License-Identifier: Apache-2.0
//
// Sequences are lists, whose types follow from what is put into them; optionals are optionals.
#include "frontend/common/compose.h"
#include "frontend/onnx/ops_control.h"

#include <fmt/format.h>

namespace burin::onnx {
namespace {

const ir::Type &listInput(const NodeView &n, size_t i) {
  if (!n.type(i).isList())
    n.fail("list", fmt::format("input {} is {}, expected a sequence", i, n.type(i).text()));
  return n.type(i);
}

Value *position(const NodeView &n, size_t i) {
  return n.has(i) ? compose::cast(n.to, compose::scalarOf(n.to, n.in(i)), ElementType::i64)
                  : nullptr;
}

/// The operands of a list that is made of values: nothing has been put in or taken out.
const ir::Op *made(const Value *list) {
  return list->def() && list->def()->is(ops::list_make) ? list->def() : nullptr;
}

Value *listOfValues(const NodeView &n, const Values &values) {
  ir::Type element = values[0]->type;
  for (const Value *v : values)
    element = joinedElement(n, element, v->type);
  return n.to
      .makeOp(ops::list_make, values,
              {attr::type(ir::Type::list(element, static_cast<int64_t>(values.size())))})
      .result();
}

Values construct(const NodeView &n) {
  Values values;
  for (size_t i = 0; i < n.numInputs(); ++i)
    values.push_back(n.in(i));
  if (values.empty())
    n.fail("list", "a sequence of nothing");
  return {listOfValues(n, values)};
}

Values empty(const NodeView &n) {
  const ElementType e = n.elementType("dtype").value_or(ElementType::f32);
  return {
      n.to.makeOp(ops::list_make, {}, {attr::type(ir::Type::list(ir::Type{e, {}}, 0))}).result()};
}

Values length(const NodeView &n) {
  listInput(n, 0);
  if (const ir::Op *op = made(n.in(0)))
    return {n.to.scalar(ElementType::i64, static_cast<double>(op->numOperands()))};
  return {n.to.make(ops::list_length, {n.in(0)})};
}

Values at(const NodeView &n) {
  listInput(n, 0);
  const ir::Op *op = made(n.in(0));
  if (op && n.knows(1) && n.contents(1, "the position").at(0).isNumber()) {
    const auto count = static_cast<int64_t>(op->numOperands());
    int64_t i = n.contents(1, "the position")[0].number();
    i += i < 0 ? count : 0;
    if (i < 0 || i >= count)
      n.fail("list", fmt::format("position {} of a sequence of {}", i, count));
    return {op->operand(static_cast<size_t>(i))};
  }
  return {unboxed(n, n.to, n.in(0), position(n, 1))};
}

Values insert(const NodeView &n) {
  const ir::Type list = listInput(n, 0);
  const int64_t capacity = list.capacity().bounds().hi;
  const ir::Type element = capacity == 0 ? n.type(1) : joinedElement(n, list.inner(), n.type(1));
  const ir::Type grown = ir::Type::list(element, capacity + 1);
  setListType(n, n.in(0), grown);
  return {n.to.makeOp(ops::list_insert, {n.in(0), n.in(1), position(n, 2)}).result()};
}

Values erase(const NodeView &n) {
  listInput(n, 0);
  return {n.to.makeOp(ops::list_erase, {n.in(0), position(n, 1)}).result()};
}

Values concatFrom(const NodeView &n) {
  const ir::Type &list = listInput(n, 0);
  const bool fresh = n.integer("new_axis", 0) != 0;
  const size_t rank = list.inner().rank();
  const int64_t axis = n.axis(n.integer("axis", 0), rank + (fresh ? 1 : 0));
  if (const ir::Op *op = made(n.in(0)); op && op->numOperands() > 0) {
    std::vector<Value *> parts;
    for (size_t i = 0; i < op->numOperands(); ++i)
      parts.push_back(fresh ? compose::unsqueeze(n.to, op->operand(i), {axis}) : op->operand(i));
    return {compose::concat(n.to, parts, static_cast<size_t>(axis))};
  }
  // The length is known while running: one element behind the other along axis 0, then moved.
  Dims shape = list.inner().shape();
  const auto along = static_cast<size_t>(fresh ? 0 : axis);
  if (rank == 0 || (fresh && !list.inner().isStatic()) || !shape[along].isNumber())
    n.unsupported("list", fmt::format("elements {} one after the other", list.inner().text()),
                  "make every element of one shape");
  const Dim each = shape[along];
  // The model may declare how many there are; the run checks it.
  const Dims guess = n.guessed().value_or(Dims{});
  const bool guesses = !each.isNumber(0) && guess.size() == rank + (fresh ? 1 : 0) &&
                       guess[static_cast<size_t>(axis)].isNumber();
  const Dim count = !guesses ? n.newExtent("length", list.capacity())
                    : fresh  ? guess[static_cast<size_t>(axis)]
                             : floorDiv(guess[along], each);
  n.require(n.to.make(ops::list_length, {n.in(0)}), {count});
  shape[along] = each * count;
  Value *y = n.to.make(ops::list_concat, {n.in(0)},
                       {attr::axis(static_cast<int64_t>(along)), attr::shape(shape)});
  if (!fresh)
    return {y};
  shape[along] = each;
  shape.insert(shape.begin(), count);
  y = compose::reshape(n.to, y, shape);
  Ints perm;
  for (int64_t i = 1; i <= static_cast<int64_t>(rank); ++i)
    perm.push_back(i);
  perm.insert(perm.begin() + axis, 0);
  return {compose::transpose(n.to, y, perm)};
}

Values splitTo(const NodeView &n) {
  Value *x = n.in(0);
  const auto axis = static_cast<size_t>(n.axis(n.integer("axis", 0), n.rank(0)));
  const Dim extent = n.type(0).dim(axis);
  const bool removes = !n.has(1) && n.integer("keepdims", 1) == 0;
  constexpr int64_t kMostParts = 256;
  Dims parts;
  if (n.has(1) && n.rank(1) == 1) {
    if (n.knows(1)) {
      parts = n.contents(1, "the parts");
    } else {
      const Dim count = n.type(1).dim(0);
      if (!count.isNumber() || count.number() > kMostParts)
        n.unsupported("runtime-shape", "the number of parts is not known");
      Dim sum = 0;
      for (int64_t i = 0; i < count.number(); ++i) {
        parts.push_back(n.newExtent("part", extent));
        sum = sum + parts.back();
      }
      n.require(n.vector(1), parts);
      n.require(n.to.extents({sum}), {extent});
    }
  } else if (extent.isNumber() && extent.number() <= kMostParts &&
             (!n.has(1) ||
              (n.knows(1) && n.contents(1, "the length of a part").at(0).isNumber()))) {
    const int64_t each = n.has(1) ? n.contents(1, "the length of a part")[0].number() : 1;
    if (each < 1)
      n.fail("split", fmt::format("parts of {} elements", each));
    for (int64_t begin = 0; begin < extent.number(); begin += each)
      parts.emplace_back(std::min(each, extent.number() - begin));
  } else { // as many as the run finds
    Dim each = 1;
    if (n.has(1)) {
      ir::Module &module = n.to.module();
      each = n.knows(1) ? n.contents(1, "the length of a part").at(0)
                        : module.symbol(module.freshSymbolName("part"),
                                        {1, std::max<int64_t>(extent.bounds().hi, 1)},
                                        "the length of a part");
      if (!n.knows(1))
        n.require(n.vector(1), {each});
    }
    if (removes)
      n.unsupported("list", "SplitToSequence without keepdims on an extent that is no number",
                    "fix the symbol with --dim");
    Dims shape = n.type(0).shape();
    shape[axis] = n.has(1) ? n.newExtent("element", extent) : Dim(1);
    const ir::Type list =
        ir::Type::list(n.type(0).withShape(shape), ceilDiv(extent, each).bounds().hi);
    return {
        n.to.make(ops::list_split, {x},
                  {attr::axis(static_cast<int64_t>(axis)), attr::count({each}), attr::type(list)})};
  }
  if (parts.empty())
    n.unsupported("list", "a sequence of an axis without elements");
  Values values;
  Dim begin = 0;
  for (const Dim &part : parts) {
    Value *y = compose::sliceAxis(n.to, x, axis, begin, part);
    values.push_back(removes ? compose::squeeze(n.to, y, {static_cast<int64_t>(axis)}) : y);
    begin = begin + part;
  }
  return {listOfValues(n, values)};
}

/// A loop over the elements; other inputs are the same for each.
Values map(const NodeView &n) {
  const GraphRef graph = n.graph("body");
  listInput(n, 0);
  LoopParts parts;
  parts.count = n.to.make(ops::list_length, {n.in(0)});
  parts.most = n.type(0).capacity().bounds().hi;
  for (const ValueInfo &output : graph->outputs) {
    const ElementType e = output.type.kind == Type::Kind::tensor ? elementType(output.type.element)
                                                                 : ElementType::f32;
    parts.carried.push_back(
        n.to.makeOp(ops::list_make, {}, {attr::type(ir::Type::list(ir::Type{e, {}}, 0))}).result());
  }
  return makeLoop(n, parts, [&](ir::Builder &to, Value *i, const Values &lists) {
    const NodeView view{n.importer(), n.node, to, {}, n.opset};
    Values inputs;
    for (size_t k = 0; k < n.numInputs(); ++k)
      inputs.push_back(n.type(k).isList() ? unboxed(view, to, n.in(k), i) : n.in(k));
    const Values outputs = n.lowered(*graph, to, inputs);
    Values yields = {to.scalar(ElementType::boolean, 1)};
    for (size_t k = 0; k < lists.size(); ++k) {
      const ir::Type list = lists[k]->type;
      const int64_t capacity = list.capacity().bounds().hi;
      const ir::Type element =
          capacity == 0 ? outputs[k]->type : joinedElement(view, list.inner(), outputs[k]->type);
      setListType(view, lists[k], ir::Type::list(element, capacity + 1));
      yields.push_back(to.make(ops::list_insert, {lists[k], outputs[k]}));
    }
    return yields;
  });
}

// ---- optionals ----

Values optional(const NodeView &n) {
  if (n.has(0))
    return {n.to.make(ops::optional_some, {n.in(0)})};
  const Attribute *attribute = n.node.find("type");
  const Type *declared = attribute ? std::get_if<Type>(&attribute->value) : nullptr;
  if (!declared)
    n.fail("attribute", "an Optional of nothing needs the attribute 'type'");
  std::optional<ir::Type> type = irType(
      *declared,
      [&](size_t, const Extent &e) {
        const auto *number = std::get_if<int64_t>(&e);
        return number ? Dim(*number) : Dim(0);
      },
      0);
  if (!type)
    n.unsupported("type", "an Optional of a type without a shape");
  if (!type->isOptional())
    type = ir::Type::optional(*type);
  return {n.to.make(ops::optional_none, {}, {attr::type(*type)})};
}

Values optionalHas(const NodeView &n) {
  if (!n.has(0) || !n.type(0).isOptional())
    return {n.to.scalar(ElementType::boolean, n.has(0) ? 1 : 0)};
  return {n.to.make(ops::optional_has, {n.in(0)})};
}

Values optionalGet(const NodeView &n) {
  return {n.type(0).isOptional() ? n.to.make(ops::optional_get, {n.in(0)}) : n.in(0)};
}

// clang-format off
constexpr Lowering kSequence[] = {
    {"ConcatFromSequence", 11, concatFrom}, {"Optional", 15, optional}, {"OptionalGetElement", 15, optionalGet}, {"OptionalHasElement", 15, optionalHas},
    {"SequenceAt", 11, at}, {"SequenceConstruct", 11, construct}, {"SequenceEmpty", 11, empty}, {"SequenceErase", 11, erase}, {"SequenceInsert", 11, insert},
    {"SequenceLength", 11, length}, {"SequenceMap", 17, map}, {"SplitToSequence", 11, splitTo},
};
// clang-format on

} // namespace

std::span<const Lowering> sequenceLowerings() { return kSequence; }

} // namespace burin::onnx
