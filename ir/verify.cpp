// SPDX-License-Identifier: Apache-2.0
#include "ir/verify.h"

#include "ir/builder.h"
#include "ir/ops.h"
#include "ir/text.h"
#include "ir/text_elements.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <unordered_set>

namespace burin::ir {
namespace {

class Verifier {
public:
  explicit Verifier(const Module &module) : module_{module} {}

  std::vector<Violation> run() {
    checkSymbols();
    for (const auto &constant : module_.constants()) {
      constants_.insert(constant.get());
      checkConstant(*constant);
    }
    for (const auto &function : module_.functions)
      checkFunction(*function);
    checkUses();
    return std::move(violations_);
  }

private:
  template <class... T> void report(const Op *op, fmt::format_string<T...> format, T &&...values) {
    violations_.push_back({op, fmt::format(format, std::forward<T>(values)...)});
  }

  void checkSymbols();
  void checkConstant(const Value &);
  void checkFunction(const Function &);
  void checkStates(const Function &);
  void checkBlock(const Block &, const Op *parent);
  bool checkLinks(const Op &);
  void checkOperands(const Op &);
  bool checkAttributes(const Op &);
  void checkTypes(const Op &);
  void checkDefinedSymbols(const Op *, const Type &, std::string_view what);
  void define(const Value &);
  void defineSymbols(const Op &);
  void checkUses();

