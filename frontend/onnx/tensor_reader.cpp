// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/tensor_reader.h"
#include "frontend/onnx/problems.h"
#include "frontend/onnx/wire.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace burin::onnx {
namespace {

/// Sparse tensors of one model may not grow beyond this when they become dense.
constexpr uint64_t kMaxDenseBytes = uint64_t{2} << 30;

/// One run of a data field in the file.
struct Run {
  Cursor bytes;
  bool isPacked;
};

/// The tensor being read, with what every message needs.
struct Reading {
  const pb::TensorProto &proto;
  const Location &at;
  const std::string &what;
  const Bytes &file;
  Tensor tensor = {};
  uint64_t count = 0, size = 0;

  CompileError error(Problem problem, std::string_view code, std::string_view text) const {
    return CompileError(problem, at, fmt::format("{}: {}", what, text)).code(std::string{code});
  }
  CompileError invalid(std::string_view text) const {
    return error(Problem::invalid, "onnx.tensor", text);
  }
  std::string shapeText() const {
    return fmt::format("{}[{}]", name(tensor.type), fmt::join(tensor.dims, ", "));
  }
};

/// Product of the dims; nothing on overflow, also one that a zero would hide.
std::optional<uint64_t> countOf(std::span<const int64_t> dims) {
  int64_t nonZero = 1;
  bool isEmpty = false;
  for (int64_t dim : dims) {
    if (dim == 0)
      isEmpty = true;
    else if (__builtin_mul_overflow(nonZero, dim, &nonZero))
      return {};
  }
  return isEmpty ? 0 : static_cast<uint64_t>(nonZero);
}

void readShape(Reading &r) {
  r.tensor.name = r.proto.name();
  r.tensor.type = static_cast<DataType>(r.proto.data_type());
  r.tensor.dims.assign(r.proto.dims().begin(), r.proto.dims().end());
  if (r.proto.has_segment())
    throw r.error(Problem::unsupported, "onnx.tensor.segment",
                  "it is one segment of a tensor that is stored in parts");
  if (!isKnown(r.tensor.type))
    throw r.error(
        r.proto.data_type() == 0 ? Problem::invalid : Problem::unsupported, "onnx.tensor.type",
        fmt::format("its data type is {}, but must be from 1 to 26", r.proto.data_type()));
  for (int64_t dim : r.tensor.dims)
    if (dim < 0)
      throw r.invalid(fmt::format("a dimension of {} is negative", r.shapeText()));
  std::optional<uint64_t> count = countOf(r.tensor.dims);
  std::optional<uint64_t> size = count ? bytesFor(r.tensor.type, *count) : count;
  if (!size || *size > INT64_MAX)
    throw r.invalid(fmt::format("the size of {} overflows", r.shapeText()));
  r.count = *count;
  r.size = *size;
}

/// The typed field that holds elements of this type, and how many elements an entry has: 2 or 4
/// when they are packed below a byte, 1/2 for complex numbers.
struct Storage {
  DataField field;
  std::string_view name;
  unsigned elementsPerEntry = 1, entriesPerElement = 1;
  unsigned entryBytes = 0; ///< as stored in Tensor
};

Storage storageOf(DataType type) {
  unsigned bits = bitsOf(type);
  switch (type) {
  case DataType::f32:
    return {DataField::float32, "float_data", 1, 1, 4};
  case DataType::c64:
    return {DataField::float32, "float_data", 1, 2, 4};
  case DataType::f64:
    return {DataField::float64, "double_data", 1, 1, 8};
  case DataType::c128:
    return {DataField::float64, "double_data", 1, 2, 8};
  case DataType::i64:
    return {DataField::int64, "int64_data", 1, 1, 8};
  case DataType::u64:
  case DataType::u32:
    return {DataField::uint64, "uint64_data", 1, 1, bits / 8};
  case DataType::undefined:
  case DataType::string:
  case DataType::i32:
  case DataType::i16:
  case DataType::i8:
  case DataType::u16:
  case DataType::u8:
  case DataType::boolean:
  case DataType::f16:
  case DataType::bf16:
  case DataType::f8e4m3fn:
  case DataType::f8e4m3fnuz:
  case DataType::f8e5m2:
  case DataType::f8e5m2fnuz:
  case DataType::f8e8m0:
    break;
  case DataType::u4:
  case DataType::i4:
  case DataType::f4e2m1:
  case DataType::u2:
  case DataType::i2:
    return {DataField::int32, "int32_data", 8 / bits, 1, 1};
  }
  return {DataField::int32, "int32_data", 1, 1, bits / 8};
}

std::string_view nameOf(DataField field) {
  switch (field) {
  case DataField::float32:
    return "float_data";
  case DataField::int32:
    return "int32_data";
  case DataField::int64:
    return "int64_data";
  case DataField::raw:
    return "raw_data";
  case DataField::float64:
    return "double_data";
  case DataField::uint64:
    return "uint64_data";
  }
  return "data";
}

/// Entries that a run holds, by a walk over it.
uint64_t entriesIn(Run run, DataField field) {
  bool isVarint = field != DataField::float32 && field != DataField::float64;
  uint64_t width = field == DataField::float32 ? 4 : 8;
  if (run.isPacked && !isVarint)
    return run.bytes.left() / width;
  uint64_t count = 0;
  while (!run.bytes.isAtEnd()) {
    if (!run.isPacked)
      run.bytes.varint(); // the tag
    if (isVarint)
      run.bytes.varint();
    else
      run.bytes.skip(width);
    ++count;
  }
  return count;
}

void putLittle(std::byte *to, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i)
    to[i] = static_cast<std::byte>(value >> (8 * i));
}

