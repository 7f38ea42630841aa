// SPDX-License-Identifier: Apache-2.0
//
// Everything that is decided before the text is printed: kernels, stubs, functors, weights, names.
#pragma once

#include "codegen/compile.h"
#include "codegen/kernels/kernel_def.h"
#include "codegen/names.h"
#include "codegen/port_groups.h"
#include "ir/memory_plan.h"
#include "ir/views.h"

#include <map>

namespace burin::codegen {

using ir::Dim;
using ir::ElementType;
using ir::Op;
using ir::Type;
using ir::Value;

/// A constant of the generated code.
struct Weight {
  enum class Place {
    literals, ///< an array in NAME.weights.cpp
    string,   ///< a piece of the one string literal there
    binary,   ///< an array whose content is a piece of NAME.weights.bin
    given,    ///< memory that the caller gives: a piece of NAME.weights or of NAME.weights.bin
  };

  std::string name;    ///< in the namespace `weights`
  std::string comment; ///< the model's name, type and layout
  ElementType element;
  int64_t count = 0;
  std::function<std::vector<std::byte>()> make;
  bool isPacked = false; ///< read through rt::F32 only, so that any bytes can hold it
  Place place = Place::literals;
  int64_t offset = 0; ///< in the string, the file or the memory, bytes
  int64_t bytes() const { return count * static_cast<int64_t>(ir::elementSize(element)); }
};

struct FunctorDef {
  std::string name;
  kernels::Functor functor;
};

/// A function of the generated source; layers that need the same one share it.
struct Stub {
  std::string name;
  std::vector<std::string> parameters; ///< "const float *in"
  std::vector<std::string> body;
  std::vector<std::string> layers;
  std::set<std::string> includes;
  std::string variant;
  bool returnsStatus = false;
};

/// How one op runs: a call of a stub.
struct OpCall {
  kernels::Call call;
  const kernels::KernelDef *kernel;
  size_t stub;
};

struct StepInfo {
  const Op *op;
  std::string function;  ///< its name in the generated source
  std::string node;      ///< the model's own name
  std::string sourceOps; ///< "Conv + Relu"
  std::string comment;   ///< Conv "conv1" + Relu "relu1": f32[1,8,8,1] -> f32[1,8,8,16]
  Dim units = 1;
  std::string unitsOf;
  int64_t scratchBytes = 0; ///< of one task
  int64_t macs = 0;
};

/// A symbol of the generated code: from the extents of inputs, or defined by a step.
struct SymbolInfo {
  std::string name;       ///< in the model
  std::string identifier; ///< in C++
  ir::Bounds bounds;
  bool isDefined;  ///< by a step
  size_t slot = 0; ///< of the defined ones
};

/// An entry point of the class.
struct EntryInfo : ir::EntryRange {
  std::string run; ///< the function that runs it: "run" where there is only one
  std::string
      facts; ///< the nested struct that tells of it: "Encode"; empty where there is only one
};

/// Several inputs or outputs that are one for the model: a tuple, a list, a dictionary.
struct PortGroup {
  const EntryInfo *entry;
  bool isInput;
  std::string name;           ///< in the model
  std::string accessor, type; ///< of the class
  PortTree tree;              ///< its ports are indices of arguments or results
};

constexpr int kMaxTasks = 8; ///< pieces that a step is cut into for threads

class Prepared {
public:
  Prepared(ir::Module &, const Settings &);

  ir::Module &module;
  Settings settings;
  ir::Function &entry; ///< all entry points, one behind the other
  std::vector<EntryInfo> entries;
  std::vector<PortGroup> portGroups;
  std::vector<const ir::State *> states; ///< of the class: several entry points may have one
  std::string nameSpace;
  std::vector<StepInfo> steps;
  std::vector<Stub> stubs;
  std::vector<FunctorDef> functors;
  std::vector<Weight> weights;
  int64_t stringBytes = 0, binaryBytes = 0, givenBytes = 0; ///< of the weights in those places
  std::set<std::string> includes;
  std::vector<SymbolInfo> symbols;
  std::vector<std::string> argumentNames, resultNames; ///< identifiers, of the class
  Scope names;                                         ///< functions and structs of the source

  const OpCall *callOf(const Op &) const; ///< null for ops that the emitter prints itself
  const Weight &weightOf(const Value *, const std::string &layout) const;
  const std::string &valueName(const Value *) const; ///< an identifier, unique in the function
  const std::string &functorName(const kernels::Functor &) const;
  const SymbolInfo *findSymbol(std::string_view name) const;
  /// Whether a function, a struct or a member of the class has the name.
  bool hides(std::string_view name) const { return names.has(name) || api_.has(name); }
  /// Whether the class takes its weights from the caller; and whether they come with a header.
  bool givesWeights() const { return settings.weights >= WeightForm::file; }
  bool hasWeightsFile() const { return settings.weights == WeightForm::file; }
  bool hasStates() const { return !entry.states.empty(); }
  bool hasSeveralEntries() const { return entries.size() > 1; }
  /// Whether the class has `step`: nothing may live from one call to the next but the arena.
  bool hasSingleSteps() const { return !hasStates() && symbols.empty() && !steps.empty(); }
  int tasks() const { return settings.threads ? kMaxTasks : 1; }

private:
  void checkInterface();
  void checkState(const ir::State &);
  void collectSymbols();
  void nameInterface();
  void groupInterface();
  void addGroups(const EntryInfo &, bool isInput, size_t first, size_t end);
  void findNodeScope();
  void nameValues(const ir::Block &);
  void prepareBlock(const ir::Block &, StepInfo *outer, bool nested);
  void prepareOp(const Op &, StepInfo &, bool nested);
  /// `otherwise`: the name of a constant that the model gives none.
  void addWeight(const kernels::Packed &, const std::string &otherwise);
  void addPlainWeight(const Value *, const std::string &otherwise);
  std::string addFunctor(const kernels::Functor &);
  void shareStubs();
  void makeStub(const std::vector<size_t> &layers);
  void placeWeights();

  struct Layer {
    const Op *op;
    std::string step; ///< that runs it
  };
  std::vector<Layer> layers_; ///< of calls_, in order
  std::map<const Op *, OpCall> calls_;
  std::map<std::pair<const Value *, std::string>, size_t> weightOf_;
  std::map<std::string, size_t> functorOf_;
  std::unordered_map<const Value *, std::string> valueNames_;
  std::string_view nodeScope_; ///< what the names of all nodes begin with
  Scope api_;                  ///< members of the class
  Scope values_;
  Scope weightNames_{"packed", "model_sha256"};
  std::vector<Diagnostic> problems_;
};

/// The symbols that the inputs of an entry point have: the arguments of its run.
std::vector<const SymbolInfo *> symbolsOfInputs(const Prepared &, const EntryInfo &);
/// "f32[1,8,8,16]", for comments.
std::string shortType(const Type &);
/// The member function of the context that points to such elements: "f32".
std::string accessorName(ElementType);

} // namespace burin::codegen
