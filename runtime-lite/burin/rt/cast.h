// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cast<To>(x): every pair of element types, as ONNX defines it, and defined where ONNX is not.
//   float to integer     truncates; out of range gives the nearest end of the range, NaN gives 0
//   float to 4, 2 bits   truncates to an int32_t as above, then wraps
//   integer to integer   wraps
//   anything to bool     "is not zero": true for NaN
//   to a smaller float   to nearest, ties to even, in one rounding, whatever the source
//   to float8, saturate  what lies beyond the range (infinity too) becomes the largest value; else
//                        infinity where the type has one, or NaN
#ifndef BURIN_RT_CAST_H
#define BURIN_RT_CAST_H

#include "number_types.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

// ---- numbers in parts ----

/// A finite number: (negative ? -1 : 1) * mantissa * 2^exponent. Mantissa 0 is zero.
struct Parts {
  bool negative, nan, infinite;
  uint64_t mantissa;
  int exponent;
};

template <int MantissaBits, int ExponentBits, class Bits> BURIN_FN Parts partsOf(Bits bits) {
  constexpr int bias = (1 << (ExponentBits - 1)) - 1, most = (1 << ExponentBits) - 1;
  const Bits fraction = bits & ((Bits{1} << MantissaBits) - 1);
  const int exponent = static_cast<int>(bits >> MantissaBits) & most;
  const bool negative = bits >> (MantissaBits + ExponentBits) & 1;
  if (exponent == most)
    return {negative, fraction != 0, fraction == 0, 0, 0};
  const Bits one = exponent > 0 ? Bits{1} << MantissaBits : 0;
  return {negative, false, false, fraction | one,
          (exponent > 0 ? exponent : 1) - bias - MantissaBits};
}
BURIN_FN Parts parts(float x) { return partsOf<23, 8>(bitCast<uint32_t>(x)); }
BURIN_FN Parts parts(double x) { return partsOf<52, 11>(bitCast<uint64_t>(x)); }
template <class T> BURIN_FN Parts partsOfInteger(T x) {
  const bool negative = kSigned<T> && x < static_cast<T>(0);
  const uint64_t wide = static_cast<uint64_t>(x);
  return {negative, false, false, negative ? 0 - wide : wide, 0};
}

BURIN_FN int highestBit(uint64_t x) { // of x > 0
#if BURIN_EXTENSIONS
  return 63 - __builtin_clzll(x);
#else
  int bit = 0;
  for (int step = 32; step > 0; step /= 2)
    if (x >> step) {
      x >>= step;
      bit += step;
    }
  return bit;
#endif
}

/// x / 2^shift to nearest, ties to even; shift may be negative.
BURIN_FN uint64_t shiftEven(uint64_t x, int shift) {
  if (shift <= 0)
    return x << -shift;
  if (shift > 64)
    return 0;
  const uint64_t whole = shift == 64 ? 0 : x >> shift;
  const uint64_t rest = shift == 64 ? x : x - (whole << shift), half = uint64_t{1} << (shift - 1);
  return whole + (rest > half || (rest == half && (whole & 1)));
}

