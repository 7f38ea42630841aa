// SPDX-License-Identifier: Apache-2.0
//
// Extents as sympy writes them, into those of the IR: "Add(Symbol('s0', integer=True), Integer(1))"
// and, of older programs, "s0 + 1".
#pragma once

#include "ir/dim.h"

#include <functional>
#include <string_view>

namespace burin::exported {

/// Nothing for an expression that is no extent. `symbol` gives the extent of a name; `why` is why
/// there is none.
std::optional<ir::Dim> parseExtent(std::string_view text,
                                   const std::function<ir::Dim(std::string_view)> &symbol,
                                   std::string &why);

} // namespace burin::exported
