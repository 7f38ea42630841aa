// SPDX-License-Identifier: Apache-2.0
//
// Matrix products and convolutions.
#include "codegen/kernels/elementwise.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/packing.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// What a scalar kernel stores: the sum, or the sum rounded to a small type.
std::string storeAs(ElementType e) {
  const bool rounds = ir::isFloat(e) && e != ElementType::f32 && e != ElementType::f64;
  return rounds ? fmt::format("rt::RoundTo<{}>{{}}", elementCpp(e)) : "rt::Keep{}";
}

bool isF32(const Value *v) { return v && v->type.element() == ElementType::f32; }

/// The type in which sums of a type are taken.
std::string accumulator(ElementType e) {
  if (ir::isFloat(e))
    return e == ElementType::f64 ? "double" : "float";
  return elementCpp(e);
}

std::string nd(const std::vector<std::string> &v) {
  return fmt::format("rt::Nd<{}>{{{{{}}}}}", v.size(), fmt::join(v, ", "));
}

// ---- matmul ----

struct Matmul {
  Dims batch; ///< broadcast
  Dim m, n, k;
  std::vector<Dim> aStride, bStride; ///< of the batch axes, in elements; 0 where it broadcasts
  bool aShared = true, bShared = true; ///< no batch axis steps
};

Matmul describeMatmul(const Op &op) {
  const Type &a = op.operand(0)->type, &b = op.operand(1)->type;
  const bool ta = op[attr::transposeA], tb = op[attr::transposeB];
  Matmul d;
  d.m = a.dim(a.rank() - (ta ? 1 : 2));
  d.k = a.dim(a.rank() - (ta ? 2 : 1));
  d.n = b.dim(b.rank() - (tb ? 2 : 1));
  const ir::Shape &out = op.result()->type.shape();
  d.batch.assign(out.begin(), out.end() - 2);
  const auto strides = [&](const Type &t, std::vector<Dim> &into, bool &shared) {
    into.assign(d.batch.size(), 0);
    Dim step = t.dim(t.rank() - 1) * t.dim(t.rank() - 2);
    for (size_t i = 0; i + 2 < t.rank(); ++i) {
      const size_t axis = t.rank() - 3 - i;
      if (!t.dim(axis).isNumber(1)) {
        into[d.batch.size() - 1 - i] = step;
        shared = false;
      }
      step = step * t.dim(axis);
    }
  };
  strides(a, d.aStride, d.aShared);
  strides(b, d.bStride, d.bShared);
  return d;
}

bool isPackedMatmul(const Op &op, const Target &) {
  return isF32(op.operand(0)) && isF32(op.operand(1)) && op.operand(1)->isConstant() &&
         describeMatmul(op).bShared && !op[attr::transposeA];
}

bool isGemv(const Op &op, const Target &target) {
  const Matmul d = describeMatmul(op);
  return isPackedMatmul(op, target) && (ir::product(d.batch) * d.m).isNumber(1);
}

void emitPackedMatmul(Call &call) {
  const Op &op = call.op;
  const Matmul d = describeMatmul(op);
  const Dim rows = ir::product(d.batch) * d.m;
  const int64_t n = d.n.number();
  const int panel = panelFor(call.target, n);
  const bool vector = isGemv(op, call.target);
  call.name = fmt::format("dense{}x{}{}", d.k.text(), n, op.numBlocks() ? blockName(op.block()) : "");
  call.include(vector ? "burin/rt/gemv.h" : "burin/rt/gemm.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in");
  const std::string weight = call.packed(packMatrix(op.operand(1), op[attr::transposeB], panel), "weight");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  const std::string depth = call.extent(d.k, "depth");
  if (vector) {
    call.line(fmt::format("rt::gemv<{}>(Const<{}>{{}}, {}, {}, {}, {}, {}, work);", panel, n, depth, in, weight, out, epilogue));
  } else {
    const std::string m = call.extent(rows, "rows");
    call.line(fmt::format("rt::{}<{}>({}, Const<{}>{{}}, {}, {}, {}, {}, {}, {}, {}, work);", n % panel ? "gemmExact" : "gemm", panel,
                          m, n, depth, in, d.k.text(), weight, out, n, epilogue));
  }
  call.units = (n + panel - 1) / panel;
  call.unitsOf = fmt::format("panels of {}", panel);
  call.macs = rows * d.n * d.k;
}

