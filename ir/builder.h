// SPDX-License-Identifier: Apache-2.0
//
// The only way to make an op: fills the row's attributes, infers the types, folds the contents.
#pragma once

#include "ir/graph.h"

namespace burin::ir {

class Builder {
public:
  /// Inserts before `position`, or at the end of the block.
  Builder(Module &module, Block &block, Op *position = nullptr)
      : module_{&module}, block_{&block}, position_{position} {}

  /// The source location of what is made from now on.
  Location at;

  /// Makes an op of one result. Throws CompileError for what the row does not allow.
  Value *make(const OpDef &, std::initializer_list<Value *> operands,
              std::vector<NamedAttr> attributes = {});
  Op &makeOp(const OpDef &, std::span<Value *const> operands,
             std::vector<NamedAttr> attributes = {},
             std::vector<std::unique_ptr<Block>> blocks = {});
  Op &makeOp(const OpDef &def, std::initializer_list<Value *> operands,
             std::vector<NamedAttr> attributes = {},
             std::vector<std::unique_ptr<Block>> blocks = {}) {
    return makeOp(def, std::span<Value *const>(operands.begin(), operands.size()),
                  std::move(attributes), std::move(blocks));
  }
  /// Ends the block.
  void yield(std::span<Value *const> values);

  Module &module() const { return *module_; }
  Block &block() const { return *block_; }
  Builder inside(Block &inner) const {
    Builder to{*module_, inner};
    to.at = at;
    return to;
  }

  // ---- constants and extents ----
  Value *ints(const Ints &values) { return module_->addInts(values); }
  Value *scalar(ElementType element, double value) { return module_->addScalar(element, value); }
  /// i64[n] of extents: a constant if all are numbers, else the op `extents`.
  Value *extents(const Dims &);

private:
  Module *module_;
  Block *block_;
  Op *position_;
};

/// The types that the row infers for an op as it stands: what the verifier compares with.
std::vector<Type> inferTypes(const Op &);

} // namespace burin::ir
