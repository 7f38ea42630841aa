// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/maker.h"

#include <algorithm>
#include <cmath>

namespace burin::differential {
namespace {

using ir::OpDef;

Made keptExact(Maker &m) {
  Value *v = m.chance(75) ? m.anyFloat() : m.anyInteger();
  if (!v)
    return {};
  const OpDef *op = m.oneOf({&ops::relu, &ops::neg, &ops::abs});
  if (ir::isUnsignedInteger(v->type.element()))
    op = &ops::relu;
  return {m.to().make(*op, {v}), m.like(v)};
}

Made smooth(Maker &m) {
  Value *v = m.anyFloat();
  if (!v)
    return {};
  struct Row {
    const OpDef *op;
    double bound, largest;
  };
  const Row row = m.oneOf<Row>({{&ops::tanh, 1, 1e9},
                                {&ops::sigmoid, 1, 1e9},
                                {&ops::sin, 1, 100},
                                {&ops::cos, 1, 100},
                                {&ops::erf, 1, 1e9},
                                {&ops::atan, 1.6, 1e9},
                                {&ops::exp, std::exp(6), 6},
                                {&ops::asinh, 11, 1e9},
                                {&ops::sinh, 202, 6},
                                {&ops::cosh, 202, 6}});
  if (m.factsOf(v).bound > row.largest)
    return {};
  return {m.to().make(*row.op, {v}), {false, 0, row.bound}};
}

/// Ops that need a positive operand.
Made ofPositive(Maker &m) {
  Value *v = m.anyFloat();
  if (!v)
    return {};
  Value *half = m.to().scalar(v->type.element(), 0.5);
  Value *positive = m.to().make(ops::add, {m.to().make(ops::abs, {v}), half});
  const double bound = m.factsOf(v).bound + 1;
  switch (m.pick(4)) {
  case 0:
    return {m.to().make(ops::sqrt, {positive}), {false, 0, bound}};
  case 1:
    return {m.to().make(ops::log, {positive}), {false, 0, 10}};
  case 2: {
    const double power = m.oneOf({0.5, 2.0, 3.0, -1.0});
    return {m.to().make(ops::pow, {positive, m.to().scalar(v->type.element(), power)}),
            {false, 0, std::pow(bound, 3)}};
  }
  default: {
    Value *x = m.partner(v);
    return {m.to().make(ops::div, {x, positive}), {false, 0, 2 * m.factsOf(x).bound}};
  }
  }
}

Made rounding(Maker &m) {
  Value *v = m.any([&](const Value &x) { return ir::isFloat(x.type.element()) && m.isExact(&x); });
  if (!v)
    return {};
  const OpDef *op = m.oneOf({&ops::floor, &ops::ceil, &ops::round, &ops::trunc, &ops::sign});
  return {m.to().make(*op, {v}), {true, 0, m.factsOf(v).bound + 1}};
}

Made arithmetic(Maker &m) {
  Value *a = m.chance(75) ? m.anyFloat() : m.anyInteger();
  if (!a)
    return {};
  Value *b = m.partner(a);
  const OpDef *op = m.oneOf({&ops::add, &ops::sub, &ops::mul, &ops::min, &ops::max});
  if (m.chance(50))
    std::swap(a, b);
  const Facts &x = m.factsOf(a), &y = m.factsOf(b);
  Facts facts{x.exact && y.exact, std::max(x.fraction, y.fraction), std::max(x.bound, y.bound)};
  if (op == &ops::add || op == &ops::sub)
    facts.bound = x.bound + y.bound;
  if (op == &ops::mul)
    facts = {facts.exact, x.fraction + y.fraction, x.bound * y.bound};
  return {m.to().make(*op, {a, b}), facts};
}

Made integers(Maker &m) {
  Value *a = m.anyInteger();
  if (!a)
    return {};
  const OpDef *op = m.oneOf({&ops::div, &ops::mod, &ops::fmod, &ops::bit_and, &ops::bit_or,
                             &ops::bit_xor, &ops::shift_left, &ops::shift_right, &ops::mul});
  Value *b = m.partner(a);
  return {m.to().make(*op, {a, b}), {true, 0, kAnyInteger}};
}

Made clamped(Maker &m) {
  Value *v = m.chance(60) ? m.anyInteger() : m.anyFloat();
  if (!v)
    return {};
  const ElementType e = v->type.element();
  Value *low = m.to().scalar(e, ir::isSigned(e) ? -3 : 1), *high = m.to().scalar(e, 6);
  return {m.to().make(ops::min, {m.to().make(ops::max, {v, low}), high}),
          {m.isExact(v), m.factsOf(v).fraction, 6}};
}

Made comparison(Maker &m) {
  Value *a = m.anyExact();
  if (!a)
    return {};
  Value *b = m.partner(a);
  if (!m.isExact(b))
    return {};
  return {m.to().make(*m.oneOf({&ops::equal, &ops::less, &ops::less_equal}), {a, b}), {}};
}

Made logic(Maker &m) {
  Value *a = m.anyBool();
  if (!a)
    return {};
  if (m.chance(25))
    return {m.to().make(ops::logical_not, {a}), {}};
  return {m.to().make(*m.oneOf({&ops::logical_and, &ops::logical_or, &ops::logical_xor}),
                      {a, m.partner(a)}),
          {}};
}

Made where(Maker &m) {
  Value *condition = m.anyBool(), *a = m.anyFloat();
  if (!condition || !a)
    return {};
  if (m.chance(30))
    if (Value *i = m.anyInteger())
      a = i;
  Value *b = m.partner(a);
  const Facts &x = m.factsOf(a), &y = m.factsOf(b);
  return {m.to().make(ops::where, {condition, a, b}),
          {x.exact && y.exact, std::max(x.fraction, y.fraction), std::max(x.bound, y.bound)}};
}

Made cast(Maker &m) {
  const ElementType to =
      m.oneOf({ElementType::f32, ElementType::f32, ElementType::f16, ElementType::bf16,
               ElementType::f64, ElementType::i32, ElementType::i64, ElementType::i8,
               ElementType::u8, ElementType::u16, ElementType::boolean});
  Value *v = ir::isFloat(to) ? m.any([](const Value &) { return true; })
                             : m.any([&](const Value &x) { return m.isExact(&x); });
  if (!v || v->type.element() == to)
    return {};
  Facts facts = m.like(v);
  if (ir::isFloat(to) && facts.bound > kMostBound)
    return {};
  if (!ir::isFloat(to)) {
    if (ir::isFloat(v->type.element()) && to != ElementType::boolean && facts.bound > 1e6)
      return {};
    facts = {true, 0, to == ElementType::boolean ? 1 : facts.bound};
    if (ir::isInteger(to) && facts.bound > 100)
      facts.bound = kAnyInteger; // wraps
    if (ir::isUnsignedInteger(to))
      facts.bound = kAnyInteger;
  }
  facts.exact = facts.exact && fitsExactly(to, facts);
  return {m.to().make(ops::cast, {v}, {attr::to(to), attr::saturate(true)}), facts};
}

Made predicate(Maker &m) {
  Value *v = m.anyFloat();
  if (!v)
    return {};
  if (m.chance(50))
    return {m.to().make(ops::is_nan, {v}), {}};
  return {m.to().make(ops::is_inf, {v}, {attr::detectNegative(true), attr::detectPositive(true)}),
          {}};
}

constexpr OpMaker kMakers[] = {
    {"unary", 8, keptExact},
    {"smooth", 10, smooth},
    {"positive", 5, ofPositive},
    {"rounding", 3, rounding},
    {"arithmetic", 22, arithmetic},
    {"integers", 5, integers},
    {"clamp", 4, clamped},
    {"comparison", 5, comparison},
    {"logic", 3, logic},
    {"where", 5, where},
    {"cast", 8, cast},
    {"predicate", 1, predicate},
};

} // namespace

std::span<const OpMaker> elementwiseMakers() { return kMakers; }

} // namespace burin::differential
