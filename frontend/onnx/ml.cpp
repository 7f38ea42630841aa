// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/ml.h"

#include "frontend/common/compose.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {

Value *featureRows(const NodeView &n) {
  Value *x = n.in(0);
  if (x->type.element() != ElementType::f64)
    x = compose::cast(n.to, x, ElementType::f32);
  if (x->type.rank() == 1)
    return compose::unsqueeze(n.to, x, {0});
  if (x->type.rank() != 2)
    n.fail("rank", fmt::format("the input is {}, expected a row of features or rows of them",
                               x->type.text()));
  return x;
}

int64_t featureCount(const NodeView &n, const Value *x) {
  if (!x->type.dim(1).isNumber())
    n.unsupported("symbolic", fmt::format("{} features", x->type.dim(1).text()),
                  "fix the symbol with --dim");
  return x->type.dim(1).number();
}

bool hasCount(const NodeView &n, std::string_view attribute, size_t entries, size_t count) {
  if (entries != 0 && entries != count)
    n.fail("attribute", fmt::format("the attribute '{}' has {} entries, expected {}", attribute,
                                    entries, count));
  return entries != 0;
}

Value *numbers(const NodeView &n, ElementType e, const std::vector<double> &values, Dims shape) {
  const size_t size = ir::elementSize(e);
  std::vector<std::byte> bytes(values.size() * size);
  for (size_t i = 0; i < values.size(); ++i)
    ir::storeElement(e, values[i], bytes.data() + i * size);
  return n.to.module().addConstant(ir::Type{e, std::move(shape)}, bytes);
}

namespace {

/// sqrt 2 * the inverse of erf at 2 x - 1, by Winitzki's approximation with a = 0.147.
Value *probit(const NodeView &n, Value *x) {
  constexpr double kA = 0.147, kPi = 3.14159;
  const compose::Arith is{n.to};
  Value *centred = is.sub(is.mul(x, 2.0), 1.0);
  Value *log = is(ops::log, is.mul(is.sub(1.0, centred), is.add(centred, 1.0)));
  Value *v = is.add(is.mul(log, 0.5), 2 / (kPi * kA));
  Value *root = is(ops::sqrt, is.sub(is(ops::sqrt, is.sub(is.mul(v, v), is.mul(log, 1 / kA))), v));
  return is.mul(is.where(is.less(centred, 0.0), is(ops::neg, root), root), 1.41421356);
}

/// Softmax of the scores that are not 0; those stay (about) 0.
Value *softmaxZero(const NodeView &n, Value *x) {
  constexpr double kZero = 1e-7;
  const compose::Arith is{n.to};
  Value *most = compose::reduceKeep(n.to, ops::reduce_max, x, {1});
  Value *counts = is.less(kZero, is(ops::abs, x));
  Value *powers = is(ops::exp, is.sub(x, most));
  Value *sum = compose::reduceKeep(n.to, ops::reduce_sum, is.where(counts, powers, 0.0), {1});
  Value *rest = is.mul(x, is(ops::exp, is(ops::neg, most)));
  return is.div(is.where(counts, powers, rest), sum);
}

} // namespace

Value *postTransform(const NodeView &n, const std::string &transform, Value *scores) {
  // Of one score ONNX Runtime knows PROBIT only, and models are made for what it does.
  if (transform == "NONE" || (transform != "PROBIT" && scores->type.dim(1).isNumber(1)))
    return scores;
  if (transform == "LOGISTIC")
    return n.to.make(ops::sigmoid, {scores});
  if (transform == "SOFTMAX")
    return n.to.make(ops::softmax, {scores}, {attr::axis(1)});
  if (transform == "SOFTMAX_ZERO")
    return softmaxZero(n, scores);
  if (transform == "PROBIT")
    return probit(n, scores);
  n.fail("attribute", fmt::format("post_transform is '{}', expected NONE, SOFTMAX, LOGISTIC, "
                                  "SOFTMAX_ZERO or PROBIT",
                                  transform));
}

Labels labelsOf(const NodeView &n, std::string_view integers) {
  Labels labels{n.texts("classlabels_strings"), n.ints(integers, {})};
  if (!labels.texts.empty() && !labels.numbers.empty())
    n.fail("attribute", fmt::format("both classlabels_strings and {} are given", integers));
  return labels;
}

Value *labelled(const NodeView &n, const Labels &labels, Value *index) {
  const auto count = static_cast<int64_t>(labels.size());
  if (!labels.texts.empty())
    return compose::take(n.to, n.to.module().addStrings({count}, labels.texts), index, 0);
  Ints own(labels.size());
  std::iota(own.begin(), own.end(), 0);
  return labels.numbers == own ? index : compose::take(n.to, n.to.ints(labels.numbers), index, 0);
}

Value *bestLabel(const NodeView &n, const Labels &labels, Value *scores) {
  return labelled(n, labels,
                  n.to.make(ops::argmax, {scores}, {attr::axis(1), attr::selectLast(false)}));
}

Values binaryClasses(const NodeView &n, const Labels &labels, const std::string &transform,
                     Value *score, double threshold, bool mixed) {
  const compose::Arith is{n.to};
  if (transform == "PROBIT")
    n.unsupported("transform", "PROBIT of the one score that decides between two classes");
  Value *above = compose::squeeze(n.to, is.less(threshold, score), {1});
  Value *label = labelled(n, labels, compose::cast(n.to, above, ElementType::i64));
  Value *both = nullptr;
  if (transform == "LOGISTIC")
    both = is(ops::sigmoid, compose::concat(n.to, {is(ops::neg, score), score}, 1));
  else
    both = compose::concat(n.to, {mixed ? is(ops::neg, score) : is.sub(1.0, score), score}, 1);
  return {label, both};
}

} // namespace burin::onnx
