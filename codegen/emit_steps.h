// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codegen/code_writer.h"
#include "codegen/emit.h"

namespace burin::codegen {

/// The body of the step of an op: the call of its stub, or the control flow around those of its
/// blocks.
void emitStep(CodeWriter &, const Memory &, const StepInfo &);

} // namespace burin::codegen
