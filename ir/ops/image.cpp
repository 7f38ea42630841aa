// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/image.h"

#include "ir/ops/infer.h"

#include <fmt/format.h>

namespace burin::ir {

Types inferResize(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  // resize.element: x is a number
  checkElement(op, 0, isNumber(x.element()), "a number");
  // resize.shape, resize.scales: an entry an axis
  checkCount(op, "shape", op[attr::shape].size(), x.rank());
  checkCount(op, "scales", op[attr::scales].size(), x.rank());
  checkExtents(op, op[attr::shape]);
  checkOneOf(op, attr::mode, {"nearest", "linear", "cubic"});
  checkOneOf(op, attr::coordinates,
             {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
              "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"});
  if (op[attr::mode] == "nearest")
    checkOneOf(op, attr::nearest, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  const bool takesRoi = op[attr::coordinates] == "tf_crop_and_resize";
  const Value *roi = operandOrNull(op, 1);
  const Type expected{ElementType::f32, {2 * static_cast<int64_t>(x.rank())}};
  // resize.roi: f32[2 * rank] where the coordinates need it
  if (roi ? roi->type != expected : takesRoi)
    fail(op, "roi",
         fmt::format("roi is {}, expected {} with coordinates '{}'",
                     roi ? roi->type.text() : "absent", expected.text(), op[attr::coordinates]));
  for (size_t i = 0; i < x.rank(); ++i)
    // resize.empty: an axis without elements has none to sample
    if (x.dim(i).isNumber(0) && op[attr::shape][i].bounds().lo > 0)
      fail(
          op, "empty",
          fmt::format("axis {} is resized to {} but x has extent 0", i, op[attr::shape][i].text()));
  return {x.withShape(op[attr::shape])};
}

Types inferGridSample(const Op &op) {
  const Type &x = tensorOperand(op, 0), &grid = tensorOperand(op, 1);
  // grid_sample.element: floats of one type
  checkElement(op, 0, isFloat(x.element()), "a float");
  checkSameElement(op, 1, 0);
  // grid_sample.rank: batch, channels, one to three spatial axes; the grid as many
  checkRank(op, 0, 3, 5);
  checkRank(op, 1, x.rank(), x.rank());
  const auto spatial = static_cast<int64_t>(x.rank()) - 2;
  // grid_sample.grid: the batch of x, and a coordinate a spatial axis
  if (grid.dim(0) != x.dim(0) || !grid.dim(grid.rank() - 1).isNumber(spatial))
    fail(op, "grid",
         fmt::format("grid has shape {}, expected [{}, ..., {}]", text(grid.shape()),
                     x.dim(0).text(), spatial));
  checkOneOf(op, attr::mode, {"nearest", "linear", "cubic"});
  checkOneOf(op, attr::pattern, {"zeros", "border", "reflection"});
  Shape shape{x.dim(0), x.dim(1)};
  shape.insert(shape.end(), grid.shape().begin() + 1, grid.shape().end() - 1);
  return {x.withShape(std::move(shape))};
}

Types inferRoiAlign(const Op &op) {
  const Type &x = tensorOperand(op, 0), &rois = tensorOperand(op, 1), &batch = tensorOperand(op, 2);
  // roi_align.element: floats of one type
  checkElement(op, 0, isFloat(x.element()), "a float");
  checkSameElement(op, 1, 0);
  // roi_align.rank: 4
  checkRank(op, 0, 4, 4);
  // roi_align.rois: [r, 4]
  if (rois.rank() != 2 || !rois.dim(1).isNumber(4))
    fail(op, "rois", fmt::format("rois has shape {}, expected [r, 4]", text(rois.shape())));
  // roi_align.indices: [r], i32 or i64
  checkIndices(op, 2);
  // roi_align.batch: one for each roi
  if (batch.shape() != Shape{rois.dim(0)})
    fail(op, "batch",
         fmt::format("batch has shape {}, expected [{}]", text(batch.shape()), rois.dim(0).text()));
  // roi_align.shape: height and width
  checkCount(op, "shape", op[attr::shape].size(), 2);
  Shape shape{rois.dim(0), x.dim(1), op[attr::shape][0], op[attr::shape][1]};
  checkExtents(op, shape);
  checkOneOf(op, attr::mode, {"avg", "max"});
  checkOneOf(op, attr::coordinates, {"half_pixel", "output_half_pixel"});
  checkAtLeast(op, "sampling", op[attr::sampling], 0);
  return {x.withShape(std::move(shape))};
}

} // namespace burin::ir
