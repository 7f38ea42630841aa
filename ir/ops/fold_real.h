// SPDX-License-Identifier: Apache-2.0
//
// What is known of small tensors of floats that extents went through: `Cast(Ceil(Div(height, 2)))`
// is how models write a division that rounds up.
#pragma once

#include "ir/graph.h"

namespace burin::ir {

/// The elements truncated to integers, as extents; nothing where they are not known.
std::optional<Dims> truncatedReals(const Value &floats);
/// The elements, where all of them are whole.
std::optional<Dims> wholeReals(const Value &floats);
/// The elements, where they are numbers without a symbol.
std::optional<std::vector<double>> realNumbers(const Value &floats);

} // namespace burin::ir