/// Whether an entry of a varint field is a value, or the bit pattern, of so many bytes.
bool fits(uint64_t entry, unsigned bytes, DataField field) {
  if (bytes == 8)
    return true;
  if (field == DataField::uint64)
    return entry >> (8 * bytes) == 0;
  auto value = static_cast<int64_t>(entry);
  return value >= -(int64_t{1} << (8 * bytes - 1)) && value < int64_t{1} << (8 * bytes);
}

/// A data field with other layout than Tensor's.
void convert(Reading &r, std::span<const Run> runs, const Storage &storage) {
  Buffer buffer = allocate(r.size);
  if (!buffer.data)
    throw r.error(Problem::limit, "onnx.tensor.memory",
                  fmt::format("not enough memory for its {} bytes", r.size));
  std::byte *to = buffer.data;
  uint64_t index = 0;
  for (Run run : runs) {
    while (!run.bytes.isAtEnd()) {
      if (!run.isPacked)
        run.bytes.varint(); // the tag
      uint64_t entry = 0;
      if (storage.field == DataField::float32 || storage.field == DataField::float64)
        entry = run.bytes.fixed(storage.entryBytes);
      else
        entry = run.bytes.varint().value_or(0);
      if (storage.field == DataField::int32) // ten bytes when negative; more than an int32 is cut
        entry = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(entry)));
      if (r.tensor.type == DataType::boolean)
        entry = entry != 0;
      if (!fits(entry, storage.entryBytes, storage.field))
        throw r.invalid(fmt::format("entry {} of {} is {}, which does not fit {}", index,
                                    storage.name, static_cast<int64_t>(entry),
                                    name(r.tensor.type)));
      putLittle(to, entry, storage.entryBytes);
      to += storage.entryBytes;
      ++index;
    }
  }
  r.tensor.data = {buffer.data, r.size};
  r.tensor.owner = std::move(buffer.owner);
}

/// Booleans become 0 or 1: other bytes in the file cost a copy.
void normaliseBooleans(Reading &r) {
  auto isPlain = [](std::byte b) { return b <= std::byte{1}; };
  if (r.tensor.type != DataType::boolean || std::ranges::all_of(r.tensor.data, isPlain))
    return;
  Buffer buffer = allocate(r.size);
  if (!buffer.data)
    throw r.error(Problem::limit, "onnx.tensor.memory",
                  fmt::format("not enough memory for its {} bytes", r.size));
  std::ranges::transform(r.tensor.data, buffer.data,
                         [](std::byte b) { return std::byte{b != std::byte{0}}; });
  r.tensor.data = {buffer.data, r.size};
  r.tensor.owner = std::move(buffer.owner);
}

void readTyped(Reading &r, std::span<const Run> runs, DataField field) {
  Storage storage = storageOf(r.tensor.type);
  if (field != storage.field)
    throw r.invalid(fmt::format("a tensor of {} has its values in {} or raw_data, not in {}",
                                name(r.tensor.type), storage.name, nameOf(field)));
  uint64_t expected = (r.count * storage.entriesPerElement + storage.elementsPerEntry - 1) /
                      storage.elementsPerEntry;
  uint64_t actual = 0;
  for (const Run &run : runs)
    actual += entriesIn(run, field);
  if (actual != expected)
    throw r.invalid(fmt::format("{} has {} entries, but {} needs {}", storage.name, actual,
                                r.shapeText(), expected));
  bool isAsStored = field == DataField::float32 || field == DataField::float64;
  if (isAsStored && runs.size() == 1 && runs[0].isPacked) {
    r.tensor.data = r.file.span.subspan(runs[0].bytes.at(), r.size);
    r.tensor.owner = r.file.owner;
    return;
  }
  convert(r, runs, storage);
}

