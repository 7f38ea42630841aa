// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/lrn.h"
#include "burin/rt/norm.h"
#include "burin/rt/reduce.h"
#include "burin/rt/softmax.h"

#include <algorithm>

namespace {

using namespace rt;
constexpr float kInf = std::numeric_limits<float>::infinity();

struct Square {
  template <class V> V operator()(V x) const { return x * x; }
};
/// Doubles, and adds something of the column.
struct Twice {
  const float *columns;
  template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t, int column) const {
    return v * 2.f + load<V>(columns + column);
  }
};

template <class Op, class Combine>
void testReduce(double identity, const Combine &combine, bool mean = false) {
  Random random{5};
  for (int n : {0, 1, 3, 17, 100, 700})
    for (int inner : {1, 2, 5, 16, 37, 70, 130}) {
      const int outer = 3, blocks = (inner + kReduceBlock - 1) / kReduceBlock;
      const Guarded<float> in{random.floats(at(outer * n * inner), 0.9f, 1.1f)};
      const Guarded<float> columns{random.floats(at(inner))};
      for (int tasks : {1, 4}) {
        Guarded<float> out(at(outer * inner)), all(at(outer * inner));
        forTasks(outer * blocks, tasks, 0, [&](Work work) {
          reduce<Op>(outer, n, inner, in.data(), out.data(), Square{}, Twice{columns.data()}, work);
        });
        const Nd<2> kept{{outer, inner}}, stride{{n * inner, 1}};
        forTasks(outer * inner, tasks, 0, [&](Work work) {
          reduceNd<Op, double>(
              kept, stride, Nd<1>{{n}}, Nd<1>{{inner}}, in.data(), all.data(), Square{},
              [](double x, ptrdiff_t, int) { return static_cast<float>(x); }, work);
        });
        for (int o = 0; o < outer; ++o)
          for (int i = 0; i < inner; ++i) {
            double expected = identity;
            for (int k = 0; k < n; ++k) {
              const double x = in[at((o * n + k) * inner + i)];
              expected = combine(expected, x * x);
            }
            if (mean)
              expected /= n;
            const double c = columns[at(i)], got = out[at(o * inner + i)];
            if (std::isnan(expected) || std::isinf(expected)) {
              ASSERT_TRUE(std::isnan(expected) ? std::isnan(got) : got == expected + c);
              continue;
            }
            ASSERT_NEAR(expected * 2 + c, got, 1e-5 * (1 + std::fabs(expected)))
                << n << " " << inner;
            ASSERT_NEAR(expected, all[at(o * inner + i)], 1e-6 * (1 + std::fabs(expected)));
          }
      }
    }
}

TEST(Reduce, Floats) {
  testReduce<ReduceSum>(0, [](double a, double b) { return a + b; });
  testReduce<ReduceMean>(
      0, [](double a, double b) { return a + b; }, true);
  testReduce<ReduceProd>(1, [](double a, double b) { return a * b; });
  testReduce<ReduceMax>(-static_cast<double>(kInf),
                        [](double a, double b) { return std::max(a, b); });
  testReduce<ReduceMin>(static_cast<double>(kInf),
                        [](double a, double b) { return std::min(a, b); });
}

TEST(Reduce, NanPassesThroughWhereverItIs) {
  for (int n : {3, 40})
    for (int where = 0; where < n; ++where)
      for (int inner : {1, 20}) {
        std::vector<float> in(at(n * inner), 1.f);
        in[at(where * inner)] = NAN;
        float out[20];
        reduce<ReduceMax>(1, n, inner, in.data(), out, Same{}, Keep{}, {0, 1, nullptr});
        ASSERT_TRUE(std::isnan(out[0]));
        reduce<ReduceMin>(1, n, inner, in.data(), out, Same{}, Keep{}, {0, 1, nullptr});
        ASSERT_TRUE(std::isnan(out[0]));
        if (inner > 1) {
          ASSERT_EQ(1.f, out[1]);
        }
      }
}

