// SPDX-License-Identifier: Apache-2.0
//
// A convolution that reads a border of zeros in memory has no edge cases: with kernels of one group
// and no dilation each row of the filter is one run of memory. A depthwise one has edge cases that
// are slow, but not as slow as a copy: it gets a border where that costs none.
#include "codegen/kernels/forms.h"
#include "codegen/kernels/frame.h"
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/passes.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Op;
using ir::Value;

bool isNumber(const ir::Dim &d) { return d.isNumber(); }

/// Of one group, or depthwise with a stride that its kernel is fast for.
bool hasFastForm(const Op &op, const ir::Target &target) {
  const int64_t group = op[ir::attr::group];
  if (group == 1)
    return true;
  const ir::Shape &x = op.operand(0)->type.shape(), &y = op.result()->type.shape();
  const std::vector<int64_t> &strides = op[ir::attr::strides];
  // Small cores have no memory for a border that they can do without.
  return target.panel >= 16 && x.back() == ir::Dim(group) && y.back() == x.back() &&
         strides.front() == strides.back() && strides.front() <= 2 &&
         kernels::canLeaveRoom(*op.operand(0), target);
}

bool profits(const Op &op, const ir::Target &target) {
  if (!op.is(ops::conv) || op.operand(0)->type.element() != ir::ElementType::f32 ||
      !op.operand(1)->isConstant() || !hasFastForm(op, target))
    return false;
  const ir::Shape &shape = op.operand(0)->type.shape();
  const bool isImage = shape.size() == 3 || shape.size() == 4;
  return isImage && std::all_of(shape.begin() + 1, shape.end(), isNumber) &&
         std::ranges::all_of(op[ir::attr::dilations], [](int64_t d) { return d == 1; }) &&
         std::ranges::all_of(op[ir::attr::pads], isNumber) &&
         std::ranges::any_of(op[ir::attr::pads], [](const ir::Dim &d) { return !d.isNumber(0); });
}

/// Whether the kernel of the op pads while it reads.
bool clips(const Op &op, const PassContext &context) {
  if (kernels::keepsPadding(op, *context.target))
    return true;
  const kernels::KernelDef *kernel = kernels::chooseKernel(op, *context.target);
  if (!kernel || !kernel->clipsBorder)
    return false;
  if (context.explains("conv-border"))
    context.say(fmt::format("conv-border: not at '{}': {} needs no border; {}", op.at.node,
                            kernel->variant, kernel->reason(op, *context.target)));
  return true;
}

/// Borders that are made, for convolutions further down in the same block to share.
class Borders {
public:
  explicit Borders(ir::Module &module) : module_{module} {}

  void give(Op &op) {
    const ir::Dims pads = op[ir::attr::pads];
    const size_t rank = op.operand(0)->type.rank(), spatial = rank - 2;
    ir::Dims all(2 * rank, 0);
    for (size_t i = 0; i < spatial; ++i) {
      all[1 + i] = pads[i];
      all[rank + 1 + i] = pads[spatial + i];
    }
    op.setOperand(0, bordered(op, all));
    op.set(ir::attr::pads, ir::Dims(pads.size(), 0));
  }

private:
  Value *bordered(const Op &op, const ir::Dims &pads) {
    std::vector<Op *> &made = made_[op.operand(0)];
    for (const Op *pad : made)
      if (pad->parent() == op.parent() && (*pad)[ir::attr::pads] == pads)
        return pad->result();
    ir::Builder to{module_, *op.parent(), const_cast<Op *>(&op)};
    to.at = op.at;
    made.push_back(&to.makeOp(ops::pad, {op.operand(0), nullptr},
                              {ir::attr::pads(pads), ir::attr::mode("constant")}));
    return made.back()->result();
  }

  ir::Module &module_;
  std::unordered_map<const Value *, std::vector<Op *>> made_;
};

} // namespace

RuleNames padPhysicalRules() { return {"conv-border"}; }

bool padPhysical(ir::Module &module, PassContext &context) {
  if (!context.target || !context.target->physicalPadding)
    return false;
  bool changed = false;
  Borders borders{module};
  for (Op *op : allOps(module))
    if (profits(*op, *context.target) && !clips(*op, context) &&
        context.allow("conv-border", op->at)) {
      borders.give(*op);
      changed = true;
    }
  return changed;
}

} // namespace burin::passes
