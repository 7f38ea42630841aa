// SPDX-License-Identifier: Apache-2.0
#include "ir/ops.h"
#include "passes/axis_groups.h"
#include "passes/graph.h"
#include "passes/rules/rules.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace burin::passes {
namespace ops = ir::ops;
using ir::Builder;
using ir::Dims;
using ir::Op;
using ir::Value;

namespace {
constexpr Var x{0}, y{1}, v{2};

// ---- padding that a window op can do itself ----

/// The pads of a window op with those of a pad op added; empty if that pads more than the spatial
/// axes, or less than nothing.
Dims mergedPads(const Op &window, const Op &pad) {
  const Dims &more = pad[ir::attr::pads];
  const size_t rank = more.size() / 2, spatial = rank - 2;
  Dims pads = window[ir::attr::pads];
  for (size_t side = 0; side < 2; ++side)
    for (size_t axis = 0; axis < rank; ++axis) {
      const ir::Dim &d = more[side * rank + axis];
      const bool isSpatial = axis > 0 && axis < rank - 1;
      if (isSpatial ? d.bounds().lo < 0 : !d.isNumber(0))
        return {};
      if (isSpatial)
        pads[side * spatial + axis - 1] = pads[side * spatial + axis - 1] + d;
    }
  return pads;
}

bool padsWithConstant(const Op &op) { return op[ir::attr::mode] == "constant"; }

Value *withPads(const Match &m, Builder &to, std::vector<ir::NamedAttr> more = {}) {
  Dims pads = mergedPads(*m.root, *m.root->operand(0)->def());
  if (pads.empty())
    return nullptr;
  std::vector<Value *> operands = operandsOf(*m.root);
  operands[0] = m[x];
  more.push_back(ir::attr::pads(std::move(pads)));
  return remake(to, *m.root, operands, std::move(more)).result();
}

/// A convolution pads with zeros.
Value *convPad(const Match &m, Builder &to) {
  return !m[v] || ir::splatValue(*m[v]) == 0 ? withPads(m, to) : nullptr;
}

/// Nothing is smaller than -inf.
Value *maxPoolPad(const Match &m, Builder &to) {
  return m[v] && ir::splatValue(*m[v]) == -INFINITY ? withPads(m, to) : nullptr;
}

/// A mean over zeros that count.
Value *averagePoolPad(const Match &m, Builder &to) {
  const Op &pool = *m.root;
  if (m[v] && ir::splatValue(*m[v]) != 0)
    return nullptr;
  const bool hasPads =
      std::ranges::any_of(pool[ir::attr::pads], [](const ir::Dim &d) { return !d.isNumber(0); });
  const bool hasMore = std::ranges::any_of(pool[ir::attr::outputPads],
                                           [](const ir::Dim &d) { return !d.isNumber(0); });
  if (hasMore || (hasPads && !pool[ir::attr::countIncludePad]))
    return nullptr;
  return withPads(m, to, {ir::attr::countIncludePad(true)});
}

// ---- matrix products ----

Value *reshapeTo(Builder &to, Value *value, ir::Shape shape) {
  return value->type.shape() == shape
             ? value
             : to.make(ops::reshape, {value}, {ir::attr::shape(std::move(shape))});
}

bool swapsLastTwo(const Op &transpose) {
  const ir::Ints &perm = transpose[ir::attr::perm];
  const size_t n = perm.size();
  if (n < 2 || perm[n - 1] != static_cast<int64_t>(n) - 2 ||
      perm[n - 2] != static_cast<int64_t>(n) - 1)
    return false;
  return isIdentity(ir::Ints(perm.begin(), perm.end() - 2));
}

/// A matrix product reads either operand transposed.
template <int which> Value *matmulTranspose(const Match &m, Builder &to) {
  const Op &product = *m.root;
  std::vector<Value *> operands = operandsOf(product);
  operands[which] = m[x];
  return remake(to, product, operands,
                {which == 0 ? ir::attr::transposeA(!product[ir::attr::transposeA])
                            : ir::attr::transposeB(!product[ir::attr::transposeB])})
      .result();
}

/// An operand of a product before a reshape that merges or cuts its batches alone.
struct Unmerged {
  Value *value;
  Dims batches;
};

/// Axes of one element that the reshape drops are not batches.
std::optional<Unmerged> beforeMerging(Value *reshaped) {
  Value *from = reshaped->def()->operand(0);
  const ir::Shape &shape = reshaped->type.shape();
  const auto groups = correspond(from->type.shape(), shape);
  if (!groups || shape.size() < 2)
    return std::nullopt;
  Unmerged before{from, {}};
  size_t matrix = 0; // axes of it that are axes of the operand
  for (const AxisGroup &g : *groups)
    if (g.to >= shape.size() - 2)
      matrix += g.isOneToOne();
    else if (g.toEnd > shape.size() - 2)
      return std::nullopt; // batches and rows are one
    else if (g.toEnd > g.to)
      before.batches.insert(before.batches.end(),
                            from->type.shape().begin() + static_cast<ptrdiff_t>(g.from),
                            from->type.shape().begin() + static_cast<ptrdiff_t>(g.fromEnd));
  return matrix == 2 ? std::optional(before) : std::nullopt;
}

/// matmul(reshape(x), reshape(y)) = reshape(matmul(x, y)): batches as they are before the reshapes,
/// which go below it and cancel with what others do.
Value *matmulBatch(const Match &m, Builder &to) {
  const Op &product = *m.root;
  const ir::Shape shape = product.result()->type.shape();
  const Dims merged(shape.begin(), shape.end() - 2);
  std::vector<Value *> operands = operandsOf(product);
  Dims batches;
  for (Value *&operand : operands) {
    const ir::Shape &whole = operand->type.shape();
    const std::optional<Unmerged> before = beforeMerging(operand);
    const bool isMerged = std::equal(whole.begin(), whole.end() - 2, merged.begin(), merged.end());
    if (!before || !isMerged || before->batches == merged ||
        (!batches.empty() && before->batches != batches))
      return nullptr;
    batches = before->batches;
    ir::Shape own = batches;
    own.insert(own.end(), whole.end() - 2, whole.end());
    operand = reshapeTo(to, before->value, std::move(own));
  }
  if (product.numBlocks())
    return nullptr;
  return reshapeTo(to, remake(to, product, operands).result(), shape);
}

/// softmax(reshape(x)) = reshape(softmax(x)) where its axis is one of x.
Value *softmaxReshape(const Match &m, Builder &to) {
  const Op &softmax = *m.root;
  const ir::Shape &shape = softmax.result()->type.shape();
  const auto groups = correspond(m[x]->type.shape(), shape);
  if (!groups)
    return nullptr;
  for (const AxisGroup &g : *groups)
    if (g.isOneToOne() && g.to == axisOf(softmax[ir::attr::axis], shape.size())) {
      Value *out = to.make(softmax.def, {m[x]}, {ir::attr::axis(static_cast<int64_t>(g.from))});
      return to.make(ops::reshape, {out}, {ir::attr::shape(shape)});
    }
  return nullptr;
}

// ---- reductions ----

std::vector<bool> reducedAxes(const Op &op) {
  std::vector<bool> leaves(op.operand(0)->type.rank());
  for (const int64_t axis : op[ir::attr::axes])
    leaves[axisOf(axis, leaves.size())] = true;
  return leaves;
}

bool hasNoEpilogue(const Op &op) { return op.numBlocks() == 0; }

/// Along axes of one element there is nothing to combine.
Value *reduceAsReshape(const Match &m, Builder &to) {
  const ir::Type &type = m[x]->type;
  const std::vector<bool> leaves = reducedAxes(*m.root);
  for (size_t axis = 0; axis < leaves.size(); ++axis)
    if (leaves[axis] && !type.dim(axis).isNumber(1))
      return nullptr;
  return leaves.empty()
             ? m[x]
             : to.make(ops::reshape, {m[x]}, {ir::attr::shape(m.root->result()->type.shape())});
}

/// reduce(reduce(x)) = reduce(x) along the axes of both.
Value *reduceReduce(const Match &m, Builder &to) {
  const Op &outer = *m.root, &inner = *outer.operand(0)->def();
  const bool isOrder = outer.is(ops::reduce_max) || outer.is(ops::reduce_min);
  const bool isFloat = ir::isFloat(m[x]->type.element());
  if (!isOrder && (isFloat ? !m.context->mayReassociate() : outer.is(ops::reduce_mean)))
    return nullptr;
  const std::vector<bool> first = reducedAxes(inner), second = reducedAxes(outer);
  ir::Ints axes;
  for (size_t axis = 0, left = 0; axis < first.size(); ++axis)
    if (first[axis] || second[left++])
      axes.push_back(static_cast<int64_t>(axis));
  const std::vector<Value *> operands{m[x]};
  return remake(to, outer, operands, {ir::attr::axes(std::move(axes))}).result();
}

/// log(softmax(x)), which loses small ones, is log_softmax(x), which does not.
Value *logSoftmax(const Match &m, Builder &to) {
  const Op &softmax = *m.root->operand(0)->def();
  if (!m.context->mayReassociate())
    return nullptr;
  return to.make(ops::log_softmax, {m[x]}, {ir::attr::axis(softmax[ir::attr::axis])});
}

std::vector<Rule> makeRules() {
  const auto pad = [] {
    return op(ops::pad, x, maybe(v)).where(padsWithConstant, "the mode is not constant");
  };
  const auto turned = [] {
    return op(ops::transpose, x).where(swapsLastTwo, "it does not swap the last two axes alone");
  };
  std::vector<Rule> rules = {
      {"conv-pad", op(ops::conv, pad(), y).andMore(), convPad},
      {"max-pool-pad", op(ops::max_pool, pad()).andMore(), maxPoolPad},
      {"average-pool-pad", op(ops::average_pool, pad()).andMore(), averagePoolPad},
      {"matmul-transpose-a", op(ops::matmul, turned(), y).andMore(), matmulTranspose<0>},
      {"matmul-transpose-b", op(ops::matmul, y, turned()).andMore(), matmulTranspose<1>},
      {"matmul-batch", op(ops::matmul, op(ops::reshape, x), op(ops::reshape, y)), matmulBatch},
      {"softmax-reshape", op(ops::softmax, op(ops::reshape, x)), softmaxReshape},
      {"softmax-reshape", op(ops::log_softmax, op(ops::reshape, x)), softmaxReshape},
      {"log-softmax", op(ops::log, op(ops::softmax, x).once()), logSoftmax},
  };
  for (const ir::OpDef *def : {&ops::reduce_sum, &ops::reduce_mean, &ops::reduce_max,
                               &ops::reduce_min, &ops::reduce_prod}) {
    constexpr std::string_view kWhy = "it has an epilogue";
    rules.push_back({"reduce-as-reshape", op(*def, x).where(hasNoEpilogue, kWhy), reduceAsReshape});
    rules.push_back({"reduce-reduce",
                     op(*def, op(*def, x).once().where(hasNoEpilogue, kWhy)).andMore(),
                     reduceReduce});
  }
  return rules;
}

} // namespace

std::span<const Rule> windowRules() {
  static const std::vector<Rule> kRules = makeRules();
  return kRules;
}

} // namespace burin::passes
