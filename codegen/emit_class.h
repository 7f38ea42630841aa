// SPDX-License-Identifier: Apache-2.0
//
// The functions of the class: views, checks of what a caller passes, runs.
#pragma once

#include "codegen/code_writer.h"
#include "codegen/emit.h"

namespace burin::codegen {

void emitClass(CodeWriter &, const Memory &);

} // namespace burin::codegen
