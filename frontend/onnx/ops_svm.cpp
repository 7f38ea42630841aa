// SPDX-License-Identifier: Apache-2.0
//
// Support vector machines of ai.onnx.ml.
#include "frontend/common/compose.h"
#include "frontend/onnx/ml.h"

#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

/// kernel(row, support vector) [n, vectors] of x [n, features].
Value *kernel(const NodeView &n, Value *x, const std::vector<float> &vectors, int64_t count) {
  const compose::Arith is{n.to};
  const std::string type = n.text("kernel_type", "LINEAR");
  const std::vector<float> params = n.reals("kernel_params");
  const auto param = [&](size_t i) {
    return i < params.size() ? static_cast<double>(params[i]) : 0;
  };
  const auto features = static_cast<size_t>(featureCount(n, x));
  if (vectors.size() != features * static_cast<size_t>(count))
    n.fail("attribute", fmt::format("support_vectors has {} entries, expected {} for each of {}",
                                    vectors.size(), features, count));
  std::vector<double> columns(vectors.size()), squares(static_cast<size_t>(count));
  for (size_t v = 0; v < squares.size(); ++v)
    for (size_t f = 0; f < features; ++f) {
      const double s = static_cast<double>(vectors[v * features + f]);
      columns[f * squares.size() + v] = s;
      squares[v] += s * s;
    }
  const Dim width = static_cast<int64_t>(features);
  if (type == "RBF") { // of differences: squares alone would cancel
    Value *rows = compose::reshape(n.to, x, {x->type.dim(0), 1, width});
    Value *off = is.sub(
        rows, numbers(n, ElementType::f32, {vectors.begin(), vectors.end()}, {1, count, width}));
    Value *distance = n.to.make(ops::reduce_sum, {is.mul(off, off)}, {attr::axes({2})});
    return is(ops::exp, is.mul(distance, -param(0)));
  }
  Value *dot = compose::matmul(n.to, x, numbers(n, ElementType::f32, columns, {width, count}));
  if (type == "LINEAR")
    return dot;
  Value *scaled = is.add(is.mul(dot, param(0)), param(1));
  if (type == "POLY")
    return is.pow(scaled, param(2));
  if (type == "SIGMOID")
    return is(ops::tanh, scaled);
  n.fail("attribute",
         fmt::format("kernel_type is '{}', expected LINEAR, POLY, RBF or SIGMOID", type));
}

Values svmRegressor(const NodeView &n) {
  const compose::Arith is{n.to};
  const std::vector<float> coefficients = n.reals("coefficients"), rho = n.reals("rho");
  const int64_t count = n.integer("n_supports", 0);
  Value *x = compose::cast(n.to, featureRows(n), ElementType::f32);
  if (rho.size() != 1)
    n.fail("attribute", fmt::format("rho has {} entries, expected one", rho.size()));
  Value *each = x;
  if (count > 0)
    each = kernel(n, x, n.reals("support_vectors"), count);
  else if (n.text("kernel_type", "LINEAR") != "LINEAR")
    n.fail("attribute", "a kernel that is not LINEAR needs support vectors");
  const int64_t terms = featureCount(n, each);
  if (!hasCount(n, "coefficients", coefficients.size(), static_cast<size_t>(terms)))
    n.fail("attribute", "coefficients is absent");
  Value *weights =
      numbers(n, ElementType::f32, {coefficients.begin(), coefficients.end()}, {terms, 1});
  Value *y = is.add(compose::matmul(n.to, each, weights), static_cast<double>(rho[0]));
  if (n.integer("one_class", 0))
    return {is.where(is.less(0.0, y), compose::scalarLike(n.to, y, 1), -1.0)};
  return {postTransform(n, n.text("post_transform", "NONE"), y)};
}

// ---- classification: a machine for each pair of classes ----

/// A matrix [rows, columns] as a constant of f32.
struct Matrix {
  size_t rows, columns;
  std::vector<double> values = std::vector<double>(rows * columns);

  double &at(size_t r, size_t c) { return values[r * columns + c]; }
  Value *constant(const NodeView &n) const {
    return numbers(n, ElementType::f32, values,
                   {static_cast<int64_t>(rows), static_cast<int64_t>(columns)});
  }
};

