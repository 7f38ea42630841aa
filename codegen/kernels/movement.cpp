// SPDX-License-Identifier: Apache-2.0
//
// Ops that copy elements, and shapes as values.
#include "codegen/kernels/elementwise.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/frame.h"
#include "codegen/kernels/nd_text.h"
#include "ir/ops.h"
#include "ir/views.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

Dim rowsOf(const Dims &shape) {
  Dim rows = 1;
  for (size_t i = 0; i + 1 < shape.size(); ++i)
    rows = rows * shape[i];
  return rows;
}

/// out[i] = in[start + i * stride] over a shape; both may be strided.
void stridedCopy(Call &call, const Dims &shape, const std::string &in, const Dims &inStride,
                 const std::string &out, const Dims &outStride) {
  call.include("burin/rt/nd.h");
  call.line(InOrder{"rt::stridedCopy({}, {}, {}, {}, {}, work);", ndText(call, shape, "shape"), in,
                    ndText(call, inStride, "inStride"), out, ndText(call, outStride, "outStride")}
                .text);
  call.units = rowsOf(shape);
  call.unitsOf = "rows";
}

void emitCopy(Call &call) {
  const Op &op = call.op;
  const Dims shape = {op.result()->type.count()};
  call.name = "copy";
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  stridedCopy(call, shape, in, {1}, out, {1});
}

void emitTranspose(Call &call) {
  const Op &op = call.op;
  const Dims shape = atLeastOneAxis(op.result()->type.shape()),
             strides = denseStrides(op.operand(0)->type.shape());
  Dims inStride;
  for (const int64_t axis : op[attr::perm])
    inStride.push_back(strides[static_cast<size_t>(axis)]);
  if (inStride.empty())
    inStride.emplace_back(1);
  call.name = "transpose";
  call.include("burin/rt/nd.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  call.line(InOrder{"rt::transpose({}, {}, {}, {}, work);", ndText(call, shape, "shape"), in,
                    ndText(call, inStride, "stride"), out}
                .text);
  call.units = shape[0];
  call.unitsOf = "slices";
}

constexpr int64_t kFewPlanes = 4; // beyond, blocks of lines are better

/// A picture of few planes becomes pixels.
bool isPicture(const Op &op, const Target &) {
  const Value *x = op.operand(0);
  return x->type.rank() == 4 && op[attr::perm] == std::vector<int64_t>{0, 2, 3, 1} &&
         x->type.dim(1).isNumber() && x->type.dim(1).number() <= kFewPlanes &&
         x->type.dim(1).number() > 0;
}

void emitPicture(Call &call) {
  const Op &op = call.op;
  const ir::Shape &shape = op.result()->type.shape();
  const Dims room = extentsInFrame(*op.result(), frameOf(*op.result(), call.target));
  call.name = "pixels";
  call.include("burin/rt/planes.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  call.line(InOrder{"rt::planesToPixels<{}>({}, {}, {}, {}, {}, {}, work);", shape[3].number(),
                    call.number(shape[1], "height", true), call.number(shape[2], "width", true), in,
                    out, call.number(room[0] * room[1] * shape[3], "outImage", true),
                    call.number(room[1] * shape[3], "outRow", true)}
                .text);
  call.units = shape[0] * shape[1];
  call.unitsOf = "rows";
}

void emitBroadcast(Call &call) {
  const Op &op = call.op;
  const ir::Shape &from = op.operand(0)->type.shape();
  const Dims shape = atLeastOneAxis(op.result()->type.shape()), strides = denseStrides(from);
  Dims inStride(shape.size(), Dim(0));
  for (size_t i = 0; i < from.size(); ++i)
    if (!from[i].isNumber(1))
      inStride[shape.size() - from.size() + i] = strides[i];
  call.name = "broadcast";
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  stridedCopy(call, shape, in, inStride, out, denseStrides(shape));
}

void emitSlice(Call &call) {
  const Op &op = call.op;
  const Dims shape = atLeastOneAxis(op.result()->type.shape());
  Dims strides = denseStrides(op.operand(0)->type.shape());
  Dim start = 0;
  for (size_t i = 0; i < strides.size(); ++i) {
    start = start + op[attr::starts][i] * strides[i];
    strides[i] = strides[i] * Dim(op[attr::steps][i]);
  }
  call.name = "slice";
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const std::string first = call.number(start, "start");
  stridedCopy(call, shape, first == "0" ? in : fmt::format("{} + {}", in, first),
              atLeastOneAxis(strides), out, denseStrides(shape));
}

