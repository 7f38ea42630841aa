// SPDX-License-Identifier: Apache-2.0
//
// Names of a model as C++ identifiers, comments and strings: nothing of a model reaches the output
// raw.
#pragma once

#include <initializer_list>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace burin::codegen {

/// An identifier: other characters become `_`, a leading digit gets a `t`, what is a keyword, a
/// likely macro or used by the generated text itself a `_` behind. Of a long name the last words
/// remain: "input.1" -> "input_1". Never empty.
std::string identifier(std::string_view name);
/// The same at global scope, where the C library has names too: "select" -> "select_model".
std::string namespaceIdentifier(std::string_view name);
/// NAME.h, found before the system's headers, would be taken for <NAME.h>: "time", "math".
bool hidesSystemHeader(std::string_view name);
/// The scopes that all these names lie in, and no text behind them tells: "/model/encoder/" of
/// "/model/encoder/0/MatMul" and "/model/encoder/norm". Empty for one name.
std::string_view commonScope(std::span<const std::string_view> names);
/// Printable ASCII without line ends, trigraphs, comment ends or backslashes at the end of a line.
std::string commentText(std::string_view);
/// A string literal with its quotes.
std::string stringLiteral(std::string_view);

/// One scope of identifiers: each is given out once.
class Scope {
public:
  explicit Scope(std::initializer_list<std::string_view> taken = {});
  /// identifier(name), with a number behind it if that is taken. With suffixes, what they make of
  /// it is given out as well: "x" with "_shape" takes x and x_shape.
  std::string fresh(std::string_view name, std::initializer_list<std::string_view> suffixes = {});
  void take(std::string_view name) { taken_.emplace(name); }
  bool has(std::string_view name) const { return taken_.contains(name); }

private:
  std::set<std::string, std::less<>> taken_;
  std::map<std::string, int> next_; ///< of a base, the first number to try
};

} // namespace burin::codegen
