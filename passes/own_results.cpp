// SPDX-License-Identifier: Apache-2.0
//
// What a function returns lies in memory of its own, so that a caller's buffers and the states can
// be written where the value is made: an input, a constant, or a second name of another result is
// copied. So is what the body of a loop hands on in another place than it came.
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/liveness.h"
#include "passes/passes.h"

#include <unordered_set>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Op;
using ir::Value;

void copyOperand(ir::Module &module, Op &end, size_t i) {
  ir::Builder to{module, *end.parent(), &end};
  Value *v = end.operand(i);
  if (v->def())
    to.at = v->def()->at;
  Value *copy = to.make(ops::copy, {v});
  copy->name = v->name;
  end.setOperand(i, copy);
}

bool ownResults(ir::Module &module, PassContext &context, ir::Function &function) {
  bool changed = false;
  Op &end = function.body.terminator();
  std::unordered_set<const Value *> taken;
  for (size_t i = 0; i < end.numOperands(); ++i) {
    const Value *root = rootOf(end.operand(i));
    const ir::State *state = function.stateOfResult(i);
    if (state && end.operand(i) == function.body.argument(state->argument))
      continue; // stays as it is
    const bool isMade = root->def() && root->def()->parent() == &function.body;
    if ((isMade && taken.insert(root).second) ||
        !context.allow("result", root->def() ? root->def()->at : Location{}))
      continue;
    copyOperand(module, end, i);
    changed = true;
  }
  return changed;
}

/// Copying the arguments of one iteration into those of the next must not meet one that has been
/// overwritten.
bool ownCarried(ir::Module &module, PassContext &context, Op &loop) {
  bool changed = false;
  ir::Block &body = loop.block();
  Op &end = body.terminator();
  for (size_t i = 0; i < end.numOperands(); ++i) {
    const Value *root = rootOf(end.operand(i));
    if (root->argumentOf() != &body || root == body.argument(0))
      continue;
    if ((i < body.numArguments() && end.operand(i) == body.argument(i)) ||
        !context.allow("carried", loop.at))
      continue;
    copyOperand(module, end, i);
    changed = true;
  }
  return changed;
}

} // namespace

RuleNames ownResultsRules() { return {"carried", "result"}; }

bool ownResults(ir::Module &module, PassContext &context) {
  bool changed = false;
  for (const auto &f : module.functions)
    changed |= ownResults(module, context, *f);
  for (Op *op : allOps(module))
    if (op->is(ops::loop))
      changed |= ownCarried(module, context, *op);
  return changed;
}

} // namespace burin::passes
