// SPDX-License-Identifier: Apache-2.0
#include "cli/tune.h"

#include "cli/model.h"
#include "cli/pipeline.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/testbench.h"
#include "cli/tuned_file.h"
#include "cli/write_file.h"
#include "codegen/kernels/forms.h"
#include "codegen/kernels/frame.h"
#include "ir/ops.h"
#include "passes/graph.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <span>
#include <sstream>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kBuildLimit = 600s, kRunLimit = 300s;
constexpr double kMustWin = .98; // of the time of the estimate: less may be noise

/// A layer that is chosen for, and how often the model has it.
struct Layer {
  std::string key;
  const ir::Op *op;
  std::vector<std::string> forms; ///< the first is the estimate
  std::string measuredKey;        ///< at the upper bounds of the symbols
};

/// Images of many channels, from those of one: nearly for nothing, and as convolutions write them.
ir::Value *spread(ir::Builder &to, const ir::Type &type) {
  const size_t spatial = type.rank() - 2;
  const auto channels = static_cast<size_t>(type.shape().back().number());
  ir::Shape from = type.shape(), filter(type.rank(), 1);
  from.back() = 1;
  filter.front() = type.shape().back();
  std::vector<float> weights(channels);
  for (size_t i = 0; i < channels; ++i)
    weights[i] = 0.5F + static_cast<float>(i) / static_cast<float>(channels);
  return to.make(
      ir::ops::conv,
      {to.block().addArgument(type.withShape(from), "x"),
       to.module().addConstant(type.withShape(filter), std::as_bytes(std::span(weights)))},
      {ir::attr::strides(std::vector<int64_t>(spatial, 1)),
       ir::attr::pads(ir::Dims(2 * spatial, 0)),
       ir::attr::dilations(std::vector<int64_t>(spatial, 1)), ir::attr::group(1)});
}

ir::Type atUpperBounds(const ir::Type &type) {
  ir::Shape shape;
  for (const ir::Dim &d : type.shape())
    shape.emplace_back(d.bounds().hi);
  return type.withShape(shape);
}

/// A model of the one op, symbols at their upper bounds. Where the border of what it reads would
/// cost nothing, it does here.
std::unique_ptr<ir::Module> moduleOf(const ir::Op &op, const ir::Target &target) {
  auto module = std::make_unique<ir::Module>();
  module->format = "gir";
  ir::Function &function = module->addFunction("main");
  ir::Builder builder{*module, function.body};
  builder.at.node = "layer";
  passes::ValueMap map;
  if (kernels::canLeaveRoom(*op.operand(0), target))
    map[op.operand(0)] = spread(builder, atUpperBounds(op.operand(0)->type));
  for (size_t i = 0; i < op.numOperands(); ++i)
    if (ir::Value *v = op.operand(i); v && !map.contains(v))
      map[v] = v->isConstant()
                   ? module->addConstant(v->type, v->constant()->bytes, v->name)
                   : function.body.addArgument(atUpperBounds(v->type), fmt::format("x{}", i));
  ir::Op &copy = passes::clone(builder, op, map);
  copy.at = builder.at;
  ir::Value *const result = copy.result();
  builder.yield({&result, 1});
  function.resultNames = {"y"};
  return module;
}

/// Whether the op of the model itself, whose extents are symbols, can run so.
bool canRun(const ir::Op &op, const std::string &key, const std::string &form,
            const ir::Target &target) {
  const ir::Choices choices = {{key, form}};
  ir::Target chosen = target;
  chosen.choices = &choices;
  const kernels::KernelDef *kernel = kernels::chooseKernel(op, chosen);
  return kernel && form.starts_with(kernel->variant);
}

std::vector<Layer> layersOf(const ir::Module &module, const ir::Target &target) {
  std::vector<Layer> layers;
  for (const ir::Op *op : passes::allOps(module)) {
    std::string key = kernels::layerKey(*op);
    if (key.empty() || std::ranges::count(layers, key, &Layer::key))
      continue;
    Layer layer{key, op, {}, key};
    if (op->result()->type.isStatic()) {
      layer.forms = kernels::formsOf(*op, target);
    } else {
      const std::unique_ptr<ir::Module> sample = moduleOf(*op, target);
      const ir::Op &measured = *sample->functions[0]->body.terminator().operand(0)->def();
      layer.measuredKey = kernels::layerKey(measured);
      layer.forms = kernels::formsOf(measured, target);
      std::erase_if(layer.forms, [&](const std::string &form) {
        return !canRun(*op, key, form, target) && form != "direct"; // whose border is not made yet
      });
    }
    if (layer.forms.size() > 1)
      layers.push_back(std::move(layer));
  }
  return layers;
}

/// Times each model by itself, in turns. What other layers do between two runs of a layer is done
/// to the caches by reading so many bytes.
constexpr std::string_view kHead = R"(// Times the forms of a layer; made by `burin compile --tune`.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>
)";

constexpr std::string_view kProgram = R"(
namespace {{

constexpr size_t kOthers = {0};
constexpr int kRounds = 15;

unsigned char *room(size_t bytes) {{
  auto *memory = static_cast<unsigned char *>(aligned_alloc(4096, (bytes + 4096) / 4096 * 4096));
  unsigned seed = 1;
  for (size_t i = 0; i + 4 <= bytes; i += 4) {{
    seed = seed * 1664525 + 1013904223;
    const float value = static_cast<float>(seed >> 8) / 16777216.0F - 0.5F;
    memcpy(memory + i, &value, 4);
  }}
  return memory;
}}

template <class M> double seconds() {{
  static unsigned char *const arena = room(M::arena_size), *const start = room(M::arena_size);
  static unsigned char *const weights = room(M::weights_size);
  static M model{{burin::Arena{{arena, M::arena_size}}, burin::Weights{{weights, M::weights_size}}}};
  static const std::vector<char> others(kOthers, 1);
  static volatile long sum = 0;
  long read = 0;
  for (size_t i = 0; i < kOthers; i += 64)
    read += others[i];
  sum = read;
  memcpy(arena, start, M::arena_size);
  const auto from = std::chrono::steady_clock::now();
  if (model.run() != burin::Status::ok)
    abort();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}}

using Form = double (*)();
constexpr Form kForms[] = {{{1}}};

}} // namespace

