// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Depthwise convolution, NHWC, vectors along the channels. A tile is one vector of channels by a
// few rows and pixels of the output, so that a pixel that was loaded serves several outputs. Tiles
// go through the channels, then down a strip of the image: what a tile shares with the one above is
// still in L1. Exact: nothing behind the last channel is touched.
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

/// The tile of the fast form on this instruction set: rows and pixels of the output for a kernel of
/// KH rows and stride S, in vectors of W.
template <int KH, int S, int W>
constexpr int kDepthwiseRows = kIsa.width == 1 || (kIsa.width == 16 && (S > 1 || KH > 5)) ? 1 : 2;
template <int W> constexpr int kDepthwisePixels = W == 1 ? 2 : kIsa.width == 16 ? 7 : 4;

/// TR rows by TW pixels of W channels, stride S, no dilation: every input is loaded once. The
/// pointers move along, because multiples of strides that are no constants fill the registers.
template <int KH, int KW, int S, int TR, int TW, int W, class E>
BURIN_FN void depthwiseTile(const DepthwisePlace &p, int column, const E &epilogue) {
  using V = Vec<W>;
  constexpr int rows = (TR - 1) * S + KH, columns = (TW - 1) * S + KW;
  constexpr bool pinned = TR * TW + columns < kIsa.registers;
  Array<V, TR * TW> acc;
  unroll<TR * TW>([&](auto i) BURIN_LAMBDA { acc[i] = V{}; });
  const float *line = p.in;
  unroll<rows>([&](auto y) BURIN_LAMBDA {
    Array<V, columns> x;
    const float *pixel = line;
    unroll<columns>([&](auto i) BURIN_LAMBDA {
      if constexpr (pinned)
        x[i] = loadOnce<V>(pixel);
      else
        x[i] = load<V>(pixel);
      pixel += p.inPixel;
    });
    line += p.inRow;
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
/// A run of pixels of TR rows in tiles of TW, then of its halves; channels [c, end).
template <int KH, int KW, int S, int TR, int TW, int W, class E>
BURIN_FN void depthwiseRun(DepthwisePlace p, int pixels, int c, int end, const E &epilogue) {
  for (; pixels >= TW; pixels -= TW) {
    DepthwisePlace at = p;
    for (int i = c; i < end; i += W) {
      depthwiseTile<KH, KW, S, TR, TW, W>(at, i, epilogue);
      at.in += W;
      at.filter += W;
      at.offset += W;
    }
    p.in += TW * S * p.inPixel;
    p.offset += TW * p.outPixel;
  }
  if constexpr (TW > 1)
    if (pixels > 0)
      depthwiseRun<KH, KW, S, TR, TW / 2, W>(p, pixels, c, end, epilogue);
}
/// A strip of the image: TR rows at once, then single ones.
template <int KH, int KW, int S, int TR, int TW, int W, class E>
BURIN_FN void depthwiseStrip(DepthwisePlace p, int rows, int pixels, int c, int end,
                             const E &epilogue) {
  for (; rows >= TR; rows -= TR) {
    depthwiseRun<KH, KW, S, TR, TW, W>(p, pixels, c, end, epilogue);
    p.in += TR * S * p.inRow;
    p.offset += TR * p.outRow;
  }
  if constexpr (TR > 1)
    if (rows > 0)
      depthwiseStrip<KH, KW, S, 1, TW, W>(p, rows, pixels, c, end, epilogue);
}
/// Channels c .. in vectors of W, then of half of it; returns the first one that is left.
template <int KH, int KW, int S, int W, class E>
BURIN_FN int depthwiseFast(DepthwisePlace p, int rows, int pixels, int c, int channels,
                           const E &epilogue) {
  constexpr int TR = kDepthwiseRows<KH, S, W>, TW = kDepthwisePixels<W>;
  // Channels at a time: a tile of all of them, and their filter, stay in L1. Strips of 16 KB of a
  // row: shorter runs of memory are not fetched ahead.
  constexpr int most = 5120 / (((TR - 1) * S + KH) * ((TW - 1) * S + KW) + KH * KW) / W * W;
  constexpr int block = most > W ? most : W;
  const int whole = channels - (channels - c) % W;
  const int tiles = 4096 / (TW * S * channels), strip = tiles > 1 ? tiles * TW : TW;
  while (c < whole) {
    const int end = whole - c < block ? whole : c + block;
    DepthwisePlace at = p;
    at.in += c;
    at.filter += c;
    at.offset += c;
    for (int x = 0; x < pixels; x += strip) {
      depthwiseStrip<KH, KW, S, TR, TW, W>(at, rows, pixels - x < strip ? pixels - x : strip, c,
                                           end, epilogue);
      at.in += strip * S * p.inPixel;
      at.offset += strip * p.outPixel;
    }
    c = end;
  }
  if constexpr (W == kIsa.width && W > 4)
    return depthwiseFast<KH, KW, S, W / 2>(p, rows, pixels, c, channels, epilogue);
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

/// Rows [y, end) of an image: the pixels whose taps are all inside as one block, if the form is
/// one of the fast ones; all else row by row.
template <int KH, int KW, class E>
BURIN_FN void depthwiseRows(const ConvGeneral<2> &s, int y, int end, const float *in,
                            const F32 *filter, float *out, ptrdiff_t image, const E &epilogue) {
  const int strideY = s.stride[0], strideX = s.stride[1], width = s.out[1];
  Interior rows = interiorOf(s.in[0], s.out[0], s.kernel[0], strideY, s.dilation[0], s.padBegin[0]);
  const Interior inside =
      interiorOf(s.in[1], width, s.kernel[1], strideX, s.dilation[1], s.padBegin[1]);
  rows.begin = rows.begin > y ? rows.begin : y;
  rows.end = rows.end < end ? rows.end : end;
  int done = 0; // channels of the block
  if constexpr (KH > 0)
    if (rows.begin < rows.end && inside.begin < inside.end && s.channels == s.outChannels &&
        s.dilation[0] == 1 && s.dilation[1] == 1 && strideY == strideX) {
      const int height = rows.end - rows.begin, pixels = inside.end - inside.begin;
      const DepthwisePlace place{
          in + static_cast<ptrdiff_t>(rows.begin * strideY - s.padBegin[0]) * s.inStride[0] +
              static_cast<ptrdiff_t>(inside.begin * strideX - s.padBegin[1]) * s.inStride[1],
          s.inStride[0],
          s.inStride[1],
          filter,
          s.outChannels,
          out,
          s.outStride[0],
          s.outStride[1],
          image + static_cast<ptrdiff_t>(rows.begin) * s.outStride[0] +
              static_cast<ptrdiff_t>(inside.begin) * s.outStride[1]};
      if (strideX == 1)
        done =
            depthwiseFast<KH, KW, 1, kIsa.width>(place, height, pixels, 0, s.outChannels, epilogue);
      else if (strideX == 2)
        done =
            depthwiseFast<KH, KW, 2, kIsa.width>(place, height, pixels, 0, s.outChannels, epilogue);
    }
  const ptrdiff_t step = static_cast<ptrdiff_t>(strideX) * s.inStride[1];
  for (; y < end; ++y) {
    const AxisTaps row = tapsOf(y, s.in[0], s.kernel[0], strideY, s.dilation[0], s.padBegin[0]);
    for (int x = 0; x < width;) {
      const bool isInside = x == inside.begin && x < inside.end;
      const int pixels = isInside ? inside.end - x : 1;
      const int first = isInside && y >= rows.begin && y < rows.end ? done : 0;
      if (first < s.outChannels)
        depthwiseAny<kIsa.width>(
            s, row, tapsOf(x, s.in[1], s.kernel[1], strideX, s.dilation[1], s.padBegin[1]), pixels,
            in, step, filter, out,
            image + static_cast<ptrdiff_t>(y) * s.outStride[0] +
                static_cast<ptrdiff_t>(x) * s.outStride[1],
            first, epilogue);
      x += pixels;
    }
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
    const int end = work.end - unit < s.out[0] - y ? y + work.end - unit : s.out[0];
    depthwiseRows<KH, KW>(s, y, end, in + image * s.inImage, filter, out, image * s.outImage,
                          epilogue);
    unit += end - y;
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
