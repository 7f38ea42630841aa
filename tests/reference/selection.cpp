// SPDX-License-Identifier: Apache-2.0
//
// Ops that choose elements by their values; most define how many there are. In an order of numbers
// NaN is the largest and equal to itself.
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

#include <limits>
#include <numeric>

namespace burin::reference {
namespace {

template <class T> bool isBelow(const T &a, const T &b) {
  if constexpr (std::is_same_v<T, double>)
    return isNan(b) ? !isNan(a) : a < b;
  else
    return a < b;
}

/// The indices 0 to n - 1 in the order of `less`; equal ones stay in order.
template <class Less> std::vector<size_t> sortedIndices(size_t n, Less less) {
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, less);
  return order;
}

Tensor integers(Extents shape, const Extents &values) {
  return pack(Type{ElementType::i64, {shape.begin(), shape.end()}}, values);
}

template <class T> Tensors topkOf(const Call &call) {
  const Tensor &x = call.get("x");
  Tensor values = call.result(0), indices = call.result(1);
  const size_t axis = call.axis(x.type.rank());
  const auto count = static_cast<size_t>(values.extent(axis));
  const bool largest = call[ir::attr::largest];
  const std::vector<T> all = load<T>(x);
  std::vector<Line> from, to;
  forEachLine(x.shape(), axis, [&](const Line &line) { from.push_back(line); });
  forEachLine(values.shape(), axis, [&](const Line &line) { to.push_back(line); });
  for (size_t l = 0; l < from.size(); ++l) {
    const std::vector<size_t> order = sortedIndices(from[l].length, [&](size_t i, size_t j) {
      const T &a = all[from[l][i]], &b = all[from[l][j]];
      return largest ? isBelow(b, a) : isBelow(a, b);
    });
    for (size_t k = 0; k < count; ++k) {
      copyElement(x, from[l][order[k]], values, to[l][k]);
      indices.setInteger(to[l][k], static_cast<int64_t>(order[k]));
    }
  }
  return {values, indices};
}

Tensors topk(const Call &call) {
  return byDomain(call.get("x").type.element(), [&]<class T>(T) { return topkOf<T>(call); });
}

Tensors nonzero(const Call &call) {
  const Tensor &x = call.get("x");
  std::vector<Extents> found;
  size_t i = 0;
  forEachIndex(x.shape(), [&](const Extents &at) {
    const bool isZero = byDomain(x.type.element(), [&]<class T>(T) { return load<T>(x, i) == 0; });
    if (!isZero)
      found.push_back(at);
    ++i;
  });
  Extents coordinates;
  for (size_t axis = 0; axis < x.type.rank(); ++axis)
    for (const Extents &at : found)
      coordinates.push_back(at[axis]);
  return {integers({static_cast<int64_t>(x.type.rank()), static_cast<int64_t>(found.size())},
                   coordinates)};
}

Tensors compress(const Call &call) {
  const Tensor &x = call.get("x"), &condition = call.get("condition");
  const size_t axis = call.axis(x.type.rank());
  Extents kept;
  for (int64_t i = 0; i < std::min(x.extent(axis), condition.extent(0)); ++i)
    if (condition.integer(static_cast<size_t>(i)))
      kept.push_back(i);
  ir::Shape shape = x.type.shape();
  shape[axis] = static_cast<int64_t>(kept.size());
  Tensor out{x.type.withShape(shape)};
  const Extents from = x.shape();
  size_t i = 0;
  forEachIndex(out.shape(), [&](Extents at) {
    at[axis] = kept[static_cast<size_t>(at[axis])];
    copyElement(x, flatten(from, at), out, i++);
  });
  return {out};
}

template <class T> Tensors uniqueOf(const Call &call, const std::vector<T> &all) {
  const std::vector<size_t> order =
      sortedIndices(all.size(), [&](size_t i, size_t j) { return isBelow(all[i], all[j]); });
  std::vector<std::vector<int64_t>> groups; // the indices of equal elements, in order
  for (size_t k = 0; k < order.size(); ++k) {
    if (k == 0 || isBelow(all[order[k - 1]], all[order[k]]))
      groups.emplace_back();
    groups.back().push_back(static_cast<int64_t>(order[k]));
  }
  if (!call[ir::attr::sorted])
    std::ranges::sort(groups, {}, [](const auto &group) { return group.front(); });

  const auto n = static_cast<int64_t>(groups.size());
  const Tensor &x = call.get("x");
  Tensor out{x.type.withShape({n})};
  Extents first, counts, inverse(all.size());
  for (size_t g = 0; g < groups.size(); ++g) {
    copyElement(x, static_cast<size_t>(groups[g].front()), out, g);
    first.push_back(groups[g].front());
    counts.push_back(static_cast<int64_t>(groups[g].size()));
    for (const int64_t i : groups[g])
      inverse[static_cast<size_t>(i)] = static_cast<int64_t>(g);
  }
  return {out, integers({n}, first), integers(x.shape(), inverse), integers({n}, counts)};
}

Tensors unique(const Call &call) {
  const Tensor &x = call.get("x");
  if (x.type.element() == ElementType::string)
    return uniqueOf(call, x.strings);
  return byDomain(x.type.element(), [&]<class T>(T) { return uniqueOf(call, load<T>(x)); });
}

// ---- non_max_suppression ----

struct Box {
  double y1, x1, y2, x2;
  double area() const { return (y2 - y1) * (x2 - x1); }
};

Box boxAt(const Tensor &boxes, size_t i, bool centerPoint) {
  const double a = boxes.number(4 * i), b = boxes.number(4 * i + 1), c = boxes.number(4 * i + 2),
               d = boxes.number(4 * i + 3);
  if (centerPoint) // x, y, width, height
    return {b - d / 2, a - c / 2, b + d / 2, a + c / 2};
  return {std::min(a, c), std::min(b, d), std::max(a, c), std::max(b, d)};
}

/// Rounded to f32, as the threshold is: 7 / 10 is not above 0.7.
float intersectionOverUnion(const Box &a, const Box &b) {
  const double height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1),
               width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  if (height <= 0 || width <= 0 || a.area() <= 0 || b.area() <= 0)
    return 0;
  const double intersection = height * width;
  return static_cast<float>(intersection / (a.area() + b.area() - intersection));
}

