// SPDX-License-Identifier: Apache-2.0
//
// Where every value lies while an entry point runs: made by passes/memory_plan, only read by
// codegen.
#pragma once

#include "ir/graph.h"

#include <unordered_map>
#include <vector>

namespace burin::ir {

struct PlannedBuffer {
  const Value *value; ///< the first that lies here; null: scratch
  int64_t bytes;      ///< a multiple of the alignment
  int first, last;    ///< steps of the entry block, both included
  int64_t offset;
};

/// What one of several entry points has of a function that holds them all, one behind the other:
/// a run of it runs these steps alone. The ends are not included.
struct EntryRange {
  std::string name;
  size_t firstArgument, endArgument, firstResult, endResult;
  int firstStep, endStep;
};

struct MemoryPlan {
  /// The ops of the entry block that run, in order.
  std::vector<const Op *> steps;
  std::vector<PlannedBuffer> buffers;
  /// Several values share a buffer: views, a fused result over a dying operand. Not in here:
  /// constants and what lies in a state.
  std::unordered_map<const Value *, size_t> bufferOf;
  /// What lies in the memory of a state, by index in Function::states (of a loop's carried value:
  /// in bufferOf): its argument, views of it, and the new state if it is written in place.
  std::unordered_map<const Value *, size_t> stateOf;
  /// What is made where a concat has its place (ir/views.h): the concat's result, and the element of
  /// it at which the value begins.
  struct Join {
    const Value *whole;
    int64_t first;
  };
  std::unordered_map<const Value *, Join> joins;
  std::vector<int64_t> scratchOffset; ///< for each step; -1: it has none
  int64_t arenaBytes = 0;
  int64_t lowerBound = 0; ///< the most that lives at once: no plan of these buffers can do better
  int peakStep = -1;      ///< where it does
};

} // namespace burin::ir
