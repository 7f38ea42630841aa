// SPDX-License-Identifier: Apache-2.0
//
// Reductions, softmax and normalisation.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/lrn.h"
#include "burin/rt/norm.h"
#include "burin/rt/numeric.h"
#include "burin/rt/reduce.h"
#include "burin/rt/softmax.h"

#include <algorithm>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

int64_t blocksOf(int inner) { return (inner + rt::kReduceBlock - 1) / rt::kReduceBlock; }

// ---- reductions ----

/// How the axes of x are split.
struct Reduction {
  Extents kept, keptStride, reduced, reducedStride;
  size_t begin = 0, end = 0; ///< the reduced axes,
  bool isMiddle = true;      ///< if they are neighbours

  explicit Reduction(const Evaluation &e) {
    const Extents shape = e.in(0).shape(), strides = denseStrides(shape);
    std::vector<bool> leaves(shape.size());
    for (const int64_t axis : e.op[attr::axes])
      leaves[frontAxis(axis, shape.size())] = true;
    for (size_t i = 0; i < shape.size(); ++i) {
      const bool isReduced = leaves[i];
      (isReduced ? reduced : kept).push_back(shape[i]);
      (isReduced ? reducedStride : keptStride).push_back(strides[i]);
      if (!isReduced)
        continue;
      isMiddle = isMiddle && (end == begin || end == i);
      begin = end == begin ? i : begin;
      end = i + 1;
    }
  }
};

/// What a reduction leaves, as an element of the result.
template <class T> struct Stored {
  template <class Acc> T operator()(Acc x, ptrdiff_t, int) const { return rt::cast<T>(x); }
};

template <class R, class Acc, class T> void reduceScalar(Evaluation &e, const Reduction &r) {
  const T *in = elements<T>(e.in(0));
  T *out = elements<T>(e.out());
  if (r.isMiddle) {
    const Lines l{e.in(0).shape(), r.begin, r.end};
    rt::reduceScalar<R, Acc>(l.outer, l.n, l.inner, in, out, rt::Same{}, Stored<T>{},
                             allOf(int64_t{l.outer} * l.inner));
  } else {
    rt::reduceNd<R, Acc>(padded(r.kept), padded(r.keptStride, 0), padded(r.reduced),
                         padded(r.reducedStride, 0), in, out, rt::Same{}, Stored<T>{},
                         allOf(countOf(r.kept)));
  }
}

/// The mean of integers is that of their sum in 64 bits.
template <class R, class T>
using Accumulator = std::conditional_t<!std::is_same_v<R, rt::ReduceMean> || rt::kIsReal<T>, T,
                                       std::conditional_t<rt::kSigned<T>, int64_t, uint64_t>>;

template <class R> void reduce(Evaluation &e) {
  const Reduction r{e};
  const ElementType element = e.in(0).type.element();
  if (e.out().count() == 0)
    return;
  if (element == ElementType::f32 && r.isMiddle) {
    const Lines l{e.in(0).shape(), r.begin, r.end};
    rt::reduce<R>(l.outer, l.n, l.inner, elements<float>(e.in(0)), elements<float>(e.out()),
                  rt::Same{}, rt::Keep{}, allOf(l.outer * blocksOf(l.inner)));
  } else if (element == ElementType::boolean) {
    reduceScalar<R, uint8_t, bool>(e, r);
  } else {
    visitNative(element, [&](auto zero) {
      reduceScalar<R, Accumulator<R, decltype(zero)>, decltype(zero)>(e, r);
    });
  }
}

// ---- softmax ----

template <bool Log> void softmax(Evaluation &e) {
  softmaxLines(e.in(0), e.out(), Lines{e.in(0).shape(), e.op[attr::axis]}, Log);
}

// ---- normalisation ----

/// y = x * scale + bias, each where it is there; place(i) is where element i reads them.
template <class T, class Place> void scaleAndShift(Evaluation &e, Place place) {
  const T *scale = elementsOrNull<T>(e, 1),
          *bias = e.op.is(ops::rms_norm) ? nullptr : elementsOrNull<T>(e, 2);
  T *y = elements<T>(e.out());
  for (size_t i = 0; i < e.out().count(); ++i) {
    if (scale)
      y[i] *= scale[place(1, i)];
    if (bias)
      y[i] += bias[place(2, i)];
  }
}

