// SPDX-License-Identifier: Apache-2.0
#include "passes/pass.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::passes {

bool PassContext::allow(std::string_view rule, const Location &at) {
  if (!disabledRules.empty() &&
      std::ranges::find(disabledRules, fmt::format("{}/{}", pass, rule)) != disabledRules.end())
    return false;
  if (rewriteLimit >= 0 && rewrites >= rewriteLimit)
    return false;
  ++rewrites;
  if (rewrites == rewriteLimit || explains(rule))
    say(fmt::format("rewrite {}: {}/{} at '{}'", rewrites, pass, rule, at.node));
  return true;
}

bool PassContext::explains(std::string_view rule) const {
  if (explain.empty())
    return false;
  const size_t slash = explain.find('/');
  if (slash == explain.npos)
    return explain == rule;
  return std::string_view(explain).substr(0, slash) == pass &&
         std::string_view(explain).substr(slash + 1) == rule;
}

void PassContext::say(std::string_view text) const {
  if (log)
    log(text);
}

} // namespace burin::passes
