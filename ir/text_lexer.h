// SPDX-License-Identifier: Apache-2.0
//
// The words of a .gir text, one at a time: the parser's eyes.
#pragma once

#include "ir/diagnostic.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace burin::ir {

struct Token {
  enum class Kind : uint8_t {
    end,
    identifier, ///< [A-Za-z_][A-Za-z0-9_]*
    number,     ///< without a sign
    string,     ///< `text` is what is between the quotes, still with its escapes
    value,      ///< %name: `text` is the name
    constant,   ///< @name
    punctuation
  };
  Kind kind = Kind::end;
  std::string_view text;
  bool isQuoted = false; ///< of a value or a constant
  size_t at = 0;         ///< offset in the text

  bool is(std::string_view punctuation) const {
    return kind == Kind::punctuation && text == punctuation;
  }
  bool isWord(std::string_view word) const { return kind == Kind::identifier && text == word; }
};

class Lexer {
public:
  Lexer(std::string_view text, std::string_view file) : text_{text}, file_{file} { advance(); }

  const Token &peek() const { return next_; }
  Token take() {
    const Token token = next_;
    advance();
    return token;
  }
  /// Takes the next token if it is this one.
  bool accept(std::string_view punctuation);
  bool acceptWord(std::string_view word);
  /// Throws unless it is.
  void expect(std::string_view punctuation);
  Token expect(Token::Kind, std::string_view what);

  /// The contents of a string token.
  std::string unescaped(const Token &) const;
  /// "file:line:column".
  std::string place(size_t at) const;
  [[noreturn]] void fail(size_t at, std::string_view code, std::string text) const;
  /// "expected X but found Y", at the next token.
  [[noreturn]] void failExpected(std::string_view what) const;

private:
  void advance();
  void skipSpace();
  std::string_view stringAt(size_t &at) const;

  std::string_view text_, file_;
  size_t at_ = 0;
  Token next_;
};

} // namespace burin::ir
