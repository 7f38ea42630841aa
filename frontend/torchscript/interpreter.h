// SPDX-License-Identifier: Apache-2.0
//
// Runs a program on values of the import and of the run. Calls are inlined, loops of known length
// unrolled, branches on known conditions taken; branches and loops on values of the run become
// `if` and `loop`.
#pragma once

#include "frontend/torchscript/operators.h"
#include "frontend/torchscript/program.h"

namespace burin::torchscript {

/// The local names of one call.
using Frame = std::map<std::string, Host, std::less<>>;

struct Closure {
  const Function *function;
  Frame frame; ///< what is around it
};

/// ops.prim.RaiseException, on its way to the branch that decides whether it is reached.
struct Raised {
  std::string message;
  Location at;
};

class Interpreter {
public:
  using Findings = torchscript::Findings;

  Interpreter(Program &, Evaluation &, std::vector<Host> constants, int64_t version, Findings &);

  Host call(const Function &, const Given &);
  Host callMethod(const CellRef &object, std::string_view method, Given);
  /// An operator by its name without overload, "aten::add". `target` names its results.
  Host callOperator(const std::string &name, const Given &given) {
    return operators_.call(name, given);
  }

  Evaluation &evaluation() { return in_; }
  Program &program() { return program_; }

private:
  // ---- statements: interpreter.cpp ----
  /// True if it returned.
  bool run(const std::vector<Stmt> &, Frame &, Host &result);
  void assign(const Stmt &, Frame &);
  void setAttribute(const Stmt &, Frame &);
  void with(const Stmt &, Frame &);

  // ---- control flow: control.cpp ----
  void branch(const Stmt &, Frame &);
  void runBranch(const Stmt &, Frame &, ir::Value *condition);
  void whileLoop(const Stmt &, Frame &);
  void forLoop(const Stmt &, Frame &);
  /// A loop of which the run decides the length. `count` is null for while.
  void runLoop(const Stmt &, Frame &, const Host *count);
  struct Way;
  Way evaluateWay(const std::vector<Stmt> &, const Frame &, const std::vector<std::string> &names);

  // ---- expressions: expressions.cpp ----
  Host evaluate(const Expr &, Frame &);
  Host evaluateName(const Expr &, Frame &);
  Host evaluateAttribute(const Expr &, Frame &);
  Host evaluateCall(const Expr &, Frame &);
  Host callBuiltin(const std::string &name, const Expr &, Frame &, bool &found);
  Host callQualified(const std::string &name, const Expr &, Frame &);
  Host evaluateIndex(const Expr &, Frame &);
  Host evaluateSlice(const Expr &, Frame &);
  Given argumentsOf(const Expr &, Frame &, size_t from = 1);
  Host makeObject(const Class &, const Given &);
  Host namedTuple(const Class &, const Given &);
  Host annotated(const Type &, Host);
  /// A condition: known, or a value of the run.
  Host condition(const Expr &, Frame &);
  Host attributeOf(const Host &, const std::string &name, const Expr &at);
  Type typeAt(const Expr &e) const { return typeOf(e, *file_); }

  [[noreturn]] void fail(const Expr &, std::string_view code, std::string text,
                         std::string hint = {});
  Location locationAt(uint32_t offset, std::string op = {});

  Program &program_;
  Evaluation &in_;
  Operators operators_;
  std::vector<Host> constants_;
  Findings &found_;
  const SourceFile *file_ = nullptr; ///< of what runs now
  std::string method_; ///< that was called from outside: the name of what the model itself does
  std::string path_;                 ///< of the module whose method runs now
  int depth_ = 0;
};

} // namespace burin::torchscript
