// SPDX-License-Identifier: Apache-2.0
//
// burin_onnx_suite DATA --in-process|--compiled --ledger FILE [--work DIR] [--bless] [--filter
// TEXT]
//
// Compares with the ledger: a line "name<TAB>pass|fail<TAB>why" for each test. A test that no
// longer passes fails the run, and so does one that passes unexpectedly. --bless writes the ledger;
// with --filter only the lines of the tests that ran.
#include "tests/conformance/suite.h"

#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <sstream>

using namespace burin::conformance;

namespace {

std::map<std::string, std::string> readLedger(const fs::path &path) {
  std::map<std::string, std::string> ledger;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string name, status;
    if (std::getline(fields, name, '\t') && std::getline(fields, status, '\t'))
      ledger[name] = status;
  }
  return ledger;
}

/// Of tests that did not run the lines stay if `keepOthers`.
void writeLedger(const fs::path &path, const std::vector<Outcome> &outcomes, bool keepOthers) {
  std::map<std::string, std::string> lines;
  std::ifstream in(path);
  for (std::string line; keepOthers && std::getline(in, line);)
    lines[line.substr(0, line.find('\t'))] = line;
  for (const Outcome &o : outcomes)
    lines[o.name] = fmt::format("{}\t{}\t{}", o.name, o.passed() ? "pass" : "fail", o.why);
  std::ofstream out(path);
  for (const auto &[name, line] : lines)
    out << line << '\n';
}

} // namespace

int main(int argc, char **argv) {
  fs::path data, ledgerPath, work = fs::temp_directory_path() / "burin-onnx-suite";
  std::string filter, compiler = std::getenv("CXX") ? std::getenv("CXX") : "c++";
  bool compiled = false, bless = std::getenv("BLESS") != nullptr;
  for (int i = 1; i < argc; ++i) {
    const std::string a = argv[i];
    if (a == "--compiled")
      compiled = true;
    else if (a == "--in-process")
      compiled = false;
    else if (a == "--bless")
      bless = true;
    else if (a == "--ledger" && i + 1 < argc)
      ledgerPath = argv[++i];
    else if (a == "--work" && i + 1 < argc)
      work = argv[++i];
    else if (a == "--filter" && i + 1 < argc)
      filter = argv[++i];
    else
      data = a;
  }
  std::vector<Case> cases = findCases(data);
  if (cases.empty()) {
    fmt::print("no data in '{}': tests/conformance/fetch.sh brings them\n", data.string());
    return 77;
  }
  std::erase_if(cases, [&](const Case &c) { return c.name.find(filter) == std::string::npos; });
  const std::vector<Outcome> outcomes =
      compiled ? runCompiled(cases, work, compiler, 2) : runInProcess(cases);
  const std::map<std::string, std::string> ledger = readLedger(ledgerPath);
  size_t passed = 0, wrong = 0;
  for (const Outcome &o : outcomes) {
    passed += o.passed();
    const auto it = ledger.find(o.name);
    const bool expected = it != ledger.end() && it->second == "pass";
    if (!filter.empty())
      fmt::print("{}\t{}\t{}\n", o.name, o.passed() ? "pass" : "fail", o.why);
    if (!bless && expected != o.passed()) {
      ++wrong;
      fmt::print("{}: {}{}\n", o.name,
                 o.passed() ? "passes, which the ledger does not know" : "fails: ", o.why);
    }
  }
  fmt::print("{} of {} pass\n", passed, outcomes.size());
  if (bless)
    writeLedger(ledgerPath, outcomes, !filter.empty());
  return wrong && filter.empty() ? 1 : 0;
}
