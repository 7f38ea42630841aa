// SPDX-License-Identifier: Apache-2.0
//
// C++ leaves open in which order the arguments of a call make their ops; what burin writes must not
// depend on the compiler that it was built with.
#pragma once

#include "ir/graph.h"

#include <span>

namespace burin::frontend {

/// Puts the ops behind `last` (null: all) into the order in which the results need them, operands
/// first; ops that no result needs keep their order behind these. So for blocks inside of them. Ops
/// among which one defines an extent stay as they are.
void orderOps(ir::Block &, ir::Op *last, std::span<ir::Value *const> results);

} // namespace burin::frontend
