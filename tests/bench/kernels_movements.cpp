// SPDX-License-Identifier: Apache-2.0
//
// What is bound by memory, or should be: transposes, pools, reductions, elementwise mathematics.
#include "kernel_case.h"

#include "burin/rt/elementwise.h"
#include "burin/rt/math.h"
#include "burin/rt/nd.h"
#include "burin/rt/pool.h"
#include "burin/rt/reduce.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace burin::bench {
namespace {
using rt::Const;

template <int A, int B, int C>
BURIN_STUB void swapLast(const float *in, float *out, rt::Work work) {
  rt::transpose(rt::Nd<3>{{A, C, B}}, in, rt::Nd<3>{{B * C, 1, C}}, out, work);
}
template <int A, int B, int C>
BURIN_STUB void swapFirst(const float *in, float *out, rt::Work work) {
  rt::transpose(rt::Nd<3>{{B, A, C}}, in, rt::Nd<3>{{C, B * C, 1}}, out, work);
}

/// [A][B][C] to [A][C][B], or to [B][A][C].
template <int A, int B, int C, bool Last> Prepared prepareTranspose() {
  const Floats in = Floats::random(size_t{A} * B * C, 1), out(in.size());
  std::vector<double> expected(in.size());
  for (int a = 0; a < A; ++a)
    for (int b = 0; b < B; ++b)
      for (int c = 0; c < C; ++c)
        expected[static_cast<size_t>(Last ? (a * C + c) * B + b : (b * A + a) * C + c)] =
            in[static_cast<size_t>((a * B + b) * C + c)];
  return {[=] {
            if constexpr (Last)
              swapLast<A, B, C>(in.data(), out.data(), all(A));
            else
              swapFirst<A, B, C>(in.data(), out.data(), all(B));
          },
          out, std::move(expected)};
}

template <int A, int B, int C, bool Last>
void addTranspose(std::vector<Case> &cases, const std::string &name) {
  cases.push_back(
      {"transpose", name, Measure::bytes, 8.0 * A * B * C, prepareTranspose<A, B, C, Last>});
}

/// H x H to O x O, window K, stride S, one pixel of padding in front if Pad.
template <int H, int O, int C, int K, int S, int Pad>
BURIN_STUB void maxPool(const float *in, float *out, rt::Work work) {
  const rt::Pool<2> shape{C,         {{H, H}},  {{O, O}},     {{K, K}},
                          {{S, S}},  {{1, 1}},  {{Pad, Pad}}, {{Pad, Pad}},
                          H * H * C, O * O * C, {{H * C, C}}, {{O * C, C}}};
  rt::maxPool(shape, in, out, rt::Keep{}, work);
}

template <int H, int O, int C, int K, int S, int Pad> Prepared preparePool() {
  const Floats in = Floats::random(size_t{H} * H * C, 1), out(size_t{O} * O * C);
  std::vector<double> expected(out.size(), -std::numeric_limits<double>::infinity());
  for (int y = 0; y < O; ++y)
    for (int x = 0; x < O; ++x)
      for (int tap = 0; tap < K * K; ++tap)
        for (int c = 0; c < C; ++c) {
          const int iy = y * S - Pad + tap / K, ix = x * S - Pad + tap % K;
          if (iy < 0 || ix < 0 || iy >= H || ix >= H)
            continue;
          double &most = expected[static_cast<size_t>((y * O + x) * C + c)];
          most = std::max(most, double{in[static_cast<size_t>((iy * H + ix) * C + c)]});
        }
  return {[=] { maxPool<H, O, C, K, S, Pad>(in.data(), out.data(), all(O)); }, out,
          std::move(expected)};
}

template <int Pixels, int C> BURIN_STUB void mean(const float *in, float *out, rt::Work work) {
  rt::reduce<rt::ReduceMean>(Const<1>{}, Const<Pixels>{}, Const<C>{}, in, out, rt::Same{},
                             rt::Keep{}, work);
}

template <int Pixels, int C> Prepared prepareMean() {
  const Floats in = Floats::random(size_t{Pixels} * C, 1), out(C);
  std::vector<double> expected(C);
  for (int i = 0; i < Pixels * C; ++i)
    expected[i % C] += in[i] / double{Pixels};
  constexpr int units = (C + rt::kReduceBlock - 1) / rt::kReduceBlock;
  return {[=] { mean<Pixels, C>(in.data(), out.data(), all(units)); }, out, std::move(expected)};
}

// ---- elementwise: 65536 elements stay in L2 ----

constexpr int kElements = 65536;

template <class Function> struct Apply {
  const float *in;
  float *out;
  template <class V> BURIN_INLINE void operator()(V, ptrdiff_t i) const {
    rt::store(out + i, Function{}(rt::load<V>(in + i)));
  }
};
template <class Function> BURIN_STUB void elementwise(const float *in, float *out, rt::Work work) {
  rt::elementwise(Apply<Function>{in, out}, work);
}

struct Exp {
  template <class V> BURIN_INLINE V operator()(V x) const { return rt::exp(x); }
  static double exact(double x) { return std::exp(x); }
};
struct Sigmoid {
  template <class V> BURIN_INLINE V operator()(V x) const { return rt::sigmoid(x); }
  static double exact(double x) { return 1 / (1 + std::exp(-x)); }
};
struct Tanh {
  template <class V> BURIN_INLINE V operator()(V x) const { return rt::tanh(x); }
  static double exact(double x) { return std::tanh(x); }
};
struct Erf {
  template <class V> BURIN_INLINE V operator()(V x) const { return rt::erf(x); }
  static double exact(double x) { return std::erf(x); }
};
struct Gelu {
  template <class V> BURIN_INLINE V operator()(V x) const { return rt::gelu(x); }
  static double exact(double x) { return x * (1 + std::erf(x / std::sqrt(2.0))) / 2; }
};
struct Log {
  template <class V> BURIN_INLINE V operator()(V x) const { return rt::log(rt::abs(x)); }
  static double exact(double x) { return std::log(std::fabs(x)); }
};
struct Relu {
  template <class V> BURIN_INLINE V operator()(V x) const { return rt::max(V{}, x); }
  static double exact(double x) { return x > 0 ? x : 0; }
};

template <class Function> Prepared prepareElementwise() {
  const Floats in = Floats::random(kElements, 1, 8), out(kElements);
  std::vector<double> expected(kElements);
  for (int i = 0; i < kElements; ++i)
    expected[i] = Function::exact(in[i]);
  return {[=] { elementwise<Function>(in.data(), out.data(), all(kElements)); }, out,
          std::move(expected)};
}

template <class Function> void addElementwise(std::vector<Case> &cases, const char *name) {
  cases.push_back(
      {"elementwise", name, Measure::bytes, 8.0 * kElements, prepareElementwise<Function>});
}

} // namespace

