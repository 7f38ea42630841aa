// SPDX-License-Identifier: Apache-2.0
//
// The ways of one graph to its results, each compared with the reference interpreter.
#pragma once

#include "passes/pass.h"
#include "tests/compiled/batch.h"
#include "tests/differential/oracle.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace burin::differential {

/// One way: inside the compiler, or as generated code.
struct Way {
  passes::Optimize optimize = passes::Optimize::none;
  bool isCompiled = false;
  bool isStatic = false; ///< the symbols of sample `sample` are numbers, and only it runs
  size_t sample = 0;
  std::string target = "host";

  std::string text() const; ///< "compiled, --optimize speed, --target host, symbolic"
};

struct Failure {
  std::string text;
  bool isRefusal = false; ///< an error that says what is not supported: no wrong number
};

/// A graph with what it must compute. Throws what the reference throws.
struct Graph {
  std::string text;
  uint32_t seed;
  std::vector<Sample> samples;
  Expected expected;

  Graph(std::string moduleText, uint32_t seed);
  /// Whether every number that it computes is one: rewriting may move where others come from.
  bool isFinite() const;
};

/// Inside the compiler: the reference and the kernels, on the module behind the passes.
std::optional<Failure> checkInProcess(const Graph &, const Way &);

/// The generated code of one way.
struct Emission {
  tests::EmittedModel model;
  std::vector<size_t> samples; ///< of each run
};
/// Throws what the compiler throws.
Emission emit(const Graph &, const Way &, const std::string &name,
              const std::filesystem::path &folder);
std::optional<Failure> judge(const Graph &, const Emission &, const tests::ModelResult &);

/// The exception that is being handled.
Failure currentFailure();
/// A graph by any way, the generated code in a program of its own.
std::optional<Failure> check(const Graph &, const Way &, const tests::BatchOptions &);

} // namespace burin::differential
