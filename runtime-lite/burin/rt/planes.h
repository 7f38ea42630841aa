// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The planes of a picture, one for each color, as pixels: what most models begin with.
#ifndef BURIN_RT_PLANES_H
#define BURIN_RT_PLANES_H

#include "simd.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// `in` [images][C][height][width], dense, to pixels of C elements, rows outRow apart. Units: rows
/// of the output, images * height.
template <int C, class T>
BURIN_FN void planesToPixels(int height, int width, const T *in, T *out, ptrdiff_t outImage,
                             ptrdiff_t outRow, Work work) {
  const ptrdiff_t plane = static_cast<ptrdiff_t>(height) * width;
  for (int unit = work.begin; unit < work.end; ++unit) {
    const int image = unit / height, y = unit % height;
    const T *from = in + image * C * plane + static_cast<ptrdiff_t>(y) * width;
    T *BURIN_RESTRICT to = out + image * outImage + y * outRow;
    for (int x = 0; x < width; ++x)
      unroll<C>([&](auto c) BURIN_LAMBDA { to[x * C + c] = from[x + c * plane]; });
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
