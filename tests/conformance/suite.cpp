// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/suite.h"

#include "codegen/kernels/evaluator.h"
#include "frontend/onnx/import.h"
#include "frontend/onnx/lowering.h"
#include "frontend/onnx/read.h"
#include "frontend/onnx/test_data.h"
#include "passes/pipeline.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::conformance {
namespace {

ir::Tensor toTensor(const onnx::TestValue &value) {
  if (value.kind != onnx::TestValue::Kind::tensor)
    throw CompileError(Problem::unsupported, {}, "data that are no tensor");
  const onnx::Tensor plain = onnx::unpacked(value.tensor);
  ir::Tensor t{
      ir::Type{onnx::elementType(plain.type), ir::Shape(plain.dims.begin(), plain.dims.end())},
      plain.data};
  t.strings = plain.strings;
  return t;
}

/// The named extents of an input: at most what the data have.
void boundExtents(const onnx::ValueInfo &input, const ir::Tensor &data,
                  onnx::ImportOptions &options) {
  if (!input.type.shape || input.type.shape->size() != data.type.rank())
    return;
  for (size_t i = 0; i < data.type.rank(); ++i)
    if (const auto *name = std::get_if<std::string>(&(*input.type.shape)[i])) {
      const auto [it, isNew] = options.dims.try_emplace(*name, ir::Bounds{0, 0});
      it->second.hi = std::max(it->second.hi, data.extent(i));
    }
}

} // namespace

std::vector<Case> findCases(const fs::path &data) {
  std::vector<Case> cases;
  for (const std::string group : {"node", "simple", "pytorch-operator", "pytorch-converted"})
    if (fs::is_directory(data / group))
      for (const fs::directory_entry &entry : fs::directory_iterator(data / group))
        if (fs::exists(entry.path() / "model.onnx"))
          cases.push_back({group + "/" + entry.path().filename().string(), entry.path()});
  std::ranges::sort(cases, {}, &Case::name);
  return cases;
}

Loaded load(const Case &test) {
  const onnx::Model model = onnx::readModel(test.folder / "model.onnx");
  Loaded loaded;
  const fs::path data = test.folder / "test_data_set_0";
  const auto isConstant = [&](const std::string &name) {
    return std::ranges::any_of(model.graph.initializers,
                               [&](const onnx::Initializer &i) { return i.tensor.name == name; });
  };
  onnx::ImportOptions options;
  for (size_t i = 0; i < model.graph.inputs.size(); ++i) {
    if (isConstant(model.graph.inputs[i].name))
      continue;
    loaded.inputs.push_back(toTensor(
        onnx::readTestValue(data / fmt::format("input_{}.pb", i), model.graph.inputs[i].type)));
    boundExtents(model.graph.inputs[i], loaded.inputs.back(), options);
  }
  for (size_t i = 0; i < model.graph.outputs.size(); ++i)
    loaded.expected.push_back(toTensor(
        onnx::readTestValue(data / fmt::format("output_{}.pb", i), model.graph.outputs[i].type)));
  loaded.module = onnx::importModel(test.folder / "model.onnx", options).module;
  passes::PassContext context;
  context.target = ir::findTarget("host");
  context.evaluator = &kernels::evaluator();
  passes::runPipeline(*loaded.module, context, {});
  return loaded;
}

std::vector<Outcome> runInProcess(const std::vector<Case> &cases) {
  std::vector<Outcome> outcomes;
  for (const Case &test : cases) {
    Outcome outcome{test.name, ""};
    try {
      Loaded loaded = load(test);
      const std::vector<ir::Tensor> got = ir::execute(
          *loaded.module->functions.front(), std::move(loaded.inputs), kernels::evaluator());
      for (size_t i = 0; i < got.size() && outcome.passed(); ++i)
        outcome.why = compare(got[i], loaded.expected[i], 1e-3, 1e-7);
    } catch (const CompileErrors &errors) {
      outcome.why = errors.all().front().text;
    } catch (const std::exception &error) {
      outcome.why = error.what();
    }
    outcome.why = oneLine(outcome.why);
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

} // namespace burin::conformance