int main() {{
  std::vector<std::vector<double>> times(sizeof kForms / sizeof kForms[0]);
  for (int round = -1; round < kRounds; ++round)
    for (size_t i = 0; i < times.size(); ++i) {{
      const double time = kForms[i]();
      if (round >= 0) // the first warms up
        times[i].push_back(time);
    }}
  for (std::vector<double> &t : times) {{
    std::nth_element(t.begin(), t.begin() + kRounds / 2, t.end());
    printf("%.9g\n", t[kRounds / 2]);
  }}
}}
)";

/// Microseconds of each form.
std::vector<double> measure(const Layer &layer, size_t otherBytes, const Settings &settings) {
  const ScratchFolder folder;
  std::vector<std::string> words = compileCommand(settings, folder.path());
  std::string program(kHead), forms;
  for (size_t i = 0; i < layer.forms.size(); ++i) {
    const ir::Choices choices = {{layer.measuredKey, layer.forms[i]}};
    ir::Target target = baseTargetOf(settings);
    target.choices = &choices;
    const std::unique_ptr<ir::Module> module = moduleOf(*layer.op, target);
    const std::string name = fmt::format("form{}", i);
    std::shared_ptr<const void> keep;
    for (const codegen::File &file : generateFor(*module, name, target, keep)) {
      if (file.name.ends_with(".bin"))
        continue; // random ones will do
      writeFile(folder.path() / file.name, file.write);
      if (file.name.ends_with(".cpp"))
        words.push_back((folder.path() / file.name).string());
    }
    program += fmt::format("#include \"{}.h\"\n", name);
    forms += fmt::format("{}&seconds<{}::Model>", forms.empty() ? "" : ", ", name);
  }
  program += fmt::format(fmt::runtime(kProgram), otherBytes, forms);
  const fs::path source = folder.path() / "tune.cpp", binary = folder.path() / "tune";
  writeFile(source, program);
  words.insert(words.end(), {source.string(), "-o", binary.string()});
  const ProcessResult built = runProcess(words, kBuildLimit);
  if (!built.succeeded())
    throw CompileError(Problem::usage, {},
                       fmt::format("--tune: the C++ compiler ends with {}:\n  {}\n{}",
                                   built.outcome(), fmt::join(words, " "), built.output));
  const ProcessResult ran = runProcess({binary.string()}, kRunLimit);
  std::vector<double> microseconds;
  std::istringstream text(ran.output);
  for (double seconds = 0; text >> seconds;)
    microseconds.push_back(seconds * 1e6);
  if (!ran.succeeded() || microseconds.size() != layer.forms.size())
    throw CompileError(
        Problem::usage, {},
        fmt::format("--tune: the program of a layer ends with {}: {}", ran.outcome(), ran.output))
        .hint("--cc and --cxxflags have to build for this machine");
  return microseconds;
}

} // namespace

void tune(const Settings &settings) {
  if (!settings.has("tuned"))
    throw CompileError(Problem::usage, {}, "--tune has no file for what it measures")
        .hint("give one: --tuned FILE");
  if (settings.flag("dry-run"))
    throw CompileError(Problem::usage, {}, "--tune writes a file and --dry-run writes none");
  const fs::path path = settings.text("tuned");
  TunedRows rows = readTuned(path);
  Model model = readModel(settings);
  const ir::Target target = baseTargetOf(settings);
  optimiseFor(*model.module, settings, target, "fuse-elementwise"); // borders are not made yet
  size_t weightBytes = 0;
  for (const auto &constant : model.module->constants())
    weightBytes += constant->constant()->bytes.size();
  constexpr size_t kMostOthers = 64 << 20;
  const std::string compiler = compilerText(settings), name = targetText(settings);

  std::vector<Layer> layers = layersOf(*model.module, target);
  std::erase_if(layers, [&](const Layer &layer) {
    const auto it = rows.find({compiler, name, layer.key});
    return it != rows.end() && std::ranges::count(layer.forms, it->second.form);
  });
  Progress progress(stderr, !settings.flag("quiet"));
  for (size_t i = 0; i < layers.size(); ++i) {
    const Layer &layer = layers[i];
    progress.update("tuning", i, layers.size());
    const std::vector<double> times = measure(layer, std::min(weightBytes, kMostOthers), settings);
    const auto best = static_cast<size_t>(std::ranges::min_element(times) - times.begin());
    const size_t chosen = times[best] < kMustWin * times.front() ? best : 0;
    rows[{compiler, name, layer.key}] = {layer.forms[chosen], times[chosen]};
    writeFile(path, tunedText(rows));
    if (settings.flag("verbose")) {
      progress.erase();
      std::string line = layer.key + ":";
      for (size_t f = 0; f < times.size(); ++f)
        line += fmt::format("{} {}{} {:.1f} us", f ? "," : "", layer.forms[f],
                            f == chosen ? " (chosen)" : "", times[f]);
      fmt::print(stderr, "{}\n", line);
    }
  }
  if (layers.empty() && !fs::exists(path))
    writeFile(path, tunedText(rows));
}

} // namespace burin::cli