/// The code of a number in a packed type.
template <class T> BURIN_FN unsigned encode(Parts x, bool saturate) {
  constexpr FloatFormat f = kFormat<T>;
  constexpr unsigned signBit = 1u << (f.exponentBits + f.mantissaBits);
  const unsigned sign = x.negative ? signBit : 0;
  constexpr unsigned beyond = f.infinity ? f.infinity : f.nan;
  constexpr bool small = sizeof(T) == 1; // 16 bits never saturate, 4 bits always do
  if (x.nan)
    return f.nan | (f.nan & signBit ? 0 : sign);
  const bool clamp = small && (saturate || f.exponentBits == 2);
  const unsigned outside = clamp                          ? f.largest | sign
                           : !f.infinity && !f.signedZero ? f.nan
                                                          : beyond | sign;
  if (x.infinite)
    return outside;
  if (x.mantissa == 0)
    return f.signedZero ? sign : 0;
  constexpr int least = 1 - f.bias; // the exponent of the smallest normal number
  const int exponent = highestBit(x.mantissa) + x.exponent;
  const int scale = exponent < least ? least : exponent;
  if (scale > (1 << f.exponentBits))
    return outside;
  const uint64_t rounded = shiftEven(x.mantissa, scale - f.mantissaBits - x.exponent);
  // Of a normal number the leading one adds to the exponent, as does a carry out of the mantissa.
  const unsigned code =
      (static_cast<unsigned>(scale - least) << f.mantissaBits) + static_cast<unsigned>(rounded);
  if (code > f.largest)
    return outside;
  return code == 0 && !f.signedZero ? 0 : code | sign;
}

/// A packed type as a float: exact.
template <class T> BURIN_FN float decode(unsigned bits) {
  constexpr FloatFormat f = kFormat<T>;
  constexpr int width = f.exponentBits + f.mantissaBits;
  const unsigned code = bits & ((1u << width) - 1), sign = (bits >> width & 1) << 31;
  if constexpr (!f.signedZero) {
    if (bits == f.nan)
      return bitCast<float>(uint32_t{0x7FC00000});
  } else if constexpr (sizeof(T) == 2 || f.exponentBits > 2) {
    if (code > f.largest)
      return bitCast<float>(sign | (code == f.infinity && f.infinity ? 0x7F800000u : 0x7FC00000u));
  }
  if constexpr (f.exponentBits == 8) // bfloat16: denormals are a float's
    return bitCast<float>(static_cast<uint32_t>(bits) << 16);
  // As the bits of a float the exponent is wrong by a constant: so is the value, by a power of two.
  const float value = bitCast<float>(static_cast<uint32_t>(code) << (23 - f.mantissaBits));
  constexpr int power = 127 - f.bias;
  return bitCast<float>(
      bitCast<uint32_t>(value * bitCast<float>(static_cast<uint32_t>(127 + power) << 23)) | sign);
}

BURIN_FN float decodePower(unsigned bits) { // F8E8M0
  return bitCast<float>(bits == 255 ? 0x7FC00000u : bits == 0 ? 0x00400000u : bits << 23);
}

// ---- F8E8M0 ----

enum class RoundMode { up, down, nearest };

/// The power of two above, below or nearest (ties up) to |x|. Saturating, 0 and what lies beyond
/// gives the ends of the range; else NaN.
BURIN_FN F8E8M0 encodePower(Parts x, RoundMode mode, bool saturate) {
  const uint8_t nan = 255, largest = 254;
  if (x.nan)
    return {nan};
  if (x.infinite)
    return {saturate ? largest : nan};
  if (x.mantissa == 0)
    return {saturate ? uint8_t{0} : nan};
  const int top = highestBit(x.mantissa);
  const uint64_t rest = x.mantissa - (uint64_t{1} << top);
  const bool up = mode == RoundMode::up        ? rest != 0
                  : mode == RoundMode::nearest ? rest != 0 && rest >= (uint64_t{1} << top) / 2
                                               : false;
  const int code = top + x.exponent + 127 + (up ? 1 : 0);
  if (code < 0)
    return {saturate ? uint8_t{0} : nan};
  if (code > 254)
    return {saturate ? largest : nan};
  return {static_cast<uint8_t>(code)};
}

// ---- the cast ----

template <class T> constexpr bool kIsPower = false;
template <> inline constexpr bool kIsPower<F8E8M0> = true;

/// A native float to an integer, cut off at the ends of the range.
template <class To, class From> BURIN_FN To truncateTo(From x) {
  // 2^bits is exact in a float; the highest value of a wide type is not.
  constexpr From low = static_cast<From>(kLowest<To>);
  constexpr From end = static_cast<From>(kHighest<To> / 2 + 1) * 2;
  if (!(x > low)) // NaN too
    return static_cast<To>(x == x ? kLowest<To> : 0);
  return x >= end ? static_cast<To>(kHighest<To>) : static_cast<To>(x);
}

