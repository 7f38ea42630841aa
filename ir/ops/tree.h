// SPDX-License-Identifier: Apache-2.0
//
// Decision trees, as tables that are constants: a kernel lays them out anew.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferTreeEnsemble(const Op &);

/// An element of `modes`: when a node leads to its first branch.
enum TreeMode : uint8_t {
  kTreeLessEqual = 0, ///< x <= threshold
  kTreeLess = 1,
  kTreeEqual = 2,
  kTreeNan = 4, ///< added to one of them: and where x is NaN
};

namespace attr {
inline constexpr AttrKey<int64_t> numTargets{"num_targets"};
} // namespace attr

namespace ops {
// clang-format off
inline constexpr OpDef
    tree_ensemble{.name = "tree_ensemble", .doc = "[n, num_targets]: what the leaves that a row of x [n, features] reaches, one in each tree, add to the targets: weights [l, k] of a leaf "
                  "to k targets from targets [l] on, joined in the order of the trees by `reduction` (sum, min, max; of the latter two NaN counts for nothing, and nothing for 0). "
                  "roots [t] and branches [m, 2] (where the node's test holds, where not) are the number of a node, or -1 - that of a leaf; branches lead to nodes behind their own. "
                  "modes [m]: 0 tests x[features] <= thresholds, 1 <, 2 ==; 4 more: NaN passes the test, which it fails else.",
                  .operands = {{"x"}, {"roots"}, {"features"}, {"thresholds"}, {"modes"}, {"branches"}, {"targets"}, {"weights"}},
                  .attrs = {attr::numTargets, attr::reduction}, .infer = inferTreeEnsemble};

inline constexpr const OpDef *kTreeOps[] = {&tree_ensemble};
// clang-format on
} // namespace ops
} // namespace burin::ir
