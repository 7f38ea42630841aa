// SPDX-License-Identifier: Apache-2.0
//
// The rows of each family for running ops inside the compiler, joined in evaluate.cpp.
#pragma once

#include "codegen/kernels/kernel_def.h"

namespace burin::kernels {

std::span<const EvaluateDef> elementwiseEvaluations();
std::span<const EvaluateDef> castEvaluations();
std::span<const EvaluateDef> movementEvaluations();
std::span<const EvaluateDef> indexEvaluations();
std::span<const EvaluateDef> imageEvaluations();
std::span<const EvaluateDef> linearEvaluations();
std::span<const EvaluateDef> otherEvaluations();
std::span<const EvaluateDef> poolEvaluations();
std::span<const EvaluateDef> quantEvaluations();
std::span<const EvaluateDef> recurrentEvaluations();
std::span<const EvaluateDef> resizeEvaluations();
std::span<const EvaluateDef> rowEvaluations();

} // namespace burin::kernels
