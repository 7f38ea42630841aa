// SPDX-License-Identifier: Apache-2.0
//
// The signature of a program. A buffer is a state if the signature says that it changes, or if the
// graph has written into it: then all is evaluated again with the buffer as an argument.
#include "frontend/exported/importer.h"

#include "frontend/common/extents.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace burin::exported {
using ir::Dim;
using torchscript::RunNumber;
using torchscript::TensorRef;
using torchscript::Uninitialized;

namespace {

constexpr int64_t kNewest = 10; // of the operators: all are as they are now

} // namespace

Importer::Session::Session(const Container &container, const ImportOptions &options,
                           const Ranges &ranges, torchscript::Findings &found)
    : in{*module, main.body, options.evaluator}, operators{in, kNewest, found},
      runner{in, operators, ranges}, tensors{container, in} {
  module->format = "pt2";
}

Importer::Importer(const Container &container, const ImportOptions &options)
    : container_{container}, options_{options}, program_{container.program().root()},
      graph_{program_["graph_module"]["graph"]}, signature_{program_["graph_module"]["signature"]},
      fields_{program_["graph_module"].find("treespec_namedtuple_fields")},
      ranges_{program_["range_constraints"]} {}

void Importer::problem(Problem kind, std::string_view code, std::string text, std::string hint) {
  found_.problems.push_back({kind, std::string(code), {}, std::move(text), {}, std::move(hint)});
}

void Importer::raise() {
  if (!found_.problems.empty())
    throw CompileErrors(std::exchange(found_.problems, {}));
}

// ---- what the program holds ----

Host Importer::stored(const std::string &kind, const Json &spec) {
  const bool isBuffer = kind == "buffer";
  const std::string &name = spec[isBuffer              ? "buffer_name"
                                 : kind == "parameter" ? "parameter_name"
                                                       : "tensor_constant_name"]
                                .text();
  const bool isConstant = kind == "tensor_constant" || (isBuffer && !spec["persistent"].flag());
  Session &s = *session_;
  const TensorRef given = isConstant ? s.tensors.constant(name) : s.tensors.weight(name);
  Stored made{given, s.in.valueOf(given), nullptr, nullptr};
  if (states_.contains(name))
    made.tensor = s.in.make(s.main.body.addArgument(made.initial->type, name)).as<TensorRef>();
  made.before = s.in.valueOf(made.tensor);
  if (!s.stored.emplace(name, made).second)
    spec.fail(fmt::format("'{}' is an input twice", name));
  return made.tensor;
}

// ---- outputs ----

void Importer::collectUserOutput(const Host &h) {
  Session &s = *session_;
  if (s.outputsSeen == s.leaves.size())
    signature_["output_specs"].fail("it has more outputs than out_spec");
  const std::string name = s.leaves[s.outputsSeen++];
  if (const TensorRef *t = h.find<TensorRef>())
    s.outputs.emplace_back(name, s.in.valueOf(*t));
  else if (h.holds<Dim>() || h.holds<double>() || h.holds<bool>() || h.holds<RunNumber>())
    s.outputs.emplace_back(name, s.in.scalarOf(h));
  else if (const Uninitialized *u = h.find<Uninitialized>()) {
    if (!u->why.empty())
      problem(Problem::unsupported, "exported.output", fmt::format("{}: {}", name, u->why));
  } else if (!h.isNone() && !h.holds<std::string>())
    problem(Problem::unsupported, "exported.output",
            fmt::format("the output '{}' is {}, expected tensors and numbers", name, typeText(h)));
}

void Importer::collectOutput(const std::string &kind, const Json &spec, const Host &h) {
  Session &s = *session_;
  if (kind == "user_output")
    return collectUserOutput(h);
  if (kind == "buffer_mutation" || kind == "parameter_mutation") {
    const std::string &name =
        spec[kind == "buffer_mutation" ? "buffer_name" : "parameter_name"].text();
    const auto it = s.stored.find(name);
    if (it == s.stored.end())
      spec.fail(fmt::format("'{}' is changed, and no input", name));
    if (const TensorRef *t = h.find<TensorRef>())
      it->second.after = s.in.valueOf(*t);
    return;
  }
  if (kind == "user_input_mutation") {
    const std::string &name = spec["user_input_name"].text();
    const auto it = s.inputs.find(name);
    if (it == s.inputs.end())
      spec.fail(fmt::format("'{}' is changed, and no input", name));
    if (const TensorRef *t = h.find<TensorRef>())
      s.in.write(it->second.tensor, s.in.valueOf(*t));
    return;
  }
  problem(Problem::unsupported, "exported.output",
          fmt::format("the program has an output of the kind {}", kind),
          kind == "token"
              ? "export the model without operators that have side effects"
              : "export the model for inference: model.eval(), and no loss or gradients");
}

