// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/rules/rules.h"

#include <optional>

namespace burin::passes {
namespace ops = ir::ops;
using ir::Builder;
using ir::ElementType;
using ir::Value;

namespace {
constexpr Var x{0}, y{1}, c{2};

// ---- casts ----

/// Bits of magnitude of an integer: what a type needs to hold all its values.
std::optional<int> magnitudeBits(ElementType e) {
  if (e == ElementType::boolean)
    return 1;
  if (!ir::isInteger(e))
    return std::nullopt;
  const int bits = e == ElementType::i4 || e == ElementType::u4 ? 4
                   : e == ElementType::i2 || e == ElementType::u2
                       ? 2
                       : static_cast<int>(ir::elementSize(e)) * 8;
  return ir::isSigned(e) ? bits - 1 : bits;
}

/// Bits of the significand, for the floats whose range holds the integers of as many bits.
std::optional<int> significandBits(ElementType e) {
  switch (e) {
  case ElementType::f64:
    return 53;
  case ElementType::f32:
    return 24;
  case ElementType::f16:
    return 11;
  case ElementType::bf16:
    return 8;
  default:
    return std::nullopt;
  }
}

/// Whether every value of `from` is one of `to`.
bool isLossless(ElementType from, ElementType to) {
  if (from == to)
    return true;
  if (ir::isFloat(from))
    return to == ElementType::f64
               ? significandBits(from).has_value()
               : to == ElementType::f32 && (from == ElementType::f16 || from == ElementType::bf16);
  const std::optional<int> bits = magnitudeBits(from);
  if (!bits)
    return false;
  if (const std::optional<int> held = significandBits(to))
    return *bits <= *held;
  const std::optional<int> held = magnitudeBits(to);
  const bool keepsSign = !ir::isSigned(from) || ir::isSigned(to);
  return held && to != ElementType::boolean && keepsSign && *bits <= *held;
}

Value *castSame(const Match &m, Builder &) {
  return m[x]->type == m.root->result()->type ? m[x] : nullptr;
}

/// cast(cast(x)) = cast(x) where the inner one loses nothing. An integer that goes through a float
/// saturates in the end instead of wrapping, so that only its own type is safe there.
Value *castCast(const Match &m, Builder &to) {
  const ElementType from = m[x]->type.element(), middle = m.root->operand(0)->type.element(),
                    end = m.root->result()->type.element();
  if (!isLossless(from, middle))
    return nullptr;
  if (ir::isFloat(from) != ir::isFloat(middle) && from != ElementType::boolean &&
      end != ElementType::boolean && !isLossless(from, end))
    return nullptr;
  return to.makeOp(ops::cast, {m[x]}, attributesOf(*m.root)).result();
}

// ---- conditions ----

Value *where(const Match &m, Builder &to) {
  const std::optional<double> holds = ir::splatValue(*m[c]);
  return holds
             ? broadcastTo(to, m.root->operand(*holds != 0 ? 1 : 2), m.root->result()->type.shape())
             : nullptr;
}

Value *onlyX(const Match &m, Builder &to) {
  return broadcastTo(to, m[x], m.root->result()->type.shape());
}

Value *whereNot(const Match &m, Builder &to) { return to.make(ops::where, {m[c], m[y], m[x]}); }

Value *constantSide(const Match &m, Builder &to) {
  return broadcastTo(to, m[c], m.root->result()->type.shape());
}

std::vector<Rule> makeRules() {
  return {
      {"cast-same", op(ops::cast, x), castSame},
      {"cast-cast", op(ops::cast, op(ops::cast, x)), castCast},
      {"bitcast-same", op(ops::bitcast, x), castSame},
      {"where-constant", op(ops::where, constant().as(c), x, y), where},
      {"where-same", op(ops::where, c, x, x), onlyX},
      {"where-not", op(ops::where, op(ops::logical_not, c), x, y), whereNot},
      {"not-not", op(ops::logical_not, op(ops::logical_not, x)), onlyX},
      {"and-true", op(ops::logical_and, x, number(1)), onlyX},
      {"and-false", op(ops::logical_and, x, number(0).as(c)), constantSide},
      {"or-false", op(ops::logical_or, x, number(0)), onlyX},
      {"or-true", op(ops::logical_or, x, number(1).as(c)), constantSide},
  };
}

} // namespace

std::span<const Rule> castRules() {
  static const std::vector<Rule> kRules = makeRules();
  return kRules;
}

} // namespace burin::passes
