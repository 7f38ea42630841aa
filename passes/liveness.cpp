// SPDX-License-Identifier: Apache-2.0
#include "passes/liveness.h"

#include "passes/memory_plan.h"

#include <algorithm>

namespace burin::passes {
namespace ops = ir::ops;
using ir::Op;
using ir::Trait;
using ir::Value;

bool canFail(const Op &op) {
  if (op.is(ops::bind) || op.is(ops::assert_) || op.is(ops::optional_get) || op.is(ops::list_get) ||
      op.is(ops::list_insert) || op.is(ops::list_erase) || op.is(ops::list_concat))
    return true;
  if (op.def.is(Trait::definesDims) &&
      std::ranges::any_of(op[ir::attr::dims], [](const ir::Dim &d) { return !d.isNumber(); }))
    return true; // more than the bound of the symbol
  for (size_t i = 0; i < op.numBlocks(); ++i)
    for (const Op &inner : op.block(i))
      if (canFail(inner))
        return true;
  return false;
}

const Op *ancestorIn(const ir::Block &block, const Op *op) {
  while (op && op->parent() != &block)
    op = op->parent()->parentOp();
  return op;
}

bool isWhole(const Value *v) {
  for (; v->def() && isView(*v->def()); v = v->def()->operand(0))
    if (v->def()->is(ops::slice))
      return false;
  return true;
}

bool isUpdate(const Op &op) { return op.is(ops::scatter_nd) || op.is(ops::scatter_elements); }

namespace {

/// Whether an op that reads v, may at the same time write the result where v lies.
bool readsInStep(const Value *v, const Op &op, const Value &result) {
  if (op.is(ops::fused))
    return v->type.shape() == result.type.shape();
  if (!isUpdate(op) || v->type != result.type || !isWhole(v) || op.operand(0) != v)
    return false;
  return op.operand(1) != v && op.operand(2) != v;
}

} // namespace

bool isReadInStep(const Value *v, const Op &op, const Value &result) {
  for (const ir::Use *use = v->firstUse(); use; use = use->next) {
    if (isView(*use->user) && !isReadInStep(use->user->result(), op, result))
      return false;
    if (use->user == &op) {
      if (!readsInStep(v, op, result))
        return false;
    } else if (!use->user->is(ops::reshape) && ancestorIn(*op.parent(), use->user) == &op) {
      return false; // read within the body
    }
  }
  return true;
}

bool isOnlyCarried(const Value *v, const Op &op, unsigned index) {
  if (!op.is(ops::loop) || index >= carriedBy(op) || op.operand(2 + index) != v)
    return false;
  size_t reads = 0;
  for (const ir::Use *use = v->firstUse(); use; use = use->next)
    reads += isView(*use->user) || ancestorIn(*op.parent(), use->user) == &op;
  return reads == 1;
}

std::vector<const Op *> steps(const ir::Function &function) {
  std::vector<const Op *> all;
  for (const Op &op : function.body)
    if (isStep(op))
      all.push_back(&op);
  return all;
}

} // namespace burin::passes
