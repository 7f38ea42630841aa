// SPDX-License-Identifier: Apache-2.0
//
// report.json: what was decided, for people's tools. The format is docs/output-format.md.
#include "codegen/emit.h"
#include "codegen/kernels/frame.h"
#include "codegen/shards.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <optional>
#include <set>

namespace burin::codegen {
namespace {

std::string_view placeText(Weight::Place place) {
  return place == Weight::Place::literals ? "literals"
         : place == Weight::Place::string ? "string"
         : place == Weight::Place::binary ? "binary"
                                          : "given";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (byte < 32)
      out += fmt::format("\\u{:04x}", byte);
    else
      out += c; // names are UTF-8 as the model has them
  }
  return out + "\"";
}

/// `more` goes behind the other fields.
std::string tensor(const std::string &name, const Type &type, const std::string &more = {}) {
  std::string shape;
  for (const Dim &d : type.shape())
    shape +=
        fmt::format("{}{}", shape.empty() ? "" : ", ", d.isNumber() ? d.text() : quoted(d.text()));
  return fmt::format("{{\"name\": {}, \"dtype\": {}, \"shape\": [{}], \"bytes\": {}{}}}",
                     quoted(name), quoted(ir::name(type.element())), shape, bytesOf(type), more);
}

std::string list(const std::vector<std::string> &rows, std::string_view indent) {
  if (rows.empty())
    return "[]";
  return fmt::format("[\n{0}  {1}\n{0}]", indent, fmt::join(rows, fmt::format(",\n{}  ", indent)));
}

std::optional<size_t> bufferOf(const ir::MemoryPlan &plan, const Value *v) {
  const auto it = plan.bufferOf.find(ir::rootOf(v));
  return it == plan.bufferOf.end() ? std::nullopt : std::optional(it->second);
}

/// What a step makes, with its place in the arena, unless that is memory of the caller or a state.
std::string results(const Memory &memory, const std::set<size_t> &buffersOfCaller, const Op &op,
                    const ir::Target &target) {
  std::vector<std::string> rows;
  for (size_t i = 0; i < op.numResults(); ++i) {
    const Value *v = op.result(i);
    if (!v->type.isTensor())
      continue;
    const std::optional<size_t> buffer = bufferOf(memory.plan, v);
    // Of an image with a border in memory, the border's step tells the place of both.
    const bool isInArena =
        buffer && !buffersOfCaller.contains(*buffer) && !kernels::frameOf(*v, target);
    std::string place;
    if (isInArena)
      place = fmt::format(", \"offset\": {}",
                          memory.plan.buffers[*buffer].offset +
                              memory.placeOf(v).first *
                                  static_cast<int64_t>(ir::elementSize(v->type.element())));
    rows.push_back(tensor(v->name, v->type, place));
  }
  return fmt::format("[{}]", fmt::join(rows, ", "));
}

/// What a step writes that was there before, in another place: none for what computes.
int64_t movedBytes(const Op &op, const Memory &memory) {
  namespace ops = ir::ops;
  if (op.is(ops::scatter_nd) || op.is(ops::scatter_elements)) {
    const bool isInPlace = memory.pointer(op.operand(0)) == memory.pointer(op.result());
    return bytesOf(op.operand(2)->type) + (isInPlace ? 0 : bytesOf(op.result()->type));
  }
  if (op.is(ops::concat)) {
    int64_t bytes = 0;
    for (size_t i = 0; i < op.numOperands(); ++i)
      bytes += ir::joinedOperand(op, i) ? 0 : bytesOf(op.operand(i)->type);
    return bytes;
  }
  const bool isMove = op.is(ops::copy) || op.is(ops::slice) || op.is(ops::slice_at) ||
                      op.is(ops::transpose) || op.is(ops::broadcast) || op.is(ops::pad) ||
                      op.is(ops::tile) || op.is(ops::gather) || op.is(ops::gather_nd) ||
                      op.is(ops::gather_elements);
  return isMove ? bytesOf(op.result()->type) : 0;
}

/// The states that a run copies when it has succeeded, because they could not be made in place.
int64_t copiedStateBytes(const Prepared &p, const Memory &memory) {
  int64_t bytes = 0;
  for (const ir::State &s : p.entry.states) {
    const Value *next = p.entry.body.terminator().operand(s.result);
    if (memory.pointer(next) != memory.pointer(p.entry.body.argument(s.argument)))
      bytes += bytesOf(next->type);
  }
  return bytes;
}

std::vector<std::string> inputsOf(const Prepared &p, const EntryInfo &entry) {
  std::vector<std::string> rows;
  for (size_t i = entry.firstArgument; i < entry.endArgument; ++i)
    if (!p.entry.stateOfArgument(i))
      rows.push_back(tensor(p.entry.body.argument(i)->name, p.entry.body.argument(i)->type));
  return rows;
}

std::vector<std::string> outputsOf(const Prepared &p, const EntryInfo &entry) {
  std::vector<std::string> rows;
  for (size_t i = entry.firstResult; i < entry.endResult; ++i)
    if (!p.entry.stateOfResult(i))
      rows.push_back(tensor(p.entry.resultNames[i], p.entry.body.terminator().operand(i)->type));
  return rows;
}

} // namespace

