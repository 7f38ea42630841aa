// SPDX-License-Identifier: Apache-2.0
//
// Quantisation between floats and integers.
#include "codegen/kernels/families.h"
#include "codegen/kernels/nd_text.h"
#include "ir/ops.h"

#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

bool isF32(const Value *v) { return v->type.element() == ElementType::f32; }
bool isQuantized(ElementType e) {
  switch (e) {
  case ElementType::i8:
  case ElementType::u8:
  case ElementType::i16:
  case ElementType::u16:
  case ElementType::i4:
  case ElementType::u4:
  case ElementType::i2:
  case ElementType::u2:
    return true;
  default:
    return false;
  }
}

bool hasFloatScale(const Op &op, const Target &) {
  const bool quantize = op.is(ops::quantize);
  return isF32(op.operand(1)) && isF32(quantize ? op.operand(0) : op.result()) && isQuantized((quantize ? op.result() : op.operand(0))->type.element());
}

void emitLinear(Call &call) {
  const Op &op = call.op;
  const bool quantize = op.is(ops::quantize);
  const ir::Shape &shape = op.operand(0)->type.shape();
  const Value *scale = op.operand(1), *zero = op.numOperands() > 2 ? op.operand(2) : nullptr;
  const std::string kernel = quantize ? "quantizeLinear" : "dequantizeLinear";
  call.name = kernel;
  call.include("burin/rt/quant.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"), s = call.read(scale, "scale"), z = zero ? call.read(zero, "zero") : "", out = call.write(op.result(), "out");
  if (scale->type.count().isNumber(1)) {
    call.line(fmt::format("rt::{}({}, {}[0], {}, {}, work);", kernel, in, s, zero ? fmt::format("static_cast<int>({}[0])", z) : "0", out));
    call.units = ir::product(shape);
    call.unitsOf = "elements";
    return;
  }
  const auto axis = static_cast<size_t>(op[attr::axis]);
  const int64_t block = op[attr::blockSize];
  Dim outer = 1, inner = 1;
  for (size_t i = 0; i < shape.size(); ++i)
    if (i != axis)
      (i < axis ? outer : inner) = (i < axis ? outer : inner) * shape[i];
  const std::string extent = call.number(shape[axis], "axis"), below = call.number(inner, "inner"), zeros = zero ? z : "nullptr";
  if (block > 0)
    call.line(fmt::format("rt::{}Blocked({}, {}, {}, {}, {}, {}, {}, work);", kernel, extent, block, below, in, s, zeros, out));
  else
    call.line(fmt::format("rt::{}Axis({}, {}, {}, {}, {}, {}, work);", kernel, extent, below, in, s, zeros, out));
  call.units = outer * shape[axis];
  call.unitsOf = "slices";
}

constexpr KernelDef kQuant[] = {
    {.op = &ops::quantize, .variant = "linear", .applies = hasFloatScale, .emit = emitLinear},
    {.op = &ops::dequantize, .variant = "linear", .applies = hasFloatScale, .emit = emitLinear},
};

} // namespace

std::span<const KernelDef> quantKernels() { return kQuant; }

} // namespace burin::kernels
