// SPDX-License-Identifier: Apache-2.0
//
// What several frontends build from primitive ops.
#pragma once

#include "ir/builder.h"
#include "ir/ops.h"

namespace burin::compose {

using ir::Builder;
using ir::Dim;
using ir::Dims;
using ir::ElementType;
using ir::Ints;
using ir::Value;

/// A scalar of the element type of `like`.
Value *scalarLike(Builder &, const Value *like, double);
/// [n, c, spatial...] -> [n, spatial..., c], and back. The identity for rank below 3.
Value *toChannelsLast(Builder &, Value *);
Value *toChannelsFirst(Builder &, Value *);
Value *transpose(Builder &, Value *, Ints perm);
Value *reshape(Builder &, Value *, Dims shape);
/// With axes of extent 1 inserted at these places of the result, or removed.
Value *unsqueeze(Builder &, Value *, const Ints &sortedAxes);
Value *squeeze(Builder &, Value *, const Ints &sortedAxes);
/// Reductions take their axes away; this puts them back with extent 1.
Value *keepAxes(Builder &, Value *reduced, const ir::Shape &before, const Ints &axes);
/// A slice of one axis: start, start + step, ... below `extent` of them.
Value *sliceAxis(Builder &, Value *, size_t axis, const Dim &start, const Dim &extent, int64_t step = 1);
Value *cast(Builder &, Value *, ElementType, bool saturate = true);
/// a [..., m, k] times b [..., k, n] with the promotion of vectors as in numpy.
Value *matmul(Builder &, Value *a, Value *b);
/// A filter [o, i, kernel...] as [o, kernel..., i].
Value *filterChannelsLast(Builder &, Value *);
/// Clamp: min(max(x, low), high); either may be null.
Value *clamp(Builder &, Value *, Value *low, Value *high);

} // namespace burin::compose
