// SPDX-License-Identifier: Apache-2.0
#include "ir/views.h"

#include "ir/ops.h"

namespace burin::ir {
namespace {

constexpr int64_t kLeastShare = 4; // a slice with less than this part of its operand is a copy

/// Of a slice whose elements lie side by side, the first one; else -1.
int64_t startOf(const Op &slice) {
  const Shape &from = slice.operand(0)->type.shape(), &shape = slice.result()->type.shape();
  Dim start = 0;
  bool isWhole = true; // from the innermost axis outwards: all of it, then a part, then one entry
  Dim inner = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (!isWhole && !shape[i].isNumber(1))
      return -1;
    if (!shape[i].isNumber(1) && slice[attr::steps][i] != 1)
      return -1;
    start = start + slice[attr::starts][i] * inner;
    inner = inner * from[i];
    isWhole = isWhole && shape[i] == from[i];
  }
  return start.isNumber() ? start.number() : -1;
}

bool isOfConstant(const Value *v) {
  while (v->def() && (v->def()->is(ops::slice) || v->def()->def.is(Trait::view)))
    v = v->def()->operand(0);
  return v->isConstant();
}

bool isPart(const Op &op) {
  if (!op.is(ops::slice) || isOfConstant(op.operand(0)) || startOf(op) < 0)
    return false;
  const int64_t part = op.result()->type.count().bounds().hi,
                whole = op.operand(0)->type.count().bounds().hi;
  return part > 0 && part >= (whole + kLeastShare - 1) / kLeastShare;
}

/// Whether a block hands on v, or another name of it.
bool isYielded(const Value &v) {
  for (const Use *use = v.firstUse(); use; use = use->next)
    if (use->user->is(ops::yield) || (isView(*use->user) && isYielded(*use->user->result())))
      return true;
  return false;
}

/// Concats that read v or another name of it: the last one seen, and how many.
size_t concatsOf(const Value &v, const Op *&concat) {
  size_t count = 0;
  for (const Use *use = v.firstUse(); use; use = use->next)
    if (const Op &user = *use->user; user.is(ops::concat)) {
      concat = &user;
      ++count;
    } else if (user.is(ops::reshape)) {
      count += concatsOf(*user.result(), concat);
    }
  return count;
}

/// Whether the operands lie behind each other in the result, at known places.
bool isInOrder(const Op &concat) {
  const Type &type = concat.result()->type;
  if (!type.isTensor() || !type.isStatic())
    return false;
  for (int64_t i = 0; i < concat[attr::axis]; ++i)
    if (!type.dim(static_cast<size_t>(i)).isNumber(1))
      return false;
  return true;
}

/// The value that has the memory of a concat's operand: through names of all of it.
const Value *wholeOf(const Value *v) {
  while (v->def() && v->def()->is(ops::reshape))
    v = v->def()->operand(0);
  return v;
}

} // namespace

bool isView(const Op &op) {
  return op.def.is(Trait::view) || (isPart(op) && !isYielded(*op.result()));
}

int64_t firstElement(const Op &view) { return view.is(ops::slice) ? startOf(view) : 0; }

const Value *rootOf(const Value *v) {
  while (v->def() && isView(*v->def()))
    v = v->def()->operand(0);
  return v;
}

int64_t firstInRoot(const Value *v) {
  int64_t first = 0;
  for (; v->def() && isView(*v->def()); v = v->def()->operand(0))
    first += firstElement(*v->def());
  return first;
}

const Op *joinedBy(const Value &v) {
  const Op *op = v.def(), *concat = nullptr;
  if (!op || isView(*op) || op->is(ops::if_) || op->is(ops::loop) || concatsOf(v, concat) != 1 ||
      concat->parent() != op->parent() || !isInOrder(*concat) || isYielded(v))
    return nullptr;
  // What a branch or a loop's body yields lies where the op around it has its results.
  return concat->parent()->parentOp() && isYielded(*concat->result()) ? nullptr : concat;
}

const Value *joinedOperand(const Op &concat, size_t i) {
  const Value *v = wholeOf(concat.operand(i));
  return joinedBy(*v) == &concat ? v : nullptr;
}

bool isJoined(const Op &concat) {
  for (size_t i = 0; i < concat.numOperands(); ++i)
    if (!joinedOperand(concat, i))
      return false;
  return true;
}

bool isMade(const Value &v) {
  const Op *op = v.def();
  const bool maySkip = op && (op->is(ops::topk) || op->is(ops::lstm) || op->is(ops::gru) ||
                              op->is(ops::rnn) || (op->is(ops::unique) && v.index() > 0));
  return v.hasUses() || !maySkip;
}

bool isStep(const Op &op) {
  return !op.is(ops::yield) && !op.is(ops::reshape) && !(op.is(ops::slice) && isView(op)) &&
         !(op.is(ops::concat) && isJoined(op));
}

} // namespace burin::ir
