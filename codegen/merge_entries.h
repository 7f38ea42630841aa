// SPDX-License-Identifier: Apache-2.0
//
// A class with several entry points has one table of steps, one context and one arena: their
// functions become one, in which each has its range of everything.
#pragma once

#include "ir/graph.h"
#include "ir/memory_plan.h"

namespace burin::codegen {

/// Puts the bodies of all functions into the first one, which alone stays. Throws CompileError
/// (unsupported) where a symbol is an extent of inputs here and found while running there.
std::vector<ir::EntryRange> mergeEntries(ir::Module &);

} // namespace burin::codegen
