// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/rules/rules.h"

namespace burin::passes {
namespace ops = ir::ops;
using ir::Builder;
using ir::Op;
using ir::Value;

namespace {
constexpr Var list{0}, index{1}, x{2};

Value *truth(Builder &to, bool holds) { return to.scalar(ir::ElementType::boolean, holds); }

/// Element i of list_make(...) is its operand i, where the shape is the one that the list declares.
Value *getOfMake(const Match &m, Builder &) {
  const Op *make = m[list]->def();
  if (!make || !make->is(ops::list_make))
    return nullptr;
  const auto n = static_cast<int64_t>(make->numOperands());
  const int64_t i = ir::elementAsInt(*m[index], 0), at = i < 0 ? i + n : i;
  if (at < 0 || at >= n)
    return nullptr; // fails when it runs
  Value *element = make->operand(static_cast<size_t>(at));
  return element->type == m.root->result()->type ? element : nullptr;
}

Value *lengthOfMake(const Match &m, Builder &to) {
  const Op *make = m[list]->def();
  return make && make->is(ops::list_make)
             ? to.scalar(ir::ElementType::i64, static_cast<double>(make->numOperands()))
             : nullptr;
}

/// list_concat(list_make(a, b)) = concat(a, b)
Value *concatOfMake(const Match &m, Builder &to) {
  const Op *make = m[list]->def();
  if (!make || !make->is(ops::list_make) || make->numOperands() == 0)
    return nullptr;
  ir::Dim sum = 0;
  const ir::Type &type = m.root->result()->type;
  const size_t axis = axisOf((*m.root)[ir::attr::axis], type.rank());
  for (Value *v : operandsOf(*make)) {
    for (size_t i = 0; i < type.rank(); ++i)
      if (i != axis && v->type.dim(i) != type.dim(i))
        return nullptr;
    sum = sum + v->type.dim(axis);
  }
  if (sum != type.dim(axis))
    return nullptr;
  return to.makeOp(ops::concat, operandsOf(*make), {ir::attr::axis(static_cast<int64_t>(axis))})
      .result();
}

std::vector<Rule> makeRules() {
  const auto onlyX = [](const Match &m, Builder &) { return m[x]; };
  const auto yes = [](const Match &, Builder &to) { return truth(to, true); };
  const auto no = [](const Match &, Builder &to) { return truth(to, false); };
  return {
      {"list-get", op(ops::list_get, list, constant().as(index)), getOfMake},
      {"list-length", op(ops::list_length, list), lengthOfMake},
      {"list-concat", op(ops::list_concat, list), concatOfMake},
      {"optional-get", op(ops::optional_get, op(ops::optional_some, x)), onlyX},
      {"optional-has", op(ops::optional_has, op(ops::optional_some, x)), yes},
      {"optional-has-none", op(ops::optional_has, op(ops::optional_none)), no},
  };
}

} // namespace

std::span<const Rule> containerRules() {
  static const std::vector<Rule> kRules = makeRules();
  return kRules;
}

} // namespace burin::passes
