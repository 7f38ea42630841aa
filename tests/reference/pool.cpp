// SPDX-License-Identifier: Apache-2.0
//
// Pooling of images [n, spatial..., c].
#include "tests/reference/numbers.h"
#include "tests/reference/window.h"

namespace burin::reference {
namespace {

Extents spatial(const Extents &shape) { return part(shape, 1, shape.size() - 1); }

Window windowOf(const Call &call) {
  return {call, call[ir::attr::kernel], spatial(call.get("x").shape())};
}

/// Calls visit(i, n, window index, c) for every element i of the result.
template <class F> void forEachWindow(const Call &call, F visit) {
  size_t i = 0;
  forEachIndex(shapeOf(call.resultType()),
               [&](const Extents &at) { visit(i++, at.front(), spatial(at), at.back()); });
}

/// The position in [n, spatial..., c] of one element.
size_t positionIn(const Extents &shape, int64_t n, const Extents &at, int64_t c) {
  return flatten(shape, concatenated(concatenated({n}, at), {c}));
}

/// The position in [n, c, spatial...]; or with the spatial axes in reverse order.
int64_t channelsFirst(const Extents &shape, int64_t n, Extents at, int64_t c, bool columnMajor) {
  Extents extents = spatial(shape);
  if (columnMajor) {
    std::ranges::reverse(extents);
    std::ranges::reverse(at);
  }
  return static_cast<int64_t>(
      flatten(concatenated({shape.front(), shape.back()}, extents), concatenated({n, c}, at)));
}

template <class T> Tensor largestOfWindows(const Call &call, Tensor *indices) {
  const Tensor &x = call.get("x");
  const Extents shape = x.shape();
  const std::vector<T> all = load<T>(x);
  const Window window = windowOf(call);
  const T none = least<T>(x.type.element());
  std::vector<T> out(call.result().count());
  forEachWindow(call, [&](size_t i, int64_t n, const Extents &at, int64_t c) {
    T best = none;
    int64_t index = -1;
    window.forEachTap(at, [&](size_t, const Extents &inside) {
      const T v = all[positionIn(shape, n, inside, c)];
      if (index >= 0 && !(v > best) && !(isNan(v) && !isNan(best)))
        return;
      best = v;
      index = indices ? channelsFirst(shape, n, inside, c, call[ir::attr::columnMajor]) : 0;
    });
    out[i] = best;
    if (indices)
      indices->setInteger(i, std::max<int64_t>(0, index));
  });
  return pack(call.resultType(), out);
}

Tensors maxPool(const Call &call) {
  return byDomain(call.get("x").type.element(),
                  [&]<class T>(T) -> Tensors { return {largestOfWindows<T>(call, nullptr)}; });
}

Tensors maxPoolIndices(const Call &call) {
  return byDomain(call.get("x").type.element(), [&]<class T>(T) -> Tensors {
    Tensor indices = call.result(1);
    Tensor out = largestOfWindows<T>(call, &indices);
    return {std::move(out), std::move(indices)};
  });
}

/// How many positions of the window lie in the image and its declared pads.
int64_t paddedCount(const Window &window, const Extents &at) {
  int64_t count = 0;
  forEachIndex(window.kernel, [&](const Extents &tap) {
    bool isInside = true;
    for (size_t d = 0; d < at.size(); ++d)
      isInside = isInside && window.position(d, at[d], tap[d]) < window.image[d] + window.ends[d];
    count += isInside;
  });
  return count;
}

Tensors averagePool(const Call &call) {
  const Tensor &x = call.get("x");
  const Extents shape = x.shape();
  const Window window = windowOf(call);
  const bool countsPads = call[ir::attr::countIncludePad];
  return byDomain(x.type.element(), [&]<class T>(T) -> Tensors {
    const std::vector<T> all = load<T>(x);
    std::vector<T> out(call.result().count());
    forEachWindow(call, [&](size_t i, int64_t n, const Extents &at, int64_t c) {
      T sum = 0;
      int64_t count = 0;
      window.forEachTap(at, [&](size_t, const Extents &inside) {
        sum = plus(sum, all[positionIn(shape, n, inside, c)]);
        ++count;
      });
      if (countsPads)
        count = paddedCount(window, at);
      const T divisor = static_cast<T>(count);
      out[i] = count == 0 && !std::is_same_v<T, double> ? T{0} : sum / divisor;
    });
    return {pack(call.resultType(), out)};
  });
}

} // namespace

std::vector<Row> poolRows() {
  return {
      {&ir::ops::max_pool, maxPool},
      {&ir::ops::max_pool_indices, maxPoolIndices},
      {&ir::ops::average_pool, averagePool},
  };
}

} // namespace burin::reference
