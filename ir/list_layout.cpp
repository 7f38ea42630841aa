// SPDX-License-Identifier: Apache-2.0
#include "ir/list_layout.h"

#include "ir/diagnostic.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

constexpr int64_t kLength = 8, kExtent = 8, kString = 16;

int64_t multiply(int64_t a, int64_t b) {
  int64_t out;
  if (__builtin_mul_overflow(a, b, &out))
    throw CompileError(Problem::limit, {}, "a buffer of more than 2^63 bytes");
  return out;
}

int64_t mostOf(const Dim &d, const Type &type) {
  const int64_t hi = d.bounds().hi;
  if (hi == kUnbounded)
    throw CompileError(Problem::limit, {},
                       fmt::format("{} has an extent without an upper bound", type.text()));
  return std::max<int64_t>(hi, 0);
}

int64_t bytesOfNumber(ElementType e) {
  return e == ElementType::string ? kString : static_cast<int64_t>(elementSize(e));
}

} // namespace

ListLayout listLayout(const Type &type) {
  const Type &element = type.inner();
  const bool isOpen = element.isTensor() && !element.isStatic();
  const int64_t extents = isOpen ? static_cast<int64_t>(element.rank()) : 0;
  const int64_t bytes = bufferBytes(element) + extents * kExtent;
  return {type.isList() ? mostOf(type.capacity(), type) : 1, (bytes + 7) / 8 * 8, extents,
          isOpen ? bytesOfNumber(element.element()) : bufferBytes(element)};
}

int64_t bufferBytes(const Type &type) {
  if (!type.isTensor()) {
    const ListLayout list = listLayout(type);
    return kLength + multiply(list.capacity, list.slotBytes);
  }
  int64_t bytes = bytesOfNumber(type.element());
  for (const Dim &d : type.shape())
    bytes = multiply(bytes, mostOf(d, type));
  return bytes;
}

} // namespace burin::ir
