// SPDX-License-Identifier: Apache-2.0
//
// Which graph and which signature of the file are compiled.
#include "frontend/savedmodel/importer.h"
#include "frontend/savedmodel/problems.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

std::string namesOf(const std::vector<Signature> &signatures) {
  std::string all;
  for (const Signature &s : signatures)
    all += (all.empty() ? "" : ", ") + s.name;
  return all;
}

/// A placeholder as an input.
Port placeholderPort(const Node &node) {
  Port port{std::string(node.name), node.name, DataType::invalid, std::nullopt};
  if (const Message *type = node.find("dtype"))
    port.type = dataType(type->integer(6));
  if (const Message *shape = node.find("shape"); shape && shape->has(7))
    port.shape = shapeOf(shape->message(7, "TensorShapeProto"));
  return port;
}

Signature frozenSignature(const Graph &main) {
  Signature signature;
  std::set<std::string_view> used;
  for (const Node &node : main.nodes)
    for (const Input &input : node.inputs)
      used.insert(input.node);
  for (const Node &node : main.nodes) {
    if (node.op == "Placeholder")
      signature.inputs.push_back(placeholderPort(node));
    else if (!used.contains(node.name) && node.op != "Const" && node.op != "NoOp" &&
             node.op != "Assert")
      signature.outputs.push_back({std::string(node.name), node.name, DataType::invalid, {}});
  }
  return signature;
}

} // namespace

const MetaGraph &chosenGraph(const Model &model, const ImportOptions &options) {
  const std::string_view wanted = options.tag.empty() ? "serve" : std::string_view(options.tag);
  std::string tags;
  for (const MetaGraph &meta : model.metaGraphs) {
    if (meta.tags.contains(wanted))
      return meta;
    for (const std::string &tag : meta.tags)
      tags += (tags.empty() ? "" : ", ") + tag;
  }
  if (model.metaGraphs.size() == 1 && options.tag.empty())
    return model.metaGraphs.front();
  throw misused("tag", fmt::format("no graph of the file has the tag {}", quote(wanted)))
      .hint(tags.empty() ? "the file names no tags" : fmt::format("choose one: --tag of {}", tags));
}

Signature chosenSignature(const Model &model, const MetaGraph &meta, const Graph &main,
                          const ImportOptions &options) {
  const auto named = [&](std::string_view name) {
    return std::ranges::find(meta.signatures, name, &Signature::name);
  };
  if (!options.signature.empty()) {
    const auto it = named(options.signature);
    if (it == meta.signatures.end())
      throw misused("signature",
                    fmt::format("the model has no signature {}", quote(options.signature)))
          .hint(meta.signatures.empty() ? "it has none" : "it has " + namesOf(meta.signatures));
    return *it;
  }
  if (model.frozen)
    return frozenSignature(main);
  if (const auto it = named("serving_default"); it != meta.signatures.end())
    return *it;
  if (meta.signatures.size() == 1)
    return meta.signatures.front();
  if (meta.signatures.empty())
    throw unsupported("signature", "the model has no signature: nothing says what its inputs are")
        .hint("save it with one: tf.saved_model.save(module, DIR, signatures=module.f.get_concrete_"
              "function(tf.TensorSpec(...)))");
  throw misused("signature", "the model has several signatures and no serving_default")
      .hint(fmt::format("choose one: --signature of {}", namesOf(meta.signatures)));
}

void checkSignature(const Signature &signature, const Graph &main) {
  for (const auto *ports : {&signature.inputs, &signature.outputs})
    for (const Port &port : *ports) {
      const Node *node = main.find(parseInput(port.tensor, false).node);
      if (!node)
        throw invalid("signature",
                      fmt::format("the signature says that {} is {}, which the graph does not have",
                                  quote(port.key), quote(port.tensor)));
      const Message *type = node->op.starts_with("Placeholder") ? node->find("dtype") : nullptr;
      if (ports == &signature.inputs && type && dataType(type->integer(6)) != port.type)
        throw invalid("signature", fmt::format("the input {} is declared as {}, and its "
                                               "placeholder is {}",
                                               quote(port.key), name(port.type),
                                               name(dataType(type->integer(6)))));
    }
}

std::vector<InputPort> inputsOf(const std::filesystem::path &path, const ImportOptions &options) {
  const Model model = readModel(path);
  const MetaGraph &meta = chosenGraph(model, options);
  const Graph main = model.frozen ? readGraph(meta.graph) : Graph{};
  std::vector<InputPort> ports;
  for (const Port &port : chosenSignature(model, meta, main, options).inputs)
    ports.push_back({port.key, port.shape.value_or(std::vector<int64_t>{})});
  return ports;
}

} // namespace burin::savedmodel
