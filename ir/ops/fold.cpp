// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/fold.h"

#include <algorithm>

namespace burin::ir {
namespace {

int bitsOf(ElementType e) {
  switch (e) {
  case ElementType::i4:
  case ElementType::u4:
    return 4;
  case ElementType::i2:
  case ElementType::u2:
    return 2;
  default:
    return static_cast<int>(elementSize(e)) * 8;
  }
}

} // namespace

std::optional<std::vector<size_t>> smallExtents(const Shape &shape) {
  std::vector<size_t> extents;
  size_t count = 1;
  for (const Dim &d : shape) {
    if (!d.isNumber() || d.number() < 0 || d.number() > static_cast<int64_t>(kMostContents))
      return std::nullopt;
    extents.push_back(static_cast<size_t>(d.number()));
    count *= extents.back();
    if (count > kMostContents)
      return std::nullopt;
  }
  return extents;
}

std::optional<Contents> contentsOf(const Op &op, size_t operand) {
  const Value *value = operand < op.numOperands() ? op.operand(operand) : nullptr;
  if (!value || !value->contents())
    return std::nullopt;
  std::optional<std::vector<size_t>> extents = smallExtents(value->type.shape());
  if (!extents)
    return std::nullopt;
  return Contents{std::move(*extents), *value->contents()};
}

void forEachIndex(const std::vector<size_t> &extents,
                  const std::function<void(const std::vector<size_t> &)> &visit) {
  size_t count = 1;
  for (const size_t n : extents)
    count *= n;
  std::vector<size_t> index(extents.size());
  for (size_t done = 0; done < count; ++done) {
    visit(index);
    for (size_t axis = extents.size(); axis-- > 0;) {
      if (++index[axis] < extents[axis])
        break;
      index[axis] = 0;
    }
  }
}

std::vector<size_t> rowMajorStrides(const std::vector<size_t> &extents) {
  std::vector<size_t> strides(extents.size(), 1);
  for (size_t i = extents.size(); i-- > 1;)
    strides[i - 1] = strides[i] * extents[i];
  return strides;
}

size_t broadcastPlace(const std::vector<size_t> &index, const std::vector<size_t> &extents) {
  size_t place = 0;
  const size_t lead = index.size() - extents.size();
  for (size_t i = 0; i < extents.size(); ++i)
    place = place * extents[i] + (extents[i] == 1 ? 0 : index[lead + i]);
  return place;
}

Dims moved(const Contents &from, const std::vector<size_t> &resultExtents,
           const std::function<size_t(const std::vector<size_t> &)> &place) {
  Dims out;
  forEachIndex(resultExtents, [&](const std::vector<size_t> &index) {
    out.push_back(from.elements[place(index)]);
  });
  return out;
}

std::optional<Dim> wrapped(ElementType e, int64_t x) {
  if (e == ElementType::boolean)
    return Dim(x != 0);
  const int shift = 64 - bitsOf(e);
  const uint64_t top = static_cast<uint64_t>(x) << shift;
  const int64_t out = isUnsignedInteger(e) ? static_cast<int64_t>(top >> shift)
                                           : static_cast<int64_t>(top) >> shift;
  if (e == ElementType::u64 && out < 0)
    return std::nullopt;
  return Dim(out);
}

std::optional<Dim> held(ElementType e, const Dim &d) {
  if (d.isNumber())
    return wrapped(e, d.number());
  const Bounds b = d.bounds();
  if (e == ElementType::boolean || (isUnsignedInteger(e) && b.lo < 0))
    return std::nullopt;
  const int bits = bitsOf(e);
  if (bits == 64)
    return d;
  const int64_t most = (int64_t{1} << (bits - (isUnsignedInteger(e) ? 0 : 1))) - 1;
  const bool isTaken = bits >= 32;
  const bool fitsAbove = b.hi <= most || (isTaken && b.hi == kUnbounded);
  const bool fitsBelow = b.lo >= -most - 1 || (isTaken && b.lo == INT64_MIN);
  return fitsAbove && fitsBelow ? std::optional<Dim>(d) : std::nullopt;
}

std::optional<Dims> foldElements(const Op &op, const ElementFold &compute) {
  const std::optional<std::vector<size_t>> extents = smallExtents(op.result()->type.shape());
  if (!extents)
    return std::nullopt;
  std::vector<Contents> operands;
  for (size_t i = 0; i < op.numOperands(); ++i) {
    std::optional<Contents> contents = contentsOf(op, i);
    if (!contents)
      return std::nullopt;
    operands.push_back(std::move(*contents));
  }
  Dims out, elements(operands.size());
  bool isKnown = true;
  forEachIndex(*extents, [&](const std::vector<size_t> &index) {
    if (!isKnown)
      return;
    for (size_t i = 0; i < operands.size(); ++i)
      elements[i] = operands[i].elements[broadcastPlace(index, operands[i].extents)];
    const std::optional<Dim> element = compute(elements);
    isKnown = element.has_value();
    if (isKnown)
      out.push_back(*element);
  });
  return isKnown ? std::optional<Dims>(std::move(out)) : std::nullopt;
}

} // namespace burin::ir
