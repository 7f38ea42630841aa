// SPDX-License-Identifier: Apache-2.0
//
// Normalisations, quantisation, recurrence, resampling.
#include "tests/differential/maker.h"

#include <algorithm>

namespace burin::differential {
namespace {

/// A float value and an axis of it that has elements.
std::pair<Value *, size_t> anyRow(Maker &m, bool onlyF32 = false) {
  Value *v = onlyF32 ? m.any([](const Value &x) { return x.type.element() == ElementType::f32; })
                     : m.anyFloat();
  if (!v || v->type.rank() == 0)
    return {nullptr, 0};
  const size_t axis = m.pick(v->type.rank());
  return {mayBeEmpty(v->type.dim(axis)) ? nullptr : v, axis};
}

Made softmax(Maker &m) {
  const auto [v, axis] = anyRow(m);
  if (!v)
    return {};
  const bool isLog = m.chance(25);
  return {m.to().make(isLog ? ops::log_softmax : ops::softmax, {v},
                      {attr::axis(static_cast<int64_t>(axis))}),
          {false, 0, isLog ? 2 * m.factsOf(v).bound + 10 : 1}};
}

Made layerNorm(Maker &m) {
  const auto [v, axis] = anyRow(m);
  if (!v)
    return {};
  for (size_t d = axis; d < v->type.rank(); ++d)
    if (mayBeEmpty(v->type.dim(d)))
      return {};
  const bool isRms = m.chance(30);
  Value *scale = m.chance(60) ? m.beside(v) : nullptr;
  if (isRms)
    return {m.to().make(ops::rms_norm, {v, scale},
                        {attr::axis(static_cast<int64_t>(axis)), attr::epsilon(0.1)}),
            {false, 0, 30}};
  Value *bias = scale && m.chance(60) ? m.beside(v) : nullptr;
  return {m.to().make(ops::layer_norm, {v, scale, bias},
                      {attr::axis(static_cast<int64_t>(axis)), attr::epsilon(0.1)}),
          {false, 0, 30}};
}

Made batchNorm(Maker &m) {
  const auto [v, axis] = anyRow(m);
  if (!v || !v->type.dim(axis).isNumber())
    return {};
  const Dim &c = v->type.dim(axis);
  const ElementType e = v->type.element();
  const auto at = static_cast<int64_t>(axis);
  if (m.chance(30) && axis > 0 && c.number() % 2 == 0)
    return {m.to().make(ops::group_norm, {v, m.constant(e, {c}), m.constant(e, {c})},
                        {attr::axis(at), attr::groups(2), attr::epsilon(0.1)}),
            {false, 0, 30}};
  ir::Tensor variance{Type{e, {c}}};
  for (size_t i = 0; i < variance.count(); ++i)
    variance.setNumber(i, static_cast<double>(m.pick(9)) / 8);
  return {m.to().make(ops::batch_norm,
                      {v, m.constant(e, {c}), m.constant(e, {c}), m.constant(e, {c}),
                       ir::addConstant(m.module(), variance)},
                      {attr::axis(at), attr::epsilon(0.5)}),
          {false, 0, 2 * m.factsOf(v).bound + 3}};
}

Made lrn(Maker &m) {
  const auto [v, axis] = anyRow(m, true);
  if (!v)
    return {};
  return {m.to().make(ops::lrn, {v},
                      {attr::axis(static_cast<int64_t>(axis)), attr::size(m.oneOf<int64_t>({1, 3})),
                       attr::alpha(0.5), attr::beta(0.75), attr::bias(1.0)}),
          {false, 0, m.factsOf(v).bound}};
}

/// Scales are powers of two, so that no rounding depends on how it is done.
Made quantize(Maker &m) {
  Value *v =
      m.any([&](const Value &x) { return x.type.element() == ElementType::f32 && m.isExact(&x); });
  if (!v)
    return {};
  const ElementType e = m.oneOf({ElementType::i8, ElementType::u8});
  Value *zero = m.chance(60) ? m.to().scalar(e, 3) : nullptr;
  return {m.to().make(ops::quantize,
                      {v, m.to().scalar(ElementType::f32, m.oneOf({0.125, 0.5})), zero},
                      {attr::to(e), attr::axis(0), attr::blockSize(0), attr::saturate(true)}),
          {true, 0, 255}};
}

Made dequantize(Maker &m) {
  Value *v = m.any([](const Value &x) {
    return x.type.element() == ElementType::i8 || x.type.element() == ElementType::u8;
  });
  if (!v)
    return {};
  Value *zero = m.chance(60) ? m.to().scalar(v->type.element(), 3) : nullptr;
  return {m.to().make(ops::dequantize, {v, m.to().scalar(ElementType::f32, 0.125), zero},
                      {attr::to(ElementType::f32), attr::axis(0), attr::blockSize(0)}),
          {true, 3, 40}};
}

Made requantize(Maker &m) {
  Value *v = m.any([&](const Value &x) {
    return x.type.element() == ElementType::i32 && m.factsOf(&x).bound <= 1e6;
  });
  if (!v)
    return {};
  const ElementType e = m.oneOf({ElementType::i8, ElementType::u8});
  Value *zero = m.chance(60) ? m.to().scalar(e, 3) : nullptr;
  const std::string rounding =
      m.oneOf<std::string>({"half_even_float", "tflite_double", "tflite_single"});
  return {m.to().make(ops::requantize, {v, m.to().scalar(ElementType::f32, 0.0625), zero},
                      {attr::to(e), attr::axis(0), attr::rounding(rounding)}),
          {true, 0, 255}};
}

/// x [seq, batch, features].
Made recurrent(Maker &m) {
  Value *x = m.any([](const Value &v) {
    return v.type.rank() == 3 && v.type.element() == ElementType::f32 && v.type.dim(2).isNumber() &&
           !mayBeEmpty(v.type.dim(0)) && v.type.dim(2).number() <= 16;
  });
  if (!x)
    return {};
  const std::string direction = m.oneOf<std::string>({"forward", "reverse", "bidirectional"});
  const int64_t d = direction == "bidirectional" ? 2 : 1, h = m.oneOf<int64_t>({2, 5});
  const int64_t gates = m.oneOf<int64_t>({1, 3, 4});
  const Dim &features = x->type.dim(2);
  Value *w = m.constant(ElementType::f32, {d, gates * h, features}),
        *r = m.constant(ElementType::f32, {d, gates * h, h}),
        *bias = m.chance(60) ? m.constant(ElementType::f32, {d, 2 * gates * h}) : nullptr;
  ir::Strings activations;
  for (int64_t i = 0; i < d; ++i) {
    if (gates > 1)
      activations.emplace_back("sigmoid");
    activations.emplace_back("tanh");
    if (gates == 4)
      activations.emplace_back("tanh");
  }
  std::vector<ir::NamedAttr> attributes{attr::hidden(h), attr::direction(direction),
                                        attr::activations(activations), attr::clip(0.0)};
  ir::Op *op = nullptr;
  if (gates == 1) {
    op = &m.to().makeOp(ops::rnn, {x, w, r, bias, nullptr, nullptr}, attributes);
  } else if (gates == 3) {
    attributes.push_back(attr::linearBeforeReset(m.chance(50)));
    op = &m.to().makeOp(ops::gru, {x, w, r, bias, nullptr, nullptr}, attributes);
  } else {
    attributes.push_back(attr::inputForget(false));
    op = &m.to().makeOp(ops::lstm, {x, w, r, bias, nullptr, nullptr, nullptr, nullptr}, attributes);
  }
  return {op->result(m.pick(2)), {false, 0, 1}};
}

Made resize(Maker &m) {
  Value *v = m.any([](const Value &x) {
    return x.type.rank() == 4 && x.type.element() == ElementType::f32 &&
           !mayBeEmpty(x.type.dim(1)) && !mayBeEmpty(x.type.dim(2));
  });
  if (!v)
    return {};
  Shape shape = v->type.shape();
  shape[1] = shape[1] * 2;
  shape[2] = shape[2] * 2;
  const std::string mode = m.oneOf<std::string>({"nearest", "linear"});
  return {
      m.to().make(ops::resize, {v, nullptr},
                  {attr::shape(shape), attr::scales({1, 2, 2, 1}), attr::mode(mode),
                   attr::coordinates(mode == "nearest" ? "asymmetric" : "half_pixel"),
                   attr::nearest("floor"), attr::cubicCoefficient(-0.75),
                   attr::excludeOutside(false), attr::antialias(false), attr::extrapolation(0.0)}),
      mode == "nearest" ? m.like(v) : Facts{false, 0, m.factsOf(v).bound}};
}

constexpr OpMaker kMakers[] = {
    {"softmax", 5, softmax},       {"layer_norm", 4, layerNorm},
    {"batch_norm", 5, batchNorm},  {"lrn", 1, lrn},
    {"quantize", 3, quantize},     {"dequantize", 3, dequantize},
    {"requantize", 2, requantize}, {"recurrent", 2, recurrent},
    {"resize", 2, resize},
};

} // namespace

std::span<const OpMaker> rowMakers() { return kMakers; }

} // namespace burin::differential
