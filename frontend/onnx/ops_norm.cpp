// SPDX-License-Identifier: Apache-2.0
//
// Normalisation by statistics of a part of the input.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

/// A parameter as the element type of x.
Value *as(const NodeView &n, Value *v, ElementType e) {
  return v ? compose::cast(n.to, v, e) : nullptr;
}

Ints axesFrom(int64_t axis, size_t rank) {
  Ints axes(rank - static_cast<size_t>(axis));
  std::iota(axes.begin(), axes.end(), axis);
  return axes;
}

/// The mean and 1 / sqrt(variance + epsilon), or of the squares alone, over the axes from `axis`
/// on.
Values statistics(const NodeView &n, Value *x, int64_t axis, double epsilon) {
  const compose::Arith is{n.to};
  const Ints axes = axesFrom(axis, x->type.rank());
  const ElementType e = x->type.element() == ElementType::f64 ? ElementType::f64 : ElementType::f32;
  x = compose::cast(n.to, x, e);
  Value *mean = compose::reduceKeep(n.to, ops::reduce_mean, x, axes);
  Value *off = is.sub(x, mean);
  Value *variance = compose::reduceKeep(n.to, ops::reduce_mean, is.mul(off, off), axes);
  return {mean, is.div(1.0, is(ops::sqrt, is.add(variance, epsilon)))};
}

Value *layerNormOf(const NodeView &n, Value *x, Value *scale, Value *bias, int64_t axis,
                   double epsilon) {
  const ElementType e = x->type.element();
  return n.to
      .makeOp(ops::layer_norm, {x, as(n, scale, e), as(n, bias, e)},
              {attr::axis(axis), attr::epsilon(epsilon)})
      .result();
}
Value *rmsNormOf(const NodeView &n, Value *x, Value *scale, int64_t axis, double epsilon) {
  return n.to
      .makeOp(ops::rms_norm, {x, as(n, scale, x->type.element())},
              {attr::axis(axis), attr::epsilon(epsilon)})
      .result();
}

