// SPDX-License-Identifier: Apache-2.0
//
// Conditions and loops over functions. What a loop carries has one type in the IR: an item that
// only passes through is taken from outside, and a list whose shape is not known yet takes it from
// the first element that the body writes.
#include "frontend/savedmodel/ops_control.h"

#include "frontend/common/compose.h"
#include "frontend/savedmodel/importer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {

std::vector<Value *> valuesOf(const Item &item) {
  if (item.list)
    return item.list->buffer ? std::vector<Value *>{item.list->buffer} : std::vector<Value *>{};
  if (item.imaginary)
    return {item.tensor, item.imaginary};
  return item.tensor ? std::vector<Value *>{item.tensor} : std::vector<Value *>{};
}

Item withValues(const Item &item, std::span<Value *const> values) {
  if (item.list) {
    List list = *item.list;
    if (!values.empty())
      list.buffer = values[0];
    return list;
  }
  if (item.imaginary)
    return {values[0], values[1]};
  return item.tensor ? Item(values[0]) : item;
}

namespace {

Items itemsFrom(const NodeView &n, size_t first) {
  Items all;
  for (size_t i = first; i < n.numInputs(); ++i)
    all.push_back(n.item(i));
  return all;
}

/// true for a number that is not 0, for a tensor that has elements.
Value *conditionOf(const NodeView &n, size_t i) {
  Value *x = n.in(i);
  if (x->type.rank() > 0)
    x = compose::scalarOf(n.to, n.to.extents({x->type.count()}));
  return compose::cast(n.to, x, ElementType::boolean);
}

bool isSame(const Item &a, const Item &b) {
  if (a.list && b.list)
    return a.list->buffer == b.list->buffer && a.list->count == b.list->count;
  return a.tensor == b.tensor && a.imaginary == b.imaginary && a.variable == b.variable &&
         a.table == b.table && !a.list == !b.list;
}

// ---- conditions ----

/// The results of one of the functions, by a value of which each case holds: nested ifs.
Items chosen(const NodeView &n, ir::Builder &to, Value *index,
             std::span<const Graph *const> branches, const Items &arguments, int64_t first) {
  Importer &importer = n.importer();
  const Importer::States before = importer.states();
  std::vector<std::unique_ptr<ir::Block>> blocks;
  std::vector<Items> results;
  std::vector<Importer::States> after;
  for (size_t b = 0; b < 2; ++b) {
    blocks.push_back(std::make_unique<ir::Block>());
    ir::Builder inside = to.inside(*blocks.back());
    importer.states() = before;
    results.push_back(b == 1 && branches.size() > 2
                          ? chosen(n, inside, index, branches.subspan(1), arguments, first + 1)
                          : importer.call(*branches[b], inside, arguments, n.node.location()));
    after.push_back(importer.states());
  }
  importer.states() = before;
  if (results[0].size() != results[1].size())
    n.fail("if", fmt::format("one branch has {} results and the other {}", results[0].size(),
                             results[1].size()));
  std::vector<Value *> yields[2];
  for (size_t i = 0; i < results[0].size(); ++i) {
    const std::vector<Value *> a = valuesOf(results[0][i]), b = valuesOf(results[1][i]);
    if (a.size() != b.size() || (a.empty() && !isSame(results[0][i], results[1][i])))
      n.unsupported("if", fmt::format("result {} is not of one kind in both branches", i));
    for (size_t k = 0; k < a.size(); ++k)
      if (a[k]->type != b[k]->type)
        n.unsupported("if",
                      fmt::format("result {} is {} in one branch and {} in the other", i,
                                  a[k]->type.text(), b[k]->type.text()),
                      "make the shapes equal, or fix symbols with --dim");
    yields[0].insert(yields[0].end(), a.begin(), a.end());
    yields[1].insert(yields[1].end(), b.begin(), b.end());
  }
  std::vector<std::string> changed; // states
  for (const auto &[name, value] : before)
    if (after[0].at(name) != value || after[1].at(name) != value) {
      changed.push_back(name);
      for (size_t b = 0; b < 2; ++b)
        yields[b].push_back(after[b].at(name));
    }
  for (size_t b = 0; b < 2; ++b)
    to.inside(*blocks[b]).yield(yields[b]);
  Value *condition =
      index->type.element() == ElementType::boolean
          ? index
          : to.make(ops::equal,
                    {index, to.scalar(index->type.element(), static_cast<double>(first))});
  Value *operands[] = {condition};
  ir::Op &op = to.makeOp(ops::if_, operands, {}, std::move(blocks));
  Items out;
  size_t at = 0;
  for (const Item &item : results[0]) {
    std::vector<Value *> values;
    for (size_t k = 0; k < valuesOf(item).size(); ++k)
      values.push_back(op.result(at++));
    out.push_back(withValues(item, values));
  }
  for (const std::string &name : changed)
    importer.states()[name] = op.result(at++);
  return out;
}

Items if_(const NodeView &n) {
  const Items arguments = itemsFrom(n, 1);
  const Graph *branches[] = {&n.function("then_branch"), &n.function("else_branch")};
  if (n.rank(0) == 0 && n.knows(0) && n.contents(0, "the condition").at(0).isNumber()) {
    const bool holds = n.contents(0, "the condition")[0].number() != 0;
    return n.importer().call(*branches[holds ? 0 : 1], n.to, arguments, n.node.location());
  }
  return chosen(n, n.to, conditionOf(n, 0), branches, arguments, 0);
}

/// An index that no branch has takes the last one.
Items case_(const NodeView &n) {
  const std::vector<const Graph *> branches = n.functions("branches");
  const Items arguments = itemsFrom(n, 1);
  if (n.knows(0) && n.contents(0, "the index").at(0).isNumber()) {
    const int64_t i = n.contents(0, "the index")[0].number(),
                  last = static_cast<int64_t>(branches.size()) - 1;
    return n.importer().call(*branches[static_cast<size_t>(i < 0 || i > last ? last : i)], n.to,
                             arguments, n.node.location());
  }
  if (branches.size() == 1)
    return n.importer().call(*branches[0], n.to, arguments, n.node.location());
  return chosen(n, n.to, compose::scalarOf(n.to, n.in(0)), branches, arguments, 0);
}

// ---- loops ----

/// Makes a loop whose carried items are all of one type from iteration to iteration.
class Loop {
public:
  Loop(const NodeView &n, const LoopPart &condition, const LoopPart &body, Items initial)
      : n_{n}, condition_{condition}, body_{body}, items_{std::move(initial)},
        outside_(items_.size(), false) {}

