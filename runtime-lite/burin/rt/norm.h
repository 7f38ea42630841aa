// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalisation; by its own moments in two passes: the mean first, then the variance about it, so
// that a large mean costs no digits. `out` may be `in`. Scale and bias may be null, as may what is
// returned beside.
#ifndef BURIN_RT_NORM_H
#define BURIN_RT_NORM_H

#include "cast.h"
#include "math.h"
#include "reduce.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// (x - mean)^2, to be summed.
struct SquaredFrom {
  float mean;

  template <class V> BURIN_INLINE V operator()(V x) const { return (x - mean) * (x - mean); }
};

/// out[i] = epilogue((in[i] - mean) * factor * scale[i] + bias[i]) for n elements of a row.
template <int W, class E>
BURIN_FN void normalizeRow(int i, int n, float mean, float factor, const float *in,
                           const F32 *scale, const F32 *bias, float *out, ptrdiff_t offset,
                           const E &epilogue) {
  using V = Vec<W>;
  for (; i + W <= n; i += W) {
    V y = (load<V>(in + i) - mean) * factor;
    y = scale ? y * load<V>(scale + i) : y;
    y = bias ? y + load<V>(bias + i) : y;
    store(out + offset + i, epilogue(y, offset + i, i));
  }
  if constexpr (W > 1)
    normalizeRow<(W > 4 ? W / 2 : 1)>(i, n, mean, factor, in, scale, bias, out, offset, epilogue);
}

/// Rows of n: (x - mean) / sqrt(variance + epsilon) * scale [n] + bias [n]. Units: rows.
template <class N, class E>
BURIN_FN void layerNorm(N n, float epsilon, const float *in, const F32 *scale, const F32 *bias,
                        float *out, float *mean, float *invStd, const E &epilogue, Work work) {
  for (int r = work.begin; r < work.end; ++r) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(r) * n;
    const float count = static_cast<float>(static_cast<int>(n));
    const float center = reduceRow<ReduceSum, kIsa.width>(in + at, n, Same{}) / count;
    const float variance =
        reduceRow<ReduceSum, kIsa.width>(in + at, n, SquaredFrom{center}) / count;
    const float factor = 1.f / sqrt(variance + epsilon);
    if (mean)
      mean[r] = center;
    if (invStd)
      invStd[r] = factor;
    normalizeRow<kIsa.width>(0, n, center, factor, in + at, scale, bias, out, at, epilogue);
  }
}

/// Rows of n: x / sqrt(mean of squares + epsilon) * scale [n]. Units: rows.
template <class N, class E>
BURIN_FN void rmsNorm(N n, float epsilon, const float *in, const F32 *scale, float *out,
                      float *invRms, const E &epilogue, Work work) {
  for (int r = work.begin; r < work.end; ++r) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(r) * n;
    const float count = static_cast<float>(static_cast<int>(n));
    const float squares = reduceRow<ReduceSum, kIsa.width>(in + at, n, SquaredFrom{0}) / count;
    const float factor = 1.f / sqrt(squares + epsilon);
    if (invRms)
      invRms[r] = factor;
    normalizeRow<kIsa.width>(0, n, 0, factor, in + at, scale, nullptr, out, at, epilogue);
  }
}

// ---- groups of channels ----

/// Sums of a group's channels [begin, end) over all pixels, vectors along the channels.
template <int W, class Pre>
BURIN_FN float sumChannels(int pixels, int channels, int begin, int end, const float *in,
                           const Pre &pre) {
  using V = Vec<W>;
  float total = 0;
  if (begin + W <= end) {
    V sum = V{};
    for (int p = 0; p < pixels; ++p) {
      V row = V{};
      for (int c = begin; c + W <= end; c += W)
        row += pre(load<V>(in + static_cast<ptrdiff_t>(p) * channels + c));
      sum += row;
    }
    total = sumLanes(sum);
    begin += (end - begin) / W * W;
  }
  if constexpr (W > 1)
    if (begin < end)
      total += sumChannels<(W > 4 ? W / 2 : 1)>(pixels, channels, begin, end, in, pre);
  return total;
}

