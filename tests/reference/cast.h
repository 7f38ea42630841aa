// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/reference/call.h"

namespace burin::reference {

/// Stores as `cast` does: integers truncate and saturate; floats of 8 and 4 bits round to nearest
/// even, and with `saturate` take what is too large to their largest.
void storeReal(Tensor &, size_t i, double x, bool saturate);

} // namespace burin::reference
