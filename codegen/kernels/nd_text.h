// SPDX-License-Identifier: Apache-2.0
//
// Shapes and strides as arguments of the kernels over rt::Nd.
#pragma once

#include "codegen/kernels/call.h"

namespace burin::kernels {

/// "rt::Nd<3>{{2, 3, 4}}"; extents that are no numbers become parameters named NAME0, NAME1, ...
std::string ndText(Call &, const Dims &, std::string_view name, bool isShared = false);
/// Row-major strides in elements.
Dims denseStrides(const Dims &shape);
/// At least one axis: kernels over rt::Nd have no rank 0.
Dims atLeastOneAxis(Dims shape);

} // namespace burin::kernels