void emitSliceAt(Call &call) {
  const Op &op = call.op;
  const ir::Shape &from = op.operand(0)->type.shape();
  const Dims shape = atLeastOneAxis(op.result()->type.shape());
  Dims strides = denseStrides(from);
  call.name = "sliceAt";
  const std::string in = call.read(op.operand(0), "in"),
                    starts = call.read(op.operand(1), "starts"),
                    out = call.write(op.result(), "out");
  call.include("burin/rt/index.h");
  call.line("ptrdiff_t first = 0;");
  for (size_t i = 0; i < from.size(); ++i) {
    const int64_t step = op[attr::steps][i];
    // The last start that keeps all of the slice inside.
    const Dim room = from[i] - (shape[i] - 1) * Dim(step < 0 ? -step : step) - 1;
    const std::string most = call.number(step < 0 ? from[i] - 1 : room, fmt::format("most{}", i));
    const std::string least =
        call.number(step < 0 ? (shape[i] - 1) * Dim(-step) : Dim(0), fmt::format("least{}", i));
    call.line(fmt::format("first += rt::clampStart({}[{}], {}, {}) * {};", starts, i, least, most,
                          call.number(strides[i], fmt::format("step{}", i))));
    strides[i] = strides[i] * Dim(step);
  }
  stridedCopy(call, shape, in + " + first", atLeastOneAxis(strides), out, denseStrides(shape));
}

void emitConcat(Call &call) {
  const Op &op = call.op;
  const ir::Shape &shape = op.result()->type.shape();
  const auto axis = static_cast<size_t>(op[attr::axis]);
  Dim outer = 1, inner = 1;
  for (size_t i = 0; i < shape.size(); ++i)
    (i < axis ? outer : inner) = (i < axis ? outer : inner) * (i == axis ? Dim(1) : shape[i]);
  call.include("burin/rt/nd.h");
  std::vector<std::string> in; // empty: the operand was made in its place
  for (size_t i = 0; i < op.numOperands(); ++i)
    in.push_back(ir::joinedOperand(op, i) ? "" : call.read(op.operand(i), fmt::format("in{}", i)));
  call.name = fmt::format("concat{}", op.numOperands() - std::ranges::count(in, ""));
  const std::string out = call.write(op.result(), "out");
  const std::string rowLength = call.number(shape[axis] * inner, "outRow");
  Dim next = 0;
  for (size_t i = 0; i < op.numOperands(); ++i) {
    const Dim length = op.operand(i)->type.dim(axis) * inner,
              at = std::exchange(next, next + length);
    if (in[i].empty())
      continue;
    const std::string n = call.number(length, fmt::format("row{}", i)),
                      to = call.number(at, fmt::format("at{}", i));
    call.line(fmt::format("rt::stridedCopy(rt::Nd<2>{{{{{}, {}}}}}, {}, rt::Nd<2>{{{{{}, 1}}}}, "
                          "{}, rt::Nd<2>{{{{{}, 1}}}}, work);",
                          call.number(outer, fmt::format("rows{}", i)), n, in[i], n,
                          to == "0" ? out : fmt::format("{} + {}", out, to), rowLength));
  }
  call.units = outer;
  call.unitsOf = "rows";
}

/// The image is there: zeros around it.
void emitBorder(Call &call) {
  const Op &op = call.op;
  const ir::Shape &image = op.operand(0)->type.shape(), &frame = op.result()->type.shape();
  const Dims &pads = op[attr::pads];
  const size_t rank = image.size(), x = rank - 2;
  const auto of = [&](const ir::Shape &shape, size_t i) { return i ? shape[i] : Dim(1); };
  const size_t y = rank == 4 ? 1 : 0; // 0: a line, of height 1
  const auto before = [&](size_t i) { return i ? pads[i] : Dim(0); };
  call.name = "border";
  call.include("burin/rt/border.h");
  const std::string out = call.write(op.result(), "frame");
  call.line(InOrder{"rt::zeroBorder(rt::Frame{{{}, {}, {}, {}, {}, {}, {}}}, {}, work);",
                    call.number(of(image, y), "height", true), call.number(image[x], "width", true),
                    call.number(image[rank - 1], "channels", true),
                    call.number(before(y), "top", true), call.number(before(x), "left", true),
                    call.number(of(frame, y), "frameHeight", true),
                    call.number(frame[x], "frameWidth", true), out}
                .text);
  call.units = frame[0] * of(frame, y);
  call.unitsOf = "rows";
}

