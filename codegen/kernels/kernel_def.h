// SPDX-License-Identifier: Apache-2.0
//
// One row for each (op, variant): when it applies and how to call the kernel. The rows of an op
// stand in the order of preference. Beside them, a row for each op: how to run the same kernel
// inside the compiler.
#pragma once

#include "codegen/kernels/call.h"
#include "ir/evaluator.h"

#include <span>
#include <vector>

namespace burin::kernels {

/// One op to be run inside the compiler.
struct Evaluation {
  const Op &op;
  std::span<const ir::Tensor *const> operands; ///< null where absent
  const ir::SymbolValues &symbols;
  std::vector<ir::Tensor> results; ///< allocated, zero, where the types are known beforehand

  const ir::Tensor &in(size_t i) const { return *operands[i]; }
  bool has(size_t i) const { return i < operands.size() && operands[i]; }
  ir::Tensor &out(size_t i = 0) { return results[i]; }
};

struct KernelDef {
  const ir::OpDef *op;
  std::string_view variant; ///< as the report names it: "gemm", "direct"
  bool (*applies)(const Op &, const Target &) = nullptr; ///< null: always
  void (*emit)(Call &) = nullptr;
  bool epilogue = false; ///< `emit` takes the epilogue block; else it is run as a step of its own
  bool clipsBorder = false; ///< padding costs the kernel little: no border is made in memory for it
  bool leavesRoom = false; ///< `emit` can write an image where its border is (frame.h)
  /// Why this row, in words, for the report and --explain; empty or null where there was no choice.
  std::string (*reason)(const Op &, const Target &) = nullptr;
  /// The forms that --tune may choose from: the variant, or what begins with it. Null: never.
  std::vector<std::string> (*forms)(const Op &, const Target &) = nullptr;
};

/// How the compiler runs an op itself, by the same kernels: constant folding, `burin run`.
struct EvaluateDef {
  const ir::OpDef *op;
  void (*run)(Evaluation &);
  bool (*supports)(const Op &) = nullptr; ///< null: always
};
std::span<const EvaluateDef> allEvaluations();

std::vector<const KernelDef *> allKernels();
/// The row that serves the op on the target; null if there is none.
const KernelDef *chooseKernel(const Op &, const Target &);
/// Whether the epilogue block of the op can run on the accumulators of its kernel: every extra has
/// one element, or the last axis of the result, or the shape of the result; and all are f32.
bool canTakeEpilogue(const Op &, const Target &);

/// Whether a parameter that broadcasts into x is the same row for all rows: an element for each of
/// x over the axes from `axis` on. As many elements alone do not tell.
bool isRowOf(const Type &parameter, const Type &x, size_t axis);

} // namespace burin::kernels
