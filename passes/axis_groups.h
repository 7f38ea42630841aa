// SPDX-License-Identifier: Apache-2.0
//
// How the axes of two shapes of as many elements correspond: what a reshape merges and cuts.
#pragma once

#include "ir/graph.h"

#include <optional>
#include <vector>

namespace burin::passes {

/// Axes [from, fromEnd) of one shape that hold the same elements as [to, toEnd) of another.
struct AxisGroup {
  size_t from, fromEnd, to, toEnd;
  bool isOneToOne() const { return fromEnd == from + 1 && toEnd == to + 1; }
};
using AxisGroups = std::vector<AxisGroup>;

/// Cuts two shapes into the smallest groups that correspond; an axis of one element without a
/// counterpart is a group with nothing on the other side. None where symbols hide what corresponds.
std::optional<AxisGroups> correspond(const ir::Shape &from, const ir::Shape &to);

/// How axes of `from` move when those of `to`, a reshape of it, move by perm: transpose(reshape(x),
/// perm) = reshape(transpose(x, this)). None where axes of one group part.
std::optional<ir::Ints> permBeforeReshape(const ir::Shape &from, const ir::Shape &to,
                                          const ir::Ints &perm);

} // namespace burin::passes
