// SPDX-License-Identifier: Apache-2.0
//
// From an optimised module to files. In two halves, because the memory plan needs to know the
// scratch of every step and the text needs the plan:
//
//   Prepared prepared = prepare(module, settings);             // may change the IR
//   MemoryPlan plan = planMemory(entry, prepared.scratchBytes(), ...);
//   std::vector<File> files = generate(prepared, plan);        // only prints
#pragma once

#include "ir/memory_plan.h"
#include "ir/target.h"

#include <memory>
#include <string>
#include <vector>

namespace burin::codegen {

struct Settings {
  std::string name = "model";    ///< of the files
  std::string nameSpace;         ///< empty: the name as an identifier
  std::string className = "Model";
  const ir::Target *target = nullptr;
  bool cApi = false, cxxApi = true;
  bool threads = false; ///< --threads hook
  bool profile = false; ///< the observer hook
  bool literals = false; ///< --weights literals: no string literals
  std::string text;     ///< the settings as the header comment tells them; no paths, no dates
  std::string version;  ///< of burin
};

struct File {
  std::string name; ///< "digits.cpp"
  std::string text; ///< bytes
};

class Prepared;
/// Chooses kernels, names, stubs and weights. Throws CompileErrors with every op that has no kernel.
std::shared_ptr<Prepared> prepare(ir::Module &, const Settings &);
/// For each step, what all its tasks need together.
std::vector<int64_t> scratchBytes(const Prepared &);
/// NAME.h, NAME.cpp, NAME.weights.cpp, with the C API NAME_c.h and NAME_c.cpp, and report.json.
std::vector<File> generate(const Prepared &, const ir::MemoryPlan &);

/// Figures for the summary of the command line.
struct Summary {
  int64_t arenaBytes, lowerBound, weightBytes, stateBytes, macs;
  size_t steps, stubs;
  std::string peakStep;
};
Summary summarise(const Prepared &, const ir::MemoryPlan &);

} // namespace burin::codegen
