// SPDX-License-Identifier: Apache-2.0
//
// Reductions and running sums.
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

#include <cmath>

namespace burin::reference {
namespace {

/// The position in the result of what is reduced over the marked axes.
struct Reduction {
  std::vector<bool> isReduced;
  Extents shape;

  Reduction(const Call &call, const Extents &from) : isReduced(from.size()) {
    for (const int64_t axis : call[ir::attr::axes])
      isReduced[normalizedAxis(axis, from.size())] = true;
    shape = kept(from);
  }
  Extents kept(const Extents &at) const {
    Extents out;
    for (size_t d = 0; d < at.size(); ++d)
      if (!isReduced[d])
        out.push_back(at[d]);
    return out;
  }
  size_t operator()(const Extents &at) const { return flatten(shape, kept(at)); }
};

/// Folds the elements, in order, into accumulators that begin as `initial`.
template <class T, class F> std::vector<T> reduced(const Call &call, T initial, F step) {
  const Tensor &x = call.get("x");
  const Reduction to{call, x.shape()};
  std::vector<T> all(static_cast<size_t>(countOf(to.shape)), initial);
  size_t i = 0;
  forEachIndex(x.shape(), [&](const Extents &at) {
    T &sum = all[to(at)];
    sum = step(sum, load<T>(x, i++));
  });
  return all;
}

Tensors reduceSum(const Call &call) {
  return byRing(call.get("x").type.element(), [&]<class T>(T) -> Tensors {
    return {pack(call.resultType(), reduced(call, T{0}, plus<T>))};
  });
}

Tensors reduceProd(const Call &call) {
  return byRing(call.get("x").type.element(), [&]<class T>(T) -> Tensors {
    return {pack(call.resultType(), reduced(call, T{1}, times<T>))};
  });
}

Tensors reduceMax(const Call &call) {
  return byDomain(call.get("x").type.element(), [&]<class T>(T) -> Tensors {
    const T none = least<T>(call.get("x").type.element());
    return {pack(call.resultType(), reduced(call, none, larger<T>))};
  });
}

Tensors reduceMin(const Call &call) {
  return byDomain(call.get("x").type.element(), [&]<class T>(T) -> Tensors {
    const T none = greatest<T>(call.get("x").type.element());
    return {pack(call.resultType(), reduced(call, none, smaller<T>))};
  });
}

/// The sum of 64-bit integers wraps before it is divided, that of smaller ones does not.
Tensors reduceMean(const Call &call) {
  const Tensor &x = call.get("x");
  return byDomain(x.type.element(), [&]<class T>(T) -> Tensors {
    std::vector<T> all = reduced(call, T{0}, plus<T>);
    const T n = all.empty() ? T{1} : static_cast<T>(x.count() / all.size());
    for (T &sum : all)
      sum = n == 0 && !std::is_same_v<T, double> ? T{0} : sum / n;
    return {pack(call.resultType(), all)};
  });
}

/// argmax and argmin: NaN stands before every number.
Tensors arg(const Call &call) {
  const Tensor &x = call.get("x");
  const bool ofLargest = call.op.is(ir::ops::argmax), selectLast = call[ir::attr::selectLast];
  Tensor out = call.result();
  byDomain(x.type.element(), [&]<class T>(T) {
    const std::vector<T> all = load<T>(x);
    size_t i = 0;
    forEachLine(x.shape(), call.axis(x.type.rank()), [&](const Line &line) {
      size_t best = 0;
      for (size_t k = 1; k < line.length; ++k) {
        const T &a = all[line[k]], &b = all[line[best]];
        const bool isBetter = isNan(a) ? !isNan(b) : ofLargest ? a > b : a < b;
        const bool isEqual = a == b || (isNan(a) && isNan(b));
        if (isBetter || (isEqual && selectLast))
          best = k;
      }
      out.setInteger(i++, static_cast<int64_t>(best));
    });
  });
  return {out};
}

template <class T, class F> Tensor running(const Call &call, T initial, F step) {
  const Tensor &x = call.get("x");
  const bool exclusive = call[ir::attr::exclusive], reverse = call[ir::attr::reverse];
  const std::vector<T> all = load<T>(x);
  std::vector<T> out(all.size());
  forEachLine(x.shape(), call.axis(x.type.rank()), [&](const Line &line) {
    T sum = initial;
    for (size_t k = 0; k < line.length; ++k) {
      const size_t i = line[reverse ? line.length - 1 - k : k];
      const T before = sum;
      sum = step(sum, all[i]);
      out[i] = exclusive ? before : sum;
    }
  });
  return pack(call.resultType(), out);
}

Tensors cumsum(const Call &call) {
  return byRing(call.get("x").type.element(),
                [&]<class T>(T) -> Tensors { return {running(call, T{0}, plus<T>)}; });
}

Tensors cumprod(const Call &call) {
  return byRing(call.get("x").type.element(),
                [&]<class T>(T) -> Tensors { return {running(call, T{1}, times<T>)}; });
}

} // namespace

std::vector<Row> reduceRows() {
  return {
      {&ir::ops::reduce_sum, reduceSum},
      {&ir::ops::reduce_mean, reduceMean},
      {&ir::ops::reduce_max, reduceMax},
      {&ir::ops::reduce_min, reduceMin},
      {&ir::ops::reduce_prod, reduceProd},
      {&ir::ops::argmax, arg},
      {&ir::ops::argmin, arg},
      {&ir::ops::cumsum, cumsum},
      {&ir::ops::cumprod, cumprod},
  };
}

} // namespace burin::reference
