// SPDX-License-Identifier: Apache-2.0
#include "ir/text_lexer.h"

#include "ir/text_elements.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isIdentifierCharacter(char c) {
  return isNameCharacter(c) && c != '.' && c != '$' && c != '-';
}

std::optional<unsigned> hexDigit(char c) {
  if (isDigit(c))
    return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

template <class Predicate> size_t runLength(std::string_view s, Predicate is) {
  return static_cast<size_t>(std::ranges::find_if_not(s, is) - s.begin());
}

/// "12", "0.5", "1e-05"; not the dots of "1..8".
size_t numberLength(std::string_view s) {
  size_t n = runLength(s, isDigit);
  if (n + 1 < s.size() && s[n] == '.' && isDigit(s[n + 1]))
    n += 1 + runLength(s.substr(n + 1), isDigit);
  if (n < s.size() && (s[n] == 'e' || s[n] == 'E')) {
    const size_t sign = n + 1 < s.size() && (s[n + 1] == '-' || s[n + 1] == '+') ? 1 : 0;
    if (const size_t digits = runLength(s.substr(std::min(s.size(), n + 1 + sign)), isDigit))
      n += 1 + sign + digits;
  }
  return n;
}

} // namespace

void Lexer::skipSpace() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '#')
      at_ = std::min(text_.size(), text_.find('\n', at_));
    else if (c == ' ' || c == '\n' || c == '\t' || c == '\r')
      ++at_;
    else
      return;
  }
}

/// What lies between the quotes; `at` stands on the first and ends behind the second.
std::string_view Lexer::stringAt(size_t &at) const {
  const size_t begin = at + 1;
  for (size_t i = begin; i < text_.size(); ++i) {
    if (text_[i] == '\\') {
      ++i;
    } else if (text_[i] == '"') {
      at = i + 1;
      return text_.substr(begin, i - begin);
    }
  }
  fail(at, "text.string", "the string has no end");
}

void Lexer::advance() {
  next_ = Token{};
  next_.at = at_; // of the end: behind the last word
  skipSpace();
  if (at_ >= text_.size())
    return;
  next_.at = at_;
  const std::string_view rest = text_.substr(at_);
  const char c = rest.front();
  if (c == '"') {
    next_.kind = Token::Kind::string;
    next_.text = stringAt(at_);
    return;
  }
  if (c == '%' || c == '@') {
    next_.kind = c == '%' ? Token::Kind::value : Token::Kind::constant;
    ++at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      next_.isQuoted = true;
      next_.text = stringAt(at_);
      return;
    }
    next_.text = rest.substr(1, runLength(rest.substr(1), isNameCharacter));
    at_ += next_.text.size();
    if (next_.text.empty())
      fail(next_.at, "text.name", fmt::format("'{}' without a name", c));
    return;
  }
  size_t length = 1;
  if (isDigit(c)) {
    next_.kind = Token::Kind::number;
    length = numberLength(rest);
  } else if (isIdentifierCharacter(c)) {
    next_.kind = Token::Kind::identifier;
    length = runLength(rest, isIdentifierCharacter);
  } else {
    next_.kind = Token::Kind::punctuation;
    if (rest.starts_with("..."))
      length = 3;
    else if (rest.starts_with("..") || rest.starts_with("->"))
      length = 2;
  }
  next_.text = rest.substr(0, length);
  at_ += length;
}

bool Lexer::accept(std::string_view punctuation) {
  if (!next_.is(punctuation))
    return false;
  advance();
  return true;
}

bool Lexer::acceptWord(std::string_view word) {
  if (!next_.isWord(word))
    return false;
  advance();
  return true;
}

void Lexer::expect(std::string_view punctuation) {
  if (!accept(punctuation))
    failExpected(fmt::format("'{}'", punctuation));
}

Token Lexer::expect(Token::Kind kind, std::string_view what) {
  if (next_.kind != kind)
    failExpected(what);
  return take();
}

std::string Lexer::unescaped(const Token &token) const {
  std::string out;
  const std::string_view s = token.text;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '\\') {
      out += s[i];
      continue;
    }
    const char c = s[++i]; // the lexer has seen that there is one
    if (c == '"' || c == '\\') {
      out += c;
    } else if (c == 'n' || c == 't' || c == 'r') {
      out += c == 'n' ? '\n' : c == 't' ? '\t' : '\r';
    } else {
      const auto high = c == 'x' && i + 2 < s.size() ? hexDigit(s[i + 1]) : std::nullopt;
      const auto low = high ? hexDigit(s[i + 2]) : std::nullopt;
      if (!low)
        fail(token.at, "text.escape",
             fmt::format("unknown escape {}, expected one of \\\" \\\\ \\n \\t \\r \\xNN",
                         quoted(s.substr(i - 1, 2))));
      out += static_cast<char>(*high << 4 | *low);
      i += 2;
    }
  }
  return out;
}

std::string Lexer::place(size_t at) const {
  const std::string_view before = text_.substr(0, at);
  const auto line = std::ranges::count(before, '\n') + 1;
  const size_t column = at - (before.rfind('\n') + 1) + 1; // npos + 1 == 0
  return fmt::format("{}:{}:{}", file_, line, column);
}

void Lexer::fail(size_t at, std::string_view code, std::string text) const {
  throw CompileError(Problem::invalid, Location{{}, {}, place(at)}, std::move(text))
      .code(std::string(code));
}

void Lexer::failExpected(std::string_view what) const {
  std::string found = next_.kind == Token::Kind::end ? "the end of the text" : "";
  if (found.empty()) {
    const std::string_view text = text_.substr(next_.at, std::min<size_t>(at_ - next_.at, 40));
    found = quoted(text);
    if (found.size() == text.size() + 2) // nothing had to be escaped
      found = fmt::format("'{}'", text);
  }
  fail(next_.at, "text.syntax", fmt::format("expected {} but found {}", what, found));
}

} // namespace burin::ir
