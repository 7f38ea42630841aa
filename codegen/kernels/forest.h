// SPDX-License-Identifier: Apache-2.0
//
// Tree ensembles: their rows, and their tables in the layouts of burin/rt/tree.h.
#pragma once

#include "codegen/kernels/kernel_def.h"

#include <vector>

namespace burin::kernels {

struct ForestTables {
  bool isFull = false;              ///< rt::FullTrees, else rt::LinkedTrees
  int depth = 0;                    ///< of the longest walk
  std::vector<uint64_t> thresholds; ///< keys
  std::vector<uint32_t> columns;    ///< which key of a row a node reads
  std::vector<uint32_t> links;      ///< of linked trees
  std::vector<int32_t> roots;
  std::vector<uint32_t> features; ///< of the keys, with rt::kNanPasses
  std::vector<double> weights;    ///< [leaves][each]
  std::vector<int32_t> targets;   ///< of each tree; empty: all 0
  int64_t each = 0;

  int64_t keysOfRow() const { return static_cast<int64_t>(features.size()) + (isFull ? 0 : 1); }
  int columnBytes() const { return features.size() < 256 ? 1 : features.size() < 65536 ? 2 : 4; }
  int linkBytes() const; ///< 2 or 4
};

/// growth: how much larger than linked ones the tables of full trees, which are walked faster, may
/// be.
ForestTables forestTables(const Op &, int64_t growth);

std::span<const KernelDef> treeKernels();
std::span<const EvaluateDef> treeEvaluations();

} // namespace burin::kernels
