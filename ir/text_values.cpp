// SPDX-License-Identifier: Apache-2.0
#include "ir/text_values.h"

#include "ir/text_elements.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace burin::ir {
namespace {

// An extent in a text of any origin: sums of products can grow exponentially, and their
// coefficients overflow, so both are bounded before each step.
constexpr size_t kLongestDim = 2000;
constexpr double kLargestCoefficient = 4e18;

double magnitude(const Dim &d) {
  double largest = 1;
  for (const Dim::Term &t : d.terms())
    largest = std::max(largest, std::abs(static_cast<double>(t.coefficient)));
  return largest;
}

} // namespace

// ---- extents ----

Dim ValueReader::dim() { return sum(0); }

Dims ValueReader::dims() {
  Dims all;
  list([&] { all.push_back(dim()); });
  return all;
}

Dim ValueReader::sum(int depth) {
  const size_t at = lexer_.peek().at;
  if (depth > kDeepestText)
    lexer_.fail(at, "text.depth", "the extent nests too deeply");
  Dim total = term(depth);
  while (lexer_.peek().is("+") || lexer_.peek().is("-")) {
    const bool minus = lexer_.take().is("-");
    const Dim next = term(depth);
    if (magnitude(total) + magnitude(next) > kLargestCoefficient)
      lexer_.fail(at, "text.extent", "the extent is too large");
    total = minus ? total - next : total + next;
    if (total.text().size() > kLongestDim)
      lexer_.fail(at, "text.extent", "the extent is too long");
  }
  return total;
}

Dim ValueReader::term(int depth) {
  const size_t at = lexer_.peek().at;
  Dim product = factor(depth);
  while (lexer_.accept("*")) {
    const Dim next = factor(depth);
    const auto terms = static_cast<double>(product.terms().size() * next.terms().size());
    if (magnitude(product) * magnitude(next) * terms > kLargestCoefficient)
      lexer_.fail(at, "text.extent", "the extent is too large");
    product = product * next;
    if (product.text().size() > kLongestDim)
      lexer_.fail(at, "text.extent", "the extent is too long");
  }
  return product;
}

Dim ValueReader::factor(int depth) {
  const Token token = lexer_.peek();
  if (token.kind == Token::Kind::number)
    return integer();
  if (lexer_.accept("-")) {
    if (depth > kDeepestText)
      lexer_.fail(token.at, "text.depth", "the extent nests too deeply");
    return Dim(-1) * factor(depth + 1);
  }
  if (lexer_.accept("(")) {
    const Dim inner = sum(depth + 1);
    lexer_.expect(")");
    return inner;
  }
  lexer_.expect(Token::Kind::identifier, "an extent");
  if (lexer_.peek().is("("))
    return call(token, depth);
  const auto symbol = std::ranges::find(module_.symbols(), token.text, &Symbol::name);
  if (symbol == module_.symbols().end())
    lexer_.fail(
        token.at, "text.symbol",
        fmt::format("unknown symbol '{0}', expected a line such as `dim {0} = 1..8` before it",
                    token.text));
  return Dim::symbol(symbol->name, symbol->bounds);
}

Dim ValueReader::call(const Token &function, int depth) {
  lexer_.expect("(");
  const Dim a = sum(depth + 1);
  lexer_.expect(",");
  const Dim b = sum(depth + 1);
  lexer_.expect(")");
  const std::string_view name = function.text;
  if (name == "min")
    return min(a, b);
  if (name == "max")
    return max(a, b);
  if (name != "floordiv" && name != "ceildiv")
    lexer_.fail(function.at, "text.extent",
                fmt::format("unknown function '{}', expected floordiv, ceildiv, min or max", name));
  if (b.isNumber(0) || (a.isNumber(INT64_MIN) && b.isNumber(-1)))
    lexer_.fail(function.at, "text.extent",
                fmt::format("cannot divide {} by {}", a.text(), b.text()));
  return name == "floordiv" ? floorDiv(a, b) : ceilDiv(a, b);
}

// ---- types ----

ElementType ValueReader::elementType() {
  const Token token = lexer_.expect(Token::Kind::identifier, "an element type");
  const std::optional<ElementType> e = elementTypeNamed(token.text);
  if (!e)
    lexer_.fail(token.at, "text.type",
                fmt::format("unknown element type '{}', expected one such as f32", token.text));
  return *e;
}

Type ValueReader::type() { return type(0); }

Type ValueReader::type(int depth) {
  if (depth > kDeepestText)
    lexer_.fail(lexer_.peek().at, "text.depth", "the type nests too deeply");
  if (lexer_.acceptWord("list")) {
    lexer_.expect("<");
    Type element = type(depth + 1);
    lexer_.expect(",");
    Dim capacity = dim();
    lexer_.expect(">");
    return Type::list(std::move(element), std::move(capacity));
  }
  if (lexer_.acceptWord("optional")) {
    lexer_.expect("<");
    Type inner = type(depth + 1);
    lexer_.expect(">");
    return Type::optional(std::move(inner));
  }
  const ElementType element = elementType();
  return {element, dims()};
}

// ---- attributes ----

/// A number or a word such as inf, with its sign: "-0.5", "nan", "true".
std::string ValueReader::signedWord() {
  std::string text = lexer_.accept("-") ? "-" : "";
  if (lexer_.peek().kind != Token::Kind::identifier && lexer_.peek().kind != Token::Kind::number)
    lexer_.failExpected("a number");
  return text + std::string(lexer_.take().text);
}

