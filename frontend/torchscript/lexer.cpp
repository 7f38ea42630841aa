// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/lexer.h"

#include "ir/diagnostic.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <limits>

namespace burin::torchscript {
namespace {
using Kind = Token::Kind;

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
public:
  explicit Lexer(const SourceFile &file) : file_{file}, text_{file.text} {}

  std::vector<Token> run() {
    while (at_ < text_.size()) {
      if (startsLine_ && depth_ == 0)
        indentation();
      else
        next();
    }
    if (!startsLine_)
      push(Kind::newline);
    for (; indents_.size() > 1; indents_.pop_back())
      push(Kind::dedent);
    push(Kind::end);
    return std::move(tokens_);
  }

private:
  [[noreturn]] void fail(std::string why) const { syntaxError(file_, at_, std::move(why)); }
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  Token &push(Kind kind) {
    Token &token = tokens_.emplace_back();
    token.kind = kind;
    token.at = static_cast<uint32_t>(at_);
    return token;
  }
  void skipComment() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  void indentation() {
    size_t column = 0;
    for (; peek() == ' ' || peek() == '\t' || peek() == '\r'; ++at_)
      ++column;
    if (peek() == '#')
      skipComment();
    if (peek() == '\n') {
      ++at_;
      return;
    }
    startsLine_ = false;
    if (at_ == text_.size())
      return;
    if (column > indents_.back()) {
      indents_.push_back(column);
      push(Kind::indent);
    }
    for (; column < indents_.back(); indents_.pop_back())
      push(Kind::dedent);
    if (column != indents_.back())
      fail("the indentation fits no line above");
  }

  void next() {
    const char c = peek();
    if (c == '\n') {
      if (depth_ == 0) {
        push(Kind::newline);
        startsLine_ = true;
      }
      ++at_;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '#') {
      skipComment();
    } else if (isLetter(c)) {
      Token &token = push(Kind::name);
      while (isLetter(peek()) || isDigit(peek()))
        token.text += text_[at_++];
    } else if (isDigit(c) || (c == '.' && isDigit(peek(1)))) {
      number();
    } else if (c == '"' || c == '\'') {
      text();
    } else {
      sign();
    }
  }

  void number() {
    const size_t from = at_;
    Token &token = push(Kind::integer);
    bool isReal = false;
    for (; isDigit(peek()) || peek() == '.' || peek() == 'e' || peek() == 'E' ||
           ((peek() == '-' || peek() == '+') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E'));
         ++at_)
      isReal |= !isDigit(peek());
    const char *const begin = text_.data() + from, *const end = text_.data() + at_;
    const auto real = std::from_chars(begin, end, token.real);
    const auto integer = std::from_chars(begin, end, token.integer);
    if ((isReal ? real.ptr : integer.ptr) != end ||
        (!isReal && integer.ec == std::errc::result_out_of_range))
      fail("a number that cannot be read");
    if (isReal)
      token.kind = Kind::real;
    if (peek() == 'j') {
      ++at_;
      token.kind = Kind::imaginary;
    }
  }

  void text() {
    Token &token = push(Kind::text);
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    const std::string end(triple ? 3 : 1, quote);
    at_ += end.size();
    while (text_.compare(at_, end.size(), end) != 0) {
      if (at_ >= text_.size() || (peek() == '\n' && !triple))
        fail("a text without its end");
      if (peek() == '\\')
        escape(token.text);
      else
        token.text += text_[at_++];
    }
    at_ += end.size();
    // Adjacent ones are one.
    if (tokens_.size() > 1 && tokens_[tokens_.size() - 2].kind == Kind::text) {
      tokens_[tokens_.size() - 2].text += token.text;
      tokens_.pop_back();
    }
  }

  void escape(std::string &into) {
    constexpr std::string_view kNames = "\\'\"abfnrtv", kMeanings = "\\'\"\a\b\f\n\r\t\v";
    const char c = peek(1);
    if (const size_t i = kNames.find(c); i != std::string_view::npos && c != '\0') {
      into += kMeanings[i];
      at_ += 2;
      return;
    }
    unsigned code = 0;
    for (size_t i = 1; i <= 3; ++i) {
      if (peek(i) < '0' || peek(i) > '7')
        fail("an escape that PyTorch does not print");
      code = code * 8 + static_cast<unsigned>(peek(i) - '0');
    }
    into += static_cast<char>(code);
    at_ += 4;
  }

  void sign() {
    const char c = peek();
    if (c == '-' && peek(1) == '>') {
      push(Kind::sign).text = "->";
      at_ += 2;
      return;
    }
    constexpr std::string_view kSigns = "()[]{}.,:=-";
    if (kSigns.find(c) == std::string_view::npos)
      fail(fmt::format("'{}' is nothing that PyTorch prints: the source was edited by hand", c));
    if (c == '(' || c == '[' || c == '{')
      ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0)
      --depth_;
    push(Kind::sign).text = c;
    ++at_;
  }

  const SourceFile &file_;
  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0; // of brackets, in which lines do not end
  bool startsLine_ = true;
  std::vector<size_t> indents_ = {0};
  std::vector<Token> tokens_;
};

} // namespace

void syntaxError(const SourceFile &file, size_t at, std::string text) {
  const size_t line = lineOf(file.text, at);
  throw CompileError(Problem::invalid, {"", "", fmt::format("{}:{}", file.name, line)},
                     std::move(text))
      .code("torchscript.syntax");
}

size_t lineOf(std::string_view text, size_t offset) {
  const auto end = text.begin() + static_cast<ptrdiff_t>(std::min(offset, text.size()));
  return 1 + static_cast<size_t>(std::count(text.begin(), end, '\n'));
}

std::vector<Token> tokenize(const SourceFile &file) {
  if (file.text.size() > std::numeric_limits<uint32_t>::max())
    syntaxError(file, 0, "the source is too long");
  return Lexer{file}.run();
}

} // namespace burin::torchscript
