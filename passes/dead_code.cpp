// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/passes.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Block;
using ir::Op;
using ir::Value;

/// Ends a block anew, with some of what it yielded.
void yieldOnly(ir::Module &module, Block &block, const std::vector<Value *> &values) {
  block.terminator().erase();
  ir::Builder{module, block}.yield(values);
}

template <class T> std::vector<T> keep(const std::vector<T> &all, const std::vector<bool> &kept) {
  std::vector<T> some;
  for (size_t i = 0; i < all.size(); ++i)
    if (kept[i])
      some.push_back(all[i]);
  return some;
}

bool isAll(const std::vector<bool> &flags) {
  return std::ranges::all_of(flags, [](bool f) { return f; });
}

/// Makes the op anew on its blocks, which yield less now, and puts its results where those of the
/// old one were.
void replaceOp(ir::Module &module, Op &op, const std::vector<Value *> &operands,
               std::vector<ir::NamedAttr> changed, const std::vector<bool> &kept) {
  ir::Builder to{module, *op.parent(), &op};
  to.at = op.at;
  Op &fresh = to.makeOp(op.def, operands, attributesWith(op, std::move(changed)), op.takeBlocks());
  for (size_t i = 0, j = 0; i < op.numResults(); ++i)
    if (kept[i]) {
      fresh.result(j)->name = op.result(i)->name;
      op.result(i)->replaceAllUsesWith(fresh.result(j++));
    }
  op.erase();
}

std::vector<bool> usedResults(const Op &op) {
  std::vector<bool> used(op.numResults());
  for (size_t i = 0; i < used.size(); ++i)
    used[i] = op.result(i)->hasUses();
  return used;
}

// ---- if ----

/// Results that nobody reads leave the blocks.
bool dropIfResults(ir::Module &module, PassContext &context, Op &op) {
  const std::vector<bool> used = usedResults(op);
  if (isAll(used) || !context.allow("if-result", op.at))
    return false;
  for (size_t b = 0; b < 2; ++b)
    yieldOnly(module, op.block(b), keep(operandsOf(op.block(b).terminator()), used));
  replaceOp(module, op, {op.operand(0)}, {}, used);
  return true;
}

/// What both blocks yield needs no choice.
bool takeSameResults(PassContext &context, Op &op) {
  bool changed = false;
  for (size_t i = 0; i < op.numResults(); ++i) {
    Value *then = op.block(0).terminator().operand(i);
    if (then != op.block(1).terminator().operand(i) || !op.result(i)->hasUses() ||
        !context.allow("if-same", op.at))
      continue;
    op.result(i)->replaceAllUsesWith(then);
    changed = true;
  }
  return changed;
}

// ---- mentions of symbols ----

using Counts = std::unordered_map<std::string, int>;

void count(const ir::Dim &d, Counts &into, int by) {
  if (d.isNumber())
    return;
  std::map<std::string, ir::Bounds, std::less<>> symbols;
  d.collectSymbols(symbols);
  for (const auto &[name, bounds] : symbols)
    into[name] += by;
}
void count(const ir::Type &type, Counts &into, int by) {
  for (const ir::Dim &d : type.shape())
    count(d, into, by);
  if (!type.isTensor())
    count(type.inner(), into, by);
}

/// Counts the symbols that an op mentions in its attributes and results.
void count(const Op &op, Counts &into, int by) {
  for (const ir::AttrValue &a : op.attributes()) {
    if (const auto *dims = std::get_if<ir::Dims>(&a))
      for (const ir::Dim &d : *dims)
        count(d, into, by);
    if (const auto *type = std::get_if<ir::Type>(&a))
      count(*type, into, by);
  }
  for (size_t i = 0; i < op.numResults(); ++i)
    count(op.result(i)->type, into, by);
}

/// Whether another op mentions a symbol that this one defines.
bool isMentionedElsewhere(const ir::Module &module, const Op &op) {
  Counts mentions, own, defined;
  for (const Op *any : allOps(module))
    count(*any, mentions, 1);
  count(op, own, 1);
  for (const ir::Dim &d : definedDims(op))
    count(d, defined, 1);
  return std::ranges::any_of(
      defined, [&](const auto &entry) { return mentions[entry.first] != own[entry.first]; });
}

// ---- loop ----

