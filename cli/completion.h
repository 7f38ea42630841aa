// SPDX-License-Identifier: Apache-2.0
//
// Completions for the shells, from the table of options.
#pragma once

#include <string>
#include <string_view>

namespace burin::cli {

/// "bash", "zsh" or "fish"; throws CompileError (usage) for another one.
std::string completionFor(std::string_view shell);

} // namespace burin::cli