std::string emitReport(const Prepared &p, const Memory &memory) {
  const ir::MemoryPlan &plan = memory.plan;
  std::vector<std::string> entries, states, symbols, nodes, stubs, buffers, weights;
  for (const EntryInfo &entry : p.entries)
    entries.push_back(fmt::format("{{\"name\": {}, \"run\": {}, \"first_node\": {}, \"nodes\": {}, "
                                  "\"inputs\": {}, \"outputs\": {}}}",
                                  quoted(entry.name), quoted(entry.run), entry.firstStep,
                                  entry.endStep - entry.firstStep, list(inputsOf(p, entry), "    "),
                                  list(outputsOf(p, entry), "    ")));
  for (const ir::State *state : p.states)
    states.push_back(tensor(state->name, p.entry.body.argument(state->argument)->type));
  for (const SymbolInfo &s : p.symbols)
    symbols.push_back(fmt::format("{{\"name\": {}, \"min\": {}, \"max\": {}, \"from\": \"{}\"}}",
                                  quoted(s.name), s.bounds.lo, s.bounds.hi,
                                  s.isDefined ? "step" : "input"));
  std::set<size_t> buffersOfCaller;
  for (size_t i = 0; i < p.entry.resultNames.size(); ++i)
    if (const auto buffer = bufferOf(plan, p.entry.body.terminator().operand(i)))
      buffersOfCaller.insert(*buffer);
  for (size_t i = 0; i < p.steps.size(); ++i) {
    const StepInfo &s = p.steps[i];
    const OpCall *call = p.callOf(*s.op);
    nodes.push_back(fmt::format(
        "{{\"step\": {}, \"name\": {}, \"op\": {}, \"sources\": {}, \"kernel\": {}, \"reason\": "
        "{}, \"stub\": {}, \"macs\": {}, \"moved\": {}, \"scratch\": {}, \"results\": {}}}",
        i, quoted(s.node), quoted(s.op->def.name), quoted(s.sourceOps),
        quoted(call ? call->kernel->variant : ""),
        quoted(call && call->kernel->reason ? call->kernel->reason(*s.op, *p.settings.target) : ""),
        quoted(call ? p.stubs[call->stub].name : ""), s.macs, movedBytes(*s.op, memory),
        s.scratchBytes, results(memory, buffersOfCaller, *s.op, *p.settings.target)));
  }
  for (const Stub &s : p.stubs)
    stubs.push_back(fmt::format("{{\"name\": {}, \"kernel\": {}, \"layers\": {}}}", quoted(s.name),
                                quoted(s.variant), s.layers.size()));
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    const ir::PlannedBuffer &b = plan.buffers[i];
    buffers.push_back(
        fmt::format("{{\"name\": {}, \"offset\": {}, \"bytes\": {}, \"first\": {}, \"last\": {}}}",
                    quoted(memory.bufferName(i).substr(3)), b.offset, b.bytes, b.first, b.last));
  }
  for (const Weight &w : p.weights)
    weights.push_back(fmt::format(
        "{{\"name\": {}, \"bytes\": {}, \"form\": \"{}\"{}}}", quoted(w.name), w.bytes(),
        placeText(w.place),
        w.place == Weight::Place::given ? fmt::format(", \"offset\": {}", w.offset) : ""));
  const Summary s = summarise(p, plan);
  std::string out = "{\n";
  const auto field = [&](std::string_view key, const std::string &value, bool last = false) {
    out += fmt::format("  \"{}\": {}{}\n", key, value, last ? "" : ",");
  };
  field("schema", "1");
  field("name", quoted(p.settings.name));
  field("burin", quoted(p.settings.version));
  field("model_sha256", quoted(p.module.modelSha256));
  field("format", quoted(p.module.format));
  field("settings", quoted(p.settings.text));
  field("target", quoted(p.settings.target->name));
  if (p.hasSeveralEntries()) {
    field("entries", list(entries, "  "));
  } else {
    field("inputs", list(inputsOf(p, p.entries.front()), "  "));
    field("outputs", list(outputsOf(p, p.entries.front()), "  "));
  }
  field("states", list(states, "  "));
  field("symbols", list(symbols, "  "));
  field("macs", std::to_string(s.macs));
  std::vector<std::string> peak;
  for (const Summary::Buffer &b : s.peakBuffers)
    peak.push_back(fmt::format("{{\"name\": {}, \"bytes\": {}}}", quoted(b.name), b.bytes));
  field("arena", fmt::format("{{\"bytes\": {}, \"bound\": {}, \"align\": {}, \"peak_step\": {}, "
                             "\"peak_buffers\": {}}}",
                             memory.arenaBytes(), plan.lowerBound, p.settings.target->alignment,
                             plan.peakStep, list(peak, "  ")));
  field("weights",
        fmt::format("{{\"bytes\": {}, \"tensors\": {}}}", s.weightBytes, list(weights, "  ")));
  field("state_bytes", std::to_string(s.stateBytes));
  field("state_bytes_copied", std::to_string(copiedStateBytes(p, memory)));
  field("nodes", list(nodes, "  "));
  field("stubs", list(stubs, "  "));
  field("buffers", list(buffers, "  "), true);
  return out + "}\n";
}

