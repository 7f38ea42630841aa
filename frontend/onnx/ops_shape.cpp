// SPDX-License-Identifier: Apache-2.0
//
// Shapes and the movement of elements.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"
#include "ir/ops/fold_real.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

Values identity(const NodeView &n) { return {n.in(0)}; }

Values constant(const NodeView &n) {
  ir::Module &module = n.to.module();
  const std::string name = n.node.outputs.empty() ? std::string{} : n.node.outputs[0];
  if (const Tensor *t = n.tensor("value"))
    return {addTensor(module, *t, name)};
  if (n.hasAttribute("value_float"))
    return {module.addScalar(ElementType::f32, n.real("value_float", 0), name)};
  if (n.hasAttribute("value_int")) {
    const int64_t x = n.integer("value_int", 0);
    return {module.addConstant({ElementType::i64, {}}, std::as_bytes(std::span(&x, 1)), name)};
  }
  if (n.hasAttribute("value_ints"))
    return {module.addInts(n.ints("value_ints", {}), name)};
  if (n.hasAttribute("value_floats")) {
    const std::vector<float> values = n.reals("value_floats");
    return {module.addConstant({ElementType::f32, {static_cast<int64_t>(values.size())}},
                               std::as_bytes(std::span(values)), name)};
  }
  if (n.hasAttribute("value_string"))
    return {module.addStrings({}, {n.text("value_string", "")}, name)};
  if (n.hasAttribute("value_strings")) {
    ir::Strings texts = n.texts("value_strings");
    const auto count = static_cast<int64_t>(texts.size());
    return {module.addStrings({count}, std::move(texts), name)};
  }
  n.unsupported("constant", "a Constant without a value that is supported");
}

Values flatten(const NodeView &n) {
  const auto rank = static_cast<int64_t>(n.rank(0));
  int64_t axis = n.integer("axis", 1);
  if (axis < -rank || axis > rank)
    n.fail("axis", fmt::format("axis {} is outside of [{}, {}]", axis, -rank, rank));
  axis = axis < 0 ? axis + rank : axis;
  const ir::Shape &s = n.type(0).shape();
  return {compose::reshape(n.to, n.in(0),
                           {ir::product(Dims(s.begin(), s.begin() + axis)),
                            ir::product(Dims(s.begin() + axis, s.end()))})};
}

/// A 0 copies the extent of the input, a -1 takes what is left.
Values reshapeTo(const NodeView &n, Dims wanted) {
  const ir::Shape &from = n.type(0).shape();
  const bool allowZero = n.integer("allowzero", 0) != 0;
  Dim known = 1;
  std::optional<size_t> open;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].isNumber(0) && !allowZero) {
      if (i >= from.size())
        n.fail("shape", fmt::format("extent {} is 0, and the input has rank {}", i, from.size()));
      wanted[i] = from[i];
    }
    if (wanted[i].isNumber(-1)) {
      if (open)
        n.fail("shape", "two extents are -1");
      open = i;
      continue;
    }
    known = known * wanted[i];
  }
  if (open)
    wanted[*open] = known.isNumber(0) ? Dim(0) : floorDiv(ir::product(from), known);
  return {compose::reshape(n.to, n.in(0), std::move(wanted))};
}

Values reshape5(const NodeView &n) {
  if (n.knows(1))
    return reshapeTo(n, n.contents(1, "the shape"));
  // The declared shape, which the operand must come to.
  const Dims shape = n.declaredFor(1, "the shape");
  const compose::Arith is{n.to};
  Value *given = n.vector(1);
  if (!given->type.dim(0).isNumber(static_cast<int64_t>(shape.size())))
    n.fail("shape", fmt::format("the shape has {} entries and the result {}",
                                given->type.dim(0).text(), shape.size()));
  if (!n.integer("allowzero", 0)) {
    Dims copied(n.type(0).shape());
    copied.resize(shape.size(), Dim(0));
    given = is.where(is.equal(given, 0.0), n.to.extents(copied), given);
  }
  n.require(is.where(is.equal(given, -1.0), n.to.extents(shape), given), shape);
  return {compose::reshape(n.to, n.in(0), shape)};
}
Values reshape1(const NodeView &n) {
  const Ints shape = n.ints("shape", {});
  return reshapeTo(n, Dims(shape.begin(), shape.end()));
}

Values transpose(const NodeView &n) {
  Ints perm(n.rank(0));
  std::iota(perm.rbegin(), perm.rend(), 0);
  return {compose::transpose(n.to, n.in(0), n.ints("perm", perm))};
}

// ---- shapes as values ----

