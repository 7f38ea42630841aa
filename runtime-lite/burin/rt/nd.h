// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moving elements of any type: slices, broadcasts, transposes, repetition. Nothing is computed, so
// every bit arrives, NaN included.
#ifndef BURIN_RT_ND_H
#define BURIN_RT_ND_H

#include "number_types.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// The row-major strides of a dense array.
template <int R> BURIN_FN Nd<R> denseStrides(const Nd<R> &shape) {
  Nd<R> stride{};
  int step = 1;
  for (int i = R - 1; i >= 0; --i) {
    stride.v[i] = step;
    step *= shape.v[i];
  }
  return stride;
}

/// A walk over the first N axes in row-major order, which keeps the places in two arrays.
template <int N, int R> struct Walk {
  Nd<R> shape, aStride, bStride;
  Nd<N> index;
  ptrdiff_t a, b;

  BURIN_INLINE void next() {
    for (int i = N - 1; i >= 0; --i) {
      a += aStride.v[i];
      b += bStride.v[i];
      if (++index.v[i] < shape.v[i])
        return;
      a -= static_cast<ptrdiff_t>(aStride.v[i]) * shape.v[i];
      b -= static_cast<ptrdiff_t>(bStride.v[i]) * shape.v[i];
      index.v[i] = 0;
    }
  }
};
/// The walk from element `unit` on.
template <int N, int R>
BURIN_FN Walk<N, R> walkFrom(int unit, const Nd<R> &shape, const Nd<R> &aStride,
                             const Nd<R> &bStride) {
  Walk<N, R> walk{shape, aStride, bStride, {}, 0, 0};
  for (int i = N - 1; i >= 0; --i) {
    const int rest = shape.v[i] > 0 ? unit / shape.v[i] : 0;
    walk.index.v[i] = unit - rest * shape.v[i];
    walk.a += static_cast<ptrdiff_t>(walk.index.v[i]) * aStride.v[i];
    walk.b += static_cast<ptrdiff_t>(walk.index.v[i]) * bStride.v[i];
    unit = rest;
  }
  return walk;
}

/// n elements; in steps of inStep and outStep.
template <class T>
BURIN_FN void copyRow(int n, const T *BURIN_RESTRICT in, ptrdiff_t inStep, T *BURIN_RESTRICT out,
                      ptrdiff_t outStep) {
  if (inStep == 1 && outStep == 1 && n >= 16) {
    BURIN_COPY(out, in, static_cast<size_t>(n) * sizeof(T));
    return;
  }
  for (int i = 0; i < n; ++i)
    out[i * outStep] = in[i * inStep];
}

/// out[i] = in[i] for all index vectors i below `shape`, each array by its strides: a slice with
/// steps of any sign (`in` points at its first element), a broadcast (stride 0), one input of a
/// concatenation. Units: rows, the product of all extents but the last.
template <int R, class T>
BURIN_FN void stridedCopy(const Nd<R> &shape, const T *in, const Nd<R> &inStride, T *out,
                          const Nd<R> &outStride, Work work) {
  if constexpr (R == 0) {
    for (int i = work.begin; i < work.end; ++i)
      *out = *in;
  } else {
    Walk<R - 1, R> walk = walkFrom<R - 1>(work.begin, shape, inStride, outStride);
    for (int row = work.begin; row < work.end; ++row, walk.next())
      copyRow(shape.v[R - 1], in + walk.a, inStride.v[R - 1], out + walk.b, outStride.v[R - 1]);
  }
}

/// out [rows][columns] = in transposed: element (i, j) at in[i * inRow + j * inColumn]. In blocks,
/// so that both arrays are met line by line.
template <class T>
BURIN_FN void transposeBlocks(int rows, int columns, const T *BURIN_RESTRICT in, ptrdiff_t inRow,
                              ptrdiff_t inColumn, T *BURIN_RESTRICT out, ptrdiff_t outRow) {
  constexpr int block = sizeof(T) > 4 ? 8 : 16;
  for (int i = 0; i < rows; i += block)
    for (int j = 0; j < columns; j += block) {
      const int iEnd = i + block < rows ? i + block : rows;
      const int jEnd = j + block < columns ? j + block : columns;
      for (int k = i; k < iEnd; ++k)
        for (int l = j; l < jEnd; ++l)
          out[k * outRow + l] = in[k * inRow + l * inColumn];
    }
}

