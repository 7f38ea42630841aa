// SPDX-License-Identifier: Apache-2.0
//
// What works on rows: softmax, layer norm, attention as two products around a softmax, LSTM.
#include "kernel_case.h"

#include "burin/rt/gemm_dynamic.h"
#include "burin/rt/norm.h"
#include "burin/rt/rnn.h"
#include "burin/rt/softmax.h"

#include <algorithm>
#include <cmath>

namespace burin::bench {
namespace {
using rt::Const;

template <int N> BURIN_STUB void softmaxRows(const float *in, float *out, rt::Work work) {
  rt::softmax(Const<N>{}, in, out, work);
}

void softmaxInPlace(double *row, int n) {
  const double most = *std::max_element(row, row + n);
  double sum = 0;
  for (int j = 0; j < n; ++j)
    sum += row[j] = std::exp(row[j] - most);
  for (int j = 0; j < n; ++j)
    row[j] /= sum;
}

template <int Rows, int N> Prepared prepareSoftmax() {
  const Floats in = Floats::random(size_t{Rows} * N, 1, 4), out(in.size());
  std::vector<double> expected(in.data(), in.data() + in.size());
  for (int i = 0; i < Rows; ++i)
    softmaxInPlace(&expected[static_cast<size_t>(i) * N], N);
  return {[=] { softmaxRows<N>(in.data(), out.data(), all(Rows)); }, out, std::move(expected)};
}

template <int N>
BURIN_STUB void normRows(const float *in, const rt::F32 *scale, const rt::F32 *bias, float *out,
                         rt::Work work) {
  rt::layerNorm(Const<N>{}, 1e-5F, in, scale, bias, out, nullptr, nullptr, rt::Keep{}, work);
}

template <int Rows, int N> Prepared prepareNorm() {
  const Floats in = Floats::random(size_t{Rows} * N, 1), scale = Floats::random(N, 2),
               bias = Floats::random(N, 3), out(in.size());
  std::vector<double> expected(in.size());
  for (int i = 0; i < Rows; ++i) {
    const float *row = &in[static_cast<size_t>(i) * N];
    double mean = 0, variance = 0;
    for (int j = 0; j < N; ++j)
      mean += row[j] / double{N};
    for (int j = 0; j < N; ++j)
      variance += (row[j] - mean) * (row[j] - mean) / N;
    for (int j = 0; j < N; ++j)
      expected[static_cast<size_t>(i * N + j)] =
          (row[j] - mean) / std::sqrt(variance + 1e-5) * scale[j] + bias[j];
  }
  return {[=] { normRows<N>(in.data(), scale.weights(), bias.weights(), out.data(), all(Rows)); },
          out, std::move(expected)};
}

// ---- attention: q, k, v [tokens][heads][D], as a projection leaves them ----

struct Scale {
  float by;
  template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t, int) const { return v * by; }
};

template <int H, int S, int D>
BURIN_STUB void scores(const float *q, const float *k, float *to, rt::Work work) {
  const rt::GemmBatch<1> heads{{{H}}, {{D}}, {{D}}, {{S * S}}};
  rt::gemmDynamic<16>(heads, Const<S>{}, Const<S>{}, Const<D>{}, q, H * D, k, 1, H * D, to, S,
                      Scale{1 / std::sqrt(float{D})}, work);
}
template <int H, int S, int D>
BURIN_STUB void weighted(const float *p, const float *v, float *to, rt::Work work) {
  const rt::GemmBatch<1> heads{{{H}}, {{S * S}}, {{D}}, {{D}}};
  rt::gemmDynamic<16>(heads, Const<S>{}, Const<D>{}, Const<S>{}, p, S, v, H * D, 1, to, H * D,
                      rt::Keep{}, work);
}

template <int H, int S, int D> Prepared prepareAttention() {
  constexpr int width = H * D;
  const Floats q = Floats::random(size_t{S} * width, 1), k = Floats::random(q.size(), 2),
               v = Floats::random(q.size(), 3), p(size_t{H} * S * S), out(q.size()),
               scratch(size_t{16} * std::max(S, D));
  std::vector<double> expected(out.size()), row(S);
  for (int h = 0; h < H; ++h)
    for (int i = 0; i < S; ++i) {
      const auto element = [&](const Floats &t, int token, int d) {
        return static_cast<double>(t[static_cast<size_t>(token * width + h * D + d)]);
      };
      for (int j = 0; j < S; ++j) {
        row[j] = 0;
        for (int d = 0; d < D; ++d)
          row[j] += element(q, i, d) * element(k, j, d) / std::sqrt(double{D});
      }
      softmaxInPlace(row.data(), S);
      for (int j = 0; j < S; ++j)
        for (int d = 0; d < D; ++d)
          expected[static_cast<size_t>(i * width + h * D + d)] += row[j] * element(v, j, d);
    }
  const auto panels = [](int n) { return H * ((n + 15) / 16); };
  return {[=] {
            auto *memory = static_cast<unsigned char *>(static_cast<void *>(scratch.data()));
            scores<H, S, D>(q.data(), k.data(), p.data(), all(panels(S), memory));
            softmaxRows<S>(p.data(), p.data(), all(H * S));
            weighted<H, S, D>(p.data(), v.data(), out.data(), all(panels(D), memory));
          },
          out, std::move(expected)};
}

// ---- LSTM: inputs I, hidden H, steps T, batch 1 ----

struct Bias {
  const float *bias;
  template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t, int column) const {
    return v + rt::load<V>(bias + column);
  }
};

