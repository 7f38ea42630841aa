// SPDX-License-Identifier: Apache-2.0
//
// What a resize does to each axis: for the generated code, and inside the compiler.
#pragma once

#include "codegen/kernels/kernel_def.h"

#include "burin/rt/resize.h"

namespace burin::kernels {

/// One axis of a resize. Extents and roi are what the caller knows of them.
rt::ResizeAxis resizeAxis(const Op &, size_t axis, int64_t in, int64_t out, double roiBegin = 0,
                          double roiEnd = 1);
rt::NearestMode nearestMode(const Op &);
rt::Interpolation interpolation(const Op &);
bool isNearest(const Op &);
bool takesRoi(const Op &);

/// index [out]; or index and weight [out][taps].
std::vector<int32_t> nearestTable(const rt::ResizeAxis &, rt::NearestMode);
struct ResizeTable {
  int taps = 0;
  std::vector<int32_t> index;
  std::vector<double> weight;
};
ResizeTable interpolationTable(const rt::ResizeAxis &, rt::Interpolation);

} // namespace burin::kernels
