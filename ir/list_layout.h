// SPDX-License-Identifier: Apache-2.0
//
// How values lie in memory: tensors densely, a list or an optional as its length (i64; of an
// optional 0 or 1) and then its slots. A slot holds the extents of its element (i64 each), if the
// type leaves one of them open, and the element.
#pragma once

#include "ir/type.h"

namespace burin::ir {

struct ListLayout {
  int64_t capacity;
  int64_t slotBytes;    ///< a multiple of 8
  int64_t extents;      ///< of each slot: the rank of the element, or 0
  int64_t elementBytes; ///< of one number where there are extents, else of a whole element
};
/// Of a list or an optional.
ListLayout listLayout(const Type &);

/// Bytes of a value of the type with every symbol at its upper bound. A string: pointer and length.
/// Throws CompileError(limit) for an extent without an upper bound.
int64_t bufferBytes(const Type &);

} // namespace burin::ir
