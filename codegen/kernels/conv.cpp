// SPDX-License-Identifier: Apache-2.0
//
// Convolutions. Winograd's algorithm is in winograd.cpp.
#include "codegen/kernels/contraction.h"
#include "codegen/kernels/elementwise.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/packing.h"
#include "codegen/kernels/winograd.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

bool isPlain(const Conv &c) {
  const auto isZero = [](const Dim &d) { return d.isNumber(0); };
  return c.group == 1 && std::ranges::all_of(c.padBegin, isZero) &&
         std::ranges::all_of(c.padEnd, isZero) &&
         std::ranges::all_of(c.dilation, [](int64_t d) { return d == 1; });
}

bool isPointwise(const Op &op, const Target &) {
  if (!isFloatConv(op))
    return false;
  const Conv c = describeConv(op);
  const auto isOne = [](int64_t x) { return x == 1; };
  return isPlain(c) && std::ranges::all_of(c.kernel, isOne) && std::ranges::all_of(c.stride, isOne);
}

bool isDirect(const Op &op, const Target &) {
  if (!isFloatConv(op))
    return false;
  const Conv c = describeConv(op);
  return isPlain(c) && c.axes == 2;
}

bool isDepthwise(const Op &op, const Target &) {
  if (!isFloatConv(op))
    return false;
  const Conv c = describeConv(op);
  return c.axes == 2 && c.group > 1 && c.channels == Dim(c.group);
}

bool isFloatAny(const Op &op, const Target &) {
  return isFloatConv(op) && !op[attr::strides].empty();
}

/// Whether layers of different depth may share a stub: small cores inline the register tile, and
/// gain from a depth that is known (kTileCalled in gemm.h).
bool sharesDepth(const Call &call) { return call.target.panel >= 16; }

void emitDirect(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(call);
  const int64_t n = c.outChannels.number();
  const int panel = panelFor(call.target, n);
  call.name = fmt::format("conv{}{}", kernelText(c), epilogueName(op));
  call.include("burin/rt/conv.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in");
  const std::string filter = call.packed(packFilter(c.filter, 1, panel), "filter");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  const Dim inRow = c.in[1] * c.channels, outRow = c.room[1] * c.outChannels;
  const std::pair<std::string, std::string_view> rows[] = {
      {call.extent(c.out[0], "height", true), "height"},
      {call.tiled(c.out[1], "width"), "width"},
      {call.extent(c.channels, "channels", sharesDepth(call)), "channels"},
      {call.extent(n, "outChannels", true), "outChannels"},
      {fmt::format("Const<{}>{{}}", c.kernel[0]), "kernelHeight"},
      {fmt::format("Const<{}>{{}}", c.kernel[1]), "kernelWidth"},
      {fmt::format("Const<{}>{{}}", c.stride[0]), "strideHeight"},
      {fmt::format("Const<{}>{{}}", c.stride[1]), "strideWidth"},
      {call.number(c.in[0] * inRow, "inImage", true), "inImage"},
      {call.number(inRow, "inRow", true), "inRow"},
      {call.number(c.room[0] * outRow, "outImage", true), "outImage"},
      {call.number(outRow, "outRow", true), "outRow"},
      {call.number(n, "outPixel", true), "outPixel"},
  };
  call.line("const rt::Conv2d shape{");
  fieldLines(call, rows);
  call.line("};");
  call.line(fmt::format("rt::{}<{}>(shape, {}, {}, {}, {}, work);",
                        n % panel ? "conv2dExact" : "conv2d", panel, in, filter, out, epilogue));
  call.units = c.images * c.out[0];
  call.unitsOf = "rows";
  call.macs = convMacs(c);
}

void emitPointwise(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(call);
  if (c.room != c.out) // rows of pixels with room between them
    return emitDirect(call);
  const int64_t n = c.outChannels.number(), k = c.channels.number();
  const int panel = panelFor(call.target, n);
  call.name = fmt::format("conv1x1{}", epilogueName(op));
  call.include("burin/rt/gemm.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in");
  const std::string filter = call.packed(packFilter(c.filter, 1, panel), "filter");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  const std::string rows = call.tiled(c.images * ir::product(c.out), "pixels");
  const std::string columns = call.extent(n, "outChannels", true),
                    depth = call.extent(k, "channels", sharesDepth(call));
  const std::string inPixel = call.number(k, "channels", true),
                    outPixel = call.number(n, "outChannels", true);
  call.line(fmt::format("rt::{}<{}>({}, {}, {}, {}, {}, {}, {}, {}, {}, work);",
                        n % panel ? "gemmExact" : "gemm", panel, rows, columns, depth, in, inPixel,
                        filter, out, outPixel, epilogue));
  call.units = (n + panel - 1) / panel;
  call.unitsOf = fmt::format("panels of {}", panel);
  call.macs = convMacs(c);
}

