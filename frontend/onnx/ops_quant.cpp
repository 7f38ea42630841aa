// SPDX-License-Identifier: Apache-2.0
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

namespace burin::onnx {

std::span<const Lowering> quantLowerings() { return {}; }

} // namespace burin::onnx
