// SPDX-License-Identifier: Apache-2.0
//
// Nodes and edges: GraphDef and FunctionDef.
#include "frontend/savedmodel/model.h"
#include "frontend/savedmodel/problems.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

constexpr size_t kMostNodes = 10'000'000;

/// An entry of a map: its key and its value.
std::pair<std::string_view, Message> entryOf(const Field &f, std::string_view valueType) {
  const Message entry = f.message("a map");
  return {entry.text(1), entry.message(2, valueType)};
}

Node readNode(const Message &proto, bool inFunction) {
  Node node;
  proto.each([&](const Field &f) {
    switch (f.number) {
    case 1:
      node.name = f.text();
      break;
    case 2:
      node.op = f.text();
      break;
    case 3:
      if (const std::string_view text = f.text(); text.starts_with('^'))
        node.controls.push_back(text.substr(1));
      else
        node.inputs.push_back(parseInput(text, inFunction));
      break;
    case 5: {
      const auto [key, value] = entryOf(f, "AttrValue");
      if (!key.starts_with('_')) // hints of tools
        node.attributes[key] = value;
      break;
    }
    default:
      break;
    }
  });
  if (node.name.empty() || node.op.empty())
    throw invalid("node", fmt::format("a node has no {}", node.name.empty() ? "name" : "operator"));
  return node;
}

void addNode(Graph &graph, const Message &proto, bool inFunction) {
  Node node = readNode(proto, inFunction);
  if (!graph.byName.emplace(node.name, graph.nodes.size()).second)
    throw invalid("node", fmt::format("{} two nodes have the name {}",
                                      graph.name.empty() ? "in the graph"
                                                         : "in function " + quote(graph.name),
                                      quote(node.name)));
  if (graph.nodes.size() >= kMostNodes)
    throw CompileError(Problem::limit, {},
                       fmt::format("the graph has more than {} nodes", kMostNodes));
  graph.nodes.push_back(std::move(node));
}

/// The loops of TensorFlow 1: a Switch by a LoopCond, of a Merge of an Enter and a NextIteration.
void findLoops(Graph &graph) {
  const auto indexOf = [&](std::string_view name) {
    const auto it = graph.byName.find(name);
    return it == graph.byName.end() ? SIZE_MAX : it->second;
  };
  const auto is = [&](size_t i, std::string_view op) {
    return i != SIZE_MAX && graph.nodes[i].op == op;
  };
  const auto input = [&](size_t i, size_t k) {
    return graph.nodes[i].inputs.size() > k ? indexOf(graph.nodes[i].inputs[k].node) : SIZE_MAX;
  };
  const auto frame = [&](size_t enter) {
    const Message *name = graph.nodes[enter].find("frame_name");
    return name ? name->text(2) : std::string_view{};
  };
  std::map<size_t, Graph::Loop> byCondition;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].op != "Switch" || !is(input(i, 1), "LoopCond") || !is(input(i, 0), "Merge"))
      continue;
    const size_t merge = input(i, 0);
    size_t enter = input(merge, 0), next = input(merge, 1);
    if (is(next, "Enter"))
      std::swap(enter, next);
    if (is(enter, "Enter") && is(next, "NextIteration") && !graph.nodes[next].inputs.empty() &&
        !graph.nodes[input(i, 1)].inputs.empty())
      byCondition[input(i, 1)].variables.push_back({enter, merge, i, next});
  }
  for (auto &[condition, loop] : byCondition) {
    loop.condition = condition;
    for (size_t i = 0; i < graph.nodes.size(); ++i)
      if (graph.nodes[i].op == "Enter" && frame(i) == frame(loop.variables[0].enter) &&
          std::ranges::find(loop.variables, i, &Graph::Loop::Variable::enter) ==
              loop.variables.end())
        loop.constants.push_back(i);
    graph.loops.push_back(std::move(loop));
  }
}

} // namespace

Input parseInput(std::string_view text, bool inFunction) {
  Input input;
  const size_t colon = text.find(':');
  input.node = text.substr(0, colon);
  if (colon == std::string_view::npos)
    return input;
  std::string_view digits = text.substr(colon + 1);
  if (inFunction) {
    const size_t second = digits.find(':');
    input.output = digits.substr(0, second);
    digits = second == std::string_view::npos ? "0" : digits.substr(second + 1);
  }
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), input.index);
  if (error != std::errc{} || end != digits.data() + digits.size() || input.index < 0)
    throw invalid("node", fmt::format("{} is no output of a node", quote(text)));
  return input;
}

Graph readGraph(const Message &graphDef) {
  Graph graph;
  graphDef.each([&](const Field &f) {
    if (f.number == 1)
      addNode(graph, f.message("NodeDef"), false);
  });
  findLoops(graph);
  return graph;
}

const Graph::Loop *Graph::loopOf(const Node &exit) const {
  if (exit.op != "Exit" || exit.inputs.empty())
    return nullptr;
  for (const Loop &loop : loops)
    for (const Loop::Variable &v : loop.variables)
      if (nodes[v.choice].name == exit.inputs[0].node)
        return &loop;
  return nullptr;
}

std::map<std::string_view, Message> functionsOf(const Message &graphDef) {
  std::map<std::string_view, Message> functions;
  graphDef.each([&](const Field &library) {
    if (library.number != 2)
      return;
    library.message("FunctionDefLibrary").each([&](const Field &f) {
      if (f.number != 1)
        return;
      const Message function = f.message("FunctionDef");
      functions[function.message(1, "OpDef").text(1)] = function;
    });
  });
  return functions;
}

Graph readFunction(const Message &functionDef) {
  Graph graph;
  const Message signature = functionDef.message(1, "OpDef");
  graph.name = signature.text(1);
  std::vector<std::string_view> outputs;
  signature.each([&](const Field &f) {
    if (f.number == 2) {
      const Message argument = f.message("OpDef.ArgDef");
      if (!argument.text(5).empty() || !argument.text(6).empty())
        throw unsupported("function",
                          fmt::format("function {} takes a list of arguments", quote(graph.name)));
      graph.arguments.push_back({argument.text(1), dataType(argument.integer(3))});
    } else if (f.number == 3) {
      outputs.push_back(f.message("OpDef.ArgDef").text(1));
    }
  });
  std::map<std::string_view, std::string_view> returns;
  functionDef.each([&](const Field &f) {
    switch (f.number) {
    case 3:
      addNode(graph, f.message("NodeDef"), true);
      break;
    case 4: {
      const Message entry = f.message("a map");
      returns[entry.text(1)] = entry.text(2);
      break;
    }
    case 6:
      graph.controls.push_back(f.message("a map").text(2));
      break;
    default:
      break;
    }
  });
  for (const std::string_view output : outputs) {
    const auto it = returns.find(output);
    if (it == returns.end())
      throw invalid("function", fmt::format("function {} does not return {}", quote(graph.name),
                                            quote(output)));
    graph.results.push_back({output, parseInput(it->second, true)});
  }
  return graph;
}

} // namespace burin::savedmodel
