// SPDX-License-Identifier: Apache-2.0
//
// What the memory plan asks of single ops and values.
#pragma once

#include "ir/graph.h"
#include "ir/ops.h"
#include "ir/views.h"

namespace burin::passes {

using ir::isStep;
using ir::isView;
using ir::rootOf;

/// Whether its blocks run as statements; those of the others work on single elements.
inline bool hasStatements(const ir::Op &op) { return op.is(ir::ops::if_) || op.is(ir::ops::loop); }
inline unsigned carriedBy(const ir::Op &loop) {
  return static_cast<unsigned>(loop[ir::attr::carried]);
}
/// Whether a run can end at this op with a Status other than ok.
bool canFail(const ir::Op &);
/// The op of `block` that holds `op`, itself or in its blocks; null if it is outside.
const ir::Op *ancestorIn(const ir::Block &block, const ir::Op *op);
/// Whether v has all of its root's memory: no slice is between them.
bool isWhole(const ir::Value *);
/// Whether the op is its first operand with some of its elements changed: it can be done in place.
bool isUpdate(const ir::Op &);
/// Whether `op` and what it holds read, of v and its views, at most the element of `result` that is
/// written: as a fused op reads an operand that is not broadcast, and an update what it changes.
bool isReadInStep(const ir::Value *v, const ir::Op &op, const ir::Value &result);
/// Whether `op` is a loop that reads v once: as the first value of its carried result `index`.
bool isOnlyCarried(const ir::Value *v, const ir::Op &op, unsigned index);

} // namespace burin::passes
