// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/problems.h"

#include <fmt/format.h>

namespace burin::savedmodel {
namespace {
CompileError problem(Problem kind, std::string_view code, std::string text) {
  return CompileError(kind, {}, std::move(text)).code(fmt::format("savedmodel.{}", code));
}
} // namespace

std::string quote(std::string_view text) {
  constexpr size_t kLongest = 120;
  std::string result = "'";
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      result += fmt::format("\\x{:02x}", byte);
    else
      result += c;
  }
  return result + (text.size() > kLongest ? "...'" : "'");
}

CompileError unreadable(std::string_view code, std::string text) {
  return problem(Problem::unreadable, code, std::move(text));
}
CompileError invalid(std::string_view code, std::string text) {
  return problem(Problem::invalid, code, std::move(text));
}
CompileError unsupported(std::string_view code, std::string text) {
  return problem(Problem::unsupported, code, std::move(text));
}
CompileError misused(std::string_view code, std::string text) {
  return problem(Problem::usage, code, std::move(text));
}

} // namespace burin::savedmodel
