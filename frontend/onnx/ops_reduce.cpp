// SPDX-License-Identifier: Apache-2.0
//
// Reductions, and what is made of them.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <numeric>

namespace burin::onnx {
namespace {

/// The axes to reduce: an attribute, or an input from the given version on; none means all, or,
/// with noop_with_empty_axes, nothing.
std::optional<Ints> axesOf(const NodeView &n, int64_t inputSince) {
  Ints axes;
  if (n.opset < inputSince)
    axes = n.ints("axes", {});
  else if (n.has(1))
    axes = n.knownInts(1, "the axes");
  if (!axes.empty())
    return n.axes(axes, n.rank(0));
  if (n.integer("noop_with_empty_axes", 0))
    return std::nullopt;
  axes.resize(n.rank(0));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

using Map = Value *(*)(const NodeView &, Value *);
Value *same(const NodeView &, Value *x) { return x; }
Value *square(const NodeView &n, Value *x) { return n.to.make(ops::mul, {x, x}); }
Value *absolute(const NodeView &n, Value *x) { return n.to.make(ops::abs, {x}); }
Value *root(const NodeView &n, Value *x) { return n.to.make(ops::sqrt, {x}); }
Value *logarithm(const NodeView &n, Value *x) { return n.to.make(ops::log, {x}); }

template <const ir::OpDef &def, int Since, Map before = same, Map after = same> Values reduce(const NodeView &n) {
  Value *x = before(n, n.in(0));
  const std::optional<Ints> axes = axesOf(n, Since);
  if (!axes)
    return {after(n, x)};
  Value *y = n.to.make(def, {x}, {attr::axes(*axes)});
  if (n.integer("keepdims", 1))
    y = compose::keepAxes(n.to, y, n.type(0).shape(), *axes);
  return {after(n, y)};
}

/// log(sum(e^(x - max))) + max, where the max is finite.
Values logSumExp(const NodeView &n) {
  const std::optional<Ints> axes = axesOf(n, 18);
  Value *x = n.in(0);
  if (!axes)
    return {x};
  const ir::Shape &shape = n.type(0).shape();
  Value *top = compose::keepAxes(n.to, n.to.make(ops::reduce_max, {x}, {attr::axes(*axes)}), shape, *axes);
  Value *infinite = n.to.make(ops::is_inf, {top}, {attr::detectNegative(true), attr::detectPositive(true)});
  Value *shift = n.to.make(ops::where, {infinite, compose::scalarLike(n.to, x, 0), top});
  Value *sum = n.to.make(ops::reduce_sum, {n.to.make(ops::exp, {n.to.make(ops::sub, {x, shift})})}, {attr::axes(*axes)});
  Value *y = n.to.make(ops::add, {n.to.make(ops::log, {sum}), compose::squeeze(n.to, shift, *axes)});
  return {n.integer("keepdims", 1) ? compose::keepAxes(n.to, y, shape, *axes) : y};
}

template <const ir::OpDef &def> Values arg(const NodeView &n) {
  const int64_t axis = n.axis(n.integer("axis", 0), n.rank(0));
  Value *y = n.to.make(def, {n.in(0)}, {attr::axis(axis), attr::selectLast(n.integer("select_last_index", 0) != 0)});
  return {n.integer("keepdims", 1) ? compose::keepAxes(n.to, y, n.type(0).shape(), {axis}) : y};
}

/// 1 for the first largest along the axis, else 0.
Values hardmaxAt(const NodeView &n, Value *x, int64_t axis) {
  Value *top = compose::keepAxes(n.to, n.to.make(ops::argmax, {x}, {attr::axis(axis), attr::selectLast(false)}), x->type.shape(), {axis});
  Value *index = n.to.make(ops::iota, {}, {attr::type(ir::Type{ElementType::i64, x->type.shape()}), attr::axis(axis)});
  return {compose::cast(n.to, n.to.make(ops::equal, {index, top}), x->type.element())};
}
Values hardmax13(const NodeView &n) { return hardmaxAt(n, n.in(0), n.axis(n.integer("axis", -1), n.rank(0))); }
Values hardmax1(const NodeView &n) {
  const auto axis = n.axis(n.integer("axis", 1), n.rank(0));
  const ir::Shape &s = n.type(0).shape();
  Value *flat = compose::reshape(n.to, n.in(0), {ir::product(Dims(s.begin(), s.begin() + axis)), ir::product(Dims(s.begin() + axis, s.end()))});
  return {compose::reshape(n.to, hardmaxAt(n, flat, 1)[0], s)};
}

Values cumulative(const NodeView &n, const ir::OpDef &def) {
  const Ints axis = n.knownInts(1, "the axis");
  return {n.to.make(def, {n.in(0)}, {attr::axis(n.axis(axis.at(0), n.rank(0))), attr::exclusive(n.integer("exclusive", 0) != 0), attr::reverse(n.integer("reverse", 0) != 0)})};
}
Values cumSum(const NodeView &n) { return cumulative(n, ops::cumsum); }
Values cumProd(const NodeView &n) { return cumulative(n, ops::cumprod); }

// clang-format off
constexpr Lowering kReduce[] = {
    {"ArgMax", 1, arg<ops::argmax>}, {"ArgMin", 1, arg<ops::argmin>}, {"CumProd", 26, cumProd}, {"CumSum", 11, cumSum},
    {"Hardmax", 1, hardmax1}, {"Hardmax", 13, hardmax13},
    {"ReduceL1", 1, reduce<ops::reduce_sum, 18, absolute>}, {"ReduceL2", 1, reduce<ops::reduce_sum, 18, square, root>},
    {"ReduceLogSum", 1, reduce<ops::reduce_sum, 18, same, logarithm>}, {"ReduceLogSumExp", 1, logSumExp},
    {"ReduceMax", 1, reduce<ops::reduce_max, 18>}, {"ReduceMean", 1, reduce<ops::reduce_mean, 18>},
    {"ReduceMin", 1, reduce<ops::reduce_min, 18>}, {"ReduceProd", 1, reduce<ops::reduce_prod, 18>},
    {"ReduceSum", 1, reduce<ops::reduce_sum, 13>}, {"ReduceSumSquare", 1, reduce<ops::reduce_sum, 18, square>},
};
// clang-format on

} // namespace

std::span<const Lowering> reduceLowerings() { return kReduce; }

} // namespace burin::onnx
