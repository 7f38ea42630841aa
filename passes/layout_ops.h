// SPDX-License-Identifier: Apache-2.0
//
// Ops that work in any order of axes: what it takes to run one on tensors whose axes are moved.
#pragma once

#include "ir/builder.h"

#include <span>

namespace burin::passes {

/// Whether the op is the same computation in any order of axes, all its active operands and its
/// results having one rank (or less, where it broadcasts).
bool isFlexible(const ir::Op &);
/// Whether it can be put into the order `perm`: groups of channels are those of an image, and lie
/// first or last in it.
bool takesOrder(const ir::Op &, const ir::Ints &perm);
/// Operands below this index move with the result; the others (scales, indices, values) stay.
size_t activeOperands(const ir::Op &);
/// The op on `operands`, of which the active ones are in the order `perm`: axis i of them is axis
/// perm[i] of what the op has now. So are its results.
ir::Op &remakePermuted(ir::Builder &, const ir::Op &, std::span<ir::Value *const> operands,
                       const ir::Ints &perm);

/// v as rank `rank`, with extents of 1 in front.
ir::Value *lifted(ir::Builder &, ir::Value *v, size_t rank);
/// The shape with its axes moved.
ir::Shape permuted(const ir::Shape &, const ir::Ints &perm);
/// A permutation that takes a tensor of shape `from` to shape `to` without moving an element; empty
/// if there is none.
ir::Ints permOfReshape(const ir::Shape &from, const ir::Shape &to);

} // namespace burin::passes
