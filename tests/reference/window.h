// SPDX-License-Identifier: Apache-2.0
//
// The windows of convolutions and pools.
#pragma once

#include "tests/reference/indices.h"

namespace burin::reference {

/// Windows over the spatial axes of an image, from the attributes strides, pads and dilations.
struct Window {
  Extents kernel, image, strides, dilations, begins, ends;

  Window(const Call &call, Extents kernelExtents, Extents imageExtents)
      : kernel(std::move(kernelExtents)), image(std::move(imageExtents)),
        strides(call[ir::attr::strides]), dilations(call[ir::attr::dilations]),
        begins(part(call[ir::attr::pads], 0, kernel.size())),
        ends(part(call[ir::attr::pads], kernel.size())) {}

  /// Where a tap of the window at `at` lies; it may be outside of the image.
  int64_t position(size_t axis, int64_t at, int64_t tap) const {
    return at * strides[axis] + tap * dilations[axis] - begins[axis];
  }

  /// Calls visit(tap, index) for the taps that lie inside the image, in order.
  template <class F> void forEachTap(const Extents &at, F visit) const {
    Extents inside(at.size());
    size_t tap = 0;
    forEachIndex(kernel, [&](const Extents &offset) {
      bool isInside = true;
      for (size_t d = 0; d < at.size(); ++d) {
        inside[d] = position(d, at[d], offset[d]);
        isInside = isInside && inside[d] >= 0 && inside[d] < image[d];
      }
      if (isInside)
        visit(tap, std::as_const(inside));
      ++tap;
    });
  }
};

} // namespace burin::reference
