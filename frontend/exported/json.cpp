// SPDX-License-Identifier: Apache-2.0
#include "frontend/exported/json.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>

namespace burin::exported {
namespace {

using Node = nlohmann::json;
constexpr int kDeepest = 200; // values inside each other

const Node &nodeOf(const void *at) { return *static_cast<const Node *>(at); }

/// The way from `from` to the value at `to`: ".nodes[3].target".
bool findPath(const Node &from, const Node *to, std::string &path) {
  if (&from == to)
    return true;
  const size_t size = path.size();
  size_t i = 0;
  for (auto it = from.begin(); from.is_structured() && it != from.end(); ++it, ++i) {
    path += from.is_object() ? "." + it.key() : fmt::format("[{}]", i);
    if (findPath(*it, to, path))
      return true;
    path.resize(size);
  }
  return false;
}

/// How deep values lie inside each other, looked at before they are read: what walks over them
/// calls itself. (The library's own callback for this looks at all members of an object at each of
/// them.)
int depthOf(std::string_view text) {
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '[' || c == '{'))
      deepest = std::max(deepest, ++depth);
    else if (!quoted && (c == ']' || c == '}'))
      --depth;
  }
  return deepest;
}

std::string shortened(std::string text) {
  constexpr size_t kLongest = 60;
  if (text.size() > kLongest)
    text = text.substr(0, kLongest) + "...";
  return text;
}

} // namespace

struct Json::Tree {
  std::string name;
  Node root;
};

CompileError unreadable(std::string text, std::string hint) {
  return CompileError(Problem::unreadable, {}, std::move(text))
      .code("exported.file")
      .hint(std::move(hint));
}

std::string Json::path() const {
  std::string path;
  findPath(in_->root, &nodeOf(at_), path);
  return path.empty() ? in_->name : fmt::format("{}: {}", in_->name, path.substr(path[0] == '.'));
}

void Json::expected(std::string_view what) const {
  const Node &node = nodeOf(at_);
  throw unreadable(fmt::format(
      "{} is {}, expected {}", path(),
      node.is_structured() ? std::string(node.is_object() ? "an object" : "a list")
                           : shortened(node.dump(-1, ' ', true, Node::error_handler_t::replace)),
      what));
}

void Json::fail(std::string_view why) const {
  throw unreadable(fmt::format("{}: {}", path(), why));
}

std::optional<Json> Json::find(std::string_view key) const {
  const Node &node = nodeOf(at_);
  if (!node.is_object())
    expected("an object");
  const auto it = node.find(key);
  if (it == node.end() || it->is_null())
    return std::nullopt;
  return Json{&*it, in_};
}

Json Json::operator[](std::string_view key) const {
  const std::optional<Json> found = find(key);
  if (!found)
    fail(fmt::format("it has no '{}'", key));
  return *found;
}

std::vector<std::pair<std::string, Json>> Json::members() const {
  const Node &node = nodeOf(at_);
  if (!node.is_object())
    expected("an object");
  std::vector<std::pair<std::string, Json>> all;
  for (auto it = node.begin(); it != node.end(); ++it)
    all.emplace_back(it.key(), Json{&*it, in_});
  return all;
}

std::pair<std::string, Json> Json::only() const {
  auto all = members();
  if (all.size() != 1)
    fail(fmt::format("it has {} members, expected one that says what it is", all.size()));
  return std::move(all.front());
}

std::vector<Json> Json::items() const {
  const Node &node = nodeOf(at_);
  if (!node.is_array())
    expected("a list");
  std::vector<Json> all;
  all.reserve(node.size());
  for (const Node &item : node)
    all.push_back(Json{&item, in_});
  return all;
}

int64_t Json::integer() const {
  const Node &node = nodeOf(at_);
  if (!node.is_number_integer() ||
      (node.is_number_unsigned() &&
       node.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())))
    expected("an integer of 64 bits");
  return node.get<int64_t>();
}

double Json::real() const {
  const Node &node = nodeOf(at_);
  if (node.is_number())
    return node.get<double>();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr std::pair<std::string_view, double> kNames[] = {
      {"Infinity", kInfinity},
      {"-Infinity", -kInfinity},
      {"NaN", std::numeric_limits<double>::quiet_NaN()}};
  for (const auto &[name, value] : kNames)
    if (node.is_string() && node.get_ref<const std::string &>() == name)
      return value;
  expected("a number");
}

bool Json::flag() const {
  if (!nodeOf(at_).is_boolean())
    expected("true or false");
  return nodeOf(at_).get<bool>();
}

const std::string &Json::text() const {
  if (!isText())
    expected("a text");
  return nodeOf(at_).get_ref<const std::string &>();
}

bool Json::isNull() const { return nodeOf(at_).is_null(); }
bool Json::isText() const { return nodeOf(at_).is_string(); }

Document::Document(std::span<const std::byte> text, std::string name) {
  const auto *const from = reinterpret_cast<const char *>(text.data());
  if (depthOf({from, text.size()}) > kDeepest)
    throw unreadable(fmt::format("{}: values lie too deep inside each other", name));
  auto tree = std::make_shared<Json::Tree>();
  try {
    tree->root = Node::parse(from, from + text.size());
  } catch (const Node::exception &error) {
    std::string why = error.what(); // "[json.exception.parse_error.101] parse error at line 1, ..."
    why.erase(0, std::min(why.find("] ") + 2, why.size()));
    throw unreadable(fmt::format("{} is no JSON: {}", name, why.substr(0, why.find(" - "))),
                     "copy or download the file again");
  }
  tree->name = std::move(name);
  tree_ = std::move(tree);
}

Json Document::root() const { return Json{&tree_->root, tree_.get()}; }

} // namespace burin::exported
