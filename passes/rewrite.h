// SPDX-License-Identifier: Apache-2.0
//
// Rules, and the worklist that applies them. A rule only builds and returns the replacement; the
// driver replaces, erases what died, and looks again at what that touched.
#pragma once

#include "ir/builder.h"
#include "passes/match.h"
#include "passes/pass.h"

#include <span>

namespace burin::passes {

struct Rule {
  std::string_view name;
  Pattern pattern;
  /// The value to take the place of the root's, of the same type: made with the builder, which
  /// stands before the root, or there already. Null: no.
  ir::Value *(*replace)(const Match &, ir::Builder &);
};

/// To a fixpoint over all functions and their blocks; the first rule of a table that fits is taken.
/// Linear in practice. True if anything changed.
bool rewrite(ir::Module &, PassContext &, std::span<const Rule>);

std::vector<std::string_view> namesOf(std::span<const Rule>);

} // namespace burin::passes
