// SPDX-License-Identifier: Apache-2.0
//
// One operator = one small function in a table. A lowering reads attributes, fills in the defaults
// that a SavedModel leaves out, and builds ops; it leaves shapes to the builder.
#pragma once

#include "frontend/savedmodel/model.h"
#include "ir/builder.h"
#include "ir/ops.h"

#include <functional>
#include <optional>
#include <span>

namespace burin::savedmodel {

class Importer;
using ir::Dim;
using ir::Dims;
using ir::ElementType;
using ir::Ints;
using ir::Value;
namespace ops = ir::ops;
namespace attr = ir::attr;

/// A variable: a constant, or a state if what is compiled assigns it.
struct Variable {
  std::string node; ///< of the main graph that makes the handle
  ElementType element;
  PartialShape shape;       ///< as declared
  bool isReference = false; ///< of TensorFlow 1: its output is the value
};

/// A lookup table, of constants.
struct Table {
  std::string node;
  Value *keys = nullptr, *values = nullptr; ///< rank 1; null until it is initialised
};

/// The value of a TensorList, or of a TensorArray with its flow.
struct List {
  ElementType element;
  Dim count; ///< elements
  Value *buffer =
      nullptr; ///< [count, element...]; null: all zeros of a shape that is not known yet
};

/// What an edge of the graph carries.
struct Item {
  Value *tensor = nullptr;    ///< numbers or strings; the real part of complex numbers
  Value *imaginary = nullptr; ///< of complex numbers
  Variable *variable = nullptr;
  Table *table = nullptr;
  std::shared_ptr<const List> list;

  Item() = default;
  Item(Value *v) : tensor{v} {}
  Item(Value *real, Value *imaginaryPart) : tensor{real}, imaginary{imaginaryPart} {}
  Item(Variable *v) : variable{v} {}
  Item(Table *t) : table{t} {}
  Item(List l) : list{std::make_shared<const List>(std::move(l))} {}
  bool isEmpty() const { return !tensor && !variable && !table && !list; }
};
using Items = std::vector<Item>;

/// One node while it is lowered.
class NodeView {
public:
  NodeView(Importer &owner, const Node &lowered, ir::Builder &builder, Items inputs)
      : to{builder}, node{lowered}, importer_{owner}, inputs_{std::move(inputs)} {}

  ir::Builder &to;
  const Node &node;

  size_t numInputs() const { return inputs_.size(); }
  const Item &item(size_t i) const; ///< must be there
  /// A tensor of real numbers or strings; the value of a variable of TensorFlow 1.
  Value *in(size_t i) const;
  const ir::Type &type(size_t i) const { return in(i)->type; }
  const Dims &shape(size_t i) const { return in(i)->type.shape(); }
  size_t rank(size_t i) const { return type(i).rank(); }
  ElementType element(size_t i) const { return type(i).element(); }

  // ---- attributes; an absent one has the default of the operator ----
  int64_t integer(std::string_view name, int64_t otherwise) const;
  double real(std::string_view name, double otherwise) const;
  bool flag(std::string_view name, bool otherwise) const;
  std::string text(std::string_view name, std::string_view otherwise) const;
  /// An error unless the attribute has the only value that there is an implementation for.
  void expectFlag(std::string_view name, bool only) const;
  Ints ints(std::string_view name, const Ints &otherwise) const;
  std::vector<float> reals(std::string_view name) const;
  ir::Strings texts(std::string_view name) const;
  DataType dataType(std::string_view name, DataType otherwise) const;
  ElementType elementType(std::string_view name, DataType otherwise) const;
  PartialShape partialShape(std::string_view name) const;
  Tensor tensor(std::string_view name) const;
  const Graph &function(std::string_view name) const;
  std::vector<const Graph *> functions(std::string_view name) const;

  /// An axis in [-rank, rank) as [0, rank).
  int64_t axis(int64_t given, size_t rank) const;
  Ints axes(Ints given, size_t rank) const; ///< sorted, each once

  // ---- values known at import ----
  bool knows(size_t i) const;
  /// The elements of an integer input as extents; else an error that the operator needs them.
  Dims contents(size_t i, std::string_view what) const;
  Ints knownInts(size_t i, std::string_view what) const; ///< all of them numbers
  int64_t knownInt(size_t i, std::string_view what) const;
  /// A constant, also one that is computed from constants.
  Value *constant(size_t i, std::string_view what) const;
  double constantNumber(size_t i, std::string_view what) const;

  /// Input i as i64 of rank 1.
  Value *vector(size_t i) const;
  /// A new symbol for an extent that only the run knows, at most `most`.
  Dim newExtent(std::string_view base, const Dim &most) const;

  /// Stops with the problem of this node: "savedmodel.CODE".
  [[noreturn]] void fail(std::string_view code, std::string text, std::string hint = {}) const;
  [[noreturn]] void unsupported(std::string_view code, std::string text,
                                std::string hint = {}) const;

  Importer &importer() const { return importer_; }

private:
  const Message *attribute(std::string_view name, uint32_t field) const;

  Importer &importer_;
  Items inputs_;
};

struct Lowering {
  std::string_view op;
  Items (*lower)(const NodeView &);
  /// The names of the outputs, where there is more than one.
  std::string_view outputs = "";
};

std::span<const Lowering> stateLowerings();
std::span<const Lowering> mathLowerings();
std::span<const Lowering> nnLowerings();
std::span<const Lowering> shapeLowerings();
std::span<const Lowering> sliceLowerings();
std::span<const Lowering> reduceLowerings();
std::span<const Lowering> indexLowerings();
std::span<const Lowering> imageLowerings();
std::span<const Lowering> boxLowerings();
std::span<const Lowering> cellLowerings();
std::span<const Lowering> controlLowerings();
std::span<const Lowering> listLowerings();
std::span<const Lowering> signalLowerings();
std::span<const Lowering> quantLowerings();
std::span<const Lowering> tableLowerings();
std::span<const Lowering> frameLowerings();

const Lowering *findLowering(std::string_view op);
std::span<const Lowering *const> allLowerings();

/// A row for an operator that is an IR op of the same operands.
template <const ir::OpDef &def> Items direct(const NodeView &n) {
  std::vector<Value *> operands;
  for (size_t i = 0; i < n.numInputs(); ++i)
    operands.push_back(n.in(i));
  return {n.to.makeOp(def, operands).result()};
}

} // namespace burin::savedmodel
