// SPDX-License-Identifier: Apache-2.0
//
// Resampling.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferResize(const Op &);
std::vector<Type> inferGridSample(const Op &);
std::vector<Type> inferRoiAlign(const Op &);

namespace ops {
// clang-format off
inline constexpr OpDef
    resize{.name = "resize",
           .doc = "x resampled to `shape` along every axis whose extent differs or whose scale is not 1 (`scales`: an entry an axis, used for coordinates). mode: nearest, linear, cubic. "
                  "coordinates: half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners, asymmetric, tf_half_pixel_for_nn, tf_crop_and_resize (roi: f32[2 * rank], and "
                  "`extrapolation` outside). nearest: round_prefer_floor, round_prefer_ceil, floor, ceil.",
           .operands = {{"x"}, {"roi", optional}},
           .attrs = {attr::shape, attr::scales, attr::mode, attr::coordinates, attr::nearest, attr::cubicCoefficient, attr::excludeOutside, attr::antialias, attr::extrapolation},
           .infer = inferResize},
    grid_sample{.name = "grid_sample",
                .doc = "x [n, c, spatial...] sampled at grid [n, out..., spatial rank] in [-1, 1]; mode: nearest, linear, cubic; `pattern` is the padding: zeros, border, reflection.",
                .operands = {{"x"}, {"grid"}}, .attrs = {attr::mode, attr::pattern, attr::alignCorners}, .infer = inferGridSample},
    roi_align{.name = "roi_align", .doc = "x [n, c, h, w] pooled in rois [r, 4] of images `batch` [r] to shape [r, c, shape...]; mode: avg, max; coordinates: half_pixel, output_half_pixel.",
              .operands = {{"x"}, {"rois"}, {"batch"}}, .attrs = {attr::shape, attr::mode, attr::coordinates, attr::sampling, attr::spatialScale}, .infer = inferRoiAlign};

inline constexpr const OpDef *kImageOps[] = {&resize, &grid_sample, &roi_align};
// clang-format on
} // namespace ops
} // namespace burin::ir
