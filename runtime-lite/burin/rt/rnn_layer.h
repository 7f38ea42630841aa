// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recurrent layers of ONNX as a whole: the input of all steps as one matrix product, then the cell.
// The weights are packed when the code is generated, or here while the model runs.
#ifndef BURIN_RT_RNN_LAYER_H
#define BURIN_RT_RNN_LAYER_H

#include "rnn.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

// ---- activations, with the parameters that ONNX has for defaults ----

struct Sigmoid {
  template <class V> BURIN_INLINE V operator()(V x) const { return sigmoid(x); }
};
struct Tanh {
  template <class V> BURIN_INLINE V operator()(V x) const { return tanh(x); }
};
struct Relu {
  template <class V> BURIN_INLINE V operator()(V x) const { return max(V{}, x); }
};
struct Affine {
  template <class V> BURIN_INLINE V operator()(V x) const { return x; }
};
struct LeakyRelu {
  template <class V> BURIN_INLINE V operator()(V x) const { return select(x < V{}, 0.01f * x, x); }
};
using ScaledTanh = Tanh;
struct ThresholdedRelu {
  template <class V> BURIN_INLINE V operator()(V x) const {
    return select(x > splat<V>(1.f), x, V{});
  }
};
struct HardSigmoid {
  template <class V> BURIN_INLINE V operator()(V x) const {
    return max(V{}, min(splat<V>(1.f), 0.2f * x + 0.5f));
  }
};
struct Elu {
  template <class V> BURIN_INLINE V operator()(V x) const { return select(x < V{}, expm1(x), x); }
};
struct Softsign {
  template <class V> BURIN_INLINE V operator()(V x) const { return x / (1.f + abs(x)); }
};
struct Softplus {
  template <class V> BURIN_INLINE V operator()(V x) const { return softplus(x); }
};

/// Those of one direction.
template <class F, class G = F, class H = G> struct Activations {
  template <class V> BURIN_INLINE V f(V x) const { return F{}(x); }
  template <class V> BURIN_INLINE V g(V x) const { return G{}(x); }
  template <class V> BURIN_INLINE V h(V x) const { return H{}(x); }
};

// ---- weights ----

enum class Cell { rnn, gru, gruLinear, lstm }; ///< gruLinear: linear_before_reset

/// The weights of a layer: w [directions][gates * hidden][inputs], r [directions][gates *
/// hidden][hidden], bias [directions][2 * gates * hidden], peephole [directions][3 * hidden].
struct RnnWeights {
  Cell cell;
  int directions, inputs, hidden, panel;

  constexpr int gates() const { return cell == Cell::rnn ? 1 : cell == Cell::lstm ? 4 : 3; }
  constexpr int padded() const { return (hidden + panel - 1) / panel * panel; }
  // What each takes when it is packed, in floats of one direction.
  constexpr ptrdiff_t inputFloats() const { return ptrdiff_t{gates()} * padded() * inputs; }
  constexpr ptrdiff_t stateFloats() const { return ptrdiff_t{gates()} * padded() * hidden; }
  constexpr ptrdiff_t biasFloats() const {
    return ptrdiff_t{gates() + (cell == Cell::gruLinear)} * padded();
  }
  constexpr ptrdiff_t peepholeFloats() const { return ptrdiff_t{3} * padded(); }
};

/// Gates [begin, end) of from [gates * hidden][depth] as [padded / panel][depth][end -
/// begin][panel], or, if apart, [padded / panel][end - begin][depth][panel], which are the panels
/// of one product. Units behind the last one are zero.
BURIN_FN void packGates(const RnnWeights &s, int depth, int begin, int end, bool apart,
                        const float *from, float *to) {
  const ptrdiff_t gates = end - begin, panel = s.panel;
  const ptrdiff_t gateStep = apart ? depth * panel : panel,
                  depthStep = apart ? panel : gates * panel;
  for (int unit = 0; unit < s.padded(); ++unit)
    for (int g = begin; g < end; ++g)
      for (int k = 0; k < depth; ++k)
        to[unit / panel * gates * depth * panel + (g - begin) * gateStep + k * depthStep +
           unit % panel] = unit < s.hidden ? from[(ptrdiff_t{g} * s.hidden + unit) * depth + k] : 0;
}

BURIN_FN const F32 *packInput(const RnnWeights &s, const float *w, float *to) {
  for (int d = 0; d < s.directions; ++d)
    packGates(s, s.inputs, 0, s.gates(), true, w + d * ptrdiff_t{s.gates()} * s.hidden * s.inputs,
              to + d * s.inputFloats());
  return weights(to);
}

BURIN_FN const F32 *packState(const RnnWeights &s, const float *r, float *to) {
  for (int d = 0; d < s.directions; ++d) {
    const float *from = r + d * ptrdiff_t{s.gates()} * s.hidden * s.hidden;
    float *own = to + d * s.stateFloats();
    const int together = s.cell == Cell::gru ? 2 : s.gates(); // the rest waits for the reset
    packGates(s, s.hidden, 0, together, false, from, own);
    packGates(s, s.hidden, together, s.gates(), false, from,
              own + ptrdiff_t{s.padded()} * s.hidden * together);
  }
  return weights(to);
}

