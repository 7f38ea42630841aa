// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/resize.h"

#include <algorithm>
#include <functional>

namespace {

using namespace rt;

/// A line of numbers as a function of any place: what the definition of Resize samples.
double sample(const std::vector<double> &line, const ResizeAxis &a, Interpolation kind,
              double place) {
  const double stretch = a.antialias ? std::min(1.0, a.scale) : 1;
  const double reach = (kind == Interpolation::linear ? 1 : 2) / stretch;
  double sum = 0, total = 0;
  for (int i = static_cast<int>(std::floor(place - reach)) - 1; i <= place + reach + 1; ++i) {
    const double d = std::fabs(i - place) * stretch, c = a.cubic;
    double w = 0;
    if (kind == Interpolation::linear)
      w = std::max(0.0, 1 - d);
    else if (d <= 1)
      w = (c + 2) * d * d * d - (c + 3) * d * d + 1;
    else if (d < 2)
      w = c * d * d * d - 5 * c * d * d + 8 * c * d - 4 * c;
    if (a.excludeOutside && (i < 0 || i >= a.in))
      continue;
    sum += w * line[at(std::max(0, std::min(a.in - 1, i)))];
    total += w;
  }
  return sum / total;
}

double placeOfOutput(const ResizeAxis &a, int x) {
  const double n = a.in * a.scale, last = a.in - 1;
  switch (a.coordinates) {
  case Coordinates::half_pixel:
    return (x + 0.5) / a.scale - 0.5;
  case Coordinates::half_pixel_symmetric:
    return a.in / 2.0 * (1 - a.out / n) + (x + 0.5) / a.scale - 0.5;
  case Coordinates::pytorch_half_pixel:
    return a.out == 1 ? 0 : (x + 0.5) / a.scale - 0.5;
  case Coordinates::align_corners:
    return a.out == 1 ? 0 : x * last / (a.out - 1);
  case Coordinates::asymmetric:
    return x / a.scale;
  case Coordinates::tf_half_pixel_for_nn:
    return (x + 0.5) / a.scale;
  case Coordinates::tf_crop_and_resize:
    return a.out == 1 ? 0.5 * (a.roiBegin + a.roiEnd) * last
                      : a.roiBegin * last + x * (a.roiEnd - a.roiBegin) * last / (a.out - 1);
  }
  return 0;
}

constexpr Coordinates kAll[] = {Coordinates::half_pixel,         Coordinates::half_pixel_symmetric,
                                Coordinates::pytorch_half_pixel, Coordinates::align_corners,
                                Coordinates::asymmetric,         Coordinates::tf_half_pixel_for_nn,
                                Coordinates::tf_crop_and_resize};

void forAxes(const std::function<void(const ResizeAxis &)> &f) {
  for (Coordinates c : kAll)
    for (int in : {1, 4, 7})
      for (double scale : {0.3, 0.5, 1.0, 1.7, 3.0}) {
        const int out = static_cast<int>(std::floor(in * scale));
        if (out > 0)
          f({in, out, scale, 0.2, 1.3, c, false, false, -0.75});
      }
}

TEST(Resize, Interpolated) {
  Random random{3};
  forAxes([&](ResizeAxis a) {
    for (Interpolation kind : {Interpolation::linear, Interpolation::cubic})
      for (int option = 0; option < 4; ++option) {
        a.excludeOutside = option & 1;
        a.antialias = option & 2;
        const int taps = resizeTaps(a, kind);
        Guarded<int32_t> index(at(a.out * taps));
        Guarded<float> weight(at(a.out * taps));
        Guarded<double> exact(weight.size());
        resizeTable(a, kind, index.data(), weight.data());
        resizeTable(a, kind, index.data(), exact.data());
        const ResizeTables<2, float> tables{
            {{nullptr, nullptr, 0}, {index.data(), weights(weight.data()), taps}}};
        const ResizeTables<2, double> wideTables{
            {{nullptr, nullptr, 0}, {index.data(), exact.data(), taps}}};
        for (int inner : {1, 5, 40}) {
          const int outer = 2;
          const std::vector<float> in = random.floats(at(outer * a.in * inner));
          std::vector<int8_t> bytes;
          for (float x : in)
            bytes.push_back(static_cast<int8_t>(x * 100));
          const std::vector<double> wide(bytes.begin(), bytes.end());
          Guarded<float> out(at(outer * a.out * inner));
          Guarded<double> doubles(out.size());
          Guarded<int8_t> small(out.size());
          const Nd<2> from{{outer, a.in}}, to{{outer, a.out}};
          forTasks(outer, 2, at(a.in * inner) * 8, [&](Work work) {
            resizeInterpolated(from, to, inner, tables, in.data(), 9.f, out.data(), work);
            resizeInterpolated(from, to, inner, wideTables, wide.data(), 9.0, doubles.data(), work);
            resizeInterpolated(from, to, inner, tables, bytes.data(), int8_t{9}, small.data(),
                               work);
          });
          for (int o = 0; o < outer; ++o)
            for (int x = 0; x < a.out; ++x)
              for (int i = 0; i < inner; ++i) {
                std::vector<double> line, other;
                for (int k = 0; k < a.in; ++k) {
                  line.push_back(in[at((o * a.in + k) * inner + i)]);
                  other.push_back(wide[at((o * a.in + k) * inner + i)]);
                }
                const double place = placeOfOutput(a, x);
                const size_t to = at((o * a.out + x) * inner + i);
                if (a.coordinates == Coordinates::tf_crop_and_resize &&
                    (place < 0 || place > a.in - 1)) {
                  ASSERT_TRUE(out[to] == 9.f && doubles[to] == 9.0 && small[to] == 9);
                  continue;
                }
                ASSERT_NEAR(sample(line, a, kind, place), out[to], 2e-6);
                ASSERT_NEAR(sample(other, a, kind, place), doubles[to], 1e-9);
                const double clamped =
                    std::max(-128.0, std::min(127.0, sample(other, a, kind, place)));
                ASSERT_NEAR(clamped, small[to], 0.501);
              }
        }
      }
  });
}

/// Several axes are one after the other.
TEST(Resize, OverAnyAxes) {
  Random random{4};
  const Nd<4> shape{{2, 3, 4, 5}}, outShape{{2, 7, 4, 9}};
  const ResizeAxis rows{3, 7, 7 / 3.0, 0, 1, Coordinates::half_pixel, false, false, -0.75};
  const ResizeAxis columns{5, 9, 9 / 5.0, 0, 1, Coordinates::align_corners, false, false, -0.75};
  for (Interpolation kind : {Interpolation::linear, Interpolation::cubic})
    for (int inner : {1, 3, 20}) {
      const int taps = resizeTaps(rows, kind);
      std::vector<int32_t> index(at(7 * taps)), columnIndex(at(9 * taps));
      std::vector<float> weight(index.size()), columnWeight(columnIndex.size());
      resizeTable(rows, kind, index.data(), weight.data());
      resizeTable(columns, kind, columnIndex.data(), columnWeight.data());
      const std::vector<float> in = random.floats(at(2 * 3 * 4 * 5 * inner));
      const ResizeAxisTable<float> keep{nullptr, nullptr, 0},
          first{index.data(), weights(weight.data()), taps},
          second{columnIndex.data(), weights(columnWeight.data()), taps};
      std::vector<float> half(at(2 * 7 * 4 * 5 * inner));
      Guarded<float> expected(at(2 * 7 * 4 * 9 * inner)), out(expected.size());
      const size_t scratch = at(5 * inner) * 4;
      forTasks(2 * 7 * 4, 1, scratch, [&](Work work) {
        resizeInterpolated(shape, Nd<4>{{2, 7, 4, 5}}, inner,
                           ResizeTables<4, float>{{keep, first, keep, keep}}, in.data(), 0.f,
                           half.data(), work);
        resizeInterpolated(Nd<4>{{2, 7, 4, 5}}, outShape, inner,
                           ResizeTables<4, float>{{keep, keep, keep, second}}, half.data(), 0.f,
                           expected.data(), work);
      });
      forTasks(2 * 7 * 4, 3, scratch, [&](Work work) {
        resizeInterpolated(shape, outShape, inner,
                           ResizeTables<4, float>{{keep, first, keep, second}}, in.data(), 0.f,
                           out.data(), work);
      });
      for (size_t i = 0; i < out.size(); ++i)
        ASSERT_NEAR(expected[i], out[i], 1e-6);
    }
}

/// What has no weight is not read: an infinity stays where it is.
TEST(Resize, NothingTimesInfinity) {
  const ResizeAxis a{3, 5, 2, 0, 1, Coordinates::align_corners, false, false, -0.75};
  int32_t index[10];
  float weight[10];
  resizeTable(a, Interpolation::linear, index, weight);
  const ResizeTables<1, float> tables{{{index, weights(weight), 2}}};
  for (int inner : {1, 4}) {
    std::vector<float> in(at(3 * inner), 1.f), out(at(5 * inner)), scratch(in.size());
    for (int i = 0; i < inner; ++i)
      in[at(2 * inner + i)] = std::numeric_limits<float>::infinity();
    void *memory = scratch.data();
    resizeInterpolated(Nd<1>{{3}}, Nd<1>{{5}}, inner, tables, in.data(), 0.f, out.data(),
                       {0, 1, static_cast<unsigned char *>(memory)});
    EXPECT_EQ(1.f, out[at(2 * inner)]);
    EXPECT_TRUE(std::isinf(out[at(3 * inner)]) && std::isinf(out[at(4 * inner)]));
  }
}

TEST(Resize, Nearest) {
  forAxes([&](const ResizeAxis &a) {
    for (NearestMode mode : {NearestMode::round_prefer_floor, NearestMode::round_prefer_ceil,
                             NearestMode::floor, NearestMode::ceil}) {
      std::vector<int32_t> index(at(a.out));
      resizeNearestTable(a, mode, index.data());
      for (int x = 0; x < a.out; ++x) {
        const double place = placeOfOutput(a, x);
        if (a.coordinates == Coordinates::tf_crop_and_resize && (place < 0 || place > a.in - 1)) {
          ASSERT_EQ(-1, index[at(x)]);
          continue;
        }
        double e = mode == NearestMode::floor                ? std::floor(place)
                   : mode == NearestMode::ceil               ? std::ceil(place)
                   : mode == NearestMode::round_prefer_floor ? std::ceil(place - 0.5)
                                                             : std::floor(place + 0.5);
        e = std::max(0.0, std::min(a.in - 1.0, e));
        ASSERT_EQ(e, index[at(x)]) << place;
      }
    }
  });
}

TEST(Resize, NearestOverAnyAxes) {
  const std::vector<int32_t> rows = {1, 0, 0, -1}, columns = {2, 2, 0};
  std::vector<int16_t> in(2 * 2 * 3);
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = static_cast<int16_t>(i + 1);
  for (bool last : {false, true}) {
    const Nd<3> shape{{2, 4, 3}}, stride{{6, 3, 1}};
    Guarded<int16_t> out(24);
    forTasks(8, 3, 0, [&](Work work) {
      resizeNearest(shape, stride,
                    ResizeIndex<3>{{nullptr, rows.data(), last ? columns.data() : nullptr}},
                    in.data(), int16_t{-5}, out.data(), work);
    });
    for (int i = 0; i < 24; ++i) {
      const int row = rows[at(i / 3 % 4)], column = last ? columns[at(i % 3)] : i % 3;
      EXPECT_EQ(row < 0 ? -5 : in[at(i / 12 * 6 + row * 3 + column)], out[at(i)]);
    }
  }
}

} // namespace
