// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/rnn.h"

#include <functional>

namespace {

using namespace rt;

/// One layer in one direction: everything in the order of ONNX, gate-major.
struct Layer {
  int gates, steps, batch, hidden;
  bool reverse;
  std::vector<float> x /*[steps][batch][gates][hidden]*/, r /*[gates][hidden][hidden]*/, h0, c0;
  std::vector<float> peephole, recurrentBias;
  std::vector<int32_t> lengths;
  std::vector<double> y, hn, cn;

  Layer(int g, int s, int b, int n, bool back)
      : gates{g}, steps{s}, batch{b}, hidden{n}, reverse{back} {
    Random random{static_cast<uint32_t>(n * 10 + b)};
    x = random.floats(at(s * b * g * n));
    r = random.floats(at(g * n * n), -0.5f, 0.5f);
    h0 = random.floats(at(b * n));
    c0 = random.floats(at(b * n));
    peephole = random.floats(at(3 * n));
    recurrentBias = random.floats(at(n));
    for (int i = 0; i < b; ++i)
      lengths.push_back(i % 2 ? s : random.integer(0, s));
    y.assign(at(s * b * n), 0);
  }
  double input(int t, int b, int g, int i) const {
    return x[at(((t * batch + b) * gates + g) * hidden + i)];
  }
  double recurrent(int g, int i, const std::vector<double> &h) const {
    double sum = 0;
    for (int k = 0; k < hidden; ++k)
      sum += static_cast<double>(r[at((g * hidden + i) * hidden + k)]) * h[at(k)];
    return sum;
  }
  /// step(t, row, h, c) replaces the state.
  void
  run(bool withLengths,
      const std::function<void(int, int, std::vector<double> &, std::vector<double> &)> &step) {
    for (int b = 0; b < batch; ++b) {
      std::vector<double> h(h0.begin() + b * hidden, h0.begin() + (b + 1) * hidden);
      std::vector<double> c(c0.begin() + b * hidden, c0.begin() + (b + 1) * hidden);
      const int n = withLengths ? lengths[at(b)] : steps;
      for (int k = 0; k < n; ++k) {
        const int t = reverse ? n - 1 - k : k;
        step(t, b, h, c);
        std::copy(h.begin(), h.end(), y.begin() + (t * batch + b) * hidden);
      }
      hn.insert(hn.end(), h.begin(), h.end());
      cn.insert(cn.end(), c.begin(), c.end());
    }
  }
  template <int NR> int padded() const { return (hidden + NR - 1) / NR * NR; }
  /// Columns [H / NR][gates][NR].
  template <int NR> std::vector<float> projected() const {
    std::vector<float> p;
    for (int tb = 0; tb < steps * batch; ++tb)
      for (int i = 0; i < padded<NR>(); i += NR)
        for (int g = 0; g < gates; ++g)
          for (int j = 0; j < NR; ++j)
            p.push_back(i + j < hidden ? x[at((tb * gates + g) * hidden + i + j)] : 0.f);
    return p;
  }
  template <int NR> void pack(int from, int to, std::vector<float> &p) const {
    for (int i = 0; i < padded<NR>(); i += NR)
      for (int k = 0; k < hidden; ++k)
        for (int g = from; g < to; ++g)
          for (int j = 0; j < NR; ++j)
            p.push_back(i + j < hidden ? r[at((g * hidden + i + j) * hidden + k)] : 0.f);
  }
  template <int NR> std::vector<float> spread(const std::vector<float> &v) const { // rows of H
    std::vector<float> p;
    for (size_t row = 0; row < v.size() / at(hidden); ++row)
      for (int i = 0; i < padded<NR>(); ++i)
        p.push_back(i < hidden ? v[row * at(hidden) + at(i)] : 0.f);
    return p;
  }
  template <int NR> Rnn shape() const {
    const ptrdiff_t row = gates * padded<NR>();
    return {steps, batch, hidden, reverse, batch * row, row, ptrdiff_t{batch} * hidden, hidden};
  }
  template <class F> void expect(const std::vector<double> &e, const F &got) const {
    for (size_t i = 0; i < e.size(); ++i)
      ASSERT_NEAR(e[i], got[i], 2e-5) << "at " << i << ", hidden " << hidden << " batch " << batch;
  }
};

double sigma(double x) { return 1 / (1 + std::exp(-x)); }
double cut(double x, double clip) { return clip > 0 ? std::max(-clip, std::min(clip, x)) : x; }

template <int NR> void testLstm(int batch, int hidden, bool reverse, bool options, float clip) {
  Layer l{4, 5, batch, hidden, reverse};
  l.run(options, [&](int t, int b, std::vector<double> &h, std::vector<double> &c) {
    std::vector<double> newH(h.size());
    for (int i = 0; i < hidden; ++i) {
      const auto gate = [&](int g) { return l.input(t, b, g, i) + l.recurrent(g, i, h); };
      const auto peep = [&](int g) {
        return options ? static_cast<double>(l.peephole[at(g * hidden + i)]) : 0;
      };
      const double old = c[at(i)], in = sigma(cut(gate(0) + peep(0) * old, clip));
      const double f = options && clip > 0 ? 1 - in : sigma(cut(gate(2) + peep(2) * old, clip));
      c[at(i)] = f * old + in * std::tanh(cut(gate(3), clip));
      newH[at(i)] = sigma(cut(gate(1) + peep(1) * c[at(i)], clip)) * std::tanh(c[at(i)]);
    }
    h = newH;
  });
  std::vector<float> recurrent;
  l.pack<NR>(0, 4, recurrent);
  const std::vector<float> x = l.projected<NR>(), p = l.spread<NR>(l.peephole);
  for (int tasks : {1, 2}) {
    Guarded<float> y(l.y.size(), 9), hn(l.hn.size()), cn(l.cn.size());
    forTasks(batch, tasks, at(batch * l.padded<NR>()) * 12, [&](Work work) {
      lstm<NR>(l.shape<NR>(), x.data(), weights(recurrent.data()),
               options ? weights(p.data()) : nullptr, options ? l.lengths.data() : nullptr,
               l.h0.data(), l.c0.data(), y.data(), hn.data(), cn.data(), clip, options && clip > 0,
               LstmDefault{}, work);
    });
    l.expect(l.y, y);
    l.expect(l.hn, hn);
    l.expect(l.cn, cn);
  }
}

struct Linear { // other activations
  template <class V> V f(V x) const { return sigmoid(x); }
  template <class V> V g(V x) const { return max(V{}, x); }
};

template <int NR, bool Linearly> void testGru(int batch, int hidden, bool reverse, float clip) {
  Layer l{3, 4, batch, hidden, reverse};
  l.run(true, [&](int t, int b, std::vector<double> &h, std::vector<double> &) {
    std::vector<double> z(h.size()), r(h.size()), rh(h.size()), newH(h.size());
    for (int i = 0; i < hidden; ++i) {
      z[at(i)] = sigma(cut(l.input(t, b, 0, i) + l.recurrent(0, i, h), clip));
      r[at(i)] = sigma(cut(l.input(t, b, 1, i) + l.recurrent(1, i, h), clip));
      rh[at(i)] = r[at(i)] * h[at(i)];
    }
    for (int i = 0; i < hidden; ++i) {
      const double state =
          Linearly ? r[at(i)] * (l.recurrent(2, i, h) + static_cast<double>(l.recurrentBias[at(i)]))
                   : l.recurrent(2, i, rh);
      const double candidate = cut(l.input(t, b, 2, i) + state, clip);
      newH[at(i)] = (1 - z[at(i)]) * std::max(0.0, candidate) + z[at(i)] * h[at(i)];
    }
    h = newH;
  });
  std::vector<float> recurrent;
  if (Linearly)
    l.pack<NR>(0, 3, recurrent);
  else {
    l.pack<NR>(0, 2, recurrent);
    l.pack<NR>(2, 3, recurrent);
  }
  const std::vector<float> x = l.projected<NR>(), bias = l.spread<NR>(l.recurrentBias);
  for (int tasks : {1, 3}) {
    Guarded<float> y(l.y.size(), 9), hn(l.hn.size());
    forTasks(batch, tasks, at(batch * l.padded<NR>()) * 16, [&](Work work) {
      gru<NR, Linearly>(l.shape<NR>(), x.data(), weights(recurrent.data()), weights(bias.data()),
                        l.lengths.data(), l.h0.data(), y.data(), hn.data(), clip, Linear{}, work);
    });
    l.expect(l.y, y);
    l.expect(l.hn, hn);
  }
}

template <int NR> void testRnn(int batch, int hidden, bool reverse) {
  Layer l{1, 4, batch, hidden, reverse};
  l.h0.assign(l.h0.size(), 0);
  l.run(false, [&](int t, int b, std::vector<double> &h, std::vector<double> &) {
    std::vector<double> newH(h.size());
    for (int i = 0; i < hidden; ++i)
      newH[at(i)] = std::tanh(l.input(t, b, 0, i) + l.recurrent(0, i, h));
    h = newH;
  });
  std::vector<float> recurrent;
  l.pack<NR>(0, 1, recurrent);
  const std::vector<float> x = l.projected<NR>();
  Guarded<float> y(l.y.size(), 9);
  forTasks(batch, 2, at(batch * l.padded<NR>()) * 8, [&](Work work) {
    rnn<NR>(l.shape<NR>(), x.data(), weights(recurrent.data()), nullptr, nullptr, y.data(), nullptr,
            0, RnnDefault{}, work);
  });
  l.expect(l.y, y);
}

TEST(Rnn, Lstm) {
  for (int batch : {1, 2, 7})
    for (int hidden : {1, 8, 16, 21})
      for (bool reverse : {false, true}) {
        testLstm<16>(batch, hidden, reverse, false, 0);
        testLstm<16>(batch, hidden, reverse, true, 0);
        testLstm<8>(batch, hidden, reverse, true, 0.5f);
        testLstm<1>(batch, hidden, reverse, true, 0);
      }
}
TEST(Rnn, Gru) {
  for (int batch : {1, 5})
    for (int hidden : {3, 16, 33})
      for (bool reverse : {false, true}) {
        testGru<16, false>(batch, hidden, reverse, 0);
        testGru<16, true>(batch, hidden, reverse, 0.7f);
        testGru<4, false>(batch, hidden, reverse, 0);
        testGru<4, true>(batch, hidden, reverse, 0);
      }
}
TEST(Rnn, Simple) {
  for (int batch : {1, 6})
    for (int hidden : {1, 16, 20})
      for (bool reverse : {false, true})
        testRnn<16>(batch, hidden, reverse);
}

} // namespace
