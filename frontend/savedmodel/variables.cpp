// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/variables.h"
#include "frontend/savedmodel/problems.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

bool isCall(const Node &node) {
  return node.op == "PartitionedCall" || node.op == "StatefulPartitionedCall";
}

/// The name of the function that an attribute refers to.
std::string_view functionOf(const Node &node, std::string_view attribute) {
  const Message *value = node.find(attribute);
  return value ? value->message(10, "NameAttrList").text(1) : std::string_view{};
}

/// Whose value a node passes on.
bool passes(const Node &node) {
  return (node.op == "Identity" || node.op == "EnsureShape" || node.op == "StopGradient") &&
         !node.inputs.empty();
}

const Node *source(const Graph &graph, const Input &input, Input &from) {
  from = input;
  for (int step = 0; step < 1000; ++step) {
    const Node *node = graph.find(from.node);
    if (!node || !passes(*node))
      return node;
    from = node->inputs[0];
  }
  return nullptr;
}

// ---- A: the object graph ----

/// Checkpoint keys by the id of the variable in the object graph of the SavedModel.
std::map<int64_t, std::string> keysOfObjects(Model &model, const MetaGraph &meta) {
  constexpr std::string_view kGraph = "_CHECKPOINTABLE_OBJECT_GRAPH";
  std::map<int64_t, std::string> keys;
  if (!model.variables.has(kGraph) || meta.objects.empty())
    return keys;
  const Tensor text = model.variables.read(kGraph);
  if (text.strings.empty())
    return keys;
  struct Trackable {
    std::map<std::string_view, int64_t> children;
    std::string_view key;
  };
  std::vector<Trackable> nodes;
  Message("TrackableObjectGraph", std::as_bytes(std::span(text.strings[0])), "the object graph")
      .each([&](const Field &f) {
        if (f.number != 1)
          return;
        Trackable &node = nodes.emplace_back();
        f.message("TrackableObject").each([&](const Field &part) {
          if (part.number == 1) {
            const Message child = part.message("ObjectReference");
            node.children[child.text(2)] = child.integer(1);
          } else if (part.number == 2) {
            const Message attribute = part.message("SerializedTensor");
            if (attribute.text(1) == "VARIABLE_VALUE")
              node.key = attribute.text(3);
          }
        });
      });
  // Both graphs side by side, by the names of the children.
  std::vector<std::pair<int64_t, int64_t>> work = {{0, 0}};
  std::vector<bool> seen(meta.objects.size(), false);
  while (!work.empty()) {
    const auto [saved, tracked] = work.back();
    work.pop_back();
    if (saved < 0 || tracked < 0 || static_cast<size_t>(saved) >= meta.objects.size() ||
        static_cast<size_t>(tracked) >= nodes.size() || seen[static_cast<size_t>(saved)])
      continue;
    seen[static_cast<size_t>(saved)] = true;
    const SavedObject &object = meta.objects[static_cast<size_t>(saved)];
    const Trackable &node = nodes[static_cast<size_t>(tracked)];
    if (object.kind == SavedObject::Kind::variable && !node.key.empty())
      keys[saved] = node.key;
    for (const auto &[name, child] : object.children)
      if (const auto it = node.children.find(name); it != node.children.end())
        work.emplace_back(child, it->second);
  }
  return keys;
}

/// The last inputs of the call of a function are what it captures.
void addCaptures(VariableKeys &keys, Model &model, const MetaGraph &meta, const Graph &main) {
  const std::map<int64_t, std::string> ofObject = keysOfObjects(model, meta);
  for (const Node &node : main.nodes) {
    if (!isCall(node))
      continue;
    const auto captures = meta.captures.find(functionOf(node, "f"));
    if (captures == meta.captures.end() || captures->second.size() > node.inputs.size())
      continue;
    const std::vector<int64_t> &ids = captures->second;
    const size_t first = node.inputs.size() - ids.size();
    for (size_t i = 0; i < ids.size(); ++i)
      if (const auto key = ofObject.find(ids[i]); key != ofObject.end())
        keys.try_emplace(node.inputs[first + i].node, CheckpointKey{key->second, {}});
  }
}

