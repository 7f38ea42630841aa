// SPDX-License-Identifier: Apache-2.0
//
// A factor for each channel behind or before a contraction moves into its weights; a batch norm is
// such a factor and a sum. All in double, rounded once. A slice of channels, too, is one of
// weights.
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Builder;
using ir::Op;
using ir::Value;
using Numbers = std::vector<double>;

constexpr Var x{0}, c{1}, scale{2}, bias{3}, mean{4}, variance{5}, w{6};

/// The factor of each of `channels` along the last axis; none if v varies along another.
std::optional<Numbers> perChannel(const Value &v, const ir::Dim &channels) {
  if (!v.isConstant() || !ir::isFloat(v.type.element()) || !channels.isNumber())
    return std::nullopt;
  const auto n = static_cast<size_t>(channels.number());
  Numbers numbers = numbersOf(v);
  if (numbers.size() == 1)
    return Numbers(n, numbers[0]);
  if (numbers.size() != n || v.type.dim(v.type.rank() - 1) != channels)
    return std::nullopt;
  return numbers;
}

const ir::Dim &lastDim(const Value &v) { return v.type.dim(v.type.rank() - 1); }

/// A convolution or matrix product of constant weights, both for it alone, without epilogue.
Op *asWeighted(Value *v) {
  Op *op = v->def();
  const bool isOne =
      op && (op->is(ops::conv) || op->is(ops::conv_transpose) || op->is(ops::matmul));
  return isOne && op->numBlocks() == 0 && v->hasOneUse() && op->operand(1)->isConstant() &&
                 op->operand(1)->hasOneUse() && ir::isFloat(v->type.element())
             ? op
             : nullptr;
}

/// The output channel of element i of the weights.
size_t outputChannel(const Op &op, size_t i) {
  const ir::Type &type = op.operand(1)->type;
  const auto count = static_cast<size_t>(type.count().number());
  if (!op.is(ops::matmul))
    return i / (count / static_cast<size_t>(type.dim(0).number()));
  const auto last = static_cast<size_t>(lastDim(*op.operand(1)).number());
  if (!op[ir::attr::transposeB])
    return i % last;
  return i / last % static_cast<size_t>(type.dim(type.rank() - 2).number());
}

/// The channel of x that element i of the weights meets.
size_t inputChannel(const Op &op, size_t i) {
  const ir::Type &type = op.operand(1)->type;
  const auto last = static_cast<size_t>(lastDim(*op.operand(1)).number());
  if (op.is(ops::matmul)) {
    const auto rows = static_cast<size_t>(type.dim(type.rank() - 2).number());
    return op[ir::attr::transposeB] ? i % last : i / last % rows;
  }
  const auto outputs = static_cast<size_t>(type.dim(0).number());
  const size_t group = outputChannel(op, i) / (outputs / static_cast<size_t>(op[ir::attr::group]));
  return group * last + i % last;
}

/// The op with every weight times the factor of its channel.
Value *scaled(Builder &to, const Op &op, const Numbers &factors,
              size_t (*channelOf)(const Op &, size_t), Value *input) {
  const Value &weights = *op.operand(1);
  Numbers numbers = numbersOf(weights);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] *= factors[channelOf(op, i)];
  std::vector<Value *> operands = operandsOf(op);
  operands[0] = input;
  operands[1] = constantOf(to.module(), weights.type, numbers, weights.constant()->name);
  const Location root = std::exchange(to.at, op.at);
  Value *out = remake(to, op, operands).result();
  out->name = op.result()->name;
  to.at = root;
  return out;
}

// ---- batch norm ----

/// Numbers along an axis, as a constant that broadcasts there.
Value *alongAxis(Builder &to, const ir::Type &type, size_t axis, const Numbers &numbers,
                 const std::string &name) {
  ir::Shape shape(type.rank() - axis, 1);
  shape[0] = static_cast<int64_t>(numbers.size());
  return constantOf(to.module(), ir::Type{type.element(), std::move(shape)}, numbers, name);
}

struct Affine {
  Numbers factor, offset;
};

/// (x - mean) / sqrt(variance + epsilon) * scale + bias = x * factor + offset
Affine affineOf(const Match &m) {
  Affine a{numbersOf(*m[scale]), numbersOf(*m[bias])};
  const Numbers means = numbersOf(*m[mean]), variances = numbersOf(*m[variance]);
  for (size_t i = 0; i < a.factor.size(); ++i) {
    a.factor[i] /= std::sqrt(variances[i] + (*m.root)[ir::attr::epsilon]);
    a.offset[i] -= means[i] * a.factor[i];
  }
  return a;
}

