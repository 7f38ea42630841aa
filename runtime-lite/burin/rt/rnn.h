// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recurrent layers of ONNX, one direction over a whole sequence. The part of the input (X * W^T and
// the biases) comes from one matrix product over all steps; here is what waits for the last step:
// the product with the state, gates and cell, one panel of hidden units at a time.
//
// H is `hidden` rounded up to NR. The columns of `projected` and of the recurrent weights are
// [H / NR][gates][NR], of the weights for each of `hidden` rows: so the gates of a unit meet.
#ifndef BURIN_RT_RNN_H
#define BURIN_RT_RNN_H

#include "gemm.h"
#include "math.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// Strides in floats: of `projected` [steps][batch][gates * H], of y [steps][batch][hidden].
struct Rnn {
  int steps, batch, hidden;
  bool reverse; ///< each row from its last step to its first
  ptrdiff_t xStep, xBatch, yStep, yBatch;
};

/// The activations of ONNX by their default.
struct LstmDefault {
  template <class V> BURIN_INLINE V f(V x) const { return sigmoid(x); }
  template <class V> BURIN_INLINE V g(V x) const { return tanh(x); }
  template <class V> BURIN_INLINE V h(V x) const { return tanh(x); }
};
using GruDefault = LstmDefault; ///< f, g
struct RnnDefault {
  template <class V> BURIN_INLINE V f(V x) const { return tanh(x); }
};

// ---- the product with the state ----

/// sums [B][G][W] = h [B][depth] * weights [depth][G][NR], the W columns at `weights`. Sums in U
/// parts, so that a single row does not wait for itself.
template <int G, int B, int U, int W, int NR>
BURIN_STUB void gateSums(const float *BURIN_RESTRICT h, ptrdiff_t hRow,
                         const F32 *BURIN_RESTRICT weights, int depth, float *BURIN_RESTRICT sums) {
  using V = Vec<W>;
  Array<V, B * G * U> acc;
  unroll<B * G * U>([&](auto i) BURIN_LAMBDA { acc[i] = V{}; });
  int k = 0;
  for (; k + U <= depth; k += U, weights += U * G * NR)
    unroll<U>([&](auto u) BURIN_LAMBDA {
      Array<V, G> w;
      unroll<G>([&](auto g) BURIN_LAMBDA { w[g] = load<V>(weights + (u * G + g) * NR); });
      unroll<B>([&](auto b) BURIN_LAMBDA {
        const V x = splat<V>(h[b * hRow + k + u]);
        unroll<G>([&](auto g) BURIN_LAMBDA { acc[(u * B + b) * G + g] += x * w[g]; });
      });
    });
  if constexpr (U > 1)
    for (; k < depth; ++k, weights += G * NR)
      unroll<B>([&](auto b) BURIN_LAMBDA {
        const V x = splat<V>(h[b * hRow + k]);
        unroll<G>([&](auto g) BURIN_LAMBDA { acc[b * G + g] += x * load<V>(weights + g * NR); });
      });
  unroll<B * G>([&](auto i) BURIN_LAMBDA {
    V sum = acc[i];
    unroll<U - 1>([&](auto u) BURIN_LAMBDA { sum += acc[(u + 1) * B * G + i]; });
    store(sums + i * W, sum);
  });
}

/// cell(V{}, row, panel, column in the panel, sums [G][W] of this row) for all rows and hidden
/// units. Odd steps take the panels from the last one: of what was read last, much is in the caches
/// still.
template <int G, int NR, class Cell>
BURIN_FN void forGates(int step, int rows, int hidden, const float *h, ptrdiff_t hRow,
                       const F32 *weights, const Cell &cell) {
  constexpr int W = kPanelLanes<NR>;
  constexpr int B = W == 1 ? 1 : W == 16 ? 4 : 2; // rows that share the weights
  constexpr int U = G >= 4 ? 2 : 4;
  const int panels = (hidden + NR - 1) / NR;
  Array<float, B * G * W> sums;
  for (int i = 0; i < panels; ++i) {
    const int p = step % 2 ? panels - 1 - i : i;
    for (int j = 0; j < NR; j += W) {
      const F32 *w = weights + static_cast<ptrdiff_t>(p) * hidden * G * NR + j;
      int row = 0;
      if constexpr (B > 1)
        for (; row + B <= rows; row += B) {
          gateSums<G, B, 1, W, NR>(h + row * hRow, hRow, w, hidden, sums);
          for (int b = 0; b < B; ++b)
            cell(Vec<W>{}, row + b, p, j, sums + b * G * W);
        }
      for (; row < rows; ++row) {
        gateSums<G, 1, U, W, NR>(h + row * hRow, hRow, w, hidden, sums);
        cell(Vec<W>{}, row, p, j, sums);
      }
    }
  }
}

// ---- sequences ----

/// The rows of one task, and their state in scratch [rows][H].
struct RnnRows {
  Rnn shape;
  const int32_t *lengths;
  int first, count, padded;

