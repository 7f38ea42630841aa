// SPDX-License-Identifier: Apache-2.0
//
// Reductions, softmax and normalisation: kernels over [outer][n][inner].
#include "codegen/kernels/expression.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/nd_text.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

constexpr int64_t kReduceBlock = 64; // columns of one unit, as in burin/rt/reduce.h

bool isF32(const Value *v) { return v->type.element() == ElementType::f32; }

/// What the kernel takes for an absent tensor.
std::string readOrNull(Call &call, size_t operand, std::string_view name) {
  const Value *v = operand < call.op.numOperands() ? call.op.operand(operand) : nullptr;
  return v ? call.readAsF32(v, std::string(name)) : "nullptr";
}

std::string accumulator(ElementType e) {
  if (!ir::isFloat(e))
    return elementCpp(e);
  return e == ElementType::f64 ? "double" : "float";
}

struct Lines {
  Dim outer = 1, n = 1, inner = 1;
};

/// The axes in three parts, if the middle ones are neighbours.
std::optional<Lines> linesOf(const ir::Shape &shape, const ir::Ints &axes) {
  Lines l;
  for (size_t i = 0; i + 1 < axes.size(); ++i)
    for (int64_t between = axes[i] + 1; between < axes[i + 1]; ++between)
      if (!shape[static_cast<size_t>(between)].isNumber(1))
        return std::nullopt;
  for (size_t i = 0; i < shape.size(); ++i) {
    const auto axis = static_cast<int64_t>(i);
    const bool reduced = std::ranges::find(axes, axis) != axes.end();
    Dim &part = reduced                               ? l.n
                : axes.empty() || axis < axes.front() ? l.outer
                : axis > axes.back()                  ? l.inner
                                                      : l.n;
    part = part * shape[i];
  }
  return l;
}

int64_t frontAxis(const Op &op) {
  const int64_t axis = op[attr::axis];
  return axis < 0 ? axis + static_cast<int64_t>(op.operand(0)->type.rank()) : axis;
}

std::string_view reduceOp(const Op &op) {
  return op.is(ops::reduce_sum)    ? "ReduceSum"
         : op.is(ops::reduce_mean) ? "ReduceMean"
         : op.is(ops::reduce_max)  ? "ReduceMax"
         : op.is(ops::reduce_min)  ? "ReduceMin"
                                   : "ReduceProd";
}

/// The type that holds a sum of as many integers as there can be.
std::string wideInteger(ElementType e) {
  const int bits = ir::elementSize(e) < 4 ? 32 : 64;
  return fmt::format("{}int{}_t", ir::isSigned(e) ? "" : "u", bits);
}

