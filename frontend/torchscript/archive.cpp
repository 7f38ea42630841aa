// SPDX-License-Identifier: Apache-2.0
//
// libzip checks the archive and inflates; where a stored member lies it does not tell, so that the
// central directory is read here too, and weights stay in the mapped file.
#include "frontend/torchscript/archive.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <zip.h>

namespace burin::torchscript {
namespace {

constexpr uint16_t kStored = 0, kDeflated = 8;
constexpr size_t kEndSize = 22, kEntrySize = 46, kLocalSize = 30, kEnd64Size = 56,
                 kLocator64Size = 20;
/// More than deflate can reach: a size beyond it is a lie, or a bomb.
constexpr uint64_t kMaxRatio = 1032;

/// Little-endian numbers at places of the file; a place outside of it is an error.
class Reader {
public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_{bytes} {}

  uint64_t number(uint64_t at, size_t size) const {
    uint64_t value = 0;
    const std::span<const std::byte> from = slice(at, size);
    for (size_t i = size; i-- > 0;)
      value = value << 8 | std::to_integer<uint64_t>(from[i]);
    return value;
  }
  std::span<const std::byte> slice(uint64_t at, uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at)
      throw unreadable("the archive is cut off, or its directory is damaged");
    return bytes_.subspan(at, size);
  }
  uint64_t size() const { return bytes_.size(); }

private:
  std::span<const std::byte> bytes_;
};

/// The place of the last record that begins with this signature; nothing without one.
std::optional<uint64_t> findEnd(const Reader &in) {
  constexpr uint32_t kSignature = 0x06054b50;
  constexpr uint64_t kLongestComment = 65535;
  if (in.size() < kEndSize)
    return std::nullopt;
  const uint64_t last = in.size() - kEndSize;
  for (uint64_t at = last;; --at) {
    if (in.number(at, 4) == kSignature)
      return at;
    if (at == 0 || last - at == kLongestComment)
      return std::nullopt;
  }
}

struct Directory {
  uint64_t count, offset;
};

Directory findDirectory(const Reader &in) {
  constexpr uint32_t kLocator = 0x07064b50, kEnd64 = 0x06064b50;
  const std::optional<uint64_t> end = findEnd(in);
  if (!end)
    throw unreadable("the archive is cut off: it has no directory", "copy or download it again");
  Directory found{in.number(*end + 10, 2), in.number(*end + 16, 4)};
  if ((found.count == 0xffff || found.offset == 0xffffffff) && *end >= kLocator64Size &&
      in.number(*end - kLocator64Size, 4) == kLocator) {
    const uint64_t at = in.number(*end - kLocator64Size + 8, 8);
    in.slice(at, kEnd64Size);
    if (in.number(at, 4) != kEnd64)
      throw unreadable("the directory of the archive is damaged");
    found = {in.number(at + 32, 8), in.number(at + 48, 8)};
  }
  return found;
}

/// The fields of an entry that are too large for their place, from the extra field 1.
void readZip64(const Reader &in, uint64_t at, uint64_t size, std::span<uint64_t *const> fields) {
  constexpr uint64_t kZip64 = 1, kInExtra = 0xffffffff;
  for (const uint64_t end = at + size; at + 4 <= end;) {
    const uint64_t id = in.number(at, 2), length = in.number(at + 2, 2);
    at += 4;
    if (id == kZip64) {
      uint64_t from = at;
      for (uint64_t *field : fields)
        if (*field == kInExtra) {
          if (from + 8 > at + length)
            throw unreadable("the directory of the archive is damaged");
          *field = in.number(from, 8);
          from += 8;
        }
      return;
    }
    at += length;
  }
}

/// CRC-32 as in zip.
uint32_t checksumOf(std::span<const std::byte> bytes) {
  static const std::array<uint32_t, 256> kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit)
        c = (c & 1) ? 0xedb88320U ^ (c >> 1) : c >> 1;
      table[i] = c;
    }
    return table;
  }();
  uint32_t crc = 0xffffffffU;
  for (const std::byte b : bytes)
    crc = kTable[(crc ^ std::to_integer<uint32_t>(b)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

struct DiscardArchive {
  void operator()(zip_t *archive) const { zip_discard(archive); }
};
struct CloseFile {
  void operator()(zip_file_t *file) const { zip_fclose(file); }
};

std::unique_ptr<zip_t, DiscardArchive> openZip(std::span<const std::byte> bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t *const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t *const archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
  const std::string why = zip_error_strerror(&error);
  zip_error_fini(&error);
  if (!archive) {
    zip_source_free(source);
    throw unreadable("the archive cannot be opened: " + why, "copy or download it again");
  }
  return std::unique_ptr<zip_t, DiscardArchive>(archive);
}

} // namespace

std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

CompileError unreadable(std::string text, std::string hint) {
  return CompileError(Problem::unreadable, {}, std::move(text))
      .code("torchscript.file")
      .hint(std::move(hint));
}

Archive::Archive(Bytes file) : file_{std::move(file)} {
  readDirectory();
  openZip(file_.span); // for its opinion of the whole
}

void Archive::readDirectory() {
  constexpr uint32_t kEntry = 0x02014b50;
  const Reader in{file_.span};
  const Directory directory = findDirectory(in);
  std::string root;
  uint64_t at = directory.offset;
  for (uint64_t i = 0; i < directory.count; ++i) {
    in.slice(at, kEntrySize);
    if (in.number(at, 4) != kEntry)
      throw unreadable("the directory of the archive is damaged");
    Member m{i,
             in.number(at + 42, 4),
             in.number(at + 20, 4),
             in.number(at + 24, 4),
             static_cast<uint32_t>(in.number(at + 16, 4)),
             static_cast<uint16_t>(in.number(at + 10, 2))};
    const uint64_t nameSize = in.number(at + 28, 2), extra = in.number(at + 30, 2);
    std::string name(textOf(in.slice(at + kEntrySize, nameSize)));
    in.slice(at + kEntrySize + nameSize, extra);
    uint64_t *const wide[] = {&m.unpacked, &m.packed, &m.offset};
    readZip64(in, at + kEntrySize + nameSize, extra, wide);
    at += kEntrySize + nameSize + extra + in.number(at + 32, 2);

    const size_t slash = name.find('/');
    if (i == 0)
      root = slash == std::string::npos ? "" : name.substr(0, slash + 1);
    // Of torch.export before 2.8, the members lie at the top: requireTorchScript names it.
    if (!root.empty() && !name.starts_with(root))
      throw unreadable(fmt::format("the member '{}' lies outside of the folder '{}' of the archive",
                                   name, root.substr(0, root.size() - 1)));
    if (name.ends_with('/'))
      continue; // a folder
    name.erase(0, root.size());
    if (!members_.emplace(name, m).second)
      throw unreadable(fmt::format("the archive has two members '{}'", name));
  }
}

std::vector<std::string_view> Archive::names() const {
  std::vector<std::string_view> all;
  for (const auto &[name, member] : members_)
    all.emplace_back(name);
  return all;
}

std::span<const std::byte> Archive::packedBytes(std::string_view name, const Member &m) const {
  constexpr uint32_t kLocal = 0x04034b50;
  const Reader in{file_.span};
  in.slice(m.offset, kLocalSize);
  if (in.number(m.offset, 4) != kLocal)
    throw unreadable(fmt::format("the member '{}' is damaged", name));
  return in.slice(m.offset + kLocalSize + in.number(m.offset + 26, 2) + in.number(m.offset + 28, 2),
                  m.packed);
}

Bytes Archive::inflate(std::string_view name, const Member &m) const {
  if (m.unpacked > kMaxRatio * (m.packed + 1))
    throw unreadable(fmt::format("the size of the member '{}' is wrong", name));
  const auto archive = openZip(file_.span);
  const std::unique_ptr<zip_file_t, CloseFile> in(zip_fopen_index(archive.get(), m.index, 0));
  if (!in)
    throw unreadable(fmt::format("the member '{}': {}", name, zip_strerror(archive.get())));
  auto bytes = std::make_shared<std::vector<std::byte>>(m.unpacked);
  for (size_t done = 0; done < bytes->size();) {
    const zip_int64_t got = zip_fread(in.get(), bytes->data() + done, bytes->size() - done);
    if (got <= 0)
      throw unreadable(fmt::format("the member '{}' is damaged", name));
    done += static_cast<size_t>(got);
  }
  return {*bytes, bytes};
}

Bytes Archive::read(std::string_view name) const {
  const auto it = members_.find(name);
  if (it == members_.end())
    throw unreadable(fmt::format("the archive has no member '{}'", name));
  const Member &m = it->second;
  if (m.method != kStored && m.method != kDeflated)
    throw unreadable(fmt::format("the member '{}' is packed by method {}, expected stored (0) or "
                                 "deflated (8)",
                                 name, m.method),
                     "pack the archive again by zip, or save the model again");
  Bytes bytes = m.method == kStored ? Bytes{packedBytes(name, m), file_.owner} : inflate(name, m);
  if (checksumOf(bytes.span) != m.checksum)
    throw unreadable(fmt::format("the checksum of the member '{}' does not match its bytes", name),
                     "copy or download the file again");
  return bytes;
}

void requireLittleEndian(const Archive &archive) {
  if (archive.has("byteorder") && textOf(archive.read("byteorder").span).starts_with("big"))
    throw unreadable("the weights are stored big-endian", "save the model on another machine");
}

} // namespace burin::torchscript