/// A value that each iteration hands on as it is needs no carrying.
bool takeInvariants(PassContext &context, Op &op) {
  bool changed = false;
  for (size_t i = 0; i < static_cast<size_t>(op[ir::attr::carried]); ++i) {
    Value *inside = op.block().argument(i + 1), *outside = op.operand(i + 2);
    const bool isRead = !inside->hasOneUse() || op.result(i)->hasUses();
    if (op.block().terminator().operand(i + 1) != inside || !isRead ||
        !context.allow("loop-invariant", op.at))
      continue;
    op.block().terminator().setOperand(i + 1, outside); // keeps the types until it is dropped
    inside->replaceAllUsesWith(outside);
    op.block().terminator().setOperand(i + 1, inside);
    op.result(i)->replaceAllUsesWith(outside);
    changed = true;
  }
  return changed;
}

/// Which carried values decide what the loop yields to others, or does.
std::vector<bool> neededCarried(const Op &op) {
  const Block &body = op.block();
  const auto carried = static_cast<size_t>(op[ir::attr::carried]);
  std::vector<bool> needed(carried);
  std::unordered_set<const Op *> seen;
  std::vector<const Value *> pending;
  const auto need = [&](size_t i) {
    if (!needed[i])
      pending.push_back(body.terminator().operand(i + 1));
    needed[i] = true;
  };
  // A value, from an op of the body or inside one of those.
  const auto follow = [&](const Value *v) {
    if (v->argumentOf() == &body && v->index() > 0)
      need(v->index() - 1);
    const Op *from = v->def();
    while (from && from->parent() != &body)
      from = from->parent()->parentOp();
    if (from && seen.insert(from).second)
      const_cast<Op *>(from)->walk([&](Op &inner) {
        for (const Value *u : operandsOf(inner))
          if (u)
            pending.push_back(u);
      });
  };
  pending.push_back(body.terminator().operand(0));
  for (size_t i = 0; i < op.numResults(); ++i)
    if (op.result(i)->hasUses()) {
      if (i < carried)
        need(i);
      else
        pending.push_back(body.terminator().operand(i + 1));
    }
  for (Op &kept : body)
    if (hasEffect(kept) || definesSymbol(kept))
      kept.walk([&](const Op &inner) { // its blocks read values of this one
        for (const Value *v : operandsOf(inner))
          if (v)
            pending.push_back(v);
      });
  while (!pending.empty()) {
    const Value *v = pending.back();
    pending.pop_back();
    follow(v);
  }
  return needed;
}

/// Carried values that serve only themselves, and scans that nobody reads, leave the loop.
bool dropLoopResults(ir::Module &module, PassContext &context, Op &op) {
  const auto carried = static_cast<size_t>(op[ir::attr::carried]);
  std::vector<bool> kept = neededCarried(op);
  for (size_t i = carried; i < op.numResults(); ++i)
    kept.push_back(op.result(i)->hasUses());
  // One stays whose extent others have: how often the loop runs.
  const auto scans = kept.begin() + static_cast<std::ptrdiff_t>(carried);
  if (definesSymbol(op) && std::find(scans, kept.end(), true) == kept.end() &&
      isMentionedElsewhere(module, op))
    *scans = true;
  if (isAll(kept) || !context.allow("loop-result", op.at))
    return false;
  Block &body = op.block();
  std::vector<Value *> yielded = operandsOf(body.terminator());
  std::vector<bool> keptYields = kept;
  keptYields.insert(keptYields.begin(), true); // the condition
  const std::vector<Value *> rest = keep(yielded, keptYields);
  yieldOnly(module, body, rest);
  std::vector<Value *> operands{op.operand(0), op.operand(1)};
  for (size_t i = 0; i < carried; ++i)
    if (kept[i])
      operands.push_back(op.operand(i + 2));
  for (Op *last = body.terminator().previous(); last;) { // what computed them
    Op *previous = last->previous();
    if (isDead(*last))
      last->erase();
    last = previous;
  }
  for (size_t i = carried; i-- > 0;)
    if (!kept[i])
      body.eraseArgument(i + 1);
  replaceOp(module, op, operands, {ir::attr::carried(static_cast<int64_t>(operands.size()) - 2)},
            kept);
  return true;
}

// ---- blocks over elements ----

/// Results of a fused op and arguments of its block, or extras of an epilogue, that nobody reads.
bool dropElements(ir::Module &module, PassContext &context, Op &op) {
  Block &body = op.block();
  const std::vector<bool> used = usedResults(op);
  const size_t fixed = op.numOperands() + (op.is(ops::fused) ? 0 : 1) - body.numArguments();
  const size_t offset = op.is(ops::fused) ? 0 : 1; // the first argument of an epilogue stays
  std::vector<bool> read(op.numOperands(), true);
  for (size_t i = offset; i < body.numArguments(); ++i)
    read[fixed + i - offset] = body.argument(i)->hasUses();
  if ((isAll(used) && isAll(read)) || !context.allow("element-unread", op.at))
    return false;
  if (!isAll(used)) {
    yieldOnly(module, body, keep(operandsOf(body.terminator()), used));
    for (Op *last = body.terminator().previous(); last;) {
      Op *previous = last->previous();
      if (isDead(*last))
        last->erase();
      last = previous;
    }
    for (size_t i = offset; i < body.numArguments(); ++i)
      read[fixed + i - offset] = body.argument(i)->hasUses();
  }
  for (size_t i = body.numArguments(); i-- > offset;)
    if (!read[fixed + i - offset])
      body.eraseArgument(i);
  replaceOp(module, op, keep(operandsOf(op), read), {}, used);
  return true;
}

