// SPDX-License-Identifier: Apache-2.0
#include "frontend/common/compose.h"

#include <algorithm>
#include <numeric>

namespace burin::compose {
namespace ops = ir::ops;
namespace attr = ir::attr;

Value *scalarLike(Builder &to, const Value *like, double x) { return to.scalar(like->type.element(), x); }

Value *transpose(Builder &to, Value *x, Ints perm) { return to.make(ops::transpose, {x}, {attr::perm(std::move(perm))}); }

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

Value *unsqueeze(Builder &to, Value *x, const Ints &axes) {
  Dims shape = x->type.shape();
  for (const int64_t axis : axes)
    shape.insert(shape.begin() + axis, Dim(1));
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

Value *sliceAxis(Builder &to, Value *x, size_t axis, const Dim &start, const Dim &extent, int64_t step) {
  Dims starts(x->type.rank(), Dim(0)), shape = x->type.shape();
  Ints steps(x->type.rank(), 1);
  starts[axis] = start;
  shape[axis] = extent;
  steps[axis] = step;
  return to.make(ops::slice, {x}, {attr::starts(std::move(starts)), attr::steps(std::move(steps)), attr::shape(std::move(shape))});
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

} // namespace burin::compose
