// SPDX-License-Identifier: Apache-2.0
//
// Element types and tensors of TensorFlow, and their decoding from TensorProto.
#pragma once

#include "frontend/savedmodel/wire.h"
#include "ir/graph.h"

#include <memory>
#include <optional>

namespace burin::savedmodel {

/// DataType of TensorFlow, with its numbers; a reference type is 100 above.
// clang-format off
enum class DataType : int32_t {
  invalid = 0, f32 = 1, f64 = 2, i32 = 3, u8 = 4, i16 = 5, i8 = 6, string = 7, c64 = 8, i64 = 9,
  boolean = 10, qi8 = 11, qu8 = 12, qi32 = 13, bf16 = 14, qi16 = 15, qu16 = 16, u16 = 17,
  c128 = 18, f16 = 19, resource = 20, variant = 21, u32 = 22, u64 = 23, f8e5m2 = 24, f8e4m3fn = 25,
  f8e4m3fnuz = 26, f8e4m3b11fnuz = 27, f8e5m2fnuz = 28, i4 = 29, u4 = 30, i2 = 31, u2 = 32, f4 = 33,
};
// clang-format on

/// The type without its reference bit.
DataType dataType(int64_t number);
std::string name(DataType); ///< as TensorFlow writes it: "DT_FLOAT"
/// The element type in the IR; nothing for handles, variants and quantised types.
std::optional<ir::ElementType> elementTypeOf(DataType);

/// A shape of which extents (-1), or the rank, may be open.
using PartialShape = std::optional<std::vector<int64_t>>;
PartialShape shapeOf(const Message &tensorShapeProto);

/// A tensor whose elements are row-major, little-endian, as Constant has them.
struct Tensor {
  DataType type = DataType::invalid;
  std::vector<int64_t> dims;
  Span bytes;
  std::shared_ptr<const void> owner; ///< of the bytes
  std::vector<std::string> strings;
};

/// Elements of a shape; CompileError(`what` ...) for a negative extent or too many of them.
size_t countOf(const std::vector<int64_t> &dims, std::string_view what);

/// Decodes a TensorProto; `owner` keeps the file mapped.
Tensor decode(const Message &tensorProto, const std::shared_ptr<const void> &owner,
              const std::string &what);

/// The tensor as a constant of the module; its bytes are shared.
ir::Value *addTensor(ir::Module &, const Tensor &, std::string name);

} // namespace burin::savedmodel
