// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/call.h"

#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

#include <cstring>
#include <limits>

namespace burin::reference {

// ---- Call ----

const Tensor *Call::find(std::string_view operand) const {
  const auto &specs = op.def.operands;
  for (size_t i = 0; i < specs.size(); ++i)
    if (specs[i].name == operand)
      return i < operands.size() ? operands[i] : nullptr;
  throw InternalError("the reference asks for an operand that the row lacks");
}

size_t Call::axis(size_t rank) const { return normalizedAxis(op[ir::attr::axis], rank); }

Type Call::resultType(size_t i) const {
  const Type type = symbols(op.result(i)->type);
  if (op.def.is(ir::Trait::reduction) && op.numBlocks() == 1)
    return type.withElement(op.block().argument(0)->type.element());
  return type;
}

// ---- numbers ----

int bitWidth(ElementType e) {
  switch (e) {
  case ElementType::i4:
  case ElementType::u4:
    return 4;
  case ElementType::i2:
  case ElementType::u2:
    return 2;
  default:
    return static_cast<int>(8 * ir::elementSize(e));
  }
}

int64_t wrapped(ElementType e, uint64_t x) {
  const int unused = 64 - bitWidth(e);
  if (ir::isSigned(e))
    return static_cast<int64_t>(x << unused) >> unused;
  return static_cast<int64_t>(x << unused >> unused);
}

template <> double least(ElementType) { return -std::numeric_limits<double>::infinity(); }
template <> double greatest(ElementType) { return std::numeric_limits<double>::infinity(); }
template <> int64_t least(ElementType e) { return INT64_MIN >> (64 - bitWidth(e)); }
template <> int64_t greatest(ElementType e) { return INT64_MAX >> (64 - bitWidth(e)); }
template <> uint64_t least(ElementType) { return 0; }
template <> uint64_t greatest(ElementType e) {
  return e == ElementType::boolean ? 1 : UINT64_MAX >> (64 - bitWidth(e));
}

// ---- indices ----

Extents shapeOf(const Type &type) {
  Extents shape;
  for (const ir::Dim &d : type.shape())
    shape.push_back(d.number());
  return shape;
}

int64_t countOf(const Extents &shape) {
  int64_t n = 1;
  for (const int64_t extent : shape)
    n *= extent;
  return n;
}

size_t flatten(const Extents &shape, const Extents &at) {
  int64_t flat = 0;
  for (size_t d = 0; d < shape.size(); ++d)
    flat = flat * shape[d] + at[d];
  return static_cast<size_t>(flat);
}

size_t flattenBroadcast(const Extents &from, const Extents &at) {
  const size_t skipped = at.size() - from.size();
  int64_t flat = 0;
  for (size_t d = 0; d < from.size(); ++d)
    flat = flat * from[d] + (from[d] == 1 ? 0 : at[skipped + d]);
  return static_cast<size_t>(flat);
}

Extents broadcastShapes(const Extents &a, const Extents &b) {
  if (a.size() < b.size())
    return broadcastShapes(b, a);
  Extents shape = a;
  const size_t skipped = a.size() - b.size();
  for (size_t d = 0; d < b.size(); ++d)
    if (shape[skipped + d] == 1)
      shape[skipped + d] = b[d];
  return shape;
}

Extents concatenated(Extents a, const Extents &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Extents part(const Extents &shape, size_t begin, size_t end) {
  return {shape.begin() + static_cast<ptrdiff_t>(begin),
          shape.begin() + static_cast<ptrdiff_t>(end)};
}
Extents part(const Extents &shape, size_t begin) { return part(shape, begin, shape.size()); }

int64_t insideAxis(int64_t index, int64_t extent) {
  return std::clamp<int64_t>(index < 0 ? index + extent : index, 0, extent - 1);
}

size_t normalizedAxis(int64_t axis, size_t rank) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

void copyElement(const Tensor &from, size_t i, Tensor &to, size_t j) {
  if (from.type.element() == ElementType::string) {
    to.strings[j] = from.strings[i];
    return;
  }
  const size_t size = ir::elementSize(from.type.element());
  std::memcpy(to.bytes.data() + j * size, from.bytes.data() + i * size, size);
}

} // namespace burin::reference
