// SPDX-License-Identifier: Apache-2.0
//
// Hashes of structure: equal ops of equal operands have equal hashes. Names, locations and the
// order of blocks in memory take no part.
#pragma once

#include "ir/graph.h"

namespace burin::passes {

size_t hashOf(const ir::Dim &);
size_t hashOf(const ir::Type &);
size_t hashOf(const ir::AttrValue &);
/// Row and attributes, without operands and blocks.
size_t hashOfRow(const ir::Op &);
/// Everything that the text form shows but names and locations: changes when a pass changes
/// anything.
size_t hashOf(const ir::Module &);

} // namespace burin::passes
