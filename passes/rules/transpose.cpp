// SPDX-License-Identifier: Apache-2.0
//
// Transposes sink through reshapes and reductions, and end in weights.
#include "ir/ops.h"
#include "passes/axis_groups.h"
#include "passes/graph.h"
#include "passes/layout_ops.h"
#include "passes/rules/rules.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace burin::passes {
namespace ops = ir::ops;
namespace attr = ir::attr;
using ir::Builder;
using ir::Dim;
using ir::Ints;
using ir::Op;
using ir::Shape;
using ir::Value;

namespace {
constexpr Var x{0}, y{1};

// ---- reshape ----

/// reshape(transpose(x)) = transpose(reshape(x)) where the axes that are merged or cut lie together
/// in x too.
Value *reshapeOfTranspose(const Match &m, Builder &to) {
  const Op &transpose = *m.root->operand(0)->def();
  const Ints &perm = transpose[attr::perm];
  const Shape &shape = m.root->result()->type.shape();
  const auto groups = correspond(transpose.result()->type.shape(), shape);
  if (!groups)
    return nullptr;
  for (const AxisGroup &g : *groups)
    for (size_t axis = g.from + 1; axis < g.fromEnd; ++axis)
      if (perm[axis] != perm[axis - 1] + 1)
        return nullptr;
  std::vector<size_t> order(groups->size()); // of the groups in x; one of no axis stays in front
  std::iota(order.begin(), order.end(), 0);
  const auto place = [&](size_t g) {
    const AxisGroup &group = (*groups)[g];
    return group.from == group.fromEnd ? int64_t{-1} : perm[group.from];
  };
  std::ranges::stable_sort(order, {}, place);
  Shape inner;
  Ints back(shape.size());
  for (const size_t g : order)
    for (size_t axis = (*groups)[g].to; axis < (*groups)[g].toEnd; ++axis) {
      back[axis] = static_cast<int64_t>(inner.size());
      inner.push_back(shape[axis]);
    }
  return to.make(ops::transpose, {to.make(ops::reshape, {m[x]}, {attr::shape(std::move(inner))})},
                 {attr::perm(std::move(back))});
}

/// transpose(reshape(transpose(x))) = reshape(transpose(x)) where the axes that are made of one
/// group stay together: two transposes are one, as in a shuffle of channels.
Value *mergeAcrossReshape(const Match &m, Builder &to) {
  const Op &reshape = *m.root->operand(0)->def();
  const auto perm = permBeforeReshape(reshape.operand(0)->type.shape(),
                                      reshape.result()->type.shape(), (*m.root)[attr::perm]);
  if (!perm)
    return nullptr;
  // Merged here: two transposes in a row would let the outer one sink through the reshape again.
  Ints both = compose((*reshape.operand(0)->def())[attr::perm], *perm);
  Value *moved = to.make(ops::transpose, {m[x]}, {attr::perm(std::move(both))});
  return to.make(ops::reshape, {moved}, {attr::shape(m.root->result()->type.shape())});
}

// ---- weights ----

/// matmul(flatten(transpose(x)), w) = matmul(flatten(x), w with its rows in the order of x).
Value *flattenIntoWeights(const Match &m, Builder &to) {
  const Op &product = *m.root, &flat = *product.operand(0)->def(),
           &transpose = *flat.operand(0)->def();
  const Value &weights = *m[y];
  const Ints &perm = transpose[attr::perm];
  const Shape &from = transpose.result()->type.shape(), &shape = flat.result()->type.shape();
  if (product[attr::transposeA] || !weights.hasOneUse() || shape.size() < 2 ||
      weights.type.rank() < 2)
    return nullptr;
  // Which axes make the columns: the last of the shape, and all of those and no others move.
  size_t first = from.size();
  Dim columns = 1;
  while (first > 0 && columns != shape.back())
    columns = columns * from[--first];
  if (columns != shape.back() || !columns.isNumber())
    return nullptr;
  while (first > 0 && from[first - 1].isNumber(1) &&
         perm[first - 1] != static_cast<int64_t>(first) - 1)
    --first; // an axis of one element that moves among them
  for (size_t axis = 0; axis < first; ++axis)
    if (perm[axis] != static_cast<int64_t>(axis))
      return nullptr;
  Ints moves; // the permutation of the columns, and its inverse: from the order of w to that of x
  for (size_t axis = first; axis < perm.size(); ++axis)
    moves.push_back(perm[axis] - static_cast<int64_t>(first));
  const Ints inverse = inverseOf(moves);
  // w [..., k, n] or [..., n, k]: k as the axes that it is flat of, moved, and flat again.
  const size_t rank = weights.type.rank();
  const size_t rows = product[attr::transposeB] ? rank - 1 : rank - 2;
  Shape cut;
  Ints order;
  for (size_t axis = 0; axis < rank; ++axis) {
    const auto base = static_cast<int64_t>(cut.size());
    if (axis != rows) {
      order.push_back(base);
      cut.push_back(weights.type.dim(axis));
      continue;
    }
    for (const int64_t k : inverse)
      order.push_back(base + k);
    cut.insert(cut.end(), from.begin() + static_cast<ptrdiff_t>(first), from.end());
  }
  ir::Module &module = to.module();
  Value *moved =
      transposedConstant(module, *reshapedConstant(module, weights, std::move(cut)), order);
  std::vector<Value *> operands = operandsOf(product);
  operands[0] = to.make(ops::reshape, {m[x]}, {attr::shape(shape)});
  operands[1] = reshapedConstant(module, *moved, weights.type.shape());
  return remake(to, product, operands).result();
}

// ---- rows of a product ----

/// matmul(transpose(x), w) = transpose(matmul(x, w)) where columns stay last; also of rows that
/// have been merged by a reshape.
Value *rowsOfProduct(const Match &m, Builder &to) {
  const Op &product = *m.root;
  const Op *flat = product.operand(0)->def();
  const bool isFlat = flat->is(ops::reshape);
  const Op &transpose = isFlat ? *flat->operand(0)->def() : *flat;
  const Ints &perm = transpose[attr::perm];
  const Shape &from = transpose.result()->type.shape();
  if (product.numBlocks() || product[attr::transposeA] || m[y]->type.rank() != 2)
    return nullptr;
  size_t rows = perm.size() - 1; // axes of x that are rows
  if (isFlat) {
    const auto groups = correspond(from, flat->result()->type.shape());
    if (!groups || groups->back().to + 1 != flat->result()->type.rank() ||
        groups->back().toEnd != groups->back().to + 1)
      return nullptr;
    rows = groups->back().from;
  }
  for (size_t axis = rows; axis < perm.size(); ++axis)
    if (perm[axis] != static_cast<int64_t>(axis))
      return nullptr;
  Value *input = m[x];
  Ints order(perm.begin(), perm.begin() + static_cast<ptrdiff_t>(rows));
  order.push_back(static_cast<int64_t>(rows));
  if (rows + 1 != perm.size()) {
    Shape shape(input->type.shape().begin(),
                input->type.shape().begin() + static_cast<ptrdiff_t>(rows));
    shape.push_back(product.operand(0)->type.shape().back());
    input = to.make(ops::reshape, {input}, {attr::shape(std::move(shape))});
  }
  std::vector<Value *> operands = operandsOf(product);
  operands[0] = input;
  Value *out = to.make(ops::transpose, {remake(to, product, operands).result()},
                       {attr::perm(std::move(order))});
  return isFlat ? to.make(ops::reshape, {out}, {attr::shape(product.result()->type.shape())}) : out;
}

// ---- reductions ----

bool hasNoEpilogue(const Op &op) { return op.numBlocks() == 0; }

/// reduce(transpose(x)) = transpose(reduce(x)): there is less to move, or nothing.
Value *reduceTranspose(const Match &m, Builder &to) {
  const Op &reduce = *m.root;
  const Ints &perm = (*reduce.operand(0)->def())[attr::perm];
  const bool isArg = reduce.def.attrIndex(attr::axis.name).has_value();
  std::vector<bool> leaves(perm.size());
  Ints axes;
  for (const int64_t a : isArg ? Ints{reduce[attr::axis]} : reduce[attr::axes]) {
    const size_t axis = axisOf(a, perm.size());
    leaves[axis] = true;
    axes.push_back(perm[axis]);
  }
  std::ranges::sort(axes);
  std::vector<Value *> operands = operandsOf(reduce);
  operands[0] = m[x];
  Value *out =
      remake(to, reduce, operands, {isArg ? attr::axis(axes[0]) : attr::axes(std::move(axes))})
          .result();
  Ints left; // axes of x in the order of the result, numbered as they are in `out`
  for (size_t axis = 0; axis < perm.size(); ++axis)
    if (!leaves[axis])
      left.push_back(perm[axis]);
  Ints sorted = left;
  std::ranges::sort(sorted);
  for (int64_t &axis : left)
    axis = std::ranges::find(sorted, axis) - sorted.begin();
  return isIdentity(left) ? out : to.make(ops::transpose, {out}, {attr::perm(std::move(left))});
}

// ---- reshapes between a contraction and what its epilogue takes ----

/// Whether v is what a contraction makes, or becomes it by ops that its epilogue will take.
bool isEpilogueSoFar(const Value *v, int depth = 8) {
  const Op *op = v->def();
  if (!op || !v->hasOneUse() || depth == 0)
    return false;
  if (op->def.is(ir::Trait::reduction))
    return true;
  if (op->is(ops::transpose)) // may end below
    return isEpilogueSoFar(op->operand(0), depth - 1);
  if (!op->def.is(ir::Trait::elementwise))
    return false;
  for (const Value *operand : operandsOf(*op))
    if (operand->type.shape() == v->type.shape() && isEpilogueSoFar(operand, depth - 1))
      return true;
  return false;
}

/// The operand whose reshape can go below the op; SIZE_MAX if there is none.
size_t reshapedContraction(const Op &op) {
  for (size_t i = 0; i < op.numOperands(); ++i)
    if (const Op *made = op.operand(i)->def(); made && made->is(ops::reshape)) {
      const Value *source = made->operand(0);
      if (made->result()->hasOneUse() &&
          made->result()->type.shape() == op.result()->type.shape() && isEpilogueSoFar(source))
        return i;
    }
  return SIZE_MAX;
}

/// v as it broadcasts to `inner` what it broadcast to `outer`; null if it cannot.
Value *asBroadcastTo(Builder &to, Value *v, const Shape &outer, const Shape &inner) {
  const auto reshaped = [&](Shape shape) {
    return v->isConstant() ? reshapedConstant(to.module(), *v, std::move(shape))
                           : to.make(ops::reshape, {v}, {attr::shape(std::move(shape))});
  };
  if (v->type.count().isNumber(1))
    return reshaped({});
  if (v->type.shape() == outer)
    return to.make(ops::reshape, {v}, {attr::shape(inner)});
  const bool isChannels = !outer.empty() && !inner.empty() && outer.back() == inner.back() &&
                          v->type.count() == outer.back() && v->type.shape().back() == outer.back();
  if (isChannels)
    return v->type.rank() <= inner.size() ? v : nullptr;
  // Each group of axes must be there as a whole, or not at all.
  const auto groups = correspond(outer, inner);
  if (!groups)
    return nullptr;
  Shape given(outer.size() - v->type.rank(), 1), shape(inner.size(), 1);
  given.insert(given.end(), v->type.shape().begin(), v->type.shape().end());
  for (const AxisGroup &g : *groups) {
    size_t whole = 0, ones = 0;
    for (size_t axis = g.from; axis < g.fromEnd; ++axis) {
      whole += given[axis] == outer[axis];
      ones += given[axis].isNumber(1);
    }
    const size_t all = g.fromEnd - g.from;
    if (whole == all)
      std::copy(inner.begin() + static_cast<ptrdiff_t>(g.to),
                inner.begin() + static_cast<ptrdiff_t>(g.toEnd),
                shape.begin() + static_cast<ptrdiff_t>(g.to));
    else if (ones != all)
      return nullptr;
  }
  return reshaped(std::move(shape));
}

/// f(reshape(contraction), ...) = reshape(f(contraction, ...))
Value *reshapeDown(const Match &m, Builder &to) {
  const Op &op = *m.root;
  const size_t which = reshapedContraction(op);
  if (which == SIZE_MAX)
    return nullptr;
  const Shape &outer = op.result()->type.shape();
  Value *source = op.operand(which)->def()->operand(0);
  const Shape inner = source->type.shape();
  std::vector<Value *> operands = operandsOf(op);
  for (size_t i = 0; i < operands.size(); ++i) {
    operands[i] = i == which ? source : asBroadcastTo(to, operands[i], outer, inner);
    if (!operands[i])
      return nullptr;
  }
  Value *out = to.makeOp(op.def, operands, attributesOf(op)).result();
  return to.make(ops::reshape, {out}, {attr::shape(outer)});
}

std::vector<Rule> makeRules() {
  const auto turned = [] { return op(ops::transpose, x); };
  std::vector<Rule> rules = {
      {"reshape-transpose", op(ops::reshape, turned().once()), reshapeOfTranspose},
      {"transpose-reshape-transpose", op(ops::transpose, op(ops::reshape, turned().once()).once()),
       mergeAcrossReshape},
      {"flatten-weights", op(ops::matmul, op(ops::reshape, turned()), constant().as(y)).andMore(),
       flattenIntoWeights},
      {"rows-of-product", op(ops::matmul, turned(), y), rowsOfProduct},
      {"rows-of-product", op(ops::matmul, op(ops::reshape, turned()), y), rowsOfProduct},
      {"reduce-transpose", op(ops::argmax, turned()), reduceTranspose},
      {"reduce-transpose", op(ops::argmin, turned()), reduceTranspose},
  };
  for (const ir::OpDef *def :
       {&ops::reduce_sum, &ops::reduce_mean, &ops::reduce_max, &ops::reduce_min, &ops::reduce_prod})
    rules.push_back({"reduce-transpose",
                     op(*def, turned()).where(hasNoEpilogue, "it has an epilogue"),
                     reduceTranspose});
  for (const ir::OpDef *def : ir::allOps()) {
    if (!def->is(ir::Trait::elementwise))
      continue;
    Pattern any = op(*def).andMore();
    rules.push_back({"reshape-down", std::move(any), reshapeDown});
  }
  return rules;
}

} // namespace

std::span<const Rule> transposeRules() {
  static const std::vector<Rule> kRules = makeRules();
  return kRules;
}

} // namespace burin::passes
