// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/families.h"
#include "codegen/kernels/nd_text.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// `const rt::Pool<R> shape{...};` for one to three spatial axes.
void poolShape(Call &call) {
  const Op &op = call.op;
  const Type &x = op.operand(0)->type, &y = op.result()->type;
  const size_t axes = x.rank() - 2;
  const Dim channels = x.dim(x.rank() - 1);
  Dims in, out, kernel, stride, dilation, padBegin, padEnd, inStride, outStride;
  for (size_t i = 0; i < axes; ++i) {
    in.push_back(x.dim(1 + i));
    out.push_back(y.dim(1 + i));
    kernel.emplace_back(op[attr::kernel][i]);
    stride.emplace_back(op[attr::strides][i]);
    dilation.emplace_back(op[attr::dilations][i]);
    padBegin.push_back(op[attr::pads][i]);
    padEnd.push_back(op[attr::pads][axes + i]);
  }
  for (size_t i = 0; i < axes; ++i) {
    Dim inStep = channels, outStep = channels;
    for (size_t j = i + 1; j < axes; ++j) {
      inStep = inStep * in[j];
      outStep = outStep * out[j];
    }
    inStride.push_back(inStep);
    outStride.push_back(outStep);
  }
  const auto entry = [&](const std::string &text, std::string_view name) {
    call.line(fmt::format("    {}, // {}", text, name));
  };
  const auto list = [&](const Dims &dims, std::string_view name) {
    std::string text;
    for (size_t i = 0; i < dims.size(); ++i)
      text += (i ? ", " : "") + call.number(dims[i], fmt::format("{}{}", name, i));
    entry(fmt::format("{{{{{}}}}}", text), name);
  };
  call.line(fmt::format("const rt::Pool<{}> shape{{", axes));
  entry(call.number(channels, "channels"), "channels");
  list(in, "in");
  list(out, "out");
  list(kernel, "kernel");
  list(stride, "stride");
  list(dilation, "dilation");
  list(padBegin, "padBegin");
  list(padEnd, "padEnd");
  entry(call.number(channels * ir::product(in), "inImage"), "inImage");
  entry(call.number(channels * ir::product(out), "outImage"), "outImage");
  list(inStride, "inStride");
  list(outStride, "outStride");
  call.line("};");
  call.include("burin/rt/pool.h");
  call.units = x.dim(0);
  for (size_t i = 0; i + 1 < axes; ++i)
    call.units = call.units * out[i];
  call.unitsOf = "rows";
}

std::string kernelText(const Op &op) { return fmt::format("{}", fmt::join(op[attr::kernel], "x")); }

/// K x K windows at stride K without padding, which tile the input.
bool isTiling(const Op &op, const Target &) {
  const Type &x = op.operand(0)->type;
  if (x.rank() != 4 || x.element() != ElementType::f32)
    return false;
  const int64_t k = op[attr::kernel][0];
  const auto all = [](const ir::Ints &v, int64_t n) {
    return std::ranges::all_of(v, [n](int64_t i) { return i == n; });
  };
  return (k == 2 || k == 3) && all(op[attr::kernel], k) && all(op[attr::strides], k) &&
         all(op[attr::dilations], 1) &&
         std::ranges::all_of(op[attr::pads], [](const Dim &d) { return d.isNumber(0); }) &&
         x.dim(0).isNumber(1);
}

void emitTilingMaxPool(Call &call) {
  const Op &op = call.op;
  const Type &x = op.operand(0)->type, &y = op.result()->type;
  const int64_t k = op[attr::kernel][0];
  call.name = fmt::format("maxPool{}", kernelText(op));
  call.include("burin/rt/pool.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const std::string width = call.number(y.dim(2), "width"),
                    channels = call.extent(y.dim(3), "channels");
  call.line(InOrder{"rt::maxPool2d<{}>({}, {}, {}, {}, {}, {}, work);", k, width, channels, in,
                    call.number(x.dim(2) * x.dim(3), "inRow"), out,
                    call.number(y.dim(2) * y.dim(3), "outRow")}
                .text);
  call.units = y.dim(0) * y.dim(1);
  call.unitsOf = "rows";
}

void emitMaxPool(Call &call) {
  const Op &op = call.op;
  call.name = fmt::format("maxPool{}", kernelText(op));
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  poolShape(call);
  call.line(fmt::format("rt::maxPool(shape, {}, {}, rt::Keep{{}}, work);", in, out));
}

void emitMaxPoolIndices(Call &call) {
  const Op &op = call.op;
  call.name = fmt::format("maxPoolIndices{}", kernelText(op));
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out"),
                    indices = call.write(op.result(1), "indices");
  poolShape(call);
  call.line(fmt::format("rt::maxPoolIndices(shape, {}, {}, {}, {}, work);", op[attr::columnMajor],
                        in, out, indices));
}

void emitAveragePool(Call &call) {
  const Op &op = call.op;
  call.name = fmt::format("averagePool{}", kernelText(op));
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  poolShape(call);
  call.line(fmt::format("rt::averagePool<rt::Divisor::{}>(shape, {}, {}, rt::Keep{{}}, work);",
                        op[attr::countIncludePad] ? "padded" : "inside", in, out));
}

constexpr KernelDef kPool[] = {
    {.op = &ops::max_pool, .variant = "tiling", .applies = isTiling, .emit = emitTilingMaxPool},
    {.op = &ops::max_pool, .variant = "windows", .emit = emitMaxPool},
    {.op = &ops::max_pool_indices, .variant = "windows", .emit = emitMaxPoolIndices},
    {.op = &ops::average_pool, .variant = "windows", .emit = emitAveragePool},
};

} // namespace

std::span<const KernelDef> poolKernels() { return kPool; }

} // namespace burin::kernels
