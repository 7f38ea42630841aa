// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/pool.h"

namespace {

using namespace rt;

template <int R> struct Problem {
  Pool<R> s;
  int images = 2;
  std::vector<float> in;

  int pixels(const Nd<R> &shape) const { return countOf<R>(shape); }
  int rows() const { return images * countOf<R - 1>(s.out); }
  size_t outputs() const { return at(images * pixels(s.out) * s.channels); }

  /// Calls f(output, taps inside, taps also in the padding, input or -1 of each tap).
  template <class F> void each(const F &f) const {
    for (int image = 0; image < images; ++image)
      for (int y = 0; y < pixels(s.out); ++y)
        for (int c = 0; c < s.channels; ++c) {
          std::vector<int> taps; // spatial index
          int padded = 0;
          for (int t = 0; t < pixels(s.kernel); ++t) {
            bool inside = true, counts = true;
            int place = 0, scale = 1;
            for (int i = R - 1, a = y, k = t; i >= 0; --i) {
              const int from =
                  a % s.out[i] * s.stride[i] - s.padBegin[i] + k % s.kernel[i] * s.dilation[i];
              a /= s.out[i];
              k /= s.kernel[i];
              inside &= from >= 0 && from < s.in[i];
              counts &= from < s.in[i] + s.padEnd[i];
              place += from * scale;
              scale *= s.in[i];
            }
            padded += counts ? 1 : 0;
            if (inside)
              taps.push_back(place);
          }
          f(at((image * pixels(s.out) + y) * s.channels + c), image, c, taps, padded);
        }
  }
  float input(int image, int c, int tap) const {
    return in[at((image * pixels(s.in) + tap) * s.channels + c)];
  }
};

template <int R>
Problem<R> make(int channels, Nd<R> in, Nd<R> out, Nd<R> kernel, Nd<R> stride, Nd<R> dilation,
                Nd<R> begin, Nd<R> end) {
  Problem<R> p{{channels, in, out, kernel, stride, dilation, begin, end, 0, 0, {}, {}}, 2, {}};
  p.s.inImage = p.pixels(in) * channels;
  p.s.outImage = p.pixels(out) * channels;
  for (int i = R - 1, a = channels, b = channels; i >= 0; --i) {
    p.s.inStride.v[i] = a;
    p.s.outStride.v[i] = b;
    a *= in[i];
    b *= out[i];
  }
  p.in = Random{3}.floats(at(2 * p.pixels(in) * channels));
  p.in[5] = NAN;
  return p;
}

struct Bias {
  const float *bias;
  template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t, int column) const {
    return v + load<V>(bias + column);
  }
};

template <int R> void testPool(const Problem<R> &p) {
  const std::vector<float> bias = Random{4}.floats(at(p.s.channels));
  for (int tasks : {1, 3}) {
    Guarded<float> top(p.outputs()), inside(p.outputs()), padded(p.outputs()), sum(p.outputs()),
        value(p.outputs());
    Guarded<int64_t> index(p.outputs()), turned(p.outputs());
    forTasks(p.rows(), tasks, 0, [&](Work work) {
      maxPool(p.s, p.in.data(), top.data(), Bias{bias.data()}, work);
      averagePool<Divisor::inside>(p.s, p.in.data(), inside.data(), Bias{bias.data()}, work);
      averagePool<Divisor::padded>(p.s, p.in.data(), padded.data(), Keep{}, work);
      averagePool<Divisor::none>(p.s, p.in.data(), sum.data(), Keep{}, work);
      maxPoolIndices(p.s, true, p.in.data(), value.data(), turned.data(), work);
      maxPoolIndices(p.s, false, p.in.data(), value.data(), index.data(), work);
    });
    p.each([&](size_t to, int image, int c, const std::vector<int> &taps, int withPadding) {
      double best = -INFINITY, total = 0;
      int where = -1;
      for (int tap : taps) {
        const double x = p.input(image, c, tap);
        if (where < 0 || x > best || (std::isnan(x) && !std::isnan(best))) {
          best = x;
          where = tap;
        }
        total += x;
      }
      const double b = bias[at(c)];
      const auto same = [](double a, double got) {
        return std::isnan(a) ? std::isnan(got) : a == got || std::fabs(a - got) < 1e-5;
      };
      ASSERT_TRUE(same(best + b, top[to])) << best << " " << top[to];
      ASSERT_TRUE(same(total / static_cast<double>(taps.size()) + b, inside[to]));
      ASSERT_TRUE(same(total / withPadding, padded[to]));
      ASSERT_TRUE(same(total, sum[to]));
      ASSERT_TRUE(same(best, value[to]));
      const int64_t plane = int64_t{image} * p.s.channels + c;
      ASSERT_EQ(where < 0 ? -1 : plane * p.pixels(p.s.in) + where, index[to]);
      int64_t other = 0;
      for (int i = R - 1, rest = where; i >= 0; --i) {
        int scale = 1;
        for (int k = 0; k < i; ++k)
          scale *= p.s.in[k];
        other += rest % p.s.in[i] * scale;
        rest /= p.s.in[i];
      }
      ASSERT_EQ(where < 0 ? -1 : plane * p.pixels(p.s.in) + other, turned[to]);
    });
  }
}

