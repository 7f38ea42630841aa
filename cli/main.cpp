// SPDX-License-Identifier: Apache-2.0
//
// The program: words in, exit code out. Every exception ends here.
#include "cli/command_line.h"
#include "cli/help.h"
#include "cli/problems.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#include <algorithm>
#include <fmt/format.h>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>

namespace {
using namespace burin;
using namespace burin::cli;

/// What a user can ask for without a verb; nothing if there is a verb.
std::optional<int> runWithoutVerb(const std::vector<std::string> &words) {
  if (words.empty()) {
    fmt::print(stderr, "{}", programHelp(false));
    return kUsage;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "--help-all") {
    print(programHelp(words[0] == "--help-all"));
    return kOk;
  }
  const bool json = words.size() == 2 && words[1] == "--json";
  if (words[0] == "--version" && (words.size() == 1 || json))
    return printVersion(json);
  return std::nullopt;
}

/// `file` becomes what problems are in: the program, until the command line is understood.
int runProgram(std::vector<std::string> words, Settings &settings, std::string &file) {
  if (const std::optional<int> code = runWithoutVerb(words))
    return *code;
  parseCommandLine(std::move(words), settings);
  const bool all = settings.flag("help-all");
  if (all || settings.flag("help")) {
    print(verbHelp(rowOf(settings.verb), all));
    return kOk;
  }
  if (optionNamed("input-format").verbs & bit(settings.verb)) // it reads a model
    file = settings.arguments.front();
  return runVerb(settings);
}

int report(std::span<const Diagnostic> problems, const Settings &settings, std::string_view file) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Diagnostic &problem : problems)
    list.push_back(toJson(problem));
  if (settings.text("diagnostics-format") == "json") {
    for (const nlohmann::ordered_json &one : list)
      fmt::print(stderr, "{}", dump(one, true));
  } else {
    const bool isUsage = std::ranges::any_of(
        problems, [](const Diagnostic &d) { return d.problem == Problem::usage; });
    const ProblemStyle style{isUsage ? "burin" : file, useColor(settings.text("color"), stderr),
                             settings.flag("verbose")};
    fmt::print(stderr, "{}", toText(problems, style));
  }
  if (settings.flag("json"))
    fmt::print("{}", dump({{"errors", list}, {"summary", summaryOf(problems)}}, false));
  const ExitCode code = exitCodeOf(problems);
  // What `check` finds is its answer; only what it could not look at is not.
  const bool isAnswer = code == kUnsupported || std::ranges::all_of(problems, [](const auto &d) {
                          return d.problem != Problem::unreadable && d.problem != Problem::usage;
                        });
  return settings.verb == Verb::check && isAnswer ? kNegative : code;
}

int reportInternalError(std::string_view what) {
  fmt::print(
      stderr,
      "burin: internal error: {}\n"
      "  this is a bug of burin {}, not of the model; please report it with the command and, "
      "if you can, the model\n",
      what, version());
  return kInternalError;
}

int runGuarded(std::vector<std::string> words) {
  Settings settings;
  std::string file = "burin";
  try {
    const int code = runProgram(std::move(words), settings, file);
    if (std::fflush(stdout) != 0)
      throw CompileError(Problem::usage, {}, "cannot write to stdout");
    return code;
  } catch (const CompileError &error) {
    return report({&error.diagnostic(), 1}, settings, file);
  } catch (const CompileErrors &errors) {
    return report(errors.all(), settings, file);
  } catch (const std::bad_alloc &) {
    fmt::print(stderr, "burin: error: out of memory\n");
    return kInternalError;
  }
}

} // namespace

int main(int argc, char **argv) {
  try {
    return runGuarded({argv + 1, argv + argc});
  } catch (const std::exception &error) { // InternalError, and what should have been one
    return reportInternalError(error.what());
  }
}
