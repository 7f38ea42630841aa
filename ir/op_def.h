// SPDX-License-Identifier: Apache-2.0
//
// The row that defines an op. Builder, verifier, printer, parser, documentation and completeness
// tests come from it; its address is the op's identity.
#pragma once

#include "ir/attribute.h"

#include <initializer_list>
#include <optional>

namespace burin::ir {

class Op;
class Value;

/// A list in a constexpr row.
template <class T, size_t Capacity> struct List {
  T items[Capacity] = {};
  size_t count = 0;

  constexpr List() = default;
  constexpr List(std::initializer_list<T> from) {
    for (const T &item : from)
      items[count++] = item;
  }
  constexpr const T *begin() const { return items; }
  constexpr const T *end() const { return items + count; }
  constexpr size_t size() const { return count; }
  constexpr const T &operator[](size_t i) const { return items[i]; }
};

enum class Arity : uint8_t { one, optional, variadic }; ///< variadic: only the last

struct OperandSpec {
  std::string_view name;
  Arity arity = Arity::one;
};
constexpr Arity optional = Arity::optional, variadic = Arity::variadic;

/// What passes may assume of an op; combined with |.
enum class Trait : uint32_t {
  none = 0,
  effect = 1 << 0,      ///< kept although nobody uses it: assert, print
  commutative = 1 << 1, ///< of its two operands
  elementwise = 1 << 2, ///< result[i] depends on operands[i] alone, after broadcasting
  terminator = 1 << 3,  ///< ends a block
  view = 1 << 4,        ///< the result may share the memory of operand 0: same elements, same order
  random = 1 << 5,      ///< never folded, never merged with its like
  movement = 1 << 6,    ///< copies elements and computes none
  reduction = 1 << 7,   ///< may carry an epilogue block
  definesDims = 1 << 8, ///< makes symbols whose value is known when it has run
};
constexpr Trait operator|(Trait a, Trait b) {
  return static_cast<Trait>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
constexpr bool has(Trait set, Trait one) {
  return (static_cast<uint32_t>(set) & static_cast<uint32_t>(one)) != 0;
}

/// Types of the results; throws by fail() for an op that breaks a constraint.
using InferFn = std::vector<Type> (*)(const Op &);
/// The elements of result 0 where they are known as extents, from the contents of the operands.
using FoldFn = std::optional<Dims> (*)(const Op &);

struct OpDef {
  std::string_view name; ///< as printed
  std::string_view doc;  ///< semantics in one to three sentences; docs/ir.md is made of these
  List<OperandSpec, 16> operands = {};
  List<AttrSpec, 16> attrs = {};
  List<OperandSpec, 8> results = {{"out"}};
  List<std::string_view, 2> blocks = {}; ///< their labels in .gir: "then", "else", "body"
  Trait traits = Trait::none;
  InferFn infer = nullptr;
  FoldFn fold = nullptr;

  bool is(Trait t) const { return has(traits, t); }
  std::optional<size_t> attrIndex(std::string_view attrName) const {
    for (size_t i = 0; i < attrs.size(); ++i)
      if (attrs[i].name == attrName)
        return i;
    return std::nullopt;
  }
};

/// Throws CompileError(invalid) for a constraint of the op, such as fail(op, "c3", "filter has 2
/// input channels but x has 3"); the id is printed as "conv.c3" and has a case in tests/errors.
[[noreturn]] void fail(const Op &, std::string_view constraint, std::string text);

} // namespace burin::ir
