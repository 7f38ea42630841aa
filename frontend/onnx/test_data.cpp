// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/test_data.h"
#include "frontend/onnx/messages.h"
#include "frontend/onnx/tensor_reader.h"

#include <fmt/format.h>

namespace burin::onnx {
namespace {

/// SequenceProto.DataType and OptionalProto.DataType.
enum Holds : int32_t { nothing = 0, tensor = 1, sparse = 2, sequence = 3, map = 4, optional = 5 };

class ValueReader {
public:
  explicit ValueReader(TensorReader &tensors) : tensors_{tensors} {}

  TestValue read(const pb::TensorProto &proto) {
    return {TestValue::Kind::tensor, tensors_.read(proto, {}, "the tensor"), {}};
  }
  TestValue read(const pb::SparseTensorProto &proto) {
    return {TestValue::Kind::tensor, tensors_.readSparse(proto, {}, "the tensor"), {}};
  }

  TestValue read(const pb::SequenceProto &proto) {
    TestValue value{TestValue::Kind::sequence, {}, {}};
    auto add = [&](const auto &items) {
      for (const auto &item : items)
        value.items.push_back(read(item));
    };
    switch (proto.elem_type()) {
    case nothing:
      return value;
    case tensor:
      add(proto.tensor_values());
      return value;
    case sparse:
      add(proto.sparse_tensor_values());
      return value;
    case sequence:
      add(proto.sequence_values());
      return value;
    case map:
      add(proto.map_values());
      return value;
    case optional:
      add(proto.optional_values());
      return value;
    }
    throw unknown("sequence", proto.elem_type());
  }

  TestValue read(const pb::OptionalProto &proto) {
    TestValue value{TestValue::Kind::optional, {}, {}};
    auto add = [&](bool isPresent, const auto &item) {
      if (isPresent)
        value.items.push_back(read(item));
    };
    switch (proto.elem_type()) {
    case nothing:
      return value;
    case tensor:
      add(proto.has_tensor_value(), proto.tensor_value());
      return value;
    case sparse:
      add(proto.has_sparse_tensor_value(), proto.sparse_tensor_value());
      return value;
    case sequence:
      add(proto.has_sequence_value(), proto.sequence_value());
      return value;
    case map:
      add(proto.has_map_value(), proto.map_value());
      return value;
    case optional:
      add(proto.has_optional_value(), proto.optional_value());
      return value;
    }
    throw unknown("optional", proto.elem_type());
  }

  TestValue read(const pb::MapProto &proto) {
    TestValue value = read(proto.values());
    value.kind = TestValue::Kind::map;
    bool hasStrings = static_cast<DataType>(proto.key_type()) == DataType::string;
    auto count = hasStrings ? proto.string_keys_size() : proto.keys_size();
    if (static_cast<size_t>(count) != value.items.size())
      throw CompileError(
          Problem::invalid, {},
          fmt::format("the map has {} keys and {} values", count, value.items.size()));
    value.tensor.dims = {count};
    if (hasStrings) {
      value.tensor.type = DataType::string;
      value.tensor.strings.assign(proto.string_keys().begin(), proto.string_keys().end());
      return value;
    }
    value.tensor.type = DataType::i64; // whatever integer the key is
    Buffer buffer = allocate(static_cast<size_t>(count) * 8);
    std::byte *to = buffer.data;
    for (int64_t key : proto.keys())
      for (unsigned shift = 0; shift < 64; shift += 8)
        *to++ = static_cast<std::byte>(static_cast<uint64_t>(key) >> shift);
    value.tensor.data = {buffer.data, static_cast<size_t>(count) * 8};
    value.tensor.owner = std::move(buffer.owner);
    return value;
  }

private:
  static CompileError unknown(std::string_view what, int32_t type) {
    return CompileError(
        Problem::invalid, {},
        fmt::format("the {}'s elements are of type {}, but known are 0 to 5", what, type));
  }

  TensorReader &tensors_;
};

} // namespace

TestValue readTestValue(const std::filesystem::path &file, const Type &declared) {
  Bytes bytes = mapFile(file);
  TensorReader tensors{bytes, file.has_parent_path() ? file.parent_path() : "."};
  ValueReader values{tensors};
  switch (declared.kind) {
  case Type::Kind::none:
  case Type::Kind::tensor:
    return values.read(parse<pb::TensorProto>(bytes.span, Root::tensor));
  case Type::Kind::sparseTensor:
    return values.read(parse<pb::SparseTensorProto>(bytes.span, Root::sparseTensor));
  case Type::Kind::sequence:
    return values.read(parse<pb::SequenceProto>(bytes.span, Root::sequence));
  case Type::Kind::optional:
    return values.read(parse<pb::OptionalProto>(bytes.span, Root::optional));
  case Type::Kind::map:
    return values.read(parse<pb::MapProto>(bytes.span, Root::map));
  case Type::Kind::opaque:
    break;
  }
  throw CompileError(Problem::unsupported, {}, "test data of an opaque type cannot be read");
}

} // namespace burin::onnx
