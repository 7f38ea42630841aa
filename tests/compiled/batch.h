// SPDX-License-Identifier: Apache-2.0
//
// Generated models built by a C++ compiler and run: many in each program, since most of the time
// of a small one is that of the compiler's start and of the runtime's headers.
#pragma once

#include "codegen/compile.h"
#include "ir/tensor.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace burin::tests {

/// One call of run(). The arguments that are no state, in order.
struct Run {
  std::vector<ir::Tensor> arguments;
  bool callersMemory = false; ///< run(views...) on memory outside the arena, between guards
  bool reset = true;          ///< the state has its initial value before
};

/// A model as sources, and the function that runs it.
struct EmittedModel {
  std::string name; ///< an identifier, of the files and the namespace
  std::string runner;

  std::vector<ir::Type> results; ///< those that are no state
  size_t runs = 0;
};

struct RunResult {
  int status = -1;        ///< burin::Status::Code; -1: the program did not come so far
  bool guardsHold = true; ///< nothing beside the outputs was written, and no input
  std::vector<ir::Tensor> results;
};

/// What became of a model: why it could not be built or run, or what each run gave.
struct ModelResult {
  std::string problem;
  std::vector<RunResult> runs;
};

struct BatchOptions {
  std::filesystem::path folder; ///< of the sources and programs
  std::string compiler = "c++";
  std::string flags = "-O1";
  int jobs = 2;
  size_t modelsPerProgram = 24;
};

/// Writes the sources of a module, which has passed the pipeline, into `folder`. Throws what the
/// compiler throws.
EmittedModel emitModel(ir::Module &, const codegen::Settings &, std::span<const Run>,
                       const std::filesystem::path &folder);

/// Builds and runs. A program that does not build or ends badly is built again for each of its
/// models alone, so that only the wrong ones have a problem.
std::vector<ModelResult> buildAndRun(std::span<const EmittedModel>, const BatchOptions &);

} // namespace burin::tests
