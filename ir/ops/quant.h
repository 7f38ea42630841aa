// SPDX-License-Identifier: Apache-2.0
//
// Quantisation is explicit: real = scale * (integer - zero_point). A scale of rank 0 serves the
// whole tensor, of rank 1 the slices along `axis`, of the rank of x with block_size > 0 blocks of
// that many elements along `axis`.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferQuantize(const Op &);
std::vector<Type> inferDequantize(const Op &);
std::vector<Type> inferRequantize(const Op &);

namespace ops {
// clang-format off
inline constexpr OpDef
    quantize{.name = "quantize", .doc = "x / scale, rounded half to even, plus zero_point, saturated to `to`. Floats of 8 and 4 bits are not rounded to integers first.",
             .operands = {{"x"}, {"scale"}, {"zero_point", optional}}, .attrs = {attr::to, attr::axis, attr::blockSize, attr::saturate}, .infer = inferQuantize},
    dequantize{.name = "dequantize", .doc = "(x - zero_point) * scale, as `to`.", .operands = {{"x"}, {"scale"}, {"zero_point", optional}},
               .attrs = {attr::to, attr::axis, attr::blockSize}, .infer = inferDequantize},
    requantize{.name = "requantize",
               .doc = "x (i32) * scale (f32, rank 0 or 1 along `axis`), rounded, plus zero_point, saturated to `to`. rounding: half_even_float (product and rounding in f32), "
                      "tflite_double (31-bit multiplier, rounded twice), tflite_single (rounded once).",
               .operands = {{"x"}, {"scale"}, {"zero_point", optional}}, .attrs = {attr::to, attr::axis, attr::rounding}, .infer = inferRequantize};

inline constexpr const OpDef *kQuantOps[] = {&quantize, &dequantize, &requantize};
// clang-format on
} // namespace ops
} // namespace burin::ir
