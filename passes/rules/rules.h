// SPDX-License-Identifier: Apache-2.0
//
// The rule tables of simplify, and of other passes where it is said. A table is made once, when it is asked for.
#pragma once

#include "passes/rewrite.h"

namespace burin::passes {

std::span<const Rule> arithmeticRules(); ///< numbers: neutral elements, powers, merged constants
std::span<const Rule> broadcastRules();  ///< elementwise ops do without an explicit broadcast
std::span<const Rule> castRules();       ///< casts, conditions, logic
std::span<const Rule> movementRules();   ///< reshape, transpose, slice, pad, concat, ...
std::span<const Rule> windowRules();     ///< convolutions, pools, matrix products, reductions
std::span<const Rule> containerRules();  ///< lists and optionals
std::span<const Rule> transposeRules();  ///< of layout: transposes before ops that are not flexible
std::span<const Rule> attentionRules();  ///< of recover: softmax(q k^T) v

/// v, or v broadcast to the shape.
ir::Value *broadcastTo(ir::Builder &, ir::Value *, const ir::Shape &);

} // namespace burin::passes
