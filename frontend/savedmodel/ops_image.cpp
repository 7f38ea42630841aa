// SPDX-License-Identifier: Apache-2.0
//
// Resampling of images, [n, h, w, c].
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

struct Resampling {
  std::string mode, nearest = "floor";
};

void expectImage(const NodeView &n, Value *x, const Ints &size) {
  const ir::Shape &s = x->type.shape();
  if (s.size() != 4 || size.size() != 2 || !s[1].isNumber() || !s[2].isNumber())
    n.unsupported(
        "resize",
        fmt::format("an image of shape {}, expected [n, h, w, c] with numbers for h and w",
                    ir::text(s)),
        "fix the symbols with --dim");
}

Value *resized(const NodeView &n, Value *x, const Resampling &r, std::string coordinates) {
  const Ints size = n.knownInts(1, "the size");
  expectImage(n, x, size);
  const ir::Shape &s = x->type.shape();
  ir::Floats scales = {1, 0, 0, 1};
  for (size_t i = 0; i < 2; ++i)
    scales[1 + i] =
        static_cast<double>(size[i]) / static_cast<double>(std::max<int64_t>(s[1 + i].number(), 1));
  return n.to.make(ops::resize, {x},
                   {attr::shape({s[0], size[0], size[1], s[3]}), attr::scales(scales),
                    attr::mode(r.mode), attr::coordinates(std::move(coordinates)),
                    attr::nearest(r.nearest), attr::cubicCoefficient(-0.75),
                    attr::excludeOutside(false), attr::antialias(false), attr::extrapolation(0)});
}

std::string coordinatesOf(const NodeView &n, std::string_view halfPixel) {
  if (n.flag("align_corners", false))
    return "align_corners";
  return n.flag("half_pixel_centers", false) ? std::string(halfPixel) : "asymmetric";
}

Items bilinear(const NodeView &n) {
  Value *x = compose::cast(n.to, n.in(0), ElementType::f32);
  return {resized(n, x, {.mode = "linear"}, coordinatesOf(n, "half_pixel"))};
}

Items nearest(const NodeView &n) {
  const bool corners = n.flag("align_corners", false); // these round, the others cut off
  return {resized(n, n.in(0),
                  {.mode = "nearest", .nearest = corners ? "round_prefer_ceil" : "floor"},
                  coordinatesOf(n, "tf_half_pixel_for_nn"))};
}

/// The weights of every element of an axis for every element of the result: [out, in]. TensorFlow
/// takes those of a table of 1024 steps; with half pixels it leaves out what is outside.
std::vector<float> cubicWeights(const NodeView &n, int64_t in, int64_t out) {
  constexpr double kSteps = 1024;
  const bool half = n.flag("half_pixel_centers", false);
  const bool corners = n.flag("align_corners", false) && out > 1;
  const double a = half ? -0.5 : -0.75;
  const auto near = [&](double x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [&](double x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  const float scale = corners ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                              : static_cast<float>(in) / static_cast<float>(out);
  std::vector<float> weights(static_cast<size_t>(in * out), 0);
  for (int64_t i = 0; i < out; ++i) {
    const float at =
        half ? (static_cast<float>(i) + 0.5F) * scale - 0.5F : static_cast<float>(i) * scale;
    const auto place = static_cast<int64_t>(std::floor(at));
    const double step = std::nearbyint((at - std::floor(at)) * kSteps) / kSteps;
    const double four[] = {far(1 + step), near(step), near(1 - step), far(2 - step)};
    double sum = 0;
    for (int64_t k = 0; k < 4; ++k)
      if (const int64_t from = place - 1 + k; !half || (from >= 0 && from < in))
        sum += four[k];
    for (int64_t k = 0; k < 4; ++k) {
      const int64_t from = place - 1 + k;
      if (half && (from < 0 || from >= in))
        continue;
      weights[static_cast<size_t>(i * in + std::clamp<int64_t>(from, 0, in - 1))] +=
          static_cast<float>(half ? four[k] / sum : four[k]);
    }
  }
  return weights;
}

/// Each axis by itself, as a product with its weights.
Items bicubic(const NodeView &n) {
  const Ints size = n.knownInts(1, "the size");
  Value *y = compose::cast(n.to, n.in(0), ElementType::f32);
  expectImage(n, y, size);
  const ir::Shape s = y->type.shape();
  const auto weights = [&](size_t axis) {
    const int64_t in = s[axis].number(), out = size[axis - 1];
    const std::vector<float> all = cubicWeights(n, in, out);
    return n.to.module().addConstant({ElementType::f32, {out, in}}, std::as_bytes(std::span(all)));
  };
  // Rows: [h', h] times [n, h, w * c]; columns: [w', w] times [n, h', w, c].
  y = compose::matmul(n.to, weights(1), compose::reshape(n.to, y, {s[0], s[1], s[2] * s[3]}));
  y = compose::matmul(n.to, weights(2), compose::reshape(n.to, y, {s[0], size[0], s[2], s[3]}));
  return {y};
}

constexpr Lowering kImage[] = {
    {"ResizeBicubic", bicubic},
    {"ResizeBilinear", bilinear},
    {"ResizeNearestNeighbor", nearest},
};

} // namespace

std::span<const Lowering> imageLowerings() { return kImage; }

} // namespace burin::savedmodel