  BURIN_INLINE int length(int row) const {
    const int n = lengths ? static_cast<int>(lengths[first + row]) : shape.steps;
    return n < 0 ? 0 : n < shape.steps ? n : shape.steps;
  }
  /// The place in time of a row's step t.
  BURIN_INLINE int time(int row, int t) const { return shape.reverse ? length(row) - 1 - t : t; }
  BURIN_INLINE bool active(int row, int t) const { return t < length(row); }
  BURIN_INLINE const float *projected(const float *x, int row, int t) const {
    return x + time(row, t) * shape.xStep + (first + row) * shape.xBatch;
  }
};
template <int NR> BURIN_FN RnnRows rowsOf(const Rnn &shape, const int32_t *lengths, Work work) {
  return {shape, lengths, work.begin, work.end - work.begin, (shape.hidden + NR - 1) / NR * NR};
}

/// state [rows][H] = given [batch][hidden], or zero.
BURIN_FN void loadState(const RnnRows &r, const float *given, float *state) {
  for (int row = 0; row < r.count; ++row)
    for (int i = 0; i < r.padded; ++i)
      state[row * r.padded + i] =
          given && i < r.shape.hidden
              ? given[static_cast<ptrdiff_t>(r.first + row) * r.shape.hidden + i]
              : 0;
}
BURIN_FN void storeState(const RnnRows &r, const float *state, float *given) {
  if (given)
    for (int row = 0; row < r.count; ++row)
      for (int i = 0; i < r.shape.hidden; ++i)
        given[static_cast<ptrdiff_t>(r.first + row) * r.shape.hidden + i] =
            state[row * r.padded + i];
}
/// The outputs of step t, zero behind the end of a row, whose state then stays what it was.
BURIN_FN void storeStep(const RnnRows &r, int t, const float *old, float *state, float *y) {
  for (int row = 0; row < r.count; ++row) {
    const bool active = r.active(row, t);
    if (!active)
      for (int i = 0; i < r.shape.hidden; ++i)
        state[row * r.padded + i] = old[row * r.padded + i];
    if (!y)
      continue;
    float *to =
        y + (active ? r.time(row, t) : t) * r.shape.yStep + (r.first + row) * r.shape.yBatch;
    for (int i = 0; i < r.shape.hidden; ++i)
      to[i] = active ? state[row * r.padded + i] : 0;
  }
}
/// Bounds what goes into an activation; clip <= 0: not at all.
template <class V> BURIN_FN V clipped(V x, float clip) {
  return clip > 0 ? max(splat<V>(-clip), min(splat<V>(clip), x)) : x;
}

/// LSTM, gates i o f c. Peephole [3][H] (i, o, f), lengths, h0, c0, y, hn and cn may be null; h0,
/// c0, hn, cn [batch][hidden]. inputForget: f = 1 - i. Units: rows of the batch. Scratch: batch * H
/// * 12 bytes.
template <int NR, class Activations>
BURIN_FN void lstm(const Rnn &shape, const float *projected, const F32 *recurrent,
                   const F32 *peephole, const int32_t *lengths, const float *h0, const float *c0,
                   float *y, float *hn, float *cn, float clip, bool inputForget,
                   const Activations &activations, Work work) {
  const RnnRows r = rowsOf<NR>(shape, lengths, work);
  const int H = r.padded;
  float *h = static_cast<float *>(static_cast<void *>(work.scratch)), *next = h + r.count * H;
  float *c = next + r.count * H;
  loadState(r, h0, h);
  loadState(r, c0, c);
  for (int t = 0; t < shape.steps; ++t) {
    forGates<4, NR>(t, r.count, shape.hidden, h, H, recurrent,
                    [&](auto lanes, int row, int p, int j, const float *sums) BURIN_LAMBDA {
                      using V = decltype(lanes);
                      constexpr int W = kLanes<V>;
                      if (!r.active(row, t))
                        return;
                      const float *x = r.projected(projected, row, t) + p * 4 * NR + j;
                      const int unit = p * NR + j;
                      const auto gate = [&](int g) BURIN_LAMBDA {
                        return load<V>(x + g * NR) + load<V>(sums + g * W);
                      };
                      const auto peep = [&](int g) BURIN_LAMBDA {
                        return peephole ? load<V>(peephole + g * H + unit) : V{};
                      };
                      const V old = load<V>(c + row * H + unit);
                      const V i = activations.f(clipped(gate(0) + peep(0) * old, clip));
                      const V f = inputForget
                                      ? 1.f - i
                                      : activations.f(clipped(gate(2) + peep(2) * old, clip));
                      const V cell = f * old + i * activations.g(clipped(gate(3), clip));
                      const V o = activations.f(clipped(gate(1) + peep(1) * cell, clip));
                      store(c + row * H + unit, cell);
                      store(next + row * H + unit, o * activations.h(cell));
                    });
    storeStep(r, t, h, next, y);
    float *swapped = h;
    h = next;
    next = swapped;
  }
  storeState(r, h, hn);
  storeState(r, c, cn);
}

