// SPDX-License-Identifier: Apache-2.0
//
// NAME.h: the class of the model.
#include "codegen/code_writer.h"
#include "codegen/emit.h"
#include "codegen/emit_groups.h"
#include "codegen/emit_state.h"
#include "codegen/kernels/weights_file.h"
#include "codegen/line_breaks.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace burin::codegen {
namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string dimInitialiser(const Dim &d) {
  if (d.isNumber())
    return d.text();
  const ir::Bounds b = d.bounds();
  return fmt::format("{{{}, {}, {}}}", stringLiteral(d.text()), std::max<int64_t>(b.lo, 0), b.hi);
}

std::string dtype(ElementType e) {
  switch (e) {
  case ElementType::string:
    return "burin::DType::string";
  default:
    return fmt::format("burin::DType::{}", e == ElementType::boolean ? "boolean" : ir::name(e));
  }
}

constexpr int kGivenAlignment = 16; // what malloc gives: a vector needs no more

/// The arguments of the class that are no state, and the results.
struct Ports {
  std::vector<std::pair<std::string, const Value *>> inputs, outputs;
  std::vector<std::string> inputNames, outputNames; ///< of the model
};

Ports portsOf(const Prepared &p, const EntryInfo &entry) {
  Ports ports;
  for (size_t i = entry.firstArgument; i < entry.endArgument; ++i)
    if (!p.entry.stateOfArgument(i)) {
      ports.inputs.emplace_back(p.argumentNames[i], p.entry.body.argument(i));
      ports.inputNames.push_back(p.entry.body.argument(i)->name);
    }
  const Op &yield = p.entry.body.terminator();
  for (size_t i = entry.firstResult; i < entry.endResult; ++i)
    if (!p.entry.stateOfResult(i)) {
      ports.outputs.emplace_back(p.resultNames[i], yield.operand(i));
      ports.outputNames.push_back(p.entry.resultNames[i]);
    }
  return ports;
}

void emitShapes(CodeWriter &out, const std::vector<std::pair<std::string, const Value *>> &ports) {
  for (const auto &[name, v] : ports) {
    if (v->type.rank() == 0)
      continue;
    std::vector<std::string> dims;
    for (const Dim &d : v->type.shape())
      dims.push_back(dimInitialiser(d));
    out.line(fmt::format("static constexpr burin::Dim {}_shape[] = {{{}}};", name,
                         fmt::join(dims, ", ")));
  }
}

void emitInfos(CodeWriter &out, std::string_view array,
               const std::vector<std::pair<std::string, const Value *>> &ports,
               const std::vector<std::string> &names) {
  if (ports.empty())
    return;
  out.line(fmt::format("static constexpr burin::TensorInfo {}[] = {{", array));
  for (size_t i = 0; i < ports.size(); ++i) {
    const Type &t = ports[i].second->type;
    // A label in every row: clang-format puts rows without one side by side.
    out.line(fmt::format(
        "    {{{}, {}, {}, {}, {}, 1.0F, 0}}, // {}", stringLiteral(names[i]), dtype(t.element()),
        t.rank(), t.rank() ? ports[i].first + "_shape" : "nullptr", bytesOf(t), shortType(t)));
  }
  out.line("};");
}

int64_t macsOf(const Prepared &p, const EntryInfo &entry) {
  int64_t macs = 0;
  for (int i = entry.firstStep; i < entry.endStep; ++i)
    macs += p.steps[static_cast<size_t>(i)].macs;
  return macs;
}

/// "size_t batch": the extents that the functions of an entry point take.
std::string extentParameters(const std::vector<const SymbolInfo *> &symbols) {
  std::vector<std::string> all;
  for (const SymbolInfo *s : symbols)
    all.push_back("size_t " + s->identifier);
  return fmt::format("{}", fmt::join(all, ", "));
}