/// The sum of both biases in the order of the product; behind it, for gruLinear, the state's own of
/// h.
BURIN_FN const F32 *packBias(const RnnWeights &s, const float *bias, float *to) {
  const int gates = s.gates();
  for (int d = 0; d < s.directions; ++d) {
    const float *input = bias + d * ptrdiff_t{2} * gates * s.hidden,
                *state = input + ptrdiff_t{gates} * s.hidden;
    float *own = to + d * s.biasFloats();
    for (int unit = 0; unit < s.padded(); ++unit)
      for (int g = 0; g < gates; ++g) {
        const bool separate = s.cell == Cell::gruLinear && g == 2;
        const ptrdiff_t at = ptrdiff_t{g} * s.hidden + unit;
        float *sum = own + (unit / s.panel * gates + g) * s.panel + unit % s.panel;
        *sum = unit >= s.hidden ? 0 : separate ? input[at] : input[at] + state[at];
        if (separate)
          own[gates * s.padded() + unit] = unit < s.hidden ? state[at] : 0;
      }
  }
  return weights(to);
}

BURIN_FN const F32 *packPeephole(const RnnWeights &s, const float *peephole, float *to) {
  for (int row = 0; row < s.directions * 3; ++row)
    for (int unit = 0; unit < s.padded(); ++unit)
      to[row * s.padded() + unit] = unit < s.hidden ? peephole[row * s.hidden + unit] : 0;
  return weights(to);
}

// ---- layers ----

/// x [steps][batch][inputs], h0 and c0 [directions][batch][hidden], lengths [batch]; y
/// [steps][directions][batch][hidden], hn and cn like h0. All but x, the packed input and state
/// may be null.
struct RnnLayer {
  RnnWeights shape;
  int steps, batch;
  const float *x;
  const F32 *input, *state, *bias, *peephole; ///< packed
  const int32_t *lengths;
  const float *h0, *c0;
  float *y, *hn, *cn; ///< cn: of an LSTM only
  float clip;         ///< <= 0: not at all

  /// Floats of scratch, of which the cell takes four for each padded unit.
  constexpr ptrdiff_t scratchFloats() const {
    return (ptrdiff_t{steps} * shape.gates() + 4) * batch * shape.padded();
  }
};

struct AddRnnBias {
  const F32 *bias;
  template <class V> BURIN_INLINE V operator()(V x, ptrdiff_t, int column) const {
    return bias ? x + load<V>(bias + column) : x;
  }
};

/// x * W^T + bias for all steps of a direction: [steps][batch][gates * padded].
template <int NR> BURIN_FN void projectInput(const RnnLayer &l, int direction, float *to) {
  const RnnWeights &s = l.shape;
  const int rows = l.steps * l.batch, columns = s.gates() * s.padded();
  const AddRnnBias bias{l.bias ? l.bias + direction * s.biasFloats() : nullptr};
  if (s.inputs > 0)
    return gemm<NR>(rows, columns, s.inputs, l.x, s.inputs, l.input + direction * s.inputFloats(),
                    to, columns, bias, Work{0, columns / NR, nullptr});
  for (int row = 0; row < rows; ++row)
    for (int i = 0; i < columns; ++i)
      to[ptrdiff_t{row} * columns + i] = bias(0.f, 0, i);
}

/// One direction of the layer; isReverse: from the last step to the first. NR = shape.panel.
/// inputForget: of an LSTM. Units: 1. Scratch: scratchFloats().
template <int NR, Cell cell, class A>
BURIN_FN void recurrentLayer(const RnnLayer &l, int direction, bool isReverse, bool inputForget,
                             const A &activations, float *scratch) {
  const RnnWeights &s = l.shape;
  const ptrdiff_t states = ptrdiff_t{l.batch} * s.hidden,
                  columns = ptrdiff_t{s.gates()} * s.padded();
  const ptrdiff_t own = direction * states;
  const Rnn shape{
      l.steps, l.batch, s.hidden, isReverse, l.batch * columns, columns, s.directions * states,
      s.hidden};
  projectInput<NR>(l, direction, scratch);
  const F32 *recurrent = l.state + direction * s.stateFloats();
  const float *h0 = l.h0 ? l.h0 + own : nullptr;
  float *y = l.y ? l.y + own : nullptr, *hn = l.hn ? l.hn + own : nullptr;
  const Work rows{
      0, l.batch,
      static_cast<unsigned char *>(static_cast<void *>(scratch + l.steps * shape.xStep))};
  if constexpr (cell == Cell::lstm)
    lstm<NR>(shape, scratch, recurrent,
             l.peephole ? l.peephole + direction * s.peepholeFloats() : nullptr, l.lengths, h0,
             l.c0 ? l.c0 + own : nullptr, y, hn, l.cn ? l.cn + own : nullptr, l.clip, inputForget, activations,
             rows);
  else if constexpr (cell == Cell::rnn)
    rnn<NR>(shape, scratch, recurrent, l.lengths, h0, y, hn, l.clip, activations, rows);
  else
    gru<NR, cell == Cell::gruLinear>(
        shape, scratch, recurrent, l.bias ? l.bias + direction * s.biasFloats() + columns : nullptr,
        l.lengths, h0, y, hn, l.clip, activations, rows);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