/// The struct that kernels with virtual padding take.
void generalShape(Call &call, const Conv &c) {
  std::vector<std::string> in, out, kernel, stride, dilation, pad, inStride, outStride;
  for (size_t i = 0; i < c.axes; ++i) {
    Dim inStep = c.channels, outStep = c.outChannels;
    for (size_t j = i + 1; j < c.axes; ++j) {
      inStep = inStep * c.in[j];
      outStep = outStep * c.room[j];
    }
    in.push_back(call.number(c.in[i], fmt::format("in{}", i), true));
    out.push_back(call.number(c.out[i], fmt::format("out{}", i), true));
    kernel.push_back(std::to_string(c.kernel[i]));
    stride.push_back(std::to_string(c.stride[i]));
    dilation.push_back(std::to_string(c.dilation[i]));
    pad.push_back(call.number(c.padBegin[i], fmt::format("pad{}", i), true));
    inStride.push_back(call.number(inStep, fmt::format("inStride{}", i), true));
    outStride.push_back(call.number(outStep, fmt::format("outStride{}", i), true));
  }
  const std::string inImage = call.number(c.channels * ir::product(c.in), "inImage", true);
  const std::string outImage = call.number(c.outChannels * ir::product(c.room), "outImage", true);
  const auto entry = [&](const std::string &text, std::string_view name) {
    call.line(fmt::format("    {}, // {}", text, name));
  };
  const auto list = [&](const std::vector<std::string> &v, std::string_view name) {
    entry(fmt::format("{{{{{}}}}}", fmt::join(v, ", ")), name);
  };
  call.line(fmt::format("const rt::ConvGeneral<{}> shape{{", c.axes));
  entry(call.number(c.channels, "channels", true), "channels");
  entry(call.number(c.outChannels, "outChannels", true), "outChannels");
  entry(call.number(c.group, "groups", true), "groups");
  list(in, "in");
  list(out, "out");
  list(kernel, "kernel");
  list(stride, "stride");
  list(dilation, "dilation");
  list(pad, "padBegin");
  entry(inImage, "inImage");
  entry(outImage, "outImage");
  list(inStride, "inStride");
  list(outStride, "outStride");
  call.line("};");
  call.units = c.images;
  for (size_t i = 0; i + 1 < c.axes; ++i)
    call.units = call.units * c.out[i];
  call.unitsOf = "rows";
  call.macs = convMacs(c);
}

void emitDepthwise(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(call);
  const auto isZero = [](const Dim &d) { return d.isNumber(0); };
  const bool bordered =
      std::ranges::all_of(c.padBegin, isZero) && std::ranges::all_of(c.padEnd, isZero);
  call.name = fmt::format("depthwise{}{}", kernelText(c), epilogueName(op));
  call.include("burin/rt/depthwise.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in"),
                    filter = call.packed(packDepthwise(c.filter), "filter");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  generalShape(call, c);
  call.line(fmt::format("rt::{}<{}, {}>(shape, {}, {}, {}, {}, work);",
                        bordered ? "depthwise2d" : "depthwise2dVirtual", c.kernel[0], c.kernel[1],
                        in, filter, out, epilogue));
}

void emitConvVirtual(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(call);
  const bool transposed = op.is(ops::conv_transpose);
  const int panel = panelFor(call.target, c.outChannels.number() / c.group);
  call.name =
      fmt::format("conv{}{}{}", transposed ? "Transpose" : "", kernelText(c), epilogueName(op));
  call.include(transposed ? "burin/rt/conv_transpose.h" : "burin/rt/conv_general.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in"),
                    filter = call.packed(packFilter(c.filter, c.group, panel), "filter");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  generalShape(call, c);
  const std::string kernel =
      transposed ? fmt::format("convTranspose{}d", c.axes) : fmt::format("conv{}dVirtual", c.axes);
  call.line(fmt::format("rt::{}<{}>(shape, {}, {}, {}, {}, work);", kernel, panel, in, filter, out,
                        epilogue));
}

void emitConvScalar(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(op);
  const bool transposed = op.is(ops::conv_transpose);
  call.name = fmt::format("conv{}{}", transposed ? "Transpose" : "", kernelText(c));
  call.include("burin/rt/conv_scalar.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"),
                    filter = call.read(op.operand(1), "filter"),
                    out = call.write(op.result(), "out");
  generalShape(call, c);
  call.line(fmt::format("rt::{}<{}>(shape, {}, {}, {}, {}, work);",
                        transposed ? "convTransposeScalar" : "convScalar",
                        accumulator(op.operand(0)->type.element()), in, filter, out,
                        storeAs(op.operand(0)->type.element())));
}

