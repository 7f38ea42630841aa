// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/matmul.h"
#include "burin/rt/numeric.h"

namespace {

using namespace rt;
constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

/// The value of a code, from the definition of the format.
template <class T> double valueOf(unsigned code) {
  constexpr FloatFormat f = kFormat<T>;
  const unsigned sign = code >> (f.exponentBits + f.mantissaBits) & 1;
  const int exponent = static_cast<int>(code >> f.mantissaBits & ((1u << f.exponentBits) - 1));
  const double fraction = (code & ((1u << f.mantissaBits) - 1)) / std::exp2(f.mantissaBits);
  const double value =
      exponent ? std::exp2(exponent - f.bias) * (1 + fraction) : std::exp2(1 - f.bias) * fraction;
  return sign ? -value : value;
}

/// Every code decodes to its value and back; between two neighbours the nearer one wins, in the
/// middle the even one; from float and from double.
template <class T> void testFormat() {
  constexpr FloatFormat f = kFormat<T>;
  for (unsigned code = 0; code < f.largest; ++code) {
    const double value = valueOf<T>(code), next = valueOf<T>(code + 1), middle = (value + next) / 2;
    T exact;
    exact.bits = static_cast<decltype(T::bits)>(code);
    ASSERT_EQ(value, static_cast<double>(cast<float>(exact))) << code;
    ASSERT_EQ(value, cast<double>(exact));
    ASSERT_EQ(code, cast<T>(value).bits);
    ASSERT_EQ(code, cast<T>(static_cast<float>(value)).bits);
    ASSERT_EQ(code & 1 ? code + 1 : code, cast<T>(middle).bits);
    ASSERT_EQ(code & 1 ? code + 1 : code, cast<T>(static_cast<float>(middle)).bits);
    ASSERT_EQ(code, cast<T>(std::nextafter(middle, 0)).bits);
    ASSERT_EQ(code + 1, cast<T>(std::nextafter(middle, 1e300)).bits);
    ASSERT_EQ(code, cast<T>(std::nextafterf(static_cast<float>(middle), 0.f)).bits);
    ASSERT_EQ(code + 1, cast<T>(std::nextafterf(static_cast<float>(middle), kInf)).bits);
    const unsigned sign = 1u << (f.exponentBits + f.mantissaBits);
    ASSERT_EQ(code || f.signedZero ? code | sign : 0u, cast<T>(-value).bits);
  }
}

TEST(Cast, EveryCodeOfEveryFormat) {
  testFormat<F16>();
  testFormat<BF16>();
  testFormat<F8E4M3FN>();
  testFormat<F8E4M3FNUZ>();
  testFormat<F8E5M2>();
  testFormat<F8E5M2FNUZ>();
  testFormat<F4E2M1>();
}

TEST(Cast, WhatIsBeyondTheRange) {
  EXPECT_EQ(0x7C00, cast<F16>(65520.f).bits);
  EXPECT_EQ(0x7BFF, cast<F16>(65519.996f).bits);
  EXPECT_EQ(0xFC00, cast<F16>(-1e300).bits);
  EXPECT_EQ(0x7C00, cast<F16>(kInf).bits);
  EXPECT_EQ(0x7E00, cast<F16>(kNan).bits);
  EXPECT_TRUE(std::isnan(cast<float>(F16{0x7C01})));
  EXPECT_EQ(kInf, cast<float>(F16{0x7C00}));
  EXPECT_EQ(0x7F80, cast<BF16>(3.4e38f * 1.001f).bits);
  EXPECT_TRUE(std::isnan(cast<float>(cast<BF16>(bitCast<float>(0x7F800001u)))));
  for (bool high : {false, true}) {
    const float x = high ? kInf : 1e6f;
    EXPECT_EQ(0x7E, cast<F8E4M3FN>(x).bits);
    EXPECT_EQ(0x7F, cast<F8E4M3FN>(x, false).bits);
    EXPECT_EQ(0xFF, cast<F8E4M3FN>(-x, false).bits);
    EXPECT_EQ(0x7F, cast<F8E4M3FNUZ>(x).bits);
    EXPECT_EQ(0xFF, cast<F8E4M3FNUZ>(-x).bits);
    EXPECT_EQ(0x80, cast<F8E4M3FNUZ>(-x, false).bits);
    EXPECT_EQ(0x7B, cast<F8E5M2>(x).bits);
    EXPECT_EQ(0xFC, cast<F8E5M2>(-x, false).bits);
    EXPECT_EQ(0x7F, cast<F8E5M2FNUZ>(x).bits);
    EXPECT_EQ(0x80, cast<F8E5M2FNUZ>(x, false).bits);
    EXPECT_EQ(0x07, cast<F4E2M1>(x).bits);
    EXPECT_EQ(0x0F, cast<F4E2M1>(-x, false).bits);
  }
  EXPECT_EQ(0x7F, cast<F8E4M3FN>(kNan).bits);
  EXPECT_EQ(0x80, cast<F8E4M3FNUZ>(kNan).bits);
  EXPECT_EQ(0x08, cast<F4E2M1>(kNan).bits); // as the reference: it has none
  EXPECT_TRUE(std::isnan(cast<float>(F8E5M2{0x7D})));
  EXPECT_EQ(-kInf, cast<float>(F8E5M2{0xFC}));
  EXPECT_EQ(0x80, cast<F8E4M3FN>(-1e-7f).bits);
  EXPECT_EQ(0x00, cast<F8E5M2FNUZ>(-1e-7f).bits);
  // 464 is halfway between 448 and 480, which e4m3fn has not.
  EXPECT_EQ(0x7E, cast<F8E4M3FN>(464.f, false).bits);
  EXPECT_EQ(0x7F, cast<F8E4M3FN>(464.1f, false).bits);
}

TEST(Cast, RoundsOnce) {
  // Through float, 1 + 2^-11 + 2^-40 would become a tie and go to even.
  EXPECT_EQ(0x3C01, cast<F16>(1 + std::exp2(-11) + std::exp2(-40)).bits);
  EXPECT_EQ(0x3C00, cast<F16>(1 + std::exp2(-11)).bits);
}

TEST(Cast, PowersOfTwo) {
  EXPECT_EQ(125, cast<F8E8M0>(0.25f).bits);
  EXPECT_EQ(128, cast<F8E8M0>(1.1f).bits);
  EXPECT_EQ(0, cast<F8E8M0>(0.f).bits);
  EXPECT_EQ(254, cast<F8E8M0>(kInf).bits);
  EXPECT_EQ(255, cast<F8E8M0>(kNan).bits);
  EXPECT_EQ(254, cast<F8E8M0>(3e38f).bits);
  EXPECT_EQ(127, castF8E8M0(1.9f, RoundMode::down).bits);
  EXPECT_EQ(128, castF8E8M0(1.5f, RoundMode::nearest).bits);
  EXPECT_EQ(127, castF8E8M0(1.49f, RoundMode::nearest).bits);
  EXPECT_EQ(255, castF8E8M0(0.f, RoundMode::nearest, false).bits);
  EXPECT_EQ(0, castF8E8M0(1e-40f, RoundMode::down).bits);
  for (unsigned code = 0; code < 255; ++code)
    EXPECT_EQ(std::ldexp(1.0, static_cast<int>(code) - 127),
              static_cast<double>(cast<float>(F8E8M0{static_cast<uint8_t>(code)})));
  EXPECT_TRUE(std::isnan(cast<double>(F8E8M0{255})));
}

TEST(Cast, FloatsToIntegers) {
  EXPECT_EQ(-2, cast<int8_t>(-2.9f));
  EXPECT_EQ(127, cast<int8_t>(200.f));
  EXPECT_EQ(-128, cast<int8_t>(-1e30));
  EXPECT_EQ(0, cast<uint8_t>(-0.5f));
  EXPECT_EQ(0, cast<int32_t>(kNan));
  EXPECT_EQ(INT32_MAX, cast<int32_t>(2147483648.f));
  EXPECT_EQ(INT32_MIN, cast<int32_t>(-kInf));
  EXPECT_EQ(2147483583u, cast<uint32_t>(2147483583.0));
  EXPECT_EQ(UINT64_MAX, cast<uint64_t>(1.8446744073709552e19));
  EXPECT_EQ(INT64_MAX, cast<int64_t>(kInf));
  EXPECT_EQ(INT64_MIN, cast<int64_t>(-9.3e18));
  EXPECT_TRUE(cast<bool>(kNan));
  EXPECT_TRUE(cast<bool>(1e-40f));
  EXPECT_FALSE(cast<bool>(-0.f));
  EXPECT_EQ(7, cast<int16_t>(cast<F16>(7.5f)));
}

TEST(Cast, NarrowIntegersWrap) {
  for (int i = -20; i < 20; ++i) {
    const int four = ((i & 15) ^ 8) - 8, two = ((i & 3) ^ 2) - 2;
    EXPECT_EQ(four, cast<I4>(i).value);
    EXPECT_EQ(two, cast<I2>(static_cast<float>(i)).value);
    EXPECT_EQ(i & 15, cast<U4>(static_cast<int64_t>(i)).value);
    EXPECT_EQ(i & 3, cast<U2>(cast<F16>(i)).value);
    EXPECT_EQ(static_cast<double>(four), cast<double>(cast<I4>(i)));
    EXPECT_EQ(static_cast<uint8_t>(i), cast<uint8_t>(i));
    EXPECT_EQ((i & 15) != 0, cast<bool>(cast<U4>(i)));
  }
}

TEST(Integers, EveryOperandIsDefined) {
  EXPECT_EQ(INT32_MIN, addWrap(INT32_MAX, 1));
  EXPECT_EQ(static_cast<int8_t>(-128), mulWrap<int8_t>(64, 2));
  EXPECT_EQ(static_cast<uint16_t>(1), mulWrap<uint16_t>(65535, 65535));
  EXPECT_EQ(INT64_MIN, negWrap(INT64_MIN));
  EXPECT_EQ(static_cast<int8_t>(-128), absWrap<int8_t>(-128));
  EXPECT_EQ(INT32_MIN, divTrunc(INT32_MIN, -1));
  EXPECT_EQ(0, divTrunc(5, 0));
  EXPECT_EQ(-2, divTrunc(-5, 2));
  EXPECT_EQ(-3, divFloor(-5, 2));
  EXPECT_EQ(-1, modTrunc(-5, 2));
  EXPECT_EQ(1, modFloor(-5, 2));
  EXPECT_EQ(-1, modFloor(5, -2));
  EXPECT_EQ(0, modFloor(INT32_MIN, -1));
  EXPECT_EQ(3u, modFloor(11u, 4u));
  EXPECT_EQ(0u, modTrunc(11u, 0u));
  EXPECT_EQ(-243, powInt(-3, 5));
  EXPECT_EQ(0, powInt(2, 32));
  EXPECT_EQ(-1, powInt(-1, -3));
  EXPECT_EQ(1, powInt(1, -7));
  EXPECT_EQ(0, powInt(5, -1));
  EXPECT_EQ(1, powInt(0, 0));
  EXPECT_EQ(0u, shiftLeft(1u, 32u));
  EXPECT_EQ(static_cast<uint8_t>(0x80), shiftLeft<uint8_t>(0x81, 7));
  EXPECT_EQ(uint64_t{0}, shiftRight(~uint64_t{0}, uint64_t{64}));
  EXPECT_EQ(-1, shiftRight(-8, 99));
  EXPECT_EQ(-2, shiftRight(-8, 2));
}

TEST(Matmul, AnyTypeAndStrides) {
  const int m = 3, n = 4, depth = 5;
  Random random{5};
  const auto a = random.integers<int64_t>(at(2 * m * depth), -9, 9);
  const auto b = random.integers<int32_t>(at(depth * n), -9, 9);
  std::vector<double> half;
  Guarded<double> c(at(2 * m * n));
  forTasks(2 * m, 3, 0, [&](Work work) { // B is transposed and shared by the batch
    matmulScalar<int64_t>(
        GemmBatch<1>{{{2}}, {{m * depth}}, {{0}}, {{m * n}}}, m, n, depth, a.data(),
        Nd<2>{{depth, 1}}, b.data(), Nd<2>{{1, depth}}, c.data(), Nd<2>{{n, 1}},
        [](int64_t sum, ptrdiff_t, int column) { return static_cast<double>(sum) + column; }, work);
  });
  for (int p = 0; p < 2; ++p)
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        int64_t sum = j;
        for (int k = 0; k < depth; ++k)
          sum += a[at((p * m + i) * depth + k)] * b[at(j * depth + k)];
        EXPECT_EQ(static_cast<double>(sum), c[at((p * m + i) * n + j)]);
      }
}

} // namespace
