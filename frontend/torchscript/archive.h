// SPDX-License-Identifier: Apache-2.0
//
// The container: a zip archive whose members lie under one root folder.
#pragma once

#include "frontend/common/file.h"
#include "ir/diagnostic.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace burin::torchscript {

using frontend::Bytes;

std::string_view textOf(std::span<const std::byte>);

/// CompileError for a file that is damaged, or not what it claims to be.
CompileError unreadable(std::string text, std::string hint = {});

class Archive {
public:
  /// `file` stays mapped as long as the bytes of a member are in use. Throws for what is no zip
  /// archive, and for one whose members do not lie under one root.
  explicit Archive(Bytes file);

  bool has(std::string_view name) const { return members_.contains(name); }
  /// A member by its path below the root, its checksum compared; a stored one is a view of the
  /// file.
  Bytes read(std::string_view name) const;
  /// The paths below the root, sorted.
  std::vector<std::string_view> names() const;

private:
  struct Member {
    uint64_t index;            ///< in the central directory
    uint64_t offset;           ///< of the local header
    uint64_t packed, unpacked; ///< sizes in bytes
    uint32_t checksum;
    uint16_t method;
  };
  void readDirectory();
  std::span<const std::byte> packedBytes(std::string_view name, const Member &) const;
  Bytes inflate(std::string_view name, const Member &) const;

  Bytes file_;
  std::map<std::string, Member, std::less<>> members_;
};

/// What a file is that is no TorchScript archive but may be taken for one.
struct LookAlike {
  std::string what, hint;
};

/// Whether the first bytes are those of a zip archive.
bool isZip(std::span<const std::byte> file);
/// Throws for weights that another machine wrote.
void requireLittleEndian(const Archive &);
/// Throws with the words for a look-alike, unless the archive has what a TorchScript model has.
void requireTorchScript(const Archive &);
/// A file that PyTorch wrote and that is no zip archive; nothing for all others.
const LookAlike *torchLookAlike(std::span<const std::byte> file);

} // namespace burin::torchscript
