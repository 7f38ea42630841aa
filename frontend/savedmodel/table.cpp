// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/table.h"
#include "frontend/savedmodel/problems.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

constexpr std::array<uint32_t, 256> kCrcTable = [] {
  constexpr uint32_t kCastagnoli = 0x82f63b78; // reflected
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc & 1 ? crc >> 1 ^ kCastagnoli : crc >> 1;
    table[i] = crc;
  }
  return table;
}();

constexpr size_t kFooter = 48, kMagic = 8, kTrailer = 5;
constexpr uint64_t kTableMagic = 0xdb4775248b80fb57;
constexpr size_t kMostUncompressed = size_t{1} << 30; // of one block; writers cut at 256 KiB
// Keys share bytes with the one before: a small file can say terabytes of them.
constexpr size_t kLongestKey = size_t{1} << 16, kMostKeys = size_t{1} << 28; // bytes, of all

/// A block in the file, without its trailer.
struct Handle {
  uint64_t offset = 0, size = 0;
};

CompileError corrupt(const std::string &file, size_t at, std::string_view expectation) {
  return unreadable("index", fmt::format("{} is corrupt at byte {}: {}", file, at, expectation));
}

class Table {
public:
  Table(Span file, const std::string &name) : file_{file}, name_{name} {}

  std::map<std::string, std::string, std::less<>> entries() const {
    if (file_.size() < kFooter || readFixed(file_, file_.size() - kMagic, kMagic) != kTableMagic)
      throw unreadable("index", fmt::format("{} is not the index of a checkpoint: it does not end "
                                            "with the magic number of one",
                                            name_));
    const size_t footer = file_.size() - kFooter;
    size_t at = footer;
    handle(file_.first(file_.size() - kMagic), at, footer); // of the metaindex, which is empty
    const Handle index = handle(file_.first(file_.size() - kMagic), at, footer);
    std::map<std::string, std::string, std::less<>> all;
    uint64_t next = 0; // where a data block may begin
    size_t keys = 0;
    each(block(index), index.offset, [&](const std::string &, std::string_view value) {
      const Span bytes = std::as_bytes(std::span(value));
      size_t from = 0;
      const Handle data = handle(bytes, from, index.offset);
      if (data.offset < next)
        throw corrupt(name_, index.offset,
                      fmt::format("the block at {} is not behind the one before", data.offset));
      next = data.offset + data.size;
      each(block(data), data.offset, [&](const std::string &key, std::string_view entry) {
        if (!all.empty() && key <= all.rbegin()->first)
          throw corrupt(name_, data.offset,
                        fmt::format("key {} is not above the one before", quote(key)));
        if ((keys += key.size()) > kMostKeys)
          throw corrupt(name_, data.offset, fmt::format("more than {} bytes of keys", kMostKeys));
        all.emplace_hint(all.end(), key, entry);
      });
    });
    return all;
  }

private:
  Handle handle(Span bytes, size_t &at, size_t place) const {
    Handle h;
    if (!readVarint(bytes, at, h.offset) || !readVarint(bytes, at, h.size))
      throw corrupt(name_, place, "the place of a block should be here");
    if (h.offset > file_.size() || h.size > file_.size() - h.offset ||
        file_.size() - h.offset - h.size < kTrailer)
      throw corrupt(name_, place,
                    fmt::format("a block of {} bytes at {} is not inside of the file "
                                "of {} bytes",
                                h.size, h.offset, file_.size()));
    return h;
  }

  std::string block(const Handle &h) const {
    const Span stored = file_.subspan(h.offset, h.size + 1); // with the byte of its type
    const auto expected = static_cast<uint32_t>(readFixed(file_, h.offset + h.size + 1, 4));
    if (masked(crc32c(stored)) != expected)
      throw corrupt(name_, h.offset, "the checksum of the block does not match");
    const auto type = std::to_integer<int>(stored.back());
    const Span bytes = stored.first(h.size);
    if (type == 0)
      return std::string(textOf(bytes));
    if (type == 1)
      return unsnappy(bytes, fmt::format("{}, the block at byte {}", name_, h.offset));
    throw corrupt(name_, h.offset + h.size,
                  fmt::format("the block has compression {}, expected 0 "
                              "(none) or 1 (Snappy)",
                              type));
  }