/// Calls f(pair, i, j) for i < j.
template <class F> void forPairs(size_t classes, F f) {
  for (size_t i = 0, pair = 0; i < classes; ++i)
    for (size_t j = i + 1; j < classes; ++j)
      f(pair++, i, j);
}

/// The probabilities of the classes [n, c] from those of each pair [n, pairs], that it is the
/// first: method 2 of Wu, Lin and Weng, "Probability estimates for multi-class classification by
/// pairwise coupling", JMLR 5 (2004), stopped as libsvm does.
Value *coupled(const NodeView &n, Value *pairs, size_t classes) {
  constexpr double kMostSteps = 100;
  const double enough = 0.005 / static_cast<double>(classes);
  const auto count = static_cast<int64_t>(classes);
  const size_t width = static_cast<size_t>(pairs->type.dim(1).number());
  const Dim rows = pairs->type.dim(0);
  Matrix choice{width, classes * classes}, shift{1, classes * classes}, unit{classes, classes};
  forPairs(classes, [&](size_t pair, size_t i, size_t j) {
    choice.at(pair, i * classes + j) = 1;
    choice.at(pair, j * classes + i) = -1;
    shift.at(0, j * classes + i) = 1;
  });
  for (size_t i = 0; i < classes; ++i)
    unit.at(i, i) = 1;
  const compose::Arith is{n.to};
  Value *flat = is.add(compose::matmul(n.to, pairs, choice.constant(n)), shift.constant(n));
  Value *r = compose::reshape(n.to, flat, {rows, count, count}); // [i][j]: i rather than j
  Value *squares = compose::reduceKeep(n.to, ops::reduce_sum, is.mul(r, r), {1});
  Value *q =
      is.sub(is.mul(squares, unit.constant(n)), is.mul(r, compose::transpose(n.to, r, {0, 2, 1})));

  Value *even =
      compose::full(n.to, ElementType::f32, 1 / static_cast<double>(classes), {rows, count});
  auto block = std::make_unique<ir::Block>();
  block->addArgument(ir::Type{ElementType::i64, {}}, "i");
  Value *p = block->addArgument(even->type, "p");
  ir::Builder inside = n.to.inside(*block);
  const compose::Arith in{inside};
  Value *before = p;
  Value *qp =
      compose::squeeze(inside, compose::matmul(inside, q, compose::unsqueeze(inside, p, {2})), {2});
  Value *pqp = compose::reduceKeep(inside, ops::reduce_sum, in.mul(p, qp), {1});
  Value *error = compose::reduceKeep(inside, ops::reduce_max, in(ops::abs, in.sub(qp, pqp)), {1});
  Value *goesOn = in.no(in.less(error, enough)); // rows that are done stay as they are
  for (size_t i = 0; i < classes; ++i) {
    const Dim at = static_cast<int64_t>(i);
    Value *row = compose::squeeze(inside, compose::sliceAxis(inside, q, 1, at, 1), {1});
    Value *own = compose::sliceAxis(inside, qp, 1, at, 1);
    Value *diagonal = compose::sliceAxis(inside, row, 1, at, 1);
    Value *step = in.div(in.sub(pqp, own), diagonal), *scale = in.add(step, 1.0);
    Value *change = in.mul(step, in.add(in.mul(step, diagonal), in.mul(own, 2.0)));
    pqp = in.div(in.div(in.add(pqp, change), scale), scale);
    qp = in.div(in.add(qp, in.mul(step, row)), scale);
    Matrix one{1, classes};
    one.at(0, i) = 1;
    p = in.div(in.add(p, in.mul(step, one.constant(n))), scale);
  }
  inside.yield(std::vector<Value *>{in.no(in.all(in.no(goesOn))), in.where(goesOn, p, before)});
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(std::move(block));
  return n.to
      .makeOp(
          ops::loop,
          {n.to.scalar(ElementType::i64, kMostSteps), n.to.scalar(ElementType::boolean, 1), even},
          {attr::carried(1), attr::dims({})}, std::move(blocks))
      .result();
}

