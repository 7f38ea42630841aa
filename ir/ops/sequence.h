// SPDX-License-Identifier: Apache-2.0
//
// Recurrent cells over a whole sequence, with the semantics of ONNX (gate order, peepholes, clip).
// x [t, b, i], w [d, g*h, i], r [d, g*h, h], bias [d, 2*g*h] (input part, then recurrent part),
// lengths i32[b]; d is 2 for `bidirectional`. Results: y [t, d, b, h], last h [d, b, h], last c.
// direction: forward, reverse, bidirectional. clip 0: none.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferLstm(const Op &);
std::vector<Type> inferGru(const Op &);
std::vector<Type> inferRnn(const Op &);

/// Activations of cells, with the parameters that ONNX has for defaults: so Affine changes nothing
/// and ScaledTanh is Tanh.
inline constexpr std::string_view kActivations[] = {
    "Sigmoid",    "Tanh",        "Relu", "Affine",   "LeakyRelu", "ThresholdedRelu",
    "ScaledTanh", "HardSigmoid", "Elu",  "Softsign", "Softplus"};

namespace ops {
// clang-format off
inline constexpr OpDef
    lstm{.name = "lstm", .doc = "Long short-term memory; gates i, o, f, c; peephole [d, 3*h] in the order i, o, f. activations: f, g, h for each direction.",
         .operands = {{"x"}, {"w"}, {"r"}, {"bias", optional}, {"lengths", optional}, {"initial_h", optional}, {"initial_c", optional}, {"peephole", optional}},
         .attrs = {attr::hidden, attr::direction, attr::activations, attr::clip, attr::inputForget},
         .results = {{"y"}, {"y_h"}, {"y_c"}}, .infer = inferLstm},
    gru{.name = "gru", .doc = "Gated recurrent unit; gates z, r, h. linear_before_reset: r times (recurrent product + its bias). activations: f, g for each direction.",
        .operands = {{"x"}, {"w"}, {"r"}, {"bias", optional}, {"lengths", optional}, {"initial_h", optional}},
        .attrs = {attr::hidden, attr::direction, attr::activations, attr::clip, attr::linearBeforeReset},
        .results = {{"y"}, {"y_h"}}, .infer = inferGru},
    rnn{.name = "rnn", .doc = "h = f(x w + h r + bias). activations: f for each direction.",
        .operands = {{"x"}, {"w"}, {"r"}, {"bias", optional}, {"lengths", optional}, {"initial_h", optional}},
        .attrs = {attr::hidden, attr::direction, attr::activations, attr::clip}, .results = {{"y"}, {"y_h"}}, .infer = inferRnn};

inline constexpr const OpDef *kSequenceOps[] = {&lstm, &gru, &rnn};
// clang-format on
} // namespace ops
} // namespace burin::ir
