// SPDX-License-Identifier: Apache-2.0
//
// Elements by index, sorting, and ops whose data decide an extent.
#include "codegen/kernels/families.h"
#include "codegen/kernels/nd_text.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

Dim before(const ir::Shape &shape, size_t axis) {
  return ir::product(Dims(shape.begin(), shape.begin() + static_cast<ptrdiff_t>(axis)));
}
Dim behind(const ir::Shape &shape, size_t axis) {
  return ir::product(Dims(shape.begin() + static_cast<ptrdiff_t>(axis) + 1, shape.end()));
}

Dim rowsOf(const Dims &shape) { return shape.empty() ? Dim(1) : before(shape, shape.size() - 1); }

std::string scatterKind(const Op &op) { return op[attr::reduction]; }

void emitGather(Call &call) {
  const Op &op = call.op;
  const ir::Shape &shape = op.operand(0)->type.shape();
  const auto axis = static_cast<size_t>(op[attr::axis]);
  const Dim outer = before(shape, axis), inner = behind(shape, axis),
            count = op.operand(1)->type.count();
  call.name = "gather";
  call.include("burin/rt/index.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"),
                    indices = call.read(op.operand(1), "indices"),
                    out = call.write(op.result(), "out");
  call.line(InOrder{"rt::gather({}, {}, {}, {}, {}, {}, work);", call.number(shape[axis], "axis"),
                    call.number(inner, "inner"), call.number(count, "count"), in, indices, out}
                .text);
  call.units = outer * count;
  call.unitsOf = "slices";
}

void emitGatherElements(Call &call) {
  const Op &op = call.op;
  const Dims shape = atLeastOneAxis(op.result()->type.shape()),
             from = atLeastOneAxis(op.operand(0)->type.shape());
  call.name = "gatherElements";
  call.include("burin/rt/index.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"),
                    indices = call.read(op.operand(1), "indices"),
                    out = call.write(op.result(), "out");
  call.line(InOrder{"rt::gatherElements({}, {}, {}, {}, {}, {}, work);",
                    ndText(call, shape, "shape"), ndText(call, from, "in"), op[attr::axis], in,
                    indices, out}
                .text);
  call.units = rowsOf(shape);
  call.unitsOf = "rows";
}

struct Coordinates {
  Dim batch = 1, count = 1, inner = 1;
  Dims extents;
};
/// How the last axis of the indices reads the axes of x.
Coordinates coordinatesOf(const ir::Shape &x, const ir::Shape &indices, int64_t batchDims) {
  Coordinates c;
  const auto batch = static_cast<size_t>(batchDims);
  const auto k = static_cast<size_t>(indices.back().number());
  for (size_t i = 0; i < batch; ++i)
    c.batch = c.batch * x[i];
  for (size_t i = batch; i + 1 < indices.size(); ++i)
    c.count = c.count * indices[i];
  c.extents.assign(x.begin() + static_cast<ptrdiff_t>(batch),
                   x.begin() + static_cast<ptrdiff_t>(batch + k));
  for (size_t i = batch + k; i < x.size(); ++i)
    c.inner = c.inner * x[i];
  return c;
}

void emitGatherNd(Call &call) {
  const Op &op = call.op;
  const Coordinates c =
      coordinatesOf(op.operand(0)->type.shape(), op.operand(1)->type.shape(), op[attr::batchDims]);
  call.name = "gatherNd";
  call.include("burin/rt/index.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"),
                    indices = call.read(op.operand(1), "indices"),
                    out = call.write(op.result(), "out");
  call.line(InOrder{"rt::gatherNd({}, {}, {}, {}, {}, {}, work);", call.number(c.count, "count"),
                    ndText(call, c.extents, "extent"), call.number(c.inner, "inner"), in, indices,
                    out}
                .text);
  call.units = c.batch * c.count;
  call.unitsOf = "slices";
}

