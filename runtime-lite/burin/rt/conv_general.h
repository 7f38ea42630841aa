// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolution, NHWC, of every kind: padding that is not in memory, any stride, dilation and number
// of groups, two or three axes. Taps outside of the input are left out, so the padding costs
// nothing; pixels whose taps are all inside are done in tiles, those at the edges one by one.
#ifndef BURIN_RT_CONV_GENERAL_H
#define BURIN_RT_CONV_GENERAL_H

#include "gemm.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// R spatial axes, outermost first. Channels count all groups. Strides of memory are in elements;
/// the last axis is that of the pixels.
template <int R> struct ConvGeneral {
  int channels, outChannels, groups;
  Nd<R> in, out, kernel, stride, dilation;
  Nd<R> padBegin; ///< may be negative; what is behind the input counts as padding by itself
  ptrdiff_t inImage, outImage;
  Nd<R> inStride, outStride;
};

/// The taps of one axis that are inside of the input: tap first + i * step at place + i * move,
/// i < count.
struct AxisTaps {
  int first, step, count, place, move;
};

BURIN_FN int ceilDiv(int a, int b) { return a > 0 ? (a + b - 1) / b : -(-a / b); }

/// Of output y in a convolution.
BURIN_FN AxisTaps tapsOf(int y, int in, int kernel, int stride, int dilation, int pad) {
  const int start = y * stride - pad;
  int first = start < 0 ? ceilDiv(-start, dilation) : 0, last = ceilDiv(in - start, dilation);
  last = last < kernel ? last : kernel;
  return {first, 1, last > first ? last - first : 0, start + first * dilation, dilation};
}

/// The outputs [begin, end) of an axis all of whose taps are inside.
struct Interior {
  int begin, end;
};
BURIN_FN Interior interiorOf(int in, int out, int kernel, int stride, int dilation, int pad) {
  int begin = ceilDiv(pad, stride), end = ceilDiv(in - (kernel - 1) * dilation + pad, stride);
  begin = begin < 0 ? 0 : begin > out ? out : begin;
  end = end > out ? out : end;
  return {begin, end > begin ? end : begin};
}

/// The weights of one panel, and of one tap.
struct FilterSize {
  ptrdiff_t panel, tap;
};
template <int NR, int R> BURIN_FN FilterSize filterSize(const ConvGeneral<R> &s) {
  const ptrdiff_t tap = static_cast<ptrdiff_t>(s.channels / s.groups) * NR;
  return {countOf<R>(s.kernel) * tap, tap};
}

/// epilogue(0) for `pixels` whose windows lie wholly in the padding.
template <class E>
BURIN_FN void storeNothing(int pixels, int n, TileOutput out, const E &epilogue) {
  for (int i = 0; i < pixels; ++i)
    for (int j = 0; j < n; ++j) {
      const ptrdiff_t at = out.offset + i * out.row + j;
      out.c[at] = epilogue(0.f, at, out.column + j);
    }
}

/// `pixels` outputs with the same taps, inputs `row` floats apart; panels [begin, end) of n
/// columns.
template <int NR, int MR, int R, class E>
BURIN_FN void convPixels(const ConvGeneral<R> &s, int pixels, int n, const Array<AxisTaps, R> &taps,
                         const float *in, ptrdiff_t row, const F32 *filter, TileOutput out,
                         int begin, int end, const E &epilogue) {
  const FilterSize size = filterSize<NR>(s);
  TapInput tap{in, row, Nd<3>{{1, 1, 1}}, s.channels / s.groups, {}, {}, 0, size.panel};
  ptrdiff_t weightsOfAxis = size.tap;
  bool none = false;
  for (int i = R - 1; i >= 0; --i) {
    const AxisTaps &axis = taps[i];
    const int to = i + 3 - R;
    none |= axis.count == 0;
    tap.a += static_cast<ptrdiff_t>(axis.place) * s.inStride[i];
    tap.bFirst += axis.first * weightsOfAxis;
    tap.taps.v[to] = axis.count;
    tap.aStep[to] = static_cast<ptrdiff_t>(axis.move) * s.inStride[i];
    tap.bStep[to] = axis.step * weightsOfAxis;
    weightsOfAxis *= s.kernel[i];
  }
  if (none) {
    if (begin == 0)
      storeNothing(pixels, n, out, epilogue);
    return;
  }
  // Taps that lie side by side in both arrays are one run.
  if (tap.aStep[2] == tap.depth && tap.bStep[2] == size.tap) {
    tap.depth *= tap.taps[2];
    tap.taps.v[2] = 1;
  }
  panels<NR, true, MR, (MR > 1 ? -1 : 0), true>(pixels, n, tap, filter, out, begin, end, epilogue);
}

