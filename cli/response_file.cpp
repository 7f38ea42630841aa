// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include "cli/mapped_file.h"
#include "ir/diagnostic.h"

#include <fmt/format.h>

namespace burin::cli {
namespace {

/// Cuts a text into words.
class Words {
public:
  Words(std::string_view text, std::string_view file) : text_{text}, file_{file} {}

  std::vector<std::string> all() {
    std::vector<std::string> words;
    while (skipBlanks())
      words.push_back(word());
    return words;
  }

private:
  static bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  /// False at the end of the text.
  bool skipBlanks() {
    while (!text_.empty() && (isBlank(text_.front()) || text_.front() == '#'))
      text_.remove_prefix(text_.front() == '#' ? std::min(text_.find('\n'), text_.size()) : 1);
    return !text_.empty();
  }

  std::string word() {
    std::string word;
    char quote = 0;
    while (!text_.empty() && (quote || !isBlank(text_.front()))) {
      const char c = text_.front();
      text_.remove_prefix(1);
      if (c == quote) {
        quote = 0;
      } else if (!quote && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == '\\' && quote != '\'' && !text_.empty()) {
        word += text_.front();
        text_.remove_prefix(1);
      } else {
        word += c;
      }
    }
    if (quote)
      throw CompileError(Problem::usage, {},
                         fmt::format("a quote {} in '{}' does not end", quote, file_));
    return word;
  }

  std::string_view text_, file_;
};

} // namespace

std::vector<std::string> expandResponseFiles(std::vector<std::string> words) {
  std::vector<std::string> expanded;
  for (std::string &word : words) {
    // `--input @x.npy` is an array, not a file of options.
    const bool isValue = !expanded.empty() && expanded.back() == "--input";
    if (word.size() < 2 || word[0] != '@' || isValue) {
      expanded.push_back(std::move(word));
      continue;
    }
    const std::string path = word.substr(1);
    const MappedFile file(path);
    for (std::string &inner : Words(file.text(), path).all()) {
      if (inner.size() > 1 && inner[0] == '@')
        throw CompileError(Problem::usage, {},
                           fmt::format("'{}' names another file of options, '{}'", path, inner));
      expanded.push_back(std::move(inner));
    }
  }
  return expanded;
}

} // namespace burin::cli