// ---- definitions of symbols ----

/// Ops that nobody reads and that define symbols which nobody mentions.
bool dropDefinitions(const ir::Module &module) {
  std::vector<Op *> unread;
  const std::vector<Op *> all = allOps(module);
  for (Op *op : all)
    if (definesSymbol(*op) && !hasEffect(*op) &&
        !std::ranges::any_of(usedResults(*op), [](bool u) { return u; }))
      unread.push_back(op);
  if (unread.empty())
    return false;
  Counts mentions;
  for (const Op *op : all)
    count(*op, mentions, 1);
  bool changed = false;
  std::ranges::reverse(unread); // clang 14 does not take the view of it
  for (Op *op : unread) {
    Counts own;
    count(*op, own, 1);
    const bool isFree = std::ranges::all_of(definedDims(*op), [&](const ir::Dim &d) {
      Counts defined;
      count(d, defined, 1);
      return std::ranges::all_of(
          defined, [&](const auto &entry) { return mentions[entry.first] == own[entry.first]; });
    });
    // A loop around it, or one that it is, may be dead in turn: the next round sees that.
    if (!isFree || op->numBlocks())
      continue;
    count(*op, mentions, -1);
    op->erase();
    changed = true;
  }
  return changed;
}

/// An assertion of a constant that holds.
bool dropAssert(PassContext &context, Op &op) {
  const Value *condition = op.operand(0);
  if (!condition->isConstant() || ir::elementAsInt(*condition, 0) == 0 ||
      !context.allow("assert-true", op.at))
    return false;
  op.erase();
  return true;
}

/// Places of the largest elements that nobody reads.
bool dropIndices(ir::Module &module, PassContext &context, Op &op) {
  if (op.result(1)->hasUses() || !context.allow("pool-indices", op.at))
    return false;
  ir::Builder to{module, *op.parent(), &op};
  to.at = op.at;
  Value *pooled =
      to.make(ops::max_pool, {op.operand(0)},
              {ir::attr::kernel(op[ir::attr::kernel]), ir::attr::strides(op[ir::attr::strides]),
               ir::attr::pads(op[ir::attr::pads]), ir::attr::dilations(op[ir::attr::dilations])});
  pooled->name = op.result()->name;
  op.result()->replaceAllUsesWith(pooled);
  op.erase();
  return true;
}

/// What nobody reads of an op's results, or of its blocks. The op may be another one afterwards.
bool shrink(ir::Module &module, PassContext &context, Op &op) {
  bool changed = false;
  if (op.is(ops::if_)) {
    changed = takeSameResults(context, op);
    return dropIfResults(module, context, op) || changed;
  }
  if (op.is(ops::loop)) {
    changed = takeInvariants(context, op);
    return dropLoopResults(module, context, op) || changed;
  }
  if (op.is(ops::max_pool_indices))
    return dropIndices(module, context, op);
  return hasElementBlock(op) && dropElements(module, context, op);
}

/// From the last op to the first, so that users go before what they use.
bool sweep(ir::Module &module, PassContext &context, Block &block) {
  bool changed = false;
  for (Op *op = block.back(); op;) {
    Op *const previous = op->previous();
    if (isDead(*op)) {
      op->erase();
      changed = true;
    } else if (op->is(ops::assert_)) {
      changed |= dropAssert(context, *op);
    } else {
      for (size_t i = 0; i < op->numBlocks(); ++i)
        changed |= sweep(module, context, op->block(i));
      changed |= shrink(module, context, *op);
    }
    op = previous;
  }
  return changed;
}

} // namespace

RuleNames deadRules() {
  return {"assert-true",    "element-unread", "if-result",   "if-same",
          "loop-invariant", "loop-result",    "pool-indices"};
}

bool eliminateDead(ir::Module &module, PassContext &context) {
  bool changed = false;
  do {
    for (const auto &f : module.functions)
      changed |= sweep(module, context, f->body);
  } while (dropDefinitions(module) && (changed = true));
  const size_t constants = module.constants().size();
  module.eraseUnusedConstants();
  return changed || module.constants().size() != constants;
}

} // namespace burin::passes
