// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"

#include "ir/ops/tree.h"

#include <unordered_map>
#include <vector>

namespace burin::ir {

std::span<const OpFamily> opFamilies() {
  static constexpr OpFamily kFamilies[] = {
      {"Elementwise", ops::kElementwiseOps},
      {"Shapes and movement", ops::kShapeOps},
      {"Indexing", ops::kGatherOps},
      {"Reductions", ops::kReduceOps},
      {"Contractions and pooling", ops::kLinearOps},
      {"Normalisation", ops::kNormOps},
      {"Recurrent cells", ops::kSequenceOps},
      {"Decision trees", ops::kTreeOps},
      {"Quantisation", ops::kQuantOps},
      {"Resampling", ops::kImageOps},
      {"Control flow, lists, optionals", ops::kControlOps},
  };
  return kFamilies;
}

std::span<const OpDef *const> allOps() {
  static const std::vector<const OpDef *> kAll = [] {
    std::vector<const OpDef *> all;
    for (const OpFamily &family : opFamilies())
      all.insert(all.end(), family.ops.begin(), family.ops.end());
    return all;
  }();
  return kAll;
}

const OpDef *findOp(std::string_view name) {
  static const std::unordered_map<std::string_view, const OpDef *> kByName = [] {
    std::unordered_map<std::string_view, const OpDef *> byName;
    for (const OpDef *op : allOps())
      byName.emplace(op->name, op);
    return byName;
  }();
  const auto it = kByName.find(name);
  return it == kByName.end() ? nullptr : it->second;
}

} // namespace burin::ir
