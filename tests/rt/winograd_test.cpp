// SPDX-License-Identifier: Apache-2.0
#include "conv_problem.h"

#include "burin/rt/conv_general.h"
#include "burin/rt/winograd.h"

#include <cmath>

namespace {

constexpr int NR = 16;

/// A filter [o][3][3][c] as the kernel reads it.
template <int T> std::vector<float> pack(const std::vector<float> &filter, int o, int c) {
  constexpr int points = (T + 2) * (T + 2);
  const int panels = (o + NR - 1) / NR;
  std::vector<float> packed(at(points * panels * c * NR), 0.f);
  double u[points];
  for (int i = 0; i < o; ++i)
    for (int j = 0; j < c; ++j) {
      winogradFilter<T>(filter.data() + i * 9 * c + j, c, u);
      for (int k = 0; k < points; ++k)
        packed[at(((k * panels + i / NR) * c + j) * NR + i % NR)] = static_cast<float>(u[k]);
    }
  return packed;
}

/// Channels of the input and the output, tiles, and a block of them.
template <int T, class C, class O, class N, class B>
auto describe(const Shape &s, C channels, O outChannels, N tiles, B block) {
  return Winograd{channels,  outChannels,   tiles,      block,         s.in[0],
                  s.in[1],   s.out[0],      s.out[1],   s.padBegin[0], s.padBegin[1],
                  s.inImage, s.inStride[0], s.outImage, s.outStride[0]};
}

template <int T, class C, class O, class B>
void testWinograd(C channels, O outChannels, B block, Nd<2> in, Nd<2> padBegin, Nd<2> padEnd) {
  const Nd<2> one{{1, 1}};
  const Problem<2> p =
      make<2>(shape(channels, outChannels, 1, in, {{3, 3}}, one, one, padBegin), padEnd, 7, false);
  const int across = (p.s.out[1] + T - 1) / T, down = (p.s.out[0] + T - 1) / T;
  const int tiles = p.images * across * down, blocks = (tiles + block - 1) / block;
  const std::vector<float> packed = pack<T>(p.filter, outChannels, channels);
  const std::vector<float> bias(p.bias.begin(), p.bias.begin() + outChannels);
  const std::vector<float> residual = Random{3}.floats(p.sums.size());
  double power = 0;
  for (const double sum : p.sums)
    power += sum * sum;
  const double most = 3e-5 * std::sqrt(power / static_cast<double>(p.sums.size()));
  for (int tasks : {1, 3})
    for (bool byPanels : {false, true}) {
      Guarded<float> out(p.sums.size());
      const size_t scratch = static_cast<size_t>(winogradScratch(T, channels, block, NR));
      const TestEpilogue epilogue{bias.data(), residual.data()};
      const auto s = describe<T>(p.s, channels, outChannels, tiles, block);
      forTasks(byPanels ? (outChannels + NR - 1) / NR : blocks, tasks, scratch, [&](Work work) {
        if (byPanels)
          winogradPanels<T, NR>(s, p.in.data(), weights(packed.data()), out.data(), epilogue, work);
        else
          winograd<T, NR>(s, p.in.data(), weights(packed.data()), out.data(), epilogue, work);
      });
      for (size_t i = 0; i < p.sums.size(); ++i) {
        const double e = p.sums[i] + static_cast<double>(bias[i % bias.size()] + residual[i]);
        ASSERT_NEAR(e > 0 ? e : 0, static_cast<double>(out[i]), most)
            << "at " << i << ", F" << T << " of " << channels << " to " << outChannels;
      }
    }
}

template <int T> void testShapes() {
  const Nd<2> one{{1, 1}}, none{{0, 0}};
  testWinograd<T>(Const<16>{}, Const<32>{}, Const<8>{}, {{12, 16}}, one, one);
  testWinograd<T>(Const<32>{}, Const<48>{}, Const<7>{}, {{7, 7}}, one, one); // three panels
  testWinograd<T>(Const<5>{}, Const<3>{}, Const<4>{}, {{9, 6}}, one, one);   // ends of every kind
  testWinograd<T>(20, 41, Const<14>{}, {{5, 11}}, one, one);
  testWinograd<T>(Const<8>{}, Const<16>{}, Const<24>{}, {{11, 13}}, none,
                  none); // a border in memory
  testWinograd<T>(Const<4>{}, Const<16>{}, Const<3>{}, {{6, 5}}, {{0, 2}}, {{2, 0}});
  testWinograd<T>(Const<4>{}, Const<16>{}, Const<3>{}, {{1, 1}}, {{3, 4}},
                  {{5, 3}}); // nearly all of it is
}
TEST(Winograd, TilesOfTwo) { testShapes<2>(); }
TEST(Winograd, TilesOfFour) { testShapes<4>(); }

/// The largest error of a convolution of c channels, by the rms of the exact result: direct, by
/// tiles of two and of four.
struct Errors {
  double direct, two, four;
};
enum class Data { normal, relu, logNormal };

Errors errorsOf(int size, int c, Data data) {
  constexpr int o = 16;
  std::mt19937 random(1), randomFilter(2);
  std::normal_distribution<float> normal(0, 1),
      scaled(0, std::sqrt(2.f / static_cast<float>(9 * c)));
  std::vector<float> in(at(size * size * c)), filter(at(o * 9 * c));
  for (float &x : in) {
    x = normal(random);
    if (data == Data::relu)
      x = x > 0 ? x : 0;
    if (data == Data::logNormal)
      x = std::fabs(x) * std::exp(2 * normal(random));
  }
  for (int i = 0; i < o; ++i)
    for (int j = 0; j < c; ++j)
      for (int tap = 0; tap < 9; ++tap)
        filter[at((i * 9 + tap) * c + j)] = scaled(randomFilter);
  const Nd<2> one{{1, 1}};
  Shape s = shape(c, o, 1, {{size, size}}, {{3, 3}}, one, one, one);
  s.out = s.in;
  s.inImage = size * size * c;
  s.outImage = size * size * o;
  s.inStride = {{size * c, c}};
  s.outStride = {{size * o, o}};
  std::vector<double> exact(at(size * size * o));
  convScalar<double>(
      s, in.data(), filter.data(), exact.data(), [](double sum, ptrdiff_t, int) { return sum; },
      Work{0, size, nullptr});
  double power = 0;
  for (const double x : exact)
    power += x * x;
  std::vector<float> out(exact.size());
  const auto error = [&] {
    double most = 0;
    for (size_t i = 0; i < exact.size(); ++i)
      most = std::max(most, std::fabs(exact[i] - static_cast<double>(out[i])));
    return most / std::sqrt(power / static_cast<double>(exact.size()));
  };
  std::vector<float> packed;
  for (int k = 0; k < 9 * c; ++k)
    for (int i = 0; i < o; ++i)
      packed.push_back(filter[at(i * 9 * c + k)]);
  conv2dVirtual<NR>(s, in.data(), weights(packed.data()), out.data(), Keep{},
                    Work{0, size, nullptr});
  const double direct = error();
  constexpr Const<24> block{};
  const size_t scratch = static_cast<size_t>(winogradScratch(4, c, block, NR));
  const auto run = [&](auto tile) {
    constexpr int T = tile;
    packed = pack<T>(filter, o, c);
    const int across = (size + T - 1) / T, tiles = across * across;
    forTasks((tiles + block - 1) / block, 1, scratch, [&](Work work) {
      winograd<T, NR>(describe<T>(s, c, o, tiles, block), in.data(), weights(packed.data()),
                      out.data(), Keep{}, work);
    });
    return error();
  };
  return {direct, run(Const<2>{}), run(Const<4>{})};
}

/// What allows it by default: the rounding of the direct sum is not exceeded by much.
TEST(Winograd, IsNearlyAsExactAsTheDirectSum) {
  struct Set {
    int size, channels;
    Data data;
  };
  for (const Set &set :
       {Set{56, 64, Data::normal}, Set{56, 64, Data::relu}, Set{56, 64, Data::logNormal},
        Set{14, 256, Data::normal}, Set{14, 256, Data::relu}, Set{14, 256, Data::logNormal},
        Set{7, 512, Data::relu}}) {
    const Errors e = errorsOf(set.size, set.channels, set.data);
    EXPECT_LE(e.two, 2.5 * e.direct)
        << set.channels << " channels, data " << static_cast<int>(set.data);
    EXPECT_LE(e.four, 2.5 * e.direct)
        << set.channels << " channels, data " << static_cast<int>(set.data);
  }
}

} // namespace
