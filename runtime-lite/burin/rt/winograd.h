// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 3x3 convolution with stride 1 by Winograd's algorithm, NHWC: T x T pixels of the output cost
// (T + 2)^2 products instead of 9 T^2, that is 2.25 (T = 2) or 4 (T = 4) times less. A block of
// tiles at a time: transform the input, one matrix product for each of the (T + 2)^2 points,
// transform back with the epilogue. Tiles at the edge read a copy of their window with zeros around
// the image, so that no border is needed in memory.
#ifndef BURIN_RT_WINOGRAD_H
#define BURIN_RT_WINOGRAD_H

#include "gemm.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// The transforms of one axis: o = B^T d of T + 2 inputs, o = A^T m of T + 2 products, and o = G w
/// of three taps, in double, when weights are packed.
template <int T> struct WinogradPoints;

/// Points 0, 1, -1, infinity: exact but for sums.
template <> struct WinogradPoints<2> {
  template <class V> BURIN_INLINE static void input(const V *d, V *o) {
    o[0] = d[0] - d[2];
    o[1] = d[1] + d[2];
    o[2] = d[2] - d[1];
    o[3] = d[1] - d[3];
  }
  template <class V> BURIN_INLINE static void output(const V *m, V *o) {
    o[0] = m[0] + m[1] + m[2];
    o[1] = m[1] - m[2] - m[3];
  }
  BURIN_INLINE static void filter(const double *w, double *o) {
    o[0] = w[0];
    o[1] = .5 * (w[0] + w[1] + w[2]);
    o[2] = .5 * (w[0] - w[1] + w[2]);
    o[3] = w[2];
  }
};

/// Points 0, a, -a, b, -b, infinity. 3/4 and 3/2 lose 2 to 13 times less to rounding than the 1 and
/// 2 of the textbooks, at the same speed.
template <> struct WinogradPoints<4> {
  static constexpr float a = .75f, b = 1.5f, a2 = a * a, b2 = b * b;

  template <class V> BURIN_INLINE static void input(const V *d, V *o) {
    o[0] = (a2 * b2) * d[0] - (a2 + b2) * d[2] + d[4];
    const V e = d[4] - b2 * d[2], f = a * d[3] - (a * b2) * d[1];
    o[1] = e + f;
    o[2] = e - f;
    const V g = d[4] - a2 * d[2], h = b * d[3] - (b * a2) * d[1];
    o[3] = g + h;
    o[4] = g - h;
    o[5] = (a2 * b2) * d[1] - (a2 + b2) * d[3] + d[5];
  }
  template <class V> BURIN_INLINE static void output(const V *m, V *o) {
    const V s = m[1] + m[2], d = m[1] - m[2], s2 = m[3] + m[4], d2 = m[3] - m[4];
    o[0] = m[0] + s + s2;
    o[1] = a * d + b * d2;
    o[2] = a2 * s + b2 * s2;
    o[3] = (a2 * a) * d + (b2 * b) * d2 + m[5];
  }
  BURIN_INLINE static void filter(const double *w, double *o) {
    constexpr double p = a, q = b, p2 = p * p, q2 = q * q;
    const double even = w[0] + p2 * w[2], even2 = w[0] + q2 * w[2];
    o[0] = w[0] / (p2 * q2);
    o[1] = (even + p * w[1]) / (2 * p2 * (p2 - q2));
    o[2] = (even - p * w[1]) / (2 * p2 * (p2 - q2));
    o[3] = (even2 + q * w[1]) / (2 * q2 * (q2 - p2));
    o[4] = (even2 - q * w[1]) / (2 * q2 * (q2 - p2));
    o[5] = w[2];
  }
};

/// Nine taps, `step` floats apart, as (T + 2)^2 doubles.
template <int T> BURIN_FN void winogradFilter(const float *taps, ptrdiff_t step, double *u) {
  constexpr int A = T + 2;
  Array<double, A> half[3]; // columns
  for (int x = 0; x < 3; ++x) {
    double column[3];
    for (int y = 0; y < 3; ++y)
      column[y] = static_cast<double>(taps[(y * 3 + x) * step]);
    WinogradPoints<T>::filter(column, half[x]);
  }
  for (int y = 0; y < A; ++y) {
    const double row[3] = {half[0][y], half[1][y], half[2][y]};
    WinogradPoints<T>::filter(row, u + y * A);
  }
}

/// Channels and outChannels each an int or a Const. Strides are counted in floats; pixels are
/// `channels` and `outChannels` apart. Tiles: images * ceil(outHeight / T) * ceil(outWidth / T), an
/// int or a Const. Block: a Const, the tiles that are worked on at once.
template <class Channels, class OutChannels, class Tiles, class Block> struct Winograd {
  Channels channels;
  OutChannels outChannels;
  Tiles tiles;
  Block block;
  int inHeight, inWidth, outHeight, outWidth;
  int padTop, padLeft; ///< what lies outside of the input is zero
  ptrdiff_t inImage, inRow, outImage, outRow;
};
template <class C, class O, class N, class B>
Winograd(C, O, N, B, int, int, int, int, int, int, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t)
    -> Winograd<C, O, N, B>;

