// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/evaluate.h"

#include <vector>

namespace burin::kernels {

std::span<const EvaluateDef> allEvaluations() {
  static const std::vector<EvaluateDef> kAll = [] {
    std::vector<EvaluateDef> all;
    for (const std::span<const EvaluateDef> family :
         {elementwiseEvaluations(), movementEvaluations(), indexEvaluations(), linearEvaluations(), rowEvaluations(), poolEvaluations(), quantEvaluations(), otherEvaluations()})
      all.insert(all.end(), family.begin(), family.end());
    return all;
  }();
  return kAll;
}

} // namespace burin::kernels
