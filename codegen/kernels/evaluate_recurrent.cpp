// SPDX-License-Identifier: Apache-2.0
//
// LSTM, GRU and RNN: packed and run as generated code does it with weights that are not constant.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/rnn_layer.h"

#include <algorithm>
#include <tuple>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

constexpr int kPanel = 16;

/// In the order of ir::kActivations.
using Known =
    std::tuple<rt::Sigmoid, rt::Tanh, rt::Relu, rt::Affine, rt::LeakyRelu, rt::ThresholdedRelu,
               rt::ScaledTanh, rt::HardSigmoid, rt::Elu, rt::Softsign, rt::Softplus>;
static_assert(std::tuple_size_v<Known> == std::size(ir::kActivations));

template <size_t I = 0, class V> V activated(size_t which, V x) {
  if constexpr (I + 1 < std::tuple_size_v<Known>)
    if (which != I)
      return activated<I + 1>(which, x);
  return std::tuple_element_t<I, Known>{}(x);
}

/// Those of one direction, chosen while running.
struct Chosen {
  size_t of[3] = {};
  template <class V> V f(V x) const { return activated(of[0], x); }
  template <class V> V g(V x) const { return activated(of[1], x); }
  template <class V> V h(V x) const { return activated(of[2], x); }
};

Chosen activationsOf(const Op &op, int direction, int directions) {
  const ir::Strings &names = op[attr::activations];
  const size_t each = names.size() / static_cast<size_t>(directions);
  Chosen chosen;
  for (size_t i = 0; i < each; ++i)
    chosen.of[i] = static_cast<size_t>(
        std::ranges::find(ir::kActivations, names[static_cast<size_t>(direction) * each + i]) -
        ir::kActivations);
  return chosen;
}

template <rt::Cell cell> void run(Evaluation &e) {
  const std::string &direction = e.op[attr::direction];
  const rt::RnnWeights shape{cell, direction == "bidirectional" ? 2 : 1, toInt(e.in(0).extent(2)),
                             toInt(e.op[attr::hidden]), kPanel};
  std::vector<std::vector<float>> held;
  const auto packed = [&](auto pack, size_t operand, ptrdiff_t floats) -> const rt::F32 * {
    if (!e.has(operand))
      return nullptr;
    held.emplace_back(static_cast<size_t>(floats * shape.directions));
    return pack(shape, elements<float>(e.in(operand)), held.back().data());
  };
  constexpr bool isLstm = cell == rt::Cell::lstm;
  const rt::RnnLayer layer{shape,
                           toInt(e.in(0).extent(0)),
                           toInt(e.in(0).extent(1)),
                           elements<float>(e.in(0)),
                           packed(rt::packInput, 1, shape.inputFloats()),
                           packed(rt::packState, 2, shape.stateFloats()),
                           packed(rt::packBias, 3, shape.biasFloats()),
                           isLstm ? packed(rt::packPeephole, 7, shape.peepholeFloats()) : nullptr,
                           elementsOrNull<int32_t>(e, 4),
                           elementsOrNull<float>(e, 5),
                           isLstm ? elementsOrNull<float>(e, 6) : nullptr,
                           elements<float>(e.out(0)),
                           elements<float>(e.out(1)),
                           isLstm ? elements<float>(e.out(2)) : nullptr,
                           static_cast<float>(e.op[attr::clip])};
  std::vector<float> scratch(static_cast<size_t>(layer.scratchFloats()));
  bool forget = false;
  if constexpr (isLstm)
    forget = e.op[attr::inputForget];
  for (int d = 0; d < shape.directions; ++d)
    rt::recurrentLayer<kPanel, cell>(layer, d, d == 1 || direction == "reverse", forget,
                                     activationsOf(e.op, d, shape.directions), scratch.data());
}

void lstm(Evaluation &e) { run<rt::Cell::lstm>(e); }
void gru(Evaluation &e) {
  e.op[attr::linearBeforeReset] ? run<rt::Cell::gruLinear>(e) : run<rt::Cell::gru>(e);
}
void rnn(Evaluation &e) { run<rt::Cell::rnn>(e); }

bool isFloat(const Op &op) { return op.operand(0)->type.element() != ElementType::f64; }

constexpr EvaluateDef kRecurrent[] = {
    {&ops::lstm, runWidened<lstm>, isFloat},
    {&ops::gru, runWidened<gru>, isFloat},
    {&ops::rnn, runWidened<rnn>, isFloat},
};

} // namespace

std::span<const EvaluateDef> recurrentEvaluations() { return kRecurrent; }

} // namespace burin::kernels
