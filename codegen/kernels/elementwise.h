// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codegen/kernels/kernel_def.h"

namespace burin::kernels {

/// A loop over a fused block, or over one elementwise op.
void emitElementwise(Call &);
/// The epilogue of a contraction as a functor on vectors; `Keep` if the op has no block. The extras
/// are the operands from `firstExtra` on.
Functor epilogueFunctor(const Op &, size_t firstExtra);
/// "AddRelu": what a block is called after its ops.
std::string blockName(const ir::Block &);
std::string functorName(const Op &);

} // namespace burin::kernels
