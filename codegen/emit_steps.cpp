// SPDX-License-Identifier: Apache-2.0
#include "codegen/emit_steps.h"

#include "ir/list_layout.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::codegen {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

class StepEmitter {
public:
  StepEmitter(CodeWriter &writer, const Memory &memory) : out_{writer}, memory_{memory} {}

  void op(const Op &op, bool nested) {
    if (op.is(ops::if_))
      return branch(op);
    if (op.is(ops::loop))
      return loop(op);
    if (op.is(ops::bind))
      return bind(op);
    if (op.is(ops::assert_)) {
      out_.line(fmt::format("if (!*{})", memory_.pointer(op.operand(0))));
      out_.line("  return Status::failed_assert;");
      return;
    }
    if (op.is(ops::print))
      return; // an observer sees the step
    call(op, nested);
  }

  bool usesWork() const { return usesWork_; }

private:
  void call(const Op &op, bool nested) {
    const OpCall &prepared = *memory_.prepared.callOf(op);
    std::vector<std::string> arguments, checks;
    for (const kernels::Param &p : prepared.call.params) {
      const auto *found = std::get_if<kernels::Argument::Defined>(&p.argument.of);
      if (!found || isDefinedSymbol(found->dim)) {
        arguments.push_back(memory_.argument(p));
        continue;
      }
      // The extent is known already: what the kernel finds must be it.
      const std::string count = local(p.name);
      out_.line(fmt::format("int {} = 0;", count));
      arguments.push_back("&" + count);
      checks.push_back(fmt::format("if ({} != {})", count, memory_.extent(found->dim)));
    }
    for (const kernels::Functor &f : prepared.call.functors)
      arguments.push_back(memory_.functorArguments(f));
    const bool scratch = prepared.call.scratchBytes > 0;
    arguments.push_back(!nested ? "work"
                                : fmt::format("{{0, {}, {}}}", memory_.extent(prepared.call.units),
                                              scratch ? "work.scratch" : "nullptr"));
    usesWork_ |= !nested || scratch;
    const std::string stub = fmt::format("{}({})", memory_.prepared.stubs[prepared.stub].name,
                                         fmt::join(arguments, ", "));
    if (prepared.call.returnsStatus) {
      out_.line(fmt::format("if (const Status status = {}; status != Status::ok)", stub));
      out_.line("  return status;");
    } else {
      out_.line(stub + ";");
    }
    for (const std::string &check : checks) {
      out_.line(check);
      out_.line("  return Status::bad_shape;");
    }
    defineDims(op);
    if (scratch && (op.is(ops::list_get) || op.is(ops::optional_get)))
      elementDims(op);
  }

  bool isDefinedSymbol(const Dim &d) const {
    const std::optional<std::string_view> name = d.symbolName();
    return name && memory_.prepared.findSymbol(*name)->isDefined;
  }

  /// The kernel has left its count where the extents lie: check the bounds.
  void defineDims(const Op &op) {
    if (!op.def.is(ir::Trait::definesDims) || op.is(ops::loop))
      return;
    for (const Dim &d : op[attr::dims])
      checkDefined(d);
  }

  /// The kernel has left the extents of an element in its scratch.
  void elementDims(const Op &op) {
    const ir::Shape &shape = op.result()->type.shape();
    for (size_t i = 0; i < shape.size(); ++i) {
      const SymbolInfo *s =
          shape[i].symbolName() ? memory_.prepared.findSymbol(*shape[i].symbolName()) : nullptr;
      const std::string at = memory_.extent(shape[i]),
                        own = fmt::format("static_cast<int>(rt::int64At(work.scratch, {}))", i);
      if (s && s->isDefined) {
        out_.line(fmt::format("{} = {};", at, own));
      } else {
        out_.line(fmt::format("if ({} != {})", own, at));
        out_.line("  return Status::bad_shape;");
      }
    }
  }

  void checkDefined(const Dim &d) {
    if (!isDefinedSymbol(d))
      return;
    const ir::Bounds b = d.bounds();
    const std::string at = memory_.extent(d);
    out_.line(fmt::format("if ({} < {} || {} > {})", at, b.lo, at, b.hi));
    out_.line("  return Status::bad_shape;");
  }

  void bind(const Op &op) {
    const std::string from = memory_.pointer(op.operand(0));
    const ir::Dims &dims = op[attr::dims];
    for (size_t i = 0; i < dims.size(); ++i) {
      const SymbolInfo *s =
          dims[i].symbolName() ? memory_.prepared.findSymbol(*dims[i].symbolName()) : nullptr;
      if (s && s->isDefined && !defined_.contains(s->name)) {
        defined_.insert(s->name);
        out_.line(fmt::format("if ({}[{}] < {} || {}[{}] > {})", from, i, s->bounds.lo, from, i,
                              s->bounds.hi));
        out_.line("  return Status::bad_shape;");
        out_.line(fmt::format("{} = static_cast<int>({}[{}]);", memory_.extent(dims[i]), from, i));
      } else {
        out_.line(fmt::format("if ({}[{}] != {})", from, i, memory_.extent(dims[i])));
        out_.line("  return Status::bad_shape;");
      }
    }
  }

  void block(const ir::Block &body) {
    for (const Op &inner : body)
      if (ir::isStep(inner))
        op(inner, true);
  }

