// SPDX-License-Identifier: Apache-2.0
//
// Images sampled at places that are known at run time; boxes; random numbers.
#include "codegen/kernels/expression.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/nd_text.h"
#include "ir/ops.h"

#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// What sums of an element type are made in.
std::string accumulator(ElementType e) { return e == ElementType::f64 ? "double" : "float"; }
std::string literal(double x) { return floatLiteral(x, ElementType::f64); }

/// The extents from `begin` on as the initializer of an rt::Nd: "{{2, 3}}".
std::string extents(Call &call, const ir::Shape &shape, size_t begin, std::string_view name) {
  std::string text;
  for (size_t i = begin; i < shape.size(); ++i)
    text += (text.empty() ? "" : ", ") + call.number(shape[i], fmt::format("{}{}", name, i));
  return fmt::format("{{{{{}}}}}", text);
}

void emitGridSample(Call &call) {
  const Op &op = call.op;
  const Type &x = op.operand(0)->type, &y = op.result()->type;
  const std::string &mode = op[attr::mode];
  call.name = fmt::format("gridSample{}", mode == "nearest"  ? "Nearest"
                                          : mode == "linear" ? "Linear"
                                                             : "Cubic");
  call.include("burin/rt/grid_sample.h");
  const std::string in = call.read(op.operand(0), "in"), grid = call.read(op.operand(1), "grid"),
                    out = call.write(op.result(), "out");
  call.line(fmt::format("const rt::GridSample<{}> shape{{{}, {}, {}, {}}};", x.rank() - 2,
                        call.number(x.dim(1), "channels"), extents(call, x.shape(), 2, "in"),
                        extents(call, y.shape(), 2, "out"), op[attr::alignCorners]));
  call.line(fmt::format(
      "rt::gridSample<rt::GridMode::{}, rt::GridPadding::{}, {}>(shape, {}, {}, {}, work);", mode,
      op[attr::pattern], accumulator(x.element()), in, grid, out));
  call.units = y.dim(0);
  for (size_t i = 2; i < y.rank(); ++i)
    call.units = call.units * y.dim(i);
  call.unitsOf = "places";
}

void emitRoiAlign(Call &call) {
  const Op &op = call.op;
  const Type &x = op.operand(0)->type, &y = op.result()->type;
  const std::string acc = accumulator(x.element());
  call.name = "roiAlign";
  call.include("burin/rt/roi_align.h");
  const std::string in = call.read(op.operand(0), "in"), rois = call.read(op.operand(1), "rois"),
                    batch = call.read(op.operand(2), "batch");
  const std::string out = call.write(op.result(), "out");
  const std::string images = call.number(x.dim(0), "images"),
                    channels = call.number(x.dim(1), "channels");
  const std::string height = call.number(x.dim(2), "height"),
                    width = call.number(x.dim(3), "width");
  call.line(InOrder{"const rt::RoiAlign shape{{{}, {}, {}, {}, {}, {}, {}, {}, {}}};", images,
                    channels, height, width, call.number(y.dim(2), "outHeight"),
                    call.number(y.dim(3), "outWidth"), op[attr::coordinates] == "half_pixel",
                    op[attr::sampling], literal(op[attr::spatialScale])}
                .text);
  call.line(fmt::format("rt::roiAlign<{}, {}>(shape, {}, {}, {}, {}, work);",
                        op[attr::mode] == "max", acc, in, rois, batch, out));
  call.units = y.dim(0) * y.dim(2);
  call.unitsOf = "rows of bins";
  call.scratchBytes = x.dim(1).bounds().hi * (acc == "double" ? 8 : 4);
}

void emitNonMaxSuppression(Call &call) {
  const Op &op = call.op;
  const Type &scores = op.operand(1)->type;
  const Dim &chosen = op[attr::dims][0];
  call.name = "nonMaxSuppression";
  call.include("burin/rt/suppression.h");
  const std::string boxes = call.read(op.operand(0), "boxes"),
                    score = call.read(op.operand(1), "scores");
  const auto limit = [&](size_t i, std::string_view name, ElementType e) {
    const Value *v = i < op.numOperands() ? op.operand(i) : nullptr;
    return v ? call.read(v, std::string(name))
             : fmt::format("static_cast<const {} *>(nullptr)", elementCpp(e));
  };
  const std::string most = limit(2, "most", ElementType::i64),
                    iou = limit(3, "iou", scores.element()),
                    least = limit(4, "least", scores.element());
  const std::string out = call.write(op.result(), "out");
  call.params.push_back({"int *", "count", {Argument::Defined{chosen}}});
  call.line(InOrder{"const rt::Suppression shape{{{}, {}, {}, {}}};",
                    call.number(scores.dim(0), "batches"), call.number(scores.dim(1), "classes"),
                    call.number(scores.dim(2), "n"), op[attr::centerPoint]}
                .text);
  call.line(fmt::format("rt::nonMaxSuppression(shape, {}, {}, {}, {}, {}, {}, {}, count, work);",
                        boxes, score, most, iou, least, chosen.bounds().hi, out));
  call.scratchBytes = scores.dim(2).bounds().hi * 8;
}

void emitRandom(Call &call) {
  const Op &op = call.op;
  const bool isUniform = op[attr::distribution] == "uniform";
  call.name = isUniform ? "randomUniform" : "randomNormal";
  call.include("burin/rt/random.h");
  const std::string out = call.write(op.result(), "out");
  call.line(fmt::format("rt::{}({}u, {}, {}, {}, work);", call.name,
                        static_cast<uint64_t>(op[attr::seed]), literal(op[attr::low]),
                        literal(op[attr::high]), out));
  call.units = op.result()->type.count();
  call.unitsOf = "elements";
}

constexpr KernelDef kImage[] = {
    {.op = &ops::grid_sample, .variant = "places", .emit = emitGridSample},
    {.op = &ops::roi_align, .variant = "bins", .emit = emitRoiAlign},
    {.op = &ops::non_max_suppression, .variant = "sorted", .emit = emitNonMaxSuppression},
    {.op = &ops::random, .variant = "counter", .emit = emitRandom},
};

} // namespace

std::span<const KernelDef> imageKernels() { return kImage; }

} // namespace burin::kernels
