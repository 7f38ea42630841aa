// SPDX-License-Identifier: Apache-2.0
//
// The walk over the protobuf wire format: it checks a file field by field and copies what protobuf
// is to parse, which is everything but the data of tensors. Those stay where they are in the file;
// the copy says where (onnx.proto, TensorProto.Region).
#pragma once

#include "ir/diagnostic.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace burin::onnx {

/// The messages that a file can start with.
enum class Root : uint8_t { model, tensor, sparseTensor, sequence, optional, map };

/// As deep as messages may nest; protobuf's own limit, so no ONNX tool writes deeper ones.
constexpr int kMaxDepth = 100;

/// CompileError(unreadable) with the offset and what was expected there if the bytes are not such a
/// message, or if they nest too deeply. Fields that the schema does not have are dropped.
std::string reduce(std::span<const std::byte> file, Root);

/// The data fields of TensorProto, by their numbers.
enum class DataField : uint32_t {
  float32 = 4,
  int32 = 5,
  int64 = 7,
  raw = 9,
  float64 = 10,
  uint64 = 11
};

/// Reads protobuf's primitives off a range of bytes; every read checks the end.
class Cursor {
public:
  explicit Cursor(std::span<const std::byte> bytes, uint64_t begin = 0)
      : bytes_{bytes}, at_{begin}, end_{bytes.size()} {}
  Cursor(std::span<const std::byte> bytes, uint64_t begin, uint64_t end)
      : bytes_{bytes}, at_{begin}, end_{end} {}

  uint64_t at() const { return at_; }
  uint64_t end() const { return end_; }
  uint64_t left() const { return end_ - at_; }
  bool isAtEnd() const { return at_ == end_; }

  /// Nothing, and no step, if it does not end in time or has more than ten bytes.
  std::optional<uint64_t> varint();
  bool skip(uint64_t count); ///< false, and no step, if fewer are left
  /// Little-endian; the caller knows that they are there.
  uint64_t fixed(unsigned bytes);

private:
  std::span<const std::byte> bytes_;
  uint64_t at_, end_;
};

} // namespace burin::onnx
