// SPDX-License-Identifier: Apache-2.0
//
// The rows of each family, joined in table.cpp.
#pragma once

#include "codegen/kernels/kernel_def.h"

namespace burin::kernels {

std::span<const KernelDef> elementwiseKernels();
std::span<const KernelDef> linearKernels();
std::span<const KernelDef> convKernels();
std::span<const KernelDef> attentionKernels();
std::span<const KernelDef> movementKernels();
std::span<const KernelDef> poolKernels();
std::span<const KernelDef> rowKernels();   ///< reductions, softmax, normalisation
std::span<const KernelDef> indexKernels(); ///< gather, scatter, sort, data-dependent extents
std::span<const KernelDef> quantKernels();
std::span<const KernelDef> recurrentKernels();
std::span<const KernelDef> resizeKernels();
std::span<const KernelDef> imageKernels(); ///< sampling, boxes, random numbers
std::span<const KernelDef> listKernels();  ///< lists and optionals

} // namespace burin::kernels
