// SPDX-License-Identifier: Apache-2.0
//
// ai.onnx.ml without trees and support vectors: linear models, and what stands before and behind a
// model of scikit-learn.
#include "frontend/common/compose.h"
#include "frontend/onnx/importer.h"
#include "frontend/onnx/ml.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace burin::onnx {
namespace {

std::vector<double> wide(const std::vector<float> &values) {
  return {values.begin(), values.end()};
}
Value *floatRows(const NodeView &n) {
  return compose::cast(n.to, featureRows(n), ElementType::f32);
}
// ---- linear models ----

/// x [n, features] times `coefficients` [k, features], and `intercepts` [k].
Value *linear(const NodeView &n, Value *x, size_t k) {
  const std::vector<float> rows = n.reals("coefficients"), shifts = n.reals("intercepts");
  const auto features = static_cast<size_t>(featureCount(n, x));
  if (rows.size() != k * features)
    n.fail("attribute", fmt::format("coefficients has {} entries, expected {} for each of {} rows",
                                    rows.size(), features, k));
  std::vector<double> columns(rows.size());
  for (size_t i = 0; i < k; ++i)
    for (size_t f = 0; f < features; ++f)
      columns[f * k + i] = static_cast<double>(rows[i * features + f]);
  const auto outputs = static_cast<int64_t>(k);
  Value *b = numbers(n, ElementType::f32, columns, {static_cast<int64_t>(features), outputs});
  Value *y = compose::matmul(n.to, x, b);
  if (!hasCount(n, "intercepts", shifts.size(), k))
    return y;
  return compose::Arith{n.to}.add(y, numbers(n, ElementType::f32, wide(shifts), {outputs}));
}

Values linearRegressor(const NodeView &n) {
  const int64_t targets = n.integer("targets", 1);
  if (targets < 1)
    n.fail("attribute", fmt::format("targets is {}, expected at least 1", targets));
  return {postTransform(n, n.text("post_transform", "NONE"),
                        linear(n, floatRows(n), static_cast<size_t>(targets)))};
}

Values linearClassifier(const NodeView &n) {
  const Labels labels = labelsOf(n, "classlabels_ints");
  const std::string transform = n.text("post_transform", "NONE");
  Value *x = floatRows(n);
  const size_t features = std::max<size_t>(static_cast<size_t>(featureCount(n, x)), 1);
  const size_t rows = n.reals("coefficients").size() / features;
  Value *scores = linear(n, x, rows);
  if (rows == 1 && labels.size() == 2)
    return binaryClasses(n, labels, transform, scores, 0, false);
  if (rows != labels.size())
    n.fail("attribute", fmt::format("{} rows of coefficients for {} classes", rows, labels.size()));
  return {bestLabel(n, labels, scores), postTransform(n, transform, scores)};
}

// ---- features ----

Values scaler(const NodeView &n) {
  const compose::Arith is{n.to};
  const std::vector<float> offset = n.reals("offset"), scale = n.reals("scale");
  Value *x = floatRows(n);
  const Dim features = x->type.dim(1);
  for (const auto &[name, list] : {std::pair{"offset", &offset}, {"scale", &scale}})
    if (list->size() != 1 && features != Dim(static_cast<int64_t>(list->size())))
      n.fail("attribute", fmt::format("{} has {} entries, expected one or {}", name, list->size(),
                                      features.text()));
  const auto row = [&](const std::vector<float> &list) {
    return numbers(n, ElementType::f32, wide(list), {static_cast<int64_t>(list.size())});
  };
  Value *y = is.mul(is.sub(x, row(offset)), row(scale));
  return {compose::reshape(n.to, y, n.type(0).shape())};
}

/// Divided by the greatest, the sum of the sizes, or the length; as it is where that is 0.
Values normalizer(const NodeView &n) {
  const compose::Arith is{n.to};
  const std::string norm = n.text("norm", "MAX");
  Value *x = floatRows(n);
  Value *by = nullptr;
  if (norm == "MAX")
    by = compose::reduceKeep(n.to, ops::reduce_max, x, {1});
  else if (norm == "L1")
    by = compose::reduceKeep(n.to, ops::reduce_sum, is(ops::abs, x), {1});
  else if (norm == "L2")
    by = is(ops::sqrt, compose::reduceKeep(n.to, ops::reduce_sum, is.mul(x, x), {1}));
  else
    n.fail("attribute", fmt::format("norm is '{}', expected MAX, L1 or L2", norm));
  Value *y = is.div(x, is.where(is.equal(by, 0.0), 1.0, by));
  return {compose::reshape(n.to, y, n.type(0).shape())};
}

Values binarizer(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *above = is.less(n.real("threshold", 0), n.in(0));
  return {compose::cast(n.to, above, n.element(0))};
}

Values imputer(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *x = n.in(0);
  const bool isFloat = ir::isFloat(n.element(0));
  std::vector<double> values = wide(n.reals("imputed_value_floats"));
  double replaced = n.real("replaced_value_float", 0);
  if (!isFloat) {
    const Ints ints = n.ints("imputed_value_int64s", {});
    values.assign(ints.begin(), ints.end());
    replaced = static_cast<double>(n.integer("replaced_value_int64", 0));
  }
  const Dim features = x->type.rank() > 0 ? x->type.shape().back() : Dim(1);
  if (values.empty() ||
      (values.size() != 1 && features != Dim(static_cast<int64_t>(values.size()))))
    n.fail("attribute", fmt::format("imputed_value_{} has {} entries, expected one or {}",
                                    isFloat ? "floats" : "int64s", values.size(), features.text()));
  Value *row = numbers(n, n.element(0), values, {static_cast<int64_t>(values.size())});
  Value *missing = std::isnan(replaced) ? is(ops::is_nan, x) : is.equal(x, replaced);
  return {is.where(missing, row, x)};
}

Values featureVectorizer(const NodeView &n) {
  const Ints widths = n.ints("inputdimensions", {});
  std::vector<Value *> parts;
  for (size_t i = 0; i < n.numInputs(); ++i) {
    Value *x = compose::cast(n.to, n.in(i), ElementType::f32);
    if (x->type.rank() == 1)
      x = compose::unsqueeze(n.to, x, {0});
    if (x->type.rank() != 2 || (i < widths.size() && x->type.dim(1) != Dim(widths[i])))
      n.fail("input", fmt::format("input {} is {}, expected rows of {} features", i,
                                  n.type(i).text(), i < widths.size() ? widths[i] : 0));
    parts.push_back(x);
  }
  return {compose::concat(n.to, parts, 1)};
}

Values arrayFeatureExtractor(const NodeView &n) {
  Value *x = n.in(0);
  if (x->type.rank() == 1)
    x = compose::unsqueeze(n.to, x, {0});
  return {compose::take(n.to, x, n.vector(1), x->type.rank() - 1)};
}

// ---- categories ----

/// Whether the elements of x, with a new axis behind, are each of the keys: [..., keys].
Value *matches(const NodeView &n, Value *x, const std::vector<double> &keys) {
  const compose::Arith is{n.to};
  Value *last = compose::unsqueeze(n.to, x, {static_cast<int64_t>(x->type.rank())});
  const Dims shape = {static_cast<int64_t>(keys.size())};
  Value *same = is.equal(last, numbers(n, x->type.element(), keys, shape));
  if (std::ranges::none_of(keys, [](double key) { return std::isnan(key); }))
    return same;
  std::vector<double> nan;
  for (const double key : keys)
    nan.push_back(std::isnan(key));
  Value *isNan = is(ops::is_nan, last);
  return is.either(same, is.both(isNan, numbers(n, ElementType::boolean, nan, shape)));
}

Value *anyOf(const NodeView &n, Value *matched) {
  const auto last = static_cast<int64_t>(matched->type.rank()) - 1;
  Value *count = compose::cast(n.to, matched, ElementType::i32);
  Value *any = n.to.make(ops::reduce_max, {count}, {attr::axes({last})});
  return compose::cast(n.to, any, ElementType::boolean);
}

[[noreturn]] void refuseStrings(const NodeView &n, std::string_view what) {
  n.unsupported("string", fmt::format("{} of {} are strings", what, n.node.op),
                "give the numbers of the categories to the model instead, and cut it behind this "
                "node");
}

Values oneHotEncoder(const NodeView &n) {
  const Ints categories = n.ints("cats_int64s", {});
  if (n.hasAttribute("cats_strings") || n.element(0) == ElementType::string)
    refuseStrings(n, "the categories");
  if (categories.empty())
    n.fail("attribute", "cats_int64s is absent");
  Value *x = compose::cast(n.to, n.in(0), ElementType::i64);
  Value *same = matches(n, x, {categories.begin(), categories.end()});
  if (!n.integer("zeros", 1))
    n.check(anyOf(n, same), "OneHotEncoder: an element is none of the categories");
  return {compose::cast(n.to, same, ElementType::f32)};
}

/// One side of the table of a LabelEncoder: numbers or strings.
struct Column {
  ElementType element = ElementType::i64;
  std::vector<double> numbers;
  ir::Strings texts;

