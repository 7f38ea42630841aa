// SPDX-License-Identifier: Apache-2.0
//
// Walks the nodes: scopes of names, functions, subgraphs, and all problems at once.
#pragma once

#include "frontend/onnx/import.h"
#include "frontend/onnx/lowering.h"

#include <set>

namespace burin::onnx {

class Importer {
public:
  Importer(const Model &, const ImportOptions &);

  std::unique_ptr<ir::Module> run();

  /// The outputs of a graph lowered at `to`, whose inputs have these values.
  Values lowerGraph(const Graph &, ir::Builder &to, std::span<Value *const> inputs, const Opsets &);
  /// The same inside a node; throws the last problem of the graph, if it has any.
  Values lowerInner(const Graph &, ir::Builder &to, std::span<Value *const> inputs);
  const Opsets &opsets() const { return *opsets_; }
  /// The shape that the model declares for a value, if every extent of it is known.
  std::optional<Dims> declared(std::string_view value) const;
  /// The same, or else the shape of what elementwise operators make of the value: a guess that the
  /// run must check, since the value may be repeated on the way.
  std::optional<Dims> guessed(std::string_view value) const;
  Value *find(std::string_view name) const; ///< null if no scope has it
  ir::Module &module() { return *module_; }

  std::vector<std::string> notes; ///< Import::notes

private:
  using Scope = std::map<std::string, Value *, std::less<>>;

  void reportUnsupported(const Graph &, const Opsets &);
  void lowerNodes(const Graph &, ir::Builder &);
  void declare(const Graph &);
  void lowerNode(const Node &, ir::Builder &);
  Values callFunction(const Node &, const Function &, ir::Builder &,
                      std::span<Value *const> inputs);
  ir::Type inputType(const ValueInfo &);
  ir::Value *argument(const ir::Type &, const std::string &name, const std::string &text);
  Dim inputDim(const std::string &input, size_t axis, const Extent &);

  const Model &model_;
  const ImportOptions &options_;
  std::unique_ptr<ir::Module> module_;
  const Opsets *opsets_;
  std::vector<Scope> scopes_;
  /// The declared types of the graphs around, innermost last.
  using Types = std::map<std::string, const Type *, std::less<>>;
  std::optional<Dims> shapeIn(const std::vector<Types> &, std::string_view value) const;
  std::vector<Types> declared_, guessed_;
  std::vector<Diagnostic> problems_;
  std::set<std::string, std::less<>> usedOptions_;
  int depth_ = 0;
};

const Lowering *findLowering(std::string_view domain, std::string_view op, int64_t version);
std::span<const Lowering *const> allLowerings();

} // namespace burin::onnx
