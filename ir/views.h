// SPDX-License-Identifier: Apache-2.0
//
// Values that lie in the memory of another: what a reshape or a slice of whole entries names, and
// what is made where a concat has its place for it. The graph alone tells; passes/memory_plan puts
// them there, codegen prints no copy.
#pragma once

#include "ir/graph.h"

namespace burin::ir {

/// Whether the result is memory of the first operand: reshape, bind, and a slice whose elements lie
/// side by side and are not few of many (so that these do not keep the rest alive), unless the
/// block hands it on: what it yields has memory of its own.
bool isView(const Op &);
/// Of a view: the element of the operand's memory at which the result begins.
int64_t firstElement(const Op &view);
/// The value whose memory v lies in, through any number of views; and where it begins there.
const Value *rootOf(const Value *);
int64_t firstInRoot(const Value *);

/// The concat in whose result v is made: one along the outermost axis that is not 1, the only one
/// that reads v. Null: v lies by itself.
const Op *joinedBy(const Value &);
/// The value that is made where the concat has operand i; null: the operand is copied there.
const Value *joinedOperand(const Op &concat, size_t i);
/// Whether the concat has nothing to copy.
bool isJoined(const Op &concat);
/// Whether v needs memory: a result that nobody reads does not where its op can do without it.
bool isMade(const Value &v);
/// Whether the op does something when the function runs: all but `yield`, `reshape`, slices that
/// are views, and concats whose operands are there.
bool isStep(const Op &);

} // namespace burin::ir
