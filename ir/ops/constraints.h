// SPDX-License-Identifier: Apache-2.0
//
// Every constraint of every op, by the id that its error carries: "conv.channels". Each has a case
// in tests/errors/<op>.gir. One more is the builder's and holds for all: "operands", a missing or
// surplus operand.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

struct OpConstraints {
  std::string_view op;
  List<std::string_view, 16> ids = {};
};

// clang-format off
inline constexpr OpConstraints kConstraints[] = {
    // Elementwise
    {"abs", {"tensor", "element"}},
    {"neg", {"tensor", "element"}},
    {"sign", {"tensor", "element"}},
    {"relu", {"tensor", "element"}},
    {"ceil", {"tensor", "element"}},
    {"floor", {"tensor", "element"}},
    {"round", {"tensor", "element"}},
    {"trunc", {"tensor", "element"}},
    {"sqrt", {"tensor", "element"}},
    {"exp", {"tensor", "element"}},
    {"log", {"tensor", "element"}},
    {"sin", {"tensor", "element"}},
    {"cos", {"tensor", "element"}},
    {"tan", {"tensor", "element"}},
    {"asin", {"tensor", "element"}},
    {"acos", {"tensor", "element"}},
    {"atan", {"tensor", "element"}},
    {"sinh", {"tensor", "element"}},
    {"cosh", {"tensor", "element"}},
    {"tanh", {"tensor", "element"}},
    {"asinh", {"tensor", "element"}},
    {"acosh", {"tensor", "element"}},
    {"atanh", {"tensor", "element"}},
    {"erf", {"tensor", "element"}},
    {"sigmoid", {"tensor", "element"}},
    {"is_nan", {"tensor", "element"}},
    {"is_inf", {"tensor", "element"}},
    {"not", {"tensor", "element"}},
    {"bit_not", {"tensor", "element"}},
    {"add", {"tensor", "element", "broadcast"}},
    {"sub", {"tensor", "element", "broadcast"}},
    {"mul", {"tensor", "element", "broadcast"}},
    {"div", {"tensor", "element", "broadcast"}},
    {"pow", {"tensor", "element", "broadcast"}},
    {"mod", {"tensor", "element", "broadcast"}},
    {"fmod", {"tensor", "element", "broadcast"}},
    {"min", {"tensor", "element", "broadcast"}},
    {"max", {"tensor", "element", "broadcast"}},
    {"equal", {"tensor", "element", "broadcast"}},
    {"less", {"tensor", "element", "broadcast"}},
    {"less_equal", {"tensor", "element", "broadcast"}},
    {"and", {"tensor", "element", "broadcast"}},
    {"or", {"tensor", "element", "broadcast"}},
    {"xor", {"tensor", "element", "broadcast"}},
    {"bit_and", {"tensor", "element", "broadcast"}},
    {"bit_or", {"tensor", "element", "broadcast"}},
    {"bit_xor", {"tensor", "element", "broadcast"}},
    {"shift_left", {"tensor", "element", "broadcast"}},
    {"shift_right", {"tensor", "element", "broadcast"}},
    {"where", {"tensor", "element", "broadcast"}},
    {"cast", {"tensor", "element", "to"}},
    {"bitcast", {"tensor", "element", "to"}},
    // Shapes and movement
    {"shape", {"tensor"}},
    {"extents"},
    {"bind", {"tensor", "element", "rank", "dims"}},
    {"copy"},
    {"reshape", {"tensor", "extent", "count"}},
    {"transpose", {"tensor", "perm"}},
    {"broadcast", {"tensor", "extent", "broadcast"}},
    {"slice", {"tensor", "starts", "steps", "shape", "extent", "bounds"}},
    {"slice_at", {"tensor", "starts", "steps", "shape", "extent", "bounds"}},
    {"concat", {"operands", "tensor", "axis", "element", "shape"}},
    {"pad", {"tensor", "pads", "mode", "value", "empty", "extent"}},
    {"tile", {"tensor", "repeats"}},
    {"iota", {"type", "extent", "axis"}},
    // Indexing
    {"gather", {"tensor", "indices", "axis", "empty"}},
    {"gather_elements", {"tensor", "indices", "rank", "axis", "bounds", "empty"}},
    {"gather_nd", {"tensor", "batch_dims", "indices", "rank", "coordinates", "batch", "empty"}},
    {"scatter_elements", {"tensor", "indices", "rank", "axis", "bounds", "updates", "element", "reduction", "empty"}},
    {"scatter_nd", {"tensor", "indices", "rank", "coordinates", "updates", "element", "reduction", "empty"}},
    {"topk", {"tensor", "element", "axis", "count"}},
    {"nonzero", {"tensor", "element", "dims"}},
    {"compress", {"tensor", "axis", "condition", "dims"}},
    {"unique", {"tensor", "element", "rank", "dims"}},
    {"cumsum", {"tensor", "element", "axis"}},
    {"cumprod", {"tensor", "element", "axis"}},
    {"reverse_sequence", {"tensor", "axis", "batch_axis", "lengths"}},
    {"non_max_suppression", {"tensor", "element", "boxes", "scores", "limits", "dims"}},
    // Reductions
    {"reduce_sum", {"tensor", "element", "axis", "axes", "epilogue"}},
    {"reduce_mean", {"tensor", "element", "axis", "axes", "epilogue"}},
    {"reduce_max", {"tensor", "element", "axis", "axes", "epilogue"}},
    {"reduce_min", {"tensor", "element", "axis", "axes", "epilogue"}},
    {"reduce_prod", {"tensor", "element", "axis", "axes", "epilogue"}},
    {"argmax", {"tensor", "element", "axis", "empty"}},
    {"argmin", {"tensor", "element", "axis", "empty"}},
    // Contractions and pooling
    {"matmul", {"tensor", "element", "rank", "depth", "broadcast", "epilogue"}},
    {"matmul_integer", {"tensor", "element", "rank", "depth", "broadcast", "zero_point", "epilogue"}},
    {"conv", {"tensor", "element", "rank", "strides", "dilations", "pads", "kernel", "group", "channels", "window", "epilogue"}},
    {"conv_integer", {"tensor", "element", "rank", "strides", "dilations", "pads", "kernel", "group", "channels", "window", "epilogue", "zero_point"}},
    {"conv_transpose", {"tensor", "element", "rank", "strides", "dilations", "pads", "kernel", "group", "channels", "window", "output_pads", "epilogue"}},
    {"max_pool", {"tensor", "element", "rank", "kernel", "strides", "dilations", "pads", "window", "epilogue"}},
    {"max_pool_indices", {"tensor", "element", "rank", "kernel", "strides", "dilations", "pads", "window"}},
    {"average_pool", {"tensor", "element", "rank", "kernel", "strides", "dilations", "pads", "window", "output_pads", "epilogue"}},
    {"attention", {"tensor", "element", "rank", "batch", "heads", "depth", "keys", "mask"}},
    // Normalisation
    {"batch_norm", {"tensor", "element", "axis", "parameters"}},
    {"softmax", {"tensor", "element", "axis"}},
    {"log_softmax", {"tensor", "element", "axis"}},
    {"layer_norm", {"tensor", "element", "axis", "parameters"}},
    {"rms_norm", {"tensor", "element", "axis", "parameters"}},
    {"group_norm", {"tensor", "element", "axis", "groups", "parameters"}},
    {"lrn", {"tensor", "element", "axis", "size"}},
    // Recurrent cells
    {"lstm", {"tensor", "element", "rank", "direction", "hidden", "activations", "activation", "w", "r", "bias", "lengths", "initial_h", "initial_c", "peephole"}},
    {"gru", {"tensor", "element", "rank", "direction", "hidden", "activations", "activation", "w", "r", "bias", "lengths", "initial_h"}},
    {"rnn", {"tensor", "element", "rank", "direction", "hidden", "activations", "activation", "w", "r", "bias", "lengths", "initial_h"}},
    // Decision trees
    {"tree_ensemble", {"tensor", "element", "rank", "constant", "tables", "features", "modes", "branches", "targets", "num_targets", "reduction"}},
    // Quantisation
    {"quantize", {"tensor", "element", "to", "scale", "zero_point", "block_size", "axis"}},
    {"dequantize", {"tensor", "element", "to", "scale", "zero_point", "block_size", "axis"}},
    {"requantize", {"tensor", "element", "to", "rounding", "scale", "zero_point", "axis"}},
    // Resampling
    {"resize", {"tensor", "element", "shape", "scales", "extent", "mode", "coordinates", "nearest", "roi", "empty"}},
    {"grid_sample", {"tensor", "element", "rank", "grid", "mode", "pattern"}},
    {"roi_align", {"tensor", "element", "rank", "rois", "indices", "batch", "shape", "extent", "mode", "coordinates", "sampling"}},
    // Control flow, lists, optionals
    {"if", {"condition", "arguments", "branches"}},
    {"loop", {"count", "condition", "carried", "body", "dims", "scanned"}},
    {"fused", {"extent", "body", "tensor", "broadcast"}},
    {"assert", {"condition"}},
    {"print"},
    {"random", {"type", "extent", "distribution", "high"}},
    {"list_make", {"type", "element", "capacity"}},
    {"list_length", {"list"}},
    {"list_get", {"list", "index"}},
    {"list_insert", {"list", "element", "index"}},
    {"list_erase", {"list", "index"}},
    {"list_concat", {"list", "element", "axis", "shape", "extent"}},
    {"list_split", {"tensor", "type", "axis", "count", "element", "capacity"}},
    {"optional_some"},
    {"optional_none", {"type"}},
    {"optional_has", {"optional"}},
    {"optional_get", {"optional"}},
};
// clang-format on

} // namespace burin::ir
