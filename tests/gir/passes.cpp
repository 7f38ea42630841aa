// SPDX-License-Identifier: Apache-2.0
#include "ir/target.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "passes/pipeline.h"
#include "tests/gir/run.h"

#include <fmt/format.h>

namespace burin::tests {
namespace {

constexpr std::string_view kUnchanged = "unchanged";

passes::Optimize optimizeNamed(const std::string &name) {
  if (name == "none")
    return passes::Optimize::none;
  if (name == "exact")
    return passes::Optimize::exact;
  if (name == "size")
    return passes::Optimize::size;
  if (name.empty() || name == "speed")
    return passes::Optimize::speed;
  throw CompileError(Problem::usage, {}, fmt::format("unknown `# optimize: {}`", name));
}

} // namespace

passes::PassContext contextOf(const Case &c) {
  passes::PassContext context;
  const std::string target = c.valueOf("target:");
  context.target = ir::findTarget(target.empty() ? "host" : target);
  if (!context.target)
    throw CompileError(
        Problem::usage, {},
        fmt::format("unknown `# target: {}`, expected one of {}", target, ir::targetNames()));
  context.optimize = optimizeNamed(c.valueOf("optimize:"));
  context.evaluator = evaluators().back().evaluator; // the kernels, as in a real run
  context.disabledRules = commaSeparated(c.valueOf("disable:"));
  return context;
}

Outcome runPasses(const Case &c) {
  Outcome outcome;
  const std::unique_ptr<ir::Module> module = parseCase(c, outcome);
  if (!module)
    return outcome;
  for (const ir::Violation &v : ir::verify(*module))
    outcome.fail("before the passes: " + v.text);
  const std::string before = ir::print(*module);
  try {
    passes::PassContext context = contextOf(c);
    context.log = [&](std::string_view text) { // such as rules that undo each other
      if (text.ends_with("stopped"))
        outcome.fail(std::string(text));
    };
    bool changed = false;
    if (c.find("pipeline")) {
      passes::PipelineOptions options;
      options.verifyEach = true;
      options.disable = commaSeparated(c.valueOf("disable:"));
      options.stopAfter = c.valueOf("stop-after:");
      passes::runPipeline(*module, context, options);
    } else {
      for (const std::string &name : commaSeparated(c.valueOf("pass:")))
        if (passes::runPass(*module, context, name)) {
          changed = true;
          ir::verifyOrThrow(*module, "pass " + name);
        }
      if (!changed && ir::print(*module) != before)
        outcome.fail("the pass changed the module and said that it did not");
    }
  } catch (const std::exception &) {
    outcome.fail(currentProblem());
    return outcome;
  }
  module->eraseUnusedConstants(); // the input may have some for what the passes took
  const std::string after = ir::print(*module), expected = c.expected.value_or("");
  outcome.blessed = c;
  outcome.blessed->expected = after == before ? std::string(kUnchanged) + "\n" : after;
  if (trimmed(expected) == kUnchanged) {
    if (after != before)
      outcome.fail("the module changed:\n" + difference(before, after));
  } else if (trimmed(after) != trimmed(expected)) {
    outcome.fail("the module is not what is expected:\n" +
                 difference(trimmed(expected) + "\n", after));
  }
  return outcome;
}

} // namespace burin::tests
