// SPDX-License-Identifier: Apache-2.0
//
// Files as mapped bytes, and the folder that external tensor data must not leave.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin::onnx {

/// Bytes and what keeps them alive. A mapped file must not be truncated while it is in use.
struct Bytes {
  std::span<const std::byte> span;
  std::shared_ptr<const void> owner;
};

/// Maps a regular file read-only; CompileError(unreadable) says why it cannot be.
Bytes mapFile(const std::filesystem::path &);

/// Zeroed memory of `size` bytes, not touched until written; null owner if there is none.
struct Buffer {
  std::byte *data = nullptr;
  std::shared_ptr<void> owner;
};
Buffer allocate(size_t size);

/// The folder of a model, and the files below it that tensors name as external data.
class Folder {
public:
  /// An empty path: there is no folder, and every location is refused.
  explicit Folder(std::filesystem::path path) : path_{std::move(path)} {}

  /// Maps the file at a relative POSIX path. Refused are absolute paths, "..", symbolic links
  /// anywhere on the way, hard links, and everything but regular files. A file is mapped once.
  Bytes map(const std::string &location);

  /// What was mapped, in the order of first use.
  const std::vector<std::filesystem::path> &files() const { return files_; }

private:
  std::filesystem::path path_;
  std::map<std::string, Bytes, std::less<>> mapped_;
  std::vector<std::filesystem::path> files_;
};

} // namespace burin::onnx
