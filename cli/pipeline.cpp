// SPDX-License-Identifier: Apache-2.0
#include "cli/pipeline.h"

#include "cli/format.h"
#include "cli/help.h"
#include "cli/suggest.h"
#include "cli/tuned_file.h"
#include "codegen/kernels/evaluator.h"
#include "codegen/kernels/forms.h"
#include "codegen/prepare.h"
#include "codegen/shards.h"
#include "ir/machine.h"
#include "ir/ops.h"
#include "passes/memory_plan.h"
#include "passes/pipeline.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <sstream>

namespace burin::cli {
namespace {

passes::Optimize optimizeOf(const Settings &settings) {
  const std::string goal = settings.text("optimize");
  return goal == "none"    ? passes::Optimize::none
         : goal == "exact" ? passes::Optimize::exact
         : goal == "size"  ? passes::Optimize::size
                           : passes::Optimize::speed;
}

codegen::WeightForm weightFormOf(const Settings &settings) {
  const std::string form = settings.text("weights");
  return form == "literals" ? codegen::WeightForm::literals
         : form == "string" ? codegen::WeightForm::string
         : form == "incbin" ? codegen::WeightForm::incbin
         : form == "file"   ? codegen::WeightForm::file
         : form == "caller" ? codegen::WeightForm::caller
                            : codegen::WeightForm::automatic;
}

bool isIdentifier(std::string_view text) {
  return !(text.front() >= '0' && text.front() <= '9') && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string identifierOf(const Settings &settings, std::string_view option) {
  std::string text = settings.text(option);
  if (!text.empty() && !isIdentifier(text))
    throw CompileError(Problem::usage, {},
                       fmt::format("--{} is '{}', expected an identifier of C++", option, text));
  return text;
}

/// Of --shards. Not from the model: a build knows the files before it is read.
size_t shardsOf(const Settings &settings) {
  constexpr uint64_t kMost = 1000; // a mistyped number, above
  const uint64_t shards = *settings.number("shards");
  if (shards < 1 || shards > kMost)
    throw CompileError(Problem::usage, {},
                       fmt::format("--shards is {}, expected 1 to {}", shards, kMost));
  return static_cast<size_t>(shards);
}

codegen::Settings codegenSettings(const std::string &name, const Settings &settings) {
  codegen::Settings result;
  result.name = name;
  result.nameSpace = identifierOf(settings, "namespace");
  result.className = identifierOf(settings, "class");
  result.target = &targetOf(settings);
  result.cApi = settings.text("api") != "cxx";
  result.cxxApi = settings.text("api") != "c";
  result.threads = settings.text("threads") == "hook";
  result.profile = settings.flag("profile");
  result.shards = shardsOf(settings);
  result.weights = weightFormOf(settings);
  result.text = settingsText(settings);
  result.version = version();
  return result;
}

/// What the text of the generated code depends on. The others are paths, names, limits, or about
/// what is printed.
constexpr std::string_view kInText[] = {
    "outputs",    "state",   "namespace",     "class",       "api", "optimize",
    "target",     "threads", "profile",       "input-shape", "dim", "weights",
    "stop-after", "disable", "rewrite-limit", "cpu",
};

/// Of --cpu.
const ir::Machine &cpuOf(const std::string &name) {
  if (name == "native") {
    std::ifstream file("/proc/cpuinfo");
    std::stringstream text;
    text << file.rdbuf();
    if (const ir::Machine *found = ir::machineOf(text.str()))
      return *found;
    throw CompileError(Problem::usage, {}, "--cpu native: no row of the table is this processor")
        .hint("name the nearest: " + ir::machineNames());
  }
  if (const ir::Machine *found = ir::findMachine(name))
    return *found;
  std::vector<std::string_view> names;
  for (const ir::Machine &machine : ir::allMachines())
    names.insert(names.end(), machine.names.begin(), machine.names.end());
  const std::string near = didYouMean(name, names);
  throw CompileError(Problem::usage, {},
                     fmt::format("there is no processor '{}' in the table", name))
      .hint(near.empty() ? "there are " + ir::machineNames() : near);
}

void checkLimits(const codegen::Summary &summary, const Settings &settings) {
  std::vector<Diagnostic> problems;
  const auto check = [&](std::string_view option, int64_t value, std::string_view what,
                         std::string_view unit, std::string hint = {}) {
    const std::optional<uint64_t> limit = settings.number(option);
    if (limit && static_cast<uint64_t>(value) > *limit)
      problems.push_back({Problem::limit,
                          fmt::format("cli.{}", option),
                          {},
                          fmt::format("{} {} {}, more than --{} {}", what, grouped(value), unit,
                                      option, grouped(static_cast<int64_t>(*limit))),
                          {},
                          std::move(hint)});
  };
  check("arena-limit", summary.arenaBytes, "the arena has", "bytes",
        summary.peakStep.empty() ? std::string{}
                                 : fmt::format("the most is in use at '{}'", summary.peakStep));
  check("weights-limit", summary.weightBytes, "the weights have", "bytes");
  check("macs-limit", summary.macs, "a run makes", "multiplications");
  if (!problems.empty())
    throw CompileErrors(std::move(problems));
}

ir::MemoryPlan planOf(const codegen::Prepared &prepared) {
  ir::MemoryPlan plan = passes::planMemory(
      prepared.entry, codegen::scratchBytes(prepared), prepared.settings.target->alignment,
      {.shared = codegen::sharedMemory(prepared),
       .entries = {prepared.entries.begin(), prepared.entries.end()}});
  plan.steps = passes::steps(prepared.entry);
  return plan;
}

Api apiOf(const codegen::Prepared &prepared, const codegen::EntryInfo &range) {
  Api api{prepared.nameSpace,
          prepared.settings.className,
          range.run,
          prepared.hasStates(),
          {},
          {},
          {},
          {}};
  if (prepared.givesWeights())
    api.weights =
        prepared.settings.name + (prepared.hasWeightsFile() ? ".weights" : ".weights.bin");
  for (const codegen::SymbolInfo *symbol : codegen::symbolsOfInputs(prepared, range))
    api.symbols.push_back({symbol->identifier, symbol->name});
  const ir::Function &entry = prepared.entry;
  for (size_t i = range.firstArgument; i < range.endArgument; ++i)
    if (!entry.stateOfArgument(i))
      api.inputs.push_back({prepared.argumentNames[i],
                            {entry.body.argument(i)->name, entry.body.argument(i)->type}});
  const ir::Op &yield = entry.body.terminator();
  for (size_t i = range.firstResult; i < range.endResult; ++i)
    if (!entry.stateOfResult(i))
      api.outputs.push_back(
          {prepared.resultNames[i], {entry.resultNames[i], yield.operand(i)->type}});
  return api;
}

} // namespace

ir::Target baseTargetOf(const Settings &settings) {
  const ir::Target *found = ir::findTarget(settings.text("target"));
  if (!found)
    throw InternalError("the table has a target that the IR does not know");
  const passes::Optimize goal = optimizeOf(settings);
  ir::Target target = goal == passes::Optimize::speed  ? *found
                      : goal == passes::Optimize::size ? ir::small(*found)
                                                       : ir::exact(*found);
  if (settings.has("cpu"))
    target.cpu = cpuOf(settings.text("cpu")).name();
  return target;
}

const ir::Target &targetOf(const Settings &settings) {
  struct Tuned {
    ir::Choices choices;
    ir::Target target;
  };
  // Files that are generated look at it for as long as they are written.
  static std::map<std::string, Tuned> known;
  const std::string key = fmt::format(
      "{} {} {} {} {} {}", settings.text("target"), settings.text("optimize"), settings.text("cpu"),
      settings.text("tuned"), settings.text("cc"), fmt::join(settings.list("cxxflags"), " "));
  const auto [it, isNew] = known.try_emplace(key);
  if (isNew) {
    try {
      it->second = {tunedChoices(settings), baseTargetOf(settings)};
    } catch (...) {
      known.erase(it);
      throw;
    }
    it->second.target.choices = &it->second.choices;
  }
  return it->second.target;
}

std::vector<std::string> staleChoices(const ir::Module &module, const ir::Target &target) {
  std::vector<std::string> stale;
  for (const auto &function : module.functions)
    function->body.walk([&](const ir::Op &op) {
      const std::string_view form = kernels::chosenForm(op, target);
      if (const kernels::KernelDef *kernel =
              form.empty() ? nullptr : kernels::chooseKernel(op, target);
          kernel && !form.starts_with(kernel->variant))
        stale.push_back(fmt::format("'{}' cannot run as '{}'", kernels::layerKey(op), form));
    });
  std::ranges::sort(stale);
  stale.erase(std::ranges::unique(stale).begin(), stale.end());
  return stale;
}

void optimise(ir::Module &module, const Settings &settings) {
  optimiseFor(module, settings, targetOf(settings), settings.text("stop-after"));
}

void optimiseFor(ir::Module &module, const Settings &settings, const ir::Target &target,
                 const std::string &stopAfter) {
  passes::PassContext context;
  context.target = &target;
  context.optimize = optimizeOf(settings);
  context.evaluator = &kernels::evaluator();
  if (const std::optional<uint64_t> limit = settings.number("rewrite-limit"))
    context.rewriteLimit = static_cast<int64_t>(*limit);
  context.explain = settings.text("explain");
  context.log = [](std::string_view text) { fmt::print(stderr, "{}\n", text); };
  passes::PipelineOptions options;
  options.disable = settings.list("disable");
  options.stopAfter = stopAfter;
  options.printAfter = settings.list("print-after");
  options.timePasses = settings.flag("time-passes");
  options.verifyEach = settings.flag("verify-each");
  passes::runPipeline(module, context, options);
}

std::vector<codegen::File> generateFor(ir::Module &module, const std::string &name,
                                       const ir::Target &target,
                                       std::shared_ptr<const void> &keep) {
  passes::PassContext context;
  context.target = &target;
  context.evaluator = &kernels::evaluator();
  context.log = [](std::string_view) {};
  passes::runPipeline(module, context, {});
  codegen::Settings settings;
  settings.name = name;
  settings.target = &target;
  settings.weights = codegen::WeightForm::caller;
  settings.version = version();
  const auto prepared = codegen::prepare(module, settings);
  keep = prepared;
  return codegen::generate(*prepared, planOf(*prepared));
}

std::string settingsText(const Settings &settings) {
  std::string text;
  const auto add = [&](std::string_view word) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", word);
  };
  for (const Option &option : allOptions()) {
    if (std::ranges::count(kInText, nameOf(option)) == 0 || !settings.has(nameOf(option)))
      continue;
    if (!takesValue(option)) {
      add(longSpelling(option));
    } else if (isRepeatable(option)) {
      for (const std::string &value : settings.list(nameOf(option)))
        add(fmt::format("{} {}", longSpelling(option), value));
    } else if (settings.text(nameOf(option)) != option.fallback) {
      add(fmt::format("{} {}", longSpelling(option),
                      nameOf(option) == "cpu" ? std::string(cpuOf(settings.text("cpu")).name())
                                              : settings.text(nameOf(option))));
    }
  }
  return text;
}

Compiled generateCode(ir::Module &module, const std::string &name, const Settings &settings) {
  const std::shared_ptr<codegen::Prepared> prepared =
      codegen::prepare(module, codegenSettings(name, settings));
  const ir::MemoryPlan plan = planOf(*prepared);
  Compiled compiled{
      prepared, codegen::generate(*prepared, plan), codegen::summarise(*prepared, plan), {}};
  for (const codegen::EntryInfo &entry : prepared->entries)
    compiled.apis.push_back(apiOf(*prepared, entry));
  checkLimits(compiled.summary, settings);
  return compiled;
}

std::vector<std::string> fileNames(const std::string &name, const Settings &settings) {
  std::vector<std::string> names;
  if (settings.text("emit") == "gir")
    return {name + ".gir"};
  names.push_back(name + ".h");
  for (std::string &source : codegen::sourceNames(name, shardsOf(settings)))
    names.push_back(std::move(source));
  for (const std::string_view ending : {".weights.cpp", ".weights.bin"})
    names.push_back(name + std::string(ending));
  if (settings.text("weights") == "file")
    names.push_back(name + ".weights");
  names.emplace_back("report.json");
  if (settings.text("api") != "cxx")
    for (const std::string_view ending : {"_c.h", "_c.cpp"})
      names.push_back(name + std::string(ending));
  return names;
}

size_t countOps(const ir::Module &module) {
  size_t count = 0;
  for (const auto &function : module.functions)
    function->body.walk([&](const ir::Op &op) { count += !op.is(ir::ops::yield); });
  return count;
}

} // namespace burin::cli
