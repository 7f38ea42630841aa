// SPDX-License-Identifier: Apache-2.0
//
// LSTM, GRU and RNN: for each direction one product for the input of all steps, then the cell's kernel.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/rnn.h"

#include <algorithm>
#include <cctype>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

constexpr int kPanel = 16;

/// In the order of kNames.
enum class Activation : uint8_t { sigmoid, tanh, relu, affine, leakyRelu, thresholdedRelu, scaledTanh, hardSigmoid, elu, softsign, softplus };
constexpr std::string_view kNames[] = {"sigmoid", "tanh", "relu", "affine", "leakyrelu", "thresholdedrelu", "scaledtanh", "hardsigmoid", "elu", "softsign", "softplus"};

std::optional<Activation> activationNamed(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto *const it = std::ranges::find(kNames, name);
  return it == std::end(kNames) ? std::nullopt : std::optional(static_cast<Activation>(it - kNames));
}

/// With the parameters that are ONNX's defaults.
template <class V> V activated(Activation a, V x) {
  const V zero{}, one = rt::splat<V>(1.f);
  switch (a) {
  case Activation::sigmoid: return rt::sigmoid(x);
  case Activation::relu: return rt::max(zero, x);
  case Activation::affine: return x;
  case Activation::leakyRelu: return rt::select(x < zero, 0.01f * x, x);
  case Activation::thresholdedRelu: return rt::select(x > one, x, zero);
  case Activation::hardSigmoid: return rt::max(zero, rt::min(one, 0.2f * x + 0.5f));
  case Activation::elu: return rt::select(x < zero, rt::expm1(x), x);
  case Activation::softsign: return x / (1.f + rt::abs(x));
  case Activation::softplus: return rt::softplus(x);
  default: return rt::tanh(x);
  }
}

struct Activations {
  Activation of[3];
  template <class V> V f(V x) const { return activated(of[0], x); }
  template <class V> V g(V x) const { return activated(of[1], x); }
  template <class V> V h(V x) const { return activated(of[2], x); }
};

struct AddBias {
  const float *bias;
  template <class V> V operator()(V x, ptrdiff_t, int column) const { return x + rt::load<V>(rt::weights(bias + column)); }
};

/// One direction of a cell, with its weights as the kernels read them.
struct Direction {
  const Evaluation &e;
  int number, gates, inputs, hidden, padded;
  rt::Rnn shape;
  std::vector<float> projected;
  Activations activations{};

  Direction(Evaluation &evaluation, int direction, int gateCount)
      : e{evaluation}, number{direction}, gates{gateCount}, inputs{toInt(e.in(0).extent(2))}, hidden{toInt(e.op[attr::hidden])},
        padded{(hidden + kPanel - 1) / kPanel * kPanel} {
    const int steps = toInt(e.in(0).extent(0)), batch = toInt(e.in(0).extent(1)), directions = e.op[attr::direction] == "bidirectional" ? 2 : 1;
    const ptrdiff_t row = ptrdiff_t{hidden} * batch;
    shape = {steps, batch, hidden, direction == 1 || e.op[attr::direction] == "reverse", ptrdiff_t{batch} * gates * padded, ptrdiff_t{gates} * padded, row * directions, hidden};
    const ir::Strings &names = e.op[attr::activations];
    const size_t each = names.size() / static_cast<size_t>(directions);
    for (size_t i = 0; i < each; ++i)
      activations.of[i] = *activationNamed(names[static_cast<size_t>(direction) * each + i]);
    project();
  }