  /// Entries, then their restart points, then the number of those.
  template <class Take> void each(const std::string &block, size_t place, Take &&take) const {
    const Span bytes = std::as_bytes(std::span(block));
    const size_t number = bytes.size() < 4 ? 0 : readFixed(bytes, bytes.size() - 4, 4);
    if (bytes.size() < 4 || number > (bytes.size() - 4) / 4)
      throw corrupt(name_, place, "a block should end with its restart points");
    const Span entries = bytes.first(bytes.size() - 4 * (number + 1));
    std::string key;
    for (size_t at = 0; at < entries.size();) {
      uint64_t shared, added, size;
      if (!readVarint(entries, at, shared) || !readVarint(entries, at, added) ||
          !readVarint(entries, at, size) || shared > key.size() || added > entries.size() - at ||
          size > entries.size() - at - added)
        throw corrupt(name_, place, fmt::format("entry at {} of the block does not fit", at));
      if (shared + added > kLongestKey)
        throw corrupt(
            name_, place,
            fmt::format("a key of {} bytes, expected at most {}", shared + added, kLongestKey));
      key.resize(shared);
      key += block.substr(at, added);
      at += added;
      take(key, std::string_view(block).substr(at, size));
      at += size;
    }
  }

  Span file_;
  const std::string &name_;
};

} // namespace

uint32_t crc32c(Span bytes, uint32_t before) {
  uint32_t crc = ~before;
  for (const std::byte b : bytes)
    crc = crc >> 8 ^ kCrcTable[(crc ^ std::to_integer<uint32_t>(b)) & 0xff];
  return ~crc;
}

uint32_t masked(uint32_t crc) {
  constexpr uint32_t kDelta = 0xa282ead8;
  return (crc >> 15 | crc << 17) + kDelta;
}

std::string unsnappy(Span in, const std::string &what) {
  size_t at = 0;
  uint64_t size;
  const auto fail = [&]() -> CompileError {
    return unreadable("index", fmt::format("{}: the Snappy data are corrupt at byte {} of {}", what,
                                           at, in.size()));
  };
  if (!readVarint(in, at, size) || size > kMostUncompressed)
    throw fail();
  std::string out;
  out.reserve(std::min<uint64_t>(size, 64 * in.size()));
  while (at < in.size()) {
    const auto tag = std::to_integer<unsigned>(in[at++]);
    const unsigned kind = tag & 3;
    size_t length, distance = 0;
    size_t more = kind == 3 ? 4 : kind; // bytes that follow
    if (kind == 0) {
      length = tag >> 2;
      more = length < 60 ? 0 : length - 59;
    } else {
      length = kind == 1 ? 4 + (tag >> 2 & 7) : (tag >> 2) + 1;
    }
    if (more > in.size() - at)
      throw fail();
    const uint64_t number = readFixed(in, at, more);
    at += more;
    if (kind == 0) {
      length = (more == 0 ? length : number) + 1;
      if (length > in.size() - at || length > size - out.size())
        throw fail();
      out += textOf(in.subspan(at, length));
      at += length;
      continue;
    }
    distance = kind == 1 ? (tag >> 5 << 8 | number) : number;
    if (distance == 0 || distance > out.size() || length > size - out.size())
      throw fail();
    for (; length > 0; --length) // it may reach into what it makes
      out += out[out.size() - distance];
  }
  if (out.size() != size)
    throw fail();
  return out;
}

std::map<std::string, std::string, std::less<>> readTable(Span bytes, const std::string &file) {
  return Table{bytes, file}.entries();
}

} // namespace burin::savedmodel