void readRaw(Reading &r, const Run &run) {
  if (run.bytes.left() != r.size)
    throw r.invalid(fmt::format("raw_data has {} bytes, but {} needs {}", run.bytes.left(),
                                r.shapeText(), r.size));
  r.tensor.data = r.file.span.subspan(run.bytes.at(), r.size);
  r.tensor.owner = r.file.owner;
}

/// Digits and nothing else, at most INT64_MAX.
uint64_t parseNumber(const Reading &r, std::string_view key, std::string_view text) {
  uint64_t value = 0;
  const char *end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value > INT64_MAX)
    throw r.error(Problem::invalid, "onnx.external",
                  fmt::format("'{}' of its external data is {}, but must be a number from 0 to {}",
                              key, quote(text), INT64_MAX));
  return value;
}

void readExternal(Reading &r, Folder &folder) {
  auto invalid = [&](std::string_view text) {
    return r.error(Problem::invalid, "onnx.external", text);
  };
  std::map<std::string_view, std::string_view> entries;
  for (const pb::StringStringEntryProto &entry : r.proto.external_data()) {
    constexpr std::string_view kKnown[] = {"location", "offset", "length", "checksum", "basepath"};
    if (std::ranges::find(kKnown, entry.key()) == std::end(kKnown))
      throw invalid(fmt::format("its external data has an unknown key {}", quote(entry.key())));
    if (!entries.emplace(entry.key(), entry.value()).second)
      throw invalid(fmt::format("its external data has the key '{}' twice", entry.key()));
  }
  if (!entries.contains("location"))
    throw invalid("its data are external, but no location is given");
  // The base path is what some loader had; the checksum would need a read of all the bytes.
  uint64_t offset = 0;
  std::optional<uint64_t> length;
  if (auto entry = entries.find("offset"); entry != entries.end())
    offset = parseNumber(r, "offset", entry->second);
  if (auto entry = entries.find("length"); entry != entries.end())
    length = parseNumber(r, "length", entry->second);

  Bytes file;
  try {
    file = folder.map(std::string{entries["location"]});
  } catch (CompileError &error) {
    error.diagnostic().at = r.at;
    error.diagnostic().text = fmt::format("{}: {}", r.what, error.diagnostic().text);
    throw;
  }
  std::string location = quote(entries["location"]);
  if (offset > file.span.size() || length.value_or(0) > file.span.size() - offset)
    throw invalid(fmt::format("its external data are {} bytes from {} on, but file {} has {}",
                              length.value_or(0), offset, location, file.span.size()));
  uint64_t available = length.value_or(file.span.size() - offset);
  if (available != r.size)
    throw invalid(fmt::format("its external data are {} bytes{}, but {} needs {}", available,
                              length ? "" : " (no 'length': up to the end of the file)",
                              r.shapeText(), r.size));
  r.tensor.data = file.span.subspan(offset, r.size);
  r.tensor.owner = file.owner;
}

void readStrings(Reading &r) {
  if (static_cast<uint64_t>(r.proto.string_data_size()) != r.count)
    throw r.invalid(fmt::format("string_data has {} entries, but {} needs {}",
                                r.proto.string_data_size(), r.shapeText(), r.count));
  r.tensor.strings.assign(r.proto.string_data().begin(), r.proto.string_data().end());
}

/// The data fields that have bytes, in the order of the file. Of raw_data the last counts.
std::map<DataField, std::vector<Run>> runsOf(const Reading &r) {
  std::map<DataField, std::vector<Run>> fields;
  for (const pb::TensorProto::Region &region : r.proto.region()) {
    auto field = static_cast<DataField>(region.field());
    if (field == DataField::raw)
      fields.erase(field);
    if (region.length() == 0)
      continue;
    Cursor bytes{r.file.span, region.offset(), region.offset() + region.length()};
    fields[field].push_back({bytes, region.packed()});
  }
  return fields;
}

} // namespace

