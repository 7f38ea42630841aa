// SPDX-License-Identifier: Apache-2.0
#include "codegen/legalise.h"

#include "codegen/kernels/kernel_def.h"
#include "ir/builder.h"
#include "ir/ops.h"

#include <algorithm>

namespace burin::codegen {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;
using ir::Op;
using ir::Value;

bool holdsSteps(const Op &op) { return op.is(ops::if_) || op.is(ops::loop); }

std::vector<Value *> operandsOf(const Op &op, size_t first, size_t last) {
  std::vector<Value *> operands;
  for (size_t i = first; i < last; ++i)
    operands.push_back(op.operand(i));
  return operands;
}

std::vector<ir::NamedAttr> attributesOf(const Op &op) {
  std::vector<ir::NamedAttr> attributes;
  for (size_t i = 0; i < op.def.attrs.size(); ++i)
    if (op.attributes()[i].index())
      attributes.push_back({op.def.attrs[i].name, op.attributes()[i]});
  return attributes;
}

/// `with` takes the place of `op`, which is erased.
void replace(Op &op, Op &with) {
  for (size_t r = 0; r < op.numResults(); ++r) {
    with.result(r)->name = op.result(r)->name;
    op.result(r)->replaceAllUsesWith(with.result(r));
  }
  op.erase();
}

/// Values of outside that an element body uses. Constants of one element are literals there.
std::vector<Value *> outerValues(const ir::Block &body) {
  std::vector<Value *> outer;
  for (const Op &inner : body)
    for (Value *v : operandsOf(inner, 0, inner.numOperands())) {
      const bool isOwn =
          v && (v->argumentOf() == &body || (v->def() && v->def()->parent() == &body));
      if (v && !isOwn && !v->isConstant() && std::ranges::find(outer, v) == outer.end())
        outer.push_back(v);
    }
  return outer;
}

Op &passOuterValues(ir::Module &module, Op &op) {
  ir::Block &body = op.block();
  const std::vector<Value *> outer = outerValues(body);
  if (outer.empty())
    return op;
  for (Value *v : outer) {
    Value *argument = body.addArgument(ir::Type{v->type.element(), {}}, v->name);
    for (Op &inner : body)
      for (size_t i = 0; i < inner.numOperands(); ++i)
        if (inner.operand(i) == v)
          inner.setOperand(i, argument);
  }
  std::vector<Value *> operands = operandsOf(op, 0, op.numOperands());
  operands.insert(operands.end(), outer.begin(), outer.end());
  ir::Builder to{module, *op.parent(), &op};
  to.at = op.at;
  Op &with = to.makeOp(op.def, operands, attributesOf(op), op.takeBlocks());
  replace(op, with);
  return with;
}

void splitEpilogue(ir::Module &module, Op &op) {
  const size_t own = op.numOperands() - (op.block().numArguments() - 1);
  ir::Builder to{module, *op.parent(), &op};
  to.at = op.at;
  Value *base = to.makeOp(op.def, operandsOf(op, 0, own), attributesOf(op)).result();
  base->name = op.result()->name;
  std::vector<Value *> inputs = {base};
  for (Value *extra : operandsOf(op, own, op.numOperands()))
    inputs.push_back(extra);
  const ir::NamedAttr shape = attr::shape(base->type.shape());
  replace(op, to.makeOp(ops::fused, inputs, {shape}, op.takeBlocks()));
}

bool takesEpilogue(const Op &op, const ir::Target &target) {
  const kernels::KernelDef *kernel = kernels::chooseKernel(op, target);
  return kernel && kernel->epilogue && kernels::canTakeEpilogue(op, target);
}

} // namespace

void legalise(ir::Module &module, ir::Block &block, const ir::Target &target) {
  for (Op *op = block.front(), *next = nullptr; op; op = next) {
    next = op->next();
    if (holdsSteps(*op)) {
      for (size_t i = 0; i < op->numBlocks(); ++i)
        legalise(module, op->block(i), target);
    } else if (op->numBlocks()) {
      op = &passOuterValues(module, *op);
      if (op->def.is(ir::Trait::reduction) && !takesEpilogue(*op, target))
        splitEpilogue(module, *op);
    }
  }
}

} // namespace burin::codegen
