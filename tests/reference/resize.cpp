// SPDX-License-Identifier: Apache-2.0
//
// resize, one axis after the other.
// https://onnx.ai/onnx/operators/onnx__Resize.html
#include "tests/reference/indices.h"
#include "tests/reference/interpolation.h"
#include "tests/reference/numbers.h"

#include <algorithm>
#include <cmath>

namespace burin::reference {
namespace {

/// How one axis is resampled.
struct Axis {
  int64_t in, out;
  double scale;
  double roiBegin = 0, roiEnd = 1; ///< of tf_crop_and_resize, as shares of the axis
};

std::vector<Axis> axesOf(const Call &call) {
  const Extents from = call.get("x").shape(), to = shapeOf(call.resultType());
  const Tensor *roi = call.find("roi");
  std::vector<Axis> axes;
  for (size_t d = 0; d < from.size(); ++d) {
    axes.push_back({from[d], to[d], call[ir::attr::scales][d]});
    if (roi) {
      axes[d].roiBegin = roi->number(d);
      axes[d].roiEnd = roi->number(from.size() + d);
    }
  }
  return axes;
}

/// Where the middle of element i of the result lies in x, in elements.
double coordinate(const std::string &mode, const Axis &axis, int64_t i) {
  const auto at = static_cast<double>(i), in = static_cast<double>(axis.in),
             out = static_cast<double>(axis.out);
  if (mode == "asymmetric")
    return at / axis.scale;
  if (mode == "align_corners")
    return axis.out == 1 ? 0 : at * (in - 1) / (out - 1);
  if (mode == "tf_half_pixel_for_nn")
    return (at + 0.5) / axis.scale;
  if (mode == "tf_crop_and_resize") {
    if (axis.out == 1)
      return 0.5 * (axis.roiBegin + axis.roiEnd) * (in - 1);
    return axis.roiBegin * (in - 1) + at * (axis.roiEnd - axis.roiBegin) * (in - 1) / (out - 1);
  }
  if (mode == "pytorch_half_pixel" && axis.out == 1)
    return 0;
  const double halfPixel = (at + 0.5) / axis.scale - 0.5;
  if (mode == "half_pixel_symmetric") // the crop of a rounded extent takes as much on both sides
    return in / 2 * (1 - out / (axis.scale * in)) + halfPixel;
  return halfPixel;
}

bool isOutside(const std::string &mode, const Axis &axis, double position) {
  return mode == "tf_crop_and_resize" &&
         !(position >= 0 && position <= static_cast<double>(axis.in - 1));
}

bool isKept(const std::string &mode, const Axis &axis) {
  return axis.in == axis.out && axis.scale == 1 && mode != "tf_crop_and_resize";
}

int64_t nearestTo(double position, const std::string &rounding) {
  const double below = std::floor(position), share = position - below;
  const bool isUp = rounding == "ceil"                 ? share > 0
                    : rounding == "round_prefer_floor" ? share > 0.5
                    : rounding == "round_prefer_ceil"  ? share >= 0.5
                                                       : false;
  return static_cast<int64_t>(below) + isUp;
}

/// Copies elements, so that integers of 64 bits stay what they are.
Tensors resizeNearest(const Call &call) {
  const Tensor &x = call.get("x");
  const Extents shape = x.shape();
  const std::string &mode = call[ir::attr::coordinates];
  const std::vector<Axis> axes = axesOf(call);
  Tensor out = call.result();
  size_t i = 0;
  forEachIndex(out.shape(), [&](Extents at) {
    bool extrapolates = false;
    for (size_t d = 0; d < axes.size(); ++d) {
      if (isKept(mode, axes[d]))
        continue;
      const double position = coordinate(mode, axes[d], at[d]);
      extrapolates = extrapolates || isOutside(mode, axes[d], position);
      at[d] = std::clamp<int64_t>(nearestTo(position, call[ir::attr::nearest]), 0, axes[d].in - 1);
    }
    if (extrapolates)
      out.setNumber(i, call[ir::attr::extrapolation]);
    else
      copyElement(x, flatten(shape, at), out, i);
    ++i;
  });
  return {out};
}

/// The elements of the axis that make one of the result, with weights of sum 1.
Taps tapsOf(const Call &call, const Axis &axis, double position) {
  // Antialiasing widens the filter as the result is coarser than x.
  const double shrink = call[ir::attr::antialias] ? std::fmin(1, axis.scale) : 1;
  const bool isCubic = call[ir::attr::mode] == "cubic";
  Taps taps = tapsAround(position, (isCubic ? 2 : 1) / shrink, [&](double distance) {
    return isCubic ? cubicKernel(distance * shrink, call[ir::attr::cubicCoefficient])
                   : linearKernel(distance * shrink);
  });
  if (call[ir::attr::excludeOutside])
    std::erase_if(taps, [&](const Tap &tap) { return tap.index < 0 || tap.index >= axis.in; });
  double sum = 0;
  for (const Tap &tap : taps)
    sum += tap.weight;
  for (Tap &tap : taps)
    tap = {std::clamp<int64_t>(tap.index, 0, axis.in - 1), tap.weight / sum};
  return taps;
}

std::vector<double> resampled(const Call &call, const std::vector<double> &x, const Extents &shape,
                              size_t d, const Axis &axis) {
  const std::string &mode = call[ir::attr::coordinates];
  std::vector<Taps> taps;
  for (int64_t i = 0; i < axis.out; ++i) {
    const double position = coordinate(mode, axis, i);
    taps.push_back(isOutside(mode, axis, position) ? Taps{} : tapsOf(call, axis, position));
  }
  const auto inner = static_cast<size_t>(countOf(part(shape, d + 1)));
  const auto outer = static_cast<size_t>(countOf(part(shape, 0, d)));
  std::vector<double> out;
  for (size_t o = 0; o < outer; ++o)
    for (const Taps &ofElement : taps)
      for (size_t i = 0; i < inner; ++i) {
        double sum = ofElement.empty() ? call[ir::attr::extrapolation] : 0;
        for (const Tap &tap : ofElement)
          sum += tap.weight *
                 x[(o * static_cast<size_t>(axis.in) + static_cast<size_t>(tap.index)) * inner + i];
        out.push_back(sum);
      }
  return out;
}

Tensors resize(const Call &call) {
  if (call[ir::attr::mode] == "nearest")
    return resizeNearest(call);
  std::vector<double> all = load<double>(call.get("x"));
  Extents shape = call.get("x").shape();
  const std::vector<Axis> axes = axesOf(call);
  for (size_t d = 0; d < axes.size(); ++d) {
    if (isKept(call[ir::attr::coordinates], axes[d]))
      continue;
    all = resampled(call, all, shape, d, axes[d]);
    shape[d] = axes[d].out;
  }
  if (!ir::isFloat(call.get("x").type.element()))
    for (double &v : all)
      v = std::nearbyint(v);
  return {pack(call.resultType(), all)};
}

} // namespace

std::vector<Row> resizeRows() { return {{&ir::ops::resize, resize}}; }

} // namespace burin::reference
