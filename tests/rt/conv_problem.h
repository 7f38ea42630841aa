// SPDX-License-Identifier: Apache-2.0
//
// What the tests of convolution share: a problem, and its result in double by the definition.
#ifndef BURIN_TESTS_RT_CONV_PROBLEM_H
#define BURIN_TESTS_RT_CONV_PROBLEM_H

#include "rt_test.h"

#include "burin/rt/conv_scalar.h"

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

/// channels, outChannels, groups, in, out (filled in), kernel, stride, dilation, padBegin
using Shape = ConvGeneral<2>;
inline Shape shape(int c, int o, int g, Nd<2> in, Nd<2> kernel, Nd<2> stride, Nd<2> dilation,
                   Nd<2> pad) {
  return {c, o, g, in, {}, kernel, stride, dilation, pad, 0, 0, {}, {}};
}

#endif
