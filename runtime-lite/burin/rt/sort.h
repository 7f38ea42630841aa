// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Order: a NaN counts as larger than everything, and as equal to another.
#ifndef BURIN_RT_SORT_H
#define BURIN_RT_SORT_H

#include "cast.h"
#include "nd.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

template <class T> BURIN_FN bool isLess(T a, T b) {
  const auto x = native(a), y = native(b);
  return x < y || (x == x && y != y);
}

/// Sorts order [n] by before(a, b); equal ones stay in their order. spare: n more.
template <class F>
BURIN_FN void stableSort(int n, int32_t *order, int32_t *spare, const F &before) {
  for (int width = 1; width < n; width *= 2) {
    for (int begin = 0; begin < n; begin += 2 * width) {
      const int middle = begin + width < n ? begin + width : n;
      const int end = middle + width < n ? middle + width : n;
      for (int a = begin, b = middle, to = begin; to < end; ++to) {
        const bool takeB = a == middle || (b < end && before(order[b], order[a]));
        spare[to] = order[takeB ? b++ : a++];
      }
    }
    for (int i = 0; i < n; ++i)
      order[i] = spare[i];
  }
}

// ---- one element ----

template <bool Largest, class T, class I>
BURIN_FN void argBest(int n, int inner, bool selectLast, const T *in, I *out, Work work) {
  for (int line = work.begin; line < work.end; ++line) {
    const T *x = in + static_cast<ptrdiff_t>(line / inner) * n * inner + line % inner;
    int best = 0;
    for (int i = 1; i < n; ++i) {
      const T &a = x[static_cast<ptrdiff_t>(best) * inner],
              &b = x[static_cast<ptrdiff_t>(i) * inner];
      // A NaN wins both ways, and keeps its place against another.
      const bool bNan = native(b) != native(b), aNan = native(a) != native(a);
      const bool less = isLess(a, b), greater = isLess(b, a);
      const bool better = bNan || aNan ? bNan && !aNan : Largest ? less : greater;
      const bool same = !less && !greater;
      best = better || (same && selectLast) ? i : best;
    }
    out[line] = static_cast<I>(best);
  }
}
/// The index of the largest element along axis n of [outer][n][inner], n at least 1: the first one,
/// or the last. A NaN is the largest. Units: lines, outer * inner.
template <class T, class I>
BURIN_FN void argMax(int n, int inner, bool selectLast, const T *in, I *out, Work work) {
  argBest<true>(n, inner, selectLast, in, out, work);
}
/// The smallest; but a NaN wins here too, as in numpy.
template <class T, class I>
BURIN_FN void argMin(int n, int inner, bool selectLast, const T *in, I *out, Work work) {
  argBest<false>(n, inner, selectLast, in, out, work);
}

// ---- the best k ----

/// The k best elements along axis n of [outer][n][inner], the best one first; of equals the one
/// with the lower index. To values and indices [outer][k][inner], either of which may be null;
/// k = n sorts. Units: lines, outer * inner. Scratch: k * 4 bytes.
template <class T, class I>
BURIN_FN void topK(int n, int inner, int k, bool largest, const T *in, T *values, I *indices,
                   Work work) {
  int32_t *heap = static_cast<int32_t *>(static_cast<void *>(work.scratch));
  for (int line = work.begin; line < work.end; ++line) {
    const T *x = in + static_cast<ptrdiff_t>(line / inner) * n * inner + line % inner;
    const auto better = [&](int32_t a, int32_t b) BURIN_LAMBDA {
      const T &u = x[static_cast<ptrdiff_t>(a) * inner], &v = x[static_cast<ptrdiff_t>(b) * inner];
      const bool less = isLess(u, v), greater = isLess(v, u);
      return less == greater ? a < b : largest ? greater : less;
    };
    // The worst of the best is at the root.
    const auto sink = [&](int at, int size) BURIN_LAMBDA {
      for (int child = 2 * at + 1; child < size; at = child, child = 2 * at + 1) {
        if (child + 1 < size && better(heap[child], heap[child + 1]))
          ++child;
        if (!better(heap[at], heap[child]))
          break;
        const int32_t swapped = heap[at];
        heap[at] = heap[child];
        heap[child] = swapped;
      }
    };
    for (int i = 0; i < k; ++i)
      heap[i] = i;
    for (int i = k / 2 - 1; i >= 0; --i)
      sink(i, k);
    for (int i = k; i < n && k > 0; ++i)
      if (better(i, heap[0])) {
        heap[0] = i;
        sink(0, k);
      }
    for (int size = k - 1; size > 0; --size) {
      const int32_t worst = heap[0];
      heap[0] = heap[size];
      heap[size] = worst;
      sink(0, size);
    }
    const ptrdiff_t to = static_cast<ptrdiff_t>(line / inner) * k * inner + line % inner;
    for (int i = 0; i < k; ++i) {
      if (values)
        values[to + static_cast<ptrdiff_t>(i) * inner] = x[static_cast<ptrdiff_t>(heap[i]) * inner];
      if (indices)
        indices[to + static_cast<ptrdiff_t>(i) * inner] = static_cast<I>(heap[i]);
    }
  }
}

// ---- unique ----

/// Whether slice a comes before slice b, as words do.
template <class T> BURIN_FN int compareSlices(int inner, const T *a, const T *b) {
  for (int i = 0; i < inner; ++i) {
    if (isLess(a[i], b[i]))
      return -1;
    if (isLess(b[i], a[i]))
      return 1;
  }
  return 0;
}

/// The different ones among n slices of `inner` elements, in order or as they first occur: out
/// [*count][inner], the index of each one's first occurrence, for every slice its place in out, and
/// how often each occurs. The last three may be null. More than `room` are counted and not written.
/// Unit: 1. Scratch: n * 12 bytes.
template <class T, class I>
BURIN_FN void unique(int n, int inner, bool sorted, const T *in, T *out, I *indices, I *inverse,
                     I *counts, int room, int *count, Work work) {
  if (work.begin == work.end)
    return;
  int32_t *order = static_cast<int32_t *>(static_cast<void *>(work.scratch));
  int32_t *group = order + n, *rank = group + n;
  for (int i = 0; i < n; ++i)
    order[i] = i;
  stableSort(n, order, group, [&](int32_t a, int32_t b) BURIN_LAMBDA {
    return compareSlices(inner, in + static_cast<ptrdiff_t>(a) * inner,
                         in + static_cast<ptrdiff_t>(b) * inner) < 0;
  });
  int groups = 0;
  for (int i = 0; i < n; ++i) {
    const bool same =
        i > 0 && compareSlices(inner, in + static_cast<ptrdiff_t>(order[i - 1]) * inner,
                               in + static_cast<ptrdiff_t>(order[i]) * inner) == 0;
    groups += same ? 0 : 1;
    group[order[i]] = groups - 1;
    rank[i] = -1;
  }
  *count = groups;
  if (groups > room)
    return;
  int found = 0;
  for (int i = 0; i < n; ++i) {
    const bool first = rank[group[i]] < 0;
    if (first) {
      const int place = sorted ? group[i] : found;
      ++found;
      rank[group[i]] = place;
      copyRow(inner, in + static_cast<ptrdiff_t>(i) * inner, 1,
              out + static_cast<ptrdiff_t>(place) * inner, 1);
      if (indices)
        indices[place] = static_cast<I>(i);
      if (counts)
        counts[place] = 0;
    }
    const int place = rank[group[i]];
    if (inverse)
      inverse[i] = static_cast<I>(place);
    if (counts)
      ++counts[place];
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
