// SPDX-License-Identifier: Apache-2.0
//
// Where a statement that is too long is broken: as clang-format breaks it, which takes the breaks
// that cost least. A break costs by what it parts and by how deep it lies; the first one in a
// bracket costs more, and so does every column beyond the last.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace burin::codegen {

constexpr size_t kColumns = 100;

/// The lines of a statement that begins at a column, each with its indentation.
std::vector<std::string> brokenLines(std::string_view statement, size_t indent);

} // namespace burin::codegen
