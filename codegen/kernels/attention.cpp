// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/expression.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/packing.h"
#include "ir/ops.h"

#include "burin/rt/attention.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

bool isBlocked(const Op &op, const Target &) {
  const Type &q = op.operand(0)->type;
  if (q.element() != ElementType::f32 || op[attr::softcap] > 0)
    return false;
  for (size_t i = 0; i < 3; ++i) {
    const ir::Shape &shape = op.operand(i)->type.shape();
    if (!shape[2].isNumber() || !shape[3].isNumber() ||
        std::ranges::any_of(shape, [](const Dim &d) { return d.bounds().lo < 1; }))
      return false;
  }
  return true;
}

/// "rt::AddedMask<1>{mask, 0, 0, 128}": the strides along images, heads and queries.
std::string maskText(Call &call) {
  const Value *mask = call.op.numOperands() > 3 ? call.op.operand(3) : nullptr;
  if (!mask)
    return "rt::NoMask{}";
  const bool isKept = mask->type.element() == ElementType::boolean;
  const std::string name = call.read(mask, "mask");
  Dims strides(4, 0); // of axes that are not there, or broadcast
  Dim step = 1;
  for (size_t i = 0; i < mask->type.rank(); ++i) {
    const Dim &extent = mask->type.dim(mask->type.rank() - 1 - i);
    if (!extent.isNumber(1))
      strides[3 - i] = step;
    step = step * extent;
  }
  return InOrder{"rt::{}<{}>{{{}, {}, {}, {}}}",
                 isKept ? "KeptMask" : "AddedMask",
                 strides[3].text(),
                 name,
                 call.number(strides[0], "maskImage"),
                 call.number(strides[1], "maskHead"),
                 call.number(strides[2], "maskQuery")}
      .text;
}

void emitBlocked(Call &call) {
  const Op &op = call.op;
  const Type &q = op.operand(0)->type, &k = op.operand(1)->type, &v = op.operand(2)->type;
  const int64_t heads = q.dim(2).number(), depth = q.dim(3).number(), width = v.dim(3).number();
  const bool causal = op[attr::causal];
  const int panel = panelFor(call.target, width);
  call.name = fmt::format("attention{}x{}{}", heads, depth, causal ? "Causal" : "");
  call.include("burin/rt/attention.h");
  const std::string from = call.read(op.operand(0), "q"), keys = call.read(op.operand(1), "k"),
                    values = call.read(op.operand(2), "v");
  const std::string mask = maskText(call), out = call.write(op.result(), "out");
  const std::string queryCount = call.extent(q.dim(1), "queries"),
                    keyCount = call.extent(k.dim(1), "keys");
  call.line(fmt::format(
      "rt::attention<{}, {}>({}, {}, {}, {}, Const<{}>{{}}, Const<{}>{{}}, {}, {}, "
      "{}, {}, {}, {}, work);",
      panel, causal, heads, heads / k.dim(2).number(), queryCount, keyCount, depth, width,
      floatLiteral(op[attr::scale], ElementType::f32), from, keys, values, out, mask));
  call.units = q.dim(0) * heads;
  call.unitsOf = "heads";
  const auto most = [](const Dim &d) { return static_cast<int>(d.bounds().hi); };
  call.scratchBytes = 4 * rt::attentionScratch(panel, causal, most(q.dim(1)), most(k.dim(1)),
                                               static_cast<int>(depth), static_cast<int>(width));
  call.macs = q.dim(0) * q.dim(1) * heads * k.dim(1) * (depth + width);
}

constexpr KernelDef kAttention[] = {
    {.op = &ops::attention, .variant = "blocks of keys", .applies = isBlocked, .emit = emitBlocked},
};

} // namespace

std::span<const KernelDef> attentionKernels() { return kAttention; }

} // namespace burin::kernels