Values shape(const NodeView &n) {
  const auto rank = static_cast<int64_t>(n.rank(0));
  const auto place = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
  const int64_t start = place(n.integer("start", 0));
  const int64_t end = std::max(place(n.integer("end", rank)), start);
  Value *all = n.to.make(ops::shape, {n.in(0)});
  if (start == 0 && end == rank)
    return {all};
  return {compose::sliceAxis(n.to, all, 0, Dim(start), Dim(end - start))};
}

Values size(const NodeView &n) {
  return {compose::scalarOf(n.to, n.to.extents({n.type(0).count()}))};
}

/// Where run-time axes say which extents are 1: they must be, in a tensor of this shape.
void requireOnes(const NodeView &n, const Dims &shape) {
  Value *axes = compose::Arith{n.to}.mod(n.vector(1), static_cast<double>(shape.size()));
  const Dim count = axes->type.dim(0);
  if (!count.isNumber())
    n.unsupported("runtime-shape", "the number of axes is not known");
  n.require(compose::take(n.to, n.to.extents(shape), axes, 0),
            Dims(static_cast<size_t>(count.number()), Dim(1)));
}

Values squeezeAxes(const NodeView &n, const Ints &axes) {
  const ir::Shape &s = n.type(0).shape();
  for (const int64_t a : axes)
    if (s[static_cast<size_t>(a)].bounds().lo > 1 || s[static_cast<size_t>(a)].bounds().hi < 1)
      n.fail("shape", fmt::format("axis {} has the extent {}, expected 1", a,
                                  s[static_cast<size_t>(a)].text()));
  Dims shape;
  for (size_t i = 0; i < s.size(); ++i)
    if (std::ranges::find(axes, static_cast<int64_t>(i)) == axes.end())
      shape.push_back(s[i]);
    else if (!s[i].isNumber(1))
      n.require(n.to.extents({s[i]}), {Dim(1)});
  return {compose::reshape(n.to, n.in(0), std::move(shape))};
}
Values squeezeOnes(const NodeView &n) {
  Ints ones;
  for (size_t i = 0; i < n.rank(0); ++i)
    if (n.type(0).dim(i).isNumber(1))
      ones.push_back(static_cast<int64_t>(i));
  return squeezeAxes(n, ones);
}
Values squeeze1(const NodeView &n) {
  return n.hasAttribute("axes") ? squeezeAxes(n, n.axes(n.ints("axes", {}), n.rank(0)))
                                : squeezeOnes(n);
}
Values squeeze13(const NodeView &n) {
  if (!n.has(1))
    return squeezeOnes(n);
  if (n.knows(1))
    return squeezeAxes(n, n.axes(n.knownInts(1, "the axes"), n.rank(0)));
  const Dims shape = n.declaredFor(1, "the axes");
  requireOnes(n, n.type(0).shape());
  return {compose::reshape(n.to, n.in(0), shape)};
}

Values unsqueezeAxes(const NodeView &n, const Ints &axes) {
  return {compose::unsqueeze(n.to, n.in(0), n.axes(axes, n.rank(0) + axes.size()))};
}
Values unsqueeze1(const NodeView &n) { return unsqueezeAxes(n, n.ints("axes", {})); }
Values unsqueeze13(const NodeView &n) {
  if (n.knows(1))
    return unsqueezeAxes(n, n.knownInts(1, "the axes"));
  const Dims shape = n.declaredFor(1, "the axes");
  requireOnes(n, shape);
  return {compose::reshape(n.to, n.in(0), shape)};
}

// ---- joining and cutting ----

Values concat(const NodeView &n) {
  const int64_t axis = n.axis(n.integer("axis", n.opset < 4 ? 1 : 0), n.rank(0));
  std::vector<Value *> all;
  for (size_t i = 0; i < n.numInputs(); ++i)
    all.push_back(n.in(i));
  return {compose::concat(n.to, all, static_cast<size_t>(axis))};
}

Values cut(const NodeView &n, size_t axis, const Dims &parts) {
  Values pieces;
  Dim begin = 0;
  for (const Dim &part : parts) {
    pieces.push_back(compose::sliceAxis(n.to, n.in(0), axis, begin, part));
    begin = begin + part;
  }
  if (begin != n.type(0).dim(axis))
    n.fail("split", fmt::format("the parts make {} together, expected the extent {}", begin.text(),
                                n.type(0).dim(axis).text()));
  return pieces;
}

