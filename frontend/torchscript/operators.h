// SPDX-License-Identifier: Apache-2.0
//
// Calls of operators, whoever makes them: a printed program knows the name alone, "aten::add", an
// exported graph the overload too.
#pragma once

#include "frontend/torchscript/lowering.h"

namespace burin::torchscript {

/// What is found on the way, for whoever compiles the model.
struct Findings {
  std::vector<Diagnostic> problems;
  std::vector<std::string> notes; ///< what the compiled model leaves out
};

class Operators {
public:
  /// `version`: of the archive. What cannot be lowered is a problem, and the call makes a value
  /// that nobody may read.
  Operators(Evaluation &in, int64_t version, Findings &found)
      : in_{in}, version_{version}, found_{found} {}

  /// The first overload of "aten::add" that fits.
  Host call(const std::string &name, const Given &);
  /// "aten::add.Tensor", and no other. A number is a tensor to it where one is expected.
  Host callOverload(const std::string &fullName, const Given &);
  /// Keeps a problem and goes on, so that all are reported.
  Host report(const CompileError &);
  /// Tells what the operator that runs now does in PyTorch alone, once.
  void note(const std::string &text);

private:
  /// A value that nobody may read among the arguments: what the call makes then.
  std::optional<Host> poisonOf(const Given &);
  Host lower(const Overload &, std::vector<Host> values);
  Host lowerComplex(const Overload &, std::vector<Host> values);
  Host lowerInPlace(const std::string &name, Match);
  Host unknown(const std::string &name, std::string hint);
  Host misfit(const std::string &name, const Given &);

  Evaluation &in_;
  int64_t version_;
  Findings &found_;
};

} // namespace burin::torchscript
