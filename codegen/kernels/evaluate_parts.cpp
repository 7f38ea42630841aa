// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/evaluate_parts.h"

#include "burin/rt/cast.h"

#include <algorithm>
#include <limits>

namespace burin::kernels {
namespace {

template <class To, class From> void castAll(const ir::Tensor &from, ir::Tensor &to) {
  const std::span<const From> in = from.as<From>();
  std::ranges::transform(in, elements<To>(to), [](From x) { return rt::cast<To>(x); });
}

} // namespace

int toInt(int64_t x) {
  if (x > std::numeric_limits<int>::max() || x < std::numeric_limits<int>::min())
    throw CompileError(Problem::unsupported, {}, "a tensor has more elements than an int counts")
        .code("kernels.extent");
  return static_cast<int>(x);
}

int64_t countOf(const Extents &shape) {
  int64_t n = 1;
  for (const int64_t extent : shape)
    n *= extent;
  return n;
}

Extents part(const Extents &shape, size_t begin, size_t end) {
  return {shape.begin() + static_cast<ptrdiff_t>(begin),
          shape.begin() + static_cast<ptrdiff_t>(end)};
}

Extents denseStrides(const Extents &shape) {
  Extents strides(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

Lines::Lines(const Extents &shape, size_t begin, size_t end)
    : outer{toInt(countOf(part(shape, 0, begin)))}, n{toInt(countOf(part(shape, begin, end)))},
      inner{toInt(countOf(part(shape, end, shape.size())))} {}

rt::Nd<kRank> padded(const Extents &extents, int front) {
  if (extents.size() > size_t{kRank})
    throw CompileError(Problem::unsupported, {}, "a tensor has more than 8 axes")
        .code("kernels.rank");
  rt::Nd<kRank> nd{};
  std::ranges::fill(nd.v, front);
  for (size_t i = 0; i < extents.size(); ++i)
    nd.v[size_t{kRank} - extents.size() + i] = toInt(extents[i]);
  return nd;
}

int paddedAxis(const Extents &shape, int64_t axis) {
  return kRank - static_cast<int>(shape.size() - frontAxis(axis, shape.size()));
}

rt::Work allOf(int64_t units, std::vector<unsigned char> *scratch) {
  return {0, toInt(units), scratch ? scratch->data() : nullptr};
}

bool isSmall(ElementType e) {
  return (ir::isFloat(e) && e != ElementType::f32 && e != ElementType::f64) ||
         e == ElementType::i4 || e == ElementType::u4 || e == ElementType::i2 ||
         e == ElementType::u2;
}

ElementType widened(ElementType e) {
  return !isSmall(e) ? e : ir::isFloat(e) ? ElementType::f32 : ElementType::i32;
}

ir::Tensor converted(const ir::Tensor &t, ElementType to) {
  const ElementType from = t.type.element();
  ir::Tensor out{t.type.withElement(to)};
  const bool widens = isSmall(from);
  visitSmall(widens ? from : to, [&](auto small) {
    using Small = decltype(small);
    using Wide = std::conditional_t<rt::kKind<Small> == rt::Kind::narrow, int32_t, float>;
    if (widens)
      castAll<Wide, Small>(t, out);
    else
      castAll<Small, Wide>(t, out);
  });
  return out;
}

ir::Tensor asI64(const ir::Tensor &t) {
  ir::Tensor out{t.type.withElement(ElementType::i64)};
  for (size_t i = 0; i < t.count(); ++i)
    elements<int64_t>(out)[i] = t.integer(i);
  return out;
}

} // namespace burin::kernels
