// SPDX-License-Identifier: Apache-2.0
//
// burin inspect MODEL: what is in a model, as it was read, and what it would cost.
#include "cli/format.h"
#include "cli/model.h"
#include "cli/pipeline.h"
#include "cli/problems.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "ir/ops.h"
#include "ir/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace burin::cli {
namespace {
using Json = nlohmann::ordered_json;

/// Bytes at the upper bounds; nothing where there is no bound, or no fixed size.
std::optional<int64_t> bytesOf(const ir::Type &type) {
  if (!type.isTensor() || type.element() == ir::ElementType::string)
    return std::nullopt;
  const int64_t count = type.count().bounds().hi;
  const auto size = static_cast<int64_t>(ir::elementSize(type.element()));
  if (count == ir::kUnbounded || (count > 0 && size > INT64_MAX / count))
    return std::nullopt;
  return count * size;
}

std::string sizeText(const ir::Type &type) {
  const std::optional<int64_t> bytes = bytesOf(type);
  return bytes ? bytesText(*bytes) : "?";
}

std::string boundText(int64_t bound) {
  return bound == ir::kUnbounded ? "" : std::to_string(bound);
}

/// One value of the graph, where it comes from, and its type.
struct Row {
  std::string name, from;
  ir::Type type;
};

class Inspection {
public:
  Inspection(const Settings &settings, const Model &model)
      : settings_{settings}, model_{model}, module_{*model.module} {
    collect();
  }

  /// What the options ask for, or everything but the lists.
  std::string text() const {
    const bool all = !asked();
    std::string result;
    if (all)
      result += interfaceText();
    if (settings_.flag("graph"))
      result += ir::print(module_, {.elideConstants = true, .annotations = {}});
    if (settings_.flag("tensors"))
      result += rowsText(tensors_);
    if (all || settings_.flag("list-ops"))
      result += opsText();
    if (settings_.flag("list-weights"))
      result += rowsText(weights_);
    return result;
  }

  Json json() const {
    Json document{{"name", model_.name},
                  {"format", module_.format},
                  {"model_sha256", model_.sha256},
                  {"entries", entriesJson()},
                  {"notes", model_.notes},
                  {"symbols", symbolsJson()},
                  {"ops", opsJson()},
                  {"nodes", countOps(module_)},
                  {"weights", {{"count", weights_.size()}, {"bytes", weightBytes()}}}};
    if (settings_.flag("graph"))
      document["graph"] = ir::print(module_, {.elideConstants = true, .annotations = {}});
    if (settings_.flag("tensors"))
      document["tensors"] = rowsJson(tensors_);
    if (settings_.flag("list-weights"))
      document["weights"]["tensors"] = rowsJson(weights_);
    return document;
  }

  /// Only without lists: they are about the model alone.
  bool wantsMemory() const { return !asked() || settings_.flag("json"); }

private:
  bool asked() const {
    return settings_.flag("graph") || settings_.flag("tensors") || settings_.flag("list-ops") ||
           settings_.flag("list-weights");
  }

  void collect() {
    for (const auto &constant : module_.constants())
      if (constant->hasUses())
        weights_.push_back({constant->name, "constant", constant->type});
    for (const auto &function : module_.functions) {
      for (size_t i = 0; i < function->body.numArguments(); ++i)
        tensors_.push_back(
            {function->body.argument(i)->name, "input", function->body.argument(i)->type});
      function->body.walk([&](const ir::Op &op) {
        if (op.is(ir::ops::yield))
          return;
        const std::string source = op.at.op.empty() ? std::string(op.def.name) : op.at.op;
        ++ops_[{std::string(op.def.name), source}];
        for (size_t i = 0; i < op.numResults(); ++i)
          tensors_.push_back({op.result(i)->name, std::string(op.def.name), op.result(i)->type});
      });
    }
  }

  int64_t weightBytes() const {
    int64_t bytes = 0;
    for (const Row &row : weights_)
      bytes += bytesOf(row.type).value_or(0);
    return bytes;
  }

  std::string interfaceText() const {
    std::string text = fmt::format("{} ({}), sha256 {}\n", printable(model_.name), module_.format,
                                   model_.sha256.substr(0, 16));
    for (const auto &function : module_.functions) {
      if (module_.functions.size() > 1)
        text += fmt::format("entry {}\n", printable(function->name));
      for (size_t i = 0; i < function->body.numArguments(); ++i) {
        const ir::Value &value = *function->body.argument(i);
        text += portText(function->stateOfArgument(i) ? "state" : "input", value.name, value.type);
      }
      const ir::Op &yield = function->body.terminator();
      for (size_t i = 0; i < yield.numOperands(); ++i)
        if (!function->stateOfResult(i))
          text += portText("output", function->resultNames[i], yield.operand(i)->type);
    }
    for (const std::string &note : model_.notes)
      text += fmt::format("{:<9} {}\n", "note", printable(note));
    for (const ir::Symbol &symbol : module_.symbols())
      text += fmt::format("{:<9} {} = {}..{}  {}\n", "dim", printable(symbol.name),
                          symbol.bounds.lo, boundText(symbol.bounds.hi), printable(symbol.origin));
    text += fmt::format("{:<9} {} of {} constants\n", "weights", bytesText(weightBytes()),
                        weights_.size());
    return text + fmt::format("{:<9} {}\n", "nodes", countOps(module_));
  }

