// SPDX-License-Identifier: Apache-2.0
#include "codegen/emit_class.h"

#include "codegen/line_breaks.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::codegen {
namespace {

/// An argument or a result of the model that its user sees.
struct Port {
  const Value *value;
  std::string name;
  bool isInput;
};

class ClassEmitter {
public:
  ClassEmitter(CodeWriter &writer, const Memory &memory)
      : out_{writer}, memory_{memory}, p_{memory.prepared} {
    for (const EntryInfo &entry : p_.entries)
      addPorts(entry, all_);
  }

  void emit() {
    out_.line("// ---- the class ----");
    for (const EntryInfo &entry : p_.entries) {
      choose(entry);
      for (const Port &port : ports_)
        emitView(port);
    }
    if (p_.givesWeights())
      emitCheckWeights();
    for (const EntryInfo &entry : p_.entries) {
      choose(entry);
      emitRun();
      if (p_.hasSingleSteps() && &entry == &p_.entries.back())
        emitStep();
      if (!ports_.empty())
        emitRunOnViews();
    }
  }

private:
  void addPorts(const EntryInfo &entry, std::vector<Port> &ports) const {
    const ir::Function &f = p_.entry;
    for (size_t i = entry.firstArgument; i < entry.endArgument; ++i)
      if (!f.stateOfArgument(i))
        ports.push_back({f.body.argument(i), p_.argumentNames[i], true});
    for (size_t i = entry.firstResult; i < entry.endResult; ++i)
      if (!f.stateOfResult(i))
        ports.push_back({f.body.terminator().operand(i), p_.resultNames[i], false});
  }

  void choose(const EntryInfo &entry) {
    entry_ = &entry;
    ports_.clear();
    addPorts(entry, ports_);
    symbols_ = symbolsOfInputs(p_, entry);
  }

  // ---- functions ----

  void emitView(const Port &port) {
    // Only the symbols that the shape uses are named, or -Wunused-parameter objects.
    std::vector<std::string> parameters;
    if (isDynamic(port.value->type))
      for (const SymbolInfo *s : symbols_)
        parameters.push_back(uses(port.value->type, s->name) ? "size_t " + s->identifier
                                                             : "size_t");
    begin(fmt::format("{} {}::{}({}){}", viewType(port.value->type, !port.isInput),
                      p_.settings.className, port.name, fmt::join(parameters, ", "),
                      port.isInput ? "" : " const"));
    out_.line(fmt::format("return {};", viewOf(port, !port.isInput)));
    end();
  }

  /// On the memory in the arena.
  void emitRun() {
    std::vector<std::string> parameters, symbols;
    for (const SymbolInfo *s : symbols_) {
      parameters.push_back("size_t " + s->identifier);
      symbols.push_back(s->identifier);
    }
    beginRun(parameters);
    // An output whose extent a step defines is as large as it can be until then: it has no view
    // yet.
    const bool hasViews = !ports_.empty() && std::ranges::none_of(ports_, [&](const Port &port) {
      return !port.isInput && usesDefined(port.value->type);
    });
    if (hasViews) {
      std::vector<std::string> views;
      for (const Port &port : ports_)
        views.push_back(!port.isInput
                            ? viewOf(port, false)
                            : fmt::format("this->{}({})", port.name,
                                          isDynamic(port.value->type)
                                              ? fmt::format("{}", fmt::join(symbols, ", "))
                                              : ""));
      out_.line(fmt::format("return {}({});", entry_->run, fmt::join(views, ", ")));
    } else {
      checkMemory();
      checkBounds();
      runAndKeepState(arenaContext());
    }
    end();
  }

  void emitStep() {
    begin(fmt::format("Status {}::step(size_t node)", p_.settings.className));
    checkMemory();
    ports_ = all_; // a step may be of any entry point
    makeContext(arenaContext());
    choose(*entry_);
    out_.line(
        fmt::format("return rt::runStep<{}>(kSteps[node], static_cast<uint32_t>(node), context);",
                    runArguments()));
    end();
  }

  /// On memory of the caller.
  void emitRunOnViews() {
    CodeWriter body;
    body.indent();
    std::swap(body, out_);
    checkMemory();
    checkShapes();
    std::vector<std::string> context;
    for (const Port &port : ports_)
      context.push_back(castTo(port, port.name + ".data()"));
    runAndKeepState(std::move(context));
    std::swap(body, out_);
    const std::string text = body.take();
    std::vector<std::string> parameters;
    for (const Port &port : ports_)
      parameters.push_back(viewType(port.value->type, port.isInput) +
                           (kernels::mentions(text, port.name) ? " " + port.name : ""));
    beginRun(parameters);
    out_.raw(text);
    end();
  }

  void beginRun(const std::vector<std::string> &parameters) {
    begin(fmt::format("Status {}::{}({})", p_.settings.className, entry_->run,
                      fmt::join(parameters, ", ")));
  }

  void begin(const std::string &signature) {
    out_.blank();
    out_.beginFunction(signature + " noexcept");
  }
  void end() { out_.endFunction(); }

  // ---- checks ----