std::string batchText(Call &call, const Matmul &d) {
  // Without batch axes a batch of one.
  std::vector<std::string> shape, a, b, c;
  Dim cStep = d.m * d.n;
  std::vector<Dim> cStride(d.batch.size());
  for (size_t i = d.batch.size(); i-- > 0;) {
    cStride[i] = cStep;
    cStep = cStep * d.batch[i];
  }
  for (size_t i = 0; i < d.batch.size(); ++i) {
    shape.push_back(call.number(d.batch[i], fmt::format("batch{}", i)));
    a.push_back(call.number(d.aStride[i], fmt::format("aBatch{}", i)));
    b.push_back(call.number(d.bStride[i], fmt::format("bBatch{}", i)));
    c.push_back(call.number(cStride[i], fmt::format("cBatch{}", i)));
  }
  if (d.batch.empty()) {
    shape = {"1"};
    a = b = c = {"0"};
  }
  return fmt::format("rt::GemmBatch<{}>{{{}, {}, {}, {}}}", shape.size(), nd(shape), nd(a), nd(b), nd(c));
}

bool isDynamicMatmul(const Op &op, const Target &) {
  return isF32(op.operand(0)) && isF32(op.operand(1)) && !op[attr::transposeA];
}

void emitDynamicMatmul(Call &call) {
  const Op &op = call.op;
  const Matmul d = describeMatmul(op);
  const int panel = d.n.isNumber() ? panelFor(call.target, d.n.number()) : call.target.panel;
  const bool tb = op[attr::transposeB];
  call.name = fmt::format("matmul{}x{}{}", d.k.isNumber() ? d.k.text() : "K", d.n.isNumber() ? d.n.text() : "N",
                          op.numBlocks() ? blockName(op.block()) : "");
  call.include("burin/rt/gemm_dynamic.h");
  call.include("burin/rt/math.h");
  const std::string a = call.read(op.operand(0), "a"), b = call.read(op.operand(1), "b");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  const std::string m = call.extent(d.m, "rows"), n = call.extent(d.n, "columns"), k = call.extent(d.k, "depth");
  const std::string lda = call.number(d.k, "lda"), ldc = call.number(d.n, "ldc");
  const std::string bRow = tb ? "1" : call.number(d.n, "bRow"), bColumn = tb ? call.number(d.k, "bColumn") : "1";
  call.line(fmt::format("const {} batch = {};", fmt::format("rt::GemmBatch<{}>", std::max<size_t>(d.batch.size(), 1)), batchText(call, d)));
  call.line(fmt::format("rt::gemmDynamic<{}>(batch, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, work);", panel, m, n, k, a, lda, b, bRow, bColumn, out, ldc, epilogue));
  call.units = ir::product(d.batch) * ceilDiv(d.n, panel);
  call.unitsOf = fmt::format("panels of {}", panel);
  call.scratchBytes = d.k.bounds().hi * panel * 4;
  call.macs = ir::product(d.batch) * d.m * d.n * d.k;
}

