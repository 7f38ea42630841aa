// SPDX-License-Identifier: Apache-2.0
#include "tests/gir/case.h"

#include "ir/diagnostic.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace burin::tests {
namespace {

constexpr std::string_view kSeparator = "---", kExpect = "--- expect";
/// Directives that all cases of a file share, unless they have their own.
constexpr std::string_view kShared[] = {
    "roundtrip", "verify",    "eval",     "pass:",       "pipeline", "target:",
    "only:",     "optimize:", "disable:", "stop-after:", "tolerance"};
constexpr std::string_view kOwn[] = {"input", "expect"};

bool isDirective(std::string_view name) {
  return std::ranges::find(kShared, name) != std::end(kShared) ||
         std::ranges::find(kOwn, name) != std::end(kOwn);
}

int openBrackets(std::string_view text) {
  int open = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      inString = !inString;
    else if (!inString)
      open += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
  }
  return open;
}

std::vector<Directive> directivesOf(const std::vector<std::string> &lines) {
  std::vector<Directive> all;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].starts_with("# "))
      continue;
    const std::string body = trimmed(std::string_view(lines[i]).substr(2));
    const size_t space = std::min(body.find(' '), body.size());
    Directive d{body.substr(0, space), trimmed(body.substr(space)), i, i + 1};
    if (!isDirective(d.name))
      continue;
    while (openBrackets(d.value) > 0 && d.end < lines.size() && lines[d.end].starts_with("#"))
      d.value += " " + trimmed(std::string_view(lines[d.end++]).substr(1));
    all.push_back(std::move(d));
  }
  return all;
}

} // namespace

const Directive *Case::find(std::string_view name) const {
  const auto it = std::ranges::find(directives, name, &Directive::name);
  return it == directives.end() ? nullptr : &*it;
}

std::string Case::valueOf(std::string_view name) const {
  const Directive *d = find(name);
  return d ? d->value : std::string();
}

TestFile readCases(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    throw CompileError(Problem::unreadable, {}, fmt::format("cannot read {}", path));
  std::stringstream content;
  content << stream.rdbuf();

  TestFile file{path, {}};
  const std::vector<std::string> lines = linesOf(content.str());
  std::vector<std::string> text, expected;
  bool inExpected = false;
  size_t line = 1;
  const auto finish = [&](size_t next) {
    Case c{path, line, joined(text), std::nullopt, directivesOf(text)};
    if (inExpected)
      c.expected = joined(expected);
    file.cases.push_back(std::move(c));
    text.clear();
    expected.clear();
    inExpected = false;
    line = next;
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == kSeparator)
      finish(i + 2);
    else if (lines[i] == kExpect)
      inExpected = true;
    else
      (inExpected ? expected : text).push_back(lines[i]);
  }
  finish(0);
  for (size_t i = 1; i < file.cases.size(); ++i)
    for (const Directive &d : file.cases[0].directives)
      if (std::ranges::find(kShared, d.name) != std::end(kShared) && !file.cases[i].find(d.name))
        file.cases[i].directives.push_back(d);
  return file;
}

void writeCases(const TestFile &file) {
  std::ofstream stream(file.path, std::ios::binary);
  for (size_t i = 0; i < file.cases.size(); ++i) {
    const Case &c = file.cases[i];
    stream << (i ? "---\n" : "") << c.text;
    if (c.expected)
      stream << kExpect << '\n' << *c.expected;
  }
}

// ---- text ----

std::vector<std::string> linesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string joined(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines)
    text += line + '\n';
  return text;
}

std::string trimmed(std::string_view s) {
  const size_t begin = s.find_first_not_of(" \t\n\r");
  if (begin == s.npos)
    return {};
  return std::string(s.substr(begin, s.find_last_not_of(" \t\n\r") - begin + 1));
}

std::vector<std::string> commaSeparated(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    words.push_back(trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string difference(std::string_view expected, std::string_view actual) {
  const std::vector<std::string> a = linesOf(expected), b = linesOf(actual);
  // The longest common subsequence; test modules are short.
  std::vector<std::vector<size_t>> common(a.size() + 1, std::vector<size_t>(b.size() + 1, 0));
  for (size_t i = a.size(); i-- > 0;)
    for (size_t j = b.size(); j-- > 0;)
      common[i][j] =
          a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::string text;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      text += fmt::format("    {}\n", a[i]);
      ++i, ++j;
    } else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
      text += fmt::format("  - {}\n", a[i++]);
    } else {
      text += fmt::format("  + {}\n", b[j++]);
    }
  }
  return text;
}

} // namespace burin::tests
