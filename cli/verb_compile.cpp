// SPDX-License-Identifier: Apache-2.0
//
// burin compile MODEL -o DIR.
#include "cli/format.h"
#include "cli/model.h"
#include "cli/pipeline.h"
#include "cli/problems.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/tune.h"
#include "cli/verbs.h"
#include "cli/write_file.h"
#include "ir/text.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// What the summary tells of a module; taken before the passes change it.
struct Interface {
  struct Port {
    std::string name, type;
  };
  std::vector<Port> inputs, outputs, states;
  size_t nodes;

  explicit Interface(const ir::Module &module) : nodes{countOps(module)} {
    for (const auto &entry : module.functions)
      add(*entry, module.functions.size() > 1 ? entry->name + "." : "");
  }

private:
  /// `prefix`: of the names, where there are several entry points. These share states.
  void add(const ir::Function &entry, const std::string &prefix) {
    for (const cli::Port &port : inputsOf(entry))
      inputs.push_back({prefix + port.name, port.type.text()});
    for (const cli::Port &port : outputsOf(entry))
      outputs.push_back({prefix + port.name, port.type.text()});
    for (const ir::State &state : entry.states)
      if (std::ranges::find(states, state.name, &Port::name) == states.end())
        states.push_back({state.name, entry.body.argument(state.argument)->type.text()});
  }
};

std::string portsText(const std::vector<Interface::Port> &ports) {
  constexpr size_t kShown = 4;
  std::string text;
  for (size_t i = 0; i < ports.size() && i < kShown; ++i)
    text += fmt::format("{}{} {}", i ? ", " : "", printable(ports[i].name), ports[i].type);
  if (ports.size() > kShown)
    text += fmt::format(" and {} more", ports.size() - kShown);
  return text.empty() ? "none" : text;
}

Json portsJson(const std::vector<Interface::Port> &ports) {
  Json list = Json::array();
  for (const Interface::Port &port : ports)
    list.push_back({{"name", port.name}, {"type", port.type}});
  return list;
}

struct Result {
  const Model &model;
  Interface interface;
  std::optional<codegen::Summary> summary; ///< nothing for --emit gir
  size_t nodesAfter;
  std::vector<fs::path> paths;
  size_t changed = 0; ///< files that were written
  double seconds;
};

std::string filesText(const Result &result, const Settings &settings) {
  std::vector<std::string> names;
  for (const fs::path &path : result.paths)
    names.push_back(path.filename().string());
  const std::string folder = result.paths.front().parent_path().string();
  return fmt::format("{} in {}{}", fmt::join(names, ", "), folder.empty() ? "." : folder,
                     settings.flag("dry-run") ? " (not written)"
                     : result.changed == 0    ? " (unchanged)"
                                              : "");
}

/// What lives at the peak: "of conv1 6,400, image 256".
std::string peakText(const codegen::Summary &s, bool all) {
  const size_t shown = all ? s.peakBuffers.size() : std::min<size_t>(s.peakBuffers.size(), 4);
  std::string text;
  for (size_t i = 0; i < shown; ++i)
    text += fmt::format("{} {} {}", i ? "," : "of", printable(s.peakBuffers[i].name),
                        grouped(s.peakBuffers[i].bytes));
  if (shown < s.peakBuffers.size())
    text += fmt::format(" and {} more", s.peakBuffers.size() - shown);
  return text;
}

std::string summaryText(const Result &result, const Settings &settings) {
  std::string text;
  const auto line = [&](std::string_view key, std::string_view value) {
    text += fmt::format("{:<9} {}\n", key, value);
  };
  line("inputs", portsText(result.interface.inputs));
  line("outputs", portsText(result.interface.outputs));
  if (!result.interface.states.empty())
    line("states", portsText(result.interface.states));
  if (const auto &s = result.summary) {
    line("nodes",
         fmt::format("{} -> {} steps of {} functions", result.interface.nodes, s->steps, s->stubs));
    line("MACs", grouped(s->macs));
    line("weights", bytesText(s->weightBytes));
    line("arena",
         fmt::format("{}, lower bound {}{}", bytesText(s->arenaBytes), grouped(s->lowerBound),
                     s->peakStep.empty() ? std::string{}
                                         : fmt::format(", peak at '{}'", printable(s->peakStep))));
    if (!s->peakBuffers.empty())
      line("", peakText(*s, settings.flag("verbose")));
  } else {
    line("nodes", fmt::format("{} -> {}", result.interface.nodes, result.nodesAfter));
  }
  line("files", filesText(result, settings));
  line("time", fmt::format("{:.2f} s", result.seconds));
  if (result.summary && result.summary->shardsAdvised > 1 && !settings.has("shards"))
    line("hint", fmt::format("{0}.cpp takes a C++ compiler long: --shards {1} (CMake: SHARDS {1}) "
                             "makes {1} files of it",
                             result.model.name, result.summary->shardsAdvised));
  return text;
}

