// SPDX-License-Identifier: Apache-2.0
//
// Windows and transforms of signals.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

namespace burin::onnx {

std::span<const Lowering> signalLowerings() { return {}; }

} // namespace burin::onnx
