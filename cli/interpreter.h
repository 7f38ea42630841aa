// SPDX-License-Identifier: Apache-2.0
//
// Running an entry point in this process, by any Evaluator, with names for inputs and outputs.
#pragma once

#include "cli/npy.h"
#include "ir/evaluator.h"

namespace burin::cli {

class Interpreter {
public:
  using Observe = std::function<void(const ir::Value &, const ir::Tensor &)>;

  /// Both must outlive this. The states have their initial values.
  Interpreter(const ir::Function &function, const ir::Evaluator &evaluator);

  void reset();
  /// One run: every input that is no state, by name; answers every output that is no state.
  /// What the generated code answers with a Status is a CompileError here: usage for extents that
  /// do not fit, limit for an assertion of the model.
  NamedTensors run(const NamedTensors &inputs, const Observe & = {});

private:
  const ir::Function &function_;
  const ir::Evaluator &evaluator_;
  std::vector<ir::Tensor> states_;
};

/// The kernels of the generated code; the reference interpreter for ops that no kernel runs in this
/// process. Slower than the generated code, but for every model.
const ir::Evaluator &anyEvaluator();

} // namespace burin::cli