void emitReduce(Call &call) {
  const Op &op = call.op;
  const ir::Shape &shape = op.operand(0)->type.shape();
  const ir::Ints &axes = op[attr::axes];
  const std::string_view kind = reduceOp(op);
  call.name = std::string(kind);
  call.name[0] = 'r';
  call.include("burin/rt/reduce.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const ElementType element = op.operand(0)->type.element();
  const bool isBool = element == ElementType::boolean,
             isSmall = ir::isFloat(element) && ir::elementSize(element) < 4;
  // The sum of a mean does not wrap before it is divided, but for integers of 64 bits.
  const bool isWide = op.is(ops::reduce_mean) && ir::isInteger(element);
  const std::string acc = isBool ? "uint8_t" : isWide ? wideInteger(element) : accumulator(element);
  const std::string store = isBool || isSmall || isWide
                                ? fmt::format("rt::RoundTo<{}>{{}}", elementCpp(element))
                                : "rt::Keep{}";
  const std::optional<Lines> lines = linesOf(shape, axes);
  if (lines && isF32(op.operand(0))) {
    const std::string outer = call.number(lines->outer, "outer"), n = call.extent(lines->n, "n"),
                      inner = call.extent(lines->inner, "inner");
    call.line(
        fmt::format("rt::reduce<rt::{}>({}, {}, {}, {}, {}, rt::Same{{}}, rt::Keep{{}}, work);",
                    kind, outer, n, inner, in, out));
    call.units = lines->outer * ceilDiv(lines->inner, kReduceBlock);
    call.unitsOf = fmt::format("blocks of {} columns", kReduceBlock);
    return;
  }
  call.include("burin/rt/numeric.h");
  if (lines) {
    const std::string outer = call.number(lines->outer, "outer"), n = call.number(lines->n, "n"),
                      inner = call.number(lines->inner, "inner");
    call.line(
        fmt::format("rt::reduceScalar<rt::{}, {}>({}, {}, {}, {}, {}, rt::Same{{}}, {}, work);",
                    kind, acc, outer, n, inner, in, out, store));
    call.units = lines->outer * lines->inner;
    call.unitsOf = "outputs";
    return;
  }
  const Dims strides = denseStrides(shape);
  Dims kept, keptStride, reduced, reducedStride;
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool isReduced = std::ranges::find(axes, static_cast<int64_t>(i)) != axes.end();
    (isReduced ? reduced : kept).push_back(shape[i]);
    (isReduced ? reducedStride : keptStride).push_back(strides[i]);
  }
  if (kept.empty()) {
    kept = {1};
    keptStride = {0};
  }
  call.line(InOrder{"rt::reduceNd<rt::{}, {}>({}, {}, {}, {}, {}, {}, rt::Same{{}}, {}, work);",
                    kind, acc, ndText(call, kept, "kept"), ndText(call, keptStride, "keptStride"),
                    ndText(call, reduced, "reduced"), ndText(call, reducedStride, "reducedStride"),
                    in, out, store}
                .text);
  call.units = ir::product(kept);
  call.unitsOf = "outputs";
}

void emitArg(Call &call) {
  const Op &op = call.op;
  const Lines l = *linesOf(op.operand(0)->type.shape(), {op[attr::axis]});
  const bool most = op.is(ops::argmax);
  call.name = most ? "argMax" : "argMin";
  call.include("burin/rt/sort.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  call.line(InOrder{"rt::{}({}, {}, {}, {}, {}, work);", call.name, call.number(l.n, "n"),
                    call.number(l.inner, "inner"), op[attr::selectLast], in, out}
                .text);
  call.units = l.outer * l.inner;
  call.unitsOf = "lines";
}