/// An integer to one of 4 or 2 bits: wraps.
template <class To> BURIN_FN To narrow(uint32_t bits) {
  constexpr uint32_t mask = (1u << kBits<To>)-1, sign = kSigned<To> ? 1u << (kBits<To> - 1) : 0;
  using Value = decltype(To::value);
  return To{static_cast<Value>(static_cast<int>((bits & mask) ^ sign) - static_cast<int>(sign))};
}

/// Any element type as one that C++ computes with.
template <class T> BURIN_FN auto native(T x) {
  if constexpr (kIsPower<T>)
    return decodePower(x.bits);
  else if constexpr (kKind<T> == Kind::packed)
    return decode<T>(x.bits);
  else if constexpr (kKind<T> == Kind::narrow)
    return static_cast<int32_t>(x.value);
  else
    return x;
}

template <class T> BURIN_FN Parts anyParts(T x) {
  if constexpr (kKind<T> == Kind::native)
    return parts(x);
  else if constexpr (kKind<T> == Kind::boolean)
    return partsOfInteger<int32_t>(x);
  else
    return partsOfInteger(x);
}

/// A float to bfloat16, and to float16, without a branch: these are the casts of large tensors.
BURIN_FN BF16 encodeFast(float x, BF16) {
  const uint32_t bits = bitCast<uint32_t>(x);
  const uint32_t even = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16, nan = bits >> 16 | 0x40;
  return {static_cast<uint16_t>((bits & 0x7FFFFFFF) > 0x7F800000 ? nan : even)};
}
BURIN_FN F16 encodeFast(float x, F16) {
  const uint32_t all = bitCast<uint32_t>(x), sign = all >> 16 & 0x8000, bits = all & 0x7FFFFFFF;
  // Below the smallest normal number an addition rounds: its result has the code in its low bits.
  const uint32_t small = bitCast<uint32_t>(bitCast<float>(bits) + 0.5f) - 0x3F000000u;
  const uint32_t normal = (bits - 0x38000000u + 0xFFF + (bits >> 13 & 1)) >> 13;
  const uint32_t finite = bits < 0x38800000 ? small : normal;
  const uint32_t code = bits > 0x7F800000u ? 0x7E00u : bits >= 0x477FF000u ? 0x7C00u : finite;
  return {static_cast<uint16_t>(code | sign)};
}

template <class To, class From> BURIN_FN To cast(From from, bool saturate = true) {
  const auto x = native(from);
  using X = decltype(native(from));
  if constexpr (kKind<To> == Kind::boolean)
    return x != X{};
  else if constexpr (kIsPower<To>)
    return encodePower(anyParts(x), RoundMode::up, saturate);
  else if constexpr (kKind<To> == Kind::packed) {
    if constexpr (sizeof(To) == 2 && sizeof(X) == 4 && kKind<X> == Kind::native)
      return encodeFast(x, To{});
    else
      return {static_cast<decltype(To::bits)>(encode<To>(anyParts(x), saturate))};
  } else if constexpr (kKind<To> == Kind::narrow) {
    if constexpr (kKind<X> == Kind::native)
      return narrow<To>(static_cast<uint32_t>(truncateTo<int32_t>(x)));
    else
      return narrow<To>(static_cast<uint32_t>(x));
  } else if constexpr (kKind<To> == Kind::integer && kKind<X> == Kind::native)
    return truncateTo<To>(x);
  else
    return static_cast<To>(x);
}

/// To a power of two, with the other modes of rounding.
template <class From>
BURIN_FN F8E8M0 castF8E8M0(From x, RoundMode mode = RoundMode::up, bool saturate = true) {
  return encodePower(anyParts(native(x)), mode, saturate);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
