// SPDX-License-Identifier: Apache-2.0
//
// Elements by index. Indices are i32 or i64; negative ones count from the end; what is still out of
// range is moved to the nearest element in it, so that no index of a model reads foreign memory.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferGather(const Op &);
std::vector<Type> inferGatherElements(const Op &);
std::vector<Type> inferGatherNd(const Op &);
std::vector<Type> inferScatterElements(const Op &);
std::vector<Type> inferScatterNd(const Op &);
std::vector<Type> inferTopk(const Op &);
std::vector<Type> inferNonzero(const Op &);
std::vector<Type> inferCompress(const Op &);
std::vector<Type> inferUnique(const Op &);
std::vector<Type> inferCumulative(const Op &);
std::vector<Type> inferReverseSequence(const Op &);
std::vector<Type> inferNonMaxSuppression(const Op &);
std::optional<Dims> foldGather(const Op &);

namespace ops {
// clang-format off
inline constexpr OpDef
    gather{.name = "gather", .doc = "Slices of x along `axis`: out shape is x[:axis] + indices + x[axis+1:].", .operands = {{"x"}, {"indices"}},
           .attrs = {attr::axis}, .traits = Trait::movement, .infer = inferGather, .fold = foldGather},
    gather_elements{.name = "gather_elements", .doc = "out[i][j] = x[indices[i][j]][j] for axis 0; the shape of indices.", .operands = {{"x"}, {"indices"}},
                    .attrs = {attr::axis}, .traits = Trait::movement, .infer = inferGatherElements},
    gather_nd{.name = "gather_nd", .doc = "The last axis of indices holds k coordinates into the axes of x after `batch_dims` common ones.",
              .operands = {{"x"}, {"indices"}}, .attrs = {attr::batchDims}, .traits = Trait::movement, .infer = inferGatherNd},
    scatter_elements{.name = "scatter_elements",
                     .doc = "x with x[indices[i][j]][j] replaced by updates[i][j] (axis 0), or combined with it, in the order of updates. reduction: none, add, mul, min, max.",
                     .operands = {{"x"}, {"indices"}, {"updates"}}, .attrs = {attr::axis, attr::reduction}, .infer = inferScatterElements},
    scatter_nd{.name = "scatter_nd", .doc = "x with the slices at the coordinates in the last axis of indices replaced or combined. reduction: none, add, mul, min, max.",
               .operands = {{"x"}, {"indices"}, {"updates"}}, .attrs = {attr::reduction}, .infer = inferScatterNd},
    topk{.name = "topk", .doc = "The `count` largest (or smallest) along `axis` and their indices (i64); equal ones in the order of index. Unsorted ones are sorted too.",
         .operands = {{"x"}}, .attrs = {attr::count, attr::axis, attr::largest, attr::sorted}, .results = {{"values"}, {"indices"}}, .infer = inferTopk},
    nonzero{.name = "nonzero", .doc = "Coordinates of the elements that are not zero, i64[rank, dims[0]], in row-major order; defines the symbol dims[0].",
            .operands = {{"x"}}, .attrs = {attr::dims}, .traits = Trait::definesDims, .infer = inferNonzero},
    compress{.name = "compress", .doc = "The slices of x along `axis` where the condition (bool, rank 1, may be shorter) holds; defines dims[0].",
             .operands = {{"x"}, {"condition"}}, .attrs = {attr::axis, attr::dims}, .traits = Trait::definesDims, .infer = inferCompress},
    unique{.name = "unique",
           .doc = "Distinct elements of x (rank 1), sorted or by first appearance; index of the first appearance, index of each x in out, and counts (i64); defines dims[0].",
           .operands = {{"x"}}, .attrs = {attr::sorted, attr::dims}, .results = {{"out"}, {"first"}, {"inverse"}, {"counts"}},
           .traits = Trait::definesDims, .infer = inferUnique},
    cumsum{.name = "cumsum", .doc = "Running sum along `axis`; exclusive: without the element itself; reverse: from the end.", .operands = {{"x"}},
           .attrs = {attr::axis, attr::exclusive, attr::reverse}, .infer = inferCumulative},
    cumprod{.name = "cumprod", .doc = "Running product along `axis`, as cumsum.", .operands = {{"x"}},
            .attrs = {attr::axis, attr::exclusive, attr::reverse}, .infer = inferCumulative},
    reverse_sequence{.name = "reverse_sequence", .doc = "The first lengths[b] elements along `axis` reversed, for each b of `batch_axis`.",
                     .operands = {{"x"}, {"lengths"}}, .attrs = {attr::axis, attr::batchAxis}, .traits = Trait::movement, .infer = inferReverseSequence},
    non_max_suppression{.name = "non_max_suppression",
                        .doc = "Boxes [batch, n, 4] and scores [batch, classes, n] -> i64[dims[0], 3] of (batch, class, box) in that order, by score; "
                               "a box goes if its IoU with a chosen one is above the threshold. Corners in any order, or center_point: x, y, width, height.",
                        .operands = {{"boxes"}, {"scores"}, {"max_per_class", optional}, {"iou_threshold", optional}, {"score_threshold", optional}},
                        .attrs = {attr::centerPoint, attr::dims}, .traits = Trait::definesDims, .infer = inferNonMaxSuppression};

inline constexpr const OpDef *kGatherOps[] = {&gather, &gather_elements, &gather_nd, &scatter_elements, &scatter_nd, &topk, &nonzero,
                                              &compress, &unique, &cumsum, &cumprod, &reverse_sequence, &non_max_suppression};
// clang-format on
} // namespace ops
} // namespace burin::ir
