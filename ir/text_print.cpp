// SPDX-License-Identifier: Apache-2.0
#include "ir/text.h"

#include "ir/ops.h"
#include "ir/text_elements.h"
#include "ir/text_names.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace burin::ir {
namespace {

template <class Range, class Text> std::string joined(const Range &items, Text textOf) {
  std::string out;
  bool first = true;
  for (const auto &item : items) {
    out += first ? "" : ", ";
    out += textOf(item);
    first = false;
  }
  return out;
}

std::string attributeText(const AttrValue &value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(int64_t i) const { return std::to_string(i); }
    std::string operator()(double x) const { return numberText(x); }
    std::string operator()(const std::string &s) const { return quoted(s); }
    std::string operator()(const Ints &all) const {
      return fmt::format("[{}]", fmt::join(all, ", "));
    }
    std::string operator()(const Floats &all) const {
      return fmt::format("[{}]", joined(all, numberText));
    }
    std::string operator()(const Strings &all) const {
      return fmt::format("[{}]", joined(all, [](const std::string &s) { return quoted(s); }));
    }
    std::string operator()(const Dims &all) const { return text(all); }
    std::string operator()(ElementType e) const { return std::string(name(e)); }
    std::string operator()(const Type &type) const { return type.text(); }
  };
  return std::visit(Visitor{}, value);
}

// ---- the printer ----

class Printer {
public:
  explicit Printer(const PrintOptions &options) : options_{options} {
    for (const auto &[op, message] : options.annotations)
      annotations_[op].push_back(message);
  }

  std::string take() { return std::move(out_); }

  void nameConstants(const Module &module) {
    for (const auto &constant : module.constants())
      constants_.reserve(constant->name);
    for (const auto &constant : module.constants())
      constants_.of(*constant);
  }

  void printModule(const Module &);
  void printFunction(const Function &);
  void printOp(const Op &);

private:
  template <class... T> void write(fmt::format_string<T...> format, T &&...values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<T>(values)...);
  }
  void indent() { out_.append(depth_ * 2, ' '); }

  const std::string &nameOf(const Value &v) {
    return v.isConstant() ? constants_.of(v) : values_.of(v);
  }
  std::string parameterText(const Value &v) {
    const std::string &own = values_.of(v);
    return fmt::format("{}: {}", own, v.type.text());
  }

  void printSymbol(const Symbol &);
  void printConstant(const Value &);
  void printElements(const Value &);
  void printSignature(const Function &);
  void printOperands(const Op &);
  void printAttributes(const Op &);
  void printBlock(std::string_view label, const Block &, const Op &);
  void printBody(const Block &);
  void printLocation(const Location &);
  void printAnnotations(const Op &);

  const PrintOptions &options_;
  std::unordered_map<const Op *, std::vector<std::string>> annotations_;
  ValueNames constants_{'@'}, values_{'%'};
  std::string out_;
  size_t depth_ = 0;
};

void Printer::printModule(const Module &module) {
  nameConstants(module);
  const bool plainFormat = module.format.empty() || module.format == "gir";
  const bool bare = module.name.empty() && plainFormat && module.modelSha256.empty();
  if (!bare) {
    write("module {}", quoted(module.name));
    if (!plainFormat)
      write(" format({})", quoted(module.format));
    if (!module.modelSha256.empty())
      write(" sha256({})", quoted(module.modelSha256));
    out_ += " {\n";
    ++depth_;
  }
  for (const Symbol &symbol : module.symbols())
    printSymbol(symbol);
  for (const auto &constant : module.constants())
    printConstant(*constant);
  bool first = module.symbols().empty() && module.constants().empty();
  for (const auto &function : module.functions) {
    out_ += first ? "" : "\n";
    first = false;
    printFunction(*function);
  }
  if (!bare)
    out_ += "}\n";
}

void Printer::printSymbol(const Symbol &symbol) {
  indent();
  write("dim {} = {}..", symbol.name, symbol.bounds.lo);
  if (symbol.bounds.hi != kUnbounded)
    write("{}", symbol.bounds.hi);
  if (!symbol.origin.empty())
    write(" {}", quoted(symbol.origin));
  out_ += '\n';
}

void Printer::printConstant(const Value &constant) {
  indent();
  write("const {} : {} = ", constants_.of(constant), constant.type.text());
  printElements(constant);
  out_ += '\n';
}