  std::string byteCount(const Type &type) {
    const size_t size = ir::elementSize(type.element());
    if (type.isStatic())
      return std::to_string(type.count().number() * static_cast<int64_t>(size));
    const std::string n = memory_.extent(type.count());
    return size == 1 ? fmt::format("static_cast<size_t>({})", n)
                     : fmt::format("static_cast<size_t>({}) * {}", n, size);
  }

  /// The number of elements, to be multiplied.
  std::string elementFactor(const Type &type) {
    const std::string n = memory_.extent(type.count());
    const bool isSum = n.find(" + ") != std::string::npos || n.find(" - ") != std::string::npos;
    return isSum ? fmt::format("({})", n) : n;
  }

  void copy(const Value *from, const Value *to) {
    const std::string source = memory_.pointer(from), target = memory_.pointer(to);
    if (!from->type.isTensor() && from->type != to->type)
      throw CompileError(Problem::unsupported, to->def() ? to->def()->at : Location{},
                         fmt::format("'{}' is {}, but {} is carried on to it", to->name,
                                     to->type.text(), from->type.text()))
          .code("codegen.list");
    if (source != target && !from->type.isTensor()) {
      const ir::ListLayout l = ir::listLayout(from->type);
      out_.line(fmt::format("rt::copyList({{{}, {}, {}, {}}}, {}, {});", l.capacity, l.slotBytes,
                            l.extents, l.elementBytes, target, source));
    } else if (source != target)
      out_.line(fmt::format("BURIN_COPY({}, {}, {});", target, source, byteCount(from->type)));
  }

  void branch(const Op &op) {
    for (size_t b = 0; b < 2; ++b) {
      out_.line(b == 0 ? fmt::format("if (*{}) {{", memory_.pointer(op.operand(0))) : "} else {");
      out_.indent();
      block(op.block(b));
      const Op &yield = op.block(b).terminator();
      for (size_t i = 0; i < yield.numOperands(); ++i)
        copy(yield.operand(i), op.result(i));
      out_.outdent();
    }
    out_.line("}");
  }

  void loop(const Op &op) {
    const auto carried = static_cast<size_t>(op[attr::carried]);
    const ir::Block &body = op.block();
    const Op &yield = body.terminator();
    for (size_t i = 0; i < carried; ++i)
      copy(op.operand(2 + i), op.result(i));
    const std::string index = local("trip");
    const std::string condition =
        op.operand(1) ? fmt::format("*{}", memory_.pointer(op.operand(1))) : "true";
    const std::string goOn = local("go_on");
    out_.line(fmt::format("bool {} = {};", goOn, condition));
    out_.line(fmt::format("int64_t {} = 0;", index));
    const std::string limit =
        op.operand(0) ? fmt::format("{} < *{} && ", index, memory_.pointer(op.operand(0))) : "";
    const bool scans = op.numResults() > carried;
    const Dim trips = op[attr::dims].empty() ? Dim(0) : op[attr::dims][0];
    out_.line(fmt::format("for (; {}{}; ++{}) {{", limit, goOn, index));
    out_.indent();
    if (scans && !trips.isNumber()) {
      out_.line(fmt::format("if ({} >= {})", index, trips.bounds().hi));
      out_.line("  return Status::bad_shape;");
    }
    if (body.argument(0)->hasUses())
      out_.line(fmt::format("*{} = {};", memory_.pointer(body.argument(0)), index));
    block(body);
    out_.line(fmt::format("{} = *{};", goOn, memory_.pointer(yield.operand(0))));
    for (size_t i = carried; i < op.numResults(); ++i) {
      const Value *scanned = yield.operand(1 + i);
      out_.line(fmt::format("BURIN_COPY({} + {} * {}, {}, {});", memory_.pointer(op.result(i)),
                            index, elementFactor(scanned->type), memory_.pointer(scanned),
                            byteCount(scanned->type)));
    }
    for (size_t i = 0; i < carried; ++i)
      copy(yield.operand(1 + i), op.result(i));
    out_.outdent();
    out_.line("}");
    if (isDefinedSymbol(trips)) {
      out_.line(fmt::format("{} = static_cast<int>({});", memory_.extent(trips), index));
    } else if (scans) {
      out_.line(fmt::format("if ({} != {})", index, memory_.extent(trips)));
      out_.line("  return Status::bad_shape;");
    }
  }

  /// A variable of the step, which hides no function.
  std::string local(std::string_view base) {
    std::string name;
    do
      name = locals_.fresh(base);
    while (memory_.prepared.hides(name));
    return name;
  }

  CodeWriter &out_;
  const Memory &memory_;
  std::set<std::string> defined_;
  Scope locals_;
  bool usesWork_ = false;
};

} // namespace

void emitStep(CodeWriter &out, const Memory &memory, const StepInfo &step) {
  CodeWriter body;
  body.indent();
  StepEmitter emitter{body, memory};
  emitter.op(*step.op, false);
  const std::string text = body.take();
  out.beginFunction(fmt::format("Status {}(const Context &{}, rt::Work{}) noexcept", step.function,
                                kernels::mentions(text, "c") ? "c" : "",
                                emitter.usesWork() ? " work" : ""));
  out.raw(text);
  out.line("return Status::ok;");
  out.endFunction();
}

} // namespace burin::codegen