Tensors nonMaxSuppression(const Call &call) {
  const Tensor &boxes = call.get("boxes"), &scores = call.get("scores");
  const Tensor *maxPerClass = call.find("max_per_class"), *iou = call.find("iou_threshold"),
               *least = call.find("score_threshold");
  const auto limit =
      static_cast<size_t>(std::max<int64_t>(0, maxPerClass ? maxPerClass->integer(0) : 0));
  const double threshold = iou ? iou->number(0) : 0;
  const auto batches = static_cast<size_t>(scores.extent(0)),
             classes = static_cast<size_t>(scores.extent(1)),
             n = static_cast<size_t>(scores.extent(2));
  Extents selected;
  for (size_t b = 0; b < batches; ++b)
    for (size_t c = 0; c < classes; ++c) {
      const auto score = [&](size_t i) {
        const double x = scores.number((b * classes + c) * n + i);
        return isNan(x) ? -std::numeric_limits<double>::infinity() : x;
      };
      const auto box = [&](size_t i) {
        return boxAt(boxes, b * n + i, call[ir::attr::centerPoint]);
      };
      std::vector<size_t> chosen;
      for (const size_t i :
           sortedIndices(n, [&](size_t p, size_t q) { return score(p) > score(q); })) {
        const bool isCandidate = !least || score(i) > least->number(0);
        const bool isHidden = std::ranges::any_of(
            chosen, [&](size_t j) { return intersectionOverUnion(box(i), box(j)) > threshold; });
        if (isCandidate && !isHidden && chosen.size() < limit)
          chosen.push_back(i);
      }
      for (const size_t i : chosen)
        for (const size_t entry : {b, c, i})
          selected.push_back(static_cast<int64_t>(entry));
    }
  return {integers({static_cast<int64_t>(selected.size() / 3), 3}, selected)};
}

} // namespace

std::vector<Row> selectionRows() {
  return {
      {&ir::ops::topk, topk},
      {&ir::ops::nonzero, nonzero},
      {&ir::ops::compress, compress},
      {&ir::ops::unique, unique},
      {&ir::ops::non_max_suppression, nonMaxSuppression},
  };
}

} // namespace burin::reference
