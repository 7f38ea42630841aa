// SPDX-License-Identifier: Apache-2.0
//
// Module, Function, Block, Op, Value: SSA with nested blocks. Block arguments stand where others
// have phis; an inner block may use the values of the outer ones.
#pragma once

#include "ir/diagnostic.h"
#include "ir/op_def.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>

namespace burin::ir {

class Block;
class Function;
class Module;

/// One operand of one op, linked into the list of uses of its value.
struct Use {
  Value *value = nullptr; ///< null: an optional operand that is absent
  Op *user = nullptr;
  Use *previous = nullptr, *next = nullptr;
};

/// Tensor data that the module owns, or that stays mapped from the model's file. Little-endian,
/// row-major, elementSize() bytes an element (those below a byte take one).
struct Constant {
  std::string name;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner; ///< keeps `bytes` alive
  std::vector<std::string> strings;  ///< the elements of a string tensor
};

/// Elements of a value whose contents are followed: shape arithmetic is short, a table is data.
constexpr size_t kMostContents = 256;

class Value {
public:
  Type type;
  std::string name; ///< the model's own, any text; may be empty

  Op *def() const { return def_; }             ///< null for block arguments and constants
  unsigned index() const { return index_; }    ///< among the results or arguments
  Block *argumentOf() const { return block_; } ///< null unless a block argument
  const Constant *constant() const { return constant_.get(); }
  bool isConstant() const { return constant_ != nullptr; }

  /// The elements as extents, in row-major order: of an integer or bool constant of at most
  /// kMostContents, or as folded by the row of its op. Empty if not known.
  const std::optional<Dims> &contents() const;
  void setContents(Dims dims) { contents_ = std::move(dims); }

  bool hasUses() const { return first_ != nullptr; }
  bool hasOneUse() const { return first_ && !first_->next; }
  const Use *firstUse() const { return first_; }
  /// The users in order of time of use, one entry a use. A copy: safe while uses change.
  std::vector<Op *> users() const;
  void replaceAllUsesWith(Value *);

private:
  friend class Op;
  friend class Block;
  friend class Module;
  Op *def_ = nullptr;
  unsigned index_ = 0;
  Block *block_ = nullptr;
  std::unique_ptr<Constant> constant_;
  mutable std::optional<Dims> contents_;
  mutable bool contentsTried_ = false;
  Use *first_ = nullptr;
};

/// Made by Builder only.
class Op {
public:
  const OpDef &def;
  Location at;

  size_t numOperands() const { return numOperands_; }
  Value *operand(size_t i) const { return operands_[i].value; } ///< null if absent
  /// By the name of the row; null if absent. For a variadic one: its first.
  Value *operand(std::string_view name) const;
  void setOperand(size_t i, Value *);
  size_t numResults() const { return results_.size(); }
  Value *result(size_t i = 0) const { return results_[i].get(); }
  size_t numBlocks() const { return blocks_.size(); }
  Block &block(size_t i = 0) const { return *blocks_[i]; }
  /// The blocks, which leave this op: to make it anew with them.
  std::vector<std::unique_ptr<Block>> takeBlocks();

  bool is(const OpDef &row) const { return &def == &row; }
  /// An attribute that the row requires; InternalError if it is absent.
  template <class T> const T &operator[](AttrKey<T> key) const {
    return std::get<T>(attribute(key.name));
  }
  template <class T> const T *find(AttrKey<T> key) const {
    return std::get_if<T>(&attribute(key.name));
  }
  const AttrValue &attribute(std::string_view name) const;
  const std::vector<AttrValue> &attributes() const { return attributes_; } ///< in the row's order
  template <class T> void set(AttrKey<T> key, T value) {
    attributeSlot(key.name) = std::move(value);
  }

  Block *parent() const { return parent_; }
  Op *next() const { return next_; }
  Op *previous() const { return previous_; }

  /// Unlinks and destroys; none of its results may have a use.
  void erase();
  /// Moves before `position` (null: to the end) of a block.
  void moveBefore(Block &, Op *position);
  /// Visits this op and, in order, those of its blocks.
  void walk(const std::function<void(Op &)> &);

  Op(const Op &) = delete;
  ~Op();

private:
  friend class Builder;
  friend class Block;
  Op(const OpDef &row, std::span<Value *const> operands, std::vector<AttrValue> attributes,
     std::vector<std::unique_ptr<Block>> blocks, Location where);
  AttrValue &attributeSlot(std::string_view name);
  void addResult(Type);

  std::unique_ptr<Use[]> operands_;
  size_t numOperands_;
  std::vector<std::unique_ptr<Value>> results_;
  std::vector<AttrValue> attributes_;
  std::vector<std::unique_ptr<Block>> blocks_;
  Block *parent_ = nullptr;
  Op *previous_ = nullptr, *next_ = nullptr;
};

/// A list of ops; the last is a terminator (`yield`) once the block is complete.
class Block {
public:
  Block() = default;
  ~Block();
  Block(const Block &) = delete;

