// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/check.h"

#include "codegen/kernels/evaluator.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "passes/pipeline.h"
#include "tests/differential/maker.h"
#include "tests/differential/shrink.h"
#include "tests/reference/reference.h"

#include <cmath>
#include <fmt/format.h>

namespace burin::differential {
namespace {

constexpr std::string_view kOptimizeNames[] = {"none", "exact", "size", "speed"};

/// The kernels, and the reference for ops that none of them runs inside the compiler.
class KernelEvaluator final : public ir::Evaluator {
public:
  bool supports(const ir::Op &op) const override {
    return kernels::evaluator().supports(op) || reference::evaluator().supports(op);
  }
  std::vector<ir::Tensor> evaluate(const ir::Op &op, std::span<const ir::Tensor *const> operands,
                                   const ir::SymbolValues &symbols) const override {
    return (kernels::evaluator().supports(op) ? kernels::evaluator() : reference::evaluator())
        .evaluate(op, operands, symbols);
  }
};

std::unique_ptr<ir::Module> optimised(const Graph &graph, const Way &way) {
  std::string text = graph.text;
  if (way.isStatic)
    for (const auto &[symbol, extent] : graph.samples[way.sample].extents)
      text = withExtent(text, symbol, extent);
  std::unique_ptr<ir::Module> module = ir::parse(text, "graph");
  passes::PassContext context;
  context.target = ir::findTarget(way.target);
  context.optimize = way.optimize;
  context.evaluator = &kernels::evaluator();
  passes::PipelineOptions options;
  options.verifyEach = true;
  passes::runPipeline(*module, context, options);
  return module;
}

std::vector<size_t> samplesOf(const Graph &graph, const Way &way) {
  if (way.isStatic && !graph.samples[way.sample].reset)
    return {}; // its state is that of runs with other extents
  if (way.isStatic)
    return {way.sample};
  std::vector<size_t> all(graph.samples.size());
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = i;
  return all;
}

} // namespace

std::string Way::text() const {
  return fmt::format("{}, --optimize {}, --target {}, {}", isCompiled ? "compiled" : "in process",
                     kOptimizeNames[static_cast<size_t>(optimize)], target,
                     isStatic ? fmt::format("static as in sample {}", sample) : "symbolic");
}

Graph::Graph(std::string moduleText, uint32_t graphSeed)
    : text(std::move(moduleText)), seed(graphSeed) {
  const auto module = ir::parse(text, "graph");
  ir::verifyOrThrow(*module, "making it");
  const ir::Function &f = *module->functions.front();
  samples = makeSamples(f, seed);
  expected = expect(f, samples, seed);
}

bool Graph::isFinite() const {
  for (const std::vector<ir::Tensor> &results : expected.results)
    for (const ir::Tensor &t : results)
      for (size_t i = 0; i < t.count(); ++i)
        if (!std::isfinite(t.number(i)) || std::fabs(t.number(i)) > kMostBound)
          return false;
  return true;
}

Failure currentFailure() {
  try {
    throw;
  } catch (const CompileErrors &errors) {
    std::string text;
    bool isRefusal = true;
    for (const Diagnostic &d : errors.all()) {
      text += fmt::format("{}{}", text.empty() ? "" : "; ", d.text);
      isRefusal = isRefusal && d.problem == Problem::unsupported;
    }
    return {text, isRefusal};
  } catch (const CompileError &error) {
    return {error.what(), error.diagnostic().problem == Problem::unsupported};
  } catch (const std::exception &error) {
    return {error.what(), false};
  }
}

std::optional<Failure> checkInProcess(const Graph &graph, const Way &way) {
  try {
    const std::unique_ptr<ir::Module> module = optimised(graph, way);
    const ir::Function &f = *module->functions.front();
    const KernelEvaluator byKernels;
    for (const ir::Evaluator *evaluator :
         {&reference::evaluator(), static_cast<const ir::Evaluator *>(&byKernels)}) {
      const Results results = execute(f, graph.samples, *evaluator);
      for (size_t s = 0; s < results.size(); ++s)
        if (const std::string text = difference(results[s], graph.expected, s); !text.empty())
          return Failure{fmt::format("sample {}, by the {}: {}", s,
                                     evaluator == &byKernels ? "kernels" : "reference", text),
                         false};
    }
  } catch (const std::exception &) {
    return currentFailure();
  }
  return std::nullopt;
}

Emission emit(const Graph &graph, const Way &way, const std::string &name,
              const std::filesystem::path &folder) {
  const std::unique_ptr<ir::Module> module = optimised(graph, way);
  codegen::Settings settings;
  settings.name = name;
  settings.target = ir::findTarget(way.target);
  settings.threads = graph.seed % 4 == 1;
  settings.profile = graph.seed % 4 == 2;
  settings.version = "test";
  Emission emission{{}, samplesOf(graph, way)};
  std::vector<tests::Run> runs;
  for (const size_t s : emission.samples)
    runs.push_back({graph.samples[s].arguments, s % 2 == 1, graph.samples[s].reset});
  emission.model = tests::emitModel(*module, settings, runs, folder);
  return emission;
}

std::optional<Failure> judge(const Graph &graph, const Emission &emission,
                             const tests::ModelResult &result) {
  for (size_t i = 0; i < result.runs.size(); ++i) {
    const tests::RunResult &run = result.runs[i];
    const size_t sample = emission.samples[i];
    if (run.status != 0)
      return Failure{fmt::format("sample {}: status {}", sample, run.status), false};
    if (const std::string text = difference(run.results, graph.expected, sample); !text.empty())
      return Failure{fmt::format("sample {}: {}", sample, text), false};
    if (!run.guardsHold)
      return Failure{
          fmt::format("sample {}: memory of the caller beside the outputs was written", sample),
          false};
  }
  if (!result.problem.empty())
    return Failure{result.problem, false};
  return std::nullopt;
}

std::optional<Failure> check(const Graph &graph, const Way &way,
                             const tests::BatchOptions &options) {
  if (!way.isCompiled)
    return checkInProcess(graph, way);
  try {
    const Emission emission =
        emit(graph, way, fmt::format("shrinking{}", graph.seed), options.folder);
    return judge(graph, emission, tests::buildAndRun({&emission.model, 1}, options).front());
  } catch (const std::exception &) {
    return currentFailure();
  }
}

} // namespace burin::differential
