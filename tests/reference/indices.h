// SPDX-License-Identifier: Apache-2.0
//
// Walking over tensors: every index of a shape, every line along an axis, broadcasting.
#pragma once

#include "tests/reference/call.h"

#include <algorithm>
#include <utility>

namespace burin::reference {

Extents shapeOf(const Type &); ///< of a static tensor type
int64_t countOf(const Extents &shape);
/// The position of an index in row-major order.
size_t flatten(const Extents &shape, const Extents &at);
/// Where a tensor of `from`, broadcast to a shape of which `at` is an index, is read.
size_t flattenBroadcast(const Extents &from, const Extents &at);
Extents broadcastShapes(const Extents &a, const Extents &b);
Extents concatenated(Extents a, const Extents &b);
/// The entries [begin, end) of a shape.
Extents part(const Extents &shape, size_t begin, size_t end);
Extents part(const Extents &shape, size_t begin);

/// Calls visit(index) for every index of the shape in row-major order. Rank 0 has one index.
template <class F> void forEachIndex(const Extents &shape, F visit) {
  if (countOf(shape) == 0)
    return;
  Extents at(shape.size(), 0);
  for (;;) {
    visit(std::as_const(at));
    size_t axis = shape.size();
    while (axis > 0 && ++at[axis - 1] == shape[axis - 1])
      at[--axis] = 0;
    if (axis == 0)
      return;
  }
}

/// The elements along one axis: element i lies at line[i].
struct Line {
  size_t start, stride, length;
  size_t operator[](size_t i) const { return start + i * stride; }
};

template <class F> void forEachLine(const Extents &shape, size_t axis, F visit) {
  const auto outer = static_cast<size_t>(countOf(part(shape, 0, axis)));
  const auto inner = static_cast<size_t>(countOf(part(shape, axis + 1)));
  const auto length = static_cast<size_t>(shape[axis]);
  for (size_t o = 0; o < outer; ++o)
    for (size_t i = 0; i < inner; ++i)
      visit(Line{o * length * inner + i, inner, length});
}

/// An index of the model: negative ones count from the end, the others are moved into the axis.
int64_t insideAxis(int64_t index, int64_t extent);
size_t normalizedAxis(int64_t axis, size_t rank);

/// Copies one element of any type.
void copyElement(const Tensor &from, size_t i, Tensor &to, size_t j);

} // namespace burin::reference
