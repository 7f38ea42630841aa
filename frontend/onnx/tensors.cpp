// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/lowering.h"

#include <fmt/format.h>

namespace burin::onnx {

ElementType elementType(DataType t) {
  switch (t) {
  case DataType::f32:
    return ElementType::f32;
  case DataType::u8:
    return ElementType::u8;
  case DataType::i8:
    return ElementType::i8;
  case DataType::u16:
    return ElementType::u16;
  case DataType::i16:
    return ElementType::i16;
  case DataType::i32:
    return ElementType::i32;
  case DataType::i64:
    return ElementType::i64;
  case DataType::string:
    return ElementType::string;
  case DataType::boolean:
    return ElementType::boolean;
  case DataType::f16:
    return ElementType::f16;
  case DataType::f64:
    return ElementType::f64;
  case DataType::u32:
    return ElementType::u32;
  case DataType::u64:
    return ElementType::u64;
  case DataType::c64:
    return ElementType::c64;
  case DataType::c128:
    return ElementType::c128;
  case DataType::bf16:
    return ElementType::bf16;
  case DataType::f8e4m3fn:
    return ElementType::f8e4m3fn;
  case DataType::f8e4m3fnuz:
    return ElementType::f8e4m3fnuz;
  case DataType::f8e5m2:
    return ElementType::f8e5m2;
  case DataType::f8e5m2fnuz:
    return ElementType::f8e5m2fnuz;
  case DataType::u4:
    return ElementType::u4;
  case DataType::i4:
    return ElementType::i4;
  case DataType::f4e2m1:
    return ElementType::f4e2m1;
  case DataType::f8e8m0:
    return ElementType::f8e8m0;
  case DataType::u2:
    return ElementType::u2;
  case DataType::i2:
    return ElementType::i2;
  case DataType::undefined:
    break;
  }
  throw CompileError(Problem::unsupported, {},
                     fmt::format("the element type {} does not exist", static_cast<int>(t)))
      .code("onnx.element");
}

std::optional<ir::Type> irType(const Type &t,
                               const std::function<Dim(size_t, const Extent &)> &extent,
                               const Dim &capacity) {
  if (t.kind == Type::Kind::tensor) {
    if (!t.shape)
      return std::nullopt;
    ir::Shape shape;
    for (size_t i = 0; i < t.shape->size(); ++i)
      shape.push_back(extent(i, (*t.shape)[i]));
    return ir::Type{elementType(t.element), std::move(shape)};
  }
  if ((t.kind != Type::Kind::sequence && t.kind != Type::Kind::optional) || !t.inner)
    return std::nullopt;
  const std::optional<ir::Type> inner = irType(*t.inner, extent, capacity);
  if (!inner)
    return std::nullopt;
  return t.kind == Type::Kind::sequence ? ir::Type::list(*inner, capacity)
                                        : ir::Type::optional(*inner);
}

Value *addTensor(ir::Module &module, const Tensor &tensor, std::string name) {
  const ir::Shape shape(tensor.dims.begin(), tensor.dims.end());
  if (tensor.type == DataType::string)
    return module.addStrings(shape, tensor.strings, std::move(name));
  const Tensor plain = unpacked(tensor);
  return module.addConstant({elementType(tensor.type), shape}, plain.data, plain.owner,
                            std::move(name));
}

} // namespace burin::onnx
