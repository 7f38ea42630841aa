// SPDX-License-Identifier: Apache-2.0
#include "codegen/prepare.h"

#include "codegen/element_extents.h"
#include "codegen/kernels/frame.h"
#include "codegen/legalise.h"
#include "codegen/merge_entries.h"
#include "ir/ops.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace burin::codegen {
namespace {
namespace ops = ir::ops;

constexpr int64_t kMostLiteralBytes = 4096;     // of a tensor: what a person still reads
constexpr int64_t kMostLiteralsBytes = 1 << 20; // of all such tensors
constexpr int64_t kMostStringBytes = 4 << 20; // of all: 10 s and 1 GB of the C++ compiler are 80 MB
constexpr int64_t kWeightAlignment = 64;      // a cache line

/// The source operators of an op and of what was fused into it, in order, each once.
std::vector<Location> sources(const Op &op) {
  std::vector<Location> all;
  const auto add = [&](const Location &at) {
    if ((!at.node.empty() || !at.op.empty()) && std::ranges::find(all, at) == all.end())
      all.push_back(at);
  };
  add(op.at);
  for (size_t b = 0; b < op.numBlocks(); ++b)
    for (const Op &inner : op.block(b))
      add(inner.at);
  return all;
}

/// The step that makes the border a convolution reads: it stands for no node of its own.
bool isBorder(const Op &op) {
  if (!op.is(ops::pad) || op.at.node.empty() || !op.result()->hasUses())
    return false;
  const Op &user = *op.result()->firstUse()->user;
  return user.at == op.at && !user.is(ops::pad);
}

/// The model's name of the node.
std::string nodeName(const Op &op) { return isBorder(op) ? op.at.node + "_border" : op.at.node; }

/// "fc1.bias" f32[32]
std::string describe(const Value *v) {
  return (v->name.empty() ? "" : fmt::format("\"{}\" ", commentText(v->name))) + shortType(v->type);
}

bool isPlainBlockOp(const Op &op) { return op.is(ops::if_) || op.is(ops::loop); }

/// Ops that the emitter prints itself.
bool isEmitted(const Op &op) {
  return isPlainBlockOp(op) || op.is(ops::bind) || op.is(ops::assert_) || op.is(ops::print);
}

// What the emitter itself calls something, so that nothing of the model is called so.
// clang-format off
constexpr std::string_view kOfTheSource[] = {"work", "c", "weights", "kSteps", "Context", "Const", "Status", "steps"};
constexpr std::string_view kOfTheClass[] = {
    "name", "model_sha256", "model_format", "compiler_version", "arena_size", "arena_align", "state_size", "weights_size", "weights_align",
    "check_weights", "weight", "macs", "num_inputs", "num_outputs", "num_nodes", "max_tasks", "inputs", "outputs", "nodes",
    "run", "step", "reset", "state", "restore", "State", "set_parallel_for", "set_observer", "status", "context", "node",
    "kSteps", "Context", "Status", "weights", "steps", "arena", "parallel", "observer", "extents"};
// clang-format on

/// These and the names of the class.
Scope ownNames(std::span<const std::string_view> own, const Settings &settings) {
  Scope names{settings.className, "Static" + settings.className};
  for (const std::string_view name : own)
    names.take(name);
  return names;
}

} // namespace

std::string shortType(const Type &type) {
  std::string text = commentText(type.text()); // symbols have names of the model
  std::erase(text, ' ');
  return text;
}

std::string accessorName(ElementType e) {
  return std::string(e == ElementType::boolean ? "boolean" : ir::name(e));
}

