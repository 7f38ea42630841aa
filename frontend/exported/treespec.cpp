// SPDX-License-Identifier: Apache-2.0
#include "frontend/exported/treespec.h"

#include <fmt/format.h>

namespace burin::exported {
namespace {

constexpr int64_t kVersion = 1;

std::span<const std::byte> bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The names of the children of a node, as many as it has.
std::vector<std::string> childNames(const Json &node, size_t count,
                                    const std::optional<Json> &fields) {
  std::vector<std::string> names;
  const std::optional<Json> type = node.find("type"), context = node.find("context");
  const std::string &of = type ? type->text() : std::string();
  const bool isDict = of.ends_with("dict") || of.ends_with("Dict");
  if (isDict && context) { // the keys, as JSON in a text
    const Document keys(bytesOf(context->text()), "the context of a dict");
    const std::optional<Json> inner =
        of.ends_with("defaultdict") ? keys.root().find("dict_context") : keys.root();
    if (inner)
      for (const Json &key : inner->items())
        names.push_back(key.isText() ? key.text() : std::to_string(key.integer()));
  } else if (of == "collections.namedtuple" && context && fields) {
    std::string name = context->text();
    std::erase(name, '"');
    if (const auto known = fields->find(name))
      for (const Json &field : (*known)["field_names"].items())
        names.push_back(field.text());
  }
  if (names.empty())
    for (size_t i = 0; i < count; ++i)
      names.push_back(std::to_string(i));
  if (names.size() != count)
    node.fail(fmt::format("it has {} names for {} values", names.size(), count));
  return names;
}

void collect(const Json &node, const std::string &name, const std::optional<Json> &fields,
             std::vector<std::string> &into) {
  const std::vector<Json> children = node["children_spec"].items();
  if (!node.find("type")) {
    into.push_back(name);
    return;
  }
  const std::vector<std::string> names = childNames(node, children.size(), fields);
  for (size_t i = 0; i < children.size(); ++i)
    collect(children[i], fmt::format("{}.{}", name, names[i]), fields, into);
}

} // namespace

Document treeOf(const Json &text, const std::string &name) { return {bytesOf(text.text()), name}; }

Json rootOf(const Document &tree) {
  const std::vector<Json> parts = tree.root().items();
  if (parts.size() != 2 || parts[0].integer() != kVersion)
    tree.root().fail(fmt::format("expected a tree of version {}", kVersion));
  return parts[1];
}

std::vector<std::string> leafNames(const Json &spec, const std::string &name,
                                   const std::optional<Json> &fields) {
  std::vector<std::string> names;
  collect(spec, name, fields, names);
  return names;
}

std::vector<std::string> argumentNames(const Json &spec, const std::vector<std::string> &parameters,
                                       const std::optional<Json> &fields) {
  const std::vector<Json> parts = spec["children_spec"].items();
  if (parts.size() != 2)
    spec.fail("expected a tuple of arguments and a dict of keywords");
  std::vector<std::string> names;
  const std::vector<Json> positional = parts[0]["children_spec"].items();
  for (size_t i = 0; i < positional.size(); ++i)
    collect(positional[i], i < parameters.size() ? parameters[i] : fmt::format("args.{}", i),
            fields, names);
  const std::vector<Json> others = parts[1]["children_spec"].items();
  const std::vector<std::string> keys = childNames(parts[1], others.size(), fields);
  for (size_t i = 0; i < others.size(); ++i)
    collect(others[i], keys[i], fields, names);
  return names;
}

} // namespace burin::exported
