// SPDX-License-Identifier: Apache-2.0
//
// What the infer functions of several families share. Every check names its constraint; all of them
// are listed in ops/constraints.h, and each has a case in tests/errors/<op>.gir.
#pragma once

#include "ir/graph.h"

namespace burin::ir {

using Types = std::vector<Type>;

// ---- operands ----

/// Null where an optional operand is absent.
const Value *operandOrNull(const Op &, size_t i);
/// "x", or "xs[2]" of a variadic one.
std::string operandName(const Op &, size_t i);
/// The type of operand i, which must be a tensor (constraint "tensor").
const Type &tensorOperand(const Op &, size_t i);

// ---- elements ----

bool isNumber(ElementType); ///< an integer or a float
/// Constraint "element" unless `isAllowed`; `expected` ends the text: "x is bool, expected a
/// float".
void checkElement(const Op &, size_t i, bool isAllowed, std::string_view expected);
/// Operand i has the element type of operand `as` (constraint "element").
void checkSameElement(const Op &, size_t i, size_t as);
/// Operand i holds indices: i32 or i64 (constraint "indices").
void checkIndices(const Op &, size_t i);

// ---- shapes ----

/// Numpy broadcasting. Extents that are neither equal nor 1 break the constraint "broadcast"; so do
/// a symbol and a number: nothing says that they are equal.
Shape broadcast(const Op &, const Shape &, const Shape &);
/// Whether `from` broadcasts to `to` and leaves it as it is.
bool broadcastsInto(const Shape &from, const Shape &to);
/// Operand i has a rank of lo to hi (constraint "rank").
void checkRank(const Op &, size_t i, size_t lo, size_t hi);
/// Operand i is of rank 0 and this element type; `constraint` otherwise.
void checkScalar(const Op &, size_t i, ElementType, std::string_view constraint);
/// axis in [-rank, rank) as [0, rank), constraint "axis".
size_t checkedAxis(const Op &, int64_t axis, size_t rank);
/// No extent is below zero for every value of the symbols (constraint "extent").
void checkExtents(const Op &, const Shape &);
/// The extent of one axis of a window op: (in + begin + end - dilation * (kernel - 1) - 1) / stride
/// + 1.
Dim windowExtent(const Dim &in, const Dim &begin, const Dim &end, int64_t kernel, int64_t stride,
                 int64_t dilation);

// ---- attributes: the constraint has the name of the attribute ----

/// A list attribute has `count` entries.
void checkCount(const Op &, std::string_view attribute, size_t entries, size_t count);
/// A string attribute is one of those listed.
void checkOneOf(const Op &, AttrKey<std::string>, std::initializer_list<std::string_view>);
/// A number is at least `least`.
void checkAtLeast(const Op &, std::string_view attribute, int64_t value, int64_t least);

// ---- blocks ----

/// The operands of the yield of a block, which must have one (`constraint`).
std::vector<const Value *> yielded(const Op &, const Block &, std::string_view constraint);
/// The result of an op that may carry an epilogue: `base`, or its shape with the element type that
/// the block yields. Checks the block's arguments and that the extras (operands from `firstExtra`
/// on) broadcast into the shape (constraint "epilogue").
Types withEpilogue(const Op &, Type base, size_t firstExtra);

} // namespace burin::ir
