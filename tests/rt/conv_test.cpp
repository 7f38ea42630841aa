// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/border.h"
#include "burin/rt/conv.h"
#include "burin/rt/conv_scalar.h"
#include "burin/rt/depthwise.h"
#include "burin/rt/integer.h"

namespace {

using namespace rt;

/// A convolution of R axes with dense memory, and its result in double by the definition.
template <int R> struct Problem {
  ConvGeneral<R> s;
  int images = 2;
  bool transposed = false;
  std::vector<float> in, filter /*[O][kernel...][C / g]*/, bias;
  std::vector<double> sums;

  int pixels(const Nd<R> &shape) const { return countOf<R>(shape); }
  int rows() const { return images * countOf<R - 1>(s.out); }

  void finish(uint32_t seed) {
    Random random{seed};
    s.inImage = pixels(s.in) * s.channels;
    s.outImage = pixels(s.out) * s.outChannels;
    for (int i = R - 1, a = s.channels, b = s.outChannels; i >= 0; --i) {
      s.inStride.v[i] = a;
      s.outStride.v[i] = b;
      a *= s.in[i];
      b *= s.out[i];
    }
    const int taps = pixels(s.kernel), c = s.channels / s.groups, n = s.outChannels / s.groups;
    in = random.floats(static_cast<size_t>(images * s.inImage));
    filter = random.floats(at(s.outChannels * taps * c));
    bias = random.floats(at(s.outChannels + 64));
    sums.assign(static_cast<size_t>(images * s.outImage), 0);
    for (int image = 0; image < images; ++image)
      for (int y = 0; y < pixels(s.out); ++y)
        for (int x = 0; x < pixels(s.in); ++x)
          for (int t = 0; t < taps; ++t) {
            bool meets = true;
            for (int i = R - 1, a = y, b = x, k = t; i >= 0; --i) {
              const int at = a % s.out[i], from = b % s.in[i], tap = k % s.kernel[i];
              a /= s.out[i];
              b /= s.in[i];
              k /= s.kernel[i];
              meets &= transposed ? at + s.padBegin[i] == from * s.stride[i] + tap * s.dilation[i]
                                  : from == at * s.stride[i] - s.padBegin[i] + tap * s.dilation[i];
            }
            if (!meets)
              continue;
            for (int o = 0; o < s.outChannels; ++o)
              for (int j = 0; j < c; ++j)
                sums[at((image * pixels(s.out) + y) * s.outChannels + o)] +=
                    static_cast<double>(
                        in[at((image * pixels(s.in) + x) * s.channels + o / n * c + j)]) *
                    filter[at((o * taps + t) * c + j)];
          }
  }
  template <int NR> std::vector<float> packed() const {
    const int taps = pixels(s.kernel), c = s.channels / s.groups, n = s.outChannels / s.groups;
    std::vector<float> p;
    for (int g = 0; g < s.groups; ++g)
      for (int o = 0; o < n; o += NR)
        for (int k = 0; k < taps * c; ++k)
          for (int j = 0; j < NR; ++j)
            p.push_back(o + j < n ? filter[at((g * n + o + j) * taps * c + k)] : 0.f);
    return p;
  }
  template <class Out> void expect(const Out &out) const {
    for (size_t i = 0; i < sums.size(); ++i) {
      const double e = sums[i] + static_cast<double>(bias[i % at(s.outChannels)]);
      ASSERT_NEAR(e > 0 ? e : 0, static_cast<double>(out[i]), 6e-5)
          << "at " << i << " of " << s.channels << " to " << s.outChannels << " in " << s.groups;
    }
  }
};

/// Fills in the output's extents from the padding behind, too.
template <int R> Problem<R> make(ConvGeneral<R> s, Nd<R> padEnd, uint32_t seed, bool transposed) {
  Problem<R> p;
  for (int i = 0; i < R; ++i)
    s.out.v[i] =
        transposed ? (s.in[i] - 1) * s.stride[i] + (s.kernel[i] - 1) * s.dilation[i] + 1 -
                         s.padBegin[i] - padEnd[i]
                   : (s.in[i] + s.padBegin[i] + padEnd[i] - (s.kernel[i] - 1) * s.dilation[i] - 1) /
                             s.stride[i] +
                         1;
  p.s = s;
  p.transposed = transposed;
  p.finish(seed);
  return p;
}

template <int NR> void testVirtual(const Problem<2> &p) {
  const std::vector<float> packed = p.packed<NR>();
  std::vector<float> bias(p.bias.begin(), p.bias.begin() + p.s.outChannels);
  for (int tasks : {1, 3}) {
    Guarded<float> out(p.sums.size());
    forTasks(p.rows(), tasks, 0, [&](Work work) {
      if (p.transposed)
        convTranspose2d<NR>(p.s, p.in.data(), weights(packed.data()), out.data(),
                            TestEpilogue{bias.data(), nullptr}, work);
      else
        conv2dVirtual<NR>(p.s, p.in.data(), weights(packed.data()), out.data(),
                          TestEpilogue{bias.data(), nullptr}, work);
    });
    p.expect(out);
  }
  Guarded<double> naive(p.sums.size());
  const auto finish = [&](double sum, ptrdiff_t, int column) {
    sum += static_cast<double>(bias[at(column)]);
    return sum > 0 ? sum : 0;
  };
  forTasks(p.rows(), 2, 0, [&](Work work) {
    if (p.transposed)
      convTransposeScalar<double>(p.s, p.in.data(), p.filter.data(), naive.data(), finish, work);
    else
      convScalar<double>(p.s, p.in.data(), p.filter.data(), naive.data(), finish, work);
  });
  p.expect(naive);
}

/// channels, outChannels, groups, in, out (filled in), kernel, stride, dilation, padBegin
using Shape = ConvGeneral<2>;
Shape shape(int c, int o, int g, Nd<2> in, Nd<2> kernel, Nd<2> stride, Nd<2> dilation, Nd<2> pad) {
  return {c, o, g, in, {}, kernel, stride, dilation, pad, 0, 0, {}, {}};
}

TEST(Conv, VirtualPaddingOfEveryKind) {
  const Nd<2> one{{1, 1}}, none{{0, 0}};
  for (bool transposed : {false, true})
    for (int c : {1, 3, 8})
      for (int o : {1, 5, 16, 33}) {
        const auto run = [&](Shape s, Nd<2> end) {
          testVirtual<16>(make<2>(s, end, static_cast<uint32_t>(c * 50 + o), transposed));
        };
        run(shape(c, o, 1, {{5, 9}}, {{3, 3}}, one, one, one), one);
        run(shape(c, o, 1, {{6, 11}}, {{3, 2}}, {{2, 3}}, one, {{1, 0}}), {{0, 1}});
        run(shape(c, o, 1, {{9, 9}}, {{2, 3}}, one, {{2, 3}}, {{1, 2}}), {{0, 3}});
        run(shape(c, o, 1, {{7, 8}}, {{3, 3}}, {{2, 2}}, {{2, 1}}, {{2, 1}}), {{2, 0}});
        run(shape(c, o, 1, {{1, 12}}, {{1, 5}}, one, one, {{0, 2}}), {{0, 2}}); // 1-D
        run(shape(c, o, 1, {{4, 7}}, one, one, one, none), none);
      }
  // A border wider than the filter: windows that see nothing. Cut instead of padded, too.
  testVirtual<16>(
      make<2>(shape(3, 20, 1, {{3, 3}}, {{2, 2}}, one, one, {{4, 4}}), {{5, 4}}, 1, false));
  testVirtual<16>(
      make<2>(shape(3, 20, 1, {{6, 9}}, {{2, 2}}, one, one, {{-1, -2}}), {{-1, 0}}, 1, false));
  testVirtual<16>(make<2>(shape(3, 4, 1, {{4, 5}}, {{2, 2}}, {{5, 4}}, one, none), none, 1, true));
}

TEST(Conv, GroupsAndPanels) {
  const Nd<2> one{{1, 1}};
  for (bool transposed : {false, true})
    for (int g : {2, 3})
      for (int o : {1, 4, 17}) {
        const Shape s = shape(2 * g, o * g, g, {{5, 10}}, {{3, 3}}, {{1, 2}}, one, one);
        testVirtual<16>(make<2>(s, one, 5, transposed));
        testVirtual<4>(make<2>(s, one, 6, transposed));
        testVirtual<8>(make<2>(s, one, 7, transposed));
        testVirtual<1>(make<2>(s, one, 8, transposed));
      }
}

TEST(Conv, ThreeAxes) {
  for (bool transposed : {false, true})
    for (int o : {3, 20}) {
      const ConvGeneral<3> s{2 * 2,       o * 2,       2, {{3, 4, 7}}, {}, {{2, 3, 3}}, {{1, 2, 1}},
                             {{1, 1, 2}}, {{1, 1, 2}}, 0, 0,           {}, {}};
      const Problem<3> p = make<3>(s, {{0, 1, 2}}, 9, transposed);
      const std::vector<float> packed = p.packed<16>();
      Guarded<float> out(p.sums.size());
      forTasks(p.rows(), 3, 0, [&](Work work) {
        if (transposed)
          convTranspose3d<16>(p.s, p.in.data(), weights(packed.data()), out.data(),
                              TestEpilogue{p.bias.data(), nullptr}, work);
        else
          conv3dVirtual<16>(p.s, p.in.data(), weights(packed.data()), out.data(),
                            TestEpilogue{p.bias.data(), nullptr}, work);
      });
      p.expect(out);
    }
}

/// The same by the direct kernels: the input in a frame, channels of the output padded or not.
template <class Width, class Channels, class Out, class Kernel, class Stride>
void testDirect(Width width, Channels channels, Out outChannels, Kernel kernel, Stride stride) {
  constexpr int NR = 16, border = 2;
  const int height = 5, c = channels, o = outChannels, k = kernel, w = width;
  const Nd<2> strides{{stride, stride}};
  const Nd<2> in{{(height - 1) * stride + k - 2, (w - 1) * stride + k - 2}};
  const Shape s = shape(c, o, 1, in, {{k, k}}, strides, {{1, 1}}, {{1, 1}});
  const Problem<2> p = make<2>(s, {{1, 1}}, 11, false);
  ASSERT_EQ(w, p.s.out[1]);
  const Frame frame{in[0], in[1], c, border};
  const ptrdiff_t image = frame.row() * (in[0] + 2 * border);
  std::vector<float> framed(static_cast<size_t>(2 * image), NAN);
  for (int i = 0; i < 2; ++i)
    forTasks(in[0], 2, 0, [&](Work work) {
      copyIntoFrame(frame, p.in.data() + i * p.s.inImage, framed.data() + i * image, work);
    });
  const float *corner = framed.data() + (border - 1) * (frame.row() + c);
  const std::vector<float> packed = p.packed<NR>();
  const int padded = (o + NR - 1) / NR * NR, panels = padded / NR;
  for (int tasks : {1, 3})
    for (bool byPanels : {false, true})
      for (bool exact : {false, true}) {
        const int pixel = exact ? o : padded;
        const Conv2d d{Const<5>{},
                       width,
                       channels,
                       outChannels,
                       kernel,
                       kernel,
                       stride,
                       stride,
                       image,
                       frame.row(),
                       ptrdiff_t{5} * w * pixel,
                       ptrdiff_t{w} * pixel,
                       ptrdiff_t{pixel}};
        Guarded<float> out(at(2 * height * w * pixel));
        const TestEpilogue epilogue{p.bias.data(), nullptr};
        forTasks(byPanels ? panels : 2 * height, tasks, 0, [&](Work work) {
          const F32 *f = weights(packed.data());
          if (byPanels && exact)
            conv2dPanelsExact<NR>(d, 2, corner, f, out.data(), epilogue, work);
          else if (byPanels)
            conv2dPanels<NR>(d, 2, corner, f, out.data(), epilogue, work);
          else if (exact)
            conv2dExact<NR>(d, corner, f, out.data(), epilogue, work);
          else
            conv2d<NR>(d, corner, f, out.data(), epilogue, work);
        });
        std::vector<float> dense;
        for (int i = 0; i < 2 * height * w; ++i)
          dense.insert(dense.end(), out.data() + i * pixel, out.data() + i * pixel + o);
        p.expect(dense);
      }
}
TEST(Conv, DirectWithABorderInMemory) {
  testDirect(Const<7>{}, Const<3>{}, Const<16>{}, Const<3>{}, Const<1>{});
  testDirect(Const<14>{}, Const<5>{}, Const<40>{}, Const<3>{}, Const<2>{});
  testDirect(9, 4, 33, 3, 1);
  testDirect(AtMost<16>{11}, Const<8>{}, 16, 2, 2);
  testDirect(8, 130, 130, 3, 1); // a large filter
}

template <int KH, int KW> void testDepthwise(Shape s, Nd<2> end) {
  const Problem<2> p = make<2>(s, end, 13, false);
  const int taps = s.kernel[0] * s.kernel[1], o = s.outChannels;
  std::vector<float> packed(at(taps * o));
  for (int t = 0; t < taps; ++t)
    for (int j = 0; j < o; ++j)
      packed[at(t * o + j)] = p.filter[at(j * taps + t)];
  std::vector<float> bias(p.bias.begin(), p.bias.begin() + o);
  for (int tasks : {1, 3}) {
    Guarded<float> out(p.sums.size()), plain(p.sums.size());
    forTasks(p.rows(), tasks, 0, [&](Work work) {
      depthwise2dVirtual<KH, KW>(p.s, p.in.data(), weights(packed.data()), out.data(),
                                 TestEpilogue{bias.data(), nullptr}, work);
    });
    p.expect(out);
    if (s.padBegin[0] == 0 && s.padBegin[1] == 0 && end[0] == 0 && end[1] == 0) {
      forTasks(p.rows(), tasks, 0, [&](Work work) {
        depthwise2d<KH, KW>(p.s, p.in.data(), weights(packed.data()), plain.data(),
                            TestEpilogue{bias.data(), nullptr}, work);
      });
      p.expect(plain);
    }
  }
}
TEST(Conv, Depthwise) {
  const Nd<2> one{{1, 1}}, two{{2, 2}}, none{{0, 0}};
  for (int c : {1, 4, 21, 40}) {
    testDepthwise<3, 3>(shape(c, c, c, {{6, 19}}, {{3, 3}}, one, one, one), one);
    testDepthwise<3, 3>(shape(c, c, c, {{7, 18}}, {{3, 3}}, two, one, {{0, 1}}), one);
    testDepthwise<3, 3>(shape(c, c, c, {{7, 9}}, {{3, 3}}, one, one, none), none);
    testDepthwise<5, 5>(shape(c, c, c, {{9, 9}}, {{5, 5}}, one, one, two), two);
    testDepthwise<3, 3>(shape(c, c, c, {{9, 12}}, {{3, 3}}, {{1, 2}}, two, two), two);
    testDepthwise<0, 0>(shape(c, c, c, {{7, 9}}, {{2, 3}}, {{3, 1}}, one, {{1, 0}}), one);
    testDepthwise<3, 3>(shape(c, 2 * c, c, {{5, 6}}, {{3, 3}}, one, one, one), one);
    testDepthwise<0, 0>(shape(c, 5 * c, c, {{5, 6}}, {{3, 1}}, one, one, none), none);
  }
}

TEST(Conv, Integers) {
  Random random{17};
  const Shape s0 = shape(4, 6, 2, {{5, 6}}, {{3, 2}}, {{1, 2}}, {{2, 1}}, {{1, 1}});
  const Problem<2> p = make<2>(s0, {{2, 0}}, 1, false);
  const auto in = random.integers<uint8_t>(p.in.size(), 0, 255);
  const auto filter = random.integers<int8_t>(p.filter.size(), -128, 127);
  const auto zeros = random.integers<int8_t>(6, -10, 10);
  const uint8_t inZero = 128;
  Guarded<int32_t> out(p.sums.size()), expected(p.sums.size());
  forTasks(p.rows(), 2, 0, [&](Work work) {
    convInteger(
        p.s, in.data(), inZero, filter.data(), IntegerZero<int8_t>{zeros.data(), 1}, out.data(),
        [](int32_t sum, ptrdiff_t, int column) { return sum + column; }, work);
  });
  std::vector<int32_t> a(in.size()), b(filter.size());
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = in[i] - inZero;
  for (size_t i = 0; i < b.size(); ++i)
    b[i] = filter[i] - zeros[i / (b.size() / 6)];
  convScalar<int32_t>(p.s, a.data(), b.data(), expected.data(),
                      [](int32_t sum, ptrdiff_t, int column) { return sum + column; },
                      {0, p.rows(), nullptr});
  for (size_t i = 0; i < out.size(); ++i)
    ASSERT_EQ(expected[i], out[i]);
}

TEST(Conv, IntegerMatrices) {
  Random random{19};
  const int m = 4, n = 5, depth = 7;
  const auto a = random.integers<int8_t>(at(m * depth), -128, 127);
  const auto b = random.integers<uint8_t>(at(depth * n), 0, 255);
  const auto aZero = random.integers<int8_t>(at(m), -9, 9);
  const auto bZero = random.integers<uint8_t>(at(n), 100, 140);
  Guarded<int32_t> c(at(m * n));
  forTasks(m, 3, 0, [&](Work work) {
    matmulInteger(
        GemmBatch<1>{{{1}}, {{0}}, {{0}}, {{0}}}, m, n, depth, a.data(), Nd<2>{{depth, 1}},
        b.data(), Nd<2>{{n, 1}}, {aZero.data(), 1}, {bZero.data(), 1}, c.data(), Nd<2>{{n, 1}},
        [](int32_t sum, ptrdiff_t, int) { return sum; }, work);
  });
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < depth; ++k)
        sum += (a[at(i * depth + k)] - aZero[at(i)]) * (b[at(k * n + j)] - bZero[at(j)]);
      ASSERT_EQ(sum, c[at(i * n + j)]);
    }
}

} // namespace
