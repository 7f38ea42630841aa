// SPDX-License-Identifier: Apache-2.0
//
// Ensembles of decision trees.
#include "ir/ops/tree.h"
#include "tests/reference/numbers.h"

#include <cmath>

namespace burin::reference {
namespace {

bool passes(int64_t mode, double x, double threshold) {
  if (std::isnan(x))
    return (mode & ir::kTreeNan) != 0;
  switch (mode & ~ir::kTreeNan) {
  case ir::kTreeLessEqual:
    return x <= threshold;
  case ir::kTreeLess:
    return x < threshold;
  default:
    return x == threshold;
  }
}

/// The leaf of row r in the tree at `root`.
size_t leafOf(const Call &call, size_t r, int64_t root) {
  const Tensor &x = call.get("x");
  const auto features = static_cast<size_t>(x.extent(1));
  int64_t at = root;
  while (at >= 0) {
    const auto node = static_cast<size_t>(at);
    const auto feature = static_cast<size_t>(call.get("features").integer(node));
    const bool yes = passes(call.get("modes").integer(node), x.number(r * features + feature),
                            call.get("thresholds").number(node));
    at = call.get("branches").integer(2 * node + (yes ? 0 : 1));
  }
  return static_cast<size_t>(-1 - at);
}

double joined(const std::string &reduction, double a, double b) {
  if (reduction == "sum")
    return a + b;
  return reduction == "min" ? std::fmin(a, b) : std::fmax(a, b); // of NaN and a number the number
}

Tensors treeEnsemble(const Call &call) {
  const Tensor &roots = call.get("roots"), &weights = call.get("weights");
  const std::string &reduction = call[ir::attr::reduction];
  const auto outputs = static_cast<size_t>(call[ir::attr::numTargets]);
  const auto each = static_cast<size_t>(weights.extent(1));
  std::vector<double> y(call.result().count(), reduction == "sum" ? 0.0 : std::nan(""));
  for (size_t r = 0; r < static_cast<size_t>(call.get("x").extent(0)); ++r)
    for (size_t t = 0; t < roots.count(); ++t) {
      const size_t leaf = leafOf(call, r, roots.integer(t));
      for (size_t k = 0; k < each; ++k) {
        double &sum = y[r * outputs + static_cast<size_t>(call.get("targets").integer(leaf)) + k];
        sum = joined(reduction, sum, weights.number(leaf * each + k));
      }
    }
  if (reduction != "sum")
    for (double &value : y)
      value = std::isnan(value) ? 0 : value;
  return {pack(call.resultType(), y)};
}

} // namespace

std::vector<Row> treeRows() { return {{&ir::ops::tree_ensemble, treeEnsemble}}; }

} // namespace burin::reference
