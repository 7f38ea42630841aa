// SPDX-License-Identifier: Apache-2.0
//
// The order of the entry block in which the least lives at once, of a few that are tried; the order
// of the model unless another is better. Only branches leave a choice (firmware.md, 11.2).
#include "passes/graph.h"
#include "passes/liveness.h"
#include "passes/memory_plan.h"
#include "passes/passes.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Op;
using ir::Value;
using Order = std::vector<uint32_t>;

/// The ops of a block with their dependencies, and the memory that they make and release.
class Dag {
public:
  explicit Dag(const ir::Function &function) {
    const ir::Block &block = function.body;
    for (Op &op : block)
      if (!op.def.is(ir::Trait::terminator)) {
        index_.emplace(&op, static_cast<uint32_t>(ops.size()));
        ops.push_back(&op);
      }
    const size_t n = ops.size();
    after.resize(n);
    before.resize(n);
    reads.resize(n);
    makes.resize(n);
    for (uint32_t i = 0; i < n; ++i)
      for (size_t r = 0; r < ops[i]->numResults(); ++r)
        addValue(ops[i]->result(r), i);
    for (size_t i = 0; i < block.numArguments(); ++i)
      for (const ir::Dim &d : block.argument(i)->type.shape())
        for (const auto &[name, bounds] : symbolsOf(d))
          definer_.emplace(name, UINT32_MAX); // known from the start
    for (uint32_t i = 0; i < n; ++i)
      connect(block, i);
    for (const Value *v : operandsOf(block.terminator()))
      if (const auto it = buffer_.find(v); it != buffer_.end())
        ++uses[it->second]; // to the end
    for (auto &list : before)
      unique(list);
    for (uint32_t i = 0; i < n; ++i)
      for (const uint32_t b : before[i])
        after[b].push_back(i);
    for (auto &list : reads) {
      unique(list);
      for (const uint32_t b : list)
        ++uses[b];
    }
  }

  std::vector<Op *> ops;
  std::vector<Order> before, after; ///< by op
  std::vector<Order> reads, makes;  ///< buffers, by op
  std::vector<int64_t> bytes;       ///< by buffer
  std::vector<uint32_t> uses;       ///< by buffer: ops that read it, and one more for results

private:
  static void unique(Order &list) {
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }

  void addValue(const Value *v, uint32_t op) {
    if (isView(*ops[op])) {
      if (const auto it = buffer_.find(ops[op]->operand(0)); it != buffer_.end())
        buffer_.emplace(v, it->second);
      return;
    }
    buffer_.emplace(v, static_cast<uint32_t>(bytes.size()));
    makes[op].push_back(static_cast<uint32_t>(bytes.size()));
    bytes.push_back(bufferBytes(v->type));
    uses.push_back(0);
  }

  void connect(const ir::Block &block, uint32_t i) {
    bool effect = false;
    const bool isRead = !isView(*ops[i]) || isStep(*ops[i]); // not by what only names memory
    ops[i]->walk([&](Op &inner) {
      effect = effect || inner.def.is(ir::Trait::effect);
      for (const Value *v : operandsOf(inner))
        read(block, i, v, isRead);
      forSymbols(inner, [&](std::string_view symbol) {
        if (const auto it = definer_.find(symbol);
            it != definer_.end() && it->second != i && it->second != UINT32_MAX)
          before[i].push_back(it->second);
      });
    });
    if (definesSymbol(*ops[i]) || effect)
      for (const ir::Dim &d : definedDims(*ops[i]))
        for (const auto &[name, bounds] : symbolsOf(d))
          definer_.emplace(name, i); // the first one: later ones only check
    if (!effect)
      return;
    if (lastEffect_ != UINT32_MAX)
      before[i].push_back(lastEffect_);
    lastEffect_ = i;
  }

  void read(const ir::Block &block, uint32_t i, const Value *v, bool isRead) {
    if (!v || !v->def())
      return;
    const Op *from = ancestorIn(block, v->def());
    if (from && from != ops[i])
      before[i].push_back(index_.at(from));
    if (const auto it = buffer_.find(v); it != buffer_.end() && isRead)
      reads[i].push_back(it->second);
  }

  static std::map<std::string, ir::Bounds, std::less<>> symbolsOf(const ir::Dim &d) {
    std::map<std::string, ir::Bounds, std::less<>> symbols;
    if (!d.isNumber())
      d.collectSymbols(symbols);
    return symbols;
  }
  template <class Visit> static void forSymbols(const Op &op, Visit visit) {
    const auto dims = [&](const ir::Dims &list) {
      for (const ir::Dim &d : list)
        for (const auto &[name, bounds] : symbolsOf(d))
          visit(name);
    };
    for (const ir::AttrValue &a : op.attributes()) {
      if (const auto *list = std::get_if<ir::Dims>(&a))
        dims(*list);
      if (const auto *type = std::get_if<ir::Type>(&a))
        dims(type->shape());
    }
    for (size_t r = 0; r < op.numResults(); ++r)
      dims(op.result(r)->type.shape());
  }

  std::unordered_map<const Op *, uint32_t> index_;
  std::unordered_map<const Value *, uint32_t> buffer_;
  std::map<std::string, uint32_t, std::less<>> definer_;
  uint32_t lastEffect_ = UINT32_MAX;
};

