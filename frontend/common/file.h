// SPDX-License-Identifier: Apache-2.0
//
// Files as mapped bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace burin::frontend {

/// Bytes and what keeps them alive. A mapped file must not be truncated while it is in use.
struct Bytes {
  std::span<const std::byte> span;
  std::shared_ptr<const void> owner;
};

/// Maps a regular file read-only; CompileError(unreadable) of this code says why it cannot be.
Bytes mapFile(const std::filesystem::path &, std::string_view code);

} // namespace burin::frontend
