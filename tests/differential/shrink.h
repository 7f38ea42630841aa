// SPDX-License-Identifier: Apache-2.0
//
// A smaller graph that fails as a larger one does.
#pragma once

#include <functional>
#include <string>

namespace burin::differential {

/// Takes parts out of a module as long as `fails` says so: results, states, blocks, ops, arguments.
/// A value whose op goes becomes an argument or an operand of that op.
std::string shrink(std::string module, const std::function<bool(const std::string &)> &fails);

/// The module with numbers for some of its symbols.
std::string withExtent(std::string module, const std::string &symbol, int64_t extent);

} // namespace burin::differential
