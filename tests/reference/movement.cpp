// SPDX-License-Identifier: Apache-2.0
//
// Ops that copy elements: each says where the element at an index of the result comes from.
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

#include <numeric>

namespace burin::reference {
namespace {

/// out[at] = x[source(at)].
template <class F> Tensors moved(const Call &call, F source) {
  const Tensor &x = call.get("x");
  const Extents shape = x.shape();
  Tensor out = call.result();
  size_t i = 0;
  forEachIndex(out.shape(),
               [&](const Extents &at) { copyElement(x, flatten(shape, source(at)), out, i++); });
  return {out};
}

/// copy and reshape: the same elements in the same order.
Tensors same(const Call &call) {
  Tensor out = call.get("x");
  out.type = call.resultType();
  return {out};
}

Tensors transpose(const Call &call) {
  const ir::Ints &perm = call[ir::attr::perm];
  Extents from(perm.size());
  return moved(call, [&](const Extents &at) {
    for (size_t d = 0; d < perm.size(); ++d)
      from[normalizedAxis(perm[d], perm.size())] = at[d];
    return from;
  });
}

Tensors broadcast(const Call &call) {
  const Tensor &x = call.get("x");
  const Extents shape = x.shape();
  Tensor out = call.result();
  size_t i = 0;
  forEachIndex(out.shape(),
               [&](const Extents &at) { copyElement(x, flattenBroadcast(shape, at), out, i++); });
  return {out};
}

Tensors sliced(const Call &call, const Extents &starts) {
  const ir::Ints &steps = call[ir::attr::steps];
  return moved(call, [&](Extents at) {
    for (size_t d = 0; d < at.size(); ++d)
      at[d] = starts[d] + at[d] * steps[d];
    return at;
  });
}

Tensors slice(const Call &call) { return sliced(call, call[ir::attr::starts]); }

/// The starts are moved so that the first and the last element lie inside x.
Tensors sliceAt(const Call &call) {
  const Tensor &given = call.get("starts");
  const Extents from = call.get("x").shape(), to = shapeOf(call.resultType());
  Extents starts;
  for (size_t d = 0; d < from.size(); ++d) {
    const int64_t reach = (to[d] - 1) * call[ir::attr::steps][d]; // from the first to the last
    const int64_t lo = std::max<int64_t>(0, -reach), hi = from[d] - 1 - std::max<int64_t>(0, reach);
    starts.push_back(to[d] == 0 ? 0 : std::clamp(given.integer(d), lo, hi));
  }
  return sliced(call, starts);
}

Tensors concat(const Call &call) {
  Tensor out = call.result();
  const Extents shape = out.shape();
  const size_t axis = call.axis(shape.size());
  int64_t begin = 0;
  for (const Tensor *x : call.operands) {
    size_t i = 0;
    forEachIndex(x->shape(), [&](Extents at) {
      at[axis] += begin;
      copyElement(*x, i++, out, flatten(shape, at));
    });
    begin += x->extent(axis);
  }
  return {out};
}

int64_t floorModulo(int64_t a, int64_t n) { return ((a % n) + n) % n; }

/// The element of an axis that stands at position i, which may lie outside; -1: the constant.
int64_t paddedFrom(int64_t i, int64_t extent, const std::string &mode) {
  if (i >= 0 && i < extent)
    return i;
  if (mode == "constant" || extent == 0)
    return -1;
  if (mode == "edge" || extent == 1)
    return std::clamp<int64_t>(i, 0, extent - 1);
  if (mode == "wrap")
    return floorModulo(i, extent);
  const int64_t period = 2 * (extent - 1), phase = floorModulo(i, period); // reflect
  return std::min(phase, period - phase);
}

/// Negative pads remove elements first; the positive ones see what is left.
Tensors pad(const Call &call) {
  const Tensor &x = call.get("x");
  const Tensor *value = call.find("value");
  const Extents pads = call[ir::attr::pads], shape = x.shape();
  const size_t rank = shape.size();
  Tensor out = call.result();
  size_t i = 0;
  forEachIndex(out.shape(), [&](Extents at) {
    bool isInside = true;
    for (size_t d = 0; d < rank; ++d) {
      const int64_t cutBegin = std::max<int64_t>(0, -pads[d]),
                    cutEnd = std::max<int64_t>(0, -pads[rank + d]),
                    left = std::max<int64_t>(0, shape[d] - cutBegin - cutEnd);
      const int64_t from =
          paddedFrom(at[d] - std::max<int64_t>(0, pads[d]), left, call[ir::attr::mode]);
      isInside = isInside && from >= 0;
      at[d] = from + cutBegin;
    }
    if (isInside)
      copyElement(x, flatten(shape, at), out, i);
    else if (value)
      copyElement(*value, 0, out, i);
    ++i;
  });
  return {out};
}

Tensors tile(const Call &call) {
  const Extents shape = call.get("x").shape();
  return moved(call, [&](Extents at) {
    for (size_t d = 0; d < at.size(); ++d)
      at[d] %= shape[d];
    return at;
  });
}

Tensors reverseSequence(const Call &call) {
  const Tensor &lengths = call.get("lengths");
  const Extents shape = call.get("x").shape();
  const size_t axis = call.axis(shape.size()),
               batchAxis = normalizedAxis(call[ir::attr::batchAxis], shape.size());
  return moved(call, [&](Extents at) {
    const int64_t length =
        std::clamp<int64_t>(lengths.integer(static_cast<size_t>(at[batchAxis])), 0, shape[axis]);
    if (at[axis] < length)
      at[axis] = length - 1 - at[axis];
    return at;
  });
}

} // namespace

std::vector<Row> movementRows() {
  return {
      {&ir::ops::copy, same},           {&ir::ops::reshape, same},
      {&ir::ops::transpose, transpose}, {&ir::ops::broadcast, broadcast},
      {&ir::ops::slice, slice},         {&ir::ops::slice_at, sliceAt},
      {&ir::ops::concat, concat},       {&ir::ops::pad, pad},
      {&ir::ops::tile, tile},           {&ir::ops::reverse_sequence, reverseSequence},
  };
}

} // namespace burin::reference