/// Panels of a filter that are done for all rows before the next: a large filter comes from memory
/// once.
template <int NR> BURIN_FN int panelStep(int count, ptrdiff_t panelFloats) {
  constexpr ptrdiff_t manyWeights = 131072; // floats: 512 KB
  constexpr int span = kPanelSpan < NR >> 1 ? kPanelSpan<NR> : 1;
  if (count * panelFloats <= manyWeights)
    return count;
  const int step = static_cast<int>(manyWeights / 2 / panelFloats) / span * span;
  return step < span ? span : step;
}

/// One row of the output, for each group the panels [begin, end).
template <int NR, int R, class E>
BURIN_FN void convGeneralRow(const ConvGeneral<R> &s, int unit, const float *in, const F32 *filter,
                             float *out, int begin, int end, const E &epilogue) {
  constexpr int L = R - 1;
  const int channels = s.channels / s.groups, n = s.outChannels / s.groups;
  const int groupPanels = (n + NR - 1) / NR;
  const int image = unit / countOf<L>(s.out);
  Array<AxisTaps, R> taps;
  ptrdiff_t row = image * s.outImage;
  for (int i = L - 1, rest = unit - image * countOf<L>(s.out); i >= 0; --i) {
    const int next = rest / s.out[i], y = rest - next * s.out[i];
    taps[i] = tapsOf(y, s.in[i], s.kernel[i], s.stride[i], s.dilation[i], s.padBegin[i]);
    row += static_cast<ptrdiff_t>(y) * s.outStride[i];
    rest = next;
  }
  const Interior inside =
      interiorOf(s.in[L], s.out[L], s.kernel[L], s.stride[L], s.dilation[L], s.padBegin[L]);
  const ptrdiff_t step = static_cast<ptrdiff_t>(s.stride[L]) * s.inStride[L];
  for (int g = 0; g < s.groups; ++g) {
    const float *from = in + image * s.inImage + g * channels;
    const F32 *weights = filter + g * groupPanels * filterSize<NR>(s).panel;
    for (int x = 0; x < s.out[L];) {
      const TileOutput to{out, s.outStride[L],
                          row + static_cast<ptrdiff_t>(x) * s.outStride[L] + g * n, g * n};
      taps[L] = tapsOf(x, s.in[L], s.kernel[L], s.stride[L], s.dilation[L], s.padBegin[L]);
      if (x == inside.begin && inside.end > x) {
        convPixels<NR, kIsa.tileRows>(s, inside.end - x, n, taps, from, step, weights, to, begin,
                                      end, epilogue);
        x = inside.end;
      } else {
        convPixels<NR, 1>(s, 1, n, taps, from, step, weights, to, begin, end, epilogue);
        ++x;
      }
    }
  }
}

template <int NR, int R, class E>
BURIN_FN void convGeneral(const ConvGeneral<R> &s, const float *in, const F32 *filter, float *out,
                          const E &epilogue, Work work) {
  const int count = (s.outChannels / s.groups + NR - 1) / NR;
  const int step = panelStep<NR>(count, filterSize<NR>(s).panel);
  for (int p = 0; p < count; p += step)
    for (int unit = work.begin; unit < work.end; ++unit)
      convGeneralRow<NR>(s, unit, in, filter, out, p, p + step < count ? p + step : count,
                         epilogue);
}

/// Nothing behind the last channel of a pixel is written, or read by the epilogue. Filter
/// [groups][ceil(outChannels / groups / NR)][kernel...][channels / groups][NR], the last panel of
/// each group filled up. Units: rows of the output, images * out[0].
template <int NR, class E>
BURIN_FN void conv2dVirtual(const ConvGeneral<2> &s, const float *in, const F32 *filter, float *out,
                            const E &epilogue, Work work) {
  convGeneral<NR>(s, in, filter, out, epilogue, work);
}
/// Units: rows of the output, images * out[0] * out[1].
template <int NR, class E>
BURIN_FN void conv3dVirtual(const ConvGeneral<3> &s, const float *in, const F32 *filter, float *out,
                            const E &epilogue, Work work) {
  convGeneral<NR>(s, in, filter, out, epilogue, work);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
