// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/rules/rules.h"

#include <algorithm>
#include <cmath>

namespace burin::passes {
namespace ops = ir::ops;
using ir::Builder;
using ir::Value;

Value *broadcastTo(Builder &to, Value *v, const ir::Shape &shape) {
  return v->type.shape() == shape ? v : to.make(ops::broadcast, {v}, {ir::attr::shape(shape)});
}

namespace {
constexpr Var x{0}, y{1}, a{2}, b{3};

bool isFloat(const Match &m) { return ir::isFloat(m.root->result()->type.element()); }
/// Whether a rule may change the last bit of a result.
bool mayRound(const Match &m) { return !isFloat(m) || m.context->mayReassociate(); }

/// x itself, in the shape of the root.
Value *onlyX(const Match &m, Builder &to) {
  return broadcastTo(to, m[x], m.root->result()->type.shape());
}

/// -0 + 0 is 0: where bits count, only the zero that changes nothing is neutral.
template <bool negative> Value *withoutZero(const Match &m, Builder &to) {
  if (!mayRound(m) && std::signbit(*ir::splatValue(*m[a])) != negative)
    return nullptr;
  return onlyX(m, to);
}

bool isPowerOfTwo(double v) {
  int exponent;
  return std::isfinite(v) && v != 0 && std::fabs(std::frexp(v, &exponent)) == 0.5;
}

/// x / c = x * (1 / c), exactly for powers of two.
Value *multiplyByInverse(const Match &m, Builder &to) {
  const ir::ElementType e = m.root->result()->type.element();
  if (e != ir::ElementType::f32 && e != ir::ElementType::f64)
    return nullptr;
  if (ir::splatValue(*m[a]) == 1)
    return nullptr;
  const double largest = e == ir::ElementType::f32 ? 0x1p126 : 0x1p1022; // the inverse is normal
  std::vector<double> inverse = numbersOf(*m[a]);
  for (double &v : inverse) {
    const bool fits = isPowerOfTwo(v) || m.context->mayReassociate();
    if (!fits || !(std::fabs(v) >= 1 / largest && std::fabs(v) <= largest))
      return nullptr;
    v = 1 / v;
  }
  return to.make(ops::mul,
                 {m[x], constantOf(to.module(), m[a]->type, inverse, m[a]->constant()->name)});
}

/// x - c = x + -c, so that sums merge.
Value *addNegated(const Match &m, Builder &to) {
  const ir::ElementType e = m[a]->type.element();
  if (m[x]->isConstant() || !ir::isSigned(e) || e == ir::ElementType::i64)
    return nullptr;
  std::vector<double> negated = numbersOf(*m[a]);
  const double least = isFloat(m) ? -INFINITY : *std::ranges::min_element(negated);
  if (!isFloat(m) && least <= -std::ldexp(1.0, static_cast<int>(8 * ir::elementSize(e)) - 1))
    return nullptr; // has no counterpart
  for (double &v : negated)
    v = -v;
  return to.make(ops::add,
                 {m[x], constantOf(to.module(), m[a]->type, negated, m[a]->constant()->name)});
}

/// c + x = x + c: constants stand right, so that other rules see them in one place.
Value *constantRight(const Match &m, Builder &to) {
  if (m[x]->isConstant() || m.root->operand(0) != m[a])
    return nullptr;
  return to.make(m.root->def, {m[x], m[a]});
}

/// (x . a) . b = x . (a . b), for what rounds not or may.
Value *mergeConstants(const Match &m, Builder &to) {
  const ir::OpDef &def = m.root->def;
  const bool isExact = &def == &ops::min || &def == &ops::max;
  if ((!isExact && !mayRound(m)) || m[x]->isConstant())
    return nullptr;
  // Where a and b do not broadcast to one of them the merged constant would be larger than both.
  Value *both = to.make(def, {m[a], m[b]});
  if (both->type.count() != m[a]->type.count() && both->type.count() != m[b]->type.count())
    return nullptr;
  return to.make(def, {m[x], both});
}

// ---- powers ----

Value *square(const Match &m, Builder &to) { return to.make(ops::mul, {m[x], m[x]}); }

/// x^3 = x * (x * x), rounded twice.
Value *cube(const Match &m, Builder &to) {
  return mayRound(m) ? to.make(ops::mul, {m[x], square(m, to)}) : nullptr;
}

/// x^0.5 is sqrt(x) but for -0 and -inf.
Value *squareRoot(const Match &m, Builder &to) {
  return isFloat(m) && mayRound(m) ? to.make(ops::sqrt, {m[x]}) : nullptr;
}

/// 1 / x
Value *inverse(const Match &m, Builder &to) {
  return isFloat(m) ? to.make(ops::div, {to.scalar(m.root->result()->type.element(), 1), m[x]})
                    : nullptr;
}

/// For exponents, which may be of any shape: it must not widen the result.
template <Value *(*build)(const Match &, Builder &)>
Value *ofExponent(const Match &m, Builder &to) {
  return m[x]->type == m.root->result()->type ? build(m, to) : nullptr;
}

Value *makeRelu(const Match &m, Builder &to) {
  return m[x]->type == m.root->result()->type && !m[x]->isConstant() ? to.make(ops::relu, {m[x]})
                                                                     : nullptr;
}

template <const ir::OpDef &def> Value *ofX(const Match &m, Builder &to) {
  return to.make(def, {m[x]});
}
template <const ir::OpDef &def> Value *ofXY(const Match &m, Builder &to) {
  return to.make(def, {m[x], m[y]});
}

/// max(max(x, a), relu's 0) where a is nowhere below 0 is max(x, a).
Value *reluOfPositive(const Match &m, Builder &) {
  const std::vector<double> least = numbersOf(*m[a]);
  return std::ranges::all_of(least, [](double v) { return v >= 0; }) ? m.root->operand(0) : nullptr;
}

std::vector<Rule> makeRules() {
  std::vector<Rule> rules;
  for (const ir::OpDef *def : ir::allOps())
    if (def->is(ir::Trait::commutative))
      rules.push_back({"constant-right", op(*def, x, constant().as(a)), constantRight});
  const auto merge = [&](std::string_view name, const ir::OpDef &def) {
    rules.push_back(
        {name, op(def, op(def, x, constant().as(a)).once(), constant().as(b)), mergeConstants});
  };
  const std::initializer_list<Rule> fixed = {
      {"add-zero", op(ops::add, x, number(0).as(a)), withoutZero<true>},
      {"sub-zero", op(ops::sub, x, number(0).as(a)), withoutZero<false>},
      {"mul-one", op(ops::mul, x, number(1)), onlyX},
      {"div-one", op(ops::div, x, number(1)), onlyX},
      {"sub-constant", op(ops::sub, x, constant().as(a)), addNegated},
      {"div-constant", op(ops::div, x, constant().as(a)), multiplyByInverse},
      {"add-neg", op(ops::add, x, op(ops::neg, y)), ofXY<ops::sub>},
      {"sub-neg", op(ops::sub, x, op(ops::neg, y)), ofXY<ops::add>},
      {"pow-one", op(ops::pow, x, number(1)), ofExponent<onlyX>},
      {"pow-two", op(ops::pow, x, number(2)), ofExponent<square>},
      {"pow-three", op(ops::pow, x, number(3)), ofExponent<cube>},
      {"pow-half", op(ops::pow, x, number(0.5)), ofExponent<squareRoot>},
      {"pow-minus-one", op(ops::pow, x, number(-1)), ofExponent<inverse>},
      {"neg-neg", op(ops::neg, op(ops::neg, x)), onlyX},
      {"abs-neg", op(ops::abs, op(ops::neg, x)), ofX<ops::abs>},
      {"abs-abs", op(ops::abs, op(ops::abs, x)), ofX<ops::abs>},
      {"relu-relu", op(ops::relu, op(ops::relu, x)), ofX<ops::relu>},
      {"relu-positive", op(ops::relu, op(ops::max, x, constant().as(a))), reluOfPositive},
      {"max-zero", op(ops::max, x, number(0)), makeRelu},
  };
  rules.insert(rules.end(), fixed.begin(), fixed.end());
  merge("add-add", ops::add);
  merge("mul-mul", ops::mul);
  merge("min-min", ops::min);
  merge("max-max", ops::max);
  return rules;
}

} // namespace

std::span<const Rule> arithmeticRules() {
  static const std::vector<Rule> kRules = makeRules();
  return kRules;
}

} // namespace burin::passes