void emitScalarMatmul(Call &call) {
  const Op &op = call.op;
  const Matmul d = describeMatmul(op);
  const bool ta = op[attr::transposeA], tb = op[attr::transposeB];
  const bool integer = op.is(ops::matmul_integer);
  call.name = integer ? "matmulInteger" : "matmul";
  call.include(integer ? "burin/rt/integer.h" : "burin/rt/matmul.h");
  call.include("burin/rt/numeric.h");
  const std::string a = call.read(op.operand(0), "a"), b = call.read(op.operand(1), "b");
  std::string zeros;
  if (integer) {
    for (const size_t i : {size_t{2}, size_t{3}}) {
      const Value *zero = i < op.numOperands() ? op.operand(i) : nullptr;
      const std::string element = elementCpp(op.operand(i - 2)->type.element());
      const std::string p = zero ? call.read(zero, i == 2 ? "aZero" : "bZero") : "nullptr";
      const bool one = !zero || zero->type.count().isNumber(1);
      zeros += fmt::format("rt::IntegerZero<{}>{{{}, {}}}, ", element, p, one ? 0 : 1);
    }
  }
  const std::string out = call.write(op.result(), "out");
  const std::string m = call.number(d.m, "rows"), n = call.number(d.n, "columns"), k = call.number(d.k, "depth");
  call.line(fmt::format("const rt::GemmBatch<{}> batch = {};", std::max<size_t>(d.batch.size(), 1), batchText(call, d)));
  const std::string aStride = ta ? nd({"1", m}) : nd({k, "1"}), bStride = tb ? nd({"1", k}) : nd({n, "1"}), cStride = nd({n, "1"});
  if (integer)
    call.line(fmt::format("rt::matmulInteger(batch, {}, {}, {}, {}, {}, {}, {}, {}{}, {}, rt::Keep{{}}, work);", m, n, k, a, aStride, b, bStride, zeros, out, cStride));
  else
    call.line(fmt::format("rt::matmulScalar<{}>(batch, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, work);", accumulator(op.operand(0)->type.element()), m, n, k, a, aStride, b, bStride,
                          out, cStride, storeAs(op.operand(0)->type.element())));
  call.units = ir::product(d.batch) * d.m;
  call.unitsOf = "rows";
  call.macs = ir::product(d.batch) * d.m * d.n * d.k;
}

// ---- convolution ----

/// A convolution over two or three spatial axes; one axis is two with a height of 1.
struct Conv {
  size_t axes; ///< 2 or 3
  Dim images, channels, outChannels;
  std::vector<Dim> in, out, padBegin, padEnd;
  std::vector<int64_t> kernel, stride, dilation;
  int64_t group;
  const Value *filter;
};

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
  return c;
}

Dim convMacs(const Conv &c) {
  Dim macs = c.images * ir::product(c.out) * c.outChannels * floorDiv(c.channels, c.group);
  for (const int64_t k : c.kernel)
    macs = macs * k;
  return macs;
}

bool isPlain(const Conv &c) {
  const auto isZero = [](const Dim &d) { return d.isNumber(0); };
  return c.group == 1 && std::ranges::all_of(c.padBegin, isZero) && std::ranges::all_of(c.padEnd, isZero) &&
         std::ranges::all_of(c.dilation, [](int64_t d) { return d == 1; });
}

bool isFloatConv(const Op &op) { return isF32(op.operand(0)) && isF32(op.operand(1)) && op.operand(1)->isConstant(); }

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

bool isFloatAny(const Op &op, const Target &) { return isFloatConv(op) && !op[attr::strides].empty(); }

std::string kernelText(const Conv &c) {
  std::string text;
  for (const int64_t k : c.kernel)
    text += (text.empty() ? "" : "x") + std::to_string(k);
  return text;
}

std::string epilogueName(const Op &op) { return op.numBlocks() ? blockName(op.block()) : ""; }

void emitPointwise(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(op);
  const int64_t n = c.outChannels.number(), k = c.channels.number();
  const int panel = panelFor(call.target, n);
  call.name = fmt::format("conv1x1{}", epilogueName(op));
  call.include("burin/rt/gemm.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in");
  const std::string filter = call.packed(packFilter(c.filter, 1, panel), "filter");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  const std::string rows = call.extent(c.images * ir::product(c.out), "pixels");
  call.line(fmt::format("rt::{}<{}>({}, Const<{}>{{}}, Const<{}>{{}}, {}, {}, {}, {}, {}, {}, work);", n % panel ? "gemmExact" : "gemm", panel, rows, n, k, in, k,
                        filter, out, n, epilogue));
  call.units = (n + panel - 1) / panel;
  call.unitsOf = fmt::format("panels of {}", panel);
  call.macs = convMacs(c);
}