  const Module &module_;
  std::vector<Violation> violations_;
  std::unordered_set<const Value *> constants_;
  std::unordered_set<const Op *> ops_;
  // What is visible where the walk stands, and what it has left, in order to say which it is.
  std::unordered_set<const Value *> visible_, left_;
  std::vector<const Value *> order_; ///< of the visible ones
  std::vector<const Value *> all_;
  std::set<std::string, std::less<>> symbols_;
  /// How often the operands of ops name a value.
  std::unordered_map<const Value *, size_t> uses_;
};

std::string nameOf(const Value &v) {
  if (v.name.empty())
    return v.isConstant() ? "a constant without a name" : "a value without a name";
  return fmt::format("{}{}", v.isConstant() ? '@' : '%', nameText(v.name));
}

// ---- module ----

void Verifier::checkSymbols() {
  std::set<std::string_view> names;
  for (const Symbol &symbol : module_.symbols()) {
    if (!isIdentifier(symbol.name))
      report(nullptr, "symbol '{}' is no identifier", symbol.name);
    if (!names.insert(symbol.name).second)
      report(nullptr, "symbol '{}' is there twice", symbol.name);
  }
}

void Verifier::checkConstant(const Value &constant) {
  const std::string name = nameOf(constant);
  if (!constant.isConstant() || constant.def() || constant.argumentOf())
    return report(nullptr, "{} is listed as a constant and is none", name);
  if (!constant.type.isTensor() || !constant.type.isStatic())
    return report(nullptr, "{} is {}, expected a tensor of known extents", name,
                  constant.type.text());
  const auto count = static_cast<size_t>(constant.type.count().number());
  const bool strings = constant.type.element() == ElementType::string;
  const size_t has = strings ? constant.constant()->strings.size()
                             : constant.constant()->bytes.size(),
               expected = strings ? count : count * elementSize(constant.type.element());
  if (has != expected)
    report(nullptr, "{} is {} and has {} {}, expected {}", name, constant.type.text(), has,
           strings ? "strings" : "bytes", expected);
}

// ---- functions ----

void Verifier::checkFunction(const Function &function) {
  symbols_.clear();
  if (function.body.parentOp() || function.body.function_ != &function)
    report(nullptr, "the body of @{} does not name its function", function.name);
  std::set<std::string> itself; // symbols that are extents, not only parts of such
  for (size_t i = 0; i < function.body.numArguments(); ++i)
    for (const Dim &d : function.body.argument(i)->type.shape()) {
      std::map<std::string, Bounds, std::less<>> symbols;
      d.collectSymbols(symbols);
      for (const auto &[name, bounds] : symbols)
        symbols_.insert(name);
      if (const auto name = d.symbolName())
        itself.emplace(*name);
    }
  for (const std::string &name : symbols_)
    if (!itself.contains(name))
      report(nullptr, "no input of @{} has the extent {} itself, only others that contain it",
             function.name, name);
  checkBlock(function.body, nullptr);
  if (!function.body.isEmpty() && function.body.back()->def.is(Trait::terminator))
    checkStates(function);
}

void Verifier::checkStates(const Function &function) {
  const Op &last = *function.body.back();
  if (function.resultNames.size() > last.numOperands())
    report(&last, "@{} has {} names for {} results", function.name, function.resultNames.size(),
           last.numOperands());
  std::set<std::string_view> names;
  std::set<size_t> arguments, results;
  for (const State &state : function.states) {
    if (!names.insert(state.name).second)
      report(&last, "state '{}' is there twice", state.name);
    if (state.argument >= function.body.numArguments() || state.result >= last.numOperands()) {
      report(&last, "state '{}' is argument {} of {} and result {} of {}", state.name,
             state.argument, function.body.numArguments(), state.result, last.numOperands());
      continue;
    }
    if (!arguments.insert(state.argument).second || !results.insert(state.result).second)
      report(&last, "state '{}' shares its argument or its result with another", state.name);
    const Type &in = function.body.argument(state.argument)->type;
    const Value *out = last.operand(state.result);
    if (out && out->type != in)
      report(&last, "state '{}' is {} as an argument but {} as a result", state.name, in.text(),
             out->type.text());
    if (!state.initial)
      continue;
    if (!constants_.contains(state.initial))
      report(&last, "the initial value of state '{}' is no constant of the module", state.name);
    else if (state.initial->type != in)
      report(&last, "state '{}' is {} but its initial value is {}", state.name, in.text(),
             state.initial->type.text());
  }
}

// ---- blocks ----

void Verifier::define(const Value &value) {
  visible_.insert(&value);
  order_.push_back(&value);
  all_.push_back(&value);
}

void Verifier::checkBlock(const Block &block, const Op *parent) {
  const size_t mark = order_.size();
  const auto outerSymbols = symbols_;
  for (size_t i = 0; i < block.numArguments(); ++i) {
    const Value &argument = *block.argument(i);
    if (argument.argumentOf() != &block || argument.index() != i || argument.def())
      report(parent, "argument {} of a block does not name its block", i);
    checkDefinedSymbols(parent, argument.type, "an argument of a block");
    define(argument);
  }
  const Op *previous = nullptr;
  for (const Op &op : block) {
    ops_.insert(&op);
    if (op.previous() != previous || op.parent() != &block) {
      report(&op, "is not linked into its block");
      return; // to follow it may never end
    }
    previous = &op;
    const bool isLast = &op == block.back();
    if (op.def.is(Trait::terminator) && !isLast)
      report(&op, "ends the block but is not its last op");
    if (isLast && !op.def.is(Trait::terminator))
      report(&op, "is the last op of its block, expected a yield");
    checkOperands(op);
    if (!checkLinks(op))
      continue;
    for (size_t i = 0; i < op.numBlocks(); ++i)
      checkBlock(op.block(i), &op);
    defineSymbols(op);
    if (checkAttributes(op))
      checkTypes(op);
    for (size_t i = 0; i < op.numResults(); ++i) {
      checkDefinedSymbols(&op, op.result(i)->type, "a result");
      define(*op.result(i));
    }
  }
  if (block.isEmpty())
    report(parent, "a block is empty, expected a yield at its end");
  for (; order_.size() > mark; order_.pop_back()) {
    visible_.erase(order_.back());
    left_.insert(order_.back());
  }
  symbols_ = outerSymbols;
}

bool Verifier::checkLinks(const Op &op) {
  const bool epilogueAbsent = op.def.is(Trait::reduction) && op.numBlocks() == 0;
  if (op.numBlocks() != op.def.blocks.size() && !epilogueAbsent) {
    report(&op, "has {} blocks, expected {}", op.numBlocks(), op.def.blocks.size());
    return false;
  }
  for (size_t i = 0; i < op.numBlocks(); ++i)
    if (op.block(i).parentOp() != &op) {
      report(&op, "block {} does not name its op", i);
      return false;
    }
  for (size_t i = 0; i < op.numResults(); ++i)
    if (op.result(i)->def() != &op || op.result(i)->index() != i || op.result(i)->isConstant())
      report(&op, "result {} does not name its op", i);
  return true;
}

// ---- ops ----

void Verifier::checkOperands(const Op &op) {
  for (size_t i = 0; i < op.numOperands(); ++i) {
    const Value *value = op.operand(i);
    if (!value)
      continue;
    ++uses_[value];
    if (value->isConstant() ? constants_.contains(value) : visible_.contains(value))
      continue;
    if (value->isConstant())
      report(&op, "operand {} is {}, which is no constant of the module", i, nameOf(*value));
    else if (left_.contains(value))
      report(&op, "operand {} is {}, which is not visible here", i, nameOf(*value));
    else
      report(&op, "operand {} is {}, which is not defined before", i, nameOf(*value));
  }
}

bool Verifier::checkAttributes(const Op &op) {
  if (op.attributes().size() != op.def.attrs.size()) {
    report(&op, "has {} attributes, expected {}", op.attributes().size(), op.def.attrs.size());
    return false;
  }
  bool isRight = true;
  for (size_t i = 0; i < op.def.attrs.size(); ++i) {
    const AttrSpec &spec = op.def.attrs[i];
    const auto kind = static_cast<uint8_t>(op.attributes()[i].index());
    if (kind == spec.kind || (kind == 0 && spec.optional))
      continue;
    report(&op, "attribute '{}' is of kind {}, expected {}", spec.name, attrKindName(kind),
           attrKindName(spec.kind));
    isRight = false;
  }
  return isRight;
}

void Verifier::checkTypes(const Op &op) {
  try {
    const std::vector<Type> types = inferTypes(op);
    if (types.size() != op.numResults())
      return report(&op, "has {} results, expected {}", op.numResults(), types.size());
    for (size_t i = 0; i < types.size(); ++i)
      if (types[i] != op.result(i)->type)
        report(&op, "result {} is {}, expected {}", i, op.result(i)->type.text(), types[i].text());
  } catch (const CompileError &e) {
    report(&op, "{} [{}]", e.what(), e.diagnostic().code);
  } catch (const InternalError &e) {
    report(&op, "{}", e.what());
  }
}

// ---- symbols ----

void Verifier::checkDefinedSymbols(const Op *op, const Type &type, std::string_view what) {
  if (!type.isTensor())
    return; // capacities are bounds, and elements have shapes of their own
  for (const Dim &d : type.shape()) {
    if (d.isNumber())
      continue;
    std::map<std::string, Bounds, std::less<>> symbols;
    d.collectSymbols(symbols);
    for (const auto &[name, bounds] : symbols) {
      const auto declared = std::ranges::find(module_.symbols(), name, &Symbol::name);
      if (declared == module_.symbols().end())
        report(op, "{} is {}: symbol '{}' is not in the module", what, type.text(), name);
      else if (declared->bounds != bounds)
        report(op, "{} is {}: symbol '{}' has other bounds than in the module", what, type.text(),
               name);
      else if (!symbols_.contains(name))
        report(op, "{} is {}: symbol '{}' has no value here", what, type.text(), name);
    }
  }
}

/// Symbols that have a value when the op has run.
void Verifier::defineSymbols(const Op &op) {
  std::map<std::string, Bounds, std::less<>> symbols;
  if (op.def.is(Trait::definesDims)) {
    if (const auto *dims = op.find(attr::dims))
      for (const Dim &d : *dims)
        d.collectSymbols(symbols);
  } else if (op.is(ops::list_get) || op.is(ops::optional_get)) {
    for (size_t i = 0; i < op.numResults(); ++i) // elements have a shape each
      for (const Dim &d : op.result(i)->type.shape())
        d.collectSymbols(symbols);
  }
  for (const auto &[name, bounds] : symbols)
    symbols_.insert(name);
}

// ---- uses ----

/// Every use that an op has is in the list of its value, and no other is.
void Verifier::checkUses() {
  const auto check = [this](const Value &value) {
    const auto counted = uses_.find(&value);
    const size_t expected = counted == uses_.end() ? 0 : counted->second;
    size_t listed = 0;
    const Use *previous = nullptr;
    for (const Use *use = value.firstUse(); use; use = use->next) {
      if (use->value != &value || use->previous != previous)
        return report(value.def(), "the uses of {} are not linked", nameOf(value));
      previous = use;
      if (!ops_.contains(use->user))
        return report(value.def(), "{} is used by an op that is in no function", nameOf(value));
      if (++listed > expected)
        break;
    }
    if (listed != expected)
      report(value.def(), "{} is an operand {} times but its list of uses has {}", nameOf(value),
             expected, listed > expected ? "more" : std::to_string(listed));
  };
  for (const auto &constant : module_.constants())
    check(*constant);
  for (const Value *value : all_)
    check(*value);
}

} // namespace

std::vector<Violation> verify(const Module &module) { return Verifier{module}.run(); }

void verifyOrThrow(const Module &module, std::string_view when) {
  const std::vector<Violation> violations = verify(module);
  if (violations.empty())
    return;
  PrintOptions options{.elideConstants = true, .locations = true, .annotations = {}};
  std::string text = fmt::format("after {} the module is not valid:\n", when);
  std::set<const Function *> broken;
  for (const Violation &violation : violations) {
    if (violation.op) {
      options.annotations.emplace_back(violation.op, violation.text);
      if (violation.op->parent())
        broken.insert(violation.op->parent()->parentFunction());
    }
    text += fmt::format("  {}{}{}\n", violation.op ? violation.op->def.name : "",
                        violation.op ? ": " : "", violation.text);
  }
  for (const auto &function : module.functions)
    if (broken.contains(function.get()))
      text += print(*function, options);
  throw InternalError(std::move(text));
}

} // namespace burin::ir
