// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/reach.h"
#include "frontend/savedmodel/problems.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

/// The nodes that one needs.
std::vector<const Node *> needs(const Graph &graph, const Node &node,
                                const std::set<std::string_view> &fed) {
  std::vector<const Node *> all;
  const auto add = [&](std::string_view name) {
    if (fed.contains(name))
      return;
    const Node *found = graph.find(name);
    if (!found)
      throw invalid("node", fmt::format("node {} ({}) reads {}, which the graph does not have",
                                        quote(node.name), node.op, quote(name)));
    all.push_back(found);
  };
  for (const Input &input : node.inputs)
    add(input.node);
  for (const std::string_view control : node.controls)
    add(control);
  return all;
}

} // namespace

std::vector<const Node *> reachable(const Graph &graph, const std::vector<std::string_view> &roots,
                                    const std::set<std::string_view> &fed) {
  enum class State : uint8_t { unseen, wanted, open, done };
  std::vector<State> states(graph.nodes.size(), State::unseen);
  const auto stateOf = [&](const Node *node) -> State & {
    return states[static_cast<size_t>(node - graph.nodes.data())];
  };
  std::vector<const Node *> stack;
  for (const std::string_view root : roots) {
    if (fed.contains(root))
      continue;
    const Node *node = graph.find(root);
    if (!node)
      throw invalid("node", fmt::format("the graph has no node {}", quote(root)));
    stack.push_back(node);
  }
  while (!stack.empty()) {
    const Node *node = stack.back();
    stack.pop_back();
    if (stateOf(node) != State::unseen)
      continue;
    stateOf(node) = State::wanted;
    std::ranges::copy(needs(graph, *node, fed), std::back_inserter(stack));
  }
  std::vector<const Node *> order;
  for (const Node &first : graph.nodes) {
    if (stateOf(&first) != State::wanted)
      continue;
    stack.push_back(&first);
    while (!stack.empty()) {
      const Node *node = stack.back();
      State &state = stateOf(node);
      if (state != State::wanted) {
        if (state == State::open)
          order.push_back(node);
        state = State::done;
        stack.pop_back();
        continue;
      }
      state = State::open;
      const std::vector<const Node *> before = needs(graph, *node, fed);
      for (size_t i = before.size(); i-- > 0;) {
        if (stateOf(before[i]) == State::open)
          throw unsupported("cycle",
                            fmt::format("node {} ({}) needs its own value, by way of {}",
                                        quote(before[i]->name), before[i]->op, quote(node->name)))
              .hint("a loop of TensorFlow 1: save the model with TensorFlow 2, whose loops are "
                    "While");
        if (stateOf(before[i]) == State::wanted)
          stack.push_back(before[i]);
      }
    }
  }
  return order;
}

} // namespace burin::savedmodel
