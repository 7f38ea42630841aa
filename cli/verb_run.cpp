// SPDX-License-Identifier: Apache-2.0
//
// burin run MODEL: in this process, without a C++ compiler.
#include "cli/interpreter.h"
#include "cli/model.h"
#include "cli/pipeline.h"
#include "cli/problems.h"
#include "cli/references.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace burin::cli {
namespace {
using Json = nlohmann::ordered_json;

constexpr size_t kShown = 16; ///< elements of an output on the terminal

std::vector<NamedTensors> stepsOf(const Settings &settings, const ir::Function &entry) {
  const std::vector<std::string> given = settings.list("input");
  const bool isRandom = given.empty() && settings.has("seed");
  if (given.empty() && !isRandom && !inputsOf(entry).empty()) {
    std::string names;
    for (const Port &port : inputsOf(entry))
      names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", port.name, port.type.text());
    throw CompileError(Problem::usage, {}, "--input is missing")
        .hint(fmt::format("the inputs are {}; --seed N makes random ones", printable(names)));
  }
  if (!isRandom)
    return readInputs(given, entry, settings.flag("sequence"));
  if (settings.flag("sequence"))
    throw CompileError(Problem::usage, {}, "--sequence needs --input: random inputs are one step");
  return {randomInputs(entry, *settings.number("seed"), 0)};
}

template <class Each> void forElements(const ir::Tensor &tensor, size_t most, Each &&each) {
  using ir::ElementType;
  const ElementType element = tensor.type.element();
  for (size_t i = 0, count = std::min(tensor.count(), most); i < count; ++i) {
    if (element == ElementType::string)
      each(Json(tensor.strings[i]));
    else if (element == ElementType::c64)
      each(Json{tensor.as<float>()[2 * i], tensor.as<float>()[2 * i + 1]});
    else if (element == ElementType::c128)
      each(Json{tensor.as<double>()[2 * i], tensor.as<double>()[2 * i + 1]});
    else if (element == ElementType::boolean)
      each(Json(tensor.integer(i) != 0));
    else if (element == ElementType::f32)
      each(Json(static_cast<float>(tensor.number(i))));
    else if (ir::isFloat(element))
      each(Json(tensor.number(i)));
    else if (element == ElementType::u64)
      each(Json(static_cast<uint64_t>(tensor.integer(i))));
    else
      each(Json(tensor.integer(i)));
  }
}

std::string shownText(const std::string &name, const ir::Tensor &tensor) {
  std::string text = fmt::format("{} {}\n ", printable(name), tensor.type.text());
  forElements(tensor, kShown, [&](const Json &value) {
    text += value.is_number_float() ? fmt::format(" {:.6g}", value.get<double>())
                                    : fmt::format(" {}", value.dump());
  });
  return text + (tensor.count() > kShown ? " ...\n" : "\n");
}

Json shownJson(const std::string &name, const ir::Tensor &tensor) {
  Json data = Json::array();
  forElements(tensor, SIZE_MAX, [&](Json value) { data.push_back(std::move(value)); });
  return {{"name", name},
          {"dtype", std::string(ir::name(tensor.type.element()))},
          {"shape", tensor.shape()},
          {"data", std::move(data)}};
}

void show(const NamedTensors &outputs, const std::vector<Port> &order, const Settings &settings) {
  Json list = Json::array();
  for (const Port &port : order) {
    const ir::Tensor &tensor = outputs.find(port.name)->second;
    if (settings.flag("json"))
      list.push_back(shownJson(port.name, tensor));
    else
      print(shownText(port.name, tensor));
  }
  if (settings.flag("json"))
    print(dump({{"outputs", std::move(list)}}, false));
}

} // namespace

int runRun(const Settings &settings) {
  const Model model = readModel(settings);
  if (model.module->functions.size() > 1)
    throw CompileError(Problem::usage, {}, "the model has several entry points, and run runs one")
        .hint("choose it with one --signature");
  const ir::Function &entry = *model.module->functions.front();
  const std::vector<NamedTensors> steps = stepsOf(settings, entry);
  optimise(*model.module, settings);
  const std::vector<Port> ports = outputsOf(entry);
  for (const Port &port : ports)
    if (!port.type.isTensor())
      throw CompileError(
          Problem::unsupported, {},
          fmt::format("the output '{}' is {}, which no array can be", port.name, port.type.text()));
  Interpreter interpreter(entry, anyEvaluator());
  std::map<std::string, std::vector<ir::Tensor>, std::less<>> results;
  NamedTensors outputs;
  const auto keep = [&](const ir::Value &value, const ir::Tensor &tensor) {
    if (!value.name.empty() && value.type.isTensor())
      outputs.try_emplace("node:" + value.name, tensor);
  };
  for (const NamedTensors &inputs : steps)
    for (auto &[name, tensor] :
         interpreter.run(inputs, settings.flag("per-node") ? keep : Interpreter::Observe{}))
      results[name].push_back(std::move(tensor));
  for (auto &[name, tensors] : results)
    outputs[name] = settings.flag("sequence") ? stacked(tensors) : std::move(tensors.front());
  if (settings.has("output"))
    writeNpz(settings.text("output"), outputs);
  if (!settings.has("output") || settings.flag("json"))
    show(outputs, ports, settings);
  else
    print(settings.text("output") + "\n");
  return kOk;
}

} // namespace burin::cli
