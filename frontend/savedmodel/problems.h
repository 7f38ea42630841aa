// SPDX-License-Identifier: Apache-2.0
//
// The errors of this frontend, and names of the model in their texts.
#pragma once

#include "ir/diagnostic.h"

#include <string>
#include <string_view>

namespace burin::savedmodel {

/// 'name' for a message: control characters escaped, cut after 120 bytes.
std::string quote(std::string_view);

/// A file that is missing, corrupt or something else. `code` follows "savedmodel.".
CompileError unreadable(std::string_view code, std::string text);
CompileError invalid(std::string_view code, std::string text);
CompileError unsupported(std::string_view code, std::string text);
CompileError misused(std::string_view code, std::string text);

} // namespace burin::savedmodel
