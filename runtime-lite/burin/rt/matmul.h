// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix product of any element type, strided and naive: for double, integers and half precision.
#ifndef BURIN_RT_MATMUL_H
#define BURIN_RT_MATMUL_H

#include "gemm_dynamic.h"
#include "numeric.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// c[i][j] = epilogue(sum over k of a[i][k] * b[k][j]), each matrix by its strides (row, column);
/// the sum is an Acc and begins with zero, integers wrap. Units: rows of all products of the batch.
template <class Acc, int R, class T, class U, class Out, class E>
BURIN_FN void matmulScalar(const GemmBatch<R> &batch, int m, int n, int depth, const T *a,
                           Nd<2> aStride, const U *b, Nd<2> bStride, Out *c, Nd<2> cStride,
                           const E &epilogue, Work work) {
  for (int r = work.begin; r < work.end; ++r) {
    const int product = r / m, i = r % m;
    const T *row =
        a + placeOf<R>(product, batch.shape, batch.a) + static_cast<ptrdiff_t>(i) * aStride[0];
    const U *columns = b + placeOf<R>(product, batch.shape, batch.b);
    const ptrdiff_t place =
        placeOf<R>(product, batch.shape, batch.c) + static_cast<ptrdiff_t>(i) * cStride[0];
    for (int j = 0; j < n; ++j) {
      Acc sum{};
      for (int k = 0; k < depth; ++k)
        sum = addWrap(sum, mulWrap(cast<Acc>(row[static_cast<ptrdiff_t>(k) * aStride[1]]),
                                   cast<Acc>(columns[static_cast<ptrdiff_t>(k) * bStride[0] +
                                                     static_cast<ptrdiff_t>(j) * bStride[1]])));
      const ptrdiff_t at = place + static_cast<ptrdiff_t>(j) * cStride[1];
      c[at] = epilogue(sum, at, j);
    }
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
