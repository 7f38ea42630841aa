// SPDX-License-Identifier: Apache-2.0
#include "frontend/exported/guards.h"

#include <charconv>
#include <fmt/format.h>

namespace burin::exported {
using torchscript::Host;
using torchscript::RunNumber;
using torchscript::TensorRef;
namespace {

struct NotUnderstood {};

using Row = std::pair<std::string_view, std::string_view>;
/// Longer spellings before their beginnings.
constexpr Row kComparisons[] = {{"==", "aten::eq"}, {"!=", "aten::ne"}, {"<=", "aten::le"},
                                {">=", "aten::ge"}, {"<", "aten::lt"},  {">", "aten::gt"}};
constexpr Row kSums[] = {{"+", "aten::add"}, {"-", "aten::sub"}};
constexpr Row kProducts[] = {
    {"//", "aten::floordiv"}, {"*", "aten::mul"}, {"%", "aten::remainder"}};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

} // namespace

class Guards::Reader {
public:
  Reader(Guards &of, std::string_view text) : of_{of}, text_{text} {}

  Host run() {
    Host all = either();
    skip();
    if (at_ < text_.size())
      throw NotUnderstood{};
    return all;
  }

private:
  static constexpr int kDeepest = 100;

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n'))
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
      throw NotUnderstood{};
  }
  const Row *takeOne(std::span<const Row> rows) {
    for (const Row &row : rows)
      if (take(row.first))
        return &row;
    return nullptr;
  }
  Host call(std::string_view name, std::vector<Host> arguments) {
    Host made = of_.operators_.call(std::string(name), {std::move(arguments), {}});
    if (made.holds<torchscript::Uninitialized>())
      throw NotUnderstood{};
    return made;
  }

  // ---- by precedence, the loosest first ----
  Host either() {
    if (++depth_ > kDeepest)
      throw NotUnderstood{};
    Host all = both();
    while (take("or "))
      all = call("aten::__or__", {all, both()});
    --depth_;
    return all;
  }
  Host both() {
    Host all = negated();
    while (take("and "))
      all = call("aten::__and__", {all, negated()});
    return all;
  }
  Host negated() { return take("not ") ? call("aten::__not__", {comparison()}) : comparison(); }
  Host comparison() {
    Host all = binary(kSums);
    if (const Row *row = takeOne(kComparisons))
      all = call(row->second, {all, binary(kSums)});
    return all;
  }
  Host binary(std::span<const Row> rows) {
    const bool isSum = rows.data() == kSums;
    const auto part = [&] { return isSum ? binary(kProducts) : factor(); };
    Host all = part();
    while (const Row *row = takeOne(rows))
      all = call(row->second, {all, part()});
    return all;
  }
  Host factor() {
    skip();
    if (take("(")) {
      Host inner = either();
      expect(")");
      return inner;
    }
    if (take("-"))
      return call("aten::neg", {factor()});
    for (const Row &row : {Row{"max(", "prim::max"}, Row{"min(", "prim::min"}})
      if (take(row.first)) {
        Host a = either();
        expect(",");
        Host b = either();
        expect(")");
        return call(row.second, {a, b});
      }
    if (at_ < text_.size() && isDigit(text_[at_]))
      return ir::Dim(number());
    return input();
  }
  int64_t number() {
    int64_t value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    at_ = static_cast<size_t>(end - text_.data());
    if (error != std::errc() || (at_ < text_.size() && text_[at_] == '.'))
      throw NotUnderstood{};
    return value;
  }

  /// L['x'][0].size()[1], or L['n'] of a number.
  Host input() {
    expect("L");
    std::string path;
    while (take("[")) {
      path += path.empty() ? "" : ".";
      if (take("'")) {
        const size_t end = text_.find('\'', at_);
        if (end == std::string_view::npos)
          throw NotUnderstood{};
        path += text_.substr(at_, end - at_);
        at_ = end + 1;
      } else {
        path += std::to_string(number());
      }
      expect("]");
    }
    const auto it = of_.inputs_.find(path);
    if (it == of_.inputs_.end())
      throw NotUnderstood{};
    const TensorRef *tensor = it->second.find<TensorRef>();
    if (!tensor)
      return it->second;
    expect(".size()[");
    const int64_t axis = number();
    expect("]");
    const ir::Type &type = of_.in_.valueOf(*tensor)->type;
    if (axis >= static_cast<int64_t>(type.rank()))
      throw NotUnderstood{};
    return type.dim(static_cast<size_t>(axis));
  }

  Guards &of_;
  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

Guards::Guards(torchscript::Evaluation &in, torchscript::Operators &operators,
               const std::map<std::string, Host, std::less<>> &inputs)
    : in_{in}, operators_{operators}, inputs_{inputs} {}

std::optional<Host> Guards::evaluate(std::string_view condition) {
  constexpr size_t kLongest = 2000;
  if (condition.size() > kLongest)
    return std::nullopt;
  try {
    Host h = Reader{*this, condition}.run();
    if (h.holds<bool>() || h.holds<RunNumber>())
      return h;
  } catch (const NotUnderstood &) {
    // what it would have needed is made, and dead
  }
  return std::nullopt;
}

} // namespace burin::exported
