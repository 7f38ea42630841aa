// SPDX-License-Identifier: Apache-2.0
//
// Recurrent cells, one direction, batch entry and step after the other.
// https://onnx.ai/onnx/operators/onnx__LSTM.html, onnx__GRU.html, onnx__RNN.html
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

#include <cmath>
#include <fmt/format.h>

namespace burin::reference {
namespace {

using Vector = std::vector<double>;
using Activation = double (*)(double);

/// By the names of ONNX, with the default parameters of each.
Activation activationNamed(std::string_view name) {
  static constexpr struct {
    std::string_view name;
    Activation f;
  } kActivations[] = {
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"Tanh", [](double x) { return std::tanh(x); }},
      {"Relu", [](double x) { return x < 0 ? 0 : x; }},
      {"Affine", [](double x) { return x; }},
      {"LeakyRelu", [](double x) { return x < 0 ? 0.01 * x : x; }},
      {"ThresholdedRelu", [](double x) { return x > 1 ? x : 0; }},
      {"ScaledTanh", [](double x) { return std::tanh(x); }},
      {"HardSigmoid", [](double x) { return std::fmin(std::fmax(0.2 * x + 0.5, 0), 1); }},
      {"Elu", [](double x) { return x < 0 ? std::expm1(x) : x; }},
      {"Softsign", [](double x) { return x / (1 + std::fabs(x)); }},
      {"Softplus", [](double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }},
  };
  for (const auto &row : kActivations)
    if (row.name == name)
      return row.f;
  throw CompileError(Problem::unsupported, {}, fmt::format("unknown activation '{}'", name));
}

/// The weights of one direction, and what runs them.
struct Direction {
  const Call &call;
  size_t number, hidden, inputs, gates;
  Vector w, r, bias, peephole;
  std::vector<Activation> activations;

  Direction(const Call &c, size_t direction, size_t gateCount, size_t activationCount)
      : call{c}, number{direction}, hidden{static_cast<size_t>(c[ir::attr::hidden])},
        inputs{static_cast<size_t>(c.get("x").extent(2))}, gates{gateCount},
        w{load<double>(c.get("w"))}, r{load<double>(c.get("r"))}, bias{loadIfPresent(
                                                                      c.find("bias"))} {
    if (c.op.is(ir::ops::lstm))
      peephole = loadIfPresent(c.find("peephole"));
    for (size_t a = 0; a < activationCount; ++a)
      activations.push_back(
          activationNamed(c[ir::attr::activations][direction * activationCount + a]));
  }

