// SPDX-License-Identifier: Apache-2.0
//
// Reductions; the axes leave the shape. May carry an epilogue (ops/linear.h tells how).
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferReduce(const Op &);
std::vector<Type> inferArg(const Op &);
std::optional<Dims> foldReduce(const Op &); ///< product, sum, max, min of contents

namespace ops {
// clang-format off
inline constexpr OpDef
    reduce_sum{.name = "reduce_sum", .doc = "Sum along `axes`; 0 for none. Integers wrap.", .operands = {{"x"}, {"extras", variadic}}, .attrs = {attr::axes},
               .blocks = {"epilogue"}, .traits = Trait::reduction, .infer = inferReduce, .fold = foldReduce},
    reduce_mean{.name = "reduce_mean", .doc = "Mean along `axes`; NaN for none. Integers truncate.", .operands = {{"x"}, {"extras", variadic}}, .attrs = {attr::axes},
                .blocks = {"epilogue"}, .traits = Trait::reduction, .infer = inferReduce},
    reduce_max{.name = "reduce_max", .doc = "Largest along `axes`; NaN if any is; -inf, the least integer or false for none.", .operands = {{"x"}, {"extras", variadic}},
               .attrs = {attr::axes}, .blocks = {"epilogue"}, .traits = Trait::reduction, .infer = inferReduce, .fold = foldReduce},
    reduce_min{.name = "reduce_min", .doc = "Smallest along `axes`; NaN if any is; inf, the greatest integer or true for none.", .operands = {{"x"}, {"extras", variadic}},
               .attrs = {attr::axes}, .blocks = {"epilogue"}, .traits = Trait::reduction, .infer = inferReduce, .fold = foldReduce},
    reduce_prod{.name = "reduce_prod", .doc = "Product along `axes`; 1 for none. Integers wrap.", .operands = {{"x"}, {"extras", variadic}}, .attrs = {attr::axes},
                .blocks = {"epilogue"}, .traits = Trait::reduction, .infer = inferReduce, .fold = foldReduce},
    argmax{.name = "argmax", .doc = "Index (i64) of the largest along `axis`, which leaves the shape; of equal ones the first, or the last. NaN counts as largest.",
           .operands = {{"x"}}, .attrs = {attr::axis, attr::selectLast}, .infer = inferArg},
    argmin{.name = "argmin", .doc = "Index (i64) of the smallest along `axis`, as argmax; NaN counts as smallest.", .operands = {{"x"}}, .attrs = {attr::axis, attr::selectLast}, .infer = inferArg};

inline constexpr const OpDef *kReduceOps[] = {&reduce_sum, &reduce_mean, &reduce_max, &reduce_min, &reduce_prod, &argmax, &argmin};
// clang-format on
} // namespace ops
} // namespace burin::ir
