// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

namespace burin::cli {
namespace {
std::string_view environment(const char *name) {
  const char *const value = std::getenv(name);
  return value ? value : std::string_view{};
}

std::string_view codeOf(Color color) {
  switch (color) {
  case Color::bold:
    return "1";
  case Color::red:
    return "1;31";
  case Color::green:
    return "1;32";
  case Color::yellow:
    return "1;33";
  case Color::cyan:
    return "1;36";
  }
  return "0";
}
} // namespace

bool isTerminal(std::FILE *file) { return ::isatty(::fileno(file)) != 0; }

bool useColor(std::string_view when, std::FILE *file) {
  if (when != "auto")
    return when == "always";
  return environment("NO_COLOR").empty() && environment("TERM") != "dumb" && isTerminal(file);
}

std::string paint(std::string_view text, Color color, bool enabled) {
  return enabled ? fmt::format("\033[{}m{}\033[0m", codeOf(color), text) : std::string(text);
}

std::string printable(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F, controls too, are C2 80 to C2 9F in UTF-8.
    const bool isC1 = c == 0xC2 && i + 1 < text.size() &&
                      static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                      static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (isC1)
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    else if (c < 0x20 || c == 0x7F)
      result += c == '\n' ? "\\n" : c == '\t' ? "\\t" : fmt::format("\\x{:02x}", c);
    else
      result += text[i];
  }
  return result;
}

} // namespace burin::cli
