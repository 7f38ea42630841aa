// SPDX-License-Identifier: Apache-2.0
//
// Output files. A build system looks at their times: what did not change is not touched, and a
// file is whole or absent, also when the program is killed.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace burin::cli {

/// Writes the file if its content differs, through a temporary file beside it; makes the folders
/// above it. Returns whether it changed. Throws CompileError (usage) with the path and the reason.
bool writeFile(const std::filesystem::path &path, std::string_view content);

/// The same for a file that comes in pieces; it never lies in memory as a whole.
using Pieces = std::function<void(const std::function<void(std::string_view)> &)>;
bool writeFile(const std::filesystem::path &path, const Pieces &pieces);

/// Gives the file the present time; makes it, empty, if there is none.
void touchFile(const std::filesystem::path &path);

/// A path as Make and Ninja read it in a depfile.
std::string escapeForDepfile(std::string_view path);

/// "target: \" and one prerequisite a line.
std::string depfile(const std::filesystem::path &target,
                    std::span<const std::filesystem::path> prerequisites);

} // namespace burin::cli
