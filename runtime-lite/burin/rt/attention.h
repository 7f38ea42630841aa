// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// softmax(scale * q k^T + mask) v, head by head. Keys are taken in blocks, whose scores stay in the
// caches: a row keeps its largest score and the sum of its exponentials so far, and what it has
// summed up is scaled when a larger score comes (Milakov and Gimelshein 2018, arXiv 1805.02867; Dao
// et al. 2022, arXiv 2205.14135).
#ifndef BURIN_RT_ATTENTION_H
#define BURIN_RT_ATTENTION_H

#include "gemm_dynamic.h"
#include "math.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// Keys of a block; the scores of a block of queries are at most 512 x 256 floats.
constexpr int kAttentionKeys = 512;
/// Queries of a block: all where they are few, so that their tiles are balanced; causal ones fewer,
/// so that what no query of a block sees is left out.
constexpr int attentionQueries(bool causal, int most) {
  return causal ? (most < 64 ? most : 64) : most <= 256 ? most : 128;
}
/// The floats that one task needs, at the upper bounds of the extents.
constexpr ptrdiff_t attentionScratch(int panel, bool causal, int queries, int keys, int depth,
                                     int width) {
  const int block = keys < kAttentionKeys ? keys : kAttentionKeys;
  const ptrdiff_t columns = (block + panel - 1) / panel * static_cast<ptrdiff_t>(panel);
  const ptrdiff_t values = (width + panel - 1) / panel * static_cast<ptrdiff_t>(panel) * block;
  return columns * depth + values + columns * attentionQueries(causal, queries) + 2 * queries + 16;
}

/// What is added to scores, or decides about them; strides in elements, 0 where it broadcasts.
struct NoMask {
  static constexpr bool kIsThere = false;
};
template <int KeyStride> struct AddedMask {
  static constexpr bool kIsThere = true;
  const float *mask;
  ptrdiff_t image, head, query;

  BURIN_INLINE void operator()(float *x, int n, ptrdiff_t at, int key) const {
    const float *m = mask + at + key * KeyStride;
    for (int j = 0; j < n; ++j)
      x[j] += m[j * KeyStride];
  }
};
template <int KeyStride> struct KeptMask {
  static constexpr bool kIsThere = true;
  const bool *mask;
  ptrdiff_t image, head, query;

  BURIN_INLINE void operator()(float *x, int n, ptrdiff_t at, int key) const {
    const bool *m = mask + at + key * KeyStride;
    for (int j = 0; j < n; ++j)
      x[j] = m[j * KeyStride] ? x[j] : -infinity();
  }
};

struct AttentionScale {
  float scale;
  template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t, int) const { return v * scale; }
};
struct AttentionSum {
  const float *before;
  template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t offset, int) const {
    return v + load<V>(before + offset);
  }
};

/// The shares of a block of queries: as many of them as its panels of values are deep, or fewer.
struct ShareInput : TileInput {
  ptrdiff_t panelFloats;
  template <int NR> BURIN_INLINE ptrdiff_t panel() const { return panelFloats; }
};

/// The largest of n; NaN among them shows in their exponentials.
BURIN_FN float largestScore(const float *x, int n) {
  using V = Vec<kIsa.width>;
  constexpr int W = kIsa.width;
  const V lowest = splat<V>(-3.4028234663852886e38f);
  V top = lowest;
  int j = 0;
  for (; j + W <= n; j += W)
    top = max(top, load<V>(x + j));
  return maxLanes(j < n ? max(top, loadFirst(x + j, n - j, lowest)) : top);
}

/// x = e^(x - top); returns the sum.
BURIN_FN float exponentials(float *x, int n, float top) {
  using V = Vec<kIsa.width>;
  constexpr int W = kIsa.width;
  V sum = V{};
  int j = 0;
  for (; j + W <= n; j += W) {
    const V e = expNegative(load<V>(x + j) - top);
    store(x + j, e);
    sum += e;
  }
  if (j < n) {
    const V e = expNegative(loadFirst(x + j, n - j, splat<V>(-infinity())) - top);
    storeFirst(x + j, n - j, e);
    sum += e;
  }
  return sumLanes(sum);
}

BURIN_FN void scaleRow(float *x, int n, float factor) {
  using V = Vec<kIsa.width>;
  int j = 0;
  for (; j + kIsa.width <= n; j += kIsa.width)
    store(x + j, load<V>(x + j) * factor);
  for (; j < n; ++j)
    x[j] *= factor;
}

/// The keys of a block, as columns, to panels [ceil(n / NR)][depth][NR].
template <int NR, class D>
BURIN_FN void packKeys(int n, D depth, const float *k, ptrdiff_t row, float *panels) {
  for (int j = 0; j < n; j += NR) {
    const int columns = n - j < NR ? n - j : NR;
    for (int c = 0; c < NR; ++c) {
      const float *from = k + (j + c) * row;
      float *to = panels + static_cast<ptrdiff_t>(j) * depth + c;
      if (c < columns)
        for (int d = 0; d < depth; ++d)
          to[d * NR] = from[d];
      else
        for (int d = 0; d < depth; ++d)
          to[d * NR] = 0;
    }
  }
}

