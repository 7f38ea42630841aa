// SPDX-License-Identifier: Apache-2.0
//
// NAME.cpp: the plan as text, functors, stubs and steps, with what emit_class.cpp makes. In shards:
// the same without functors, stubs and steps, and NAME.0.cpp and so on with them.
#include "codegen/code_writer.h"
#include "codegen/emit.h"
#include "codegen/emit_class.h"
#include "codegen/emit_steps.h"
#include "codegen/shards.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::codegen {
namespace {

class SourceEmitter {
public:
  SourceEmitter(const Prepared &prepared, const Memory &memory) : p_{prepared}, memory_{memory} {}

  /// NAME.cpp with everything in it.
  std::string whole() {
    const Part all = wholeOf(p_);
    // The steps first: they tell which accessors the context needs.
    const std::string steps = stepsText(all);
    const std::string table = tableText(false);

    std::set<std::string> includes = p_.includes;
    includes.insert("burin/rt/steps.h");
    if (p_.hasWeightsFile())
      includes.insert("burin/rt/weights_file.h");
    addContextIncludes(includes);
    if (needsSpecial(all, steps + table))
      includes.insert("burin/rt/special.h");
    emitHead(fmt::format("{}.h", p_.settings.name), includes);
    emitExterns();
    emitLocalNames(usesConst(all));
    emitPlan();
    emitContext();
    emitFunctors(all);
    emitStubs(all);
    if (!p_.steps.empty()) {
      out_.line("// ---- steps ----");
      out_.blank();
    }
    out_.raw(steps);
    out_.raw(table);
    out_.line("} // namespace");
    out_.blank();
    emitClass(out_, memory_);
    out_.blank();
    emitEnd();
    return out_.take();
  }

  /// NAME.cpp: plan, table and class; then the steps of each part. The steps are the only
  /// functions that one file has of another.
  std::vector<std::string> sharded(const std::vector<Part> &parts) {
    std::vector<std::string> steps;
    std::vector<Memory::Named> named;
    (void)memory_.takeNamed();
    for (const Part &part : parts) {
      steps.push_back(stepsText(part));
      named.push_back(memory_.takeNamed());
    }
    const std::string table = tableText(true);
    emitClass(out_, memory_);
    const std::string classText = out_.take();

    std::vector<std::string> files;
    std::set<std::string> includes = {"burin/rt/steps.h"};
    if (p_.hasWeightsFile())
      includes.insert("burin/rt/weights_file.h");
    addContextIncludes(includes);
    if (needsSpecial({}, table + classText))
      includes.insert("burin/rt/special.h");
    emitHead(fmt::format("{}.h", p_.settings.name), includes);
    emitExterns(memory_.takeNamed().weights);
    emitLocalNames(false);
    emitPlan();
    out_.line("} // namespace");
    out_.blank();
    out_.line(fmt::format("// The steps: {}.0.cpp to {}.{}.cpp hold their code.", p_.settings.name,
                          p_.settings.name, parts.size() - 1));
    out_.line("namespace steps {");
    emitContext();
    for (const StepInfo &step : p_.steps)
      out_.line(fmt::format("Status {}(const Context &, rt::Work) noexcept;", step.function));
    out_.line("} // namespace steps");
    out_.blank();
    out_.line("namespace {");
    out_.line("using namespace steps;");
    out_.blank();
    out_.raw(table);
    out_.line("} // namespace");
    out_.blank();
    out_.raw(classText);
    out_.blank();
    emitEnd();
    files.push_back(out_.take());
    for (size_t i = 0; i < parts.size(); ++i)
      files.push_back(shard(i, parts, steps[i], named[i]));
    return files;
  }

private:
  std::string shard(size_t number, const std::vector<Part> &parts, const std::string &steps,
                    const Memory::Named &named) {
    const Part &part = parts[number];
    if (part.steps.empty()) {
      out_.raw(preamble(p_, false));
      out_.comment("Nothing: the files of lower numbers hold all steps of the model.");
      return out_.take();
    }
    std::set<std::string> includes = {"burin/rt/simd.h"};
    addContextIncludes(includes);
    for (const size_t i : part.stubs)
      includes.insert(p_.stubs[i].includes.begin(), p_.stubs[i].includes.end());
    if (needsSpecial(part, steps))
      includes.insert("burin/rt/special.h");
    if (steps.find("rt::copyList") != std::string::npos)
      includes.insert("burin/rt/list.h");
    emitHead("burin/runtime.h", includes);
    emitExterns(named.weights);
    emitLocalNames(usesConst(part));
    emitBuffers(named.buffers);
    out_.line("} // namespace");
    out_.blank();
    out_.line("namespace steps {");
    emitContext();
    out_.line("} // namespace steps");
    out_.blank();
    out_.line("namespace {");
    emitFunctors(part);
    emitStubs(part);
    out_.line("} // namespace");
    out_.blank();
    out_.line("namespace steps {");
    out_.blank();
    out_.raw(steps);
    out_.line("} // namespace steps");
    out_.blank();
    emitEnd();
    return out_.take();
  }

