// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What generated text needs beside kernels: extents that are expressions, and the floats that have
// no literal.
#ifndef BURIN_RT_SPECIAL_H
#define BURIN_RT_SPECIAL_H

#include "numeric.h"
#include "simd.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

// ---- extents: a positive divisor ----

BURIN_FN constexpr int floorOf(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }
BURIN_FN constexpr int ceilOf(int a, int b) { return -floorOf(-a, b); }
BURIN_FN constexpr int lesser(int a, int b) { return a < b ? a : b; }
BURIN_FN constexpr int greater(int a, int b) { return a > b ? a : b; }

/// Where a slice begins: moved so that all of it is inside. T: int32_t or int64_t.
template <class T> BURIN_FN ptrdiff_t clampStart(T start, int least, int most) {
  return start < least ? least : start > most ? most : static_cast<ptrdiff_t>(start);
}

// ---- numbers ----

/// The epilogue that rounds a sum to the element type of the result.
template <class T> struct RoundTo {
  template <class V> BURIN_INLINE T operator()(V v, ptrdiff_t, int) const { return cast<T>(v); }
};

/// -1, 0 or 1.
template <class T> BURIN_FN T signOf(T x) {
  return static_cast<T>(x > T{0} ? 1 : x < T{0} ? -1 : 0);
}

#if defined(__GNUC__)
template <class T> constexpr T kInfinity = static_cast<T>(__builtin_inf());
template <class T> constexpr T kNan = static_cast<T>(__builtin_nan(""));
#else
template <class T> constexpr T kInfinity = static_cast<T>(1e308 * 10);
template <class T> constexpr T kNan = static_cast<T>(1e308 * 10 - 1e308 * 10);
#endif

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
