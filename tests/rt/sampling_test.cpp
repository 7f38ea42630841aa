// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/grid_sample.h"
#include "burin/rt/roi_align.h"

#include <algorithm>
#include <functional>

namespace {

using namespace rt;

// ---- grid_sample ----

/// An index of an endless line in an axis of n elements; -1: zero padding.
int inside(int i, int n, GridPadding padding, bool alignCorners) {
  if (i >= 0 && i < n)
    return i;
  if (padding == GridPadding::zeros)
    return -1;
  if (padding == GridPadding::border)
    return i < 0 ? 0 : n - 1;
  const int period = alignCorners ? 2 * (n - 1) : 2 * n;
  if (period == 0)
    return 0;
  i = ((i % period) + period) % period;
  return i < n ? i : period - i - (alignCorners ? 0 : 1);
}

/// Weight of an element at a distance.
double kernel(GridMode mode, double d) {
  d = std::fabs(d);
  if (mode == GridMode::linear)
    return std::max(0.0, 1 - d);
  if (d <= 1)
    return 1.25 * d * d * d - 2.25 * d * d + 1;
  return d < 2 ? -0.75 * (d * d * d - 5 * d * d + 8 * d - 4) : 0;
}

double sampleAxis(double place, int n, GridMode mode, GridPadding padding, bool alignCorners,
                  const std::function<double(int)> &at) {
  if (mode == GridMode::nearest) {
    const int i = inside(static_cast<int>(std::nearbyint(place)), n, padding, alignCorners);
    return i < 0 ? 0 : at(i);
  }
  double sum = 0;
  for (int i = static_cast<int>(std::floor(place)) - 2; i <= place + 2; ++i)
    if (const double w = kernel(mode, place - i); w != 0)
      if (const int k = inside(i, n, padding, alignCorners); k >= 0)
        sum += w * at(k);
  return sum;
}

template <GridMode M, GridPadding P, class T> void testGrid(Random &random, double tolerance) {
  for (bool align : {false, true})
    for (int height : {1, 4})
      for (int width : {1, 5, 9}) {
        const int images = 2, channels = 3, places = 40;
        std::vector<T> in, grid;
        for (int i = 0; i < images * channels * height * width; ++i)
          in.push_back(static_cast<T>(random.uniform()));
        for (int i = 0; i < images * places * 2; ++i)
          grid.push_back(static_cast<T>(random.uniform(-2.5f, 2.5f)));
        Guarded<T> out(at(images * channels * places));
        const GridSample<2> s{channels, {{height, width}}, {{places / 4, 4}}, align};
        forTasks(images * places, 3, 0, [&](Work work) {
          gridSample<M, P, T>(s, in.data(), grid.data(), out.data(), work);
        });
        const auto place = [&](T c, int n) {
          return align ? (c + 1) / 2 * static_cast<T>(n - 1)
                       : ((c + 1) * static_cast<T>(n) - 1) / 2;
        };
        for (int i = 0; i < images; ++i)
          for (int c = 0; c < channels; ++c)
            for (int p = 0; p < places; ++p) {
              const T *g = grid.data() + (i * places + p) * 2;
              const T *plane = in.data() + (i * channels + c) * height * width;
              const double expected =
                  sampleAxis(place(g[1], height), height, M, P, align, [&](int y) {
                    return sampleAxis(place(g[0], width), width, M, P, align,
                                      [&](int x) { return plane[y * width + x]; });
                  });
              ASSERT_NEAR(expected, out[at((i * channels + c) * places + p)], tolerance)
                  << g[0] << " " << g[1];
            }
      }
}
template <GridMode M> void testGrids() {
  Random random{11};
  testGrid<M, GridPadding::zeros, float>(random, 2e-6);
  testGrid<M, GridPadding::border, float>(random, 2e-6);
  testGrid<M, GridPadding::reflection, float>(random, 2e-6);
  testGrid<M, GridPadding::border, double>(random, 1e-12);
}
TEST(GridSample, Nearest) { testGrids<GridMode::nearest>(); }
TEST(GridSample, Linear) { testGrids<GridMode::linear>(); }
TEST(GridSample, Cubic) { testGrids<GridMode::cubic>(); }

TEST(GridSample, FarAwayAndNotANumber) {
  const std::vector<float> in = {1, 2, 3};
  const std::vector<float> grid = {NAN, INFINITY, -INFINITY, 1e30f, -3e9f};
  const GridSample<1> s{1, {{3}}, {{5}}, false};
  std::vector<float> out(5);
  gridSample<GridMode::linear, GridPadding::border, float>(s, in.data(), grid.data(), out.data(),
                                                           {0, 5, nullptr});
  EXPECT_EQ((std::vector<float>{1, 3, 1, 3, 1}), out);
  gridSample<GridMode::linear, GridPadding::zeros, float>(s, in.data(), grid.data(), out.data(),
                                                          {0, 5, nullptr});
  EXPECT_EQ((std::vector<float>{0, 0, 0, 0, 0}), out);
  gridSample<GridMode::cubic, GridPadding::reflection, float>(s, in.data(), grid.data(), out.data(),
                                                              {0, 5, nullptr});
  for (float x : out)
    EXPECT_TRUE(x > 0.5f && x < 3.5f) << x;
}

TEST(GridSample, NothingToSample) {
  const std::vector<float> grid = {0, 0};
  std::vector<float> out = {7};
  gridSample<GridMode::linear, GridPadding::border, float>(
      GridSample<2>{1, {{0, 3}}, {{1, 1}}, false}, grid.data(), grid.data(), out.data(),
      {0, 1, nullptr});
  EXPECT_EQ(0, out[0]);
}

// ---- roi_align ----

template <bool Max, class T> void testRois(double tolerance) {
  Random random{12};
  for (bool halfPixel : {false, true})
    for (int sampling : {0, 2}) {
      const RoiAlign s{2, 5, 6, 7, 3, 2, halfPixel, sampling, 0.5};
      const int count = 4, plane = s.height * s.width, bins = s.outHeight * s.outWidth;
      std::vector<T> in, rois;
      for (int i = 0; i < s.images * s.channels * plane; ++i)
        in.push_back(static_cast<T>(random.uniform()));
      for (int i = 0; i < count; ++i)
        for (float low : {-4.f, -6.f, 4.f, 6.f})
          rois.push_back(static_cast<T>(random.uniform(low, low + 10)));
      const std::vector<int64_t> batch = {0, 1, -1, 0};
      Guarded<T> out(at(count * s.channels * bins));
      forTasks(count * s.outHeight, 3, at(s.channels) * sizeof(T), [&](Work work) {
        roiAlign<Max, T>(s, in.data(), rois.data(), batch.data(), out.data(), work);
      });
      for (int r = 0; r < count; ++r)
        for (int c = 0; c < s.channels; ++c)
          for (int y = 0; y < s.outHeight; ++y)
            for (int x = 0; x < s.outWidth; ++x) {
              const T *box = rois.data() + r * 4, scale = static_cast<T>(0.5);
              const T offset = static_cast<T>(halfPixel ? 0.5 : 0);
              const auto length = [&](T begin, T end) {
                const T l = end * scale - begin * scale;
                return halfPixel ? l : std::max(l, T{1});
              };
              const T h = length(box[1], box[3]) / static_cast<T>(s.outHeight),
                      w = length(box[0], box[2]) / static_cast<T>(s.outWidth);
              const int rows = sampling ? sampling : std::max(0, static_cast<int>(std::ceil(h))),
                        columns = sampling ? sampling : std::max(0, static_cast<int>(std::ceil(w)));
              const T *image = in.data() + ((batch[at(r)] ? 1 : 0) * s.channels + c) * plane;
              double sum = 0, most = -1e30;
              for (int i = 0; i < rows; ++i)
                for (int j = 0; j < columns; ++j) {
                  double v = box[1] * scale - offset + y * h + (i + 0.5) * h / rows,
                         u = box[0] * scale - offset + x * w + (j + 0.5) * w / columns;
                  if (v < -1 || v > s.height || u < -1 || u > s.width) {
                    most = std::max(most, 0.0);
                    continue;
                  }
                  v = std::min(std::max(v, 0.0), s.height - 1.0);
                  u = std::min(std::max(u, 0.0), s.width - 1.0);
                  const int top = static_cast<int>(v), left = static_cast<int>(u);
                  for (int dy : {0, 1})
                    for (int dx : {0, 1}) {
                      const double share = (dy ? v - top : 1 - v + top) *
                                           (dx ? u - left : 1 - u + left) *
                                           image[std::min(top + dy, s.height - 1) * s.width +
                                                 std::min(left + dx, s.width - 1)];
                      sum += share;
                      most = std::max(most, share);
                    }
                }
              const double expected = rows * columns == 0 ? 0 : Max ? most : sum / (rows * columns);
              ASSERT_NEAR(expected,
                          out[at(((r * s.channels + c) * s.outHeight + y) * s.outWidth + x)],
                          tolerance);
            }
    }
}
TEST(RoiAlign, Average) {
  testRois<false, float>(1e-5);
  testRois<false, double>(1e-12);
}
TEST(RoiAlign, Max) {
  testRois<true, float>(1e-5);
  testRois<true, double>(1e-12);
}

TEST(RoiAlign, WithoutSamplesZero) {
  const std::vector<float> in(16, 3.f), rois = {2, 2, 1, 1};
  const int64_t batch = 0;
  float scratch, out = 7;
  void *memory = &scratch;
  roiAlign<true, float>(RoiAlign{1, 1, 4, 4, 1, 1, true, 0, 1}, in.data(), rois.data(), &batch,
                        &out, {0, 1, static_cast<unsigned char *>(memory)});
  EXPECT_EQ(0, out);
}

} // namespace
