// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef BURIN_RT_PAD_H
#define BURIN_RT_PAD_H

#include "nd.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

enum class PadMode { constant, reflect, edge, wrap };

/// Where element i of a padded axis comes from, 0 <= result < n, as often reflected or wrapped as
/// it takes; -1 for a constant.
template <PadMode Mode> BURIN_FN int padSource(int i, int n) {
  if (i >= 0 && i < n)
    return i;
  if constexpr (Mode == PadMode::constant)
    return -1;
  if (n <= 1)
    return 0;
  if constexpr (Mode == PadMode::edge)
    return i < 0 ? 0 : n - 1;
  const int period = Mode == PadMode::wrap ? n : 2 * (n - 1), rest = i % period;
  const int at = rest < 0 ? rest + period : rest;
  return at < n ? at : period - at;
}

/// A dense array with `begin` elements in front of each axis, and behind it what `outShape` leaves;
/// a negative number cuts off (what is cut may still be reflected). `value` is for
/// PadMode::constant. Units: rows of the output.
template <PadMode Mode, int R, class T>
BURIN_FN void pad(const Nd<R> &inShape, const Nd<R> &begin, const Nd<R> &outShape, const T *in,
                  T value, T *out, Work work) {
  const Nd<R> stride = denseStrides(inShape);
  const int n = outShape.v[R - 1], front = begin.v[R - 1], length = inShape.v[R - 1];
  // Of every row the elements [left, right) are a row of the input.
  const int first = front > 0 ? front : 0, last = front + length < n ? front + length : n;
  const int left = first < n ? first : n, right = last > left ? last : left;
  Walk<R - 1, R> walk = walkFrom<R - 1>(work.begin, outShape, Nd<R>{}, Nd<R>{});
  for (int row = work.begin; row < work.end; ++row, walk.next()) {
    T *to = out + static_cast<ptrdiff_t>(row) * n;
    ptrdiff_t place = 0;
    bool outside = false;
    for (int i = 0; i < R - 1; ++i) {
      const int source = padSource<Mode>(walk.index.v[i] - begin.v[i], inShape.v[i]);
      outside |= source < 0;
      place += static_cast<ptrdiff_t>(source) * stride.v[i];
    }
    if (outside) {
      fill(value, to, {0, n, nullptr});
      continue;
    }
    const T *from = in + place;
    for (int i = 0; i < left; ++i) {
      const int source = padSource<Mode>(i - front, length);
      to[i] = source < 0 ? value : from[source];
    }
    copyRow(right - left, from + (left - front), 1, to + left, 1);
    for (int i = right; i < n; ++i) {
      const int source = padSource<Mode>(i - front, length);
      to[i] = source < 0 ? value : from[source];
    }
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