Values split(const NodeView &n) {
  const auto axis = static_cast<size_t>(n.axis(n.integer("axis", 0), n.rank(0)));
  const Dim &extent = n.type(0).dim(axis);
  const auto outputs = static_cast<int64_t>(n.node.outputs.size());
  if (n.opset < 13 && n.hasAttribute("split")) {
    const Ints parts = n.ints("split", {});
    return cut(n, axis, Dims(parts.begin(), parts.end()));
  }
  if (n.has(1)) {
    Dims expected;
    for (size_t i = 0; !n.knows(1) && i < n.node.outputs.size(); ++i) {
      const std::optional<Dims> part = n.declared(i);
      expected.push_back(part && part->size() == n.rank(0) ? (*part)[axis]
                                                           : n.contents(1, "the parts")[i]);
    }
    return cut(n, axis, n.contentsOr(1, "the parts", expected));
  }
  const int64_t count = n.integer("num_outputs", outputs);
  if (count < outputs || count < 1)
    n.fail("split", fmt::format("num_outputs is {}, and the node has {} outputs", count, outputs));
  const Dim each = ceilDiv(extent, count);
  if (n.opset < 18 && each * Dim(count) != extent)
    n.fail("split",
           fmt::format("an extent of {} cannot be cut into {} equal parts", extent.text(), count));
  Dims parts;
  for (int64_t i = 0; i < count; ++i)
    parts.push_back(extent == each * Dim(count) ? each : max(min(extent - each * Dim(i), each), 0));
  return cut(n, axis, parts);
}

// ---- repeating ----

/// How large a number that the run finds can be, if it counts what holds in a mask.
std::optional<Dim> mostOf(const Value *v) {
  const auto inside = [](const Value *x) {
    while (x->def() && (x->def()->is(ops::reshape) || x->def()->is(ops::cast)) &&
           x->type.element() != ElementType::boolean)
      x = x->def()->operand(0);
    return x;
  };
  v = inside(v);
  if (!v->def() || !v->def()->is(ops::reduce_sum))
    return std::nullopt;
  const Value *counted = inside(v->def()->operand(0));
  return counted->type.element() == ElementType::boolean ? std::optional(counted->type.count())
                                                         : std::nullopt;
}

/// The elements of input i, of which the run finds some; nothing where they have no bound.
std::optional<Dims> boundedContents(const NodeView &n, size_t i) {
  const Value *v = n.in(i);
  std::vector<const Value *> parts{v};
  if (const ir::Op *op = v->def(); op && op->is(ops::concat)) {
    parts.clear();
    for (size_t k = 0; k < op->numOperands(); ++k)
      parts.push_back(op->operand(k));
  }
  for (const Value *part : parts)
    if (!part->contents() && !(part->type.count().isNumber(1) && mostOf(part)))
      return std::nullopt;
  Dims all;
  for (const Value *part : parts)
    if (part->contents())
      all.insert(all.end(), part->contents()->begin(), part->contents()->end());
    else
      all.push_back(n.newExtent("counted", *mostOf(part)));
  n.require(n.vector(i), all);
  return all;
}

Values expand(const NodeView &n) {
  std::optional<Dims> known;
  if (n.knows(1))
    known = n.contents(1, "the shape");
  else if (!n.declared())
    known = boundedContents(n, 1);
  if (known)
    return {compose::expand(n.to, n.in(0), compose::broadcastShape(n.type(0).shape(), *known))};
  const Dims shape = n.declaredFor(1, "the shape");
  Value *given = n.vector(1);
  const Dim length = given->type.dim(0);
  if (!length.isNumber() || length.number() > static_cast<int64_t>(shape.size()))
    n.fail("shape", "the shape has more entries than the declared result");
  if (const auto missing = shape.size() - static_cast<size_t>(length.number()))
    given = compose::concat(n.to, {n.to.ints(Ints(missing, 1)), given}, 0);
  Dims from = n.type(0).shape();
  from.insert(from.begin(), shape.size() - from.size(), Dim(1));
  // An extent of 1 takes the other; what is left are equal ones.
  const compose::Arith is{n.to};
  n.require(is.where(is.equal(given, 1.0), n.to.extents(from), given), shape);
  return {compose::expand(n.to, n.in(0), shape)};
}

