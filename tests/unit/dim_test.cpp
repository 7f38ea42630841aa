// SPDX-License-Identifier: Apache-2.0
#include "ir/diagnostic.h"
#include "ir/dim.h"

#include <gtest/gtest.h>
#include <random>

namespace burin::ir {
namespace {

const Dim N = Dim::symbol("N", {1, 8}), M = Dim::symbol("M", {1, 6}), K = Dim::symbol("K", {0, 9});
const Dim U = Dim::symbol("U", {0, kUnbounded});

TEST(Dim, NumbersCompute) {
  EXPECT_TRUE((Dim(2) * 3 + 4 - 1).isNumber(9));
  EXPECT_EQ(floorDiv(Dim(7), 2).number(), 3);
  EXPECT_EQ(ceilDiv(Dim(7), 2).number(), 4);
  EXPECT_EQ(floorDiv(Dim(-7), 2).number(), -4);
  EXPECT_EQ(ceilDiv(Dim(-7), 2).number(), -3);
  EXPECT_EQ(floorDiv(Dim(7), -2).number(), -4);
  EXPECT_EQ(min(Dim(3), 5).number(), 3);
  EXPECT_EQ(max(Dim(3), 5).number(), 5);
  EXPECT_EQ(product({2, 3, 4}).number(), 24);
  EXPECT_EQ(product({}).number(), 1);
}

TEST(Dim, SymbolOfOneValueIsANumber) { EXPECT_TRUE(Dim::symbol("N", {4, 4}).isNumber(4)); }

TEST(Dim, SumsOfProductsHaveOneForm) {
  EXPECT_EQ(N + M, M + N);
  EXPECT_EQ(N * M, M * N);
  EXPECT_EQ((N + 1) * (N - 1), N * N - 1);
  EXPECT_EQ((N + M) * 2 - M, N * 2 + M);
  EXPECT_EQ(N * (M * K), (K * N) * M);
  EXPECT_NE(N, M);
  EXPECT_NE(N, N + 1);
  EXPECT_TRUE((N - N).isNumber(0));
  EXPECT_TRUE((N - N + 3).isNumber(3));
  EXPECT_EQ(product({N, 4, M}), M * N * 4);
}

TEST(Dim, Text) {
  EXPECT_EQ(Dim(-3).text(), "-3");
  EXPECT_EQ(N.text(), "N");
  EXPECT_EQ((N * 2 + 1).text(), "2*N + 1");
  EXPECT_EQ((Dim(1) - N).text(), "-N + 1");
  EXPECT_EQ((N * M - K).text(), "M*N - K");
  EXPECT_EQ(floorDiv(N, 2).text(), "floordiv(N, 2)");
  EXPECT_EQ(ceilDiv(N, 2).text(), "ceildiv(N, 2)");
  EXPECT_EQ(floorDiv(N, M).text(), "floordiv(N, M)");
  EXPECT_EQ(min(N, M).text(), "min(M, N)");
  EXPECT_EQ(max(M, N).text(), "max(M, N)");
}

TEST(Dim, SymbolName) {
  EXPECT_EQ(N.symbolName(), "N");
  EXPECT_FALSE(Dim(3).symbolName());
  EXPECT_FALSE((N + 1).symbolName());
  EXPECT_FALSE((N * 2).symbolName());
  EXPECT_FALSE(floorDiv(N, 2).symbolName());
}

TEST(Dim, NumberOfASymbolIsABug) { EXPECT_THROW((void)N.number(), InternalError); }

TEST(Dim, ExactQuotientsAreExact) {
  EXPECT_EQ(floorDiv(N * 4, 4), N);
  EXPECT_EQ(ceilDiv(N * 4, 4), N);
  EXPECT_EQ(floorDiv(N * M * 6, M * 3), N * 2);
  EXPECT_EQ(floorDiv(N * 32 - 16, N * 4 - 2), Dim(8)); // a sum by a sum
  EXPECT_EQ(floorDiv(N * N - M * M, N + M), N - M);
  EXPECT_EQ(floorDiv(N * 32 - 15, N * 4 - 2).text(), "floordiv(32*N - 15, 4*N - 2)");
  EXPECT_TRUE(floorDiv(N, N).isNumber(1));
  EXPECT_EQ(floorDiv(N * M + K, M), N + floorDiv(K, M));
  EXPECT_EQ(floorDiv(N * 4 + 3, 4), N);
  EXPECT_EQ(ceilDiv(N * 4 + 3, 4), N + 1);
  EXPECT_EQ(floorDiv(N, 1), N);
  EXPECT_TRUE(floorDiv(0, N).isNumber(0));
  EXPECT_THROW(floorDiv(N, 0), CompileError);
}

TEST(Dim, QuotientsByNumbersHaveOneForm) {
  EXPECT_EQ(floorDiv(N - 1, 2) + 1, ceilDiv(N, 2)); // kernel 3, stride 2, pad 1 and SAME
  EXPECT_EQ(floorDiv(N + 1, 2), ceilDiv(N, 2));
  EXPECT_EQ(floorDiv(N + 5, 2), ceilDiv(N, 2) + 2);
  EXPECT_EQ(ceilDiv(ceilDiv(N, 2), 2), ceilDiv(N, 4));
  EXPECT_EQ(floorDiv(floorDiv(N, 2), 3), floorDiv(N, 6));
  EXPECT_EQ(floorDiv(floorDiv(N - 1, 2), 2) + 1, ceilDiv(N, 4));
  EXPECT_EQ(floorDiv(N * 2 + 1, 4), floorDiv(N, 2));
  EXPECT_EQ(floorDiv(N * 3, 2), N + floorDiv(N, 2));
  EXPECT_EQ(floorDiv(Dim(8) - N, 4), Dim(2) - ceilDiv(N, 4));
  EXPECT_EQ(floorDiv(N, -2), Dim(0) - ceilDiv(N, 2));
  // The SAME padding of a kernel of 3 at stride 2, and what its window makes.
  const Dim pad = max(0, ceilDiv(N, 2) * 2 - 2 + 3 - N);
  EXPECT_EQ(floorDiv(N + pad - 3, 2) + 1, ceilDiv(N, 2));
}

TEST(Dim, QuotientsKnownFromBounds) {
  EXPECT_TRUE(floorDiv(N, 9).isNumber(0));
  EXPECT_TRUE(ceilDiv(N, 8).isNumber(1));
  EXPECT_FALSE(floorDiv(N, 8).isNumber());
  EXPECT_FALSE(floorDiv(U, 8).isNumber());
}

TEST(Dim, MinMax) {
  EXPECT_EQ(min(N, 8), N);
  EXPECT_TRUE(min(N, 1).isNumber(1));
  EXPECT_EQ(max(N, 1), N);
  EXPECT_TRUE(max(N, 8).isNumber(8));
  EXPECT_EQ(min(N, N + 1), N);
  EXPECT_EQ(max(N, N + 1), N + 1);
  EXPECT_EQ(min(N, M), min(M, N));
  EXPECT_EQ(min(min(N, M), N), min(N, M));
  EXPECT_EQ(max(min(N, M), N), N);
  EXPECT_TRUE(max(0, floorDiv(N, 2) * 2 - N).isNumber(0));
}

TEST(Dim, NonNegative) {
  EXPECT_TRUE(isNonNegative(0));
  EXPECT_FALSE(isNonNegative(-1));
  EXPECT_TRUE(isNonNegative(N - 1));
  EXPECT_FALSE(isNonNegative(N - 2));
  EXPECT_TRUE(isNonNegative(N - min(N, 5)));
  EXPECT_TRUE(isNonNegative(max(N, M) - M));
  EXPECT_FALSE(isNonNegative(min(N, M) - M));
  EXPECT_TRUE(isNonNegative(N - floorDiv(N, 3) * 2));
  EXPECT_TRUE(isNonNegative(ceilDiv(U, 3) * 3 - U));
  EXPECT_TRUE(isNonNegative(N - min(2, N) - max(0, N - 2)));
  EXPECT_TRUE(isNonNegative(U));
  EXPECT_FALSE(isNonNegative(U - 1));
}

TEST(Dim, MayEqual) {
  EXPECT_TRUE(mayEqual(N, 8));
  EXPECT_FALSE(mayEqual(N, 9));
  EXPECT_TRUE(mayEqual(N, M));
  EXPECT_FALSE(mayEqual(N, N + 1));
  EXPECT_TRUE(mayEqual(N * 2, M));
}

TEST(Dim, Bounds) {
  EXPECT_EQ(N.bounds(), (Bounds{1, 8}));
  EXPECT_EQ((N * 2 + 1).bounds(), (Bounds{3, 17}));
  EXPECT_EQ((Dim(10) - N).bounds(), (Bounds{2, 9}));
  EXPECT_EQ((N * M).bounds(), (Bounds{1, 48}));
  EXPECT_EQ(floorDiv(N, 3).bounds(), (Bounds{0, 2}));
  EXPECT_EQ(ceilDiv(N, 3).bounds(), (Bounds{1, 3}));
  EXPECT_EQ(floorDiv(Dim(8) - N, 3).bounds(), (Bounds{0, 2}));
  EXPECT_EQ(min(N, M).bounds(), (Bounds{1, 6}));
  EXPECT_EQ(max(N, M).bounds(), (Bounds{1, 8}));
}

TEST(Dim, BoundsSaturate) {
  EXPECT_EQ(U.bounds().hi, kUnbounded);
  EXPECT_EQ((U + 1).bounds().hi, kUnbounded);
  EXPECT_EQ((U - 1).bounds(), (Bounds{-1, kUnbounded}));
  EXPECT_EQ((U * 3 - 7).bounds().hi, kUnbounded);
  EXPECT_EQ((Dim(0) - U).bounds().lo, INT64_MIN);
  EXPECT_EQ((U * U).bounds(), (Bounds{0, kUnbounded}));
  EXPECT_EQ(floorDiv(U, 2).bounds(), (Bounds{0, kUnbounded}));
  EXPECT_EQ(min(U, 5).bounds(), (Bounds{0, 5}));
  EXPECT_EQ(max(U, 5).bounds(), (Bounds{5, kUnbounded}));
  const Dim large = Dim::symbol("L", {0, int64_t{1} << 40});
  EXPECT_EQ((large * large).bounds().hi, kUnbounded);
  EXPECT_EQ((Dim(INT64_MAX) + 1).number(), INT64_MAX);
  EXPECT_EQ((Dim(INT64_MAX) * 2).number(), INT64_MAX);
  EXPECT_EQ((Dim(INT64_MIN) - 1).number(), INT64_MIN);
}

TEST(Dim, Extremes) {
  EXPECT_EQ(floorDiv(Dim(INT64_MIN), -1).number(), INT64_MAX);
  EXPECT_EQ(floorDiv(N + INT64_MIN, 3).bounds().lo, INT64_MIN / 3 - 1);
  EXPECT_THROW(floorDiv(N, K).evaluate([](auto) { return 0; }), InternalError);
}

TEST(Dim, Substitute) {
  EXPECT_TRUE((N * 2 + M).substitute({{"N", 3}, {"M", 4}}).isNumber(10));
  EXPECT_EQ((N * 2 + M).substitute({{"N", M}}), M * 3);
  EXPECT_EQ((N + 1).substitute({{"K", 7}}), N + 1);
  EXPECT_TRUE(floorDiv(N, M).substitute({{"N", 7}, {"M", 2}}).isNumber(3));
  EXPECT_TRUE(ceilDiv(N, 2).substitute({{"N", 7}}).isNumber(4));
  EXPECT_EQ(floorDiv(N, 2).substitute({{"N", M * 2}}), M);
  EXPECT_EQ(min(N, M).substitute({{"N", 1}}), Dim(1));
  EXPECT_EQ(max(N, M).substitute({{"N", 2}}), max(M, 2));
}

TEST(Dim, CollectSymbols) {
  std::map<std::string, Bounds, std::less<>> symbols;
  (N * 2 + floorDiv(M + K, 3)).collectSymbols(symbols);
  ASSERT_EQ(symbols.size(), 3u);
  EXPECT_EQ(symbols.at("N"), (Bounds{1, 8}));
  EXPECT_EQ(symbols.at("K"), (Bounds{0, 9}));
}

// ---- random expressions against plain integers ----

struct Sample {
  Dim dim;
  std::vector<int64_t> values; ///< for each assignment
};

int64_t floored(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }

class RandomDims : public ::testing::TestWithParam<unsigned> {};

TEST_P(RandomDims, AgreeWithIntegers) {
  std::mt19937 random(GetParam());
  const auto below = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  struct Assignment {
    int64_t n, m, k;
    int64_t operator()(std::string_view name) const {
      return name == "N" ? n : name == "M" ? m : k;
    }
  };
  std::vector<Assignment> assignments;
  for (int64_t n = 1; n <= 8; ++n)
    for (int64_t m = 1; m <= 6; m += 2)
      for (int64_t k = 0; k <= 9; k += 3)
        assignments.push_back({n, m, k});
  std::vector<Sample> pool;
  for (const Dim &d : {N, M, K, Dim(0), Dim(1), Dim(2), Dim(3), Dim(-2)}) {
    Sample s{d, {}};
    for (const Assignment &a : assignments)
      s.values.push_back(d.evaluate(a));
    pool.push_back(std::move(s));
  }
  for (int i = 0; i < 60; ++i) {
    const Sample a = pool[static_cast<size_t>(below(static_cast<int64_t>(pool.size())))];
    const Sample b = pool[static_cast<size_t>(below(static_cast<int64_t>(pool.size())))];
    const int64_t divisor = below(5) + 1;
    const int64_t which = below(7);
    Sample s;
    s.dim = which == 0   ? a.dim + b.dim
            : which == 1 ? a.dim - b.dim
            : which == 2 ? a.dim * Dim(divisor - 3)
            : which == 3 ? floorDiv(a.dim, divisor)
            : which == 4 ? ceilDiv(a.dim + b.dim, divisor)
            : which == 5 ? min(a.dim, b.dim)
                         : max(a.dim, b.dim);
    if (s.dim.text().size() > 160)
      continue;
    for (size_t j = 0; j < assignments.size(); ++j) {
      const int64_t x = a.values[j], y = b.values[j];
      s.values.push_back(which == 0   ? x + y
                         : which == 1 ? x - y
                         : which == 2 ? x * (divisor - 3)
                         : which == 3 ? floored(x, divisor)
                         : which == 4 ? -floored(-(x + y), divisor)
                         : which == 5 ? std::min(x, y)
                                      : std::max(x, y));
    }
    const Bounds bounds = s.dim.bounds();
    bool neverNegative = true;
    for (size_t j = 0; j < assignments.size(); ++j) {
      const Assignment &v = assignments[j];
      ASSERT_EQ(s.dim.evaluate(v), s.values[j]) << s.dim.text() << " seed " << GetParam();
      ASSERT_LE(bounds.lo, s.values[j]) << s.dim.text();
      ASSERT_GE(bounds.hi, s.values[j]) << s.dim.text();
      ASSERT_TRUE(s.dim.substitute({{"N", v.n}, {"M", v.m}, {"K", v.k}}).isNumber(s.values[j]))
          << s.dim.text();
      neverNegative = neverNegative && s.values[j] >= 0;
    }
    if (isNonNegative(s.dim)) {
      ASSERT_TRUE(neverNegative) << s.dim.text();
    }
    // Made again from its parts, it is the same: what the parser of .gir relies on.
    ASSERT_EQ(s.dim.substitute({}), s.dim) << s.dim.text();
    ASSERT_EQ(s.dim.substitute({}).text(), s.dim.text());
    for (const Sample &other : pool) {
      if (other.dim == s.dim) {
        ASSERT_EQ(other.values, s.values) << s.dim.text();
      }
      if (other.values == s.values) {
        ASSERT_TRUE(mayEqual(other.dim, s.dim)) << s.dim.text() << " and " << other.dim.text();
      }
    }
    pool.push_back(std::move(s));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomDims, ::testing::Range(0u, 40u));

} // namespace
} // namespace burin::ir
