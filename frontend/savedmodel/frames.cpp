// SPDX-License-Identifier: Apache-2.0
//
// Control flow of TensorFlow 1, which has no functions: loops of Enter, Merge, Switch and
// NextIteration become loops; where a Merge joins what two sides of a Switch have made, it becomes
// a condition.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/importer.h"
#include "frontend/savedmodel/ops_control.h"
#include "frontend/savedmodel/problems.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

bool isInside(const ir::Op &op, const ir::Block &block) {
  for (const ir::Block *b = op.parent(); b; b = b->parentOp() ? b->parentOp()->parent() : nullptr)
    if (b == &block)
      return true;
  return false;
}

/// Moves in front of `first` into a block what only that block uses: it need not run otherwise.
void sink(ir::Op *last, ir::Block &into) {
  for (ir::Op *op = last; op;) {
    ir::Op *const before = op->previous();
    bool used = false,
         inside = !op->def.is(ir::Trait::effect) && !op->def.is(ir::Trait::definesDims);
    for (size_t i = 0; i < op->numResults(); ++i)
      for (const ir::Op *user : op->result(i)->users()) {
        used = true;
        inside = inside && isInside(*user, into);
      }
    if (used && inside)
      op->moveBefore(into, into.front());
    op = before;
  }
}

} // namespace

/// Later conditions first: what two of them use stays outside.
void sinkBranches(ir::Block &block) {
  for (ir::Op *op = block.back(); op; op = op->previous()) {
    if (&op->def == &ops::if_ && op->at.op == "Merge") {
      sink(op->previous(), op->block(0));
      sink(op->previous(), op->block(1));
    }
    for (size_t i = 0; i < op->numBlocks(); ++i)
      sinkBranches(op->block(i));
  }
}

/// The conditions of the node that an edge comes from, and that of the edge itself.
std::map<std::string, bool> Importer::contextOf(const Frame &frame, const Input &input) {
  const Node *node = frame.graph.find(input.node);
  const auto known = frame.contexts.find(node);
  std::map<std::string, bool> context;
  if (known != frame.contexts.end())
    context = known->second;
  if (!node || node->op != "Switch" || node->inputs.size() < 2)
    return context;
  Input condition = node->inputs[1];
  for (const Node *from = frame.graph.find(condition.node);
       from && from->op == "Identity" && !from->inputs.empty();
       from = frame.graph.find(condition.node))
    condition = from->inputs[0];
  context[fmt::format("{}:{}", condition.node, condition.index)] = input.index == 1;
  return context;
}

void Importer::noteContext(Frame &frame, const Node &node) const {
  std::map<std::string, bool> context;
  for (const Input &input : node.inputs)
    context.merge(contextOf(frame, input));
  for (const std::string_view control : node.controls)
    context.merge(contextOf(frame, {control, {}, 0}));
  if (!context.empty() && node.op.starts_with("Assign") && !initialising_)
    throw unsupported("state",
                      "a variable is assigned in one branch of a condition of TensorFlow 1")
        .hint("save the model with TensorFlow 2");
  if (!context.empty())
    frame.contexts[&node] = std::move(context);
}

Items Importer::lowerMerge(const Frame &frame, const Node &node, const Items &inputs,
                           ir::Builder &to) {
  const NodeView n{*this, node, to, inputs};
  if (inputs.size() != 2)
    n.unsupported("merge", fmt::format("{} values are joined, expected 2", inputs.size()));
  const std::map<std::string, bool> a = contextOf(frame, node.inputs[0]),
                                    b = contextOf(frame, node.inputs[1]);
  const auto chosen = std::ranges::find_if(a, [&](const auto &entry) {
    const auto it = b.find(entry.first);
    return it != b.end() && it->second != entry.second;
  });
  if (chosen == a.end())
    n.unsupported("merge", "nothing says which of the joined values is there",
                  "save the model with TensorFlow 2");
  const Item condition = get(frame, parseInput(chosen->first, false));
  const size_t whenTrue = chosen->second ? 0 : 1;
  Value *holds = compose::cast(to, compose::scalarOf(to, condition.tensor), ElementType::boolean);
  const std::vector<Value *> yes = valuesOf(inputs[whenTrue]), no = valuesOf(inputs[1 - whenTrue]);
  if (yes.size() != no.size() || yes.empty())
    n.unsupported("merge", "the joined values are of two kinds");
  for (size_t i = 0; i < yes.size(); ++i)
    if (yes[i]->type != no[i]->type)
      n.unsupported("merge",
                    fmt::format("{} and {} are joined", yes[i]->type.text(), no[i]->type.text()),
                    "make the shapes of both branches equal");
  std::vector<std::unique_ptr<ir::Block>> blocks;
  for (const std::vector<Value *> &values : {yes, no}) {
    blocks.push_back(std::make_unique<ir::Block>());
    to.inside(*blocks.back()).yield(values);
  }
  Value *operands[] = {holds};
  ir::Op &op = to.makeOp(ops::if_, operands, {}, std::move(blocks));
  std::vector<Value *> results;
  for (size_t i = 0; i < yes.size(); ++i)
    results.push_back(op.result(i));
  Value *index =
      compose::Arith{to}.where(holds, to.scalar(ElementType::i32, static_cast<double>(whenTrue)),
                               to.scalar(ElementType::i32, static_cast<double>(1 - whenTrue)));
  return {withValues(inputs[whenTrue], results), index};
}

