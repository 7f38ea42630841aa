// SPDX-License-Identifier: Apache-2.0
//
// Writes the parts of a SavedModel byte by byte, so that tests can write what no library would:
// protobuf fields, tensors, nodes, and the index of a checkpoint.
#pragma once

#include "frontend/savedmodel/table.h"
#include "frontend/savedmodel/tensor.h"

#include <bit>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

namespace burin::savedmodel::writer {

// ---- protobuf ----

inline std::string varint(uint64_t x) {
  std::string s;
  for (; x >= 0x80; x >>= 7)
    s += static_cast<char>((x & 0x7f) | 0x80);
  return s + static_cast<char>(x);
}
inline std::string fixed(uint64_t x, size_t size) {
  std::string s;
  for (size_t i = 0; i < size; ++i)
    s += static_cast<char>(x >> (8 * i));
  return s;
}
inline std::string number(uint32_t field, int64_t x) {
  return varint(field << 3) + varint(static_cast<uint64_t>(x));
}
inline std::string bytes(uint32_t field, const std::string &s) {
  return varint(field << 3 | 2) + varint(s.size()) + s;
}
inline std::string mapEntry(uint32_t field, const std::string &key, const std::string &value) {
  return bytes(field, bytes(1, key) + bytes(2, value));
}

// ---- messages of TensorFlow ----

/// TensorShapeProto
inline std::string shape(std::initializer_list<int64_t> dims) {
  std::string s;
  for (const int64_t d : dims)
    s += bytes(2, number(1, d));
  return s;
}
inline std::string floats(std::initializer_list<float> xs) {
  std::string s;
  for (const float x : xs)
    s += fixed(std::bit_cast<uint32_t>(x), 4);
  return s;
}
inline std::string typed(DataType type) { return number(1, static_cast<int64_t>(type)); }

// The values of attributes (AttrValue).
inline std::string typeValue(DataType type) { return number(6, static_cast<int64_t>(type)); }
inline std::string functionValue(const std::string &name) { return bytes(10, bytes(1, name)); }
inline std::string stringsValue(std::initializer_list<std::string> texts) {
  std::string s = typed(DataType::string) + bytes(2, shape({static_cast<int64_t>(texts.size())}));
  for (const std::string &text : texts)
    s += bytes(8, text);
  return bytes(8, s);
}
/// A constant of 32-bit integers.
inline std::string integersValue(std::initializer_list<int32_t> xs) {
  std::string s;
  for (const int32_t x : xs)
    s += fixed(static_cast<uint32_t>(x), 4);
  return bytes(8, typed(DataType::i32) + bytes(2, shape({static_cast<int64_t>(xs.size())})) +
                      bytes(4, s));
}

using Texts = std::initializer_list<std::string>;
using Attributes = std::initializer_list<std::pair<std::string, std::string>>;

/// NodeDef
inline std::string node(const std::string &name, const std::string &op, Texts inputs = {},
                        Attributes attributes = {}) {
  std::string s = bytes(1, name) + bytes(2, op);
  for (const std::string &input : inputs)
    s += bytes(3, input);
  for (const auto &[key, value] : attributes)
    s += mapEntry(5, key, value);
  return s;
}
inline std::string constantNode(const std::string &name, DataType type, const std::string &value) {
  return node(name, "Const", {}, {{"dtype", typeValue(type)}, {"value", value}});
}
/// TensorInfo
inline std::string tensorInfo(const std::string &tensor, DataType type, const std::string &dims) {
  return bytes(1, tensor) + number(2, static_cast<int64_t>(type)) + bytes(3, dims);
}
/// FunctionDef of one argument `a` and one result `r`, both of floats.
inline std::string function(const std::string &name, const std::vector<std::string> &nodes,
                            const std::string &result) {
  std::string s = bytes(1, bytes(1, name) + bytes(2, bytes(1, "a") + number(3, 1)) +
                               bytes(3, bytes(1, "r") + number(3, 1)));
  for (const std::string &n : nodes)
    s += bytes(3, n);
  return s + mapEntry(4, "r", result);
}

// ---- the index of a checkpoint ----

inline Span spanOf(const std::string &s) { return std::as_bytes(std::span(s)); }

using Entries = std::vector<std::pair<std::string, std::string>>;

/// Entries with the prefix that they share with the one before.
inline std::string block(const Entries &entries) {
  std::string s, previous;
  for (const auto &[key, value] : entries) {
    size_t shared = 0;
    while (shared < previous.size() && shared < key.size() && previous[shared] == key[shared])
      ++shared;
    s += varint(shared) + varint(key.size() - shared) + varint(value.size()) + key.substr(shared) +
         value;
    previous = key;
  }
  return s + fixed(0, 4) + fixed(1, 4);
}

/// Snappy without a copy: one literal.
inline std::string literal(const std::string &s) {
  return varint(s.size()) + static_cast<char>(61 << 2) + fixed(s.size() - 1, 2) + s;
}

/// Blocks as they are stored, with their checksums, and the handles of each.
struct TableFile {
  std::string file;

  std::string put(const std::string &stored, char type) {
    std::string handle = varint(file.size()) + varint(stored.size());
    const std::string withType = stored + type;
    file += withType + fixed(masked(crc32c(spanOf(withType))), 4);
    return handle;
  }
  /// The footer behind an index block of these data blocks.
  std::string finish(const Entries &index) {
    std::string footer = put(block({}), 0) + put(block(index), 0);
    footer.resize(40);
    return file + footer + fixed(0xdb4775248b80fb57, 8);
  }
};

inline std::string table(const std::vector<Entries> &blocks, bool compressed = false) {
  TableFile t;
  Entries index;
  for (const Entries &entries : blocks) {
    const std::string content = block(entries);
    index.emplace_back(entries.back().first + "~",
                       t.put(compressed ? literal(content) : content, compressed));
  }
  return t.finish(index);
}

/// BundleEntryProto of these bytes.
inline std::string entry(DataType type, const std::string &dims, int64_t shard, size_t offset,
                         const std::string &data) {
  return typed(type) + bytes(2, dims) + number(3, shard) + number(4, static_cast<int64_t>(offset)) +
         number(5, static_cast<int64_t>(data.size())) + varint(6 << 3 | 5) +
         fixed(masked(crc32c(spanOf(data))), 4);
}

inline void writeFile(const std::filesystem::path &path, const std::string &content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

} // namespace burin::savedmodel::writer
