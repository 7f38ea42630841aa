// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/resolve.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <unordered_set>

namespace burin::onnx {
namespace {

constexpr size_t kMaxCallDepth = 100;
constexpr uint64_t kMaxExpandedNodes = 10'000'000;

/// What each of n items needs, as indices; lists in one array.
struct Dependencies {
  std::vector<size_t> begin{0};
  std::vector<size_t> needs;

  void add(size_t index) { needs.push_back(index); }
  void finishItem() { begin.push_back(needs.size()); }
  size_t count() const { return begin.size() - 1; }
  std::span<const size_t> of(size_t item) const {
    return std::span{needs}.subspan(begin[item], begin[item + 1] - begin[item]);
  }
  bool isSorted() const {
    for (size_t i = 0; i < count(); ++i)
      if (std::ranges::any_of(of(i), [i](size_t need) { return need >= i; }))
        return false;
    return true;
  }
};

struct Order {
  std::vector<size_t> items; ///< each after those that it needs, else as they were
  std::vector<size_t> cycle; ///< if there is one: each needs the next, the last the first
};

/// Depth first, without recursion.
Order sorted(const Dependencies &dependencies) {
  enum class State : uint8_t { fresh, open, done };
  struct Frame {
    size_t item, next;
  };
  Order order;
  std::vector<State> state(dependencies.count(), State::fresh);
  std::vector<Frame> stack;
  auto open = [&](size_t item) {
    state[item] = State::open;
    stack.push_back({item, 0});
  };
  for (size_t root = 0; root < dependencies.count(); ++root) {
    if (state[root] == State::fresh)
      open(root);
    while (!stack.empty()) {
      Frame &top = stack.back();
      std::span<const size_t> needs = dependencies.of(top.item);
      if (top.next == needs.size()) {
        state[top.item] = State::done;
        order.items.push_back(top.item);
        stack.pop_back();
        continue;
      }
      size_t need = needs[top.next++];
      if (state[need] == State::fresh) {
        open(need);
      } else if (state[need] == State::open) {
        auto first = std::ranges::find(stack, need, &Frame::item);
        for (; first != stack.end(); ++first)
          order.cycle.push_back(first->item);
        return order;
      }
    }
  }
  return order;
}

/// How a node is called in a list of nodes.
std::string shown(const Node &node) {
  return fmt::format("{} ({})", quote(node.location().node), node.op);
}

template <class Items, class Show> std::string cycleText(const Items &cycle, Show show) {
  constexpr size_t kMost = 12;
  std::string text;
  for (size_t i = 0; i < std::min(cycle.size(), kMost); ++i)
    text += show(cycle[i]) + " -> ";
  if (cycle.size() > kMost)
    text += fmt::format("... ({} more) -> ", cycle.size() - kMost);
  return text + show(cycle[0]);
}

CompileError invalid(std::string_view code, Location at, std::string text) {
  return CompileError(Problem::invalid, std::move(at), std::move(text)).code(std::string{code});
}

constexpr size_t kNoNode = SIZE_MAX; ///< stands for an input or initializer

/// Name to defining node.
using Definitions = std::unordered_map<std::string_view, size_t>;

Definitions definitionsOf(const Graph &graph, std::string_view owner, Problems &problems) {
  Definitions definitions;
  definitions.reserve(graph.inputs.size() + graph.initializers.size() + graph.nodes.size());
  for (const ValueInfo &input : graph.inputs)
    if (!definitions.emplace(input.name, kNoNode).second)
      problems.add(invalid("onnx.names.duplicate", {},
                           fmt::format("{}two inputs have the name {}", owner, quote(input.name))));
  for (const Initializer &initializer : graph.initializers)
    definitions.emplace(initializer.tensor.name, kNoNode);
  for (size_t i = 0; i < graph.nodes.size(); ++i)
    for (const std::string &output : graph.nodes[i].outputs) {
      if (output.empty())
        continue;
      auto [known, isNew] = definitions.emplace(output, i);
      if (isNew)
        continue;
      bool hasNode = known->second != kNoNode;
      CompileError error = invalid("onnx.names.duplicate", graph.nodes[i].location(),
                                   fmt::format("{}output {} is already {}", owner, quote(output),
                                               hasNode ? "the output of another node"
                                                       : "an input or initializer of the graph"));
      if (hasNode && known->second != i)
        error.diagnostic().notes.push_back(
            {graph.nodes[known->second].location(), "the other node"});
      problems.add(error);
    }
  return definitions;
}

/// Calls `read(name)` for what a node needs, captures of its graphs included.
template <class Read> void forEachRead(const Node &node, Read &&read) {
  for (const std::string &input : node.inputs)
    if (!input.empty())
      read(input);
  forEachGraph(node, [&](const Graph &inner) {
    for (const std::string &name : inner.captures)
      read(name);
  });
}

void sortNodes(Graph &graph, const Definitions &definitions, std::string_view owner,
               Problems &problems) {
  Dependencies dependencies;
  for (const Node &node : graph.nodes) {
    forEachRead(node, [&](const std::string &name) {
      auto found = definitions.find(name);
      if (found != definitions.end() && found->second != kNoNode)
        dependencies.add(found->second);
    });
    dependencies.finishItem();
  }
  if (dependencies.isSorted())
    return;
  Order order = sorted(dependencies);
  if (!order.cycle.empty()) {
    auto show = [&](size_t i) { return shown(graph.nodes[i]); };
    problems.add(invalid(
        "onnx.names.cycle", graph.nodes[order.cycle[0]].location(),
        fmt::format("{}nodes need each other's outputs: {}", owner, cycleText(order.cycle, show))));
    return;
  }
  std::vector<Node> nodes; // the names themselves stay where they are: Definitions refers to them
  nodes.reserve(graph.nodes.size());
  for (size_t i : order.items)
    nodes.push_back(std::move(graph.nodes[i]));
  graph.nodes = std::move(nodes);
}

void findCaptures(Graph &graph, const Definitions &definitions) {
  std::unordered_set<std::string_view> seen;
  auto read = [&](const std::string &name) {
    if (!definitions.contains(name) && seen.insert(name).second)
      graph.captures.push_back(name);
  };
  for (const Node &node : graph.nodes)
    forEachRead(node, read);
  for (const ValueInfo &output : graph.outputs)
    read(output.name);
}

/// Reports node outputs that hide a value of an outer graph which is defined at that point.
class ShadowCheck {
public:
  ShadowCheck(std::string_view owner, Problems &problems) : owner_{owner}, problems_{problems} {}

