// SPDX-License-Identifier: Apache-2.0
//
// softmax(scale * q k^T + mask) v as exporters write it: the scale before or behind the product,
// the mask added or chosen by, one copy of keys and values for every head that they serve.
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/rules/rules.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace burin::passes {
namespace ops = ir::ops;
namespace attr = ir::attr;
using ir::Builder;
using ir::Dim;
using ir::Dims;
using ir::Ints;
using ir::Op;
using ir::Shape;
using ir::Value;

namespace {
constexpr Var q{0}, k{1}, v{2}, product{3}, scale{4}, mask{5}, fill{6}, weights{7};

/// What is as good as -inf beside any score: the sum with a score is this number again.
constexpr double kHidden = -1e30;

// ---- masks ----

/// What keys a query sees: those where `value` is true, or which it does not push down; or all up
/// to its own place.
struct Mask {
  Value *value = nullptr;
  bool causal = false;
};

/// Whether element (i, j) of all matrices of a constant satisfies `holds(number, j <= i)`.
template <class Holds> bool isTriangle(const Value &m, Holds holds) {
  const size_t rank = m.type.rank();
  if (rank < 2 || !m.type.isStatic() || m.type.dim(rank - 1) != m.type.dim(rank - 2))
    return false;
  const auto n = static_cast<size_t>(m.type.dim(rank - 1).number());
  const auto count = static_cast<size_t>(m.type.count().number());
  for (size_t at = 0; at < count; ++at)
    if (!holds(ir::elementAsDouble(m, at), at % n <= at / n % n))
      return false;
  return true;
}

/// Whether every query of a constant mask sees some key.
bool seesSome(const Value &kept) {
  if (kept.type.rank() == 0 || !kept.type.isStatic())
    return false;
  const auto keys = static_cast<size_t>(kept.type.dim(kept.type.rank() - 1).number());
  const auto count = static_cast<size_t>(kept.type.count().number());
  bool some = true;
  for (size_t at = 0; at < count && some; at += keys) {
    some = false;
    for (size_t j = 0; j < keys && !some; ++j)
      some = ir::elementAsDouble(kept, at + j) != 0;
  }
  return some;
}

/// Where scores stay when the others become `hidden`.
std::optional<Mask> keptMask(Builder &to, Value *kept, double hidden, const ir::Type &scores) {
  if (!(hidden <= kHidden))
    return std::nullopt;
  if (kept->isConstant() &&
      isTriangle(*kept, [](double x, bool sees) { return (x != 0) == sees; }) &&
      kept->type.dim(kept->type.rank() - 1) == scores.shape().back())
    return Mask{nullptr, true};
  if (std::isinf(hidden) || (kept->isConstant() && seesSome(*kept)))
    return Mask{kept};
  // A query that sees nothing has equal shares: what is hidden counts as a number, not as -inf.
  Value *zero = to.scalar(scores.element(), 0), *low = to.scalar(scores.element(), hidden);
  return Mask{to.make(ops::where, {kept, zero, low})};
}

Mask addedMask(Value *added, const ir::Type &scores) {
  const auto causal = [](double x, bool sees) { return sees ? x == 0 : x <= kHidden; };
  if (added->isConstant() && isTriangle(*added, causal) &&
      added->type.dim(added->type.rank() - 1) == scores.shape().back())
    return {nullptr, true};
  if (const Op *where = added->def(); where && where->is(ops::where)) {
    const auto number = [&](size_t i) { return ir::splatValue(*where->operand(i)); };
    if (number(1) == 0.0 && number(2) == -std::numeric_limits<double>::infinity())
      return {where->operand(0)};
  }
  return {added};
}

/// The scale where a factor hides what the mask pushes down: it is 0 just there.
std::optional<double> hidingScale(const Value &factor, const Value *added) {
  if (!added || !added->isConstant() || added->type != factor.type || !factor.type.isStatic())
    return std::nullopt;
  const std::vector<double> factors = numbersOf(factor), sums = numbersOf(*added);
  std::optional<double> only;
  for (size_t i = 0; i < factors.size(); ++i) {
    const bool hides = factors[i] == 0 && sums[i] <= kHidden;
    if (!hides && (sums[i] != 0 || factors[i] == 0 || only.value_or(factors[i]) != factors[i]))
      return std::nullopt;
    only = hides ? only : factors[i];
  }
  return only;
}

// ---- operands ----

/// v without the number that it is a multiple of, which `factor` is multiplied by; also below what
/// only moves elements.
Value *withoutFactor(Builder &to, Value *value, double &factor) {
  Op *op = value->def();
  if (!op)
    return value;
  if (op->is(ops::mul)) {
    const std::optional<double> number = ir::splatValue(*op->operand(1));
    if (!number || op->operand(0)->type != value->type)
      return value;
    factor *= *number;
    return withoutFactor(to, op->operand(0), factor);
  }
  if (!op->is(ops::transpose) && !op->is(ops::reshape))
    return value;
  Value *inner = withoutFactor(to, op->operand(0), factor);
  return inner == op->operand(0) ? value : remake(to, *op, std::vector<Value *>{inner}).result();
}

/// [b, h / g, t, d] of a copy [b, h, t, d] for every head; null if it is none.
Value *beforeRepeat(Builder &to, Value *value) {
  const Op *merge = value->def();
  const Op *repeat = merge && merge->is(ops::reshape) ? merge->operand(0)->def() : nullptr;
  if (!repeat || !repeat->is(ops::broadcast) || value->type.rank() != 4)
    return nullptr;
  const Shape &from = repeat->operand(0)->type.shape(), &wide = repeat->result()->type.shape();
  const Shape &out = value->type.shape();
  if (from.size() != 5 || !from[2].isNumber(1) || from[1] != wide[1] ||
      out != Shape{from[0], wide[1] * wide[2], from[3], from[4]})
    return nullptr;
  return to.make(ops::reshape, {repeat->operand(0)},
                 {attr::shape(Shape{from[0], from[1], from[3], from[4]})});
}

/// What the first axis of operands of rank 3 is; those of rank 4 have both.
enum class Lead { images, heads };

/// Heads where the operands have been transposed to put it there.
Lead leadOf(const Value &queries) {
  const Op *op = queries.def();
  return op && op->is(ops::transpose) && (*op)[attr::perm] == Ints{1, 0, 2} ? Lead::heads
                                                                            : Lead::images;
}

/// [heads..., s, d], or its transpose, as [b, s, h, d].
Value *asOperand(Builder &to, Value *value, Lead lead, bool transposed) {
  const auto turned = [&](Ints perm) {
    return to.make(ops::transpose, {value}, {attr::perm(std::move(perm))});
  };
  if (value->type.rank() == 4)
    return turned(transposed ? Ints{0, 3, 1, 2} : Ints{0, 2, 1, 3});
  if (lead == Lead::heads) {
    value = turned(transposed ? Ints{2, 0, 1} : Ints{1, 0, 2});
    const Shape s = value->type.shape();
    return to.make(ops::reshape, {value}, {attr::shape(Shape{1, s[0], s[1], s[2]})});
  }
  value = transposed ? turned({0, 2, 1}) : value;
  const Shape s = value->type.shape();
  return to.make(ops::reshape, {value}, {attr::shape(Shape{s[0], s[1], 1, s[2]})});
}

/// [b, s, h, d] as the product had it.
Value *asResult(Builder &to, Value *value, Lead lead, const Shape &shape) {
  if (shape.size() == 4)
    return to.make(ops::transpose, {value}, {attr::perm(Ints{0, 2, 1, 3})});
  if (lead == Lead::images)
    return to.make(ops::reshape, {value}, {attr::shape(shape)});
  value = to.make(ops::reshape, {value}, {attr::shape(Shape{shape[1], shape[0], shape[2]})});
  return to.make(ops::transpose, {value}, {attr::perm(Ints{1, 0, 2})});
}

/// A mask of [heads..., s, t] as one of [b, h, s, t].
Value *asMask(Builder &to, Value *value, Lead lead, size_t rank) {
  if (!value || rank == 4 || value->type.rank() < 3)
    return value;
  const Shape s = value->type.shape();
  const bool isHeads = lead == Lead::heads;
  return to.make(ops::reshape, {value},
                 {attr::shape(isHeads ? Shape{1, s[0], s[1], s[2]} : Shape{s[0], 1, s[1], s[2]})});
}

// ---- attention ----

/// The shares of the values, softmax(scale * q k^T + mask), taken apart.
struct Shares {
  Value *keys;
  double scale = 1;
  Mask mask;
};

std::optional<Shares> sharesOf(const Match &m, Builder &to) {
  const Op &softmax = m.op(weights), &scores = m.op(product);
  const ir::Type &type = m[product]->type;
  const size_t rank = type.rank();
  if ((rank != 3 && rank != 4) || softmax[attr::axis] != static_cast<int64_t>(rank) - 1 ||
      softmax.operand(0)->type != type || scores[attr::transposeA])
    return std::nullopt;
  Shares shares{m[k], 1, {}};
  if (m[scale]) {
    std::optional<double> number = ir::splatValue(*m[scale]);
    if (!number)
      number = hidingScale(*m[scale], m[fill] ? nullptr : m[mask]);
    if (!number)
      return std::nullopt;
    shares.scale = *number;
  }
  if (!m[mask])
    return shares;
  if (m[mask]->type.rank() > rank)
    return std::nullopt;
  if (!m[fill]) {
    shares.mask = addedMask(m[mask], type);
    return shares;
  }
  const std::optional<double> hidden = ir::splatValue(*m[fill]);
  const Op &where = *softmax.operand(0)->def();
  if (!hidden)
    return std::nullopt;
  const bool hides = where.operand(1) == m[fill];
  Value *kept = hides ? to.make(ops::logical_not, {m[mask]}) : m[mask];
  const std::optional<Mask> chosen = keptMask(to, kept, *hidden, type);
  if (!chosen)
    return std::nullopt;
  shares.mask = *chosen;
  return shares;
}

/// The result in the order of the product: [heads..., s, e].
Value *makeAttention(const Match &m, Builder &to, Shares &shares) {
  const Op &weighted = *m.root, &scores = m.op(product);
  const Shape shape = m[product]->type.shape();
  const size_t rank = shape.size();
  // Batch and heads are the same for all three, and keys for two; nothing is broadcast.
  const auto leads = [&](const Value &operand) {
    return operand.type.rank() == rank &&
           std::equal(shape.begin(), shape.end() - 2, operand.type.shape().begin());
  };
  if (weighted[attr::transposeA] || weighted.numBlocks() || scores.numBlocks() || !leads(*m[q]) ||
      !leads(*m[k]) || !leads(*m[v]))
    return nullptr;
  Value *queries = withoutFactor(to, m[q], shares.scale), *values = m[v];
  Value *keys = withoutFactor(to, m[k], shares.scale);
  if (scores[attr::transposeB] && !weighted[attr::transposeB])
    if (Value *few = beforeRepeat(to, keys))
      if (Value *fewValues = beforeRepeat(to, values);
          fewValues && fewValues->type.dim(1) == few->type.dim(1)) {
        keys = few;
        values = fewValues;
      }
  const Lead lead = leadOf(*queries);
  Value *out =
      to.makeOp(ops::attention,
                {asOperand(to, queries, lead, false),
                 asOperand(to, keys, lead, !scores[attr::transposeB]),
                 asOperand(to, values, lead, weighted[attr::transposeB]),
                 asMask(to, shares.mask.value, lead, rank)},
                {attr::scale(shares.scale), attr::causal(shares.mask.causal), attr::softcap(0.0)})
          .result();
  return asResult(to, out, lead, weighted.result()->type.shape());
}

Value *attention(const Match &m, Builder &to) {
  std::optional<Shares> shares = sharesOf(m, to);
  return shares ? makeAttention(m, to, *shares) : nullptr;
}

/// Whether all numbers of an added mask are finite: then a query that sees nothing has shares.
bool isFinite(const Value &added) {
  if (const Op *where = added.def(); where && where->is(ops::where))
    return isFinite(*where->operand(1)) && isFinite(*where->operand(2));
  return added.isConstant() && added.type.isStatic() &&
         std::ranges::all_of(numbersOf(added), [](double x) { return std::isfinite(x); });
}

/// Shares of queries that see nothing are NaN, and have been made 0: so is what comes of them.
Value *guardedAttention(const Match &m, Builder &to) {
  std::optional<Shares> shares = sharesOf(m, to);
  if (!shares)
    return nullptr;
  Value *kept = shares->mask.value;
  if (!kept || isFinite(*kept))
    return makeAttention(m, to, *shares);
  if (kept->type.element() != ir::ElementType::boolean)
    return nullptr;
  Value *out = makeAttention(m, to, *shares);
  if (!out || (kept->isConstant() && seesSome(*kept)))
    return out;
  const auto last = static_cast<int64_t>(kept->type.rank()) - 1;
  Shape shape = kept->type.shape();
  shape.back() = 1;
  Value *any = to.make(ops::reduce_max, {kept}, {attr::axes(Ints{last})});
  any = to.make(ops::reshape, {any}, {attr::shape(std::move(shape))});
  return to.make(ops::where, {any, out, to.scalar(out->type.element(), 0)});
}

Pattern scores() {
  const Pattern plain = op(ops::matmul, q, k).as(product).once();
  return either(op(ops::mul, plain, constant().as(scale)).once(), plain);
}

/// The shares, for these users.
Pattern softmaxOfScores() {
  return op(ops::softmax,
            either(op(ops::add, scores(), mask).once(),
                   op(ops::where, mask, scores(), constant().as(fill)).once(),
                   op(ops::where, mask, constant().as(fill), scores()).once(), scores()))
      .as(weights);
}

} // namespace

std::span<const Rule> attentionRules() {
  static const std::vector<Rule> kRules = {
      {"attention", op(ops::matmul, softmaxOfScores().once(), v), attention},
      {"attention-guarded",
       op(ops::matmul,
          op(ops::where, op(ops::is_nan, softmaxOfScores()).once(), number(0), weights).once(), v),
       guardedAttention},
  };
  return kRules;
}

} // namespace burin::passes