/// Memory while ops run one after the other.
class Live {
public:
  explicit Live(const Dag &dag) : dag_{dag}, left_{dag.uses} {}

  /// By how much the op raises what lives, while it runs and for good.
  struct Change {
    int64_t during, after;
  };
  Change changeBy(uint32_t op) const {
    int64_t made = 0, released = 0, unread = 0;
    for (const uint32_t b : dag_.makes[op]) {
      made += dag_.bytes[b];
      unread += dag_.uses[b] ? 0 : dag_.bytes[b];
    }
    for (const uint32_t b : dag_.reads[op])
      released += left_[b] == 1 ? dag_.bytes[b] : 0;
    const bool inPlace = dag_.ops[op]->is(ops::fused) && made <= released;
    return {inPlace ? 0 : made, made - released - unread};
  }

  void run(uint32_t op) {
    const Change change = changeBy(op);
    peak_ = std::max(peak_, now_ + change.during);
    now_ += change.after;
    for (const uint32_t b : dag_.reads[op])
      --left_[b];
  }

  int64_t peak() const { return peak_; }
  int64_t now() const { return now_; }
  uint32_t left(uint32_t buffer) const { return left_[buffer]; }

private:
  const Dag &dag_;
  std::vector<uint32_t> left_;
  int64_t now_ = 0, peak_ = 0;
};

int64_t peakOf(const Dag &dag, const Order &order) {
  Live live{dag};
  for (const uint32_t op : order)
    live.run(op);
  return live.peak();
}

/// Of the ops that can run, the one that leaves the least, then the first.
Order greedy(const Dag &dag) {
  const size_t n = dag.ops.size();
  Live live{dag};
  std::vector<size_t> waits(n);
  std::vector<int64_t> key(n);
  std::set<std::pair<int64_t, uint32_t>> ready;
  std::vector<std::vector<uint32_t>> readers(dag.bytes.size());
  const auto add = [&](uint32_t op) {
    key[op] = live.changeBy(op).after;
    ready.emplace(key[op], op);
  };
  for (uint32_t i = 0; i < n; ++i) {
    waits[i] = dag.before[i].size();
    for (const uint32_t b : dag.reads[i])
      readers[b].push_back(i);
  }
  for (uint32_t i = 0; i < n; ++i)
    if (waits[i] == 0)
      add(i);
  Order order;
  while (!ready.empty()) {
    const uint32_t op = ready.begin()->second;
    ready.erase(ready.begin());
    order.push_back(op);
    live.run(op);
    for (const uint32_t b : dag.reads[op])
      if (live.left(b) == 1) // its last reader releases it
        for (const uint32_t reader : readers[b])
          if (ready.erase({key[reader], reader}))
            add(reader);
    for (const uint32_t next : dag.after[op])
      if (--waits[next] == 0)
        add(next);
  }
  return order;
}

/// Depth first from the results, the operand that needs the most memory before the others: the
/// numbering of Sethi and Ullman, on a graph.
Order depthFirst(const Dag &dag) {
  const size_t n = dag.ops.size();
  std::vector<int64_t> need(n);
  std::vector<Order> children = dag.before;
  for (uint32_t i = 0; i < n; ++i) {
    const auto made = [&](uint32_t op) {
      int64_t bytes = 0;
      for (const uint32_t b : dag.makes[op])
        bytes += dag.bytes[b];
      return bytes;
    };
    std::ranges::stable_sort(children[i], std::greater{},
                             [&](uint32_t c) { return need[c] - made(c); });
    int64_t held = 0;
    for (const uint32_t c : children[i]) {
      need[i] = std::max(need[i], held + need[c]);
      held += made(c);
    }
    need[i] = std::max(need[i], held + made(i));
  }
  Order order;
  std::vector<bool> done(n);
  for (uint32_t last = 0; last < n; ++last) { // roots in the order of the model
    if (!dag.after[last].empty())
      continue;
    std::vector<std::pair<uint32_t, size_t>> stack{{last, 0}};
    while (!stack.empty()) {
      auto &[op, next] = stack.back();
      if (done[op]) {
        stack.pop_back();
      } else if (next < children[op].size()) {
        const uint32_t child = children[op][next++];
        if (!done[child])
          stack.emplace_back(child, 0);
      } else {
        done[op] = true;
        order.push_back(op);
        stack.pop_back();
      }
    }
  }
  return order;
}

bool scheduleFunction(PassContext &context, ir::Function &function) {
  const Dag dag{function};
  Order model(dag.ops.size());
  std::iota(model.begin(), model.end(), 0);
  int64_t least = peakOf(dag, model);
  Order best;
  for (Order &order : std::vector<Order>{depthFirst(dag), greedy(dag)})
    if (const int64_t peak = peakOf(dag, order); order.size() == model.size() && peak < least) {
      least = peak;
      best = std::move(order);
    }
  if (best.empty() || !context.allow("order", {}))
    return false;
  Op &end = function.body.terminator();
  for (const uint32_t op : best)
    dag.ops[op]->moveBefore(function.body, &end);
  return true;
}

} // namespace

RuleNames scheduleRules() { return {"order"}; }

bool schedule(ir::Module &module, PassContext &context) {
  bool changed = false;
  for (const auto &f : module.functions)
    changed |= scheduleFunction(context, *f);
  return changed;
}

} // namespace burin::passes
