// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Depthwise convolution, NHWC, vectors along the channels: one vector of channels slides over two
// rows of the output at once, several pixels a step, so that a pixel that was loaded serves several
// outputs. Exact: nothing behind the last channel is touched.
#ifndef BURIN_RT_DEPTHWISE_H
#define BURIN_RT_DEPTHWISE_H

#include "conv_general.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// The inputs of output channels o .. o + W - 1: channel o / multiplier each.
template <class V> BURIN_FN V loadChannels(const float *pixel, int o, int multiplier) {
  if (multiplier == 1)
    return load<V>(pixel + o);
  if constexpr (kLanes<V> == 1)
    return pixel[o / multiplier];
  else {
    Array<float, kLanes<V>> lanes;
    for (int i = 0; i < kLanes<V>; ++i)
      lanes[i] = pixel[(o + i) / multiplier];
    return load<V>(lanes);
  }
}

/// Where a depthwise convolution reads and writes: pointers at the first of the pixels that are
/// done together, strides in floats.
struct DepthwisePlace {
  const float *in;
  ptrdiff_t inRow, inPixel;
  const F32 *filter;
  ptrdiff_t filterTap;
  float *out;
  ptrdiff_t outRow, outPixel, offset;
};

/// TR rows by TW pixels of W channels, stride S, no dilation: every input is loaded once.
template <int KH, int KW, int S, int TR, int TW, int W, class E>
BURIN_FN void depthwiseTile(const DepthwisePlace &p, int column, const E &epilogue) {
  using V = Vec<W>;
  constexpr int rows = (TR - 1) * S + KH, columns = (TW - 1) * S + KW;
  Array<V, TR * TW> acc;
  unroll<TR * TW>([&](auto i) BURIN_LAMBDA { acc[i] = V{}; });
  unroll<rows>([&](auto y) BURIN_LAMBDA {
    Array<V, columns> x;
    unroll<columns>([&](auto i)
                        BURIN_LAMBDA { x[i] = load<V>(p.in + y * p.inRow + i * p.inPixel); });
    unroll<TR>([&](auto r) BURIN_LAMBDA {
      constexpr int ky = y - r * S;
      if constexpr (ky >= 0 && ky < KH)
        unroll<KW>([&](auto kx) BURIN_LAMBDA {
          const V f = load<V>(p.filter + (ky * KW + kx) * p.filterTap);
          unroll<TW>([&](auto t) BURIN_LAMBDA { acc[r * TW + t] += x[t * S + kx] * f; });
        });
    });
  });
  unroll<TR>([&](auto r) BURIN_LAMBDA {
    unroll<TW>([&](auto t) BURIN_LAMBDA {
      const ptrdiff_t at = p.offset + r * p.outRow + t * p.outPixel;
      store(p.out + at, epilogue(acc[r * TW + t], at, column));
    });
  });
}
/// A run of pixels in tiles of TW, then of its halves.
template <int KH, int KW, int S, int TR, int TW, int W, class E>
BURIN_FN void depthwiseRun(DepthwisePlace p, int pixels, int column, const E &epilogue) {
  for (; pixels >= TW; pixels -= TW) {
    depthwiseTile<KH, KW, S, TR, TW, W>(p, column, epilogue);
    p.in += TW * S * p.inPixel;
    p.offset += TW * p.outPixel;
  }
  if constexpr (TW > 1)
    if (pixels > 0)
      depthwiseRun<KH, KW, S, TR, TW / 2, W>(p, pixels, column, epilogue);
}
/// Channels c .. in vectors of W, then of half of it; returns the first one that is left.
template <int KH, int KW, int S, int TR, int W, class E>
BURIN_FN int depthwiseFast(DepthwisePlace p, int pixels, int c, int channels, const E &epilogue) {
  // Tiles that the registers hold: of 32 and of 16 vectors, or of a small core.
  constexpr int TW = W == 1 ? 2 : kIsa.width == 16 ? 7 : 4;
  for (; c + W <= channels; c += W) {
    DepthwisePlace at = p;
    at.in += c;
    at.filter += c;
    at.offset += c;
    depthwiseRun<KH, KW, S, TR, TW, W>(at, pixels, c, epilogue);
  }
  if constexpr (W == kIsa.width && W > 4)
    return depthwiseFast<KH, KW, S, TR, W / 2>(p, pixels, c, channels, epilogue);
  else
    return c;
}

/// Pixels with the same taps, of any kind: inputs `step` floats apart.
template <int W, class E>
BURIN_FN void depthwiseAny(const ConvGeneral<2> &s, const AxisTaps &row, const AxisTaps &column,
                           int pixels, const float *in, ptrdiff_t step, const F32 *filter,
                           float *out, ptrdiff_t offset, int o, const E &epilogue) {
  using V = Vec<W>;
  const int channels = s.outChannels, multiplier = channels / s.channels;
  const float *corner = in + static_cast<ptrdiff_t>(row.place) * s.inStride[0] +
                        static_cast<ptrdiff_t>(column.place) * s.inStride[1];
  const F32 *first =
      filter + (static_cast<ptrdiff_t>(row.first) * s.kernel[1] + column.first) * channels;
  for (; o + W <= channels; o += W) {
    for (int x = 0; x < pixels; ++x) {
      V acc = V{};
      for (int ky = 0; ky < row.count; ++ky)
        for (int kx = 0; kx < column.count; ++kx) {
          const float *pixel = corner + x * step +
                               static_cast<ptrdiff_t>(ky) * row.move * s.inStride[0] +
                               static_cast<ptrdiff_t>(kx) * column.move * s.inStride[1];
          const ptrdiff_t tap = (static_cast<ptrdiff_t>(ky) * s.kernel[1] + kx) * channels;
          acc += loadChannels<V>(pixel, o, multiplier) * load<V>(first + tap + o);
        }
      const ptrdiff_t at = offset + static_cast<ptrdiff_t>(x) * s.outStride[1] + o;
      store(out + at, epilogue(acc, at, o));
    }
  }
  if constexpr (W > 1)
    if (o < channels)
      depthwiseAny<(W > 4 ? W / 2 : 1)>(s, row, column, pixels, in, step, filter, out, offset, o,
                                        epilogue);
}

