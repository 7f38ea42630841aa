// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/mutate.h"

#include "ir/builder.h"
#include "ir/ops.h"
#include "ir/text.h"
#include "ir/verify.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::differential {
namespace {

using ir::Op;
using ir::Value;
using Random = std::mt19937;

template <class T> T &oneOf(std::vector<T> &all, Random &random) {
  return all[random() % all.size()];
}

std::vector<Op *> opsOf(const ir::Function &f) {
  std::vector<Op *> ops;
  f.body.walk([&](Op &op) { ops.push_back(&op); });
  return ops;
}

double otherNumber(double x, Random &random) {
  const double others[] = {0, 1, -x, 2 * x, x / 2, x + 1, x - 1, x * 1.01};
  return others[random() % std::size(others)];
}

/// One element, or all of them where they are equal. Of a large constant, which are weights, one.
bool changeConstant(ir::Module &module, Random &random) {
  std::vector<Value *> constants;
  for (const auto &c : module.constants())
    if (c->hasUses() && c->type.element() != ir::ElementType::string &&
        !c->constant()->bytes.empty())
      constants.push_back(c.get());
  if (constants.empty())
    return false;
  Value *old = oneOf(constants, random);
  std::vector<std::byte> bytes(old->constant()->bytes.begin(), old->constant()->bytes.end());
  const size_t size = ir::elementSize(old->type.element()), count = bytes.size() / size;
  const bool isWhole = ir::splatValue(*old).has_value() && random() % 2;
  const size_t at = random() % count;
  const double value = otherNumber(ir::elementAsDouble(*old, at), random);
  for (size_t i = isWhole ? 0 : at; i < (isWhole ? count : at + 1); ++i)
    ir::storeElement(old->type.element(), value, bytes.data() + i * size);
  Value *changed = module.addConstant(old->type, bytes, old->name);
  if (random() % 3) {
    old->replaceAllUsesWith(changed);
    return true;
  }
  std::vector<Op *> users = old->users(); // one of them alone
  Op *user = oneOf(users, random);
  for (size_t i = 0; i < user->numOperands(); ++i)
    if (user->operand(i) == old)
      user->setOperand(i, changed);
  return true;
}

struct ChangeValue {
  Random &random;

