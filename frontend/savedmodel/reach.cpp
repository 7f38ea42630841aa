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
  if (const Graph::Loop *loop = graph.loopOf(node)) {
    // The loop as a whole: what enters it.
    for (const Graph::Loop::Variable &v : loop->variables)
      add(graph.nodes[v.enter].name);
    for (const size_t enter : loop->constants)
      add(graph.nodes[enter].name);
    return all;
  }
  for (const Input &input : node.inputs)
    add(input.node);
  for (const std::string_view control : node.controls)
    add(control);
  return all;
}

} // namespace

std::vector<std::string_view> rootsOf(const Graph &function) {
  std::vector<std::string_view> roots = function.controls;
  for (const Graph::Result &result : function.results)
    roots.push_back(result.from.node);
  return roots;
}

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
              .hint("a loop that is none of TensorFlow's: export the model again");
        if (stateOf(before[i]) == State::wanted)
          stack.push_back(before[i]);
      }
    }
  }
  return order;
}

std::vector<const Node *> reachableWithLoops(const Graph &graph,
                                             const std::vector<std::string_view> &roots,
                                             const std::set<std::string_view> &fed) {
  std::vector<const Node *> all = reachable(graph, roots, fed);
  std::set<std::string_view> seen = fed;
  std::set<const Graph::Loop *> entered;
  for (size_t i = 0; i < all.size(); ++i) {
    seen.insert(all[i]->name);
    const Graph::Loop *loop = graph.loopOf(*all[i]);
    if (!loop || !entered.insert(loop).second)
      continue;
    std::vector<std::string_view> inside = {graph.nodes[loop->condition].name};
    for (const Graph::Loop::Variable &v : loop->variables) {
      seen.insert(graph.nodes[v.merge].name);
      seen.insert(graph.nodes[v.choice].name);
      inside.push_back(graph.nodes[v.next].name);
    }
    for (const Node *node : all)
      seen.insert(node->name);
    std::ranges::copy(reachable(graph, inside, seen), std::back_inserter(all));
  }
  return all;
}

} // namespace burin::savedmodel
