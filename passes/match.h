// SPDX-License-Identifier: Apache-2.0
//
// Patterns over the producers of a value. A pattern is plain data, made at run time:
//
//   op(ops::relu, op(ops::conv, x, w).as(c).once())     relu of a conv that nobody else reads
//   op(ops::mul, x, op(ops::sigmoid, x))                in both orders of mul; x is one value
//   op(ops::add, x, number(0))                          a constant all of whose elements are 0
//   op(ops::resize, x, absent())                        an optional operand that is not there
#pragma once

#include "ir/graph.h"

#include <array>
#include <string>

namespace burin::passes {

struct PassContext;
struct Pattern;

/// A hole with a number below kMostVars. One that occurs twice must stand for the same value.
struct Var {
  int id;
};
constexpr size_t kMostVars = 10;

struct Pattern {
  enum class Kind : uint8_t {
    any,      ///< any value that is there
    op,       ///< the result of an op
    constant, ///< any constant
    number,   ///< a constant all of whose elements are `value`
    absent,   ///< an optional operand that is not there
    maybe,    ///< absent, or the only one of `parts`
    either,   ///< the first of `parts` that fits
  };

  Kind kind = Kind::any;
  const ir::OpDef *def = nullptr;
  std::vector<Pattern> parts; ///< operands of an op; alternatives
  double value = 0;
  int capture = -1;
  bool single = false; ///< has one use
  bool open = false;   ///< the op may have more operands: extras of an epilogue
  bool (*guard)(const ir::Op &) = nullptr;
  std::string_view why; ///< what the guard asks, to explain

  Pattern() = default;
  Pattern(Var v) : capture{v.id} {} // implicit: a hole is a pattern
  explicit Pattern(Kind k) : kind{k} {}

  Pattern as(Var v) && {
    capture = v.id;
    return std::move(*this);
  }
  Pattern once() && {
    single = true;
    return std::move(*this);
  }
  Pattern andMore() && {
    open = true;
    return std::move(*this);
  }
  Pattern where(bool (*holds)(const ir::Op &), std::string_view asked) && {
    guard = holds;
    why = asked;
    return std::move(*this);
  }
};

/// An op of one result; operands that are left out at the end are absent.
template <class... P> Pattern op(const ir::OpDef &def, P... operands) {
  Pattern p{Pattern::Kind::op};
  p.def = &def;
  p.parts = {Pattern(std::move(operands))...};
  return p;
}
inline Pattern constant() { return Pattern{Pattern::Kind::constant}; }
inline Pattern number(double value) {
  Pattern p{Pattern::Kind::number};
  p.value = value;
  return p;
}
inline Pattern absent() { return Pattern{Pattern::Kind::absent}; }
inline Pattern maybe(Pattern part) {
  Pattern p{Pattern::Kind::maybe};
  p.parts = {std::move(part)};
  return p;
}
template <class... P> Pattern either(P... parts) {
  Pattern p{Pattern::Kind::either};
  p.parts = {Pattern(std::move(parts))...};
  return p;
}

struct Match {
  ir::Op *root = nullptr;
  const PassContext *context = nullptr;
  std::array<ir::Value *, kMostVars> bound{};

  ir::Value *operator[](Var v) const { return bound[static_cast<size_t>(v.id)]; }
  /// The op whose result a Var stands for.
  ir::Op &op(Var v) const { return *(*this)[v]->def(); }
};

/// Tries every order of commutative operands and every alternative, also those of inner patterns
/// when an outer part fails. `why`, if given, gets the reason of the try that came furthest.
bool match(const Pattern &, ir::Value *, Match &, std::string *why = nullptr);

} // namespace burin::passes