// ---- B: what the restore operation assigns ----

std::vector<std::string> stringsOf(const Graph &graph, const Input &input, const Model &model) {
  Input from;
  const Node *node = source(graph, input, from);
  const Message *value = node && node->op == "Const" ? node->find("value") : nullptr;
  if (!value)
    return {};
  return decode(value->message(8, "TensorProto"), model.owner, "a constant").strings;
}

/// The key that an assigned value was restored from.
std::optional<CheckpointKey> restoredFrom(const Graph &graph, const Input &value,
                                          const Model &model) {
  Input from;
  const Node *node = source(graph, value, from);
  if (!node || node->op != "RestoreV2" || node->inputs.size() < 3)
    return std::nullopt;
  const std::vector<std::string> names = stringsOf(graph, node->inputs[1], model),
                                 slices = stringsOf(graph, node->inputs[2], model);
  const auto i = static_cast<size_t>(from.index);
  if (i >= names.size())
    return std::nullopt;
  return CheckpointKey{names[i], i < slices.size() ? slices[i] : std::string{}};
}

bool isAssign(const Node &node) {
  return (node.op == "Assign" || node.op == "AssignVariableOp") && node.inputs.size() >= 2;
}

VariableKeys restoredKeys(const Model &model, const MetaGraph &meta, const Graph &main,
                          const std::map<std::string_view, Message> &functions) {
  VariableKeys keys;
  for (const Node &node : main.nodes)
    if (isAssign(node))
      if (const auto key = restoredFrom(main, node.inputs[1], model))
        keys.try_emplace(node.inputs[0].node, *key);
  const Node *restore = main.find(parseInput(meta.restoreOp, false).node);
  if (!restore || !isCall(*restore))
    return keys;
  const auto function = functions.find(functionOf(*restore, "f"));
  if (function == functions.end())
    return keys;
  const Graph body = readFunction(function->second);
  std::map<std::string_view, std::string_view> handles; // of the arguments
  for (size_t i = 0; i < body.arguments.size() && i < restore->inputs.size(); ++i)
    handles[body.arguments[i].name] = restore->inputs[i].node;
  for (const Node &node : body.nodes)
    if (isAssign(node))
      if (const auto handle = handles.find(node.inputs[0].node); handle != handles.end())
        if (const auto key = restoredFrom(body, node.inputs[1], model))
          keys.try_emplace(handle->second, *key);
  return keys;
}

// ---- C: copies that Keras 3 makes ----

void addCopies(VariableKeys &keys, const Graph &main) {
  for (const Node &node : main.nodes) {
    if (!isAssign(node))
      continue;
    Input from;
    const Node *read = source(main, node.inputs[1], from);
    if (!read || read->op != "ReadVariableOp" || read->inputs.empty())
      continue;
    const std::string_view original = read->inputs[0].node;
    const auto copy = keys.find(node.inputs[0].node);
    if (copy != keys.end() && !keys.contains(original))
      keys.emplace(original, CheckpointKey(copy->second));
  }
}

} // namespace

VariableKeys variableKeys(Model &model, const MetaGraph &meta, const Graph &main,
                          const std::map<std::string_view, Message> &functions) {
  VariableKeys keys;
  addCaptures(keys, model, meta, main);
  for (const auto &[node, key] : restoredKeys(model, meta, main, functions)) {
    const auto [known, isNew] = keys.try_emplace(node, key);
    if (isNew || known->second == key || !model.variables.has(known->second.key) ||
        !model.variables.has(key.key))
      continue;
    // Keras 3 stores a weight under two keys.
    const Tensor a = model.variables.read(known->second.key, known->second.slice),
                 b = model.variables.read(key.key, key.slice);
    if (a.type != b.type || a.dims != b.dims || !std::ranges::equal(a.bytes, b.bytes))
      throw invalid("variable", fmt::format("the object graph says that {} is {}, the restore "
                                            "operation says {}, and their values differ",
                                            quote(node), quote(known->second.key), quote(key.key)));
  }
  addCopies(keys, main);
  return keys;
}

} // namespace burin::savedmodel
