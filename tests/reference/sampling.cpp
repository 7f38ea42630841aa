// SPDX-License-Identifier: Apache-2.0
//
// Sampling images [n, c, spatial...] at places that are known at run time.
#include "tests/reference/indices.h"
#include "tests/reference/interpolation.h"
#include "tests/reference/numbers.h"

#include <cmath>

namespace burin::reference {
namespace {

/// Places are computed in f32 (in f64 for f64), a rounding a step, as the frameworks do it: which
/// element is nearest and how many samples a bin has depend on it.
struct Geometry {
  bool isDouble;
  double operator()(double x) const { return isDouble ? x : static_cast<float>(x); }
};

Geometry geometryOf(const Call &call) { return {call.get("x").type.element() == ElementType::f64}; }

// ---- grid_sample: https://onnx.ai/onnx/operators/onnx__GridSample.html ----

/// One spatial axis: its extent, and where it ends for reflection.
struct SampledAxis {
  int64_t extent;
  bool alignCorners;
  double least, most;

  SampledAxis(int64_t n, bool align)
      : extent{n}, alignCorners{align}, least{align ? 0 : -0.5}, most{static_cast<double>(n) -
                                                                      (align ? 1 : 0.5)} {}

  /// A coordinate in [-1, 1] in elements.
  double position(double coordinate, Geometry round) const {
    const double fromBegin = round(coordinate + 1);
    if (alignCorners)
      return round(fromBegin / 2 * most);
    return round(round(round(fromBegin * static_cast<double>(extent)) - 1) / 2);
  }
};

/// Mirrored at the ends until it lies between them.
double reflected(double p, const SampledAxis &axis) {
  const double length = axis.most - axis.least;
  if (length <= 0)
    return axis.least;
  const double phase = std::fmod(std::fabs(p - axis.least), 2 * length);
  return axis.least + std::fmin(phase, 2 * length - phase);
}

/// The element that stands at an index outside of the axis.
int64_t insideImage(int64_t index, const SampledAxis &axis, const std::string &padding) {
  if (padding == "reflection")
    return static_cast<int64_t>(reflected(static_cast<double>(index), axis));
  return std::clamp<int64_t>(index, 0, axis.extent - 1);
}

/// The elements of one axis that a sample is made of; none where all lie in zero padding.
Taps sampleTaps(double p, const SampledAxis &axis, const std::string &mode,
                const std::string &padding) {
  constexpr double kReach = 3; // no tap is farther
  const double most = static_cast<double>(axis.extent - 1) + kReach;
  if (padding == "zeros" && !(p >= -kReach && p <= most))
    return {};
  // Moving a place that is far outside to where it sees the same. NaN: to the first element.
  if (padding == "reflection" && (p < -kReach || p > most) && std::isfinite(p))
    p = reflected(mode == "nearest" ? std::nearbyint(p) : p, axis);
  p = std::isnan(p) ? 0 : std::clamp(p, -kReach, most);

  Taps taps;
  if (mode == "nearest")
    taps = {{static_cast<int64_t>(std::nearbyint(p)), 1}};
  else if (mode == "linear")
    taps = tapsAround(p, 1, linearKernel);
  else
    taps = tapsAround(p, 2, [](double distance) { return cubicKernel(distance, -0.75); });
  if (padding == "zeros")
    std::erase_if(taps, [&](const Tap &tap) { return tap.index < 0 || tap.index >= axis.extent; });
  for (Tap &tap : taps)
    tap.index = insideImage(tap.index, axis, padding);
  return taps;
}

/// The sum over all combinations of the taps of the axes.
double weightedSum(const std::vector<double> &x, size_t base, const Extents &spatial,
                   const std::vector<Taps> &taps) {
  Extents counts, at(spatial.size());
  for (const Taps &ofAxis : taps)
    counts.push_back(static_cast<int64_t>(ofAxis.size()));
  double sum = 0;
  forEachIndex(counts, [&](const Extents &choice) {
    double weight = 1;
    for (size_t d = 0; d < at.size(); ++d) {
      const Tap &tap = taps[d][static_cast<size_t>(choice[d])];
      weight *= tap.weight;
      at[d] = tap.index;
    }
    sum += weight * x[base + flatten(spatial, at)];
  });
  return sum;
}

Tensors gridSample(const Call &call) {
  const Tensor &grid = call.get("grid");
  const std::vector<double> x = load<double>(call.get("x"));
  const Extents shape = call.get("x").shape(), spatial = part(shape, 2), gridShape = grid.shape();
  const size_t rank = spatial.size();
  const Geometry geometry = geometryOf(call);
  Tensor out = call.result();
  if (x.empty())
    return {out};
  size_t i = 0;
  forEachIndex(out.shape(), [&](const Extents &at) {
    Extents place = part(at, 2);
    place.insert(place.begin(), at[0]);
    const size_t row = flatten(part(gridShape, 0, rank + 1), place);
    std::vector<Taps> taps;
    for (size_t d = 0; d < rank; ++d) { // the grid holds x, y, z: the last axis first
      const SampledAxis axis{spatial[d], call[ir::attr::alignCorners]};
      taps.push_back(sampleTaps(axis.position(grid.number(row * rank + rank - 1 - d), geometry),
                                axis, call[ir::attr::mode], call[ir::attr::pattern]));
    }
    const size_t image = static_cast<size_t>(at[0] * shape[1] + at[1]);
    out.setNumber(i++,
                  weightedSum(x, image * static_cast<size_t>(countOf(spatial)), spatial, taps));
  });
  return {out};
}

// ---- roi_align: https://onnx.ai/onnx/operators/onnx__RoiAlign.html ----

/// A side of a region, cut into bins.
struct Side {
  double start, bin;
  int64_t samples;