Summary summarise(const Prepared &p, const ir::MemoryPlan &plan) {
  Summary s{};
  s.arenaBytes = plan.arenaBytes;
  s.lowerBound = plan.lowerBound;
  for (const Weight &w : p.weights)
    s.weightBytes += w.bytes();
  for (const StepInfo &step : p.steps)
    s.macs += step.macs;
  for (const ir::State *state : p.states)
    s.stateBytes += bytesOf(p.entry.body.argument(state->argument)->type);
  s.steps = p.steps.size();
  s.stubs = p.stubs.size();
  s.shardsAdvised = shardsFor(s.steps, s.stubs);
  if (plan.peakStep >= 0 && static_cast<size_t>(plan.peakStep) < p.steps.size())
    s.peakStep = p.steps[static_cast<size_t>(plan.peakStep)].node;
  for (const ir::PlannedBuffer &b : plan.buffers)
    if (b.first <= plan.peakStep && plan.peakStep <= b.last)
      s.peakBuffers.push_back({b.value ? p.valueName(b.value) : "scratch", b.bytes});
  std::ranges::stable_sort(s.peakBuffers, std::greater{}, &Summary::Buffer::bytes);
  return s;
}

std::string File::content() const {
  std::string text;
  write([&](std::string_view piece) { text += piece; });
  return text;
}

std::vector<File> generate(const Prepared &p, const ir::MemoryPlan &plan) {
  const Memory memory{p, plan};
  const auto file = [&](std::string_view ending, std::string text) {
    return File{p.settings.name + std::string(ending),
                [text = std::move(text)](const Sink &to) { to(text); }};
  };
  std::vector<File> files = {file(".h", emitHeader(p, memory))};
  const std::vector<std::string> names = sourceNames(p.settings.name, p.settings.shards);
  std::vector<std::string> sources = emitSources(p, memory);
  for (size_t i = 0; i < names.size(); ++i)
    files.push_back({names[i], [text = std::move(sources[i])](const Sink &to) { to(text); }});
  files.push_back({p.settings.name + ".weights.cpp", [&p](const Sink &to) { emitWeights(p, to); }});
  if (p.hasWeightsFile()) {
    // Two passes over the weights: the header, in front of them, has their hash.
    const auto hash = std::make_shared<std::optional<uint64_t>>();
    files.push_back(file(".weights.bin", ""));
    files.push_back({p.settings.name + ".weights", [&p, hash](const Sink &to) {
                       if (!*hash)
                         *hash = weightsHash(p);
                       emitWeightsFile(p, **hash, to);
                     }});
  } else {
    files.push_back(
        {p.settings.name + ".weights.bin", [&p](const Sink &to) { emitBinary(p, to); }});
  }
  files.push_back({"report.json", file("", emitReport(p, memory)).write});
  if (p.settings.cApi) {
    files.push_back(file("_c.h", emitCHeader(p, memory)));
    files.push_back(file("_c.cpp", emitCSource(p, memory)));
  }
  return files;
}

} // namespace burin::codegen