  void graph(const Graph &graph, int depth = 0) {
    std::vector<std::string_view> added;
    auto define = [&](std::string_view name) {
      auto [known, isNew] = depths_.emplace(name, depth);
      if (isNew)
        added.push_back(name);
      return known->second;
    };
    for (const ValueInfo &input : graph.inputs)
      define(input.name);
    for (const Initializer &initializer : graph.initializers)
      define(initializer.tensor.name);
    for (const Node &node : graph.nodes) {
      forEachGraph(node, [&](const Graph &inner) { this->graph(inner, depth + 1); });
      for (const std::string &output : node.outputs)
        if (!output.empty() && define(output) < depth)
          problems_.add(invalid("onnx.names.shadow", node.location(),
                                fmt::format("{}output {} has the name of a value of an outer graph",
                                            owner_, quote(output))));
    }
    for (std::string_view name : added)
      depths_.erase(name);
  }

private:
  std::string_view owner_;
  Problems &problems_;
  std::unordered_map<std::string_view, int> depths_; ///< of the visible names
};

using Names = std::unordered_set<std::string_view>;
using Readers = std::unordered_map<std::string_view, const Node *>;

/// The first node, as far inside as possible, that reads each of these names from outside.
void findReaders(const Graph &graph, const Names &names, Readers &readers) {
  for (const Node &node : graph.nodes) {
    for (const std::string &input : node.inputs)
      if (names.contains(input))
        readers.emplace(input, &node);
    forEachGraph(node, [&](const Graph &inner) {
      Names read;
      for (const std::string &name : inner.captures)
        if (names.contains(name))
          read.insert(name);
      if (read.empty())
        return;
      findReaders(inner, read, readers);
      for (std::string_view name : read)
        readers.emplace(name, &node);
    });
  }
}

/// Calls `visit(const Node &)` for the nodes of a graph and of those nested in it.
template <class Visit> void forEachNode(const Graph &graph, Visit &&visit) {
  for (const Node &node : graph.nodes) {
    visit(node);
    forEachGraph(node, [&](const Graph &inner) { forEachNode(inner, visit); });
  }
}

std::string functionName(const FunctionKey &key) {
  return key.domain.empty() ? key.name : key.domain + "." + key.name;
}

} // namespace

void resolveNames(Graph &graph, std::string_view owner, Problems &problems) {
  Definitions definitions = definitionsOf(graph, owner, problems);
  sortNodes(graph, definitions, owner, problems);
  findCaptures(graph, definitions);
}

void checkScopes(const Graph &graph, std::string_view owner, Problems &problems) {
  ShadowCheck{owner, problems}.graph(graph);
  if (graph.captures.empty())
    return;
  Readers readers;
  findReaders(graph, {graph.captures.begin(), graph.captures.end()}, readers);
  for (const std::string &name : graph.captures) {
    auto reader = readers.find(name);
    bool isRead = reader != readers.end();
    problems.add(invalid("onnx.names.undefined", isRead ? reader->second->location() : Location{},
                         fmt::format("{}{} {}, which no node, input or initializer defines", owner,
                                     isRead ? "it reads" : "the graph returns", quote(name))));
  }
}

void checkCalls(const Model &model, Problems &problems) {
  std::vector<const Function *> functions;
  std::vector<const FunctionKey *> keys;
  std::unordered_map<const Function *, size_t> indices;
  for (const auto &[key, function] : model.functions) {
    indices.emplace(&function, functions.size());
    functions.push_back(&function);
    keys.push_back(&key);
  }
  Dependencies dependencies;
  std::vector<uint64_t> expanded;
  for (const Function *function : functions) {
    uint64_t own = 0;
    forEachNode(function->body, [&](const Node &node) {
      ++own;
      if (const Function *callee = model.function(node))
        dependencies.add(indices[callee]);
    });
    dependencies.finishItem();
    expanded.push_back(own);
  }
  Order order = sorted(dependencies);
  if (!order.cycle.empty()) {
    auto show = [&](size_t i) { return quote(functionName(*keys[i])); };
    problems.add(
        invalid("onnx.functions.recursion", {},
                fmt::format("functions call themselves: {}", cycleText(order.cycle, show))));
    return;
  }
  auto grow = [](uint64_t &sum, uint64_t more) {
    sum = std::min(sum + more, kMaxExpandedNodes + 1);
  };
  std::vector<size_t> depth(functions.size(), 1);
  uint64_t total = 0;
  for (size_t i : order.items) {
    for (size_t callee : dependencies.of(i)) {
      grow(expanded[i], expanded[callee]);
      depth[i] = std::max(depth[i], depth[callee] + 1);
    }
    if (depth[i] == kMaxCallDepth + 1)
      problems.add(CompileError(Problem::limit, {},
                                fmt::format("function {} calls others more than {} deep",
                                            quote(functionName(*keys[i])), kMaxCallDepth))
                       .code("onnx.functions.depth"));
  }
  forEachNode(model.graph, [&](const Node &node) {
    grow(total, 1);
    if (const Function *callee = model.function(node))
      grow(total, expanded[indices[callee]]);
  });
  if (total > kMaxExpandedNodes)
    problems.add(CompileError(Problem::limit, {},
                              fmt::format("the model has more than {} nodes with its functions "
                                          "expanded",
                                          kMaxExpandedNodes))
                     .code("onnx.functions.size"));
}

} // namespace burin::onnx
