// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Resize of ONNX. Interpolation is separable: one axis at a time, from a table of indices and
// weights that is computed in double, when the model is compiled or, where extents are symbols,
// when it runs.
#ifndef BURIN_RT_RESIZE_H
#define BURIN_RT_RESIZE_H

#include "cast.h"
#include "math_core.h"
#include "nd.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// How a place in the output maps to one in the input.
enum class Coordinates {
  half_pixel,
  half_pixel_symmetric,
  pytorch_half_pixel,
  align_corners,
  asymmetric,
  tf_half_pixel_for_nn,
  tf_crop_and_resize,
};
enum class NearestMode { round_prefer_floor, round_prefer_ceil, floor, ceil };
enum class Interpolation { linear, cubic };

/// One axis. Scale is what the model gives, or out / in; roi only for tf_crop_and_resize, cubic is
/// the coefficient a, -0.75 by default.
struct ResizeAxis {
  int in, out;
  double scale, roiBegin, roiEnd;
  Coordinates coordinates;
  bool excludeOutside, antialias;
  double cubic;
};

/// The place in the input of output x. The length of the output is in * scale, whole or not.
BURIN_FN double resizePlace(const ResizeAxis &a, int x) {
  const double length = a.scale * a.in, last = a.in - 1;
  switch (a.coordinates) {
  case Coordinates::half_pixel:
    return (x + 0.5) / a.scale - 0.5;
  case Coordinates::half_pixel_symmetric:
    return 0.5 * a.in * (1 - a.out / length) + (x + 0.5) / a.scale - 0.5;
  case Coordinates::pytorch_half_pixel:
    return a.out > 1 ? (x + 0.5) / a.scale - 0.5 : 0;
  case Coordinates::align_corners:
    return length == 1 ? 0 : x * last / (length - 1);
  case Coordinates::asymmetric:
    return x / a.scale;
  case Coordinates::tf_half_pixel_for_nn:
    return (x + 0.5) / a.scale;
  case Coordinates::tf_crop_and_resize: {
    const double size = (a.roiEnd - a.roiBegin) * last;
    return a.roiBegin * last + (length == 1 ? size / 2 : x * size / (length - 1));
  }
  }
  return 0;
}
BURIN_FN bool resizeOutside(const ResizeAxis &a, double place) {
  return a.coordinates == Coordinates::tf_crop_and_resize && (place < 0 || place > a.in - 1);
}
BURIN_FN int clampToAxis(int i, int n) { return i < 0 ? 0 : i < n ? i : n - 1; }

// ---- tables ----

/// index [out]: the input that is nearest, -1 outside of the region.
BURIN_FN void resizeNearestTable(const ResizeAxis &a, NearestMode mode, int32_t *index) {
  for (int x = 0; x < a.out; ++x) {
    const double place = resizePlace(a, x), below = floor(place), part = place - below;
    bool up = false;
    switch (mode) {
    case NearestMode::round_prefer_floor:
      up = part > 0.5;
      break;
    case NearestMode::round_prefer_ceil:
      up = part >= 0.5;
      break;
    case NearestMode::floor:
      break;
    case NearestMode::ceil:
      up = part > 0;
      break;
    }
    index[x] =
        resizeOutside(a, place) ? -1 : clampToAxis(static_cast<int>(below) + (up ? 1 : 0), a.in);
  }
}

/// The first input that output place `floor + ratio` reads, 0 < ratio <= 1, counted from floor.
BURIN_FN int resizeFirstTap(const ResizeAxis &a, Interpolation kind) {
  const double reach = kind == Interpolation::linear ? 1 : 2;
  return static_cast<int>(floor(-reach / (a.antialias && a.scale < 1 ? a.scale : 1))) + 1;
}
/// Inputs that are read for each output.
BURIN_FN int resizeTaps(const ResizeAxis &a, Interpolation kind) {
  return 2 - 2 * resizeFirstTap(a, kind);
}
BURIN_FN double resizeWeight(const ResizeAxis &a, Interpolation kind, double distance) {
  const double d = abs(distance), c = a.cubic;
  if (kind == Interpolation::linear)
    return d < 1 ? 1 - d : 0;
  if (d <= 1)
    return ((c + 2) * d - (c + 3)) * d * d + 1;
  return d < 2 ? ((c * d - 5 * c) * d + 8 * c) * d - 4 * c : 0;
}
/// index and weight [out][taps]; places outside of the input read its ends, or, excludeOutside,
/// have no weight. index -1: the whole output lies outside of the region.
BURIN_FN void resizeTable(const ResizeAxis &a, Interpolation kind, int32_t *index, float *weight) {
  const int first = resizeFirstTap(a, kind), taps = resizeTaps(a, kind);
  const double stretch = a.antialias && a.scale < 1 ? a.scale : 1;
  for (int x = 0; x < a.out; ++x, index += taps, weight += taps) {
    const double place = resizePlace(a, x), left = ceil(place) - 1, ratio = place - left;
    const bool outside = resizeOutside(a, place);
    const auto weightOf = [&](int t) BURIN_LAMBDA {
      const double at = left + (first + t);
      return a.excludeOutside && (at < 0 || at > a.in - 1)
                 ? 0
                 : resizeWeight(a, kind, stretch * (first + t - ratio));
    };
    double sum = 0;
    for (int t = 0; t < taps; ++t)
      sum += weightOf(t);
    const bool divide = a.excludeOutside || a.antialias;
    for (int t = 0; t < taps; ++t) {
      index[t] = outside ? -1 : clampToAxis(static_cast<int>(left) + first + t, a.in);
      weight[t] = static_cast<float>(divide ? weightOf(t) / sum : weightOf(t));
    }
  }
}

