// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/bundle.h"
#include "frontend/savedmodel/problems.h"
#include "frontend/savedmodel/table.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

constexpr int64_t kMostShards = 100000; // the names have five digits

/// Strings: their lengths, a checksum of those, and the bytes one after the other.
std::vector<std::string> stringsOf(Span bytes, size_t count, uint32_t expected,
                                   const std::string &what) {
  const auto corrupt = [&](std::string_view fact) {
    return unreadable("data", fmt::format("{}: {}", what, fact));
  };
  std::vector<uint64_t> lengths;
  size_t at = 0;
  uint32_t crc = 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t length;
    if (!readVarint(bytes, at, length) || length > bytes.size())
      throw corrupt("a length of a string does not fit");
    lengths.push_back(length);
    std::byte stored[8];
    for (size_t b = 0; b < 8; ++b)
      stored[b] = static_cast<std::byte>(length >> (8 * b));
    crc = crc32c(Span(stored, length > UINT32_MAX ? 8 : 4), crc);
  }
  if (bytes.size() - at < 4 || readFixed(bytes, at, 4) != masked(crc))
    throw corrupt("the checksum of the lengths does not match");
  if (masked(crc32c(bytes.subspan(at), crc)) != expected)
    throw corrupt("the checksum does not match");
  at += 4;
  std::vector<std::string> strings;
  for (const uint64_t length : lengths) {
    if (length > bytes.size() - at)
      throw corrupt("a string does not fit");
    strings.emplace_back(textOf(bytes.subspan(at, length)));
    at += length;
  }
  return strings;
}

/// A number whose length in bytes comes first.
void appendNumber(std::string &to, uint64_t value) {
  std::string digits;
  for (; value != 0; value >>= 8)
    digits.insert(digits.begin(), static_cast<char>(value & 0xff));
  to += static_cast<char>(digits.size());
  to += digits;
}

/// A signed number whose order as bytes is its own: n bytes hold [-2^(7n-1), 2^(7n-1)), big-endian,
/// behind a sign and n - 1 more bits of the size.
void appendSigned(std::string &to, int64_t value) {
  const auto magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  size_t size = 1;
  while (size < 10 && size * 7 - 1 < 64 && magnitude >> (size * 7 - 1) != 0)
    ++size;
  std::string bytes(10, static_cast<char>(value < 0 ? 0xff : 0));
  for (size_t i = 0; i < 8; ++i)
    bytes[9 - i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  bytes = bytes.substr(10 - size);
  for (size_t bit = 0; bit < size; ++bit) // the sign bit and the size, inverted for negatives
    bytes[bit / 8] =
        static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (0x80 >> bit % 8));
  to += bytes;
}

/// One part of "66 100 0,66:0,100", which has the whole shape in front.
std::vector<int64_t> numbersOf(std::string_view text, char separator, const std::string &what) {
  std::vector<int64_t> numbers;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    int64_t value = 0;
    const std::string_view digits = text.substr(0, end);
    if (digits.empty() || digits.size() > 18 ||
        !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
      throw invalid("slice",
                    fmt::format("{}: the slice {} is no list of numbers", what, quote(text)));
    for (const char c : digits)
      value = 10 * value + (c - '0');
    numbers.push_back(value);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return numbers;
}

/// Copies a box of `from` (of shape `fromDims`, at `fromStart`) into `to`.
void copyBox(const std::byte *from, const std::vector<int64_t> &fromDims,
             const std::vector<int64_t> &fromStart, std::byte *to,
             const std::vector<int64_t> &toDims, const std::vector<int64_t> &toStart,
             const std::vector<int64_t> &box, size_t elementSize, size_t axis = 0,
             size_t fromAt = 0, size_t toAt = 0) {
  if (axis == box.size()) {
    std::memcpy(to + toAt * elementSize, from + fromAt * elementSize, elementSize);
    return;
  }
  const auto place = [axis](size_t at, const std::vector<int64_t> &dims, int64_t start) {
    return at * static_cast<size_t>(dims[axis]) + static_cast<size_t>(start);
  };
  if (axis + 1 == box.size()) {
    if (box[axis] > 0)
      std::memcpy(to + place(toAt, toDims, toStart[axis]) * elementSize,
                  from + place(fromAt, fromDims, fromStart[axis]) * elementSize,
                  static_cast<size_t>(box[axis]) * elementSize);
    return;
  }
  for (int64_t i = 0; i < box[axis]; ++i)
    copyBox(from, fromDims, fromStart, to, toDims, toStart, box, elementSize, axis + 1,
            place(fromAt, fromDims, fromStart[axis] + i), place(toAt, toDims, toStart[axis] + i));
}

} // namespace

