// SPDX-License-Identifier: Apache-2.0
//
// What other families need of elementwise operators.
#pragma once

#include "frontend/savedmodel/lowering.h"

namespace burin::savedmodel {

/// The angle of (x, y) in (-pi, pi].
Value *angleOf(const NodeView &, Value *y, Value *x);

} // namespace burin::savedmodel
