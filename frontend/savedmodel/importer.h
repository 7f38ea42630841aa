// SPDX-License-Identifier: Apache-2.0
//
// Walks the nodes from the outputs of a signature back: functions inlined, variables as constants
// or states, all problems at once.
#pragma once

#include "frontend/savedmodel/import.h"
#include "frontend/savedmodel/lowering.h"
#include "frontend/savedmodel/variables.h"

namespace burin::savedmodel {

/// The graph that the options choose among those of the file, and its signature.
const MetaGraph &chosenGraph(const Model &, const ImportOptions &);
/// Of a frozen graph: its placeholders, and the nodes that nothing uses.
Signature chosenSignature(const Model &, const MetaGraph &, const Graph &main,
                          const ImportOptions &);

/// Throws where the signature and the nodes of the graph disagree.
void checkSignature(const Signature &, const Graph &main);

/// Functions inside each other, at most.
inline constexpr size_t kDeepest = 200;

class Importer {
public:
  /// `states`: the variables, by node, that earlier attempts saw assigned.
  Importer(Model &, const ImportOptions &, const std::set<std::string> &states);

  std::unique_ptr<ir::Module> run();
  /// Variables that were assigned and are not among the states: import again with them.
  const std::set<std::string> &assigned() const { return assigned_; }

  /// The results of a function lowered at `to`.
  Items call(const Graph &, ir::Builder &to, const Items &arguments, const Location &caller);
  const Graph *function(std::string_view name);

  ir::Module &module() { return *module_; }
  const Model &model() const { return model_; }
  const MetaGraph &metaGraph() const { return meta_; }

  Variable *variable(Variable);
  /// The current value of a variable.
  Value *read(const Variable &);
  void assign(const Variable &, Value *);
  Table *table(const std::string &node);
  /// Runs what the model does when it is loaded, once: tables and variables get their values.
  void initialise();

  /// The values of the states where something is lowered.
  using States = std::map<std::string, Value *>;
  States &states() { return current_; }

  /// A constant that has the elements of this value, if they are known at import.
  Value *folded(Value *);

private:
  using Folds = std::map<Value *, Value *>;
  Value *folded(Value *, Folds &known, int depth);
  struct Frame {
    const Graph &graph;
    std::map<std::string_view, Item> given; ///< arguments of a function; what feeds the main graph
    std::map<const Node *, Items> done;
    /// Of TensorFlow 1: the conditions under which a node runs, by "node:output" of each.
    std::map<const Node *, std::map<std::string, bool>> contexts;
  };

  void lower(Frame &, const std::vector<std::string_view> &roots, ir::Builder &);
  void lowerNode(Frame &, const Node &, ir::Builder &);
  /// Empty if what makes it has failed.
  Item get(const Frame &, const Input &) const;
  /// Loops and conditions of TensorFlow 1.
  void lowerExit(Frame &, const Graph::Loop &, ir::Builder &);
  Items lowerMerge(const Frame &, const Node &, const Items &, ir::Builder &);
  static std::map<std::string, bool> contextOf(const Frame &, const Input &);
  void noteContext(Frame &, const Node &) const;
  void noteInner(const Node &, const Items &, const ir::Builder &);

  void reportUnsupported(const Graph &, const std::vector<std::string_view> &roots,
                         const std::set<std::string_view> &fed);
  ir::Type inputType(const Port &);
  Value *initialValue(const std::string &node);
  void addStates(ir::Function &);
  void addResults(ir::Function &, const Frame &, const std::vector<Port> &, ir::Builder &);

  Model &model_;
  const ImportOptions &options_;
  const MetaGraph &meta_;
  std::map<std::string_view, Message> functionProtos_;
  std::map<std::string_view, std::unique_ptr<Graph>> functions_;
  Graph main_;
  Signature signature_;
  VariableKeys keys_;
  std::unique_ptr<ir::Module> module_;
  std::vector<Diagnostic> problems_;
  std::set<std::string, std::less<>> usedOptions_;

  const std::set<std::string> &stateNames_;
  std::set<std::string> assigned_;
  std::map<std::string, std::unique_ptr<Variable>> variables_;
  std::map<std::string, std::unique_ptr<Table>> tables_;
  std::map<std::string, Value *> initial_; ///< constants of variables, by node
  States current_;
  bool initialised_ = false, initialising_ = false;
  std::vector<const Graph *> calls_; ///< functions that are being inlined, each in the one before
  size_t lowered_ = 0;
  /// Tensors of functions that the options ask for, by name; empty until they are lowered.
  std::map<std::string, Item, std::less<>> inner_;
};

} // namespace burin::savedmodel