/// What a run leaves in buffers, and in inputs: these become outputs, as a run changes none.
void Importer::findStates() {
  Session &s = *session_;
  for (auto &[name, stored] : s.stored) {
    if (!stored.after)
      stored.after = s.in.valueOf(stored.tensor);
    if (stored.after == stored.before && !states_.contains(name))
      stored.after = nullptr;
  }
  for (const auto &[graphName, input] : s.inputs)
    if (ir::Value *const after = s.in.valueOf(input.tensor); after != input.before)
      s.outputs.emplace_back(input.name + ".next", after);
}

/// False if it has found more of them.
bool Importer::addStates() {
  Session &s = *session_;
  bool found = false;
  for (const auto &[name, stored] : s.stored)
    found = (stored.after && states_.insert(name).second) || found;
  if (found)
    return false;
  for (const auto &[name, stored] : s.stored) {
    if (!stored.after)
      continue;
    size_t argument = 0;
    while (s.main.body.argument(argument) != stored.before)
      ++argument;
    if (stored.after->type != stored.initial->type)
      problem(Problem::unsupported, "exported.state",
              fmt::format("the buffer '{}' is {} at first and {} after a run", name,
                          stored.initial->type.text(), stored.after->type.text()),
              "give it one shape and type");
    s.main.states.push_back({name, argument, s.outputs.size(), stored.initial});
    s.outputs.emplace_back(name + ".next", stored.after);
  }
  return true;
}

// ---- all of it ----

bool Importer::evaluateOnce() {
  session_ = std::make_shared<Session>(container_, options_, ranges_, found_);
  Session &s = *session_;
  const std::vector<Host> inputs = graphInputs();
  frontend::checkExtents(found_.problems, *s.module, options_.dims, options_.inputShapes,
                         usedOptions_);
  checkArguments();
  raise();
  checkGuards();
  const std::vector<Json> specs = signature_["output_specs"].items();
  s.leaves = outputLeaves(static_cast<size_t>(std::ranges::count_if(
      specs, [](const Json &spec) { return spec.only().first == "user_output"; })));
  const std::vector<Host> outputs = s.runner.run(graph_, inputs);
  s.in.to().at = {};
  if (outputs.size() != specs.size())
    signature_["output_specs"].fail(
        fmt::format("{} entries for the {} outputs of the graph", specs.size(), outputs.size()));
  for (size_t i = 0; i < specs.size(); ++i) {
    const auto [kind, spec] = specs[i].only();
    collectOutput(kind, spec, outputs[i]);
  }
  raise();
  findStates();
  return addStates();
}

std::unique_ptr<ir::Module> Importer::run() {
  try {
    while (!evaluateOnce()) {
    }
    return finish();
  } catch (const CompileError &error) {
    found_.problems.push_back(error.diagnostic()); // behind those that were found before it
    raise();
    throw;
  }
}

/// Of --outputs.
void Importer::applyOptions() {
  Session &s = *session_;
  ir::Function &main = s.main;
  constexpr auto name = &Outputs::value_type::first;
  for (const std::string &wanted : options_.outputs)
    if (std::ranges::find(s.outputs, wanted, name) == s.outputs.end())
      problem(Problem::usage, "exported.output",
              fmt::format("--outputs {}: the model has no output of that name", wanted));
  if (!options_.outputs.empty()) {
    Outputs kept;
    for (size_t i = 0; i < s.outputs.size(); ++i) {
      const auto state = std::ranges::find(main.states, i, &ir::State::result);
      if (state == main.states.end() &&
          std::ranges::find(options_.outputs, s.outputs[i].first) == options_.outputs.end())
        continue;
      if (state != main.states.end())
        state->result = kept.size();
      kept.push_back(s.outputs[i]);
    }
    s.outputs = std::move(kept);
  }
}

std::unique_ptr<ir::Module> Importer::finish() {
  applyOptions();
  raise();
  Session &s = *session_;
  std::vector<ir::Value *> results;
  for (const auto &[name, value] : s.outputs) {
    results.push_back(value);
    s.main.resultNames.push_back(name);
  }
  s.in.to().yield(results);
  std::unique_ptr<ir::Module> module = std::move(s.module);
  session_.reset();
  module->eraseUnusedConstants();
  return module;
}

// ---- the interface ----

Import importModel(const std::filesystem::path &path, const ImportOptions &options) {
  const Container container{path, options.program};
  Importer importer{container, options};
  std::unique_ptr<ir::Module> module = importer.run();
  return {std::move(module), {path}, importer.notes()};
}

Inputs inputsOf(const std::filesystem::path &path, const ImportOptions &options) {
  const Container container{path, options.program};
  return Importer{container, options}.inputs();
}

bool isExported(const std::filesystem::path &path) {
  try {
    const torchscript::Archive archive{frontend::mapFile(path, "exported.file")};
    return Container::isExported(archive);
  } catch (const CompileError &) {
    return false; // damaged: who reads it says how
  }
}

} // namespace burin::exported
