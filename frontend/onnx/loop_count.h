// SPDX-License-Identifier: Apache-2.0
//
// How often a loop runs whose condition counts: a `while` of another framework.
#pragma once

#include "frontend/onnx/ops_control.h"

namespace burin::onnx {

/// The iterations of a loop with this body where the condition that it yields first is made of
/// numbers that are known, counters and the number of the iteration; none where it is not, and for
/// more than some thousands.
std::optional<int64_t> iterationsOf(const LoopParts &, const ir::Block &body, const Values &yields);

} // namespace burin::onnx
