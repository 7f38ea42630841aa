// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/control.h"

#include "ir/ops/infer.h"

#include <fmt/format.h>

namespace burin::ir {
namespace {

/// Whether a value can be an element of a list: equal to the element type, or, along an extent that
/// is symbolic there, any extent within its bounds (elements have a shape each).
bool fitsElement(const Type &type, const Type &element) {
  if (type == element)
    return true;
  if (!type.isTensor() || !element.isTensor() || type.element() != element.element() ||
      type.rank() != element.rank())
    return false;
  for (size_t i = 0; i < type.rank(); ++i) {
    const Bounds is = type.dim(i).bounds(), most = element.dim(i).bounds();
    if (type.dim(i) != element.dim(i) &&
        (element.dim(i).isNumber() || is.lo < most.lo || is.hi > most.hi))
      return false;
  }
  return true;
}

const Type &listOperand(const Op &op) {
  const Type &type = op.operand(0)->type;
  // *.list: the operand is one
  if (!type.isList())
    fail(op, "list", fmt::format("list is {}, expected a list", type.text()));
  return type;
}

const Type &optionalOperand(const Op &op) {
  const Type &type = op.operand(0)->type;
  // *.optional: the operand is one
  if (!type.isOptional())
    fail(op, "optional", fmt::format("x is {}, expected an optional", type.text()));
  return type;
}

const Type &listAttribute(const Op &op) {
  const Type &type = op[attr::type];
  // *.type: a list type
  if (!type.isList())
    fail(op, "type", fmt::format("type is {}, expected a list", type.text()));
  return type;
}

/// An index that may be absent.
void checkIndex(const Op &op, size_t i) {
  // *.index: i64[]
  if (operandOrNull(op, i))
    checkScalar(op, i, ElementType::i64, "index");
}

void checkFits(const Op &op, size_t i, const Type &list) {
  const Value *x = operandOrNull(op, i);
  // *.element: what the list holds
  if (!x || !fitsElement(x->type, list.inner()))
    fail(op, "element",
         fmt::format("{} is {} but the list holds {}", operandName(op, i),
                     x ? x->type.text() : "absent", list.inner().text()));
}

} // namespace

Types inferIf(const Op &op) {
  // if.condition: bool[]
  checkScalar(op, 0, ElementType::boolean, "condition");
  for (size_t b = 0; b < 2; ++b)
    // if.arguments: none
    if (const size_t n = op.block(b).numArguments())
      fail(op, "arguments",
           fmt::format("block '{}' has {} arguments, expected 0", op.def.blocks[b], n));
  const auto then = yielded(op, op.block(0), "branches"),
             other = yielded(op, op.block(1), "branches");
  // if.branches: as many values, of equal types
  if (then.size() != other.size())
    fail(op, "branches",
         fmt::format("then yields {} values but else yields {}", then.size(), other.size()));
  Types types;
  for (size_t i = 0; i < then.size(); ++i) {
    types.push_back(then[i]->type);
    if (then[i]->type != other[i]->type)
      fail(op, "branches",
           fmt::format("value {} is {} in then but {} in else", i, then[i]->type.text(),
                       other[i]->type.text()));
  }
  return types;
}

Types inferLoop(const Op &op) {
  // loop.count: i64[]
  if (operandOrNull(op, 0))
    checkScalar(op, 0, ElementType::i64, "count");
  // loop.condition: bool[]
  if (operandOrNull(op, 1))
    checkScalar(op, 1, ElementType::boolean, "condition");
  const size_t carried = op.numOperands() > 2 ? op.numOperands() - 2 : 0;
  // loop.carried: as many operands, arguments of the body and yielded values, of equal types
  if (op[attr::carried] != static_cast<int64_t>(carried))
    fail(op, "carried",
         fmt::format("carried is {} but there are {} operands to carry", op[attr::carried],
                     carried));
  const Block &body = op.block();
  // loop.body: takes the iteration and what is carried
  if (body.numArguments() != carried + 1)
    fail(op, "body",
         fmt::format("the body has {} arguments, expected {}: the iteration and {} carried values",
                     body.numArguments(), carried + 1, carried));
  const Type iteration{ElementType::i64, {}}, condition{ElementType::boolean, {}};
  if (body.argument(0)->type != iteration)
    fail(op, "body",
         fmt::format("argument 0 of the body is {}, expected {}", body.argument(0)->type.text(),
                     iteration.text()));
  const auto values = yielded(op, body, "body");
  // loop.body: yields whether to go on, what is carried, and what is scanned
  if (values.size() < carried + 1)
    fail(op, "body",
         fmt::format("the body yields {} values, expected at least {}: the condition and {} "
                     "carried values",
                     values.size(), carried + 1, carried));
  if (values[0]->type != condition)
    fail(op, "body",
         fmt::format("the body yields {} as the condition, expected {}", values[0]->type.text(),
                     condition.text()));
  Types types;
  for (size_t i = 0; i < carried; ++i) {
    const Value *in = op.operand(i + 2);
    const Type &argument = body.argument(i + 1)->type, &out = values[i + 1]->type;
    if (!in || in->type != argument || in->type != out)
      fail(op, "carried",
           fmt::format("carried value {} is {} as an operand, {} as an argument of the body and {} "
                       "as yielded",
                       i, in ? in->type.text() : "absent", argument.text(), out.text()));
    types.push_back(out);
  }
  const size_t scanned = values.size() - carried - 1;
  // loop.dims: the number of iterations, where values are scanned
  if (op[attr::dims].size() > 1 || (scanned && op[attr::dims].empty()))
    fail(op, "dims",
         fmt::format("dims has {} entries, expected {} for {} scanned values",
                     op[attr::dims].size(), scanned ? "1" : "at most 1", scanned));
  for (size_t i = 0; i < scanned; ++i) {
    const Type &each = values[carried + 1 + i]->type;
    // loop.scanned: tensors
    if (!each.isTensor())
      fail(op, "scanned", fmt::format("scanned value {} is {}, expected a tensor", i, each.text()));
    Shape shape{op[attr::dims][0]};
    shape.insert(shape.end(), each.shape().begin(), each.shape().end());
    types.push_back(each.withShape(std::move(shape)));
  }
  return types;
}

Types inferFused(const Op &op) {
  const Shape &shape = op[attr::shape];
  checkExtents(op, shape);
  const Block &body = op.block();
  // fused.body: an argument of rank 0 for each operand
  if (body.numArguments() != op.numOperands())
    fail(op, "body",
         fmt::format("the body has {} arguments but there are {} operands", body.numArguments(),
                     op.numOperands()));
  for (size_t i = 0; i < op.numOperands(); ++i) {
    const Type &x = tensorOperand(op, i);
    // fused.broadcast: into the shape
    if (!broadcastsInto(x.shape(), shape))
      fail(op, "broadcast",
           fmt::format("{} has shape {}, which does not broadcast into {}", operandName(op, i),
                       text(x.shape()), text(shape)));
    const Type expected = x.withShape({});
    if (body.argument(i)->type != expected)
      fail(op, "body",
           fmt::format("argument {} of the body is {}, expected {}", i,
                       body.argument(i)->type.text(), expected.text()));
  }
  Types types;
  for (const Value *value : yielded(op, body, "body")) {
    // fused.body: yields elements
    if (!value->type.isTensor() || value->type.rank() != 0)
      fail(op, "body", fmt::format("the body yields {}, expected rank 0", value->type.text()));
    types.push_back(value->type.withShape(shape));
  }
  return types;
}

Types inferAssert(const Op &op) {
  // assert.condition: bool[]
  if (op.is(ops::assert_))
    checkScalar(op, 0, ElementType::boolean, "condition");
  return {};
}

Types inferRandom(const Op &op) {
  const Type &type = op[attr::type];
  // random.type: a tensor of floats
  if (!type.isTensor() || !isFloat(type.element()))
    fail(op, "type", fmt::format("type is {}, expected a tensor of floats", type.text()));
  checkExtents(op, type.shape());
  checkOneOf(op, attr::distribution, {"uniform", "normal"});
  const double low = op[attr::low], high = op[attr::high];
  // random.high: not below low, or a deviation that is not negative
  if (op[attr::distribution] == "uniform" ? high < low : high < 0)
    fail(op, "high",
         fmt::format("high is {}, expected at least {}", high,
                     op[attr::distribution] == "uniform" ? low : 0.0));
  return {type};
}

Types inferListMake(const Op &op) {
  const Type &list = listAttribute(op);
  for (size_t i = 0; i < op.numOperands(); ++i)
    checkFits(op, i, list);
  const auto n = static_cast<int64_t>(op.numOperands());
  // list_make.capacity: for all operands
  if (n > list.capacity().bounds().hi)
    fail(op, "capacity",
         fmt::format("has {} operands but the list holds at most {}", n, list.capacity().text()));
  return {list};
}

Types inferListLength(const Op &op) {
  listOperand(op);
  return {Type{ElementType::i64, {}}};
}

Types inferListGet(const Op &op) {
  const Type &list = listOperand(op);
  checkIndex(op, 1);
  return {list.inner()};
}

Types inferListInsert(const Op &op) {
  const Type &list = listOperand(op);
  checkFits(op, 1, list);
  checkIndex(op, 2);
  return {list};
}

Types inferListErase(const Op &op) {
  const Type &list = listOperand(op);
  checkIndex(op, 1);
  return {list};
}

Types inferListConcat(const Op &op) {
  const Type &element = listOperand(op).inner();
  const Shape &shape = op[attr::shape];
  // list_concat.element: tensors
  if (!element.isTensor())
    fail(op, "element", fmt::format("the list holds {}, expected tensors", element.text()));
  const size_t axis = checkedAxis(op, op[attr::axis], element.rank());
  // list_concat.shape: that of the elements but along the axis
  bool fits = shape.size() == element.rank();
  for (size_t i = 0; fits && i < shape.size(); ++i)
    fits = i == axis || mayEqual(shape[i], element.dim(i));
  if (!fits)
    fail(op, "shape",
         fmt::format("shape is {} but the elements have {}: they differ not along axis {} alone",
                     text(shape), text(element.shape()), axis));
  checkExtents(op, shape);
  return {element.withShape(shape)};
}

Types inferListSplit(const Op &op) {
  const Type &x = tensorOperand(op, 0), &list = listAttribute(op);
  const size_t axis = checkedAxis(op, op[attr::axis], x.rank());
  // list_split.count: one entry, at least 1
  checkCount(op, "count", op[attr::count].size(), 1);
  const Dim &count = op[attr::count][0];
  if (!isNonNegative(count - 1))
    fail(op, "count", fmt::format("count is {}, expected at least 1", count.text()));
  // list_split.element: the list holds such pieces
  Shape shape = x.shape();
  shape[axis] = min(count, x.dim(axis));
  const Type piece = x.withShape(std::move(shape));
  const bool isEven = floorDiv(x.dim(axis), count) * count == x.dim(axis);
  if (!fitsElement(piece, list.inner()) || (list.inner().dim(axis).isNumber() && !isEven))
    fail(op, "element",
         fmt::format("a piece is {}{} but the list holds {}", piece.text(),
                     isEven ? "" : ", the last one shorter,", list.inner().text()));
  const Dim pieces = ceilDiv(x.dim(axis), count);
  // list_split.capacity: for all pieces
  if (pieces.bounds().lo > list.capacity().bounds().hi)
    fail(op, "capacity",
         fmt::format("makes {} pieces but the list holds at most {}", pieces.text(),
                     list.capacity().text()));
  return {list};
}

Types inferOptionalSome(const Op &op) { return {Type::optional(op.operand(0)->type)}; }

Types inferOptionalNone(const Op &op) {
  const Type &type = op[attr::type];
  // optional_none.type: an optional type
  if (!type.isOptional())
    fail(op, "type", fmt::format("type is {}, expected an optional", type.text()));
  return {type};
}

Types inferOptionalHas(const Op &op) {
  optionalOperand(op);
  return {Type{ElementType::boolean, {}}};
}

Types inferOptionalGet(const Op &op) { return {optionalOperand(op).inner()}; }

} // namespace burin::ir