  size_t size() const { return element == ElementType::string ? texts.size() : numbers.size(); }
};

Column columnOf(const NodeView &n, const std::string &name) {
  Column c;
  if (const Tensor *t = n.tensor(name + "_tensor")) {
    const Value *v = addTensor(n.to.module(), *t, {});
    c.element = v->type.element();
    c.texts = t->strings;
    for (size_t i = 0; c.element != ElementType::string && i < static_cast<size_t>(t->count()); ++i)
      c.numbers.push_back(ir::elementAsDouble(*v, i));
  } else if (n.hasAttribute(name + "_strings")) {
    c.element = ElementType::string;
    c.texts = n.texts(name + "_strings");
  } else if (n.hasAttribute(name + "_floats")) {
    c.element = ElementType::f32;
    c.numbers = wide(n.reals(name + "_floats"));
  } else {
    const Ints ints = n.ints(name + "_int64s", {});
    c.numbers.assign(ints.begin(), ints.end());
  }
  return c;
}

/// What is not among the keys becomes, in the element type of the values.
Column defaultOf(const NodeView &n, const Column &values) {
  if (n.hasAttribute("default_tensor"))
    return columnOf(n, "default");
  Column c;
  c.element = values.element;
  if (c.element == ElementType::string)
    c.texts = {n.text("default_string", "_Unused")};
  else if (ir::isFloat(c.element))
    c.numbers = {n.real("default_float", -0.0)};
  else
    c.numbers = {static_cast<double>(n.integer("default_int64", -1))};
  return c;
}

Values labelEncoder(const NodeView &n) {
  const compose::Arith is{n.to};
  const Column keys = columnOf(n, "keys"), values = columnOf(n, "values");
  if (keys.element == ElementType::string)
    refuseStrings(n, "the keys");
  if (keys.size() == 0 || keys.size() != values.size())
    n.fail("attribute", fmt::format("{} keys and {} values", keys.size(), values.size()));
  std::vector<double> sorted = keys.numbers;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end())
    n.unsupported("keys", fmt::format("the key {} has two values", *twice));
  const Column other = defaultOf(n, values);
  Value *same = matches(n, n.in(0), keys.numbers);
  const auto last = static_cast<int64_t>(same->type.rank()) - 1;
  // The default is the last row of the table.
  Value *index = is.where(anyOf(n, same),
                          n.to.make(ops::argmax, {compose::cast(n.to, same, ElementType::i32)},
                                    {attr::axis(last), attr::selectLast(false)}),
                          n.to.scalar(ElementType::i64, static_cast<double>(keys.size())));
  const Dims shape = {static_cast<int64_t>(values.size()) + 1};
  if (values.element == ElementType::string) {
    ir::Strings texts = values.texts;
    texts.push_back(other.texts.at(0));
    return {compose::take(n.to, n.to.module().addStrings(shape, std::move(texts)), index, 0)};
  }
  std::vector<double> table = values.numbers;
  table.push_back(other.numbers.at(0));
  return {compose::take(n.to, numbers(n, values.element, table, shape), index, 0)};
}

