// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions over the middle axis of [outer][n][inner], to [outer][inner]; and over any axes. Sums
// of floats are reassociated, integers wrap, NaN passes through all.
#ifndef BURIN_RT_REDUCE_H
#define BURIN_RT_REDUCE_H

#include "cast.h"
#include "integer_math.h"
#include "nd.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// x in every lane, or as a number of any type.
template <class A> BURIN_FN A constant(float x) {
  if constexpr (kIsReal<A> && sizeof(A) != sizeof(double))
    return splat<A>(x);
  else if constexpr (sizeof(A) == sizeof(double) && kIsReal<A>)
    return static_cast<A>(x);
  else
    return cast<A>(x);
}

// ---- what is done ----
// identity: the result of nothing. step: one more element, or two results into one. finish: of n.

struct ReduceSum {
  template <class A> BURIN_INLINE static A identity() { return constant<A>(0); }
  template <class A> BURIN_INLINE static A step(A a, A b) { return addWrap(a, b); }
  template <class A> BURIN_INLINE static A finish(A a, int) { return a; }
};
/// The mean of no floats is NaN; that of integers is truncated, and 0 of none.
struct ReduceMean {
  template <class A> BURIN_INLINE static A identity() { return constant<A>(0); }
  template <class A> BURIN_INLINE static A step(A a, A b) { return addWrap(a, b); }
  template <class A> BURIN_INLINE static A finish(A a, int n) {
    if constexpr (kIsReal<A>)
      return a / constant<A>(static_cast<float>(n));
    else
      return divTrunc(a, static_cast<A>(n));
  }
};
struct ReduceProd {
  template <class A> BURIN_INLINE static A identity() { return constant<A>(1); }
  template <class A> BURIN_INLINE static A step(A a, A b) { return mulWrap(a, b); }
  template <class A> BURIN_INLINE static A finish(A a, int) { return a; }
};
struct ReduceMax {
  template <class A> BURIN_INLINE static A identity() { return constant<A>(-infinity()); }
  template <class A> BURIN_INLINE static A step(A a, A b) { return maxNan(a, b); }
  template <class A> BURIN_INLINE static A finish(A a, int) { return a; }
};
struct ReduceMin {
  template <class A> BURIN_INLINE static A identity() { return constant<A>(infinity()); }
  template <class A> BURIN_INLINE static A step(A a, A b) { return minNan(a, b); }
  template <class A> BURIN_INLINE static A finish(A a, int) { return a; }
};

/// What is done to elements before: nothing.
struct Same {
  template <class A> BURIN_INLINE A operator()(A a) const { return a; }
};

// ---- floats ----

/// Columns of one unit where inner is larger than 1.
constexpr int kReduceBlock = 64;

/// n floats side by side.
template <class Op, int W, class Pre>
BURIN_FN float reduceRow(const float *x, int n, const Pre &pre) {
  using V = Vec<W>;
  float result = Op::template identity<float>();
  if (n >= W) {
    V acc = Op::template identity<V>();
    if (n >= 4 * W) {
      Array<V, 4> sums; // more than one, because each waits for its last addition
      unroll<4>([&](auto u) BURIN_LAMBDA { sums[u] = acc; });
      for (; n >= 4 * W; n -= 4 * W, x += 4 * W)
        unroll<4>([&](auto u)
                      BURIN_LAMBDA { sums[u] = Op::step(sums[u], pre(load<V>(x + u * W))); });
      acc = Op::step(Op::step(sums[0], sums[1]), Op::step(sums[2], sums[3]));
    }
    for (; n >= W; n -= W, x += W)
      acc = Op::step(acc, pre(load<V>(x)));
    Array<float, W> lanes;
    BURIN_COPY(lanes, &acc, sizeof acc);
    result = lanes[0];
    for (int i = 1; i < W; ++i)
      result = Op::step(result, lanes[i]);
  }
  if constexpr (W > 1)
    if (n > 0)
      result = Op::step(result, reduceRow<Op, (W > 4 ? W / 2 : 1)>(x, n, pre));
  return result;
}

