// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Integer contractions, exact: sums of (a - zero of a) * (b - zero of b) in int32_t, which wraps.
// The epilogue gets the sum, and what it returns is stored.
#ifndef BURIN_RT_INTEGER_H
#define BURIN_RT_INTEGER_H

#include "conv_scalar.h"
#include "gemm_dynamic.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// Zero points: null for 0, stride 0 for one that all share, stride 1 for one per row of A, column
/// of B or output channel.
template <class T> struct IntegerZero {
  const T *value;
  int stride;

  BURIN_INLINE int32_t at(int i) const {
    return value ? static_cast<int32_t>(value[static_cast<ptrdiff_t>(i) * stride]) : 0;
  }
};

/// c[i][j] = epilogue(sum over k of (a[i][k] - aZero[i]) * (b[k][j] - bZero[j])), each matrix by
/// its strides (row, column). Units: rows of all products of the batch.
template <int R, class A, class B, class Out, class E>
BURIN_FN void matmulInteger(const GemmBatch<R> &batch, int m, int n, int depth, const A *a,
                            Nd<2> aStride, const B *b, Nd<2> bStride, IntegerZero<A> aZero,
                            IntegerZero<B> bZero, Out *c, Nd<2> cStride, const E &epilogue,
                            Work work) {
  for (int r = work.begin; r < work.end; ++r) {
    const int product = r / m, i = r % m;
    const A *row =
        a + placeOf<R>(product, batch.shape, batch.a) + static_cast<ptrdiff_t>(i) * aStride[0];
    const B *columns = b + placeOf<R>(product, batch.shape, batch.b);
    const ptrdiff_t place =
        placeOf<R>(product, batch.shape, batch.c) + static_cast<ptrdiff_t>(i) * cStride[0];
    const int32_t rowZero = aZero.at(i);
    for (int j = 0; j < n; ++j) {
      const B *column = columns + static_cast<ptrdiff_t>(j) * bStride[1];
      const int32_t columnZero = bZero.at(j);
      int32_t sum = 0;
      for (int k = 0; k < depth; ++k)
        sum = addWrap(sum, (row[static_cast<ptrdiff_t>(k) * aStride[1]] - rowZero) *
                               (column[static_cast<ptrdiff_t>(k) * bStride[0]] - columnZero));
      const ptrdiff_t at = place + static_cast<ptrdiff_t>(j) * cStride[1];
      c[at] = epilogue(sum, at, j);
    }
  }
}

/// Convolution, NHWC, filter [outChannels][kernel...][channels / groups]; padding counts as inZero,
/// so it adds nothing. Units: rows of the output, images * out[0 .. R - 2].
template <int R, class A, class B, class Out, class E>
BURIN_FN void convInteger(const ConvGeneral<R> &s, const A *in, A inZero, const B *filter,
                          IntegerZero<B> filterZero, Out *out, const E &epilogue, Work work) {
  const int channels = s.channels / s.groups, n = s.outChannels / s.groups;
  const ptrdiff_t taps = countOf<R>(s.kernel);
  forPixels<false>(
      s,
      [&](int image, const Array<AxisTaps, R> &axes, ptrdiff_t offset) BURIN_LAMBDA {
        for (int o = 0; o < s.outChannels; ++o) {
          const A *x = in + image * s.inImage + o / n * channels;
          const B *w = filter + o * taps * channels;
          const int32_t zero = filterZero.at(o);
          int32_t sum = 0;
          forTaps(s, axes, [&](ptrdiff_t from, int tap) BURIN_LAMBDA {
            const B *weight = w + static_cast<ptrdiff_t>(tap) * channels;
            for (int c = 0; c < channels; ++c)
              sum = addWrap(sum, (x[from + c] - inZero) * (weight[c] - zero));
          });
          out[offset + o] = epilogue(sum, offset + o, o);
        }
      },
      work);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