  Value *addArgument(Type, std::string name = {});
  size_t numArguments() const { return arguments_.size(); }
  Value *argument(size_t i) const { return arguments_[i].get(); }
  void eraseArgument(size_t i); ///< which must have no use

  Op *front() const { return first_; }
  Op *back() const { return last_; }
  bool isEmpty() const { return !first_; }
  /// The yield: its operands are what the block yields. InternalError if the block has none.
  Op &terminator() const;

  Op *parentOp() const { return parentOp_; } ///< null for the body of a function
  Function *parentFunction() const;          ///< of the outermost block
  Function *function_ = nullptr;             ///< set for the body of a function only

  class Iterator {
  public:
    explicit Iterator(Op *op) : op_{op} {}
    Op &operator*() const { return *op_; }
    Iterator &operator++() {
      op_ = op_->next();
      return *this;
    }
    bool operator!=(const Iterator &other) const { return op_ != other.op_; }

  private:
    Op *op_;
  };
  /// In order. To erase while walking, take next() first.
  Iterator begin() const { return Iterator{first_}; }
  Iterator end() const { return Iterator{nullptr}; }
  void walk(const std::function<void(Op &)> &) const;

private:
  friend class Op;
  friend class Builder;
  void insert(Op *, Op *before);
  void unlink(Op *);

  std::vector<std::unique_ptr<Value>> arguments_;
  Op *first_ = nullptr, *last_ = nullptr;
  Op *parentOp_ = nullptr;
};

/// A value that lives from run to run: an argument and a result of an entry function.
struct State {
  std::string name;
  size_t argument, result;
  Value *initial = nullptr; ///< a constant; null: zeros
};

/// An entry point. Its results are the operands of the body's terminator.
class Function {
public:
  std::string name;
  std::vector<std::string> resultNames;
  std::vector<State> states;
  Block body;

  explicit Function(std::string functionName, Module &module)
      : name(std::move(functionName)), module_{module} {
    body.function_ = this;
  }
  Module &module() const { return module_; }
  const State *stateOfArgument(size_t i) const;
  const State *stateOfResult(size_t i) const;

private:
  Module &module_;
};

struct Symbol {
  std::string name;
  Bounds bounds;
  std::string origin; ///< "dimension 0 of input 'x'", "NonZero 'node'": what makes it
};

class Module {
  std::deque<std::unique_ptr<Value>> constants_; // outlive the functions, whose ops use them

public:
  std::string name;
  std::string format;      ///< "onnx", "torchscript", "pt2", "savedmodel", "gir"
  std::string modelSha256; ///< of the model's files
  std::vector<std::unique_ptr<Function>> functions;

  Function &addFunction(std::string name);
  /// The Dim of a symbol; the first call fixes its bounds.
  Dim symbol(std::string_view name, Bounds bounds = {0, kUnbounded}, std::string origin = {});
  /// A name that no symbol has, from a base such as "nonzero".
  std::string freshSymbolName(std::string_view base) const;
  const std::vector<Symbol> &symbols() const { return symbols_; }

  /// A constant that owns a copy of the bytes, or shares `owner`.
  Value *addConstant(Type, std::span<const std::byte>, std::string name = {});
  Value *addConstant(Type, std::span<const std::byte>, std::shared_ptr<const void> owner,
                     std::string name = {});
  Value *addStrings(Shape, std::vector<std::string>, std::string name = {});
  /// i64[n] of numbers.
  Value *addInts(const Ints &, std::string name = {});
  /// A scalar (rank 0) of any element type, converted from a double.
  Value *addScalar(ElementType, double, std::string name = {});
  const std::deque<std::unique_ptr<Value>> &constants() const { return constants_; }
  /// Drops constants without a use.
  void eraseUnusedConstants();

private:
  std::vector<Symbol> symbols_;
};

// ---- contents of constants ----

/// The elements of a constant as T; the element type must be T's own.
template <class T> std::span<const T> elements(const Value &constant) {
  const std::span<const std::byte> bytes = constant.constant()->bytes;
  return {static_cast<const T *>(static_cast<const void *>(bytes.data())),
          bytes.size() / sizeof(T)};
}
/// Element i of a numeric constant, converted.
double elementAsDouble(const Value &constant, size_t i);
int64_t elementAsInt(const Value &constant, size_t i);
/// Writes a double as one element; rounds to nearest even, saturates integers.
void storeElement(ElementType, double value, std::byte *to);
/// The one value of a constant all of whose elements are equal.
std::optional<double> splatValue(const Value &);

} // namespace burin::ir