Values layerNorm(const NodeView &n) {
  const int64_t axis = n.axis(n.integer("axis", -1), n.rank(0));
  const double epsilon = n.real("epsilon", 1e-5);
  Values out = {layerNormOf(n, n.in(0), n.in(1), n.inOrNull(2), axis, epsilon)};
  if (n.wants(1) || n.wants(2)) {
    const Values more = statistics(n, n.in(0), axis, epsilon);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

Values rmsNorm(const NodeView &n) {
  if (n.wants(1))
    n.unsupported("output", "the second output of a simplified layer normalisation");
  return {rmsNormOf(n, n.in(0), n.in(1), n.axis(n.integer("axis", -1), n.rank(0)),
                    n.real("epsilon", 1e-5))};
}

/// The sum of input, skip and bias, normalised; output 3 is the sum.
Values skipNorm(const NodeView &n, bool simplified) {
  const compose::Arith is{n.to};
  const size_t biasInput = simplified ? 3 : 4;
  Value *sum = is.add(n.in(0), n.in(1));
  if (n.has(biasInput))
    sum = is.add(sum, n.in(biasInput));
  const auto axis = static_cast<int64_t>(n.rank(0)) - 1;
  const double epsilon = n.real("epsilon", 1e-12);
  Value *y = simplified ? rmsNormOf(n, sum, n.in(2), axis, epsilon)
                        : layerNormOf(n, sum, n.in(2), n.inOrNull(3), axis, epsilon);
  Values out = {y, nullptr, nullptr, sum};
  if (!simplified && (n.wants(1) || n.wants(2))) {
    const Values more = statistics(n, sum, axis, epsilon);
    out[1] = more[0];
    out[2] = more[1];
  }
  return out;
}
Values skipLayerNorm(const NodeView &n) { return skipNorm(n, false); }
Values skipRmsNorm(const NodeView &n) { return skipNorm(n, true); }

Values groupNorm(const NodeView &n) {
  const int64_t groups = n.integer("num_groups", 1);
  const Dim channels = n.type(0).dim(1);
  const auto parameter = [&](size_t i) {
    Value *v = as(n, n.in(i), n.element(0));
    if (n.opset < 21 && v->type.dim(0).isNumber(groups) &&
        channels != v->type.dim(0)) { // one a group
      const Dim each = floorDiv(channels, groups);
      v = compose::reshape(n.to,
                           compose::expand(n.to, compose::unsqueeze(n.to, v, {1}), {groups, each}),
                           {channels});
    }
    return v;
  };
  return {n.to.make(ops::group_norm, {n.in(0), parameter(1), parameter(2)},
                    {attr::axis(1), attr::groups(groups), attr::epsilon(n.real("epsilon", 1e-5))})};
}

Values instanceNorm(const NodeView &n) {
  const Dim channels = n.type(0).dim(1);
  if (!channels.isNumber())
    n.unsupported("symbolic", fmt::format("instance normalisation of {} channels", channels.text()),
                  "fix the symbol with --dim");
  const ElementType e = n.element(0);
  return {n.to.make(
      ops::group_norm, {n.in(0), as(n, n.in(1), e), as(n, n.in(2), e)},
      {attr::axis(1), attr::groups(channels.number()), attr::epsilon(n.real("epsilon", 1e-5))})};
}

/// x / norm, and 0 where the norm is.
Values lpNorm(const NodeView &n) {
  const compose::Arith is{n.to};
  const int64_t axis = n.axis(n.integer("axis", -1), n.rank(0)), p = n.integer("p", 2);
  if (p != 1 && p != 2)
    n.fail("p", fmt::format("p is {}, expected 1 or 2", p));
  Value *x = n.in(0);
  Value *sum =
      compose::reduceKeep(n.to, ops::reduce_sum, p == 1 ? is(ops::abs, x) : is.mul(x, x), {axis});
  Value *norm = p == 1 ? sum : is(ops::sqrt, sum);
  return {is.where(is.equal(norm, 0.0), 0.0, is.div(x, norm))};
}

Values lrn(const NodeView &n) {
  return {n.to.make(ops::lrn, {n.in(0)},
                    {attr::axis(1), attr::size(n.integer("size", 1)),
                     attr::alpha(n.real("alpha", 1e-4)), attr::beta(n.real("beta", 0.75)),
                     attr::bias(n.real("bias", 1))})};
}

Values meanVariance(const NodeView &n) {
  const compose::Arith is{n.to};
  const Ints axes = n.axes(n.ints("axes", {0, 2, 3}), n.rank(0));
  Value *off = is.sub(n.in(0), compose::reduceKeep(n.to, ops::reduce_mean, n.in(0), axes));
  Value *deviation =
      is(ops::sqrt, compose::reduceKeep(n.to, ops::reduce_mean, is.mul(off, off), axes));
  return {is.div(off, is.add(deviation, 1e-9))};
}

/// com.microsoft: channels last, an activation behind.
Values groupNormMs(const NodeView &n) {
  const compose::Arith is{n.to};
  const bool last = n.integer("channels_last", 1) != 0;
  const ElementType e = n.element(0);
  Value *y =
      n.to.make(ops::group_norm, {n.in(0), as(n, n.in(1), e), as(n, n.in(2), e)},
                {attr::axis(last ? static_cast<int64_t>(n.rank(0)) - 1 : 1),
                 attr::groups(n.integer("groups", 1)), attr::epsilon(n.real("epsilon", 1e-5))});
  const int64_t activation = n.integer("activation", 0);
  if (activation != 0 && activation != 1)
    n.fail("activation", fmt::format("activation is {}, expected 0 or 1", activation));
  return {activation ? is.mul(y, is(ops::sigmoid, y)) : y};
}

// clang-format off
constexpr Lowering kNorm[] = {
    {"GroupNormalization", 18, groupNorm}, {"InstanceNormalization", 1, instanceNorm}, {"LRN", 1, lrn}, {"LayerNormalization", 1, layerNorm},
    {"LpNormalization", 1, lpNorm}, {"MeanVarianceNormalization", 9, meanVariance}, {"RMSNormalization", 23, rmsNorm}, {"SimplifiedLayerNormalization", 1, rmsNorm},
    {"GroupNorm", 1, groupNormMs, "com.microsoft"}, {"LayerNormalization", 1, layerNorm, "com.microsoft"}, {"SimplifiedLayerNormalization", 1, rmsNorm, "com.microsoft"},
    {"SkipLayerNormalization", 1, skipLayerNorm, "com.microsoft"}, {"SkipSimplifiedLayerNormalization", 1, skipRmsNorm, "com.microsoft"},
};
// clang-format on

} // namespace

std::span<const Lowering> normLowerings() { return kNorm; }

} // namespace burin::onnx
