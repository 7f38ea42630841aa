// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/math.h"
#include "burin/rt/numeric.h"

namespace {

using namespace rt;
using V = Vec<kIsa.width>;
constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

const std::vector<float> &specials() {
  static const std::vector<float> values = {
      0.f,    -0.f,  1.f,        -1.f,       0.5f,     -0.5f,      2.f,      -2.f,
      3.f,    -3.f,  1e-45f,     -1e-45f,    1.1e-38f, 1e-10f,     -1e-10f,  88.7f,
      -87.4f, 100.f, -104.f,     1e10f,      -1e10f,   3.4e38f,    -3.4e38f, kInf,
      -kInf,  kNan,  8388607.5f, 16777217.f, 2.5f,     1.57079637f};
  return values;
}

/// f of every lane, with the lanes filled from a list.
template <class F> std::vector<float> mapped(const std::vector<float> &x, const F &f) {
  std::vector<float> in = x, out;
  in.resize((x.size() + 15) / 16 * 16 + 16);
  out.resize(in.size());
  for (size_t i = 0; i + kIsa.width <= in.size(); i += at(kIsa.width))
    store(&out[i], f(load<V>(&in[i])));
  out.resize(x.size());
  return out;
}

template <class F>
void testFloat(const char *name, const F &f, double (*exact)(double), double bound) {
  Random random{17};
  std::vector<float> x = specials();
  for (int i = 0; i < 20000; ++i) {
    x.push_back(bitCast<float>(random.bits())); // any float
    x.push_back(random.uniform(-10, 10));
  }
  const std::vector<float> y = mapped(x, f);
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_LE(ulps(y[i], exact(static_cast<double>(x[i]))), bound)
        << name << "(" << x[i] << ") = " << y[i];
    // A scalar gives what a vector does, up to the contraction of its sums.
    ASSERT_LE(ulps(f(x[i]), exact(static_cast<double>(x[i]))), bound) << name << " of a scalar";
  }
}
#define TEST_FLOAT(name, exact, bound)                                                             \
  testFloat(                                                                                       \
      #name, [](auto x) { return rt::name(x); }, exact, bound)

double sigmoidExact(double x) { return 1 / (1 + std::exp(-x)); }
double softplusExact(double x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }
double signExact(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

TEST(Math, FloatsWithinTheirBounds) {
  TEST_FLOAT(exp, std::exp, 1);
  TEST_FLOAT(sigmoid, sigmoidExact, 2.5);
  TEST_FLOAT(tanh, std::tanh, 5);
  TEST_FLOAT(erf, std::erf, 2);
  TEST_FLOAT(exp2, std::exp2, 2);
  TEST_FLOAT(expm1, std::expm1, 4);
  TEST_FLOAT(log, std::log, 2);
  TEST_FLOAT(log2, std::log2, 4);
  TEST_FLOAT(log10, std::log10, 4);
  TEST_FLOAT(log1p, std::log1p, 4);
  TEST_FLOAT(erfc, std::erfc, 4);
  TEST_FLOAT(softplus, softplusExact, 4);
  TEST_FLOAT(sin, std::sin, 4);
  TEST_FLOAT(cos, std::cos, 4);
  TEST_FLOAT(tan, std::tan, 4);
  TEST_FLOAT(asin, std::asin, 4);
  TEST_FLOAT(acos, std::acos, 4);
  TEST_FLOAT(atan, std::atan, 4);
  TEST_FLOAT(sinh, std::sinh, 4);
  TEST_FLOAT(cosh, std::cosh, 4);
  TEST_FLOAT(asinh, std::asinh, 4);
  TEST_FLOAT(acosh, std::acosh, 4);
  TEST_FLOAT(atanh, std::atanh, 4);
  TEST_FLOAT(sqrt, std::sqrt, 0.5000001);
  TEST_FLOAT(floor, std::floor, 0);
  TEST_FLOAT(ceil, std::ceil, 0);
  TEST_FLOAT(round, std::nearbyint, 0);
  TEST_FLOAT(trunc, std::trunc, 0);
  TEST_FLOAT(abs, std::fabs, 0);
  TEST_FLOAT(sign, signExact, 0);
}

/// The short form has the bits of the long one.
TEST(Math, ExpOfNegatives) {
  Random random{18};
  std::vector<float> x = specials();
  for (int i = 0; i < 20000; ++i) {
    x.push_back(bitCast<float>(random.bits()));
    x.push_back(random.uniform(-110, 0));
  }
  for (float &v : x)
    v = v > 0 ? -v : v;
  const std::vector<float> e = mapped(x, [](V v) { return exp(v); }),
                           n = mapped(x, [](V v) { return expNegative(v); });
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_TRUE(bitCast<uint32_t>(e[i]) == bitCast<uint32_t>(n[i]) ||
                (e[i] != e[i] && n[i] != n[i]))
        << x[i] << ": " << e[i] << " and " << n[i];
}
TEST(Math, ZerosKeepTheirSign) {
  const auto negative = [](float x) { return std::signbit(x); };
  EXPECT_TRUE(negative(rt::round(-0.3f)) && negative(rt::ceil(-0.3f)) &&
              negative(rt::trunc(-0.3f)));
  EXPECT_TRUE(negative(rt::floor(-0.f)) && negative(rt::sin(-0.f)) && negative(rt::tan(-0.f)));
  EXPECT_TRUE(negative(rt::expm1(-0.f)) && negative(rt::log1p(-0.f)) && negative(rt::tanh(-0.f)));
  EXPECT_TRUE(negative(rt::asin(-0.f)) && negative(rt::atan(-0.f)) && negative(rt::sinh(-0.f)));
  EXPECT_TRUE(negative(rt::erf(-0.f)) && negative(rt::sqrt(-0.f)) && negative(rt::asinh(-0.f)));
  EXPECT_TRUE(std::signbit(rt::round(-0.3)) && std::signbit(rt::ceil(-0.3)));
}

TEST(Math, Pow) {
  Random random{23};
  std::vector<float> x, y;
  for (float a : specials())
    for (float b : specials()) {
      x.push_back(a);
      y.push_back(b);
    }
  for (int i = 0; i < 100000; ++i) {
    x.push_back(i % 2 ? random.uniform(0, 30) : std::fabs(bitCast<float>(random.bits())));
    y.push_back(i % 3 ? random.uniform(-40, 40) : static_cast<float>(random.integer(-20, 20)));
    if (i % 5 == 0) { // where the result is almost beyond the range
      x.back() = random.uniform(0.01f, 4.f);
      y.back() = random.uniform(-148.f, 127.f) / std::log2(x.back());
    }
  }
  for (size_t i = 0; i < x.size(); ++i) {
    const double exact = std::pow(static_cast<double>(x[i]), static_cast<double>(y[i]));
    float lanes[16];
    store(lanes, rt::pow(splat<V>(x[i]), splat<V>(y[i])));
    ASSERT_LE(ulps(lanes[kIsa.width - 1], exact), 4) << x[i] << " ^ " << y[i] << " = " << lanes[0];
    ASSERT_LE(ulps(rt::pow(x[i], y[i]), exact), 4);
  }
}

TEST(Math, TwoArguments) {
  Random random{29};
  std::vector<float> values = specials();
  for (int i = 0; i < 60; ++i)
    values.push_back(random.uniform(-100, 100));
  for (float a : values)
    for (float b : values) {
      const double da = static_cast<double>(a), db = static_cast<double>(b);
      EXPECT_LE(ulps(rt::atan2(a, b), std::atan2(da, db)), 4) << a << " " << b;
      EXPECT_LE(ulps(rt::fmod(a, b), std::fmod(da, db)), 0) << a << " mod " << b;
      if (!std::isnan(std::fmod(a, b))) {
        EXPECT_EQ(std::signbit(rt::fmod(a, b)), std::signbit(std::fmod(a, b))) << a << " mod " << b;
      }
      float lanes[16];
      store(lanes, rt::fmod(splat<V>(a), splat<V>(b)));
      EXPECT_LE(ulps(lanes[0], std::fmod(da, db)), 0);
      store(lanes, rt::maxNan(splat<V>(a), splat<V>(b)));
      const bool nan = std::isnan(a) || std::isnan(b);
      EXPECT_TRUE(nan ? std::isnan(lanes[0]) : lanes[0] == std::fmax(a, b));
      store(lanes, rt::minNan(splat<V>(a), splat<V>(b)));
      EXPECT_TRUE(nan ? std::isnan(lanes[0]) : lanes[0] == std::fmin(a, b));
      EXPECT_TRUE(nan ? std::isnan(rt::maxNan(da, db)) : rt::maxNan(da, db) == std::fmax(da, db));
      if (!nan && std::isfinite(a) && b != 0 && std::isfinite(b)) {
        const double rest = std::fmod(da, db);
        const double python = rest != 0 && (rest < 0) != (db < 0) ? rest + db : rest;
        EXPECT_LE(ulps(rt::modFloor(a, b), python), 0.51) << a << " mod " << b;
        EXPECT_EQ(std::fmod(a, b), rt::modTrunc(a, b));
      }
    }
  EXPECT_EQ(7, rt::maxNan(7, -3));
  EXPECT_EQ(2u, rt::minNan(2u, 5u));
}

/// Relative error of a double against a long double.
double relative(double got, long double exact) {
  if (std::isnan(got) || std::isnan(exact))
    return std::isnan(got) && std::isnan(exact) ? 0 : 1;
  if (std::isinf(got) || std::isinf(exact) || exact == 0)
    return static_cast<long double>(got) == exact ? 0
           : std::isinf(got)                      ? (std::fabs(exact) > 1.797e308L ? 0 : 1)
                                                  : std::fabs(got) / 5e-324 * 1e-16;
  const long double error = std::fabs(got - exact);
  if (std::fabs(exact) < 1e-307L) // denormal: one unit
    return error <= 1e-323L ? 0 : static_cast<double>(error / std::fabs(exact));
  return static_cast<double>(error / std::fabs(exact));
}

template <class F>
void testDouble(const char *name, const F &f, long double (*exact)(long double), double bound) {
  Random random{31};
  std::vector<double> x = {0,
                           -0.0,
                           1,
                           -1,
                           0.5,
                           -0.5,
                           709.7,
                           -745,
                           1e300,
                           -1e300,
                           5e-324,
                           1e-310,
                           1e-17,
                           -1e-17,
                           1e22,
                           22,
                           27,
                           1e8,
                           static_cast<double>(kInf),
                           static_cast<double>(-kInf),
                           static_cast<double>(kNan)};
  for (int i = 0; i < 20000; ++i) {
    x.push_back(static_cast<double>(random.uniform(-1, 1)) +
                static_cast<double>(random.uniform()) * 1e-8);
    x.push_back(static_cast<double>(random.uniform(-30, 30)) +
                static_cast<double>(random.uniform()) * 1e-7);
    x.push_back(bitCast<double>(static_cast<uint64_t>(random.bits()) << 32 | random.bits()));
  }
  for (double value : x)
    ASSERT_LE(relative(f(value), exact(static_cast<long double>(value))), bound)
        << name << "(" << value << ") = " << f(value);
}
#define TEST_DOUBLE(name, exact)                                                                   \
  testDouble(                                                                                      \
      #name, [](double x) { return rt::name(x); },                                                 \
      [](long double x) -> long double { return exact; }, 1.5e-15)

TEST(Math, Doubles) {
  TEST_DOUBLE(exp, std::exp(x));
  TEST_DOUBLE(exp2, std::exp2(x));
  TEST_DOUBLE(expm1, std::expm1(x));
  TEST_DOUBLE(sigmoid, 1 / (1 + std::exp(-x)));
  TEST_DOUBLE(tanh, std::tanh(x));
  TEST_DOUBLE(erf, std::erf(x));
  TEST_DOUBLE(erfc, std::erfc(x));
  TEST_DOUBLE(log, std::log(x));
  TEST_DOUBLE(log2, std::log2(x));
  TEST_DOUBLE(log10, std::log10(x));
  TEST_DOUBLE(log1p, std::log1p(x));
  TEST_DOUBLE(softplus, (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))));
  TEST_DOUBLE(sin, std::sin(x));
  TEST_DOUBLE(cos, std::cos(x));
  TEST_DOUBLE(tan, std::tan(x));
  TEST_DOUBLE(asin, std::asin(x));
  TEST_DOUBLE(acos, std::acos(x));
  TEST_DOUBLE(atan, std::atan(x));
  TEST_DOUBLE(sinh, std::sinh(x));
  TEST_DOUBLE(cosh, std::cosh(x));
  TEST_DOUBLE(asinh, std::asinh(x));
  TEST_DOUBLE(acosh, std::acosh(x));
  TEST_DOUBLE(atanh, std::atanh(x));
  TEST_DOUBLE(sqrt, std::sqrt(x));
  TEST_DOUBLE(floor, std::floor(x));
  TEST_DOUBLE(ceil, std::ceil(x));
  TEST_DOUBLE(round, std::nearbyint(x));
  TEST_DOUBLE(trunc, std::trunc(x));
}