void emitDirect(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(op);
  const int64_t n = c.outChannels.number();
  const int panel = panelFor(call.target, n);
  call.name = fmt::format("conv{}{}", kernelText(c), epilogueName(op));
  call.include("burin/rt/conv.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in");
  const std::string filter = call.packed(packFilter(c.filter, 1, panel), "filter");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  const Dim inRow = c.in[1] * c.channels, outRow = c.out[1] * c.outChannels;
  const std::pair<std::string, std::string> rows[] = {
      {call.extent(c.out[0], "height"), "height"},
      {call.extent(c.out[1], "width"), "width"},
      {call.extent(c.channels, "channels"), "channels"},
      {fmt::format("Const<{}>{{}}", n), "outChannels"},
      {fmt::format("Const<{}>{{}}", c.kernel[0]), "kernelHeight"},
      {fmt::format("Const<{}>{{}}", c.kernel[1]), "kernelWidth"},
      {fmt::format("Const<{}>{{}}", c.stride[0]), "strideHeight"},
      {fmt::format("Const<{}>{{}}", c.stride[1]), "strideWidth"},
      {call.number(c.in[0] * inRow, "inImage"), "inImage"},
      {call.number(inRow, "inRow"), "inRow"},
      {call.number(c.out[0] * outRow, "outImage"), "outImage"},
      {call.number(outRow, "outRow"), "outRow"},
      {std::to_string(n), "outPixel"},
  };
  call.line("const rt::Conv2d shape{");
  size_t width = 0;
  for (const auto &[text, name] : rows)
    width = std::max(width, text.size() + 1);
  for (const auto &[text, name] : rows)
    call.line(text == name ? fmt::format("    {},", text) : fmt::format("    {:<{}} // {}", text + ",", width, name));
  call.line("};");
  call.line(fmt::format("rt::{}<{}>(shape, {}, {}, {}, {}, work);", n % panel ? "conv2dExact" : "conv2d", panel, in, filter, out, epilogue));
  call.units = c.images * c.out[0];
  call.unitsOf = "rows";
  call.macs = convMacs(c);
}

/// The struct that kernels with virtual padding take.
void generalShape(Call &call, const Conv &c) {
  std::vector<std::string> in, out, kernel, stride, dilation, pad, inStride, outStride;
  for (size_t i = 0; i < c.axes; ++i) {
    Dim inStep = c.channels, outStep = c.outChannels;
    for (size_t j = i + 1; j < c.axes; ++j) {
      inStep = inStep * c.in[j];
      outStep = outStep * c.out[j];
    }
    in.push_back(call.number(c.in[i], fmt::format("in{}", i)));
    out.push_back(call.number(c.out[i], fmt::format("out{}", i)));
    kernel.push_back(std::to_string(c.kernel[i]));
    stride.push_back(std::to_string(c.stride[i]));
    dilation.push_back(std::to_string(c.dilation[i]));
    pad.push_back(call.number(c.padBegin[i], fmt::format("pad{}", i)));
    inStride.push_back(call.number(inStep, fmt::format("inStride{}", i)));
    outStride.push_back(call.number(outStep, fmt::format("outStride{}", i)));
  }
  const std::string inImage = call.number(c.channels * ir::product(c.in), "inImage");
  const std::string outImage = call.number(c.outChannels * ir::product(c.out), "outImage");
  const auto entry = [&](const std::string &text, std::string_view name) { call.line(fmt::format("    {}, // {}", text, name)); };
  const auto list = [&](const std::vector<std::string> &v, std::string_view name) {
    entry(fmt::format("{{{{{}}}}}", fmt::join(v, ", ")), name);
  };
  call.line(fmt::format("const rt::ConvGeneral<{}> shape{{", c.axes));
  entry(call.number(c.channels, "channels"), "channels");
  entry(call.number(c.outChannels, "outChannels"), "outChannels");
  entry(std::to_string(c.group), "groups");
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
  const Conv c = describeConv(op);
  const auto isZero = [](const Dim &d) { return d.isNumber(0); };
  const bool bordered = std::ranges::all_of(c.padBegin, isZero) && std::ranges::all_of(c.padEnd, isZero);
  call.name = fmt::format("depthwise{}{}", kernelText(c), epilogueName(op));
  call.include("burin/rt/depthwise.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in"), filter = call.packed(packDepthwise(c.filter), "filter");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  generalShape(call, c);
  call.line(fmt::format("rt::{}<{}, {}>(shape, {}, {}, {}, {}, work);", bordered ? "depthwise2d" : "depthwise2dVirtual", c.kernel[0], c.kernel[1], in, filter, out, epilogue));
}

