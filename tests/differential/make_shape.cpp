// SPDX-License-Identifier: Apache-2.0
//
// Shapes computed from shapes, and extents that only the run knows.
#include "tests/differential/maker.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::differential {
namespace {

/// i64[n] of extents, as a frontend meets it: shape, slices, concatenation, arithmetic.
Made shapeOf(Maker &m) {
  Value *v = m.any([](const Value &x) { return x.type.rank() > 0; });
  if (!v)
    return {};
  Value *shape = m.to().make(ops::shape, {v});
  if (m.chance(50)) {
    const auto at = static_cast<int64_t>(m.pick(v->type.rank()));
    shape =
        m.to().make(ops::slice, {shape}, {attr::starts({at}), attr::steps({1}), attr::shape({1})});
  }
  if (m.chance(30))
    shape = m.to().make(ops::mul, {shape, m.to().ints({m.oneOf<int64_t>({1, 2})})});
  if (m.chance(30))
    shape = m.to().make(ops::concat, {shape, m.to().ints({2})}, {attr::axis(0)});
  return {shape, {true, 0, 4096}};
}

/// A value broadcast to a shape that was computed.
Made byComputedShape(Maker &m) {
  Value *v = m.any([](const Value &x) {
    return x.type.element() == ElementType::i64 && x.type.rank() == 1 && x.contents() &&
           x.contents()->size() <= 4;
  });
  if (!v)
    return {};
  for (const Dim &d : *v->contents())
    if (d.bounds().lo < 0 || d.bounds().hi > 64)
      return {};
  Value *x = m.constant(ElementType::f32, {});
  return {m.to().make(ops::broadcast, {x}, {attr::shape(*v->contents())}), m.like(x)};
}

Dim found(Maker &m, std::string_view base, int64_t most) {
  return m.module().symbol(m.module().freshSymbolName(base), {0, most}, std::string(base));
}

Made nonzero(Maker &m) {
  Value *v = m.any([&](const Value &x) {
    return x.type.rank() > 0 && m.isExact(&x) && largestCount(x.type) <= 256;
  });
  if (!v || m.depth() > 1)
    return {};
  const Dim n = found(m, "found", largestCount(v->type));
  Value *places = m.to().make(ops::nonzero, {v}, {attr::dims({n})});
  if (m.chance(50))
    return {places, {true, 0, 64}};
  for (const Dim &d : v->type.shape())
    if (mayBeEmpty(d))
      return {places, {true, 0, 64}};
  Value *rows = m.to().make(ops::transpose, {places}, {attr::perm({1, 0})});
  return {m.to().make(ops::gather_nd, {v, rows}, {attr::batchDims(0)}), m.like(v)};
}

Made compress(Maker &m) {
  Value *condition = m.any([](const Value &x) {
    return x.type.element() == ElementType::boolean && x.type.rank() == 1;
  });
  Value *v = m.any([](const Value &x) { return x.type.rank() > 0; });
  if (!v || m.depth() > 1)
    return {};
  const size_t axis = m.pick(v->type.rank());
  if (!condition || condition->type.dim(0) != v->type.dim(axis)) {
    if (!v->type.dim(axis).isNumber())
      return {};
    condition = m.constant(ElementType::boolean, {v->type.dim(axis)});
  }
  return {m.to().make(ops::compress, {v, condition},
                      {attr::axis(static_cast<int64_t>(axis)),
                       attr::dims({found(m, "kept", v->type.dim(axis).bounds().hi)})}),
          m.like(v)};
}

Made unique(Maker &m) {
  Value *v = m.any([&](const Value &x) {
    return x.type.rank() > 0 && m.isExact(&x) && largestCount(x.type) <= 128 &&
           x.type.element() != ElementType::boolean;
  });
  if (!v || m.depth() > 1)
    return {};
  Value *flat = m.to().make(ops::reshape, {v}, {attr::shape({v->type.count()})});
  ir::Op &op = m.to().makeOp(
      ops::unique, {flat},
      {attr::sorted(m.chance(60)), attr::dims({found(m, "distinct", largestCount(v->type))})});
  const size_t which = m.pick(4);
  return {op.result(which), which == 0 ? m.like(v) : Facts{true, 0, 128}};
}

/// An extent from a number that the run computes.
Made bind(Maker &m) {
  Value *v = m.any([](const Value &x) {
    return x.type.element() == ElementType::i64 && x.type.rank() == 1 && !mayBeEmpty(x.type.dim(0));
  });
  if (!v || m.depth() > 1)
    return {};
  Value *one =
      m.to().make(ops::slice, {v}, {attr::starts({0}), attr::steps({1}), attr::shape({1})});
  Value *low = m.to().scalar(ElementType::i64, 1), *high = m.to().scalar(ElementType::i64, 4);
  Value *clamped = m.to().make(ops::min, {m.to().make(ops::max, {one, low}), high});
  const Dim n = m.module().symbol(m.module().freshSymbolName("bound"), {1, 4}, "bind");
  m.to().makeOp(ops::bind, {clamped}, {attr::dims({n})});
  Value *x = m.any([](const Value &value) { return value.type.rank() <= 3; });
  Shape shape = x->type.shape();
  shape.insert(shape.begin(), n);
  return {m.to().make(ops::broadcast, {x}, {attr::shape(shape)}), m.like(x)};
}

constexpr OpMaker kMakers[] = {
    {"shape", 4, shapeOf},   {"by_shape", 4, byComputedShape},
    {"nonzero", 2, nonzero}, {"compress", 2, compress},
    {"unique", 2, unique},   {"bind", 2, bind},
};

} // namespace

std::span<const OpMaker> shapeMakers() { return kMakers; }

} // namespace burin::differential
