// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/quant.h"

#include <algorithm>

namespace {

using namespace rt;

template <class Q> int valueOf(Q q) {
  typename Stored<Q>::Type v;
  std::memcpy(&v, &q, sizeof v);
  return v;
}
template <class Q> int expected(float x, float scale, int zero) {
  if (std::isnan(x))
    return zero;
  const double q = std::nearbyint(static_cast<double>(x / scale)) + zero;
  return static_cast<int>(
      std::max(static_cast<double>(kLowest<Q>), std::min(static_cast<double>(kHighest<Q>), q)));
}

template <class Q> void testType(int zero) {
  Random random{3};
  const float top = static_cast<float>(kHighest<Q>);
  for (int n : {1, 7, 16, 61}) {
    std::vector<float> in = random.floats(at(n), -1.5f * top, 1.5f * top);
    in[0] = n > 1 ? NAN : INFINITY;
    for (int i = 1; i < n; i += 3)
      in[at(i)] = 0.25f * (2.f * static_cast<float>(random.integer(-9, 9)) + 1); // ties
    Guarded<Q> q(at(n)), zeros(3, Q{1});
    Guarded<float> back(at(n));
    forTasks(n, 2, 0, [&](Work work) {
      quantizeLinear(in.data(), 0.5f, zero, q.data(), work);
      dequantizeLinear(q.data(), 0.5f, zero, back.data(), work);
    });
    for (int i = 0; i < n; ++i) {
      ASSERT_EQ(expected<Q>(in[at(i)], 0.5f, zero), valueOf(q[at(i)])) << in[at(i)];
      ASSERT_EQ(expected<Q>(in[at(i)], 0.5f, zero), valueOf(quantize<Q>(in[at(i)], 0.5f, zero)));
      ASSERT_EQ(static_cast<float>(valueOf(q[at(i)]) - zero) * 0.5f, back[at(i)]);
      ASSERT_EQ(dequantize(q[at(i)], 0.5f, zero), back[at(i)]);
    }
    // [2][3][n] by axis, and in blocks of two along it.
    const std::vector<float> wide = random.floats(at(6 * n), -top, top);
    const std::vector<float> scale = random.floats(at(4 * n), 0.3f, 1.f);
    Guarded<Q> byAxis(at(6 * n)), blocked(at(6 * n));
    Guarded<float> axisBack(at(6 * n)), blockedBack(at(6 * n));
    Guarded<Q> blockZeros(at(4 * n), Q{1});
    forTasks(6, 4, 0, [&](Work work) {
      quantizeLinearAxis(3, n, wide.data(), scale.data(), zeros.data(), byAxis.data(), work);
      dequantizeLinearAxis(3, n, byAxis.data(), scale.data(), static_cast<const Q *>(nullptr),
                           axisBack.data(), work);
      quantizeLinearBlocked(3, 2, n, wide.data(), scale.data(), blockZeros.data(), blocked.data(),
                            work);
      dequantizeLinearBlocked(3, 2, n, blocked.data(), scale.data(), blockZeros.data(),
                              blockedBack.data(), work);
    });
    for (int i = 0; i < 6 * n; ++i) {
      const float s = scale[at(i / n % 3)],
                  b = scale[at((i / (3 * n) * 2 + i / n % 3 / 2) * n + i % n)];
      ASSERT_EQ(expected<Q>(wide[at(i)], s, 1), valueOf(byAxis[at(i)]));
      ASSERT_EQ(static_cast<float>(valueOf(byAxis[at(i)])) * s, axisBack[at(i)]);
      ASSERT_EQ(expected<Q>(wide[at(i)], b, 1), valueOf(blocked[at(i)]));
      ASSERT_EQ(static_cast<float>(valueOf(blocked[at(i)]) - 1) * b, blockedBack[at(i)]);
    }
  }
}
TEST(Quant, EveryType) {
  testType<int8_t>(-3);
  testType<uint8_t>(128);
  testType<int16_t>(1000);
  testType<uint16_t>(40000);
  testType<I4>(-1);
  testType<U4>(7);
  testType<I2>(0);
  testType<U2>(1);
}

TEST(Quant, Requantize) {
  EXPECT_EQ(2, requantize<int8_t>(5, 0.5f, 0));
  EXPECT_EQ(4, requantize<int8_t>(7, 0.5f, 0));
  EXPECT_EQ(-2, requantize<int8_t>(-5, 0.5f, 0));
  EXPECT_EQ(127, requantize<int8_t>(INT32_MAX, 1.f, 0));
  EXPECT_EQ(0, requantize<uint8_t>(-400, 1.f, 100));
  // A multiplier of one half is 2^30 with shift 0.
  const int32_t half = 1 << 30;
  EXPECT_EQ(3, requantizeTfliteDouble<int8_t>(5, half, 0, 0));
  EXPECT_EQ(-2, requantizeTfliteDouble<int8_t>(-5, half, 0, 0));   // -2.5 in the product: up
  EXPECT_EQ(-3, requantizeTfliteDouble<int8_t>(-10, half, -1, 0)); // in the shift: away from zero
  EXPECT_EQ(3, requantizeTfliteSingle<int8_t>(5, half, 0, 0));
  EXPECT_EQ(-2, requantizeTfliteSingle<int8_t>(-5, half, 0, 0));
  EXPECT_EQ(-2, requantizeTfliteSingle<int8_t>(-10, half, -1, 0));
  EXPECT_EQ(20 + 3, requantizeTfliteDouble<uint8_t>(5, half, 2, 13));
  EXPECT_EQ(-128, requantizeTfliteDouble<int8_t>(-100000, half, 0, 0));
  EXPECT_EQ(127, requantizeTfliteDouble<int8_t>(INT32_MIN, INT32_MIN, 0, 0));
  Random random{7};
  for (int i = 0; i < 20000; ++i) {
    const int32_t acc = random.integer(-2000000, 2000000);
    const int32_t multiplier = random.integer(1 << 30, INT32_MAX);
    const int shift = random.integer(-12, -3);
    const double exact = static_cast<double>(acc) * multiplier * std::ldexp(1.0, shift - 31);
    const double d = requantizeTfliteDouble<int16_t>(acc, multiplier, shift, 0);
    const double s = requantizeTfliteSingle<int16_t>(acc, multiplier, shift, 0);
    const double clamped = std::max(-32768.0, std::min(32767.0, exact));
    ASSERT_LE(std::fabs(s - clamped), 0.5);
    ASSERT_LE(std::fabs(d - clamped), 0.51 + 1 / std::ldexp(1.0, -shift));
  }
}

} // namespace