/// The scores as they are, [n, classes]: a sequence of maps has no place in generated code.
Values zipMap(const NodeView &n) {
  n.importer().notes.push_back(fmt::format("'{}' is the tensor of scores that {} makes maps of, "
                                           "one column for each class in their order",
                                           n.node.outputs[0], n.node.location().node));
  return {n.in(0)};
}

constexpr std::string_view kMl = "ai.onnx.ml";
constexpr Lowering kMachineLearning[] = {
    {"ArrayFeatureExtractor", 1, arrayFeatureExtractor, kMl},
    {"Binarizer", 1, binarizer, kMl},
    {"FeatureVectorizer", 1, featureVectorizer, kMl},
    {"Imputer", 1, imputer, kMl},
    {"LabelEncoder", 2, labelEncoder, kMl},
    {"LinearClassifier", 1, linearClassifier, kMl},
    {"LinearRegressor", 1, linearRegressor, kMl},
    {"Normalizer", 1, normalizer, kMl},
    {"OneHotEncoder", 1, oneHotEncoder, kMl},
    {"Scaler", 1, scaler, kMl},
    {"ZipMap", 1, zipMap, kMl},
};

} // namespace

std::span<const Lowering> machineLearningLowerings() { return kMachineLearning; }

} // namespace burin::onnx
