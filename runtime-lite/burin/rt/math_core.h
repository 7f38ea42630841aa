// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the functions of math.h are made of, and those that are exact: signs, rounding, square root.
// V is a float or a vector of them; every function has an overload for double.
#ifndef BURIN_RT_MATH_CORE_H
#define BURIN_RT_MATH_CORE_H

#include "simd.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

BURIN_FN float infinity() { return bitCast<float>(uint32_t{0x7F800000}); }
BURIN_FN float notANumber() { return bitCast<float>(uint32_t{0x7FC00000}); }

/// Whether + and % of a type are those of real numbers: floats, double and vectors.
template <class T> constexpr bool kIsReal = false;
template <> inline constexpr bool kIsReal<float> = true;
template <> inline constexpr bool kIsReal<double> = true;
#if BURIN_EXTENSIONS
template <> inline constexpr bool kIsReal<Vec<4>> = true;
template <> inline constexpr bool kIsReal<Vec<8>> = true;
template <> inline constexpr bool kIsReal<Vec<16>> = true;
#endif

// ---- signs and masks ----

/// Masks for select.
template <class V> BURIN_FN auto isNan(V x) { return x != x; }

template <class V> BURIN_FN V abs(V x) { return bitCast<V>(bitCast<BitsOf<V>>(x) & 0x7FFFFFFFu); }
BURIN_FN double abs(double x) {
  return bitCast<double>(bitCast<uint64_t>(x) & 0x7FFFFFFFFFFFFFFFu);
}
template <class V> BURIN_FN auto isInf(V x) { return abs(x) > 3.4028234663852886e38f; }
BURIN_FN bool isInf(double x) { return abs(x) > 1.7976931348623157e308; }

/// The magnitude of x with the sign of s, zeros and NaN included.
template <class V> BURIN_FN V copySign(V x, V s) {
  using Bits = BitsOf<V>;
  return bitCast<V>((bitCast<Bits>(x) & 0x7FFFFFFFu) | (bitCast<Bits>(s) & 0x80000000u));
}
BURIN_FN double copySign(double x, double s) {
  constexpr uint64_t sign = uint64_t{1} << 63;
  return bitCast<double>((bitCast<uint64_t>(x) & ~sign) | (bitCast<uint64_t>(s) & sign));
}

/// -1, 0 or 1; a zero or NaN stays.
template <class V> BURIN_FN V sign(V x) {
  return select(x > V{}, splat<V>(1.f), select(x < V{}, splat<V>(-1.f), x));
}
BURIN_FN double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

// ---- rounding ----

/// To the nearest integer, ties to even; zero keeps the sign of x.
template <class V> BURIN_FN V round(V x) {
  const V magic = copySign(splat<V>(8388608.f), x); // 2^23: what is larger is an integer
  return select(abs(x) < 8388608.f, copySign((x + magic) - magic, x), x);
}
BURIN_FN double round(double x) {
  const double magic = copySign(4503599627370496.0, x); // 2^52
  return abs(x) < 4503599627370496.0 ? copySign((x + magic) - magic, x) : x;
}

/// The largest integer not above x, the smallest not below it, and the nearest towards zero.
template <class V> BURIN_FN V floor(V x) {
  const V r = round(x);
  return select(r > x, r - 1.f, r);
}
BURIN_FN double floor(double x) {
  const double r = round(x);
  return r > x ? r - 1 : r;
}
template <class V> BURIN_FN V ceil(V x) {
  const V r = round(x);
  return select(r < x, copySign(r + 1.f, x), r);
}
BURIN_FN double ceil(double x) {
  const double r = round(x);
  return r < x ? copySign(r + 1, x) : r;
}
template <class V> BURIN_FN V trunc(V x) { return copySign(floor(abs(x)), x); }
BURIN_FN double trunc(double x) { return copySign(floor(abs(x)), x); }

// ---- lane by lane ----

/// f of each lane: for what has no vector form, and is rare.
template <class V, class F> BURIN_FN V mapLanes(V x, V y, const F &f) {
  if constexpr (kLanes<V> == 1)
    return f(x, y);
  else {
    Array<float, kLanes<V>> a, b;
    BURIN_COPY(a, &x, sizeof x);
    BURIN_COPY(b, &y, sizeof y);
    for (int i = 0; i < kLanes<V>; ++i)
      a[i] = f(a[i], b[i]);
    return load<V>(a);
  }
}
/// Whether a mask of comparisons holds anywhere.
BURIN_FN bool anyLane(bool mask) { return mask; }
template <class M> BURIN_FN bool anyLane(M mask) {
  Array<uint64_t, static_cast<int>(sizeof mask / 8)> parts;
  uint64_t any = 0;
  BURIN_COPY(parts, &mask, sizeof mask);
  for (uint64_t part : parts)
    any |= part;
  return any != 0;
}

// ---- square root ----