  Items make() {
    constexpr int kMostAttempts = 8; // each finds what an item is that the one before did not know
    for (int attempt = 0; attempt < kMostAttempts; ++attempt)
      if (attemptOnce())
        return std::move(results_);
    n_.unsupported("loop", "the shape of a carried value changes in each iteration",
                   "carry values of fixed shapes");
  }

private:
  Value *holds(ir::Builder &to, const Items &items) {
    const Items results = condition_(to, items);
    if (results.size() != 1 || !results[0].tensor)
      n_.fail("loop", "the condition does not return one value");
    return compose::cast(to, compose::scalarOf(to, results[0].tensor), ElementType::boolean);
  }

  bool attemptOnce() {
    Importer &importer = n_.importer();
    const Importer::States before = importer.states();
    auto block = std::make_unique<ir::Block>();
    block->addArgument({ElementType::i64, {}}, "i");
    ir::Builder inside = n_.to.inside(*block);
    Items arguments;
    std::vector<Value *> operands = {nullptr, nullptr};
    for (size_t i = 0; i < items_.size(); ++i) {
      std::vector<Value *> values;
      if (!outside_[i])
        for (Value *v : valuesOf(items_[i])) {
          operands.push_back(v);
          values.push_back(block->addArgument(v->type, v->name));
        }
      arguments.push_back(outside_[i] ? items_[i] : withValues(items_[i], values));
    }
    for (const std::string &name : states_) {
      Value *now = before.at(name);
      operands.push_back(now);
      importer.states()[name] = block->addArgument(now->type, name);
    }
    const Importer::States entering = importer.states();
    Items results = body_(inside, arguments);
    if (results.size() != items_.size())
      n_.fail("loop",
              fmt::format("the body returns {} values of {}", results.size(), items_.size()));
    const bool known = settle(arguments, results, entering);
    if (!known) {
      importer.states() = before;
      return false;
    }
    Value *goesOn = holds(inside, results);
    std::vector<Value *> yields = {goesOn};
    for (size_t i = 0; i < items_.size(); ++i)
      if (!outside_[i])
        for (Value *v : valuesOf(results[i]))
          yields.push_back(v);
    for (const std::string &name : states_)
      yields.push_back(importer.states().at(name));
    inside.yield(yields);
    importer.states() = before;
    operands[1] = holds(n_.to, items_);
    std::vector<std::unique_ptr<ir::Block>> blocks;
    blocks.push_back(std::move(block));
    ir::Op &op =
        n_.to.makeOp(ops::loop, operands,
                     {attr::carried(static_cast<int64_t>(operands.size()) - 2), attr::dims({})},
                     std::move(blocks));
    size_t at = 0;
    for (size_t i = 0; i < items_.size(); ++i) {
      std::vector<Value *> values;
      if (!outside_[i])
        for (size_t k = 0; k < valuesOf(items_[i]).size(); ++k)
          values.push_back(op.result(at++));
      results_.push_back(outside_[i] ? items_[i] : withValues(items_[i], values));
    }
    for (const std::string &name : states_)
      importer.states()[name] = op.result(at++);
    return true;
  }

