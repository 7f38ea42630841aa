// SPDX-License-Identifier: Apache-2.0
//
// One operator = one small function in a table. A lowering reads attributes, fills in defaults and
// builds ops; it leaves shapes to the builder and folding to the passes.
#pragma once

#include "frontend/onnx/model.h"
#include "ir/builder.h"
#include "ir/ops.h"

#include <functional>
#include <optional>
#include <span>

namespace burin::onnx {

class Importer;
using ir::Dim;
using ir::Dims;
using ir::ElementType;
using ir::Ints;
using ir::Value;
namespace ops = ir::ops;
namespace attr = ir::attr;

/// The results, in the order of the node's outputs; may be fewer if the rest are unused.
using Values = std::vector<Value *>;

/// One node while it is lowered: its inputs as values, its attributes with defaults.
class NodeView {
public:
  NodeView(Importer &owner, const Node &lowered, ir::Builder &builder,
           std::vector<Value *> operands, int64_t version)
      : to{builder}, node{lowered}, opset{version}, importer_{owner}, inputs_{std::move(operands)} {
  }

  ir::Builder &to;
  const Node &node;
  const int64_t opset; ///< of the node's domain

  size_t numInputs() const { return inputs_.size(); }
  bool has(size_t i) const { return i < inputs_.size() && inputs_[i]; }
  /// An input that must be there.
  Value *in(size_t i) const;
  Value *inOrNull(size_t i) const { return has(i) ? inputs_[i] : nullptr; }
  const ir::Type &type(size_t i) const { return in(i)->type; }
  size_t rank(size_t i) const { return type(i).rank(); }
  ElementType element(size_t i) const { return type(i).element(); }

  // ---- attributes ----
  bool hasAttribute(std::string_view name) const { return node.find(name) != nullptr; }
  int64_t integer(std::string_view name, int64_t otherwise) const;
  double real(std::string_view name, double otherwise) const;
  std::string text(std::string_view name, std::string_view otherwise) const;
  Ints ints(std::string_view name, const Ints &otherwise) const;
  std::vector<float> reals(std::string_view name) const;
  ir::Strings texts(std::string_view name) const;
  const Tensor *tensor(std::string_view name) const;
  GraphRef graph(std::string_view name) const;
  std::optional<ElementType> elementType(std::string_view name) const; ///< of an int attribute

  /// An axis in [-rank, rank) as [0, rank).
  int64_t axis(int64_t given, size_t rank) const;
  Ints axes(Ints given, size_t rank) const; ///< sorted, each once

  // ---- values known at import ----
  /// The elements of an integer input as extents, as far as they are known; else an error that says
  /// that the operator needs them ("known while compiling").
  const Dims &contents(size_t i, std::string_view what) const;
  Ints knownInts(size_t i, std::string_view what) const; ///< all of them numbers
  /// The one number of a constant input.
  double constantNumber(size_t i, std::string_view what) const;
  /// Whether the elements of an input are known as extents.
  bool knows(size_t i) const;

  // ---- operands that decide a shape and are known at run time only ----
  /// The shape that the model declares for an output, if all of it is known.
  std::optional<Dims> declared(size_t output = 0) const;
  /// The same, or a guess that the run must check (Importer::guessed).
  std::optional<Dims> guessed(size_t output = 0) const;
  /// The declared shape of output 0; without one the error of contents(i, what).
  Dims declaredFor(size_t i, std::string_view what) const;
  /// Input i as i64 of rank 1.
  Value *vector(size_t i) const;
  /// Stops the run with bad_shape where the elements (rank 0 or 1) are not these.
  void require(Value *elements, Dims are) const;
  /// The contents of input i, or `expected`, which the run then requires them to be.
  Dims contentsOr(size_t i, std::string_view what, const Dims &expected) const;
  /// Runs `make` for what a vector of integers (i64[n], each in the order of the candidates) may
  /// be: for its contents if they are known, else for each candidate, of which the run chooses.
  Value *choose(Value *vector, const std::vector<Ints> &candidates, std::string_view what,
                const std::function<Value *(const Ints &)> &make) const;
  /// Stops the run with failed_assert unless the condition (bool) holds.
  void check(Value *condition, std::string message) const;

  bool wants(size_t output) const {
    return output < node.outputs.size() && !node.outputs[output].empty();
  }
  /// A new symbol for an extent that only the run knows, at most `most`.
  Dim newExtent(std::string_view base, const Dim &most) const;

  /// Stops with the problem of this node: "onnx.CODE".
  [[noreturn]] void fail(std::string_view code, std::string text, std::string hint = {}) const;
  [[noreturn]] void unsupported(std::string_view code, std::string text,
                                std::string hint = {}) const;

  /// The outputs of a graph attribute lowered at `to`, whose inputs have these values.
  Values lowered(const Graph &, ir::Builder &to, std::span<Value *const> inputs) const;
  Importer &importer() const { return importer_; }

private:
  Importer &importer_;
  std::vector<Value *> inputs_;
};

struct Lowering {
  std::string_view op;
  int64_t since; ///< the first version of the domain for which this row holds
  Values (*lower)(const NodeView &);
  std::string_view domain = "";
};

std::span<const Lowering> mathLowerings();
std::span<const Lowering> nnLowerings();
std::span<const Lowering> shapeLowerings();
std::span<const Lowering> sliceLowerings();
std::span<const Lowering> reduceLowerings();
std::span<const Lowering> indexLowerings();
std::span<const Lowering> imageLowerings();
std::span<const Lowering> einsumLowerings();
std::span<const Lowering> normLowerings();
std::span<const Lowering> attentionLowerings();
std::span<const Lowering> transformerLowerings();
std::span<const Lowering> fusedLowerings();
std::span<const Lowering> lossLowerings();
std::span<const Lowering> signalLowerings();
std::span<const Lowering> quantLowerings();
std::span<const Lowering> controlLowerings();
std::span<const Lowering> sequenceLowerings();
std::span<const Lowering> recurrentLowerings();

/// A row for an operator that is an IR op of the same operands.
template <const ir::OpDef &def> Values direct(const NodeView &n) {
  std::vector<Value *> operands;
  for (size_t i = 0; i < n.numInputs(); ++i)
    operands.push_back(n.in(i));
  return {n.to.makeOp(def, operands).result()};
}

ElementType elementType(DataType);
/// A type that the model declares; `extent` says what an extent is, by its place, and `capacity`
/// how long a list can be. Nothing for a type without a shape.
std::optional<ir::Type>
irType(const Type &, const std::function<Dim(size_t, const Extent &)> &extent, const Dim &capacity);
/// An ONNX tensor as a constant of the module; stays mapped where the layout is the same.
Value *addTensor(ir::Module &, const Tensor &, std::string name);

} // namespace burin::onnx