Tensor TensorReader::read(const pb::TensorProto &proto, const Location &at,
                          const std::string &what) {
  constexpr int32_t kExternal = 1;
  Reading r{proto, at, what, file_};
  readShape(r);
  std::map<DataField, std::vector<Run>> fields = runsOf(r);
  bool isExternal = proto.data_location() == kExternal;
  size_t sources = fields.size() + (proto.string_data_size() > 0) + isExternal;
  if (sources > 1)
    throw r.invalid("it has its data in more than one place");
  bool isString = r.tensor.type == DataType::string;
  if (isString && (isExternal || !fields.empty()))
    throw r.invalid("a tensor of STRING has its values in string_data only");
  if (!isString && proto.string_data_size() > 0)
    throw r.invalid(fmt::format("a tensor of {} has no string_data", name(r.tensor.type)));
  if (isString)
    readStrings(r);
  else if (isExternal)
    readExternal(r, folder_);
  else if (fields.contains(DataField::raw))
    readRaw(r, fields[DataField::raw].front());
  else if (!fields.empty())
    readTyped(r, fields.begin()->second, fields.begin()->first);
  else if (r.size > 0)
    throw r.invalid(fmt::format("it has no data, but {} needs {} bytes", r.shapeText(), r.size));
  normaliseBooleans(r);
  return std::move(r.tensor);
}

Tensor TensorReader::readSparse(const pb::SparseTensorProto &proto, const Location &at,
                                const std::string &what) {
  Tensor values = read(proto.values(), at, what + ", values");
  Tensor indices = read(proto.indices(), at, what + ", indices");
  pb::TensorProto shape;
  shape.set_data_type(proto.values().data_type());
  shape.mutable_dims()->CopyFrom(proto.dims());
  shape.set_name(values.name);
  Reading r{shape, at, what, file_};
  readShape(r);
  unsigned width = bitsOf(values.type) / 8;
  if (width == 0)
    throw r.error(Problem::unsupported, "onnx.tensor.sparse",
                  fmt::format("sparse tensors of {} are not supported", name(values.type)));
  auto stored = static_cast<uint64_t>(values.count());
  size_t rank = r.tensor.dims.size();
  bool isLinear = indices.dims.size() == 1;
  bool isTuples = indices.dims.size() == 2 && indices.dims[1] == static_cast<int64_t>(rank);
  if (values.dims.size() != 1 || indices.type != DataType::i64 || !(isLinear || isTuples) ||
      indices.dims[0] != values.dims[0])
    throw r.invalid(fmt::format("a sparse tensor of {0} values and rank {1} has INT64 indices "
                                "[{0}] or [{0}, {1}], not {2}[{3}]",
                                stored, rank, name(indices.type), fmt::join(indices.dims, ", ")));
  if (r.size > kMaxDenseBytes || (denseBytes_ += r.size) > kMaxDenseBytes)
    throw r.error(Problem::limit, "onnx.tensor.sparse",
                  fmt::format("the sparse tensors take more than {} bytes when they are dense",
                              kMaxDenseBytes));
  Buffer buffer = allocate(r.size);
  if (!buffer.data)
    throw r.error(Problem::limit, "onnx.tensor.memory",
                  fmt::format("not enough memory for its {} bytes", r.size));

  Cursor in{indices.data};
  auto outside = [&](int64_t index, uint64_t size) {
    return r.invalid(
        fmt::format("an index of {} lies outside of {} (size {})", r.shapeText(), index, size));
  };
  for (uint64_t i = 0, next = 0; i < stored; ++i) {
    uint64_t linear = 0;
    if (isLinear) {
      auto index = static_cast<int64_t>(in.fixed(8));
      if (index < 0 || static_cast<uint64_t>(index) >= r.count)
        throw outside(index, r.count);
      linear = static_cast<uint64_t>(index);
    } else {
      for (int64_t dim : r.tensor.dims) {
        auto index = static_cast<int64_t>(in.fixed(8));
        if (index < 0 || index >= dim)
          throw outside(index, static_cast<uint64_t>(dim));
        linear = linear * static_cast<uint64_t>(dim) + static_cast<uint64_t>(index);
      }
    }
    if (linear < next)
      throw r.invalid("its indices are not in ascending order, each once");
    next = linear + 1;
    std::memcpy(buffer.data + linear * width, values.data.data() + i * width, width);
  }
  r.tensor.data = {buffer.data, r.size};
  r.tensor.owner = std::move(buffer.owner);
  return std::move(r.tensor);
}

} // namespace burin::onnx
