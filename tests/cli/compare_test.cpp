// SPDX-License-Identifier: Apache-2.0
#include "cli/compare.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace burin::cli {
namespace {
using ir::ElementType;

ir::Tensor tensorOf(ElementType element, const std::vector<double> &values) {
  ir::Tensor tensor(ir::Type{element, {static_cast<int64_t>(values.size())}});
  for (size_t i = 0; i < values.size(); ++i)
    tensor.setNumber(i, values[i]);
  return tensor;
}

Metrics metricsOf(ElementType element, const std::vector<double> &actual,
                  const std::vector<double> &expected, const Tolerance &tolerance = {}) {
  Metrics metrics;
  compare(tensorOf(element, actual), tensorOf(element, expected), tolerance, 3, metrics);
  return metrics;
}

TEST(Compare, PassesWithinTheTolerance) {
  const Tolerance tolerance{.rtol = 0.01, .atol = 0.1, .maxUlp = {}};
  EXPECT_TRUE(metricsOf(ElementType::f32, {100.9, 0.09}, {100, 0}, tolerance).passed());
  EXPECT_FALSE(metricsOf(ElementType::f32, {101.2}, {100}, tolerance).passed());
}

TEST(Compare, NamesTheWorstElement) {
  const Metrics m = metricsOf(ElementType::f32, {1, 2.5, 3.1}, {1, 2, 3});
  EXPECT_EQ(m.failures, 2U);
  EXPECT_EQ(m.elements, 3U);
  EXPECT_EQ(m.worstIndex, "[1]");
  EXPECT_EQ(m.worstSample, 3U);
  EXPECT_EQ(m.worstActual, "2.5");
  EXPECT_EQ(m.worstExpected, "2");
  EXPECT_DOUBLE_EQ(m.maxAbs, 0.5);
  EXPECT_DOUBLE_EQ(m.maxRel, 0.25);
  EXPECT_LT(m.cosine(), 1);
}

TEST(Compare, CountsUnitsInTheLastPlace) {
  const float next = std::nextafter(1.0F, 2.0F);
  EXPECT_EQ(metricsOf(ElementType::f32, {next}, {1}).maxUlp, 1U);
  EXPECT_EQ(metricsOf(ElementType::f32, {-1}, {-1}).maxUlp, 0U);
  Tolerance exact{.rtol = 0, .atol = 0, .maxUlp = {}};
  EXPECT_FALSE(metricsOf(ElementType::f32, {next}, {1}, exact).passed());
  exact.maxUlp = 1;
  EXPECT_TRUE(metricsOf(ElementType::f32, {next}, {1}, exact).passed());
}

TEST(Compare, WantsNanAndInfinityInTheirPlaces) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = INFINITY;
  EXPECT_TRUE(metricsOf(ElementType::f32, {nan, inf, -inf}, {nan, inf, -inf}).passed());
  EXPECT_FALSE(metricsOf(ElementType::f32, {nan}, {1}).passed());
  EXPECT_FALSE(metricsOf(ElementType::f32, {inf}, {-inf}).passed());
  EXPECT_FALSE(metricsOf(ElementType::f32, {1}, {nan}).passed());
}

TEST(Compare, IntegersAreExact) {
  EXPECT_FALSE(metricsOf(ElementType::i8, {5}, {4}).passed());
  EXPECT_TRUE(metricsOf(ElementType::i8, {4}, {4}).passed());
  EXPECT_TRUE(metricsOf(ElementType::i8, {5}, {4}, {.maxUlp = 1}).passed());
  const Tolerance asked{.rtol = 0, .atol = 1, .atolForIntegers = true, .maxUlp = {}};
  EXPECT_TRUE(metricsOf(ElementType::i8, {5}, {4}, asked).passed());
}

TEST(Compare, NarrowFloatsGetUnitsOfTheirOwn) {
  EXPECT_TRUE(metricsOf(ElementType::f16, {1.001}, {1}).passed());
  EXPECT_FALSE(metricsOf(ElementType::f16, {1.01}, {1}).passed());
}

TEST(Compare, RefusesOtherTypesAndShapes) {
  EXPECT_EQ(metricsOf(ElementType::f32, {1, 2}, {1}).mismatch,
            "it is f32[2], the reference is f32[1]");
  Metrics m;
  compare(tensorOf(ElementType::f32, {1}), tensorOf(ElementType::f64, {1}), {}, 0, m);
  EXPECT_FALSE(m.passed());
}

TEST(Compare, Strings) {
  ir::Tensor a(ir::Type{ElementType::string, {2}}), b = a;
  a.strings = b.strings = {"x", "y"};
  Metrics same, other;
  compare(a, b, {}, 0, same);
  EXPECT_TRUE(same.passed());
  b.strings[1] = "z";
  compare(a, b, {}, 0, other);
  EXPECT_EQ(other.worstExpected, "'z'");
  EXPECT_FALSE(other.passed());
}

TEST(Compare, CosineOfZerosIsOne) {
  EXPECT_EQ(metricsOf(ElementType::f32, {0, 0}, {0, 0}).cosine(), 1);
}

} // namespace
} // namespace burin::cli
