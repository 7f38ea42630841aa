// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/maker.h"

#include <algorithm>

namespace burin::differential {
namespace {

/// A value and one of its axes that always has elements.
struct Axis {
  Value *value = nullptr;
  size_t axis = 0;
  const Dim &extent() const { return value->type.dim(axis); }
  int64_t number() const { return static_cast<int64_t>(axis); }
};

Axis anyAxis(Maker &m, bool onlyExact = false) {
  Value *v = m.any([&](const Value &x) {
    return x.type.rank() > 0 && (!onlyExact || m.isExact(&x)) &&
           (!onlyExact || x.type.element() != ElementType::boolean);
  });
  if (!v)
    return {};
  const size_t axis = m.pick(v->type.rank());
  return mayBeEmpty(v->type.dim(axis)) ? Axis{} : Axis{v, axis};
}

Made gather(Maker &m) {
  const Axis a = anyAxis(m);
  if (!a.value)
    return {};
  const Shape shape = m.oneOf<Shape>({{}, {3}, {2, 2}, {m.extents()[1]}});
  Value *indices = m.indices(shape, a.extent());
  return {m.to().make(ops::gather, {a.value, indices}, {attr::axis(a.number())}), m.like(a.value)};
}

Made gatherElements(Maker &m) {
  const Axis a = anyAxis(m);
  if (!a.value)
    return {};
  Shape shape = a.value->type.shape();
  if (m.chance(50))
    shape[a.axis] = 2;
  Value *indices = m.indices(shape, a.extent());
  return {m.to().make(ops::gather_elements, {a.value, indices}, {attr::axis(a.number())}),
          m.like(a.value)};
}

Made gatherNd(Maker &m) {
  const Axis a = anyAxis(m);
  if (!a.value || mayBeEmpty(a.value->type.dim(0)))
    return {};
  const auto k = static_cast<int64_t>(1 + m.pick(a.value->type.rank()));
  for (int64_t i = 0; i < k; ++i)
    if (mayBeEmpty(a.value->type.dim(static_cast<size_t>(i))))
      return {};
  Value *indices = m.indices({3, k}, a.value->type.dim(0));
  return {m.to().make(ops::gather_nd, {a.value, indices}, {attr::batchDims(0)}), m.like(a.value)};
}

/// The facts of elements that are combined `count` times at most.
Facts combined(const Facts &x, const Facts &y, const std::string &reduction, double count) {
  Facts facts{x.exact && y.exact, std::max(x.fraction, y.fraction), std::max(x.bound, y.bound)};
  if (reduction == "add")
    facts.bound = x.bound + count * y.bound;
  if (reduction == "mul")
    facts = {false, 0, x.bound * std::max(1.0, y.bound * y.bound * y.bound * y.bound)};
  return facts;
}

std::string anyReduction(Maker &m, const Value *v) {
  return v->type.element() == ElementType::boolean || m.chance(40)
             ? "none"
             : m.oneOf<std::string>({"add", "mul", "min", "max"});
}

Made scatterElements(Maker &m) {
  const Axis a = anyAxis(m);
  if (!a.value)
    return {};
  Shape shape = a.value->type.shape();
  shape[a.axis] = 2;
  Value *indices = m.indices(shape, a.extent());
  Value *updates = m.constant(a.value->type.element(), [&] {
    Shape numbers = indices->type.shape();
    for (Dim &d : numbers)
      if (!d.isNumber())
        d = 1;
    return numbers;
  }());
  if (updates->type.shape() != indices->type.shape())
    updates = m.to().make(ops::broadcast, {updates}, {attr::shape(indices->type.shape())});
  const std::string reduction = anyReduction(m, a.value);
  const Facts ofUpdates{true, ir::isFloat(a.value->type.element()) ? 4 : 0, 8};
  return {m.to().make(ops::scatter_elements, {a.value, indices, updates},
                      {attr::axis(a.number()), attr::reduction(reduction)}),
          combined(m.like(a.value), ofUpdates, reduction, 2)};
}

Made scatterNd(Maker &m) {
  const Axis a = anyAxis(m);
  if (!a.value || mayBeEmpty(a.value->type.dim(0)))
    return {};
  Value *indices = m.indices({3, 1}, a.value->type.dim(0));
  if (!indices->type.isStatic())
    return {};
  Shape shape{3};
  shape.insert(shape.end(), a.value->type.shape().begin() + 1, a.value->type.shape().end());
  Value *update = m.constant(a.value->type.element(), {});
  Value *updates = m.to().make(ops::broadcast, {update}, {attr::shape(shape)});
  const std::string reduction = anyReduction(m, a.value);
  return {m.to().make(ops::scatter_nd, {a.value, indices, updates}, {attr::reduction(reduction)}),
          combined(m.like(a.value), m.factsOf(update), reduction, 3)};
}

Made topk(Maker &m) {
  const Axis a = anyAxis(m, true);
  if (!a.value)
    return {};
  const Dim count = m.chance(30) ? a.extent() : Dim(1 + static_cast<int64_t>(m.pick(2)));
  ir::Op &op = m.to().makeOp(ops::topk, {a.value},
                             {attr::count({count}), attr::axis(a.number()),
                              attr::largest(m.chance(50)), attr::sorted(true)});
  if (m.chance(50))
    return {op.result(1), {true, 0, 64}};
  return {op.result(0), m.like(a.value)};
}

Made argument(Maker &m) {
  const Axis a = anyAxis(m, true);
  if (!a.value)
    return {};
  return {m.to().make(*m.oneOf({&ops::argmax, &ops::argmin}), {a.value},
                      {attr::axis(a.number()), attr::selectLast(m.chance(30))}),
          {true, 0, 64}};
}

Made cumulative(Maker &m) {
  Axis a = anyAxis(m);
  if (!a.value || a.value->type.element() == ElementType::boolean)
    return {};
  const auto n = static_cast<double>(a.extent().bounds().hi);
  Facts facts = m.like(a.value);
  facts.bound *= n;
  const bool isSum = m.chance(75) || facts.bound > 10;
  if (!isSum)
    facts = {!ir::isFloat(a.value->type.element()), 0, kMostBound};
  return {m.to().make(
              isSum ? ops::cumsum : ops::cumprod, {a.value},
              {attr::axis(a.number()), attr::exclusive(m.chance(30)), attr::reverse(m.chance(30))}),
          facts};
}

Made reverseSequence(Maker &m) {
  const Axis a = anyAxis(m);
  if (!a.value || a.value->type.rank() < 2)
    return {};
  const size_t batch = (a.axis + 1) % a.value->type.rank();
  Value *lengths = m.indices({a.value->type.dim(batch)}, a.extent());
  if (lengths->type.dim(0) != a.value->type.dim(batch))
    return {};
  // 1 to the extent, at its least
  const ElementType e = lengths->type.element();
  Value *low = m.to().scalar(e, 1),
        *high = m.to().scalar(e, static_cast<double>(a.extent().bounds().lo));
  lengths = m.to().make(ops::min, {m.to().make(ops::max, {lengths, low}), high});
  return {m.to().make(ops::reverse_sequence, {a.value, lengths},
                      {attr::axis(a.number()), attr::batchAxis(static_cast<int64_t>(batch))}),
          m.like(a.value)};
}

constexpr OpMaker kMakers[] = {
    {"gather", 7, gather},
    {"gather_elements", 3, gatherElements},
    {"gather_nd", 3, gatherNd},
    {"scatter_elements", 3, scatterElements},
    {"scatter_nd", 3, scatterNd},
    {"topk", 3, topk},
    {"argument", 3, argument},
    {"cumulative", 3, cumulative},
    {"reverse_sequence", 2, reverseSequence},
};

} // namespace

std::span<const OpMaker> indexMakers() { return kMakers; }

} // namespace burin::differential