/// Rows y .. y + TR - 1 of an image.
template <int KH, int KW, int TR, class E>
BURIN_FN void depthwiseRows(const ConvGeneral<2> &s, int y, const float *in, const F32 *filter,
                            float *out, ptrdiff_t offset, const E &epilogue) {
  const int stride = s.stride[1], width = s.out[1];
  const Interior inside =
      interiorOf(s.in[1], width, s.kernel[1], stride, s.dilation[1], s.padBegin[1]);
  const AxisTaps row = tapsOf(y, s.in[0], s.kernel[0], s.stride[0], s.dilation[0], s.padBegin[0]);
  const ptrdiff_t step = static_cast<ptrdiff_t>(stride) * s.inStride[1];
  for (int x = 0; x < width;) {
    const ptrdiff_t at = offset + static_cast<ptrdiff_t>(x) * s.outStride[1];
    const AxisTaps column = tapsOf(x, s.in[1], s.kernel[1], stride, s.dilation[1], s.padBegin[1]);
    const int pixels = x == inside.begin && inside.end > x ? inside.end - x : 1;
    int done = 0; // channels
    if constexpr (KH > 0)
      if (x >= inside.begin && x < inside.end && row.count == KH && s.channels == s.outChannels) {
        const DepthwisePlace place{in + static_cast<ptrdiff_t>(row.place) * s.inStride[0] +
                                       static_cast<ptrdiff_t>(column.place) * s.inStride[1],
                                   s.inStride[0],
                                   s.inStride[1],
                                   filter,
                                   s.outChannels,
                                   out,
                                   s.outStride[0],
                                   s.outStride[1],
                                   at};
        const bool dense = s.dilation[0] == 1 && s.dilation[1] == 1 && s.stride[0] == stride;
        if (dense && stride == 1)
          done =
              depthwiseFast<KH, KW, 1, TR, kIsa.width>(place, pixels, 0, s.outChannels, epilogue);
        else if (dense && stride == 2)
          done =
              depthwiseFast<KH, KW, 2, TR, kIsa.width>(place, pixels, 0, s.outChannels, epilogue);
      }
    for (int r = 0; r < TR && done < s.outChannels; ++r)
      depthwiseAny<kIsa.width>(
          s, tapsOf(y + r, s.in[0], s.kernel[0], s.stride[0], s.dilation[0], s.padBegin[0]), column,
          pixels, in, step, filter, out, at + r * static_cast<ptrdiff_t>(s.outStride[0]), done,
          epilogue);
    x += pixels;
  }
}

/// outChannels = channels * multiplier (groups = channels); filter [KH][KW][outChannels]. KH and KW
/// as constants make the fast form for strides 1 and 2 without dilation; 0: taken from the shape.
/// Units: rows of the output, images * out[0].
template <int KH, int KW, class E>
BURIN_FN void depthwise2dVirtual(const ConvGeneral<2> &s, const float *in, const F32 *filter,
                                 float *out, const E &epilogue, Work work) {
  for (int unit = work.begin; unit < work.end;) {
    const int image = unit / s.out[0], y = unit % s.out[0];
    const ptrdiff_t at = image * s.outImage + static_cast<ptrdiff_t>(y) * s.outStride[0];
    // Two rows of one image, if all taps of both are inside.
    const auto whole = [&](int r) BURIN_LAMBDA {
      return tapsOf(r, s.in[0], s.kernel[0], s.stride[0], s.dilation[0], s.padBegin[0]).count ==
             s.kernel[0];
    };
    if constexpr (KH > 0 && kIsa.width > 1)
      if (unit + 1 < work.end && y + 1 < s.out[0] && whole(y) && whole(y + 1)) {
        depthwiseRows<KH, KW, 2>(s, y, in + image * s.inImage, filter, out, at, epilogue);
        unit += 2;
        continue;
      }
    depthwiseRows<KH, KW, 1>(s, y, in + image * s.inImage, filter, out, at, epilogue);
    ++unit;
  }
}
/// The same for an input with its border in memory (padBegin 0): every window is inside.
template <int KH, int KW, class E>
BURIN_FN void depthwise2d(ConvGeneral<2> s, const float *in, const F32 *filter, float *out,
                          const E &epilogue, Work work) {
  for (int i = 0; i < 2; ++i) { // constants where the shape's are: edges fold away
    s.in.v[i] = (s.out[i] - 1) * s.stride[i] + (s.kernel[i] - 1) * s.dilation[i] + 1;
    s.padBegin.v[i] = 0;
  }
  depthwise2dVirtual<KH, KW>(s, in, filter, out, epilogue, work);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
