// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Local response normalisation: an element against its neighbours along the axis of channels.
#ifndef BURIN_RT_LRN_H
#define BURIN_RT_LRN_H

#include "cast.h"
#include "math.h"
#include "math_double.h"
#include "reduce.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// Acc: float or double. The window begins (size - 1) / 2 before the element.
template <class Acc> struct Lrn {
  int size;
  Acc alpha, beta, bias; ///< alpha is already divided by the size
};

/// Lanes [i, end) of element c of a line of n, `stride` apart: the window cut at the line's ends.
template <int W>
BURIN_FN void lrnRow(const Lrn<float> &s, int i, int end, int c, int n, ptrdiff_t stride,
                     const float *in, float *out) {
  using V = Vec<W>;
  const int first = c - (s.size - 1) / 2, last = first + s.size < n ? first + s.size : n;
  for (; i + W <= end; i += W) {
    V squares = V{};
    for (int k = first > 0 ? first : 0; k < last; ++k) {
      const V x = load<V>(in + k * stride + i);
      squares += x * x;
    }
    store(out + c * stride + i,
          load<V>(in + c * stride + i) / pow(s.bias + s.alpha * squares, splat<V>(s.beta)));
  }
  if constexpr (W > 1)
    lrnRow<(W > 4 ? W / 2 : 1)>(s, i, end, c, n, stride, in, out);
}
/// Neighbours along a line in vectors: elements [c, end) that have whole windows.
template <int W>
BURIN_FN int lrnLine(const Lrn<float> &s, int c, int end, const float *in, float *out) {
  using V = Vec<W>;
  for (; c + W <= end; c += W) {
    const float *from = in + c - (s.size - 1) / 2;
    V squares = V{};
    for (int k = 0; k < s.size; ++k) {
      const V x = load<V>(from + k);
      squares += x * x;
    }
    store(out + c, load<V>(in + c) / pow(s.bias + s.alpha * squares, splat<V>(s.beta)));
  }
  if constexpr (W > 4)
    return lrnLine<W / 2>(s, c, end, in, out);
  return c;
}

/// x / (bias + alpha * sum of the squares in the window)^beta along n of [outer][n][inner]; out
/// must not be in. Units: outer * ceil(inner / kReduceBlock).
template <class N, class Inner>
BURIN_FN void lrn(N n, Inner inner, const Lrn<float> &s, const float *in, float *out, Work work) {
  const int length = n, width = inner, blocks = (width + kReduceBlock - 1) / kReduceBlock;
  const int before = (s.size - 1) / 2, behind = s.size - 1 - before;
  for (int unit = work.begin; unit < work.end; ++unit) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(unit / blocks) * length * width;
    const int begin = unit % blocks * kReduceBlock;
    const int end = width - begin < kReduceBlock ? width : begin + kReduceBlock;
    for (int c = 0; c < length; ++c) {
      if (width == 1 && c == before)
        c = lrnLine<kIsa.width>(s, c, length - behind, in + at, out + at);
      if (c < length)
        lrnRow<kIsa.width>(s, begin, end, c, length, width, in + at, out + at);
    }
  }
}

/// The same for any type, computed in Acc. Units: elements.
template <class Acc, class T>
BURIN_FN void lrnScalar(int n, int inner, const Lrn<Acc> &s, const T *in, T *out, Work work) {
  for (int i = work.begin; i < work.end; ++i) {
    const int c = i / inner % n, first = c - (s.size - 1) / 2;
    const int last = first + s.size < n ? first + s.size : n;
    Acc squares{};
    for (int k = first > 0 ? first : 0; k < last; ++k) {
      const Acc x = cast<Acc>(in[i + static_cast<ptrdiff_t>(k - c) * inner]);
      squares += x * x;
    }
    out[i] = cast<T>(cast<Acc>(in[i]) / pow(s.bias + s.alpha * squares, s.beta));
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
