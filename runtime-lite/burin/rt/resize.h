// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Resize. Interpolation is separable: for each row of the output the rows of the input that it is
// made of are summed first, then the sum is resampled along the row. The indices and weights of an
// axis are a table that is computed in double, when the model is compiled or, where extents are
// symbols, when it runs.
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

/// One axis. Scale is what the model gives, or out / in, and not asked where corners are aligned;
/// roi is only for tf_crop_and_resize, as shares of the axis; cubic is the coefficient a, -0.75 by
/// default.
struct ResizeAxis {
  int in, out;
  double scale, roiBegin, roiEnd;
  Coordinates coordinates;
  bool excludeOutside, antialias;
  double cubic;
};

/// The place in the input of output x.
BURIN_FN double resizePlace(const ResizeAxis &a, int x) {
  const double last = a.in - 1, half = (x + 0.5) / a.scale - 0.5;
  switch (a.coordinates) {
  case Coordinates::half_pixel:
    return half;
  case Coordinates::half_pixel_symmetric: // what rounding the length took is taken on both sides
    return 0.5 * a.in * (1 - a.out / (a.scale * a.in)) + half;
  case Coordinates::pytorch_half_pixel:
    return a.out > 1 ? half : 0;
  case Coordinates::align_corners:
    return a.out > 1 ? x * last / (a.out - 1) : 0;
  case Coordinates::asymmetric:
    return x / a.scale;
  case Coordinates::tf_half_pixel_for_nn:
    return (x + 0.5) / a.scale;
  case Coordinates::tf_crop_and_resize:
    if (a.out == 1)
      return 0.5 * (a.roiBegin + a.roiEnd) * last;
    return a.roiBegin * last + x * (a.roiEnd - a.roiBegin) * last / (a.out - 1);
  }
  return 0;
}
BURIN_FN bool resizeOutside(const ResizeAxis &a, double place) {
  return a.coordinates == Coordinates::tf_crop_and_resize && !(place >= 0 && place <= a.in - 1);
}
BURIN_FN int clampToAxis(int i, int n) { return i < 0 ? 0 : i < n ? i : n - 1; }
/// A place as an int, wherever it lies: far outside of the axis all are alike.
BURIN_FN int resizeIndex(double place, int n) {
  const double far = 2.0 * n + 64;
  return place > -far ? static_cast<int>(place < far ? place : far) : -static_cast<int>(far);
}

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
        resizeOutside(a, place) ? -1 : clampToAxis(resizeIndex(below, a.in) + (up ? 1 : 0), a.in);
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
/// have no weight. index -1: the whole output lies outside of the region. Weight: float or double.
template <class Weight>
BURIN_FN void resizeTable(const ResizeAxis &a, Interpolation kind, int32_t *index, Weight *weight) {
  const int first = resizeFirstTap(a, kind), taps = resizeTaps(a, kind);
  const double stretch = a.antialias && a.scale < 1 ? a.scale : 1;
  for (int x = 0; x < a.out; ++x, index += taps, weight += taps) {
    const double place = resizePlace(a, x), left = ceil(place) - 1;
    const bool outside = resizeOutside(a, place);
    const auto weightOf = [&](int t) BURIN_LAMBDA {
      const double at = left + (first + t);
      return a.excludeOutside && (at < 0 || at > a.in - 1)
                 ? 0
                 : resizeWeight(a, kind, stretch * (at - place));
    };
    double sum = 0;
    for (int t = 0; t < taps; ++t)
      sum += weightOf(t);
    for (int t = 0; t < taps; ++t) {
      index[t] = outside ? -1 : clampToAxis(resizeIndex(left, a.in) + first + t, a.in);
      weight[t] = static_cast<Weight>(weightOf(t) / sum);
    }
  }
}

// ---- kernels ----

/// One table for each axis; null: the axis stays as it is.
template <int R> struct ResizeIndex { Array<const int32_t *, R> v; };

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

/// Whether a sum is rounded before it is stored.
template <class T> constexpr bool kRoundsTo = kKind<T> == Kind::integer || kKind<T> == Kind::narrow;

/// Weights as they lie in memory. Sums are of the type Acc: float or double.
template <class Acc> struct ResizeWeights { using Type = F32; };
template <> struct ResizeWeights<double> { using Type = double; };
BURIN_FN float resizeWeightAt(const F32 *p) { return load<float>(p); }
BURIN_FN double resizeWeightAt(const double *p) { return *p; }

/// What resizeTable made for an axis; index null: the axis stays as it is.
template <class Acc> struct ResizeAxisTable {
  const int32_t *index;
  const typename ResizeWeights<Acc>::Type *weight;
  int taps;
};
template <int R, class Acc> struct ResizeTables { Array<ResizeAxisTable<Acc>, R> v; };

/// to[i] (+)= a[i] * aWeight + b[i] * bWeight; b may be null.
template <int W>
BURIN_FN void resizeAdd(int i, int n, bool isFirst, const float *a, float aWeight, const float *b,
                        float bWeight, float *to) {
  using V = Vec<W>;
  for (; i + W <= n; i += W) {
    V sum = isFirst ? load<V>(a + i) * aWeight : load<V>(to + i) + load<V>(a + i) * aWeight;
    sum = b ? sum + load<V>(b + i) * bWeight : sum;
    store(to + i, sum);
  }
  if constexpr (W > 1)
    resizeAdd<(W > 4 ? W / 2 : 1)>(i, n, isFirst, a, aWeight, b, bWeight, to);
}

