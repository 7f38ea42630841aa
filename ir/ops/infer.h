// SPDX-License-Identifier: Apache-2.0
//
// What the infer functions of several families share.
#pragma once

#include "ir/graph.h"

namespace burin::ir {

using Types = std::vector<Type>;

/// Numpy broadcasting. Extents that are neither equal nor 1 break the constraint "broadcast"; so do
/// a symbol and a number: nothing says that they are equal.
Shape broadcast(const Op &, const Shape &, const Shape &);
/// The shape of the type, which must be a tensor (constraint "tensor").
const Type &tensorOperand(const Op &, size_t i);
/// axis in [-rank, rank) as [0, rank), constraint "axis".
size_t checkedAxis(const Op &, int64_t axis, size_t rank);
/// The extent of one axis of a window op: (in + begin + end - dilation * (kernel - 1) - 1) / stride + 1.
Dim windowExtent(const Dim &in, const Dim &begin, const Dim &end, int64_t kernel, int64_t stride, int64_t dilation);
/// The result of an op that may carry an epilogue: `base`, or its shape with the element type that
/// the block yields. Checks the block's arguments and that the extras (operands from `firstExtra` on)
/// broadcast into the shape (constraint "epilogue").
Types withEpilogue(const Op &, Type base, size_t firstExtra);

} // namespace burin::ir
