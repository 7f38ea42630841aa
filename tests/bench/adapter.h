/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a generated model is reached through a shared library: one table of C, whatever the model's
 * class is called and its run() takes.
 */
#ifndef BURIN_BENCH_ADAPTER_H
#define BURIN_BENCH_ADAPTER_H

#include "burin/runtime.h"

struct BenchModel {
  size_t arenaSize, arenaAlign, weightsSize, numInputs, numOutputs, numNodes;
  uint64_t macs;
  const burin::TensorInfo *inputs, *outputs;
  const burin::NodeInfo *nodes;
  /// Runs in `arena` on the caller's tensors. Hooks may be null; what the model was generated
  /// without is not called. Returns the bits of Status: code, and node << 8.
  uint32_t (*run)(void *arena, const void *const *inputs, void *const *outputs,
                  const burin::ParallelFor *, const burin::Observer *);
};

#endif
