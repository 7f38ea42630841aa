// SPDX-License-Identifier: Apache-2.0
#include "cli/shape_spec.h"

#include "ir/diagnostic.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace burin::cli {
namespace {

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos
             ? std::string_view{}
             : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

/// Quotes the whole input in every message.
class Reader {
public:
  Reader(std::string_view option, std::string_view input) : option_{option}, input_{input} {}

  [[noreturn]] void fail(std::string_view what, std::string hint) const {
    throw CompileError(Problem::usage, {}, fmt::format("{} '{}': {}", option_, input_, what))
        .hint(std::move(hint));
  }

  std::optional<int64_t> number(std::string_view text) const {
    if (text.empty() || !std::ranges::all_of(text, isDigit))
      return std::nullopt;
    int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
      fail(fmt::format("{} is too large", text), {});
    return value;
  }

  /// "4" or "1..8"; nothing if it is neither.
  std::optional<ir::Bounds> bounds(std::string_view text) const {
    const size_t dots = text.find("..");
    if (dots == std::string_view::npos) {
      const std::optional<int64_t> value = number(text);
      return value ? std::optional(ir::Bounds{*value, *value}) : std::nullopt;
    }
    const std::optional<int64_t> lo = number(trim(text.substr(0, dots))),
                                 hi = number(trim(text.substr(dots + 2)));
    if (!lo || !hi)
      fail(fmt::format("'{}' is not a range", text), "write both ends: 1..8");
    if (*lo > *hi)
      fail(fmt::format("the range {} is empty", text), {});
    return ir::Bounds{*lo, *hi};
  }

  [[noreturn]] void failUnbounded() const {
    fail("'?' has no bound, and memory is planned at compile time",
         "give the range that you need, such as 1..8");
  }

  std::string_view input() const { return input_; }

private:
  static bool isDigit(char c) { return c >= '0' && c <= '9'; }

  std::string_view option_, input_;
};

bool isIdentifier(std::string_view text) {
  const auto isPart = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '/';
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::ranges::all_of(text, isPart);
}

constexpr std::string_view kShapeForms = "write 1x3x224x224, [1, 3, 224, 224] or scalar";

ExtentSpec readExtent(std::string_view text, bool symbolAllowed, const Reader &reader) {
  if (text == "?" || text == "-1" || text == "None")
    reader.failUnbounded();
  if (const std::optional<ir::Bounds> bounds = reader.bounds(text))
    return {{}, *bounds};
  if (symbolAllowed && isIdentifier(text))
    return {std::string(text), {}};
  if (isIdentifier(text))
    reader.fail(fmt::format("'{}' is not an extent", text),
                fmt::format("{}; a symbol needs brackets: [batch, 3]", kShapeForms));
  reader.fail(fmt::format("'{}' is not an extent", text), std::string(kShapeForms));
}

/// Splits "1x3xf32" and "[1, 3]xf32" into the extents and the type behind them, if there is one.
std::string_view takeElement(std::string_view text, std::optional<ir::ElementType> &element) {
  const size_t end = text.rfind('x');
  if (end == std::string_view::npos)
    return text;
  element = ir::elementTypeNamed(text.substr(end + 1));
  return element ? text.substr(0, end) : text;
}

/// A list that ends in a separator, or has none between two, has an empty part; split() drops it.
std::vector<std::string_view> parts(std::string_view text, char separator) {
  std::vector<std::string_view> result;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    result.push_back(trim(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return result;
}

void readShape(std::string_view text, ShapeSpec &spec, const Reader &reader) {
  text = takeElement(trim(text), spec.element);
  if (text == "scalar")
    return;
  if (text.empty())
    reader.fail("the shape is missing", std::string(kShapeForms));
  const bool brackets = text.front() == '[';
  if (brackets) {
    if (text.back() != ']')
      reader.fail("the bracket does not end", std::string(kShapeForms));
    text = trim(text.substr(1, text.size() - 2));
    if (text.empty())
      return; // [] is a scalar
  }
  for (const std::string_view part : parts(text, brackets ? ',' : 'x'))
    spec.extents.push_back(readExtent(part, brackets, reader));
}

ir::ElementType readElement(std::string_view text, const Reader &reader) {
  if (const std::optional<ir::ElementType> element = ir::elementTypeNamed(text))
    return *element;
  reader.fail(fmt::format("'{}' is not an element type", text),
              "such as f32, f16, i8, u8, i64, bool");
}

} // namespace

ShapeSpec parseShapeSpec(std::string_view text) {
  const Reader reader("--input-shape", text);
  ShapeSpec spec;
  const size_t end = text.find_last_of(":=");
  if (end != std::string_view::npos) {
    spec.name = text.substr(0, end);
    if (spec.name.empty())
      reader.fail("the name is missing", "write NAME:1x3x224x224, or the shape alone");
    text.remove_prefix(end + 1);
  }
  readShape(text, spec, reader);
  return spec;
}

DimSpec parseDimSpec(std::string_view text) {
  const Reader reader("--dim", text);
  const size_t end = text.rfind('=');
  if (end == std::string_view::npos || end == 0)
    reader.fail("expected SYMBOL=N or SYMBOL=LO..HI", "such as batch=1 or batch=1..8");
  const std::string_view value = trim(text.substr(end + 1));
  if (value == "?" || value == "-1")
    reader.failUnbounded();
  const std::optional<ir::Bounds> bounds = reader.bounds(value);
  if (!bounds)
    reader.fail(fmt::format("'{}' is neither a number nor a range", value),
                "such as batch=1 or batch=1..8");
  return {std::string(trim(text.substr(0, end))), *bounds};
}

TypeSpec parseTypeSpec(std::string_view text) {
  const Reader reader("--input-type", text);
  const size_t end = text.find_last_of(":=");
  if (end == std::string_view::npos)
    return {{}, readElement(trim(text), reader)};
  return {std::string(text.substr(0, end)), readElement(trim(text.substr(end + 1)), reader)};
}

PairSpec parseStateSpec(std::string_view text) {
  const Reader reader("--state", text);
  const size_t end = text.find('=');
  if (end == std::string_view::npos || end == 0 || end + 1 == text.size())
    reader.fail("expected INPUT=OUTPUT", "such as h=h_out");
  if (text.find('=', end + 1) != std::string_view::npos)
    reader.fail("more than one '='", {});
  return {std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
}

PairSpec parseStateInitSpec(std::string_view text) {
  const Reader reader("--state-init", text);
  const size_t end = text.find('=');
  if (end == std::string_view::npos || end == 0 || end + 1 == text.size() || text.ends_with("=@"))
    reader.fail("expected STATE=NUMBER or STATE=@FILE", "such as h=0 or h=@h.npy");
  return {std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
}

PairSpec parseInputSpec(std::string_view text) {
  const Reader reader("--input", text);
  if (text.starts_with('@') && text.size() > 1)
    return {{}, std::string(text.substr(1))};
  const size_t end = text.find("=@");
  if (end == std::string_view::npos || end == 0 || end + 2 == text.size())
    reader.fail("expected NAME=@FILE", "such as x=@x.npy");
  return {std::string(text.substr(0, end)), std::string(text.substr(end + 2))};
}

} // namespace burin::cli
