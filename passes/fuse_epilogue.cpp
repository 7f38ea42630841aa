// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"
#include "passes/element_body.h"
#include "passes/graph.h"
#include "passes/passes.h"

#include <algorithm>
#include <map>

namespace burin::passes {
namespace {
using ir::Op;
using ir::Value;

constexpr size_t kMostOps = 64;    // in an epilogue: a long one spills registers
constexpr size_t kMostExtras = 16; // tensors that it reads

/// The elementwise ops behind a producer that can become its epilogue: all that reads the producer,
/// as much more as leaves one value that others read.
class Followers {
public:
  Followers(Op &producer, const std::unordered_map<const Op *, size_t> &position)
      : producer_{producer}, position_{position} {
    inside_.insert(producer.result());
    std::map<size_t, Op *> candidates;
    queueUsers(producer.result(), candidates);
    for (size_t ops = 0; !candidates.empty() && ops < kMostOps; ++ops) {
      Op *op = candidates.begin()->second;
      candidates.erase(candidates.begin());
      add(*op);
      if (extras_.size() > kMostExtras)
        break;
      queueUsers(op->result(), candidates);
      if (valuesReadOutside() == 1)
        best_ = added_.size();
    }
    added_.resize(best_);
  }

  const std::vector<Op *> &ops() const { return added_; }

private:
  bool fits(const Op &op) const {
    return isElementOp(op) && op.numResults() == 1 && op.result()->hasUses() &&
           op.parent() == producer_.parent() &&
           op.result()->type.shape() == producer_.result()->type.shape();
  }

  void queueUsers(const Value *v, std::map<size_t, Op *> &candidates) const {
    for (const ir::Use *use = v->firstUse(); use; use = use->next)
      if (fits(*use->user))
        candidates.emplace(position_.at(use->user), use->user);
  }

  void add(Op &op) {
    added_.push_back(&op);
    inside_.insert(op.result());
    members_.insert(&op);
    for (size_t i = 0; i < op.numOperands(); ++i)
      if (const Value *v = op.operand(i); v && !inside_.contains(v) && !isSplat(*v))
        extras_.insert(v);
  }

  size_t valuesReadOutside() const {
    size_t n = 0;
    for (const Value *v : inside_) {
      bool read = false;
      for (const ir::Use *use = v->firstUse(); use && !read; use = use->next)
        read = !members_.contains(use->user);
      n += read;
    }
    return n;
  }

  Op &producer_;
  const std::unordered_map<const Op *, size_t> &position_;
  std::vector<Op *> added_;
  std::unordered_set<const Value *> inside_, extras_;
  std::unordered_set<const Op *> members_;
  size_t best_ = 0;
};

/// Makes the producer anew where the last of the followers is, with them as its epilogue.
void fuse(ir::Module &module, Op &producer, const std::vector<Op *> &followers) {
  Op &last = *followers.back();
  ir::Builder to{module, *last.parent(), &last};
  to.at = producer.at;
  ElementBody body{to, {followers.begin(), followers.end()}};
  body.accumulate(producer);
  body.finish(std::vector<Value *>{last.result()});
  // Operands of its own, absent ones too, then the extras.
  const size_t own = producer.def.operands.size() - 1;
  const size_t old = producer.numBlocks() ? producer.block().numArguments() - 1 : 0;
  std::vector<Value *> operands = operandsOf(producer);
  operands.resize(producer.numOperands() - old);
  operands.resize(body.operands().empty() ? operands.size() : own);
  operands.insert(operands.end(), body.operands().begin(), body.operands().end());
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(body.takeBlock());
  Op &fresh = to.makeOp(producer.def, operands, attributesOf(producer), std::move(blocks));
  fresh.result()->name = last.result()->name;
  last.result()->replaceAllUsesWith(fresh.result());
  for (auto it = followers.rbegin(); it != followers.rend(); ++it)
    (*it)->erase();
  producer.erase();
}

bool canCarry(const Op &op) {
  return op.def.is(ir::Trait::reduction) && op.numResults() == 1 && op.result()->hasUses() &&
         !op.result()->contents();
}

bool fuseBlock(ir::Module &module, PassContext &context, ir::Block &block) {
  bool changed = false;
  std::unordered_map<const Op *, size_t> position;
  std::vector<Op *> producers;
  for (Op &op : block) {
    position.emplace(&op, position.size());
    if (canCarry(op))
      producers.push_back(&op);
    else if (!hasElementBlock(op))
      for (size_t i = 0; i < op.numBlocks(); ++i)
        changed |= fuseBlock(module, context, op.block(i));
  }
  for (Op *producer : producers) {
    const Followers followers{*producer, position};
    if (followers.ops().empty() || !context.allow("epilogue", producer->at))
      continue;
    fuse(module, *producer, followers.ops());
    changed = true;
  }
  return changed;
}

} // namespace

RuleNames fuseEpilogueRules() { return {"epilogue"}; }

bool fuseEpilogue(ir::Module &module, PassContext &context) {
  bool changed = false;
  for (const auto &f : module.functions)
    changed |= fuseBlock(module, context, f->body);
  return changed;
}

} // namespace burin::passes
