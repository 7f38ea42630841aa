// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/shrink.h"

#include "ir/builder.h"
#include "ir/ops.h"
#include "ir/text.h"

#include <optional>
#include <regex>
#include <vector>

namespace burin::differential {
namespace {

using ir::Op;
using ir::Value;

std::vector<Op *> allOps(const ir::Function &f) {
  std::vector<Op *> ops;
  f.body.walk([&](Op &op) { ops.push_back(&op); });
  return ops;
}

bool isUnused(const Op &op) {
  for (size_t i = 0; i < op.numResults(); ++i)
    if (op.result(i)->hasUses())
      return false;
  return !op.is(ir::ops::yield) && !op.def.is(ir::Trait::effect);
}

void setResults(ir::Module &module, ir::Function &f, const std::vector<Value *> &results) {
  f.body.terminator().erase();
  ir::Builder{module, f.body}.yield(results);
}

void clean(ir::Module &module) {
  ir::Function &f = *module.functions.front();
  for (bool changed = true; changed;) {
    changed = false;
    for (Op *op : allOps(f))
      if (isUnused(*op)) {
        op->erase();
        changed = true;
        break; // those inside it are gone too
      }
  }
  for (size_t i = f.body.numArguments(); i-- > 0;)
    if (!f.body.argument(i)->hasUses() && f.states.empty())
      f.body.eraseArgument(i);
  module.eraseUnusedConstants();
}

/// Edit `n` of the module; false if there are not so many.
using Edit = bool (*)(ir::Module &, size_t n);

bool dropStates(ir::Module &module, size_t n) {
  ir::Function &f = *module.functions.front();
  if (n > 0 || f.states.empty())
    return false;
  f.states.clear();
  return true;
}

bool keepOneResult(ir::Module &module, size_t n) {
  ir::Function &f = *module.functions.front();
  if (f.resultNames.size() < 2 || n >= f.resultNames.size() || !f.states.empty())
    return false;
  Value *one = f.body.terminator().operand(n);
  f.resultNames = {f.resultNames[n]};
  setResults(module, f, {one});
  return true;
}

/// The value itself as the result: the end of the graph goes.
bool cutBehind(ir::Module &module, size_t n) {
  ir::Function &f = *module.functions.front();
  if (!f.states.empty())
    return false;
  size_t at = 0;
  for (Op &op : f.body)
    for (size_t r = 0; r < op.numResults(); ++r)
      if (at++ == n) {
        f.resultNames = {"y"};
        setResults(module, f, {op.result(r)});
        return true;
      }
  return false;
}

bool makeArgument(ir::Module &module, size_t n) {
  ir::Function &f = *module.functions.front();
  const std::vector<Op *> ops = allOps(f);
  if (n >= ops.size())
    return false;
  Op *op = ops[ops.size() - 1 - n];
  for (size_t r = 0; r < op->numResults(); ++r)
    if (op->result(r)->hasUses())
      op->result(r)->replaceAllUsesWith(
          f.body.addArgument(op->result(r)->type, op->result(r)->name));
  return true;
}

bool makeOperand(ir::Module &module, size_t n) {
  ir::Function &f = *module.functions.front();
  size_t at = 0;
  for (Op *op : allOps(f))
    for (size_t i = 0; i < op->numOperands(); ++i)
      if (op->numResults() == 1 && op->operand(i) && op->operand(i)->type == op->result()->type &&
          at++ == n) {
        op->result()->replaceAllUsesWith(op->operand(i));
        return true;
      }
  return false;
}

/// What a block yields, as it is outside: the first operand of its type, or an argument.
bool dropEffect(ir::Module &module, size_t n) {
  size_t at = 0;
  for (Op *op : allOps(*module.functions.front()))
    if (op->def.is(ir::Trait::effect) && at++ == n) {
      op->erase();
      return true;
    }
  return false;
}

std::optional<std::string> edited(const std::string &text, Edit edit, size_t n) {
  try {
    const auto module = ir::parse(text, "graph");
    if (!edit(*module, n))
      return std::nullopt;
    clean(*module);
    const std::string result = ir::print(*module);
    ir::parse(result, "graph"); // whether it is a module at all
    return result;
  } catch (const std::exception &) {
    return std::string(); // not a module
  }
}

} // namespace

std::string shrink(std::string text, const std::function<bool(const std::string &)> &fails) {
  constexpr Edit kEdits[] = {dropStates,   keepOneResult, cutBehind,
                             makeArgument, makeOperand,   dropEffect};
  for (bool changed = true; changed;) {
    changed = false;
    for (const Edit edit : kEdits)
      for (size_t n = 0;;) {
        const std::optional<std::string> smaller = edited(text, edit, n);
        if (!smaller)
          break;
        if (!smaller->empty() && smaller->size() < text.size() && fails(*smaller)) {
          text = *smaller;
          changed = true;
        } else {
          ++n;
        }
      }
  }
  return text;
}

std::string withExtent(std::string text, const std::string &symbol, int64_t extent) {
  text = std::regex_replace(text, std::regex("\n *dim " + symbol + " = [^\n]*"), "");
  text = std::regex_replace(text, std::regex("^ *dim " + symbol + " = [^\n]*\n"), "");
  return std::regex_replace(text, std::regex("\\b" + symbol + "\\b"), std::to_string(extent));
}

} // namespace burin::differential