  static std::string portText(std::string_view kind, const std::string &name,
                              const ir::Type &type) {
    return fmt::format("{:<9} {} {}, {}\n", kind, printable(name), type.text(), sizeText(type));
  }

  static std::string rowsText(const std::vector<Row> &rows) {
    std::string text;
    for (const Row &row : rows)
      text += fmt::format("{:<24} {:<12} {:<28} {}\n", row.name.empty() ? "-" : printable(row.name),
                          row.from, row.type.text(), sizeText(row.type));
    return text;
  }

  static Json rowsJson(const std::vector<Row> &rows) {
    Json list = Json::array();
    for (const Row &row : rows) {
      list.push_back({{"name", row.name}, {"from", row.from}, {"type", row.type.text()}});
      if (const std::optional<int64_t> bytes = bytesOf(row.type))
        list.back()["bytes"] = *bytes;
    }
    return list;
  }

  std::string opsText() const {
    std::vector<std::pair<size_t, std::pair<std::string, std::string>>> rows;
    for (const auto &[names, count] : ops_)
      rows.push_back({count, names});
    std::ranges::stable_sort(rows, std::greater{}, &decltype(rows)::value_type::first);
    std::string text;
    for (const auto &[count, names] : rows)
      text +=
          fmt::format("{:>9} {}{}\n", count, names.first,
                      names.second == names.first ? std::string{}
                                                  : fmt::format(" of {}", printable(names.second)));
    return text;
  }

  Json opsJson() const {
    Json list = Json::array();
    for (const auto &[names, count] : ops_)
      list.push_back({{"op", names.first}, {"source", names.second}, {"count", count}});
    return list;
  }

  Json symbolsJson() const {
    Json list = Json::array();
    for (const ir::Symbol &symbol : module_.symbols()) {
      list.push_back({{"name", symbol.name}, {"min", symbol.bounds.lo}});
      if (symbol.bounds.hi != ir::kUnbounded)
        list.back()["max"] = symbol.bounds.hi;
      list.back()["origin"] = symbol.origin;
    }
    return list;
  }

  Json entriesJson() const {
    Json list = Json::array();
    for (const auto &function : module_.functions) {
      Json entry{{"name", function->name},
                 {"inputs", Json::array()},
                 {"outputs", Json::array()},
                 {"states", Json::array()}};
      for (size_t i = 0; i < function->body.numArguments(); ++i) {
        const ir::Value &value = *function->body.argument(i);
        entry[function->stateOfArgument(i) ? "states" : "inputs"].push_back(
            {{"name", value.name}, {"type", value.type.text()}});
      }
      const ir::Op &yield = function->body.terminator();
      for (size_t i = 0; i < yield.numOperands(); ++i)
        if (!function->stateOfResult(i))
          entry["outputs"].push_back(
              {{"name", function->resultNames[i]}, {"type", yield.operand(i)->type.text()}});
      list.push_back(std::move(entry));
    }
    return list;
  }

  const Settings &settings_;
  const Model &model_;
  const ir::Module &module_;
  std::vector<Row> tensors_, weights_;
  std::map<std::pair<std::string, std::string>, size_t> ops_; ///< by ours and the model's name
};

/// The cost of the generated code; nothing if the model does not compile, which `check` explains.
std::optional<codegen::Summary> costOf(const Model &model, const Settings &settings) {
  try {
    optimise(*model.module, settings);
    return generateCode(*model.module, model.name, settings).summary;
  } catch (const CompileError &error) {
    if (error.diagnostic().problem == Problem::usage)
      throw;
  } catch (const CompileErrors &) {
  }
  return std::nullopt;
}

} // namespace

int runInspect(const Settings &settings) {
  const Model model = readModel(settings);
  std::string text;
  Json document;
  bool wantsMemory = false;
  {
    const Inspection inspection(settings, model); // before the passes change the module
    wantsMemory = inspection.wantsMemory();
    if (settings.flag("json"))
      document = inspection.json();
    else
      text = inspection.text();
  }
  if (wantsMemory) {
    const std::optional<codegen::Summary> cost = costOf(model, settings);
    if (cost)
      document["cost"] = {{"arena", cost->arenaBytes}, {"arena_bound", cost->lowerBound},
                          {"peak", cost->peakStep},    {"weights", cost->weightBytes},
                          {"state", cost->stateBytes}, {"macs", cost->macs},
                          {"steps", cost->steps}};
    text += cost ? fmt::format("compiled  {} steps, {} MACs, arena {}, weights {}{}\n", cost->steps,
                               grouped(cost->macs), bytesText(cost->arenaBytes),
                               bytesText(cost->weightBytes),
                               cost->stateBytes > 0
                                   ? fmt::format(", state {}", bytesText(cost->stateBytes))
                                   : std::string{})
                 : "compiled  not possible: burin check tells why\n";
  }
  print(settings.flag("json") ? dump(document, false) : text);
  return kOk;
}

} // namespace burin::cli