  /// Whether every item can be carried as it is; else what the next attempt takes for it is
  /// changed.
  bool settle(const Items &arguments, const Items &results, const Importer::States &entering) {
    bool known = true;
    for (size_t i = 0; i < items_.size(); ++i) {
      if (outside_[i])
        continue;
      if (isSame(arguments[i], results[i])) {
        outside_[i] = true; // it never changes
        known = false;
        continue;
      }
      if (items_[i].list && results[i].list) {
        known = settleList(i, *results[i].list) && known;
        continue;
      }
      const std::vector<Value *> a = valuesOf(items_[i]), b = valuesOf(results[i]);
      if (a.size() != b.size() || a.empty())
        n_.unsupported("loop", fmt::format("value {} changes its kind in the body", i));
      for (size_t k = 0; k < a.size(); ++k)
        if (a[k]->type != b[k]->type)
          n_.unsupported("loop",
                         fmt::format("value {} is {} before the body and {} behind it", i,
                                     a[k]->type.text(), b[k]->type.text()),
                         "carry values of fixed shapes, or fix symbols with --dim");
    }
    for (const auto &[name, value] : entering)
      if (n_.importer().states().at(name) != value &&
          std::ranges::find(states_, name) == states_.end()) {
        states_.push_back(name);
        known = false;
      }
    return known;
  }

  bool settleList(size_t i, const List &written) {
    const List &given = *items_[i].list;
    if (given.count != written.count)
      n_.unsupported("loop",
                     fmt::format("a list of {} elements has {} after the body", given.count.text(),
                                 written.count.text()),
                     "reserve the list with its final number of elements");
    if (given.buffer) {
      if (given.buffer->type != written.buffer->type)
        n_.unsupported("loop", fmt::format("a list is {} before the body and {} behind it",
                                           given.buffer->type.text(), written.buffer->type.text()));
      return true;
    }
    List list = given; // zeros of the shape that the body writes
    list.element = written.element;
    list.buffer = compose::full(n_.to, written.element, 0, written.buffer->type.shape());
    items_[i] = list;
    return false;
  }

  const NodeView &n_;
  const LoopPart &condition_, &body_;
  Items items_, results_;
  std::vector<bool> outside_;
  std::vector<std::string> states_; ///< that the body changes
};

Items while_(const NodeView &n) {
  const auto part = [&n](std::string_view name) -> LoopPart {
    const Graph &graph = n.function(name);
    return [&](ir::Builder &to, const Items &items) {
      return n.importer().call(graph, to, items, n.node.location());
    };
  };
  return makeLoop(n, itemsFrom(n, 0), part("cond"), part("body"));
}

constexpr Lowering kControl[] = {
    {"Case", case_},
    {"If", if_},
    {"StatelessCase", case_},
    {"StatelessIf", if_},
    {"StatelessWhile", while_},
    {"While", while_},
};

} // namespace

Items makeLoop(const NodeView &n, Items initial, const LoopPart &condition, const LoopPart &body) {
  return Loop{n, condition, body, std::move(initial)}.make();
}

std::span<const Lowering> controlLowerings() { return kControl; }

} // namespace burin::savedmodel