Values tile(const NodeView &n) {
  Dims repeats;
  if (n.knows(1)) {
    repeats = n.contents(1, "the repeats");
  } else {
    const Dims shape = n.declaredFor(1, "the repeats");
    for (size_t i = 0; i < shape.size() && i < n.rank(0); ++i)
      repeats.push_back(n.type(0).dim(i).isNumber(0) ? Dim(1)
                                                     : floorDiv(shape[i], n.type(0).dim(i)));
    repeats = n.contentsOr(1, "the repeats", repeats);
  }
  return {n.to.make(ops::tile, {n.in(0)}, {attr::repeats(repeats)})};
}
Values tile1(const NodeView &n) { // x, tiles, axis
  const Dims tiles = n.contents(1, "the repeats");
  const Ints axis = n.knownInts(2, "the axis");
  Dims repeats(n.rank(0), Dim(1));
  repeats[static_cast<size_t>(n.axis(axis.at(0), n.rank(0)))] = tiles.at(0);
  return {n.to.make(ops::tile, {n.in(0)}, {attr::repeats(repeats)})};
}

Values constantOfShape(const NodeView &n) {
  Value *one = n.to.scalar(ElementType::f32, 0);
  if (const Tensor *value = n.tensor("value"))
    one = compose::scalarOf(n.to, addTensor(n.to.module(), *value, {}));
  const Dims shape = n.knows(0) ? n.contents(0, "the shape")
                                : n.contentsOr(0, "the shape", n.declaredFor(0, "the shape"));
  return {compose::expand(n.to, one, shape)};
}

Values range(const NodeView &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.element(0);
  Value *start = compose::scalarOf(n.to, n.in(0)), *limit = compose::scalarOf(n.to, n.in(1)),
        *delta = compose::scalarOf(n.to, n.in(2));
  const auto whole = [&](size_t i) -> std::optional<Dim> {
    const std::optional<Dims> x =
        ir::isFloat(n.element(i)) ? ir::wholeReals(*n.in(i)) : n.in(i)->contents();
    return x && x->size() == 1 ? std::optional(x->front()) : std::nullopt;
  };
  const std::optional<Dim> first = whole(0), last = whole(1), step = whole(2);
  Dim count;
  if (first && last && step && step->isNumber()) {
    const int64_t by = step->number();
    if (by == 0)
      n.fail("range", "the step is 0");
    const Dim span = *last - *first;
    count = max(by > 0 ? ceilDiv(span, by) : ceilDiv(Dim(0) - span, -by), 0);
  } else if (ir::isFloat(e) && n.in(0)->isConstant() && n.in(1)->isConstant() &&
             n.in(2)->isConstant()) {
    const double by = n.constantNumber(2, "the step"),
                 steps = std::ceil(
                     (n.constantNumber(1, "the limit") - n.constantNumber(0, "the start")) / by);
    if (!(steps < 1e9))
      n.fail("range", fmt::format("the range has {} elements", steps));
    count = static_cast<int64_t>(std::max(steps, 0.0));
  } else {
    const std::optional<Dims> guess = n.guessed();
    const Dims shape = guess ? *guess : n.contents(n.knows(1) ? 0 : 1, "a bound of the range");
    if (shape.size() != 1)
      n.fail("shape", "the declared result is no vector");
    count = shape[0];
    const auto real = [&](Value *x) { return compose::cast(n.to, x, ElementType::f64); };
    Value *steps = is(ops::ceil, is.div(is.sub(real(limit), real(start)), real(delta)));
    n.require(compose::cast(n.to, is.max(steps, 0.0), ElementType::i64), {count});
  }
  return {is.add(is.mul(compose::iota(n.to, e, {count}), delta), start)};
}

// ---- blocks of images ----

Values depthToSpace(const NodeView &n) {
  const ir::Shape &s = n.type(0).shape();
  const int64_t b = n.integer("blocksize", 0);
  const std::string mode = n.text("mode", "DCR");
  if (s.size() != 4 || b < 1)
    n.fail("rank", "expected an image of rank 4 and a blocksize");
  if (mode != "DCR" && mode != "CRD")
    n.fail("mode", fmt::format("mode is '{}', expected DCR or CRD", mode));
  const Dim c = floorDiv(s[1], b * b);
  const bool dcr = mode == "DCR";
  Value *x = compose::reshape(
      n.to, n.in(0), dcr ? Dims{s[0], b, b, c, s[2], s[3]} : Dims{s[0], c, b, b, s[2], s[3]});
  x = compose::transpose(n.to, x, dcr ? Ints{0, 3, 4, 1, 5, 2} : Ints{0, 1, 4, 2, 5, 3});
  return {compose::reshape(n.to, x, {s[0], c, s[2] * Dim(b), s[3] * Dim(b)})};
}

