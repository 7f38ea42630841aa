// SPDX-License-Identifier: Apache-2.0
//
// The rows of each family for running ops inside the compiler, joined in evaluate.cpp.
#pragma once

#include "codegen/kernels/kernel_def.h"

namespace burin::kernels {

std::span<const EvaluateDef> elementwiseEvaluations();
std::span<const EvaluateDef> movementEvaluations();

} // namespace burin::kernels