/// sums [channels] += (in - mean)^2 for one pixel.
template <int W>
BURIN_FN void addSquares(int c, int channels, const float *in, const float *mean, float *sums) {
  using V = Vec<W>;
  for (; c + W <= channels; c += W) {
    const V d = load<V>(in + c) - load<V>(mean + c);
    store(sums + c, load<V>(sums + c) + d * d);
  }
  if constexpr (W > 1)
    addSquares<(W > 4 ? W / 2 : 1)>(c, channels, in, mean, sums);
}

/// out = epilogue((in - mean) * factor + bias) for one pixel, each [channels].
template <int W, class E>
BURIN_FN void normalizeChannels(int c, int channels, const float *in, const float *mean,
                                const float *factor, const float *bias, float *out,
                                ptrdiff_t offset, const E &epilogue) {
  using V = Vec<W>;
  for (; c + W <= channels; c += W) {
    const V centered = load<V>(in + offset + c) - load<V>(mean + c);
    store(out + offset + c,
          epilogue(centered * load<V>(factor + c) + load<V>(bias + c), offset + c, c));
  }
  if constexpr (W > 1)
    normalizeChannels<(W > 4 ? W / 2 : 1)>(c, channels, in, mean, factor, bias, out, offset,
                                           epilogue);
}

/// [images][pixels][channels], every group of channels of an image by itself; scale and bias
/// [channels]. Instance normalisation: groups = channels. Units: images. Scratch: channels * 16
/// bytes.
template <class Channels, class E>
BURIN_FN void groupNormNhwc(int pixels, Channels channels, int groups, float epsilon,
                            const float *in, const F32 *scale, const F32 *bias, float *out,
                            const E &epilogue, Work work) {
  const int all = channels, size = all / groups;
  float *mean = static_cast<float *>(static_cast<void *>(work.scratch));
  float *factor = mean + all, *shift = factor + all;
  const float count = static_cast<float>(pixels) * static_cast<float>(size);
  for (int image = work.begin; image < work.end; ++image) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(image) * pixels * all;
    if (size == 1) { // one pass over the pixels for all channels, not one for each
      reduce<ReduceMean>(1, pixels, channels, in + at, mean, Same{}, Keep{},
                         {0, all == 1 ? 1 : (all + kReduceBlock - 1) / kReduceBlock, nullptr});
      for (int c = 0; c < all; ++c)
        factor[c] = 0;
      for (int p = 0; p < pixels; ++p)
        addSquares<kIsa.width>(0, all, in + at + static_cast<ptrdiff_t>(p) * all, mean, factor);
    } else {
      for (int begin = 0; begin < all; begin += size) {
        const int end = begin + size;
        const float center =
            sumChannels<kIsa.width>(pixels, all, begin, end, in + at, Same{}) / count;
        const float sum =
            sumChannels<kIsa.width>(pixels, all, begin, end, in + at, SquaredFrom{center});
        for (int c = begin; c < end; ++c) {
          mean[c] = center;
          factor[c] = sum;
        }
      }
    }
    for (int c = 0; c < all; ++c) {
      const float f = 1.f / sqrt(factor[c] / count + epsilon);
      factor[c] = scale ? f * load<float>(scale + c) : f;
      shift[c] = bias ? load<float>(bias + c) : 0;
    }
    for (int p = 0; p < pixels; ++p)
      normalizeChannels<kIsa.width>(0, all, in, mean, factor, shift, out,
                                    at + static_cast<ptrdiff_t>(p) * all, epilogue);
  }
}

/// out = epilogue((in - mean) * factor + bias) for n pixels of one channel.
template <int W, class E>
BURIN_FN void normalizePlane(int i, int n, float mean, float factor, float bias, const float *in,
                             float *out, ptrdiff_t offset, int channel, const E &epilogue) {
  using V = Vec<W>;
  for (; i + W <= n; i += W)
    store(out + offset + i,
          epilogue((load<V>(in + offset + i) - mean) * factor + bias, offset + i, channel));
  if constexpr (W > 1)
    normalizePlane<(W > 4 ? W / 2 : 1)>(i, n, mean, factor, bias, in, out, offset, channel,
                                        epilogue);
}

