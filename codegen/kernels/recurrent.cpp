// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/families.h"

namespace burin::kernels {

std::span<const KernelDef> recurrentKernels() { return {}; }

} // namespace burin::kernels
