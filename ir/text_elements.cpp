// SPDX-License-Identifier: Apache-2.0
#include "ir/text_elements.h"

#include "ir/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace burin::ir {
namespace {

template <class T> T load(const std::byte *from) {
  T x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

template <class T> std::optional<T> fromText(std::string_view text) {
  T x;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return x;
}

template <class T> bool storeAs(std::string_view text, std::byte *to) {
  const std::optional<T> x = fromText<T>(text);
  if (x)
    std::memcpy(to, &*x, sizeof *x);
  return x.has_value();
}

/// Integers of up to 32 bits, and sub-byte ones, by way of int64_t.
bool storeSmallInteger(ElementType e, std::string_view text, std::byte *to) {
  const std::optional<int64_t> x = fromText<int64_t>(text);
  if (!x)
    return false;
  storeInteger(e, *x, to);
  return loadInteger(e, to) == *x;
}

template <class T> std::string shortest(T x) {
  return std::isnan(x) ? "nan" : fmt::format("{}", x); // fmt prints the sign of a NaN
}

bool isAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// Bytes of the UTF-8 sequence at the front, 0 if it is none.
size_t utf8Length(std::string_view s) {
  const auto byte = [&](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80)
    return 1;
  if (first >= 0xC2 && first < 0xE0)
    return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first < 0xF0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0,
               surrogate = first == 0xED && byte(1) > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first < 0xF5) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90,
               tooLarge = first == 0xF4 && byte(1) > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !tooLarge ? 4 : 0;
  }
  return 0;
}

} // namespace

std::string elementText(ElementType e, const std::byte *from) {
  switch (e) {
  case ElementType::f64:
    return shortest(load<double>(from));
  case ElementType::boolean:
    return load<uint8_t>(from) ? "true" : "false";
  case ElementType::u64:
    return std::to_string(load<uint64_t>(from));
  case ElementType::c64:
  case ElementType::c128:
  case ElementType::string:
    return {};
  default: // any other float is exact in f32
    return isFloat(e) ? shortest(static_cast<float>(loadNumber(e, from)))
                      : std::to_string(loadInteger(e, from));
  }
}

bool storeElementText(ElementType e, std::string_view text, std::byte *to) {
  switch (e) {
  case ElementType::f32:
    return storeAs<float>(text, to);
  case ElementType::f64:
    return storeAs<double>(text, to);
  case ElementType::i64:
    return storeAs<int64_t>(text, to);
  case ElementType::u64:
    return storeAs<uint64_t>(text, to);
  case ElementType::boolean:
    *to = std::byte{text == "true" || text == "1"};
    return *to == std::byte{1} || text == "false" || text == "0";
  case ElementType::c64:
  case ElementType::c128:
  case ElementType::string:
    return false;
  default:
    break;
  }
  if (!isFloat(e))
    return storeSmallInteger(e, text, to);
  const std::optional<double> x = fromText<double>(text);
  if (x)
    storeNumber(e, *x, to);
  return x.has_value();
}

std::string numberText(double x) { return shortest(x); }
std::optional<double> numberFromText(std::string_view text) { return fromText<double>(text); }

std::string quoted(std::string_view s) {
  std::string out = "\"";
  while (!s.empty()) {
    const size_t length = utf8Length(s);
    const char c = s.front();
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (length == 0 || (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)))
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += s.substr(0, length);
    s.remove_prefix(std::max<size_t>(length, 1));
  }
  return out + "\"";
}

bool isNameCharacter(char c) {
  return isAsciiLetter(c) || isDigit(c) || c == '_' || c == '.' || c == '$' || c == '-';
}

bool isIdentifier(std::string_view s) {
  return !s.empty() && !isDigit(s.front()) &&
         std::ranges::all_of(s, [](char c) { return isAsciiLetter(c) || isDigit(c) || c == '_'; });
}

bool isDigits(std::string_view s) { return !s.empty() && std::ranges::all_of(s, isDigit); }

std::string nameText(std::string_view name) {
  const bool plain = !name.empty() && std::ranges::all_of(name, isNameCharacter);
  return plain && !isDigits(name) ? std::string(name) : quoted(name);
}

} // namespace burin::ir
