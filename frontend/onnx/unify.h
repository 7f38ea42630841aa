// SPDX-License-Identifier: Apache-2.0
//
// Extents that a model takes for the same and that have different symbols: the height of an image
// and twice the half of it, or a mask's length and that of past and present keys.
#pragma once

#include "frontend/onnx/lowering.h"

namespace burin::onnx {

/// x with extents that the run requires to be these; x itself where they are, or cannot be.
Value *withShape(const NodeView &, Value *x, const Dims &shape);

/// The inputs of an elementwise operator or a Concat, given one symbol for extents that must be the
/// same: the run checks that they are. The others as they are.
Values unified(const NodeView &, const Values &inputs);

} // namespace burin::onnx