/// The panels that are worked on at once, so that their products stay in the cache.
constexpr int kWinogradPanels = 2;
/// Floats between the planes of points beyond what they hold: planes that are a power of two apart
/// would meet in one set of the cache.
constexpr int kWinogradGap = 16;

/// The scratch of a task in bytes: input and products of a block, and the window of a tile.
constexpr ptrdiff_t winogradScratch(int tile, int channels, int block, int panel) {
  const ptrdiff_t points = (tile + 2) * (tile + 2);
  return 4 * points *
         (block * (channels + static_cast<ptrdiff_t>(kWinogradPanels) * panel) + channels +
          2 * kWinogradGap);
}

/// What a vector of W leaves over is done in vectors of 4 and single floats.
template <int W> constexpr int kNarrower = W > 4 ? 4 : 1;
template <class N, int W> constexpr bool kIsWhole = kConstOr<N> >= 0 && kConstOr<N> % W == 0;

/// Channels [c, n) of one tile: a window of (T + 2)^2 pixels to v[point * plane].
template <int T, int W, bool Whole>
BURIN_FN void winogradInputLanes(const float *BURIN_RESTRICT in, ptrdiff_t row, ptrdiff_t pixel,
                                 int c, int n, float *BURIN_RESTRICT v, ptrdiff_t plane) {
  constexpr int A = T + 2;
  using V = Vec<W>;
  for (; c + W <= n; c += W) {
    Array<V, A * A> d;
    unroll<A>([&](auto x) BURIN_LAMBDA {
      Array<V, A> column, o;
      unroll<A>([&](auto y) BURIN_LAMBDA { column[y] = load<V>(in + y * row + x * pixel + c); });
      WinogradPoints<T>::input(column, o);
      unroll<A>([&](auto y) BURIN_LAMBDA { d[y * A + x] = o[y]; });
    });
    unroll<A>([&](auto y) BURIN_LAMBDA {
      Array<V, A> o;
      WinogradPoints<T>::input(d + y * A, o);
      unroll<A>([&](auto x) BURIN_LAMBDA { store(v + (y * A + x) * plane + c, o[x]); });
    });
  }
  if constexpr (W > 1 && !Whole)
    winogradInputLanes<T, kNarrower<W>, false>(in, row, pixel, c, n, v, plane);
}
template <int T, class C>
BURIN_STUB void winogradInput(const float *in, ptrdiff_t row, C channels, float *v,
                              ptrdiff_t plane) {
  winogradInputLanes<T, kIsa.width, kIsWhole<C, kIsa.width>>(in, row, channels, 0, channels, v,
                                                             plane);
}

/// Where the pixels of a tile go.
struct WinogradOutput {
  float *out;
  ptrdiff_t row, pixel, offset; ///< of the tile's first pixel, column 0
  int rows, columns;            ///< of the tile that are inside the image
};

/// Columns [c, n) of one tile: products m[point * plane + c] to pixels, `column` is that of c = 0.
template <int T, int W, bool Whole, class E>
BURIN_FN void winogradOutputLanes(const float *BURIN_RESTRICT m, ptrdiff_t plane, int c, int n,
                                  const WinogradOutput &to, int column, const E &epilogue) {
  constexpr int A = T + 2;
  using V = Vec<W>;
  float *BURIN_RESTRICT out = to.out;
  for (; c + W <= n; c += W) {
    Array<V, T * A> d;
    unroll<A>([&](auto x) BURIN_LAMBDA {
      Array<V, A> products;
      Array<V, T> o;
      unroll<A>([&](auto y) BURIN_LAMBDA { products[y] = load<V>(m + (y * A + x) * plane + c); });
      WinogradPoints<T>::output(products, o);
      unroll<T>([&](auto y) BURIN_LAMBDA { d[y * A + x] = o[y]; });
    });
    unroll<T>([&](auto y) BURIN_LAMBDA {
      Array<V, T> o;
      WinogradPoints<T>::output(d + y * A, o);
      if (y < to.rows)
        unroll<T>([&](auto x) BURIN_LAMBDA {
          const ptrdiff_t at = to.offset + y * to.row + x * to.pixel + column + c;
          if (x < to.columns)
            store(out + at, epilogue(o[x], at, column + c));
        });
    });
  }
  if constexpr (W > 1 && !Whole)
    winogradOutputLanes<T, kNarrower<W>, false>(m, plane, c, n, to, column, epilogue);
}
template <int T, bool Whole, class E>
BURIN_STUB void winogradOutput(const float *m, ptrdiff_t plane, int n, WinogradOutput to,
                               int column, E epilogue) {
  winogradOutputLanes<T, kIsa.width, Whole>(m, plane, 0, n, to, column, epilogue);
}

