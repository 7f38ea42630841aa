// SPDX-License-Identifier: Apache-2.0
//
// Lists and optionals: their slots are copied, whatever they hold.
#include "codegen/kernels/families.h"
#include "ir/list_layout.h"
#include "ir/ops.h"

#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// The layout of a list as the first lines of the stub; the name of it is "list".
void layoutLine(Call &call, const Type &type, std::string_view name = "list") {
  if (type.isList() && !type.capacity().isNumber())
    throw CompileError(Problem::unsupported, call.op.at,
                       fmt::format("{} has a capacity that is open", type.text()))
        .code("codegen.list")
        .hint("make it a number with --dim");
  const Type *innermost = &type;
  while (!innermost->isTensor())
    innermost = &innermost->inner();
  (void)elementCpp(innermost->element()); // no strings
  const ir::ListLayout l = ir::listLayout(type);
  call.include("burin/rt/list.h");
  call.line(fmt::format("const rt::ListLayout {}{{{}, {}, {}, {}}};", name, l.capacity, l.slotBytes,
                        l.extents, l.elementBytes));
}

/// An array of extents for kernels that read them while running.
std::string extentsLine(Call &call, const ir::Shape &shape, const std::string &name) {
  std::vector<std::string> extents;
  for (size_t i = 0; i < shape.size(); ++i)
    extents.push_back(call.number(shape[i], fmt::format("{}{}", name, i)));
  call.line(fmt::format("const int64_t {}[] = {{{}}};", name, fmt::join(extents, ", ")));
  return name;
}
/// The extents of an element that goes into a list, or null where the list stores none.
std::string elementExtents(Call &call, const Type &list, const Value *x, const std::string &name) {
  return ir::listLayout(list).extents > 0 ? extentsLine(call, x->type.shape(), name) : "nullptr";
}

/// The status of a stub, if `done` does not hold.
void returnStatus(Call &call, std::string_view done, std::string_view otherwise) {
  call.returnsStatus = true;
  call.line(fmt::format("const bool done = {};", done));
  call.line(fmt::format("return done ? Status::ok : Status::{};", otherwise));
}

/// An index that may be absent.
std::string indexText(Call &call, size_t i, std::string absent) {
  const Op &op = call.op;
  return i < op.numOperands() && op.operand(i) ? call.read(op.operand(i), "index") + "[0]"
                                               : std::move(absent);
}

void emitMake(Call &call) {
  const Op &op = call.op;
  const Type &type = op.result()->type;
  call.name = op.is(ops::list_make) ? "listMake" : "optionalSome";
  layoutLine(call, type);
  const std::string out = call.write(op.result(), "out");
  call.line(fmt::format("rt::setListLength({}, {});", out, op.numOperands()));
  for (size_t i = 0; i < op.numOperands(); ++i) {
    const std::string x = call.read(op.operand(i), fmt::format("x{}", i));
    const std::string extents =
        elementExtents(call, type, op.operand(i), fmt::format("shape{}", i));
    call.line(fmt::format("rt::putElement(list, {}, {}, {}, {});", out, i, extents, x));
  }
  if (op.numOperands() == 0)
    call.line("(void)list;");
}

void emitNone(Call &call) {
  call.name = "optionalNone";
  call.include("burin/rt/list.h");
  call.line(fmt::format("rt::setListLength({}, 0);", call.write(call.op.result(), "out")));
}

void emitLength(Call &call) {
  const Op &op = call.op;
  call.name = op.is(ops::list_length) ? "listLength" : "optionalHas";
  call.include("burin/rt/list.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  call.line(
      fmt::format("*{} = rt::listLength({}){};", out, in, op.is(ops::list_length) ? "" : " > 0"));
}

