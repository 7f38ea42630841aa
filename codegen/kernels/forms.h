// SPDX-License-Identifier: Apache-2.0
//
// Layers that several kernels, or several forms of one, can run: the choice between them is an
// estimate (cost.h), unless it was measured (--tune).
#pragma once

#include "codegen/kernels/call.h"

namespace burin::kernels {

/// What the choice depends on: "conv f32[1,56,56,64] of 64 channels, kernel 3x3, stride 1x1, ...".
/// The same before and after a border of zeros is made in memory. Of an extent that is a symbol it
/// has the most that this can be. Empty where there is no choice.
std::string layerKey(const Op &);
/// The form that was measured to be the fastest; empty: it is estimated.
std::string_view chosenForm(const Op &, const Target &);
/// Whether that form pads while it reads, and is to have no border in memory.
bool keepsPadding(const Op &, const Target &);
/// All that are worth a measurement, that of the estimate first; less than two: there is no choice.
std::vector<std::string> formsOf(const Op &, const Target &);

} // namespace burin::kernels