Prepared::Prepared(ir::Module &fromModule, const Settings &fromSettings)
    : module{fromModule}, settings{fromSettings}, entry{*fromModule.functions.front()},
      nameSpace{fromSettings.nameSpace.empty() ? namespaceIdentifier(fromSettings.name)
                                               : identifier(fromSettings.nameSpace)},
      names{ownNames(kOfTheSource, settings)}, api_{ownNames(kOfTheClass, settings)} {
  for (const auto &function : module.functions)
    legalise(module, function->body, *settings.target);
  for (ir::EntryRange &range : mergeEntries(module))
    entries.push_back({std::move(range), "run", {}});
  for (const ir::State &s : entry.states)
    if (std::ranges::find(states, s.name, &ir::State::name) == states.end())
      states.push_back(&s);
  checkInterface();
  collectSymbols();
  checkElementExtents(entry, [this](std::string_view name) {
    const SymbolInfo *s = findSymbol(name);
    return s && s->isDefined;
  });
  nameInterface();
  groupInterface();
  findNodeScope();
  nameValues(entry.body);
  // Names first: a step is called after the node that it stands for.
  prepareBlock(entry.body, nullptr, false);
  if (!problems_.empty())
    throw CompileErrors(std::move(problems_));
  shareStubs();
  placeWeights();
}

/// A state is a member of a plain struct, and what it begins with is written as literals.
void Prepared::checkState(const ir::State &s) {
  const Type &type = entry.body.argument(s.argument)->type;
  const auto problem = [&](std::string_view why, const std::string &hint) {
    problems_.push_back(
        CompileError(Problem::unsupported, {}, fmt::format("the state '{}' is {}", s.name, why))
            .code("codegen.state")
            .hint(hint)
            .diagnostic());
  };
  if (!type.isTensor())
    return;
  if (!type.isStatic())
    return problem(fmt::format("{}, but it has one size for all runs", type.text()),
                   "fix its extents with --dim or --input-shape");
  const ElementType e = type.element();
  if (!s.initial || (e != ElementType::f32 && e != ElementType::f64))
    return;
  for (size_t i = 0, count = static_cast<size_t>(type.count().number()); i < count; ++i)
    if (!std::isfinite(ir::elementAsDouble(*s.initial, i)))
      return problem(fmt::format("{} in element {} at first, which no literal of C++ is",
                                 ir::elementAsDouble(*s.initial, i), i),
                     "begin with a number that acts like it, such as -3e38");
}

void Prepared::checkInterface() {
  const auto check = [&](std::string_view what, const std::string &name, const Type &type) {
    if (!type.isTensor())
      problems_.push_back(
          CompileError(
              Problem::unsupported, {},
              fmt::format("the {} '{}' is {}: what a model is given and returns are tensors", what,
                          name, type.text()))
              .code("codegen.interface")
              .hint("cut the model with --outputs, or let it take and return the elements")
              .diagnostic());
  };
  for (size_t i = 0; i < entry.body.numArguments(); ++i)
    check("input", entry.body.argument(i)->name, entry.body.argument(i)->type);
  const Op &yield = entry.body.terminator();
  for (size_t i = 0; i < yield.numOperands(); ++i)
    check("output", entry.resultNames[i], yield.operand(i)->type);
  for (const ir::State *s : states)
    checkState(*s);
  if (!problems_.empty())
    throw CompileErrors(std::move(problems_));
}

void Prepared::collectSymbols() {
  std::map<std::string, ir::Bounds, std::less<>> all, ofInputs;
  for (size_t i = 0; i < entry.body.numArguments(); ++i)
    if (entry.body.argument(i)->type.isTensor())
      for (const Dim &d : entry.body.argument(i)->type.shape())
        d.collectSymbols(ofInputs);
  all = ofInputs;
  entry.body.walk([&](Op &op) {
    for (size_t r = 0; r < op.numResults(); ++r)
      if (op.result(r)->type.isTensor())
        for (const Dim &d : op.result(r)->type.shape())
          d.collectSymbols(all);
    for (const ir::AttrValue &attribute : op.attributes())
      if (const auto *dims = std::get_if<ir::Dims>(&attribute))
        for (const Dim &d : *dims)
          d.collectSymbols(all);
  });
  for (auto e = ElementType::f32; e < ElementType::string;
       e = static_cast<ElementType>(static_cast<int>(e) + 1))
    api_.take(accessorName(e));
  size_t slots = 0;
  std::vector<std::string> unbounded;
  for (const auto &[name, bounds] : all) {
    const bool defined = !ofInputs.contains(name);
    symbols.push_back(
        {name, api_.fresh(name, {"_min", "_max"}), bounds, defined, defined ? slots++ : 0});
    if (bounds.hi >= ir::kUnbounded)
      unbounded.push_back(name);
  }
  if (!unbounded.empty()) {
    std::string hint;
    for (const std::string &name : unbounded)
      hint += fmt::format("{}--dim {}=1..N", hint.empty() ? "" : " ", name);
    throw CompileError(
        Problem::unsupported, {},
        fmt::format("extents without an upper bound: {}", fmt::join(unbounded, ", ")))
        .code("dims.unbounded")
        .hint("give each a range or a number: " + hint);
  }
}

