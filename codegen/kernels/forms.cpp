// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/forms.h"

#include "codegen/kernels/contraction.h"
#include "codegen/kernels/elementwise.h"
#include "codegen/kernels/kernel_def.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace burin::kernels {

std::string layerKey(const Op &op) {
  if (!op.is(ir::ops::conv) || !isFloatConv(op) || !op.result()->type.isStatic())
    return {};
  const Conv c = describeConv(op);
  std::string shape = op.result()->type.text();
  std::erase(shape, ' ');
  return fmt::format("conv {} of {} channels, kernel {}, stride {}, dilation {}, groups {}{}",
                     shape, c.channels.text(), fmt::join(c.kernel, "x"), fmt::join(c.stride, "x"),
                     fmt::join(c.dilation, "x"), c.group,
                     op.numBlocks() ? ", then " + epilogueName(op) : "");
}

std::string_view chosenForm(const Op &op, const Target &target) {
  if (!target.choices || target.choices->empty())
    return {};
  const auto it = target.choices->find(layerKey(op));
  return it == target.choices->end() ? std::string_view{} : it->second;
}

bool keepsPadding(const Op &op, const Target &target) {
  return chosenForm(op, target) == "virtual padding";
}

std::vector<std::string> formsOf(const Op &op, const Target &target) {
  if (layerKey(op).empty())
    return {};
  const KernelDef *estimate = chooseKernel(op, target);
  std::vector<std::string> all =
      estimate->forms ? estimate->forms(op, target) : std::vector<std::string>{};
  for (const KernelDef *row : allKernels())
    if (row->op == &op.def && row->forms && row != estimate)
      for (std::string &form : row->forms(op, target))
        all.push_back(std::move(form));
  // Before a border is made in memory, what will be direct is not yet.
  if (const auto direct = std::ranges::find(all, "direct");
      direct != all.end() && all.front() == "virtual padding")
    std::rotate(all.begin(), direct, direct + 1);
  return all;
}

} // namespace burin::kernels