  bool operator()(std::monostate) const { return false; }
  bool operator()(bool &b) const {
    b = !b;
    return true;
  }
  bool operator()(int64_t &n) const {
    n += random() % 2 ? 1 : -1;
    return true;
  }
  bool operator()(double &x) const {
    x = otherNumber(x, random);
    return true;
  }
  bool operator()(ir::Ints &all) const {
    if (all.empty())
      return false;
    if (random() % 2)
      std::swap(oneOf(all, random), oneOf(all, random));
    else
      oneOf(all, random) += random() % 2 ? 1 : -1;
    return true;
  }
  bool operator()(ir::Floats &all) const { return !all.empty() && (*this)(oneOf(all, random)); }
  bool operator()(ir::Dims &all) const {
    if (all.empty())
      return false;
    if (ir::Dim &d = oneOf(all, random); random() % 2 && d.isNumber())
      d = d.number() + (random() % 2 ? 1 : -1);
    else
      std::swap(d, oneOf(all, random));
    return true;
  }
  bool operator()(ir::Strings &names) const { // of activations
    if (names.empty())
      return false;
    constexpr std::string_view kNames[] = {"sigmoid", "tanh", "relu"};
    oneOf(names, random) = kNames[random() % std::size(kNames)];
    return true;
  }
  template <class T> bool operator()(T &) const { return false; }
};

bool changeAttribute(ir::Module &module, Random &random) {
  std::vector<Op *> ops = opsOf(*module.functions.front());
  std::erase_if(ops, [](const Op *op) { return op->def.attrs.size() == 0; });
  if (ops.empty())
    return false;
  Op *op = oneOf(ops, random);
  const std::string_view name = op->def.attrs[random() % op->def.attrs.size()].name;
  ir::AttrValue value = op->attribute(name);
  if (!std::visit(ChangeValue{random}, value))
    return false;
  std::visit(
      [&]<class T>(T &v) {
        if constexpr (!std::is_same_v<T, std::monostate>)
          op->set(ir::AttrKey<T>{name}, std::move(v));
      },
      value);
  return true;
}

bool swapOperands(ir::Module &module, Random &random) {
  std::vector<Op *> ops = opsOf(*module.functions.front());
  std::erase_if(ops, [](const Op *op) { return op->numOperands() < 2; });
  if (ops.empty())
    return false;
  Op *op = oneOf(ops, random);
  const size_t a = random() % op->numOperands(), b = random() % op->numOperands();
  Value *first = op->operand(a), *second = op->operand(b);
  op->setOperand(a, second);
  op->setOperand(b, first);
  return first != second;
}

/// An operand is another value of its type from before the op.
bool otherOperand(ir::Module &module, Random &random) {
  std::vector<Op *> ops = opsOf(*module.functions.front());
  Op *op = oneOf(ops, random);
  if (op->numOperands() == 0)
    return false;
  const size_t at = random() % op->numOperands();
  if (!op->operand(at))
    return false;
  std::vector<Value *> others;
  const auto consider = [&](Value *v) {
    if (v != op->operand(at) && v->type == op->operand(at)->type)
      others.push_back(v);
  };
  for (size_t i = 0; i < op->parent()->numArguments(); ++i)
    consider(op->parent()->argument(i));
  for (Op &before : *op->parent()) {
    if (&before == op)
      break;
    for (size_t r = 0; r < before.numResults(); ++r)
      consider(before.result(r));
  }
  if (others.empty())
    return false;
  op->setOperand(at, oneOf(others, random));
  return true;
}

/// What a rule would take away is asked for as well.
bool addResult(ir::Module &module, Random &random) {
  ir::Function &f = *module.functions.front();
  if (!f.states.empty())
    return false;
  std::vector<Value *> values;
  for (Op &op : f.body)
    for (size_t r = 0; r < op.numResults(); ++r)
      if (op.result(r)->type.isTensor())
        values.push_back(op.result(r));
  if (values.empty())
    return false;
  std::vector<Value *> results;
  for (size_t i = 0; i < f.body.terminator().numOperands(); ++i)
    results.push_back(f.body.terminator().operand(i));
  results.push_back(oneOf(values, random));
  f.resultNames.push_back("also");
  f.body.terminator().erase();
  ir::Builder{module, f.body}.yield(results);
  return true;
}

/// An op of the same form is another one.
bool otherOp(ir::Module &module, Random &random) {
  static constexpr const ir::OpDef *kBinary[] = {&ir::ops::add, &ir::ops::sub, &ir::ops::mul,
                                                 &ir::ops::div, &ir::ops::min, &ir::ops::max};
  static constexpr const ir::OpDef *kUnary[] = {&ir::ops::neg,  &ir::ops::tanh, &ir::ops::sigmoid,
                                                &ir::ops::relu, &ir::ops::erf,  &ir::ops::exp,
                                                &ir::ops::abs,  &ir::ops::sqrt};
  const auto isOf = [](const Op &op, auto &rows) {
    return std::ranges::any_of(rows, [&](const ir::OpDef *row) { return op.is(*row); });
  };
  std::vector<Op *> ops = opsOf(*module.functions.front());
  std::erase_if(ops, [&](const Op *op) { return !isOf(*op, kBinary) && !isOf(*op, kUnary); });
  if (ops.empty())
    return false;
  Op *op = oneOf(ops, random);
  const ir::OpDef &row = op->numOperands() == 2 ? *kBinary[random() % std::size(kBinary)]
                                                : *kUnary[random() % std::size(kUnary)];
  std::vector<Value *> operands;
  for (size_t i = 0; i < op->numOperands(); ++i)
    operands.push_back(op->operand(i));
  ir::Builder to{module, *op->parent(), op};
  op->result()->replaceAllUsesWith(to.makeOp(row, operands).result());
  op->erase();
  return true;
}

/// Names every value as inexact, and infers the types again, of what operands and attributes are.
void finishChange(const ir::Module &module) {
  int number = 0;
  for (Op *op : opsOf(*module.functions.front())) {
    const std::vector<ir::Type> types =
        op->numResults() ? ir::inferTypes(*op) : std::vector<ir::Type>();
    for (size_t r = 0; r < op->numResults(); ++r) {
      op->result(r)->type = types.at(r);
      op->result(r)->name = fmt::format("n{}", number++);
    }
  }
}

} // namespace

std::optional<std::string> mutated(const std::string &text, Random &random) {
  using Change = bool (*)(ir::Module &, Random &);
  constexpr Change kChanges[] = {changeConstant, changeConstant, changeAttribute, changeAttribute,
                                 swapOperands,   otherOperand,   addResult,       otherOp};
  try {
    const auto module = ir::parse(text, "graph");
    bool isChanged = false;
    for (uint32_t n = 1 + random() % 3; n > 0; --n)
      isChanged |= kChanges[random() % std::size(kChanges)](*module, random);
    if (!isChanged)
      return std::nullopt;
    finishChange(*module);
    const auto again = ir::parse(ir::print(*module), "graph");
    ir::verifyOrThrow(*again, "changing it");
    return ir::print(*again);
  } catch (const std::exception &) {
    return std::nullopt;
  }
}

} // namespace burin::differential
