// SPDX-License-Identifier: Apache-2.0
#include "codegen/names.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace burin::codegen {
namespace {
// Of C++20 and C, and what the generated text uses by itself.
constexpr std::string_view kKeywords[] = {
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "burin", "case", "catch", "char", "char16_t", "char32_t",
    "char8_t", "class", "co_await", "co_return", "co_yield", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
    "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto",
    "if", "inline", "int", "long", "main", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or", "or_eq", "private",
    "protected", "public", "register", "reinterpret_cast", "requires", "restrict", "return", "rt", "short", "signed", "sizeof", "static", "static_assert",
    "static_cast", "std", "struct", "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "union",
    "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq"};

bool isAlnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 128; }
} // namespace

std::string identifier(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (isAlnum(c))
      out += c;
    else if (!out.empty() && out.back() != '_') // no "__", which is reserved
      out += '_';
  while (!out.empty() && out.back() == '_')
    out.pop_back();
  if (out.empty() || std::isdigit(static_cast<unsigned char>(out[0])))
    out = "t" + out;
  constexpr size_t kLongest = 80;
  if (out.size() > kLongest)
    out = out.substr(out.size() - kLongest);
  if (!isAlnum(out[0]) || std::isdigit(static_cast<unsigned char>(out[0])))
    out = "t" + out;
  if (std::ranges::find(kKeywords, out) != std::end(kKeywords))
    out += '_';
  return out;
}

std::string commentText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool printable = static_cast<unsigned char>(c) >= 32 && static_cast<unsigned char>(c) < 127;
    // A backslash joins lines, `??/` is one in old standards, `*/` ends a block comment.
    out += !printable || c == '\\' || c == '?' || (c == '/' && !out.empty() && out.back() == '*') ? '_' : c;
  }
  constexpr size_t kLongest = 200;
  if (out.size() > kLongest)
    out = out.substr(0, kLongest) + "...";
  return out;
}

std::string stringLiteral(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '?' || byte < 32 || byte >= 127)
      out += fmt::format("\\{:03o}", byte);
    else
      out += c;
  }
  return out + "\"";
}

Scope::Scope(std::initializer_list<std::string_view> taken) {
  for (const std::string_view name : taken)
    taken_.emplace(name, 2);
}

std::string Scope::fresh(std::string_view name) {
  const std::string base = identifier(name);
  const auto [it, isNew] = taken_.emplace(base, 2);
  if (isNew)
    return base;
  int &next = it->second; // stays where it is while others come in
  std::string candidate;
  do
    candidate = fmt::format("{}_{}", base, next++);
  while (!taken_.emplace(candidate, 2).second);
  return candidate;
}

} // namespace burin::codegen
