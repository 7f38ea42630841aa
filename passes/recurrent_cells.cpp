// SPDX-License-Identifier: Apache-2.0
#include "passes/recurrent_cells.h"

#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/match.h"

#include <algorithm>

namespace burin::passes {
namespace ops = ir::ops;
namespace attr = ir::attr;
using ir::Op;
using ir::Value;

namespace {

// ---- sums ----

/// Adds columns [begin, begin + width) of a constant whose rows are all the same.
bool addBias(const Value &v, int64_t begin, std::vector<double> &bias) {
  const std::vector<double> numbers = numbersOf(v);
  const size_t columns = v.type.rank() ? static_cast<size_t>(v.type.shape().back().number()) : 1;
  for (size_t i = columns; i < numbers.size(); ++i)
    if (numbers[i] != numbers[i - columns])
      return false;
  for (size_t j = 0; j < bias.size(); ++j)
    bias[j] += columns == 1 ? numbers[0] : numbers[static_cast<size_t>(begin) + j];
  return true;
}

bool addProduct(const Op &op, int64_t begin, Sum &sum) {
  const Value &matrix = *op.operand(1);
  if (op.numBlocks() || op[attr::transposeA] || !matrix.isConstant() || matrix.type.rank() != 2)
    return false;
  sum.products.push_back({op.operand(0), op.operand(1), op[attr::transposeB], begin});
  return true;
}

/// Adds the columns of v from `begin` on; false if they are not made of products and constants.
bool addTerms(Value *v, int64_t begin, Sum &sum) {
  if (v->isConstant())
    return v->type.isStatic() && ir::isFloat(v->type.element()) && addBias(*v, begin, sum.bias);
  const Op *op = v->def();
  if (!op || v->type.rank() != 2)
    return false;
  if (op->is(ops::matmul))
    return addProduct(*op, begin, sum);
  if (op->is(ops::add))
    return std::ranges::all_of(operandsOf(*op), [&](Value *part) {
      return (part->isConstant() || part->type == v->type) && addTerms(part, begin, sum);
    });
  if (!op->is(ops::slice) || !op->operand(0)->type.shape()[1].isNumber())
    return false;
  const ir::Dims &starts = (*op)[attr::starts];
  const bool isColumns = starts[0].isNumber(0) && starts[1].isNumber() &&
                         (*op)[attr::shape][0] == op->operand(0)->type.dim(0) &&
                         (*op)[attr::steps] == ir::Ints{1, 1};
  return isColumns && addTerms(op->operand(0), begin + starts[1].number(), sum);
}

std::optional<Sum> sumOf(Value *v) {
  const ir::Type &type = v->type;
  if (!type.isTensor() || type.rank() != 2 || !type.dim(1).isNumber())
    return std::nullopt;
  Sum sum;
  sum.bias.resize(static_cast<size_t>(type.dim(1).number()));
  return addTerms(v, 0, sum) ? std::optional(sum) : std::nullopt;
}

/// Sums of all gates; false if one is not one.
bool addGates(Cell &cell, std::initializer_list<Value *> gates) {
  for (Value *v : gates) {
    std::optional<Sum> sum = v->type == cell.h->type ? sumOf(v) : std::nullopt;
    if (!sum)
      return false;
    cell.gates.push_back(std::move(*sum));
  }
  return true;
}

// ---- cells ----

constexpr Var i{0}, o{1}, f{2}, g{3}, c{4}, cBefore{5};

std::optional<Cell> lstmCell(Value *h) {
  static const Pattern kCell = [] {
    Pattern next = op(ops::add, op(ops::mul, op(ops::sigmoid, f), cBefore),
                      op(ops::mul, op(ops::sigmoid, i), op(ops::tanh, g)));
    return op(ops::mul, op(ops::sigmoid, o), op(ops::tanh, std::move(next).as(c)));
  }();
  Match m;
  if (!match(kCell, h, m) || m[cBefore]->type != h->type)
    return std::nullopt;
  Cell cell{.kind = &ops::lstm, .h = h, .c = m[c], .cBefore = m[cBefore]};
  return addGates(cell, {m[i], m[o], m[f], m[g]}) ? std::optional(cell) : std::nullopt;
}

constexpr Var z{0}, r{1}, n{2}, before{3}, update{4}, fromInput{5}, fromState{6};

/// The candidate: tanh of a sum to which the state comes reset, or is reset when it comes.
bool addCandidate(Cell &cell, Value *gate, Value *updateGate) {
  static const Pattern kLinear =
      op(ops::add, fromInput, op(ops::mul, op(ops::sigmoid, r), fromState));
  Match m;
  if (match(kLinear, gate, m)) {
    cell.linearBeforeReset = true;
    return addGates(cell, {updateGate, m[r], m[fromInput], m[fromState]});
  }
  std::optional<Sum> sum = sumOf(gate);
  if (!sum)
    return false;
  static const Pattern kReset = op(ops::mul, op(ops::sigmoid, r), before);
  for (const Product &p : sum->products) {
    Match reset;
    reset.bound[static_cast<size_t>(before.id)] = cell.before;
    if (match(kReset, p.input, reset) && addGates(cell, {updateGate, reset[r]})) {
      cell.reset = p.input;
      cell.gates.push_back(std::move(*sum));
      return true;
    }
  }
  return false;
}

std::optional<Cell> gruCell(Value *h) {
  static const Pattern kCells[] = {
      op(ops::add, op(ops::mul, op(ops::sigmoid, z).as(update), before),
         op(ops::mul, op(ops::sub, number(1), update), op(ops::tanh, n))),
      op(ops::add, op(ops::mul, op(ops::sub, before, fromInput), op(ops::sigmoid, z)),
         op(ops::tanh, n).as(fromInput)),
  };
  for (const Pattern &pattern : kCells) {
    Match m;
    Cell cell{.kind = &ops::gru, .h = h};
    if (!match(pattern, h, m) || m[before]->type != h->type)
      continue;
    cell.before = m[before];
    if (addCandidate(cell, m[n], m[z]))
      return cell;
  }
  return std::nullopt;
}

std::optional<Cell> rnnCell(Value *h) {
  Cell cell{.kind = &ops::rnn, .h = h};
  return addGates(cell, {h->def()->operand(0)}) ? std::optional(cell) : std::nullopt;
}

} // namespace

std::optional<Cell> cellOf(Value *h) {
  const Op *op = h->def();
  if (!op || !h->type.isTensor() || h->type.element() != ir::ElementType::f32)
    return std::nullopt;
  if (op->is(ops::mul))
    return lstmCell(h);
  if (op->is(ops::add))
    return gruCell(h);
  return op->is(ops::tanh) ? rnnCell(h) : std::nullopt;
}

} // namespace burin::passes
