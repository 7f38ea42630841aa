// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Regions of images, cut into bins and pooled from samples between the pixels, NCHW.
#ifndef BURIN_RT_ROI_ALIGN_H
#define BURIN_RT_ROI_ALIGN_H

#include "grid_sample.h"
#include "index.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

struct RoiAlign {
  int images, channels, height, width;
  int outHeight, outWidth;
  bool halfPixel; ///< else regions are at least one pixel large, and not moved by half a pixel
  int sampling;   ///< samples of a bin along each axis; 0: as many as it is wide
  double spatialScale;
};

/// A side of a region: where it begins, how wide a bin is, how many samples that has. In F, a
/// rounding a step: how many samples there are hangs on it.
template <class F> struct RoiSide {
  F start, bin;
  int samples;
};
template <class F> BURIN_FN RoiSide<F> roiSide(const RoiAlign &s, F begin, F end, int bins) {
  const F scale = static_cast<F>(s.spatialScale), offset = s.halfPixel ? F{0.5} : F{0};
  const F start = roundedProduct(begin, scale) - offset;
  const F length = roundedProduct(end, scale) - offset - start;
  const F bin = (s.halfPixel || length > 1 ? length : F{1}) / static_cast<F>(bins);
  constexpr F manySamples = 1 << 20;
  const F samples = bin < manySamples ? ceil(bin) : manySamples;
  return {start, bin, s.sampling > 0 ? s.sampling : samples > 0 ? static_cast<int>(samples) : 0};
}

/// The two elements that a sample lies between; isInside is false for one that is far outside.
template <class Acc> struct RoiTaps {
  bool isInside;
  int index[2];
  Acc weight[2];
};
template <class F> BURIN_FN RoiTaps<F> roiTaps(const RoiSide<F> &side, int bin, int sample, int n) {
  const double width = static_cast<double>(side.bin);
  double place =
      static_cast<double>(side.start) + bin * width + (sample + 0.5) * width / side.samples;
  if (!(place >= -1 && place <= n))
    return {};
  place = place < 0 ? 0 : place > n - 1 ? n - 1 : place;
  const int below = static_cast<int>(place), next = below + 1 < n ? below + 1 : n - 1;
  const double part = place - below;
  return {true, {below, next}, {static_cast<F>(1 - part), static_cast<F>(part)}};
}

/// The mean of the samples of each bin of rois [count][4] (x1, y1, x2, y2) in the images `batch`
/// [count]; or, Max, the largest share that one of the four elements about a sample has in any of
/// them, which is how ONNX defines it. Without samples 0. Acc: float or double. Units: rows of
/// bins, count * outHeight. Scratch: channels * sizeof(Acc).
template <bool Max, class Acc, class T, class I>
BURIN_FN void roiAlign(const RoiAlign &s, const T *in, const T *rois, const I *batch, T *out,
                       Work work) {
  const ptrdiff_t plane = static_cast<ptrdiff_t>(s.height) * s.width;
  const ptrdiff_t bins = static_cast<ptrdiff_t>(s.outHeight) * s.outWidth;
  Acc *pooled = static_cast<Acc *>(static_cast<void *>(work.scratch));
  for (int unit = work.begin; unit < work.end; ++unit) {
    const int roi = unit / s.outHeight, y = unit % s.outHeight;
    const T *box = rois + static_cast<ptrdiff_t>(roi) * 4;
    const RoiSide<Acc> height = roiSide(s, cast<Acc>(box[1]), cast<Acc>(box[3]), s.outHeight);
    const RoiSide<Acc> width = roiSide(s, cast<Acc>(box[0]), cast<Acc>(box[2]), s.outWidth);
    const bool isEmpty = height.samples == 0 || width.samples == 0 || s.images == 0 || plane == 0;
    const T *image = isEmpty ? in : in + clampIndex(batch[roi], s.images) * s.channels * plane;
    const Acc count = static_cast<Acc>(height.samples) * static_cast<Acc>(width.samples);
    T *row = out + roi * s.channels * bins + static_cast<ptrdiff_t>(y) * s.outWidth;
    for (int x = 0; x < s.outWidth; ++x) {
      for (int c = 0; c < s.channels; ++c)
        pooled[c] = Max && !isEmpty ? static_cast<Acc>(-infinity()) : Acc{};
      for (int i = 0; i < height.samples && !isEmpty; ++i) {
        const RoiTaps<Acc> v = roiTaps(height, y, i, s.height);
        for (int j = 0; j < width.samples; ++j) {
          const RoiTaps<Acc> h = roiTaps(width, x, j, s.width);
          if (!v.isInside || !h.isInside) {
            for (int c = 0; c < s.channels && Max; ++c)
              pooled[c] = maxNan(pooled[c], Acc{});
            continue;
          }
          for (int k = 0; k < 4; ++k) {
            const T *from =
                image + static_cast<ptrdiff_t>(v.index[k / 2]) * s.width + h.index[k % 2];
            const Acc weight = v.weight[k / 2] * h.weight[k % 2];
            for (int c = 0; c < s.channels; ++c) {
              const Acc share = weight * cast<Acc>(from[c * plane]);
              pooled[c] = Max ? maxNan(pooled[c], share) : pooled[c] + share;
            }
          }
        }
      }
      for (int c = 0; c < s.channels; ++c)
        row[c * bins + x] = cast<T>(Max || isEmpty ? pooled[c] : pooled[c] / count);
    }
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
