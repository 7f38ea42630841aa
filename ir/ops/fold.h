// SPDX-License-Identifier: Apache-2.0
//
// What the fold functions share: contents of small integer and bool tensors of any rank, row-major.
#pragma once

#include "ir/graph.h"

#include <functional>

namespace burin::ir {

/// The extents of a shape without symbols and of at most kMostContents elements.
std::optional<std::vector<size_t>> smallExtents(const Shape &);

struct Contents {
  std::vector<size_t> extents;
  Dims elements;
};
std::optional<Contents> contentsOf(const Op &, size_t operand);

/// The elements of result 0, each of the elements of `from` at the place that `place` tells for an
/// index into the result: what ops do that only move elements.
Dims moved(const Contents &from, const std::vector<size_t> &resultExtents,
           const std::function<size_t(const std::vector<size_t> &)> &place);
/// Calls for every index, in row-major order.
void forEachIndex(const std::vector<size_t> &extents,
                  const std::function<void(const std::vector<size_t> &)> &);
/// The place of an index into a result in an operand that was broadcast to it.
size_t broadcastPlace(const std::vector<size_t> &index, const std::vector<size_t> &extents);
std::vector<size_t> rowMajorStrides(const std::vector<size_t> &extents);

/// The number as the element type holds it, wrapped; no value above 2^63 (u64).
std::optional<Dim> wrapped(ElementType, int64_t);
/// The extent, unless the element type may not hold it. A symbol without a bound is taken to fit
/// into 32 bits: a model with such a symbol is refused later.
std::optional<Dim> held(ElementType, const Dim &);

/// out[i] = compute(operands[i]...), broadcast; nothing where compute knows nothing.
using ElementFold = std::function<std::optional<Dim>(std::span<const Dim>)>;
std::optional<Dims> foldElements(const Op &, const ElementFold &compute);

} // namespace burin::ir
