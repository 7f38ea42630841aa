// SPDX-License-Identifier: Apache-2.0
//
// Where every value lies while an entry point runs: one arena, planned here, only read by codegen.
//
// A step is an op of the entry block that does something (ir/views.h): the results of the others
// are memory of their operands. An input lives from step -1 until its last use, an output from
// the step that writes it to the end. Constants and states have no buffer; a new state is written
// over the old one where nothing can fail or read after it (`states`), else it has a buffer like an
// output and is copied when the run has succeeded.
//
// Inside `if` and `loop` each block has a plan of its own, placed as a whole while the outer step
// runs; the two blocks of an `if` share their space. What a block of an `if` yields lies where the
// result does, if it was made in that block; a carried argument of a `loop` lies where the result
// does: first the operand is copied there, then, after each iteration, what the body yielded,
// unless it lies there already.
#pragma once

#include "ir/list_layout.h"
#include "ir/memory_plan.h"

#include <functional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace burin::passes {

using ir::MemoryPlan;
using ir::PlannedBuffer;

struct PlanOptions {
  /// The bytes of a value where codegen lays it out its own way; null: bufferBytes of its type.
  std::function<int64_t(const ir::Value &)> bytes = {};
  /// Values that codegen puts into the buffer of another: the producer of a `pad` that writes into
  /// the frame. The first is within the second.
  std::vector<std::pair<const ir::Value *, const ir::Value *>> shared = {};
  /// Where the function holds several entry points: nothing lives from one to the other.
  std::vector<ir::EntryRange> entries = {};
  bool inPlace = true; ///< a fused result may take the memory of an operand that dies there
  uint32_t seed = 1;
  int64_t effort = 20'000'000; ///< comparisons of two buffers spent on better orders, about 0.2 s
};

/// The ops of the entry block that run, in order.
std::vector<const ir::Op *> steps(const ir::Function &);

using ir::bufferBytes;

/// `scratchBytes`: for each step, or empty for none; that of a step with blocks serves its inner
/// ops too. The result is the same for the same input, whatever the machine.
MemoryPlan planMemory(const ir::Function &, std::span<const int64_t> scratchBytes,
                      int64_t alignment, const PlanOptions & = {});

} // namespace burin::passes