// ---- kernels ----

/// One table for each axis; null: the axis stays as it is.
template <int R> struct ResizeIndex {
  Array<const int32_t *, R> v;
};

/// Any number of axes at once, of any type: out dense, in by its strides. Units: rows of the
/// output.
template <int R, class T>
BURIN_FN void resizeNearest(const Nd<R> &outShape, const Nd<R> &inStride,
                            const ResizeIndex<R> &index, const T *in, T extrapolation, T *out,
                            Work work) {
  const int n = outShape[R - 1];
  const int32_t *columns = index.v[R - 1];
  Walk<R - 1, R> walk = walkFrom<R - 1>(work.begin, outShape, Nd<R>{}, Nd<R>{});
  for (int row = work.begin; row < work.end; ++row, walk.next()) {
    T *to = out + static_cast<ptrdiff_t>(row) * n;
    ptrdiff_t place = 0;
    bool outside = false;
    for (int i = 0; i < R - 1; ++i) {
      const int at = index.v[i] ? static_cast<int>(index.v[i][walk.index[i]]) : walk.index[i];
      outside |= at < 0;
      place += static_cast<ptrdiff_t>(at) * inStride[i];
    }
    if (outside)
      fill(extrapolation, to, {0, n, nullptr});
    else if (!columns)
      copyRow(n, in + place, inStride[R - 1], to, 1);
    else
      for (int i = 0; i < n; ++i)
        to[i] = columns[i] < 0 ? extrapolation
                               : in[place + static_cast<ptrdiff_t>(columns[i]) * inStride[R - 1]];
  }
}

template <int W>
BURIN_FN void resizeRow(int i, int inner, int taps, const int32_t *index, const float *weight,
                        const float *in, float *out) {
  using V = Vec<W>;
  for (; i + W <= inner; i += W) {
    V sum = V{};
    for (int t = 0; t < taps; ++t)
      sum += splat<V>(weight[t]) * load<V>(in + static_cast<ptrdiff_t>(index[t]) * inner + i);
    store(out + i, sum);
  }
  if constexpr (W > 1)
    resizeRow<(W > 4 ? W / 2 : 1)>(i, inner, taps, index, weight, in, out);
}

/// One axis: [outer][in][inner] to [outer][out][inner], by a table of resizeTable. Units: outer *
/// out.
template <class In, class Out, class Inner>
BURIN_FN void resizeAxis(In inSize, Out outSize, Inner inner, int taps, const int32_t *index,
                         const float *weight, const float *in, float extrapolation, float *out,
                         Work work) {
  const int n = inner, width = outSize;
  for (int unit = work.begin; unit < work.end; ++unit) {
    const ptrdiff_t table = static_cast<ptrdiff_t>(unit % width) * taps;
    float *to = out + static_cast<ptrdiff_t>(unit) * n;
    if (index[table] < 0)
      fill(extrapolation, to, {0, n, nullptr});
    else
      resizeRow<kIsa.width>(0, n, taps, index + table, weight + table,
                            in + static_cast<ptrdiff_t>(unit / width) * inSize * n, to);
  }
}

/// The same for any type, computed in Acc; integers are rounded half to even and saturate.
template <class Acc, class T>
BURIN_FN void resizeAxisScalar(int inSize, int outSize, int inner, int taps, const int32_t *index,
                               const float *weight, const T *in, T extrapolation, T *out,
                               Work work) {
  for (int unit = work.begin; unit < work.end; ++unit) {
    const ptrdiff_t table = static_cast<ptrdiff_t>(unit % outSize) * taps;
    const T *from = in + static_cast<ptrdiff_t>(unit / outSize) * inSize * inner;
    for (int i = 0; i < inner; ++i) {
      Acc sum = 0;
      for (int t = 0; t < taps && index[table] >= 0; ++t)
        sum += static_cast<Acc>(weight[table + t]) *
               cast<Acc>(from[static_cast<ptrdiff_t>(index[table + t]) * inner + i]);
      const Acc whole = kKind<T> == Kind::integer ? round(sum) : sum;
      out[static_cast<ptrdiff_t>(unit) * inner + i] =
          index[table] < 0 ? extrapolation : cast<T>(whole);
    }
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
