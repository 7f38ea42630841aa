// SPDX-License-Identifier: Apache-2.0
#include "cli/interpreter.h"

#include "codegen/kernels/evaluator.h"
#include "tests/reference/reference.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::cli {

Interpreter::Interpreter(const ir::Function &function, const ir::Evaluator &evaluator)
    : function_{function}, evaluator_{evaluator} {
  reset();
}

void Interpreter::reset() {
  states_.clear();
  for (const ir::State &state : function_.states)
    states_.push_back(state.initial ? ir::toTensor(*state.initial)
                                    : ir::Tensor(function_.body.argument(state.argument)->type));
}

NamedTensors Interpreter::run(const NamedTensors &inputs, const Observe &observe) {
  std::vector<ir::Tensor> arguments;
  for (size_t i = 0; i < function_.body.numArguments(); ++i) {
    const auto state = std::ranges::find(function_.states, i, &ir::State::argument);
    if (state != function_.states.end())
      arguments.push_back(states_[static_cast<size_t>(state - function_.states.begin())]);
    else
      arguments.push_back(inputs.find(function_.body.argument(i)->name)->second);
  }
  std::vector<ir::Tensor> results;
  try {
    results = ir::execute(function_, std::move(arguments), evaluator_, observe);
  } catch (const ir::RunError &error) {
    const Problem problem = error.status() == "bad_shape" ? Problem::usage : Problem::limit;
    throw CompileError(problem, error.at(),
                       fmt::format("the run ends with {}: {}", error.status(), error.what()));
  }
  NamedTensors outputs;
  for (size_t i = 0; i < results.size(); ++i) {
    const auto state = std::ranges::find(function_.states, i, &ir::State::result);
    if (state != function_.states.end())
      states_[static_cast<size_t>(state - function_.states.begin())] = std::move(results[i]);
    else
      outputs[function_.resultNames[i]] = std::move(results[i]);
  }
  return outputs;
}

namespace {

class AnyEvaluator final : public ir::Evaluator {
public:
  bool supports(const ir::Op &op) const override {
    return kernels::evaluator().supports(op) || reference::evaluator().supports(op);
  }
  std::vector<ir::Tensor> evaluate(const ir::Op &op, std::span<const ir::Tensor *const> operands,
                                   const ir::SymbolValues &symbols) const override {
    const ir::Evaluator &evaluator =
        kernels::evaluator().supports(op) ? kernels::evaluator() : reference::evaluator();
    return evaluator.evaluate(op, operands, symbols);
  }
};

} // namespace

const ir::Evaluator &anyEvaluator() {
  static const AnyEvaluator kEvaluator;
  return kEvaluator;
}

} // namespace burin::cli
