// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codegen/kernels/kernel_def.h"

namespace burin::kernels {

/// A loop over a fused block, or over one elementwise op.
void emitElementwise(Call &);
/// The epilogue of a contraction as a functor on vectors; `Keep` if the op has no block. The extras
/// are the operands from `firstExtra` on.
Functor epilogueFunctor(const Op &, size_t firstExtra);
/// "BiasRelu": what the block of an op is called after its ops; empty if it has none.
std::string epilogueName(const Op &);
std::string functorName(const Op &);

} // namespace burin::kernels