/// Of a positive number's bits, digit by digit and correctly rounded: where there is no instruction
/// for it.
template <class F, class Bits, int Mantissa> BURIN_FN F sqrtByDigits(F x) {
  constexpr int width = static_cast<int>(sizeof(F)) * 8, bias = (1 << (width - Mantissa - 2)) - 1;
  constexpr Bits one = Bits{1} << Mantissa, sign = Bits{1} << (width - 1);
  const Bits bits = bitCast<Bits>(x);
  if (!(x > 0) || bits == sign - one) // NaN, infinity, zero, negative
    return x == 0 || bits == sign - one ? x : (x - x) / (x - x);
  int exponent = static_cast<int>(bits >> Mantissa);
  Bits rest = bits & (one - 1);
  if (exponent == 0)
    for (exponent = 1; !(rest & one); --exponent)
      rest <<= 1;
  rest |= one;
  exponent -= bias;
  if (exponent & 1)
    rest <<= 1;
  // root * 2 + 1 digit at a time; the last one rounds. A square root is never a tie.
  Bits root = 0, step = one << 1, taken = 0;
  for (rest <<= 1; step; step >>= 1) {
    if (taken + step <= rest) {
      taken += step;
      rest -= taken;
      root += step;
      taken += step;
    }
    rest <<= 1;
  }
  root += root & 1 & static_cast<Bits>(rest != 0);
  const Bits half = static_cast<Bits>((exponent >> 1) + bias - 1) << Mantissa;
  return bitCast<F>((root >> 1) + half);
}

/// Correctly rounded; NaN below zero.
template <class V> BURIN_FN V sqrt(V x) {
#if BURIN_EXTENSIONS
#if defined(__AVX512F__) && defined(__clang__)
  if constexpr (kLanes<V> == 16)
    return __builtin_ia32_sqrtps512(x, 4);
#elif defined(__AVX512F__)
  if constexpr (kLanes<V> == 16)
    return __builtin_ia32_sqrtps512_mask(x, V{}, -1, 4);
#endif
#if defined(__AVX__)
  if constexpr (kLanes<V> == 8)
    return __builtin_ia32_sqrtps256(x);
#endif
#if defined(__SSE2__)
  if constexpr (kLanes<V> == 4)
    return __builtin_ia32_sqrtps(x);
  if constexpr (kLanes<V> == 1)
    return __builtin_ia32_sqrtss(Vec<4>{x, 0, 0, 0})[0];
#elif defined(__aarch64__)
  if constexpr (kLanes<V> == 4)
    __asm__("fsqrt %0.4s, %1.4s" : "=w"(x) : "w"(x));
  else
    __asm__("fsqrt %s0, %s1" : "=w"(x) : "w"(x));
  return x;
#elif defined(__ARM_FP) && (__ARM_FP & 4)
  __asm__("vsqrt.f32 %0, %1" : "=t"(x) : "t"(x));
  return x;
#elif defined(__riscv_flen) && defined(__riscv_fsqrt)
  __asm__("fsqrt.s %0, %1" : "=f"(x) : "f"(x));
  return x;
#endif
#endif
  return mapLanes(x, x,
                  [](float a, float) BURIN_LAMBDA { return sqrtByDigits<float, uint32_t, 23>(a); });
}
BURIN_FN double sqrt(double x) {
#if BURIN_EXTENSIONS
#if defined(__SSE2__)
  typedef double Two __attribute__((vector_size(16)));
  return __builtin_ia32_sqrtsd(Two{x, 0})[0];
#elif defined(__aarch64__)
  __asm__("fsqrt %d0, %d1" : "=w"(x) : "w"(x));
  return x;
#elif defined(__ARM_FP) && (__ARM_FP & 8)
  __asm__("vsqrt.f64 %P0, %P1" : "=w"(x) : "w"(x));
  return x;
#elif defined(__riscv_flen) && __riscv_flen >= 64 && defined(__riscv_fsqrt)
  __asm__("fsqrt.d %0, %1" : "=f"(x) : "f"(x));
  return x;
#endif
#endif
  return sqrtByDigits<double, uint64_t, 52>(x);
}

// ---- polynomials and powers of two ----

/// c0 + c1 x + c2 x^2 + ...
template <class V, class C> BURIN_FN V polynomial(V, C c) { return c - V{}; }
template <class V, class C, class... Cs> BURIN_FN V polynomial(V x, C c, Cs... rest) {
  return polynomial(x, rest...) * x + c;
}

/// The upper 12 bits of the mantissa: products of two such numbers are exact.
template <class V> BURIN_FN V upper(V x) { return bitCast<V>(bitCast<BitsOf<V>>(x) & 0xFFFFF000u); }

/// x * 2^n, n an integer from -252 to 252 in the bits of an integer: in two steps, so that denormal
/// results are rounded once, and what overflows becomes infinite.
template <class V> BURIN_FN V scaleBy(V x, BitsOf<V> n) {
  using Bits = BitsOf<V>;
  const Bits half = bitCast<Bits>(bitCast<IntsOf<V>>(n) >> 1), rest = n - half;
  return x * bitCast<V>((half + 127u) << 23) * bitCast<V>((rest + 127u) << 23);
}
BURIN_FN double scaleBy(double x, int n) { // -2044 to 2044
  const int half = n >> 1, rest = n - half;
  return x * bitCast<double>(static_cast<uint64_t>(half + 1023) << 52) *
         bitCast<double>(static_cast<uint64_t>(rest + 1023) << 52);
}

/// A small integer in the bits of an integer, as a float.
template <class V> BURIN_FN V smallToFloat(BitsOf<V> n) {
  return bitCast<V>(n + 0x4B400000u) - 12582912.f;
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
