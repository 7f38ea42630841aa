// SPDX-License-Identifier: Apache-2.0
//
// The table of verbs, and those that only print a text.
#include "cli/verbs.h"

#include "cli/completion.h"
#include "cli/documents.h"
#include "cli/help.h"
#include "cli/problems.h"

#include <nlohmann/json.hpp>

namespace burin::cli {

int runVerb(const Settings &settings) {
  switch (settings.verb) {
  case Verb::compile:
    return runCompile(settings);
  case Verb::inspect:
    return runInspect(settings);
  case Verb::check:
    return runCheck(settings);
  case Verb::validate:
    return runValidate(settings);
  case Verb::run:
    return runRun(settings);
  case Verb::ops:
    return runOps(settings);
  case Verb::completion:
    return runCompletion(settings);
  case Verb::help:
    return runHelp(settings);
  case Verb::options:
    return runOptions(settings);
  case Verb::bench:
  case Verb::report:
  case Verb::diff:
    break; // planned: parseCommandLine refuses them
  }
  throw InternalError("a verb without a function");
}

int runCompletion(const Settings &settings) {
  print(completionFor(settings.arguments.front()));
  return kOk;
}

int runHelp(const Settings &settings) {
  print(settings.arguments.empty() ? programHelp(false) : topicHelp(settings.arguments.front()));
  return kOk;
}

int runOptions(const Settings &settings) {
  const std::string format = settings.text("options-format");
  print(format == "markdown-cli"     ? cliMarkdown()
        : format == "markdown-cmake" ? cmakeMarkdown()
        : format == "cmake"          ? cmakeOptions()
                                     : manPage());
  return kOk;
}

int printVersion(bool json) {
  if (json)
    print(dump({{"name", "burin"}, {"version", version()}}, false));
  else
    print("burin " + std::string(version()) + "\n");
  return kOk;
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    throw CompileError(Problem::usage, {}, "cannot write to stdout");
}

} // namespace burin::cli