/// q [images][queries][heads][depth], k [images][keys][heads / group][depth], v
/// [images][keys][heads / group][width], out [images][queries][heads][width], no extent 0; the mask
/// broadcasts to [images][heads][queries][keys]. Causal: query i sees the keys up to i. A row that
/// sees nothing is NaN. Units: heads of all images. Scratch: attentionScratch floats.
template <int NR, bool Causal, class S, class T, class D, class E, class Mask>
BURIN_FN void attention(int heads, int group, S queries, T keys, D depth, E width, float scale,
                        const float *q, const float *k, const float *v, float *out, Mask mask,
                        Work work) {
  constexpr int most = kMost<S> <= 256 ? kMost<S> : 256;
  constexpr int block = attentionQueries(Causal, kMost<S> <= 256 ? most : 257);
  constexpr bool whole = kConstOr < S >> 0 && kConstOr<S> <= block; // one block, of a known extent
  constexpr int MR = whole ? tileRows<S>() : tileRows<AtMost<block>>();
  constexpr int tail = whole ? tailRows<S>() : -1;
  const int keyBlock = keys < kAttentionKeys ? static_cast<int>(keys) : kAttentionKeys;
  const ptrdiff_t columns = (keyBlock + NR - 1) / NR * static_cast<ptrdiff_t>(NR);
  const int valuePanels = (width + NR - 1) / NR;
  float *keyPanels = static_cast<float *>(static_cast<void *>(work.scratch));
  float *scores = keyPanels + columns * depth;
  float *values = scores + columns * (queries < block ? static_cast<int>(queries) : block);
  float *tops = values + static_cast<ptrdiff_t>(valuePanels) * NR * keyBlock;
  float *sums = tops + queries;
  const int keyHeads = heads / group;
  const ptrdiff_t qRow = static_cast<ptrdiff_t>(heads) * depth,
                  kRow = static_cast<ptrdiff_t>(keyHeads) * depth,
                  vRow = static_cast<ptrdiff_t>(keyHeads) * width,
                  outRow = static_cast<ptrdiff_t>(heads) * width;
  for (int unit = work.begin; unit < work.end; ++unit) {
    const int image = unit / heads, head = unit % heads;
    const float *qHead = q + image * queries * qRow + static_cast<ptrdiff_t>(head) * depth;
    const float *kHead = k + image * keys * kRow + static_cast<ptrdiff_t>(head / group) * depth;
    const float *vHead = v + image * keys * vRow + static_cast<ptrdiff_t>(head / group) * width;
    float *outHead = out + image * queries * outRow + static_cast<ptrdiff_t>(head) * width;
    for (int key = 0; key < keys; key += keyBlock) {
      const int n = keys - key < keyBlock ? keys - key : keyBlock;
      packKeys<NR>(n, depth, kHead + key * kRow, kRow, keyPanels);
      for (int p = 0; p < valuePanels; ++p)
        packPanel<NR>(n, width, p * NR, vHead + key * vRow, vRow, 1,
                      values + static_cast<ptrdiff_t>(p) * NR * n);
      for (int query = 0; query < queries; query += block) {
        const int rows = queries - query < block ? queries - query : block;
        if (Causal && key >= query + rows)
          continue; // these queries see none of these keys
        const int seen = Causal && query + rows - key < n ? query + rows - key : n;
        panels<NR, false, MR, tail, kTileCalled<D>>(
            rows, AtMost<kMost<T>>{seen}, TileInput{qHead + query * qRow, qRow, 0, 1, depth},
            weights(keyPanels), TileOutput{scores, columns, 0, 0}, 0, (seen + NR - 1) / NR,
            AttentionScale{scale});
        for (int r = 0; r < rows; ++r) {
          float *x = scores + r * columns;
          float *y = outHead + (query + r) * outRow;
          const int own = Causal && query + r + 1 - key < seen
                              ? (query + r + 1 > key ? query + r + 1 - key : 0)
                              : seen;
          if constexpr (Mask::kIsThere)
            mask(x, own, image * mask.image + head * mask.head + (query + r) * mask.query, key);
          for (int j = own; j < seen; ++j)
            x[j] = 0;
          const float before = key == 0 ? -3.4028234663852886e38f : tops[query + r];
          const float here = largestScore(x, own), top = here > before ? here : before;
          const float sum = exponentials(x, own, top);
          if (key == 0) {
            sums[query + r] = sum;
          } else {
            const float factor = exp(before - top);
            sums[query + r] = sums[query + r] * factor + sum;
            scaleRow(y, width, factor);
          }
          tops[query + r] = top;
        }
        const auto multiply = [&](const auto &epilogue) BURIN_LAMBDA {
          panels<NR, true, MR, tail, kTileCalled<T>>(
              rows, width,
              ShareInput{{scores, columns, 0, 1, seen}, static_cast<ptrdiff_t>(n) * NR},
              weights(values), TileOutput{outHead, outRow, query * outRow, 0}, 0, valuePanels,
              epilogue);
        };
        if (key == 0)
          multiply(Keep{});
        else if constexpr (kMost<T> > kAttentionKeys)
          multiply(AttentionSum{outHead});
      }
    }
    for (int r = 0; r < queries; ++r)
      scaleRow(outHead + r * outRow, width, 1.f / sums[r]);
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