TEST(Reduce, OtherTypes) {
  const std::vector<int8_t> in = {100, 100, -5, 7, 3, -128}; // [2][3]
  const auto keep = [](auto x, ptrdiff_t, int) { return x; };
  Guarded<int8_t> bytes(2);
  reduceScalar<ReduceSum, int8_t>(2, 3, 1, in.data(), bytes.data(), Same{}, keep, {0, 2, nullptr});
  EXPECT_TRUE(bytes[0] == -61 && bytes[1] == -118);
  Guarded<int64_t> wide(2);
  forTasks(2, 2, 0, [&](Work work) {
    reduceScalar<ReduceMean, int64_t>(2, 3, 1, in.data(), wide.data(), Same{}, keep, work);
  });
  EXPECT_TRUE(wide[0] == 65 && wide[1] == -39);
  Guarded<int8_t> inner(3);
  reduceScalar<ReduceMin, int8_t>(1, 2, 3, in.data(), inner.data(), Same{}, keep, {0, 3, nullptr});
  EXPECT_TRUE(inner[0] == 7 && inner[1] == 3 && inner[2] == -128);
  Guarded<double> empty(1);
  reduceScalar<ReduceMax, double>(1, 0, 1, in.data(), empty.data(), Same{}, keep, {0, 1, nullptr});
  EXPECT_EQ(-static_cast<double>(kInf), empty[0]);
  reduceScalar<ReduceMax, int8_t>(1, 0, 1, in.data(), bytes.data(), Same{}, keep, {0, 1, nullptr});
  EXPECT_EQ(-128, bytes[0]);
  const bool flags[] = {true, false, true, true};
  Guarded<bool> any(2), every(2);
  reduceScalar<ReduceMax, bool>(2, 2, 1, flags, any.data(), Same{}, keep, {0, 2, nullptr});
  reduceScalar<ReduceMin, bool>(2, 2, 1, flags, every.data(), Same{}, keep, {0, 2, nullptr});
  EXPECT_TRUE(any[0] && any[1] && !every[0] && every[1]);
  // Axes 0 and 2 of [2][1][3], the kept one in the middle.
  Guarded<int64_t> all(1);
  reduceNd<ReduceSum, int64_t>(Nd<1>{{1}}, Nd<1>{{3}}, Nd<2>{{2, 3}}, Nd<2>{{3, 1}}, in.data(),
                               all.data(), Same{}, keep, {0, 1, nullptr});
  EXPECT_EQ(77, all[0]);
}

template <class Run>
void testSoftmax(bool logarithm, int outer, int n, int inner, double tolerance, const Run &run) {
  Random random{static_cast<uint32_t>(n * 100 + inner)};
  std::vector<float> in = random.floats(at(outer * n * inner), -20, 20);
  in[0] = -kInf;
  Guarded<float> out(in.size());
  run(in.data(), out.data());
  for (int o = 0; o < outer; ++o)
    for (int i = 0; i < inner; ++i) {
      const auto x = [&](int k) { return static_cast<double>(in[at((o * n + k) * inner + i)]); };
      double top = -1e300, sum = 0;
      for (int k = 0; k < n; ++k)
        top = std::max(top, x(k));
      for (int k = 0; k < n; ++k)
        sum += std::exp(x(k) - top);
      for (int k = 0; k < n; ++k) {
        const double got = out[at((o * n + k) * inner + i)];
        const double expected = logarithm ? x(k) - top - std::log(sum) : std::exp(x(k) - top) / sum;
        if (n == 1 && o == 0 && i == 0)
          ASSERT_TRUE(std::isnan(got));
        else if (std::isinf(expected))
          ASSERT_EQ(expected, got);
        else
          ASSERT_NEAR(expected, got, tolerance * (1 + std::fabs(expected))) << n << " " << inner;
      }
    }
}

TEST(Softmax, EveryAxisAndLength) {
  for (int n : {1, 2, 10, 16, 33, 200})
    for (int tasks : {1, 2}) {
      testSoftmax(false, 3, n, 1, 1e-6, [&](const float *in, float *out) {
        forTasks(3, tasks, 0, [&](Work work) { softmax(n, in, out, work); });
      });
      testSoftmax(true, 3, n, 1, 1e-6, [&](const float *in, float *out) {
        forTasks(3, tasks, 0, [&](Work work) { logSoftmax(n, in, out, work); });
      });
      for (int inner : {3, 16, 70}) {
        const int units = 3 * ((inner + kReduceBlock - 1) / kReduceBlock);
        testSoftmax(false, 3, n, inner, 1e-6, [&](const float *in, float *out) {
          forTasks(units, tasks, 0, [&](Work work) { softmaxAxis(n, inner, in, out, work); });
        });
        testSoftmax(true, 3, n, inner, 1e-6, [&](const float *in, float *out) {
          forTasks(units, tasks, 0, [&](Work work) { logSoftmaxAxis(n, inner, in, out, work); });
        });
        testSoftmax(false, 3, n, inner, 1e-6, [&](const float *in, float *out) {
          forTasks(3 * inner, tasks, 0,
                   [&](Work work) { softmaxScalar<double>(n, inner, in, out, work); });
        });
        testSoftmax(true, 3, n, inner, 1e-6, [&](const float *in, float *out) {
          forTasks(3 * inner, tasks, 0,
                   [&](Work work) { logSoftmaxScalar<float>(n, inner, in, out, work); });
        });
      }
    }
}

