// SPDX-License-Identifier: Apache-2.0
//
// What the class keeps from run to run, as a plain struct.
#pragma once

#include "codegen/code_writer.h"
#include "codegen/emit.h"

namespace burin::codegen {

/// `struct State` of the class, with what each state begins with.
void emitState(CodeWriter &, const Prepared &);
/// `NAME_state` of the C API: the same members.
void emitStateC(CodeWriter &, const Prepared &);

} // namespace burin::codegen
