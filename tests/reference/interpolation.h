// SPDX-License-Identifier: Apache-2.0
//
// What a resampled axis is made of.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace burin::reference {

/// An element of an axis, which may lie outside of it, and its share.
struct Tap {
  int64_t index;
  double weight;
};
using Taps = std::vector<Tap>;

/// The weight of a sample at a distance: 1 at 0, and 0 from 1 (linear) or 2 (cubic) on.
inline double linearKernel(double distance) { return std::fmax(0, 1 - std::fabs(distance)); }
inline double cubicKernel(double distance, double a) {
  const double d = std::fabs(distance);
  if (d <= 1)
    return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2)
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

/// The elements nearer than `reach` to `position`, weighted by the kernel.
template <class F> Taps tapsAround(double position, double reach, F kernel) {
  Taps taps;
  for (auto i = static_cast<int64_t>(std::ceil(position - reach));
       static_cast<double>(i) <= position + reach; ++i)
    if (const double weight = kernel(static_cast<double>(i) - position); weight != 0)
      taps.push_back({i, weight});
  return taps;
}

} // namespace burin::reference
