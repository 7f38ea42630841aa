// SPDX-License-Identifier: Apache-2.0
#include "ir/builder.h"

#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

void checkOperands(const Op &op) {
  const auto &specs = op.def.operands;
  const bool open = specs.size() && specs[specs.size() - 1].arity == Arity::variadic;
  if (op.numOperands() > specs.size() && !open)
    fail(op, "operands",
         fmt::format("has {} operands, expected at most {}", op.numOperands(), specs.size()));
  for (size_t i = 0; i < specs.size(); ++i)
    if (specs[i].arity == Arity::one && (i >= op.numOperands() || !op.operand(i)))
      fail(op, "operands", fmt::format("operand '{}' is missing", specs[i].name));
}

std::vector<AttrValue> arrange(const OpDef &def, std::vector<NamedAttr> attributes,
                               const Location &at) {
  std::vector<AttrValue> row(def.attrs.size());
  for (NamedAttr &given : attributes) {
    const std::optional<size_t> i = def.attrIndex(given.name);
    if (!i)
      throw InternalError(
          fmt::format("{} at '{}' has no attribute '{}'", def.name, at.node, given.name));
    if (given.value.index() != def.attrs[*i].kind)
      throw InternalError(fmt::format("attribute '{}' of {} is of kind {}, expected {}", given.name,
                                      def.name,
                                      attrKindName(static_cast<uint8_t>(given.value.index())),
                                      attrKindName(def.attrs[*i].kind)));
    row[*i] = std::move(given.value);
  }
  for (size_t i = 0; i < row.size(); ++i)
    if (row[i].index() == 0 && !def.attrs[i].optional)
      throw InternalError(
          fmt::format("{} at '{}' lacks the attribute '{}'", def.name, at.node, def.attrs[i].name));
  return row;
}

/// A row without an `infer` of its own has no results: yield, print.
std::vector<Type> infer(const Op &op) {
  return op.def.infer ? op.def.infer(op) : std::vector<Type>{};
}

/// Who makes an op may count axes from the end; the op has them from the front.
void countAxesFromFront(Op &op) {
  const auto fromFront = [&op](int64_t axis) {
    const bool isOfOperand = op.numOperands() && op.operand(0)->type.isTensor();
    const Type &type = isOfOperand ? op.operand(0)->type : op.result()->type;
    const auto rank = static_cast<int64_t>(type.rank());
    return axis < 0 && axis + rank >= 0 ? axis + rank : axis;
  };
  for (const AttrKey<int64_t> &key : {attr::axis, attr::batchAxis})
    if (op.def.attrIndex(key.name))
      op.set(key, fromFront(op[key]));
  if (!op.def.attrIndex(attr::axes.name))
    return;
  Ints axes = op[attr::axes];
  std::ranges::transform(axes, axes.begin(), fromFront);
  op.set(attr::axes, std::move(axes));
}

} // namespace

std::vector<Type> inferTypes(const Op &op) {
  checkOperands(op);
  return infer(op);
}

Op &Builder::makeOp(const OpDef &def, std::span<Value *const> operands,
                    std::vector<NamedAttr> attributes, std::vector<std::unique_ptr<Block>> blocks) {
  // An epilogue is optional; every other block is there.
  if (blocks.size() != def.blocks.size() && !(def.is(Trait::reduction) && blocks.empty()))
    throw InternalError(
        fmt::format("{} has {} blocks, expected {}", def.name, blocks.size(), def.blocks.size()));
  std::unique_ptr<Op> op{
      new Op(def, operands, arrange(def, std::move(attributes), at), std::move(blocks), at)};
  for (Type &type : inferTypes(*op))
    op->addResult(std::move(type));
  countAxesFromFront(*op);
  if (def.fold)
    if (std::optional<Dims> contents = def.fold(*op))
      op->result()->setContents(std::move(*contents));
  block_->insert(op.get(), position_);
  return *op.release();
}

Value *Builder::make(const OpDef &def, std::initializer_list<Value *> operands,
                     std::vector<NamedAttr> attributes) {
  return makeOp(def, operands, std::move(attributes)).result();
}

void Builder::yield(std::span<Value *const> values) { makeOp(ops::yield, values); }

Value *Builder::extents(const Dims &dims) {
  if (std::ranges::all_of(dims, [](const Dim &d) { return d.isNumber(); })) {
    Ints numbers;
    for (const Dim &d : dims)
      numbers.push_back(d.number());
    return ints(numbers);
  }
  return make(ops::extents, {}, {attr::dims(dims)});
}

} // namespace burin::ir
