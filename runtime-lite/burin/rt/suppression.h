// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of boxes that overlap, the one with the best score.
#ifndef BURIN_RT_SUPPRESSION_H
#define BURIN_RT_SUPPRESSION_H

#include "sort.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

struct Suppression {
  int batches, classes, boxes;
  bool centerPoint; ///< boxes are x, y, width, height; else two corners (y, x) in any order
};

struct Box {
  double top, left, bottom, right;
};
template <class T> BURIN_FN Box boxOf(const Suppression &s, const T *p) {
  const double a = cast<double>(p[0]), b = cast<double>(p[1]);
  const double c = cast<double>(p[2]), d = cast<double>(p[3]);
  if (s.centerPoint)
    return {b - d / 2, a - c / 2, b + d / 2, a + c / 2};
  return {a < c ? a : c, b < d ? b : d, a < c ? c : a, b < d ? d : b};
}
BURIN_FN double areaOf(const Box &b) { return (b.bottom - b.top) * (b.right - b.left); }

/// Intersection over union as a float, as thresholds are: 7 / 10 is not above 0.7.
BURIN_FN float overlap(const Box &a, const Box &b) {
  const double height =
      (a.bottom < b.bottom ? a.bottom : b.bottom) - (a.top > b.top ? a.top : b.top);
  const double width =
      (a.right < b.right ? a.right : b.right) - (a.left > b.left ? a.left : b.left);
  const double aArea = areaOf(a), bArea = areaOf(b);
  if (height <= 0 || width <= 0 || aArea <= 0 || bArea <= 0)
    return 0;
  const double both = height * width;
  return static_cast<float>(both / (aArea + bArea - both));
}

/// boxes [batches][boxes][4], scores [batches][classes][boxes] to out [*count][3]: batch, class and
/// box, by score, equal ones in their order, a NaN last. A box is left out if it overlaps a chosen
/// one by more than *iou, or its score is not above *least (null: any is), or `*most` of its class
/// are chosen. At most `room` rows are written; *count is how many there are. Unit: 1. Scratch:
/// boxes * 8 bytes.
template <class T>
BURIN_FN void nonMaxSuppression(const Suppression &s, const T *boxes, const T *scores,
                                const int64_t *most, const T *iou, const T *least, int room,
                                int64_t *out, int *count, Work work) {
  if (work.begin == work.end)
    return;
  int32_t *order = static_cast<int32_t *>(static_cast<void *>(work.scratch)),
          *spare = order + s.boxes;
  const double threshold = iou ? cast<double>(*iou) : 0;
  const int64_t limit = most ? *most : 0;
  int found = 0;
  for (int line = 0; line < s.batches * s.classes; ++line) {
    const int batch = line / s.classes;
    const T *score = scores + static_cast<ptrdiff_t>(line) * s.boxes;
    const T *box = boxes + static_cast<ptrdiff_t>(batch) * s.boxes * 4;
    for (int i = 0; i < s.boxes; ++i)
      order[i] = i;
    stableSort(s.boxes, order, spare, [&](int32_t a, int32_t b) BURIN_LAMBDA {
      const auto x = native(score[a]), y = native(score[b]);
      return x > y || (x == x && y != y);
    });
    int32_t *chosen = spare;
    int kept = 0;
    for (int k = 0; k < s.boxes && kept < limit; ++k) {
      const int32_t i = order[k];
      if (least && !(native(score[i]) > native(*least)))
        continue;
      const Box own = boxOf(s, box + static_cast<ptrdiff_t>(i) * 4);
      bool isHidden = false;
      for (int j = 0; j < kept && !isHidden; ++j)
        isHidden = static_cast<double>(overlap(
                       own, boxOf(s, box + static_cast<ptrdiff_t>(chosen[j]) * 4))) > threshold;
      if (isHidden)
        continue;
      chosen[kept++] = i;
      if (found < room) {
        int64_t *to = out + static_cast<ptrdiff_t>(found) * 3;
        to[0] = batch;
        to[1] = line % s.classes;
        to[2] = i;
      }
      ++found;
    }
  }
  *count = found;
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
