// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading by index. A negative index counts from the end; what is still outside is clamped into the
// axis, so that no index of a model reads memory that is not its tensor's.
#ifndef BURIN_RT_INDEX_H
#define BURIN_RT_INDEX_H

#include "cast.h"
#include "nd.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

template <class I> BURIN_FN int clampIndex(I index, int n) {
  const I at = index < 0 ? static_cast<I>(index + n) : index;
  return at < 0 ? 0 : at >= n ? n - 1 : static_cast<int>(at);
}

/// in [outer][axis][inner] at indices [count] to out [outer][count][inner]. Units: outer * count.
template <class T, class I>
BURIN_FN void gather(int axis, int inner, int count, const T *in, const I *indices, T *out,
                     Work work) {
  for (int i = work.begin; i < work.end; ++i) {
    const ptrdiff_t row =
        static_cast<ptrdiff_t>(i / count) * axis + clampIndex(indices[i % count], axis);
    copyRow(inner, in + row * inner, 1, out + static_cast<ptrdiff_t>(i) * inner, 1);
  }
}

/// out[i] = in[i with the index along `axis` replaced by indices[i]]; `shape` is that of indices
/// and out, which are dense, as is in. Units: rows of out.
template <int R, class T, class I>
BURIN_FN void gatherElements(const Nd<R> &shape, const Nd<R> &inShape, int axis, const T *in,
                             const I *indices, T *out, Work work) {
  Nd<R> stride = denseStrides(inShape);
  const ptrdiff_t step = stride.v[axis];
  stride.v[axis] = 0;
  const int n = shape.v[R - 1];
  Walk<R - 1, R> walk = walkFrom<R - 1>(work.begin, shape, stride, Nd<R>{});
  for (int row = work.begin; row < work.end; ++row, walk.next())
    for (int i = 0; i < n; ++i) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(row) * n + i;
      out[at] = in[walk.a + static_cast<ptrdiff_t>(i) * stride.v[R - 1] +
                   clampIndex(indices[at], inShape.v[axis]) * step];
    }
}

/// The place of the slice that K indices name in an array of these extents.
template <int K, class I> BURIN_FN ptrdiff_t placeOfSlice(const Nd<K> &extents, const I *indices) {
  ptrdiff_t place = 0;
  for (int k = 0; k < K; ++k)
    place = place * extents.v[k] + clampIndex(indices[k], extents.v[k]);
  return place;
}

/// in [batch][extents...][inner] at indices [batch][count][K] to out [batch][count][inner]. Units:
/// batch * count.
template <int K, class T, class I>
BURIN_FN void gatherNd(int count, const Nd<K> &extents, int inner, const T *in, const I *indices,
                       T *out, Work work) {
  const ptrdiff_t slices = countOf<K>(extents);
  for (int i = work.begin; i < work.end; ++i) {
    const ptrdiff_t slice =
        i / count * slices + placeOfSlice(extents, indices + static_cast<ptrdiff_t>(i) * K);
    copyRow(inner, in + slice * inner, 1, out + static_cast<ptrdiff_t>(i) * inner, 1);
  }
}

/// The entries of axis [outer][axis][inner] for which condition [conditions] holds, to out
/// [outer][*count][inner]. Conditions beyond the axis do not count. More than `room` are counted
/// and not written. Unit: 1.
template <class T>
BURIN_FN void compress(int outer, int axis, int inner, const bool *condition, int conditions,
                       const T *in, T *out, int room, int *count, Work work) {
  if (work.begin == work.end)
    return;
  int kept = 0;
  for (int i = 0; i < axis && i < conditions; ++i)
    kept += condition[i] ? 1 : 0;
  *count = kept;
  if (kept > room)
    return;
  for (int o = 0; o < outer; ++o)
    for (int i = 0; i < axis && i < conditions; ++i)
      if (condition[i]) {
        copyRow(inner, in + (static_cast<ptrdiff_t>(o) * axis + i) * inner, 1, out, 1);
        out += inner;
      }
}

/// The indices of all elements that are not zero (NaN is not), in row-major order: out
/// [R][*count]. More than `room` are counted and not written. Unit: 1.
template <int R, class T>
BURIN_FN void nonZero(const Nd<R> &shape, const T *in, int64_t *out, int room, int *count,
                      Work work) {
  if (work.begin == work.end)
    return;
  const int n = countOf<R>(shape);
  int found = 0;
  for (int i = 0; i < n; ++i)
    found += cast<bool>(in[i]) ? 1 : 0;
  *count = found;
  if (found > room)
    return;
  Walk<R, R> walk = walkFrom<R>(0, shape, Nd<R>{}, Nd<R>{});
  for (int i = 0, k = 0; i < n; ++i, walk.next())
    if (cast<bool>(in[i])) {
      for (int axis = 0; axis < R; ++axis)
        out[static_cast<ptrdiff_t>(axis) * found + k] = walk.index.v[axis];
      ++k;
    }
}

/// The first lengths[b] entries of the time axis in reverse, the rest as they are: entry (b, t) is
/// `inner` elements at b * batchStride + t * timeStride. Units: batch.
template <class T, class I>
BURIN_FN void reverseSequence(int time, int inner, ptrdiff_t batchStride, ptrdiff_t timeStride,
                              const T *in, const I *lengths, T *out, Work work) {
  for (int b = work.begin; b < work.end; ++b) {
    const int n = lengths[b] < 0 ? 0 : lengths[b] > time ? time : static_cast<int>(lengths[b]);
    for (int t = 0; t < time; ++t)
      copyRow(inner, in + b * batchStride + (t < n ? n - 1 - t : t) * timeStride, 1,
              out + b * batchStride + t * timeStride, 1);
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