/// to[i] = the sum of weighted rows of n elements, two at a time. Those without weight are not
/// read: an infinity there is none of the result. row(t, weight) gives the t-th of `count`.
template <class Acc, class T, class Row>
BURIN_FN void resizeRows(int n, int count, const Row &row, Acc *to) {
  const T *held = nullptr;
  Acc heldWeight{};
  bool isFirst = true;
  const auto add = [&](const T *b, Acc bWeight) BURIN_LAMBDA {
    if constexpr (kIsReal<T> && sizeof(T) == 4 && sizeof(Acc) == 4)
      resizeAdd<kIsa.width>(0, n, isFirst, held, heldWeight, b, bWeight, to);
    else
      for (int i = 0; i < n; ++i)
        to[i] = (isFirst ? Acc{} : to[i]) + cast<Acc>(held[i]) * heldWeight +
                (b ? cast<Acc>(b[i]) * bWeight : Acc{});
    isFirst = false;
    held = nullptr;
  };
  for (int t = 0; t < count; ++t) {
    Acc weight{};
    const T *from = row(t, weight);
    if (!(weight != 0))
      continue;
    if (held) {
      add(from, weight);
    } else {
      held = from;
      heldWeight = weight;
    }
  }
  if (held)
    add(nullptr, Acc{});
  if (isFirst)
    fill(Acc{}, to, {0, n, nullptr});
}

/// A row of pixels of `inner` elements, resampled along it. Integers are rounded half to even.
template <class Acc, class T>
BURIN_FN void resizeAlong(int out, int inner, const ResizeAxisTable<Acc> &axis, const Acc *in,
                          const T &extrapolation, T *to) {
  const T beyond = extrapolation;
  const int32_t *index = axis.index;
  const auto *weight = axis.weight;
  for (int x = 0; x < out; ++x, index += axis.taps, weight += axis.taps, to += inner) {
    if (index[0] < 0) {
      fill(beyond, to, {0, inner, nullptr});
      continue;
    }
    if constexpr (kIsReal<T> && sizeof(T) == 4)
      if (inner > 3) {
        resizeRows<Acc, Acc>(
            inner, axis.taps,
            [&](int t, Acc &w) BURIN_LAMBDA {
              w = resizeWeightAt(weight + t);
              return in + static_cast<ptrdiff_t>(index[t]) * inner;
            },
            to);
        continue;
      }
    for (int i = 0; i < inner; ++i) {
      Acc sum{};
      for (int t = 0; t < axis.taps; ++t) {
        const Acc w = resizeWeightAt(weight + t);
        sum = w != 0 ? sum + w * in[static_cast<ptrdiff_t>(index[t]) * inner + i] : sum;
      }
      to[i] = cast<T>(kRoundsTo<T> ? round(sum) : sum);
    }
  }
}

/// Linear and cubic, over any axes: in [inShape][inner] to out [outShape][inner]. Integers are
/// rounded half to even and saturate.
/// Units: rows of the output, the product of outShape but its last. Scratch: inShape[R - 1] * inner
/// floats, or doubles.
template <int R, class Inner, class Acc, class T>
BURIN_FN void resizeInterpolated(const Nd<R> &inShape, const Nd<R> &outShape, Inner inner,
                                 const ResizeTables<R, Acc> &tables, const T *in, T extrapolation,
                                 T *out, Work work) {
  const int width = outShape[R - 1], length = inShape[R - 1] * inner;
  const ptrdiff_t outLength = static_cast<ptrdiff_t>(width) * inner;
  const ResizeAxisTable<Acc> &last = tables.v[R - 1];
  Acc *sums = static_cast<Acc *>(static_cast<void *>(work.scratch));
  Walk<R - 1, R> walk = walkFrom<R - 1>(work.begin, outShape, Nd<R>{}, Nd<R>{});
  for (int unit = work.begin; unit < work.end; ++unit, walk.next()) {
    T *to = out + unit * outLength;
    int rows = 1;
    bool isOutside = false;
    for (int i = 0; i < R - 1; ++i)
      if (const ResizeAxisTable<Acc> &axis = tables.v[i]; axis.index) {
        rows *= axis.taps;
        isOutside |= axis.index[static_cast<ptrdiff_t>(walk.index[i]) * axis.taps] < 0;
      }
    if (isOutside) {
      fill(extrapolation, to, {0, static_cast<int>(outLength), nullptr});
      continue;
    }
    // The row of the input that is choice `which` of the taps of all axes.
    const auto row = [&](int which, Acc &weight) BURIN_LAMBDA {
      ptrdiff_t place = 0, stride = length;
      weight = 1;
      for (int i = R - 2; i >= 0; --i) {
        const ResizeAxisTable<Acc> &axis = tables.v[i];
        int at = walk.index[i];
        if (axis.index) {
          const ptrdiff_t tap = static_cast<ptrdiff_t>(at) * axis.taps + which % axis.taps;
          which /= axis.taps;
          at = static_cast<int>(axis.index[tap]);
          weight *= resizeWeightAt(axis.weight + tap);
        }
        place += at * stride;
        stride *= inShape[i];
      }
      return in + place;
    };
    const Acc *summed = sums;
    Acc weight{};
    if constexpr (kIsReal<T> && sizeof(T) == sizeof(Acc)) {
      if (rows == 1)
        summed = row(0, weight);
      else if (!last.index)
        resizeRows<Acc, T>(length, rows, row, to);
      else
        resizeRows<Acc, T>(length, rows, row, sums);
      if (!last.index && rows > 1)
        continue;
    } else {
      resizeRows<Acc, T>(length, rows, row, sums);
    }
    if (last.index)
      resizeAlong<Acc>(width, inner, last, summed, extrapolation, to);
    else
      for (int i = 0; i < length; ++i)
        to[i] = cast<T>(kRoundsTo<T> ? round(summed[i]) : summed[i]);
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
