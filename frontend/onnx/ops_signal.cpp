// SPDX-License-Identifier: Apache-2.0
//
// Windows and transforms of signals. Sums are of f64: the tests of ONNX ask for more than f32
// gives.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

constexpr double kPi = 3.14159265358979323846;

// ---- windows ----

/// Of cosines: weights[0] + weights[1] cos(2 pi i / n) + weights[2] cos(4 pi i / n) ...
Values window(const NodeView &n, std::initializer_list<double> weights) {
  const compose::Arith is{n.to};
  const Dims expected = n.knows(0) ? Dims{} : n.declaredFor(0, "the size");
  const Dim size = n.contentsOr(0, "the size", expected).at(0);
  Value *count = compose::cast(
      n.to, compose::scalarOf(n.to, n.to.extents({n.integer("periodic", 1) ? size : size - 1})),
      ElementType::f64);
  Value *turn = is.div(is.mul(compose::iota(n.to, ElementType::f64, {size}), 2 * kPi), count);
  Value *out = nullptr;
  double times = 0;
  for (const double weight : weights) {
    Value *part = times == 0
                      ? n.to.scalar(ElementType::f64, weight)
                      : is.mul(is(ops::cos, times == 1 ? turn : is.mul(turn, times)), weight);
    out = out ? is.add(out, part) : part;
    ++times;
  }
  return {compose::cast(n.to, out, n.elementType("output_datatype").value_or(ElementType::f32))};
}
Values blackman(const NodeView &n) { return window(n, {0.42, -0.5, 0.08}); }
Values hann(const NodeView &n) { return window(n, {0.5, -0.5}); }
Values hamming(const NodeView &n) { return window(n, {25.0 / 46, -21.0 / 46}); }

/// Triangles over the bins of a spectrum, which are the whole numbers below their frequencies.
Values melWeightMatrix(const NodeView &n) {
  const compose::Arith is{n.to};
  const auto real = [&](size_t i) {
    return compose::cast(n.to, compose::scalarOf(n.to, n.in(i)), ElementType::f64);
  };
  Dim mels, bins;
  if (n.knows(0) && n.knows(1)) {
    mels = n.contents(0, "the number of bins").at(0);
    bins = floorDiv(n.contents(1, "the length of the transform").at(0), 2) + 1;
  } else {
    const Dims shape = n.declaredFor(n.knows(0) ? 1 : 0, "the number of bins");
    bins = shape.at(0);
    mels = shape.at(1);
    n.require(n.vector(0), {mels});
    n.require(is.add(is.div(n.vector(1), 2.0), 1.0), {bins});
  }
  // log10(x) = ln(x) / ln(10), and 10^x back again.
  const auto mel = [&](Value *hertz) {
    return is.mul(is(ops::log, is.add(is.div(hertz, 700.0), 1.0)), 2595 / 2.302585092994045684);
  };
  Value *low = mel(real(3)), *high = mel(real(4));
  Value *points =
      compose::cast(n.to, compose::scalarOf(n.to, n.to.extents({mels + 2})), ElementType::f64);
  Value *at = is.add(
      is.mul(compose::iota(n.to, ElementType::f64, {mels + 2}), is.div(is.sub(high, low), points)),
      low);
  Value *hertz = is.mul(is.sub(is(ops::exp, is.mul(at, 2.302585092994045684 / 2595)), 1.0), 700.0);
  Value *bin = is(ops::floor, is.div(is.mul(hertz, is.add(real(1), 1.0)), real(2)));
  const auto part = [&](int64_t from) {
    return compose::reshape(n.to, compose::sliceAxis(n.to, bin, 0, from, mels), {1, mels});
  };
  Value *left = part(0), *center = part(1), *right = part(2),
        *j = compose::iota(n.to, ElementType::f64, {bins, 1}, 0);
  Value *up = is.sub(center, left), *down = is.sub(right, center);
  const auto inside = [&](Value *from, Value *until) {
    return is.both(is.lessEqual(from, j), is.less(j, until));
  };
  Value *zero = n.to.scalar(ElementType::f64, 0);
  Value *rising = is.where(inside(left, center), is.div(is.sub(j, left), is.max(up, 1.0)), zero);
  Value *falling =
      is.where(inside(center, right), is.div(is.sub(right, j), is.max(down, 1.0)), zero);
  Value *top = is.where(is.equal(j, center), 1.0, zero);
  Value *y = is.max(is.max(rising, falling), top);
  return {compose::cast(n.to, y, n.elementType("output_datatype").value_or(ElementType::f32))};
}

// ---- transforms ----

/// x of shape [..., c] with the axis second to last: [..., n, c], and back by the same swap.
Value *swapToEnd(const NodeView &n, Value *x, size_t axis) {
  Ints perm(x->type.rank());
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[axis], perm[perm.size() - 2]);
  return compose::transpose(n.to, x, perm);
}