  bool isLinearBeforeReset() const { return e.op.is(ops::gru) && e.op[attr::linearBeforeReset]; }
  /// The part of an optional operand that is this direction's; null if it is absent.
  template <class T = float> const T *own(size_t operand) const {
    return e.has(operand) && e.in(operand).count() ? elements<T>(e.in(operand)) + e.in(operand).count() / static_cast<size_t>(e.in(operand).extent(0)) * static_cast<size_t>(number)
                                                   : nullptr;
  }
  /// The gates [begin, end) of weights [gates * hidden][depth] as [padded / kPanel][depth][gates][kPanel].
  std::vector<float> packed(const float *from, int depth, int begin, int end) const {
    std::vector<float> to(static_cast<size_t>(padded) * static_cast<size_t>(depth) * static_cast<size_t>(end - begin));
    for (int g = begin; g < end; ++g)
      for (int unit = 0; unit < hidden; ++unit)
        for (int k = 0; k < depth; ++k)
          to[((static_cast<size_t>(unit / kPanel) * static_cast<size_t>(depth) + static_cast<size_t>(k)) * static_cast<size_t>(end - begin) + static_cast<size_t>(g - begin)) * kPanel +
             static_cast<size_t>(unit % kPanel)] = from[(ptrdiff_t{g} * hidden + unit) * depth + k];
    return to;
  }
  std::vector<float> recurrent() const {
    if (!e.op.is(ops::gru) || isLinearBeforeReset())
      return packed(own(2), hidden, 0, gates);
    std::vector<float> all = packed(own(2), hidden, 0, 2);
    const std::vector<float> candidate = packed(own(2), hidden, 2, 3);
    all.insert(all.end(), candidate.begin(), candidate.end());
    return all;
  }
  /// A row for each gate, filled up.
  std::vector<float> filled(const float *from, int rows) const {
    std::vector<float> to(static_cast<size_t>(rows) * static_cast<size_t>(padded));
    for (int row = 0; row < rows && from; ++row)
      std::copy_n(from + ptrdiff_t{row} * hidden, hidden, to.begin() + ptrdiff_t{row} * padded);
    return to;
  }
  /// The state's bias of the last gate, which a GRU may multiply by its reset.
  std::vector<float> recurrentBias() const {
    const float *bias = own(3);
    return filled(bias ? bias + ptrdiff_t{2 * gates - 1} * hidden : nullptr, 1);
  }
  rt::Work work(std::vector<unsigned char> &scratch) const {
    scratch.resize(static_cast<size_t>(shape.batch) * static_cast<size_t>(padded) * 16);
    return allOf(shape.batch, &scratch);
  }

private:
  void project() {
    const int columns = gates * padded, rows = shape.steps * shape.batch;
    projected.resize(static_cast<size_t>(rows) * static_cast<size_t>(columns));
    std::vector<float> bias(static_cast<size_t>(columns)), panels;
    const float *b = own(3);
    for (int g = 0; g < gates && b; ++g)
      for (int unit = 0; unit < hidden; ++unit) {
        const bool isSeparate = isLinearBeforeReset() && g == gates - 1;
        bias[static_cast<size_t>((unit / kPanel * gates + g) * kPanel + unit % kPanel)] =
            b[ptrdiff_t{g} * hidden + unit] + (isSeparate ? 0 : b[ptrdiff_t{gates + g} * hidden + unit]);
      }
    if (inputs == 0) {
      for (int row = 0; row < rows; ++row)
        std::ranges::copy(bias, projected.begin() + ptrdiff_t{row} * columns);
      return;
    }
    // Panels of a product are [panel][inputs][kPanel], one for each gate of a panel of units.
    std::vector<std::vector<float>> ofGates;
    for (int g = 0; g < gates; ++g)
      ofGates.push_back(packed(own(1), inputs, g, g + 1));
    for (ptrdiff_t unit = 0; unit < padded; unit += kPanel)
      for (const std::vector<float> &gate : ofGates)
        panels.insert(panels.end(), gate.begin() + unit * inputs, gate.begin() + (unit + kPanel) * inputs);
    rt::gemmExact<kPanel>(rows, columns, inputs, elements<float>(e.in(0)), inputs, rt::weights(panels.data()), projected.data(), columns, AddBias{bias.data()}, allOf(columns / kPanel));
  }
};

/// Calls run(direction, y, h) for each direction, with where its results begin.
template <class Run> void forEachDirection(Evaluation &e, int gates, Run run) {
  if (e.out(1).count() == 0)
    return;
  for (int d = 0; d < (e.op[attr::direction] == "bidirectional" ? 2 : 1); ++d) {
    const Direction direction{e, d, gates};
    const ptrdiff_t state = ptrdiff_t{direction.shape.batch} * direction.hidden * d;
    run(direction, elements<float>(e.out(0)) + state, elements<float>(e.out(1)) + state, state);
  }
}

void lstm(Evaluation &e) {
  forEachDirection(e, 4, [&](const Direction &d, float *y, float *h, ptrdiff_t state) {
    const std::vector<float> recurrent = d.recurrent(), peephole = d.filled(d.own(7), 3);
    std::vector<unsigned char> scratch;
    rt::lstm<kPanel>(d.shape, d.projected.data(), rt::weights(recurrent.data()), e.has(7) ? rt::weights(peephole.data()) : nullptr, elementsOrNull<int32_t>(e, 4), d.own(5), d.own(6), y, h,
                     elements<float>(e.out(2)) + state, static_cast<float>(e.op[attr::clip]), e.op[attr::inputForget], d.activations, d.work(scratch));
  });
}

void gru(Evaluation &e) {
  forEachDirection(e, 3, [&](const Direction &d, float *y, float *h, ptrdiff_t) {
    const std::vector<float> recurrent = d.recurrent(), bias = d.recurrentBias();
    std::vector<unsigned char> scratch;
    const auto run = [&](auto linearBeforeReset) {
      rt::gru<kPanel, linearBeforeReset != 0>(d.shape, d.projected.data(), rt::weights(recurrent.data()), rt::weights(bias.data()), elementsOrNull<int32_t>(e, 4), d.own(5), y, h,
                                         static_cast<float>(e.op[attr::clip]), d.activations, d.work(scratch));
    };
    d.isLinearBeforeReset() ? run(rt::Const<1>{}) : run(rt::Const<0>{});
  });
}

void rnn(Evaluation &e) {
  forEachDirection(e, 1, [&](const Direction &d, float *y, float *h, ptrdiff_t) {
    const std::vector<float> recurrent = d.recurrent();
    std::vector<unsigned char> scratch;
    rt::rnn<kPanel>(d.shape, d.projected.data(), rt::weights(recurrent.data()), elementsOrNull<int32_t>(e, 4), d.own(5), y, h, static_cast<float>(e.op[attr::clip]), d.activations, d.work(scratch));
  });
}

bool isFloat(const Op &op) {
  return op.operand(0)->type.element() != ElementType::f64 && std::ranges::all_of(op[attr::activations], [](const std::string &name) { return activationNamed(name).has_value(); });
}

constexpr EvaluateDef kRecurrent[] = {
    {&ops::lstm, runWidened<lstm>, isFloat},
    {&ops::gru, runWidened<gru>, isFloat},
    {&ops::rnn, runWidened<rnn>, isFloat},
};

} // namespace

std::span<const EvaluateDef> recurrentEvaluations() { return kRecurrent; }

} // namespace burin::kernels
