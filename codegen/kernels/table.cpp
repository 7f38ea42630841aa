// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/expression.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/forest.h"
#include "codegen/kernels/forms.h"
#include "ir/ops.h"

#include <algorithm>
#include <unordered_map>

namespace burin::kernels {

std::vector<const KernelDef *> allKernels() {
  std::vector<const KernelDef *> all;
  for (const std::span<const KernelDef> family :
       {elementwiseKernels(), linearKernels(), convKernels(), attentionKernels(), movementKernels(),
        poolKernels(), rowKernels(), indexKernels(), quantKernels(), recurrentKernels(),
        resizeKernels(), imageKernels(), listKernels(), treeKernels()})
    for (const KernelDef &row : family)
      all.push_back(&row);
  return all;
}

const KernelDef *chooseKernel(const Op &op, const Target &target) {
  static const auto kByOp = [] {
    std::unordered_map<const ir::OpDef *, std::vector<const KernelDef *>> byOp;
    for (const KernelDef *row : allKernels())
      byOp[row->op].push_back(row);
    return byOp;
  }();
  const auto it = kByOp.find(&op.def);
  if (it == kByOp.end())
    return nullptr;
  const auto applies = [&](const KernelDef *k) { return !k->applies || k->applies(op, target); };
  const std::string_view chosen = chosenForm(op, target);
  auto row = it->second.end();
  if (!chosen.empty())
    row = std::ranges::find_if(it->second, [&](const KernelDef *k) {
      return k->forms && chosen.starts_with(k->variant) && applies(k);
    });
  if (row == it->second.end())
    row = std::ranges::find_if(it->second, applies);
  return row == it->second.end() ? nullptr : *row;
}

bool canTakeEpilogue(const Op &op, const Target &target) {
  const KernelDef *kernel = chooseKernel(op, target);
  if (!kernel || !kernel->epilogue || !op.numBlocks() || !isVectorBody(op.block()))
    return false;
  const ir::Shape &shape = op.result()->type.shape();
  const size_t extras = op.block().numArguments() - 1;
  for (size_t i = op.numOperands() - extras; i < op.numOperands(); ++i) {
    const Type &t = op.operand(i)->type;
    const bool columns =
        t.rank() && !shape.empty() && t.shape().back() == shape.back() && t.count() == shape.back();
    if (t.element() != ElementType::f32 ||
        !(t.count().isNumber(1) || columns || t.count() == ir::product(shape)))
      return false;
  }
  return true;
}

} // namespace burin::kernels
