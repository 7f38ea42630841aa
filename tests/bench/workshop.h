// SPDX-License-Identifier: Apache-2.0
//
// From a model to a shared library that this program has loaded: `burin compile`, then the C++
// compiler, both timed.
#pragma once

#include "adapter.h"
#include "units.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace burin::bench {

struct Workshop {
  std::filesystem::path burin;   ///< the compiler of models
  std::string cxx, cxxflags;     ///< the compiler of C++, as words of a shell
  std::filesystem::path runtime; ///< folder with burin/runtime.h
  std::filesystem::path sources; ///< folder with adapter.cpp
  std::filesystem::path work;    ///< a folder for each model is made here
  std::string options;           ///< more options for `burin compile`, as words of a shell
  bool threads = false;          ///< with the hook for threads
  unsigned jobs = 2;             ///< units that are compiled at a time
};

struct Network {
  std::string name;
  std::filesystem::path library;
  nlohmann::ordered_json report; ///< report.json
  Taken generate, compile;
  const BenchModel *model = nullptr;
};

/// Throws std::runtime_error with what the failed command said. Observed: with the observer hook;
/// the weights are those of the last build() of the same model, and are not compiled again.
Network build(const Workshop &, const std::filesystem::path &model, bool observed);

} // namespace burin::bench
