// SPDX-License-Identifier: Apache-2.0
//
// Boxes and patches of images.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"
#include "frontend/savedmodel/ops_window.h"

#include <fmt/format.h>
#include <limits>

namespace burin::savedmodel {
namespace {

using compose::Arith;

// ---- crops ----

/// Places [n, size] along an axis of `extent` pixels, of boxes from `low` to `high` in [0, 1].
Value *placesOf(const NodeView &n, Value *low, Value *high, int64_t size, const Dim &extent) {
  const Arith is{n.to};
  Value *last =
      compose::cast(n.to, compose::scalarOf(n.to, n.to.extents({extent - 1})), ElementType::f32);
  if (size == 1)
    return is.mul(is.mul(is.add(low, high), 0.5), last);
  Value *step = is.div(is.mul(is.sub(high, low), last), static_cast<double>(size - 1));
  return is.add(is.mul(low, last),
                is.mul(compose::iota(n.to, ElementType::f32, {1, size}, 1), step));
}

/// [n, height, width, depth] from an image [batch, h, w, depth], of boxes y1, x1, y2, x2.
Items cropAndResize(const NodeView &n) {
  const Arith is{n.to};
  const std::string method = n.text("method", "bilinear");
  if (method != "bilinear" && method != "nearest")
    n.fail("mode", fmt::format("method is '{}', expected bilinear or nearest", method));
  const Ints size = n.knownInts(3, "the size of the crops");
  if (size.size() != 2 || size[0] < 1 || size[1] < 1 || n.rank(0) != 4 || n.rank(1) != 2)
    n.fail("shape", fmt::format("crops of {} of images {} and boxes {}", fmt::join(size, "x"),
                                ir::text(n.shape(0)), ir::text(n.shape(1))));
  Value *image = compose::cast(n.to, n.in(0), ElementType::f32);
  const ir::Shape s = image->type.shape();
  const Dim boxes = n.shape(1)[0];
  const auto corner = [&](int64_t i) { return compose::sliceAxis(n.to, n.in(1), 1, i, 1); };
  Value *ys = placesOf(n, corner(0), corner(2), size[0], s[1]),
        *xs = placesOf(n, corner(1), corner(3), size[1], s[2]);
  ys = compose::reshape(n.to, ys, {boxes, size[0], 1, 1});
  xs = compose::reshape(n.to, xs, {boxes, 1, size[1], 1});
  const auto limit = [&](const Dim &extent) {
    return compose::cast(n.to, compose::scalarOf(n.to, n.to.extents({extent - 1})),
                         ElementType::f32);
  };
  const auto inside = [&](Value *at, const Dim &extent) {
    return is.both(is.lessEqual(0.0, at), is.lessEqual(at, limit(extent)));
  };
  const Dims grid = {boxes, size[0], size[1], 1};
  Value *which = compose::expand(
      n.to,
      compose::reshape(n.to, compose::cast(n.to, n.in(2), ElementType::i64), {boxes, 1, 1, 1}),
      grid);
  const auto index = [&](Value *at, const Dim &extent) { // one that is there, also outside
    Value *low = is.min(is.max(at, 0.0), limit(extent));
    return compose::expand(n.to, compose::cast(n.to, low, ElementType::i64), grid);
  };
  const auto pixels = [&](Value *y, Value *x) {
    return n.to.make(ops::gather_nd,
                     {image, compose::concat(n.to, {which, index(y, s[1]), index(x, s[2])}, 3)},
                     {attr::batchDims(0)});
  };
  Value *crop = nullptr;
  if (method == "nearest") {
    const auto rounded = [&](Value *v) { return is(ops::floor, is.add(v, 0.5)); };
    crop = pixels(rounded(ys), rounded(xs));
  } else {
    Value *top = is(ops::floor, ys), *bottom = is(ops::ceil, ys), *left = is(ops::floor, xs),
          *right = is(ops::ceil, xs);
    Value *down = is.sub(ys, top), *along = is.sub(xs, left);
    const auto between = [&](Value *a, Value *b, Value *share) {
      return is.add(a, is.mul(is.sub(b, a), share));
    };
    crop = between(between(pixels(top, left), pixels(top, right), along),
                   between(pixels(bottom, left), pixels(bottom, right), along), down);
  }
  return {is.where(is.both(inside(ys, s[1]), inside(xs, s[2])), crop,
                   n.real("extrapolation_value", 0))};
}

/// [batch, rows, columns, kh * kw * depth]: the pixels under a window, for each place of it.
Items imagePatches(const NodeView &n) {
  Value *x = n.in(0);
  if (x->type.rank() != 4)
    n.fail("rank", fmt::format("the input has rank {}, expected 4", x->type.rank()));
  const Window w =
      windowOf(n, spatialExtents(x->type.shape()), spatialOf(n, n.ints("ksizes", {}), 4, "ksizes"),
               spatialOf(n, n.ints("strides", {}), 4, "strides"),
               spatialOf(n, n.ints("rates", {}), 4, "rates"));
  x = n.to.make(ops::pad, {x},
                {attr::pads({0, w.pads[0], w.pads[1], 0, 0, w.pads[2], w.pads[3], 0}),
                 attr::mode("constant")});
  Dims shape = x->type.shape();
  for (size_t i = 0; i < 2; ++i)
    shape[1 + i] =
        floorDiv(shape[1 + i] - (w.dilations[i] * (w.kernel[i] - 1) + 1), w.strides[i]) + 1;
  std::vector<Value *> parts;
  for (int64_t row = 0; row < w.kernel[0]; ++row)
    for (int64_t column = 0; column < w.kernel[1]; ++column)
      parts.push_back(
          n.to.make(ops::slice, {x},
                    {attr::starts({0, row * w.dilations[0], column * w.dilations[1], 0}),
                     attr::steps({1, w.strides[0], w.strides[1], 1}), attr::shape(shape)}));
  return {compose::concat(n.to, parts, 3)};
}

// ---- detection ----

/// Boxes [b, n, q, 4] and scores [b, n, classes]: the best of all classes, each freed of overlaps.
Items combinedNms(const NodeView &n) {
  const Arith is{n.to};
  const ir::Shape boxShape = n.shape(0), scoreShape = n.shape(1);
  if (boxShape.size() != 4 || scoreShape.size() != 3 || !boxShape[1].isNumber() ||
      !scoreShape[2].isNumber() || !(boxShape[2].isNumber(1) || boxShape[2] == scoreShape[2]))
    n.unsupported("shape",
                  fmt::format("boxes {} and scores {}, expected [b, n, 1 or classes, 4] and "
                              "[b, n, classes]",
                              ir::text(boxShape), ir::text(scoreShape)),
                  "fix the symbols with --dim");
  const Dim batch = boxShape[0];
  const int64_t number = boxShape[1].number(), classes = scoreShape[2].number(),
                each = n.knownInt(2, "max_output_size_per_class"),
                total = n.knownInt(3, "max_total_size");
  if (each < 0 || total < 1)
    n.fail("shape", fmt::format("{} boxes of each class and {} of all are chosen", each, total));
  const int64_t kept = std::min(total, number * classes),
                wanted = n.flag("pad_per_class", false) ? std::min(total, each * classes) : total;
  // Each class of each image by itself: [b * classes, n, 4].
  Value *boxes = compose::expand(n.to, n.in(0), {batch, Dim(number), Dim(classes), Dim(4)});
  boxes = compose::reshape(n.to, compose::transpose(n.to, boxes, {0, 2, 1, 3}),
                           {batch * Dim(classes), number, 4});
  Value *scores = compose::reshape(n.to, compose::transpose(n.to, n.in(1), {0, 2, 1}),
                                   {batch * Dim(classes), 1, number});
  const Dim chosen = n.newExtent("chosen", batch * Dim(classes * std::min(each, number)));
  const auto limit = [&](size_t i) { return compose::scalarOf(n.to, n.in(i)); };
  Value *rows =
      n.to.makeOp(ops::non_max_suppression,
                  {boxes, scores, n.to.scalar(ElementType::i64, static_cast<double>(each)),
                   limit(4), limit(5)},
                  {attr::centerPoint(false), attr::dims({chosen})})
          .result();
  // Those that stay keep their scores, the others get one that is below all.
  constexpr double kNone = std::numeric_limits<float>::lowest();
  Value *stays = n.to.make(ops::scatter_nd,
                           {compose::full(n.to, ElementType::f32, kNone, scores->type.shape()),
                            rows, n.to.make(ops::gather_nd, {scores, rows}, {attr::batchDims(0)})},
                           {attr::reduction("none")});
  ir::Op &best = n.to.makeOp(
      ops::topk, {compose::reshape(n.to, stays, {batch, classes * number})},
      {attr::count({Dim(kept)}), attr::axis(1), attr::largest(true), attr::sorted(true)});
  Value *isBox = is.less(kNone, best.result(0));
  Value *place = best.result(1); // in [classes, n]
  Value *flat = compose::reshape(n.to, boxes, {batch, classes * number, 4});
  Value *found =
      n.to.make(ops::gather_nd, {flat, compose::unsqueeze(n.to, place, {2})}, {attr::batchDims(1)});
  if (n.flag("clip_boxes", true))
    found = is.min(is.max(found, 0.0), 1.0);
  Value *ofClass = is.div(is.sub(place, is.mod(place, static_cast<double>(number))),
                          static_cast<double>(number));
  const auto fitted = [&](Value *x) { // cut, or with zeros behind
    Dims pads(2 * x->type.rank(), Dim(0));
    pads[x->type.rank() + 1] = wanted - kept;
    return wanted == kept ? x
                          : n.to.make(ops::pad, {x}, {attr::pads(pads), attr::mode("constant")});
  };
  Value *count =
      compose::cast(n.to, fitted(compose::cast(n.to, isBox, ElementType::i32)), ElementType::i32);
  return {fitted(is.where(compose::unsqueeze(n.to, isBox, {2}), found, 0.0)),
          fitted(is.where(isBox, best.result(0), 0.0)),
          fitted(is.where(isBox, compose::cast(n.to, ofClass, ElementType::f32), 0.0)),
          n.to.make(ops::reduce_sum, {count}, {attr::axes({1})})};
}

constexpr Lowering kBox[] = {
    {"CombinedNonMaxSuppression", combinedNms,
     "nmsed_boxes nmsed_scores nmsed_classes valid_detections"},
    {"CropAndResize", cropAndResize},
    {"ExtractImagePatches", imagePatches},
};

} // namespace

std::span<const Lowering> boxLowerings() { return kBox; }

} // namespace burin::savedmodel