/// Rows of `double`, for which there is no kernel.
void normalizeDoubles(Evaluation &e, const Lines &l) {
  const double *x = elements<double>(e.in(0)), n = l.n;
  double *y = elements<double>(e.out());
  for (int row = 0; row < l.outer; ++row, x += l.n, y += l.n) {
    double mean = 0, squares = 0;
    for (int i = 0; i < l.n && !e.op.is(ops::rms_norm); ++i)
      mean += x[i] / n;
    for (int i = 0; i < l.n; ++i)
      squares += (x[i] - mean) * (x[i] - mean);
    const double factor = 1 / rt::sqrt(squares / n + e.op[attr::epsilon]);
    for (int i = 0; i < l.n; ++i)
      y[i] = (x[i] - mean) * factor;
  }
}

/// layer_norm and rms_norm.
void rowNorm(Evaluation &e) {
  const Extents shape = e.in(0).shape();
  const size_t axis = frontAxis(e.op[attr::axis], shape.size());
  const Lines l{shape, axis, shape.size()};
  if (e.out().count() == 0)
    return;
  // The kernels take parameters that are a row; others come afterwards.
  const auto isRow = [&](size_t i) {
    return !e.has(i) || isRowOf(e.in(i).type, e.in(0).type, axis);
  };
  const bool isFloat = e.in(0).type.element() == ElementType::f32,
             takesAll = isFloat && isRow(1) && (e.op.is(ops::rms_norm) || isRow(2));
  if (isFloat) {
    const float *x = elements<float>(e.in(0)), epsilon = static_cast<float>(e.op[attr::epsilon]);
    const auto parameter = [&](size_t i) {
      return takesAll && e.has(i) ? rt::weights(elements<float>(e.in(i))) : nullptr;
    };
    float *y = elements<float>(e.out());
    if (e.op.is(ops::rms_norm))
      rt::rmsNorm(l.n, epsilon, x, parameter(1), y, nullptr, rt::Keep{}, allOf(l.outer));
    else
      rt::layerNorm(l.n, epsilon, x, parameter(1), parameter(2), y, nullptr, nullptr, rt::Keep{},
                    allOf(l.outer));
  } else {
    normalizeDoubles(e, l);
  }
  if (takesAll)
    return;
  const rt::Nd<kRank> extents = padded(shape);
  rt::Nd<kRank> strides[3] = {};
  for (size_t i = 1; i < e.operands.size() && i < 3; ++i)
    if (e.has(i)) {
      const Extents own = e.in(i).shape(), dense = denseStrides(own);
      for (size_t axis = 0; axis < own.size(); ++axis)
        strides[i].v[size_t{kRank} - own.size() + axis] = own[axis] == 1 ? 0 : toInt(dense[axis]);
    }
  const auto place = [&](size_t operand, size_t i) {
    return rt::placeOf<kRank>(static_cast<int>(i), extents, strides[operand]);
  };
  visitFloat(e.in(0).type.element(), [&](auto zero) { scaleAndShift<decltype(zero)>(e, place); });
}

/// Channels behind the batch or last.
bool canGroup(const Op &op) {
  const size_t rank = op.operand(0)->type.rank(), axis = frontAxis(op[attr::axis], rank);
  return axis == 1 || (axis == rank - 1 && op.operand(0)->type.element() != ElementType::f64);
}

void groupNorm(Evaluation &e) {
  const Extents shape = e.in(0).shape();
  const size_t axis = frontAxis(e.op[attr::axis], shape.size());
  const int64_t groups = e.op[attr::groups];
  if (e.out().count() == 0)
    return;
  const int channels = toInt(shape[axis]), pixels = toInt(countOf(shape) / shape[0] / channels);
  if (e.in(0).type.element() == ElementType::f64) {
    const int64_t rows = shape[0] * groups;
    normalizeDoubles(e, Lines{{rows, countOf(shape) / rows}, 1});
    return scaleAndShift<double>(e, [&](size_t, size_t i) {
      return i / static_cast<size_t>(pixels) % static_cast<size_t>(channels);
    });
  }
  const float *x = elements<float>(e.in(0)), epsilon = static_cast<float>(e.op[attr::epsilon]);
  const auto parameter = [&](size_t i) {
    return e.has(i) ? rt::weights(elements<float>(e.in(i))) : nullptr;
  };
  if (axis == 1 && shape.size() != 2) {
    rt::groupNormNchw(pixels, channels, toInt(groups), epsilon, x, parameter(1), parameter(2),
                      elements<float>(e.out()), rt::Keep{}, allOf(shape[0] * groups));
  } else {
    std::vector<unsigned char> scratch(static_cast<size_t>(channels) * 16);
    rt::groupNormNhwc(pixels, channels, toInt(groups), epsilon, x, parameter(1), parameter(2),
                      elements<float>(e.out()), rt::Keep{}, allOf(shape[0], &scratch));
  }
}

