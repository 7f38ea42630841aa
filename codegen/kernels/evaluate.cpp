// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/evaluate.h"

#include "codegen/kernels/forest.h"

#include <vector>

namespace burin::kernels {

std::span<const EvaluateDef> allEvaluations() {
  static const std::vector<EvaluateDef> kAll = [] {
    std::vector<EvaluateDef> all;
    for (const auto family : {elementwiseEvaluations, castEvaluations, movementEvaluations,
                              indexEvaluations, linearEvaluations, rowEvaluations, poolEvaluations,
                              quantEvaluations, recurrentEvaluations, resizeEvaluations,
                              imageEvaluations, otherEvaluations, treeEvaluations}) {
      const std::span<const EvaluateDef> rows = family();
      all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
  }();
  return kAll;
}

} // namespace burin::kernels
