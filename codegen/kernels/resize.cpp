// SPDX-License-Identifier: Apache-2.0
//
// resize: the tables of its axes are constants, or are made by the run where extents or the region
// are the run's.
#include "codegen/kernels/contraction.h"
#include "codegen/kernels/resize_axes.h"

#include "codegen/kernels/expression.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/nd_text.h"
#include "ir/ops.h"

#include <cstring>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// One or several axes of x that are one to the kernel.
struct Axis {
  Dim in, out;
  std::optional<size_t> resampled; ///< of x; neighbours that stay as they are are joined
};

const Value *roiOf(const Op &op) { return op.numOperands() > 1 ? op.operand(1) : nullptr; }

/// Begin and end of the region of an axis; nothing if only the run knows.
std::optional<std::pair<double, double>> regionOf(const Op &op, size_t axis) {
  const Value *roi = roiOf(op);
  if (!takesRoi(op) || !roi)
    return std::pair{0.0, 1.0};
  if (!roi->isConstant())
    return std::nullopt;
  return std::pair{ir::elementAsDouble(*roi, axis),
                   ir::elementAsDouble(*roi, op.operand(0)->type.rank() + axis)};
}

bool stays(const Op &op, size_t axis) {
  return op.operand(0)->type.dim(axis) == op.result()->type.dim(axis) &&
         op[attr::scales][axis] == 1 && regionOf(op, axis) == std::pair{0.0, 1.0};
}

std::vector<Axis> axesOf(const Op &op) {
  const ir::Shape &from = op.operand(0)->type.shape(), &to = op.result()->type.shape();
  std::vector<Axis> axes;
  for (size_t i = 0; i < from.size(); ++i) {
    const bool isKept = stays(op, i);
    if (isKept && !axes.empty() && !axes.back().resampled) {
      axes.back().in = axes.back().in * from[i];
      axes.back().out = axes.back().out * to[i];
    } else {
      axes.push_back({from[i], to[i], isKept ? std::nullopt : std::optional{i}});
    }
  }
  if (axes.empty())
    axes.push_back({1, 1, std::nullopt});
  return axes;
}

Dims part(const std::vector<Axis> &axes, Dim Axis::*extent) {
  Dims dims;
  for (const Axis &a : axes)
    dims.push_back(a.*extent);
  return dims;
}

Dim rowsOf(const std::vector<Axis> &axes) {
  Dim rows = 1;
  for (size_t i = 0; i + 1 < axes.size(); ++i)
    rows = rows * axes[i].out;
  return rows;
}

std::string literal(double x) { return floatLiteral(x, ElementType::f64); }

/// `extrapolation` as an element of x.
std::string extrapolation(const Op &op) {
  const ElementType e = op.result()->type.element();
  const double x = op[attr::extrapolation];
  return e == ElementType::f32 ? floatLiteral(x, e)
                               : fmt::format("rt::cast<{}>({})", elementCpp(e), literal(x));
}

/// Memory of the task that tables made by the run lie in.
class Scratch {
public:
  Scratch(Call &call, int64_t begin) : call_{call} { call.scratchBytes = begin; }

  /// `T *name = ...;` for `count` elements.
  void line(std::string_view type, int64_t size, const std::string &name, int64_t count) {
    call_.scratchBytes = (call_.scratchBytes + 63) / 64 * 64;
    call_.line(
        fmt::format("{0} *{1} = static_cast<{0} *>(static_cast<void *>(work.scratch + {2}));", type,
                    name, call_.scratchBytes));
    call_.scratchBytes += size * count;
  }

private:
  Call &call_;
};

