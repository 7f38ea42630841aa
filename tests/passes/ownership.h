// SPDX-License-Identifier: Apache-2.0
//
// Runs a function on ownership: every byte of the arena knows which value it holds.
#pragma once

#include "ir/ops.h"
#include "passes/liveness.h"
#include "passes/memory_plan.h"

#include <algorithm>
#include <stdexcept>

namespace burin::passes {

/// Follows a run. Throws std::runtime_error for a value that is not where the plan says.
class Ownership {
  using Op = ir::Op;
  using Value = ir::Value;

public:
  Ownership(const ir::Function &f, const MemoryPlan &plan, std::span<const int64_t> scratch)
      : function_{f}, plan_{plan}, scratch_{scratch} {
    int64_t end = plan.arenaBytes;
    for (const ir::State &s : f.states) { // behind the arena
      stateAt_.push_back(end);
      end += bytesOf(*f.body.argument(s.argument));
    }
    owner_.assign(static_cast<size_t>(end), 0);
  }

  void run() {
    for (size_t i = 0; i < function_.body.numArguments(); ++i)
      write(function_.body.argument(i));
    runBlock(function_.body, true);
    for (const Value *v : operands(function_.body.terminator()))
      read(v);
  }

private:
  static int64_t bytesOf(const Value &v) { return bufferBytes(v.type); }
  static std::vector<const Value *> operands(const Op &op) {
    std::vector<const Value *> all;
    for (size_t i = 0; i < op.numOperands(); ++i)
      if (op.operand(i))
        all.push_back(op.operand(i));
    return all;
  }

  /// Where a value begins; -1 for constants and their views.
  int64_t at(const Value *v) const {
    const int64_t first = ir::firstInRoot(v);
    v = rootOf(v);
    if (const auto join = plan_.joins.find(v); join != plan_.joins.end())
      return at(join->second.whole) + (join->second.first + first) *
                                          static_cast<int64_t>(ir::elementSize(v->type.element()));
    const int64_t begin = beginOf(v);
    return begin < 0 ? begin
                     : begin + first * static_cast<int64_t>(ir::elementSize(v->type.element()));
  }
  int64_t beginOf(const Value *v) const {
    if (const auto it = plan_.bufferOf.find(v); it != plan_.bufferOf.end())
      return plan_.buffers[it->second].offset;
    if (const auto it = plan_.stateOf.find(v); it != plan_.stateOf.end())
      return stateAt_[it->second];
    return -1;
  }

  void fill(int64_t from, int64_t bytes, int tag) {
    if (from + bytes > static_cast<int64_t>(owner_.size()))
      throw std::runtime_error("a buffer ends behind the arena");
    std::fill_n(owner_.begin() + from, bytes, tag);
  }

  void write(const Value *v) {
    if (at(v) < 0)
      throw std::runtime_error("'" + v->name + "' has no place");
    tag_[v] = ++tags_;
    fill(at(v), bytesOf(*v), tags_);
  }

  void read(const Value *v) const {
    if (v->isConstant() || at(v) < 0)
      return;
    for (int64_t i = 0; i < bytesOf(*v); ++i)
      if (owner_[static_cast<size_t>(at(v) + i)] != tag_.at(v))
        throw std::runtime_error("'" + v->name + "' is overwritten before it is read");
  }

  /// Copies, unless both are one place.
  void copy(const Value *from, const Value *to) {
    read(from);
    if (at(from) != at(to))
      return write(to);
    tag_[to] = tag_[from];
  }

  /// A result must not lie over an operand, but where a fused op reads no other element of it, and
  /// where an op only changes some of its elements.
  void checkOverlap(const Op &op) const {
    for (size_t r = 0; r < op.numResults(); ++r)
      for (const Value *v : operands(op)) {
        const Value *result = op.result(r);
        if (at(v) < 0 || at(v) >= at(result) + bytesOf(*result) ||
            at(result) >= at(v) + bytesOf(*v))
          continue;
        const bool sameIndex =
            op.is(ir::ops::fused) && at(v) == at(result) &&
            v->type.shape() == result->type.shape() &&
            ir::elementSize(v->type.element()) == ir::elementSize(result->type.element());
        const bool isChanged =
            (op.is(ir::ops::scatter_nd) || op.is(ir::ops::scatter_elements)) &&
            v == op.operand(0) && at(v) == at(result) && v->type == result->type;
        const bool isCarried = op.is(ir::ops::loop) && at(v) == at(result);
        if (bytesOf(*v) && bytesOf(*result) && !sameIndex && !isChanged && !isCarried)
          throw std::runtime_error("'" + result->name + "' is written over '" + v->name + "'");
      }
  }

