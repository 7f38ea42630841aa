// SPDX-License-Identifier: Apache-2.0
//
// What several passes ask of the IR, and build.
#pragma once

#include "ir/builder.h"

#include <functional>
#include <optional>
#include <span>

namespace burin::passes {

// ---- ops ----

/// Every op of the module, also in blocks, in order. Erasing one while walking the list is safe.
std::vector<ir::Op *> allOps(const ir::Module &);
/// Whether its block is over single elements: `fused`, and an epilogue.
bool hasElementBlock(const ir::Op &);
/// Whether the op or one in its blocks is kept although nobody uses its results.
bool hasEffect(const ir::Op &);
/// The extents whose symbols have a value when the op has run.
ir::Dims definedDims(const ir::Op &);
/// Whether it makes a symbol, which others may read without an edge to it.
bool definesSymbol(const ir::Op &);
/// Nobody reads its results, and it has no effect, terminates nothing and defines no symbol.
bool isDead(const ir::Op &);
/// Erases the op if it is dead, then what died with it. `erased` is told before each.
void eraseDead(ir::Op *, const std::function<void(ir::Op &)> &erased = {});

/// All operands, absent ones as null.
std::vector<ir::Value *> operandsOf(const ir::Op &);
/// The attributes by name, to make an op like it.
std::vector<ir::NamedAttr> attributesOf(const ir::Op &);
/// The same with some replaced.
std::vector<ir::NamedAttr> attributesWith(const ir::Op &, std::vector<ir::NamedAttr> changed);

using ValueMap = std::unordered_map<const ir::Value *, ir::Value *>;
/// A copy of the op, reading `map[v]` for v where there is one; its results join the map.
ir::Op &clone(ir::Builder &, const ir::Op &, ValueMap &map);
std::unique_ptr<ir::Block> cloneBlock(ir::Builder &, const ir::Block &, ValueMap &map);
/// Copies the ops of a block, without its terminator, and returns what it yields.
std::vector<ir::Value *> inlineBlock(ir::Builder &, const ir::Block &, ValueMap &map);
/// An op of the same row, attributes and blocks on other operands.
ir::Op &remake(ir::Builder &, const ir::Op &, std::span<ir::Value *const> operands,
               std::vector<ir::NamedAttr> changed = {});

/// Axis of an attribute in [-rank, rank) as [0, rank).
inline size_t axisOf(int64_t axis, size_t rank) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

/// Whether an op computes each element from those at the same place, so that it can be the body of
/// a `fused`: the elementwise ones, and quantisation without blocks.
bool isElementwise(const ir::Op &);

// ---- constants ----

std::vector<double> numbersOf(const ir::Value &constant);
/// A constant of the element type, rounded from doubles.
ir::Value *constantOf(ir::Module &, ir::Type, std::span<const double>, std::string name = {});
/// The same elements as another shape; shares the bytes.
ir::Value *reshapedConstant(ir::Module &, const ir::Value &, ir::Shape);
/// A constant with its axes moved: axis i of the result is axis perm[i].
ir::Value *transposedConstant(ir::Module &, const ir::Value &, const ir::Ints &perm);

// ---- permutations ----

bool isIdentity(const ir::Ints &perm);
ir::Ints inverseOf(const ir::Ints &perm);
/// The permutation of transpose(transpose(x, first), second).
ir::Ints compose(const ir::Ints &first, const ir::Ints &second);
/// Whether no axis of an extent other than 1 moves past another: the transpose is a reshape.
bool keepsOrder(const ir::Ints &perm, const ir::Shape &);

} // namespace burin::passes