  void returnIf(const std::vector<std::string> &wrong, std::string_view code) {
    if (wrong.empty())
      return;
    out_.line(fmt::format("if ({})", fmt::join(wrong, " || ")));
    out_.line(fmt::format("  return Status::{};", code));
  }

  /// Of the arena, and of the weights where the caller gives them.
  void checkMemory() {
    returnIf({"!arena_.holds(arena_size, arena_align)"}, "bad_arena");
    if (p_.givesWeights())
      returnIf(wrongWeights(), "bad_weights");
  }

  std::vector<std::string> wrongWeights() const {
    std::vector<std::string> wrong = {"!weights_.holds(weights_size, weights_align)"};
    if (p_.hasWeightsFile())
      wrong.push_back(
          fmt::format("!rt::fits(weights_, 0x{:016x}, {})", weightsLayout(p_), p_.givenBytes));
    return wrong;
  }

  void emitCheckWeights() {
    begin(fmt::format("Status {}::check_weights() const", p_.settings.className));
    std::vector<std::string> wrong = wrongWeights();
    if (p_.hasWeightsFile())
      wrong.push_back(fmt::format("!rt::isIntact(weights_, {})", p_.givenBytes));
    returnIf(wrong, "bad_weights");
    out_.line("return Status::ok;");
    end();
  }

  void checkBounds() {
    std::vector<std::string> wrong;
    for (const SymbolInfo *s : symbols_) {
      if (s->bounds.lo > 0)
        wrong.push_back(fmt::format("{0} < {0}_min", s->identifier));
      wrong.push_back(fmt::format("{0} > {0}_max", s->identifier));
    }
    returnIf(wrong, "bad_shape");
  }

  /// A symbol is an extent of the first input that has it bare; all other extents must agree.
  void checkShapes() {
    std::set<std::pair<const Value *, size_t>> definitions;
    std::set<const SymbolInfo *> known;
    for (const Port &port : ports_)
      for (size_t i = 0; port.isInput && i < port.value->type.rank(); ++i)
        if (const SymbolInfo *s = symbolOf(port.value->type.dim(i));
            s && !s->isDefined && known.insert(s).second) {
          out_.line(fmt::format("const size_t {} = {}.extent({});", s->identifier, port.name, i));
          definitions.emplace(port.value, i);
        }
    checkBounds();
    std::vector<std::string> wrong;
    for (const Port &port : ports_)
      for (size_t i = 0; isDynamic(port.value->type) && i < port.value->type.rank(); ++i) {
        const Dim &d = port.value->type.dim(i);
        if (port.isInput && definitions.contains({port.value, i}))
          continue;
        // Of what a step finds, room for the most.
        wrong.push_back(usesDefined(d)
                            ? fmt::format("{}.extent({}) < {}", port.name, i, d.bounds().hi)
                            : fmt::format("{}.extent({}) != {}", port.name, i, sizeText(d)));
      }
    returnIf(wrong, "bad_shape");
  }

  // ---- the run ----

  /// "1, false": the tasks of a step, and whether it is observed.
  std::string runArguments() const {
    return fmt::format("{}, {}", p_.settings.threads ? "max_tasks" : "1", p_.settings.profile);
  }

  std::string runCall() const {
    if (p_.hasSeveralEntries() && entry_->firstStep < entry_->endStep)
      return fmt::format("rt::runSteps<{}>(kSteps, context, {}, {})", runArguments(),
                         entry_->firstStep, entry_->endStep);
    return entry_->firstStep == entry_->endStep ? "Status{}"
           : p_.steps.size() == 1
               ? fmt::format("rt::runStep<{}>(kSteps[0], 0, context)", runArguments())
               : fmt::format("rt::runSteps<{}>(kSteps, context)", runArguments());
  }

  std::vector<std::string> arenaContext() const {
    std::vector<std::string> values;
    for (const Port &port : ports_)
      values.push_back(castTo(port, arenaPointer(port.value)));
    return values;
  }

  void makeContext(std::vector<std::string> values) {
    std::vector<std::string> members;
    for (const Port &port : ports_)
      members.push_back(port.name);
    const auto add = [&](const std::string &member, const std::string &value) {
      members.push_back(member);
      values.push_back(value);
    };
    for (const ir::State *s : p_.states) {
      const std::string &member = p_.argumentNames[s->argument];
      add(member, castTo({p_.entry.body.argument(s->argument), {}, false}, "state_." + member));
    }
    for (const SymbolInfo *s : symbols_)
      add(s->identifier, fmt::format("static_cast<int>({})", s->identifier));
    add("arena", "arena_.bytes()");
    if (p_.givesWeights())
      add("weights",
          p_.hasWeightsFile() ? "weights_.bytes() + rt::kWeightsHeader" : "weights_.bytes()");
    if (p_.settings.threads)
      add("parallel", "parallel_");
    if (p_.settings.profile)
      add("observer", "observer_");
    const std::string inOne = fmt::format("const Context context{{{}}};", fmt::join(values, ", "));
    if (inOne.size() + 2 <= kColumns && !p_.hasSeveralEntries())
      return out_.line(inOne);
    // clang-format makes columns of a long list. What is of other entry points stays null.
    out_.line(p_.hasSeveralEntries() ? "Context context = {};" : "Context context;");
    for (size_t i = 0; i < values.size(); ++i)
      out_.line(fmt::format("context.{} = {};", members[i], values[i]));
  }

