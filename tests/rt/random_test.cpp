// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/numeric.h"
#include "burin/rt/random.h"

namespace {

using namespace rt;

/// The first words of splitmix64.c for seed 1234567.
TEST(Random, IsSplitMix64) {
  EXPECT_EQ(6457827717110365317u, randomWord(1234567, 0));
  EXPECT_EQ(3203168211198807973u, randomWord(1234567, 1));
  EXPECT_EQ(9817491932198370423u, randomWord(1234567, 2));
}

TEST(Random, AnElementHangsOnItsIndexOnly) {
  Guarded<float> all(100), parts(100);
  randomNormal(7, 1, 2, all.data(), {0, 100, nullptr});
  forTasks(100, 7, 0, [&](Work work) { randomNormal(7, 1, 2, parts.data(), work); });
  for (size_t i = 0; i < 100; ++i)
    EXPECT_EQ(all[i], parts[i]);
}

TEST(Random, Distributions) {
  constexpr int n = 100000;
  std::vector<double> uniform(n), normal(n);
  randomUniform(3, -2, 6, uniform.data(), {0, n, nullptr});
  randomNormal(3, -2, 6, normal.data(), {0, n, nullptr});
  const auto moment = [](const std::vector<double> &x, double about, int power) {
    double sum = 0;
    for (const double v : x)
      sum += std::pow(v - about, power);
    return sum / static_cast<double>(x.size());
  };
  for (const double v : uniform)
    ASSERT_TRUE(v >= -2 && v < 6);
  EXPECT_NEAR(2, moment(uniform, 0, 1), 0.02);
  EXPECT_NEAR(64 / 12.0, moment(uniform, 2, 2), 0.05);
  EXPECT_NEAR(-2, moment(normal, 0, 1), 0.06);
  EXPECT_NEAR(36, moment(normal, -2, 2), 0.5);
  EXPECT_NEAR(0, moment(normal, -2, 3), 12);
  EXPECT_NEAR(3 * 36 * 36, moment(normal, -2, 4), 120);
}

TEST(Random, OfSmallTypes) {
  std::vector<F16> half(50);
  std::vector<double> wide(50);
  randomUniform(1, 0, 1, half.data(), {0, 50, nullptr});
  randomUniform(1, 0, 1, wide.data(), {0, 50, nullptr});
  for (size_t i = 0; i < 50; ++i)
    EXPECT_EQ(cast<F16>(wide[i]).bits, half[i].bits);
}

} // namespace
