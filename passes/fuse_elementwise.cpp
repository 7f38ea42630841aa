// SPDX-License-Identifier: Apache-2.0
//
// A group of elementwise ops over one shape becomes one `fused` where the last of them is. An op
// joins the groups of its operands if nobody outside reads what they make before it: then moving
// the group down to it keeps every use behind its definition.
#include "ir/ops.h"
#include "passes/element_body.h"
#include "passes/graph.h"
#include "passes/passes.h"

#include <algorithm>
#include <iterator>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Block;
using ir::Op;
using ir::Value;

constexpr size_t kMostOps = 64;      // in one block: a long one spills registers
constexpr size_t kMostOperands = 16; // tensors that it reads
constexpr size_t kMostUsers = 256;   // of a value, to look at

struct Group {
  std::vector<Op *> members; ///< in order
  size_t count = 0;          ///< elementwise ops in them
  const ir::Shape &shape() const { return members.front()->result()->type.shape(); }
};

class Grouper {
public:
  Grouper(PassContext &context, Block &block) : context_{context}, block_{block} {
    for (Op &op : block)
      position_.emplace(&op, position_.size());
  }

  std::vector<Group> run() {
    for (Op &op : block_)
      if (isElementOp(op) && !isDead(op))
        place(op);
    std::vector<Group> some;
    for (Group &g : groups_) {
      const bool isDone = g.members.size() == 1 && g.members[0]->is(ops::fused);
      if (!g.members.empty() && !isDone)
        some.push_back(std::move(g));
    }
    return some;
  }

private:
  void place(Op &op) {
    Group alone{{&op}, countElementOps(op)};
    size_t joined = SIZE_MAX;
    for (size_t i = 0; i < op.numOperands() && context_.optimize != Optimize::none; ++i) {
      const Value *v = op.operand(i);
      const auto it = v && v->def() ? groupOf_.find(v->def()) : groupOf_.end();
      if (it == groupOf_.end() || it->second == joined)
        continue;
      Group &with = groups_[it->second];
      Group &self = joined == SIZE_MAX ? alone : groups_[joined];
      if (!canJoin(with, self, op) || !context_.allow("group", op.at))
        continue;
      join(it->second, self, joined);
      joined = it->second;
    }
    if (joined != SIZE_MAX)
      return;
    groupOf_[&op] = groups_.size();
    groups_.push_back(std::move(alone));
  }

  /// Merges `self`, which ends with the op that is placed, into a group of its operands.
  void join(size_t into, Group &self, size_t from) {
    Group merged;
    std::ranges::merge(
        groups_[into].members, self.members, std::back_inserter(merged.members), {},
        [&](const Op *op) { return position_.at(op); },
        [&](const Op *op) { return position_.at(op); });
    merged.count = groups_[into].count + self.count;
    for (const Op *op : self.members)
      groupOf_[op] = into;
    groups_[into] = std::move(merged);
    if (from != SIZE_MAX)
      groups_[from] = {};
  }

  bool canJoin(const Group &with, const Group &self, const Op &op) const {
    if (with.shape() != self.shape() || with.count + self.count > kMostOps)
      return false;
    std::unordered_set<const Op *> members(with.members.begin(), with.members.end());
    members.insert(self.members.begin(), self.members.end());
    std::unordered_set<const Value *> read;
    for (const Op *member : members) {
      for (size_t i = 0; i < member->numOperands(); ++i)
        if (const Value *v = member->operand(i);
            v && !isSplat(*v) && !(v->def() && members.contains(v->def())))
          read.insert(v);
      for (size_t i = 0; i < member->numResults(); ++i)
        if (!isReadAfter(*member->result(i), members, op))
          return false;
    }
    return read.size() <= kMostOperands;
  }

  /// Whether all that read v are members or come behind the op.
  bool isReadAfter(const Value &v, const std::unordered_set<const Op *> &members,
                   const Op &op) const {
    size_t users = 0;
    for (const ir::Use *use = v.firstUse(); use; use = use->next) {
      const Op *user = use->user;
      while (user->parent() != &block_)
        user = user->parent()->parentOp();
      if (++users > kMostUsers ||
          (!members.contains(user) && position_.at(user) < position_.at(&op)))
        return false;
    }
    return true;
  }

  PassContext &context_;
  Block &block_;
  std::unordered_map<const Op *, size_t> position_, groupOf_;
  std::vector<Group> groups_;
};

void fuse(ir::Module &module, const Group &group) {
  Op &last = *group.members.back();
  ir::Builder to{module, *last.parent(), &last};
  to.at = group.members.front()->at;
  const std::unordered_set<const Op *> members(group.members.begin(), group.members.end());
  std::vector<Value *> outputs;
  for (const Op *op : group.members)
    for (size_t i = 0; i < op->numResults(); ++i)
      if (std::ranges::any_of(op->result(i)->users(),
                              [&](const Op *user) { return !members.contains(user); }))
        outputs.push_back(op->result(i));
  ElementBody body{to, members};
  body.finish(outputs);
  std::vector<std::unique_ptr<Block>> blocks;
  blocks.push_back(body.takeBlock());
  Op &fused =
      to.makeOp(ops::fused, body.operands(), {ir::attr::shape(group.shape())}, std::move(blocks));
  for (size_t i = 0; i < outputs.size(); ++i) {
    fused.result(i)->name = outputs[i]->name;
    if (outputs[i]->contents())
      fused.result(i)->setContents(*outputs[i]->contents());
    outputs[i]->replaceAllUsesWith(fused.result(i));
  }
  for (auto it = group.members.rbegin(); it != group.members.rend(); ++it)
    (*it)->erase();
}

bool fuseBlock(ir::Module &module, PassContext &context, Block &block) {
  bool changed = false;
  for (const Group &group : Grouper{context, block}.run()) {
    fuse(module, group);
    changed = true;
  }
  for (Op &op : block)
    if (!hasElementBlock(op))
      for (size_t i = 0; i < op.numBlocks(); ++i)
        changed |= fuseBlock(module, context, op.block(i));
  return changed;
}

} // namespace

RuleNames fuseElementwiseRules() { return {"group"}; }

bool fuseElementwise(ir::Module &module, PassContext &context) {
  bool changed = false;
  for (const auto &f : module.functions)
    changed |= fuseBlock(module, context, f->body);
  return changed;
}

} // namespace burin::passes
