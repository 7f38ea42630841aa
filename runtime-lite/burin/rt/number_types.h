// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The element types that C++ has no name for. They only store: arithmetic is done in float, see
// cast.h. Each lies as its bits; those of less than a byte take a byte each.
#ifndef BURIN_RT_NUMBER_TYPES_H
#define BURIN_RT_NUMBER_TYPES_H

#include "simd.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

struct F16 {
  uint16_t bits;
};
struct BF16 {
  uint16_t bits;
};
struct F8E4M3FN {
  uint8_t bits;
};
struct F8E4M3FNUZ {
  uint8_t bits;
};
struct F8E5M2 {
  uint8_t bits;
};
struct F8E5M2FNUZ {
  uint8_t bits;
};
struct F4E2M1 {
  uint8_t bits; ///< the upper four are zero
};
struct F8E8M0 {
  uint8_t bits; ///< 2^(bits - 127), 255 is NaN
};
struct I4 {
  int8_t value; ///< -8 .. 7
};
struct U4 {
  uint8_t value; ///< 0 .. 15
};
struct I2 {
  int8_t value; ///< -2 .. 1
};
struct U2 {
  uint8_t value; ///< 0 .. 3
};

/// What a number type is to a cast.
enum class Kind { integer, boolean, native, packed, narrow };

template <class T> constexpr Kind kKind = Kind::integer;
template <> inline constexpr Kind kKind<bool> = Kind::boolean;
template <> inline constexpr Kind kKind<float> = Kind::native;
template <> inline constexpr Kind kKind<double> = Kind::native;
template <> inline constexpr Kind kKind<F16> = Kind::packed;
template <> inline constexpr Kind kKind<BF16> = Kind::packed;
template <> inline constexpr Kind kKind<F8E4M3FN> = Kind::packed;
template <> inline constexpr Kind kKind<F8E4M3FNUZ> = Kind::packed;
template <> inline constexpr Kind kKind<F8E5M2> = Kind::packed;
template <> inline constexpr Kind kKind<F8E5M2FNUZ> = Kind::packed;
template <> inline constexpr Kind kKind<F4E2M1> = Kind::packed;
template <> inline constexpr Kind kKind<F8E8M0> = Kind::packed;
template <> inline constexpr Kind kKind<I4> = Kind::narrow;
template <> inline constexpr Kind kKind<U4> = Kind::narrow;
template <> inline constexpr Kind kKind<I2> = Kind::narrow;
template <> inline constexpr Kind kKind<U2> = Kind::narrow;

/// The layout of a packed floating-point type: bits of exponent and mantissa, the exponent's bias,
/// the code of the largest finite value, and what lies beyond it.
struct FloatFormat {
  int exponentBits, mantissaBits, bias;
  unsigned largest, infinity, nan; ///< codes without sign; infinity 0: has none
  bool signedZero;                 ///< false: the code of -0 is the only NaN
};
template <class T> constexpr FloatFormat kFormat = {};
template <> inline constexpr FloatFormat kFormat<F16> = {5, 10, 15, 0x7BFF, 0x7C00, 0x7E00, true};
template <> inline constexpr FloatFormat kFormat<BF16> = {8, 7, 127, 0x7F7F, 0x7F80, 0x7FC0, true};
template <> inline constexpr FloatFormat kFormat<F8E4M3FN> = {4, 3, 7, 0x7E, 0, 0x7F, true};
template <> inline constexpr FloatFormat kFormat<F8E4M3FNUZ> = {4, 3, 8, 0x7F, 0, 0x80, false};
template <> inline constexpr FloatFormat kFormat<F8E5M2> = {5, 2, 15, 0x7B, 0x7C, 0x7F, true};
template <> inline constexpr FloatFormat kFormat<F8E5M2FNUZ> = {5, 2, 16, 0x7F, 0, 0x80, false};
template <> inline constexpr FloatFormat kFormat<F4E2M1> = {2, 1, 1, 0x7, 0, 0x8, true};

/// The range of an integer type.
template <class T> constexpr bool kSigned = static_cast<T>(-1) < static_cast<T>(0);
template <> inline constexpr bool kSigned<I4> = true;
template <> inline constexpr bool kSigned<I2> = true;
template <> inline constexpr bool kSigned<U4> = false;
template <> inline constexpr bool kSigned<U2> = false;
template <class T> constexpr int kBits = static_cast<int>(sizeof(T)) * 8;
template <> inline constexpr int kBits<I4> = 4;
template <> inline constexpr int kBits<U4> = 4;
template <> inline constexpr int kBits<I2> = 2;
template <> inline constexpr int kBits<U2> = 2;
/// As the widest integers of their sign, so that every type compares with them.
template <class T>
constexpr uint64_t kHighest = ~uint64_t{0} >> (64 - kBits<T> + (kSigned<T> ? 1 : 0));
template <class T>
constexpr int64_t kLowest = kSigned<T> ? -static_cast<int64_t>(kHighest<T>) - 1 : 0;

/// The type in which an integer's arithmetic wraps.
template <bool Wide> struct UnsignedOf { using Type = uint32_t; };
template <> struct UnsignedOf<true> { using Type = uint64_t; };
template <class T> using Unsigned = typename UnsignedOf<(sizeof(T) > 4)>::Type;

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
