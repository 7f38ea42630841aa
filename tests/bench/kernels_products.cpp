// SPDX-License-Identifier: Apache-2.0
//
// Matrix products: the shapes of ResNet-50 and BERT-base, with bias and ReLU; vector by matrix.
#include "kernel_case.h"

#include "burin/rt/gemm.h"
#include "burin/rt/gemv.h"

namespace burin::bench {
namespace {
using rt::Const;

template <int M, int N, int K>
BURIN_STUB void gemm(const float *a, const rt::F32 *b, float *c, BiasRelu epilogue, rt::Work work) {
  rt::gemm<16>(Const<M>{}, Const<N>{}, Const<K>{}, a, K, b, c, N, epilogue, work);
}
constexpr int kRows = 48;
template <int M, int N, int K>
BURIN_STUB void gemmRows(const float *a, const rt::F32 *b, float *c, BiasRelu epilogue,
                         rt::Work work) {
  rt::gemmRows<16, kRows>(Const<M>{}, Const<N>{}, Const<K>{}, a, K, b, c, N, epilogue, work);
}
template <int N, int K>
BURIN_STUB void gemv(const float *a, const rt::F32 *b, float *c, BiasRelu epilogue, rt::Work work) {
  rt::gemv<16>(Const<N>{}, Const<K>{}, a, b, c, epilogue, work);
}

using Product = void (*)(const float *, const rt::F32 *, float *, BiasRelu, rt::Work);

Prepared prepare(Product product, int m, int n, int depth, int units) {
  const auto size = [](int rows, int columns) { return static_cast<size_t>(rows) * columns; };
  const Floats a = Floats::random(size(m, depth), 1), b = Floats::random(size(n, depth), 2),
               bias = Floats::random(n, 3), c(size(m, n)), packed = packPanels(b, depth, n);
  std::vector<double> expected(size(m, n));
  for (int i = 0; i < m; ++i) {
    double *row = &expected[size(i, n)];
    for (int j = 0; j < n; ++j)
      row[j] = bias[j];
    for (int k = 0; k < depth; ++k)
      for (int j = 0; j < n; ++j)
        row[j] += static_cast<double>(a[size(i, depth) + k]) * b[size(k, n) + j];
    for (int j = 0; j < n; ++j)
      row[j] = row[j] > 0 ? row[j] : 0;
  }
  return {[=] { product(a.data(), packed.weights(), c.data(), BiasRelu{bias.data()}, all(units)); },
          c, std::move(expected)};
}

template <int M, int N, int K> void addGemm(std::vector<Case> &cases) {
  static_assert(N % 16 == 0);
  const std::string name = std::to_string(M) + "x" + std::to_string(N) + "x" + std::to_string(K);
  constexpr double flops = 2.0 * M * N * K;
  cases.push_back({"gemm", name, Measure::flops, flops,
                   [] { return prepare(gemm<M, N, K>, M, N, K, N / 16); }});
  if constexpr (M >= 196)
    cases.push_back({"gemm", name + " by rows", Measure::flops, flops,
                     [] { return prepare(gemmRows<M, N, K>, M, N, K, (M + kRows - 1) / kRows); }});
}

template <int N, int K> void addGemv(std::vector<Case> &cases) {
  static_assert(N % 16 == 0);
  cases.push_back({"gemv", std::to_string(K) + " to " + std::to_string(N), Measure::bytes,
                   4.0 * N * K, [] { return prepare(gemv<N, K>, 1, N, K, N / 16); }});
}

} // namespace

void addProducts(std::vector<Case> &cases) {
  addGemm<512, 512, 512>(cases);
  addGemm<3136, 64, 64>(cases);
  addGemm<3136, 256, 64>(cases);
  addGemm<3136, 64, 256>(cases);
  addGemm<784, 512, 128>(cases);
  addGemm<784, 128, 512>(cases);
  addGemm<196, 1024, 256>(cases);
  addGemm<196, 256, 1024>(cases);
  addGemm<49, 2048, 512>(cases);
  addGemm<49, 512, 2048>(cases);
  addGemm<128, 768, 768>(cases);
  addGemm<128, 3072, 768>(cases);
  addGemm<128, 768, 3072>(cases);
  addGemm<64, 64, 64>(cases);
  addGemm<16, 128, 64>(cases);
  addGemv<64, 64>(cases);
  addGemv<256, 256>(cases);
  addGemv<768, 3072>(cases);
  addGemv<3072, 768>(cases);
  addGemv<1008, 2048>(cases);
}

} // namespace burin::bench
