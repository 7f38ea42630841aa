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

namespace {
/// "f32[1,56,56,64]", of a symbol the most that it can be: "f32[<=8,56,56,64]".
std::string sizes(const Type &type) {
  std::vector<std::string> extents;
  for (const Dim &d : type.shape())
    extents.push_back(d.isNumber() ? d.text() : fmt::format("<={}", d.bounds().hi));
  return fmt::format("{}[{}]", ir::name(type.element()), fmt::join(extents, ","));
}

bool isBounded(const Dim &d) { return d.bounds().hi < ir::kUnbounded; }
} // namespace

std::string layerKey(const Op &op) {
  if (!op.is(ir::ops::conv) || !isFloatConv(op) ||
      !std::ranges::all_of(op.result()->type.shape(), isBounded) ||
      !std::ranges::all_of(op.operand(0)->type.shape(), isBounded) ||
      !std::ranges::all_of(op[ir::attr::pads], [](const Dim &d) { return d.isNumber(); }))
    return {};
  const Conv c = describeConv(op);
  const std::string shape = sizes(op.result()->type);
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
