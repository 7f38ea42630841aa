// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/unify.h"

#include "frontend/common/compose.h"

#include <algorithm>

namespace burin::onnx {
namespace {

constexpr std::string_view kElementwise[] = {
    "Add", "And",  "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max",
    "Min", "Mean", "Mod", "Mul",   "Or",      "PRelu",          "Pow",  "Where",       "Sub",
    "Sum", "Xor"};

/// Of two extents that must be the same, the one that says more: a number, else the shorter text.
bool isBetter(const Dim &a, const Dim &b) {
  if (a.isNumber() != b.isNumber())
    return a.isNumber();
  return a.text().size() < b.text().size();
}

} // namespace

Value *withShape(const NodeView &n, Value *x, const Dims &shape) {
  const ir::Shape &s = x->type.shape();
  if (s == shape || s.size() != shape.size())
    return x;
  for (size_t i = 0; i < s.size(); ++i)
    if (!mayEqual(s[i], shape[i]))
      return x; // the op says what is wrong
  n.require(n.to.extents(s), shape);
  return n.to.make(ops::slice_at, {x, n.to.ints(Ints(s.size(), 0))},
                   {attr::steps(Ints(s.size(), 1)), attr::shape(shape)});
}

namespace {

/// A product sums over as many columns of a as b has rows.
Values unifiedFactors(const NodeView &n, Values both) {
  Value *&a = both[0], *&b = both[1];
  if (both.size() != 2 || !a || !b || a->type.rank() < 2 || b->type.rank() < 2)
    return both;
  const Dim columns = a->type.dim(a->type.rank() - 1), rows = b->type.dim(b->type.rank() - 2);
  if (columns == rows)
    return both;
  Dims ofA = a->type.shape(), ofB = b->type.shape();
  ofA.back() = ofB[ofB.size() - 2] = isBetter(columns, rows) ? columns : rows;
  a = withShape(n, a, ofA);
  b = withShape(n, b, ofB);
  return both;
}

} // namespace

Values unified(const NodeView &n, const Values &inputs) {
  if (n.node.domain.empty() && n.node.op == "MatMul")
    return unifiedFactors(n, inputs);
  const bool isConcat = n.node.op == "Concat";
  if (!n.node.domain.empty() ||
      (!isConcat && std::ranges::find(kElementwise, n.node.op) == std::end(kElementwise)))
    return inputs;
  size_t rank = 0;
  for (const Value *v : inputs)
    if (!v || !v->type.isTensor())
      return inputs;
    else
      rank = std::max(rank, v->type.rank());
  const auto joined =
      isConcat && rank > 0
          ? static_cast<size_t>(n.axis(n.integer("axis", n.opset < 4 ? 1 : 0), rank))
          : rank; // no axis
  Values out = inputs;
  for (size_t axis = 0; axis < rank; ++axis) {
    if (axis == joined)
      continue;
    const auto extentOf = [&](const Value *v) -> const Dim * { // null where it broadcasts
      const size_t lead = rank - v->type.rank();
      if (axis < lead || (!isConcat && v->type.dim(axis - lead).isNumber(1)))
        return nullptr;
      return &v->type.dim(axis - lead);
    };
    const Dim *best = nullptr;
    for (const Value *v : out)
      if (const Dim *d = extentOf(v); d && (!best || isBetter(*d, *best)))
        best = d;
    if (!best)
      continue;
    const Dim target = *best;
    for (Value *&v : out)
      if (const Dim *d = extentOf(v); d && *d != target) {
        Dims shape = v->type.shape();
        shape[axis - (rank - shape.size())] = target;
        v = withShape(n, v, shape);
      }
  }
  return out;
}

} // namespace burin::onnx
