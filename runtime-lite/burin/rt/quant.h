// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between floats and small integers: q = saturate(round(x / scale) + zero), x = (q - zero) * scale.
// Rounding is half to even; a NaN becomes the zero point. Q: 8 and 16 bits, I4, U4, I2, U2.
#ifndef BURIN_RT_QUANT_H
#define BURIN_RT_QUANT_H

#include "math_core.h"
#include "number_types.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// The integer in which a Q is stored.
template <class Q> struct Stored { using Type = Q; };
template <> struct Stored<I4> { using Type = int8_t; };
template <> struct Stored<I2> { using Type = int8_t; };
template <> struct Stored<U4> { using Type = uint8_t; };
template <> struct Stored<U2> { using Type = uint8_t; };

#if BURIN_EXTENSIONS
template <class T, int W> struct SmallInts {
  typedef T Value __attribute__((vector_size(W * sizeof(T))));
};
#endif

/// Whole numbers in range, as floats, to memory; and back.
template <class T, class V> BURIN_FN void storeInts(T *p, V v) {
  if constexpr (kLanes<V> == 1)
    *p = static_cast<T>(static_cast<int32_t>(v));
#if BURIN_EXTENSIONS
  else {
    const auto ints = __builtin_convertvector(v, IntsOf<V>);
    const auto small = __builtin_convertvector(ints, typename SmallInts<T, kLanes<V>>::Value);
    BURIN_COPY(p, &small, sizeof small);
  }
#endif
}
template <class V, class T> BURIN_FN V loadInts(const T *p) {
  if constexpr (kLanes<V> == 1)
    return static_cast<V>(*p);
#if BURIN_EXTENSIONS
  else {
    typename SmallInts<T, kLanes<V>>::Value small;
    BURIN_COPY(&small, p, sizeof small);
    return __builtin_convertvector(__builtin_convertvector(small, IntsOf<V>), V);
  }
#endif
}

/// The number that stands for x, as a float.
template <class Q, class V> BURIN_FN V quantized(V x, float scale, int zero) {
  const V low = splat<V>(static_cast<float>(kLowest<Q>));
  const V high = splat<V>(static_cast<float>(kHighest<Q>));
  const V q = round(x / scale);
  return max(low, min(high, select(isNan(q), V{}, q) + static_cast<float>(zero)));
}

template <class Q> BURIN_FN Q quantize(float x, float scale, int zero) {
  using T = typename Stored<Q>::Type;
  return Q{static_cast<T>(static_cast<int32_t>(quantized<Q>(x, scale, zero)))};
}
template <class Q> BURIN_FN float dequantize(Q q, float scale, int zero) {
  typename Stored<Q>::Type value;
  BURIN_COPY(&value, &q, sizeof value);
  return static_cast<float>(static_cast<int32_t>(value) - zero) * scale;
}

// ---- tensors ----

template <class Q, int W>
BURIN_FN void quantizeRow(int i, int n, const float *in, float scale, int zero, Q *out) {
  using T = typename Stored<Q>::Type;
  T *to = static_cast<T *>(static_cast<void *>(out));
  for (; i + W <= n; i += W)
    storeInts(to + i, quantized<Q>(load<Vec<W>>(in + i), scale, zero));
  if constexpr (W > 1)
    quantizeRow<Q, (W > 4 ? W / 2 : 1)>(i, n, in, scale, zero, out);
}
template <class Q, int W>
BURIN_FN void dequantizeRow(int i, int n, const Q *in, float scale, int zero, float *out) {
  using T = typename Stored<Q>::Type;
  const T *from = static_cast<const T *>(static_cast<const void *>(in));
  for (; i + W <= n; i += W)
    store(out + i, (loadInts<Vec<W>>(from + i) - static_cast<float>(zero)) * scale);
  if constexpr (W > 1)
    dequantizeRow<Q, (W > 4 ? W / 2 : 1)>(i, n, in, scale, zero, out);
}
template <class Q> BURIN_FN int zeroAt(const Q *zero, ptrdiff_t i) {
  if (!zero)
    return 0;
  typename Stored<Q>::Type value;
  BURIN_COPY(&value, zero + i, sizeof value);
  return static_cast<int>(value);
}

/// One scale for all. Units: elements.
template <class Q>
BURIN_FN void quantizeLinear(const float *in, float scale, int zero, Q *out, Work work) {
  quantizeRow<Q, kIsa.width>(work.begin, work.end, in, scale, zero, out);
}
template <class Q>
BURIN_FN void dequantizeLinear(const Q *in, float scale, int zero, float *out, Work work) {
  dequantizeRow<Q, kIsa.width>(work.begin, work.end, in, scale, zero, out);
}

