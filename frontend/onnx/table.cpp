// SPDX-License-Identifier: Apache-2.0
//
// All rows, by domain and name.
#include "frontend/onnx/importer.h"
#include "frontend/onnx/ml.h"

#include <algorithm>

namespace burin::onnx {

std::span<const Lowering *const> allLowerings() {
  static const std::vector<const Lowering *> kAll = [] {
    std::vector<const Lowering *> all;
    for (const std::span<const Lowering> family :
         {mathLowerings(),   nnLowerings(),        shapeLowerings(),           sliceLowerings(),
          reduceLowerings(), indexLowerings(),     imageLowerings(),           einsumLowerings(),
          normLowerings(),   attentionLowerings(), transformerLowerings(),     quantLowerings(),
          fusedLowerings(),  controlLowerings(),   sequenceLowerings(),        recurrentLowerings(),
          svmLowerings(),    treeLowerings(),      machineLearningLowerings(), lossLowerings(),
          signalLowerings()})
      for (const Lowering &row : family)
        all.push_back(&row);
    return all;
  }();
  return kAll;
}

const Lowering *findLowering(std::string_view domain, std::string_view op, int64_t version) {
  static const auto kByName = [] {
    std::map<std::pair<std::string_view, std::string_view>, std::vector<const Lowering *>> byName;
    for (const Lowering *row : allLowerings())
      byName[{row->domain, row->op}].push_back(row);
    return byName;
  }();
  const auto it = kByName.find({domain, op});
  const Lowering *best = nullptr;
  if (it != kByName.end())
    for (const Lowering *row : it->second)
      if (row->since <= version && (!best || row->since > best->since))
        best = row;
  return best;
}

std::vector<SupportedOp> supportedOps() {
  std::map<std::pair<std::string_view, std::string_view>, std::vector<int64_t>> byName;
  for (const Lowering *row : allLowerings())
    byName[{row->domain, row->op}].push_back(row->since);
  std::vector<SupportedOp> all;
  for (auto &[key, since] : byName) {
    std::ranges::sort(since);
    all.push_back({key.first, key.second, std::move(since)});
  }
  return all;
}

} // namespace burin::onnx
