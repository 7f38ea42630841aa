// SPDX-License-Identifier: Apache-2.0
//
// Layers in both directions, packed here as generated code does, against the formulas of ONNX.
#include "rt_test.h"

#include "burin/rt/rnn_layer.h"

namespace {

using namespace rt;

constexpr int kSteps = 3, kBatch = 2, kInputs = 2, kHidden = 5, kDirections = 2, kPanel = 4;

double sigma(double x) { return 1 / (1 + std::exp(-x)); }

/// Everything as in ONNX; the gates of the LSTM are i, o, f, c.
struct Weights {
  int gates;
  std::vector<float> x, w, r, bias, h0, c0;

  explicit Weights(int g) : gates{g} {
    Random random;
    x = random.floats(at(kSteps * kBatch * kInputs));
    w = random.floats(at(kDirections * g * kHidden * kInputs));
    r = random.floats(at(kDirections * g * kHidden * kHidden));
    bias = random.floats(at(kDirections * 2 * g * kHidden));
    h0 = random.floats(at(kDirections * kBatch * kHidden));
    c0 = random.floats(at(kDirections * kBatch * kHidden));
  }
  /// What goes into the activation of a unit.
  double sum(int d, int gate, int unit, int t, int b, const std::vector<double> &h) const {
    const int row = (d * gates + gate) * kHidden + unit;
    double s = bias[at((d * 2 * gates + gate) * kHidden + unit)];
    s += static_cast<double>(bias[at(((d * 2 + 1) * gates + gate) * kHidden + unit)]);
    for (int i = 0; i < kInputs; ++i)
      s += static_cast<double>(w[at(row * kInputs + i)]) *
           static_cast<double>(x[at((t * kBatch + b) * kInputs + i)]);
    for (int i = 0; i < kHidden; ++i)
      s += static_cast<double>(r[at(row * kHidden + i)]) * h[at(i)];
    return s;
  }
};

/// step(sum of a gate and a unit, unit, cell) is the new h.
template <Cell cell, class Step> void testLayer(int gates, const Step &step) {
  const Weights l{gates};
  const RnnWeights shape{cell, kDirections, kInputs, kHidden, kPanel};
  const size_t states = at(kDirections * kBatch * kHidden);
  Guarded<float> w(kDirections * static_cast<size_t>(shape.inputFloats())),
      r(kDirections * static_cast<size_t>(shape.stateFloats())),
      bias(kDirections * static_cast<size_t>(shape.biasFloats())), y(states * kSteps), hn(states),
      cn(states);
  const RnnLayer layer{shape,
                       kSteps,
                       kBatch,
                       l.x.data(),
                       packInput(shape, l.w.data(), w.data()),
                       packState(shape, l.r.data(), r.data()),
                       packBias(shape, l.bias.data(), bias.data()),
                       nullptr,
                       nullptr,
                       l.h0.data(),
                       l.c0.data(),
                       y.data(),
                       hn.data(),
                       cn.data(),
                       0};
  for (int d = 0; d < kDirections; ++d) {
    Guarded<float> scratch(static_cast<size_t>(layer.scratchFloats()));
    const bool isReverse = d == 1;
    if constexpr (cell == Cell::lstm)
      recurrentLayer<kPanel, cell>(layer, d, isReverse, false, Activations<Sigmoid, Tanh, Tanh>{},
                                   scratch.data());
    else
      recurrentLayer<kPanel, cell>(layer, d, isReverse, false, Activations<Tanh>{}, scratch.data());
    for (int b = 0; b < kBatch; ++b) {
      const auto first = at((d * kBatch + b) * kHidden);
      std::vector<double> h, c;
      for (size_t i = first; i < first + kHidden; ++i) {
        h.push_back(static_cast<double>(l.h0[i]));
        c.push_back(static_cast<double>(l.c0[i]));
      }
      for (int k = 0; k < kSteps; ++k) {
        const int t = isReverse ? kSteps - 1 - k : k;
        const std::vector<double> before = h;
        for (int i = 0; i < kHidden; ++i) {
          const auto gate = [&](int g) { return l.sum(d, g, i, t, b, before); };
          h[at(i)] = step(gate, c[at(i)]);
          const float got = y[at(((t * kDirections + d) * kBatch + b) * kHidden + i)];
          ASSERT_NEAR(h[at(i)], static_cast<double>(got), 2e-5) << "direction " << d << " at " << t;
        }
      }
      for (size_t i = 0; i < kHidden; ++i) {
        EXPECT_NEAR(h[i], static_cast<double>(hn[first + i]), 2e-5);
        if (cell == Cell::lstm) {
          EXPECT_NEAR(c[i], static_cast<double>(cn[first + i]), 2e-5);
        }
      }
    }
  }
}

TEST(RecurrentLayer, Rnn) {
  testLayer<Cell::rnn>(1, [](const auto &gate, double &) { return std::tanh(gate(0)); });
}

TEST(RecurrentLayer, Lstm) {
  testLayer<Cell::lstm>(4, [](const auto &gate, double &c) {
    c = sigma(gate(2)) * c + sigma(gate(0)) * std::tanh(gate(3));
    return sigma(gate(1)) * std::tanh(c);
  });
}

} // namespace
