// SPDX-License-Identifier: Apache-2.0
//
// The newer operators of sequence models: attention with a state, convolutions with one, and
// attention whose scores graphs change.
#include "frontend/common/compose.h"
#include "frontend/onnx/ops_control.h"

#include <cmath>
#include <fmt/format.h>

namespace burin::onnx {
namespace {

/// [b, t, heads * d] as [t, b, heads, d]: an entry a step.
Value *bySteps(const NodeView &n, Value *x, const Dim &heads) {
  const ir::Shape &s = x->type.shape();
  if (s.size() != 3)
    n.fail("rank", fmt::format("an input has rank {}, expected 3", s.size()));
  x = compose::reshape(n.to, compose::cast(n.to, x, ElementType::f32),
                       {s[0], s[1], heads, floorDiv(s[2], heads)});
  return compose::transpose(n.to, x, {1, 0, 2, 3});
}

/// https://onnx.ai/onnx/operators/onnx__LinearAttention.html, a step after the other.
Values linearAttention(const NodeView &n) {
  const std::string rule = n.text("update_rule", "gated_delta");
  const bool gates = rule == "gated" || rule == "gated_delta",
             corrects = rule == "delta" || rule == "gated_delta";
  if (!gates && !corrects && rule != "linear")
    n.fail("rule",
           fmt::format("update_rule is '{}', expected linear, gated, delta or gated_delta", rule));
  if (gates != n.has(4) || corrects != n.has(5))
    n.fail("rule", fmt::format("update_rule '{}' takes {}decay and {}beta", rule,
                               gates ? "" : "no ", corrects ? "" : "no "));
  const int64_t heads = n.integer("q_num_heads", 0), kvHeads = n.integer("kv_num_heads", 0);
  if (heads < 1 || kvHeads < 1 || heads % kvHeads)
    n.fail("heads", fmt::format("{} heads over {}, expected a multiple", heads, kvHeads));
  const ElementType e = n.element(0);
  Value *q = bySteps(n, n.in(0), heads), *k = bySteps(n, n.in(1), kvHeads),
        *v = bySteps(n, n.in(2), kvHeads);
  const Dim steps = q->type.dim(0), batch = q->type.dim(1), depth = q->type.dim(3),
            width = v->type.dim(3);
  if (!depth.isNumber())
    n.unsupported("symbolic", "attention of a symbolic depth", "fix the symbol with --dim");
  const double given = n.real("scale", 0),
               scale = given != 0 ? given : 1 / std::sqrt(static_cast<double>(depth.number()));
  Value *decay = gates ? bySteps(n, n.in(4), kvHeads) : nullptr; // [t, b, heads, 1 or d]
  Value *beta = nullptr;
  if (corrects)
    beta = bySteps(n, n.in(5), n.type(5).dim(2)); // [t, b, heads or 1, 1]
  Value *state = n.has(3)
                     ? compose::cast(n.to, n.in(3), ElementType::f32)
                     : compose::full(n.to, ElementType::f32, 0, {batch, kvHeads, depth, width});

  LoopParts parts;
  parts.iterations = steps;
  parts.most = steps.bounds().hi;
  parts.count = compose::scalarOf(n.to, n.to.extents({steps}));
  parts.carried = {state};
  Values out = makeLoop(n, parts, [&](ir::Builder &to, Value *i, const Values &carried) {
    const compose::Arith is{to};
    const auto at = [&](Value *x) { return compose::take(to, x, i, 0); }; // [b, heads, d]
    const auto product = [&](Value *a, Value *b) {
      return to.make(ops::matmul, {a, b}, {attr::transposeA(false), attr::transposeB(false)});
    };
    Value *s = carried[0]; // [b, heads, d, e]
    Value *key = at(k), *value = compose::unsqueeze(to, at(v), {2});
    if (decay)
      s = is.mul(s, compose::unsqueeze(to, is(ops::exp, at(decay)), {3}));
    if (beta)
      value = is.mul(compose::unsqueeze(to, at(beta), {3}),
                     is.sub(value, product(compose::unsqueeze(to, key, {2}), s)));
    s = is.add(s, is.mul(compose::unsqueeze(to, key, {3}), value));
    Value *read = s;
    if (heads != kvHeads)
      read = compose::reshape(to,
                              compose::expand(to, compose::unsqueeze(to, s, {2}),
                                              {batch, kvHeads, heads / kvHeads, depth, width}),
                              {batch, heads, depth, width});
    Value *y = is.mul(product(compose::unsqueeze(to, at(q), {2}), read), scale);
    return Values{to.scalar(ElementType::boolean, 1), s, compose::squeeze(to, y, {2})};
  });
  Value *y = compose::transpose(n.to, out[1], {1, 0, 2, 3}); // [b, t, heads, e]
  y = compose::reshape(n.to, y, {batch, steps, width * Dim(heads)});
  return {compose::cast(n.to, y, e), compose::cast(n.to, out[0], n.has(3) ? n.element(3) : e)};
}

/// A convolution of each channel with what came before, which the next call gets as a state.
Values causalConv(const NodeView &n) {
  const compose::Arith is{n.to};
  const std::string activation = n.text("activation", "none");
  if (activation != "none" && activation != "silu" && activation != "swish")
    n.fail("activation",
           fmt::format("activation is '{}', expected none, silu or swish", activation));
  const ir::Shape &s = n.type(0).shape(), &f = n.type(1).shape();
  if (s.size() != 3 || f.size() != 3 || !s[1].isNumber() || !f[2].isNumber())
    n.fail("rank", "expected an input [n, c, length] and a filter [c, 1, k] of numbers");
  const Dim before = f[2] - 1;
  Value *past = n.has(3) ? n.in(3) : compose::full(n.to, n.element(0), 0, {s[0], s[1], before});
  Value *x = compose::concat(n.to, {past, n.in(0)}, 2);
  Value *y = n.to.make(
      ops::conv, {compose::toChannelsLast(n.to, x), compose::filterChannelsLast(n.to, n.in(1))},
      {attr::strides({1}), attr::pads({0, 0}), attr::dilations({1}), attr::group(s[1].number())});
  if (n.has(2))
    y = is.add(y, n.in(2));
  y = compose::toChannelsFirst(n.to, y);
  if (activation != "none") {
    Value *wide = compose::cast(n.to, y, ElementType::f32);
    y = compose::cast(n.to, is.mul(wide, is(ops::sigmoid, wide)), n.element(0));
  }
  return {y, compose::sliceAxis(n.to, x, 2, x->type.dim(2) - before, before)};
}

Values flexAttention(const NodeView &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.element(0);
  if (n.rank(0) != 4 || n.rank(1) != 4 || n.rank(2) != 4)
    n.fail("rank", "expected q, k and v of rank 4");
  const Dim depth = n.type(0).dim(3), heads = n.type(0).dim(1), kvHeads = n.type(1).dim(1);
  if (!depth.isNumber() && !n.hasAttribute("scale"))
    n.unsupported("symbolic", "attention of a symbolic depth without a scale",
                  "fix the symbol with --dim");
  const double scale = n.hasAttribute("scale") ? n.real("scale", 1)
                                               : 1 / std::sqrt(static_cast<double>(depth.number()));
  const auto repeated = [&](size_t i) {
    if (heads == kvHeads)
      return n.in(i);
    const ir::Shape &s = n.type(i).shape();
    Value *x = compose::expand(n.to, compose::unsqueeze(n.to, n.in(i), {2}),
                               {s[0], s[1], floorDiv(heads, kvHeads), s[2], s[3]});
    return compose::reshape(n.to, x, {s[0], heads, s[2], s[3]});
  };
  const double root = std::sqrt(scale);
  Value *scores = n.to.make(ops::matmul, {is.mul(n.in(0), root), is.mul(repeated(1), root)},
                            {attr::transposeA(false), attr::transposeB(true)});
  const ElementType wide =
      n.elementType("softmax_precision").value_or(ir::elementSize(e) < 4 ? ElementType::f32 : e);
  const auto changed = [&](std::string_view name, Value *x) {
    if (!n.hasAttribute(name))
      return x;
    const Values out = n.lowered(*n.graph(name), n.to, std::span<Value *const>(&x, 1));
    if (out.size() != 1)
      n.fail("graph", fmt::format("the graph '{}' has {} outputs, expected 1", name, out.size()));
    return compose::cast(n.to, out[0], wide);
  };
  scores = changed("score_mod", compose::cast(n.to, scores, wide));
  Value *weights = changed("prob_mod", n.to.make(ops::softmax, {scores}, {attr::axis(3)}));
  Value *y = n.to.make(ops::matmul, {weights, compose::cast(n.to, repeated(2), wide)},
                       {attr::transposeA(false), attr::transposeB(false)});
  return {compose::cast(n.to, y, n.element(2))};
}

// ---- optimisers of training graphs: the rate, the step, then the tensors of each kind ----

struct Update {
  Value *rate, *step;
  size_t count; ///< tensors of each kind
};

/// Groups of inputs after the rate and the step: parameters, gradients, and `states` of each.
Update updateOf(const NodeView &n, size_t states) {
  const size_t each = 2 + states;
  if (n.numInputs() < 2 + each || (n.numInputs() - 2) % each)
    n.fail("input", fmt::format("{} inputs, expected 2 and a multiple of {}", n.numInputs(), each));
  return {compose::scalarOf(n.to, n.in(0)), compose::scalarOf(n.to, n.in(1)),
          (n.numInputs() - 2) / each};
}

Values adagrad(const NodeView &n) {
  const compose::Arith is{n.to};
  const Update u = updateOf(n, 1);
  Values out(2 * u.count);
  for (size_t i = 0; i < u.count; ++i) {
    Value *x = n.in(2 + i), *h = n.in(2 + 2 * u.count + i);
    const ElementType e = x->type.element();
    Value *rate =
        is.div(compose::cast(n.to, u.rate, e),
               is.add(is.mul(compose::cast(n.to, u.step, e), n.real("decay_factor", 0)), 1.0));
    Value *g = is.add(is.mul(x, n.real("norm_coefficient", 0)), n.in(2 + u.count + i));
    Value *sum = is.add(h, is.mul(g, g));
    out[i] =
        is.sub(x, is.div(is.mul(rate, g), is.add(is(ops::sqrt, sum), n.real("epsilon", 1e-6))));
    out[u.count + i] = sum;
  }
  return out;
}

Values momentum(const NodeView &n) {
  const compose::Arith is{n.to};
  const Update u = updateOf(n, 1);
  const std::string mode = n.text("mode", "standard");
  if (mode != "standard" && mode != "nesterov")
    n.fail("mode", fmt::format("mode is '{}', expected standard or nesterov", mode));
  const double alpha = n.real("alpha", 0);
  Values out(2 * u.count);
  for (size_t i = 0; i < u.count; ++i) {
    Value *x = n.in(2 + i);
    const ElementType e = x->type.element();
    Value *rate = compose::cast(n.to, u.rate, e);
    Value *beta = is.where(is.less(0.0, u.step), n.to.scalar(e, n.real("beta", 0)), 1.0);
    Value *g = is.add(is.mul(x, n.real("norm_coefficient", 0)), n.in(2 + u.count + i));
    Value *moved = is.add(is.mul(n.in(2 + 2 * u.count + i), alpha), is.mul(beta, g));
    out[i] = is.sub(x, is.mul(rate, mode == "standard" ? moved : is.add(g, is.mul(moved, alpha))));
    out[u.count + i] = moved;
  }
  return out;
}

Values adam(const NodeView &n) {
  const compose::Arith is{n.to};
  const Update u = updateOf(n, 2);
  const double alpha = n.real("alpha", 0.9), beta = n.real("beta", 0.999);
  Values out(3 * u.count);
  for (size_t i = 0; i < u.count; ++i) {
    Value *x = n.in(2 + i);
    const ElementType e = x->type.element();
    Value *rate = compose::cast(n.to, u.rate, e), *step = compose::cast(n.to, u.step, e);
    Value *g = is.add(is.mul(x, n.real("norm_coefficient", 0)), n.in(2 + u.count + i));
    Value *v = is.add(is.mul(n.in(2 + 2 * u.count + i), alpha), is.mul(g, 1 - alpha));
    Value *h = is.add(is.mul(n.in(2 + 3 * u.count + i), beta), is.mul(is.mul(g, g), 1 - beta));
    const auto left = [&](double x0) { return is.sub(1.0, is.pow(n.to.scalar(e, x0), step)); };
    Value *adjusted = is.div(is.mul(rate, is(ops::sqrt, left(beta))), left(alpha));
    adjusted = is.where(is.less(0.0, u.step), adjusted, rate);
    Value *y =
        is.sub(x, is.div(is.mul(adjusted, v), is.add(is(ops::sqrt, h), n.real("epsilon", 1e-6))));
    const double post = n.real("norm_coefficient_post", 0);
    out[i] = post == 0 ? y : is.mul(y, 1 - post);
    out[u.count + i] = v;
    out[2 * u.count + i] = h;
  }
  return out;
}

// clang-format off
constexpr Lowering kTransformer[] = {
    {"CausalConvWithState", 27, causalConv}, {"LinearAttention", 27, linearAttention}, {"FlexAttention", 1, flexAttention, "ai.onnx.preview"},
    {"Adagrad", 1, adagrad, "ai.onnx.preview.training"}, {"Adam", 1, adam, "ai.onnx.preview.training"}, {"Momentum", 1, momentum, "ai.onnx.preview.training"},
};
// clang-format on

} // namespace

std::span<const Lowering> transformerLowerings() { return kTransformer; }

} // namespace burin::onnx
