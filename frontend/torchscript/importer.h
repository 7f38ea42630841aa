// SPDX-License-Identifier: Apache-2.0
//
// One archive into one function: inputs and their shapes, what of the module is state, outputs.
#pragma once

#include "frontend/torchscript/import.h"
#include "frontend/torchscript/interpreter.h"
#include "frontend/torchscript/loader.h"

namespace burin::torchscript {

class Importer {
public:
  Importer(const Archive &, const ImportOptions &);

  std::unique_ptr<ir::Module> run();
  const std::vector<std::string> &notes() const { return found_.notes; }
  const std::set<std::string, std::less<>> &states() const { return states_; }
  /// The parameters of the method that may be tensors, with their types.
  std::vector<std::string> inputNames();

private:
  using Outputs = std::vector<std::pair<std::string, ir::Value *>>;
  /// The attributes of the module and of the modules in it, by path, as they are now.
  using Attributes = std::map<std::string, Host, std::less<>>;
  /// What one evaluation needs: everything is made anew for the next one.
  struct Session;
  struct Way;

  // ---- importer.cpp ----
  const Function &entry(const CellRef &model) const;
  Host input(const std::string &name, const Type &, const Pickled *example);
  Host tensorInput(const std::string &name, const Pickled *example);
  Host numberInput(const std::string &name, const Type &);
  Host argument(const std::string &name, const Type &, const std::string &text);
  Given inputs(const Function &method);
  void collectOutputs(const Host &, const std::string &name);
  void applyOptions();
  void checkOptions();
  void problem(Problem, std::string_view code, std::string text, std::string hint = {});
  void raise(); ///< throws all problems, if there are any

  // ---- importer_states.cpp ----
  void begin();
  void evaluateForward();
  /// Forward with `states_` as arguments. False if it has found more of them; `reshapes` tells
  /// whether one has another form after the run.
  bool evaluateOnce(bool &reshapes);
  /// An `if` on whether the model has run: the first run in one block, all later ones in the other.
  bool evaluateStarted();
  bool finishStarted(Way &first, Way &later);
  std::unique_ptr<ir::Module> finish();
  Attributes attributes() const;
  void setAttribute(const std::string &path, const Host &);
  Host asArguments(const std::string &path, const Host &form, bool keepsNumbers);
  void addState(const std::string &path, ir::Value *next, ir::Value *initial);

  const Archive &archive_;
  const ImportOptions &options_;
  int64_t version_;
  std::optional<Pickle> examples_;
  std::set<std::string, std::less<>> states_;  ///< paths of attributes that the program changes
  std::set<std::string, std::less<>> varying_; ///< numbers in them that differ from run to run
  Interpreter::Findings found_;
  // Of the evaluation that runs now:
  std::shared_ptr<Session> session_;
  ir::Function *main_ = nullptr;
  Evaluation *in_ = nullptr;
  Outputs outputs_;
  std::set<std::string, std::less<>> usedOptions_;
};

} // namespace burin::torchscript
