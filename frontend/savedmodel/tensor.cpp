// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/tensor.h"
#include "frontend/savedmodel/problems.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

using ir::ElementType;

struct TypeRow {
  DataType type;
  std::string_view name;
  std::optional<ElementType> element;
};

// clang-format off
constexpr TypeRow kTypes[] = {
    {DataType::f32, "DT_FLOAT", ElementType::f32}, {DataType::f64, "DT_DOUBLE", ElementType::f64},
    {DataType::i32, "DT_INT32", ElementType::i32}, {DataType::u8, "DT_UINT8", ElementType::u8},
    {DataType::i16, "DT_INT16", ElementType::i16}, {DataType::i8, "DT_INT8", ElementType::i8},
    {DataType::string, "DT_STRING", ElementType::string},
    {DataType::c64, "DT_COMPLEX64", ElementType::c64}, {DataType::i64, "DT_INT64", ElementType::i64},
    {DataType::boolean, "DT_BOOL", ElementType::boolean}, {DataType::qi8, "DT_QINT8", {}},
    {DataType::qu8, "DT_QUINT8", {}}, {DataType::qi32, "DT_QINT32", {}},
    {DataType::bf16, "DT_BFLOAT16", ElementType::bf16}, {DataType::qi16, "DT_QINT16", {}},
    {DataType::qu16, "DT_QUINT16", {}}, {DataType::u16, "DT_UINT16", ElementType::u16},
    {DataType::c128, "DT_COMPLEX128", ElementType::c128}, {DataType::f16, "DT_HALF", ElementType::f16},
    {DataType::resource, "DT_RESOURCE", {}}, {DataType::variant, "DT_VARIANT", {}},
    {DataType::u32, "DT_UINT32", ElementType::u32}, {DataType::u64, "DT_UINT64", ElementType::u64},
    {DataType::f8e5m2, "DT_FLOAT8_E5M2", ElementType::f8e5m2},
    {DataType::f8e4m3fn, "DT_FLOAT8_E4M3FN", ElementType::f8e4m3fn},
    {DataType::f8e4m3fnuz, "DT_FLOAT8_E4M3FNUZ", ElementType::f8e4m3fnuz},
    {DataType::f8e5m2fnuz, "DT_FLOAT8_E5M2FNUZ", ElementType::f8e5m2fnuz},
    {DataType::i4, "DT_INT4", ElementType::i4}, {DataType::u4, "DT_UINT4", ElementType::u4},
    {DataType::i2, "DT_INT2", ElementType::i2}, {DataType::u2, "DT_UINT2", ElementType::u2},
};
// clang-format on

const TypeRow *rowOf(DataType type) {
  const auto *it = std::ranges::find(kTypes, type, &TypeRow::type);
  return it == std::end(kTypes) ? nullptr : it;
}

std::shared_ptr<std::vector<std::byte>> allocate(size_t size) {
  return std::make_shared<std::vector<std::byte>>(size);
}

/// Widths of the elements that a field of TensorProto holds for a type.
size_t storedSize(DataType type) {
  const auto element = elementTypeOf(type);
  return element ? ir::elementSize(*element) : 0;
}

/// The bits of the values of a *_val field, each as an element, low bytes first.
std::vector<uint64_t> valueBits(const Message &proto, DataType type) {
  std::vector<uint64_t> bits;
  std::vector<float> reals;
  std::vector<double> doubles;
  std::vector<int64_t> integers;
  proto.each([&](const Field &f) {
    const bool complex = type == DataType::c64 || type == DataType::c128;
    switch (f.number) {
    case 5:
      return type == DataType::f32 ? f.addReals(reals) : void();
    case 6:
      return type == DataType::f64 ? f.addDoubles(doubles) : void();
    case 9:
      return complex && type == DataType::c64 ? f.addReals(reals) : void();
    case 12:
      return complex && type == DataType::c128 ? f.addDoubles(doubles) : void();
    case 7: // int_val: every integer up to 32 bits
      switch (type) {
      case DataType::i32:
      case DataType::i16:
      case DataType::i8:
      case DataType::u8:
      case DataType::u16:
      case DataType::i4:
      case DataType::u4:
      case DataType::i2:
      case DataType::u2:
        return f.addIntegers(integers);
      default:
        return;
      }
    case 10:
      return type == DataType::i64 ? f.addIntegers(integers) : void();
    case 11:
      return type == DataType::boolean ? f.addIntegers(integers) : void();
    case 13: // half_val: the bits of f16 and of bf16
      return type == DataType::f16 || type == DataType::bf16 ? f.addIntegers(integers) : void();
    case 16:
      return type == DataType::u32 ? f.addIntegers(integers) : void();
    case 17:
      return type == DataType::u64 ? f.addIntegers(integers) : void();
    case 18: // float8_val: a byte an element
      if (type >= DataType::f8e5m2 && type <= DataType::f8e5m2fnuz)
        for (const std::byte b : f.bytes())
          integers.push_back(std::to_integer<int64_t>(b));
      return;
    default:
      return;
    }
  });
  for (const float x : reals)
    bits.push_back(std::bit_cast<uint32_t>(x));
  for (const double x : doubles)
    bits.push_back(std::bit_cast<uint64_t>(x));
  for (const int64_t x : integers)
    bits.push_back(type == DataType::boolean ? x != 0 : static_cast<uint64_t>(x));
  return bits;
}

