// SPDX-License-Identifier: Apache-2.0
//
// Activations, in the forms that the passes know from other formats.
#include "frontend/torchscript/lowering.h"

#include <fmt/format.h>

namespace burin::torchscript {
namespace {

Host relu(const Call &n) { return n.tensor(n.to.make(ops::relu, {n.value("self")})); }

Value *clamped(const Call &n, Value *x, double low, double high) {
  return compose::clamp(n.to, x, compose::scalarLike(n.to, x, low),
                        compose::scalarLike(n.to, x, high));
}
Host relu6(const Call &n) { return n.tensor(clamped(n, n.value("self"), 0, 6)); }
Host hardtanh(const Call &n) {
  return n.tensor(clamped(n, n.value("self"), n.real("min_val"), n.real("max_val")));
}

Value *whereNegative(const Call &n, Value *x, Value *below) {
  const compose::Arith is{n.to};
  return is.where(is.less(x, 0.0), below, x);
}
Host leakyRelu(const Call &n) {
  Value *x = n.value("self");
  const compose::Arith is{n.to};
  return n.tensor(whereNegative(n, x, is.mul(x, n.real("negative_slope"))));
}
Host prelu(const Call &n) {
  Value *x = n.value("self"), *slope = n.value("weight");
  const compose::Arith is{n.to};
  if (slope->type.rank() == 1 && x->type.rank() > 1)
    slope = slope->type.dim(0).isNumber(1) ? compose::scalarOf(n.to, slope)
                                           : compose::perAxis(n.to, slope, 1, x->type.rank());
  return n.tensor(whereNegative(n, x, is.mul(x, slope)));
}

Value *exponentialUnit(const Call &n, Value *x, double alpha, double inner) {
  const compose::Arith is{n.to};
  Value *e = is(ops::exp, inner == 1 ? x : is.mul(x, inner));
  return whereNegative(n, x, is.mul(is.sub(e, 1.0), alpha));
}
Host elu(const Call &n) {
  Value *y = exponentialUnit(n, n.value("self"), n.real("alpha"), n.real("input_scale"));
  const double scale = n.real("scale");
  return n.tensor(scale == 1 ? y : compose::Arith{n.to}.mul(y, scale));
}
Host selu(const Call &n) {
  constexpr double kAlpha = 1.6732632423543772848170429916717;
  constexpr double kScale = 1.0507009873554804934193349852946;
  return n.tensor(compose::Arith{n.to}.mul(exponentialUnit(n, n.value("self"), kAlpha, 1), kScale));
}
Host celu(const Call &n) {
  const double alpha = n.real("alpha");
  return n.tensor(exponentialUnit(n, n.value("self"), alpha, 1 / alpha));
}

Host gelu(const Call &n) {
  const std::string &approximate = n.text("approximate");
  if (approximate != "none" && approximate != "tanh")
    n.fail("argument", fmt::format("approximate is '{}', expected none or tanh", approximate));
  return n.tensor(compose::gelu(n.to, n.value("self"), approximate == "tanh"));
}
Host silu(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(n.to.make(ops::mul, {x, n.to.make(ops::sigmoid, {x})}));
}

/// log(1 + e^x) without overflow.
Value *softplusOf(const Call &n, Value *x) {
  const compose::Arith is{n.to};
  Value *tail = is(ops::exp, is(ops::neg, is(ops::abs, x)));
  return is.add(is.max(x, 0.0), is(ops::log, is.add(tail, 1.0)));
}
Host softplus(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  const double beta = n.real("beta"), threshold = n.real("threshold");
  Value *scaled = beta == 1 ? x : is.mul(x, beta);
  Value *y = softplusOf(n, scaled);
  if (beta != 1)
    y = is.div(y, beta);
  return n.tensor(is.where(is.less(threshold, scaled), x, y));
}
Host mish(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(n.to.make(ops::mul, {x, n.to.make(ops::tanh, {softplusOf(n, x)})}));
}
Host logSigmoid(const Call &n) {
  const compose::Arith is{n.to};
  return n.tensor(is(ops::neg, softplusOf(n, is(ops::neg, n.value("self")))));
}

Value *hardSigmoidOf(const Call &n, Value *x) {
  const compose::Arith is{n.to};
  return clamped(n, is.add(is.mul(x, 1.0 / 6), 0.5), 0, 1);
}
Host hardsigmoid(const Call &n) { return n.tensor(hardSigmoidOf(n, n.value("self"))); }
Host hardswish(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(n.to.make(ops::mul, {x, hardSigmoidOf(n, x)}));
}

Host threshold(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  return n.tensor(is.where(is.less(n.real("threshold"), x), x, n.real("value")));
}
Host softshrink(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  const double lambda = n.real("lambd");
  Value *above = is.where(is.less(lambda, x), is.sub(x, lambda), 0.0);
  return n.tensor(is.where(is.less(x, -lambda), is.add(x, lambda), above));
}

Host hardshrink(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  return n.tensor(is.where(is.lessEqual(is(ops::abs, x), n.real("lambd")), 0.0, x));
}

Host glu(const Call &n) {
  Value *x = n.value("self");
  const auto axis = static_cast<size_t>(n.axis("dim", x->type.rank()));
  const Dim half = floorDiv(x->type.dim(axis), 2);
  Value *a = compose::sliceAxis(n.to, x, axis, 0, half);
  Value *b = compose::sliceAxis(n.to, x, axis, half, half);
  return n.tensor(n.to.make(ops::mul, {a, n.to.make(ops::sigmoid, {b})}));
}

template <const ir::OpDef &def> Host softmax(const Call &n) {
  Value *x = n.floating("self");
  if (const auto e = n.elementType())
    x = compose::cast(n.to, x, *e);
  if (x->type.rank() == 0) {
    x = compose::reshape(n.to, x, {1});
    return n.tensor(compose::scalarOf(n.to, n.to.make(def, {x}, {attr::axis(0)})));
  }
  return n.tensor(n.to.make(def, {x}, {attr::axis(n.axis("dim", x->type.rank()))}));
}

/// Nothing happens outside of training.
Host dropout(const Call &n) {
  if (n.flag("train") && n.real("p") != 0)
    n.unsupported("training", "dropout in training mode", "call model.eval() before it is saved");
  return n["input"];
}

constexpr Lowering kActivations[] = {
    {"aten::relu(Tensor self) -> Tensor", relu},
    {"aten::relu6(Tensor self) -> Tensor", relu6},
    {"aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor", leakyRelu},
    {"aten::prelu(Tensor self, Tensor weight) -> Tensor", prelu},
    {"aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor", elu},
    {"aten::celu(Tensor self, Scalar alpha=1.) -> Tensor", celu},
    {"aten::selu(Tensor self) -> Tensor", selu},
    {"aten::gelu(Tensor self, *, str approximate=\"none\") -> Tensor", gelu},
    {"aten::silu(Tensor self) -> Tensor", silu},
    {"aten::mish(Tensor self) -> Tensor", mish},
    {"aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor", hardtanh},
    {"aten::hardswish(Tensor self) -> Tensor", hardswish},
    {"aten::hardsigmoid(Tensor self) -> Tensor", hardsigmoid},
    {"aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor", softplus},
    {"aten::threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor", threshold},
    {"aten::softshrink(Tensor self, Scalar lambd=0.5) -> Tensor", softshrink},
    {"aten::hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor", hardshrink},
    {"aten::log_sigmoid(Tensor self) -> Tensor", logSigmoid},
    {"aten::glu(Tensor self, int dim=-1) -> Tensor", glu},
    {"aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
     softmax<ops::softmax>},
    {"aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
     softmax<ops::log_softmax>},
    {"aten::special_log_softmax(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
     softmax<ops::log_softmax>},
    {"aten::special_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
     softmax<ops::softmax>},
    {"aten::feature_alpha_dropout(Tensor input, float p, bool train) -> Tensor", dropout},
    {"aten::dropout(Tensor input, float p, bool train) -> Tensor", dropout},
    {"aten::feature_dropout(Tensor input, float p, bool train) -> Tensor", dropout},
    {"aten::alpha_dropout(Tensor input, float p, bool train) -> Tensor", dropout},
};

} // namespace

std::span<const Lowering> activationLowerings() { return kActivations; }

} // namespace burin::torchscript
