// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/winograd.h"

#include "burin/rt/winograd.h"
#include "codegen/kernels/contraction.h"
#include "codegen/kernels/cost.h"
#include "codegen/kernels/elementwise.h"
#include "codegen/kernels/forms.h"
#include "codegen/kernels/packing.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace burin::kernels {
namespace {
namespace attr = ir::attr;

constexpr int64_t kFewestChannels = 16; // below, the transforms have no whole vectors

/// What there is to choose for: the op as a problem of the cost model.
std::optional<Conv3x3> problemOf(const Op &op, const Target &target) {
  if (!target.winograd || !isFloatConv(op))
    return {};
  const Conv c = describeConv(op);
  const auto isNumber = [](const Dim &d) { return d.isNumber(); };
  const auto isOne = [](int64_t x) { return x == 1; };
  if (c.axes != 2 || c.group != 1 || c.kernel != std::vector<int64_t>{3, 3} ||
      !std::ranges::all_of(c.stride, isOne) || !std::ranges::all_of(c.dilation, isOne) ||
      !std::ranges::all_of(c.in, isNumber) || !std::ranges::all_of(c.padBegin, isNumber) ||
      !std::ranges::all_of(c.out, isNumber) || !c.channels.isNumber())
    return {};
  const Conv3x3 problem{std::max<int64_t>(c.images.bounds().lo, 1), c.out[0].number(),
                        c.out[1].number(), c.channels.number(), c.outChannels.number()};
  const bool isEmpty = problem.height < 1 || problem.width < 1;
  if (isEmpty || problem.channels < kFewestChannels || problem.outChannels < kFewestChannels)
    return {};
  return problem;
}

const ir::Machine &machineOf(const Target &target) {
  const ir::Machine *machine = ir::findMachine(target.cpu);
  if (!machine)
    throw InternalError(fmt::format("there is no processor '{}'", target.cpu));
  return *machine;
}

/// What was measured to be the fastest, or what is estimated to be. Nothing where another kernel
/// runs the op.
std::optional<ConvPlan> planOf(const Op &op, const Target &target) {
  std::optional<Conv3x3> problem = problemOf(op, target);
  if (!problem)
    return {};
  const std::string_view chosen = chosenForm(op, target);
  if (chosen.empty())
    return planConv3x3(machineOf(target), *problem);
  problem->images = std::max<int64_t>(describeConv(op).images.bounds().hi, 1); // as measured
  for (const ConvPlan &plan : plansOf(machineOf(target), *problem))
    if (plan.form() == chosen)
      return plan;
  return {};
}

bool isChosen(const Op &op, const Target &target, int tile) {
  const std::optional<ConvPlan> plan = planOf(op, target);
  return plan && plan->tile == tile;
}

std::vector<std::string> forms(const Op &op, const Target &target, int tile) {
  constexpr size_t kMost = 3; // the cheapest: building and measuring each takes seconds
  std::vector<std::string> names;
  if (const std::optional<Conv3x3> problem = problemOf(op, target))
    for (const ConvPlan &plan : plansOf(machineOf(target), *problem))
      if (plan.tile == tile && names.size() < kMost)
        names.push_back(plan.form());
  return names;
}

} // namespace

bool isWinograd2(const Op &op, const Target &target) { return isChosen(op, target, 2); }
bool isWinograd4(const Op &op, const Target &target) { return isChosen(op, target, 4); }
std::vector<std::string> formsOfWinograd2(const Op &op, const Target &target) {
  return forms(op, target, 2);
}
std::vector<std::string> formsOfWinograd4(const Op &op, const Target &target) {
  return forms(op, target, 4);
}

void emitWinograd(Call &call) {
  const Op &op = call.op;
  const Conv c = describeConv(call);
  const ConvPlan plan = *planOf(op, call.target);
  const int64_t n = c.outChannels.number(), channels = c.channels.number();
  const int panel = panelFor(call.target, n);
  call.name = fmt::format("conv3x3F{}{}", plan.tile, epilogueName(op));
  call.include("burin/rt/math.h");
  call.include("burin/rt/winograd.h");
  const std::string in = call.read(op.operand(0), "in");
  const std::string filter = call.packed(packWinograd(c.filter, plan.tile, panel), "filter");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  const Dim tiles = c.images * ceilDiv(c.out[0], plan.tile) * ceilDiv(c.out[1], plan.tile);
  const Dim inRow = c.in[1] * c.channels, outRow = c.room[1] * c.outChannels;
  call.line("const rt::Winograd shape{");
  const std::pair<std::string, std::string_view> rows[] = {
      {call.extent(channels, "channels", true), "channels"},
      {call.extent(n, "outChannels", true), "outChannels"},
      {call.extent(tiles, "tiles", true), "tiles"},
      {fmt::format("Const<{}>{{}}", plan.block), "block"},
      {call.number(c.in[0], "inHeight", true), "inHeight"},
      {call.number(c.in[1], "inWidth", true), "inWidth"},
      {call.number(c.out[0], "outHeight", true), "outHeight"},
      {call.number(c.out[1], "outWidth", true), "outWidth"},
      {call.number(c.padBegin[0], "padTop", true), "padTop"},
      {call.number(c.padBegin[1], "padLeft", true), "padLeft"},
      {call.number(c.in[0] * inRow, "inImage", true), "inImage"},
      {call.number(inRow, "inRow", true), "inRow"},
      {call.number(c.room[0] * outRow, "outImage", true), "outImage"},
      {call.number(outRow, "outRow", true), "outRow"},
  };
  fieldLines(call, rows);
  call.line("};");
  call.line(fmt::format("rt::{}<{}, {}>(shape, {}, {}, {}, {}, work);",
                        plan.byPanels ? "winogradPanels" : "winograd", plan.tile, panel, in, filter,
                        out, epilogue));
  call.units = plan.byPanels ? Dim((n + panel - 1) / panel) : ceilDiv(tiles, plan.block);
  call.unitsOf = plan.byPanels ? fmt::format("panels of {}", panel)
                               : fmt::format("blocks of {} tiles", plan.block);
  call.scratchBytes = rt::winogradScratch(plan.tile, static_cast<int>(channels),
                                          static_cast<int>(plan.block), panel);
  call.macs = convMacs(c);
}

std::string explainConv(const Op &op, const Target &target) {
  if (const std::string_view chosen = chosenForm(op, target); !chosen.empty())
    return fmt::format("measured: {}", chosen);
  const std::optional<Conv3x3> problem = problemOf(op, target);
  if (!problem)
    return {};
  std::string text;
  int last = -1; // the cheapest of each tile
  for (const ConvPlan &plan : plansOf(machineOf(target), *problem))
    if (std::exchange(last, plan.tile) != plan.tile)
      text +=
          fmt::format("{}{} {:.0f} us", text.empty() ? "estimated: " : ", ",
                      plan.tile ? fmt::format("{0}x{0}", plan.tile) : "direct", plan.seconds * 1e6);
  return text;
}

} // namespace burin::kernels
