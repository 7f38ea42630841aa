// SPDX-License-Identifier: Apache-2.0
#include "frontend/common/order.h"

#include "ir/ops.h"

#include <unordered_map>
#include <vector>

namespace burin::frontend {
namespace {
using ir::Op;
using ir::Value;

class Order {
public:
  Order(ir::Block &block, Op *first) : block_{block}, first_{first} {
    for (Op *op = first; op; op = op->next())
      if (!op->def.is(ir::Trait::terminator))
        state_.emplace(op, State::unseen);
      else
        end_ = op;
  }

  void visit(const Value *v) {
    if (Op *op = opHere(v))
      visit(*op);
  }

  void visit(Op &root) {
    std::vector<Op *> stack{&root};
    while (!stack.empty()) {
      Op &op = *stack.back();
      State &state = state_.at(&op);
      if (state == State::unseen) {
        state = State::open;
        const std::vector<Op *> needed = needs(op);
        for (auto it = needed.rbegin(); it != needed.rend(); ++it)
          if (state_.at(*it) == State::unseen)
            stack.push_back(*it);
        continue;
      }
      if (state == State::open)
        sorted_.push_back(&op);
      state = State::done;
      stack.pop_back();
    }
  }

  void apply() {
    for (Op *op = first_; op; op = op->next())
      if (const auto it = state_.find(op); it != state_.end() && it->second == State::unseen)
        visit(*op);
    for (Op *op : sorted_)
      op->moveBefore(block_, end_);
  }

private:
  enum class State { unseen, open, done };

  /// The op of this block, among those to be ordered, that makes the value or holds what does.
  Op *opHere(const Value *v) const {
    Op *op = v ? v->def() : nullptr;
    while (op && op->parent() != &block_)
      op = op->parent()->parentOp();
    return op && state_.contains(op) ? op : nullptr;
  }

  std::vector<Op *> needs(Op &op) const {
    std::vector<Op *> all;
    op.walk([&](Op &inner) {
      for (size_t i = 0; i < inner.numOperands(); ++i)
        if (Op *made = opHere(inner.operand(i)); made && made != &op)
          all.push_back(made);
    });
    return all;
  }

  ir::Block &block_;
  Op *first_;
  Op *end_ = nullptr; ///< the terminator, if there is one yet
  std::unordered_map<Op *, State> state_;
  std::vector<Op *> sorted_;
};

} // namespace

void orderOps(ir::Block &block, Op *last, std::span<Value *const> results) {
  Op *const first = last ? last->next() : block.front();
  if (!first || first == block.back())
    return;
  for (Op *op = first; op; op = op->next())
    for (size_t i = 0; i < op->numBlocks(); ++i) {
      const Op &yield = op->block(i).terminator();
      std::vector<Value *> yielded;
      for (size_t y = 0; y < yield.numOperands(); ++y)
        yielded.push_back(yield.operand(y));
      orderOps(op->block(i), nullptr, yielded);
    }
  // An extent that an op defines is read without an edge to it: such ops stay where they are.
  for (Op *op = first; op; op = op->next())
    if (op->def.is(ir::Trait::definesDims))
      return;
  Order order{block, first};
  for (const Value *v : results)
    order.visit(v);
  order.apply();
}

} // namespace burin::frontend
