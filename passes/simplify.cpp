// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/passes.h"
#include "passes/rules/rules.h"

#include <algorithm>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Op;
using ir::Value;

std::span<const Rule> allRules() {
  static const std::vector<Rule> kRules = [] {
    std::vector<Rule> all;
    for (const std::span<const Rule> table :
         {movementRules(), windowRules(), castRules(), arithmeticRules(), broadcastRules(),
          containerRules()})
      all.insert(all.end(), table.begin(), table.end());
    return all;
  }();
  return kRules;
}

/// Whether v is `extents`, perhaps as another shape and element type.
bool isMadeOfExtents(const Value *v) {
  while (v->def() && (v->def()->is(ops::reshape) || v->def()->is(ops::cast)))
    v = v->def()->operand(0);
  return v->def() && (v->def()->is(ops::extents) || v->def()->is(ops::bind));
}

/// Numbers are for fold-constants.
bool isSymbolic(const ir::Dims &dims) {
  return std::ranges::any_of(dims, [](const ir::Dim &d) { return !d.isNumber(); });
}

/// An integer tensor whose elements are known as extents is made from them alone.
bool makeOfExtents(ir::Module &module, PassContext &context, Op &op) {
  if (op.numResults() != 1 || hasEffect(op))
    return false;
  Value *v = op.result();
  if (!v->hasUses() || !v->contents() || !isSymbolic(*v->contents()) || !v->type.isStatic() ||
      isMadeOfExtents(v) || !context.allow("extents", op.at))
    return false;
  ir::Builder to{module, *op.parent(), &op};
  to.at = op.at;
  Value *fresh = to.extents(*v->contents());
  if (fresh->type.element() != v->type.element())
    fresh =
        to.make(ops::cast, {fresh}, {ir::attr::to(v->type.element()), ir::attr::saturate(false)});
  if (fresh->type != v->type)
    fresh = to.make(ops::reshape, {fresh}, {ir::attr::shape(v->type.shape())});
  fresh->name = v->name;
  v->replaceAllUsesWith(fresh);
  return true;
}

/// A bind of extents that x is known to have checks nothing.
bool dropBind(PassContext &context, Op &op) {
  if (!op.is(ops::bind))
    return false;
  const std::optional<ir::Dims> &known = op.operand(0)->contents();
  if (!known || *known != op[ir::attr::dims] || !context.allow("bind-known", op.at))
    return false;
  op.result()->replaceAllUsesWith(op.operand(0));
  op.erase();
  return true;
}

} // namespace

RuleNames simplifyRules() {
  RuleNames names = namesOf(allRules());
  names.insert(names.end(), {"extents", "bind-known"});
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool simplify(ir::Module &module, PassContext &context) {
  bool changed = false;
  for (Op *op : allOps(module)) // not a walk, which would look into the bind that has gone
    changed |= makeOfExtents(module, context, *op) || dropBind(context, *op);
  return rewrite(module, context, allRules()) || changed;
}

} // namespace burin::passes
