// SPDX-License-Identifier: Apache-2.0
//
// Elements by index, sorting, and ops whose data decide an extent.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/index.h"
#include "burin/rt/math.h"
#include "burin/rt/numeric.h"
#include "burin/rt/scatter.h"
#include "burin/rt/sort.h"

#include <algorithm>
#include <cstring>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

// ---- reading ----

void gather(Evaluation &e) {
  const Lines l{e.in(0).shape(), e.op[attr::axis]};
  const ir::Tensor indices = asI64(e.in(1));
  const int count = toInt(static_cast<int64_t>(indices.count()));
  if (e.in(0).count() > 0)
    moveElements(e.in(0), e.out(), [&](const auto *in, auto *out) {
      rt::gather(l.n, l.inner, count, in, elements<int64_t>(indices), out,
                 allOf(int64_t{l.outer} * count));
    });
}

/// Rows of a padded shape.
int64_t rowsOf(const rt::Nd<kRank> &shape) { return rt::countOf<kRank - 1>(shape); }

void gatherElements(Evaluation &e) {
  const Extents from = e.in(0).shape();
  const rt::Nd<kRank> shape = padded(e.out().shape());
  const ir::Tensor indices = asI64(e.in(1));
  if (e.in(0).count() > 0)
    moveElements(e.in(0), e.out(), [&](const auto *in, auto *out) {
      rt::gatherElements(shape, padded(from), paddedAxis(from, e.op[attr::axis]), in,
                         elements<int64_t>(indices), out, allOf(rowsOf(shape)));
    });
}

/// The coordinates in the last axis of the indices as one index each, into slices of `inner`
/// elements.
struct Slices {
  int batch, count, extent, inner;
  std::vector<int64_t> indices;

  Slices(const Evaluation &e, int64_t batchDims) {
    const Extents x = e.in(0).shape(), shape = e.in(1).shape();
    const auto b = static_cast<size_t>(batchDims), k = static_cast<size_t>(shape.back());
    const Extents extents = part(x, b, b + k);
    batch = toInt(countOf(part(x, 0, b)));
    count = toInt(countOf(part(shape, b, shape.size() - 1)));
    extent = toInt(countOf(extents));
    inner = toInt(countOf(part(x, b + k, x.size())));
    indices.resize(size_t(batch) * size_t(count), 0);
    if (e.in(0).count() == 0)
      return;
    for (size_t i = 0; i < indices.size(); ++i)
      for (size_t j = 0; j < k; ++j)
        indices[i] = indices[i] * extents[j] +
                     rt::clampIndex(e.in(1).integer(i * k + j), static_cast<int>(extents[j]));
  }
};

void gatherNd(Evaluation &e) {
  const Slices s{e, e.op[attr::batchDims]};
  if (e.in(0).count() > 0)
    moveElements(e.in(0), e.out(), [&](const auto *in, auto *out) {
      rt::gatherNd(s.count, rt::Nd<1>{{s.extent}}, s.inner, in, s.indices.data(), out,
                   allOf(int64_t{s.batch} * s.count));
    });
}

// ---- writing ----

/// Calls f with zeros of the types in which updates are combined.
template <class F> void visitCombined(ElementType e, F f) {
  if (e == ElementType::f16)
    return f(rt::F16{});
  if (e == ElementType::bf16)
    return f(rt::BF16{});
  visitNative(e, f);
}
bool isCombined(ElementType e) {
  return !isSmall(e) || e == ElementType::f16 || e == ElementType::bf16;
}

/// Calls scatter(kind, in, updates, out).
template <class Run> void scatterWith(Evaluation &e, Run run) {
  using rt::Scatter;
  const std::string &kind = e.op[attr::reduction];
  if (kind == "none") {
    // x and the updates side by side, so that strings move as numbers.
    ir::Tensor both = e.in(0);
    both.bytes.insert(both.bytes.end(), e.in(2).bytes.begin(), e.in(2).bytes.end());
    both.strings.insert(both.strings.end(), e.in(2).strings.begin(), e.in(2).strings.end());
    return moveElements(both, e.out(), [&](const auto *in, auto *out) {
      run(rt::Const<int(Scatter::none)>{}, in, in + e.in(0).count(), out);
    });
  }
  visitCombined(e.in(0).type.element(), [&](auto zero) {
    using T = decltype(zero);
    const auto with = [&](auto constant) {
      run(constant, elements<T>(e.in(0)), elements<T>(e.in(2)), elements<T>(e.out()));
    };
    kind == "add"   ? with(rt::Const<int(Scatter::add)>{})
    : kind == "mul" ? with(rt::Const<int(Scatter::mul)>{})
    : kind == "min" ? with(rt::Const<int(Scatter::min)>{})
                    : with(rt::Const<int(Scatter::max)>{});
  });
}

