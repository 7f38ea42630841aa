// SPDX-License-Identifier: Apache-2.0
#include "codegen/code_writer.h"

#include <optional>
#include <vector>

namespace burin::codegen {
namespace {
constexpr size_t kColumns = 100;

struct Break {
  size_t at;     ///< the first character of the next line
  size_t column; ///< where it goes
  size_t depth;
};

/// The last comma or operator of the outermost bracket that leaves a first part of at most 100 columns.
std::optional<Break> findBreak(const std::string &line, size_t indent) {
  std::vector<size_t> open;
  std::optional<Break> best;
  bool quoted = false;
  size_t assignment = 0;
  for (size_t i = 0; i < line.size() && i <= kColumns; ++i) {
    const char c = line[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
      continue;
    }
    if (c == '"') {
      quoted = true;
    } else if (c == '(' || c == '{' || c == '[') {
      open.push_back(i + 1);
    } else if ((c == ')' || c == '}' || c == ']') && !open.empty()) {
      open.pop_back();
    } else if (c == '=' && open.empty() && i > 0 && line[i - 1] == ' ' && i + 1 < line.size() && line[i + 1] == ' ') {
      assignment = i + 2;
    } else if (c == ',' && i + 1 < line.size() && line[i + 1] == ' ' && i < kColumns) {
      const size_t depth = open.size();
      if (!best || depth <= best->depth)
        best = Break{i + 2, open.empty() ? indent + 4 : open.back(), depth};
    }
  }
  if (!best && assignment && assignment < kColumns)
    best = Break{assignment, indent + 4, 0};
  return best;
}
} // namespace

void CodeWriter::line(std::string_view text) {
  if (text.empty()) {
    text_ += '\n';
    return;
  }
  std::string rest = std::string(indent_, ' ') + std::string(text);
  const size_t own = rest.find_first_not_of(' ');
  while (rest.size() > kColumns) {
    const std::optional<Break> at = findBreak(rest, own);
    if (!at || at->at >= rest.size())
      break;
    std::string head = rest.substr(0, at->at);
    while (!head.empty() && head.back() == ' ')
      head.pop_back();
    std::string tail = std::string(at->column, ' ') + rest.substr(at->at);
    if (head.find_first_not_of(' ') == std::string::npos || tail.size() >= rest.size())
      break;
    text_ += head + '\n';
    rest = std::move(tail);
  }
  text_ += rest + '\n';
}

void CodeWriter::comment(std::string_view text) {
  const std::string start = std::string(indent_, ' ') + "//";
  std::string current = start;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (current.size() + 1 + word.size() > kColumns && current != start) {
      text_ += current + '\n';
      current = start;
    }
    current += ' ';
    current += word;
    text = text.substr(std::min(end + 1, text.size()));
  }
  text_ += current + '\n';
}

} // namespace burin::codegen
