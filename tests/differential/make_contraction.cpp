// SPDX-License-Identifier: Apache-2.0
//
// Products, convolutions, pools and reductions.
#include "tests/differential/maker.h"

#include <algorithm>
#include <cmath>

namespace burin::differential {
namespace {

/// Facts of a sum of `count` products.
Facts products(const Facts &x, const Facts &y, double count) {
  return {x.exact && y.exact, x.fraction + y.fraction, x.bound * y.bound * count};
}

Made matmul(Maker &m) {
  Value *a =
      m.any([](const Value &v) { return v.type.rank() >= 2 && ir::isFloat(v.type.element()); });
  if (!a)
    return {};
  if (m.chance(10))
    a = m.any([](const Value &v) {
      return v.type.rank() >= 2 &&
             (v.type.element() == ElementType::i32 || v.type.element() == ElementType::i64);
    });
  if (!a)
    return {};
  const size_t rank = a->type.rank();
  const bool transposeA = m.chance(20), transposeB = m.chance(30);
  const Dim &k = a->type.dim(rank - (transposeA ? 2 : 1));
  Value *b = nullptr;
  if (m.chance(40) || !k.isNumber())
    b = m.any([&](const Value &v) {
      return v.type.element() == a->type.element() && v.type.rank() >= 2 &&
             v.type.dim(v.type.rank() - (transposeB ? 1 : 2)) == k;
    });
  if (!b && k.isNumber()) {
    const int64_t n = m.oneOf<int64_t>({1, 3, 6, 16, 20});
    b = m.constant(a->type.element(), transposeB ? Shape{n, k} : Shape{k, n});
  }
  if (!b)
    return {};
  return {m.to().make(ops::matmul, {a, b},
                      {attr::transposeA(transposeA), attr::transposeB(transposeB)}),
          products(m.factsOf(a), m.factsOf(b), static_cast<double>(k.bounds().hi))};
}

Value *anyBytes(Maker &m, size_t rank) {
  return m.any([&](const Value &v) {
    return v.type.rank() >= rank &&
           (v.type.element() == ElementType::i8 || v.type.element() == ElementType::u8);
  });
}

Made matmulInteger(Maker &m) {
  Value *a = anyBytes(m, 2);
  if (!a || !a->type.dim(a->type.rank() - 1).isNumber())
    return {};
  const ElementType e = m.oneOf({ElementType::i8, ElementType::u8});
  Value *b = m.constant(e, {a->type.dim(a->type.rank() - 1), m.oneOf<int64_t>({3, 8, 17})});
  Value *aZero = m.chance(50) ? m.to().scalar(a->type.element(), 3) : nullptr;
  Value *bZero = m.chance(30) ? m.to().scalar(e, 2) : nullptr;
  return {m.to().make(ops::matmul_integer, {a, b, aZero, bZero},
                      {attr::transposeA(false), attr::transposeB(false)}),
          {true, 0, 1e6}};
}

Value *anyImage(Maker &m) {
  return m.any([](const Value &v) {
    const size_t rank = v.type.rank();
    if ((rank != 3 && rank != 4) || !ir::isFloat(v.type.element()) ||
        !v.type.dim(rank - 1).isNumber())
      return false;
    for (size_t d = 1; d + 1 < rank; ++d)
      if (mayBeEmpty(v.type.dim(d)))
        return false;
    return true;
  });
}

/// Kernel, strides, pads and dilations of a window that fits.
struct Window {
  Ints kernel, strides, dilations;
  Dims pads;
};

Window anyWindow(Maker &m, const Type &x, bool mayDilate) {
  const size_t axes = x.rank() - 2;
  Window w{{}, {}, {}, Dims(2 * axes, 0)};
  for (size_t i = 0; i < axes; ++i) {
    const int64_t least = x.dim(i + 1).bounds().lo;
    const int64_t kernel = m.oneOf<int64_t>({1, 2, 3, 3});
    w.kernel.push_back(kernel);
    w.strides.push_back(m.oneOf<int64_t>({1, 1, 2}));
    w.dilations.push_back(mayDilate && m.chance(15) ? 2 : 1);
    const int64_t reach = (kernel - 1) * w.dilations[i];
    const int64_t pad = reach + 1 > least || m.chance(60) ? kernel / 2 : 0;
    w.pads[i] = pad;
    w.pads[axes + i] = m.chance(80) ? pad : 0;
  }
  return w;
}

Made conv(Maker &m) {
  Value *x = anyImage(m);
  if (!x)
    return {};
  const int64_t channels = x->type.dim(x->type.rank() - 1).number();
  const Window w = anyWindow(m, x->type, true);
  int64_t group = 1, outputs = m.oneOf<int64_t>({1, 3, 4, 8, 17});
  if (m.chance(30) && channels > 1) {
    group = channels % 2 == 0 && m.chance(30) ? 2 : channels;
    outputs = group * m.oneOf<int64_t>({1, 1, 2});
  }
  Shape filter{outputs};
  filter.insert(filter.end(), w.kernel.begin(), w.kernel.end());
  filter.emplace_back(channels / group);
  double taps = static_cast<double>(channels / group);
  for (const int64_t k : w.kernel)
    taps *= static_cast<double>(k);
  Value *f = m.constant(x->type.element(), filter);
  const Facts facts = products(m.factsOf(x), m.factsOf(f), taps);
  if (m.chance(12)) {
    return {m.to().make(ops::conv_transpose, {x, f},
                        {attr::strides(w.strides), attr::pads(Dims(w.pads.size(), 0)),
                         attr::dilations(w.dilations), attr::group(group),
                         attr::outputPads(Dims(w.kernel.size(), 0))}),
            facts};
  }
  Value *out = m.to().make(ops::conv, {x, f},
                           {attr::strides(w.strides), attr::pads(w.pads),
                            attr::dilations(w.dilations), attr::group(group)});
  if (m.chance(40)) {
    Value *bias = m.constant(x->type.element(), {outputs});
    m.keep(out, facts);
    Facts sum = m.like(out);
    sum.fraction = std::max(sum.fraction, 4);
    sum.bound += 1;
    return {m.to().make(ops::add, {out, bias}), sum};
  }
  return {out, facts};
}

Made convInteger(Maker &m) {
  Value *x = anyBytes(m, 3);
  if (!x || x->type.rank() > 4 || !x->type.dim(x->type.rank() - 1).isNumber())
    return {};
  const Window w = anyWindow(m, x->type, false);
  const ElementType e = m.oneOf({ElementType::i8, ElementType::u8});
  Shape filter{m.oneOf<int64_t>({2, 5})};
  filter.insert(filter.end(), w.kernel.begin(), w.kernel.end());
  filter.push_back(x->type.dim(x->type.rank() - 1));
  Value *zero = m.chance(50) ? m.to().scalar(x->type.element(), 5) : nullptr;
  return {m.to().make(ops::conv_integer, {x, m.constant(e, filter), zero, nullptr},
                      {attr::strides(w.strides), attr::pads(w.pads), attr::dilations(w.dilations),
                       attr::group(1)}),
          {true, 0, 1e6}};
}

Made pool(Maker &m) {
  Value *x = anyImage(m);
  if (!x)
    return {};
  const Window w = anyWindow(m, x->type, false);
  if (m.chance(50))
    return {m.to().make(ops::max_pool, {x},
                        {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(w.pads),
                         attr::dilations(w.dilations)}),
            m.like(x)};
  return {m.to().make(ops::average_pool, {x},
                      {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(w.pads),
                       attr::dilations(w.dilations), attr::countIncludePad(m.chance(50)),
                       attr::outputPads(Dims(w.kernel.size(), 0))}),
          {false, 0, m.factsOf(x).bound}};
}

Made reduce(Maker &m) {
  Value *v = m.chance(75) ? m.anyFloat() : m.anyInteger();
  if (!v || v->type.rank() == 0)
    return {};
  Ints axes;
  double count = 1;
  for (size_t i = 0; i < v->type.rank(); ++i)
    if (m.chance(40)) {
      axes.push_back(static_cast<int64_t>(i));
      count *= static_cast<double>(std::max<int64_t>(v->type.dim(i).bounds().hi, 1));
    }
  if (axes.empty()) {
    axes.push_back(static_cast<int64_t>(m.pick(v->type.rank())));
    count = static_cast<double>(v->type.dim(static_cast<size_t>(axes[0])).bounds().hi);
  }
  const ir::OpDef *op = m.oneOf(
      {&ops::reduce_sum, &ops::reduce_mean, &ops::reduce_max, &ops::reduce_min, &ops::reduce_prod});
  Facts facts = m.like(v);
  if (op == &ops::reduce_sum)
    facts.bound *= count;
  if (op == &ops::reduce_mean && ir::isFloat(v->type.element()))
    facts.exact = false;
  if (op == &ops::reduce_prod)
    facts = {!ir::isFloat(v->type.element()), 0, std::pow(std::max(facts.bound, 1.0), count)};
  // the largest of nothing is an infinity
  if (op == &ops::reduce_max || op == &ops::reduce_min)
    for (const int64_t axis : axes)
      if (mayBeEmpty(v->type.dim(static_cast<size_t>(axis))))
        return {};
  return {m.to().make(*op, {v}, {attr::axes(axes)}), facts};
}

Made attention(Maker &m) {
  Value *v = m.any([](const Value &x) {
    return x.type.rank() == 4 && x.type.element() == ElementType::f32 && !mayBeEmpty(x.type.dim(2));
  });
  if (!v)
    return {};
  return {m.to().make(ops::attention, {v, v, v, nullptr},
                      {attr::scale(m.oneOf({0.5, 1.0})), attr::causal(m.chance(50)),
                       attr::softcap(m.chance(20) ? 2.0 : 0.0)}),
          {false, 0, m.factsOf(v).bound}};
}

constexpr OpMaker kMakers[] = {
    {"matmul", 14, matmul},      {"matmul_integer", 3, matmulInteger},
    {"conv", 16, conv},          {"conv_integer", 3, convInteger},
    {"pool", 7, pool},           {"reduce", 14, reduce},
    {"attention", 2, attention},
};

} // namespace

std::span<const OpMaker> contractionMakers() { return kMakers; }

} // namespace burin::differential