  void runBlock(const ir::Block &block, bool isEntry) {
    size_t step = 0;
    for (const Op &op : block) {
      if (op.is(ir::ops::yield))
        return;
      if (op.is(ir::ops::concat)) {
        join(op);
      } else if (isView(op)) {
        for (const Value *v : operands(op))
          read(v);
        if (const auto it = tag_.find(op.operand(0)); it != tag_.end())
          tag_[op.result()] = it->second;
      } else {
        if (isEntry && step < scratch_.size() && scratch_[step])
          fill(plan_.scratchOffset[step], scratch_[step], -1);
        runOp(op);
      }
      step += isStep(op);
    }
  }

  /// Copies what is not there yet.
  void join(const Op &concat) {
    for (const Value *v : operands(concat))
      read(v);
    for (size_t i = 0; i < concat.numOperands(); ++i)
      if (const Value *v = concat.operand(i); !ir::joinedOperand(concat, i) && at(v) >= 0)
        if (at(v) < at(concat.result()) + bytesOf(*concat.result()) &&
            at(concat.result()) < at(v) + bytesOf(*v) && !plan_.joins.contains(rootOf(v)))
          throw std::runtime_error("'" + concat.result()->name + "' is written over '" + v->name +
                                   "'");
    write(concat.result());
    for (auto &[v, tag] : tag_) // what is there has a second name now
      if (isJoinedTo(v, concat.result()))
        tag = tags_;
  }

  bool isJoinedTo(const Value *v, const Value *whole) const {
    while (plan_.joins.contains(rootOf(v)) && v != whole)
      v = plan_.joins.at(rootOf(v)).whole;
    return v == whole;
  }

  void runOp(const Op &op) {
    for (const Value *v : operands(op))
      read(v);
    checkOverlap(op);
    if (op.is(ir::ops::if_)) {
      const std::vector<int> before = owner_;
      for (size_t b = 0; b < 2; ++b) {
        owner_ = before;
        runBlock(op.block(b), false);
        for (size_t i = 0; i < op.numResults(); ++i)
          copy(op.block(b).terminator().operand(i), op.result(i));
      }
    } else if (op.is(ir::ops::loop)) {
      runLoop(op);
    } else {
      for (size_t i = 0; i < op.numResults(); ++i)
        write(op.result(i));
    }
  }

  void runLoop(const Op &op) {
    const ir::Block &body = op.block();
    const size_t carried = body.numArguments() - 1;
    for (size_t i = 0; i < carried; ++i)
      copy(op.operand(2 + i), body.argument(1 + i));
    for (size_t i = carried; i < op.numResults(); ++i)
      write(op.result(i)); // a slice an iteration
    for (int iteration = 0; iteration < 2; ++iteration) {
      write(body.argument(0));
      runBlock(body, false);
      const Op &end = body.terminator();
      for (const Value *v : operands(end))
        read(v);
      for (size_t i = 0; i < carried; ++i)
        copy(end.operand(1 + i), body.argument(1 + i));
    }
    for (size_t i = 0; i < carried; ++i)
      copy(body.argument(1 + i), op.result(i));
    for (size_t i = carried; i < op.numResults(); ++i)
      read(op.result(i));
  }

  const ir::Function &function_;
  const MemoryPlan &plan_;
  std::span<const int64_t> scratch_;
  std::vector<int> owner_;
  std::vector<int64_t> stateAt_;
  std::unordered_map<const Value *, int> tag_;
  int tags_ = 0;
};

} // namespace burin::passes