void scatterElements(Evaluation &e) {
  const Extents shape = e.in(0).shape();
  const rt::Nd<kRank> updateShape = padded(e.in(1).shape());
  const ir::Tensor indices = asI64(e.in(1));
  if (e.in(0).count() > 0)
    scatterWith(e, [&](auto kind, const auto *in, const auto *updates, auto *out) {
      rt::scatterElements<rt::Scatter{int(kind)}>(
          padded(shape), updateShape, paddedAxis(shape, e.op[attr::axis]), in,
          elements<int64_t>(indices), updates, out, allOf(1));
    });
}

void scatterNd(Evaluation &e) {
  const Slices s{e, 0};
  if (e.in(0).count() > 0)
    scatterWith(e, [&](auto kind, const auto *in, const auto *updates, auto *out) {
      rt::scatterNd<rt::Scatter{int(kind)}>(1, s.count, rt::Nd<1>{{s.extent}}, s.inner, in,
                                            s.indices.data(), updates, out, allOf(1));
    });
}

bool canScatter(const Op &op) {
  return op[attr::reduction] == "none" ? canMove(op) : isCombined(op.operand(0)->type.element());
}

template <rt::Scan Kind> void cumulative(Evaluation &e) {
  const Lines l{e.in(0).shape(), e.op[attr::axis]};
  visitCombined(e.in(0).type.element(), [&](auto zero) {
    using T = decltype(zero);
    rt::cumulative<Kind>(l.n, l.inner, e.op[attr::exclusive], e.op[attr::reverse],
                         elements<T>(e.in(0)), elements<T>(e.out()), allOf(l.outer));
  });
}
bool canCumulate(const Op &op) { return isCombined(op.operand(0)->type.element()); }

void reverseSequence(Evaluation &e) {
  const Extents shape = e.in(0).shape(), strides = denseStrides(shape);
  const auto time = frontAxis(e.op[attr::axis], shape.size()),
             batch = frontAxis(e.op[attr::batchAxis], shape.size()), last = std::max(time, batch);
  const ir::Tensor lengths = asI64(e.in(1));
  if (e.out().count() == 0)
    return;
  // The kernel runs for every index of the other axes before the last of the two.
  Extents others = part(shape, 0, last), otherStrides = part(strides, 0, last);
  others[std::min(time, batch)] = 1;
  const rt::Nd<kRank> outer = padded(others), outerStride = padded(otherStrides, 0);
  const int inner = toInt(countOf(part(shape, last + 1, shape.size())));
  moveElements(e.in(0), e.out(), [&](const auto *in, auto *out) {
    for (int i = 0; i < rt::countOf<kRank>(outer); ++i) {
      const ptrdiff_t place = rt::placeOf<kRank>(i, outer, outerStride);
      rt::reverseSequence(toInt(shape[time]), inner, strides[batch], strides[time], in + place,
                          elements<int64_t>(lengths), out + place, allOf(shape[batch]));
    }
  });
}

// ---- choosing ----

void topk(Evaluation &e) {
  const Lines l{e.in(0).shape(), e.op[attr::axis]};
  const int k = toInt(e.symbols(e.op[attr::count][0]));
  std::vector<unsigned char> scratch(static_cast<size_t>(k) * sizeof(int32_t));
  visitNative(e.in(0).type.element(), [&](auto zero) {
    using T = decltype(zero);
    rt::topK(l.n, l.inner, k, e.op[attr::largest], elements<T>(e.in(0)), elements<T>(e.out(0)),
             elements<int64_t>(e.out(1)), allOf(int64_t{l.outer} * l.inner, &scratch));
  });
}

