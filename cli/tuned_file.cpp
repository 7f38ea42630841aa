// SPDX-License-Identifier: Apache-2.0
#include "cli/tuned_file.h"

#include "cli/mapped_file.h"
#include "cli/process.h"
#include "cli/testbench.h"
#include "ir/diagnostic.h"

#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kHead =
    "# Made by burin compile --tune: the fastest form of each layer, as measured. Lines can be\n"
    "# deleted to measure them again.\n"
    "# compiler, target, layer, form, microseconds\n";

TunedRow &addRow(TunedRows &rows, const fs::path &path, size_t number, std::string_view line) {
  const std::vector<std::string_view> cells = split(line, '\t');
  double microseconds = 0;
  const bool isRow =
      cells.size() == 5 &&
      std::from_chars(cells[4].data(), cells[4].data() + cells[4].size(), microseconds).ptr ==
          cells[4].data() + cells[4].size() &&
      !cells[3].empty();
  if (!isRow)
    throw CompileError(
        Problem::unreadable, {},
        fmt::format("{}:{}: expected compiler, target, layer, form and microseconds, "
                    "with tabs between them",
                    path.string(), number))
        .hint("delete the line; --tune measures its layer again");
  TunedRow &row = rows[{std::string(cells[0]), std::string(cells[1]), std::string(cells[2])}];
  row = {std::string(cells[3]), microseconds};
  return row;
}

} // namespace

TunedRows readTuned(const fs::path &path) {
  TunedRows rows;
  if (!fs::exists(path))
    return rows;
  const MappedFile file(path);
  size_t number = 0;
  for (const std::string_view line : split(file.text(), '\n'))
    if (++number; !line.empty() && line.front() != '#')
      addRow(rows, path, number, line);
  return rows;
}

std::string tunedText(const TunedRows &rows) {
  std::string text(kHead);
  for (const auto &[key, row] : rows)
    text += fmt::format("{}\t{}\t{}\t{}\t{:.1f}\n", key.compiler, key.target, key.layer, row.form,
                        row.microseconds);
  return text;
}

std::string compilerText(const Settings &settings) {
  const std::string program = compilerOf(settings);
  const ProcessResult result = runProcess({program, "--version"}, std::chrono::seconds{60});
  std::string text = result.output.substr(0, result.output.find('\n'));
  for (char &c : text)
    c = static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return fmt::format("{} {}", result.succeeded() ? text : program,
                     fmt::join(compilerFlagsOf(settings), " "));
}

std::string targetText(const Settings &settings) {
  return fmt::format("{} {}", settings.text("target"), settings.text("optimize"));
}

ir::Choices tunedChoices(const Settings &settings) {
  ir::Choices choices;
  if (!settings.has("tuned"))
    return choices;
  const fs::path path = settings.text("tuned");
  const std::string target = targetText(settings);
  std::set<std::string> compilers;
  const TunedRows rows = readTuned(path);
  for (const auto &[key, row] : rows)
    if (key.target == target)
      compilers.insert(key.compiler);
  const bool isChosen = settings.has("cc") || settings.has("cxxflags");
  const std::string compiler = isChosen            ? compilerText(settings)
                               : compilers.empty() ? ""
                                                   : *compilers.begin();
  if (!isChosen && compilers.size() > 1)
    throw CompileError(Problem::usage, {},
                       fmt::format("{} has choices for several compilers: {}", path.string(),
                                   fmt::join(compilers, "; ")))
        .hint("--cc and --cxxflags say which one");
  for (const auto &[key, row] : rows)
    if (key.target == target && key.compiler == compiler)
      choices.emplace(key.layer, row.form);
  if (rows.empty())
    fmt::print(stderr, "warning: {} has no choices yet: they are estimated; --tune measures\n",
               path.string());
  else if (choices.empty())
    fmt::print(stderr, "warning: {} has no choices for {}{}{}: they are estimated\n", path.string(),
               target, compiler.empty() ? "" : " and ", compiler);
  return choices;
}

} // namespace burin::cli