  /// Row `gate * hidden + unit` of w times x, with its bias.
  double inputPart(size_t gate, size_t unit, const double *x) const {
    const size_t row = gate * hidden + unit;
    double sum = bias.empty() ? 0 : bias[number * 2 * gates * hidden + row];
    for (size_t i = 0; i < inputs; ++i)
      sum += w[(number * gates * hidden + row) * inputs + i] * x[i];
    return sum;
  }
  double recurrentPart(size_t gate, size_t unit, const Vector &h) const {
    const size_t row = gate * hidden + unit;
    double sum = bias.empty() ? 0 : bias[number * 2 * gates * hidden + gates * hidden + row];
    for (size_t i = 0; i < hidden; ++i)
      sum += r[(number * gates * hidden + row) * hidden + i] * h[i];
    return sum;
  }
  double preactivation(size_t gate, size_t unit, const double *x, const Vector &h) const {
    return inputPart(gate, unit, x) + recurrentPart(gate, unit, h);
  }
  double fromPeephole(size_t gate, size_t unit, double c) const {
    return peephole.empty() ? 0 : peephole[(number * 3 + gate) * hidden + unit] * c;
  }
  /// An activation of what is clipped first.
  double activated(size_t activation, double x) const {
    const double clip = call[ir::attr::clip];
    return activations[activation](clip > 0 && !isNan(x) ? std::clamp(x, -clip, clip) : x);
  }
};

/// What a cell keeps from step to step; c of an LSTM only.
struct State {
  Vector h, c;
};

State lstmStep(const Direction &d, const double *x, const State &from) {
  enum Gate : size_t { input, output, forget, cell };
  enum Activations : size_t { f, g, h };
  State to = from;
  for (size_t u = 0; u < d.hidden; ++u) {
    const double old = from.c[u];
    const double i =
        d.activated(f, d.preactivation(input, u, x, from.h) + d.fromPeephole(0, u, old));
    const double kept =
        d.call[ir::attr::inputForget]
            ? 1 - i
            : d.activated(f, d.preactivation(forget, u, x, from.h) + d.fromPeephole(2, u, old));
    const double c = kept * old + i * d.activated(g, d.preactivation(cell, u, x, from.h));
    const double o =
        d.activated(f, d.preactivation(output, u, x, from.h) + d.fromPeephole(1, u, c));
    to.c[u] = c;
    to.h[u] = o * d.activations[h](c);
  }
  return to;
}

State gruStep(const Direction &d, const double *x, const State &from) {
  enum Gate : size_t { update, reset, candidate };
  enum Activations : size_t { f, g };
  Vector r(d.hidden), resetH(d.hidden);
  for (size_t u = 0; u < d.hidden; ++u) {
    r[u] = d.activated(f, d.preactivation(reset, u, x, from.h));
    resetH[u] = r[u] * from.h[u];
  }
  State to = from;
  for (size_t u = 0; u < d.hidden; ++u) {
    const double z = d.activated(f, d.preactivation(update, u, x, from.h));
    const double recurrent = d.call[ir::attr::linearBeforeReset]
                                 ? r[u] * d.recurrentPart(candidate, u, from.h)
                                 : d.recurrentPart(candidate, u, resetH);
    const double fresh = d.activated(g, d.inputPart(candidate, u, x) + recurrent);
    to.h[u] = (1 - z) * fresh + z * from.h[u];
  }
  return to;
}

State rnnStep(const Direction &d, const double *x, const State &from) {
  State to = from;
  for (size_t u = 0; u < d.hidden; ++u)
    to.h[u] = d.activated(0, d.preactivation(0, u, x, from.h));
  return to;
}

struct Cell {
  size_t gates, activations;
  State (*step)(const Direction &, const double *x, const State &);
};

/// Row `index` of rows as long as the state; zeros if the tensor is absent.
Vector initialState(const Tensor *t, size_t index, size_t hidden) {
  Vector state(hidden);
  for (size_t u = 0; t && u < hidden; ++u)
    state[u] = t->number(index * hidden + u);
  return state;
}

Tensors run(const Call &call, const Cell &cell) {
  const Tensor &x = call.get("x"), *lengths = call.find("lengths");
  const bool isLstm = call.op.is(ir::ops::lstm);
  const Vector inputs = load<double>(x);
  const auto steps = static_cast<size_t>(x.extent(0)), batch = static_cast<size_t>(x.extent(1)),
             width = static_cast<size_t>(x.extent(2));
  const std::string &direction = call[ir::attr::direction];
  const size_t directions = direction == "bidirectional" ? 2 : 1;

  Tensors out;
  for (size_t i = 0; i < call.op.numResults(); ++i)
    out.push_back(call.result(i));
  for (size_t d = 0; d < directions; ++d) {
    const Direction weights{call, d, cell.gates, cell.activations};
    const bool isReverse = d == 1 || direction == "reverse";
    const size_t hidden = weights.hidden;
    for (size_t b = 0; b < batch; ++b) {
      const size_t entry = d * batch + b;
      const size_t length = lengths ? static_cast<size_t>(std::clamp<int64_t>(
                                          lengths->integer(b), 0, static_cast<int64_t>(steps)))
                                    : steps;
      State state{initialState(call.find("initial_h"), entry, hidden),
                  isLstm ? initialState(call.find("initial_c"), entry, hidden) : Vector{}};
      for (size_t i = 0; i < length; ++i) {
        const size_t t = isReverse ? length - 1 - i : i;
        state = cell.step(weights, inputs.data() + (t * batch + b) * width, state);
        for (size_t u = 0; u < hidden; ++u)
          out[0].setNumber(((t * directions + d) * batch + b) * hidden + u, state.h[u]);
      }
      for (size_t u = 0; u < hidden; ++u) {
        out[1].setNumber(entry * hidden + u, state.h[u]);
        if (isLstm)
          out[2].setNumber(entry * hidden + u, state.c[u]);
      }
    }
  }
  return out;
}

Tensors lstm(const Call &call) { return run(call, {4, 3, lstmStep}); }
Tensors gru(const Call &call) { return run(call, {3, 2, gruStep}); }
Tensors rnn(const Call &call) { return run(call, {1, 1, rnnStep}); }

} // namespace

std::vector<Row> recurrentRows() {
  return {{&ir::ops::lstm, lstm}, {&ir::ops::gru, gru}, {&ir::ops::rnn, rnn}};
}

} // namespace burin::reference