/// batch_norm(contraction(x, w) + b) = contraction(x, w * factor) + (b * factor + offset)
Value *batchNormOfWeighted(const Match &m, Builder &to) {
  const Op &norm = *m.root;
  const size_t rank = norm.result()->type.rank(), axis = axisOf(norm[ir::attr::axis], rank);
  if (!m.context->mayReassociate() || axis != rank - 1)
    return nullptr;
  Value *input = m[x];
  std::optional<Numbers> before;
  if (const Op *sum = input->def();
      sum && sum->is(ops::add) && input->hasOneUse() && sum->operand(0)->type == input->type) {
    before = perChannel(*sum->operand(1), lastDim(*input));
    if (before)
      input = sum->operand(0);
  }
  const Op *op = asWeighted(input);
  if (!op)
    return nullptr;
  Affine a = affineOf(m);
  for (size_t i = 0; before && i < a.offset.size(); ++i)
    a.offset[i] += (*before)[i] * a.factor[i];
  Value *sum = scaled(to, *op, a.factor, outputChannel, op->operand(0));
  return to.make(ops::add,
                 {sum, alongAxis(to, norm.result()->type, axis, a.offset, m[bias]->name)});
}

/// batch_norm(x) = x * factor + offset
Value *batchNorm(const Match &m, Builder &to) {
  const ir::Type &type = m.root->result()->type;
  const size_t axis = axisOf((*m.root)[ir::attr::axis], type.rank());
  if (!m.context->mayReassociate())
    return nullptr;
  const Affine a = affineOf(m);
  Value *product = to.make(ops::mul, {m[x], alongAxis(to, type, axis, a.factor, m[scale]->name)});
  return to.make(ops::add, {product, alongAxis(to, type, axis, a.offset, m[bias]->name)});
}

// ---- factors ----

/// contraction(x, w) * c = contraction(x, w * c)
Value *factorBehind(const Match &m, Builder &to) {
  const Op *op = asWeighted(m[x]);
  if (!op || !m.context->mayReassociate() || m.root->result()->type != m[x]->type)
    return nullptr;
  const std::optional<Numbers> factors = perChannel(*m[c], lastDim(*m[x]));
  return factors ? scaled(to, *op, *factors, outputChannel, op->operand(0)) : nullptr;
}

/// (contraction(x, w) + b) * c = contraction(x, w * c) + b * c
Value *factorBehindSum(const Match &m, Builder &to) {
  const Op *op = asWeighted(m[x]);
  const ir::Type &type = m.root->result()->type;
  if (!op || !m.context->mayReassociate() || type != m[x]->type)
    return nullptr;
  const std::optional<Numbers> factors = perChannel(*m[c], lastDim(*m[x]));
  std::optional<Numbers> sum = perChannel(*m[bias], lastDim(*m[x]));
  if (!factors || !sum)
    return nullptr;
  for (size_t i = 0; i < sum->size(); ++i)
    (*sum)[i] *= (*factors)[i];
  Value *product = scaled(to, *op, *factors, outputChannel, op->operand(0));
  return to.make(ops::add, {product, alongAxis(to, type, type.rank() - 1, *sum, m[bias]->name)});
}

/// contraction(x * c, w) = contraction(x, c * w): the zeros of the padding stay zeros.
Value *factorBefore(const Match &m, Builder &to) {
  const Op &op = *m.root;
  const bool isPlain = op.numBlocks() == 0 && op.operand(1)->hasOneUse() &&
                       !(op.is(ops::matmul) && op[ir::attr::transposeA]);
  if (!isPlain || !m.context->mayReassociate() || m[x]->type != op.operand(0)->type ||
      m[x]->isConstant() || !ir::isFloat(m[x]->type.element()))
    return nullptr;
  const std::optional<Numbers> factors = perChannel(*m[c], lastDim(*m[x]));
  return factors ? scaled(to, op, *factors, inputChannel, m[x]) : nullptr;
}

// ---- parts ----

constexpr int64_t kLeastPart = 32; // channels: below, one product of all is better

