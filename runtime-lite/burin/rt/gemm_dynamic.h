// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix product of two activations: B is packed while the model runs, one panel at a time.
#ifndef BURIN_RT_GEMM_DYNAMIC_H
#define BURIN_RT_GEMM_DYNAMIC_H

#include "gemm.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// The axes over which products are repeated: extents, and the strides of the three matrices along
/// them in elements (0: the matrix is broadcast).
template <int R> struct GemmBatch { Nd<R> shape, a, b, c; };

/// Columns [column, column + NR) of B, element (k, j) at b[k * row + j * step], to panel
/// [depth][NR]; columns at or after n become zeros.
template <int NR>
BURIN_FN void packPanel(int depth, int n, int column, const float *BURIN_RESTRICT b, ptrdiff_t row,
                        ptrdiff_t step, float *BURIN_RESTRICT panel) {
  constexpr int W = kPanelLanes<NR>;
  const int columns = n - column < NR ? n - column : NR;
  b += column * step;
  if (step == 1 && columns == NR) {
    for (int k = 0; k < depth; ++k)
      for (int j = 0; j < NR; j += W)
        store(panel + k * NR + j, load<Vec<W>>(b + k * row + j));
    return;
  }
  for (int k = 0; k < depth; ++k)
    for (int j = 0; j < NR; ++j)
      panel[k * NR + j] = j < columns ? b[k * row + j * step] : 0;
}

/// C [batch][m][n] = epilogue(A [batch][m][depth] * B), element (k, j) of B at
/// b[k * bRow + j * bColumn]; depth at least 1. Neither the epilogue nor a store touches anything
/// behind column n. Units: panels of NR columns, of every product of the batch. Scratch: one panel,
/// depth * NR floats.
template <int NR, int R, class M, class N, class K, class E>
BURIN_FN void gemmDynamic(const GemmBatch<R> &batch, M m, N n, K depth, const float *a,
                          ptrdiff_t lda, const float *b, ptrdiff_t bRow, ptrdiff_t bColumn,
                          float *c, ptrdiff_t ldc, const E &epilogue, Work work) {
  float *panel = static_cast<float *>(static_cast<void *>(work.scratch));
  const int count = (n + NR - 1) / NR;
  constexpr bool whole = kConstOr<N> >= 0 && kConstOr<N> % NR == 0;
  for (int i = work.begin; i < work.end; ++i) {
    const int column = i % count * NR;
    const ptrdiff_t from = placeOf<R>(i / count, batch.shape, batch.a);
    const ptrdiff_t to = placeOf<R>(i / count, batch.shape, batch.c);
    packPanel<NR>(depth, n, column, b + placeOf<R>(i / count, batch.shape, batch.b), bRow, bColumn,
                  panel);
    const auto multiply = [&](auto columns) BURIN_LAMBDA {
      panels<NR, true, tileRows<M>(), tailRows<M>(), kTileCalled<K>>(
          m, columns, TileInput{a + from, lda, 0, 1, depth}, weights(panel),
          {c, ldc, to + column, column}, 0, 1, epilogue);
    };
    if constexpr (whole)
      multiply(Const<NR>{});
    else
      multiply(AtMost<NR>{n - column < NR ? n - column : NR});
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
