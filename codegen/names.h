// SPDX-License-Identifier: Apache-2.0
//
// Names of a model as C++ identifiers, comments and strings: nothing of a model reaches the output
// raw.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace burin::codegen {

/// An identifier: other characters become `_`, a leading digit gets a `t`, a keyword a `_` behind.
/// "input.1" -> "input_1"; never empty, never reserved in C++.
std::string identifier(std::string_view name);
/// Printable ASCII without line ends, trigraphs, comment ends or backslashes at the end of a line.
std::string commentText(std::string_view);
/// A string literal with its quotes.
std::string stringLiteral(std::string_view);

/// One scope of identifiers: each is given out once.
class Scope {
public:
  explicit Scope(std::initializer_list<std::string_view> taken = {});
  /// identifier(name), with a number behind it if that is taken.
  std::string fresh(std::string_view name);

private:
  std::unordered_map<std::string, int> taken_; ///< and the number to try when it is asked for again
};

} // namespace burin::codegen
