// SPDX-License-Identifier: Apache-2.0
//
// The kinds of cases, one function each.
#pragma once

#include "ir/evaluator.h"
#include "passes/pass.h"
#include "tests/gir/case.h"

#include <memory>

namespace burin::tests {

struct Outcome {
  std::vector<std::string> problems; ///< none: passed
  /// The case with the expectations that would pass; empty where nobody but a person can tell them.
  std::optional<Case> blessed;

  void fail(std::string problem) { problems.push_back(std::move(problem)); }
};

struct NamedEvaluator {
  std::string_view name;
  const ir::Evaluator *evaluator;
};
/// The reference first, then the kernels.
std::vector<NamedEvaluator> evaluators();

/// `# roundtrip`: print(parse(text)) is the text behind the comments at its head.
Outcome runRoundtrip(const Case &);
/// `# verify`: the problems of the module are those of its `# error: text [code]` comments.
Outcome runVerify(const Case &);
struct EvalOptions {
  std::string evaluator;  ///< the one to run by; empty: all
  bool optimized = false; ///< behind the pipeline
};
/// `# eval`: with each `# input %x = [...]`, each `# expect %y = [...]` holds.
Outcome runEval(const Case &, const EvalOptions &);
/// `# pass: a, b` or `# pipeline`: the module becomes what is expected.
Outcome runPasses(const Case &);

/// What the directives of the case say, and the kernels for constants.
passes::PassContext contextOf(const Case &);
/// Parses; problems of any kind become those of the outcome, and the result null.
std::unique_ptr<ir::Module> parseCase(const Case &, Outcome &);
/// What an exception tells, as the command line would print it.
std::string currentProblem();

} // namespace burin::tests
