// SPDX-License-Identifier: Apache-2.0
#include "conv_problem.h"

#include "burin/rt/integer.h"

namespace {

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