template <class T> std::vector<std::byte> toBytes(const std::vector<T> &values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  if (!bytes.empty())
    std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// The axis with numbers only, for a table that is a constant.
std::optional<rt::ResizeAxis> knownAxis(const Op &op, const Axis &axis) {
  const auto region = regionOf(op, *axis.resampled);
  if (!axis.in.isNumber() || !axis.out.isNumber() || !region)
    return std::nullopt;
  return resizeAxis(op, *axis.resampled, axis.in.number(), axis.out.number(), region->first,
                    region->second);
}

/// `const rt::ResizeAxis axis1{...};` for a table that the run makes; returns its name.
std::string runAxis(Call &call, const Axis &axis, const std::string &roi) {
  const Op &op = call.op;
  const size_t i = *axis.resampled;
  const auto region = regionOf(op, i);
  const std::string begin =
      region ? literal(region->first) : fmt::format("static_cast<double>({}[{}])", roi, i);
  const std::string end =
      region ? literal(region->second)
             : fmt::format("static_cast<double>({}[{}])", roi, op.operand(0)->type.rank() + i);
  const std::string name = fmt::format("axis{}", i);
  call.line(fmt::format("const rt::ResizeAxis {}{{", name));
  const std::pair<std::string, std::string_view> fields[] = {
      {call.number(axis.in, fmt::format("axis{}In", i)), "in"},
      {call.number(axis.out, fmt::format("axis{}Out", i)), "out"},
      {literal(op[attr::scales][i]), "scale"},
      {begin, "roiBegin"},
      {end, "roiEnd"},
      {fmt::format("rt::Coordinates::{}", op[attr::coordinates]), "coordinates"},
      {op[attr::excludeOutside] ? "true" : "false", "excludeOutside"},
      {op[attr::antialias] ? "true" : "false", "antialias"},
      {literal(op[attr::cubicCoefficient]), "cubic"},
  };
  fieldLines(call, fields);
  call.line("};");
  return name;
}

Packed packedTable(const Op &op, size_t axis, std::string_view what, ElementType element,
                   int64_t out, int64_t taps, std::function<std::vector<std::byte>()> make) {
  Packed packed;
  packed.from = op.result();
  packed.layout = fmt::format("{} of axis {}: [{}][{}]", what, axis, out, taps);
  packed.element = element;
  packed.count = out * taps;
  packed.make = std::move(make);
  return packed;
}

void emitNearest(Call &call) {
  const Op &op = call.op;
  const std::vector<Axis> axes = axesOf(op);
  call.name = "resizeNearest";
  call.include("burin/rt/resize.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const bool needsRoi = roiOf(op) && !roiOf(op)->isConstant();
  const std::string roi = needsRoi ? call.read(roiOf(op), "roi") : "";
  Scratch scratch{call, 0};
  std::string tables;
  for (const Axis &axis : axes) {
    std::string name = "nullptr";
    if (axis.resampled) {
      name = fmt::format("index{}", *axis.resampled);
      if (const auto known = knownAxis(op, axis)) {
        call.packed(packedTable(op, *axis.resampled, "index", ElementType::i32, known->out, 1,
                                [known, mode = nearestMode(op)] {
                                  return toBytes(nearestTable(*known, mode));
                                }),
                    name);
      } else {
        const std::string run = runAxis(call, axis, roi);
        scratch.line("int32_t", 4, name, axis.out.bounds().hi);
        call.line(fmt::format("rt::resizeNearestTable({}, rt::NearestMode::{}, {});", run,
                              op[attr::nearest], name));
      }
    }
    tables += (tables.empty() ? "" : ", ") + name;
  }
  call.line(InOrder{"rt::resizeNearest({}, {}, rt::ResizeIndex<{}>{{{{{}}}}}, {}, {}, {}, work);",
                    ndText(call, part(axes, &Axis::out), "out"),
                    ndText(call, denseStrides(part(axes, &Axis::in)), "stride"), axes.size(),
                    tables, in, extrapolation(op), out}
                .text);
  call.units = rowsOf(axes);
  call.unitsOf = "rows";
}

void emitInterpolated(Call &call) {
  const Op &op = call.op;
  const ElementType element = op.result()->type.element();
  const bool isFloat = ir::isFloat(element) && element != ElementType::f64;
  const std::string acc = isFloat ? "float" : "double";
  const int64_t size = isFloat ? 4 : 8;
  std::vector<Axis> axes = axesOf(op);
  Dim inner = 1;
  if (axes.size() > 1 && !axes.back().resampled) {
    inner = axes.back().in;
    axes.pop_back();
  }
  call.name = op[attr::mode] == "cubic" ? "resizeCubic" : "resizeLinear";
  call.include("burin/rt/resize.h");
  const std::string in = call.read(op.operand(0), "in"), out = call.write(op.result(), "out");
  const bool needsRoi = roiOf(op) && !roiOf(op)->isConstant();
  const std::string roi = needsRoi ? call.read(roiOf(op), "roi") : "";
  Scratch scratch{call, (axes.back().in * inner).bounds().hi * size};
  std::vector<std::string> tables;
  for (const Axis &axis : axes) {
    std::string table = "{nullptr, nullptr, 0}";
    if (axis.resampled) {
      const size_t i = *axis.resampled;
      const std::string index = fmt::format("index{}", i);
      std::string weight = fmt::format("weight{}", i);
      const int taps = rt::resizeTaps(resizeAxis(op, i, 1, 1), interpolation(op));
      if (const auto known = knownAxis(op, axis)) {
        const auto kind = interpolation(op);
        call.packed(packedTable(op, i, "index", ElementType::i32, known->out, taps,
                                [=] { return toBytes(interpolationTable(*known, kind).index); }),
                    index);
        call.packed(
            packedTable(
                op, i, "weight", isFloat ? ElementType::f32 : ElementType::f64, known->out, taps,
                [=] {
                  const std::vector<double> weights = interpolationTable(*known, kind).weight;
                  return isFloat ? toBytes(std::vector<float>(weights.begin(), weights.end()))
                                 : toBytes(weights);
                }),
            weight);
      } else {
        const std::string run = runAxis(call, axis, roi);
        scratch.line("int32_t", 4, index, axis.out.bounds().hi * taps);
        scratch.line(acc, size, weight, axis.out.bounds().hi * taps);
        call.line(fmt::format("rt::resizeTable({}, rt::Interpolation::{}, {}, {});", run,
                              op[attr::mode], index, weight));
        weight = isFloat ? fmt::format("rt::weights({})", weight) : weight;
      }
      table = fmt::format("{{{}, {}, {}}}", index, weight, taps);
    }
    tables.push_back(std::move(table));
  }
  call.line(fmt::format("const rt::ResizeTables<{}, {}> tables{{{{", axes.size(), acc));
  for (const std::string &table : tables)
    call.line(fmt::format("    {},", table));
  call.line("}};");
  call.line(InOrder{"rt::resizeInterpolated({}, {}, {}, tables, {}, {}, {}, work);",
                    ndText(call, part(axes, &Axis::in), "from"),
                    ndText(call, part(axes, &Axis::out), "to"), call.extent(inner, "inner"), in,
                    extrapolation(op), out}
                .text);
  call.units = rowsOf(axes);
  call.unitsOf = "rows";
}

bool appliesNearest(const Op &op, const Target &) { return isNearest(op); }

constexpr KernelDef kResize[] = {
    {.op = &ops::resize, .variant = "nearest", .applies = appliesNearest, .emit = emitNearest},
    {.op = &ops::resize, .variant = "interpolated", .emit = emitInterpolated},
};

} // namespace

std::span<const KernelDef> resizeKernels() { return kResize; }

} // namespace burin::kernels
