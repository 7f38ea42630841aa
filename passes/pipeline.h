// SPDX-License-Identifier: Apache-2.0
//
// The order of the passes, with the reasons, and the debug flags that look into it.
#pragma once

#include "passes/pass.h"

#include <span>

namespace burin::passes {

struct PipelineOptions {
  std::vector<std::string> disable;    ///< names of passes, or of rules as "pass/rule"
  std::string stopAfter;               ///< the last pass to run; empty: all
  std::vector<std::string> printAfter; ///< names, or "all": prints the module where it changed
  bool timePasses = false;
  bool verifyEach = false; ///< verifies after every pass, and checks what it says of change
};

std::span<const Pass> pipeline();

/// A run of neighbours in the table.
struct Stage {
  std::string_view name, first, last;
  bool fixpoint;  ///< repeated, with the first stage in between, until nothing changes
  bool canonical; ///< what it makes is canonicalised: the first stage runs behind it
};
std::span<const Stage> stages();

/// Runs the table. Throws CompileError(usage) for an unknown pass or rule name.
void runPipeline(ir::Module &, PassContext &, const PipelineOptions &);
/// Runs one pass of the table by name, as tests/passes/*.gir do.
bool runPass(ir::Module &, PassContext &, std::string_view name);

} // namespace burin::passes
