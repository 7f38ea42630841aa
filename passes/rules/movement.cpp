// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"
#include "passes/axis_groups.h"
#include "passes/graph.h"
#include "passes/rules/rules.h"

#include <algorithm>

namespace burin::passes {
namespace ops = ir::ops;
using ir::Builder;
using ir::Dim;
using ir::Dims;
using ir::Op;
using ir::Value;

namespace {
constexpr Var x{0}, y{1}, i{2};

bool isAtLeast(const Dim &d, int64_t least) { return d.bounds().lo >= least; }
bool areAll(const Dims &dims, int64_t n) {
  return std::ranges::all_of(dims, [&](const Dim &d) { return d.isNumber(n); });
}
bool areAll(const ir::Ints &ints, int64_t n) {
  return std::ranges::all_of(ints, [&](int64_t k) { return k == n; });
}

Value *reshape(Builder &to, Value *v, const ir::Shape &shape) {
  return v->type.shape() == shape ? v : to.make(ops::reshape, {v}, {ir::attr::shape(shape)});
}

/// An op whose result is x as it is.
Value *ifSameType(const Match &m, Builder &) {
  return m[x]->type == m.root->result()->type ? m[x] : nullptr;
}
Value *onlyX(const Match &m, Builder &) { return m[x]; }

// ---- reshape, transpose, broadcast ----

Value *reshapeX(const Match &m, Builder &to) {
  return reshape(to, m[x], m.root->result()->type.shape());
}

Value *reshapeConstant(const Match &m, Builder &to) {
  const ir::Type &type = m.root->result()->type; // without elements, it may have open extents
  return type.isStatic() ? reshapedConstant(to.module(), *m[x], type.shape()) : nullptr;
}

Value *transposeTranspose(const Match &m, Builder &to) {
  const Op &inner = *m.root->operand(0)->def();
  return to.make(ops::transpose, {m[x]},
                 {ir::attr::perm(compose(inner[ir::attr::perm], (*m.root)[ir::attr::perm]))});
}

Value *transposeConstant(const Match &m, Builder &to) {
  if (ir::elementSize(m[x]->type.element()) == 0)
    return nullptr; // strings
  return transposedConstant(to.module(), *m[x], (*m.root)[ir::attr::perm]);
}

/// No axis of more than one element passes another: the elements stay where they are.
Value *transposeAsReshape(const Match &m, Builder &to) {
  return keepsOrder((*m.root)[ir::attr::perm], m[x]->type.shape()) ? reshapeX(m, to) : nullptr;
}

Value *broadcastBroadcast(const Match &m, Builder &to) {
  return broadcastTo(to, m[x], m.root->result()->type.shape());
}

Value *broadcastAsReshape(const Match &m, Builder &to) {
  return m[x]->type.count() == m.root->result()->type.count() ? reshapeX(m, to) : nullptr;
}

Value *tileAsBroadcast(const Match &m, Builder &to) {
  const Dims &repeats = (*m.root)[ir::attr::repeats];
  for (size_t axis = 0; axis < repeats.size(); ++axis)
    if (!repeats[axis].isNumber(1) && !m[x]->type.dim(axis).isNumber(1))
      return nullptr;
  return broadcastTo(to, m[x], m.root->result()->type.shape());
}

// ---- slice ----

Value *makeSlice(Builder &to, Value *v, Dims starts, ir::Ints steps, Dims shape) {
  return to.make(ops::slice, {v},
                 {ir::attr::starts(std::move(starts)), ir::attr::steps(std::move(steps)),
                  ir::attr::shape(std::move(shape))});
}

Value *sliceFull(const Match &m, Builder &) {
  const Op &slice = *m.root;
  return areAll(slice[ir::attr::starts], 0) && areAll(slice[ir::attr::steps], 1) &&
                 m[x]->type == slice.result()->type
             ? m[x]
             : nullptr;
}

/// x[s1 + (s2 + k t2) t1] = x[(s1 + s2 t1) + k t1 t2]
Value *sliceSlice(const Match &m, Builder &to) {
  const Op &outer = *m.root, &inner = *outer.operand(0)->def();
  Dims starts = inner[ir::attr::starts];
  ir::Ints steps = inner[ir::attr::steps];
  for (size_t axis = 0; axis < starts.size(); ++axis) {
    starts[axis] = starts[axis] + outer[ir::attr::starts][axis] * Dim(steps[axis]);
    steps[axis] *= outer[ir::attr::steps][axis];
  }
  return makeSlice(to, m[x], std::move(starts), std::move(steps), outer[ir::attr::shape]);
}

/// slice(reshape(x)) = reshape(slice(x)) where each axis that is cut is the first of those that one
/// axis of x has become.
Value *sliceReshape(const Match &m, Builder &to) {
  const Op &slice = *m.root;
  const ir::Shape &from = m[x]->type.shape(), &middle = slice.operand(0)->type.shape();
  const Dims &starts = slice[ir::attr::starts], &shape = slice[ir::attr::shape];
  const auto groups = correspond(from, middle);
  if (!groups)
    return nullptr;
  Dims newStarts(from.size(), 0), newShape = from;
  for (const AxisGroup &g : *groups) {
    size_t axis = g.to;
    while (axis < g.toEnd && middle[axis].isNumber(1) && shape[axis].isNumber(1))
      ++axis;
    Dim inner = 1; // elements of x's axis for one of this axis
    bool isCut = false;
    for (size_t k = g.to; k < g.toEnd; ++k) {
      const bool whole = starts[k].isNumber(0) && shape[k] == middle[k];
      if (slice[ir::attr::steps][k] != 1 || (!whole && k != axis))
        return nullptr;
      isCut = isCut || !whole;
      inner = k > axis ? inner * middle[k] : inner;
    }
    if (!isCut)
      continue;
    if (g.fromEnd != g.from + 1)
      return nullptr;
    newStarts[g.from] = starts[axis] * inner;
    newShape[g.from] = shape[axis] * inner;
  }
  Value *part = makeSlice(to, m[x], std::move(newStarts), ir::Ints(from.size(), 1), newShape);
  return reshape(to, part, shape);
}

/// A slice that lies within one operand of a concat.
Value *sliceConcat(const Match &m, Builder &to) {
  const Op &slice = *m.root, &concat = *slice.operand(0)->def();
  const size_t axis = axisOf(concat[ir::attr::axis], concat.result()->type.rank());
  const int64_t step = slice[ir::attr::steps][axis];
  const Dim first = slice[ir::attr::starts][axis];
  const Dim last = first + Dim(step) * (slice[ir::attr::shape][axis] - 1);
  const Dim &low = step > 0 ? first : last, &high = step > 0 ? last : first;
  Dim begin = 0;
  for (Value *part : operandsOf(concat)) {
    const Dim end = begin + part->type.dim(axis);
    if (isAtLeast(low - begin, 0) && isAtLeast(end - high, 1)) {
      Dims starts = slice[ir::attr::starts];
      starts[axis] = first - begin;
      return makeSlice(to, part, std::move(starts), slice[ir::attr::steps], slice[ir::attr::shape]);
    }
    begin = end;
  }
  return nullptr;
}

/// Starts that are known, moved into x as the op does it.
Value *sliceAtKnown(const Match &m, Builder &to) {
  const Op &op = *m.root;
  const std::optional<Dims> &known = m[i]->contents();
  const ir::Ints &steps = op[ir::attr::steps];
  if (!known || std::ranges::any_of(steps, [](int64_t s) { return s < 1; }))
    return nullptr;
  Dims starts = *known;
  for (size_t axis = 0; axis < starts.size(); ++axis) {
    const Dim most =
        m[x]->type.dim(axis) - (Dim(steps[axis]) * (op[ir::attr::shape][axis] - 1) + 1);
    if (!isAtLeast(most - starts[axis], 0))
      starts[axis] = min(starts[axis], most);
    if (!isAtLeast(starts[axis], 0))
      starts[axis] = max(starts[axis], 0);
  }
  return makeSlice(to, m[x], std::move(starts), steps, op[ir::attr::shape]);
}

/// Constant indices at even distances are a slice.
Value *gatherAsSlice(const Match &m, Builder &to) {
  constexpr size_t kMost = 4096;
  const ir::Type &type = m[x]->type, &of = m[i]->type;
  const size_t axis = axisOf((*m.root)[ir::attr::axis], type.rank());
  const Dim &extent = type.dim(axis);
  const auto n = static_cast<size_t>(of.count().number());
  if (n == 0 || n > kMost)
    return nullptr;
  const int64_t first = ir::elementAsInt(*m[i], 0);
  const int64_t step = n > 1 ? ir::elementAsInt(*m[i], 1) - first : 1;
  for (size_t k = 0; k < n; ++k) {
    const int64_t at = ir::elementAsInt(*m[i], k);
    if (step == 0 || at != first + step * static_cast<int64_t>(k) || (at < 0) != (first < 0) ||
        !isAtLeast(at < 0 ? extent + at : extent - at - 1, 0))
      return nullptr;
  }
  Dims starts(type.rank(), 0), shape = type.shape();
  ir::Ints steps(type.rank(), 1);
  starts[axis] = first < 0 ? extent + first : Dim(first);
  steps[axis] = step;
  shape[axis] = static_cast<int64_t>(n);
  return reshape(to, makeSlice(to, m[x], std::move(starts), std::move(steps), std::move(shape)),
                 m.root->result()->type.shape());
}

// ---- pad, concat, resize ----

bool padsWithConstant(const Op &op) { return op[ir::attr::mode] == "constant"; }

Value *padPad(const Match &m, Builder &to) {
  const Op &outer = *m.root, &inner = *outer.operand(0)->def();
  const auto value = [](const Op &pad) -> std::optional<double> {
    const Value *v = pad.operand("value");
    return v ? ir::splatValue(*v) : 0.0;
  };
  const auto only = value(outer);
  if (!only || only != value(inner))
    return nullptr;
  Dims pads = inner[ir::attr::pads];
  for (size_t k = 0; k < pads.size(); ++k) {
    if (!isAtLeast(pads[k], 0) || !isAtLeast(outer[ir::attr::pads][k], 0))
      return nullptr;
    pads[k] = pads[k] + outer[ir::attr::pads][k];
  }
  std::vector<Value *> operands = operandsOf(outer);
  operands[0] = m[x];
  return remake(to, outer, operands, {ir::attr::pads(std::move(pads))}).result();
}

/// Where nothing is added and something taken away.
Value *padAsSlice(const Match &m, Builder &to) {
  const Dims &pads = (*m.root)[ir::attr::pads];
  Dims starts;
  for (size_t k = 0; k < pads.size(); ++k) {
    if (pads[k].bounds().hi > 0)
      return nullptr;
    if (k < pads.size() / 2)
      starts.push_back(Dim(0) - pads[k]);
  }
  return makeSlice(to, m[x], std::move(starts), ir::Ints(m[x]->type.rank(), 1),
                   m.root->result()->type.shape());
}

/// Drops empty operands, takes in concats along the same axis.
Value *concatParts(const Match &m, Builder &to) {
  const Op &concat = *m.root;
  const ir::Type &type = concat.result()->type;
  const size_t axis = axisOf(concat[ir::attr::axis], type.rank());
  std::vector<Value *> parts;
  for (Value *v : operandsOf(concat)) {
    const Op *inner = v->def();
    if (v->type.dim(axis).isNumber(0))
      continue;
    if (inner && inner->is(ops::concat) && v->hasOneUse() &&
        axisOf((*inner)[ir::attr::axis], type.rank()) == axis) {
      for (Value *part : operandsOf(*inner))
        parts.push_back(part);
    } else {
      parts.push_back(v);
    }
  }
  if (parts.size() == 1)
    return parts[0];
  if (parts.empty() || parts == operandsOf(concat))
    return nullptr;
  return remake(to, concat, parts).result();
}

Value *resizeSame(const Match &m, Builder &) {
  const Op &op = *m.root;
  const bool isWhole = std::ranges::all_of(op[ir::attr::scales], [](double s) { return s == 1; });
  return m[x]->type == op.result()->type && isWhole &&
                 op[ir::attr::coordinates] != "tf_crop_and_resize"
             ? m[x]
             : nullptr;
}

/// Whether it repeats every element a whole number of times.
bool repeats(const Op &op) {
  return op[ir::attr::mode] == "nearest" && op[ir::attr::coordinates] == "asymmetric" &&
         op[ir::attr::nearest] == "floor" &&
         std::ranges::all_of(op[ir::attr::scales],
                             [](double s) { return s >= 1 && s == static_cast<int64_t>(s); });
}

/// Along one axis, then along another.
Value *resizeResize(const Match &m, Builder &to) {
  const Op &outer = *m.root, &inner = *outer.operand(0)->def();
  std::vector<double> scales = inner[ir::attr::scales];
  for (size_t axis = 0; axis < scales.size(); ++axis) {
    const Dim &from = m[x]->type.dim(axis), &extent = outer[ir::attr::shape][axis];
    scales[axis] *= outer[ir::attr::scales][axis];
    if (from * Dim(static_cast<int64_t>(scales[axis])) != extent)
      return nullptr;
  }
  return remake(to, outer, std::vector<Value *>{m[x]}, {ir::attr::scales(std::move(scales))})
      .result();
}

std::vector<Rule> makeRules() {
  const Pattern pad = op(ops::pad, x, maybe(y)).where(padsWithConstant, "the mode is not constant");
  return {
      {"copy", op(ops::copy, x), onlyX},
      {"reshape-same", op(ops::reshape, x), ifSameType},
      {"reshape-reshape", op(ops::reshape, op(ops::reshape, x)), reshapeX},
      {"reshape-constant", op(ops::reshape, constant().as(x)), reshapeConstant},
      {"transpose-transpose", op(ops::transpose, op(ops::transpose, x)), transposeTranspose},
      {"transpose-constant", op(ops::transpose, constant().as(x)), transposeConstant},
      {"transpose-as-reshape", op(ops::transpose, x), transposeAsReshape},
      {"broadcast-broadcast", op(ops::broadcast, op(ops::broadcast, x)), broadcastBroadcast},
      {"broadcast-as-reshape", op(ops::broadcast, x), broadcastAsReshape},
      {"tile-as-broadcast", op(ops::tile, x), tileAsBroadcast},
      {"slice-full", op(ops::slice, x), sliceFull},
      {"slice-slice", op(ops::slice, op(ops::slice, x)), sliceSlice},
      {"slice-reshape", op(ops::slice, op(ops::reshape, x)), sliceReshape},
      {"slice-concat", op(ops::slice, op(ops::concat).andMore()), sliceConcat},
      {"slice-at-known", op(ops::slice_at, x, i), sliceAtKnown},
      {"gather-as-slice", op(ops::gather, x, constant().as(i)), gatherAsSlice},
      {"pad-pad", op(ops::pad, pad, maybe(i)).where(padsWithConstant, "the mode is not constant"),
       padPad},
      {"pad-as-slice", op(ops::pad, x, maybe(y)), padAsSlice},
      {"concat-parts", op(ops::concat).andMore(), concatParts},
      {"resize-resize",
       op(ops::resize, op(ops::resize, x).once().where(repeats, "it does not repeat elements"))
           .where(repeats, "it does not repeat elements"),
       resizeResize},
      {"resize-same", op(ops::resize, x, maybe(y)), resizeSame},
  };
}

} // namespace

std::span<const Rule> movementRules() {
  static const std::vector<Rule> kRules = makeRules();
  return kRules;
}

} // namespace burin::passes
