// SPDX-License-Identifier: Apache-2.0
//
// All rows, by name.
#include "frontend/savedmodel/import.h"
#include "frontend/savedmodel/lowering.h"

#include <algorithm>
#include <unordered_map>

namespace burin::savedmodel {

std::span<const Lowering *const> allLowerings() {
  static const std::vector<const Lowering *> kAll = [] {
    std::vector<const Lowering *> all;
    for (const std::span<const Lowering> family :
         {stateLowerings(), mathLowerings(), nnLowerings(), shapeLowerings(), sliceLowerings(),
          reduceLowerings(), indexLowerings(), imageLowerings(), boxLowerings(), cellLowerings(),
          controlLowerings(), listLowerings(), signalLowerings(), quantLowerings(),
          tableLowerings(), frameLowerings()})
      for (const Lowering &row : family)
        all.push_back(&row);
    return all;
  }();
  return kAll;
}

const Lowering *findLowering(std::string_view op) {
  static const auto kByName = [] {
    std::unordered_map<std::string_view, const Lowering *> byName;
    for (const Lowering *row : allLowerings())
      byName.emplace(row->op, row);
    return byName;
  }();
  const auto it = kByName.find(op);
  return it == kByName.end() ? nullptr : it->second;
}

std::vector<std::string_view> supportedOps() {
  std::vector<std::string_view> names;
  for (const Lowering *row : allLowerings())
    names.push_back(row->op);
  std::ranges::sort(names);
  return names;
}

} // namespace burin::savedmodel