TEST(Pool, WindowsOfEveryKind) {
  for (int c : {1, 3, 16, 37, 70}) {
    testPool(make<2>(c, {{6, 7}}, {{3, 3}}, {{2, 2}}, {{2, 2}}, {{1, 1}}, {{0, 0}}, {{0, 0}}));
    testPool(make<2>(c, {{6, 7}}, {{6, 7}}, {{3, 3}}, {{1, 1}}, {{1, 1}}, {{1, 1}}, {{1, 1}}));
    // Rounded up: the last windows reach beyond the padding.
    testPool(make<2>(c, {{6, 8}}, {{4, 4}}, {{3, 3}}, {{2, 3}}, {{1, 1}}, {{1, 1}}, {{0, 1}}));
    testPool(make<2>(c, {{9, 8}}, {{5, 8}}, {{2, 3}}, {{2, 1}}, {{3, 2}}, {{1, 2}}, {{2, 2}}));
    // Windows that see nothing.
    testPool(make<2>(c, {{2, 3}}, {{5, 6}}, {{2, 2}}, {{1, 1}}, {{1, 1}}, {{2, 3}}, {{2, 2}}));
    testPool(make<1>(c, {{11}}, {{5}}, {{3}}, {{2}}, {{1}}, {{0}}, {{0}}));
    testPool(make<3>(c, {{3, 4, 5}}, {{2, 4, 3}}, {{2, 3, 2}}, {{1, 1, 2}}, {{1, 1, 1}},
                     {{0, 1, 1}}, {{0, 1, 0}}));
  }
}

TEST(Pool, TwoByTwo) {
  const Problem<2> p =
      make<2>(16, {{6, 8}}, {{3, 4}}, {{2, 2}}, {{2, 2}}, {{1, 1}}, {{0, 0}}, {{0, 0}});
  Guarded<float> fast(192), any(p.outputs());
  forTasks(3, 2, 0, [&](Work work) {
    maxPool2d<2>(4, Const<16>{}, p.in.data(), 8 * 16, fast.data(), 4 * 16, work);
  });
  maxPool(p.s, p.in.data(), any.data(), Keep{}, {0, 3, nullptr});
  for (size_t i = 0; i < 192; ++i)
    EXPECT_TRUE(fast[i] == any[i] || std::isnan(any[i]));
}

TEST(Pool, OtherTypes) {
  const Problem<2> p =
      make<2>(3, {{4, 5}}, {{4, 5}}, {{3, 3}}, {{1, 1}}, {{1, 1}}, {{1, 1}}, {{1, 1}});
  const auto bytes = Random{6}.integers<int8_t>(p.in.size(), -128, 127);
  std::vector<double> wide(bytes.begin(), bytes.end());
  Guarded<int8_t> top(p.outputs()), mean(p.outputs());
  Guarded<double> topWide(p.outputs()), meanWide(p.outputs());
  forTasks(p.rows(), 2, 0, [&](Work work) {
    maxPool(p.s, bytes.data(), top.data(), Keep{}, work);
    maxPool(p.s, wide.data(), topWide.data(), Keep{}, work);
    averagePool<Divisor::inside>(p.s, wide.data(), meanWide.data(), Keep{}, work);
    averagePool<Divisor::inside>(
        p.s, bytes.data(), mean.data(),
        [](int32_t x, ptrdiff_t, int) { return static_cast<int8_t>(x); }, work);
  });
  for (size_t i = 0; i < p.outputs(); ++i) {
    EXPECT_EQ(topWide[i], top[i]);
    EXPECT_EQ(std::round(meanWide[i]), mean[i]);
  }
}

} // namespace