std::string sliceKey(std::string_view name, const std::vector<int64_t> &start,
                     const std::vector<int64_t> &length) {
  std::string key;
  appendNumber(key, 0);
  for (const char c : name)
    key += c == '\0'     ? std::string("\0\xff", 2)
           : c == '\xff' ? std::string("\xff\0", 2)
                         : std::string(1, c);
  key += std::string("\0\1", 2);
  appendNumber(key, start.size());
  for (size_t i = 0; i < start.size(); ++i) {
    appendSigned(key, start[i]);
    appendSigned(key, length[i]);
  }
  return key;
}

Bundle::Bundle(const std::filesystem::path &prefix) : prefix_{prefix} {
  const std::filesystem::path index = prefix.string() + ".index";
  const std::string name = index.filename().string();
  const frontend::Bytes file = frontend::mapFile(index, "savedmodel.file");
  files_.push_back(index);
  for (const auto &[key, value] : readTable(file.span, name)) {
    if (!key.empty()) {
      entries_.emplace(key, parse(key, value));
      continue;
    }
    const Message header("BundleHeaderProto", std::as_bytes(std::span(value)), name);
    numShards_ = header.integer(1);
    if (header.integer(2) != 0)
      throw unsupported("endian", fmt::format("{}: the values are big-endian", name))
          .hint("save the model on a little-endian machine");
    if (numShards_ < 1 || numShards_ > kMostShards)
      throw unreadable("index", fmt::format("{}: there are {} shards, expected 1 to {}", name,
                                            numShards_, kMostShards));
  }
  if (numShards_ == 0)
    throw unreadable("index", fmt::format("{} has no header", name));
}

Bundle::Entry Bundle::parse(const std::string &key, std::string_view value) const {
  const Message proto("BundleEntryProto", std::as_bytes(std::span(value)), "the index");
  Entry e;
  const std::string what = fmt::format("the index, entry {}", quote(key));
  const PartialShape shape = shapeOf(proto.message(2, "TensorShapeProto"));
  if (!shape)
    throw unreadable("index", fmt::format("{} has no rank", what));
  e.dims = *shape;
  proto.each([&](const Field &f) {
    switch (f.number) {
    case 1:
      e.type = dataType(f.integer());
      break;
    case 3:
      e.shard = f.integer();
      break;
    case 4:
      e.offset = f.integer();
      break;
    case 5:
      e.size = f.integer();
      break;
    case 6:
      e.crc = static_cast<uint32_t>(f.unsignedInteger());
      break;
    case 7: {
      Slice &slice = e.slices.emplace_back();
      f.message("TensorSliceProto").each([&](const Field &extent) {
        if (extent.number != 1)
          return;
        const Message part = extent.message("TensorSliceProto.Extent");
        slice.start.push_back(part.integer(1));
        slice.length.push_back(part.has(2) ? part.integer(2) : -1);
      });
      break;
    }
    default:
      break;
    }
  });
  if (e.shard < 0 || e.offset < 0 || e.size < 0)
    throw unreadable("index", fmt::format("{}: a shard, offset or size is negative", what));
  countOf(e.dims, what);
  return e;
}

