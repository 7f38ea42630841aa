// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"

namespace burin::ir {

struct Violation {
  const Op *op; ///< null: of the function or module
  std::string text;
};

/// Structure (values defined before use and visible, complete blocks, uses linked both ways, state
/// arguments and results of one type) and the constraints of every row; the types must be what the
/// rows infer. Empty if all is well.
std::vector<Violation> verify(const Module &);
/// Throws InternalError with the function printed and the violations on their lines, after `when`
/// ("pass simplify").
void verifyOrThrow(const Module &, std::string_view when);

} // namespace burin::ir
