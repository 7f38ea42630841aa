// SPDX-License-Identifier: Apache-2.0
//
// Ops with a kernel of their own, in the spellings of exporters that had no operator for them:
// softmax, layer norm and RMS norm, each with its scale and bias, and attention. The patterns are
// in normal form: x^2 is x * x, an axis that a reduction keeps is a reshape, scalar arithmetic
// stands before it.
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

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

/// (x - mean) / sqrt(mean of its square + epsilon)
Value *layerNorm(const Match &m, Builder &to) {
  const std::optional<Ints> axes = axesOf(m.op(reduction), *m[kept], *m[x]);
  const std::optional<int64_t> axis = trailing(axes, m[x]->type.rank());
  const std::optional<double> epsilon = ir::splatValue(*m[e]);
  if (!axis || !epsilon || axesOf(m.op(reduction2), *m[kept2], *m[x]) != axes)
    return nullptr;
  return to.make(ops::layer_norm, {m[x]}, {attr::axis(*axis), attr::epsilon(*epsilon)});
}

/// x / sqrt(mean of its square + epsilon)
Value *rmsNorm(const Match &m, Builder &to) {
  const std::optional<int64_t> axis =
      trailing(axesOf(m.op(reduction2), *m[kept2], *m[x]), m[x]->type.rank());
  const std::optional<double> epsilon = ir::splatValue(*m[e]);
  if (!axis || !epsilon)
    return nullptr;
  return to.make(ops::rms_norm, {m[x]}, {attr::axis(*axis), attr::epsilon(*epsilon)});
}

Pattern deviation(Var of) {
  return op(ops::sqrt, op(ops::add, op(ops::reduce_mean, op(ops::mul, of, of)).as(reduction2),
                          constant().as(e)));
}

Pattern centredX() {
  return op(ops::sub, x, keptAxes(op(ops::reduce_mean, x).as(reduction), kept)).as(centred);
}

// ---- scale and bias ----

/// The norm with one more parameter, if that varies along the normalised axes only.
template <size_t parameter> Value *withParameter(const Match &m, Builder &to) {
  const Op &norm = m.op(centred);
  const Value &value = *m[e];
  const size_t rank = norm.result()->type.rank();
  if (value.type.rank() > rank - static_cast<size_t>(norm[attr::axis]))
    return nullptr;
  std::vector<Value *> operands = operandsOf(norm);
  operands.resize(std::max(operands.size(), parameter + 1));
  operands[parameter] = m[e];
  return remake(to, norm, operands).result();
}

// ---- attention ----

/// [b, h, s, d] as [b, s, h, d], and the other way round.
Value *swapped(Builder &to, Value *v, Ints perm = {0, 2, 1, 3}) {
  return to.make(ops::transpose, {v}, {attr::perm(std::move(perm))});
}

/// softmax(scale * q k^T + mask) v: x = q, centred = k, e = v, kept = scale, kept2 = mask.
Value *attention(const Match &m, Builder &to) {
  const Op &weighted = *m.root, &softmax = *weighted.operand(0)->def(),
           &product = *m[reduction]->def();
  const ir::Shape &shape = m[reduction]->type.shape();
  std::optional<double> scale = 1;
  if (m[kept])
    scale = ir::splatValue(*m[kept]);
  const bool isPlain = shape.size() == 4 && softmax[attr::axis] == 3 && scale &&
                       !weighted[attr::transposeA] && !weighted[attr::transposeB] &&
                       !product[attr::transposeA] && m[e]->type.rank() == 4 &&
                       m[x]->type.rank() == 4 && m[centred]->type.rank() == 4;
  // Batch and heads are the same for all three, and keys for two; nothing is broadcast.
  const auto leads = [&](const Value &v) {
    return std::equal(shape.begin(), shape.begin() + 2, v.type.shape().begin());
  };
  if (!isPlain || !leads(*m[x]) || !leads(*m[centred]) || !leads(*m[e]) ||
      (m[kept2] && m[kept2]->type.rank() > 4))
    return nullptr;
  Value *k =
      swapped(to, m[centred], product[attr::transposeB] ? Ints{0, 2, 1, 3} : Ints{0, 3, 1, 2});
  Value *mask = m[kept2] ? m[kept2] : nullptr;
  return swapped(to, to.makeOp(ops::attention, {swapped(to, m[x]), k, swapped(to, m[e]), mask},
                               {attr::scale(*scale), attr::causal(false), attr::softcap(0.0)})
                         .result());
}

Pattern scores() {
  Pattern product = op(ops::matmul, x, centred).as(reduction).once();
  return either(op(ops::mul, product, constant().as(kept)).once(), product);
}

std::span<const Rule> allRules() {
  static const std::vector<Rule> kRules = [] {
    const auto inverse = [](Pattern of) { return op(ops::div, number(1), std::move(of)); };
    const auto sum = [] { return op(ops::reduce_sum, e).as(reduction); };
    return std::vector<Rule>{
        {"softmax", op(ops::div, exponential(), keptAxes(sum(), kept)), softmax},
        {"softmax", op(ops::mul, exponential(), keptAxes(inverse(sum()), kept)), softmax},
        {"layer-norm", op(ops::div, centredX(), keptAxes(deviation(centred), kept2)), layerNorm},
        {"layer-norm", op(ops::mul, centredX(), keptAxes(inverse(deviation(centred)), kept2)),
         layerNorm},
        {"rms-norm", op(ops::div, x, keptAxes(deviation(x), kept2)), rmsNorm},
        {"rms-norm", op(ops::mul, x, keptAxes(inverse(deviation(x)), kept2)), rmsNorm},
        {"norm-scale", op(ops::mul, op(ops::layer_norm, x).as(centred).once(), constant().as(e)),
         withParameter<1>},
        {"norm-scale", op(ops::mul, op(ops::rms_norm, x).as(centred).once(), constant().as(e)),
         withParameter<1>},
        {"attention",
         op(ops::matmul,
            op(ops::softmax, either(op(ops::add, scores(), kept2).once(), scores())).once(), e),
         attention},
        {"norm-bias",
         op(ops::add, op(ops::layer_norm, x, maybe(constant())).as(centred).once(),
            constant().as(e)),
         withParameter<2>},
    };
  }();
  return kRules;
}

} // namespace

RuleNames recoverRules() { return namesOf(allRules()); }
bool recover(ir::Module &module, PassContext &context) {
  return context.mayReassociate() && rewrite(module, context, allRules());
}

} // namespace burin::passes
