// SPDX-License-Identifier: Apache-2.0
//
// Padding, resizing and shuffling of images.
#include "frontend/torchscript/lowering.h"
#include "frontend/torchscript/ranks.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

// ---- padding ----

/// torch counts from the last axis: [begin, end, begin of the axis before, ...].
Dims padsOf(const Call &n, std::string_view name, size_t rank) {
  const Dims given = n.dims(name);
  if (given.size() % 2 != 0 || given.size() / 2 > rank)
    n.fail("pad",
           fmt::format("{} has {} entries for a tensor of rank {}", name, given.size(), rank));
  Dims pads(2 * rank, Dim(0));
  for (size_t i = 0; i < given.size() / 2; ++i) {
    pads[rank - 1 - i] = given[2 * i];
    pads[2 * rank - 1 - i] = given[2 * i + 1];
  }
  return pads;
}

Host padConstant(const Call &n, Value *with) {
  Value *x = n.value("self");
  return n.tensor(n.to.make(
      ops::pad, {x, with}, {attr::pads(padsOf(n, "pad", x->type.rank())), attr::mode("constant")}));
}
Host padBy(const Call &n, std::string_view name, std::string mode) {
  Value *x = n.value("self");
  return n.tensor(n.to.make(
      ops::pad, {x}, {attr::pads(padsOf(n, name, x->type.rank())), attr::mode(std::move(mode))}));
}

Host pad(const Call &n) {
  const std::string &mode = n.text("mode");
  if (mode == "constant")
    return padConstant(n,
                       n.has("value") ? n.as("value", n.value("self")->type.element()) : nullptr);
  const std::string known = mode == "reflect"     ? "reflect"
                            : mode == "replicate" ? "edge"
                            : mode == "circular"  ? "wrap"
                                                  : "";
  if (known.empty())
    n.fail("pad", fmt::format("the mode is '{}', expected constant, reflect, replicate or circular",
                              mode));
  return padBy(n, "pad", known);
}
Host padNd(const Call &n) { return padConstant(n, n.as("value", n.value("self")->type.element())); }
Host reflect(const Call &n) { return padBy(n, "padding", "reflect"); }
Host replicate(const Call &n) { return padBy(n, "padding", "edge"); }

// ---- resizing ----

/// `sizes` or `factors` of the spatial axes; a factor that is given decides the places of samples.
Host resampled(const Call &n, Value *x, const std::string &mode, const Dims &sizes,
               const std::vector<std::optional<double>> &factors) {
  const size_t rank = x->type.rank(), spatial = rank - 2;
  if (rank < 3 || (!sizes.empty() && sizes.size() != spatial))
    n.fail("rank", fmt::format("a tensor of rank {} is resized along {} axes", rank, sizes.size()));
  for (const std::optional<double> &factor : factors)
    if (factor && !(*factor > 0 && *factor < 1e6))
      n.fail("argument", fmt::format("the factor {} of a size", *factor));
  const bool corners = n.takes("align_corners") && n.flag("align_corners");
  Dims shape = x->type.shape();
  std::vector<double> scales(rank, 1);
  for (size_t i = 0; i < spatial; ++i) {
    const Dim &from = x->type.dim(2 + i);
    std::optional<double> factor;
    if (i < factors.size())
      factor = factors[i];
    if (!sizes.empty())
      shape[2 + i] = sizes[i];
    else if (factor && *factor == std::floor(*factor))
      shape[2 + i] = from * Dim(static_cast<int64_t>(*factor));
    else if (factor && from.isNumber())
      shape[2 + i] = static_cast<int64_t>(std::floor(static_cast<double>(from.number()) * *factor));
    else
      n.unsupported("symbolic", "an open extent is resized by a broken factor",
                    "fix the symbol with --dim");
    if (factor && !corners)
      scales[2 + i] = *factor;
    else if (shape[2 + i].isNumber() && from.isNumber() && from.number() > 0)
      scales[2 + i] =
          static_cast<double>(shape[2 + i].number()) / static_cast<double>(from.number());
    else
      n.unsupported("symbolic", "an open extent is resized to a size",
                    "fix the symbol with --dim, or resize by a factor");
  }
  const bool smooths = n.schema.name.ends_with("_aa");
  if (smooths && corners)
    n.unsupported("argument", "resizing with antialias and align_corners", "leave one of them out");
  const bool isExact = n.schema.name.find("nearest_exact") != std::string::npos;
  const std::string coordinates = mode == "nearest" && !isExact ? "asymmetric"
                                  : corners                     ? "align_corners"
                                                                : "half_pixel";
  return n.tensor(n.to.make(
      ops::resize, {x},
      {attr::shape(shape), attr::scales(scales), attr::mode(mode), attr::coordinates(coordinates),
       attr::nearest(isExact ? "round_prefer_ceil" : "floor"),
       attr::cubicCoefficient(smooths ? -0.5 : -0.75), attr::excludeOutside(smooths),
       attr::antialias(smooths), attr::extrapolation(0)}));
}