void Prepared::findNodeScope() {
  std::vector<std::string_view> nodes;
  entry.body.walk([&](const Op &op) {
    if (!op.at.node.empty())
      nodes.push_back(op.at.node);
  });
  nodeScope_ = commonScope(nodes);
}

void Prepared::nameValues(const ir::Block &block) {
  for (size_t i = 0; i < block.numArguments(); ++i) {
    const Value *v = block.argument(i);
    valueNames_[v] = values_.fresh(v->name.empty() ? "i" : v->name);
  }
  for (const Op &op : block) {
    for (size_t i = 0; i < op.numResults(); ++i) {
      const Value *v = op.result(i);
      const std::string base = !v->name.empty()      ? v->name
                               : !op.at.node.empty() ? nodeName(op)
                                                     : std::string(op.def.name);
      valueNames_[v] =
          values_.fresh(base.starts_with(nodeScope_) ? base.substr(nodeScope_.size()) : base);
    }
    if (isPlainBlockOp(op))
      for (size_t i = 0; i < op.numBlocks(); ++i)
        nameValues(op.block(i));
  }
}

void Prepared::prepareBlock(const ir::Block &block, StepInfo *outer, bool nested) {
  for (const Op &op : block) {
    if (!ir::isStep(op))
      continue;
    StepInfo own;
    StepInfo &step = outer ? *outer : own;
    if (!outer) {
      step.op = &op;
      const std::vector<Location> from = sources(op);
      std::string label;
      for (const Location &at : from) {
        if (!at.op.empty())
          step.sourceOps += (step.sourceOps.empty() ? "" : " + ") + at.op;
        label += fmt::format("{}{}{}", label.empty() ? "" : " + ", commentText(at.op),
                             at.node.empty() ? "" : fmt::format(" \"{}\"", commentText(at.node)));
      }
      if (label.empty())
        label = op.def.name;
      if (isBorder(op))
        label = "border of " + label;
      if (step.sourceOps.empty())
        step.sourceOps = op.def.name;
      step.node = !op.at.node.empty()                             ? nodeName(op)
                  : op.numResults() && !op.result()->name.empty() ? op.result()->name
                                                                  : std::string(op.def.name);
      step.function = names.fresh(
          step.node.starts_with(nodeScope_) ? step.node.substr(nodeScope_.size()) : step.node,
          {"_units"});
      std::string types;
      for (size_t i = 0; i < op.numOperands(); ++i)
        if (op.operand(i) && !op.operand(i)->isConstant())
          types += (types.empty() ? "" : ", ") + shortType(op.operand(i)->type);
      types += types.empty() ? "-> " : " -> ";
      for (size_t i = 0; i < op.numResults(); ++i)
        types += (i ? ", " : "") + shortType(op.result(i)->type);
      step.comment = fmt::format("{}: {}", label, types);
    }
    try {
      prepareOp(op, step, nested);
    } catch (const CompileError &error) {
      Diagnostic d = error.diagnostic();
      if (d.at.node.empty() && d.at.op.empty())
        d.at = op.at;
      problems_.push_back(std::move(d));
    }
    if (!outer)
      steps.push_back(std::move(own));
  }
}