void emitScatterElements(Call &call) {
  const Op &op = call.op;
  const Dims shape = atLeastOneAxis(op.result()->type.shape()),
             from = atLeastOneAxis(op.operand(1)->type.shape());
  call.name = "scatterElements";
  call.include("burin/rt/scatter.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"),
                    indices = call.read(op.operand(1), "indices"),
                    updates = call.read(op.operand(2), "updates");
  const std::string out = call.write(op.result(), "out");
  call.line(InOrder{"rt::scatterElements<rt::Scatter::{}>({}, {}, {}, {}, {}, {}, {}, work);",
                    scatterKind(op), ndText(call, shape, "shape"), ndText(call, from, "update"),
                    op[attr::axis], in, indices, updates, out}
                .text);
}

void emitScatterNd(Call &call) {
  const Op &op = call.op;
  const Coordinates c = coordinatesOf(op.operand(0)->type.shape(), op.operand(1)->type.shape(), 0);
  call.name = "scatterNd";
  call.include("burin/rt/scatter.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"),
                    indices = call.read(op.operand(1), "indices"),
                    updates = call.read(op.operand(2), "updates");
  const std::string out = call.write(op.result(), "out");
  call.line(InOrder{"rt::scatterNd<rt::Scatter::{}>(1, {}, {}, {}, {}, {}, {}, {}, work);",
                    scatterKind(op), call.number(c.count, "count"),
                    ndText(call, c.extents, "extent"), call.number(c.inner, "inner"), in, indices,
                    updates, out}
                .text);
}

void emitTopk(Call &call) {
  const Op &op = call.op;
  const ir::Shape &shape = op.operand(0)->type.shape();
  const auto axis = static_cast<size_t>(op[attr::axis]);
  const Dim k = op[attr::count][0], inner = behind(shape, axis);
  call.name = "topK";
  call.include("burin/rt/sort.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"),
                    values = call.writeIfMade(op.result(0), "values"),
                    indices = call.writeIfMade(op.result(1), "indices");
  call.line(InOrder{"rt::topK({}, {}, {}, {}, {}, {}, {}, work);", call.number(shape[axis], "n"),
                    call.number(inner, "inner"), call.number(k, "k"), op[attr::largest], in, values,
                    indices}
                .text);
  call.units = before(shape, axis) * inner;
  call.unitsOf = "lines";
  call.scratchBytes = k.bounds().hi * 4;
}

/// A pointer to where the run keeps an extent that the op defines.
std::string definedExtent(Call &call, const Dim &d) {
  call.params.push_back({"int *", "count", {Argument::Defined{d}}});
  return "count";
}

void emitNonzero(Call &call) {
  const Op &op = call.op;
  const Dims shape = atLeastOneAxis(op.operand(0)->type.shape());
  call.name = "nonZero";
  call.include("burin/rt/index.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out"),
                    count = definedExtent(call, op[attr::dims][0]);
  call.line(fmt::format("rt::nonZero({}, {}, {}, {}, {}, work);", ndText(call, shape, "shape"), in,
                        out, op[attr::dims][0].bounds().hi, count));
}

void emitCompress(Call &call) {
  const Op &op = call.op;
  const ir::Shape &shape = op.operand(0)->type.shape();
  const auto axis = static_cast<size_t>(op[attr::axis]);
  call.name = "compress";
  call.include("burin/rt/index.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"),
                    condition = call.read(op.operand(1), "condition"),
                    out = call.write(op.result(), "out");
  const std::string count = definedExtent(call, op[attr::dims][0]);
  call.line(InOrder{"rt::compress({}, {}, {}, {}, {}, {}, {}, {}, {}, work);",
                    call.number(before(shape, axis), "outer"), call.number(shape[axis], "axis"),
                    call.number(behind(shape, axis), "inner"), condition,
                    call.number(op.operand(1)->type.count(), "conditions"), in, out,
                    op[attr::dims][0].bounds().hi, count}
                .text);
}