Value *fitted(const NodeView &n, Value *x, size_t axis, const Dim &length) {
  const Dim has = x->type.dim(axis);
  if (has == length)
    return x;
  Dims pads(2 * x->type.rank(), Dim(0));
  pads[x->type.rank() + axis] = length - has;
  return n.to.make(ops::pad, {x}, {attr::pads(pads), attr::mode("constant")});
}

/// cos and sin of 2 pi * row * column / n.
std::pair<Value *, Value *> circle(const NodeView &n, const Dim &rows, const Dim &columns,
                                   const Dim &length) {
  const compose::Arith is{n.to};
  Value *product = is.mul(compose::iota(n.to, ElementType::i64, {rows, 1}, 0),
                          compose::iota(n.to, ElementType::i64, {1, columns}, 1));
  Value *count = compose::scalarOf(n.to, n.to.extents({length}));
  Value *turn =
      is.div(is.mul(compose::cast(n.to, is.mod(product, count), ElementType::f64), 2 * kPi),
             compose::cast(n.to, count, ElementType::f64));
  return {is(ops::cos, turn), is(ops::sin, turn)};
}

/// The transform along one axis of x [..., 1 or 2], as f64.
Value *transform(const NodeView &n, Value *x, size_t axis, const Dim &length, bool inverse,
                 bool onesided) {
  const compose::Arith is{n.to};
  const Dim half = floorDiv(length, 2) + 1;
  x = compose::cast(n.to, x, ElementType::f64);
  const bool toReal = inverse && onesided;
  const Dim in = toReal ? half : length, out = !inverse && onesided ? half : length;
  x = swapToEnd(n, fitted(n, x, axis, in), axis);
  const size_t rank = x->type.rank();
  Dims rest(x->type.shape().begin(), x->type.shape().end() - 2);
  const auto part = [&](int64_t i) {
    return compose::reshape(n.to, compose::sliceAxis(n.to, x, rank - 1, i, 1),
                            {ir::product(rest), in});
  };
  Value *real = part(0), *imaginary = x->type.dim(rank - 1).isNumber(2) ? part(1) : nullptr;
  auto [cosine, sine] = circle(n, in, out, length);
  if (toReal) { // what is not given mirrors what is
    Value *k = compose::iota(n.to, ElementType::i64, {in, 1}, 0);
    Value *count = compose::scalarOf(n.to, n.to.extents({length}));
    Value *alone = is.equal(is.mod(is.mul(k, 2.0), count), 0.0);
    Value *weight = is.where(alone, n.to.scalar(ElementType::f64, 1), 2.0);
    cosine = is.mul(cosine, weight);
    sine = is.mul(sine, weight);
  }
  const auto times = [&](Value *a, Value *b) { return compose::matmul(n.to, a, b); };
  // e^(-i t) forward, e^(i t) back.
  Value *outReal = times(real, cosine),
        *outImaginary = toReal ? nullptr : times(real, inverse ? sine : is(ops::neg, sine));
  if (imaginary) {
    Value *turned = times(imaginary, sine);
    outReal = inverse ? is.sub(outReal, turned) : is.add(outReal, turned);
    if (outImaginary)
      outImaginary = is.add(outImaginary, times(imaginary, cosine));
  }
  Dims shape = rest;
  shape.push_back(out);
  shape.emplace_back(1);
  Value *y = compose::reshape(n.to, outReal, shape);
  if (outImaginary)
    y = compose::concat(n.to, {y, compose::reshape(n.to, outImaginary, shape)}, rank - 1);
  if (inverse)
    y = is.div(
        y, compose::cast(n.to, compose::scalarOf(n.to, n.to.extents({length})), ElementType::f64));
  return swapToEnd(n, y, axis);
}

Values dft(const NodeView &n) {
  const size_t rank = n.rank(0);
  const bool inverse = n.integer("inverse", 0) != 0, onesided = n.integer("onesided", 0) != 0;
  const auto along = [&](size_t axis) {
    const Dim extent = n.type(0).dim(axis);
    Dim length = inverse && onesided ? Dim(2) * (extent - 1) : extent;
    if (n.has(1))
      length = n.contents(1, "the length of the transform").at(0);
    return compose::cast(n.to, transform(n, n.in(0), axis, length, inverse, onesided),
                         n.element(0));
  };
  if (n.opset < 20)
    return {along(static_cast<size_t>(n.axis(n.integer("axis", 1), rank)))};
  if (!n.has(2))
    return {along(rank - 2)};
  if (n.knows(2))
    return {along(static_cast<size_t>(n.axis(n.knownInts(2, "the axis").at(0), rank)))};
  const Dims shape = n.declaredFor(2, "the axis");
  std::vector<Ints> candidates;
  for (size_t axis = 0; axis + 1 < rank; ++axis) {
    Dims gives = n.type(0).shape();
    gives[rank - 1] = inverse && onesided ? 1 : 2;
    if (!n.has(1) && onesided)
      gives[axis] = inverse ? Dim(2) * (gives[axis] - 1) : floorDiv(gives[axis], 2) + 1;
    if (n.has(1))
      gives[axis] = shape.at(axis);
    if (gives == shape)
      candidates.push_back({static_cast<int64_t>(axis)});
  }
  Value *axis = compose::Arith{n.to}.mod(n.vector(2), static_cast<double>(rank));
  return {n.choose(axis, candidates, "the axis",
                   [&](const Ints &a) { return along(static_cast<size_t>(a[0])); })};
}

