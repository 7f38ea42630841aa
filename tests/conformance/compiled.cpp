// SPDX-License-Identifier: Apache-2.0
//
// The models of the suite as generated code, in memory of the program that calls them.
#include "tests/compiled/batch.h"
#include "tests/conformance/suite.h"

#include <fmt/format.h>

namespace burin::conformance {
namespace {

void requireTypes(const ir::Function &entry, const std::vector<ir::Tensor> &inputs) {
  for (size_t i = 0; i < entry.body.numArguments(); ++i) {
    const ir::Type &type = entry.body.argument(i)->type;
    if (inputs[i].type.rank() != type.rank() || inputs[i].type.element() != type.element())
      throw CompileError(Problem::invalid, {},
                         fmt::format("input {} is {}, and the data are {}", i, type.text(),
                                     inputs[i].type.text()));
  }
}

std::string judge(const tests::ModelResult &result, const std::vector<ir::Tensor> &expected) {
  for (const tests::RunResult &run : result.runs) {
    if (run.status != 0)
      return fmt::format("the run returned status {}", run.status);
    if (!run.guardsHold)
      return "memory of the caller beside the outputs was written";
    for (size_t i = 0; i < run.results.size(); ++i)
      if (std::string why = compare(run.results[i], expected[i], 1e-3, 1e-7); !why.empty())
        return why;
  }
  return result.problem;
}

} // namespace

std::vector<Outcome> runCompiled(const std::vector<Case> &cases, const fs::path &work,
                                 const std::string &compiler, int jobs) {
  fs::remove_all(work);
  fs::create_directories(work);
  std::vector<Outcome> outcomes;
  std::vector<size_t> indices; // of the cases that became models
  std::vector<tests::EmittedModel> models;
  std::vector<std::vector<ir::Tensor>> expected;
  for (size_t i = 0; i < cases.size(); ++i) {
    outcomes.push_back({cases[i].name, ""});
    try {
      Loaded loaded = load(cases[i]);
      requireTypes(*loaded.module->functions.front(), loaded.inputs);
      codegen::Settings settings;
      settings.name = fmt::format("t{}", i);
      settings.target = ir::findTarget("host");
      settings.version = "test";
      // once in the arena, once in memory of the caller between guards
      const tests::Run runs[] = {{loaded.inputs, false, true}, {loaded.inputs, true, true}};
      models.push_back(tests::emitModel(*loaded.module, settings, runs, work));
      indices.push_back(i);
      expected.push_back(std::move(loaded.expected));
    } catch (const CompileErrors &errors) {
      outcomes.back().why = errors.all().front().text;
    } catch (const std::exception &error) {
      outcomes.back().why = error.what();
    }
  }
  const tests::BatchOptions options{fs::absolute(work), compiler, "-O1", jobs, 24};
  const std::vector<tests::ModelResult> results = tests::buildAndRun(models, options);
  for (size_t k = 0; k < results.size(); ++k)
    outcomes[indices[k]].why = judge(results[k], expected[k]);
  for (Outcome &o : outcomes)
    o.why = oneLine(o.why);
  return outcomes;
}

} // namespace burin::conformance
