// SPDX-License-Identifier: Apache-2.0
//
// Every elementwise op is served by the one generated loop.
#include "codegen/kernels/elementwise.h"
#include "codegen/kernels/families.h"
#include "ir/ops.h"

#include <array>

namespace burin::kernels {

std::span<const KernelDef> elementwiseKernels() {
  static const auto kRows = [] {
    std::array<KernelDef, std::size(ir::ops::kElementwiseOps) + 1> rows{};
    size_t n = 0;
    for (const ir::OpDef *op : ir::ops::kElementwiseOps)
      rows[n++] = {.op = op, .variant = "loop", .emit = emitElementwise};
    rows[n] = {.op = &ir::ops::fused, .variant = "loop", .emit = emitElementwise};
    return rows;
  }();
  return kRows;
}

} // namespace burin::kernels
