// SPDX-License-Identifier: Apache-2.0
#include "passes/memory_plan.h"

#include "ir/ops.h"
#include "passes/liveness.h"
#include "passes/place.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Block;
using ir::Op;
using ir::Trait;
using ir::Value;

int64_t roundUp(int64_t bytes, int64_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

/// Memory that one or several values of a block lie in.
struct Cell {
  const Value *value; ///< the first
  int frame;
  int64_t bytes;
  int first, last;      ///< in steps of the block
  bool isFixed = false; ///< nothing is computed over it: inputs, frames
  int parent = -1;      ///< the cell that it was merged into
  int state = -1;       ///< the state that it was merged into
  int64_t offset = 0;
};

/// Where a value lies: nowhere, in a state, or in a cell.
struct Home {
  int cell = -1, state = -1;
  bool operator==(const Home &) const = default;
};

/// The plan of one block.
struct Frame {
  struct Inner {
    int frame, step;
    size_t item; ///< the blocks of one op are one item
  };
  std::vector<int> cells;
  std::vector<Inner> inner;
  std::vector<int64_t> itemOffsets; ///< behind those of the cells: scratch, then inner blocks
  int64_t bytes = 0, bound = 0;
  int peak = -1;
};

class Planner {
public:
  Planner(const ir::Function &function, std::span<const int64_t> scratch, int64_t alignment,
          const PlanOptions &options)
      : function_{function}, scratch_{scratch}, alignment_{alignment}, options_{options} {
    function.body.walk([&](const Op &op) { blocks_ += hasStatements(op) ? op.numBlocks() : 0; });
    for (const auto &pair : options.shared)
      sharedIn_[pair.first->def()->parent()].push_back(pair);
    function.body.walk([&](const Op &op) {
      if (op.is(ops::concat))
        join(op);
    });
  }

  MemoryPlan run() {
    for (size_t i = 0; i < function_.states.size(); ++i)
      home_[function_.body.argument(function_.states[i].argument)].state = static_cast<int>(i);
    const int entry = plan(function_.body);
    MemoryPlan out;
    out.steps = steps(function_);
    out.arenaBytes = frames_[entry].bytes;
    out.lowerBound = frames_[entry].bound;
    out.peakStep = frames_[entry].peak;
    out.scratchOffset = std::move(scratchOffset_);
    for (const auto &[value, whole] : joins_)
      if (homeOf(value) != homeOf(whole.whole))
        throw InternalError(fmt::format("'{}' lies apart from what it is joined to", value->name));
    out.joins = std::move(joins_);
    report(entry, 0, -2, out);
    for (size_t i = 0; i < scratch_.size(); ++i)
      if (out.scratchOffset[i] >= 0)
        out.buffers.push_back({nullptr, roundUp(scratch_[i], alignment_), static_cast<int>(i),
                               static_cast<int>(i), out.scratchOffset[i]});
    for (const auto &[value, unused] : home_) {
      const Home home = homeOf(value);
      if (home.state >= 0)
        out.stateOf.emplace(value, static_cast<size_t>(home.state));
      else if (home.cell >= 0)
        out.bufferOf.emplace(value, bufferOfCell_.at(home.cell));
    }
    return out;
  }

private:
  // ---- cells ----

  int64_t bytesOf(const Value &v) const {
    return roundUp(options_.bytes ? options_.bytes(v) : bufferBytes(v.type), alignment_);
  }

  Home homeOf(const Value *v) const {
    const auto it = home_.find(v);
    Home home = it == home_.end() ? Home{} : it->second;
    while (home.cell >= 0 && cells_[home.cell].parent >= 0)
      home.cell = cells_[home.cell].parent;
    if (home.cell >= 0 && cells_[home.cell].state >= 0)
      return {-1, cells_[home.cell].state};
    return home;
  }

  Cell &newCell(int frame, const Value *v, int first, int last) {
    home_[v].cell = static_cast<int>(cells_.size());
    frames_[frame].cells.push_back(home_[v].cell);
    cells_.push_back({v, frame, bytesOf(*v), first, last});
    return cells_.back();
  }

  void merge(int from, int into) {
    if (from == into)
      return;
    Cell &a = cells_[from], &b = cells_[into];
    b.bytes = std::max(a.bytes, b.bytes);
    b.first = std::min(a.first, b.first);
    b.last = std::max(a.last, b.last);
    b.isFixed = a.isFixed || b.isFixed;
    a.parent = into;
  }

  bool isOf(int frame, const Home &home) const {
    return home.cell >= 0 && cells_[home.cell].frame == frame;
  }

  // ---- liveness ----

  int stepOf(const Op *op) const { return stepIndex_.at(op); }

  /// The entry point that a step of the entry block is of; null where there is only one.
  const ir::EntryRange *entryOf(int step) const {
    if (options_.entries.size() < 2)
      return nullptr;
    const auto it = std::ranges::find_if(options_.entries,
                                         [&](const ir::EntryRange &e) { return step < e.endStep; });
    return it == options_.entries.end() ? nullptr : &*it;
  }

  /// The step from which on an argument of the entry block lives: an input of a later entry point
  /// is there when that begins.
  int firstOf(size_t argument) const {
    for (const ir::EntryRange &e : options_.entries)
      if (options_.entries.size() > 1 && argument >= e.firstArgument && argument < e.endArgument)
        return e.firstStep == 0 ? -1 : e.firstStep;
    return -1;
  }

  /// The step at which a value is read: a result is, when its entry point ends.
  int readAt(const Block &block, const Op &user, int made) const {
    const int at = stepOf(ancestorIn(block, &user));
    if (block.parentOp() || &user != &block.terminator())
      return at;
    const ir::EntryRange *entry = entryOf(made);
    return entry ? std::max(made, entry->endStep - 1) : at;
  }

  /// The last step of `block` at which v or a view of it is read, at least `least`.
  int lastUse(const Block &block, const Value *v, int least) const {
    const int made = std::max(least, 0);
    for (const ir::Use *use = v->firstUse(); use; use = use->next) {
      if (!isView(*use->user) || isStep(*use->user))
        least = std::max(least, readAt(block, *use->user, made));
      if (isView(*use->user))
        least = lastUse(block, use->user->result(), least);
    }
    return least;
  }

  // ---- blocks ----

  /// Plans a block and those inside; what lies in memory of an outer block has its home already.
  int plan(const Block &block) {
    const int self = static_cast<int>(frames_.size());
    frames_.emplace_back();
    int count = 0;
    for (const Op &op : block) {
      stepIndex_[&op] = count;
      count += isStep(op);
    }
    const bool isEntry = !block.parentOp();
    for (size_t i = 0; i < block.numArguments(); ++i)
      if (const Value *v = block.argument(i); homeOf(v) == Home{})
        newCell(self, v, isEntry ? firstOf(i) : -1, lastUse(block, v, isEntry ? firstOf(i) : count))
            .isFixed = true;
    for (const Op &op : block)
      for (size_t i = 0; i < op.numResults(); ++i) {
        const Value *v = op.result(i);
        if (isView(op))
          home_[v] = homeOf(op.operand(0));
        else if (homeOf(v) == Home{} && ir::isMade(*v))
          newCell(self, v, stepOf(&op), lastUse(block, v, stepOf(&op)));
      }
    share(self, block);
    if (options_.inPlace) {
      writeOverOld(self, block);
      for (const Op &op : block)
        reuseOperands(self, op);
    }
    Frame frame;
    for (const Op &op : block)
      if (hasStatements(op))
        planInner(frame, op);
    placeFrame(self, frame, count, isEntry);
    frames_[self] = std::move(frame);
    return self;
  }

  /// What is made in place of the concat's operands.
  void join(const Op &concat) {
    int64_t first = 0;
    for (size_t i = 0; i < concat.numOperands(); ++i) {
      if (const Value *v = ir::joinedOperand(concat, i)) {
        sharedIn_[concat.parent()].emplace_back(v, concat.result());
        joins_.emplace(v, MemoryPlan::Join{concat.result(), first});
      }
      first += concat.operand(i)->type.count().bounds().hi; // a number where one is joined
    }
  }

  void share(int frame, const Block &block) {
    for (const auto &[inner, outer] : sharedIn_[&block])
      if (const Home a = homeOf(inner), b = homeOf(outer); isOf(frame, a) && isOf(frame, b)) {
        merge(a.cell, b.cell);
        cells_[b.cell].isFixed = true;
      }
  }

  /// New states, and what the body of a loop carries on, over the old value.
  void writeOverOld(int frame, const Block &block) {
    const Op &end = block.terminator();
    if (!block.parentOp())
      for (const ir::State &s : function_.states)
        writeOver(frame, block, block.argument(s.argument), end.operand(s.result));
    else if (block.parentOp()->is(ops::loop))
      for (size_t i = 1; i < block.numArguments(); ++i)
        writeOver(frame, block, block.argument(i), end.operand(i));
  }

  void writeOver(int frame, const Block &block, const Value *old, const Value *fresh) {
    const Value *root = rootOf(fresh);
    const Op *op = root->def();
    const Home from = homeOf(root), to = homeOf(old);
    if (!op || op->parent() != &block || !isOf(frame, from) || cells_[from.cell].isFixed ||
        fresh->type != old->type || bytesOf(*root) != bytesOf(*old))
      return;
    const int at = stepOf(op), last = lastUse(block, old, -1);
    if (last > at ||
        (last == at && !isReadInStep(old, *op, *root) && !isOnlyCarried(old, *op, root->index())))
      return;
    if (to.state >= 0) // a run that fails has not touched the state
      for (const Op *other = op; other && entryOf(stepOf(other)) == entryOf(at);
           other = other->next())
        if (canFail(*other))
          return;
    cells_[from.cell].parent = to.cell;
    cells_[from.cell].state = to.state;
    // What the op changes in turn, so that several writes into one state copy nothing.
    const Value *changed = isUpdate(*op) ? rootOf(op->operand(0)) : nullptr;
    if (changed && changed->def() && changed->def()->parent() == &block &&
        lastUse(block, changed, -1) == at && isReadInStep(changed, *op, *root))
      writeOver(frame, block, old, op->operand(0));
  }

  /// A result over an operand that dies where it is read.
  void reuseOperands(int frame, const Op &op) {
    if (op.is(ops::loop))
      for (unsigned i = 0; i < carriedBy(op); ++i)
        reuse(frame, op, *op.result(i), op.operand(2 + i));
    if (isUpdate(op))
      reuse(frame, op, *op.result(), op.operand(0));
    if (!op.is(ops::fused))
      return;
    for (size_t i = 0; i < op.numResults(); ++i)
      for (size_t j = 0; j < op.numOperands(); ++j)
        if (reuse(frame, op, *op.result(i), op.operand(j)))
          break;
  }

  bool reuse(int frame, const Op &op, const Value &result, const Value *operand) {
    const Home from = homeOf(operand), to = homeOf(&result);
    if (!isOf(frame, from) || !isOf(frame, to) || from == to)
      return false;
    const Cell &a = cells_[from.cell], &b = cells_[to.cell];
    if (a.isFixed || b.isFixed || a.last != stepOf(&op) || a.bytes != b.bytes ||
        !isWhole(operand) || operand->type.shape() != result.type.shape() ||
        ir::elementSize(operand->type.element()) != ir::elementSize(result.type.element()))
      return false;
    if (!isOnlyCarried(operand, op, result.index()) || operand != rootOf(operand)) {
      // All that lies there and is read by the op: earlier values of the cell are dead.
      for (size_t i = 0; i < op.numOperands(); ++i)
        if (op.operand(i) && homeOf(op.operand(i)) == from &&
            !isReadInStep(rootOf(op.operand(i)), op, result))
          return false;
      if (!isReadInStep(rootOf(operand), op, result))
        return false;
    }
    merge(to.cell, from.cell);
    return true;
  }

  void planInner(Frame &frame, const Op &op) {
    const size_t item = frame.inner.empty() ? 0 : frame.inner.back().item + 1;
    for (size_t b = 0; b < op.numBlocks(); ++b) {
      const Block &body = op.block(b);
      if (op.is(ops::loop))
        for (size_t i = 1; i < body.numArguments(); ++i)
          home_[body.argument(i)] = homeOf(op.result(i - 1));
      else
        for (size_t i = 0; i < op.numResults(); ++i)
          writeToResult(body, body.terminator().operand(i), *op.result(i));
      frame.inner.push_back({plan(body), stepOf(&op), item});
    }
  }

  /// What a block of an `if` makes and yields lies where the result does.
  void writeToResult(const Block &body, const Value *yielded, const Value &result) {
    const Value *root = rootOf(yielded);
    if (root->def() && root->def()->parent() == &body && !home_.contains(root) &&
        yielded->type == result.type && bytesOf(*root) == bytesOf(result))
      home_[root] = homeOf(&result);
  }

  void placeFrame(int self, Frame &frame, int count, bool isEntry) {
    std::vector<Interval> items;
    for (const int c : frames_[self].cells)
      if (const Cell &cell = cells_[c]; cell.parent < 0 && cell.state < 0) {
        frame.cells.push_back(c);
        items.push_back({cell.bytes, cell.first, cell.last});
      }
    const size_t scratchAt = items.size();
    if (isEntry)
      for (size_t i = 0; i < scratch_.size(); ++i)
        items.push_back(
            {roundUp(scratch_[i], alignment_), static_cast<int>(i), static_cast<int>(i)});
    const size_t innerAt = items.size();
    std::vector<Interval> least = items;
    for (const Frame::Inner &in : frame.inner) {
      if (innerAt + in.item == items.size()) {
        items.push_back({0, in.step, in.step});
        least.push_back(items.back());
      }
      items.back().bytes = std::max(items.back().bytes, frames_[in.frame].bytes);
      least.back().bytes = std::max(least.back().bytes, frames_[in.frame].bound);
    }
    const Peak peak = peakOf(least);
    frame.bound = peak.bytes;
    frame.peak = std::min(peak.at, count - 1);
    const Placement placed = place(items, peakOf(items).bytes, options_.seed,
                                   options_.effort / static_cast<int64_t>(blocks_));
    frame.bytes = placed.bytes;
    for (size_t i = 0; i < frame.cells.size(); ++i)
      cells_[frame.cells[i]].offset = placed.offsets[i];
    if (isEntry) {
      scratchOffset_.assign(static_cast<size_t>(count), -1);
      for (size_t i = 0; i < scratch_.size(); ++i)
        if (scratch_[i] > 0)
          scratchOffset_[i] = placed.offsets[scratchAt + i];
    }
    frame.itemOffsets.assign(placed.offsets.begin() + static_cast<ptrdiff_t>(innerAt),
                             placed.offsets.end());
  }

  /// `outerStep`: of the entry block, while which an inner frame lives; -2 for the entry block.
  void report(int self, int64_t base, int outerStep, MemoryPlan &out) {
    const Frame &frame = frames_[self];
    for (const int c : frame.cells) {
      const Cell &cell = cells_[c];
      bufferOfCell_[c] = out.buffers.size();
      const bool isInner = outerStep != -2;
      out.buffers.push_back({cell.value, cell.bytes, isInner ? outerStep : cell.first,
                             isInner ? outerStep : cell.last, base + cell.offset});
    }
    for (const Frame::Inner &in : frame.inner)
      report(in.frame, base + frame.itemOffsets[in.item], outerStep == -2 ? in.step : outerStep,
             out);
  }

  const ir::Function &function_;
  std::span<const int64_t> scratch_;
  int64_t alignment_;
  const PlanOptions &options_;
  size_t blocks_ = 1;
  std::vector<Cell> cells_;
  std::vector<Frame> frames_;
  std::unordered_map<const Value *, Home> home_;
  std::unordered_map<const Op *, int> stepIndex_;
  std::unordered_map<const Block *, std::vector<std::pair<const Value *, const Value *>>> sharedIn_;
  std::unordered_map<int, size_t> bufferOfCell_;
  std::unordered_map<const Value *, MemoryPlan::Join> joins_;
  std::vector<int64_t> scratchOffset_;
};

} // namespace

MemoryPlan planMemory(const ir::Function &function, std::span<const int64_t> scratchBytes,
                      int64_t alignment, const PlanOptions &options) {
  return Planner{function, scratchBytes, alignment, options}.run();
}

} // namespace burin::passes
