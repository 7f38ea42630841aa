// SPDX-License-Identifier: Apache-2.0
//
// Loops, whichever way the graph writes them.
#pragma once

#include "frontend/savedmodel/lowering.h"

namespace burin::savedmodel {

/// Lowers a part of a loop at a builder, on the items that are carried.
using LoopPart = std::function<Items(ir::Builder &, const Items &)>;

/// Runs `body`, which gives the next items, while `condition`, which gives one value, holds.
Items makeLoop(const NodeView &, Items initial, const LoopPart &condition, const LoopPart &body);

/// The values inside of an item, in order; what else it holds stays outside of blocks.
std::vector<Value *> valuesOf(const Item &);
/// The item with other values inside.
Item withValues(const Item &, std::span<Value *const>);

/// Once all is there: what only one side of a condition of TensorFlow 1 uses goes into it.
void sinkBranches(ir::Block &);

} // namespace burin::savedmodel
