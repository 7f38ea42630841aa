// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The remainder of a division, exact for every pair of numbers, as C's fmod.
#ifndef BURIN_RT_MATH_MOD_H
#define BURIN_RT_MATH_MOD_H

#include "math_core.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// By long division of the mantissas: a step for each power of two between x and y.
template <class F, class Bits, int Mantissa> BURIN_STUB F fmodByDigits(F x, F y) {
  constexpr int width = static_cast<int>(sizeof(F)) * 8;
  constexpr Bits one = Bits{1} << Mantissa, sign = Bits{1} << (width - 1), inf = sign - one;
  Bits a = bitCast<Bits>(x) & ~sign, b = bitCast<Bits>(y) & ~sign;
  const Bits negative = bitCast<Bits>(x) & sign;
  if (a >= inf || b > inf || b == 0)
    return (x * y) / (x * y); // NaN
  if (a < b)
    return x;
  int ea = static_cast<int>(a >> Mantissa), eb = static_cast<int>(b >> Mantissa);
  a = ea ? (a & (one - 1)) | one : a;
  b = eb ? (b & (one - 1)) | one : b;
  for (ea = ea ? ea : 1; !(a & one); --ea) // of denormal numbers the leading one is lower
    a <<= 1;
  for (eb = eb ? eb : 1; !(b & one); --eb)
    b <<= 1;
  for (; ea > eb; --ea)
    a = (a >= b ? a - b : a) << 1;
  a = a >= b ? a - b : a;
  if (a == 0)
    return bitCast<F>(negative);
  for (; !(a & one); --ea)
    a <<= 1;
  for (; ea < 1; ++ea)
    a >>= 1;
  const Bits exponent = a & one ? static_cast<Bits>(ea) << Mantissa : 0;
  return bitCast<F>(negative | exponent | (a & (one - 1)));
}

BURIN_FN double fmod(double x, double y) { return fmodByDigits<double, uint64_t, 52>(x, y); }
/// The sign of x; NaN for y = 0 and infinite x.
template <class V> BURIN_FN V fmod(V x, V y) {
  return mapLanes(
      x, y, [](float a, float b) BURIN_LAMBDA { return fmodByDigits<float, uint32_t, 23>(a, b); });
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
