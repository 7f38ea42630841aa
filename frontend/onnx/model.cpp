// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/model.h"
#include "frontend/onnx/file.h"

#include <algorithm>
#include <array>

namespace burin::onnx {
namespace {

struct DataTypeRow {
  std::string_view name;
  unsigned bits;
};

// clang-format off
constexpr std::array<DataTypeRow, 27> kDataTypes{{
    {"UNDEFINED", 0},
    {"FLOAT", 32}, {"UINT8", 8}, {"INT8", 8}, {"UINT16", 16}, {"INT16", 16}, {"INT32", 32}, {"INT64", 64},
    {"STRING", 0}, {"BOOL", 8}, {"FLOAT16", 16}, {"DOUBLE", 64}, {"UINT32", 32}, {"UINT64", 64},
    {"COMPLEX64", 64}, {"COMPLEX128", 128}, {"BFLOAT16", 16},
    {"FLOAT8E4M3FN", 8}, {"FLOAT8E4M3FNUZ", 8}, {"FLOAT8E5M2", 8}, {"FLOAT8E5M2FNUZ", 8},
    {"UINT4", 4}, {"INT4", 4}, {"FLOAT4E2M1", 4}, {"FLOAT8E8M0", 8}, {"UINT2", 2}, {"INT2", 2},
}};
// clang-format on

const DataTypeRow &rowOf(DataType type) {
  return kDataTypes[isKnown(type) ? static_cast<size_t>(type) : 0];
}

} // namespace

bool isKnown(DataType type) {
  auto number = static_cast<int32_t>(type);
  return number > 0 && number < static_cast<int32_t>(kDataTypes.size());
}
std::string_view name(DataType type) { return rowOf(type).name; }
unsigned bitsOf(DataType type) { return rowOf(type).bits; }

std::optional<uint64_t> bytesFor(DataType type, uint64_t count) {
  uint64_t bits = 0;
  if (__builtin_mul_overflow(count, uint64_t{bitsOf(type)}, &bits) || bits > UINT64_MAX - 7)
    return {};
  return (bits + 7) / 8;
}

int64_t Tensor::count() const {
  int64_t product = 1; // checked by the reader: no overflow
  for (int64_t dim : dims)
    product *= dim;
  return product;
}

Tensor unpacked(const Tensor &packed) {
  unsigned bits = bitsOf(packed.type);
  if (bits == 0 || bits >= 8)
    return packed;
  bool isSigned = packed.type == DataType::i4 || packed.type == DataType::i2;
  auto count = static_cast<size_t>(packed.count());
  Buffer buffer = allocate(count);
  if (!buffer.data)
    throw CompileError(Problem::limit, {}, "not enough memory to unpack a tensor");
  unsigned mask = (1u << bits) - 1, signBit = 1u << (bits - 1);
  for (size_t i = 0; i < count; ++i) {
    size_t bit = i * bits;
    unsigned value = (std::to_integer<unsigned>(packed.data[bit / 8]) >> (bit % 8)) & mask;
    if (isSigned)
      value = (value ^ signBit) - signBit;
    buffer.data[i] = static_cast<std::byte>(value);
  }
  Tensor result = packed;
  result.data = {buffer.data, count};
  result.owner = std::move(buffer.owner);
  return result;
}

const Attribute *Node::find(std::string_view attribute) const {
  auto found = std::ranges::find(attributes, attribute, &Attribute::name);
  return found == attributes.end() ? nullptr : &*found;
}

Location Node::location() const {
  if (!name.empty())
    return {name, op, {}};
  auto named = std::ranges::find_if(outputs, [](const std::string &s) { return !s.empty(); });
  return {named == outputs.end() ? std::string{} : *named, op, {}};
}

const Function *Model::function(const Node &node) const {
  if (functions.empty())
    return nullptr;
  auto found = functions.find({node.domain, node.op, node.overload});
  return found == functions.end() ? nullptr : &found->second;
}

} // namespace burin::onnx
