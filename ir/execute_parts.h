// SPDX-License-Identifier: Apache-2.0
//
// The parts of execute() that need no walk over blocks.
#pragma once

#include "ir/evaluator.h"

namespace burin::ir {

using Operands = std::span<const Tensor *const>;

// ---- tensors ----

/// Copies n elements in a row; of numbers or strings.
void copyElements(const Tensor &from, size_t at, Tensor &to, size_t toAt, size_t n);
/// Repeated to a shape, which it broadcasts to, and flattened.
Tensor broadcastFlat(const Tensor &, const std::vector<int64_t> &shape);
Tensor scalarTensor(ElementType, int64_t);

// ---- lists and optionals ----

/// Null for an op that is about neither.
using ListRun = Tensor (*)(const Op &, Operands, const SymbolValues &);
ListRun findListRun(const OpDef &);

// ---- fused blocks and epilogues ----

/// Runs bodies over single elements on whole tensors: their ops are made again, over n elements in
/// a row, and given to the Evaluator.
class FusedBodies {
public:
  explicit FusedBodies(const Evaluator &evaluator) : evaluator_{evaluator} {}

  /// The operands broadcast to the shape, one for each argument of the body. `outer` finds values
  /// of rank 0 that the body uses from outside.
  std::vector<Tensor> run(const Block &body, const std::vector<int64_t> &shape, Operands operands,
                          const std::function<const Tensor &(const Value &)> &outer);

private:
  struct Lifted {
    Module module;
    std::vector<const Value *> outer; ///< further arguments
  };
  const Lifted &lifted(const Block &, int64_t n);

  const Evaluator &evaluator_;
  std::map<std::pair<const Block *, int64_t>, std::unique_ptr<Lifted>> bodies_;
};

/// CompileError(unsupported) unless the Evaluator can run it.
void requireSupport(const Evaluator &, const Op &);

} // namespace burin::ir
