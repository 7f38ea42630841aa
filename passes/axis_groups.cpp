// SPDX-License-Identifier: Apache-2.0
#include "passes/axis_groups.h"

#include "passes/graph.h"

#include <algorithm>

namespace burin::passes {
using ir::Dim;
using ir::Shape;

std::optional<AxisGroups> correspond(const Shape &from, const Shape &to) {
  AxisGroups groups;
  size_t i = 0, j = 0;
  const auto isOne = [](const Shape &shape, size_t axis) {
    return axis < shape.size() && shape[axis].isNumber(1);
  };
  while (i < from.size() || j < to.size()) {
    AxisGroup g{i, i, j, j};
    if (isOne(from, i) != isOne(to, j)) {
      g.fromEnd = i += isOne(from, i);
      g.toEnd = j += i == g.from;
      groups.push_back(g);
      continue;
    }
    Dim a = 1, b = 1;
    do {
      // The side that is known to be smaller grows.
      const bool growFrom = i < from.size() && (j == to.size() || (b - a).bounds().lo >= 0);
      const bool growTo = j < to.size() && (i == from.size() || (a - b).bounds().lo >= 0);
      if (!growFrom && !growTo)
        return std::nullopt;
      if (growFrom && (!growTo || a.isNumber(1)))
        a = a * from[i++];
      if (growTo && (!growFrom || b.isNumber(1)))
        b = b * to[j++];
    } while (a != b);
    groups.push_back({g.from, i, g.to, j});
  }
  return groups;
}

std::optional<ir::Ints> permBeforeReshape(const Shape &from, const Shape &to,
                                          const ir::Ints &perm) {
  const ir::Ints inverse = inverseOf(perm);
  std::optional<AxisGroups> groups = correspond(from, to);
  if (!groups)
    return std::nullopt;
  for (const AxisGroup &g : *groups)
    for (size_t axis = g.to + 1; axis < g.toEnd; ++axis)
      if (inverse[axis] != inverse[axis - 1] + 1)
        return std::nullopt;
  // As they lie in the result; one of no axis in front.
  std::ranges::stable_sort(*groups, {}, [&](const AxisGroup &g) {
    return g.to == g.toEnd ? int64_t{-1} : inverse[g.to];
  });
  ir::Ints moved;
  for (const AxisGroup &g : *groups)
    for (size_t axis = g.from; axis < g.fromEnd; ++axis)
      moved.push_back(static_cast<int64_t>(axis));
  return moved;
}

} // namespace burin::passes
