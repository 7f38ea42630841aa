// SPDX-License-Identifier: Apache-2.0
//
// Several entry points of one model, which were imported one by one, in one module.
#pragma once

#include "ir/graph.h"

namespace burin::frontend {

/// Moves the functions of `from` into `to`. Equal constants become one, so that the entry points
/// share their weights; a symbol of both is one symbol. Throws CompileError (unsupported) where its
/// bounds differ, or those of what a state is.
void moveEntries(ir::Module &to, ir::Module &from);

} // namespace burin::frontend
