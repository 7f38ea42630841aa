// SPDX-License-Identifier: Apache-2.0
#include "frontend/exported/symbols.h"

#include <charconv>
#include <fmt/format.h>

namespace burin::exported {
using ir::Dim;
namespace {

struct NoExtent {
  std::string why;
};

bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

class Reader {
public:
  Reader(std::string_view text, const std::function<Dim(std::string_view)> &symbol)
      : text_{text}, symbol_{symbol} {}

  Dim run() {
    const Dim all = sum();
    if (at_ < text_.size())
      fail();
    return all;
  }

private:
  static constexpr int kDeepest = 100;

  [[noreturn]] void fail() const {
    throw NoExtent{fmt::format("'{}' stands where it has no meaning",
                               at_ < text_.size() ? text_.substr(at_, 20) : "its end")};
  }
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ')
      ++at_;
  }
  bool take(std::string_view what) {
    skip();
    if (!text_.substr(at_).starts_with(what))
      return false;
    at_ += what.size();
    return true;
  }
  void expect(std::string_view what) {
    if (!take(what))
      fail();
  }
  std::string_view name() {
    skip();
    const size_t from = at_;
    while (at_ < text_.size() && (isNameStart(text_[at_]) || isDigit(text_[at_])))
      ++at_;
    return text_.substr(from, at_ - from);
  }

  // ---- s0*2 + 1 ----
  Dim sum() {
    Dim all = product();
    for (;;) {
      if (take("+"))
        all = all + product();
      else if (take("-"))
        all = all - product();
      else
        return all;
    }
  }
  Dim product() {
    if (++depth_ > kDeepest)
      throw NoExtent{"its parts lie too deep inside each other"};
    Dim all = factor();
    for (;;) {
      if (take("//"))
        all = quotient(all, factor());
      else if (take("*"))
        all = all * factor();
      else
        break;
    }
    --depth_;
    return all;
  }
  Dim factor() {
    if (take("-"))
      return Dim(0) - product();
    if (take("(")) {
      const Dim inner = sum();
      expect(")");
      return inner;
    }
    skip();
    if (at_ < text_.size() && isDigit(text_[at_]))
      return number();
    const std::string_view word = name();
    if (word.empty())
      fail();
    return take("(") ? call(word) : symbol_(word);
  }
  Dim number() {
    int64_t value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc())
      fail();
    at_ = static_cast<size_t>(end - text_.data());
    return value;
  }
  static Dim quotient(const Dim &a, const Dim &b) {
    if (!b.isNumber() || b.number() <= 0)
      throw NoExtent{"it is divided by what is no positive number"};
    return floorDiv(a, b);
  }

  // ---- Mul(Symbol('s0'), Integer(2)) ----
  Dim call(std::string_view function) {
    if (function == "Symbol" || function == "Dummy")
      return quotedSymbol();
    std::vector<Dim> all;
    while (!take(")")) {
      all.push_back(sum());
      if (!take(",")) {
        expect(")");
        break;
      }
    }
    return apply(function, all);
  }
  Dim quotedSymbol() {
    expect("'");
    const size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos)
      fail();
    const std::string_view is = text_.substr(at_, end - at_);
    at_ = text_.find(')', end); // what sympy assumes of it follows
    if (at_ == std::string_view::npos)
      fail();
    ++at_;
    return symbol_(is);
  }
  static Dim apply(std::string_view function, const std::vector<Dim> &of) {
    Dim all = of.empty() ? Dim(0) : of[0];
    const bool isPair = of.size() == 2;
    if (function == "Integer" && of.size() == 1)
      return all;
    if (isPair && (function == "FloorDiv" || function == "CleanDiv"))
      return quotient(of[0], of[1]);
    if (isPair && (function == "Mod" || function == "PythonMod"))
      return of[0] - quotient(of[0], of[1]) * of[1];
    if (isPair && function == "Pow" && of[1].isNumber() && of[1].number() >= 0 &&
        of[1].number() <= 8) {
      all = 1;
      for (int64_t i = 0; i < of[1].number(); ++i)
        all = all * of[0];
      return all;
    }
    for (size_t i = 1; i < of.size(); ++i)
      if (function == "Add")
        all = all + of[i];
      else if (function == "Mul")
        all = all * of[i];
      else if (function == "Max")
        all = max(all, of[i]);
      else if (function == "Min")
        all = min(all, of[i]);
    if (of.empty() ||
        (function != "Add" && function != "Mul" && function != "Max" && function != "Min"))
      throw NoExtent{fmt::format("{} of {} values is not supported", function, of.size())};
    return all;
  }

  std::string_view text_;
  const std::function<Dim(std::string_view)> &symbol_;
  size_t at_ = 0;
  int depth_ = 0;
};

} // namespace

std::optional<Dim> parseExtent(std::string_view text,
                               const std::function<Dim(std::string_view)> &symbol,
                               std::string &why) {
  constexpr size_t kLongest = 2000;
  if (text.size() > kLongest) {
    why = "it is too long";
    return std::nullopt;
  }
  try {
    return Reader{text, symbol}.run();
  } catch (const NoExtent &no) {
    why = no.why;
    return std::nullopt;
  }
}

} // namespace burin::exported
