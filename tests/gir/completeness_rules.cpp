// SPDX-License-Identifier: Apache-2.0
#include "ir/text.h"
#include "passes/pipeline.h"
#include "tests/gir/completeness.h"
#include "tests/gir/run.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::tests {
namespace {

std::vector<Case> casesOf(const std::filesystem::path &folder) {
  std::vector<Case> cases;
  if (std::filesystem::is_directory(folder))
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".gir")
        for (Case &c : readCases(entry.path().string()).cases)
          cases.push_back(std::move(c));
  return cases;
}

bool hasFunction(const Case &c, std::string_view name) {
  return c.text.find(fmt::format("func @{}(", name)) != std::string::npos;
}

/// What the passes of the case make of it, without a rule if one is named; nothing where they fail.
std::string outputOf(const Case &c, const std::string &withoutRule) {
  try {
    const auto module = ir::parse(c.text, c.file);
    passes::PassContext context = contextOf(c);
    if (!withoutRule.empty())
      context.disabledRules.push_back(withoutRule);
    for (const std::string &pass : commaSeparated(c.valueOf("pass:")))
      passes::runPass(*module, context, pass);
    return ir::print(*module);
  } catch (const CompileError &) {
    return {}; // the run of the case tells
  }
}

/// Whether the rule makes a difference in a case of this name; null where there is none.
std::optional<bool> matters(const std::vector<Case> &cases, const std::string &function,
                            const std::string &rule) {
  std::optional<bool> any;
  for (const Case &c : cases)
    if (hasFunction(c, function))
      any = any.value_or(false) || outputOf(c, {}) != outputOf(c, rule);
  return any;
}

} // namespace

size_t missingRuleCases(const std::filesystem::path &root) {
  size_t rules = 0, missing = 0;
  for (const passes::Pass &pass : passes::pipeline()) {
    std::string folder(pass.name);
    std::ranges::replace(folder, '-', '_');
    const std::vector<Case> cases = casesOf(root / "tests" / "passes" / folder);
    for (const std::string_view name :
         pass.rules ? pass.rules() : std::vector<std::string_view>{}) {
      ++rules;
      const std::string rule = fmt::format("{}/{}", pass.name, name);
      const auto miss = [&](std::string_view text) {
        ++missing;
        fmt::print("{}: {} in tests/passes/{}\n", rule, text, folder);
      };
      const std::optional<bool> fires = matters(cases, std::string(name), rule);
      if (!fires)
        miss(fmt::format("there is no case @{}", name));
      else if (!*fires && !pass.required) // which has to do it, disabled or not
        miss(fmt::format("it changes nothing in the case @{}", name));
      const std::optional<bool> firesWrongly = matters(cases, fmt::format("{}.not", name), rule);
      if (!firesWrongly)
        miss(fmt::format("there is no case @{}.not, which it must leave alone,", name));
      else if (*firesWrongly)
        miss(fmt::format("it changes the case @{}.not", name));
    }
  }
  fmt::print("{} rules\n", rules);
  return missing;
}

} // namespace burin::tests