template <int T, int I, int H>
BURIN_STUB void project(const float *x, const rt::F32 *w, float *to, Bias bias, rt::Work work) {
  rt::gemm<16>(Const<T>{}, Const<4 * H>{}, Const<I>{}, x, I, w, to, 4 * H, bias, work);
}
template <int T, int H>
BURIN_STUB void recur(const float *projected, const rt::F32 *r, float *y, rt::Work work) {
  rt::lstm<16>(rt::Rnn{T, 1, H, false, 4 * H, 4 * H, H, H}, projected, r, nullptr, nullptr, nullptr,
               nullptr, y, nullptr, nullptr, 0, false, rt::LstmDefault{}, work);
}

/// Column [panel][gate][lane] of the packed matrices: gate `column % 4H / H`, unit the rest.
template <int H> int gateMajor(int column) {
  const int panel = column / 64, gate = column / 16 % 4, lane = column % 16;
  return gate * H + panel * 16 + lane;
}

template <int T, int I, int H> Prepared prepareLstm() {
  static_assert(H % 16 == 0);
  const auto size = [](int a, int b) { return static_cast<size_t>(a) * static_cast<size_t>(b); };
  // gate-major, i o f c: w [I][4H], r [H][4H]
  const Floats x = Floats::random(size(T, I), 1), b = Floats::random(4 * H, 4, 0.1F),
               w = Floats::random(size(I, 4 * H), 2, 1 / std::sqrt(float{I})),
               r = Floats::random(size(H, 4 * H), 3, 1 / std::sqrt(float{H}));
  const Floats wColumns(w.size()), rPacked(r.size()), bColumns(b.size()), y(size(T, H)),
      projected(size(T, 4 * H)), scratch(3 * H);
  for (int c = 0; c < 4 * H; ++c) {
    const int from = gateMajor<H>(c);
    bColumns[c] = b[from];
    for (int k = 0; k < I; ++k)
      wColumns[size(k, 4 * H) + c] = w[size(k, 4 * H) + from];
    for (int k = 0; k < H; ++k) // [H / 16][H][4][16]
      rPacked[size(c / 64 * H + k, 64) + c % 64] = r[size(k, 4 * H) + from];
  }
  const Floats wPacked = packPanels(wColumns, I, 4 * H);

  std::vector<double> expected(y.size()), h(H), cell(H), gates(4 * H);
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  for (int t = 0; t < T; ++t) {
    for (int c = 0; c < 4 * H; ++c) {
      gates[c] = b[c];
      for (int k = 0; k < I; ++k)
        gates[c] += static_cast<double>(x[size(t, I) + k]) * w[size(k, 4 * H) + c];
      for (int k = 0; k < H; ++k)
        gates[c] += h[k] * r[size(k, 4 * H) + c];
    }
    for (int j = 0; j < H; ++j) {
      cell[j] =
          sigmoid(gates[2 * H + j]) * cell[j] + sigmoid(gates[j]) * std::tanh(gates[3 * H + j]);
      h[j] = sigmoid(gates[H + j]) * std::tanh(cell[j]);
      expected[size(t, H) + j] = h[j];
    }
  }
  return {[=] {
            project<T, I, H>(x.data(), wPacked.weights(), projected.data(), Bias{bColumns.data()},
                             all(4 * H / 16));
            recur<T, H>(projected.data(), rPacked.weights(), y.data(),
                        all(1, static_cast<unsigned char *>(static_cast<void *>(scratch.data()))));
          },
          y, std::move(expected)};
}

template <int T, int I, int H> void addLstm(std::vector<Case> &cases) {
  cases.push_back(
      {"lstm", std::to_string(I) + "/" + std::to_string(H) + ", " + std::to_string(T) + " steps",
       Measure::flops, 2.0 * T * 4 * H * (I + H), prepareLstm<T, I, H>});
}

template <int H, int S, int D> void addAttention(std::vector<Case> &cases) {
  cases.push_back(
      {"attention",
       std::to_string(H) + " heads of " + std::to_string(D) + ", " + std::to_string(S) + " tokens",
       Measure::flops, 4.0 * H * S * S * D, prepareAttention<H, S, D>});
}

} // namespace

void addRows(std::vector<Case> &cases) {
  cases.push_back(
      {"rows", "softmax 1536x128", Measure::bytes, 8.0 * 1536 * 128, prepareSoftmax<1536, 128>});
  cases.push_back(
      {"rows", "softmax 2364x197", Measure::bytes, 8.0 * 2364 * 197, prepareSoftmax<2364, 197>});
  cases.push_back(
      {"rows", "layer norm 128x768", Measure::bytes, 8.0 * 128 * 768, prepareNorm<128, 768>});
  addAttention<12, 128, 64>(cases);
  addAttention<12, 197, 64>(cases);
  addLstm<64, 64, 64>(cases);
  addLstm<64, 128, 256>(cases);
  addLstm<32, 512, 512>(cases);
}

} // namespace burin::bench