std::vector<std::string> Bundle::keys() const {
  std::vector<std::string> all;
  for (const auto &[key, entry] : entries_)
    all.push_back(key);
  return all;
}

const Bundle::Entry &Bundle::entry(std::string_view key) const {
  const auto it = entries_.find(key);
  if (it == entries_.end())
    throw invalid("variable", fmt::format("the checkpoint has no tensor {}", quote(key)));
  return it->second;
}

DataType Bundle::type(std::string_view key) const { return entry(key).type; }
std::vector<int64_t> Bundle::shape(std::string_view key) const { return entry(key).dims; }

const frontend::Bytes &Bundle::shard(int64_t number) {
  if (number >= numShards_)
    throw unreadable("index", fmt::format("the index names shard {} of {}", number, numShards_));
  const auto [it, isNew] = shards_.try_emplace(number);
  if (isNew) {
    const std::filesystem::path path =
        fmt::format("{}.data-{:05}-of-{:05}", prefix_.string(), number, numShards_);
    it->second = frontend::mapFile(path, "savedmodel.file");
    files_.push_back(path);
  }
  return it->second;
}

Tensor Bundle::read(std::string_view key) {
  const Entry &e = entry(key);
  const std::string what = fmt::format("variable {}", quote(key));
  return e.slices.empty() ? readEntry(e, what) : joined(key, e, what);
}

Tensor Bundle::readEntry(const Entry &e, const std::string &what) {
  const frontend::Bytes &file = shard(e.shard);
  const auto offset = static_cast<uint64_t>(e.offset), size = static_cast<uint64_t>(e.size);
  if (offset > file.span.size() || size > file.span.size() - offset)
    throw unreadable("data", fmt::format("{}: {} bytes at {} are not inside of shard {}, which has "
                                         "{}: it is truncated",
                                         what, size, offset, e.shard, file.span.size()));
  const Span bytes = file.span.subspan(offset, size);
  Tensor tensor;
  tensor.type = e.type;
  tensor.dims = e.dims;
  const size_t count = countOf(e.dims, what);
  if (e.type == DataType::string) {
    if (count > bytes.size())
      throw unreadable("data",
                       fmt::format("{}: {} strings do not fit into {} bytes", what, count, size));
    tensor.strings = stringsOf(bytes, count, e.crc, what);
    return tensor;
  }
  const auto element = elementTypeOf(e.type);
  if (!element)
    throw unsupported("data", fmt::format("{} is of type {}", what, name(e.type)));
  if (size != count * ir::elementSize(*element))
    throw unreadable("data",
                     fmt::format("{} has {} bytes, expected {} for {} elements of {}", what, size,
                                 count * ir::elementSize(*element), count, name(e.type)));
  if (masked(crc32c(bytes)) != e.crc)
    throw unreadable("data", fmt::format("{}: the checksum of its bytes does not match", what));
  tensor.bytes = bytes;
  tensor.owner = file.owner;
  return tensor;
}

