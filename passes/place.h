// SPDX-License-Identifier: Apache-2.0
//
// Offsets for intervals of time that share one address space: the part of the memory plan that
// knows nothing of the IR.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace burin::passes {

struct Interval {
  int64_t bytes;
  int first, last; ///< both included
};

struct Placement {
  std::vector<int64_t> offsets;
  int64_t bytes = 0;
};

/// The most bytes that live at once, and where that is first so.
struct Peak {
  int64_t bytes = 0;
  int at = -1;
};
Peak peakOf(std::span<const Interval>);

/// Up to kFewIntervals: many orders of first fit, until one reaches `bound` or `effort` comparisons
/// are spent. Above: first fit by size over an interval tree, or if that is too slow best fit by
/// time, near linear.
constexpr size_t kFewIntervals = 2000;
Placement place(std::span<const Interval>, int64_t bound, uint32_t seed, int64_t effort);

} // namespace burin::passes
