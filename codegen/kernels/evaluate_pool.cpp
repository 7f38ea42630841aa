// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/pool.h"

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// Calls run(shape, in, out, rows) with an rt::Pool of one to three axes.
template <class Run> void slide(Evaluation &e, Run run) {
  const Extents x = e.in(0).shape(), y = e.out().shape(), pads = e.symbols(e.op[attr::pads]);
  if (e.out().count() == 0)
    return;
  const auto with = [&](auto rank) {
    constexpr size_t R = rank;
    rt::Pool<rank> s{};
    s.channels = toInt(x.back());
    int64_t inStep = s.channels, outStep = s.channels, rows = x[0];
    for (size_t i = R; i-- > 0;) {
      s.in.v[i] = toInt(x[1 + i]);
      s.out.v[i] = toInt(y[1 + i]);
      s.kernel.v[i] = toInt(e.op[attr::kernel][i]);
      s.stride.v[i] = toInt(e.op[attr::strides][i]);
      s.dilation.v[i] = toInt(e.op[attr::dilations][i]);
      s.padBegin.v[i] = toInt(pads[i]);
      s.padEnd.v[i] = toInt(pads[R + i]);
      s.inStride.v[i] = toInt(inStep);
      s.outStride.v[i] = toInt(outStep);
      inStep *= x[1 + i];
      outStep *= y[1 + i];
      rows *= i + 1 < R ? y[1 + i] : 1;
    }
    s.inImage = inStep;
    s.outImage = outStep;
    visitNative(e.in(0).type.element(), [&](auto zero) {
      using T = decltype(zero);
      run(s, elements<T>(e.in(0)), elements<T>(e.out()), allOf(rows));
    });
  };
  x.size() == 3   ? with(rt::Const<1>{})
  : x.size() == 4 ? with(rt::Const<2>{})
                  : with(rt::Const<3>{});
}

void maxPool(Evaluation &e) {
  slide(e, [](const auto &shape, const auto *in, auto *out, rt::Work work) {
    rt::maxPool(shape, in, out, rt::Keep{}, work);
  });
}

void maxPoolIndices(Evaluation &e) {
  slide(e, [&](const auto &shape, const auto *in, auto *out, rt::Work work) {
    rt::maxPoolIndices(shape, e.op[attr::columnMajor], in, out, elements<int64_t>(e.out(1)), work);
  });
}

void averagePool(Evaluation &e) {
  slide(e, [&](const auto &shape, const auto *in, auto *out, rt::Work work) {
    if (e.op[attr::countIncludePad])
      rt::averagePool<rt::Divisor::padded>(shape, in, out, rt::Keep{}, work);
    else
      rt::averagePool<rt::Divisor::inside>(shape, in, out, rt::Keep{}, work);
  });
}

constexpr EvaluateDef kPool[] = {
    {&ops::max_pool, runWidened<maxPool>},
    {&ops::max_pool_indices, runWidened<maxPoolIndices>},
    {&ops::average_pool, runWidened<averagePool>},
};

} // namespace

std::span<const EvaluateDef> poolEvaluations() { return kPool; }

} // namespace burin::kernels