/// Of one of several entry points: its shapes, and a struct of its facts.
void emitEntryFacts(CodeWriter &out, const Prepared &p, const EntryInfo &entry) {
  const Ports ports = portsOf(p, entry);
  emitShapes(out, ports.inputs);
  emitShapes(out, ports.outputs);
  out.line(fmt::format("/// Facts of the entry point \"{}\", which is run by {}().",
                       commentText(entry.name), entry.run));
  out.line(fmt::format("struct {} {{", entry.facts));
  out.indent();
  out.line(fmt::format("static constexpr uint64_t macs = {};", macsOf(p, entry)));
  out.line(fmt::format("static constexpr size_t num_inputs = {}, num_outputs = {};",
                       ports.inputs.size(), ports.outputs.size()));
  out.line(fmt::format("static constexpr size_t first_node = {}, num_nodes = {}; ///< of nodes",
                       entry.firstStep, entry.endStep - entry.firstStep));
  emitInfos(out, "inputs", ports.inputs, ports.inputNames);
  emitInfos(out, "outputs", ports.outputs, ports.outputNames);
  out.outdent();
  out.line("};");
}

/// Views and runs of an entry point.
void emitEntryFunctions(CodeWriter &out, const Prepared &p, const EntryInfo &entry) {
  const Ports ports = portsOf(p, entry);
  const std::string extents = extentParameters(symbolsOfInputs(p, entry));
  const auto extentsOf = [&](const Type &t) { return isDynamic(t) ? extents : std::string{}; };
  for (const auto &[port, v] : ports.inputs)
    out.line(
        fmt::format("{} {}({}) noexcept;", viewType(v->type, false), port, extentsOf(v->type)));
  for (const auto &[port, v] : ports.outputs)
    out.line(fmt::format("{} {}({}) const noexcept;", viewType(v->type, true), port,
                         extentsOf(v->type)));
  out.line(fmt::format("burin::Status {}({}) noexcept;", entry.run, extents));
}

/// The run on memory of the caller.
void emitRunOnViews(CodeWriter &out, const Prepared &p, const EntryInfo &entry) {
  const Ports ports = portsOf(p, entry);
  std::vector<std::string> views;
  for (const auto &[port, v] : ports.inputs)
    views.push_back(fmt::format("{} {}", viewType(v->type, true), port));
  for (const auto &[port, v] : ports.outputs)
    views.push_back(fmt::format("{} {}", viewType(v->type, false), port));
  if (!views.empty())
    out.line(fmt::format("burin::Status {}({}) noexcept;", entry.run, fmt::join(views, ", ")));
}

} // namespace