  void emitHead(const std::string &first, const std::set<std::string> &includes) {
    out_.raw(preamble(p_));
    out_.line(fmt::format("#include \"{}\"", first));
    out_.blank();
    for (const std::string &header : includes)
      out_.line(fmt::format("#include \"{}\"", header));
    out_.blank();
    out_.line(fmt::format("namespace {} {{", p_.nameSpace));
    out_.blank();
  }

  void emitEnd() { out_.line(fmt::format("}} // namespace {}", p_.nameSpace)); }

  /// Opens the unnamed namespace.
  void emitLocalNames(bool withConst) {
    out_.line("namespace {");
    out_.line("namespace rt = burin::rt;");
    out_.line("using burin::Status;");
    if (withConst)
      out_.line("using rt::Const;");
    out_.blank();
  }

  /// Of the types that the members of the context point to.
  void addContextIncludes(std::set<std::string> &includes) const {
    const auto isOurs = [](ElementType e) { return kernels::elementCpp(e).starts_with("rt::"); };
    const auto isOfOurs = [&](const Value *v) {
      return v->type.isTensor() && isOurs(v->type.element());
    };
    bool any = std::ranges::any_of(memory_.accessors(), isOurs);
    for (size_t i = 0; i < p_.entry.body.numArguments(); ++i)
      any |= isOfOurs(p_.entry.body.argument(i));
    const Op &yield = p_.entry.body.terminator();
    for (size_t i = 0; i < yield.numOperands(); ++i)
      any |= isOfOurs(yield.operand(i));
    if (any)
      includes.insert("burin/rt/numeric.h");
  }

  bool usesConst(const Part &part) const {
    return std::ranges::any_of(part.stubs, [&](size_t i) {
      return std::ranges::any_of(p_.stubs[i].body, [](const std::string &l) {
        return l.find("Const<") != std::string::npos;
      });
    });
  }

  /// Whether the text uses what burin/rt/special.h has.
  bool needsSpecial(const Part &part, const std::string &stepText) const {
    const auto uses = [](const std::string &line) {
      return std::ranges::any_of(
          std::initializer_list<std::string_view>{"rt::floorOf", "rt::ceilOf", "rt::lesser",
                                                  "rt::greater", "rt::signOf", "rt::kNan",
                                                  "rt::kInfinity", "rt::clampStart", "rt::RoundTo"},
          [&](std::string_view name) { return line.find(name) != std::string::npos; });
    };
    return uses(stepText) ||
           std::ranges::any_of(
               part.stubs, [&](size_t i) { return std::ranges::any_of(p_.stubs[i].body, uses); }) ||
           std::ranges::any_of(part.functors, [&](size_t i) {
             return std::ranges::any_of(p_.functors[i].functor.lines, uses);
           });
  }

  void emitExterns() {
    std::set<size_t> all;
    for (size_t i = 0; i < p_.weights.size(); ++i)
      all.insert(i);
    emitExterns(all);
  }

  void emitExterns(const std::set<size_t> &weights) {
    if (weights.empty())
      return;
    if (p_.givesWeights())
      return emitOffsets(weights);
    out_.line(fmt::format("// Defined in {}.weights.cpp.", p_.settings.name));
    out_.line("namespace weights {");
    bool inString = false;
    for (const size_t i : weights) {
      const Weight &w = p_.weights[i];
      inString |= w.place == Weight::Place::string;
      if (w.place != Weight::Place::string)
        out_.line(fmt::format("extern const {} {}[{}];", weightType(w), w.name,
                              std::max<int64_t>(w.count, 1)));
    }
    if (inString)
      out_.line(fmt::format("extern const unsigned char packed[{} + 1];", p_.stringBytes));
    out_.line("} // namespace weights");
    out_.blank();
  }

