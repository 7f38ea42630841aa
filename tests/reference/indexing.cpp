// SPDX-License-Identifier: Apache-2.0
//
// Gathering and scattering by index.
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

namespace burin::reference {
namespace {

/// The index that stands at `at`, inside the axis.
int64_t indexAt(const Tensor &indices, size_t at, int64_t extent) {
  return insideAxis(indices.integer(at), extent);
}

/// out[at] = x[source(at)]; zeros where x has no elements.
template <class F> Tensors gathered(const Call &call, F source) {
  const Tensor &x = call.get("x");
  const Extents shape = x.shape();
  Tensor out = call.result();
  if (x.count() == 0)
    return {out};
  size_t i = 0;
  forEachIndex(out.shape(),
               [&](const Extents &at) { copyElement(x, flatten(shape, source(at)), out, i++); });
  return {out};
}

Tensors gather(const Call &call) {
  const Tensor &indices = call.get("indices");
  const Extents shape = call.get("x").shape(), picks = indices.shape();
  const size_t axis = call.axis(shape.size()), after = axis + picks.size();
  return gathered(call, [&](const Extents &at) {
    const int64_t index = indexAt(indices, flatten(picks, part(at, axis, after)), shape[axis]);
    return concatenated(concatenated(part(at, 0, axis), {index}), part(at, after));
  });
}

Tensors gatherElements(const Call &call) {
  const Tensor &indices = call.get("indices");
  const Extents shape = call.get("x").shape(), picks = indices.shape();
  const size_t axis = call.axis(shape.size());
  return gathered(call, [&](Extents at) {
    at[axis] = indexAt(indices, flatten(picks, at), shape[axis]);
    return at;
  });
}

/// The k coordinates in row `row` of a tensor [..., k], into the axes of `shape` from `begin` on.
Extents coordinates(const Tensor &indices, size_t row, const Extents &shape, size_t begin) {
  const auto k = static_cast<size_t>(indices.shape().back());
  Extents at;
  for (size_t c = 0; c < k; ++c)
    at.push_back(indexAt(indices, row * k + c, shape[begin + c]));
  return at;
}

Tensors gatherNd(const Call &call) {
  const Tensor &indices = call.get("indices");
  const Extents shape = call.get("x").shape(),
                rows = part(indices.shape(), 0, indices.type.rank() - 1);
  const auto batch = static_cast<size_t>(call[ir::attr::batchDims]);
  return gathered(call, [&](const Extents &at) {
    const size_t row = flatten(rows, part(at, 0, rows.size()));
    const Extents inside =
        concatenated(part(at, 0, batch), coordinates(indices, row, shape, batch));
    return concatenated(inside, part(at, rows.size()));
  });
}

template <class T> T combined(const std::string &reduction, T old, T update) {
  if (reduction == "add")
    return plus(old, update);
  if (reduction == "mul")
    return times(old, update);
  if (reduction == "min")
    return smaller(old, update);
  return larger(old, update);
}

/// x with its element target(at) combined with updates[at], in the order of the updates.
template <class F> Tensors scattered(const Call &call, F target) {
  const Tensor &x = call.get("x"), &updates = call.get("updates");
  const Extents shape = x.shape();
  const std::string &reduction = call[ir::attr::reduction];
  if (x.count() == 0)
    return {x};
  if (reduction == "none") {
    Tensor out = x;
    size_t i = 0;
    forEachIndex(updates.shape(), [&](const Extents &at) {
      copyElement(updates, i++, out, flatten(shape, target(at)));
    });
    return {out};
  }
  return byDomain(x.type.element(), [&]<class T>(T) -> Tensors {
    std::vector<T> all = load<T>(x);
    size_t i = 0;
    forEachIndex(updates.shape(), [&](const Extents &at) {
      T &old = all[flatten(shape, target(at))];
      old = combined(reduction, old, load<T>(updates, i++));
    });
    return {pack(x.type, all)};
  });
}

Tensors scatterElements(const Call &call) {
  const Tensor &indices = call.get("indices");
  const Extents shape = call.get("x").shape(), picks = indices.shape();
  const size_t axis = call.axis(shape.size());
  return scattered(call, [&](Extents at) {
    at[axis] = indexAt(indices, flatten(picks, at), shape[axis]);
    return at;
  });
}

Tensors scatterNd(const Call &call) {
  const Tensor &indices = call.get("indices");
  const Extents shape = call.get("x").shape(),
                rows = part(indices.shape(), 0, indices.type.rank() - 1);
  return scattered(call, [&](const Extents &at) {
    const size_t row = flatten(rows, part(at, 0, rows.size()));
    return concatenated(coordinates(indices, row, shape, 0), part(at, rows.size()));
  });
}

} // namespace

std::vector<Row> indexingRows() {
  return {
      {&ir::ops::gather, gather},        {&ir::ops::gather_elements, gatherElements},
      {&ir::ops::gather_nd, gatherNd},   {&ir::ops::scatter_elements, scatterElements},
      {&ir::ops::scatter_nd, scatterNd},
  };
}

} // namespace burin::reference