/// A window that lies partly outside: copied, with zeros around the image.
template <int T>
BURIN_FN void winogradWindow(const float *image, ptrdiff_t row, int height, int width, int channels,
                             int y0, int x0, float *BURIN_RESTRICT window) {
  constexpr int A = T + 2;
  const int left = x0 < 0 ? -x0 : 0, right = width - x0 < A ? width - x0 : A;
  const auto zero = [](float *p, int n) BURIN_LAMBDA {
    for (int i = 0; i < n; ++i)
      p[i] = 0;
  };
  for (int y = 0; y < A; ++y, window += A * channels) {
    if (y0 + y < 0 || y0 + y >= height || left >= right) {
      zero(window, A * channels);
      continue;
    }
    zero(window, left * channels);
    const float *from = image + (y0 + y) * row + static_cast<ptrdiff_t>(x0 + left) * channels;
    BURIN_COPY(window + left * channels, from, static_cast<size_t>((right - left) * channels) * 4);
    zero(window + right * channels, (A - right) * channels);
  }
}

/// One block of tiles, panels [begin, end).
template <int T, int NR, class C, class O, class N, class B, class E>
BURIN_FN void winogradBlock(const Winograd<C, O, N, B> &s, int block, const float *in,
                            const F32 *filter, float *out, const E &epilogue, int begin, int end,
                            unsigned char *scratch) {
  constexpr int A = T + 2, MR = tileRows<B>(), group = kWinogradPanels;
  constexpr int full = kConstOr<B> % MR, last = kConstOr<N> >= 0 ? kConstOr<N> % kConstOr<B> : -1;
  constexpr int tail = last >= 0 && (last == 0 || last % MR == full) ? full : -1;
  const int first = block * s.block, n = s.tiles - first < s.block ? s.tiles - first : s.block;
  const int across = (s.outWidth + T - 1) / T, down = (s.outHeight + T - 1) / T;
  const ptrdiff_t inPlane = static_cast<ptrdiff_t>(s.block) * s.channels + kWinogradGap;
  const ptrdiff_t outPlane = static_cast<ptrdiff_t>(s.block) * group * NR + kWinogradGap;
  const ptrdiff_t points = static_cast<ptrdiff_t>((s.outChannels + NR - 1) / NR) * s.channels * NR;
  float *v = static_cast<float *>(static_cast<void *>(scratch));
  float *m = v + A * A * inPlane, *window = m + A * A * outPlane;
  for (int t = 0; t < n; ++t) {
    const int row = (first + t) / across, x = (first + t) % across * T - s.padLeft;
    const int y = row % down * T - s.padTop;
    const float *image = in + row / down * s.inImage;
    float *to = v + static_cast<ptrdiff_t>(t) * s.channels;
    if (y >= 0 && x >= 0 && y + A <= s.inHeight && x + A <= s.inWidth) {
      winogradInput<T>(image + y * s.inRow + static_cast<ptrdiff_t>(x) * s.channels, s.inRow,
                       s.channels, to, inPlane);
    } else {
      winogradWindow<T>(image, s.inRow, s.inHeight, s.inWidth, s.channels, y, x, window);
      winogradInput<T>(window, static_cast<ptrdiff_t>(A) * s.channels, s.channels, to, inPlane);
    }
  }
  for (int p = begin; p < end; p += group) {
    const int next = p + group < end ? p + group : end, column = p * NR;
    for (int i = 0; i < A * A; ++i)
      panels<NR, false, MR, tail, kTileCalled<C>>(
          n, s.outChannels, TileInput{v + i * inPlane, s.channels, 0, 1, s.channels},
          filter + i * points, TileOutput{m + i * outPlane, group * NR, -column, 0}, p, next,
          Keep{});
    const int width = next * NR < s.outChannels ? next * NR - column : s.outChannels - column;
    for (int t = 0; t < n; ++t) {
      const int row = (first + t) / across, x = (first + t) % across * T, y = row % down * T;
      winogradOutput<T, kIsWhole<O, kIsa.width>>(
          m + static_cast<ptrdiff_t>(t) * group * NR, outPlane, width,
          WinogradOutput{out, s.outRow, s.outChannels,
                         row / down * s.outImage + y * s.outRow +
                             static_cast<ptrdiff_t>(x) * s.outChannels,
                         s.outHeight - y, s.outWidth - x},
          column, epilogue);
    }
  }
}

/// Filter [(T + 2)^2][ceil(outChannels / NR)][channels][NR], the last panel filled with zeros.
/// Exact: nothing is touched behind the last channel of a pixel. Units: blocks of tiles.
template <int T, int NR, class Shape, class E>
BURIN_FN void winograd(const Shape &s, const float *in, const F32 *filter, float *out,
                       const E &epilogue, Work work) {
  for (int block = work.begin; block < work.end; ++block)
    winogradBlock<T, NR>(s, block, in, filter, out, epilogue, 0, (s.outChannels + NR - 1) / NR,
                         work.scratch);
}

/// For filters larger than the image: each task streams weights of its own, and transforms the
/// input itself. Units: panels.
template <int T, int NR, class Shape, class E>
BURIN_FN void winogradPanels(const Shape &s, const float *in, const F32 *filter, float *out,
                             const E &epilogue, Work work) {
  const int blocks = (s.tiles + s.block - 1) / s.block;
  for (int block = 0; block < blocks; ++block)
    winogradBlock<T, NR>(s, block, in, filter, out, epilogue, work.begin, work.end, work.scratch);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