void addMovements(std::vector<Case> &cases) {
  addTranspose<1, 3, 224 * 224, true>(cases, "3x224x224 to channels last");
  addTranspose<1, 64, 56 * 56, true>(cases, "64x56x56 to channels last");
  addTranspose<1, 56 * 56, 64, true>(cases, "56x56x64 to channels first");
  addTranspose<128, 12, 64, false>(cases, "128 tokens, 12 heads of 64");
  addTranspose<1, 768, 768, true>(cases, "768x768");
  cases.push_back({"pool", "max 3x3 stride 2 at 112, 64", Measure::bytes,
                   4.0 * 64 * (112 * 112 + 56 * 56), preparePool<112, 56, 64, 3, 2, 1>});
  cases.push_back({"pool", "max 2x2 stride 2 at 256, 32", Measure::bytes,
                   4.0 * 32 * (256 * 256 + 128 * 128), preparePool<256, 128, 32, 2, 2, 0>});
  cases.push_back(
      {"pool", "mean of 7x7x2048", Measure::bytes, 4.0 * 49 * 2048, prepareMean<49, 2048>});
  addElementwise<Relu>(cases, "relu");
  addElementwise<Exp>(cases, "exp");
  addElementwise<Log>(cases, "log of abs");
  addElementwise<Sigmoid>(cases, "sigmoid");
  addElementwise<Tanh>(cases, "tanh");
  addElementwise<Erf>(cases, "erf");
  addElementwise<Gelu>(cases, "gelu");
}

} // namespace burin::bench