/// Permutes axes: `shape` and `inStride` in the order of the output, which is dense. Units: indices
/// of axis 0 of the output.
template <int R, class T>
BURIN_FN void transpose(Nd<R> shape, const T *in, const Nd<R> &inStride, T *out, Work work) {
  if constexpr (R < 2) {
    if constexpr (R == 1)
      copyRow(work.end - work.begin, in + static_cast<ptrdiff_t>(work.begin) * inStride.v[0],
              inStride.v[0], out + work.begin, 1);
    else if (work.begin < work.end)
      *out = *in;
  } else {
    const Nd<R> outStride = denseStrides(shape);
    in += static_cast<ptrdiff_t>(work.begin) * inStride.v[0];
    out += static_cast<ptrdiff_t>(work.begin) * outStride.v[0];
    shape.v[0] = work.end - work.begin;
    int lines = R - 2; // the axis along which the input is dense; if that is the last, rows are
    for (int i = 0; i < R - 1; ++i)
      if (inStride.v[i] == 1 && inStride.v[R - 1] != 1)
        lines = i;
    Nd<R> others{}, from{}, to{}; // without axis `lines`
    int count = 1;
    for (int i = 0, j = 0; i < R - 1; ++i)
      if (i != lines) {
        others.v[j] = shape.v[i];
        from.v[j] = inStride.v[i];
        to.v[j++] = outStride.v[i];
        count *= shape.v[i];
      }
    Walk<R - 2, R> walk = walkFrom<R - 2>(0, others, from, to);
    for (int i = 0; i < count; ++i, walk.next()) {
      if (inStride.v[R - 1] == 1)
        for (int row = 0; row < shape.v[lines]; ++row)
          copyRow(shape.v[R - 1], in + walk.a + static_cast<ptrdiff_t>(row) * inStride.v[lines], 1,
                  out + walk.b + static_cast<ptrdiff_t>(row) * outStride.v[lines], 1);
      else
        transposeBlocks(shape.v[lines], shape.v[R - 1], in + walk.a, inStride.v[lines],
                        inStride.v[R - 1], out + walk.b, outStride.v[lines]);
    }
  }
}

/// Repeats a dense array along every axis until it fills `outShape`. Units: rows of the output.
template <int R, class T>
BURIN_FN void tile(const Nd<R> &inShape, const Nd<R> &outShape, const T *in, T *out, Work work) {
  const Nd<R> stride = denseStrides(inShape);
  const int n = outShape.v[R - 1], period = inShape.v[R - 1];
  Walk<R - 1, R> walk = walkFrom<R - 1>(work.begin, outShape, Nd<R>{}, Nd<R>{});
  for (int row = work.begin; row < work.end; ++row, walk.next()) {
    const T *from = in;
    T *to = out + static_cast<ptrdiff_t>(row) * n;
    for (int i = 0; i < R - 1; ++i)
      from += static_cast<ptrdiff_t>(walk.index.v[i] % inShape.v[i]) * stride.v[i];
    for (int i = 0; i < n; i += period)
      copyRow(n - i < period ? n - i : period, from, 1, to + i, 1);
  }
}

/// Units: elements.
template <class T> BURIN_FN void fill(const T &value, T *out, Work work) {
  const T x = value; // not in memory that `out` may be
  for (int i = work.begin; i < work.end; ++i)
    out[i] = x;
}

/// out[i] = start + i * delta; integers wrap. Units: elements.
template <class T> BURIN_FN void iota(T start, T delta, T *out, Work work) {
  for (int i = work.begin; i < work.end; ++i)
    if constexpr (kKind<T> == Kind::integer)
      out[i] = static_cast<T>(static_cast<Unsigned<T>>(start) +
                              static_cast<Unsigned<T>>(i) * static_cast<Unsigned<T>>(delta));
    else
      out[i] = start + static_cast<T>(i) * delta;
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
