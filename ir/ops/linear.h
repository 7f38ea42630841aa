// SPDX-License-Identifier: Apache-2.0
//
// Contractions and pooling. Images are NHWC: [batch, spatial..., channels], with one to three
// spatial axes; pads are begins of every spatial axis, then ends. None has a bias: an `add` is one
// until the epilogue takes it.
//
// An epilogue is a block over single elements (rank 0): its first argument is what the op computed,
// the others are the extras, which broadcast into the result; it yields the element of the result.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferMatmul(const Op &);
std::vector<Type> inferMatmulInteger(const Op &);
std::vector<Type> inferConv(const Op &);
std::vector<Type> inferConvInteger(const Op &);
std::vector<Type> inferConvTranspose(const Op &);
std::vector<Type> inferPool(const Op &);
std::vector<Type> inferMaxPoolIndices(const Op &);
std::vector<Type> inferAttention(const Op &);

namespace ops {
// clang-format off
inline constexpr OpDef
    matmul{.name = "matmul", .doc = "a [..., m, k] times b [..., k, n], with either transposed if asked; the axes before the last two broadcast. Floats of any size, i32 to u64.",
           .operands = {{"a"}, {"b"}, {"extras", variadic}}, .attrs = {attr::transposeA, attr::transposeB}, .blocks = {"epilogue"},
           .traits = Trait::reduction, .infer = inferMatmul},
    matmul_integer{.name = "matmul_integer",
                   .doc = "(a - a_zero) times (b - b_zero) in i32, of i8 or u8. a_zero: rank 0 or a row's [..., m, 1]; b_zero: rank 0 or a column's [..., 1, n].",
                   .operands = {{"a"}, {"b"}, {"a_zero", optional}, {"b_zero", optional}, {"extras", variadic}}, .attrs = {attr::transposeA, attr::transposeB},
                   .blocks = {"epilogue"}, .traits = Trait::reduction, .infer = inferMatmulInteger},
    conv{.name = "conv", .doc = "Convolution of x [n, spatial..., c] with filter [o, kernel..., c / group]; padding is zero.",
         .operands = {{"x"}, {"filter"}, {"extras", variadic}}, .attrs = {attr::strides, attr::pads, attr::dilations, attr::group}, .blocks = {"epilogue"},
         .traits = Trait::reduction, .infer = inferConv},
    conv_integer{.name = "conv_integer", .doc = "Convolution of (x - x_zero) with (filter - filter_zero) in i32, of i8 or u8; padding is x_zero. x_zero: rank 0; filter_zero: rank 0 or [o].",
                 .operands = {{"x"}, {"filter"}, {"x_zero", optional}, {"filter_zero", optional}, {"extras", variadic}},
                 .attrs = {attr::strides, attr::pads, attr::dilations, attr::group}, .blocks = {"epilogue"}, .traits = Trait::reduction, .infer = inferConvInteger},
    conv_transpose{.name = "conv_transpose",
                   .doc = "The gradient of a convolution: x [n, spatial..., c], filter [o, kernel..., c / group]; an extent is "
                          "stride * (in - 1) + output_pad + dilation * (kernel - 1) + 1 - begin - end.",
                   .operands = {{"x"}, {"filter"}, {"extras", variadic}},
                   .attrs = {attr::strides, attr::pads, attr::dilations, attr::group, attr::outputPads}, .blocks = {"epilogue"}, .traits = Trait::reduction, .infer = inferConvTranspose},
    max_pool{.name = "max_pool", .doc = "The largest of each window of x [n, spatial..., c]; NaN if any is; padding takes no part.",
             .operands = {{"x"}, {"extras", variadic}}, .attrs = {attr::kernel, attr::strides, attr::pads, attr::dilations}, .blocks = {"epilogue"},
             .traits = Trait::reduction, .infer = inferPool},
    max_pool_indices{.name = "max_pool_indices",
                     .doc = "max_pool, and the index (i64) of each in x taken as [n, c, spatial...] flattened (column_major: spatial axes in reverse order).",
                     .operands = {{"x"}}, .attrs = {attr::kernel, attr::strides, attr::pads, attr::dilations, attr::columnMajor},
                     .results = {{"out"}, {"indices"}}, .infer = inferMaxPoolIndices},
    average_pool{.name = "average_pool",
                 .doc = "The mean of each window. The divisor counts the elements of x, or with count_include_pad those of the declared pads too; `output_pads` (an "
                        "entry a spatial axis) more positions at the end count never: what a ceiling of the extent adds.",
                 .operands = {{"x"}, {"extras", variadic}},
                 .attrs = {attr::kernel, attr::strides, attr::pads, attr::dilations, attr::countIncludePad, attr::outputPads}, .blocks = {"epilogue"},
                 .traits = Trait::reduction, .infer = inferPool},
    attention{.name = "attention",
              .doc = "softmax(scale * q k^T + mask) v for each head of q [b, s, h, d], k [b, t, h/g, d], v [b, t, h/g, e], as projections make them, to [b, s, h, e]; mask (added; "
                     "or bool: true keeps) broadcast to [b, h, s, t]. causal: query i sees the keys j <= i. softcap c > 0: c * tanh(product / c) before the mask.",
              .operands = {{"q"}, {"k"}, {"v"}, {"mask", optional}}, .attrs = {attr::scale, attr::causal, attr::softcap}, .infer = inferAttention};

inline constexpr const OpDef *kLinearOps[] = {&matmul, &matmul_integer, &conv, &conv_integer, &conv_transpose, &max_pool, &max_pool_indices, &average_pool, &attention};
// clang-format on
} // namespace ops
} // namespace burin::ir
