// SPDX-License-Identifier: Apache-2.0
//
// Blocks over single elements, made of elementwise ops over tensors. Arguments stand in the order
// of their first use and ops in the order in which the results need them, so that equal
// computations make equal blocks.
#pragma once

#include "ir/builder.h"

#include <map>
#include <span>
#include <unordered_set>

namespace burin::passes {

/// A constant that is the same everywhere: it becomes a number in the block, and no argument.
bool isSplat(const ir::Value &);
/// Whether the op can become part of such a block: numbers, element by element.
bool isElementOp(const ir::Op &);

class ElementBody {
public:
  /// `outside` stands where the op that gets the block will be. `members`: what becomes part of it.
  ElementBody(const ir::Builder &outside, std::unordered_set<const ir::Op *> members);

  /// Lets a contraction's result, and all that its epilogue does, be the first argument.
  void accumulate(const ir::Op &producer);
  /// Ends the block, which yields the elements of these values.
  void finish(std::span<ir::Value *const> outputs);

  std::unique_ptr<ir::Block> takeBlock() { return std::move(block_); }
  /// What the arguments are elements of, without the accumulator.
  const std::vector<ir::Value *> &operands() const { return operands_; }

private:
  ir::Value *element(ir::Value *);
  ir::Value *argument(ir::Value *);
  ir::Value *alongAxis(ir::Value *, size_t rank);
  ir::Value *member(const ir::Op &, size_t result);
  ir::Value *inlined(const ir::Block &, std::span<ir::Value *const> arguments, size_t result);

  ir::Builder outside_, inside_;
  std::unordered_set<const ir::Op *> members_;
  std::unordered_set<const ir::Value *> outputs_;
  std::unique_ptr<ir::Block> block_;
  std::map<std::pair<const ir::Value *, size_t>, ir::Value *> alongAxis_;
  const ir::Value *accumulator_ = nullptr;
  std::vector<ir::Value *> operands_;
  std::unordered_map<const ir::Value *, ir::Value *> elements_;
};

/// How many elementwise ops it stands for: one, or those in its block.
size_t countElementOps(const ir::Op &);

} // namespace burin::passes