TEST(Softmax, RowsWithoutANumber) {
  for (int n : {5, 40})
    for (int where : {0, n - 1}) {
      std::vector<float> in(at(n), 1.f);
      std::vector<float> out(at(n));
      in[at(where)] = NAN;
      softmax(n, in.data(), out.data(), {0, 1, nullptr});
      for (float x : out)
        ASSERT_TRUE(std::isnan(x));
      logSoftmax(n, in.data(), out.data(), {0, 1, nullptr});
      for (float x : out)
        ASSERT_TRUE(std::isnan(x));
      std::fill(in.begin(), in.end(), -kInf);
      softmax(n, in.data(), out.data(), {0, 1, nullptr});
      for (float x : out)
        ASSERT_TRUE(std::isnan(x));
      in[at(where)] = 3;
      softmax(n, in.data(), in.data(), {0, 1, nullptr}); // in place
      ASSERT_EQ(1.f, in[at(where)]);
    }
}

TEST(Norm, Rows) {
  Random random{7};
  for (int n : {1, 3, 16, 40, 77})
    for (bool affine : {false, true}) {
      const int rows = 3;
      std::vector<float> in = random.floats(at(rows * n), 99, 101); // a large mean
      const std::vector<float> scale = random.floats(at(n)), bias = random.floats(at(n));
      Guarded<float> out(at(rows * n)), mean(3), inv(3), rms(at(rows * n));
      const F32 *s = affine ? weights(scale.data()) : nullptr;
      const F32 *b = affine ? weights(bias.data()) : nullptr;
      forTasks(rows, 2, 0, [&](Work work) {
        layerNorm(n, 1e-5f, in.data(), s, b, out.data(), mean.data(), inv.data(), Keep{}, work);
        rmsNorm(n, 1e-5f, in.data(), s, rms.data(), nullptr, Keep{}, work);
      });
      for (int r = 0; r < rows; ++r) {
        double m = 0, v = 0, q = 0;
        for (int i = 0; i < n; ++i)
          m += static_cast<double>(in[at(r * n + i)]) / n;
        for (int i = 0; i < n; ++i) {
          v += std::pow(in[at(r * n + i)] - m, 2) / n;
          q += std::pow(in[at(r * n + i)], 2) / n;
        }
        ASSERT_NEAR(m, mean[at(r)], 1e-4);
        ASSERT_NEAR(1 / std::sqrt(v + 1e-5), inv[at(r)], n == 1 ? 1 : 1e-3);
        for (int i = 0; i < n; ++i) {
          const double g = affine ? scale[at(i)] : 1, c = affine ? bias[at(i)] : 0;
          ASSERT_NEAR((in[at(r * n + i)] - m) / std::sqrt(v + 1e-5) * g + c, out[at(r * n + i)],
                      2e-3);
          ASSERT_NEAR(in[at(r * n + i)] / std::sqrt(q + 1e-5) * g, rms[at(r * n + i)], 1e-5);
        }
      }
    }
}

TEST(Norm, Groups) {
  Random random{8};
  const int images = 2, pixels = 9;
  for (int channels : {4, 12, 34})
    for (int groups : {1, 2, channels}) {
      const std::vector<float> scale = random.floats(at(channels)),
                               bias = random.floats(at(channels));
      const std::vector<float> in = random.floats(at(images * pixels * channels), 2, 4);
      std::vector<float> planes(in.size()); // the same, NCHW
      for (int i = 0; i < images; ++i)
        for (int p = 0; p < pixels; ++p)
          for (int c = 0; c < channels; ++c)
            planes[at((i * channels + c) * pixels + p)] = in[at((i * pixels + p) * channels + c)];
      Guarded<float> out(in.size()), flat(in.size());
      forTasks(images, 2, at(channels) * 16, [&](Work work) {
        groupNormNhwc(pixels, channels, groups, 1e-5f, in.data(), weights(scale.data()),
                      weights(bias.data()), out.data(), Keep{}, work);
      });
      forTasks(images * groups, 3, 0, [&](Work work) {
        groupNormNchw(pixels, channels, groups, 1e-5f, planes.data(), weights(scale.data()),
                      weights(bias.data()), flat.data(), Keep{}, work);
      });
      const int size = channels / groups;
      for (int i = 0; i < images; ++i)
        for (int c = 0; c < channels; ++c) {
          double m = 0, v = 0;
          const auto x = [&](int p, int k) {
            return static_cast<double>(in[at((i * pixels + p) * channels + c / size * size + k)]);
          };
          for (int p = 0; p < pixels; ++p)
            for (int k = 0; k < size; ++k)
              m += x(p, k) / (pixels * size);
          for (int p = 0; p < pixels; ++p)
            for (int k = 0; k < size; ++k)
              v += (x(p, k) - m) * (x(p, k) - m) / (pixels * size);
          for (int p = 0; p < pixels; ++p) {
            const double expected =
                (x(p, c % size) - m) / std::sqrt(v + 1e-5) * scale[at(c)] + bias[at(c)];
            ASSERT_NEAR(expected, out[at((i * pixels + p) * channels + c)], 1e-4);
            ASSERT_NEAR(expected, flat[at((i * channels + c) * pixels + p)], 1e-4);
          }
        }
    }
}

