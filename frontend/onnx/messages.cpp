// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/messages.h"

namespace burin::onnx {
namespace {

Extent extentOf(const pb::TensorShapeProto::Dimension &dim) {
  if (dim.has_dim_value() && dim.dim_value() >= 0)
    return dim.dim_value();
  const std::string &name = dim.dim_param();
  if (name.empty() || name == "?" || name == "None")
    return std::monostate{};
  return name;
}

void addTensor(Type &type, const pb::TypeProto::Tensor &proto) {
  type.element = static_cast<DataType>(proto.elem_type());
  if (!proto.has_shape())
    return;
  type.shape.emplace();
  for (const pb::TensorShapeProto::Dimension &dim : proto.shape().dim())
    type.shape->push_back(extentOf(dim));
}

} // namespace

void parseInto(google::protobuf::MessageLite &message, std::span<const std::byte> file, Root root) {
  std::string rest = reduce(file, root);
  if (!message.ParseFromString(rest)) // the walk has checked it all
    throw CompileError(Problem::unreadable, {}, "the file is corrupt: protobuf cannot parse it")
        .code("onnx.wire");
}

Type typeOf(const pb::TypeProto &proto) {
  Type type;
  switch (proto.value_case()) {
  case pb::TypeProto::VALUE_NOT_SET:
    break;
  case pb::TypeProto::kTensorType:
    type.kind = Type::Kind::tensor;
    addTensor(type, proto.tensor_type());
    break;
  case pb::TypeProto::kSparseTensorType:
    type.kind = Type::Kind::sparseTensor;
    addTensor(type, proto.sparse_tensor_type());
    break;
  case pb::TypeProto::kSequenceType:
    type.kind = Type::Kind::sequence;
    type.inner = std::make_shared<const Type>(typeOf(proto.sequence_type().elem_type()));
    break;
  case pb::TypeProto::kOptionalType:
    type.kind = Type::Kind::optional;
    type.inner = std::make_shared<const Type>(typeOf(proto.optional_type().elem_type()));
    break;
  case pb::TypeProto::kMapType:
    type.kind = Type::Kind::map;
    type.element = static_cast<DataType>(proto.map_type().key_type());
    type.inner = std::make_shared<const Type>(typeOf(proto.map_type().value_type()));
    break;
  case pb::TypeProto::kOpaqueType:
    type.kind = Type::Kind::opaque;
    break;
  }
  return type;
}

} // namespace burin::onnx
