// SPDX-License-Identifier: Apache-2.0
//
// Proves the error bounds of math.h: every function at all 2^32 floats against libm in double.
// Prints the largest error of each in units of the last place, and where; fails if one exceeds its
// bound. ulp [every [function]]: every 1 is the proof, 1009 a sample.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "burin/rt/math.h"

namespace rt = burin::rt;

namespace {

constexpr int W = rt::kIsa.width;
using V = rt::Vec<W>;

struct Function {
  const char *name;
  V (*approximate)(V);
  double (*exact)(double);
  double bound;
};

double sigmoidExact(double x) { return 1 / (1 + std::exp(-x)); }
double softplusExact(double x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }

#define BURIN_ULP(name, exact, bound)                                                              \
  {                                                                                                \
#name, [](V x) { return rt::name(x); }, exact, bound                                           \
  }

// clang-format off
const Function kFunctions[] = {
    BURIN_ULP(exp, std::exp, 1),
    BURIN_ULP(sigmoid, sigmoidExact, 2.5),
    BURIN_ULP(tanh, std::tanh, 5),
    BURIN_ULP(erf, std::erf, 2),
    BURIN_ULP(exp2, std::exp2, 2),
    BURIN_ULP(expm1, std::expm1, 4),
    BURIN_ULP(log, std::log, 2),
    BURIN_ULP(log2, std::log2, 4),
    BURIN_ULP(log10, std::log10, 4),
    BURIN_ULP(log1p, std::log1p, 4),
    BURIN_ULP(erfc, std::erfc, 4),
    BURIN_ULP(softplus, softplusExact, 4),
    BURIN_ULP(sin, std::sin, 4),
    BURIN_ULP(cos, std::cos, 4),
    BURIN_ULP(tan, std::tan, 4),
    BURIN_ULP(asin, std::asin, 4),
    BURIN_ULP(acos, std::acos, 4),
    BURIN_ULP(atan, std::atan, 4),
    BURIN_ULP(sinh, std::sinh, 4),
    BURIN_ULP(cosh, std::cosh, 4),
    BURIN_ULP(asinh, std::asinh, 4),
    BURIN_ULP(acosh, std::acosh, 4),
    BURIN_ULP(atanh, std::atanh, 4),
    BURIN_ULP(sqrt, std::sqrt, 0.5),
    BURIN_ULP(floor, std::floor, 0),
    BURIN_ULP(ceil, std::ceil, 0),
    BURIN_ULP(round, std::nearbyint, 0),
    BURIN_ULP(trunc, std::trunc, 0),
};
// clang-format on

/// Error in units of the last place of the nearest float; beyond the largest float the scale goes
/// on, so that infinity counts as 2^128.
double error(float got, double exact) {
  if (std::isnan(got) || std::isnan(exact))
    return std::isnan(got) == std::isnan(exact) ? 0 : 1e30;
  if (std::isinf(exact))
    return got == static_cast<float>(exact) ? 0 : 1e30;
  const double big = 340282366920938463463374607431768211456.0, top = std::fabs(exact);
  int exponent;
  std::frexp(exact, &exponent);
  if (std::isinf(got)) {
    if ((got > 0) != (exact > 0) || top < big / 2)
      return 1e30;
    return top >= big ? 0 : (big - top) / 2.028240960365167e31;
  }
  if (top >= big)
    exponent = 128;
  const double unit = std::ldexp(1.0, exponent - 24 < -149 || exact == 0 ? -149 : exponent - 24);
  return std::fabs(got - exact) / unit;
}

} // namespace

int main(int count, char **arguments) {
  const uint64_t every = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1;
  bool failed = false;
  for (const Function &f : kFunctions) {
    if (count > 2 && std::strcmp(arguments[2], f.name) != 0)
      continue;
    double worst = 0;
    float where = 0, is = 0;
    float in[W] = {}, out[W];
    int filled = 0;
    for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += every) {
      const uint32_t low = static_cast<uint32_t>(bits);
      std::memcpy(&in[filled++], &low, 4);
      if (filled < W && bits + every < uint64_t{1} << 32)
        continue;
      rt::store(out, f.approximate(rt::load<V>(rt::weights(in))));
      for (int i = 0; i < filled; ++i) {
        const double e = error(out[i], f.exact(static_cast<double>(in[i])));
        if (e > worst) {
          worst = e;
          where = in[i];
          is = out[i];
        }
      }
      filled = 0;
    }
    const bool bad = worst > f.bound;
    failed |= bad;
    std::printf("%-9s %10.4g ULP, bound %g, at %.9g (%a): %.9g instead of %.9g%s\n", f.name, worst,
                f.bound, static_cast<double>(where), static_cast<double>(where),
                static_cast<double>(is), f.exact(static_cast<double>(where)),
                bad ? "  FAILED" : "");
    std::fflush(stdout);
  }
  return failed;
}
