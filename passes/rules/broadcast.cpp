// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/rules/rules.h"

namespace burin::passes {
namespace ops = ir::ops;
using ir::Builder;
using ir::Value;

namespace {

const Value *withoutBroadcast(const Value *v) {
  return v->def() && v->def()->is(ops::broadcast) ? v->def()->operand(0) : v;
}

/// f(broadcast(x), y) = f(x, y): elementwise ops broadcast by themselves.
Value *dropBroadcasts(const Match &m, Builder &to) {
  std::vector<Value *> operands = operandsOf(*m.root);
  bool any = false;
  for (Value *&v : operands) {
    const Value *inner = withoutBroadcast(v);
    any = any || inner != v;
    v = const_cast<Value *>(inner);
  }
  if (!any)
    return nullptr;
  Value *out = to.makeOp(m.root->def, operands, attributesOf(*m.root)).result();
  return broadcastTo(to, out, m.root->result()->type.shape());
}

std::vector<Rule> makeRules() {
  std::vector<Rule> rules;
  constexpr Var x{0}, y{1}, z{2};
  const Pattern wide = op(ops::broadcast, Var{3});
  for (const ir::OpDef *def : ir::allOps()) {
    if (!def->is(ir::Trait::elementwise))
      continue;
    // f(broadcast(x)) = broadcast(f(x)) computes less; with several operands the broadcast is gone.
    if (def->operands.size() == 1)
      rules.push_back({"unary-broadcast", op(*def, wide), dropBroadcasts});
    if (def->operands.size() == 2) {
      rules.push_back({"binary-broadcast", op(*def, wide, y), dropBroadcasts});
      if (!def->is(ir::Trait::commutative))
        rules.push_back({"binary-broadcast", op(*def, x, wide), dropBroadcasts});
    }
  }
  rules.push_back({"where-broadcast", op(ops::where, wide, y, z), dropBroadcasts});
  rules.push_back({"where-broadcast", op(ops::where, x, wide, z), dropBroadcasts});
  rules.push_back({"where-broadcast", op(ops::where, x, y, wide), dropBroadcasts});
  return rules;
}

} // namespace

std::span<const Rule> broadcastRules() {
  static const std::vector<Rule> kRules = makeRules();
  return kRules;
}

} // namespace burin::passes