TEST(Norm, Batch) {
  Random random{9};
  const int outer = 6;
  for (int channels : {1, 4, 19, 34})
    for (int inner : {1, 2, 21}) {
      const size_t n = at(channels);
      const std::vector<float> scale = random.floats(n), bias = random.floats(n),
                               mean = random.floats(n), variance = random.floats(n, 0.1f, 2);
      const std::vector<float> in = random.floats(at(outer * channels * inner), -3, 3);
      const auto wide = [](const std::vector<float> &v) {
        return std::vector<double>(v.begin(), v.end());
      };
      Guarded<float> out(in.size());
      Guarded<double> doubles(in.size());
      forTasks(inner == 1 ? outer : outer * channels, 2, n * 12, [&](Work work) {
        batchNorm(channels, inner, 1e-3f, in.data(), weights(scale.data()), weights(bias.data()),
                  weights(mean.data()), weights(variance.data()), out.data(), Keep{}, work);
      });
      forTasks(outer * channels, 2, 0, [&](Work work) {
        batchNormScalar<double>(channels, inner, 1e-3, wide(in).data(), wide(scale).data(),
                                wide(bias).data(), wide(mean).data(), wide(variance).data(),
                                doubles.data(), work);
      });
      for (int i = 0; i < outer * channels * inner; ++i) {
        const size_t c = at(i / inner % channels);
        const double expected = (static_cast<double>(in[at(i)]) - mean[c]) /
                                    std::sqrt(static_cast<double>(variance[c]) + 1e-3) * scale[c] +
                                bias[c];
        ASSERT_NEAR(expected, out[at(i)], 1e-5);
        ASSERT_NEAR(expected, doubles[at(i)], 1e-12);
      }
    }
}

TEST(Norm, AcrossChannels) {
  Random random{10};
  const int outer = 3;
  for (int size : {1, 4, 5, 40})
    for (int n : {1, 3, 37})
      for (int inner : {1, 2, 70}) {
        const std::vector<float> in = random.floats(at(outer * n * inner), -2, 2);
        const std::vector<double> wide(in.begin(), in.end());
        Guarded<float> out(in.size()), scalar(in.size());
        Guarded<double> doubles(in.size());
        const int blocks = (inner + kReduceBlock - 1) / kReduceBlock;
        forTasks(outer * blocks, 2, 0, [&](Work work) {
          lrn(n, inner, Lrn<float>{size, 0.5f, 0.75f, 1.5f}, in.data(), out.data(), work);
        });
        forTasks(outer * n * inner, 2, 0, [&](Work work) {
          lrnScalar(n, inner, Lrn<double>{size, 0.5, 0.75, 1.5}, wide.data(), doubles.data(), work);
          lrnScalar(n, inner, Lrn<float>{size, 0.5f, 0.75f, 1.5f}, in.data(), scalar.data(), work);
        });
        for (int i = 0; i < outer * n * inner; ++i) {
          const int c = i / inner % n, first = c - (size - 1) / 2;
          double squares = 0;
          for (int k = std::max(0, first); k < std::min(n, first + size); ++k)
            squares += std::pow(wide[at(i + (k - c) * inner)], 2);
          const double expected = wide[at(i)] / std::pow(1.5 + 0.5 * squares, 0.75);
          ASSERT_NEAR(expected, out[at(i)], 2e-6);
          ASSERT_NEAR(expected, scalar[at(i)], 2e-6);
          ASSERT_NEAR(expected, doubles[at(i)], 1e-13);
        }
      }
}

} // namespace
