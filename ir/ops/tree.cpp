// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/tree.h"

#include "ir/ops/infer.h"

#include <fmt/format.h>

namespace burin::ir {
namespace {

enum : size_t { kX, kRoots, kFeatures, kThresholds, kModes, kBranches, kTargets, kWeights };

/// A table: a constant of this element type and rank whose first extent is that of table `as`.
const Value &table(const Op &op, size_t i, ElementType element, size_t rank, size_t as) {
  const Type &t = tensorOperand(op, i);
  checkElement(op, i, t.element() == element, name(element));
  checkRank(op, i, rank, rank);
  // tree_ensemble.constant: every table is one
  if (!op.operand(i)->isConstant())
    fail(op, "constant", fmt::format("{} is computed, expected a constant", operandName(op, i)));
  // tree_ensemble.tables: one entry for each node, or for each leaf
  if (t.dim(0) != op.operand(as)->type.dim(0))
    fail(op, "tables",
         fmt::format("{} has {} entries but {} has {}", operandName(op, i), t.dim(0).text(),
                     operandName(op, as), op.operand(as)->type.dim(0).text()));
  return *op.operand(i);
}

/// Whether a reference is a leaf, or a node from `first` on.
bool leadsOn(int64_t to, int64_t first, int64_t nodes, int64_t leaves) {
  return to < 0 ? -1 - to < leaves : to >= first && to < nodes;
}

} // namespace

Types inferTreeEnsemble(const Op &op) {
  const Type &x = tensorOperand(op, kX);
  const ElementType e = x.element();
  // tree_ensemble.element: x f32 or f64, thresholds and weights as x
  checkElement(op, kX, e == ElementType::f32 || e == ElementType::f64, "f32 or f64");
  checkRank(op, kX, 2, 2);
  const Value &roots = table(op, kRoots, ElementType::i32, 1, kRoots);
  const Value &features = table(op, kFeatures, ElementType::i32, 1, kFeatures);
  table(op, kThresholds, e, 1, kFeatures);
  const Value &modes = table(op, kModes, ElementType::u8, 1, kFeatures);
  const Value &branches = table(op, kBranches, ElementType::i32, 2, kFeatures);
  const Value &targets = table(op, kTargets, ElementType::i32, 1, kTargets);
  const Type &weights = table(op, kWeights, e, 2, kTargets).type;
  checkAtLeast(op, "num_targets", op[attr::numTargets], 1);
  checkOneOf(op, attr::reduction, {"sum", "min", "max"});
  if (!branches.type.dim(1).isNumber(2))
    fail(op, "tables",
         fmt::format("branches is {}, expected two for each node", branches.type.text()));
  // tree_ensemble.features: the rows of x have every feature that is tested
  if (!x.dim(1).isNumber())
    fail(op, "features", fmt::format("x has {} features, expected a number", x.dim(1).text()));
  const int64_t nodes = features.type.dim(0).number(), leaves = targets.type.dim(0).number();
  for (size_t i = 0; i < static_cast<size_t>(roots.type.dim(0).number()); ++i)
    // tree_ensemble.branches: lead to a leaf, or to a node behind, so that every walk ends
    if (const int64_t root = elementAsInt(roots, i); !leadsOn(root, 0, nodes, leaves))
      fail(op, "branches",
           fmt::format("root {} is {}, of {} nodes and {} leaves", i, root, nodes, leaves));
  for (size_t i = 0; i < static_cast<size_t>(nodes); ++i) {
    const int64_t feature = elementAsInt(features, i), mode = elementAsInt(modes, i);
    if (feature < 0 || feature >= x.dim(1).number())
      fail(op, "features",
           fmt::format("node {} tests feature {} of {}", i, feature, x.dim(1).text()));
    // tree_ensemble.modes: a test, and whether NaN passes it
    if ((mode & ~kTreeNan) > kTreeEqual)
      fail(op, "modes", fmt::format("node {} has mode {}", i, mode));
    for (const size_t side : {size_t{0}, size_t{1}})
      if (const int64_t to = elementAsInt(branches, 2 * i + side);
          !leadsOn(to, static_cast<int64_t>(i) + 1, nodes, leaves))
        fail(op, "branches",
             fmt::format("node {} leads to {}, of {} nodes and {} leaves", i, to, nodes, leaves));
  }
  const int64_t each = weights.dim(1).number();
  for (size_t i = 0; i < static_cast<size_t>(leaves); ++i)
    // tree_ensemble.targets: all weights of a leaf have one
    if (const int64_t first = elementAsInt(targets, i);
        first < 0 || first + each > op[attr::numTargets])
      fail(op, "targets",
           fmt::format("leaf {} has {} weights from target {} on, of {}", i, each, first,
                       op[attr::numTargets]));
  return {Type{e, {x.dim(0), op[attr::numTargets]}}};
}

} // namespace burin::ir