/// U * W columns of n rows, `row` floats apart. Long sums are cut, which keeps them exact.
template <class Op, int W, int U, class Pre, class E>
BURIN_FN void reduceColumns(const float *x, int n, ptrdiff_t row, float *out, ptrdiff_t offset,
                            int column, const Pre &pre, const E &epilogue) {
  using V = Vec<W>;
  Array<V, U> total;
  unroll<U>([&](auto u) BURIN_LAMBDA { total[u] = Op::template identity<V>(); });
  for (int k = 0; k < n;) {
    Array<V, U> acc;
    unroll<U>([&](auto u) BURIN_LAMBDA { acc[u] = Op::template identity<V>(); });
    const int end = n - k < 512 ? n : k + 512;
    for (; k < end; ++k, x += row)
      unroll<U>([&](auto u) BURIN_LAMBDA { acc[u] = Op::step(acc[u], pre(load<V>(x + u * W))); });
    unroll<U>([&](auto u) BURIN_LAMBDA { total[u] = Op::step(total[u], acc[u]); });
  }
  unroll<U>([&](auto u) BURIN_LAMBDA {
    store(out + offset + u * W, epilogue(Op::finish(total[u], n), offset + u * W, column + u * W));
  });
}
template <class Op, int W, class Pre, class E>
BURIN_FN void reduceBlock(const float *x, int n, ptrdiff_t row, float *out, ptrdiff_t offset,
                          int column, int end, const Pre &pre, const E &epilogue) {
  if constexpr (W == kIsa.width && W > 1)
    for (; column + 4 * W <= end; column += 4 * W)
      reduceColumns<Op, W, 4>(x + column, n, row, out, offset + column, column, pre, epilogue);
  for (; column + W <= end; column += W)
    reduceColumns<Op, W, 1>(x + column, n, row, out, offset + column, column, pre, epilogue);
  if constexpr (W > 1)
    reduceBlock<Op, (W > 4 ? W / 2 : 1)>(x, n, row, out, offset, column, end, pre, epilogue);
}

/// [outer][n][inner] to [outer][inner]: epilogue(Op over n of pre(in)). The epilogue's offset is
/// the place in out, its column the index along inner. Units: outer * ceil(inner / kReduceBlock).
template <class Op, class Outer, class N, class Inner, class Pre, class E>
BURIN_FN void reduce(Outer, N n, Inner inner, const float *in, float *out, const Pre &pre,
                     const E &epilogue, Work work) {
  const int width = inner, blocks = (width + kReduceBlock - 1) / kReduceBlock;
  for (int unit = work.begin; unit < work.end; ++unit) {
    if (width == 1) {
      const float result = reduceRow<Op, kIsa.width>(in + static_cast<ptrdiff_t>(unit) * n, n, pre);
      out[unit] = epilogue(Op::finish(result, n), unit, 0);
      continue;
    }
    const int o = unit / blocks, column = unit % blocks * kReduceBlock;
    reduceBlock<Op, kIsa.width>(in + static_cast<ptrdiff_t>(o) * n * width, n, width, out,
                                static_cast<ptrdiff_t>(o) * width, column,
                                width - column < kReduceBlock ? width : column + kReduceBlock, pre,
                                epilogue);
  }
}

// ---- any type ----

/// The same for any element type; the accumulator is an Acc, `pre` maps it, and what the epilogue
/// returns is stored. Units: outer * inner.
template <class Op, class Acc, class T, class Out, class Pre, class E>
BURIN_FN void reduceScalar(int, int n, int inner, const T *in, Out *out, const Pre &pre,
                           const E &epilogue, Work work) {
  for (int i = work.begin; i < work.end; ++i) {
    const T *x = in + static_cast<ptrdiff_t>(i / inner) * n * inner + i % inner;
    Acc acc = Op::template identity<Acc>();
    for (int k = 0; k < n; ++k)
      acc = Op::step(acc, pre(cast<Acc>(x[static_cast<ptrdiff_t>(k) * inner])));
    out[i] = epilogue(Op::finish(acc, n), i, i % inner);
  }
}

/// Over any axes, each with its extent and stride in the input; the output is dense over the kept
/// ones. The epilogue's column is the offset. Units: products of the kept extents.
template <class Op, class Acc, int K, int R, class T, class Out, class Pre, class E>
BURIN_FN void reduceNd(const Nd<K> &kept, const Nd<K> &keptStride, const Nd<R> &reduced,
                       const Nd<R> &reducedStride, const T *in, Out *out, const Pre &pre,
                       const E &epilogue, Work work) {
  const int n = countOf<R>(reduced);
  Walk<K, K> to = walkFrom<K>(work.begin, kept, keptStride, Nd<K>{});
  for (int i = work.begin; i < work.end; ++i, to.next()) {
    Acc acc = Op::template identity<Acc>();
    Walk<R, R> from = walkFrom<R>(0, reduced, reducedStride, Nd<R>{});
    for (int k = 0; k < n; ++k, from.next())
      acc = Op::step(acc, pre(cast<Acc>(in[to.a + from.a])));
    out[i] = epilogue(Op::finish(acc, n), i, i);
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
