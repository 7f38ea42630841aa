// SPDX-License-Identifier: Apache-2.0
//
// A rule that is wrong, for a burin that exists to be bisected: this table takes the place of that
// of passes/rules/container.cpp, which the linker then leaves in its library.
#include "ir/ops.h"
#include "passes/rules/rules.h"

namespace burin::passes {

/// x - y = y - x, it says.
std::span<const Rule> containerRules() {
  constexpr Var x{0}, y{1};
  static const std::vector<Rule> kRules = {
      {"swap", op(ir::ops::sub, x, op(ir::ops::tanh, y)),
       [](const Match &m, ir::Builder &to) {
         return to.make(ir::ops::sub, {m.root->operand(1), m[x]});
       }},
  };
  return kRules;
}

} // namespace burin::passes