void emitPad(Call &call) {
  const Op &op = call.op;
  if (frameOf(*op.operand(0), call.target))
    return emitBorder(call);
  ir::Dims from = atLeastOneAxis(op.operand(0)->type.shape()),
           shape = atLeastOneAxis(op.result()->type.shape());
  Dims begin(op[attr::pads].begin(),
             op[attr::pads].begin() + static_cast<ptrdiff_t>(op[attr::pads].size() / 2));
  begin = begin.empty() ? Dims{0} : begin;
  // An axis without a border becomes a part of the one before it: few long rows.
  for (size_t i = from.size(); i-- > 1 && op[attr::mode] == "constant";)
    if (const Dim extent = shape[i]; begin[i].isNumber(0) && from[i] == extent)
      for (ir::Dims *dims : {&from, &begin, &shape}) {
        (*dims)[i - 1] = (*dims)[i - 1] * extent;
        dims->erase(dims->begin() + static_cast<ptrdiff_t>(i));
      }
  call.name = "pad";
  call.include("burin/rt/pad.h");
  const std::string in = call.read(op.operand(0), "in");
  const Value *value = op.numOperands() > 1 ? op.operand(1) : nullptr;
  const std::string element = elementCpp(op.operand(0)->type.element());
  const std::string fill =
      value ? call.read(value, "value") + "[0]" : fmt::format("{}{{}}", element);
  const std::string out = call.write(op.result(), "out");
  call.line(InOrder{"rt::pad<rt::PadMode::{}>({}, {}, {}, {}, {}, {}, work);", op[attr::mode],
                    ndText(call, from, "in", true), ndText(call, begin, "begin", true),
                    ndText(call, shape, "out", true), in, fill, out}
                .text);
  call.units = rowsOf(shape);
  call.unitsOf = "rows";
}

void emitTile(Call &call) {
  const Op &op = call.op;
  const Dims from = atLeastOneAxis(op.operand(0)->type.shape()),
             shape = atLeastOneAxis(op.result()->type.shape());
  call.name = "tile";
  call.include("burin/rt/nd.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  call.line(InOrder{"rt::tile({}, {}, {}, {}, work);", ndText(call, from, "in"),
                    ndText(call, shape, "out"), in, out}
                .text);
  call.units = rowsOf(shape);
  call.unitsOf = "rows";
}

void emitIota(Call &call) {
  const Op &op = call.op;
  const ir::Shape &shape = op.result()->type.shape();
  const auto axis = static_cast<size_t>(op[attr::axis]);
  Dim inner = 1;
  for (size_t i = axis + 1; i < shape.size(); ++i)
    inner = inner * shape[i];
  const std::string element = elementCpp(op.result()->type.element());
  call.name = "iota";
  call.include("burin/rt/numeric.h");
  const std::string out = call.write(op.result(), "out");
  // Along the first axis nothing repeats, and along the last each element is a step.
  std::string index = inner.isNumber(1) ? "i" : fmt::format("i / {}", call.number(inner, "inner"));
  if (axis > 0)
    index += fmt::format(" % {}", call.number(shape[axis], "extent"));
  call.line("for (int i = work.begin; i < work.end; ++i)");
  call.line(fmt::format("  {}[i] = rt::cast<{}>({});", out, element, index));
  call.units = op.result()->type.count();
  call.unitsOf = "elements";
}

void emitExtents(Call &call) {
  const Op &op = call.op;
  const std::optional<Dims> &dims = op.result()->contents();
  if (!dims)
    throw CompileError(Problem::unsupported, op.at,
                       fmt::format("{} has no known extents", op.def.name))
        .code("codegen.extents");
  call.name = fmt::format("extents{}", dims->size());
  const std::string out = call.write(op.result(), "out");
  for (size_t i = 0; i < dims->size(); ++i)
    call.line(
        fmt::format("{}[{}] = {};", out, i, call.number((*dims)[i], fmt::format("extent{}", i))));
}

constexpr KernelDef kMovement[] = {
    {.op = &ops::copy, .variant = "copy", .emit = emitCopy},
    {.op = &ops::transpose,
     .variant = "planes to pixels",
     .applies = isPicture,
     .emit = emitPicture,
     .leavesRoom = true},
    {.op = &ops::transpose, .variant = "transpose", .emit = emitTranspose},
    {.op = &ops::broadcast, .variant = "strided copy", .emit = emitBroadcast},
    {.op = &ops::slice, .variant = "strided copy", .emit = emitSlice},
    {.op = &ops::slice_at, .variant = "strided copy", .emit = emitSliceAt},
    {.op = &ops::concat, .variant = "strided copies", .emit = emitConcat},
    {.op = &ops::pad, .variant = "pad", .emit = emitPad},
    {.op = &ops::tile, .variant = "tile", .emit = emitTile},
    {.op = &ops::iota, .variant = "iota", .emit = emitIota},
    {.op = &ops::extents, .variant = "extents", .emit = emitExtents},
    {.op = &ops::shape, .variant = "extents", .emit = emitExtents},
};

} // namespace

std::span<const KernelDef> movementKernels() { return kMovement; }

} // namespace burin::kernels
