// SPDX-License-Identifier: Apache-2.0
//
// A file's bytes, mapped: a large model costs address space, not memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace burin::cli {

/// Read-only, for as long as the object lives. Another program must not truncate the file
/// meanwhile.
class MappedFile {
public:
  /// Throws CompileError (unreadable) with the path and the reason.
  explicit MappedFile(const std::filesystem::path &path);
  ~MappedFile();
  MappedFile(MappedFile &&) noexcept;
  MappedFile &operator=(MappedFile &&) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char *>(data_), size_}; }

private:
  const std::byte *data_ = nullptr;
  size_t size_ = 0;
};

} // namespace burin::cli
