// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/gemm.h"
#include "burin/rt/gemm_dynamic.h"
#include "burin/rt/gemv.h"

namespace {

using rt::AtMost;
using rt::MultipleOf;
using rt::Const;

struct Problem {
  int m, n, depth;
  std::vector<float> a, b, bias, residual;
  std::vector<double> expected; // [m][n], with bias, residual and ReLU

  Problem(int rows, int columns, int k, int ldr, uint32_t seed) : m{rows}, n{columns}, depth{k} {
    Random random{seed};
    a = random.floats(at(m * k));
    b = random.floats(at(k * n));
    bias = random.floats(at(n + 64)); // whole panels read it to their end
    residual = random.floats(at(m * ldr));
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double sum = static_cast<double>(bias[at(j)]) + residual[at(i * ldr + j)];
        for (int d = 0; d < k; ++d)
          sum += static_cast<double>(a[at(i * k + d)]) * b[at(d * n + j)];
        expected.push_back(sum > 0 ? sum : 0);
      }
  }
};

template <class C> void expectNear(const Problem &p, const C &c, int ldc) {
  for (int i = 0; i < p.m; ++i)
    for (int j = 0; j < p.n; ++j)
      ASSERT_NEAR(p.expected[at(i * p.n + j)], c[at(i * ldc + j)], 1e-6 * (p.depth + 8))
          << "at " << i << ", " << j << " of " << p.m << " x " << p.n << " x " << p.depth;
}

template <int NR, class M, class N, class K> void testGemm(M m, N n, K depth) {
  const int panels = (n + NR - 1) / NR;
  for (int tasks : {1, 3}) {
    { // padded rows
      const int ldc = panels * NR;
      const Problem p{m, n, depth, ldc, 7};
      const std::vector<float> packed = packPanels(p.b, depth, n, NR);
      Guarded<float> c(at(m * ldc));
      forTasks(panels, tasks, 0, [&](rt::Work work) {
        rt::gemm<NR>(m, n, depth, p.a.data(), depth, rt::weights(packed.data()), c.data(), ldc,
                     TestEpilogue{p.bias.data(), p.residual.data()}, work);
      });
      expectNear(p, c, ldc);
    }
    { // dense rows: exact
      const Problem p{m, n, depth, n, 8};
      const std::vector<float> packed = packPanels(p.b, depth, n, NR);
      const std::vector<float> bias(p.bias.begin(), p.bias.begin() + n);
      Guarded<float> c(at(m * n));
      forTasks(panels, tasks, 0, [&](rt::Work work) {
        rt::gemmExact<NR>(m, n, depth, p.a.data(), depth, rt::weights(packed.data()), c.data(), n,
                          TestEpilogue{bias.data(), p.residual.data()}, work);
      });
      expectNear(p, c, n);
      Guarded<float> rows(at(m * n));
      forTasks((m + 23) / 24, tasks, 0, [&](rt::Work work) {
        rt::gemmRowsExact<NR, 24>(m, n, depth, p.a.data(), depth, rt::weights(packed.data()),
                                  rows.data(), n, TestEpilogue{bias.data(), p.residual.data()},
                                  work);
      });
      expectNear(p, rows, n);
    }
    if (m == 1) {
      const Problem p{m, n, depth, n, 9};
      const std::vector<float> packed = packPanels(p.b, depth, n, NR);
      const std::vector<float> bias(p.bias.begin(), p.bias.begin() + n);
      Guarded<float> y(at(n));
      forTasks(panels, tasks, 0, [&](rt::Work work) {
        rt::gemv<NR>(n, depth, p.a.data(), rt::weights(packed.data()), y.data(),
                     TestEpilogue{bias.data(), p.residual.data()}, work);
      });
      expectNear(p, y, n);
    }
  }
}