void Prepared::prepareOp(const Op &op, StepInfo &step, bool nested) {
  if (isPlainBlockOp(op)) {
    for (size_t i = 0; i < op.numOperands(); ++i)
      if (op.operand(i) && op.operand(i)->isConstant())
        addPlainWeight(op.operand(i), step.node);
    for (size_t i = 0; i < op.numBlocks(); ++i) {
      prepareBlock(op.block(i), &step, true);
      const Op &yield = op.block(i).terminator();
      for (size_t y = 0; y < yield.numOperands(); ++y)
        if (yield.operand(y)->isConstant())
          addPlainWeight(yield.operand(y), step.node);
    }
    return;
  }
  if (isEmitted(op)) {
    if (op.operand(0)->isConstant())
      addPlainWeight(op.operand(0), step.node);
    return;
  }
  const kernels::KernelDef *kernel = kernels::chooseKernel(op, *settings.target);
  if (!kernel)
    throw CompileError(
        Problem::unsupported, op.at,
        fmt::format("no kernel for {} of {}", op.def.name,
                    op.numOperands() && op.operand(0) ? op.operand(0)->type.text() : "nothing"))
        .code("codegen.kernel");
  kernels::Call call{op, *settings.target};
  kernel->emit(call);
  includes.insert(call.includes.begin(), call.includes.end());
  for (kernels::Param &p : call.params) {
    if (const auto *packed = std::get_if<kernels::Packed>(&p.argument.of))
      addWeight(*packed, step.node + "_" + p.name);
    else if (const auto *read = std::get_if<kernels::Argument::Read>(&p.argument.of);
             read && ir::rootOf(read->value)->isConstant())
      addPlainWeight(ir::rootOf(read->value), step.node + "_" + p.name);
  }
  for (const kernels::Functor &functor : call.functors) {
    for (const kernels::Param &m : functor.members)
      if (const auto *read = std::get_if<kernels::Argument::Read>(&m.argument.of);
          read && ir::rootOf(read->value)->isConstant())
        addPlainWeight(ir::rootOf(read->value), step.node + "_" + m.name);
    addFunctor(functor);
  }
  step.scratchBytes = std::max(step.scratchBytes, call.scratchBytes);
  const Dim macs = call.macs;
  step.macs += macs.bounds().hi < ir::kUnbounded ? macs.bounds().hi : 0;
  if (!nested) {
    step.units = call.units;
    step.unitsOf = call.unitsOf;
  }
  layers_.push_back({&op, step.function});
  calls_.emplace(&op, OpCall{std::move(call), kernel, 0});
}

void Prepared::addWeight(const kernels::Packed &packed, const std::string &otherwise) {
  const auto [it, isNew] = weightOf_.emplace(std::pair{packed.from, packed.layout}, weights.size());
  if (!isNew)
    return;
  Weight w;
  // A table that a kernel makes for an op has the op's name.
  w.name = weightNames_.fresh(
      packed.from->isConstant() && !packed.from->name.empty() ? packed.from->name : otherwise);
  w.comment = fmt::format("{} as {}", describe(packed.from), packed.layout);
  w.element = packed.element;
  w.count = packed.count;
  w.make = packed.make;
  w.isPacked = true;
  weights.push_back(std::move(w));
}

void Prepared::addPlainWeight(const Value *v, const std::string &otherwise) {
  const auto [it, isNew] = weightOf_.emplace(std::pair{v, std::string{}}, weights.size());
  if (!isNew)
    return;
  if (v->type.element() == ElementType::string)
    throw CompileError(Problem::unsupported, {},
                       fmt::format("the string constant '{}' cannot be compiled yet", v->name))
        .code("codegen.string");
  Weight w;
  w.name = weightNames_.fresh(v->name.empty() ? otherwise : v->name);
  w.comment = describe(v);
  w.element = v->type.element();
  w.count = v->type.count().number();
  w.make = [v] {
    return std::vector<std::byte>(v->constant()->bytes.begin(), v->constant()->bytes.end());
  };
  weights.push_back(std::move(w));
}

