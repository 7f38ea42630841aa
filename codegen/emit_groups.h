// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codegen/code_writer.h"
#include "codegen/emit.h"

namespace burin::codegen {

/// The structs of an entry point's nested inputs and outputs, and the functions that give them:
/// views inside the arena, as the functions of the single tensors.
void emitGroups(CodeWriter &, const Prepared &, const EntryInfo &);

} // namespace burin::codegen