std::vector<std::string> stringValues(const Message &proto) {
  std::vector<std::string> all;
  proto.each([&](const Field &f) {
    if (f.number == 8)
      all.emplace_back(f.text());
  });
  return all;
}

} // namespace

DataType dataType(int64_t number) {
  constexpr int64_t kReference = 100, kMost = 2 * kReference;
  if (number < 0 || number > kMost)
    return DataType::invalid;
  return static_cast<DataType>(number > kReference ? number - kReference : number);
}

std::string name(DataType type) {
  const TypeRow *row = rowOf(type);
  return row ? std::string(row->name) : fmt::format("type {}", static_cast<int>(type));
}

std::optional<ElementType> elementTypeOf(DataType type) {
  const TypeRow *row = rowOf(type);
  return row ? row->element : std::nullopt;
}

PartialShape shapeOf(const Message &proto) {
  PartialShape shape{std::in_place};
  bool unknownRank = false;
  proto.each([&](const Field &f) {
    if (f.number == 2)
      shape->push_back(f.message("TensorShapeProto.Dim").integer(1));
    else if (f.number == 3)
      unknownRank = f.boolean();
  });
  if (unknownRank)
    return std::nullopt;
  return shape;
}

size_t countOf(const std::vector<int64_t> &dims, std::string_view what) {
  constexpr uint64_t kMost = uint64_t{1} << 40; // elements; more is no tensor but an attack
  uint64_t count = 1;
  for (const int64_t d : dims) {
    if (d < 0)
      throw invalid("tensor", fmt::format("{} has an extent of {}", what, d));
    if (d != 0 && count > kMost / static_cast<uint64_t>(d))
      throw invalid("tensor", fmt::format("{} has more elements than can be", what));
    count *= static_cast<uint64_t>(d);
  }
  return count;
}

Tensor decode(const Message &proto, const std::shared_ptr<const void> &owner,
              const std::string &what) {
  Tensor tensor;
  tensor.type = dataType(proto.integer(1));
  const PartialShape shape = shapeOf(proto.message(2, "TensorShapeProto"));
  if (!shape)
    throw invalid("tensor", fmt::format("{} has no rank", what));
  tensor.dims = *shape;
  const size_t count = countOf(tensor.dims, what);
  if (tensor.type == DataType::string) {
    tensor.strings = stringValues(proto);
    constexpr size_t kMostText = size_t{1} << 28; // bytes of copies of the last string
    const size_t last = tensor.strings.empty() ? 0 : tensor.strings.back().size();
    if (tensor.strings.size() > count ||
        count - tensor.strings.size() > kMostText / (last + sizeof(std::string)))
      throw invalid("tensor", fmt::format("{} has {} strings for {} elements", what,
                                          tensor.strings.size(), count));
    tensor.strings.resize(count, tensor.strings.empty() ? std::string{} : tensor.strings.back());
    return tensor;
  }
  const size_t size = storedSize(tensor.type);
  if (size == 0)
    throw unsupported("tensor", fmt::format("{} is of type {}, which has no values here", what,
                                            name(tensor.type)));
  const Span content = proto.bytes(4);
  if (!content.empty()) {
    if (content.size() != count * size)
      throw invalid("tensor",
                    fmt::format("{} has {} bytes, expected {} for {} elements of {}", what,
                                content.size(), count * size, count, name(tensor.type)));
    tensor.bytes = content;
    tensor.owner = owner;
    return tensor;
  }
  // Values in a typed field; of those that are left out, each is the last one, or zero.
  constexpr size_t kMostBytes = size_t{1} << 30;
  if (count > kMostBytes / size)
    throw invalid("tensor", fmt::format("{} would have {} elements of one value", what, count));
  const bool pair = tensor.type == DataType::c64 || tensor.type == DataType::c128;
  const size_t parts = pair ? 2 : 1;
  const size_t width = size / parts;
  const std::vector<uint64_t> bits = valueBits(proto, tensor.type);
  if (bits.size() > count * parts || bits.size() % parts != 0)
    throw invalid("tensor", fmt::format("{} has {} values for {} elements", what,
                                        bits.size() / parts, count));
  auto bytes = allocate(count * size);
  for (size_t i = 0; i < count * parts && !bits.empty(); ++i) {
    const uint64_t value = bits[i < bits.size() ? i : bits.size() - parts + i % parts];
    for (size_t b = 0; b < width; ++b)
      (*bytes)[i * width + b] = static_cast<std::byte>(value >> (8 * b));
  }
  tensor.bytes = *bytes;
  tensor.owner = std::move(bytes);
  return tensor;
}

ir::Value *addTensor(ir::Module &module, const Tensor &tensor, std::string name) {
  const ir::Shape shape(tensor.dims.begin(), tensor.dims.end());
  if (tensor.type == DataType::string)
    return module.addStrings(shape, tensor.strings, std::move(name));
  const auto element = elementTypeOf(tensor.type);
  if (!element)
    throw unsupported("tensor",
                      fmt::format("{} is of type {}", quote(name), savedmodel::name(tensor.type)));
  return module.addConstant({*element, shape}, tensor.bytes, tensor.owner, std::move(name));
}

} // namespace burin::savedmodel
