// SPDX-License-Identifier: Apache-2.0
#include "codegen/names.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::codegen {
namespace {
// Keywords of C++20 and C; what the generated text uses by itself; macros that headers or compilers
// define and a model may well have as a name.
constexpr std::string_view kReserved[] = {
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break",
    "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return",
    "co_yield", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit",
    "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
    "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline",
    "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
    "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast",
    "requires", "restrict", "return", "short", "signed", "sizeof", "static", "static_assert",
    "static_cast", "struct", "switch", "template", "this", "thread_local", "throw", "true", "try",
    "typedef", "typeid", "typename", "typeof", "union", "unsigned", "using", "virtual", "void",
    "volatile", "wchar_t", "while", "xor", "xor_eq",
    // the generated text
    "burin", "int16_t", "int32_t", "int64_t", "int8_t", "intptr_t", "main", "memcmp", "memcpy",
    "memmove", "memset", "ptrdiff_t", "rt", "size_t", "std", "uint16_t", "uint32_t", "uint64_t",
    "uint8_t", "uintptr_t", "V",
    // macros
    "assert", "complex", "EOF", "ERROR", "errno", "far", "FALSE", "I", "i386", "imaginary", "IN",
    "INFINITY", "linux", "max", "min", "NAN", "near", "noreturn", "NULL", "offsetof", "OUT",
    "stderr", "stdin", "stdout", "sun", "TRUE", "unix"};

bool isAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// INT8_MAX, SIZE_MAX, INT64_C and the like; those of the runtime.
bool looksLikeMacro(std::string_view name) {
  const bool isUpper = std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
  return name.starts_with("BURIN_") ||
         (isUpper && (name.ends_with("_MAX") || name.ends_with("_MIN") || name.ends_with("_C") ||
                      name.ends_with("_WIDTH")));
}

constexpr size_t kLongest = 48;

/// The last words of a long name; of one long word its end.
std::string_view tail(std::string_view name) {
  if (name.size() <= kLongest)
    return name;
  const size_t start = name.size() - kLongest;
  const size_t word = name.find('_', start - 1);
  const bool isWhole = word != name.npos && name.size() - word > kLongest / 2;
  return isWhole ? name.substr(word + 1) : name.substr(start);
}
} // namespace

std::string identifier(std::string_view name) {
  std::string words;
  for (const char c : name)
    if (isAlnum(c))
      words += c;
    else if (!words.empty() && words.back() != '_') // no "__", which is reserved
      words += '_';
  while (!words.empty() && words.back() == '_')
    words.pop_back();
  std::string out(tail(words));
  if (out.empty() || isDigit(out[0]))
    out = "t" + out;
  if (std::ranges::find(kReserved, out) != std::end(kReserved) || looksLikeMacro(out))
    out += '_';
  return out;
}

std::string_view commonScope(std::span<const std::string_view> names) {
  if (names.size() < 2)
    return {};
  std::string_view common = names[0];
  for (const std::string_view name : names) {
    size_t same = 0;
    while (same < common.size() && same < name.size() && common[same] == name[same])
      ++same;
    common = common.substr(0, same);
  }
  const auto isGood = [](std::string_view scope, std::string_view name) {
    return scope.size() < name.size() &&
           !isDigit(name[scope.size()]); // "layers." of "layers.0" tells
  };
  for (;; common.remove_suffix(1)) {
    const size_t end = common.find_last_of("/.:");
    common = common.substr(0, end == common.npos ? 0 : end + 1);
    if (common.empty() ||
        std::ranges::all_of(names, [&](std::string_view n) { return isGood(common, n); }))
      return common;
  }
}

std::string commentText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool printable =
        static_cast<unsigned char>(c) >= 32 && static_cast<unsigned char>(c) < 127;
    // A backslash joins lines, `??/` is one in old standards, `*/` ends a block comment, and `/*`
    // in one is a warning.
    const char last = out.empty() ? ' ' : out.back();
    const bool opensOrEnds = (c == '/' && last == '*') || (c == '*' && last == '/');
    out += !printable || c == '\\' || c == '?' || opensOrEnds ? '_' : c;
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
    taken_.emplace(name);
}

std::string Scope::fresh(std::string_view name, std::initializer_list<std::string_view> suffixes) {
  const std::string base = identifier(name);
  std::string candidate = base;
  const auto isFree = [&] {
    return !has(candidate) && std::ranges::none_of(suffixes, [&](std::string_view s) {
      return has(candidate + std::string(s));
    });
  };
  // Where many names are equal, the search goes on where it ended.
  for (int &i = next_.try_emplace(base, 2).first->second; !isFree(); ++i)
    candidate = fmt::format("{}_{}", base, i);
  take(candidate);
  for (const std::string_view suffix : suffixes)
    take(candidate + std::string(suffix));
  return candidate;
}

} // namespace burin::codegen
