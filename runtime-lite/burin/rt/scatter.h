// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writing by index, and sums along an axis. Indices are treated as in index.h. Updates are applied
// in their order, so one task does it all.
#ifndef BURIN_RT_SCATTER_H
#define BURIN_RT_SCATTER_H

#include "index.h"
#include "integer_math.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

enum class Scatter { none, add, mul, min, max };

/// What becomes of `old` when `update` meets it. Storage types compute in float, integers wrap, NaN
/// wins min and max.
template <Scatter Op, class T> BURIN_FN T scattered(T old, T update) {
  if constexpr (Op == Scatter::none)
    return update;
  else if constexpr (kKind<T> == Kind::packed || kKind<T> == Kind::narrow)
    return cast<T>(scattered<Op>(native(old), native(update)));
  else if constexpr (Op == Scatter::add)
    return addWrap(old, update);
  else if constexpr (Op == Scatter::mul)
    return mulWrap(old, update);
  else if constexpr (Op == Scatter::min)
    return minNan(old, update);
  else
    return maxNan(old, update);
}

/// out = in with out[i with the index along `axis` replaced by indices[i]] updated by updates[i],
/// i below updateShape. out may be in. Unit: 1.
template <Scatter Op, int R, class T, class I>
BURIN_FN void scatterElements(const Nd<R> &shape, const Nd<R> &updateShape, int axis, const T *in,
                              const I *indices, const T *updates, T *out, Work work) {
  if (work.begin == work.end)
    return;
  if (out != in)
    copyRow(countOf<R>(shape), in, 1, out, 1);
  Nd<R> stride = denseStrides(shape);
  const ptrdiff_t step = stride.v[axis];
  stride.v[axis] = 0;
  const int n = countOf<R>(updateShape);
  Walk<R, R> walk = walkFrom<R>(0, updateShape, stride, Nd<R>{});
  for (int i = 0; i < n; ++i, walk.next()) {
    T &x = out[walk.a + clampIndex(indices[i], shape.v[axis]) * step];
    x = scattered<Op>(x, updates[i]);
  }
}

/// out = in [batch][extents...][inner] with the slices that indices [batch][count][K] name updated
/// by updates [batch][count][inner]. out may be in. Unit: 1.
template <Scatter Op, int K, class T, class I>
BURIN_FN void scatterNd(int batch, int count, const Nd<K> &extents, int inner, const T *in,
                        const I *indices, const T *updates, T *out, Work work) {
  if (work.begin == work.end)
    return;
  const ptrdiff_t slices = countOf<K>(extents);
  if (out != in)
    copyRow(static_cast<int>(batch * slices * inner), in, 1, out, 1);
  for (int i = 0; i < batch * count; ++i) {
    const ptrdiff_t slice =
        i / count * slices + placeOfSlice(extents, indices + static_cast<ptrdiff_t>(i) * K);
    for (int j = 0; j < inner; ++j) {
      T &x = out[slice * inner + j];
      x = scattered<Op>(x, updates[static_cast<ptrdiff_t>(i) * inner + j]);
    }
  }
}

enum class Scan { add, mul };

/// out[t] = the sum (product) of in[0 .. t] along axis n of [outer][n][inner]; exclusive: without
/// in[t]; reverse: from the end. out may be in unless exclusive. Units: outer.
template <Scan Op, class T>
BURIN_FN void cumulative(int n, int inner, bool exclusive, bool reverse, const T *in, T *out,
                         Work work) {
  for (int o = work.begin; o < work.end; ++o) {
    const ptrdiff_t base = static_cast<ptrdiff_t>(o) * n * inner;
    for (int t = 0; t < n; ++t) {
      const ptrdiff_t at = base + static_cast<ptrdiff_t>(reverse ? n - 1 - t : t) * inner;
      const ptrdiff_t before = reverse ? at + inner : at - inner;
      const ptrdiff_t added = exclusive ? before : at;
      for (int j = 0; j < inner; ++j) {
        if (t == 0)
          out[at + j] = exclusive ? cast<T>(Op == Scan::add ? 0 : 1) : in[at + j];
        else if constexpr (Op == Scan::add)
          out[at + j] = scattered<Scatter::add>(out[before + j], in[added + j]);
        else
          out[at + j] = scattered<Scatter::mul>(out[before + j], in[added + j]);
      }
    }
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
