// SPDX-License-Identifier: Apache-2.0
//
// A test file: cases between lines of `---`. Each is a module as text; what to do with it and what
// to expect stands in comments, and behind a line `--- expect`. README.md tells the directives.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace burin::tests {

/// A comment such as `# input %x = [1, 2]`: the name is its first word, the value the rest. It goes
/// on, on lines of comments, until its brackets are closed.
struct Directive {
  std::string name, value;
  size_t begin = 0, end = 0; ///< its lines within the case
};

struct Case {
  std::string file;
  size_t line = 1; ///< of the file, where the case begins
  std::string text;
  std::optional<std::string> expected; ///< what follows `--- expect`
  std::vector<Directive> directives;   ///< with those of the first case that this one lacks

  const Directive *find(std::string_view name) const;
  std::string valueOf(std::string_view name) const; ///< empty if absent
};

struct TestFile {
  std::string path;
  std::vector<Case> cases;
};

TestFile readCases(const std::string &path);
void writeCases(const TestFile &);

// ---- text ----

std::vector<std::string> linesOf(std::string_view text);
std::string joined(const std::vector<std::string> &lines); ///< each with its end
std::string trimmed(std::string_view);
/// Words between commas.
std::vector<std::string> commaSeparated(std::string_view);
/// The lines that differ, with - for what is expected and + for what is there.
std::string difference(std::string_view expected, std::string_view actual);

} // namespace burin::tests