void Printer::printElements(const Value &constant) {
  const Constant &data = *constant.constant();
  const ElementType element = constant.type.element();
  const size_t size = elementSize(element);
  const size_t count = size ? data.bytes.size() / size : data.strings.size();
  if (options_.elideConstants && count > kListedElements) {
    out_ += "...";
    return;
  }
  if (element == ElementType::string) {
    write("[{}]", joined(data.strings, [](const std::string &s) { return quoted(s); }));
    return;
  }
  // Texts that would not be read back as the same bytes, such as a NaN with a payload, are no use.
  std::string list;
  bool exact = count <= kListedElements;
  for (size_t i = 0; i < count && exact; ++i) {
    const std::span<const std::byte> one = data.bytes.subspan(i * size, size);
    const std::string text = elementText(element, one.data());
    std::byte back[16];
    exact = storeElementText(element, text, back) && std::ranges::equal(one, std::span(back, size));
    list += (i ? ", " : "") + text;
  }
  if (exact) {
    write("[{}]", list);
    return;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  out_ += "hex\"";
  for (const std::byte b : data.bytes)
    out_ += {kDigits[std::to_integer<size_t>(b) >> 4], kDigits[std::to_integer<size_t>(b) & 15]};
  out_ += '"';
}

void Printer::printFunction(const Function &function) {
  values_ = ValueNames{'%'};
  values_.reserveAll(function.body);
  indent();
  printSignature(function);
  out_ += " {\n";
  ++depth_;
  printBody(function.body);
  --depth_;
  indent();
  out_ += "}\n";
}

void Printer::printSignature(const Function &function) {
  std::unordered_map<size_t, const State *> ofArgument, ofResult;
  for (const State &state : function.states) {
    ofArgument.emplace(state.argument, &state);
    ofResult.emplace(state.result, &state);
  }
  const auto stateAt = [](const auto &states, size_t i) {
    const auto it = states.find(i);
    return it == states.end() ? nullptr : it->second;
  };
  write("func @{}(", nameText(function.name));
  for (size_t i = 0; i < function.body.numArguments(); ++i) {
    out_ += i ? ", " : "";
    const State *state = stateAt(ofArgument, i);
    if (state)
      write("state {} ", isIdentifier(state->name) ? state->name : quoted(state->name));
    out_ += parameterText(*function.body.argument(i));
    if (state && state->initial)
      write(" = {}", nameOf(*state->initial));
  }
  out_ += ") -> (";
  const Op *last = function.body.back();
  for (size_t i = 0; last && last->is(ops::yield) && i < last->numOperands(); ++i) {
    out_ += i ? ", " : "";
    if (const State *state = stateAt(ofResult, i))
      write("state {} ", isIdentifier(state->name) ? state->name : quoted(state->name));
    if (i < function.resultNames.size() && !function.resultNames[i].empty())
      write("%{}: ", nameText(function.resultNames[i]));
    if (const Value *value = last->operand(i))
      out_ += value->type.text();
  }
  out_ += ')';
}

void Printer::printBody(const Block &block) {
  for (const Op &op : block) {
    indent();
    printOp(op);
    if (op.numBlocks() == 0) // else behind the line that opens the first block
      printAnnotations(op);
    out_ += '\n';
  }
}

void Printer::printOp(const Op &op) {
  if (op.is(ops::yield)) {
    out_ += op.parent() && !op.parent()->parentOp() && op.parent()->function_ ? "return" : "yield";
    if (op.numOperands())
      out_ += ' ';
    printOperands(op);
    printLocation(op.at);
    return;
  }
  for (size_t i = 0; i < op.numResults(); ++i) {
    out_ += i ? ", " : "";
    out_ += values_.of(*op.result(i));
  }
  write("{}{}(", op.numResults() ? " = " : "", op.def.name);
  printOperands(op);
  out_ += ')';
  printAttributes(op);
  for (size_t i = 0; i < op.numBlocks(); ++i)
    printBlock(i < op.def.blocks.size() ? op.def.blocks[i] : "block", op.block(i), op);
  for (size_t i = 0; i < op.numResults(); ++i)
    out_ += (i ? ", " : " : ") + op.result(i)->type.text();
  printLocation(op.at);
}

void Printer::printOperands(const Op &op) {
  for (size_t i = 0; i < op.numOperands(); ++i) {
    out_ += i ? ", " : "";
    out_ += op.operand(i) ? nameOf(*op.operand(i)) : "_";
  }
}

void Printer::printAttributes(const Op &op) {
  bool any = false;
  for (size_t i = 0; i < op.attributes().size(); ++i) {
    const AttrValue &value = op.attributes()[i];
    if (value.index() == 0)
      continue;
    out_ += any ? ", " : " {";
    any = true;
    write("{}={}", op.def.attrs[i].name, attributeText(value));
  }
  out_ += any ? "}" : "";
}

void Printer::printBlock(std::string_view label, const Block &block, const Op &op) {
  const ValueNames::Mark scope = values_.enter();
  write(" {}", label);
  for (size_t i = 0; i < block.numArguments(); ++i) {
    out_ += i ? ", " : "(";
    out_ += parameterText(*block.argument(i));
  }
  out_ += block.numArguments() ? ") {" : " {";
  if (&block == &op.block(0))
    printAnnotations(op);
  out_ += '\n';
  ++depth_;
  printBody(block);
  --depth_;
  indent();
  out_ += '}';
  values_.leave(scope);
}

void Printer::printLocation(const Location &at) {
  if (!options_.locations || at == Location{})
    return;
  write(" loc({}", quoted(at.node));
  if (!at.op.empty() || !at.source.empty())
    write(", {}", quoted(at.op));
  if (!at.source.empty())
    write(", {}", quoted(at.source));
  out_ += ')';
}

void Printer::printAnnotations(const Op &op) {
  const auto it = annotations_.find(&op);
  if (it == annotations_.end())
    return;
  for (std::string message : it->second) {
    std::ranges::replace(message, '\n', ' ');
    write("  # error: {}", message);
  }
}

} // namespace

std::string print(const Module &module, const PrintOptions &options) {
  Printer printer{options};
  printer.printModule(module);
  return printer.take();
}

std::string print(const Function &function, const PrintOptions &options) {
  Printer printer{options};
  printer.nameConstants(function.module());
  printer.printFunction(function);
  return printer.take();
}

std::string print(const Op &op) {
  const PrintOptions options{.elideConstants = true, .locations = true, .annotations = {}};
  Printer printer{options};
  printer.printOp(op);
  return printer.take();
}

} // namespace burin::ir
