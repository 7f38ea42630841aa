// SPDX-License-Identifier: Apache-2.0
#include "passes/liveness.h"

#include "passes/memory_plan.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::passes {
namespace ops = ir::ops;
using ir::Op;
using ir::Trait;
using ir::Value;

namespace {
int64_t multiply(int64_t a, int64_t b) {
  int64_t out;
  if (__builtin_mul_overflow(a, b, &out))
    throw CompileError(Problem::limit, {}, "a buffer of more than 2^63 bytes");
  return out;
}

int64_t largestCount(const ir::Type &type) {
  int64_t count = 1;
  for (const ir::Dim &d : type.shape()) {
    const int64_t hi = d.bounds().hi;
    if (hi == ir::kUnbounded)
      throw CompileError(Problem::limit, {},
                         fmt::format("{} has an extent without an upper bound", type.text()));
    count = multiply(count, std::max<int64_t>(hi, 0));
  }
  return count;
}

} // namespace

bool isStep(const Op &op) { return !op.is(ops::yield) && !op.is(ops::reshape); }

bool canFail(const Op &op) {
  if (op.is(ops::bind) || op.is(ops::assert_) || op.is(ops::optional_get) || op.is(ops::list_get) ||
      op.is(ops::list_insert) || op.is(ops::list_erase) || op.is(ops::list_concat))
    return true;
  if (op.def.is(Trait::definesDims) &&
      std::ranges::any_of(op[ir::attr::dims], [](const ir::Dim &d) { return !d.isNumber(); }))
    return true; // more than the bound of the symbol
  for (size_t i = 0; i < op.numBlocks(); ++i)
    for (const Op &inner : op.block(i))
      if (canFail(inner))
        return true;
  return false;
}

const Op *ancestorIn(const ir::Block &block, const Op *op) {
  while (op && op->parent() != &block)
    op = op->parent()->parentOp();
  return op;
}

const Value *rootOf(const Value *v) {
  while (v->def() && isView(*v->def()))
    v = v->def()->operand(0);
  return v;
}

bool isReadInStep(const Value *v, const Op &op, const Value &result) {
  for (const ir::Use *use = v->firstUse(); use; use = use->next) {
    if (isView(*use->user) && !isReadInStep(use->user->result(), op, result))
      return false;
    if (use->user == &op) {
      if (!op.is(ops::fused) || v->type.shape() != result.type.shape())
        return false;
    } else if (!use->user->is(ops::reshape) && ancestorIn(*op.parent(), use->user) == &op) {
      return false; // read within the body
    }
  }
  return true;
}

bool isOnlyCarried(const Value *v, const Op &op, unsigned index) {
  if (!op.is(ops::loop) || index >= carriedBy(op) || op.operand(2 + index) != v)
    return false;
  size_t reads = 0;
  for (const ir::Use *use = v->firstUse(); use; use = use->next)
    reads += isView(*use->user) || ancestorIn(*op.parent(), use->user) == &op;
  return reads == 1;
}

std::vector<const Op *> steps(const ir::Function &function) {
  std::vector<const Op *> all;
  for (const Op &op : function.body)
    if (isStep(op))
      all.push_back(&op);
  return all;
}

int64_t bufferBytes(const ir::Type &type) {
  constexpr int64_t kHead = 8, kString = 16;
  switch (type.kind()) {
  case ir::Type::Kind::tensor: {
    const auto size = static_cast<int64_t>(ir::elementSize(type.element()));
    return multiply(largestCount(type), type.element() == ir::ElementType::string ? kString : size);
  }
  case ir::Type::Kind::list:
    return kHead +
           multiply(largestCount(type), (bufferBytes(type.inner()) + kHead - 1) / kHead * kHead);
  case ir::Type::Kind::optional:
    return kHead + bufferBytes(type.inner());
  }
  return 0;
}

} // namespace burin::passes