std::string Prepared::addFunctor(const kernels::Functor &functor) {
  const auto [it, isNew] = functorOf_.emplace(functor.key(), functors.size());
  if (isNew)
    functors.push_back({names.fresh(functor.base), functor});
  return functors[it->second].name;
}

void Prepared::placeWeights() {
  const auto put = [](Weight &w, Weight::Place place, int64_t &end) {
    w.place = place;
    w.offset = end;
    end += (w.bytes() + kWeightAlignment - 1) / kWeightAlignment * kWeightAlignment;
  };
  if (givesWeights()) {
    for (Weight &w : weights)
      put(w, Weight::Place::given, givenBytes);
    return;
  }
  WeightForm form = settings.weights;
  // Nobody reads numbers by the million, and compilers take long to.
  int64_t small = 0;
  for (const Weight &w : weights)
    small += w.bytes() <= kMostLiteralBytes ? w.bytes() : 0;
  const int64_t mostLiteral = small <= kMostLiteralsBytes ? kMostLiteralBytes : kWeightAlignment;
  if (form == WeightForm::automatic) {
    int64_t bytes = 0;
    for (const Weight &w : weights)
      bytes += w.bytes() > mostLiteral ? w.bytes() : 0;
    form = bytes > kMostStringBytes ? WeightForm::incbin : WeightForm::string;
  }
  for (Weight &w : weights)
    if (w.bytes() > mostLiteral) {
      if (form == WeightForm::incbin)
        put(w, Weight::Place::binary, binaryBytes);
      else if (form == WeightForm::string && w.isPacked && w.element == ElementType::f32)
        put(w, Weight::Place::string, stringBytes);
    }
}

const OpCall *Prepared::callOf(const Op &op) const {
  const auto it = calls_.find(&op);
  return it == calls_.end() ? nullptr : &it->second;
}

const Weight &Prepared::weightOf(const Value *v, const std::string &layout) const {
  return weights[weightOf_.at({v, layout})];
}

const std::string &Prepared::valueName(const Value *v) const { return valueNames_.at(v); }

const std::string &Prepared::functorName(const kernels::Functor &f) const {
  return functors[functorOf_.at(f.key())].name;
}

const SymbolInfo *Prepared::findSymbol(std::string_view name) const {
  const auto it = std::ranges::find(symbols, name, &SymbolInfo::name);
  return it == symbols.end() ? nullptr : &*it;
}

std::vector<const SymbolInfo *> symbolsOfInputs(const Prepared &p, const EntryInfo &entry) {
  std::map<std::string, ir::Bounds, std::less<>> used;
  for (size_t i = entry.firstArgument; i < entry.endArgument; ++i)
    for (const Dim &d : p.entry.body.argument(i)->type.shape())
      d.collectSymbols(used);
  std::vector<const SymbolInfo *> symbols;
  for (const SymbolInfo &s : p.symbols)
    if (!s.isDefined && used.contains(s.name))
      symbols.push_back(&s);
  return symbols;
}

std::shared_ptr<Prepared> prepare(ir::Module &module, const Settings &settings) {
  return std::make_shared<Prepared>(module, settings);
}

std::vector<std::pair<const Value *, const Value *>> sharedMemory(const Prepared &prepared) {
  std::vector<std::pair<const Value *, const Value *>> pairs;
  prepared.entry.body.walk([&](const Op &op) {
    if (op.is(ops::pad) && kernels::frameOf(*op.operand(0), *prepared.settings.target))
      pairs.emplace_back(op.operand(0), op.result());
  });
  return pairs;
}

std::vector<int64_t> scratchBytes(const Prepared &prepared) {
  std::vector<int64_t> bytes;
  for (const StepInfo &step : prepared.steps)
    bytes.push_back((step.scratchBytes + 63) / 64 * 64 *
                    std::clamp<int64_t>(step.units.bounds().hi, 1, prepared.tasks()));
  return bytes;
}

} // namespace burin::codegen