Json summaryJson(const Result &result) {
  Json json{{"name", result.model.name},
            {"model_sha256", result.model.sha256},
            {"inputs", portsJson(result.interface.inputs)},
            {"outputs", portsJson(result.interface.outputs)},
            {"states", portsJson(result.interface.states)},
            {"nodes", {{"before", result.interface.nodes}, {"after", result.nodesAfter}}}};
  if (const auto &s = result.summary) {
    json["shards_advised"] = s->shardsAdvised;
    json["macs"] = s->macs;
    json["weights"] = s->weightBytes;
    json["state"] = s->stateBytes;
    Json buffers = Json::array();
    for (const codegen::Summary::Buffer &b : s->peakBuffers)
      buffers.push_back({{"name", b.name}, {"bytes", b.bytes}});
    json["arena"] = {{"bytes", s->arenaBytes},
                     {"bound", s->lowerBound},
                     {"peak", s->peakStep},
                     {"peak_buffers", std::move(buffers)}};
  }
  Json files = Json::array();
  for (const fs::path &path : result.paths)
    files.push_back(path.string());
  json["files"] = std::move(files);
  json["seconds"] = result.seconds;
  return json;
}

std::vector<fs::path> pathsOf(const fs::path &folder, const std::vector<std::string> &names) {
  std::vector<fs::path> paths;
  for (const std::string &name : names)
    paths.push_back(folder / name);
  return paths;
}

void writeDepfile(const Settings &settings, const Result &result) {
  if (!settings.has("depfile"))
    return;
  const fs::path target =
      settings.has("stamp") ? fs::path(settings.text("stamp")) : result.paths.front();
  writeFile(settings.text("depfile"), depfile(target, result.model.files));
}

void show(const Result &result, const Settings &settings) {
  if (settings.flag("json")) {
    print(dump(summaryJson(result), false));
  } else if (settings.flag("quiet")) {
    for (const fs::path &path : result.paths)
      print(path.string() + "\n");
  } else {
    print(summaryText(result, settings));
  }
}

} // namespace

int runCompile(const Settings &settings) {
  if (!settings.has("output"))
    throw CompileError(Problem::usage, {}, "-o is missing: the folder of the generated files");
  const auto start = std::chrono::steady_clock::now();
  const fs::path folder = settings.text("output");
  const std::string name = modelName(settings);
  if (settings.flag("print-outputs")) {
    for (const fs::path &path : pathsOf(folder, fileNames(name, settings)))
      print(path.string() + "\n");
    return kOk;
  }
  if (!settings.has("tuned") && (settings.has("cc") || settings.has("cxxflags")))
    throw CompileError(Problem::usage, {},
                       "compile runs a C++ compiler for --tune alone: --cc and --cxxflags go with "
                       "--tuned");
  if (settings.flag("tune"))
    tune(settings);
  Progress progress(stderr, !settings.flag("quiet"));
  progress.update("reading", 0, 0);
  const Model model = readModel(settings);
  Interface interface(*model.module);
  progress.update("optimising", 0, 0);
  optimise(*model.module, settings);
  Compiled compiled;
  const bool isGir = settings.text("emit") == "gir";
  const size_t after = countOps(*model.module);
  progress.update("generating", 0, 0);
  if (isGir)
    compiled.files = {
        {name + ".gir", [text = ir::print(*model.module)](const codegen::Sink &to) { to(text); }}};
  else
    compiled = generateCode(*model.module, name, settings);
  progress.erase();
  if (!settings.flag("quiet"))
    for (const std::string &note : model.notes)
      fmt::print(stderr, "note: {}\n", note);
  for (const std::string &problem : staleChoices(*model.module, targetOf(settings)))
    fmt::print(stderr, "warning: {}: {} any more; --tune measures it again\n",
               settings.text("tuned"), problem);

  std::vector<std::string> names;
  for (const codegen::File &file : compiled.files)
    names.push_back(file.name);
  Result result{model, std::move(interface), {}, after, pathsOf(folder, names), 0, 0};
  if (!isGir)
    result.summary = compiled.summary;
  if (!settings.flag("dry-run")) {
    for (size_t i = 0; i < names.size(); ++i)
      result.changed += writeFile(result.paths[i], compiled.files[i].write);
    writeDepfile(settings, result);
    if (settings.has("stamp"))
      touchFile(settings.text("stamp"));
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  show(result, settings);
  return kOk;
}

} // namespace burin::cli
