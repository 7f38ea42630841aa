// SPDX-License-Identifier: Apache-2.0
#include "passes/element_body.h"

#include "ir/ops.h"
#include "passes/graph.h"

#include <algorithm>

namespace burin::passes {
namespace ops = ir::ops;
using ir::Op;
using ir::Value;

namespace {

bool isNumeric(const ir::Type &type) {
  const ir::ElementType e = type.element();
  return type.isTensor() && e != ir::ElementType::string && e != ir::ElementType::c64 &&
         e != ir::ElementType::c128;
}

/// One element of a constant that is the same everywhere, as rank 0; null for others.
Value *splatOf(ir::Module &module, Value &v) {
  if (!isSplat(v))
    return nullptr;
  if (v.type.rank() == 0)
    return &v;
  const ir::Constant &c = *v.constant();
  return module.addConstant(v.type.withShape({}), c.bytes.first(ir::elementSize(v.type.element())),
                            c.owner, c.name);
}

/// Commutative operands in one order: what is computed, then the accumulator, arguments, constants.
void sortOperands(const Op &op, std::vector<Value *> &operands, const Value *accumulator) {
  if (!op.def.is(ir::Trait::commutative))
    return;
  const auto rank = [&](const Value *v) {
    return v->isConstant() ? 3 : v->def() ? 0 : v == accumulator ? 1 : 2;
  };
  if (rank(operands[0]) > rank(operands[1]))
    std::swap(operands[0], operands[1]);
}

} // namespace

bool isSplat(const Value &v) { return v.isConstant() && ir::splatValue(v); }

bool isElementOp(const Op &op) {
  if (!op.is(ops::fused) && !isElementwise(op))
    return false;
  for (size_t i = 0; i < op.numOperands(); ++i)
    if (op.operand(i) && !isNumeric(op.operand(i)->type))
      return false;
  return op.numResults() > 0 && isNumeric(op.result()->type);
}

size_t countElementOps(const Op &op) {
  if (!op.is(ops::fused))
    return 1;
  size_t n = 0;
  for (const Op &inner : op.block())
    n += !inner.is(ops::yield);
  return n;
}

ElementBody::ElementBody(const ir::Builder &outside, std::unordered_set<const Op *> members)
    : outside_{outside}, inside_{outside}, members_{std::move(members)},
      block_{std::make_unique<ir::Block>()} {
  inside_ = outside.inside(*block_);
}

void ElementBody::accumulate(const Op &producer) {
  Value *result = producer.result();
  if (producer.numBlocks() == 0) {
    accumulator_ = block_->addArgument(result->type.withShape({}));
    elements_[result] = block_->argument(0);
    return;
  }
  const ir::Block &epilogue = producer.block();
  const size_t extras = epilogue.numArguments() - 1;
  accumulator_ = block_->addArgument(epilogue.argument(0)->type);
  std::vector<Value *> arguments{block_->argument(0)};
  for (size_t i = producer.numOperands() - extras; i < producer.numOperands(); ++i)
    arguments.push_back(element(producer.operand(i)));
  elements_[result] = inlined(epilogue, arguments, 0);
}

void ElementBody::finish(std::span<Value *const> outputs) {
  outputs_.insert(outputs.begin(), outputs.end());
  std::vector<Value *> yielded;
  for (Value *v : outputs)
    yielded.push_back(element(v));
  inside_.yield(yielded);
}

Value *ElementBody::element(Value *v) {
  if (const auto it = elements_.find(v); it != elements_.end())
    return it->second;
  Value *out =
      v->def() && members_.contains(v->def()) ? member(*v->def(), v->index()) : argument(v);
  return elements_[v] = out;
}

Value *ElementBody::argument(Value *v) {
  if (Value *constant = splatOf(outside_.module(), *v))
    return constant;
  operands_.push_back(v);
  return block_->addArgument(v->type.withShape({}));
}

Value *ElementBody::inlined(const ir::Block &block, std::span<Value *const> arguments,
                            size_t result) {
  ValueMap map;
  for (size_t i = 0; i < block.numArguments(); ++i)
    map[block.argument(i)] = arguments[i];
  return inlineBlock(inside_, block, map)[result];
}

/// v, of rank 1, with extents of 1 behind it.
Value *ElementBody::alongAxis(Value *v, size_t rank) {
  if (rank == 1)
    return v;
  Value *&shaped = alongAxis_[{v, rank}];
  if (shaped)
    return shaped;
  ir::Shape shape(rank, 1);
  shape[0] = v->type.dim(0);
  shaped = v->isConstant() ? reshapedConstant(outside_.module(), *v, std::move(shape))
                           : outside_.make(ops::reshape, {v}, {ir::attr::shape(std::move(shape))});
  return shaped;
}

Value *ElementBody::member(const Op &op, size_t result) {
  std::vector<Value *> operands;
  if (op.is(ops::fused)) {
    for (size_t i = 0; i < op.numOperands(); ++i)
      operands.push_back(element(op.operand(i)));
    ValueMap map;
    for (size_t i = 0; i < operands.size(); ++i)
      map[op.block().argument(i)] = operands[i];
    const std::vector<Value *> yielded = inlineBlock(inside_, op.block(), map);
    for (size_t i = 0; i < yielded.size(); ++i)
      elements_[op.result(i)] = yielded[i];
    return yielded[result];
  }
  const bool hasAxis = op.def.attrIndex(ir::attr::axis.name).has_value();
  for (size_t i = 0; i < op.numOperands(); ++i) {
    Value *v = op.operand(i);
    if (v && hasAxis && i > 0 && v->type.rank() == 1) { // a scale for each slice along the axis
      const size_t rank = op.result()->type.rank();
      v = alongAxis(v, rank - axisOf(op[ir::attr::axis], rank));
    }
    operands.push_back(v ? element(v) : nullptr);
  }
  sortOperands(op, operands, accumulator_);
  std::vector<ir::NamedAttr> attributes =
      hasAxis ? attributesWith(op, {ir::attr::axis(0)}) : attributesOf(op);
  inside_.at = op.at;
  Value *out = inside_.makeOp(op.def, operands, std::move(attributes)).result();
  if (!outputs_.contains(op.result())) // the name goes to the result that has the elements
    out->name = op.result()->name;
  return out;
}

} // namespace burin::passes
