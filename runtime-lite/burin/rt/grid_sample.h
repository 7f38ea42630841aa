// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Images sampled at places that the run knows, NCHW.
#ifndef BURIN_RT_GRID_SAMPLE_H
#define BURIN_RT_GRID_SAMPLE_H

#include "cast.h"
#include "math_mod.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

enum class GridMode { nearest, linear, cubic };
enum class GridPadding { zeros, border, reflection };

/// [images][channels][in...] sampled at [images][out...][R]. R is 1, 2 or 3.
template <int R> struct GridSample {
  int channels;
  Nd<R> in, out;
  bool alignCorners;
};

/// A product of floats with one rounding, whatever the compiler contracts: which element is nearest
/// hangs on it.
BURIN_FN float roundedProduct(float a, float b) {
  return static_cast<float>(static_cast<double>(a) * static_cast<double>(b));
}
BURIN_FN double roundedProduct(double a, double b) { return a * b; }

/// A coordinate in [-1, 1] as a place on an axis of n elements.
template <class F> BURIN_FN double gridPlace(F coordinate, int n, bool alignCorners) {
  const F fromBegin = coordinate + 1;
  if (alignCorners)
    return static_cast<double>(roundedProduct(fromBegin / 2, static_cast<F>(n - 1)));
  return static_cast<double>((roundedProduct(fromBegin, static_cast<F>(n)) - 1) / 2);
}

/// Mirrored at the ends of the axis, which are the middles of its outer elements or their edges,
/// until it lies between them.
BURIN_FN double reflectPlace(double place, int n, bool alignCorners) {
  const double least = alignCorners ? 0 : -0.5, length = alignCorners ? n - 1 : n;
  if (length <= 0)
    return least;
  const double phase = fmod(abs(place - least), 2 * length);
  return least + (phase < length ? phase : 2 * length - phase);
}

/// The elements of one axis that a sample is made of, at most four.
template <class Acc> struct GridTaps {
  int count;
  int index[4];
  Acc weight[4];
};

template <class Acc>
BURIN_FN GridTaps<Acc> gridTaps(double place, int n, GridMode mode, GridPadding padding,
                                bool alignCorners) {
  constexpr double reach = 3; // no tap is farther
  GridTaps<Acc> taps{};
  const double most = n - 1 + reach;
  if (n <= 0 || (padding == GridPadding::zeros && !(place >= -reach && place <= most)))
    return taps;
  // A place that is far outside goes to where it sees the same. NaN: to the first element.
  if (padding == GridPadding::reflection && (place < -reach || place > most) && place - place == 0)
    place = reflectPlace(mode == GridMode::nearest ? round(place) : place, n, alignCorners);
  place = place != place ? 0 : place < -reach ? -reach : place > most ? most : place;

  const double below = mode == GridMode::nearest ? round(place) : floor(place);
  const double part = place - below;
  const int first = static_cast<int>(below) - (mode == GridMode::cubic ? 1 : 0);
  const int count = mode == GridMode::nearest ? 1 : mode == GridMode::linear ? 2 : 4;
  for (int t = 0; t < count; ++t) {
    int at = first + t;
    double weight = 1;
    if (mode == GridMode::linear)
      weight = t == 0 ? 1 - part : part;
    if (mode == GridMode::cubic) {
      constexpr double a = -0.75;
      const double d = abs(t - 1 - part);
      weight = d <= 1  ? ((a + 2) * d - (a + 3)) * d * d + 1
               : d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
                       : 0;
    }
    const bool isOutside = at < 0 || at >= n;
    if (weight == 0 || (isOutside && padding == GridPadding::zeros))
      continue;
    if (isOutside)
      at = padding == GridPadding::reflection ? static_cast<int>(reflectPlace(at, n, alignCorners))
           : at < 0                           ? 0
                                              : n - 1;
    taps.index[taps.count] = at;
    taps.weight[taps.count++] = static_cast<Acc>(weight);
  }
  return taps;
}

/// Sums are of the type Acc, as are the coordinates: float or double. Units: places, images * the
/// product of out.
template <GridMode M, GridPadding P, class Acc, int R, class T>
BURIN_FN void gridSample(const GridSample<R> &s, const T *in, const T *grid, T *out, Work work) {
  constexpr int perAxis = M == GridMode::nearest ? 1 : M == GridMode::linear ? 2 : 4;
  constexpr int most = R == 1 ? perAxis : R == 2 ? perAxis * perAxis : perAxis * perAxis * perAxis;
  const ptrdiff_t plane = countOf<R>(s.in), places = countOf<R>(s.out);
  for (int unit = work.begin; unit < work.end; ++unit) {
    Array<ptrdiff_t, most> offset;
    Array<Acc, most> weight;
    int count = 1;
    offset[0] = 0;
    weight[0] = 1;
    for (int i = 0; i < R; ++i) { // the grid holds x, y, z: the last axis first
      const Acc coordinate = cast<Acc>(grid[static_cast<ptrdiff_t>(unit) * R + R - 1 - i]);
      const GridTaps<Acc> taps = gridTaps<Acc>(gridPlace(coordinate, s.in[i], s.alignCorners),
                                               s.in[i], M, P, s.alignCorners);
      // The first tap last: it overwrites what the others are made of.
      for (int t = taps.count - 1; t >= 0; --t)
        for (int k = 0; k < count; ++k) {
          offset[t * count + k] = offset[k] * s.in[i] + taps.index[t];
          weight[t * count + k] = weight[k] * taps.weight[t];
        }
      count *= taps.count;
    }
    const ptrdiff_t image = unit / places;
    const T *from = in + image * s.channels * plane;
    T *to = out + image * s.channels * places + unit % places;
    for (int c = 0; c < s.channels; ++c, from += plane, to += places) {
      Acc sum{};
      for (int k = 0; k < count; ++k)
        sum += weight[k] * cast<Acc>(from[offset[k]]);
      *to = cast<T>(sum);
    }
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