/// What lies where: extents of the element go to the scratch of the step, which reads them there.
void emitGet(Call &call) {
  const Op &op = call.op;
  const Type &type = op.operand(0)->type;
  call.name = op.is(ops::list_get) ? "listGet" : "optionalGet";
  layoutLine(call, type);
  const std::string in = call.read(op.operand(0), "in"), index = indexText(call, 1, "0"),
                    out = call.write(op.result(), "out");
  returnStatus(call, fmt::format("rt::listGet(list, {}, {}, {}, work.scratch)", in, index, out),
               "failed_assert");
  call.scratchBytes = ir::listLayout(type).extents * 8;
}

void emitInsert(Call &call) {
  const Op &op = call.op;
  const Type &type = op.operand(0)->type;
  call.name = "listInsert";
  layoutLine(call, type);
  const std::string in = call.read(op.operand(0), "in"), x = call.read(op.operand(1), "x");
  const std::string index = indexText(call, 2, fmt::format("rt::listLength({})", in)),
                    out = call.write(op.result(), "out");
  const std::string extents = elementExtents(call, type, op.operand(1), "shape");
  call.line(fmt::format("const rt::ListResult result = rt::listInsert(list, {}, {}, {}, {}, {});",
                        in, index, extents, x, out));
  call.line("if (result == rt::ListResult::index)");
  call.line("  return Status::failed_assert;");
  returnStatus(call, "result == rt::ListResult::done", "bad_shape");
}

void emitErase(Call &call) {
  const Op &op = call.op;
  call.name = "listErase";
  layoutLine(call, op.operand(0)->type);
  const std::string in = call.read(op.operand(0), "in"), index = indexText(call, 1, "-1"),
                    out = call.write(op.result(), "out");
  returnStatus(call, fmt::format("rt::listErase(list, {}, {}, {})", in, index, out),
               "failed_assert");
}

std::string axisText(const Type &tensor, int64_t axis) {
  const auto rank = static_cast<int64_t>(tensor.rank());
  return fmt::format("rt::ListAxis{{{}, {}, {}}}", rank, axis < 0 ? axis + rank : axis,
                     ir::elementSize(tensor.element()));
}

void emitConcat(Call &call) {
  const Op &op = call.op;
  const Type &type = op.operand(0)->type;
  call.name = "listConcat";
  layoutLine(call, type);
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const std::string fixed = ir::listLayout(type).extents > 0
                                ? "nullptr"
                                : extentsLine(call, type.inner().shape(), "fixed");
  const std::string shape = extentsLine(call, op.result()->type.shape(), "shape");
  returnStatus(call,
               fmt::format("rt::listConcat(list, {}, {}, {}, {}, {})",
                           axisText(type.inner(), op[attr::axis]), in, fixed, shape, out),
               "bad_shape");
}

void emitSplit(Call &call) {
  const Op &op = call.op;
  call.name = "listSplit";
  layoutLine(call, op.result()->type);
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const std::string shape = extentsLine(call, op.operand(0)->type.shape(), "shape"),
                    count = call.number(op[attr::count][0], "count");
  returnStatus(call,
               fmt::format("rt::listSplit(list, {}, {}, {}, {}, {})",
                           axisText(op.operand(0)->type, op[attr::axis]), in, shape, count, out),
               "bad_shape");
}

constexpr KernelDef kList[] = {
    {.op = &ops::list_make, .variant = "slots", .emit = emitMake},
    {.op = &ops::list_length, .variant = "slots", .emit = emitLength},
    {.op = &ops::list_get, .variant = "slots", .emit = emitGet},
    {.op = &ops::list_insert, .variant = "slots", .emit = emitInsert},
    {.op = &ops::list_erase, .variant = "slots", .emit = emitErase},
    {.op = &ops::list_concat, .variant = "slots", .emit = emitConcat},
    {.op = &ops::list_split, .variant = "slots", .emit = emitSplit},
    {.op = &ops::optional_some, .variant = "slots", .emit = emitMake},
    {.op = &ops::optional_none, .variant = "slots", .emit = emitNone},
    {.op = &ops::optional_has, .variant = "slots", .emit = emitLength},
    {.op = &ops::optional_get, .variant = "slots", .emit = emitGet},
};

} // namespace

std::span<const KernelDef> listKernels() { return kList; }

} // namespace burin::kernels
