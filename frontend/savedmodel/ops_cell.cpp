// SPDX-License-Identifier: Apache-2.0
//
// Recurrent cells that TensorFlow 1 and optimisers of graphs write as one operator.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"
#include "frontend/savedmodel/ops_control.h"

#include <array>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

using compose::Arith;

/// i, cs, f, o, ci, co, h: the gates, the state and what leaves, each [batch, units].
enum LstmPart : size_t { kInput, kState, kForget, kOutput, kCandidate, kSquashed, kHidden, kParts };
using LstmParts = std::array<Value *, kParts>;

struct LstmWeights {
  Value *w, *wci, *wcf, *wco, *b;
  LstmWeights(const NodeView &n, size_t at)
      : w{n.in(at)}, wci{n.in(at + 1)}, wcf{n.in(at + 2)}, wco{n.in(at + 3)}, b{n.in(at + 4)} {}
};

LstmParts lstmStep(const NodeView &n, ir::Builder &to, const LstmWeights &weights, Value *x,
                   Value *state, Value *hidden) {
  const Arith is{to};
  const bool isV2 = n.node.op == "BlockLSTMV2", peeps = n.flag("use_peephole", false);
  const double clip = n.real("cell_clip", isV2 ? 0 : 3), bias = isV2 ? 0 : n.real("forget_bias", 1);
  Value *all =
      is.add(compose::matmul(to, compose::concat(to, {x, hidden}, 1), weights.w), weights.b);
  const Dim units = state->type.dim(1);
  const auto part = [&](int64_t i) {
    return compose::sliceAxis(to, all, 1, Dim(i) * units, units);
  };
  // Columns of w: i, ci, f, o; of BlockLSTMV2 i, f, ci, o.
  Value *input = part(0), *candidate = part(isV2 ? 2 : 1), *forget = part(isV2 ? 1 : 2),
        *output = part(3);
  LstmParts p;
  p[kInput] = is(ops::sigmoid, peeps ? is.add(input, is.mul(state, weights.wci)) : input);
  forget = is.add(forget, bias);
  p[kForget] = is(ops::sigmoid, peeps ? is.add(forget, is.mul(state, weights.wcf)) : forget);
  p[kCandidate] = is(ops::tanh, candidate);
  p[kState] = is.add(is.mul(p[kCandidate], p[kInput]), is.mul(state, p[kForget]));
  if (clip > 0)
    p[kState] = is.min(is.max(p[kState], -clip), clip);
  p[kOutput] = is(ops::sigmoid, peeps ? is.add(output, is.mul(p[kState], weights.wco)) : output);
  p[kSquashed] = is(ops::tanh, p[kState]);
  p[kHidden] = is.mul(p[kOutput], p[kSquashed]);
  return p;
}

Items lstmCell(const NodeView &n) {
  const LstmParts p = lstmStep(n, n.to, LstmWeights(n, 3), n.in(0), n.in(1), n.in(2));
  return {p.begin(), p.end()};
}

/// The cell for each step of x [steps, batch, in], below seq_len_max; zeros behind.
Items blockLstm(const NodeView &n) {
  Value *x = n.in(1);
  if (x->type.rank() != 3)
    n.fail("rank", fmt::format("x has rank {}, expected 3", x->type.rank()));
  const LstmWeights weights(n, 4);
  const ir::Shape cell = n.shape(2);
  Dims whole = cell;
  whole.insert(whole.begin(), x->type.dim(0));
  Value *most = Arith{n.to}.min(compose::scalarOf(n.to, n.vector(0)),
                                compose::scalarOf(n.to, n.to.extents({x->type.dim(0)})));
  // The step, the state, what left last, and every part of every step.
  Items carried = {n.to.scalar(ElementType::i64, 0), n.in(2), n.in(3)};
  for (size_t i = 0; i < kParts; ++i)
    carried.emplace_back(compose::full(n.to, x->type.element(), 0, whole));
  const Items results = makeLoop(
      n, carried,
      [&](ir::Builder &to, const Items &now) -> Items {
        return {Arith{to}.less(now[0].tensor, most)};
      },
      [&](ir::Builder &to, const Items &now) -> Items {
        Value *step = now[0].tensor;
        const LstmParts p =
            lstmStep(n, to, weights, compose::take(to, x, step, 0), now[1].tensor, now[2].tensor);
        Items next = {Arith{to}.add(step, 1.0), p[kState], p[kHidden]};
        Value *place = compose::reshape(to, step, {1, 1});
        for (size_t i = 0; i < kParts; ++i)
          next.emplace_back(to.make(ops::scatter_nd,
                                    {now[3 + i].tensor, place, compose::unsqueeze(to, p[i], {0})},
                                    {attr::reduction("none")}));
        return next;
      });
  return {results.begin() + 3, results.end()};
}

Items gruCell(const NodeView &n) {
  const Arith is{n.to};
  Value *x = n.in(0), *hidden = n.in(1);
  const auto product = [&](Value *h, size_t w, size_t b) {
    return is.add(compose::matmul(n.to, compose::concat(n.to, {x, h}, 1), n.in(w)), n.in(b));
  };
  const Dim units = hidden->type.dim(1);
  Value *gates = is(ops::sigmoid, product(hidden, 2, 4));
  Value *reset = compose::sliceAxis(n.to, gates, 1, 0, units),
        *update = compose::sliceAxis(n.to, gates, 1, units, units);
  Value *candidate = is(ops::tanh, product(is.mul(reset, hidden), 3, 5));
  Value *next = is.add(is.mul(is.sub(1.0, update), candidate), is.mul(update, hidden));
  return {reset, update, candidate, next};
}

constexpr Lowering kCell[] = {
    {"BlockLSTM", blockLstm, "i cs f o ci co h"},
    {"BlockLSTMV2", blockLstm, "i cs f o ci co h"},
    {"GRUBlockCell", gruCell, "r u c h"},
    {"LSTMBlockCell", lstmCell, "i cs f o ci co h"},
};

} // namespace

std::span<const Lowering> cellLowerings() { return kCell; }

} // namespace burin::savedmodel
