// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/reduce.h"

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

std::optional<Dims> foldReduce(const Op &) { return std::nullopt; }

} // namespace burin::ir
