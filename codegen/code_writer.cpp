// SPDX-License-Identifier: Apache-2.0
#include "codegen/code_writer.h"

#include "codegen/line_breaks.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace burin::codegen {
namespace {
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
  size_t leftmost = 0, rightmost = kColumns; ///< where those of the group may begin
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  // Trailing comments of neighbouring lines stand below each other, as far as there is room.
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
    leftmost = 0;
    rightmost = kColumns;
  };
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const size_t comment = trailingComment(line);
    if (comment != std::string_view::npos) {
      const size_t end = line.find_last_not_of(' ', comment);
      const Commented both{line.substr(0, end + 1), line.substr(comment + 1)};
      const size_t first = both.code.size() + 1;
      const size_t last =
          kColumns - std::min(both.comment.size(), kColumns - std::min(first, kColumns));
      if (first > rightmost || last < leftmost)
        endGroup();
      leftmost = std::max(leftmost, first);
      rightmost = std::min(rightmost, last);
      group.push_back(both);
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
  const size_t start = text.find_first_not_of(' ');
  const size_t own = indent_ + start;
  const bool whole =
      text[start] == '#' || text.substr(0, 2) == "/*" || trailingComment(text) != text.npos;
  if (whole || indent_ + text.size() <= kColumns) {
    text_.append(indent_, ' ');
    text_ += text;
    text_ += '\n';
    return;
  }
  for (const std::string &part : brokenLines(text.substr(start), own))
    text_ += part + '\n';
}

void CodeWriter::beginFunction(std::string_view signature) {
  line(std::string(signature) + " {");
  body_ = text_.size();
  indent();
}

void CodeWriter::endFunction() {
  outdent();
  const std::string_view body = std::string_view(text_).substr(body_);
  if (body.empty()) {
    text_.pop_back();
    text_ += "}\n";
    return;
  }
  const size_t head = text_.rfind('\n', body_ - 2) + 1;
  const size_t code = indent_ + 2;
  const bool isOneLine = body.size() > code && body.find('\n') == body.size() - 1;
  const bool fits = body_ - 1 - head + 1 + body.size() - code - 1 + 2 <= kColumns;
  const bool isWhole =
      text_.compare(head, indent_, std::string(indent_, ' ')) == 0 && text_[head + indent_] != ' ';
  if (!isOneLine || !fits || !isWhole || trailingComment(body) != body.npos)
    return line("}");
  text_.pop_back();
  text_.replace(body_ - 1, code + 1, " ");
  text_ += " }\n";
}

void CodeWriter::comment(std::string_view text, std::string_view marker) {
  const std::string start = std::string(indent_, ' ') + std::string(marker);
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
