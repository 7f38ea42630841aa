// SPDX-License-Identifier: Apache-2.0
//
// Normalisations. Statistics are taken in f32 (f64 for f64), whatever the element type.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferBatchNorm(const Op &);
std::vector<Type> inferAlongAxis(const Op &); ///< the type of x; checks the axis
std::vector<Type> inferLayerNorm(const Op &);
std::vector<Type> inferGroupNorm(const Op &);

namespace ops {
// clang-format off
inline constexpr OpDef
    batch_norm{.name = "batch_norm", .doc = "(x - mean) / sqrt(variance + epsilon) * scale + bias, each [c] along `axis`.",
               .operands = {{"x"}, {"scale"}, {"bias"}, {"mean"}, {"variance"}}, .attrs = {attr::axis, attr::epsilon}, .infer = inferBatchNorm},
    softmax{.name = "softmax", .doc = "e^(x - max) / sum of them along `axis`; NaN where all are -inf.", .operands = {{"x"}}, .attrs = {attr::axis}, .infer = inferAlongAxis},
    log_softmax{.name = "log_softmax", .doc = "x - max - log(sum of e^(x - max)) along `axis`.", .operands = {{"x"}}, .attrs = {attr::axis}, .infer = inferAlongAxis},
    layer_norm{.name = "layer_norm", .doc = "(x - mean) / sqrt(variance + epsilon) * scale + bias over the axes from `axis` on; scale and bias broadcast to x.",
               .operands = {{"x"}, {"scale", optional}, {"bias", optional}}, .attrs = {attr::axis, attr::epsilon}, .infer = inferLayerNorm},
    rms_norm{.name = "rms_norm", .doc = "x / sqrt(mean of x^2 + epsilon) * scale over the axes from `axis` on; scale broadcasts to x.",
             .operands = {{"x"}, {"scale", optional}}, .attrs = {attr::axis, attr::epsilon}, .infer = inferLayerNorm},
    group_norm{.name = "group_norm", .doc = "Channels lie along `axis`; each of `groups` groups of them is normalised with all the axes but the first; scale and bias [c].",
               .operands = {{"x"}, {"scale", optional}, {"bias", optional}}, .attrs = {attr::axis, attr::groups, attr::epsilon}, .infer = inferGroupNorm},
    lrn{.name = "lrn", .doc = "x / (bias + alpha / size * sum of x^2 over `size` channels around it)^beta, (size - 1) / 2 of them before; channels along `axis`.",
        .operands = {{"x"}}, .attrs = {attr::axis, attr::size, attr::alpha, attr::beta, attr::bias}, .infer = inferAlongAxis};

inline constexpr const OpDef *kNormOps[] = {&batch_norm, &softmax, &log_softmax, &layer_norm, &rms_norm, &group_norm, &lrn};
// clang-format on
} // namespace ops
} // namespace burin::ir
