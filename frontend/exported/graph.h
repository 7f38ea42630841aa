// SPDX-License-Identifier: Apache-2.0
//
// Evaluates the graph of a program: flat nodes in order, each a call of an overload by its full
// name, of Python's arithmetic on extents, or of an operator with graphs as arguments.
#pragma once

#include "frontend/exported/json.h"
#include "frontend/torchscript/operators.h"

#include <unordered_map>

namespace burin::exported {

using torchscript::Host;

/// What a program says of the symbols in it.
class Ranges {
public:
  /// Of range_constraints.
  explicit Ranges(const Json &constraints);
  /// None of a symbol without constraints: nothing is known of it.
  ir::Bounds of(std::string_view symbol) const;

private:
  std::map<std::string, ir::Bounds, std::less<>> bounds_;
};

class GraphRunner {
public:
  GraphRunner(torchscript::Evaluation &, torchscript::Operators &, const Ranges &);

  /// The values of the outputs for these inputs.
  std::vector<Host> run(const Json &graph, const std::vector<Host> &inputs);

  /// A number of the run as an extent from here on, if its symbol has an upper bound.
  Host asExtent(const Host &, const Json &graph, const std::string &name);

private:
  /// The values of one graph by their names, and the graph.
  struct Scope {
    const Json &graph;
    std::unordered_map<std::string, Host> values;
  };

  // ---- graph.cpp ----
  void runNode(const Json &node, Scope &);
  Host call(const std::string &target, const Json &node, Scope &);
  void bind(const Json &argument, const Host &, Scope &);
  void bindAll(const Json &node, const Host &, Scope &);
  void check(const std::string &name, const Host &, const Scope &);

  // ---- arguments.cpp ----
  Host argument(const Json &, const Scope &);
  Host argument(const std::string &kind, const Json &value, const Scope &);
  const Host &valueNamed(const Json &name, const Scope &);

  // ---- control.cpp ----
  using Operands = std::vector<Host>;
  std::optional<Host> callHigherOrder(std::string_view name, const Json &node, Scope &);
  Host cond(const Json &node, Scope &);
  Host whileLoop(const Json &node, Scope &);
  Host scan(const Json &node, Scope &);
  Host wrapped(const Json &node, Scope &, size_t flags);
  Operands operands(const Json &argument, const Scope &);
  std::vector<ir::Value *> runInside(const Json &graph, const Operands &, ir::Block &, Operands &);

  torchscript::Evaluation &in_;
  torchscript::Operators &operators_;
  const Ranges &ranges_;
  int depth_ = 0;
};

/// CompileError for a graph that does not fit together.
CompileError misfit(const Location &, std::string text, std::string hint = {});

} // namespace burin::exported