  /// Of weights that the caller gives.
  void emitOffsets(const std::set<size_t> &weights) {
    out_.line(fmt::format("// Where they lie in {}.weights{}.", p_.settings.name,
                          p_.hasWeightsFile() ? ", behind its header" : ".bin"));
    out_.line("namespace weights {");
    out_.line("enum : size_t {");
    for (const size_t i : weights)
      out_.line(fmt::format("  {} = {},", p_.weights[i].name, p_.weights[i].offset));
    out_.line("};");
    out_.line("} // namespace weights");
    out_.blank();
  }

  /// Offsets of some buffers: the plan is in NAME.cpp.
  void emitBuffers(const std::set<size_t> &buffers) {
    if (buffers.empty())
      return;
    out_.line("enum : uint32_t {");
    for (const size_t i : buffers)
      out_.line(fmt::format("  {} = {},", memory_.bufferName(i), memory_.plan.buffers[i].offset));
    out_.line("};");
  }

  static std::string weightType(const Weight &w) {
    const std::string type = kernels::elementCpp(w.element);
    return type.starts_with("rt::") ? "burin::" + type : type; // before the alias
  }

  void emitPlan() {
    const ir::MemoryPlan &plan = memory_.plan;
    if (plan.buffers.empty())
      return;
    const std::string peak =
        plan.peakStep >= 0 && static_cast<size_t>(plan.peakStep) < p_.steps.size()
            ? fmt::format(" (in step {})", p_.steps[static_cast<size_t>(plan.peakStep)].function)
            : "";
    const bool tight = plan.arenaBytes == plan.lowerBound;
    out_.comment(
        fmt::format("---- arena: {} bytes, {} ----", memory_.arenaBytes(),
                    tight ? "which is the most that lives at once" + peak
                          : fmt::format("of which {} live at once{}", plan.lowerBound, peak)));
    out_.line("//");
    std::vector<size_t> order(plan.buffers.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(
        order, [&](size_t a, size_t b) { return plan.buffers[a].offset < plan.buffers[b].offset; });
    size_t width = 0, bytes = 5, range = 5;
    std::vector<std::string> ranges(plan.buffers.size());
    const int last = static_cast<int>(p_.steps.size());
    std::set<const Value *> inputs;
    for (size_t i = 0; i < p_.entry.body.numArguments(); ++i)
      inputs.insert(p_.entry.body.argument(i));
    std::set<size_t> outputs;
    for (size_t i = 0; i < p_.resultNames.size(); ++i)
      if (const auto it = plan.bufferOf.find(p_.entry.body.terminator().operand(i));
          it != plan.bufferOf.end())
        outputs.insert(it->second);
    for (const size_t i : order) {
      const ir::PlannedBuffer &b = plan.buffers[i];
      width = std::max(width, fmt::format("{} = {},", memory_.bufferName(i), b.offset).size());
      bytes = std::max(bytes, std::to_string(b.bytes).size());
      ranges[i] = b.first < 0         ? fmt::format("..{}", std::max(b.last, 0))
                  : b.last >= last    ? fmt::format("{}..", b.first)
                  : b.first == b.last ? std::to_string(b.first)
                                      : fmt::format("{}..{}", b.first, b.last);
      range = std::max(range, ranges[i].size());
    }
    out_.line(
        fmt::format("// {:>{}}  {:<{}}  contents", "bytes", width + bytes + 2, "steps", range));
    out_.line("enum : uint32_t {");
    for (const size_t i : order) {
      const ir::PlannedBuffer &b = plan.buffers[i];
      std::string contents = "scratch";
      if (b.value) {
        contents = fmt::format(
            "\"{}\" {}", commentText(b.value->name.empty() ? p_.valueName(b.value) : b.value->name),
            shortType(b.value->type));
        if (inputs.contains(b.value))
          contents = "input " + contents;
        else if (outputs.contains(i))
          contents = "output " + contents;
      }
      out_.line(fmt::format("  {:<{}} // {:>{}}  {:<{}}  {}",
                            fmt::format("{} = {},", memory_.bufferName(i), b.offset), width,
                            b.bytes, bytes, ranges[i], range, contents));
    }
    out_.line("};");
    out_.blank();
  }

  static std::string pointerType(const Type &t, bool isConst) {
    return fmt::format("{}{} *", isConst ? "const " : "", kernels::elementCpp(t.element()));
  }

  /// Name, type and value of each member of the context.
  struct Member {
    std::string type, name, comment;
  };

  std::vector<Member> members() const {
    std::vector<Member> all;
    const ir::Function &entry = p_.entry;
    for (size_t i = 0; i < entry.body.numArguments(); ++i)
      if (!entry.stateOfArgument(i))
        all.push_back({pointerType(entry.body.argument(i)->type, true), p_.argumentNames[i], ""});
    for (size_t i = 0; i < entry.resultNames.size(); ++i)
      if (!entry.stateOfResult(i))
        all.push_back(
            {pointerType(entry.body.terminator().operand(i)->type, false), p_.resultNames[i], ""});
    for (const ir::State *s : p_.states)
      all.push_back({pointerType(entry.body.argument(s->argument)->type, false),
                     p_.argumentNames[s->argument],
                     fmt::format("state \"{}\"", commentText(s->name))});
    for (const SymbolInfo &s : p_.symbols)
      if (!s.isDefined)
        all.push_back({"int ", s.identifier, ""});
    all.push_back({"unsigned char *", "arena", ""});
    if (p_.givesWeights())
      all.push_back({"const unsigned char *", "weights", ""});
    if (p_.settings.threads)
      all.push_back({"burin::ParallelFor ", "parallel", ""});
    if (p_.settings.profile)
      all.push_back({"burin::Observer ", "observer", ""});
    return all;
  }

  bool definesExtents() const { return std::ranges::any_of(p_.symbols, &SymbolInfo::isDefined); }

  void emitContext() {
    out_.line("struct Context {");
    for (const Member &m : members())
      out_.line(
          fmt::format("  {}{};{}", m.type, m.name, m.comment.empty() ? "" : " // " + m.comment));
    std::set<ElementType> accessors = memory_.accessors();
    for (const ElementType e : accessors) {
      out_.blank();
      out_.line(fmt::format("  BURIN_INLINE {} *{}(uint32_t offset) const {{",
                            kernels::elementCpp(e), accessorName(e)));
      out_.line(fmt::format("    return static_cast<{} *>(static_cast<void *>(arena + offset));",
                            kernels::elementCpp(e)));
      out_.line("  }");
    }
    if (p_.givesWeights()) {
      out_.blank();
      out_.line("  template <class T> BURIN_INLINE const T *weight(size_t offset) const {");
      out_.line("    return static_cast<const T *>(static_cast<const void *>(weights + offset));");
      out_.line("  }");
    }
    if (definesExtents()) {
      out_.blank();
      out_.line("  // Extents that steps find: defined by one, used by later ones.");
      out_.indent();
      out_.beginFunction("BURIN_INLINE int *extents() const");
      out_.line(fmt::format("return static_cast<int *>(static_cast<void *>(arena + {}));",
                            memory_.extentsOffset()));
      out_.endFunction();
      out_.outdent();
    }
    out_.line("};");
    out_.blank();
  }

  void emitFunctors(const Part &part) {
    if (part.functors.empty())
      return;
    out_.line("// ---- blocks: what is done element by element ----");
    out_.blank();
    for (const size_t index : part.functors) {
      const FunctorDef &f = p_.functors[index];
      out_.line(fmt::format("struct {} {{", f.name));
      out_.indent();
      // Members of one type share a line, as a person would write them.
      for (size_t i = 0; i < f.functor.members.size();) {
        const std::string &type = f.functor.members[i].type;
        std::string text = type + (type.back() == '*' ? "" : " ") + f.functor.members[i].name;
        size_t j = i + 1;
        for (; j < f.functor.members.size() && f.functor.members[j].type == type; ++j)
          text += fmt::format(", {}{}", type.back() == '*' ? "*" : "", f.functor.members[j].name);
        out_.line(text + ";");
        i = j;
      }
      if (!f.functor.members.empty())
        out_.blank();
      out_.beginFunction(f.functor.signature);
      for (const std::string &l : f.functor.lines)
        out_.line(l);
      out_.endFunction();
      out_.outdent();
      out_.line("};");
      out_.blank();
    }
  }

  void emitStubs(const Part &part) {
    if (part.stubs.empty())
      return;
    out_.line("// ---- stubs: one for each kernel that the model needs ----");
    out_.blank();
    for (const size_t index : part.stubs) {
      const Stub &s = p_.stubs[index];
      constexpr size_t kMostListed = 12;
      std::vector<std::string> layers(
          s.layers.begin(),
          s.layers.begin() + static_cast<ptrdiff_t>(std::min(s.layers.size(), kMostListed)));
      if (s.layers.size() > kMostListed)
        layers.push_back(fmt::format("and {} more", s.layers.size() - kMostListed));
      out_.comment(fmt::format("layers: {}", fmt::join(layers, ", ")));
      out_.beginFunction(fmt::format("BURIN_STUB {} {}({})", s.returnsStatus ? "Status" : "void",
                                     s.name, fmt::join(s.parameters, ", ")));
      for (const std::string &l : s.body)
        out_.line(l);
      out_.endFunction();
      out_.blank();
    }
  }

  std::string stepsText(const Part &part) const {
    CodeWriter out;
    for (const size_t i : part.steps) {
      out.comment(fmt::format("{} {}", i, p_.steps[i].comment));
      emitStep(out, memory_, p_.steps[i]);
      out.blank();
    }
    return out.take();
  }

  /// In a file with as many names as steps, compilers take long for each use of a template:
  /// `named` makes one for each number of units.
  std::string tableText(bool named) const {
    if (p_.steps.empty())
      return {};
    CodeWriter out;
    std::set<int64_t> numbers;
    for (const StepInfo &step : p_.steps)
      if (named && step.units.isNumber())
        numbers.insert(step.units.number());
    if (!numbers.empty()) {
      out.line("namespace units {");
      for (const int64_t n : numbers)
        out.line(
            fmt::format("constexpr int (*of{0})(const Context &) noexcept = rt::units<{0}>;", n));
      out.line("} // namespace units");
      out.blank();
    }
    // Units whose extents are symbols are functions.
    std::vector<std::string> units;
    for (size_t i = 0; i < p_.steps.size(); ++i) {
      const Dim &n = p_.steps[i].units;
      if (n.isNumber()) {
        units.push_back(
            fmt::format(fmt::runtime(named ? "units::of{}" : "rt::units<{}>"), n.number()));
        continue;
      }
      const std::string name = p_.steps[i].function + "_units";
      out.beginFunction(fmt::format("int {}(const Context &c) noexcept", name));
      out.line(fmt::format("return {};", memory_.extent(n)));
      out.endFunction();
      units.push_back(name);
    }
    out.line(fmt::format("constexpr rt::Step<Context> kSteps[{}::num_nodes] = {{",
                         p_.settings.className));
    for (size_t i = 0; i < p_.steps.size(); ++i) {
      const int64_t at = i < memory_.plan.scratchOffset.size() ? memory_.plan.scratchOffset[i] : -1;
      const int64_t each = at < 0 ? 0 : (p_.steps[i].scratchBytes + 63) / 64 * 64;
      // A label in every row: clang-format puts rows without one side by side.
      out.line(fmt::format("    {{{}, {}, {}, {}}}, // {}", p_.steps[i].function, units[i],
                           std::max<int64_t>(at, 0), each,
                           p_.steps[i].unitsOf.empty() ? "whole" : p_.steps[i].unitsOf));
    }
    out.line("};");
    out.blank();
    return out.take();
  }

  const Prepared &p_;
  const Memory &memory_;
  CodeWriter out_;
};

} // namespace

std::vector<std::string> emitSources(const Prepared &p, const Memory &memory) {
  SourceEmitter emitter{p, memory};
  if (p.settings.shards == 1)
    return {emitter.whole()};
  return emitter.sharded(partsOf(p, p.settings.shards));
}

} // namespace burin::codegen
