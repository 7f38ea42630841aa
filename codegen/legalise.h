// SPDX-License-Identifier: Apache-2.0
//
// The last change of the IR before kernels are called: what they cannot take in the form that the
// passes leave it.
#pragma once

#include "ir/graph.h"
#include "ir/target.h"

namespace burin::codegen {

/// In the block and those of its `if` and `loop`:
/// * an element body takes what it uses of outside as operands: a functor has members and no view
/// of
///   the step;
/// * an epilogue that the kernel of its op cannot take becomes a loop behind it.
void legalise(ir::Module &, ir::Block &, const ir::Target &);

} // namespace burin::codegen