/// signal [b, length, 1 or 2], the step of the frames, window, length of a frame.
Values stft(const NodeView &n) {
  const compose::Arith is{n.to};
  const bool onesided = n.integer("onesided", 1) != 0;
  const Dim signal = n.type(0).dim(1);
  const auto framed = [&](const Dim &length, const Dim &frames, Value *step) {
    Value *places = is.add(is.mul(compose::iota(n.to, ElementType::i64, {frames, length}, 0), step),
                           compose::iota(n.to, ElementType::i64, {1, length}, 1));
    Value *x = compose::cast(n.to, compose::take(n.to, n.in(0), places, 1),
                             ElementType::f64); // [b, frames, length, c]
    if (n.has(2))
      x = is.mul(
          x, compose::reshape(n.to, compose::cast(n.to, n.in(2), ElementType::f64), {length, 1}));
    return compose::cast(n.to, transform(n, x, 2, length, false, onesided), n.element(0));
  };
  Value *step = compose::scalarOf(n.to, n.vector(1));
  std::optional<Dim> length;
  if (n.has(2))
    length = n.type(2).dim(0);
  else if (n.has(3) && n.knows(3))
    length = n.contents(3, "the length of a frame").at(0);
  else if (!n.has(3))
    length = signal;
  if (length && n.knows(1)) {
    const Dim by = n.contents(1, "the step").at(0);
    return {framed(*length, floorDiv(signal - *length, by) + 1, step)};
  }
  const Dims shape =
      n.declaredFor(n.knows(1) ? 3 : 1, "the step of the frames"); // [b, frames, bins, 2]
  const Dim frames = shape.at(1);
  const auto requireFrames = [&](Value *size) {
    n.require(
        is.add(is.div(is.sub(compose::scalarOf(n.to, n.to.extents({signal})), size), step), 1.0),
        {frames});
  };
  if (length) {
    requireFrames(compose::scalarOf(n.to, n.to.extents({*length})));
    return {framed(*length, frames, step)};
  }
  requireFrames(compose::scalarOf(n.to, n.vector(3)));
  if (!shape.at(2).isNumber())
    n.unsupported("symbolic", "a length of a frame that is known while running only");
  const int64_t bins = shape[2].number();
  const std::vector<Ints> candidates =
      onesided ? std::vector<Ints>{{2 * (bins - 1)}, {2 * bins - 1}} : std::vector<Ints>{{bins}};
  return {n.choose(n.vector(3), candidates, "the length of a frame",
                   [&](const Ints &l) { return framed(l[0], frames, step); })};
}

/// By minors, which is what small matrices need.
Value *determinant(const NodeView &n, Value *x, const Ints &columns, int64_t row, size_t rank) {
  const compose::Arith is{n.to};
  Value *sum = nullptr;
  bool minus = false;
  for (size_t i = 0; i < columns.size(); ++i, minus = !minus) {
    Value *element = compose::sliceAxis(n.to, compose::sliceAxis(n.to, x, rank - 2, row, 1),
                                        rank - 1, columns[i], 1);
    if (columns.size() > 1) {
      Ints rest = columns;
      rest.erase(rest.begin() + static_cast<ptrdiff_t>(i));
      element = is.mul(element, determinant(n, x, rest, row + 1, rank));
    }
    sum = !sum ? element : minus ? is.sub(sum, element) : is.add(sum, element);
  }
  return sum;
}

Values det(const NodeView &n) {
  const size_t rank = n.rank(0);
  constexpr int64_t kMost = 5;
  const Dim size = rank >= 2 ? n.type(0).dim(rank - 1) : Dim(0);
  if (rank < 2 || !size.isNumber() || size.number() < 1 || size != n.type(0).dim(rank - 2))
    n.fail("shape", fmt::format("the input is {}, expected square matrices", n.type(0).text()));
  if (size.number() > kMost)
    n.unsupported("size", fmt::format("the determinant of a matrix of {} rows, more than {}",
                                      size.number(), kMost));
  Ints columns(static_cast<size_t>(size.number()));
  std::iota(columns.begin(), columns.end(), 0);
  Value *y = determinant(n, n.in(0), columns, 0, rank);
  return {
      compose::squeeze(n.to, y, {static_cast<int64_t>(rank) - 2, static_cast<int64_t>(rank) - 1})};
}

// clang-format off
constexpr Lowering kSignal[] = {
    {"BlackmanWindow", 17, blackman}, {"DFT", 17, dft}, {"Det", 11, det}, {"HammingWindow", 17, hamming}, {"HannWindow", 17, hann},
    {"MelWeightMatrix", 17, melWeightMatrix}, {"STFT", 17, stft},
};
// clang-format on

} // namespace

std::span<const Lowering> signalLowerings() { return kSignal; }

} // namespace burin::onnx