/// The score of each pair of classes, above 0 for the first [n, pairs].
Value *pairScores(const NodeView &n, Value *x, const Ints &vectors, size_t pairs) {
  const size_t classes = vectors.size();
  const auto count =
      static_cast<size_t>(std::accumulate(vectors.begin(), vectors.end(), int64_t{0}));
  const std::vector<float> coefficients = n.reals("coefficients"), rho = n.reals("rho");
  if (coefficients.size() != (classes - 1) * count || rho.size() != pairs)
    n.fail("attribute", fmt::format("coefficients has {} entries and rho {}, expected {} and {}",
                                    coefficients.size(), rho.size(), (classes - 1) * count, pairs));
  std::vector<size_t> first(classes + 1);
  for (size_t i = 0; i < classes; ++i)
    first[i + 1] = first[i] + static_cast<size_t>(vectors[i]);
  Matrix weights{
      count, pairs}; // row i of the coefficients serves class i + 1, and those before it row i - 1
  const auto coefficient = [&](size_t row, size_t v) {
    return static_cast<double>(coefficients[row * count + v]);
  };
  forPairs(classes, [&](size_t pair, size_t i, size_t j) {
    for (size_t v = first[i]; v < first[i + 1]; ++v)
      weights.at(v, pair) = coefficient(j - 1, v);
    for (size_t v = first[j]; v < first[j + 1]; ++v)
      weights.at(v, pair) = coefficient(i, v);
  });
  Value *each = kernel(n, x, n.reals("support_vectors"), static_cast<int64_t>(count));
  return compose::Arith{n.to}.add(
      compose::matmul(n.to, each, weights.constant(n)),
      numbers(n, ElementType::f32, {rho.begin(), rho.end()}, {static_cast<int64_t>(pairs)}));
}

/// The class with the most pairs, the first of equal ones.
Value *mostVotes(const NodeView &n, const Labels &labels, Value *scores) {
  const size_t classes = labels.size(), pairs = static_cast<size_t>(scores->type.dim(1).number());
  Matrix won{pairs, classes},
      lost{1, classes}; // one for the second, moved to the first where it wins
  forPairs(classes, [&](size_t pair, size_t i, size_t j) {
    won.at(pair, i) = 1;
    won.at(pair, j) = -1;
    lost.at(0, j) += 1;
  });
  const compose::Arith is{n.to};
  Value *wins = compose::cast(n.to, is.less(0.0, scores), ElementType::f32);
  return bestLabel(n, labels,
                   is.add(compose::matmul(n.to, wins, won.constant(n)), lost.constant(n)));
}

Values svmClassifier(const NodeView &n) {
  const compose::Arith is{n.to};
  const Labels labels = labelsOf(n, "classlabels_ints");
  const std::string transform = n.text("post_transform", "NONE");
  const Ints vectors = n.ints("vectors_per_class", {});
  const size_t classes = labels.size(), pairs = classes * (classes - 1) / 2;
  if (vectors.empty())
    n.unsupported("linear", "a classifier without support vectors",
                  "LinearClassifier does the same");
  if (classes < 2 || vectors.size() != classes)
    n.fail("attribute", fmt::format("{} classes, and vectors_per_class has {} entries", classes,
                                    vectors.size()));
  const std::vector<float> a = n.reals("prob_a"), b = n.reals("prob_b");
  Value *scores =
      pairScores(n, compose::cast(n.to, featureRows(n), ElementType::f32), vectors, pairs);
  Value *label = mostVotes(n, labels, scores);
  const bool hasProbabilities = hasCount(n, "prob_a", a.size(), pairs);
  if (hasCount(n, "prob_b", b.size(), pairs) != hasProbabilities)
    n.fail("attribute", "one of prob_a and prob_b is absent");
  if (hasProbabilities) {
    const Dims shape = {static_cast<int64_t>(pairs)};
    const auto row = [&](const std::vector<float> &list) {
      return numbers(n, ElementType::f32, {list.begin(), list.end()}, shape);
    };
    Value *second = is(ops::sigmoid, is.add(is.mul(scores, row(a)), row(b)));
    Value *kept = is.min(is.max(is.sub(1.0, second), 1e-7), 1 - 1e-7);
    return {label, postTransform(n, transform, coupled(n, kept, classes))};
  }
  if (classes == 2)
    return {label, binaryClasses(n, labels, transform, scores, 0, transform == "NONE")[1]};
  return {label, postTransform(n, transform, scores)};
}

constexpr Lowering kSvm[] = {
    {"SVMClassifier", 1, svmClassifier, "ai.onnx.ml"},
    {"SVMRegressor", 1, svmRegressor, "ai.onnx.ml"},
};

} // namespace

std::span<const Lowering> svmLowerings() { return kSvm; }

} // namespace burin::onnx