/// The parts of a partitioned variable in one tensor.
Tensor Bundle::joined(std::string_view key, const Entry &e, const std::string &what) {
  const auto element = elementTypeOf(e.type);
  if (!element || ir::elementSize(*element) == 0)
    throw unsupported("data", fmt::format("{} is partitioned and of type {}", what, name(e.type)));
  const size_t size = ir::elementSize(*element), count = countOf(e.dims, what);
  uint64_t given = 0; // what the parts hold, before memory is taken for them
  std::vector<std::pair<Tensor, Slice>> parts;
  for (const Slice &slice : e.slices) {
    Slice whole = slice;
    if (whole.start.size() != e.dims.size())
      throw unreadable("index", fmt::format("{}: a part has {} axes, the variable {}", what,
                                            whole.start.size(), e.dims.size()));
    for (size_t i = 0; i < e.dims.size(); ++i) {
      if (whole.length[i] < 0)
        whole.length[i] = e.dims[i];
      if (whole.start[i] < 0 || whole.start[i] > e.dims[i] ||
          whole.length[i] > e.dims[i] - whole.start[i])
        throw unreadable("index", fmt::format("{}: a part is not inside of it", what));
    }
    Tensor part = readEntry(entry(sliceKey(key, slice.start, slice.length)), what);
    if (part.type != e.type || part.dims != whole.length)
      throw unreadable("index",
                       fmt::format("{}: a part has another type or shape than it should", what));
    given += countOf(part.dims, what);
    parts.emplace_back(std::move(part), std::move(whole));
  }
  if (given != count)
    throw unreadable(
        "index", fmt::format("{}: its parts have {} elements, expected {}", what, given, count));
  auto bytes = std::make_shared<std::vector<std::byte>>(count * size);
  std::vector<std::byte> written(
      count); // elements: as many as there are, so that none twice is all
  const std::vector<int64_t> origin(e.dims.size(), 0);
  for (const auto &[part, slice] : parts) {
    const std::vector<std::byte> ones(countOf(part.dims, what), std::byte{1});
    if (ones.empty())
      continue;
    copyBox(part.bytes.data(), part.dims, origin, bytes->data(), e.dims, slice.start, slice.length,
            size);
    copyBox(ones.data(), part.dims, origin, written.data(), e.dims, slice.start, slice.length, 1);
  }
  if (std::ranges::find(written, std::byte{0}) != written.end())
    throw unreadable("index", fmt::format("{}: its parts overlap", what));
  Tensor tensor{e.type, e.dims, *bytes, nullptr, {}};
  tensor.owner = std::move(bytes);
  return tensor;
}

Tensor Bundle::read(std::string_view key, std::string_view slice) {
  if (slice.empty())
    return read(key);
  const std::string what = fmt::format("variable {}", quote(key));
  const size_t space = slice.rfind(' ');
  if (space == std::string_view::npos)
    throw invalid("slice", fmt::format("{}: the slice {} has no shape", what, quote(slice)));
  const std::vector<int64_t> whole = numbersOf(slice.substr(0, space), ' ', what);
  std::vector<int64_t> start, length;
  for (std::string_view rest = slice.substr(space + 1); !rest.empty();) {
    const size_t end = std::min(rest.find(':'), rest.size());
    if (rest.substr(0, end) == "-") {
      start.push_back(0);
      length.push_back(start.size() <= whole.size() ? whole[start.size() - 1] : 0);
    } else {
      const std::vector<int64_t> pair = numbersOf(rest.substr(0, end), ',', what);
      if (pair.size() != 2)
        throw invalid("slice", fmt::format("{}: the slice {} has no pairs", what, quote(slice)));
      start.push_back(pair[0]);
      length.push_back(pair[1]);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  Tensor all = read(key);
  if (start.size() != whole.size() || all.dims != whole)
    throw invalid("slice", fmt::format("{}: the slice {} is not of its shape", what, quote(slice)));
  for (size_t i = 0; i < whole.size(); ++i)
    if (start[i] > whole[i] || length[i] > whole[i] - start[i])
      throw invalid("slice",
                    fmt::format("{}: the slice {} is not inside of it", what, quote(slice)));
  if (length == whole)
    return all;
  const auto element = elementTypeOf(all.type);
  const size_t size = element ? ir::elementSize(*element) : 0;
  if (size == 0)
    throw unsupported("slice", fmt::format("{}: a slice of {}", what, name(all.type)));
  auto bytes = std::make_shared<std::vector<std::byte>>(countOf(length, what) * size);
  const std::vector<int64_t> origin(whole.size(), 0);
  if (!bytes->empty())
    copyBox(all.bytes.data(), whole, start, bytes->data(), length, origin, length, size);
  Tensor tensor{all.type, length, *bytes, nullptr, {}};
  tensor.owner = std::move(bytes);
  return tensor;
}

} // namespace burin::savedmodel