/// [images][channels][pixels]. The epilogue's column is the channel, one for all lanes. Units:
/// images * groups.
template <class Channels, class E>
BURIN_FN void groupNormNchw(int pixels, Channels channels, int groups, float epsilon,
                            const float *in, const F32 *scale, const F32 *bias, float *out,
                            const E &epilogue, Work work) {
  const int size = channels / groups, n = size * pixels;
  for (int unit = work.begin; unit < work.end; ++unit) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(unit) * n;
    const float count = static_cast<float>(n);
    const float center = reduceRow<ReduceSum, kIsa.width>(in + at, n, Same{}) / count;
    const float variance =
        reduceRow<ReduceSum, kIsa.width>(in + at, n, SquaredFrom{center}) / count;
    const float factor = 1.f / sqrt(variance + epsilon);
    for (int i = 0; i < size; ++i) {
      const int c = unit % groups * size + i;
      normalizePlane<kIsa.width>(0, pixels, center,
                                 scale ? factor * load<float>(scale + c) : factor,
                                 bias ? load<float>(bias + c) : 0, in, out,
                                 at + static_cast<ptrdiff_t>(i) * pixels, c, epilogue);
    }
  }
}

// ---- by moments that are given ----

/// (x - mean) / sqrt(variance + epsilon) * scale + bias, each [channels], of [outer][channels]
/// [inner]. Units: outer where inner is 1, else outer * channels. Scratch: channels * 12 bytes
/// where inner is 1.
template <class Channels, class Inner, class E>
BURIN_FN void batchNorm(Channels channels, Inner inner, float epsilon, const float *in,
                        const F32 *scale, const F32 *bias, const F32 *mean, const F32 *variance,
                        float *out, const E &epilogue, Work work) {
  const int all = channels, pixels = inner;
  const auto factorOf = [&](int c) BURIN_LAMBDA {
    return load<float>(scale + c) / sqrt(load<float>(variance + c) + epsilon);
  };
  if (pixels == 1) {
    float *center = static_cast<float *>(static_cast<void *>(work.scratch));
    float *factor = center + all, *shift = factor + all;
    for (int c = 0; c < all && work.begin < work.end; ++c) {
      center[c] = load<float>(mean + c);
      factor[c] = factorOf(c);
      shift[c] = load<float>(bias + c);
    }
    for (int row = work.begin; row < work.end; ++row)
      normalizeChannels<kIsa.width>(0, all, in, center, factor, shift, out,
                                    static_cast<ptrdiff_t>(row) * all, epilogue);
  } else {
    for (int unit = work.begin; unit < work.end; ++unit) {
      const int c = unit % all;
      normalizePlane<kIsa.width>(0, pixels, load<float>(mean + c), factorOf(c),
                                 load<float>(bias + c), in, out,
                                 static_cast<ptrdiff_t>(unit) * pixels, c, epilogue);
    }
  }
}

/// The same for any type, computed in Acc. Units: outer * channels.
template <class Acc, class T>
BURIN_FN void batchNormScalar(int channels, int inner, double epsilon, const T *in, const T *scale,
                              const T *bias, const T *mean, const T *variance, T *out, Work work) {
  for (int unit = work.begin; unit < work.end; ++unit) {
    const int c = unit % channels;
    const Acc factor =
        cast<Acc>(scale[c]) / sqrt(cast<Acc>(variance[c]) + static_cast<Acc>(epsilon));
    for (ptrdiff_t i = static_cast<ptrdiff_t>(unit) * inner, end = i + inner; i < end; ++i)
      out[i] = cast<T>((cast<Acc>(in[i]) - cast<Acc>(mean[c])) * factor + cast<Acc>(bias[c]));
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