/// The overload with output_size and a factor for each axis.
template <const char *const &mode> Host upsample(const Call &n) {
  std::vector<std::optional<double>> factors;
  for (const std::string_view name : {"scales", "scales_d", "scales_h", "scales_w"})
    if (n.takes(name))
      factors.push_back(n.has(name) ? std::optional(n.real(name)) : std::nullopt);
  return resampled(n, n.value("self"), mode, n.dims("output_size"), factors);
}
/// The overload with one of output_size and scale_factors.
template <const char *const &mode> Host upsampleVector(const Call &n) {
  std::vector<std::optional<double>> factors;
  for (const double factor : n.reals("scale_factors"))
    factors.emplace_back(factor);
  return resampled(n, n.value("input"), mode, n.dims("output_size"), factors);
}
constexpr const char *kNearest = "nearest", *kLinear = "linear", *kCubic = "cubic";

// ---- shuffling ----

/// [n, c r r, h, w] to [n, c, h r, w r], and back.
Host pixelShuffle(const Call &n) {
  Value *x = ranked(n, "self", 4, 4);
  const int64_t r = positive(n, "upscale_factor");
  const ir::Shape &s = x->type.shape();
  const Dim c = floorDiv(s[1], r * r);
  x = compose::reshape(n.to, x, {s[0], c, r, r, s[2], s[3]});
  x = compose::transpose(n.to, x, {0, 1, 4, 2, 5, 3});
  return n.tensor(compose::reshape(n.to, x, {s[0], c, s[2] * Dim(r), s[3] * Dim(r)}));
}
Host pixelUnshuffle(const Call &n) {
  Value *x = ranked(n, "self", 4, 4);
  const int64_t r = positive(n, "downscale_factor");
  const ir::Shape s = x->type.shape();
  const Dim h = floorDiv(s[2], r), w = floorDiv(s[3], r);
  x = compose::reshape(n.to, x, {s[0], s[1], h, r, w, r});
  x = compose::transpose(n.to, x, {0, 1, 3, 5, 2, 4});
  return n.tensor(compose::reshape(n.to, x, {s[0], s[1] * Dim(r * r), h, w}));
}
Host channelShuffle(const Call &n) {
  Value *x = ranked(n, "self", 3);
  const int64_t groups = positive(n, "groups");
  const Dims shape = x->type.shape();
  Dims wide = shape;
  wide[1] = floorDiv(shape[1], groups);
  wide.insert(wide.begin() + 1, Dim(groups));
  Ints perm(wide.size());
  for (size_t i = 0; i < perm.size(); ++i)
    perm[i] = static_cast<int64_t>(i);
  std::swap(perm[1], perm[2]);
  x = compose::transpose(n.to, compose::reshape(n.to, x, wide), perm);
  return n.tensor(compose::reshape(n.to, x, shape));
}

Host gridSample(const Call &n) {
  constexpr std::string_view kModes[] = {"linear", "nearest", "cubic"};
  constexpr std::string_view kPatterns[] = {"zeros", "border", "reflection"};
  const int64_t mode = n.integer("interpolation_mode"), pattern = n.integer("padding_mode");
  if (mode < 0 || mode > 2 || pattern < 0 || pattern > 2)
    n.fail("argument", "a mode of grid_sampler that is none");
  return n.tensor(n.to.make(ops::grid_sample, {n.value("input"), n.value("grid")},
                            {attr::mode(std::string(kModes[mode])),
                             attr::pattern(std::string(kPatterns[pattern])),
                             attr::alignCorners(n.flag("align_corners"))}));
}

