// SPDX-License-Identifier: Apache-2.0
//
// JSON that may be wrong: every access is checked, and the message says where in the text it is.
#pragma once

#include "ir/diagnostic.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin::exported {

/// CompileError for a file that is damaged, or not what it claims to be.
CompileError unreadable(std::string text, std::string hint = {});

/// A value in a document, which must outlive it.
class Json {
public:
  // ---- objects ----
  /// The member of this name, which must be there.
  Json operator[](std::string_view key) const;
  /// Nothing if there is none, or null.
  std::optional<Json> find(std::string_view key) const;
  std::vector<std::pair<std::string, Json>> members() const;
  /// The one member of a union such as {"as_int": 3}.
  std::pair<std::string, Json> only() const;

  // ---- all else ----
  std::vector<Json> items() const;
  int64_t integer() const;
  double real() const; ///< also "Infinity", "-Infinity" and "NaN"
  bool flag() const;
  const std::string &text() const;
  bool isNull() const;
  bool isText() const;

  /// "models/model.json: graph_module.graph.nodes[3].target is 7, expected a text".
  [[noreturn]] void expected(std::string_view what) const;
  /// "models/model.json: graph_module.graph.nodes[3]: why".
  [[noreturn]] void fail(std::string_view why) const;

private:
  friend class Document;
  struct Tree;
  Json(const void *at, const Tree *in) : at_{at}, in_{in} {}
  std::string path() const;

  const void *at_;
  const Tree *in_;
};

class Document {
public:
  /// `name` is for the messages. Throws CompileError (unreadable) for what is no JSON.
  Document(std::span<const std::byte> text, std::string name);
  Json root() const;

private:
  std::shared_ptr<const Json::Tree> tree_;
};

} // namespace burin::exported
