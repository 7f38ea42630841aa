// SPDX-License-Identifier: Apache-2.0
//
// What loops and lists share: the types of lists, which ONNX leaves open, and loops of any body.
#pragma once

#include "frontend/onnx/lowering.h"

namespace burin::onnx {

/// Gives a list, and every list that it comes from or goes to, this type.
void setListType(const NodeView &, Value *list, const ir::Type &);
/// A type of tensor that holds both; extents that differ become open.
ir::Type joinedElement(const NodeView &, const ir::Type &, const ir::Type &);
/// A type of list that holds both. A capacity of 0 stands for a list of which nothing is known.
ir::Type joinedList(const NodeView &, const ir::Type &, const ir::Type &);
/// x with its open extents under names of their own: those of an element of a list hold until the
/// next one is taken out.
Value *withOwnExtents(const NodeView &, ir::Builder &to, Value *x);
/// An element of a list.
Value *unboxed(const NodeView &, ir::Builder &to, Value *list, Value *index);

struct LoopParts {
  Value *count = nullptr, *condition = nullptr; ///< either may be absent
  Values carried;
  std::optional<Dim> iterations; ///< of what is scanned; absent: only the run may know
  int64_t most = ir::kUnbounded; ///< iterations at most
};
/// Builds an iteration: gets its number and what is carried, returns the condition, what is
/// carried, and what is scanned. May be called more than once.
using LoopBody = std::function<Values(ir::Builder &, Value *iteration, const Values &carried)>;
/// The last carried values, then the scanned ones along a new axis 0.
Values makeLoop(const NodeView &, const LoopParts &, const LoopBody &);

} // namespace burin::onnx
