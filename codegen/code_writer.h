// SPDX-License-Identifier: Apache-2.0
//
// Lines of C++ as clang-format leaves them.
#pragma once

#include <string>
#include <string_view>

namespace burin::codegen {

class CodeWriter {
public:
  /// A line at the current indentation, broken where it is too long.
  void line(std::string_view text);
  void blank() { text_ += '\n'; }
  /// Text as it is, with its line ends.
  void raw(std::string_view text) { text_ += text; }
  /// A comment; broken between words, each line behind the marker.
  void comment(std::string_view text, std::string_view marker = "//");
  /// A function; the body between them, in the same line where it is one line and there is room.
  void beginFunction(std::string_view signature);
  void endFunction();
  void indent() { indent_ += 2; }
  void outdent() { indent_ -= 2; }

  /// The text, with neighbouring trailing comments aligned.
  std::string take();

private:
  std::string text_;
  size_t indent_ = 0;
  size_t body_ = 0; ///< where the body of the function begins
};

} // namespace burin::codegen
