// SPDX-License-Identifier: Apache-2.0
//
// Graphs beside those that a rule is for: one constant, attribute, operand or op is another one. A
// rule that does not look at it computes something else.
#pragma once

#include <optional>
#include <random>
#include <string>

namespace burin::differential {

/// The module with up to three changes, every value of it named as inexact (oracle.h); nothing if
/// what came out is no module.
std::optional<std::string> mutated(const std::string &module, std::mt19937 &);

} // namespace burin::differential
