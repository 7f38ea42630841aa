// SPDX-License-Identifier: Apache-2.0
#include "codegen/code_writer.h"

#include <algorithm>
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

/// `<` of "View<float, 1>", not of "a < b".
bool isTemplateBracket(const std::string &line, size_t i) {
  return line[i] == '<' && i > 0 && line[i - 1] != ' ' && line[i - 1] != '<' && i + 1 < line.size() && line[i + 1] != ' ' && line[i + 1] != '<' && line[i + 1] != '=';
}

/// The last comma or operator of the outermost bracket that leaves a first part of at most 100 columns.
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
    } else if (((c == '>' && !brackets.empty() && brackets.back() == '<') || c == ')' || c == '}' || c == ']') && !open.empty()) {
      open.pop_back();
      brackets.pop_back();
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
  // Trailing comments of neighbouring lines stand below each other.
  std::vector<std::string> lines;
  for (size_t at = 0; at < text_.size();) {
    const size_t end = std::min(text_.find('\n', at), text_.size());
    lines.emplace_back(text_, at, end - at);
    at = end + 1;
  }
  text_.clear();
  std::string out;
  for (size_t i = 0; i < lines.size();) {
    size_t j = i, column = 0;
    while (j < lines.size() && trailingComment(lines[j]) != std::string::npos) {
      std::string_view code = std::string_view(lines[j]).substr(0, trailingComment(lines[j]));
      while (!code.empty() && code.back() == ' ')
        code.remove_suffix(1);
      column = std::max(column, code.size());
      ++j;
    }
    if (j == i) {
      out += lines[i++] + '\n';
      continue;
    }
    for (; i < j; ++i) {
      const size_t comment = trailingComment(lines[i]);
      std::string code = lines[i].substr(0, comment);
      while (!code.empty() && code.back() == ' ')
        code.pop_back();
      out += code + std::string(column - code.size() + 1, ' ') + lines[i].substr(comment + 1) + '\n';
    }
  }
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
