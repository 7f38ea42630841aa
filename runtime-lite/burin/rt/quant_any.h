// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Quantisation between all types that ONNX allows, an element after the other: floats of 8 and 4
// bits, halves, i32, scales of any float; and the roundings of sums by a scale that is a float.
// quant.h has the fast forms of small integers and f32.
#ifndef BURIN_RT_QUANT_ANY_H
#define BURIN_RT_QUANT_ANY_H

#include "math.h"
#include "numeric.h"
#include "quant.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

// ---- one element; scale and zero as C++ computes with them ----

/// x / scale as a number of the scale's type.
template <class S, class X> BURIN_FN S quotient(X x, S scale) {
  if constexpr (kKind<X> == Kind::native)
    return static_cast<S>(x) / scale;
  else
    return static_cast<S>(static_cast<double>(x) / static_cast<double>(scale));
}

/// Floats of 8 and 4 bits are rounded once; of others a NaN becomes the zero point.
template <class Q, class X, class S, class Z>
BURIN_FN Q quantizeAny(X x, S scale, Z zero, bool saturate) {
  const S q = quotient(native(x), scale);
  if constexpr (kKind<Q> == Kind::packed)
    return zero == Z{} ? cast<Q>(q, saturate)
                       : cast<Q>(static_cast<double>(q) + static_cast<double>(zero), saturate);
  else {
    constexpr double low = static_cast<double>(kLowest<Q>), high = static_cast<double>(kHighest<Q>);
    const double whole = (q == q ? static_cast<double>(round(q)) : 0.0) + static_cast<double>(zero);
    return cast<Q>(static_cast<int32_t>(whole < low ? low : whole > high ? high : whole));
  }
}

template <class To, class Q, class S, class Z> BURIN_FN To dequantizeAny(Q q, S scale, Z zero) {
  const auto x = native(q);
  if constexpr (kKind<Z> == Kind::native)
    return cast<To>(static_cast<S>(static_cast<double>(x) - static_cast<double>(zero)) * scale);
  else
    return cast<To>(static_cast<S>(static_cast<int64_t>(x) - static_cast<int64_t>(zero)) * scale);
}

// ---- sums ----

/// A scale as multiplier * 2^(shift - 31), as TensorFlow Lite makes it; not positive or infinite:
/// 0.
struct FixedPoint {
  int32_t multiplier;
  int shift;
};
BURIN_FN FixedPoint fixedPoint(float scale, bool isSingle) {
  const Parts x = parts(scale);
  if (x.nan || x.infinite || x.negative || x.mantissa == 0)
    return {0, 0};
  const int top = highestBit(x.mantissa), shift = top + x.exponent + 1;
  if (shift < -31)
    return {0, 0};
  if (isSingle && shift > 30)
    return {0x7FFFFFFF, 30};
  return {static_cast<int32_t>(x.mantissa << (30 - top)), shift};
}

enum class Rounding { half_even_float, tflite_double, tflite_single };

template <class Q, Rounding rounding> BURIN_FN Q requantizeAny(int32_t acc, float scale, int zero) {
  if constexpr (rounding == Rounding::half_even_float)
    return requantize<Q>(acc, scale, zero);
  const FixedPoint fixed = fixedPoint(scale, rounding == Rounding::tflite_single);
  if constexpr (rounding == Rounding::tflite_double)
    return requantizeTfliteDouble<Q>(acc, fixed.multiplier, fixed.shift, zero);
  return requantizeTfliteSingle<Q>(acc, fixed.multiplier, fixed.shift, zero);
}

// ---- tensors ----

/// [outer][axis][inner] with scales [axis], or, block > 0, [outer][ceil(axis / block)][inner]. One
/// scale for all: {1, 0, 1}.
struct ScaleAxis {
  int axis, block, inner;

  /// Of element j of the slice i.
  BURIN_INLINE ptrdiff_t scaleOf(int i, int j) const {
    if (block == 0)
      return i % axis;
    const int blocks = (axis + block - 1) / block;
    return (static_cast<ptrdiff_t>(i / axis) * blocks + i % axis / block) * inner + j;
  }
};

/// zero may be null. Units: outer * axis.
template <class X, class S, class Q>
BURIN_FN void quantizeLinearAny(const ScaleAxis &shape, const X *in, const S *scale, const Q *zero,
                                bool saturate, Q *out, Work work) {
  using Z = decltype(native(Q{}));
  for (int i = work.begin; i < work.end; ++i)
    for (int j = 0; j < shape.inner; ++j) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(i) * shape.inner + j, of = shape.scaleOf(i, j);
      out[at] = quantizeAny<Q>(in[at], native(scale[of]), zero ? native(zero[of]) : Z{}, saturate);
    }
}
template <class Q, class S, class To>
BURIN_FN void dequantizeLinearAny(const ScaleAxis &shape, const Q *in, const S *scale,
                                  const Q *zero, To *out, Work work) {
  using Z = decltype(native(Q{}));
  for (int i = work.begin; i < work.end; ++i)
    for (int j = 0; j < shape.inner; ++j) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(i) * shape.inner + j, of = shape.scaleOf(i, j);
      out[at] = dequantizeAny<To>(in[at], native(scale[of]), zero ? native(zero[of]) : Z{});
    }
}
/// zero: one for each scale, or, oneZero, one for all; may be null.
template <Rounding rounding, class Q>
BURIN_FN void requantizeLinear(const ScaleAxis &shape, const int32_t *in, const float *scale,
                               const Q *zero, bool oneZero, Q *out, Work work) {
  for (int i = work.begin; i < work.end; ++i)
    for (int j = 0; j < shape.inner; ++j) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(i) * shape.inner + j, of = shape.scaleOf(i, j);
      out[at] = requantizeAny<Q, rounding>(in[at], scale[of], zeroAt(zero, oneZero ? 0 : of));
    }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
