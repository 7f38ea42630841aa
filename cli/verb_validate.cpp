// SPDX-License-Identifier: Apache-2.0
//
// burin validate MODEL: is what the generated code answers right?
#include "cli/compare.h"
#include "cli/interpreter.h"
#include "cli/model.h"
#include "cli/pipeline.h"
#include "cli/problems.h"
#include "cli/process.h"
#include "cli/references.h"
#include "cli/terminal.h"
#include "cli/testbench.h"
#include "cli/verbs.h"
#include "codegen/kernels/evaluator.h"
#include "tests/reference/reference.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kRandomSamples = 4;

Tolerance toleranceOf(const Settings &settings) {
  Tolerance tolerance;
  tolerance.rtol = *settings.real("rtol");
  tolerance.atol = *settings.real("atol");
  tolerance.atolForIntegers = settings.has("atol");
  tolerance.maxUlp = settings.number("max-ulp");
  return tolerance;
}

/// A tensor inside the model, by its name there.
struct NodeRow {
  std::string name, op;
  Metrics metrics;
};

class Validation {
public:
  /// Of entry point number `index`.
  Validation(const Settings &settings, size_t index)
      : settings_{settings}, index_{index}, tolerance_(toleranceOf(settings)),
        original_(readModel(settings)), model_(readModel(settings)),
        outputs_(outputsOf(entry(original_))) {
    if (entries() > 1 && settings.has("data"))
      throw CompileError(Problem::usage, {}, "--data has arrays for one entry point of the model")
          .hint("validate it with one --signature");
    optimise(*model_.module, settings);
    readData();
    computeReferences();
  }

  bool run() {
    if (settings_.flag("per-node"))
      compareNodes();
    const std::vector<NamedTensors> actual = settings_.flag("in-process") ? evaluate() : execute();
    for (const Port &port : outputs_) {
      Metrics &metrics = metrics_[port.name];
      for (size_t i = 0; i < samples_.size(); ++i)
        if (const auto expected = samples_[i].outputs.find(port.name);
            expected != samples_[i].outputs.end())
          compare(actual[i].find(port.name)->second, expected->second, tolerance_, i, metrics);
    }
    return passed();
  }

  size_t entries() const { return original_.module->functions.size(); }

private:
  const ir::Function &entry(const Model &model) const { return *model.module->functions[index_]; }

  void readData() {
    for (const std::string &path : settings_.list("data"))
      for (Sample &sample : readSamples(path, entry(original_)))
        samples_.push_back(std::move(sample));
    if (!settings_.has("data"))
      for (size_t i = 0; i < kRandomSamples; ++i)
        samples_.push_back({fmt::format("random[{}]", i),
                            randomInputs(entry(original_), *settings_.number("seed"), i),
                            {}});
  }

  /// Samples without outputs get those of the reference interpreter on the model as it was read.
  void computeReferences() {
    const bool sequence = settings_.flag("sequence");
    const bool isNeeded =
        std::ranges::any_of(samples_, [](const Sample &sample) { return sample.outputs.empty(); });
    if (!isNeeded)
      return;
    Interpreter interpreter(entry(original_), reference::evaluator());
    for (Sample &sample : samples_) {
      if (!sample.outputs.empty() && !sequence)
        continue;
      if (!sequence)
        interpreter.reset();
      NamedTensors outputs = interpreter.run(sample.inputs);
      if (sample.outputs.empty())
        sample.outputs = std::move(outputs);
    }
    usesReference_ = true;
  }

  std::vector<NamedTensors> evaluate() {
    Interpreter interpreter(entry(model_), kernels::evaluator());
    std::vector<NamedTensors> results;
    for (const Sample &sample : samples_) {
      if (!settings_.flag("sequence"))
        interpreter.reset();
      results.push_back(interpreter.run(sample.inputs));
    }
    return results;
  }

  std::vector<NamedTensors> execute() {
    const Compiled compiled = generateCode(*model_.module, model_.name, settings_);
    std::optional<ScratchFolder> temporary;
    if (!settings_.has("output"))
      temporary.emplace();
    const fs::path folder = temporary ? temporary->path() : fs::path(settings_.text("output"));
    Testbench bench(compiled, index_, model_.name, folder, settings_);
    std::vector<const NamedTensors *> inputs;
    for (const Sample &sample : samples_)
      inputs.push_back(&sample.inputs);
    return bench.run(inputs, settings_.flag("sequence"));
  }

  /// Every tensor that has its name and its type before and after the passes: by the kernels (where
  /// they run in this process) after them, by the reference interpreter before them, on the first
  /// sample.
  void compareNodes() {
    NamedTensors expected;
    Interpreter before(entry(original_), reference::evaluator());
    before.run(samples_.front().inputs, [&](const ir::Value &value, const ir::Tensor &tensor) {
      if (!value.name.empty() && value.type.isTensor())
        expected.try_emplace(value.name, tensor);
    });
    Interpreter after(entry(model_), anyEvaluator());
    after.run(samples_.front().inputs, [&](const ir::Value &value, const ir::Tensor &tensor) {
      const auto it = expected.find(value.name);
      if (it == expected.end() || !(it->second.type == tensor.type))
        return;
      nodes_.push_back({value.name, value.def() ? std::string(value.def()->def.name) : "", {}});
      compare(tensor, it->second, tolerance_, 0, nodes_.back().metrics);
      expected.erase(it);
    });
  }

