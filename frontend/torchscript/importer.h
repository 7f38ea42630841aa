// SPDX-License-Identifier: Apache-2.0
//
// One archive into one function: inputs and their shapes, what of the module is state, outputs.
#pragma once

#include "frontend/torchscript/import.h"
#include "frontend/torchscript/loader.h"

namespace burin::torchscript {

class Importer {
public:
  Importer(const Archive &, const ImportOptions &);

  std::unique_ptr<ir::Module> run();
  /// The parameters of forward that may be tensors, with their types.
  std::vector<std::string> inputNames();

private:
  /// A tensor or number that the module holds.
  struct Leaf {
    TensorRef tensor; ///< null for a number
    Host value;       ///< of a number
    ir::Value *is;    ///< of a tensor
  };
  using Leaves = std::map<std::string, Leaf, std::less<>>;

  const Function &entry(const CellRef &model) const;
  /// The function evaluated with `states_` as arguments; finds what else it changes.
  std::unique_ptr<ir::Module> evaluate(std::vector<std::string> &found);
  Host input(const std::string &name, const Type &, const Pickled *example);
  Host tensorInput(const std::string &name, const Pickled *example);
  Host numberInput(const std::string &name, const Type &);
  void collectOutputs(const Host &, const std::string &name);
  void collectLeaves(const Host &, const std::string &path, Leaves &) const;
  void setLeaf(const Host &root, const std::string &path, ir::Value *);
  void checkOptions();
  void applyOptions(ir::Function &);
  void problem(Problem, std::string_view code, std::string text, std::string hint = {});

  const Archive &archive_;
  const ImportOptions &options_;
  int64_t version_;
  std::optional<Pickle> examples_;
  std::vector<std::string> states_; ///< paths of what the program changes
  std::vector<Diagnostic> problems_;
  // Of the evaluation that runs now:
  std::unique_ptr<ir::Module> module_;
  ir::Function *main_ = nullptr;
  Evaluation *in_ = nullptr;
  std::vector<std::pair<std::string, ir::Value *>> outputs_;
  std::set<std::string, std::less<>> usedOptions_;
};

} // namespace burin::torchscript