void emitUnique(Call &call) {
  const Op &op = call.op;
  const Dim n = op.operand(0)->type.count();
  call.name = "unique";
  call.include("burin/rt/sort.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(0), "out");
  const std::string first = call.writeIfMade(op.result(1), "first"),
                    inverse = call.writeIfMade(op.result(2), "inverse"),
                    counts = call.writeIfMade(op.result(3), "counts");
  const std::string count = definedExtent(call, op[attr::dims][0]);
  call.line(fmt::format("rt::unique({}, 1, {}, {}, {}, {}, {}, {}, {}, {}, work);",
                        call.number(n, "n"), op[attr::sorted], in, out, first, inverse, counts,
                        op[attr::dims][0].bounds().hi, count));
  call.scratchBytes = n.bounds().hi * 12;
}

void emitCumulative(Call &call) {
  const Op &op = call.op;
  const ir::Shape &shape = op.operand(0)->type.shape();
  const auto axis = static_cast<size_t>(op[attr::axis]);
  call.name = op.is(ops::cumsum) ? "cumSum" : "cumProd";
  call.include("burin/rt/scatter.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  call.line(InOrder{"rt::cumulative<rt::Scan::{}>({}, {}, {}, {}, {}, {}, work);",
                    op.is(ops::cumsum) ? "add" : "mul", call.number(shape[axis], "n"),
                    call.number(behind(shape, axis), "inner"), op[attr::exclusive],
                    op[attr::reverse], in, out}
                .text);
  call.units = before(shape, axis);
  call.unitsOf = "slices";
}

void emitReverseSequence(Call &call) {
  const Op &op = call.op;
  const ir::Shape &shape = op.operand(0)->type.shape();
  const auto time = static_cast<size_t>(op[attr::axis]),
             batch = static_cast<size_t>(op[attr::batchAxis]);
  const Dims strides = denseStrides(shape);
  call.name = "reverseSequence";
  call.include("burin/rt/index.h");
  call.include("burin/rt/numeric.h");
  const std::string in = call.read(op.operand(0), "in"),
                    lengths = call.read(op.operand(1), "lengths"),
                    out = call.write(op.result(), "out");
  call.line(InOrder{"rt::reverseSequence({}, {}, {}, {}, {}, {}, {}, work);",
                    call.number(shape[time], "time"),
                    call.number(behind(shape, std::max(time, batch)), "inner"),
                    call.number(strides[batch], "batchStride"),
                    call.number(strides[time], "timeStride"), in, lengths, out}
                .text);
  call.units = shape[batch];
  call.unitsOf = "sequences";
}

/// Time and batch are the first two axes, in either order.
bool isLeadingSequence(const Op &op, const Target &) {
  return op[attr::axis] < 2 && op[attr::batchAxis] < 2;
}

constexpr KernelDef kIndex[] = {
    {.op = &ops::gather, .variant = "slices", .emit = emitGather},
    {.op = &ops::gather_elements, .variant = "elements", .emit = emitGatherElements},
    {.op = &ops::gather_nd, .variant = "slices", .emit = emitGatherNd},
    {.op = &ops::scatter_elements, .variant = "elements", .emit = emitScatterElements},
    {.op = &ops::scatter_nd, .variant = "slices", .emit = emitScatterNd},
    {.op = &ops::topk, .variant = "lines", .emit = emitTopk},
    {.op = &ops::nonzero, .variant = "scan", .emit = emitNonzero},
    {.op = &ops::compress, .variant = "scan", .emit = emitCompress},
    {.op = &ops::unique, .variant = "sort", .emit = emitUnique},
    {.op = &ops::reverse_sequence,
     .variant = "slices",
     .applies = isLeadingSequence,
     .emit = emitReverseSequence},
    {.op = &ops::cumsum, .variant = "scan", .emit = emitCumulative},
    {.op = &ops::cumprod, .variant = "scan", .emit = emitCumulative},
};

} // namespace

std::span<const KernelDef> indexKernels() { return kIndex; }

} // namespace burin::kernels
