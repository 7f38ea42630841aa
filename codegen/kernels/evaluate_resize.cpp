// SPDX-License-Identifier: Apache-2.0
//
// resize, and the tables of its axes.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "codegen/kernels/resize_axes.h"
#include "ir/ops.h"

#include <algorithm>
#include <cstring>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

struct CoordinatesRow {
  std::string_view name;
  rt::Coordinates value;
};
constexpr CoordinatesRow kCoordinates[] = {
    {"half_pixel", rt::Coordinates::half_pixel},
    {"half_pixel_symmetric", rt::Coordinates::half_pixel_symmetric},
    {"pytorch_half_pixel", rt::Coordinates::pytorch_half_pixel},
    {"align_corners", rt::Coordinates::align_corners},
    {"asymmetric", rt::Coordinates::asymmetric},
    {"tf_half_pixel_for_nn", rt::Coordinates::tf_half_pixel_for_nn},
    {"tf_crop_and_resize", rt::Coordinates::tf_crop_and_resize},
};

struct NearestRow {
  std::string_view name;
  rt::NearestMode value;
};
constexpr NearestRow kNearest[] = {
    {"round_prefer_floor", rt::NearestMode::round_prefer_floor},
    {"round_prefer_ceil", rt::NearestMode::round_prefer_ceil},
    {"floor", rt::NearestMode::floor},
    {"ceil", rt::NearestMode::ceil},
};

/// The axes of the op, and whether each stays as it is.
struct Axes {
  std::vector<rt::ResizeAxis> all;
  std::vector<bool> stays;

  explicit Axes(Evaluation &e) {
    const Extents from = e.in(0).shape(), to = e.out().shape();
    for (size_t i = 0; i < from.size(); ++i) {
      const bool hasRoi = e.has(1);
      all.push_back(hasRoi ? resizeAxis(e.op, i, from[i], to[i], e.in(1).number(i),
                                        e.in(1).number(from.size() + i))
                           : resizeAxis(e.op, i, from[i], to[i]));
      stays.push_back(!takesRoi(e.op) && from[i] == to[i] && all[i].scale == 1);
    }
  }
};

void resizeNearest(Evaluation &e) {
  const Axes axes{e};
  const Extents from = e.in(0).shape(), to = e.out().shape();
  rt::ResizeIndex<kRank> index{};
  std::vector<std::vector<int32_t>> tables(to.size());
  for (size_t i = 0; i < to.size(); ++i)
    if (!axes.stays[i]) {
      tables[i] = nearestTable(axes.all[i], nearestMode(e.op));
      index.v[size_t{kRank} - to.size() + i] = tables[i].data();
    }
  ir::Tensor beyond{e.out().type.withShape({})};
  beyond.setNumber(0, e.op[attr::extrapolation]);
  const int64_t rows = to.empty() ? 1 : countOf(part(to, 0, to.size() - 1));
  moveElements(e.in(0), e.out(), [&]<class T>(const T *in, T *out) {
    T extrapolation{};
    std::memcpy(&extrapolation, beyond.bytes.data(), std::min(sizeof(T), beyond.bytes.size()));
    rt::resizeNearest(padded(to), padded(denseStrides(from)), index, in, extrapolation, out,
                      allOf(rows));
  });
}

template <class Acc, class T> void interpolate(Evaluation &e) {
  const Axes axes{e};
  const Extents from = e.in(0).shape(), to = e.out().shape();
  size_t rank = to.size(); // without the last ones that stay
  while (rank > 0 && axes.stays[rank - 1])
    --rank;
  rt::ResizeTables<kRank, Acc> tables{};
  std::vector<ResizeTable> held(rank);
  std::vector<std::vector<Acc>> weights(rank);
  for (size_t i = 0; i < rank; ++i)
    if (!axes.stays[i]) {
      held[i] = interpolationTable(axes.all[i], interpolation(e.op));
      weights[i].assign(held[i].weight.begin(), held[i].weight.end());
      rt::ResizeAxisTable<Acc> &table = tables.v[size_t{kRank} - rank + i];
      table.index = held[i].index.data();
      if constexpr (std::is_same_v<Acc, float>)
        table.weight = rt::weights(weights[i].data());
      else
        table.weight = weights[i].data();
      table.taps = held[i].taps;
    }
  const int inner = toInt(countOf(part(to, rank, to.size())));
  const Extents inShape = part(from, 0, rank), outShape = part(to, 0, rank);
  const int64_t rows = rank == 0 ? 1 : countOf(part(to, 0, rank - 1)),
                length = rank == 0 ? 1 : inShape.back();
  std::vector<unsigned char> scratch(static_cast<size_t>(length * inner) * sizeof(Acc));
  const T extrapolation = rt::cast<T>(e.op[attr::extrapolation]);
  rt::resizeInterpolated(padded(inShape), padded(outShape), inner, tables, elements<T>(e.in(0)),
                         extrapolation, elements<T>(e.out()), allOf(rows, &scratch));
}

void resizeInterpolated(Evaluation &e) {
  visitNative(e.in(0).type.element(), [&]<class T>(T) {
    using Acc = std::conditional_t<std::is_same_v<T, float>, float, double>;
    interpolate<Acc, T>(e);
  });
}

void resize(Evaluation &e) {
  if (e.out().count() == 0)
    return;
  isNearest(e.op) ? resizeNearest(e) : runWidened<resizeInterpolated>(e);
}

constexpr EvaluateDef kResize[] = {{&ops::resize, resize, canMove}};

} // namespace

rt::ResizeAxis resizeAxis(const Op &op, size_t axis, int64_t in, int64_t out, double roiBegin,
                          double roiEnd) {
  return {static_cast<int>(in),
          static_cast<int>(out),
          op[attr::scales][axis],
          roiBegin,
          roiEnd,
          std::ranges::find(kCoordinates, op[attr::coordinates], &CoordinatesRow::name)->value,
          op[attr::excludeOutside],
          op[attr::antialias],
          op[attr::cubicCoefficient]};
}

bool isNearest(const Op &op) { return op[attr::mode] == "nearest"; }
bool takesRoi(const Op &op) { return op[attr::coordinates] == "tf_crop_and_resize"; }
rt::NearestMode nearestMode(const Op &op) {
  return std::ranges::find(kNearest, op[attr::nearest], &NearestRow::name)->value;
}
rt::Interpolation interpolation(const Op &op) {
  return op[attr::mode] == "cubic" ? rt::Interpolation::cubic : rt::Interpolation::linear;
}

std::vector<int32_t> nearestTable(const rt::ResizeAxis &axis, rt::NearestMode mode) {
  std::vector<int32_t> index(static_cast<size_t>(axis.out));
  rt::resizeNearestTable(axis, mode, index.data());
  return index;
}

ResizeTable interpolationTable(const rt::ResizeAxis &axis, rt::Interpolation kind) {
  ResizeTable table;
  table.taps = rt::resizeTaps(axis, kind);
  table.index.resize(static_cast<size_t>(axis.out) * static_cast<size_t>(table.taps));
  table.weight.resize(table.index.size());
  rt::resizeTable(axis, kind, table.index.data(), table.weight.data());
  return table;
}

std::span<const EvaluateDef> resizeEvaluations() { return kResize; }

} // namespace burin::kernels
