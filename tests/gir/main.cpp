// SPDX-License-Identifier: Apache-2.0
//
// burin_gir_test [--bless] [--by=EVALUATOR] [--optimized] FILE_OR_FOLDER...: runs the cases of .gir
// files (README.md).
//   --bless, or BLESS=1 in the environment: writes what came out as what is expected
//   --by=reference, --by=kernels: runs the ops of `# eval` by this one alone
//   --optimized: runs them behind the pipeline
#include "tests/gir/run.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fmt/format.h>

namespace burin::tests {
namespace {

struct Options {
  bool bless = false;
  EvalOptions eval;
};
struct Count {
  size_t files = 0, cases = 0, failed = 0, blessed = 0;
};

Outcome runCase(const Case &c, const Options &options) {
  if (c.find("roundtrip"))
    return runRoundtrip(c);
  if (c.find("eval"))
    return runEval(c, options.eval);
  if (c.find("pass:") || c.find("pipeline"))
    return runPasses(c);
  if (c.find("verify") || c.text.find("# error: ") != std::string::npos)
    return runVerify(c);
  Outcome outcome;
  outcome.fail("says not what to do: one of `# roundtrip`, `# verify`, `# eval`, `# pass: NAME`, "
               "`# pipeline`");
  return outcome;
}

std::vector<std::string> filesOf(const std::string &path) {
  if (!std::filesystem::is_directory(path))
    return {path};
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.path().extension() == ".gir")
      files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

void runFile(const std::string &path, const Options &options, Count &count) {
  ++count.files;
  TestFile file = readCases(path);
  bool isBlessed = false;
  for (Case &c : file.cases) {
    ++count.cases;
    const Outcome outcome = runCase(c, options);
    if (outcome.problems.empty())
      continue;
    if (options.bless && outcome.blessed) {
      c = *outcome.blessed;
      isBlessed = true;
      ++count.blessed;
      continue;
    }
    ++count.failed;
    for (const std::string &problem : outcome.problems)
      fmt::print("{}:{}: {}\n", path, c.line, problem);
  }
  if (isBlessed)
    writeCases(file);
}

int run(const std::vector<std::string> &arguments) {
  constexpr std::string_view kBy = "--by=";
  const char *environment = std::getenv("BLESS");
  Options options;
  options.bless = environment && std::string_view(environment) == "1";
  std::vector<std::string> paths;
  for (const std::string &argument : arguments) {
    if (argument == "--bless")
      options.bless = true;
    else if (argument == "--optimized")
      options.eval.optimized = true;
    else if (argument.starts_with(kBy))
      options.eval.evaluator = argument.substr(kBy.size());
    else
      paths.push_back(argument);
  }
  Count count;
  for (const std::string &argument : paths)
    for (const std::string &path : filesOf(argument))
      runFile(path, options, count);
  fmt::print("{} cases in {} files: {} failed{}\n", count.cases, count.files, count.failed,
             count.blessed ? fmt::format(", {} blessed", count.blessed) : "");
  if (count.failed && !options.bless)
    fmt::print("to accept what came out: BLESS=1 and the same command\n");
  return count.failed || count.files == 0 ? 1 : 0;
}

} // namespace
} // namespace burin::tests

int main(int argc, char **argv) {
  try {
    return burin::tests::run({argv + 1, argv + argc});
  } catch (const std::exception &e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
  }
}
