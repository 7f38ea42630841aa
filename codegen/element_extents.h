// SPDX-License-Identifier: Apache-2.0
//
// The elements of a list have extents of their own, and `list_get` and `optional_get` set the
// symbols of their type to those of what they got. A tensor that was got before has then lost its
// extents.
#pragma once

#include "ir/graph.h"

#include <functional>

namespace burin::codegen {

/// CompileError for a tensor that is read after one of its symbols has become another element's.
/// `isSet`: whether a symbol is one that ops set, and not one of the inputs.
void checkElementExtents(const ir::Function &, const std::function<bool(std::string_view)> &isSet);

} // namespace burin::codegen
