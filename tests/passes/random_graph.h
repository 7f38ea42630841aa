// SPDX-License-Identifier: Apache-2.0
//
// Random functions: ops of all families over small tensors, broadcasting, symbols, blocks, states.
#pragma once

#include "ir/builder.h"
#include "ir/tensor.h"

#include <memory>
#include <random>

namespace burin::tests {

struct GraphOptions {
  int ops = 20;
  bool comparisons = false; ///< ops that turn a rounding error into another number
  bool blocks = true;
  bool states = false;
};

/// The same module for the same seed.
std::unique_ptr<ir::Module> randomGraph(uint32_t seed, const GraphOptions &);
/// Arguments for a function, every symbol at `symbol`.
std::vector<ir::Tensor> randomArguments(const ir::Function &, uint32_t seed, int64_t symbol);

} // namespace burin::tests
