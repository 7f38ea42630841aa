// SPDX-License-Identifier: Apache-2.0
//
// The index of a checkpoint: a sorted table of blocks, keys with common prefixes, blocks that may
// be compressed, checksums. https://github.com/google/leveldb/blob/main/doc/table_format.md
#pragma once

#include "frontend/savedmodel/wire.h"

#include <map>
#include <string>

namespace burin::savedmodel {

/// CRC-32C (Castagnoli) of more bytes after those of `before`.
uint32_t crc32c(Span, uint32_t before = 0);
/// As the formats store it, so that a checksum of data with checksums in them is no trivial one.
uint32_t masked(uint32_t crc);

/// Uncompresses a Snappy block; CompileError(unreadable) with `what` for anything else.
std::string unsnappy(Span, const std::string &what);

/// Every entry of the table. `file` names it in messages.
std::map<std::string, std::string, std::less<>> readTable(Span, const std::string &file);

} // namespace burin::savedmodel