template <bool Most> void arg(Evaluation &e) {
  const Lines l{e.in(0).shape(), e.op[attr::axis]};
  const rt::Work work = allOf(int64_t{l.outer} * l.inner);
  if (l.n > 0)
    visitNative(e.in(0).type.element(), [&](auto zero) {
      const auto *in = elements<decltype(zero)>(e.in(0));
      int64_t *out = elements<int64_t>(e.out());
      if constexpr (Most)
        rt::argMax(l.n, l.inner, e.op[attr::selectLast], in, out, work);
      else
        rt::argMin(l.n, l.inner, e.op[attr::selectLast], in, out, work);
    });
}

ir::Tensor integers(const Extents &shape, const int64_t *values) {
  ir::Tensor t{ir::Type{ElementType::i64, {shape.begin(), shape.end()}}};
  std::copy_n(values, t.count(), elements<int64_t>(t));
  return t;
}

/// visitNative() with bool as bytes.
template <class F> void visitComparable(ElementType e, F f) {
  visitNative(e == ElementType::boolean ? ElementType::u8 : e, f);
}

void nonzero(Evaluation &e) {
  const size_t rank = e.in(0).type.rank();
  std::vector<int64_t> found(size_t{kRank} * e.in(0).count());
  int count = 0;
  visitComparable(e.in(0).type.element(), [&](auto zero) {
    rt::nonZero(padded(e.in(0).shape()), elements<decltype(zero)>(e.in(0)), found.data(), INT32_MAX,
                &count, allOf(1));
  });
  e.results.push_back(integers({static_cast<int64_t>(rank), count},
                               found.data() + (size_t{kRank} - rank) * static_cast<size_t>(count)));
}

void compress(Evaluation &e) {
  const ir::Tensor &x = e.in(0);
  const Lines l{x.shape(), e.op[attr::axis]};
  const bool *condition = elements<bool>(e.in(1));
  const int conditions = toInt(e.in(1).extent(0));
  ir::Shape shape = x.type.shape();
  shape[frontAxis(e.op[attr::axis], shape.size())] =
      std::count(condition, condition + std::min(l.n, conditions), true);
  ir::Tensor out{x.type.withShape(shape)};
  int count = 0;
  moveElements(x, out, [&](const auto *in, auto *to) {
    rt::compress(l.outer, l.n, l.inner, condition, conditions, in, to, INT32_MAX, &count, allOf(1));
  });
  e.results.push_back(std::move(out));
}

void unique(Evaluation &e) {
  const ir::Tensor &x = e.in(0);
  const auto n = static_cast<int64_t>(x.count());
  std::vector<int64_t> first(x.count()), inverse(x.count()), counts(x.count());
  std::vector<unsigned char> scratch(x.count() * 12);
  ir::Tensor out = x;
  int count = 0;
  visitComparable(x.type.element(), [&](auto zero) {
    using T = decltype(zero);
    rt::unique(toInt(n), 1, e.op[attr::sorted], elements<T>(x), elements<T>(out), first.data(),
               inverse.data(), counts.data(), INT32_MAX, &count, allOf(1, &scratch));
  });
  out.type = x.type.withShape({count});
  out.bytes.resize(static_cast<size_t>(count) * ir::elementSize(x.type.element()));
  e.results = {std::move(out), integers({count}, first.data()), integers({n}, inverse.data()),
               integers({count}, counts.data())};
}

bool hasNoStrings(const Op &op) { return op.operand(0)->type.element() != ElementType::string; }

constexpr EvaluateDef kIndex[] = {
    {&ops::gather, gather, canMove},
    {&ops::gather_elements, gatherElements, canMove},
    {&ops::gather_nd, gatherNd, canMove},
    {&ops::scatter_elements, scatterElements, canScatter},
    {&ops::scatter_nd, scatterNd, canScatter},
    {&ops::cumsum, cumulative<rt::Scan::add>, canCumulate},
    {&ops::cumprod, cumulative<rt::Scan::mul>, canCumulate},
    {&ops::reverse_sequence, reverseSequence, canMove},
    {&ops::topk, runWidened<topk>},
    {&ops::argmax, runWidened<arg<true>>},
    {&ops::argmin, runWidened<arg<false>>},
    {&ops::nonzero, runWidened<nonzero>, hasNoStrings},
    {&ops::compress, compress, canMove},
    {&ops::unique, runWidened<unique>, hasNoStrings},
};

} // namespace

std::span<const EvaluateDef> indexEvaluations() { return kIndex; }

} // namespace burin::kernels
