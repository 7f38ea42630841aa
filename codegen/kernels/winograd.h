// SPDX-License-Identifier: Apache-2.0
//
// Dense 3x3 convolutions with stride 1 by Winograd's algorithm, where it is faster than the direct
// sum.
#pragma once

#include "codegen/kernels/call.h"

namespace burin::kernels {

/// Whether the op is chosen to run so, with tiles of 2 x 2 or of 4 x 4.
bool isWinograd2(const Op &, const Target &);
bool isWinograd4(const Op &, const Target &);
/// How it can run so, for --tune: the cheapest by estimate.
std::vector<std::string> formsOfWinograd2(const Op &, const Target &);
std::vector<std::string> formsOfWinograd4(const Op &, const Target &);
void emitWinograd(Call &);
/// Why a convolution runs as it does: "about 0.59 ms, direct 1.98 ms"; empty where there was no
/// choice.
std::string explainConv(const Op &, const Target &);

} // namespace burin::kernels
