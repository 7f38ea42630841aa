// SPDX-License-Identifier: Apache-2.0
//
// LSTM, GRU and RNN: ops of the IR but for the layout and the defaults.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fmt/format.h>

namespace burin::onnx {
namespace {

/// The activations of a direction, for as many directions as there are.
ir::Strings activations(const NodeView &n, const ir::Strings &ofDirection, size_t directions) {
  ir::Strings out = n.texts("activations");
  if (out.empty())
    for (size_t d = 0; d < directions; ++d)
      out.insert(out.end(), ofDirection.begin(), ofDirection.end());
  if (out.size() != ofDirection.size() * directions)
    n.fail("activations",
           fmt::format("{} activations, expected {}", out.size(), ofDirection.size() * directions));
  // alpha and beta belong, in order, to the activations that take them.
  struct Row {
    std::string_view name, as; ///< in small letters; as the IR names it
    std::optional<double> alpha, beta;
  };
  static const Row kRows[] = {
      {"sigmoid", "Sigmoid", {}, {}},
      {"tanh", "Tanh", {}, {}},
      {"relu", "Relu", {}, {}},
      {"softsign", "Softsign", {}, {}},
      {"softplus", "Softplus", {}, {}},
      {"affine", "Affine", 1, 0},
      {"leakyrelu", "LeakyRelu", 0.01, {}},
      {"thresholdedrelu", "ThresholdedRelu", 1, {}},
      {"scaledtanh", "ScaledTanh", 1, 1},
      {"hardsigmoid", "HardSigmoid", 0.2, 0.5},
      {"elu", "Elu", 1, {}},
  };
  const std::vector<float> alphas = n.reals("activation_alpha"), betas = n.reals("activation_beta");
  size_t alpha = 0, beta = 0;
  for (std::string &name : out) {
    std::string small = name;
    std::ranges::transform(small, small.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto *row = std::ranges::find(kRows, small, &Row::name);
    if (row == std::end(kRows))
      n.unsupported("activations", fmt::format("the activation '{}'", name));
    const auto check = [&](const std::vector<float> &given, size_t &at,
                           const std::optional<double> &usual, std::string_view what) {
      if (usual && at < given.size() && std::fabs(given[at++] - *usual) > 1e-6)
        n.unsupported("activations",
                      fmt::format("the activation '{}' with {} {}, expected {}", name, what,
                                  given[at - 1], *usual),
                      "write the cell as a Scan or a Loop");
    };
    check(alphas, alpha, row->alpha, "alpha");
    check(betas, beta, row->beta, "beta");
    name = row->as;
  }
  return out;
}

struct Cell {
  const ir::OpDef &op;
  ir::Strings activations;
  size_t states; ///< h, or h and c
};

Values recurrent(const NodeView &n, const Cell &cell) {
  const std::string direction = n.text("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    n.fail("direction",
           fmt::format("direction is '{}', expected forward, reverse or bidirectional", direction));
  const size_t directions = direction == "bidirectional" ? 2 : 1;
  const bool batchFirst = n.integer("layout", 0) != 0;
  const auto swapped = [&](Value *v) {
    return v && batchFirst ? compose::transpose(n.to, v, {1, 0, 2}) : v;
  };
  const ir::Shape &r = n.type(2).shape();
  int64_t hidden = n.integer("hidden_size", 0);
  if (hidden == 0 && r.size() == 3 && r[2].isNumber())
    hidden = r[2].number();
  Value *lengths = n.inOrNull(4);
  if (lengths)
    lengths = compose::cast(n.to, lengths, ElementType::i32);
  std::vector<Value *> operands = {swapped(n.in(0)), n.in(1), n.in(2),
                                   n.inOrNull(3),    lengths, swapped(n.inOrNull(5))};
  std::vector<ir::NamedAttr> attributes = {
      attr::hidden(hidden), attr::direction(direction),
      attr::activations(activations(n, cell.activations, directions)),
      attr::clip(n.real("clip", 0))};
  if (&cell.op == &ops::lstm) {
    operands.push_back(swapped(n.inOrNull(6)));
    operands.push_back(n.inOrNull(7));
    attributes.push_back(attr::inputForget(n.integer("input_forget", 0) != 0));
  }
  if (&cell.op == &ops::gru)
    attributes.push_back(attr::linearBeforeReset(n.integer("linear_before_reset", 0) != 0));
  ir::Op &op = n.to.makeOp(cell.op, operands, std::move(attributes));
  Values out = {batchFirst ? compose::transpose(n.to, op.result(0), {2, 0, 1, 3}) : op.result(0)};
  for (size_t i = 1; i <= cell.states; ++i)
    out.push_back(swapped(op.result(i)));
  return out;
}

Values lstm(const NodeView &n) { return recurrent(n, {ops::lstm, {"Sigmoid", "Tanh", "Tanh"}, 2}); }
Values gru(const NodeView &n) { return recurrent(n, {ops::gru, {"Sigmoid", "Tanh"}, 1}); }
Values rnn(const NodeView &n) { return recurrent(n, {ops::rnn, {"Tanh"}, 1}); }

constexpr Lowering kRecurrent[] = {{"GRU", 1, gru}, {"LSTM", 1, lstm}, {"RNN", 1, rnn}};

} // namespace

std::span<const Lowering> recurrentLowerings() { return kRecurrent; }

} // namespace burin::onnx
