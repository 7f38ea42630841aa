// SPDX-License-Identifier: Apache-2.0
//
// One overload = one row: its schema, and a small function that builds ops or computes what the
// import knows. Arguments are read by their names in the schema.
#pragma once

#include "frontend/common/compose.h"
#include "frontend/torchscript/evaluation.h"
#include "frontend/torchscript/schema.h"
#include "ir/ops.h"

#include <span>

namespace burin::torchscript {

class Operators;
using ir::Dim;
using ir::Dims;
using ir::ElementType;
using ir::Ints;
using ir::Value;
namespace ops = ir::ops;
namespace attr = ir::attr;
namespace compose = burin::compose;

/// One call of an operator while it is lowered.
class Call {
public:
  Call(Operators &, Evaluation &, const Schema &, std::vector<Host> values, int64_t version);

  Operators &operators;
  Evaluation &in;
  ir::Builder &to;
  const Schema &schema;
  const std::vector<Host> values; ///< in the order of the schema, variadic ones behind
  const int64_t version;          ///< of the archive: some operators had other meanings once

  const Host &operator[](std::string_view name) const;
  bool has(std::string_view name) const { return !(*this)[name].isNone(); }
  /// Whether the schema has an argument of this name.
  bool takes(std::string_view name) const;
  /// Refuses a layout other than that of plain arrays.
  void requireStrided() const;

  // ---- tensors ----
  const TensorRef &ref(std::string_view name) const;
  Value *value(std::string_view name) const { return in.valueOf(ref(name)); }
  Value *valueOrNull(std::string_view name) const { return has(name) ? value(name) : nullptr; }
  std::vector<Value *> tensors(std::string_view name) const; ///< of Tensor[]; null for None
  Host tensor(Value *v) const { return in.make(v); }
  Host list(const std::vector<Value *> &) const;
  Host tuple(const std::vector<Value *> &) const;

  // ---- numbers and texts, which must be known ----
  Dim dim(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  bool flag(std::string_view name) const;
  const std::string &text(std::string_view name) const;
  Dims dims(std::string_view name) const;
  Ints ints(std::string_view name) const;
  std::vector<double> reals(std::string_view name) const;
  /// An axis in [-rank, rank) as [0, rank).
  int64_t axis(std::string_view name, size_t rank) const;
  Ints axes(std::string_view name, size_t rank) const; ///< sorted; all of them for none and []
  /// The element type that an argument `dtype` names, if it is given.
  std::optional<ElementType> elementType(std::string_view name = "dtype") const;

  /// Argument i, where a tensor of one element counts as a number.
  Host number(size_t i) const;

  // ---- elementwise ----
  /// A tensor or number argument cast to an element type; a number is a scalar of that type.
  Value *as(std::string_view name, ElementType) const;
  /// What torch.result_type is of these arguments.
  ElementType resultType(std::initializer_list<std::string_view> names) const;
  /// A floating tensor as it is, all others as f32.
  Value *floating(std::string_view name) const;

  /// An extent of at most `most` elements that an op of the call defines.
  Dim newExtent(std::string_view base, const Dim &most) const;
  /// Tells people what the model loses.
  void note(std::string text) const;
  /// Stops with the problem of this call: "torchscript.CODE".
  [[noreturn]] void unsupported(std::string_view code, std::string text,
                                std::string hint = {}) const;
  [[noreturn]] void fail(std::string_view code, std::string text, std::string hint = {}) const;
};

/// A lowering for calls in which complex tensors take part; null if there is none. Most operators
/// that only move elements do the same to both parts.
Host (*complexLowering(const Schema &))(const Call &);
bool movesParts(std::string_view name);

struct Lowering {
  std::string_view schema;
  Host (*lower)(const Call &); ///< null: known, so that nothing else takes its calls, but refused
};

std::span<const Lowering> hostLowerings();
std::span<const Lowering> queryLowerings();
std::span<const Lowering> containerLowerings();
std::span<const Lowering> mathLowerings();
std::span<const Lowering> activationLowerings();
std::span<const Lowering> nnLowerings();
std::span<const Lowering> attentionLowerings();
std::span<const Lowering> reduceLowerings();
std::span<const Lowering> orderLowerings();
std::span<const Lowering> scatterLowerings();
std::span<const Lowering> specialLowerings();
std::span<const Lowering> patternLowerings();
std::span<const Lowering> linalgLowerings();
std::span<const Lowering> poolLowerings();
std::span<const Lowering> viewLowerings();
std::span<const Lowering> partLowerings();
std::span<const Lowering> indexLowerings();
std::span<const Lowering> createLowerings();
std::span<const Lowering> recurrentLowerings();
std::span<const Lowering> imageLowerings();
std::span<const Lowering> exportLowerings();
std::span<const Lowering> signalLowerings();

struct Overload {
  Schema schema;
  std::string text; ///< of the schema
  Host (*lower)(const Call &);
};
/// The overloads of "aten::add" in torch's order; empty for an operator that has no row.
std::span<const Overload *const> overloadsOf(std::string_view name);
/// Of "aten::add.Tensor"; null for one that has no row.
const Overload *overloadNamed(std::string_view fullName);
struct Match {
  const Overload *overload = nullptr;
  std::vector<Host> values;
};
/// The first overload that fits: without implicit conversions if there is a choice, then with them.
std::optional<Match> resolve(std::span<const Overload *const> candidates, const Given &);
/// All of them, in the order of the tables.
const std::vector<Overload> &allOverloads();

/// The type of a dtype number of torch; nothing for one without elements in the IR.
std::optional<ElementType> elementTypeOf(int64_t dtype);
int64_t dtypeOf(ElementType);
/// What torch.promote_types gives.
ElementType promoteTypes(ElementType, ElementType);

// ---- views ----

/// A tensor that aliases `base`: `forward` makes its value, `backward` the base with it replaced.
Host view(const TensorRef &base, Tensor::Forward forward, Tensor::Backward backward,
          Tensor::Layout layout);
/// A view of the same elements in the same order.
Host reshaped(const Call &, const TensorRef &, Dims shape,
              Tensor::Layout layout = Tensor::Layout::contiguous);
/// Of the elements start, start + step, ... of one axis.
Host sliced(const Call &, const TensorRef &, size_t axis, const Dim &start, const Dim &extent,
            int64_t step);

// ---- images ----

/// One number for each spatial axis; one stands for all.
Ints perAxis(const Call &, std::string_view name, size_t spatial);
/// The same pads before and behind.
Dims bothSides(const Ints &pads);

/// An image without the axis of the batch gets it for the while.
struct Image {
  Value *x;
  bool batched;
};
Image image(const Call &, std::string_view name, size_t spatial);
Host done(const Call &, const Image &, Value *channelsLast);

} // namespace burin::torchscript
