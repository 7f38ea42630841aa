// SPDX-License-Identifier: Apache-2.0
//
// attention as softmax(scale * q k^T + mask) v, op by op, where the target has no kernel for it.
#include "codegen/kernels/kernel_def.h"
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/passes.h"

#include <limits>

namespace burin::passes {
namespace ops = ir::ops;
namespace attr = ir::attr;
namespace {
using ir::Builder;
using ir::Dims;
using ir::Op;
using ir::Value;

/// [b, s, h, d] as [b, h, s, d], and the other way round.
Value *swapped(Builder &to, Value *x) {
  return to.make(ops::transpose, {x}, {attr::perm({0, 2, 1, 3})});
}

/// Keys or values [b, h/g, t, d] for h heads: each serves g of them.
Value *repeatHeads(Builder &to, Value *x, const ir::Dim &heads) {
  const ir::Shape s = x->type.shape();
  if (s[1] == heads)
    return x;
  const ir::Dim group = floorDiv(heads, s[1]);
  x = to.make(ops::reshape, {x}, {attr::shape(Dims{s[0], s[1], 1, s[2], s[3]})});
  x = to.make(ops::broadcast, {x}, {attr::shape(Dims{s[0], s[1], group, s[2], s[3]})});
  return to.make(ops::reshape, {x}, {attr::shape(Dims{s[0], heads, s[2], s[3]})});
}

Value *expand(Builder &to, const Op &op) {
  Value *q = swapped(to, op.operand(0)), *mask = op.operand("mask");
  const ir::ElementType element = q->type.element();
  const ir::Dim heads = q->type.dim(1);
  Value *k = repeatHeads(to, swapped(to, op.operand(1)), heads),
        *v = repeatHeads(to, swapped(to, op.operand(2)), heads);
  const auto scalar = [&](double x) { return to.scalar(element, x); };
  Value *scores = to.make(ops::matmul, {q, k}, {attr::transposeA(false), attr::transposeB(true)});
  scores = to.make(ops::mul, {scores, scalar(op[attr::scale])});
  if (const double cap = op[attr::softcap]; cap > 0)
    scores = to.make(ops::mul,
                     {to.make(ops::tanh, {to.make(ops::div, {scores, scalar(cap)})}), scalar(cap)});
  Value *hidden = scalar(-std::numeric_limits<double>::infinity());
  if (mask && mask->type.element() == ir::ElementType::boolean)
    scores = to.make(ops::where, {mask, scores, hidden});
  else if (mask)
    scores = to.make(ops::add, {scores, mask});
  if (op[attr::causal]) {
    const ir::Type square{ir::ElementType::i32, {q->type.dim(2), k->type.dim(2)}};
    Value *query = to.make(ops::iota, {}, {attr::type(square), attr::axis(0)});
    Value *key = to.make(ops::iota, {}, {attr::type(square), attr::axis(1)});
    scores = to.make(ops::where, {to.make(ops::less_equal, {key, query}), scores, hidden});
  }
  Value *weights = to.make(ops::softmax, {scores}, {attr::axis(3)});
  return swapped(
      to, to.make(ops::matmul, {weights, v}, {attr::transposeA(false), attr::transposeB(false)}));
}
} // namespace

RuleNames expandAttentionRules() { return {"attention"}; }

bool expandAttention(ir::Module &module, PassContext &context) {
  bool changed = false;
  for (Op *op : allOps(module)) {
    if (!op->is(ops::attention) || (context.target && kernels::chooseKernel(*op, *context.target)))
      continue;
    Builder to{module, *op->parent(), op};
    to.at = op->at;
    Value *out = expand(to, *op);
    out->name = op->result()->name;
    op->result()->replaceAllUsesWith(out);
    op->erase();
    changed = true;
  }
  return changed;
}

} // namespace burin::passes
