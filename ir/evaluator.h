// SPDX-License-Identifier: Apache-2.0
//
// Running ops inside the compiler. An Evaluator runs one op; execute() runs functions, control
// flow, fused blocks and epilogues on top of any of them: the kernels (codegen/kernels) or the
// reference interpreter (tests/reference).
#pragma once

#include "ir/graph.h"
#include "ir/tensor.h"

namespace burin::ir {

/// The values of the symbols, while running.
class SymbolValues {
public:
  void set(std::string_view name, int64_t value);
  std::optional<int64_t> find(std::string_view name) const;
  /// InternalError for a symbol without a value.
  int64_t operator()(const Dim &) const;
  std::vector<int64_t> operator()(const Dims &) const;
  Type operator()(const Type &) const; ///< with every extent a number

private:
  std::map<std::string, int64_t, std::less<>> values_;
};

class Evaluator {
public:
  virtual ~Evaluator() = default;
  /// Whether evaluate() can run this op on values of these types.
  virtual bool supports(const Op &) const = 0;
  /// Runs one op without its blocks: an op with an epilogue computes what its first argument gets.
  /// Operands that are absent are null. Extents in attributes are read through `symbols`; the types
  /// of the results are those of the op in `symbols`, except extents that the op itself defines.
  virtual std::vector<Tensor> evaluate(const Op &, std::span<const Tensor *const> operands,
                                       const SymbolValues &symbols) const = 0;
};

/// Thrown by execute() where the generated code would return a Status other than ok.
class RunError : public std::exception {
public:
  RunError(std::string status, const Location &at, std::string text)
      : status_(std::move(status)), at_(at), text_(std::move(text)) {}
  const std::string &status() const { return status_; } ///< "bad_shape", "failed_assert"
  const Location &at() const { return at_; }
  const char *what() const noexcept override { return text_.c_str(); }

private:
  std::string status_;
  Location at_;
  std::string text_;
};

/// Runs a function. Symbols of its arguments take their values from the extents of `arguments`,
/// checked against their bounds (RunError bad_shape). Returns the results in order. `observe`, if
/// given, sees every value of every op as it is computed, but not those inside fused blocks and
/// epilogues; and what `print` shows. Throws CompileError(unsupported) for an op that the Evaluator
/// does not support.
std::vector<Tensor> execute(const Function &, std::vector<Tensor> arguments, const Evaluator &,
                            const std::function<void(const Value &, const Tensor &)> &observe = {});
/// Runs one op with its blocks, on constants: what constant folding calls.
std::vector<Tensor> executeOp(const Op &, std::span<const Tensor *const> operands,
                              const Evaluator &, SymbolValues &);

/// Whether execute() and executeOp() run an op of this row themselves, without asking the
/// Evaluator: control flow, fused blocks, lists, optionals, effects, and what reads extents.
bool executesItself(const OpDef &);

/// A constant as a Tensor (copies), and back.
Tensor toTensor(const Value &constant);
Value *addConstant(Module &, const Tensor &, std::string name = {});

} // namespace burin::ir