  /// New states that could not be written over the old ones are copied once nothing can fail.
  void runAndKeepState(std::vector<std::string> values) {
    if (entry_->firstStep == entry_->endStep && !p_.hasStates()) {
      out_.line("return Status::ok;");
      return;
    }
    makeContext(std::move(values));
    std::vector<std::string> copies;
    for (const ir::State &s : p_.entry.states) {
      if (s.result < entry_->firstResult || s.result >= entry_->endResult)
        continue;
      const Value *next = p_.entry.body.terminator().operand(s.result);
      std::string from = memory_.pointer(next);
      if (from.starts_with("c."))
        from = "context" + from.substr(1);
      const std::string to = "context." + p_.argumentNames[s.argument];
      if (from != to)
        copies.push_back(fmt::format("BURIN_COPY({}, {}, {});", to, from, bytesOf(next->type)));
    }
    if (copies.empty()) {
      out_.line(fmt::format("return {};", runCall()));
      return;
    }
    out_.line(fmt::format("const Status status = {};", runCall()));
    out_.line("if (status != Status::ok)");
    out_.line("  return status;");
    for (const std::string &copy : copies)
      out_.line(copy);
    out_.line("return Status::ok;");
  }

  // ---- text ----

  const SymbolInfo *symbolOf(const Dim &d) const {
    return d.symbolName() ? p_.findSymbol(*d.symbolName()) : nullptr;
  }

  static std::map<std::string, ir::Bounds, std::less<>> symbolsOf(const Dim &d) {
    std::map<std::string, ir::Bounds, std::less<>> used;
    d.collectSymbols(used);
    return used;
  }
  static bool uses(const Type &type, const std::string &symbol) {
    return std::ranges::any_of(type.shape(),
                               [&](const Dim &d) { return symbolsOf(d).contains(symbol); });
  }
  bool usesDefined(const Dim &d) const {
    return std::ranges::any_of(symbolsOf(d),
                               [&](const auto &s) { return p_.findSymbol(s.first)->isDefined; });
  }
  bool usesDefined(const Type &type) const {
    return std::ranges::any_of(type.shape(), [&](const Dim &d) { return usesDefined(d); });
  }

  /// As the kernels see the element: halves are uint16_t in the API.
  static std::string castTo(const Port &port, const std::string &data) {
    const ElementType e = port.value->type.element();
    if (kernels::elementApi(e) == kernels::elementCpp(e))
      return data;
    const std::string_view c = port.isInput ? "const " : "";
    return fmt::format("static_cast<{}{} *>(static_cast<{}void *>({}))", c, kernels::elementCpp(e),
                       c, data);
  }

  std::string arenaPointer(const Value *v) const {
    const auto it = memory_.plan.bufferOf.find(ir::rootOf(v));
    const std::string at = it == memory_.plan.bufferOf.end() ? "0" : memory_.bufferName(it->second);
    return fmt::format("arena_.at<{}>({})", kernels::elementApi(v->type.element()), at);
  }

  std::string viewOf(const Port &port, bool isConst) const {
    const Type &type = port.value->type;
    if (!isDynamic(type))
      return fmt::format("{}{{{}}}", viewType(type, isConst), arenaPointer(port.value));
    std::vector<std::string> extents;
    for (const Dim &d : type.shape())
      extents.push_back(sizeText(d));
    return fmt::format("{}{{{}, {{{}}}}}", viewType(type, isConst), arenaPointer(port.value),
                       fmt::join(extents, ", "));
  }

  /// An extent in the functions of the class, where symbols are arguments of type size_t; one that
  /// a step has defined is read from the arena.
  std::string sizeText(const Dim &d) const {
    if (d.isNumber())
      return d.text();
    if (const SymbolInfo *s = symbolOf(d); s && !s->isDefined)
      return s->identifier;
    const std::string text = kernels::dimCpp(d, [this](std::string_view name) {
      const SymbolInfo *s = p_.findSymbol(name);
      return s->isDefined ? fmt::format("*arena_.at<int>({})",
                                        memory_.extentsOffset() + static_cast<int64_t>(s->slot) * 4)
                          : fmt::format("static_cast<int>({})", s->identifier);
    });
    return fmt::format("static_cast<size_t>({})", text);
  }

  CodeWriter &out_;
  const Memory &memory_;
  const Prepared &p_;
  std::vector<Port> all_;
  // Of the entry point that is written:
  const EntryInfo *entry_ = nullptr;
  std::vector<Port> ports_;
  std::vector<const SymbolInfo *> symbols_; ///< of its inputs
};

} // namespace

void emitClass(CodeWriter &out, const Memory &memory) { ClassEmitter{out, memory}.emit(); }

} // namespace burin::codegen
