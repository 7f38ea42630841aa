// SPDX-License-Identifier: Apache-2.0
#include "passes/rewrite.h"

#include "passes/graph.h"

#include <deque>
#include <fmt/format.h>
#include <unordered_map>
#include <unordered_set>

namespace burin::passes {
namespace {
using ir::Op;
using ir::Value;

class Driver {
public:
  Driver(ir::Module &module, PassContext &context, std::span<const Rule> rules)
      : module_{module}, context_{context} {
    for (const Rule &rule : rules) {
      if (rule.pattern.kind != Pattern::Kind::op)
        throw InternalError(
            fmt::format("the pattern of rule {} does not start with an op", rule.name));
      rulesOf_[rule.pattern.def].push_back(&rule);
    }
  }

  bool run() {
    size_t ops = 0;
    for (const auto &f : module_.functions)
      f->body.walk([&](Op &op) {
        push(&op);
        ++ops;
      });
    const size_t most = 64 * ops + 1000;
    size_t done = 0;
    while (!list_.empty()) {
      Op *op = list_.front();
      list_.pop_front();
      if (queued_.erase(op) == 0)
        continue; // erased since it was pushed
      if (isDead(*op)) {
        erase(op);
        continue;
      }
      const auto it = rulesOf_.find(&op->def);
      if (it == rulesOf_.end() || op->numResults() != 1)
        continue;
      for (const Rule *rule : it->second)
        if (apply(*rule, *op)) {
          if (++done > most) {
            context_.say(
                fmt::format("{}: {} rewrites of {} ops, stopped", context_.pass, done, ops));
            return true;
          }
          break;
        }
    }
    return changed_;
  }

private:
  void push(Op *op) {
    if (queued_.insert(op).second)
      list_.push_back(op);
  }

  /// Tries a rule at an op, which is gone if it applied.
  bool apply(const Rule &rule, Op &op) {
    Match found{&op, &context_, {}};
    Value *const old = op.result();
    if (!old->hasUses())
      return false; // a definition of symbols
    const bool explains = context_.explains(rule.name);
    std::string why;
    if (!match(rule.pattern, old, found, explains ? &why : nullptr)) {
      if (explains)
        context_.say(
            fmt::format("{}/{} not at '{}': {}", context_.pass, rule.name, op.at.node, why));
      return false;
    }
    Op *const before = op.previous();
    ir::Builder to{module_, *op.parent(), &op};
    to.at = op.at;
    Value *const fresh = rule.replace(found, to);
    if (!fresh || fresh == old || !context_.allow(rule.name, op.at)) {
      if (explains)
        context_.say(fmt::format("{}/{} not at '{}': {}", context_.pass, rule.name, op.at.node,
                                 fresh ? "not allowed" : "declined"));
      undo(op, before);
      return false;
    }
    if (fresh->type != old->type)
      throw InternalError(fmt::format("rule {}/{} replaces {} by {} at '{}'", context_.pass,
                                      rule.name, old->type.text(), fresh->type.text(), op.at.node));
    for (Op *made = before ? before->next() : op.parent()->front(); made != &op;
         made = made->next())
      made->walk([&](Op &inner) { push(&inner); });
    for (Op *user : old->users())
      push(user);
    if (fresh->name.empty())
      fresh->name = old->name;
    if (!fresh->contents() && old->contents())
      fresh->setContents(*old->contents());
    old->replaceAllUsesWith(fresh);
    erase(&op);
    changed_ = true;
    return true;
  }

  /// Removes what a rule built before it declined.
  void undo(Op &root, Op *before) {
    for (Op *made = root.previous(); made != before;) {
      Op *const previous = made->previous();
      made->erase();
      made = previous;
    }
  }

  void erase(Op *op) {
    std::vector<Value *> read;
    eraseDead(op, [&](Op &dead) {
      changed_ = true;
      dead.walk([&](Op &inner) {
        queued_.erase(&inner);
        for (size_t i = 0; i < inner.numOperands(); ++i)
          if (Value *v = inner.operand(i); v && (v->def() || v->argumentOf()))
            read.push_back(v);
        for (size_t i = 0; i < inner.numResults(); ++i)
          gone_.insert(inner.result(i));
        for (size_t b = 0; b < inner.numBlocks(); ++b)
          for (size_t i = 0; i < inner.block(b).numArguments(); ++i)
            gone_.insert(inner.block(b).argument(i));
      });
    });
    for (const Value *v : read) // what has one use left may fit a pattern now
      if (!gone_.contains(v) && v->hasOneUse()) {
        push(v->firstUse()->user);
        if (v->def())
          push(v->def());
      }
    gone_.clear();
  }

  ir::Module &module_;
  PassContext &context_;
  std::unordered_map<const ir::OpDef *, std::vector<const Rule *>> rulesOf_;
  std::deque<Op *> list_;
  std::unordered_set<Op *> queued_;
  std::unordered_set<const Value *> gone_;
  bool changed_ = false;
};

} // namespace

bool rewrite(ir::Module &module, PassContext &context, std::span<const Rule> rules) {
  return Driver{module, context, rules}.run();
}

std::vector<std::string_view> namesOf(std::span<const Rule> rules) {
  std::vector<std::string_view> names;
  for (const Rule &rule : rules)
    names.push_back(rule.name);
  return names;
}

} // namespace burin::passes