Values spaceToDepth(const NodeView &n) {
  const ir::Shape &s = n.type(0).shape();
  const int64_t b = n.integer("blocksize", 0);
  const std::string mode = n.text("mode", "DCR");
  if (s.size() != 4 || b < 1)
    n.fail("rank", "expected an image of rank 4 and a blocksize");
  if (mode != "DCR" && mode != "CRD")
    n.fail("mode", fmt::format("mode is '{}', expected DCR or CRD", mode));
  const Dim h = floorDiv(s[2], b), w = floorDiv(s[3], b);
  Value *x = compose::reshape(n.to, n.in(0), {s[0], s[1], h, b, w, b});
  x = compose::transpose(n.to, x, mode == "DCR" ? Ints{0, 3, 5, 1, 2, 4} : Ints{0, 1, 3, 5, 2, 4});
  return {compose::reshape(n.to, x, {s[0], s[1] * Dim(b * b), h, w})};
}

// ---- matrices ----

Values eyeLike(const NodeView &n) {
  if (n.rank(0) != 2)
    n.fail("rank", fmt::format("the input has rank {}, expected 2", n.rank(0)));
  const Dim rows = n.type(0).dim(0), columns = n.type(0).dim(1);
  const compose::Arith is{n.to};
  Value *row = compose::iota(n.to, ElementType::i64, {rows, 1}, 0);
  Value *column = compose::iota(n.to, ElementType::i64, {1, columns}, 1);
  Value *on = is.equal(is.add(row, static_cast<double>(n.integer("k", 0))), column);
  return {compose::cast(n.to, on, n.elementType("dtype").value_or(n.element(0)))};
}

Values trilu(const NodeView &n) {
  const size_t rank = n.rank(0);
  if (rank < 2)
    n.fail("rank", fmt::format("the input has rank {}, expected at least 2", rank));
  const compose::Arith is{n.to};
  Value *row = compose::iota(n.to, ElementType::i64, {n.type(0).dim(rank - 2), 1}, 0);
  Value *column = compose::iota(n.to, ElementType::i64, {1, n.type(0).dim(rank - 1)}, 1);
  Value *k = n.has(1) ? compose::scalarOf(n.to, n.in(1)) : n.to.scalar(ElementType::i64, 0);
  Value *off = is.sub(column, row);
  Value *keep = n.integer("upper", 1) ? is.lessEqual(k, off) : is.lessEqual(off, k);
  return {is.where(keep, n.in(0), 0.0)};
}

// ---- dropout, which does nothing while inferring ----

Values dropout(const NodeView &n) {
  const bool legacy = n.opset < 7;
  if (legacy && !n.integer("is_test", 0))
    n.unsupported("training", "Dropout in training mode", "export the model for inference");
  if (n.opset >= 12 && n.has(2)) {
    const std::string text = "Dropout runs in training mode; export the model for inference";
    const compose::Arith is{n.to};
    Value *training = n.in(2), *idle = is.no(training);
    if (n.knows(2)) {
      const bool on = !n.contents(2, "training_mode").at(0).isNumber(0);
      const bool drops =
          !n.has(1) || !n.in(1)->isConstant() || n.constantNumber(1, "the ratio") != 0;
      if (on && drops)
        n.unsupported("training", "Dropout in training mode", "export the model for inference");
    } else {
      if (n.has(1))
        idle = is.either(idle, is.equal(n.in(1), 0.0));
      n.check(idle, text);
    }
  }
  Values out = {n.in(0)};
  if (n.wants(1)) {
    const ElementType mask = n.opset < 10 ? n.element(0) : ElementType::boolean;
    out.push_back(compose::full(n.to, mask, 1, n.type(0).shape()));
  }
  return out;
}

// clang-format off
constexpr Lowering kShape[] = {
    {"Concat", 1, concat}, {"Constant", 1, constant}, {"ConstantOfShape", 9, constantOfShape},
    {"DepthToSpace", 1, depthToSpace}, {"Dropout", 1, dropout}, {"Expand", 8, expand}, {"EyeLike", 9, eyeLike}, {"Flatten", 1, flatten},
    {"Identity", 1, identity}, {"Range", 11, range}, {"Reshape", 1, reshape1}, {"Reshape", 5, reshape5},
    {"Shape", 1, shape}, {"Size", 1, size}, {"SpaceToDepth", 1, spaceToDepth}, {"Split", 1, split},
    {"Squeeze", 1, squeeze1}, {"Squeeze", 13, squeeze13}, {"Tile", 1, tile1}, {"Tile", 6, tile}, {"Transpose", 1, transpose}, {"Trilu", 14, trilu},
    {"Unsqueeze", 1, unsqueeze1}, {"Unsqueeze", 13, unsqueeze13},
};
// clang-format on

} // namespace

std::span<const Lowering> shapeLowerings() { return kShape; }

} // namespace burin::onnx
