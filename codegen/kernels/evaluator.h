// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/evaluator.h"

namespace burin::kernels {

/// Runs ops by the kernels of the generated code: constant folding and `burin run`.
const ir::Evaluator &evaluator();

} // namespace burin::kernels
