// SPDX-License-Identifier: Apache-2.0
//
// Resampling, and what scatters or samples images.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <numeric>

namespace burin::onnx {
namespace {

// ---- resize ----

struct Resampling {
  std::string mode = "nearest", coordinates = "half_pixel", nearest = "round_prefer_floor";
  double cubicCoefficient = -0.75, extrapolation = 0;
  bool excludeOutside = false, antialias = false;
};

Resampling resampling(const NodeView &n) {
  Resampling r;
  r.mode = n.text("mode", "nearest");
  if (r.mode == "bilinear" || r.mode == "trilinear")
    r.mode = "linear";
  if (r.mode != "nearest" && r.mode != "linear" && r.mode != "cubic")
    n.fail("mode", fmt::format("mode is '{}', expected nearest, linear or cubic", r.mode));
  if (n.node.op == "Upsample" || n.opset < 11) {
    r.coordinates = "asymmetric";
    r.nearest = "floor";
    return r;
  }
  r.coordinates = n.text("coordinate_transformation_mode", r.coordinates);
  r.nearest = n.text("nearest_mode", r.nearest);
  r.cubicCoefficient = n.real("cubic_coeff_a", r.cubicCoefficient);
  r.extrapolation = n.real("extrapolation_value", 0);
  r.excludeOutside = n.integer("exclude_outside", 0) != 0;
  r.antialias = n.integer("antialias", 0) != 0;
  return r;
}

bool usesScale(const Resampling &r) { return r.antialias || r.coordinates != "tf_crop_and_resize"; }

/// Resamples one axis to `out` with a scale that the run knows (f64, rank 0).
/// https://onnx.ai/onnx/operators/onnx__Resize.html
Value *resampleAxis(const NodeView &n, const Resampling &r, Value *x, size_t axis, int64_t out,
                    Value *scale) {
  const compose::Arith is{n.to};
  if (!x->type.dim(axis).isNumber())
    n.unsupported("symbolic", "a symbolic extent resized by a scale that only the run knows");
  const int64_t in = x->type.dim(axis).number();
  const auto length = static_cast<double>(in);
  Value *at = compose::iota(n.to, ElementType::f64, {out});
  Value *half = is.sub(is.div(is.add(at, 0.5), scale), 0.5), *position = half;
  if (r.coordinates == "asymmetric")
    position = is.div(at, scale);
  else if (r.coordinates == "align_corners") // the resized length before it was rounded
    position = out == 1 ? is.mul(at, 0.0)
                        : is.div(is.mul(at, length - 1), is.sub(is.mul(scale, length), 1.0));
  else if (r.coordinates == "tf_half_pixel_for_nn")
    position = is.div(is.add(at, 0.5), scale);
  else if (r.coordinates == "pytorch_half_pixel" && out == 1)
    position = is.mul(at, 0.0);
  else if (r.coordinates == "half_pixel_symmetric")
    position =
        is.add(half, is.mul(is.sub(1.0, is.div(static_cast<double>(out), is.mul(scale, length))),
                            length / 2));
  if (r.mode == "nearest") {
    Value *index = r.nearest == "floor"               ? is(ops::floor, position)
                   : r.nearest == "ceil"              ? is(ops::ceil, position)
                   : r.nearest == "round_prefer_ceil" ? is(ops::floor, is.add(position, 0.5))
                                                      : is(ops::ceil, is.sub(position, 0.5));
    index = is.max(is.min(index, length - 1), 0.0);
    return compose::take(n.to, x, compose::cast(n.to, index, ElementType::i64), axis);
  }
  // The weight of each element, of those outside too, which then go to the edges.
  const bool cubic = r.mode == "cubic";
  const int64_t reach = r.antialias ? 2 * (in / std::max<int64_t>(out, 1) + 2) : 2;
  const Dim wide = in + 2 * reach;
  Value *place =
      is.sub(compose::iota(n.to, ElementType::f64, {1, wide}, 1), static_cast<double>(reach));
  Value *distance = is(ops::abs, is.sub(compose::unsqueeze(n.to, position, {1}), place));
  if (r.antialias)
    distance = is.mul(distance, is.min(scale, 1.0));
  Value *weights;
  if (cubic) {
    const double a = r.cubicCoefficient;
    Value *d2 = is.mul(distance, distance), *d3 = is.mul(d2, distance);
    Value *inner = is.add(is.sub(is.mul(d3, a + 2), is.mul(d2, a + 3)), 1.0);
    Value *outer =
        is.sub(is.add(is.sub(is.mul(d3, a), is.mul(d2, 5 * a)), is.mul(distance, 8 * a)), 4 * a);
    weights =
        is.where(is.lessEqual(distance, 1.0), inner, is.where(is.less(distance, 2.0), outer, 0.0));
  } else {
    weights = is.max(is.sub(1.0, distance), 0.0);
  }
  if (r.excludeOutside)
    weights = is.where(is.both(is.lessEqual(0.0, place), is.less(place, length)), weights, 0.0);
  weights = is.div(weights, compose::reduceKeep(n.to, ops::reduce_sum, weights, {1}));
  Value *edge = is.equal(compose::reshape(n.to, is.max(is.min(place, length - 1), 0.0), {wide, 1}),
                         compose::iota(n.to, ElementType::f64, {1, in}, 1));
  weights = compose::matmul(n.to, weights, compose::cast(n.to, edge, ElementType::f64));
  // x with the axis last, times the weights.
  Ints perm(x->type.rank());
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[axis], perm.back());
  const ElementType e = x->type.element(), wideType = ir::isFloat(e) ? e : ElementType::f64;
  Value *y = compose::transpose(n.to, compose::cast(n.to, x, wideType), perm);
  Dims rows = y->type.shape();
  rows.pop_back();
  y = compose::reshape(n.to, y, {ir::product(rows), in});
  y = n.to.make(ops::matmul, {y, compose::cast(n.to, weights, wideType)},
                {attr::transposeA(false), attr::transposeB(true)});
  rows.emplace_back(out);
  y = compose::transpose(n.to, compose::reshape(n.to, y, rows), perm);
  return compose::cast(n.to, ir::isFloat(e) ? y : is(ops::round, y), e);
}

/// roi as f32[2 * rank]: all of the axes that `axes` does not name.
Value *wholeRoi(const NodeView &n, const Ints &axes) {
  Value *roi =
      compose::cast(n.to, compose::reshape(n.to, n.in(1), {n.type(1).count()}), ElementType::f32);
  const auto count = static_cast<int64_t>(axes.size());
  if (!roi->type.dim(0).isNumber(2 * count))
    n.fail("roi",
           fmt::format("roi has {} elements, expected {}", roi->type.dim(0).text(), 2 * count));
  const auto spread = [&](int64_t from, double otherwise) {
    Value *part = compose::sliceAxis(n.to, roi, 0, from, count);
    Value *line =
        compose::full(n.to, ElementType::f32, otherwise, {static_cast<int64_t>(n.rank(0))});
    return n.to.make(ops::scatter_elements, {line, n.to.ints(axes), part},
                     {attr::axis(0), attr::reduction("none")});
  };
  return compose::concat(n.to, {spread(0, 0), spread(count, 1)}, 0);
}

/// out / in as a number, where it is one for every value of the symbols.
double ratio(const NodeView &n, const Dim &out, const Dim &in) {
  if (out.isNumber() && in.isNumber())
    return in.number() == 0 ? 1
                            : static_cast<double>(out.number()) / static_cast<double>(in.number());
  constexpr int64_t kMost = 64;
  for (int64_t below = 1; below <= kMost; ++below)
    for (int64_t above = 1; above <= kMost; ++above)
      if (out * Dim(below) == in * Dim(above))
        return static_cast<double>(above) / static_cast<double>(below);
  n.unsupported("symbolic",
                fmt::format("an extent of {} is resized to {}, and the scale is no number",
                            in.text(), out.text()),
                "fix the symbols with --dim");
}

Dim scaled(const NodeView &n, const Dim &in, double scale, const std::optional<Dims> &declared,
           size_t axis) {
  if (in.isNumber()) {
    // In float, as runtimes do; or in double, where the model says so.
    const auto single = static_cast<int64_t>(
        std::floor(static_cast<float>(in.number()) * static_cast<float>(scale)));
    const auto exact = static_cast<int64_t>(std::floor(static_cast<double>(in.number()) * scale));
    return declared && axis < declared->size() && (*declared)[axis].isNumber(exact) ? exact
                                                                                    : single;
  }
  constexpr int64_t kMost = 1000;
  for (int64_t below = 1; below <= kMost; ++below) {
    const double above = scale * static_cast<double>(below);
    if (std::fabs(above - std::round(above)) < 1e-6 * above)
      return floorDiv(in * Dim(static_cast<int64_t>(std::round(above))), below);
  }
  n.unsupported("symbolic", fmt::format("an extent of {} scaled by {}", in.text(), scale),
                "fix the symbol with --dim");
}

Values emit(const NodeView &n, const Resampling &r, const Dims &shape,
            const std::vector<double> &scales, Value *roi) {
  return {n.to.makeOp(ops::resize, {n.in(0), roi},
                      {attr::shape(shape), attr::scales(scales), attr::mode(r.mode),
                       attr::coordinates(r.coordinates), attr::nearest(r.nearest),
                       attr::cubicCoefficient(r.cubicCoefficient),
                       attr::excludeOutside(r.excludeOutside), attr::antialias(r.antialias),
                       attr::extrapolation(r.extrapolation)})
              .result()};
}

/// `scales` is an input or nothing, `sizes` too: one of them is there.
Values resizeBy(const NodeView &n, std::optional<size_t> scalesInput,
                std::optional<size_t> sizesInput) {
  const Resampling r = resampling(n);
  const size_t rank = n.rank(0);
  Ints axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  axes = n.ints("axes", axes);
  for (int64_t &a : axes)
    a = n.axis(a, rank);
  const Dims &from = n.type(0).shape();
  Value *roi = nullptr;
  if (r.coordinates == "tf_crop_and_resize") {
    if (!n.has(1))
      n.fail("roi", "the coordinates are tf_crop_and_resize, and there is no roi");
    roi = wholeRoi(n, axes);
  }
  const auto given = [&](const std::optional<size_t> &i) {
    return i && n.has(*i) && !n.type(*i).count().isNumber(0);
  };
  const bool bySizes = given(sizesInput);
  if (!bySizes && !given(scalesInput))
    n.fail("input", "there are neither scales nor sizes");
  const size_t input = bySizes ? *sizesInput : *scalesInput;
  if (!n.type(input).count().isNumber(static_cast<int64_t>(axes.size())))
    n.fail("shape", fmt::format("{} scales or sizes, expected {}", n.type(input).count().text(),
                                axes.size()));
  const std::optional<Dims> declared = n.declared();
  const std::string policy = n.text("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
    n.fail(
        "policy",
        fmt::format("keep_aspect_ratio_policy is '{}', expected stretch, not_larger or not_smaller",
                    policy));
  const compose::Arith is{n.to};
  const auto axisAt = [&](size_t i) { return static_cast<size_t>(axes[i]); };

  Dims shape = from;
  std::vector<double> scales(rank, 1);
  Value *runScales = nullptr; // f64, an entry an axis of `axes`
  bool repeated = false;
  Dims whole = from; // the result, where `repeated`
  if (bySizes && policy == "stretch") {
    Dims expected;
    if (!n.knows(input))
      for (const Dims all = n.declaredFor(input, "the sizes"); const int64_t a : axes)
        expected.push_back(all.at(static_cast<size_t>(a)));
    const Dims sizes = n.contentsOr(input, "the sizes", expected);
    for (size_t i = 0; i < axes.size(); ++i) {
      const Dim &extent = from[axisAt(i)];
      if (!roi && extent.isNumber(1) && !sizes[i].isNumber()) {
        repeated = true; // one element is all there is to interpolate
        continue;
      }
      shape[axisAt(i)] = sizes[i];
      scales[axisAt(i)] = roi ? 1 : ratio(n, sizes[i], extent);
    }
    if (repeated)
      for (size_t i = 0; i < axes.size(); ++i)
        whole[axisAt(i)] = sizes[i];
  } else if (bySizes && n.knows(input)) {
    const Dims &sizes = n.contents(input, "the sizes");
    double scale = policy == "not_larger" ? INFINITY : 0;
    for (size_t i = 0; i < axes.size(); ++i) {
      const double one = ratio(n, sizes[i], from[axisAt(i)]);
      scale = policy == "not_larger" ? std::min(scale, one) : std::max(scale, one);
    }
    for (size_t i = 0; i < axes.size(); ++i) {
      const Dim &extent = from[axisAt(i)];
      scales[axisAt(i)] = scale;
      shape[axisAt(i)] = extent.isNumber()
                             ? Dim(static_cast<int64_t>(
                                   std::floor(scale * static_cast<double>(extent.number()) + 0.5)))
                             : scaled(n, extent, scale, {}, 0);
    }
  } else if (n.in(input)->isConstant() && !bySizes) {
    for (size_t i = 0; i < axes.size(); ++i) {
      scales[axisAt(i)] = ir::elementAsDouble(*n.in(input), i);
      if (!(scales[axisAt(i)] > 0))
        n.fail("scales", fmt::format("a scale is {}, expected a positive one", scales[axisAt(i)]));
      shape[axisAt(i)] = scaled(n, from[axisAt(i)], scales[axisAt(i)], declared, axisAt(i));
    }
  } else { // scales that the run knows, to a shape that the model declares
    shape = n.declaredFor(input, bySizes ? "the sizes" : "the scales");
    if (!n.knows(input) && !declared)
      n.unsupported("runtime-shape", "the scales are known while running only",
                    "make them a constant");
    Dims extents;
    for (const int64_t a : axes)
      extents.push_back(from[static_cast<size_t>(a)]);
    Value *lengths = compose::cast(n.to, n.to.extents(extents), ElementType::f64);
    runScales = compose::cast(n.to, compose::reshape(n.to, n.in(input), {n.type(input).count()}),
                              ElementType::f64);
    Value *sizes;
    if (bySizes) {
      Value *each = is.div(runScales, lengths);
      Value *one = n.to.make(policy == "not_larger" ? ops::reduce_min : ops::reduce_max, {each},
                             {attr::axes({0})});
      runScales = compose::expand(n.to, one, {static_cast<int64_t>(axes.size())});
      sizes = is.add(is.mul(lengths, runScales), 0.5);
    } else {
      sizes = is.add(is.mul(lengths, runScales), 1e-6);
    }
    Dims expected;
    for (const int64_t a : axes)
      expected.push_back(shape.at(static_cast<size_t>(a)));
    n.require(compose::cast(n.to, is(ops::floor, sizes), ElementType::i64), expected);
    for (size_t i = 0; i < rank && !usesScale(r); ++i)
      scales[i] = ratio(n, shape[i], from[i]);
  }
  // Corners of a length that is not whole: the op takes the rounded one.
  for (size_t i = 0; i < rank && !bySizes && r.coordinates == "align_corners" && !runScales; ++i)
    if (from[i].isNumber() && std::fabs(scales[i] * static_cast<double>(from[i].number()) -
                                        static_cast<double>(shape[i].number())) > 1e-3)
      runScales = compose::cast(n.to, compose::reshape(n.to, n.in(input), {n.type(input).count()}),
                                ElementType::f64);
  if (repeated)
    return {compose::expand(n.to, emit(n, r, shape, scales, roi).front(), whole)};
  if (!runScales || !usesScale(r))
    return emit(n, r, shape, scales, roi);
  Value *out = n.in(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    if (!shape[axisAt(i)].isNumber())
      n.unsupported("symbolic", "a symbolic extent resized by a scale that only the run knows");
    out = resampleAxis(n, r, out, axisAt(i), shape[axisAt(i)].number(),
                       compose::element(n.to, runScales, static_cast<int64_t>(i)));
  }
  return {out};
}

Values resize10(const NodeView &n) { return resizeBy(n, 1, std::nullopt); }
Values resize11(const NodeView &n) { return resizeBy(n, 2, 3); }

Values upsampleBy(const NodeView &n, const std::vector<double> &scales) {
  if (scales.size() != n.rank(0))
    n.fail("shape", fmt::format("{} scales, expected {}", scales.size(), n.rank(0)));
  Dims shape;
  for (size_t i = 0; i < scales.size(); ++i)
    shape.push_back(scaled(n, n.type(0).dim(i), scales[i], n.declared(), i));
  return emit(n, resampling(n), shape, scales, nullptr);
}
Values upsample1(const NodeView &n) {
  return upsampleBy(n, {1, 1, n.real("height_scale", 1), n.real("width_scale", 1)});
}
Values upsample7(const NodeView &n) {
  const std::vector<float> scales = n.reals("scales");
  return upsampleBy(n, {scales.begin(), scales.end()});
}

// ---- sampling ----

Values gridSample(const NodeView &n) {
  std::string mode = n.text("mode", n.opset < 20 ? "bilinear" : "linear");
  mode = mode == "bilinear" ? "linear" : mode == "bicubic" ? "cubic" : mode;
  Value *grid = compose::cast(n.to, n.in(1), n.element(0));
  return {n.to.make(ops::grid_sample, {n.in(0), grid},
                    {attr::mode(mode), attr::pattern(n.text("padding_mode", "zeros")),
                     attr::alignCorners(n.integer("align_corners", 0) != 0)})};
}

Values roiAlign(const NodeView &n) {
  const Dims shape = {n.integer("output_height", 1), n.integer("output_width", 1)};
  return {n.to.make(ops::roi_align, {n.in(0), n.in(1), n.in(2)},
                    {attr::shape(shape), attr::mode(n.text("mode", "avg")),
                     attr::coordinates(n.text("coordinate_transformation_mode",
                                              n.opset < 16 ? "output_half_pixel" : "half_pixel")),
                     attr::sampling(n.integer("sampling_ratio", 0)),
                     attr::spatialScale(n.real("spatial_scale", 1))})};
}

Values affineGrid(const NodeView &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.element(0);
  const Dim batch = n.type(0).dim(0);
  Dims spatial;
  if (n.knows(1)) {
    const Dims &size = n.contents(1, "the size");
    spatial.assign(size.begin() + 2, size.end());
  } else {
    const Dims out = n.declaredFor(1, "the size"); // [n, spatial..., rank]
    spatial.assign(out.begin() + 1, out.end() - 1);
    const auto count = static_cast<int64_t>(spatial.size());
    n.require(compose::sliceAxis(n.to, n.vector(1), 0, 2, count), spatial);
  }
  const bool corners = n.integer("align_corners", 0) != 0;
  const size_t rank = spatial.size();
  // x, then y, ...: the last axis first.
  std::vector<Value *> coordinates;
  Dims column = spatial;
  column.emplace_back(1);
  for (size_t i = rank; i-- > 0;) {
    Dims line(rank, Dim(1));
    line[i] = spatial[i];
    Value *length = compose::scalarOf(n.to, compose::cast(n.to, n.to.extents({spatial[i]}), e));
    Value *at = compose::iota(n.to, e, line, i);
    at = corners ? is.sub(is.div(is.mul(at, 2.0), is.sub(length, 1.0)), 1.0)
                 : is.sub(is.div(is.add(is.mul(at, 2.0), 1.0), length), 1.0);
    coordinates.push_back(compose::reshape(n.to, compose::expand(n.to, at, spatial), column));
  }
  coordinates.push_back(compose::full(n.to, e, 1, column));
  Value *grid = compose::reshape(n.to, compose::concat(n.to, coordinates, rank),
                                 {1, ir::product(spatial), static_cast<int64_t>(rank + 1)});
  Value *y =
      n.to.make(ops::matmul, {grid, n.in(0)}, {attr::transposeA(false), attr::transposeB(true)});
  Dims shape = spatial;
  shape.insert(shape.begin(), batch);
  shape.emplace_back(static_cast<int64_t>(rank));
  return {compose::reshape(n.to, y, shape)};
}

// ---- scattering ----

/// Adds up the columns of blocks: the opposite of cutting an image into blocks.
Values col2im(const NodeView &n) {
  const size_t spatial =
      static_cast<size_t>(n.type(1).count().isNumber() ? n.type(1).count().number() : 0);
  const Ints ones(spatial, 1);
  const Ints strides = n.ints("strides", ones), dilations = n.ints("dilations", ones),
             pads = n.ints("pads", Ints(2 * spatial, 0));
  if (spatial == 0 || strides.size() != spatial || dilations.size() != spatial ||
      pads.size() != 2 * spatial)
    n.fail("window", "image_shape, strides, dilations and pads do not have as many axes");
  Dims expected;
  if (!n.knows(1)) {
    const Dims out = n.declaredFor(1, "the shape of the image");
    expected.assign(out.end() - static_cast<ptrdiff_t>(spatial), out.end());
  }
  Ints image;
  for (const Dim &d : n.contentsOr(1, "the shape of the image", expected)) {
    if (!d.isNumber())
      n.unsupported("symbolic", "an image of symbolic extents", "fix the symbols with --dim");
    image.push_back(d.number());
  }
  const ir::Shape &s = n.type(0).shape(); // [n, c * block, blocks]
  if (s.size() != 3 || !s[1].isNumber() || !s[2].isNumber())
    n.fail("rank", "expected columns [n, c * block, blocks] of numbers");
  const auto positions = [&](const Ints &block) {
    Ints counts;
    for (size_t i = 0; i < spatial; ++i)
      counts.push_back(
          (image[i] + pads[i] + pads[spatial + i] - dilations[i] * (block[i] - 1) - 1) /
              strides[i] +
          1);
    return counts;
  };
  const auto product = [](const Ints &v) {
    return std::accumulate(v.begin(), v.end(), int64_t{1}, std::multiplies<>());
  };
  const auto lower = [&](const Ints &block) {
    const Ints counts = positions(block);
    const int64_t size = product(block), channels = s[1].number() / size;
    Ints padded;
    for (size_t i = 0; i < spatial; ++i)
      padded.push_back(image[i] + pads[i] + pads[spatial + i]);
    Ints places;
    for (int64_t k = 0; k < size; ++k)
      for (int64_t l = 0; l < s[2].number(); ++l) {
        int64_t place = 0, in = k, at = l, stride = 1;
        for (size_t i = spatial; i-- > 0;) {
          place += stride * (at % counts[i] * strides[i] + in % block[i] * dilations[i]);
          at /= counts[i];
          in /= block[i];
          stride *= padded[i];
        }
        places.push_back(place);
      }
    const Dim rows = s[0] * Dim(channels), columns = static_cast<int64_t>(places.size());
    Value *index = compose::expand(n.to, compose::reshape(n.to, n.to.ints(places), {1, columns}),
                                   {rows, columns});
    Value *x = compose::reshape(n.to, n.in(0), {rows, columns});
    Value *y = n.to.make(ops::scatter_elements,
                         {compose::full(n.to, n.element(0), 0, {rows, product(padded)}), index, x},
                         {attr::axis(1), attr::reduction("add")});
    Dims shape = {s[0], channels};
    shape.insert(shape.end(), padded.begin(), padded.end());
    y = compose::reshape(n.to, y, shape);
    for (size_t i = 0; i < spatial; ++i)
      y = compose::sliceAxis(n.to, y, 2 + i, pads[i], image[i]);
    return y;
  };
  if (n.knows(2))
    return {lower(n.knownInts(2, "the shape of a block"))};
  // Every block that gives as many columns.
  const Dims out = n.declaredFor(2, "the shape of a block");
  const int64_t size =
      out.at(1).isNumber() && out[1].number() > 0 ? s[1].number() / out[1].number() : 0;
  std::vector<Ints> candidates;
  const std::function<void(Ints, int64_t)> extend = [&](Ints block, int64_t left) {
    if (block.size() == spatial) {
      if (left == 1 && product(positions(block)) == s[2].number())
        candidates.push_back(block);
      return;
    }
    for (int64_t b = 1; b <= left; ++b)
      if (left % b == 0) {
        Ints longer = block;
        longer.push_back(b);
        extend(longer, left / b);
      }
  };
  extend({}, size);
  return {n.choose(n.vector(2), candidates, "the shape of a block", lower)};
}

Values maxUnpool(const NodeView &n) {
  const ir::Shape &s = n.type(0).shape();
  const Ints kernel = n.ints("kernel_shape", {});
  const size_t spatial = kernel.size();
  const Ints strides = n.ints("strides", Ints(spatial, 1)),
             pads = n.ints("pads", Ints(2 * spatial, 0));
  if (s.size() != spatial + 2 || strides.size() != spatial || pads.size() != 2 * spatial)
    n.fail("window", "kernel_shape, strides and pads do not have the spatial axes of the input");
  Dims shape = {s[0], s[1]};
  for (size_t i = 0; i < spatial; ++i)
    shape.push_back((s[2 + i] - 1) * Dim(strides[i]) + kernel[i] - pads[i] - pads[spatial + i]);
  const Dim count = n.type(0).count();
  Value *y = n.to.make(ops::scatter_elements,
                       {compose::full(n.to, n.element(0), 0, {ir::product(shape)}),
                        compose::reshape(n.to, n.in(1), {count}),
                        compose::reshape(n.to, n.in(0), {count})},
                       {attr::axis(0), attr::reduction("none")});
  y = compose::reshape(n.to, y, shape);
  if (!n.has(2))
    return {y};
  const Dims wanted =
      n.contentsOr(2, "the shape", n.knows(2) ? Dims{} : n.declaredFor(2, "the shape"));
  Dims more(2 * shape.size(), Dim(0));
  for (size_t i = 0; i < shape.size(); ++i)
    more[shape.size() + i] = wanted.at(i) - shape[i];
  return {n.to.make(ops::pad, {y}, {attr::pads(more), attr::mode("constant")})};
}

/// A convolution whose samples are moved by offsets: each position of the kernel samples an image.
Values deformConv(const NodeView &n) {
  const compose::Arith is{n.to};
  const ir::Shape &s = n.type(0).shape(), &f = n.type(1).shape(), &o = n.type(2).shape();
  if (s.size() != 4 || f.size() != 4 || o.size() != 4)
    n.unsupported("rank", "a deformable convolution with other than two spatial axes");
  const ElementType e = ElementType::f64; // of the coordinates, which are scaled there and back
  const int64_t group = n.integer("group", 1), offsets = n.integer("offset_group", 1);
  const Ints strides = n.ints("strides", {1, 1}), dilations = n.ints("dilations", {1, 1}),
             pads = n.ints("pads", {0, 0, 0, 0});
  if (!f[2].isNumber() || !f[3].isNumber())
    n.unsupported("kernel", "a kernel of symbolic extents");
  const int64_t kernel[] = {f[2].number(), f[3].number()};
  const int64_t size = kernel[0] * kernel[1];
  const Dim each = floorDiv(s[1], offsets), rows = o[2], columns = o[3];
  // [n * groups, c / groups, h, w]
  Value *x = compose::reshape(n.to, compose::cast(n.to, n.in(0), e),
                              {s[0] * Dim(offsets), each, s[2], s[3]});
  Value *offset = compose::reshape(n.to, compose::cast(n.to, n.in(2), e),
                                   {s[0] * Dim(offsets), size, 2, rows, columns});
  Value *mask = n.has(4)
                    ? compose::reshape(n.to, n.in(4), {s[0] * Dim(offsets), size, rows, columns})
                    : nullptr;
  std::vector<Value *> samples;
  for (int64_t k = 0; k < size; ++k) {
    std::vector<Value *> at;
    for (const size_t d : {size_t{1}, size_t{0}}) { // x, then y
      Value *move = compose::sliceAxis(n.to, compose::sliceAxis(n.to, offset, 1, k, 1), 2,
                                       static_cast<int64_t>(d), 1);
      move = compose::reshape(n.to, move, {s[0] * Dim(offsets), rows, columns, 1});
      const int64_t inKernel = d == 0 ? k / kernel[1] : k % kernel[1];
      Dims line = {1, 1, 1, 1};
      line[1 + d] = d == 0 ? rows : columns;
      Value *base =
          is.add(is.mul(compose::iota(n.to, e, line, 1 + d), static_cast<double>(strides[d])),
                 static_cast<double>(inKernel * dilations[d] - pads[d]));
      Value *length = compose::scalarOf(n.to, compose::cast(n.to, n.to.extents({s[2 + d]}), e));
      at.push_back(is.sub(is.div(is.add(is.mul(is.add(move, base), 2.0), 1.0), length), 1.0));
    }
    Value *sample =
        n.to.make(ops::grid_sample, {x, compose::concat(n.to, at, 3)},
                  {attr::mode("linear"), attr::pattern("zeros"), attr::alignCorners(false)});
    sample = compose::cast(n.to, sample, n.element(0));
    if (mask)
      sample = is.mul(sample, compose::sliceAxis(n.to, mask, 1, k, 1));
    samples.push_back(
        compose::reshape(n.to, sample, {s[0], group, floorDiv(s[1], group), 1, rows * columns}));
  }
  Value *all = compose::reshape(n.to, compose::concat(n.to, samples, 3),
                                {s[0], group, floorDiv(s[1], group) * Dim(size), rows * columns});
  Value *filter = compose::reshape(n.to, n.in(1), {group, floorDiv(f[0], group), f[1] * Dim(size)});
  Value *y =
      compose::reshape(n.to, compose::matmul(n.to, filter, all), {s[0], f[0], rows, columns});
  if (n.has(3))
    y = is.add(y, compose::perAxis(n.to, n.in(3), 1, 4));
  return {y};
}

// clang-format off
constexpr Lowering kImage[] = {
    {"AffineGrid", 20, affineGrid}, {"Col2Im", 18, col2im}, {"DeformConv", 19, deformConv}, {"GridSample", 16, gridSample}, {"MaxUnpool", 9, maxUnpool},
    {"Resize", 10, resize10}, {"Resize", 11, resize11}, {"RoiAlign", 10, roiAlign}, {"Upsample", 1, upsample1}, {"Upsample", 7, upsample7}, {"Upsample", 9, resize10},
};
// clang-format on

} // namespace

std::span<const Lowering> imageLowerings() { return kImage; }

} // namespace burin::onnx