std::string emitHeader(const Prepared &p, const Memory &memory) {
  const EntryInfo &main = p.entries.front();
  const Ports ports = portsOf(p, main);
  CodeWriter out;
  out.raw(preamble(p));
  const std::string guard = upper(p.nameSpace) + "_H";
  out.line("#ifndef " + guard);
  out.line("#define " + guard);
  out.blank();
  out.line("#include \"burin/runtime.h\"");
  out.blank();
  out.line("#if BURIN_RUNTIME_VERSION != 1");
  out.line(
      fmt::format("#error \"{} was generated for version 1 of burin/runtime.h\"", p.nameSpace));
  out.line("#endif");
  out.blank();
  out.line(fmt::format("namespace {} {{", p.nameSpace));
  out.blank();

  out.line("// It changes with the weights, and lies with them.");
  out.line("namespace weights {");
  out.line(fmt::format("extern const char model_sha256[{}];", p.module.modelSha256.size() + 1));
  out.line("} // namespace weights");
  out.blank();
  const std::string &name = p.settings.className;
  std::vector<const SymbolInfo *> symbols;
  for (const SymbolInfo &s : p.symbols)
    if (!s.isDefined)
      symbols.push_back(&s);

  out.comment(fmt::format("The model \"{}\". No heap, no globals but constants; distinct objects "
                          "are independent, and one object serves one thread at a time.",
                          commentText(p.settings.name)),
              "///");
  out.line("///");
  const std::string alignment =
                        fmt::format("///   alignas({}::{}::arena_align)", p.nameSpace, name),
                    arena = fmt::format("static unsigned char arena[{}::{}::arena_size];",
                                        p.nameSpace, name);
  if (alignment.size() + 1 + arena.size() <= kColumns) {
    out.line(alignment + " " + arena);
  } else {
    out.line(alignment);
    out.line("///       " + arena);
  }
  out.line(fmt::format("///   {}::{} model{{arena{}}};", p.nameSpace, name,
                       p.givesWeights() ? ", {address, size}" : ""));
  std::string call;
  for (const SymbolInfo *s : symbolsOfInputs(p, main))
    call += (call.empty() ? "" : ", ") + s->identifier;
  if (!ports.inputs.empty())
    out.line(fmt::format("///   fill(model.{}({}));", ports.inputs[0].first, call));
  out.line(fmt::format("///   if (model.{}({}) != burin::Status::ok) fault();", main.run, call));
  if (!ports.outputs.empty())
    out.line(fmt::format("///   use(model.{}({}));", ports.outputs[0].first, call));
  out.line(fmt::format("class {} {{", name));
  out.line("public:");
  out.indent();
  out.line(fmt::format("static constexpr const char *name = {};", stringLiteral(p.settings.name)));
  out.line("static constexpr const char *model_sha256 = weights::model_sha256;");
  out.line(fmt::format("static constexpr const char *model_format = {};",
                       stringLiteral(p.module.format)));
  out.line(fmt::format("static constexpr const char *compiler_version = {};",
                       stringLiteral(p.settings.version)));
  out.blank();

  if (p.hasStates())
    emitState(out, p);
  int64_t weightBytes = 0;
  for (const Weight &w : p.weights)
    weightBytes += w.bytes();
  for (const SymbolInfo *s : symbols)
    out.line(fmt::format(
        "static constexpr size_t {0}_min = {1}, {0}_max = {2}; ///< the symbol `{3}`",
        s->identifier, std::max<int64_t>(s->bounds.lo, 0), s->bounds.hi, commentText(s->name)));
  out.line(fmt::format(
      "static constexpr size_t arena_size = {}; ///< intermediates, inputs and outputs, scratch",
      memory.arenaBytes()));
  out.line(fmt::format("static constexpr size_t arena_align = {};", p.settings.target->alignment));
  out.line(p.hasStates() ? "static constexpr size_t state_size = sizeof(State);"
                         : "static constexpr size_t state_size = 0;");
  if (p.givesWeights()) {
    const size_t header = p.hasWeightsFile() ? kernels::kWeightsFileHeader : 0;
    out.line(fmt::format("static constexpr size_t weights_size = {}; ///< of {}.weights{}",
                         static_cast<size_t>(p.givenBytes) + header, commentText(p.settings.name),
                         header ? "" : ".bin"));
    out.line(fmt::format("static constexpr size_t weights_align = {};",
                         std::min(p.settings.target->alignment, kGivenAlignment)));
  } else {
    out.line(fmt::format("static constexpr size_t weights_size = {};", weightBytes));
  }
  if (p.hasSeveralEntries()) {
    out.line(fmt::format("static constexpr size_t num_nodes = {}; ///< of all entry points",
                         p.steps.size()));
  } else {
    out.line(fmt::format("static constexpr uint64_t macs = {};{}", macsOf(p, main),
                         symbols.empty() ? "" : " ///< at the upper bounds"));
    out.line(
        fmt::format("static constexpr size_t num_inputs = {}, num_outputs = {}, num_nodes = {};",
                    ports.inputs.size(), ports.outputs.size(), p.steps.size()));
  }
  if (p.settings.threads)
    out.line(fmt::format(
        "static constexpr size_t max_tasks = {}; ///< pieces that a step is cut into for threads",
        p.tasks()));
  out.blank();
  if (p.hasSeveralEntries()) {
    for (const EntryInfo &entry : p.entries)
      emitEntryFacts(out, p, entry);
  } else {
    emitShapes(out, ports.inputs);
    emitShapes(out, ports.outputs);
    emitInfos(out, "inputs", ports.inputs, ports.inputNames);
    emitInfos(out, "outputs", ports.outputs, ports.outputNames);
  }
  if (!p.steps.empty()) {
    out.line("static constexpr burin::NodeInfo nodes[] = {");
    for (size_t i = 0; i < p.steps.size(); ++i)
      out.line(fmt::format("    {{{}, {}, {}}}, // {}", stringLiteral(p.steps[i].node),
                           stringLiteral(p.steps[i].sourceOps), p.steps[i].macs, i));
    out.line("};");
  }
  out.blank();
  if (p.givesWeights()) {
    out.line(
        "/// Keeps arena and weights, which have to stay where they are; runs report wrong ones. A "
        "global");
    out.line("/// model needs no static constructor.");
    out.line(fmt::format(
        "BURIN_INLINE constexpr {}(burin::Arena arena, burin::Weights weights) noexcept", name));
    out.line("    : arena_{arena}, weights_{weights} {}");
  } else {
    out.line("/// Keeps the arena; runs report a wrong one. A global model needs no static "
             "constructor.");
    out.line(fmt::format(
        "BURIN_INLINE constexpr explicit {}(burin::Arena arena) noexcept : arena_{{arena}} {{}}",
        name));
  }
  out.line(fmt::format("{0}({0} &&) noexcept = default;", name));
  out.line(fmt::format("{0} &operator=({0} &&) noexcept = default;", name));
  out.line(fmt::format("{0}(const {0} &) = delete;", name));
  out.line(fmt::format("{0} &operator=(const {0} &) = delete;", name));
  out.blank();
  if (p.givesWeights()) {
    out.line(
        p.hasWeightsFile()
            ? "/// Whether the weights are of this model and nothing in them has changed: reads "
              "all "
              "of them. Runs"
            : "/// Whether the memory of the weights is large enough and aligned, as runs check.");
    if (p.hasWeightsFile())
      out.line("/// check the header alone.");
    out.line("burin::Status check_weights() const noexcept;");
    out.blank();
  }
  if (p.hasStates()) {
    out.line("// The state. A run that returns an error has not touched it.");
    out.line("BURIN_INLINE void reset() noexcept { state_ = State{}; }");
    out.line("BURIN_INLINE const State &state() const noexcept { return state_; }");
    out.line("BURIN_INLINE void restore(const State &state) noexcept { state_ = state; }");
    out.blank();
  }
  if (symbols.empty()) {
    out.line("// Inputs and outputs inside the arena. A run overwrites the inputs.");
  } else {
    out.line("// Inputs and outputs inside the arena, dense at the extents of this run, which must "
             "be within");
    out.line("// their bounds, or the run says bad_shape. A run overwrites the inputs.");
  }
  for (const EntryInfo &entry : p.entries)
    emitEntryFunctions(out, p, entry);
  for (const EntryInfo &entry : p.entries)
    emitGroups(out, p, entry);
  if (p.hasSingleSteps()) {
    if (!p.portGroups.empty())
      out.blank();
    out.line(p.hasSeveralEntries() ? "/// One step, for programs that must not block: call it for "
                                     "the nodes of an entry point."
                                   : "/// One step of run(), for programs that must not block: "
                                     "call it for 0 .. num_nodes - 1.");
    out.line("burin::Status step(size_t node) noexcept;");
  }
  const bool hasPorts = std::ranges::any_of(p.entries, [&](const EntryInfo &entry) {
    const Ports own = portsOf(p, entry);
    return !own.inputs.empty() || !own.outputs.empty();
  });
  if (hasPorts) {
    out.blank();
    out.line("// Inputs and outputs of the caller, which are only read, and only written. They "
             "must not overlap.");
    for (const EntryInfo &entry : p.entries)
      emitRunOnViews(out, p, entry);
  }
  if (p.settings.threads || p.settings.profile)
    out.blank();
  if (p.settings.threads)
    out.line("BURIN_INLINE void set_parallel_for(burin::ParallelFor hook) noexcept { parallel_ = "
             "hook; }");
  if (p.settings.profile)
    out.line("BURIN_INLINE void set_observer(burin::Observer hook) noexcept { observer_ = hook; }");
  out.blank();
  out.outdent();
  out.line("private:");
  out.indent();
  out.line("burin::Arena arena_;");
  if (p.givesWeights())
    out.line("burin::Weights weights_;");
  if (p.hasStates())
    out.line("State state_;");
  if (p.settings.threads)
    out.line("burin::ParallelFor parallel_ = {};");
  if (p.settings.profile)
    out.line("burin::Observer observer_ = {};");
  out.outdent();
  out.line("};");
  out.blank();
  out.line(fmt::format("using Static{0} = burin::Owned<{0}>; ///< with the arena inside", name));
  out.blank();
  out.line(fmt::format("}} // namespace {}", p.nameSpace));
  out.blank();
  out.line("#endif");
  return out.take();
}

} // namespace burin::codegen