  bool passed() const {
    return std::ranges::all_of(metrics_, [](const auto &m) { return m.second.passed(); });
  }

  // ---- what is told ----

  static std::string rowText(std::string_view name, const Metrics &m) {
    if (!m.mismatch.empty())
      return fmt::format("  FAIL {}: {}\n", printable(name), m.mismatch);
    if (m.elements == 0)
      return fmt::format("  none {}: nothing to compare\n", printable(name));
    std::string text = fmt::format("  {} {:<20} max_abs {:.3g}  max_rel {:.3g}  max_ulp {}  "
                                   "cosine {:.9f}\n",
                                   m.passed() ? "pass" : "FAIL", printable(name), m.maxAbs,
                                   m.maxRel, m.maxUlp, m.cosine());
    if (!m.passed())
      text += fmt::format("       {} of {} elements differ; worst: sample {} {}: {}, expected {}\n",
                          m.failures, m.elements, m.worstSample, m.worstIndex,
                          printable(m.worstActual), printable(m.worstExpected));
    return text;
  }

  static Json rowJson(const std::string &name, const Metrics &m) {
    Json row{{"name", name}, {"passed", m.passed()}};
    if (!m.mismatch.empty()) {
      row["mismatch"] = m.mismatch;
      return row;
    }
    row["elements"] = m.elements;
    row["failures"] = m.failures;
    row["max_abs"] = m.maxAbs;
    row["max_rel"] = m.maxRel;
    row["max_ulp"] = m.maxUlp;
    row["cosine"] = m.cosine();
    if (m.worstExcess >= 0)
      row["worst"] = {{"sample", m.worstSample},
                      {"index", m.worstIndex},
                      {"actual", m.worstActual},
                      {"expected", m.worstExpected}};
    return row;
  }

  std::string nodesText() const {
    std::string text = "tensors, in order, of the first sample:\n";
    for (const NodeRow &row : nodes_)
      text += rowText(row.name, row.metrics);
    const auto first =
        std::ranges::find_if(nodes_, [](const NodeRow &row) { return !row.metrics.passed(); });
    if (first != nodes_.end())
      text += fmt::format("first that differs: '{}' ({})\n", printable(first->name), first->op);
    return text;
  }

public:
  std::string toText() const {
    std::string text;
    if (entries() > 1)
      text += fmt::format("entry {}\n", printable(entry(original_).name));
    if (settings_.flag("per-node"))
      text += nodesText();
    if (!settings_.flag("quiet") || !passed()) {
      for (const Port &port : outputs_)
        text += rowText(port.name, metrics_.find(port.name)->second);
      text += fmt::format(
          "{}: {} {} against {}{}, rtol {:g}, atol {:g}\n", passed() ? "passed" : "FAILED",
          samples_.size(), samples_.size() == 1 ? "sample" : "samples",
          usesReference_ ? "the reference interpreter" : "the given outputs",
          settings_.has("data") ? std::string{}
                                : fmt::format(", seed {}", *settings_.number("seed")),
          tolerance_.rtol, tolerance_.atol);
    }
    return text;
  }

  Json toJson() const {
    Json json = Json::object();
    if (entries() > 1)
      json["entry"] = entry(original_).name;
    json.update({{"passed", passed()},
                 {"samples", samples_.size()},
                 {"reference", usesReference_ ? "interpreter" : "data"},
                 {"in_process", settings_.flag("in-process")},
                 {"rtol", tolerance_.rtol},
                 {"atol", tolerance_.atol}});
    if (!settings_.has("data"))
      json["seed"] = *settings_.number("seed");
    Json rows = Json::array();
    for (const Port &port : outputs_)
      rows.push_back(rowJson(port.name, metrics_.find(port.name)->second));
    json["outputs"] = std::move(rows);
    if (settings_.flag("per-node")) {
      Json nodes = Json::array();
      for (const NodeRow &row : nodes_)
        nodes.push_back(rowJson(row.name, row.metrics));
      json["nodes"] = std::move(nodes);
    }
    return json;
  }

private:
  const Settings &settings_;
  size_t index_;
  Tolerance tolerance_;
  Model original_, model_;
  std::vector<Port> outputs_;
  std::vector<Sample> samples_;
  bool usesReference_ = false;
  std::map<std::string, Metrics, std::less<>> metrics_;
  std::vector<NodeRow> nodes_;
};

} // namespace

int runValidate(const Settings &settings) {
  bool good = true;
  Json all = Json::array();
  for (size_t i = 0, count = 1; i < count; ++i) {
    Validation validation(settings, i);
    count = validation.entries();
    good = validation.run() && good;
    if (settings.flag("json"))
      all.push_back(validation.toJson());
    else
      print(validation.toText());
  }
  if (settings.flag("json"))
    print(dump(all.size() == 1 ? all.front() : Json{{"passed", good}, {"entries", all}}, false));
  return good ? kOk : kNegative;
}

} // namespace burin::cli
