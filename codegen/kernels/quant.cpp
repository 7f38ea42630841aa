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
  return isF32(op.operand(1)) && isF32(quantize ? op.operand(0) : op.result()) &&
         isQuantized((quantize ? op.result() : op.operand(0))->type.element());
}

/// How the scales of an op lie along x; one for all is along an axis of one.
struct Scales {
  Dim outer = 1, axis = 1, inner = 1;
  int64_t block = 0;
};
Scales scalesOf(const Op &op) {
  const ir::Shape &shape = op.operand(0)->type.shape();
  const int64_t block = op.is(ops::requantize) ? 0 : op[attr::blockSize];
  if (op.operand(1)->type.rank() == 0)
    return {ir::product(shape), 1, 1, 0};
  Scales s{.block = block};
  const auto axis = static_cast<size_t>(op[attr::axis]);
  for (size_t i = 0; i < shape.size(); ++i) {
    Dim &part = i < axis ? s.outer : i == axis ? s.axis : s.inner;
    part = part * shape[i];
  }
  return s;
}

/// The parameters that all kernels have. An absent zero point is a null pointer of its type.
struct Operands {
  std::string in, scale, zero, out;
};
Operands operandsOf(Call &call, ElementType quantized) {
  const Op &op = call.op;
  const Value *zero = op.numOperands() > 2 ? op.operand(2) : nullptr;
  return {call.read(op.operand(0), "in"), call.read(op.operand(1), "scale"),
          zero ? call.read(zero, "zero")
               : fmt::format("static_cast<const {} *>(nullptr)", elementCpp(quantized)),
          call.write(op.result(), "out")};
}

void emitLinear(Call &call) {
  const Op &op = call.op;
  const bool quantize = op.is(ops::quantize), hasZero = op.numOperands() > 2 && op.operand(2);
  const std::string kernel = quantize ? "quantizeLinear" : "dequantizeLinear";
  call.name = kernel;
  call.include("burin/rt/quant.h");
  call.include("burin/rt/numeric.h");
  const auto [in, scale, zero, out] =
      operandsOf(call, (quantize ? op.result() : op.operand(0))->type.element());
  const Scales s = scalesOf(op);
  call.units = s.outer * s.axis;
  call.unitsOf = "slices";
  if (op.operand(1)->type.rank() == 0) {
    call.line(fmt::format("rt::{}({}, {}[0], {}, {}, work);", kernel, in, scale,
                          hasZero ? fmt::format("rt::zeroAt({}, 0)", zero) : "0", out));
    call.unitsOf = "elements";
    return;
  }
  const std::string axis = call.number(s.axis, "axis"), inner = call.number(s.inner, "inner");
  if (s.block > 0)
    call.line(fmt::format("rt::{}Blocked({}, {}, {}, {}, {}, {}, {}, work);", kernel, axis, s.block,
                          inner, in, scale, zero, out));
  else
    call.line(fmt::format("rt::{}Axis({}, {}, {}, {}, {}, {}, work);", kernel, axis, inner, in,
                          scale, zero, out));
}

/// The kernels over all types.
void emitAny(Call &call) {
  const Op &op = call.op;
  const bool quantize = op.is(ops::quantize), sums = op.is(ops::requantize);
  call.name = fmt::format("{}Linear", op.def.name);
  call.include("burin/rt/quant_any.h");
  const auto [in, scale, zero, out] =
      operandsOf(call, (op.is(ops::dequantize) ? op.operand(0) : op.result())->type.element());
  const Scales s = scalesOf(op);
  const std::string axis = InOrder{"rt::ScaleAxis{{{}, {}, {}}}", call.number(s.axis, "axis"),
                                   s.block, call.number(s.inner, "inner")}
                               .text;
  if (sums) {
    const bool oneZero = op.numOperands() > 2 && op.operand(2) && op.operand(2)->type.rank() == 0;
    call.line(fmt::format("rt::requantizeLinear<rt::Rounding::{}>({}, {}, {}, {}, {}, {}, work);",
                          op[attr::rounding], axis, in, scale, zero, oneZero, out));
  } else {
    call.line(fmt::format("rt::{}Any({}, {}, {}, {}, {}{}, work);", call.name, axis, in, scale,
                          zero, quantize ? (op[attr::saturate] ? "true, " : "false, ") : "", out));
  }
  call.units = s.outer * s.axis;
  call.unitsOf = op.operand(1)->type.rank() == 0 ? "elements" : "slices";
}

constexpr KernelDef kQuant[] = {
    {.op = &ops::quantize, .variant = "linear", .applies = hasFloatScale, .emit = emitLinear},
    {.op = &ops::quantize, .variant = "any", .emit = emitAny},
    {.op = &ops::dequantize, .variant = "linear", .applies = hasFloatScale, .emit = emitLinear},
    {.op = &ops::dequantize, .variant = "any", .emit = emitAny},
    {.op = &ops::requantize, .variant = "any", .emit = emitAny},
};

} // namespace

std::span<const KernelDef> quantKernels() { return kQuant; }

} // namespace burin::kernels
