// SPDX-License-Identifier: Apache-2.0
#include "frontend/common/compose.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace burin::compose {
namespace ops = ir::ops;
namespace attr = ir::attr;

Value *scalarLike(Builder &to, const Value *like, double x) {
  return to.scalar(like->type.element(), x);
}

Value *transpose(Builder &to, Value *x, Ints perm) {
  return to.make(ops::transpose, {x}, {attr::perm(std::move(perm))});
}

Value *reshape(Builder &to, Value *x, Dims shape) {
  if (x->type.shape() == shape)
    return x;
  return to.make(ops::reshape, {x}, {attr::shape(std::move(shape))});
}

Value *toChannelsLast(Builder &to, Value *x) {
  const auto rank = static_cast<int64_t>(x->type.rank());
  if (rank < 3)
    return x;
  Ints perm = {0};
  for (int64_t i = 2; i < rank; ++i)
    perm.push_back(i);
  perm.push_back(1);
  return transpose(to, x, std::move(perm));
}

Value *toChannelsFirst(Builder &to, Value *x) {
  const auto rank = static_cast<int64_t>(x->type.rank());
  if (rank < 3)
    return x;
  Ints perm = {0, rank - 1};
  for (int64_t i = 1; i + 1 < rank; ++i)
    perm.push_back(i);
  return transpose(to, x, std::move(perm));
}

Value *filterChannelsLast(Builder &to, Value *filter) { return toChannelsLast(to, filter); }

/// Throws unless `axis` is below the rank.
static void requireAxis(const Builder &to, int64_t axis, size_t rank) {
  if (axis < 0 || axis >= static_cast<int64_t>(rank))
    throw CompileError(Problem::invalid, to.at,
                       fmt::format("axis {} of a tensor of rank {}", axis, rank));
}

Value *unsqueeze(Builder &to, Value *x, const Ints &axes) {
  Dims shape = x->type.shape();
  for (const int64_t axis : axes) {
    requireAxis(to, axis, shape.size() + 1);
    shape.insert(shape.begin() + axis, Dim(1));
  }
  return reshape(to, x, std::move(shape));
}

Value *squeeze(Builder &to, Value *x, const Ints &axes) {
  Dims shape;
  for (size_t i = 0; i < x->type.rank(); ++i)
    if (std::ranges::find(axes, static_cast<int64_t>(i)) == axes.end())
      shape.push_back(x->type.dim(i));
  return reshape(to, x, std::move(shape));
}

Value *keepAxes(Builder &to, Value *reduced, const ir::Shape &before, const Ints &axes) {
  Dims shape = before;
  for (const int64_t axis : axes)
    shape[static_cast<size_t>(axis)] = 1;
  return reshape(to, reduced, std::move(shape));
}

Value *sliceAxis(Builder &to, Value *x, size_t axis, const Dim &start, const Dim &extent,
                 int64_t step) {
  requireAxis(to, static_cast<int64_t>(axis), x->type.rank());
  Dims starts(x->type.rank(), Dim(0)), shape = x->type.shape();
  Ints steps(x->type.rank(), 1);
  starts[axis] = start;
  shape[axis] = extent;
  steps[axis] = step;
  return to.make(ops::slice, {x},
                 {attr::starts(std::move(starts)), attr::steps(std::move(steps)),
                  attr::shape(std::move(shape))});
}

Value *cast(Builder &to, Value *x, ElementType e, bool saturate) {
  if (x->type.element() == e)
    return x;
  return to.make(ops::cast, {x}, {attr::to(e), attr::saturate(saturate)});
}

Value *matmul(Builder &to, Value *a, Value *b) {
  const bool vectorA = a->type.rank() == 1, vectorB = b->type.rank() == 1;
  if (vectorA)
    a = unsqueeze(to, a, {0});
  if (vectorB)
    b = unsqueeze(to, b, {1});
  Value *out = to.make(ops::matmul, {a, b}, {attr::transposeA(false), attr::transposeB(false)});
  const auto rank = static_cast<int64_t>(out->type.rank());
  Ints gone;
  if (vectorA)
    gone.push_back(rank - 2);
  if (vectorB)
    gone.push_back(rank - 1);
  return gone.empty() ? out : squeeze(to, out, gone);
}

Value *clamp(Builder &to, Value *x, Value *low, Value *high) {
  if (low)
    x = to.make(ops::max, {x, low});
  if (high)
    x = to.make(ops::min, {x, high});
  return x;
}

