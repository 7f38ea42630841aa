// SPDX-License-Identifier: Apache-2.0
//
// Images sampled at places that are known at run time; boxes.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/grid_sample.h"
#include "burin/rt/roi_align.h"
#include "burin/rt/suppression.h"

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

template <rt::GridMode Mode, rt::GridPadding Padding, class T> void sample(Evaluation &e) {
  const Extents x = e.in(0).shape(), y = e.out().shape();
  const auto with = [&](auto rank) {
    rt::GridSample<rank> s{};
    s.channels = toInt(x[1]);
    s.alignCorners = e.op[attr::alignCorners];
    for (size_t i = 0; i < size_t{rank}; ++i) {
      s.in.v[i] = toInt(x[2 + i]);
      s.out.v[i] = toInt(y[2 + i]);
    }
    rt::gridSample<Mode, Padding, T>(s, elements<T>(e.in(0)), elements<T>(e.in(1)),
                                     elements<T>(e.out()),
                                     allOf(x[0] * countOf(part(y, 2, y.size()))));
  };
  x.size() == 3   ? with(rt::Const<1>{})
  : x.size() == 4 ? with(rt::Const<2>{})
                  : with(rt::Const<3>{});
}

template <rt::GridMode Mode> void sampleBy(Evaluation &e) {
  using rt::GridPadding;
  visitFloat(e.in(0).type.element(), [&]<class T>(T) {
    const std::string &padding = e.op[attr::pattern];
    padding == "zeros"    ? sample<Mode, GridPadding::zeros, T>(e)
    : padding == "border" ? sample<Mode, GridPadding::border, T>(e)
                          : sample<Mode, GridPadding::reflection, T>(e);
  });
}

void gridSample(Evaluation &e) {
  const std::string &mode = e.op[attr::mode];
  mode == "nearest"  ? sampleBy<rt::GridMode::nearest>(e)
  : mode == "linear" ? sampleBy<rt::GridMode::linear>(e)
                     : sampleBy<rt::GridMode::cubic>(e);
}

void roiAlign(Evaluation &e) {
  const Extents x = e.in(0).shape(), y = e.out().shape();
  const rt::RoiAlign s{toInt(x[0]),
                       toInt(x[1]),
                       toInt(x[2]),
                       toInt(x[3]),
                       toInt(y[2]),
                       toInt(y[3]),
                       e.op[attr::coordinates] == "half_pixel",
                       toInt(e.op[attr::sampling]),
                       e.op[attr::spatialScale]};
  const ir::Tensor batch = asI64(e.in(2));
  visitFloat(e.in(0).type.element(), [&]<class T>(T) {
    std::vector<unsigned char> scratch(static_cast<size_t>(s.channels) * sizeof(T));
    const rt::Work work = allOf(y[0] * y[2], &scratch);
    const T *in = elements<T>(e.in(0)), *rois = elements<T>(e.in(1));
    if (e.op[attr::mode] == "max")
      rt::roiAlign<true, T>(s, in, rois, elements<int64_t>(batch), elements<T>(e.out()), work);
    else
      rt::roiAlign<false, T>(s, in, rois, elements<int64_t>(batch), elements<T>(e.out()), work);
  });
}

void nonMaxSuppression(Evaluation &e) {
  const Extents scores = e.in(1).shape();
  const rt::Suppression s{toInt(scores[0]), toInt(scores[1]), toInt(scores[2]),
                          e.op[attr::centerPoint]};
  const int room = toInt(static_cast<int64_t>(e.in(1).count()));
  std::vector<int64_t> chosen(static_cast<size_t>(room) * 3);
  std::vector<unsigned char> scratch(static_cast<size_t>(s.boxes) * 8);
  int count = 0;
  visitFloat(e.in(0).type.element(), [&]<class T>(T) {
    rt::nonMaxSuppression(s, elements<T>(e.in(0)), elements<T>(e.in(1)),
                          elementsOrNull<int64_t>(e, 2), elementsOrNull<T>(e, 3),
                          elementsOrNull<T>(e, 4), room, chosen.data(), &count, allOf(1, &scratch));
  });
  ir::Tensor out{ir::Type{ElementType::i64, {count, 3}}};
  std::copy_n(chosen.data(), out.count(), elements<int64_t>(out));
  e.results.push_back(std::move(out));
}

constexpr EvaluateDef kImage[] = {
    {&ops::grid_sample, runWidened<gridSample>},
    {&ops::roi_align, runWidened<roiAlign>},
    {&ops::non_max_suppression, runWidened<nonMaxSuppression>},
};

} // namespace

std::span<const EvaluateDef> imageEvaluations() { return kImage; }

} // namespace burin::kernels
