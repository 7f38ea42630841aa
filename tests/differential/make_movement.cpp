// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/maker.h"

#include <algorithm>
#include <numeric>

namespace burin::differential {
namespace {

Value *anything(Maker &m) {
  return m.any([](const Value &) { return true; });
}

Value *ranked(Maker &m, size_t least = 1) {
  return m.any([&](const Value &v) { return v.type.rank() >= least; });
}

Made transpose(Maker &m) {
  Value *v = ranked(m, 2);
  if (!v)
    return {};
  Ints perm(v->type.rank());
  std::iota(perm.begin(), perm.end(), 0);
  if (perm.size() == 4 && m.chance(60))
    perm = m.oneOf<Ints>({{0, 3, 1, 2}, {0, 2, 3, 1}});
  else
    for (size_t i = perm.size(); i > 1; --i)
      std::swap(perm[i - 1], perm[m.pick(i)]);
  return {m.to().make(ops::transpose, {v}, {attr::perm(perm)}), m.like(v)};
}

Made reshape(Maker &m) {
  Value *v = ranked(m);
  if (!v)
    return {};
  Shape shape = v->type.shape();
  const size_t at = m.pick(shape.size());
  const auto here = shape.begin() + static_cast<ptrdiff_t>(at);
  if (m.chance(15)) { // flatten
    shape = {v->type.count()};
  } else if (m.chance(50) && at + 1 < shape.size()) { // merge two axes
    *here = shape[at] * shape[at + 1];
    shape.erase(here + 1);
  } else if (shape[at].isNumber() && shape[at].number() % 2 == 0) { // cut one
    *here = shape[at].number() / 2;
    shape.insert(shape.begin() + static_cast<ptrdiff_t>(at) + 1, 2);
  } else {
    shape.insert(here, 1);
  }
  return {m.to().make(ops::reshape, {v}, {attr::shape(shape)}), m.like(v)};
}

Made broadcast(Maker &m) {
  Value *v = anything(m);
  Shape shape = v->type.shape();
  for (Dim &d : shape)
    if (d.isNumber(1))
      d = m.chance(50) ? m.extents()[m.pick(m.extents().size())] : Dim(3);
  if (m.chance(40))
    shape.insert(shape.begin(), m.chance(50) ? m.extents()[0] : Dim(2));
  return {m.to().make(ops::broadcast, {v}, {attr::shape(shape)}), m.like(v)};
}

Made concat(Maker &m) {
  Value *v = ranked(m);
  if (!v)
    return {};
  const size_t axis = m.pick(v->type.rank());
  const auto fits = [&](const Value &x) {
    bool same = x.type.element() == v->type.element() && x.type.rank() == v->type.rank();
    for (size_t d = 0; same && d < x.type.rank(); ++d)
      same = d == axis || x.type.dim(d) == v->type.dim(d);
    return same;
  };
  Facts facts = m.like(v);
  std::vector<Value *> all{v};
  for (size_t i = 0; i < 1 + m.pick(2); ++i) {
    Value *x = m.any(fits);
    const Facts &other = m.factsOf(x);
    facts = {facts.exact && other.exact, std::max(facts.fraction, other.fraction),
             std::max(facts.bound, other.bound)};
    all.push_back(x);
  }
  return {m.to().makeOp(ops::concat, all, {attr::axis(static_cast<int64_t>(axis))}).result(),
          facts};
}

Made slice(Maker &m) {
  Value *v = ranked(m);
  if (!v)
    return {};
  const size_t rank = v->type.rank();
  Dims starts(rank, 0), shape = v->type.shape();
  Ints steps(rank, 1);
  for (size_t i = 0; i < rank; ++i) {
    if (shape[i].bounds().lo < 2 || m.chance(50))
      continue;
    switch (m.pick(4)) {
    case 0: // backwards
      starts[i] = shape[i] - 1;
      steps[i] = -1;
      break;
    case 1: // without the first
      starts[i] = 1;
      shape[i] = shape[i] - 1;
      break;
    case 2: // without the last
      shape[i] = shape[i] - 1;
      break;
    default: // every other
      steps[i] = 2;
      shape[i] = ceilDiv(shape[i], Dim(2));
    }
  }
  return {
      m.to().make(ops::slice, {v}, {attr::starts(starts), attr::steps(steps), attr::shape(shape)}),
      m.like(v)};
}

Made sliceAt(Maker &m) {
  Value *v = ranked(m);
  if (!v)
    return {};
  const size_t rank = v->type.rank();
  Dims shape = v->type.shape();
  for (Dim &d : shape)
    if (d.bounds().lo >= 2 && m.chance(60))
      d = d - 1;
  Value *starts = m.indices({static_cast<int64_t>(rank)}, 3);
  if (starts->type.element() != ElementType::i64)
    return {};
  return {m.to().make(ops::slice_at, {v, starts}, {attr::steps(Ints(rank, 1)), attr::shape(shape)}),
          m.like(v)};
}

Made pad(Maker &m) {
  Value *v = ranked(m);
  if (!v)
    return {};
  const size_t rank = v->type.rank();
  const std::string mode =
      m.oneOf<std::string>({"constant", "constant", "edge", "reflect", "wrap"});
  Dims pads(2 * rank, 0);
  for (size_t i = 0; i < 2 * rank; ++i) {
    const int64_t least = v->type.dim(i % rank).bounds().lo;
    if (m.chance(30) && (mode == "constant" || least > (mode == "reflect" ? 2 : 1)))
      pads[i] = mode == "constant" && m.chance(20) ? 2 : 1;
    else if (mode == "constant" && least > 2 && m.chance(10))
      pads[i] = -1;
  }
  Value *value = mode == "constant" && m.chance(40) ? m.constant(v->type.element(), {}) : nullptr;
  Facts facts = m.like(v);
  facts.bound = std::max(facts.bound, 8.0);
  facts.fraction = std::max(facts.fraction, ir::isFloat(v->type.element()) ? 4 : 0);
  return {m.to().make(ops::pad, {v, value}, {attr::pads(pads), attr::mode(mode)}), facts};
}

Made tile(Maker &m) {
  Value *v = ranked(m);
  if (!v)
    return {};
  Dims repeats(v->type.rank(), 1);
  repeats[m.pick(repeats.size())] = m.chance(30) ? m.extents()[0] : Dim(2);
  return {m.to().make(ops::tile, {v}, {attr::repeats(repeats)}), m.like(v)};
}

Made iota(Maker &m) {
  Value *v = ranked(m);
  if (!v)
    return {};
  const ElementType e = m.oneOf({ElementType::f32, ElementType::i64, ElementType::i32});
  const auto axis = static_cast<int64_t>(m.pick(v->type.rank()));
  return {m.to().make(ops::iota, {}, {attr::type(v->type.withElement(e)), attr::axis(axis)}),
          {true, 0, 64}};
}

Made copy(Maker &m) {
  Value *v = anything(m);
  return {m.to().make(ops::copy, {v}), m.like(v)};
}

constexpr OpMaker kMakers[] = {
    {"transpose", 10, transpose},
    {"reshape", 10, reshape},
    {"broadcast", 3, broadcast},
    {"concat", 7, concat},
    {"slice", 7, slice},
    {"slice_at", 2, sliceAt},
    {"pad", 6, pad},
    {"tile", 2, tile},
    {"iota", 1, iota},
    {"copy", 1, copy},
};

} // namespace

std::span<const OpMaker> movementMakers() { return kMakers; }

} // namespace burin::differential
