// SPDX-License-Identifier: Apache-2.0
//
// LSTM, GRU and RNN. torch keeps the gates in another order than the IR, and layers in one call.
#include "frontend/torchscript/lowering.h"

#include <fmt/format.h>

namespace burin::torchscript {
namespace {

struct Kind {
  const ir::OpDef &op;
  Ints gates; ///< gate i of the IR is gate gates[i] of torch
  ir::Strings activations;
  size_t states; ///< h, or h and c
};

const Kind kLstm{ops::lstm, {0, 3, 1, 2}, {"Sigmoid", "Tanh", "Tanh"}, 2};
const Kind kGru{ops::gru, {1, 0, 2}, {"Sigmoid", "Tanh"}, 1};
const Kind kTanh{ops::rnn, {0}, {"Tanh"}, 1};
const Kind kRelu{ops::rnn, {0}, {"Relu"}, 1};

/// The blocks of `hidden` rows in the order of the IR, with an axis for the direction in front.
Value *reordered(const Call &n, const Kind &kind, Value *w) {
  const auto count = static_cast<int64_t>(kind.gates.size());
  std::vector<Value *> parts;
  const Dim hidden = floorDiv(w->type.dim(0), count);
  for (const int64_t gate : kind.gates)
    parts.push_back(compose::sliceAxis(n.to, w, 0, Dim(gate) * hidden, hidden));
  return compose::unsqueeze(n.to, compose::concat(n.to, parts, 0), {0});
}

/// Layer `at` of [layers * directions, batch, hidden].
Value *layerOf(const Call &n, Value *all, int64_t at, int64_t directions) {
  return compose::sliceAxis(n.to, all, 0, Dim(at * directions), Dim(directions));
}

Host recurrent(const Call &n, const Kind &kind) {
  if (n.flag("train") && n.real("dropout") != 0)
    n.unsupported("training", "dropout between the layers", "call model.eval() before it is saved");
  const bool batchFirst = n.flag("batch_first"), biases = n.flag("has_biases");
  const int64_t layers = n.integer("num_layers"), directions = n.flag("bidirectional") ? 2 : 1;
  const std::vector<Value *> params = n.tensors("params");
  const size_t each = biases ? 4 : 2;
  if (params.size() != static_cast<size_t>(layers * directions) * each)
    n.unsupported("argument",
                  fmt::format("{} weights for {} layers, expected {}: a projection", params.size(),
                              layers, static_cast<size_t>(layers * directions) * each),
                  "make it without proj_size");
  std::vector<Value *> states;
  if (kind.states == 1)
    states = {n.value("hx")};
  else
    states = n.tensors("hx");
  if (states.size() < kind.states || layers < 1)
    n.fail("argument", fmt::format("{} states for {} layers", states.size(), layers));
  for (const Value *v : states)
    if (v->type.rank() != 3)
      n.fail("rank", fmt::format("a state has rank {}, expected 3", v->type.rank()));
  for (size_t i = 0; i < params.size(); ++i) // matrices, then biases, of each layer
    if (params[i]->type.rank() != (i % each < 2 ? 2 : 1))
      n.fail("rank", fmt::format("weight {} has rank {}", i, params[i]->type.rank()));
  Value *x = n.value("input");
  if (x->type.rank() != 3)
    n.fail("rank", fmt::format("the input has rank {}, expected 3", x->type.rank()));
  if (batchFirst)
    x = compose::transpose(n.to, x, {1, 0, 2});
  std::vector<std::vector<Value *>> last(kind.states);
  for (int64_t layer = 0; layer < layers; ++layer) {
    std::vector<Value *> w, r, bias;
    for (int64_t d = 0; d < directions; ++d) {
      const size_t at = static_cast<size_t>(layer * directions + d) * each;
      w.push_back(reordered(n, kind, params[at]));
      r.push_back(reordered(n, kind, params[at + 1]));
      if (biases)
        bias.push_back(compose::concat(
            n.to, {reordered(n, kind, params[at + 2]), reordered(n, kind, params[at + 3])}, 1));
    }
    const Dim hidden = r[0]->type.dim(2);
    if (!hidden.isNumber())
      n.unsupported("symbolic", "a recurrent layer of an open size");
    ir::Strings activations;
    for (int64_t d = 0; d < directions; ++d)
      activations.insert(activations.end(), kind.activations.begin(), kind.activations.end());
    std::vector<Value *> operands = {x,
                                     compose::concat(n.to, w, 0),
                                     compose::concat(n.to, r, 0),
                                     biases ? compose::concat(n.to, bias, 0) : nullptr,
                                     nullptr,
                                     layerOf(n, states[0], layer, directions)};
    std::vector<ir::NamedAttr> attributes = {
        attr::hidden(hidden.number()),
        attr::direction(directions == 2 ? "bidirectional" : "forward"),
        attr::activations(activations), attr::clip(0)};
    if (&kind.op == &ops::lstm) {
      operands.push_back(layerOf(n, states[1], layer, directions));
      operands.push_back(nullptr);
      attributes.push_back(attr::inputForget(false));
    } else if (&kind.op == &ops::gru) {
      attributes.push_back(attr::linearBeforeReset(true));
    }
    const ir::Op &op = n.to.makeOp(kind.op, operands, std::move(attributes));
    // [time, direction, batch, hidden] to [time, batch, direction * hidden].
    Value *y = compose::transpose(n.to, op.result(0), {0, 2, 1, 3});
    x = compose::reshape(n.to, y,
                         {y->type.dim(0), y->type.dim(1), y->type.dim(2) * y->type.dim(3)});
    for (size_t s = 0; s < kind.states; ++s)
      last[s].push_back(op.result(1 + s));
  }
  std::vector<Value *> results = {batchFirst ? compose::transpose(n.to, x, {1, 0, 2}) : x};
  for (const std::vector<Value *> &s : last)
    results.push_back(compose::concat(n.to, s, 0));
  return n.tuple(results);
}

Host lstm(const Call &n) { return recurrent(n, kLstm); }
Host gru(const Call &n) { return recurrent(n, kGru); }
Host rnnTanh(const Call &n) { return recurrent(n, kTanh); }
Host rnnRelu(const Call &n) { return recurrent(n, kRelu); }

// ---- single steps ----

/// x w^T + b.
Value *projected(const Call &n, Value *x, std::string_view w, std::string_view b) {
  Value *y =
      n.to.make(ops::matmul, {x, n.value(w)}, {attr::transposeA(false), attr::transposeB(true)});
  Value *bias = n.valueOrNull(b);
  return bias ? n.to.make(ops::add, {y, bias}) : y;
}

/// Gate i of [..., gates * hidden].
Value *gate(const Call &n, Value *all, int64_t i, int64_t gates) {
  if (all->type.rank() == 0)
    n.fail("rank", "the gates have rank 0");
  const size_t axis = all->type.rank() - 1;
  const Dim hidden = floorDiv(all->type.dim(axis), gates);
  return compose::sliceAxis(n.to, all, axis, Dim(i) * hidden, hidden);
}

Host lstmCell(const Call &n) {
  const compose::Arith is{n.to};
  const std::vector<Value *> state = n.tensors("hx");
  if (state.size() != 2)
    n.fail("argument", fmt::format("{} states, expected 2", state.size()));
  Value *all = is.add(projected(n, n.value("input"), "w_ih", "b_ih"),
                      projected(n, state[0], "w_hh", "b_hh"));
  Value *in = is(ops::sigmoid, gate(n, all, 0, 4)), *forget = is(ops::sigmoid, gate(n, all, 1, 4));
  Value *cell = is(ops::tanh, gate(n, all, 2, 4)), *out = is(ops::sigmoid, gate(n, all, 3, 4));
  Value *c = is.add(is.mul(forget, state[1]), is.mul(in, cell));
  return n.tuple({is.mul(out, is(ops::tanh, c)), c});
}

Host gruCell(const Call &n) {
  const compose::Arith is{n.to};
  Value *h = n.value("hx");
  Value *a = projected(n, n.value("input"), "w_ih", "b_ih"), *b = projected(n, h, "w_hh", "b_hh");
  Value *reset = is(ops::sigmoid, is.add(gate(n, a, 0, 3), gate(n, b, 0, 3)));
  Value *update = is(ops::sigmoid, is.add(gate(n, a, 1, 3), gate(n, b, 1, 3)));
  Value *fresh = is(ops::tanh, is.add(gate(n, a, 2, 3), is.mul(reset, gate(n, b, 2, 3))));
  return n.tensor(is.add(fresh, is.mul(update, is.sub(h, fresh))));
}

template <const ir::OpDef &activation> Host rnnCell(const Call &n) {
  const compose::Arith is{n.to};
  return n.tensor(is(activation, is.add(projected(n, n.value("input"), "w_ih", "b_ih"),
                                        projected(n, n.value("hx"), "w_hh", "b_hh"))));
}

constexpr Lowering kRecurrent[] = {
    {"aten::lstm.input(Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int "
     "num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, "
     "Tensor, Tensor)",
     lstm},
    {"aten::lstm.data(Tensor data, Tensor batch_sizes, Tensor[] hx, Tensor[] params, bool "
     "has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> (Tensor, "
     "Tensor, Tensor)",
     nullptr},
    {"aten::gru.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, "
     "float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)",
     gru},
    {"aten::gru.data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] params, bool "
     "has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> (Tensor, "
     "Tensor)",
     nullptr},
    {"aten::rnn_tanh.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int "
     "num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, "
     "Tensor)",
     rnnTanh},
    {"aten::rnn_relu.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int "
     "num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, "
     "Tensor)",
     rnnRelu},
    {"aten::rnn_tanh.data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] params, bool "
     "has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> (Tensor, "
     "Tensor)",
     nullptr},
    {"aten::rnn_relu.data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] params, bool "
     "has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> (Tensor, "
     "Tensor)",
     nullptr},
    {"aten::lstm_cell(Tensor input, Tensor[] hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, "
     "Tensor? b_hh=None) -> (Tensor, Tensor)",
     lstmCell},
    {"aten::gru_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, "
     "Tensor? b_hh=None) -> Tensor",
     gruCell},
    {"aten::rnn_tanh_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, "
     "Tensor? b_hh=None) -> Tensor",
     rnnCell<ops::tanh>},
    {"aten::rnn_relu_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, "
     "Tensor? b_hh=None) -> Tensor",
     rnnCell<ops::relu>},
};

} // namespace

std::span<const Lowering> recurrentLowerings() { return kRecurrent; }

} // namespace burin::torchscript
