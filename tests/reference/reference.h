// SPDX-License-Identifier: Apache-2.0
//
// The reference interpreter: every op, one element after the other, in double or in exact integers,
// rounded to the element type once. It is the oracle of the kernels, and uses nothing of them.
#pragma once

#include "ir/evaluator.h"

namespace burin::reference {

/// Runs every op but those that ir::execute() runs itself: control flow, fused blocks, lists,
/// optionals, assert, print, and what reads extents (shape, extents, bind).
const ir::Evaluator &evaluator();
/// Whether evaluator() runs the ops of a row.
bool hasRow(const ir::OpDef &);

} // namespace burin::reference