/// Where a slice of channels alone begins and how many it takes; none for any other use.
struct Part {
  int64_t begin, count;
};
std::optional<Part> partOf(const Op &slice) {
  if (!slice.is(ops::slice))
    return std::nullopt;
  const ir::Shape &whole = slice.operand(0)->type.shape();
  const ir::Dims &starts = slice[ir::attr::starts], &shape = slice[ir::attr::shape];
  const size_t last = whole.size() - 1;
  for (size_t axis = 0; axis < last; ++axis)
    if (!starts[axis].isNumber(0) || shape[axis] != whole[axis])
      return std::nullopt;
  if (!starts[last].isNumber() || !shape[last].isNumber() ||
      std::ranges::any_of(slice[ir::attr::steps], [](int64_t step) { return step != 1; }))
    return std::nullopt;
  return Part{starts[last].number(), shape[last].number()};
}

/// Whether all that is read of v are parts of its channels, no channel twice.
bool isReadInParts(const Value &v) {
  std::vector<Part> parts;
  for (const Op *user : v.users()) {
    const std::optional<Part> part = partOf(*user);
    if (!part || part->count < kLeastPart)
      return false;
    parts.push_back(*part);
  }
  std::ranges::sort(parts, {}, &Part::begin);
  for (size_t i = 1; i < parts.size(); ++i)
    if (parts[i - 1].begin + parts[i - 1].count > parts[i].begin)
      return false;
  return true;
}

Value *channels(Builder &to, Value *v, size_t axis, const Part &part) {
  ir::Dims starts(v->type.rank(), 0), shape = v->type.shape();
  starts[axis] = part.begin;
  shape[axis] = part.count;
  return to.make(ops::slice, {v},
                 {ir::attr::starts(starts), ir::attr::steps(ir::Ints(starts.size(), 1)),
                  ir::attr::shape(shape)});
}

/// slice(matmul(x, w) + b) = matmul(x, slice(w)) + slice(b): q, k and v are made where they are
/// read, without a copy.
Value *partOfProduct(const Match &m, Builder &to) {
  const std::optional<Part> part = partOf(*m.root);
  const Op &product = m.op(x);
  Value *weights = product.operand(1);
  const size_t rank = weights->type.rank();
  if (!part || !isReadInParts(*m.root->operand(0)) || !weights->isConstant() || rank != 2 ||
      product.numBlocks() || (m[bias] && m[bias]->type.rank() > product.result()->type.rank()))
    return nullptr;
  for (const Op *user : weights->users())
    if (user != &product && !user->is(ops::slice))
      return nullptr; // they would be there twice
  std::vector<Value *> operands = operandsOf(product);
  operands[1] = channels(to, weights, product[ir::attr::transposeB] ? 0 : 1, *part);
  Value *out = remake(to, product, operands).result();
  if (!m[bias])
    return out;
  const bool varies = m[bias]->type.rank() && !lastDim(*m[bias]).isNumber(1);
  return to.make(ops::add,
                 {out, varies ? channels(to, m[bias], m[bias]->type.rank() - 1, *part) : m[bias]});
}

std::span<const Rule> allRules() {
  static const std::vector<Rule> kRules = [] {
    const auto norm = [] {
      return op(ops::batch_norm, x, constant().as(scale), constant().as(bias), constant().as(mean),
                constant().as(variance));
    };
    const auto product = [] { return op(ops::mul, x, constant().as(c)).once(); };
    return std::vector<Rule>{
        {"batch-norm-of-weighted", norm(), batchNormOfWeighted},
        {"batch-norm", norm(), batchNorm},
        {"factor-behind", op(ops::mul, x, constant().as(c)), factorBehind},
        {"factor-behind-sum",
         op(ops::mul, op(ops::add, x, constant().as(bias)).once(), constant().as(c)),
         factorBehindSum},
        {"part-of-product",
         op(ops::slice,
            either(op(ops::add, op(ops::matmul).andMore().as(x).once(), constant().as(bias)),
                   op(ops::matmul).andMore().as(x))),
         partOfProduct},
        {"factor-before-conv", op(ops::conv, product(), constant().as(w)), factorBefore},
        {"factor-before-matmul", op(ops::matmul, product(), constant().as(w)), factorBefore},
    };
  }();
  return kRules;
}

} // namespace

RuleNames foldScalesRules() { return namesOf(allRules()); }
bool foldScales(ir::Module &module, PassContext &context) {
  return rewrite(module, context, allRules());
}

} // namespace burin::passes
