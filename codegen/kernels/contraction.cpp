// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/contraction.h"

#include "codegen/kernels/frame.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace attr = ir::attr;

std::string storeAs(ElementType e) {
  const bool rounds = ir::isFloat(e) && e != ElementType::f32 && e != ElementType::f64;
  return rounds ? fmt::format("rt::RoundTo<{}>{{}}", elementCpp(e)) : "rt::Keep{}";
}

bool isF32(const Value *v) { return v && v->type.element() == ElementType::f32; }

std::string accumulator(ElementType e) {
  if (ir::isFloat(e))
    return e == ElementType::f64 ? "double" : "float";
  return elementCpp(e);
}

Conv describeConv(const Op &op) {
  const Type &x = op.operand(0)->type, &f = op.operand(1)->type, &y = op.result()->type;
  Conv c;
  const size_t spatial = x.rank() - 2;
  c.images = x.dim(0);
  c.channels = x.dim(x.rank() - 1);
  c.outChannels = f.dim(0);
  c.group = op[attr::group];
  c.filter = op.operand(1);
  const ir::Dims &pads = op[attr::pads];
  if (spatial == 1) {
    c.in = c.out = {1};
    c.padBegin = c.padEnd = {0};
    c.kernel = c.stride = c.dilation = {1};
  }
  for (size_t i = 0; i < spatial; ++i) {
    c.in.push_back(x.dim(1 + i));
    c.out.push_back(y.dim(1 + i));
    c.padBegin.push_back(pads[i]);
    c.padEnd.push_back(pads[spatial + i]);
    c.kernel.push_back(f.dim(1 + i).number());
    c.stride.push_back(op[attr::strides][i]);
    c.dilation.push_back(op[attr::dilations][i]);
  }
  c.axes = c.in.size();
  c.room = c.out;
  return c;
}

Conv describeConv(const Call &call) {
  Conv c = describeConv(call.op);
  if (const Op *pad = frameOf(*call.op.result(), call.target))
    std::ranges::copy_backward(extentsInFrame(*call.op.result(), pad), c.room.end());
  return c;
}

Dim convMacs(const Conv &c) {
  Dim macs = c.images * ir::product(c.out) * c.outChannels * floorDiv(c.channels, c.group);
  for (const int64_t k : c.kernel)
    macs = macs * k;
  return macs;
}

bool isFloatConv(const Op &op) {
  return isF32(op.operand(0)) && isF32(op.operand(1)) && op.operand(1)->isConstant();
}

std::string kernelText(const Conv &c) {
  std::string text;
  for (const int64_t k : c.kernel)
    text += (text.empty() ? "" : "x") + std::to_string(k);
  return text;
}

void fieldLines(Call &call, std::span<const std::pair<std::string, std::string_view>> rows) {
  for (const auto &[text, name] : rows)
    call.line(fmt::format("    {}, // {}", text, name));
}

} // namespace burin::kernels
