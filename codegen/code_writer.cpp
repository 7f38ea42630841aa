// SPDX-License-Identifier: Apache-2.0
#include "codegen/code_writer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace burin::codegen {
namespace {
constexpr size_t kColumns = 100;

struct Break {
  size_t at;     ///< the first character of the next line
  size_t column; ///< where it goes
  size_t depth;
};

/// `<` of "View<float, 1>", not of "a < b".
bool isTemplateBracket(const std::string &line, size_t i) {
  return line[i] == '<' && i > 0 && line[i - 1] != ' ' && line[i - 1] != '<' &&
         i + 1 < line.size() && line[i + 1] != ' ' && line[i + 1] != '<' && line[i + 1] != '=';
}

/// The last comma or operator of the outermost bracket that leaves a first part of at most 100
/// columns.
std::optional<Break> findBreak(const std::string &line, size_t indent) {
  std::vector<size_t> open;
  std::vector<char> brackets;
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
    } else if (c == '(' || c == '{' || c == '[' || isTemplateBracket(line, i)) {
      open.push_back(i + 1);
      brackets.push_back(c);
    } else if (((c == '>' && !brackets.empty() && brackets.back() == '<') || c == ')' || c == '}' ||
                c == ']') &&
               !open.empty()) {
      open.pop_back();
      brackets.pop_back();
    } else if (c == '=' && open.empty() && i > 0 && line[i - 1] == ' ' && i + 1 < line.size() &&
               line[i + 1] == ' ') {
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

/// Where the trailing comment of a line of code begins; npos if it has none.
size_t trailingComment(std::string_view line) {
  const size_t code = line.find_first_not_of(' ');
  if (code == std::string_view::npos || line.substr(code, 2) == "//")
    return std::string_view::npos;
  bool quoted = false;
  for (size_t i = code; i + 2 < line.size(); ++i) {
    if (line[i] == '\\' && quoted)
      ++i;
    else if (line[i] == '"')
      quoted = !quoted;
    else if (!quoted && line[i] == ' ' && line[i + 1] == '/' && line[i + 2] == '/')
      return i;
  }
  return std::string_view::npos;
}
} // namespace

std::string CodeWriter::take() {
  const std::string text = std::exchange(text_, {});
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  // Trailing comments of neighbouring lines stand below each other.
  struct Commented {
    std::string_view code, comment;
  };
  std::vector<Commented> group;
  const auto endGroup = [&] {
    size_t column = 0;
    for (const Commented &line : group)
      column = std::max(column, line.code.size());
    for (const Commented &line : group) {
      out += line.code;
      out.append(column - line.code.size() + 1, ' ');
      out += line.comment;
      out += '\n';
    }
    group.clear();
  };
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const size_t comment = trailingComment(line);
    if (comment != std::string_view::npos) {
      const size_t end = line.find_last_not_of(' ', comment);
      group.push_back({line.substr(0, end + 1), line.substr(comment + 1)});
      continue;
    }
    endGroup();
    out += line;
    out += '\n';
  }
  endGroup();
  return out;
}

void CodeWriter::line(std::string_view text) {
  if (text.empty()) {
    text_ += '\n';
    return;
  }
  if (text.starts_with("//")) { // whole, whatever its length
    text_ += std::string(indent_, ' ') + std::string(text) + '\n';
    return;
  }
  // Only a window of a line is looked at and copied: one with all values of a model is long.
  const size_t own = indent_ + text.find_first_not_of(' ');
  size_t column = indent_;
  while (column + text.size() > kColumns) {
    std::string head = std::string(column, ' ');
    head += text.substr(0, kColumns + 2 - std::min(column, kColumns));
    const std::optional<Break> at = findBreak(head, own);
    // Only where the rest is shorter then and something stands before it.
    if (!at || at->at >= column + text.size() || at->column >= at->at)
      break;
    head.resize(at->at);
    while (!head.empty() && head.back() == ' ')
      head.pop_back();
    if (head.empty())
      break;
    text_ += head + '\n';
    text.remove_prefix(at->at - column);
    column = at->column;
  }
  text_.append(column, ' ');
  text_ += text;
  text_ += '\n';
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