/// [outer][axis][inner], scale and zero [axis]; zero may be null. Units: outer * axis.
template <class Q>
BURIN_FN void quantizeLinearAxis(int axis, int inner, const float *in, const float *scale,
                                 const Q *zero, Q *out, Work work) {
  for (int i = work.begin; i < work.end; ++i) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(i) * inner;
    quantizeRow<Q, kIsa.width>(0, inner, in + at, scale[i % axis], zeroAt(zero, i % axis),
                               out + at);
  }
}
template <class Q>
BURIN_FN void dequantizeLinearAxis(int axis, int inner, const Q *in, const float *scale,
                                   const Q *zero, float *out, Work work) {
  for (int i = work.begin; i < work.end; ++i) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(i) * inner;
    dequantizeRow<Q, kIsa.width>(0, inner, in + at, scale[i % axis], zeroAt(zero, i % axis),
                                 out + at);
  }
}

/// [outer][axis][inner], scale and zero [outer][ceil(axis / block)][inner]; zero may be null.
/// Units: outer * axis.
template <class Q>
BURIN_FN void quantizeLinearBlocked(int axis, int block, int inner, const float *in,
                                    const float *scale, const Q *zero, Q *out, Work work) {
  const int blocks = (axis + block - 1) / block;
  for (int i = work.begin; i < work.end; ++i)
    for (int j = 0; j < inner; ++j) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(i) * inner + j;
      const ptrdiff_t of =
          (static_cast<ptrdiff_t>(i / axis) * blocks + i % axis / block) * inner + j;
      out[at] = quantize<Q>(in[at], scale[of], zeroAt(zero, of));
    }
}
template <class Q>
BURIN_FN void dequantizeLinearBlocked(int axis, int block, int inner, const Q *in,
                                      const float *scale, const Q *zero, float *out, Work work) {
  const int blocks = (axis + block - 1) / block;
  for (int i = work.begin; i < work.end; ++i)
    for (int j = 0; j < inner; ++j) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(i) * inner + j;
      const ptrdiff_t of =
          (static_cast<ptrdiff_t>(i / axis) * blocks + i % axis / block) * inner + j;
      out[at] = dequantize(in[at], scale[of], zeroAt(zero, of));
    }
}

// ---- of sums ----

template <class Q> BURIN_FN Q saturateTo(int32_t x) {
  constexpr int32_t low = static_cast<int32_t>(kLowest<Q>),
                    high = static_cast<int32_t>(kHighest<Q>);
  using T = typename Stored<Q>::Type;
  return Q{static_cast<T>(x < low ? low : x > high ? high : x)};
}

/// half_even_float, of ONNX and torch: the sum as a float, times scale, to nearest even.
template <class Q> BURIN_FN Q requantize(int32_t acc, float scale, int zero) {
  const float low = static_cast<float>(kLowest<Q>), high = static_cast<float>(kHighest<Q>);
  const float product = round(static_cast<float>(acc) * scale); // NaN of an infinite scale: 0
  const float q = (product == product ? product : 0.f) + static_cast<float>(zero);
  using T = typename Stored<Q>::Type;
  return Q{static_cast<T>(static_cast<int32_t>(max(low, min(high, q))))};
}

/// tflite_double: acc * multiplier * 2^(shift - 31), rounded after the product (half up, of
/// negative ones half down) and again after a shift to the right (half away from zero).
template <class Q>
BURIN_FN Q requantizeTfliteDouble(int32_t acc, int32_t multiplier, int shift, int zero) {
  const int left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  const int32_t x = left > 31 ? 0 : static_cast<int32_t>(static_cast<uint32_t>(acc) << left);
  const int64_t product = static_cast<int64_t>(x) * multiplier;
  const int64_t nudge = product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  const bool overflow = x == multiplier && x == static_cast<int32_t>(0x80000000u);
  const int32_t high =
      overflow ? 0x7FFFFFFF : static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
  const int32_t mask = static_cast<int32_t>((int64_t{1} << right) - 1);
  const int32_t rest = high & mask, threshold = (mask >> 1) + (high < 0 ? 1 : 0);
  const int32_t rounded =
      static_cast<int32_t>((static_cast<int64_t>(high) >> right)) + (rest > threshold ? 1 : 0);
  const int64_t result = static_cast<int64_t>(rounded) + zero;
  return saturateTo<Q>(result > 0x7FFFFFFF ? 0x7FFFFFFF : static_cast<int32_t>(result));
}
/// tflite_single: the same product, rounded once, half up.
template <class Q>
BURIN_FN Q requantizeTfliteSingle(int32_t acc, int32_t multiplier, int shift, int zero) {
  const int total = 31 - shift;
  const int64_t product = static_cast<int64_t>(acc) * multiplier;
  const int64_t rounded = (product + (int64_t{1} << (total - 1))) >> total;
  const int64_t result = rounded + zero, most = 0x7FFFFFFF;
  return saturateTo<Q>(static_cast<int32_t>(result > most    ? most
                                            : result < -most ? -most
                                                             : result));
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