void emitSoftmax(Call &call) {
  const Op &op = call.op;
  const Type &x = op.operand(0)->type;
  const Lines l = *linesOf(x.shape(), {op[attr::axis]});
  const bool log = op.is(ops::log_softmax), last = l.inner.isNumber(1);
  call.name = fmt::format("{}{}", log ? "logSoftmax" : "softmax", l.n.isNumber() ? l.n.text() : "");
  call.include("burin/rt/softmax.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const std::string n = call.extent(l.n, "n");
  const std::string kernel = log ? "logSoftmax" : "softmax";
  if (isF32(op.operand(0)) && last) {
    call.line(fmt::format("rt::{}({}, {}, {}, work);", kernel, n, in, out));
    call.units = l.outer;
    call.unitsOf = "rows";
  } else if (isF32(op.operand(0))) {
    call.line(fmt::format("rt::{}Axis({}, {}, {}, {}, work);", kernel, n,
                          call.extent(l.inner, "inner"), in, out));
    call.units = l.outer * ceilDiv(l.inner, kReduceBlock);
    call.unitsOf = fmt::format("blocks of {} columns", kReduceBlock);
  } else {
    call.include("burin/rt/numeric.h");
    call.line(fmt::format("rt::{}Scalar<{}>({}, {}, {}, {}, work);", kernel,
                          accumulator(x.element()), n, call.extent(l.inner, "inner"), in, out));
    call.units = l.outer * l.inner;
    call.unitsOf = "lines";
  }
}

/// f32, with scale and bias over all the normalised axes or absent.
bool isRowNorm(const Op &op, const Target &) {
  const Type &x = op.operand(0)->type;
  const auto axis = static_cast<size_t>(op[attr::axis]);
  if (x.element() != ElementType::f32)
    return false;
  for (size_t i = 1; i < op.numOperands(); ++i)
    if (op.operand(i) && !isRowOf(op.operand(i)->type, x, axis))
      return false;
  return true;
}

void emitRowNorm(Call &call) {
  const Op &op = call.op;
  const Type &x = op.operand(0)->type;
  const auto axis = static_cast<ptrdiff_t>(op[attr::axis]);
  const Dim rows = ir::product(Dims(x.shape().begin(), x.shape().begin() + axis)),
            n = ir::product(Dims(x.shape().begin() + axis, x.shape().end()));
  const bool layer = op.is(ops::layer_norm);
  call.name = fmt::format("{}{}", layer ? "layerNorm" : "rmsNorm", n.isNumber() ? n.text() : "");
  call.include("burin/rt/norm.h");
  const std::string in = call.read(op.operand(0), "in"), scale = readOrNull(call, 1, "scale"),
                    bias = layer ? readOrNull(call, 2, "bias") : "";
  const std::string out = call.write(op.result(), "out"), extent = call.extent(n, "n");
  const std::string epsilon = floatLiteral(op[attr::epsilon], ElementType::f32);
  call.line(
      layer ? fmt::format(
                  "rt::layerNorm({}, {}, {}, {}, {}, {}, nullptr, nullptr, rt::Keep{{}}, work);",
                  extent, epsilon, in, scale, bias, out)
            : fmt::format("rt::rmsNorm({}, {}, {}, {}, {}, nullptr, rt::Keep{{}}, work);", extent,
                          epsilon, in, scale, out));
  call.units = rows;
  call.unitsOf = "rows";
}

bool isFloatGroupNorm(const Op &op, const Target &) {
  const Type &x = op.operand(0)->type;
  const int64_t axis = op[attr::axis];
  return x.element() == ElementType::f32 && x.rank() >= 2 &&
         (axis == 1 || axis == static_cast<int64_t>(x.rank()) - 1);
}

void emitGroupNorm(Call &call) {
  const Op &op = call.op;
  const Type &x = op.operand(0)->type;
  const bool nhwc = op[attr::axis] == static_cast<int64_t>(x.rank()) - 1 && x.rank() > 2;
  const Dim channels = x.dim(static_cast<size_t>(op[attr::axis]));
  Dim pixels = 1;
  for (size_t i = 1; i < x.rank(); ++i)
    if (static_cast<int64_t>(i) != op[attr::axis])
      pixels = pixels * x.dim(i);
  call.name = "groupNorm";
  call.include("burin/rt/norm.h");
  const std::string in = call.read(op.operand(0), "in"), scale = readOrNull(call, 1, "scale"),
                    bias = readOrNull(call, 2, "bias"), out = call.write(op.result(), "out");
  const std::string p = call.number(pixels, "pixels"), c = call.number(channels, "channels");
  call.line(fmt::format("rt::groupNorm{}({}, {}, {}, {}, {}, {}, {}, {}, rt::Keep{{}}, work);",
                        nhwc ? "Nhwc" : "Nchw", p, c, op[attr::groups],
                        floatLiteral(op[attr::epsilon], ElementType::f32), in, scale, bias, out));
  call.units = nhwc ? x.dim(0) : x.dim(0) * Dim(op[attr::groups]);
  call.unitsOf = nhwc ? "images" : "groups";
  call.scratchBytes = nhwc ? channels.bounds().hi * 16 : 0;
}

void emitBatchNorm(Call &call) {
  const Op &op = call.op;
  const ElementType e = op.operand(0)->type.element();
  const Lines l = *linesOf(op.operand(0)->type.shape(), {frontAxis(op)});
  const bool isLast = l.inner.isNumber(1);
  call.name = "batchNorm";
  call.include("burin/rt/norm.h");
  const std::string in = call.read(op.operand(0), "in");
  std::string parameters;
  for (size_t i = 1; i < 5; ++i) {
    constexpr std::string_view kNames[] = {"", "scale", "bias", "mean", "variance"};
    const std::string name(kNames[i]);
    parameters += (e == ElementType::f32 ? call.readAsF32(op.operand(i), name)
                                         : call.read(op.operand(i), name)) +
                  ", ";
  }
  const std::string out = call.write(op.result(), "out");
  if (e == ElementType::f32) {
    call.line(InOrder{"rt::batchNorm({}, {}, {}, {}, {}{}, rt::Keep{{}}, work);",
                      call.extent(l.n, "channels"), call.extent(l.inner, "inner"),
                      floatLiteral(op[attr::epsilon], e), in, parameters, out}
                  .text);
    call.scratchBytes = isLast ? l.n.bounds().hi * 12 : 0;
  } else {
    call.line(InOrder{"rt::batchNormScalar<{}>({}, {}, {}, {}, {}{}, work);", accumulator(e),
                      call.number(l.n, "channels"), call.number(l.inner, "inner"),
                      floatLiteral(op[attr::epsilon], ElementType::f64), in, parameters, out}
                  .text);
  }
  const bool byRow = e == ElementType::f32 && isLast;
  call.units = byRow ? l.outer : l.outer * l.n;
  call.unitsOf = byRow ? "rows" : "channels of each image";
}

void emitLrn(Call &call) {
  const Op &op = call.op;
  const ElementType e = op.operand(0)->type.element();
  const Lines l = *linesOf(op.operand(0)->type.shape(), {frontAxis(op)});
  const std::string acc = accumulator(e);
  call.name = "lrn";
  call.include("burin/rt/lrn.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const auto literal = [&](double x) {
    return floatLiteral(x, e == ElementType::f64 ? e : ElementType::f32);
  };
  const std::string settings =
      fmt::format("rt::Lrn<{}>{{{}, {}, {}, {}}}", acc, op[attr::size],
                  literal(op[attr::alpha] / static_cast<double>(op[attr::size])),
                  literal(op[attr::beta]), literal(op[attr::bias]));
  const bool isF32 = e == ElementType::f32;
  call.line(InOrder{"rt::lrn{}({}, {}, {}, {}, {}, work);", isF32 ? "" : "Scalar",
                    call.extent(l.n, "n"), call.extent(l.inner, "inner"), settings, in, out}
                .text);
  call.units = isF32 ? l.outer * ceilDiv(l.inner, kReduceBlock) : l.outer * l.n * l.inner;
  call.unitsOf = isF32 ? fmt::format("blocks of {} columns", kReduceBlock) : "elements";
}

constexpr KernelDef kRows[] = {
    {.op = &ops::reduce_sum, .variant = "reduce", .emit = emitReduce},
    {.op = &ops::reduce_mean, .variant = "reduce", .emit = emitReduce},
    {.op = &ops::reduce_max, .variant = "reduce", .emit = emitReduce},
    {.op = &ops::reduce_min, .variant = "reduce", .emit = emitReduce},
    {.op = &ops::reduce_prod, .variant = "reduce", .emit = emitReduce},
    {.op = &ops::argmax, .variant = "lines", .emit = emitArg},
    {.op = &ops::argmin, .variant = "lines", .emit = emitArg},
    {.op = &ops::softmax, .variant = "rows", .emit = emitSoftmax},
    {.op = &ops::log_softmax, .variant = "rows", .emit = emitSoftmax},
    {.op = &ops::layer_norm, .variant = "rows", .applies = isRowNorm, .emit = emitRowNorm},
    {.op = &ops::rms_norm, .variant = "rows", .applies = isRowNorm, .emit = emitRowNorm},
    {.op = &ops::group_norm,
     .variant = "groups",
     .applies = isFloatGroupNorm,
     .emit = emitGroupNorm},
    {.op = &ops::batch_norm, .variant = "channels", .emit = emitBatchNorm},
    {.op = &ops::lrn, .variant = "window", .emit = emitLrn},
};

} // namespace

bool isRowOf(const Type &parameter, const Type &x, size_t axis) {
  for (size_t i = 0; i < x.rank(); ++i) { // from the last axis on
    const Dim own = i < parameter.rank() ? parameter.dim(parameter.rank() - 1 - i) : Dim(1);
    if (own != (x.rank() - 1 - i < axis ? Dim(1) : x.dim(x.rank() - 1 - i)))
      return false;
  }
  return true;
}

std::span<const KernelDef> rowKernels() { return kRows; }

} // namespace burin::kernels