constexpr Lowering kImage[] = {
    {"aten::pad(Tensor self, int[] pad, str mode=\"constant\", float? value=None) -> Tensor", pad},
    {"aten::constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor", padNd},
    {"aten::reflection_pad1d(Tensor self, int[2] padding) -> Tensor", reflect},
    {"aten::reflection_pad2d(Tensor self, int[4] padding) -> Tensor", reflect},
    {"aten::replication_pad1d(Tensor self, int[2] padding) -> Tensor", replicate},
    {"aten::replication_pad2d(Tensor self, int[4] padding) -> Tensor", replicate},
    {"aten::replication_pad3d(Tensor self, int[6] padding) -> Tensor", replicate},
    {"aten::upsample_nearest1d(Tensor self, int[1] output_size, float? scales=None) -> Tensor",
     upsample<kNearest>},
    {"aten::upsample_nearest1d.vec(Tensor input, int[]? output_size, float[]? scale_factors) -> "
     "Tensor",
     upsampleVector<kNearest>},
    {"aten::upsample_nearest2d(Tensor self, int[2] output_size, float? scales_h=None, float? "
     "scales_w=None) -> Tensor",
     upsample<kNearest>},
    {"aten::upsample_nearest2d.vec(Tensor input, int[]? output_size, float[]? scale_factors) -> "
     "Tensor",
     upsampleVector<kNearest>},
    {"aten::upsample_nearest3d(Tensor self, int[3] output_size, float? scales_d=None, float? "
     "scales_h=None, float? scales_w=None) -> Tensor",
     upsample<kNearest>},
    {"aten::upsample_nearest3d.vec(Tensor input, int[]? output_size, float[]? scale_factors) -> "
     "Tensor",
     upsampleVector<kNearest>},
    {"aten::upsample_linear1d(Tensor self, int[1] output_size, bool align_corners, float? "
     "scales=None) -> Tensor",
     upsample<kLinear>},
    {"aten::upsample_linear1d.vec(Tensor input, int[]? output_size, bool align_corners, float[]? "
     "scale_factors) -> Tensor",
     upsampleVector<kLinear>},
    {"aten::upsample_bilinear2d(Tensor self, int[2] output_size, bool align_corners, float? "
     "scales_h=None, float? scales_w=None) -> Tensor",
     upsample<kLinear>},
    {"aten::upsample_bilinear2d.vec(Tensor input, int[]? output_size, bool align_corners, "
     "float[]? scale_factors) -> Tensor",
     upsampleVector<kLinear>},
    {"aten::upsample_trilinear3d(Tensor self, int[3] output_size, bool align_corners, float? "
     "scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor",
     upsample<kLinear>},
    {"aten::upsample_trilinear3d.vec(Tensor input, int[]? output_size, bool align_corners, "
     "float[]? scale_factors) -> Tensor",
     upsampleVector<kLinear>},
    {"aten::upsample_bicubic2d(Tensor self, int[2] output_size, bool align_corners, float? "
     "scales_h=None, float? scales_w=None) -> Tensor",
     upsample<kCubic>},
    {"aten::upsample_bicubic2d.vec(Tensor input, int[]? output_size, bool align_corners, float[]? "
     "scale_factors) -> Tensor",
     upsampleVector<kCubic>},
    {"aten::_upsample_nearest_exact1d(Tensor self, int[1] output_size, float? scales=None) -> "
     "Tensor",
     upsample<kNearest>},
    {"aten::_upsample_nearest_exact1d.vec(Tensor input, int[]? output_size, float[]? "
     "scale_factors) -> Tensor",
     upsampleVector<kNearest>},
    {"aten::_upsample_nearest_exact2d(Tensor self, int[2] output_size, float? scales_h=None, "
     "float? scales_w=None) -> Tensor",
     upsample<kNearest>},
    {"aten::_upsample_nearest_exact2d.vec(Tensor input, int[]? output_size, float[]? "
     "scale_factors) -> Tensor",
     upsampleVector<kNearest>},
    {"aten::_upsample_nearest_exact3d(Tensor self, int[3] output_size, float? scales_d=None, "
     "float? scales_h=None, float? scales_w=None) -> Tensor",
     upsample<kNearest>},
    {"aten::_upsample_nearest_exact3d.vec(Tensor input, int[]? output_size, float[]? "
     "scale_factors) -> Tensor",
     upsampleVector<kNearest>},
    {"aten::_upsample_bilinear2d_aa(Tensor self, int[2] output_size, bool align_corners, float? "
     "scales_h=None, float? scales_w=None) -> Tensor",
     upsample<kLinear>},
    {"aten::_upsample_bilinear2d_aa.vec(Tensor input, int[]? output_size, bool align_corners, "
     "float[]? scale_factors) -> Tensor",
     upsampleVector<kLinear>},
    {"aten::_upsample_bicubic2d_aa(Tensor self, int[2] output_size, bool align_corners, float? "
     "scales_h=None, float? scales_w=None) -> Tensor",
     upsample<kCubic>},
    {"aten::_upsample_bicubic2d_aa.vec(Tensor input, int[]? output_size, bool align_corners, "
     "float[]? scale_factors) -> Tensor",
     upsampleVector<kCubic>},
    {"aten::pixel_shuffle(Tensor self, int upscale_factor) -> Tensor", pixelShuffle},
    {"aten::pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor", pixelUnshuffle},
    {"aten::channel_shuffle(Tensor self, int groups) -> Tensor", channelShuffle},
    {"aten::grid_sampler_2d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, "
     "bool align_corners) -> Tensor",
     gridSample},
    {"aten::grid_sampler_3d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, "
     "bool align_corners) -> Tensor",
     gridSample},
    {"aten::reflection_pad3d(Tensor self, int[6] padding) -> Tensor", reflect},
    {"aten::grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool "
     "align_corners) -> Tensor",
     gridSample},
};

} // namespace

std::span<const Lowering> imageLowerings() { return kImage; }

} // namespace burin::torchscript
