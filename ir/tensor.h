// SPDX-License-Identifier: Apache-2.0
//
// A value while the compiler runs a model itself: to fold constants, to validate, in `burin run`.
#pragma once

#include "ir/type.h"

#include <cstddef>
#include <span>

namespace burin::ir {

/// A tensor, a list or an optional with its contents. Bytes as in Constant: little-endian,
/// row-major, a byte for an element below one.
struct Tensor {
  Type type;                        ///< static; of a list or an optional: the declared type
  std::vector<std::byte> bytes;     ///< of a tensor of numbers
  std::vector<std::string> strings; ///< of a tensor of strings
  std::vector<Tensor> items;        ///< of a list; of an optional: none or one

  Tensor() = default;
  /// Zeros (or empty strings) of a static tensor type.
  explicit Tensor(Type type);
  Tensor(Type staticType, std::span<const std::byte> data);

  size_t count() const; ///< elements of a tensor
  int64_t extent(size_t axis) const { return type.dim(axis).number(); }
  std::vector<int64_t> shape() const;
  template <class T> std::span<T> as() {
    return {static_cast<T *>(static_cast<void *>(bytes.data())), bytes.size() / sizeof(T)};
  }
  template <class T> std::span<const T> as() const {
    return {static_cast<const T *>(static_cast<const void *>(bytes.data())),
            bytes.size() / sizeof(T)};
  }
  double number(size_t i) const; ///< element i, converted
  int64_t integer(size_t i) const;
  void setNumber(size_t i, double);
  void setInteger(size_t i, int64_t);
};

} // namespace burin::ir
