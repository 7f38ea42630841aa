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

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace burin::codegen {

/// How NAME.weights.cpp holds what is too long to be read as literals; or where all weights lie
/// that are not in the program.
enum class WeightForm {
  automatic, ///< a string literal up to some MB, beyond that as `incbin`
  literals,  ///< typed literals always: for any compiler, and for big-endian targets
  string,
  incbin, ///< NAME.weights.bin, which the assembler includes
  file,   ///< NAME.weights with a header, which the program reads or maps and gives to the class
  caller, ///< NAME.weights.bin as it is, at an address that the program gives to the class
};

struct Settings {
  std::string name = "model"; ///< of the files
  std::string nameSpace;      ///< empty: the name as an identifier
  std::string className = "Model";
  const ir::Target *target = nullptr;
  bool cApi = false, cxxApi = true;
  bool threads = false; ///< --threads hook
  bool profile = false; ///< the observer hook
  size_t shards = 1;    ///< source files that the steps are spread over; 1: they are in NAME.cpp
  WeightForm weights = WeightForm::automatic;
  std::string text;    ///< the settings as the header comment tells them; no paths, no dates
  std::string version; ///< of burin
};

/// Takes a file piece by piece.
using Sink = std::function<void(std::string_view)>;

struct File {
  std::string name; ///< "digits.cpp"
  /// Hands over the whole content, the same each time. Weights are packed one by one meanwhile, so
  /// that they never lie in memory together.
  std::function<void(const Sink &)> write;

  std::string content() const;
};

class Prepared;
/// Chooses kernels, names, stubs and weights. Throws CompileErrors with every op that has no
/// kernel.
std::shared_ptr<Prepared> prepare(ir::Module &, const Settings &);
/// For each step, what all its tasks need together.
std::vector<int64_t> scratchBytes(const Prepared &);
/// Pairs of values, the first of which lies within the memory of the second: for
/// PlanOptions::shared.
std::vector<std::pair<const ir::Value *, const ir::Value *>> sharedMemory(const Prepared &);
/// NAME.h, NAME.cpp (with shards NAME.0.cpp and so on), NAME.weights.cpp, NAME.weights.bin (empty
/// where the weights are text: a build knows the same files for every form), with the C API
/// NAME_c.h and NAME_c.cpp, and report.json. The files hold on to the module and to `Prepared`.
std::vector<File> generate(const Prepared &, const ir::MemoryPlan &);

/// Figures for the summary of the command line.
struct Summary {
  int64_t arenaBytes, lowerBound, weightBytes, stateBytes, macs;
  size_t steps, stubs;
  size_t shardsAdvised; ///< that each would take a C++ compiler some seconds
  std::string peakStep;
  struct Buffer {
    std::string name;
    int64_t bytes;
  };
  std::vector<Buffer> peakBuffers; ///< what lives there, the largest first: it sets the bound
};
Summary summarise(const Prepared &, const ir::MemoryPlan &);

} // namespace burin::codegen
