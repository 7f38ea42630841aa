// SPDX-License-Identifier: Apache-2.0
//
// Losses and random numbers.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

// ---- losses ----

/// -x[target] along axis 1, weighted and reduced.
Value *negativeLogLikelihood(const NodeView &n, Value *x, Value *target, Value *weight) {
  const compose::Arith is{n.to};
  const std::string reduction = n.text("reduction", "mean");
  if (reduction != "mean" && reduction != "sum" && reduction != "none")
    n.fail("reduction", fmt::format("reduction is '{}', expected mean, sum or none", reduction));
  if (target->type.element() != ElementType::i32)
    target = compose::cast(n.to, target, ElementType::i64);
  Value *picked =
      n.to.make(ops::gather_elements, {x, compose::unsqueeze(n.to, target, {1})}, {attr::axis(1)});
  Value *loss = is(ops::neg, compose::squeeze(n.to, picked, {1}));
  Value *each = weight ? compose::take(n.to, weight, target, 0) : nullptr;
  if (n.hasAttribute("ignore_index")) {
    Value *ignored = is.equal(target, static_cast<double>(n.integer("ignore_index", 0)));
    loss = is.where(ignored, 0.0, loss);
    each = each ? is.where(ignored, 0.0, each)
                : is.where(ignored, n.to.scalar(x->type.element(), 0), 1.0);
  }
  if (each)
    loss = is.mul(loss, each);
  if (reduction == "none")
    return loss;
  Ints axes(loss->type.rank());
  std::iota(axes.begin(), axes.end(), 0);
  const auto sum = [&](Value *v) { return n.to.make(ops::reduce_sum, {v}, {attr::axes(axes)}); };
  if (reduction == "sum")
    return sum(loss);
  return each ? is.div(sum(loss), sum(each))
              : n.to.make(ops::reduce_mean, {loss}, {attr::axes(axes)});
}

Values negativeLogLikelihoodLoss(const NodeView &n) {
  return {negativeLogLikelihood(n, n.in(0), n.in(1), n.inOrNull(2))};
}

Values softmaxCrossEntropyLoss(const NodeView &n) {
  Value *logarithms = n.to.make(ops::log_softmax, {n.in(0)}, {attr::axis(1)});
  return {negativeLogLikelihood(n, logarithms, n.in(1), n.inOrNull(2)), logarithms};
}

// ---- random numbers ----

int64_t seedOf(const NodeView &n) {
  if (n.hasAttribute("seed"))
    return static_cast<int64_t>(n.real("seed", 0));
  // Without one: another for each node, the same in each compilation.
  uint64_t hash = 1469598103934665603ULL;
  for (const std::string &name : n.node.outputs)
    for (const char c : name)
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<int64_t>(hash >> 1);
}

Value *randomOf(const NodeView &n, ElementType e, const Dims &shape, std::string distribution,
                double low, double high) {
  const ElementType drawn = ir::isFloat(e) ? e : ElementType::f32;
  Value *y =
      n.to.make(ops::random, {},
                {attr::type(ir::Type{drawn, shape}), attr::distribution(std::move(distribution)),
                 attr::low(low), attr::high(high), attr::seed(seedOf(n))});
  return compose::cast(n.to, y, e);
}

Values randomBy(const NodeView &n, ElementType e, const Dims &shape, bool normal) {
  return {normal ? randomOf(n, e, shape, "normal", n.real("mean", 0), n.real("scale", 1))
                 : randomOf(n, e, shape, "uniform", n.real("low", 0), n.real("high", 1))};
}
template <bool normal> Values random(const NodeView &n) {
  const Ints shape = n.ints("shape", {});
  return randomBy(n, n.elementType("dtype").value_or(ElementType::f32),
                  Dims(shape.begin(), shape.end()), normal);
}
template <bool normal> Values randomLike(const NodeView &n) {
  return randomBy(n, n.elementType("dtype").value_or(n.element(0)), n.type(0).shape(), normal);
}

Values bernoulli(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *drawn = randomOf(n, n.element(0), n.type(0).shape(), "uniform", 0, 1);
  return {
      compose::cast(n.to, is.less(drawn, n.in(0)), n.elementType("dtype").value_or(n.element(0)))};
}

/// Of logarithms of weights [b, classes]: the classes that `sample_size` draws fall into.
Values multinomial(const NodeView &n) {
  const compose::Arith is{n.to};
  const int64_t samples = n.integer("sample_size", 1);
  const Dim batch = n.type(0).dim(0), classes = n.type(0).dim(1);
  Value *shares = n.to.make(ops::softmax, {n.in(0)}, {attr::axis(1)});
  Value *until = n.to.make(ops::cumsum, {shares},
                           {attr::axis(1), attr::exclusive(false), attr::reverse(false)});
  Value *drawn = randomOf(n, n.element(0), {batch, samples, 1}, "uniform", 0, 1);
  Value *passed =
      compose::cast(n.to, is.lessEqual(compose::reshape(n.to, until, {batch, 1, classes}), drawn),
                    ElementType::i32);
  Value *chosen = n.to.make(ops::reduce_sum, {passed}, {attr::axes({2})});
  chosen = is.min(chosen,
                  compose::cast(n.to, is.sub(compose::scalarOf(n.to, n.to.extents({classes})), 1.0),
                                ElementType::i32));
  return {compose::cast(n.to, chosen, n.elementType("dtype").value_or(ElementType::i32))};
}

// clang-format off
constexpr Lowering kLoss[] = {
    {"Bernoulli", 15, bernoulli}, {"Multinomial", 7, multinomial}, {"NegativeLogLikelihoodLoss", 12, negativeLogLikelihoodLoss},
    {"RandomNormal", 1, random<true>}, {"RandomNormalLike", 1, randomLike<true>}, {"RandomUniform", 1, random<false>}, {"RandomUniformLike", 1, randomLike<false>},
    {"SoftmaxCrossEntropyLoss", 12, softmaxCrossEntropyLoss},
};
// clang-format on

} // namespace

std::span<const Lowering> lossLowerings() { return kLoss; }

} // namespace burin::onnx
