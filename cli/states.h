// SPDX-License-Identifier: Apache-2.0
//
// --state and --state-init: an input and an output of a model, whatever its format, become what the
// generated object keeps from run to run.
#pragma once

#include "cli/settings.h"
#include "ir/graph.h"

#include <filesystem>

namespace burin::cli {

/// Adds the states to the entry points that have the input and the output. `files` gets the arrays
/// that were read. Throws CompileErrors (usage) with everything that does not fit.
void makeStates(ir::Module &, const Settings &, std::vector<std::filesystem::path> &files);

} // namespace burin::cli
