// SPDX-License-Identifier: Apache-2.0
//
// One program into one function: inputs and their shapes, what of its buffers is state, outputs.
#pragma once

#include "frontend/exported/container.h"
#include "frontend/exported/graph.h"
#include "frontend/exported/import.h"

#include <set>

namespace burin::exported {

class Importer {
public:
  Importer(const Container &, const ImportOptions &);

  std::unique_ptr<ir::Module> run();
  const std::vector<std::string> &notes() const { return found_.notes; }
  Inputs inputs(); ///< that are tensors, and the symbols of their shapes

private:
  using Outputs = std::vector<std::pair<std::string, ir::Value *>>;
  /// A parameter, a buffer or a constant of the program.
  struct Stored {
    torchscript::TensorRef tensor;
    ir::Value *initial; ///< as the archive has it
    ir::Value *before;  ///< as the graph gets it
    ir::Value *after = nullptr;
  };
  struct UserInput {
    std::string name;
    torchscript::TensorRef tensor;
    ir::Value *before;
  };
  /// An entry of the signature with the name that it has at the interface.
  struct InputSpec {
    std::string kind, name;
    Json spec;
    bool isOfUser() const { return kind == "user_input" || kind == "constant_input"; }
  };
  /// What one evaluation needs: everything is made anew for the next one.
  struct Session;

  // ---- importer.cpp ----
  bool evaluateOnce();
  Host stored(const std::string &kind, const Json &spec);
  void collectOutput(const std::string &kind, const Json &spec, const Host &);
  void collectUserOutput(const Host &);
  void findStates();
  bool addStates();
  void applyOptions();
  std::unique_ptr<ir::Module> finish();

  // ---- inputs.cpp ----
  std::vector<InputSpec> inputSpecs() const;
  std::vector<Host> graphInputs();
  std::vector<std::string> inputLeaves() const;
  std::vector<std::string> outputLeaves(size_t count) const;
  Host input(const InputSpec &);
  Host tensorInput(const std::string &graphName, const std::string &name);
  Host numberInput(const std::string &kind, const std::string &name);
  ir::Shape shapeOf(const Json &sizes, const std::string &name);
  ir::Dim extentOf(const Json &size, const std::string &origin);
  void bindShape(const InputSpec &);
  void checkArguments();
  void checkGuards();

  void problem(Problem, std::string_view code, std::string text, std::string hint = {});
  void raise(); ///< throws all problems, if there are any

  const Container &container_;
  const ImportOptions &options_;
  const Json program_, graph_, signature_;
  const std::optional<Json> fields_; ///< of named tuples
  const Ranges ranges_;
  std::set<std::string, std::less<>> states_; ///< names of what the program changes
  torchscript::Findings found_;
  std::set<std::string, std::less<>> usedOptions_;
  // Of the evaluation that runs now:
  std::shared_ptr<Session> session_;
};

/// Everything that one evaluation makes.
struct Importer::Session {
  std::unique_ptr<ir::Module> module = std::make_unique<ir::Module>();
  ir::Function &main = module->addFunction("main");
  torchscript::Evaluation in;
  torchscript::Operators operators;
  GraphRunner runner;
  Tensors tensors;
  std::map<std::string, Stored> stored;              ///< by its name in the module
  std::map<std::string, UserInput> inputs;           ///< tensors, by their names in the graph
  std::map<std::string, Host, std::less<>> given;    ///< of the user, by their own names
  std::map<std::string, ir::Dim, std::less<>> bound; ///< symbols that an option fixes
  std::vector<std::string> leaves;                   ///< names of the outputs
  size_t outputsSeen = 0;
  Outputs outputs;

  Session(const Container &, const ImportOptions &, const Ranges &, torchscript::Findings &);
};

} // namespace burin::exported
