// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/reduce.h"

#include "ir/ops/fold.h"
#include "ir/ops/infer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {

Types inferReduce(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  // *.element: a number; of the largest and smallest also bool
  if (op.is(ops::reduce_max) || op.is(ops::reduce_min))
    checkElement(op, 0, isNumber(x.element()) || x.element() == ElementType::boolean,
                 "a number or bool");
  else
    checkElement(op, 0, isNumber(x.element()), "a number");
  std::vector<bool> leaves(x.rank());
  for (const int64_t a : op[attr::axes]) {
    const size_t axis = checkedAxis(op, a, x.rank());
    // *.axes: each once
    if (leaves[axis])
      fail(op, "axes",
           fmt::format("axes are [{}], expected axis {} once", fmt::join(op[attr::axes], ", "),
                       axis));
    leaves[axis] = true;
  }
  Shape shape;
  for (size_t i = 0; i < x.rank(); ++i)
    if (!leaves[i])
      shape.push_back(x.dim(i));
  return withEpilogue(op, x.withShape(std::move(shape)), 1);
}

Types inferArg(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  // *.element: x is a number
  checkElement(op, 0, isNumber(x.element()), "a number");
  const size_t axis = checkedAxis(op, op[attr::axis], x.rank());
  // *.empty: an axis without elements has no largest
  if (x.dim(axis).isNumber(0))
    fail(op, "empty", fmt::format("axis {} of x has extent 0, expected at least 1", axis));
  Shape shape = x.shape();
  shape.erase(shape.begin() + static_cast<ptrdiff_t>(axis));
  return {Type{ElementType::i64, std::move(shape)}};
}

std::optional<Dims> foldReduce(const Op &op) {
  const std::optional<Contents> x = contentsOf(op, 0);
  const std::optional<std::vector<size_t>> extents = smallExtents(op.result()->type.shape());
  if (!x || !extents || op.numBlocks())
    return std::nullopt;
  std::vector<bool> leaves(x->extents.size());
  for (const int64_t axis : op[attr::axes])
    leaves[checkedAxis(op, axis, x->extents.size())] = true;
  // The place of the result that each element goes to.
  Dims out(static_cast<size_t>(op.result()->type.count().number()),
           Dim(op.is(ops::reduce_prod) ? 1 : 0));
  std::vector<bool> isReached(out.size());
  auto element = x->elements.begin();
  forEachIndex(x->extents, [&](const std::vector<size_t> &index) {
    size_t place = 0;
    for (size_t i = 0; i < index.size(); ++i)
      if (!leaves[i])
        place = place * x->extents[i] + index[i];
    Dim &total = out[place];
    total = op.is(ops::reduce_sum)    ? total + *element
            : op.is(ops::reduce_prod) ? total * *element
            : !isReached[place]       ? *element
            : op.is(ops::reduce_max)  ? max(total, *element)
                                      : min(total, *element);
    isReached[place] = true;
    ++element;
  });
  const bool isOfNone = op.is(ops::reduce_max) || op.is(ops::reduce_min);
  for (size_t i = 0; i < out.size(); ++i) {
    const std::optional<Dim> fits = held(op.result()->type.element(), out[i]);
    const bool isSaturated = out[i].isNumber(INT64_MAX) || out[i].isNumber(INT64_MIN);
    if (!fits || isSaturated || (isOfNone && !isReached[i]))
      return std::nullopt;
    out[i] = *fits;
  }
  return out;
}

} // namespace burin::ir