Value *expand(Builder &to, Value *x, Dims shape) {
  if (x->type.shape() == shape)
    return x;
  return to.make(ops::broadcast, {x}, {attr::shape(std::move(shape))});
}

Dims broadcastShape(const Dims &a, const Dims &b) {
  const Dims &longer = a.size() < b.size() ? b : a, &other = a.size() < b.size() ? a : b;
  Dims out = longer;
  const size_t before = longer.size() - other.size();
  for (size_t i = 0; i < other.size(); ++i)
    if (out[before + i].isNumber(1))
      out[before + i] = other[i];
  return out;
}

Value *full(Builder &to, ElementType e, double x, Dims shape) {
  return expand(to, to.scalar(e, x), std::move(shape));
}

Value *iota(Builder &to, ElementType e, Dims shape, size_t axis) {
  return to.make(
      ops::iota, {},
      {attr::type(ir::Type{e, std::move(shape)}), attr::axis(static_cast<int64_t>(axis))});
}

Value *perAxis(Builder &to, Value *x, size_t axis, size_t rank) {
  requireAxis(to, static_cast<int64_t>(axis), rank);
  Dims shape(rank, Dim(1));
  shape[axis] = x->type.count();
  while (shape.size() > 1 && shape.front().isNumber(1))
    shape.erase(shape.begin());
  return reshape(to, x, std::move(shape));
}

Value *take(Builder &to, Value *x, Value *index, size_t axis) {
  return to.make(ops::gather, {x, index}, {attr::axis(static_cast<int64_t>(axis))});
}

Value *concat(Builder &to, const std::vector<Value *> &xs, size_t axis) {
  if (xs.size() == 1)
    return xs[0];
  return to.makeOp(ops::concat, xs, {attr::axis(static_cast<int64_t>(axis))}).result();
}

Value *scalarOf(Builder &to, Value *x) { return reshape(to, x, {}); }

Value *element(Builder &to, Value *x, int64_t i) {
  return scalarOf(to, sliceAxis(to, x, 0, Dim(i), Dim(1)));
}

Value *reduceKeep(Builder &to, const ir::OpDef &def, Value *x, const Ints &axes) {
  return keepAxes(to, to.make(def, {x}, {attr::axes(axes)}), x->type.shape(), axes);
}

Value *Arith::add(Term a, Term b) const { return (*this)(ops::add, a, b); }
Value *Arith::sub(Term a, Term b) const { return (*this)(ops::sub, a, b); }
Value *Arith::mul(Term a, Term b) const { return (*this)(ops::mul, a, b); }
Value *Arith::div(Term a, Term b) const { return (*this)(ops::div, a, b); }
Value *Arith::mod(Term a, Term b) const { return (*this)(ops::mod, a, b); }
Value *Arith::min(Term a, Term b) const { return (*this)(ops::min, a, b); }
Value *Arith::max(Term a, Term b) const { return (*this)(ops::max, a, b); }
Value *Arith::pow(Term a, Term b) const { return (*this)(ops::pow, a, b); }
Value *Arith::less(Term a, Term b) const { return (*this)(ops::less, a, b); }
Value *Arith::lessEqual(Term a, Term b) const { return (*this)(ops::less_equal, a, b); }
Value *Arith::equal(Term a, Term b) const { return (*this)(ops::equal, a, b); }
Value *Arith::both(Value *a, Value *b) const { return to.make(ops::logical_and, {a, b}); }
Value *Arith::either(Value *a, Value *b) const { return to.make(ops::logical_or, {a, b}); }
Value *Arith::no(Value *a) const { return to.make(ops::logical_not, {a}); }
Value *Arith::where(Value *condition, Term a, Term b) const {
  return to.make(ops::where, {condition, made(a, b), made(b, a)});
}
Value *Arith::all(Value *condition) const {
  Ints axes(condition->type.rank());
  std::iota(axes.begin(), axes.end(), 0);
  return axes.empty() ? condition : to.make(ops::reduce_min, {condition}, {attr::axes(axes)});
}

Value *gelu(Builder &to, Value *x, bool byTanh) {
  const Arith is{to};
  Value *inner;
  if (byTanh) {
    Value *sum = is.add(x, is.mul(is.mul(is.mul(x, x), x), 0.044715));
    inner = is(ops::tanh, is.mul(sum, std::sqrt(2 / 3.14159265358979323846)));
  } else {
    inner = is(ops::erf, is.mul(x, std::sqrt(0.5)));
  }
  return is.mul(is.mul(x, 0.5), is.add(inner, 1.0));
}

} // namespace burin::compose