TEST(Math, DoublesOfTwoArguments) {
  Random random{37};
  std::vector<double> values;
  for (float x : specials())
    values.push_back(static_cast<double>(x));
  for (int i = 0; i < 200; ++i)
    values.push_back(static_cast<double>(random.uniform(-20, 20)) +
                     1e-9 * static_cast<double>(random.uniform()));
  for (double a : values)
    for (double b : values) {
      EXPECT_LE(relative(rt::pow(a, b),
                         std::pow(static_cast<long double>(a), static_cast<long double>(b))),
                2e-15)
          << a << " ^ " << b;
      EXPECT_LE(relative(rt::atan2(a, b),
                         std::atan2(static_cast<long double>(a), static_cast<long double>(b))),
                1e-15)
          << a << " " << b;
      EXPECT_LE(relative(rt::fmod(a, b), std::fmod(a, b)), 0) << a << " mod " << b;
    }
  EXPECT_EQ(1000.0, rt::pow(10.0, 3.0));
  EXPECT_EQ(0.25, rt::pow(2.0, -2.0));
}

TEST(Math, SquareRootWithoutAnInstruction) {
  Random random{41};
  for (int i = 0; i < 20000; ++i) {
    const float x = std::fabs(bitCast<float>(random.bits()));
    const double d =
        std::fabs(bitCast<double>(static_cast<uint64_t>(random.bits()) << 32 | random.bits()));
    if (std::isnan(x) || std::isnan(d))
      continue;
    ASSERT_EQ(std::sqrt(x), (sqrtByDigits<float, uint32_t, 23>(x)));
    ASSERT_EQ(std::sqrt(d), (sqrtByDigits<double, uint64_t, 52>(d)));
  }
  EXPECT_TRUE(std::isnan(sqrtByDigits<float, uint32_t, 23>(-1.f)));
  EXPECT_EQ(kInf, (sqrtByDigits<float, uint32_t, 23>(kInf)));
}

} // namespace