int64_t ValueReader::integer() {
  const size_t at = lexer_.peek().at;
  const std::string text = signedWord();
  int64_t x = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (error != std::errc{} || end != text.data() + text.size())
    lexer_.fail(at, "text.number", fmt::format("'{}' is no integer of 64 bits", text));
  return x;
}

double ValueReader::number() {
  const size_t at = lexer_.peek().at;
  const std::string text = signedWord();
  const std::optional<double> x = numberFromText(text);
  if (!x)
    lexer_.fail(at, "text.number", fmt::format("'{}' is no number", text));
  return *x;
}

bool ValueReader::boolean() {
  if (lexer_.acceptWord("true"))
    return true;
  if (!lexer_.acceptWord("false"))
    lexer_.failExpected("true or false");
  return false;
}

std::string ValueReader::string() {
  return lexer_.unescaped(lexer_.expect(Token::Kind::string, "a string"));
}

AttrValue ValueReader::attribute(const AttrSpec &spec) {
  const auto all = [this](auto read) {
    std::vector<decltype(read())> items;
    list([&] { items.push_back(read()); });
    return items;
  };
  switch (spec.kind) {
  case AttrSpec::kindOf<bool>():
    return boolean();
  case AttrSpec::kindOf<int64_t>():
    return integer();
  case AttrSpec::kindOf<double>():
    return number();
  case AttrSpec::kindOf<std::string>():
    return string();
  case AttrSpec::kindOf<Ints>():
    return all([this] { return integer(); });
  case AttrSpec::kindOf<Floats>():
    return all([this] { return number(); });
  case AttrSpec::kindOf<Strings>():
    return all([this] { return string(); });
  case AttrSpec::kindOf<Dims>():
    return dims();
  case AttrSpec::kindOf<ElementType>():
    return elementType();
  case AttrSpec::kindOf<Type>():
    return type();
  default:
    throw InternalError(fmt::format("attribute '{}' has no kind", spec.name));
  }
}

// ---- constants ----

/// A list of items, or of such lists, which are flattened.
void ValueReader::nested(int depth, const std::function<void()> &item) {
  if (depth > kDeepestText)
    lexer_.fail(lexer_.peek().at, "text.depth", "the list nests too deeply");
  list([&] { lexer_.peek().is("[") ? nested(depth + 1, item) : item(); });
}

std::vector<std::byte> ValueReader::elements(const Type &type) {
  std::vector<std::byte> all;
  const size_t size = elementSize(type.element());
  nested(0, [&] {
    const size_t at = lexer_.peek().at;
    const std::string text = signedWord();
    std::byte bytes[16];
    if (!storeElementText(type.element(), text, bytes))
      lexer_.fail(at, "text.element",
                  fmt::format("'{}' is no element of {}", text, name(type.element())));
    all.insert(all.end(), bytes, bytes + size);
  });
  return all;
}

std::vector<std::byte> ValueReader::hex(size_t size) {
  const Token token = lexer_.expect(Token::Kind::string, "a string");
  if (token.text.size() != 2 * size)
    lexer_.fail(token.at, "text.count",
                fmt::format("has {} hexadecimal digits, expected {}", token.text.size(), 2 * size));
  std::vector<std::byte> bytes(size);
  const auto digit = [&](char c) {
    if (c >= '0' && c <= '9')
      return c - '0';
    if (c < 'a' || c > 'f')
      lexer_.fail(token.at, "text.hex", "has a character other than 0-9 and a-f");
    return c - 'a' + 10;
  };
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>(digit(token.text[2 * i]) << 4 | digit(token.text[2 * i + 1]));
  return bytes;
}

Value *ValueReader::constant(const Type &type, std::string name) {
  const size_t at = lexer_.peek().at;
  if (!type.isTensor() || !type.isStatic())
    lexer_.fail(at, "text.type",
                fmt::format("a constant is a tensor of known extents, not {}", type.text()));
  // Nothing is allocated for a size that the text does not fill.
  double count = 1;
  for (const Dim &d : type.shape()) {
    if (d.number() < 0)
      lexer_.fail(at, "text.type", fmt::format("{} has a negative extent", type.text()));
    count *= static_cast<double>(d.number());
  }
  const auto checkCount = [&](size_t actual) {
    if (static_cast<double>(actual) != count)
      lexer_.fail(
          at, "text.count",
          fmt::format("has {} elements, expected {:.0f} of {}", actual, count, type.text()));
  };
  if (lexer_.peek().is("..."))
    lexer_.fail(at, "text.elided", "the elements have been left out: this text is to be read only");
  if (type.element() == ElementType::string) {
    std::vector<std::string> strings;
    nested(0, [&] { strings.push_back(string()); });
    checkCount(strings.size());
    return module_.addStrings(type.shape(), std::move(strings), std::move(name));
  }
  const size_t size = elementSize(type.element());
  auto bytes = std::make_shared<std::vector<std::byte>>();
  if (lexer_.acceptWord("hex")) {
    if (count > 1e15)
      lexer_.fail(at, "text.count", fmt::format("{} is too large", type.text()));
    *bytes = hex(static_cast<size_t>(count) * size);
  } else {
    *bytes = elements(type);
    checkCount(bytes->size() / size);
  }
  const std::span<const std::byte> view{*bytes};
  return module_.addConstant(type, view, std::move(bytes), std::move(name));
}

} // namespace burin::ir
