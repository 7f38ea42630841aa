// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolution of any element type, naive: for double, integers and half precision. Filters
// [outChannels][kernel...][channels / groups]; the sum is an Acc, and what the epilogue returns is
// stored.
#ifndef BURIN_RT_CONV_SCALAR_H
#define BURIN_RT_CONV_SCALAR_H

#include "conv_transpose.h"
#include "numeric.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// Calls pixel(image, taps [R], offset in out) for every pixel of rows [work.begin, work.end).
template <bool Transposed, int R, class F>
BURIN_FN void forPixels(const ConvGeneral<R> &s, const F &pixel, Work work) {
  const auto tapsAt = [&](int i, int y) BURIN_LAMBDA {
    if constexpr (Transposed)
      return insideOf(phaseOf(y, s.kernel[i], s.stride[i], s.dilation[i], s.padBegin[i]), s.in[i]);
    else
      return tapsOf(y, s.in[i], s.kernel[i], s.stride[i], s.dilation[i], s.padBegin[i]);
  };
  constexpr int L = R - 1;
  for (int unit = work.begin; unit < work.end; ++unit) {
    const int image = unit / countOf<L>(s.out);
    Array<AxisTaps, R> taps;
    ptrdiff_t row = image * s.outImage;
    for (int i = L - 1, rest = unit - image * countOf<L>(s.out); i >= 0; --i) {
      const int next = rest / s.out[i], y = rest - next * s.out[i];
      taps[i] = tapsAt(i, y);
      row += static_cast<ptrdiff_t>(y) * s.outStride[i];
      rest = next;
    }
    for (int x = 0; x < s.out[L]; ++x) {
      taps[L] = tapsAt(L, x);
      pixel(image, taps, row + static_cast<ptrdiff_t>(x) * s.outStride[L]);
    }
  }
}

/// Calls tap(place in the input, place in the filter) for every tap that exists; places are those
/// of channel 0, the filter's in units of taps.
template <int R, class F>
BURIN_FN void forTaps(const ConvGeneral<R> &s, const Array<AxisTaps, R> &taps, const F &tap) {
  Nd<R> count{};
  for (int i = 0; i < R; ++i)
    count.v[i] = taps[i].count;
  const int n = countOf<R>(count);
  for (int k = 0; k < n; ++k) {
    ptrdiff_t from = 0;
    int weight = 0, scale = 1;
    for (int i = R - 1, rest = k; i >= 0; --i) {
      const int next = rest / count.v[i], t = rest - next * count.v[i];
      from += static_cast<ptrdiff_t>(taps[i].place + t * taps[i].move) * s.inStride[i];
      weight += (taps[i].first + t * taps[i].step) * scale;
      scale *= s.kernel[i];
      rest = next;
    }
    tap(from, weight);
  }
}

template <bool Transposed, class Acc, int R, class T, class U, class Out, class E>
BURIN_FN void convNaive(const ConvGeneral<R> &s, const T *in, const U *filter, Out *out,
                        const E &epilogue, Work work) {
  const int channels = s.channels / s.groups, n = s.outChannels / s.groups;
  const ptrdiff_t taps = countOf<R>(s.kernel);
  forPixels<Transposed>(
      s,
      [&](int image, const Array<AxisTaps, R> &axes, ptrdiff_t offset) BURIN_LAMBDA {
        for (int o = 0; o < s.outChannels; ++o) {
          const T *x = in + image * s.inImage + o / n * channels;
          const U *w = filter + o * taps * channels;
          Acc sum{};
          forTaps(s, axes, [&](ptrdiff_t from, int tap) BURIN_LAMBDA {
            for (int c = 0; c < channels; ++c)
              sum = addWrap(sum, mulWrap(cast<Acc>(x[from + c]),
                                         cast<Acc>(w[static_cast<ptrdiff_t>(tap) * channels + c])));
          });
          out[offset + o] = epilogue(sum, offset + o, o);
        }
      },
      work);
}

/// Units: rows of the output, images * out[0 .. R - 2].
template <class Acc, int R, class T, class U, class Out, class E>
BURIN_FN void convScalar(const ConvGeneral<R> &s, const T *in, const U *filter, Out *out,
                         const E &epilogue, Work work) {
  convNaive<false, Acc>(s, in, filter, out, epilogue, work);
}
template <class Acc, int R, class T, class U, class Out, class E>
BURIN_FN void convTransposeScalar(const ConvGeneral<R> &s, const T *in, const U *filter, Out *out,
                                  const E &epilogue, Work work) {
  convNaive<true, Acc>(s, in, filter, out, epilogue, work);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
