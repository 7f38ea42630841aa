// SPDX-License-Identifier: Apache-2.0
//
// Ensembles of decision trees, laid out as generated code has them.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "codegen/kernels/forest.h"
#include "ir/ops/tree.h"

#include "burin/rt/tree.h"

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

constexpr int kLanes = 8, kBlock = 32;
constexpr int64_t kGrowth = 4;

template <class To, class From> std::vector<To> as(const std::vector<From> &values) {
  std::vector<To> out;
  out.reserve(values.size());
  for (const From &v : values)
    out.push_back(static_cast<To>(v));
  return out;
}

const rt::F32 *treeWeights(const float *values) { return rt::weights(values); }
const double *treeWeights(const double *values) { return values; }

template <class Join, class T> void run(Evaluation &e, const ForestTables &tables) {
  using Key = rt::TreeKey<T>;
  const auto keys = as<Key>(tables.thresholds);
  const auto weights = as<T>(tables.weights);
  const rt::Forest<T> forest{toInt(e.op.operand(1)->type.dim(0).number()),
                             toInt(e.in(0).extent(1)),
                             toInt(e.op[attr::numTargets]),
                             toInt(static_cast<int64_t>(tables.features.size())),
                             toInt(tables.each),
                             tables.features.data(),
                             treeWeights(weights.data()),
                             tables.targets.empty() ? nullptr : tables.targets.data()};
  std::vector<Key> scratch(static_cast<size_t>(kBlock * tables.keysOfRow()));
  const int rows = toInt(e.in(0).extent(0));
  const rt::Work work{0, (rows + kBlock - 1) / kBlock,
                      static_cast<unsigned char *>(static_cast<void *>(scratch.data()))};
  const auto walk = [&](const auto &trees) {
    rt::forest<Join, kLanes, kBlock>(rows, forest, trees, elements<T>(e.in(0)),
                                     elements<T>(e.out()), work);
  };
  if (tables.isFull)
    walk(rt::FullTrees<Key, uint32_t>{keys.data(), tables.columns.data(), tables.depth});
  else
    walk(rt::LinkedTrees<Key, uint32_t, uint32_t>{keys.data(), tables.columns.data(),
                                                  tables.links.data(), tables.roots.data()});
}

void runTrees(Evaluation &e) {
  const ForestTables tables = forestTables(e.op, kGrowth);
  const std::string &reduction = e.op[attr::reduction];
  visitFloat(e.in(0).type.element(), [&](auto zero) {
    using T = decltype(zero);
    if (reduction == "sum")
      run<rt::TreeSum, T>(e, tables);
    else if (reduction == "min")
      run<rt::TreeMin, T>(e, tables);
    else
      run<rt::TreeMax, T>(e, tables);
  });
}

constexpr EvaluateDef kTree[] = {
    {&ops::tree_ensemble, runTrees},
};

} // namespace

std::span<const EvaluateDef> treeEvaluations() { return kTree; }

} // namespace burin::kernels