  Side(double begin, double end, const Call &call, int64_t bins) {
    const Geometry round = geometryOf(call);
    const double scale = round(call[ir::attr::spatialScale]);
    const bool isHalfPixel = call[ir::attr::coordinates] == "half_pixel";
    const double offset = isHalfPixel ? 0.5 : 0;
    start = round(round(begin * scale) - offset);
    const double length = round(round(round(end * scale) - offset) - start);
    bin = round((isHalfPixel ? length : std::fmax(length, 1)) / static_cast<double>(bins));
    samples = call[ir::attr::sampling] > 0 ? call[ir::attr::sampling]
                                           : static_cast<int64_t>(std::ceil(bin));
  }
  double position(int64_t ofBin, int64_t sample) const {
    return start + static_cast<double>(ofBin) * bin +
           (static_cast<double>(sample) + 0.5) * bin / static_cast<double>(samples);
  }
};

/// Two elements always, so that a maximum sees what it sees in ONNX; none far outside.
Taps regionTaps(double p, int64_t extent) {
  if (!(p >= -1 && p <= static_cast<double>(extent)))
    return {};
  p = std::fmin(std::fmax(p, 0), static_cast<double>(extent - 1));
  const auto below = static_cast<int64_t>(p);
  const double share = p - static_cast<double>(below);
  return {{below, 1 - share}, {std::min(below + 1, extent - 1), share}};
}

/// The mean of the samples, or the largest share that any of the four elements has in any of them:
/// the definition of ONNX, which does not interpolate first.
double pooled(const std::vector<double> &x, size_t base, const Extents &spatial,
              const std::vector<Taps> &rows, const std::vector<Taps> &columns, bool isMax) {
  double sum = 0, most = least<double>(ElementType::f64);
  for (const Taps &row : rows)
    for (const Taps &column : columns) {
      if (row.empty() || column.empty())
        most = larger(most, 0.0);
      for (const Tap &r : row)
        for (const Tap &c : column) {
          const double share = r.weight * c.weight * x[base + flatten(spatial, {r.index, c.index})];
          sum += share;
          most = larger(most, share);
        }
    }
  if (rows.empty() || columns.empty())
    return 0;
  return isMax ? most : sum / static_cast<double>(rows.size() * columns.size());
}

std::vector<Taps> binTaps(const Side &side, int64_t bin, int64_t extent) {
  std::vector<Taps> taps;
  for (int64_t s = 0; s < side.samples; ++s)
    taps.push_back(regionTaps(side.position(bin, s), extent));
  return taps;
}

Tensors roiAlign(const Call &call) {
  const Tensor &rois = call.get("rois"), &batch = call.get("batch");
  const std::vector<double> x = load<double>(call.get("x"));
  const Extents shape = call.get("x").shape(), spatial = part(shape, 2);
  Tensor out = call.result();
  if (x.empty())
    return {out};
  size_t i = 0;
  forEachIndex(out.shape(), [&](const Extents &at) {
    const auto r = static_cast<size_t>(at[0]);
    const Side height{rois.number(4 * r + 1), rois.number(4 * r + 3), call, out.extent(2)},
        width{rois.number(4 * r), rois.number(4 * r + 2), call, out.extent(3)};
    const auto image =
        static_cast<size_t>(insideAxis(batch.integer(r), shape[0]) * shape[1] + at[1]);
    out.setNumber(i++, pooled(x, image * static_cast<size_t>(countOf(spatial)), spatial,
                              binTaps(height, at[2], shape[2]), binTaps(width, at[3], shape[3]),
                              call[ir::attr::mode] == "max"));
  });
  return {out};
}

} // namespace

std::vector<Row> samplingRows() {
  return {{&ir::ops::grid_sample, gridSample}, {&ir::ops::roi_align, roiAlign}};
}

} // namespace burin::reference