void batchNorm(Evaluation &e) {
  const Lines l{e.in(0).shape(), e.op[attr::axis]};
  const int64_t lines = int64_t{l.outer} * l.n;
  const auto run = [&]<class T>(T) {
    const auto of = [&](size_t i) { return elements<T>(e.in(i)); };
    rt::batchNormScalar<T>(l.n, l.inner, e.op[attr::epsilon], of(0), of(1), of(2), of(3), of(4),
                           elements<T>(e.out()), allOf(lines));
  };
  if (e.in(0).type.element() == ElementType::f64)
    return run(double{});
  const auto parameter = [&](size_t i) { return rt::weights(elements<float>(e.in(i))); };
  std::vector<unsigned char> scratch(static_cast<size_t>(l.n) * 12);
  rt::batchNorm(l.n, l.inner, static_cast<float>(e.op[attr::epsilon]), elements<float>(e.in(0)),
                parameter(1), parameter(2), parameter(3), parameter(4), elements<float>(e.out()),
                rt::Keep{}, allOf(l.inner == 1 ? l.outer : lines, &scratch));
}

void lrn(Evaluation &e) {
  const Lines l{e.in(0).shape(), e.op[attr::axis]};
  const int size = toInt(e.op[attr::size]);
  const double alpha = e.op[attr::alpha] / size, beta = e.op[attr::beta], bias = e.op[attr::bias];
  if (e.in(0).type.element() == ElementType::f64)
    return rt::lrnScalar(l.n, l.inner, rt::Lrn<double>{size, alpha, beta, bias},
                         elements<double>(e.in(0)), elements<double>(e.out()),
                         allOf(countOf(e.out().shape())));
  rt::lrn(l.n, l.inner,
          rt::Lrn<float>{size, static_cast<float>(alpha), static_cast<float>(beta),
                         static_cast<float>(bias)},
          elements<float>(e.in(0)), elements<float>(e.out()), allOf(l.outer * blocksOf(l.inner)));
}

constexpr EvaluateDef kRows[] = {
    {&ops::reduce_sum, runWidened<reduce<rt::ReduceSum>>},
    {&ops::reduce_mean, runWidened<reduce<rt::ReduceMean>>},
    {&ops::reduce_max, runWidened<reduce<rt::ReduceMax>>},
    {&ops::reduce_min, runWidened<reduce<rt::ReduceMin>>},
    {&ops::reduce_prod, runWidened<reduce<rt::ReduceProd>>},
    {&ops::softmax, runWidened<softmax<false>>},
    {&ops::log_softmax, runWidened<softmax<true>>},
    {&ops::layer_norm, runWidened<rowNorm>},
    {&ops::rms_norm, runWidened<rowNorm>},
    {&ops::group_norm, runWidened<groupNorm>, canGroup},
    {&ops::batch_norm, runWidened<batchNorm>},
    {&ops::lrn, runWidened<lrn>},
};

} // namespace

void softmaxLines(const ir::Tensor &in, ir::Tensor &out, const Lines &l, bool isLog) {
  if (in.type.element() == ElementType::f64) {
    const double *x = elements<double>(in);
    const rt::Work work = allOf(int64_t{l.outer} * l.inner);
    isLog ? rt::logSoftmaxScalar<double>(l.n, l.inner, x, elements<double>(out), work)
          : rt::softmaxScalar<double>(l.n, l.inner, x, elements<double>(out), work);
    return;
  }
  const float *x = elements<float>(in);
  float *y = elements<float>(out);
  if (l.inner == 1)
    isLog ? rt::logSoftmax(l.n, x, y, allOf(l.outer)) : rt::softmax(l.n, x, y, allOf(l.outer));
  else if (isLog)
    rt::logSoftmaxAxis(l.n, l.inner, x, y, allOf(l.outer * blocksOf(l.inner)));
  else
    rt::softmaxAxis(l.n, l.inner, x, y, allOf(l.outer * blocksOf(l.inner)));
}

std::span<const EvaluateDef> rowEvaluations() { return kRows; }

} // namespace burin::kernels
