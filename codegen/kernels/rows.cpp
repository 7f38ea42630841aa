// SPDX-License-Identifier: Apache-2.0
//
// Reductions, softmax and normalisation.
#include "codegen/kernels/families.h"
#include "codegen/kernels/nd_text.h"
#include "ir/ops.h"

#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

void emitSoftmax(Call &call) {
  const Op &op = call.op;
  const Type &x = op.operand(0)->type;
  const auto axis = static_cast<size_t>(op[attr::axis]);
  Dim outer = 1, inner = 1;
  for (size_t i = 0; i < x.rank(); ++i)
    if (i != axis)
      (i < axis ? outer : inner) = (i < axis ? outer : inner) * x.dim(i);
  const bool log = op.is(ops::log_softmax), last = inner.isNumber(1), f32 = x.element() == ElementType::f32;
  call.name = fmt::format("{}{}", log ? "logSoftmax" : "softmax", x.dim(axis).isNumber() ? x.dim(axis).text() : "");
  call.include("burin/rt/softmax.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const std::string n = call.extent(x.dim(axis), "n");
  const std::string kernel = log ? "logSoftmax" : "softmax";
  if (f32 && last) {
    call.line(fmt::format("rt::{}({}, {}, {}, work);", kernel, n, in, out));
    call.units = outer;
    call.unitsOf = "rows";
  } else if (f32) {
    call.line(fmt::format("rt::{}Axis({}, {}, {}, {}, work);", kernel, n, call.extent(inner, "inner"), in, out));
    call.units = outer * ceilDiv(inner, 64);
    call.unitsOf = "blocks of 64 columns";
  } else {
    call.include("burin/rt/numeric.h");
    call.line(fmt::format("rt::{}Scalar<{}>({}, {}, {}, {}, work);", kernel, x.element() == ElementType::f64 ? "double" : "float", n, call.extent(inner, "inner"), in, out));
    call.units = outer * inner;
    call.unitsOf = "lines";
  }
}

constexpr KernelDef kRows[] = {
    {.op = &ops::softmax, .variant = "rows", .emit = emitSoftmax},
    {.op = &ops::log_softmax, .variant = "rows", .emit = emitSoftmax},
};

} // namespace

std::span<const KernelDef> rowKernels() { return kRows; }

} // namespace burin::kernels
