// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace burin::tests {

/// Names every rule of a pass that has no case in tests/passes/PASS which it changes (a function of
/// the rule's name), or none that it must leave alone (NAME.not); returns how many it named.
size_t missingRuleCases(const std::filesystem::path &root);

} // namespace burin::tests
