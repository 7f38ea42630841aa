// SPDX-License-Identifier: Apache-2.0
//
// The ONNX backend suite: a folder for each test with model.onnx and one set of inputs and outputs.
#pragma once

#include "ir/graph.h"
#include "ir/tensor.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace burin::conformance {

namespace fs = std::filesystem;

struct Case {
  std::string name; ///< "node/test_abs"
  fs::path folder;
};

/// One test in memory: the optimised module, what goes in and what must come out.
struct Loaded {
  std::unique_ptr<ir::Module> module;
  std::vector<ir::Tensor> inputs, expected;
};

/// What became of a test: empty text for a pass, else why not, in one line.
struct Outcome {
  std::string name, why;
  bool passed() const { return why.empty(); }
};

std::vector<Case> findCases(const fs::path &data);
/// Imports and optimises. Throws what the compiler throws.
Loaded load(const Case &);
/// Empty if equal as the suite asks: rtol 1e-3, atol 1e-7, shapes and strings exactly.
std::string compare(const ir::Tensor &got, const ir::Tensor &expected, double rtol, double atol);
std::string oneLine(std::string text);

std::vector<Outcome> runInProcess(const std::vector<Case> &);
/// Emits, compiles many models for each binary, and runs them.
std::vector<Outcome> runCompiled(const std::vector<Case> &, const fs::path &work,
                                 const std::string &compiler, int jobs);

} // namespace burin::conformance
