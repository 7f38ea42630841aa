// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transposed convolution, NHWC: every output gathers the inputs that reach it. Outputs of one phase
// (x modulo the stride) meet the same taps, so they are the rows of one matrix product.
#ifndef BURIN_RT_CONV_TRANSPOSE_H
#define BURIN_RT_CONV_TRANSPOSE_H

#include "conv_general.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// Which taps can reach an output: first + i * step, i < count; tap i comes from input
/// place - i * move.
struct Phase {
  int first, step, count, place, move;
};
BURIN_FN Phase phaseOf(int y, int kernel, int stride, int dilation, int pad) {
  int a = stride, b = dilation; // their greatest common divisor
  while (b) {
    const int rest = a % b;
    a = b;
    b = rest;
  }
  const int step = stride / a, at = y + pad;
  for (int t = 0; t < step && t < kernel; ++t)
    if ((at - t * dilation) % stride == 0)
      return {t, step, (kernel - t + step - 1) / step, (at - t * dilation) / stride, dilation / a};
  return {0, step, 0, 0, dilation / a};
}
/// Those of them whose input exists.
BURIN_FN AxisTaps insideOf(const Phase &p, int in) {
  int begin = p.place < in ? 0 : (p.place - in) / p.move + 1;
  int end = p.place < 0 ? 0 : p.place / p.move + 1;
  end = end < p.count ? end : p.count;
  begin = begin < end ? begin : end;
  return {p.first + begin * p.step, p.step, end - begin, p.place - begin * p.move, -p.move};
}

/// One row of the output, for each group the panels [begin, end).
template <int NR, int R, class E>
BURIN_FN void convTransposeRow(const ConvGeneral<R> &s, int unit, const float *in,
                               const F32 *filter, float *out, int begin, int end,
                               const E &epilogue) {
  constexpr int L = R - 1;
  const int channels = s.channels / s.groups, n = s.outChannels / s.groups;
  const int groupPanels = (n + NR - 1) / NR, stride = s.stride[L], width = s.out[L];
  const int image = unit / countOf<L>(s.out);
  Array<AxisTaps, R> taps;
  ptrdiff_t row = image * s.outImage;
  for (int i = L - 1, rest = unit - image * countOf<L>(s.out); i >= 0; --i) {
    const int next = rest / s.out[i], y = rest - next * s.out[i];
    taps[i] = insideOf(phaseOf(y, s.kernel[i], s.stride[i], s.dilation[i], s.padBegin[i]), s.in[i]);
    row += static_cast<ptrdiff_t>(y) * s.outStride[i];
    rest = next;
  }
  for (int g = 0; g < s.groups; ++g) {
    const float *from = in + image * s.inImage + g * channels;
    const F32 *weights = filter + g * groupPanels * filterSize<NR>(s).panel;
    for (int phase = 0; phase < stride && phase < width; ++phase) {
      const Phase p = phaseOf(phase, s.kernel[L], stride, s.dilation[L], s.padBegin[L]);
      const int pixels = (width - phase + stride - 1) / stride;
      // Pixel j is at place p.place + j: all taps exist from (count - 1) * move to in - 1.
      int first = (p.count - 1) * p.move - p.place, last = s.in[L] - p.place;
      first = first < 0 ? 0 : first > pixels ? pixels : first;
      last = last > pixels ? pixels : last;
      for (int j = 0; j < pixels;) {
        Phase here = p;
        here.place += j;
        taps[L] = insideOf(here, s.in[L]);
        const TileOutput to{
            out, static_cast<ptrdiff_t>(stride) * s.outStride[L],
            row + static_cast<ptrdiff_t>(phase + j * stride) * s.outStride[L] + g * n, g * n};
        if (j == first && last > j && p.count > 0) {
          convPixels<NR, kIsa.tileRows>(s, last - j, n, taps, from, s.inStride[L], weights, to,
                                        begin, end, epilogue);
          j = last;
        } else {
          convPixels<NR, 1>(s, 1, n, taps, from, s.inStride[L], weights, to, begin, end, epilogue);
          ++j;
        }
      }
    }
  }
}

template <int NR, int R, class E>
BURIN_FN void convTranspose(const ConvGeneral<R> &s, const float *in, const F32 *filter, float *out,
                            const E &epilogue, Work work) {
  const int count = (s.outChannels / s.groups + NR - 1) / NR;
  const int step = panelStep<NR>(count, filterSize<NR>(s).panel);
  for (int p = 0; p < count; p += step)
    for (int unit = work.begin; unit < work.end; ++unit)
      convTransposeRow<NR>(s, unit, in, filter, out, p, p + step < count ? p + step : count,
                           epilogue);
}

/// out[y] = sum over taps t with (y + padBegin - t * dilation) / stride a place of the input, of
/// that input times tap t. Exact, filter packed as for conv2dVirtual, not mirrored. Units: rows of
/// the output, images * out[0].
template <int NR, class E>
BURIN_FN void convTranspose2d(const ConvGeneral<2> &s, const float *in, const F32 *filter,
                              float *out, const E &epilogue, Work work) {
  convTranspose<NR>(s, in, filter, out, epilogue, work);
}
/// Units: rows of the output, images * out[0] * out[1].
template <int NR, class E>
BURIN_FN void convTranspose3d(const ConvGeneral<3> &s, const float *in, const F32 *filter,
                              float *out, const E &epilogue, Work work) {
  convTranspose<NR>(s, in, filter, out, epilogue, work);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
