// SPDX-License-Identifier: Apache-2.0
//
// What a value is: a tensor of elements and extents, a list, or an optional.
#pragma once

#include "ir/dim.h"

namespace burin::ir {

// clang-format off
enum class ElementType : uint8_t {
  f32, f16, bf16, f64,
  i8, u8, i16, u16, i32, u32, i64, u64,
  boolean,
  i4, u4, i2, u2,
  f8e4m3fn, f8e4m3fnuz, f8e5m2, f8e5m2fnuz, f4e2m1, f8e8m0,
  string,
  c64, c128,
};
// clang-format on

std::string_view name(ElementType); ///< as in .gir: "f32", "bool", "str"
std::optional<ElementType> elementTypeNamed(std::string_view);
/// Bytes of one element in memory. Elements below a byte take a byte each; strings have none (0).
size_t elementSize(ElementType);
bool isFloat(ElementType);           ///< f16 to f64, and the 8- and 4-bit floats
bool isInteger(ElementType);         ///< not boolean
bool isSigned(ElementType);          ///< a signed integer or any float
bool isUnsignedInteger(ElementType); ///< not boolean

using Shape = Dims;

/// A value type; equality is structural.
class Type {
public:
  enum class Kind : uint8_t { tensor, list, optional };

  Type() = default;
  Type(ElementType element, Shape shape) : element_(element), shape_(std::move(shape)) {}
  /// A list of up to `capacity` elements of one type; its length is known at run time.
  static Type list(Type element, Dim capacity);
  static Type optional(Type inner);

  Kind kind() const { return kind_; }
  bool isTensor() const { return kind_ == Kind::tensor; }
  bool isList() const { return kind_ == Kind::list; }
  bool isOptional() const { return kind_ == Kind::optional; }

  ElementType element() const { return element_; }
  const Shape &shape() const { return shape_; }
  const Dim &dim(size_t i) const { return shape_[i]; }
  size_t rank() const { return shape_.size(); }
  /// Product of the extents; 1 for rank 0.
  Dim count() const { return product(shape_); }
  bool isStatic() const;

  const Type &inner() const { return *inner_; }     ///< of a list or an optional
  const Dim &capacity() const { return shape_[0]; } ///< of a list

  Type withShape(Shape shape) const { return Type{element_, std::move(shape)}; }
  Type withElement(ElementType element) const { return Type{element, shape_}; }

  std::string text() const; ///< "f32[N, 4]", "list<f32[2], 8>", "optional<i64[]>"
  bool operator==(const Type &) const;

private:
  Kind kind_ = Kind::tensor;
  ElementType element_ = ElementType::f32;
  Shape shape_; // of a list: its capacity
  std::shared_ptr<const Type> inner_;
};

std::string text(const Shape &); ///< "[N, 4]"

} // namespace burin::ir
