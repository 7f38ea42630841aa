// SPDX-License-Identifier: Apache-2.0
//
// Ops with a kernel of their own, in the spellings of exporters that had no operator for them:
// softmax, layer norm and RMS norm, each with its scale and bias; attention is in
// rules/attention.cpp. The patterns are in normal form: x^2 is x * x, an axis that a reduction
// keeps is a reshape, scalar arithmetic stands before it.
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/passes.h"
#include "passes/recurrent_cells.h"
#include "passes/rules/rules.h"

#include <algorithm>
#include <numeric>

namespace burin::passes {
namespace ops = ir::ops;
namespace attr = ir::attr;
using ir::Builder;
using ir::Ints;
using ir::Op;
using ir::Value;

namespace {
constexpr Var x{0}, centred{1}, reduction{2}, kept{3}, reduction2{4}, kept2{5}, e{6};
constexpr Var factor{7}, scale{8}, bias{9};

/// A reduction as it broadcasts back to what it was taken over.
Pattern keptAxes(Pattern reduced, Var as) {
  return either(op(ops::reshape, reduced), reduced).as(as);
}

/// The axes of a reduction of `of`, if v (made of its result, element by element) broadcasts back
/// to `of` along just these.
std::optional<Ints> axesOf(const Op &reduce, const Value &v, const Value &of) {
  const ir::Shape &shape = of.type.shape();
  ir::Shape expected = shape;
  for (const int64_t axis : reduce[attr::axes])
    expected[static_cast<size_t>(axis)] = 1;
  ir::Shape given(shape.size() - std::min(shape.size(), v.type.rank()), 1);
  given.insert(given.end(), v.type.shape().begin(), v.type.shape().end());
  if (reduce.numBlocks() != 0 || given != expected)
    return std::nullopt;
  return reduce[attr::axes];
}

/// The first of the last axes that are reduced.
std::optional<int64_t> trailing(const std::optional<Ints> &axes, size_t rank) {
  if (!axes || axes->empty())
    return std::nullopt;
  Ints last(axes->size());
  std::iota(last.begin(), last.end(), static_cast<int64_t>(rank - axes->size()));
  Ints sorted = *axes;
  std::ranges::sort(sorted);
  return sorted == last ? std::optional(last.front()) : std::nullopt;
}

// ---- softmax ----

/// e^x / sum of them; with or without the maximum, which the kernel takes off anyway.
Value *softmax(const Match &m, Builder &to) {
  const std::optional<Ints> axes = axesOf(m.op(reduction), *m[kept], *m[e]);
  if (!axes || axes->size() != 1 || m[x]->type != m[e]->type)
    return nullptr;
  if (m[kept2] && axesOf(m.op(reduction2), *m[kept2], *m[x]) != axes)
    return nullptr;
  return to.make(ops::softmax, {m[x]}, {attr::axis(axes->front())});
}

Pattern exponential() {
  return op(ops::exp,
            either(op(ops::sub, x, keptAxes(op(ops::reduce_max, x).as(reduction2), kept2)), x))
      .as(e);
}

// ---- norms ----

/// The norm times its scale, if that stands between it and x, and plus its bias.
Value *scaledNorm(const Match &m, Builder &to, const ir::OpDef &norm, int64_t axis,
                  double epsilon) {
  Value *out = to.make(norm, {m[x]}, {attr::axis(axis), attr::epsilon(epsilon)});
  if (m[scale])
    out = to.make(ops::mul, {out, m[scale]});
  if (m[bias])
    out = to.make(ops::add, {out, m[bias]});
  return out->type == m.root->result()->type ? out : nullptr;
}

/// (x - mean) / sqrt(mean of its square + epsilon)
Value *layerNorm(const Match &m, Builder &to) {
  const std::optional<Ints> axes = axesOf(m.op(reduction), *m[kept], *m[x]);
  const std::optional<int64_t> axis = trailing(axes, m[x]->type.rank());
  const std::optional<double> epsilon = ir::splatValue(*m[e]);
  if (!axis || !epsilon || axesOf(m.op(reduction2), *m[kept2], *m[x]) != axes)
    return nullptr;
  return scaledNorm(m, to, ops::layer_norm, *axis, *epsilon);
}

/// x / sqrt(mean of its square + epsilon)
Value *rmsNorm(const Match &m, Builder &to) {
  const std::optional<int64_t> axis =
      trailing(axesOf(m.op(reduction2), *m[kept2], *m[x]), m[x]->type.rank());
  const std::optional<double> epsilon = ir::splatValue(*m[e]);
  if (!axis || !epsilon)
    return nullptr;
  return scaledNorm(m, to, ops::rms_norm, *axis, *epsilon);
}

Pattern inverse(Pattern of) { return op(ops::div, number(1), std::move(of)); }

Pattern meanOfSquares(Var of) { return op(ops::reduce_mean, op(ops::mul, of, of)).as(reduction2); }
Pattern deviation(Pattern variance) {
  return op(ops::sqrt, op(ops::add, std::move(variance), constant().as(e)));
}
Pattern deviation(Var of) { return deviation(meanOfSquares(of)); }

/// mean of the squares - square of the mean, which loses digits that a norm keeps
Pattern varianceOfSquares() {
  const auto anyShape = [](Pattern of) { return either(op(ops::reshape, of), of); };
  return op(ops::sub, anyShape(meanOfSquares(x)), anyShape(op(ops::mul, kept, kept)));
}

Pattern meanOfX() { return keptAxes(op(ops::reduce_mean, x).as(reduction), kept); }
Pattern centredX() { return op(ops::sub, x, meanOfX()).as(centred); }

/// 1 / deviation, or that times a scale: what x is multiplied by.
Pattern inverseFactor(Pattern deviation) {
  Pattern plain = keptAxes(inverse(std::move(deviation)), kept2);
  return either(op(ops::mul, plain, constant().as(scale)).as(factor), either(plain).as(factor));
}

/// Groups of channels as the channels of an instance norm.
Value *groupNorm(const Match &m, Builder &to) {
  const Op &norm = *m.root->operand(0)->def();
  const ir::Type &whole = m[x]->type, &grouped = norm.result()->type;
  const int64_t groups = norm[attr::groups];
  const auto isAll = [&](Var v, double number) { return !m[v] || ir::splatValue(*m[v]) == number; };
  if (m.root->result()->type != whole || whole.rank() < 3 || grouped.rank() < 3 ||
      norm[attr::axis] != 1 || !grouped.dim(1).isNumber(groups) || whole.dim(0) != grouped.dim(0) ||
      !whole.dim(1).isNumber() || whole.dim(1).number() % groups != 0 || !isAll(scale, 1) ||
      !isAll(bias, 0))
    return nullptr;
  return to.make(ops::group_norm, {m[x]},
                 {attr::axis(1), attr::groups(groups), attr::epsilon(norm[attr::epsilon])});
}

// ---- repeated pixels ----

/// reshape(broadcast) that puts r copies of each element of an axis beside it: the nearest of an
/// image r times as large.
Value *upsample(const Match &m, Builder &to) {
  const Op &repeat = *m.root->operand(0)->def();
  const ir::Shape &from = m[x]->type.shape(), &wide = repeat.result()->type.shape(),
                  &out = m.root->result()->type.shape();
  if (from.size() != wide.size() || out.size() + 1 != wide.size() || out.size() < 3)
    return nullptr;
  size_t axis = 0; // that the copies follow
  while (axis < out.size() && out[axis] == wide[axis])
    ++axis;
  const size_t copies = axis + 1;
  ir::Shape before = from, merged = wide;
  if (axis == 0 || axis == out.size() || !wide[copies].isNumber() || !from[copies].isNumber(1))
    return nullptr;
  merged[axis] = wide[axis] * wide[copies];
  merged.erase(merged.begin() + static_cast<ptrdiff_t>(copies));
  before[copies] = wide[copies];
  if (merged != out || before != wide || wide[copies].number() < 2)
    return nullptr;
  for (const Op *user : m.root->result()->users())
    if (user->is(ops::matmul))
      return nullptr; // keys for several heads
  before.erase(before.begin() + static_cast<ptrdiff_t>(copies));
  std::vector<double> scales(out.size(), 1);
  scales[axis] = static_cast<double>(wide[copies].number());
  Value *image = to.make(ops::reshape, {m[x]}, {attr::shape(std::move(before))});
  return to.make(ops::resize, {image},
                 {attr::shape(out), attr::scales(std::move(scales)), attr::mode("nearest"),
                  attr::coordinates("asymmetric"), attr::nearest("floor"),
                  attr::cubicCoefficient(-0.75), attr::excludeOutside(false),
                  attr::antialias(false), attr::extrapolation(0.0)});
}

// ---- scale and bias ----

/// The norm with one more parameter, if that varies along the normalised axes only.
template <size_t parameter> Value *withParameter(const Match &m, Builder &to) {
  const Op &norm = m.op(centred);
  ir::Shape shape = m[e]->type.shape();
  const size_t normalised = norm.result()->type.rank() - static_cast<size_t>(norm[attr::axis]);
  while (shape.size() > normalised && shape.front().isNumber(1))
    shape.erase(shape.begin());
  if (shape.size() > normalised)
    return nullptr;
  std::vector<Value *> operands = operandsOf(norm);
  operands.resize(std::max(operands.size(), parameter + 1));
  operands[parameter] =
      shape == m[e]->type.shape() ? m[e] : reshapedConstant(to.module(), *m[e], std::move(shape));
  return remake(to, norm, operands).result();
}

std::span<const Rule> allRules() {
  static const std::vector<Rule> kRules = [] {
    const auto sum = [] { return op(ops::reduce_sum, e).as(reduction); };
    const auto minusMean = [] {
      return either(op(ops::mul, op(ops::neg, meanOfX()), factor),
                    op(ops::neg, op(ops::mul, meanOfX(), factor)));
    };
    const auto shift = [&] {
      return either(op(ops::add, minusMean(), constant().as(bias)),
                    op(ops::sub, constant().as(bias), op(ops::mul, meanOfX(), factor)),
                    minusMean());
    };
    std::vector<Rule> rules{
        {"softmax", op(ops::div, exponential(), keptAxes(sum(), kept)), softmax},
        {"softmax", op(ops::mul, exponential(), keptAxes(inverse(sum()), kept)), softmax},
        {"layer-norm", op(ops::div, centredX(), keptAxes(deviation(centred), kept2)), layerNorm},
        {"layer-norm", op(ops::mul, centredX(), inverseFactor(deviation(centred))), layerNorm},
        {"layer-norm", op(ops::div, centredX(), keptAxes(deviation(varianceOfSquares()), kept2)),
         layerNorm},
        {"layer-norm", op(ops::mul, centredX(), inverseFactor(deviation(varianceOfSquares()))),
         layerNorm},
        {"rms-norm", op(ops::div, x, keptAxes(deviation(x), kept2)), rmsNorm},
        {"rms-norm", op(ops::mul, x, inverseFactor(deviation(x))), rmsNorm},
        {"norm-scale", op(ops::mul, op(ops::layer_norm, x).as(centred).once(), constant().as(e)),
         withParameter<1>},
        {"norm-scale", op(ops::mul, op(ops::rms_norm, x).as(centred).once(), constant().as(e)),
         withParameter<1>},
        {"group-norm",
         op(ops::reshape, op(ops::group_norm, op(ops::reshape, x), maybe(constant().as(scale)),
                             maybe(constant().as(bias)))
                              .once()),
         groupNorm},
        {"upsample", op(ops::reshape, op(ops::broadcast, x).once()), upsample},
        {"norm-bias",
         op(ops::add, op(ops::layer_norm, x, maybe(constant())).as(centred).once(),
            constant().as(e)),
         withParameter<2>},
    };
    // x * factor + (bias - mean * factor), as Keras has it.
    for (const bool ofSquares : {false, true}) {
      Pattern variance =
          ofSquares ? varianceOfSquares()
                    : op(ops::reduce_mean, op(ops::mul, centredX(), centred)).as(reduction2);
      rules.push_back(
          {"layer-norm",
           op(ops::add, op(ops::mul, x, inverseFactor(deviation(std::move(variance)))), shift()),
           layerNorm});
    }
    const std::span<const Rule> more = attentionRules();
    rules.insert(rules.end(), more.begin(), more.end());
    return rules;
  }();
  return kRules;
}

} // namespace

RuleNames recoverRules() {
  RuleNames names = namesOf(allRules());
  const RuleNames more = recurrentRules();
  names.insert(names.end(), more.begin(), more.end());
  return names;
}
bool recover(ir::Module &module, PassContext &context) {
  if (!context.mayReassociate())
    return false;
  const bool changed = rewrite(module, context, allRules());
  return recoverRecurrent(module, context) || changed;
}

} // namespace burin::passes