TEST(Gemm, EveryRemainderOfRowsAndColumns) {
  for (int m = 1; m <= 17; ++m)
    for (int n : {1, 2, 5, 8, 15, 16, 17, 31, 32, 33, 47, 49})
      testGemm<16>(m, n, 9);
}
/// Known ends of rows are done in the fewest lanes.
TEST(Gemm, EveryKindOfEnd) {
  const Const<11> m{};
  const Const<9> depth{};
  testGemm<16>(m, Const<3>{}, depth);
  testGemm<16>(m, Const<8>{}, depth);
  testGemm<16>(m, Const<12>{}, depth);
  testGemm<16>(m, Const<20>{}, depth);
  testGemm<16>(m, Const<24>{}, depth);
  testGemm<16>(m, Const<27>{}, depth);
  testGemm<16>(m, Const<40>{}, depth);
  testGemm<8>(m, Const<12>{}, depth);
  testGemm<8>(m, Const<19>{}, depth);
  testGemm<32>(m, Const<52>{}, depth);
}
TEST(Gemm, EveryPanelWidth) {
  for (int n : {1, 3, 4, 7, 16, 33}) {
    testGemm<1>(7, n, 5);
    testGemm<2>(7, n, 5);
    testGemm<4>(7, n, 5);
    testGemm<8>(7, n, 5);
    testGemm<32>(7, n, 5);
  }
}
TEST(Gemm, ConstantExtents) {
  testGemm<16>(Const<49>{}, Const<40>{}, Const<9>{});
  testGemm<16>(Const<50>{}, Const<64>{}, Const<3>{});
  testGemm<8>(Const<3>{}, Const<24>{}, 11);
  testGemm<16>(Const<1>{}, Const<10>{}, Const<32>{});
  testGemm<2>(Const<4>{}, Const<2>{}, Const<8>{});
  testGemm<16>(AtMost<4>{3}, AtMost<40>{33}, AtMost<64>{20});
  testGemm<16>(AtMost<4>{4}, Const<16>{}, Const<1>{});
  testGemm<16>(MultipleOf<49>{98}, AtMost<48>{48}, 20); // tiles of seven rows, or a rest
  testGemm<16>(MultipleOf<16>{48}, 32, Const<9>{});
  testGemm<16>(MultipleOf<5>{15}, 33, 12);
}
TEST(Gemm, WeightsThatExceedTheCache) { testGemm<16>(100, 200, 1000); }

// A batch of [2][3] products in which A is broadcast along the first axis and B along the second.
template <class M, class N, class K> void testDynamic(M m, N n, K depth, bool transposed) {
  Random random{3};
  const std::vector<float> a = random.floats(at(3 * m * depth));
  const std::vector<float> b = random.floats(at(2 * depth * n));
  const rt::GemmBatch<2> batch{{{2, 3}}, {{0, m * depth}}, {{depth * n, 0}}, {{3 * m * n, m * n}}};
  const std::vector<float> bias = random.floats(at(n)), residual = random.floats(at(6 * m * n));
  for (int tasks : {1, 4}) {
    Guarded<float> c(at(6 * m * n));
    forTasks(6 * ((n + 15) / 16), tasks, at(depth) * 64, [&](rt::Work work) {
      rt::gemmDynamic<16>(batch, m, n, depth, a.data(), depth, b.data(), transposed ? 1 : n,
                          transposed ? depth : 1, c.data(), n,
                          TestEpilogue{bias.data(), residual.data()}, work);
    });
    for (int p = 0; p < 6; ++p)
      for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
          const int place = (p * m + i) * n + j;
          double sum = static_cast<double>(bias[at(j)]) + residual[at(place)];
          for (int k = 0; k < depth; ++k)
            sum += static_cast<double>(a[at((p % 3 * m + i) * depth + k)]) *
                   b[at(p / 3 * depth * n + (transposed ? j * depth + k : k * n + j))];
          ASSERT_NEAR(sum > 0 ? sum : 0, c[at(place)], 1e-6 * (depth + 8)) << p << i << j;
        }
  }
}

TEST(Gemm, TwoActivations) {
  for (bool transposed : {false, true}) {
    testDynamic(5, 37, 11, transposed);
    testDynamic(1, 16, 3, transposed);
    testDynamic(Const<12>{}, Const<12>{}, Const<8>{}, transposed);
    testDynamic(AtMost<4>{2}, 5, 1, transposed);
  }
}

} // namespace