void emitConvVirtual(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(op);
  const bool transposed = op.is(ops::conv_transpose);
  const int panel = panelFor(call.target, c.outChannels.number() / c.group);
  call.name = fmt::format("conv{}{}{}", transposed ? "Transpose" : "", kernelText(c), epilogueName(op));
  call.include(transposed ? "burin/rt/conv_transpose.h" : "burin/rt/conv_general.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in"), filter = call.packed(packFilter(c.filter, c.group, panel), "filter");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  generalShape(call, c);
  const std::string kernel = transposed ? fmt::format("convTranspose{}d", c.axes) : fmt::format("conv{}dVirtual", c.axes);
  call.line(fmt::format("rt::{}<{}>(shape, {}, {}, {}, {}, work);", kernel, panel, in, filter, out, epilogue));
}

void emitConvScalar(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(op);
  const bool transposed = op.is(ops::conv_transpose);
  call.name = fmt::format("conv{}{}", transposed ? "Transpose" : "", kernelText(c));
  call.include("burin/rt/conv_scalar.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"), filter = call.read(op.operand(1), "filter"), out = call.write(op.result(), "out");
  generalShape(call, c);
  call.line(fmt::format("rt::{}<{}>(shape, {}, {}, {}, {}, work);", transposed ? "convTransposeScalar" : "convScalar",
                        accumulator(op.operand(0)->type.element()), in, filter, out, storeAs(op.operand(0)->type.element())));
}

void emitConvInteger(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(op);
  call.name = fmt::format("convInteger{}", kernelText(c));
  call.include("burin/rt/integer.h");
  const std::string in = call.read(op.operand(0), "in"), filter = call.read(op.operand(1), "filter");
  const Value *xZero = op.numOperands() > 2 ? op.operand(2) : nullptr, *fZero = op.numOperands() > 3 ? op.operand(3) : nullptr;
  const std::string zero = xZero ? call.read(xZero, "inZero") + "[0]" : fmt::format("{}{{0}}", elementCpp(op.operand(0)->type.element()));
  const std::string filterZero = fZero ? call.read(fZero, "filterZero") : "nullptr";
  const std::string out = call.write(op.result(), "out");
  generalShape(call, c);
  call.line(fmt::format("rt::convInteger(shape, {}, {}, {}, rt::IntegerZero<{}>{{{}, {}}}, {}, rt::Keep{{}}, work);", in, zero, filter,
                        elementCpp(op.operand(1)->type.element()), filterZero, fZero && !fZero->type.count().isNumber(1) ? 1 : 0, out));
}

bool isFloatTranspose(const Op &op, const Target &) { return isFloatConv(op); }

constexpr KernelDef kLinear[] = {
    {.op = &ops::matmul, .variant = "gemv", .applies = isGemv, .emit = emitPackedMatmul, .epilogue = true},
    {.op = &ops::matmul, .variant = "gemm", .applies = isPackedMatmul, .emit = emitPackedMatmul, .epilogue = true},
    {.op = &ops::matmul, .variant = "gemm of two activations", .applies = isDynamicMatmul, .emit = emitDynamicMatmul, .epilogue = true},
    {.op = &ops::matmul, .variant = "scalar", .emit = emitScalarMatmul},
    {.op = &ops::matmul_integer, .variant = "scalar", .emit = emitScalarMatmul},
    {.op = &ops::conv, .variant = "1x1 gemm", .applies = isPointwise, .emit = emitPointwise, .epilogue = true},
    {.op = &ops::conv, .variant = "depthwise", .applies = isDepthwise, .emit = emitDepthwise, .epilogue = true},
    {.op = &ops::conv, .variant = "direct", .applies = isDirect, .emit = emitDirect, .epilogue = true},
    {.op = &ops::conv, .variant = "virtual padding", .applies = isFloatAny, .emit = emitConvVirtual, .epilogue = true},
    {.op = &ops::conv, .variant = "scalar", .emit = emitConvScalar},
    {.op = &ops::conv_integer, .variant = "scalar", .emit = emitConvInteger},
    {.op = &ops::conv_transpose, .variant = "gather", .applies = isFloatTranspose, .emit = emitConvVirtual, .epilogue = true},
    {.op = &ops::conv_transpose, .variant = "scalar", .emit = emitConvScalar},
};

} // namespace

std::span<const KernelDef> linearKernels() { return kLinear; }

} // namespace burin::kernels