void Importer::lowerExit(Frame &frame, const Graph::Loop &loop, ir::Builder &to) {
  const std::vector<Node> &nodes = frame.graph.nodes;
  const auto entered = [&](size_t enter) {
    const auto it = frame.done.find(&nodes[enter]);
    return it == frame.done.end() ? Item{} : it->second.at(0);
  };
  Items initial, constants;
  for (const Graph::Loop::Variable &v : loop.variables)
    initial.push_back(entered(v.enter));
  for (const size_t enter : loop.constants)
    constants.push_back(entered(enter));
  if (std::ranges::any_of(initial, &Item::isEmpty) ||
      std::ranges::any_of(constants, &Item::isEmpty))
    return; // has been reported
  const auto lowered = [&](ir::Builder &at, const Items &items, const std::vector<Input> &wanted) {
    Frame inner{frame.graph, frame.given, {}, {}};
    for (size_t i = 0; i < items.size(); ++i) {
      inner.done[&nodes[loop.variables[i].merge]] = {items[i]};
      inner.done[&nodes[loop.variables[i].choice]] = {Item{}, items[i]};
    }
    for (size_t i = 0; i < constants.size(); ++i)
      inner.done[&nodes[loop.constants[i]]] = {constants[i]};
    std::vector<std::string_view> roots;
    for (const Input &input : wanted)
      roots.push_back(input.node);
    const size_t before = problems_.size();
    lower(inner, roots, at);
    if (problems_.size() != before) {
      Diagnostic last = std::move(problems_.back());
      problems_.pop_back();
      throw CompileError(std::move(last));
    }
    Items results;
    for (const Input &input : wanted)
      results.push_back(get(inner, input));
    return results;
  };
  std::vector<Input> next;
  for (const Graph::Loop::Variable &v : loop.variables)
    next.push_back(nodes[v.next].inputs.at(0));
  const Node &condition = nodes[loop.condition];
  to.at = condition.location();
  const NodeView n{*this, condition, to, {}};
  const Items results = makeLoop(
      n, initial,
      [&](ir::Builder &at, const Items &items) {
        return lowered(at, items, {condition.inputs.at(0)});
      },
      [&](ir::Builder &at, const Items &items) { return lowered(at, items, next); });
  for (const Node &node : nodes)
    if (frame.graph.loopOf(node) == &loop)
      for (size_t i = 0; i < results.size(); ++i)
        if (nodes[loop.variables[i].choice].name == node.inputs[0].node)
          frame.done[&node] = {results[i]};
}

namespace {

Items passed(const NodeView &n) { return {n.item(0)}; }
Items both(const NodeView &n) { return {n.item(0), n.item(0)}; }
/// The importer lowers these with what is around them.
Items alone(const NodeView &n) { n.unsupported("cycle", "it belongs to no loop that is known"); }

constexpr Lowering kFrames[] = {
    {"Enter", passed},         {"Exit", alone},
    {"LoopCond", passed},      {"Merge", alone, "output value_index"},
    {"NextIteration", passed}, {"Switch", both, "output_false output_true"},
};

} // namespace

std::span<const Lowering> frameLowerings() { return kFrames; }

} // namespace burin::savedmodel