/// GRU, gates z r h. LinearBeforeReset: recurrent [H / NR][hidden][3][NR], and recurrentBias [H],
/// of h, is not in projected; else recurrent is [H / NR][hidden][2][NR] (z, r), followed by [H /
/// NR][hidden][NR] (h), and recurrentBias is not used. The rest as lstm. Scratch: batch * H * 16
/// bytes.
template <int NR, bool LinearBeforeReset, class Activations>
BURIN_FN void gru(const Rnn &shape, const float *projected, const F32 *recurrent,
                  const F32 *recurrentBias, const int32_t *lengths, const float *h0, float *y,
                  float *hn, float clip, const Activations &activations, Work work) {
  const RnnRows r = rowsOf<NR>(shape, lengths, work);
  const int H = r.padded;
  float *h = static_cast<float *>(static_cast<void *>(work.scratch)), *next = h + r.count * H;
  float *update = next + r.count * H, *reset = update + r.count * H; // z, and r * h
  loadState(r, h0, h);
  for (int t = 0; t < shape.steps; ++t) {
    const auto blend = [&](auto z, auto candidate, int at) BURIN_LAMBDA {
      using V = decltype(z);
      store(next + at, (1.f - z) * candidate + z * load<V>(h + at));
    };
    if constexpr (LinearBeforeReset)
      forGates<3, NR>(t, r.count, shape.hidden, h, H, recurrent,
                      [&](auto lanes, int row, int p, int j, const float *sums) BURIN_LAMBDA {
                        using V = decltype(lanes);
                        constexpr int W = kLanes<V>;
                        if (!r.active(row, t))
                          return;
                        const float *x = r.projected(projected, row, t) + p * 3 * NR + j;
                        const int unit = p * NR + j;
                        const V z = activations.f(clipped(load<V>(x) + load<V>(sums), clip));
                        const V keep =
                            activations.f(clipped(load<V>(x + NR) + load<V>(sums + W), clip));
                        V state = load<V>(sums + 2 * W);
                        state = recurrentBias ? state + load<V>(recurrentBias + unit) : state;
                        blend(z, activations.g(clipped(load<V>(x + 2 * NR) + keep * state, clip)),
                              row * H + unit);
                      });
    else {
      forGates<2, NR>(
          t, r.count, shape.hidden, h, H, recurrent,
          [&](auto lanes, int row, int p, int j, const float *sums) BURIN_LAMBDA {
            using V = decltype(lanes);
            constexpr int W = kLanes<V>;
            if (!r.active(row, t))
              return;
            const float *x = r.projected(projected, row, t) + p * 3 * NR + j;
            const int at = row * H + p * NR + j;
            const V keep = activations.f(clipped(load<V>(x + NR) + load<V>(sums + W), clip));
            store(update + at, activations.f(clipped(load<V>(x) + load<V>(sums), clip)));
            store(reset + at, keep * load<V>(h + at));
          });
      forGates<1, NR>(t, r.count, shape.hidden, reset, H,
                      recurrent + static_cast<ptrdiff_t>(H) * shape.hidden * 2,
                      [&](auto lanes, int row, int p, int j, const float *sums) BURIN_LAMBDA {
                        using V = decltype(lanes);
                        if (!r.active(row, t))
                          return;
                        const float *x = r.projected(projected, row, t) + p * 3 * NR + 2 * NR + j;
                        const int at = row * H + p * NR + j;
                        blend(load<V>(update + at),
                              activations.g(clipped(load<V>(x) + load<V>(sums), clip)), at);
                      });
    }
    storeStep(r, t, h, next, y);
    float *swapped = h;
    h = next;
    next = swapped;
  }
  storeState(r, h, hn);
}

/// The simple recurrence h = f(x + h R). Recurrent [H / NR][hidden][NR]. The rest as lstm. Scratch:
/// batch * H * 8 bytes.
template <int NR, class Activations>
BURIN_FN void rnn(const Rnn &shape, const float *projected, const F32 *recurrent,
                  const int32_t *lengths, const float *h0, float *y, float *hn, float clip,
                  const Activations &activations, Work work) {
  const RnnRows r = rowsOf<NR>(shape, lengths, work);
  const int H = r.padded;
  float *h = static_cast<float *>(static_cast<void *>(work.scratch)), *next = h + r.count * H;
  loadState(r, h0, h);
  for (int t = 0; t < shape.steps; ++t) {
    forGates<1, NR>(t, r.count, shape.hidden, h, H, recurrent,
                    [&](auto lanes, int row, int p, int j, const float *sums) BURIN_LAMBDA {
                      using V = decltype(lanes);
                      if (!r.active(row, t))
                        return;
                      const float *x = r.projected(projected, row, t) + p * NR + j;
                      store(next + row * H + p * NR + j,
                            activations.f(clipped(load<V>(x) + load<V>(sums), clip)));
                    });
    storeStep(r, t, h, next, y);
    float *swapped = h;
    h = next;
    next = swapped;
  }
  storeState(r, h, hn);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