void emitConvInteger(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(op);
  call.name = fmt::format("convInteger{}", kernelText(c));
  call.include("burin/rt/integer.h");
  const std::string in = call.read(op.operand(0), "in"),
                    filter = call.read(op.operand(1), "filter");
  const Value *xZero = op.numOperands() > 2 ? op.operand(2) : nullptr,
              *fZero = op.numOperands() > 3 ? op.operand(3) : nullptr;
  const std::string zero = xZero
                               ? call.read(xZero, "inZero") + "[0]"
                               : fmt::format("{}{{0}}", elementCpp(op.operand(0)->type.element()));
  const std::string filterZero = fZero ? call.read(fZero, "filterZero") : "nullptr";
  const std::string out = call.write(op.result(), "out");
  generalShape(call, c);
  call.line(fmt::format(
      "rt::convInteger(shape, {}, {}, {}, rt::IntegerZero<{}>{{{}, {}}}, {}, rt::Keep{{}}, work);",
      in, zero, filter, elementCpp(op.operand(1)->type.element()), filterZero,
      fZero && !fZero->type.count().isNumber(1) ? 1 : 0, out));
}

bool isFloatTranspose(const Op &op, const Target &) { return isFloatConv(op); }

/// Of a row that has one form, where it applies.
std::vector<std::string> formIf(bool applies, std::string_view form) {
  return applies ? std::vector{std::string(form)} : std::vector<std::string>{};
}
std::vector<std::string> formsOfPointwise(const Op &op, const Target &target) {
  return formIf(isPointwise(op, target), "1x1 gemm");
}
std::vector<std::string> formsOfDepthwise(const Op &op, const Target &target) {
  return formIf(isDepthwise(op, target), "depthwise");
}
/// Also where a border in memory makes it direct.
std::vector<std::string> formsOfDirect(const Op &op, const Target &target) {
  const Conv c = describeConv(op);
  const bool isBordered = target.physicalPadding && c.axes == 2 && c.group == 1 &&
                          std::ranges::all_of(c.dilation, [](int64_t d) { return d == 1; });
  return formIf(isBordered, "direct");
}
std::vector<std::string> formsOfVirtual(const Op &op, const Target &target) {
  return formIf(isFloatAny(op, target), "virtual padding");
}

std::string whyPointwise(const Op &op, const Target &) {
  const Conv c = describeConv(op);
  return fmt::format("1x1 of stride 1: a product of {} rows",
                     (c.images * ir::product(c.out)).text());
}
std::string whyDepthwise(const Op &, const Target &) { return "a channel to a group"; }
std::string whyDirect(const Op &op, const Target &target) {
  const std::string estimate = explainConv(op, target);
  return !estimate.empty() ? estimate
                           : "not 3x3 of stride 1; with the border in memory rows are products";
}

constexpr KernelDef kConv[] = {
    {.op = &ops::conv,
     .variant = "1x1 gemm",
     .applies = isPointwise,
     .emit = emitPointwise,
     .epilogue = true,
     .leavesRoom = true,
     .reason = whyPointwise,
     .forms = formsOfPointwise},
    {.op = &ops::conv,
     .variant = "depthwise",
     .applies = isDepthwise,
     .emit = emitDepthwise,
     .epilogue = true,
     .leavesRoom = true,
     .reason = whyDepthwise,
     .forms = formsOfDepthwise},
    {.op = &ops::conv,
     .variant = "winograd 4x4",
     .applies = isWinograd4,
     .emit = emitWinograd,
     .epilogue = true,
     .clipsBorder = true,
     .leavesRoom = true,
     .reason = explainConv,
     .forms = formsOfWinograd4},
    {.op = &ops::conv,
     .variant = "winograd 2x2",
     .applies = isWinograd2,
     .emit = emitWinograd,
     .epilogue = true,
     .clipsBorder = true,
     .leavesRoom = true,
     .reason = explainConv,
     .forms = formsOfWinograd2},
    {.op = &ops::conv,
     .variant = "direct",
     .applies = isDirect,
     .emit = emitDirect,
     .epilogue = true,
     .leavesRoom = true,
     .reason = whyDirect,
     .forms = formsOfDirect},
    {.op = &ops::conv,
     .variant = "virtual padding",
     .applies = isFloatAny,
     .emit = emitConvVirtual,
     .epilogue = true,
     .leavesRoom = true,
     .forms = formsOfVirtual},
    {.op = &ops::conv, .variant = "scalar", .emit = emitConvScalar},
    {.op = &ops::conv_integer, .variant = "scalar", .emit = emitConvInteger},
    {.op = &ops::conv_transpose,
     .variant = "gather",
     .applies = isFloatTranspose,
     .emit = emitConvVirtual,
     .epilogue = true,
     .leavesRoom = true},
    {.op = &ops::conv_transpose, .variant = "scalar", .emit = emitConvScalar},
};

} // namespace

std::span<const KernelDef> convKernels() { return kConv; }

} // namespace burin::kernels
