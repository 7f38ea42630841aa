// SPDX-License-Identifier: Apache-2.0
//
// Numbers rounded as if they were quantised, which training for it leaves in a model.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"

#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace burin::savedmodel {
namespace {

/// x in the range moved so that 0 is exact, and in steps of it. min and max broadcast to x.
Value *quantised(const NodeView &n, Value *x, Value *min, Value *max) {
  const compose::Arith is{n.to};
  const int64_t bits = n.integer("num_bits", 8);
  if (bits < 2 || bits > 16)
    n.fail("bits", fmt::format("num_bits is {}, expected 2 to 16", bits));
  const double low = n.flag("narrow_range", false) ? 1 : 0,
               high = std::ldexp(1.0, static_cast<int>(bits)) - 1;
  Value *scale = is.div(is.sub(max, min), high - low);
  Value *exact = is.sub(low, is.div(min, scale));
  Value *zero = is.max(is.min(is(ops::floor, is.add(exact, 0.5)), high), low);
  Value *nudgedMin = is.mul(is.sub(low, zero), scale),
        *nudgedMax = is.mul(is.sub(high, zero), scale);
  Value *shifted = is.sub(is.min(is.max(x, nudgedMin), nudgedMax), nudgedMin);
  Value *steps = is(ops::floor, is.add(is.div(shifted, scale), 0.5));
  Value *y = is.add(is.mul(steps, scale), nudgedMin);
  return is.where(is.equal(scale, 0.0), 0.0, y); // an empty range has nothing but 0
}

Items fakeQuant(const NodeView &n) { return {quantised(n, n.in(0), n.in(1), n.in(2))}; }
Items fakeQuantArgs(const NodeView &n) {
  return {quantised(n, n.in(0), n.to.scalar(ElementType::f32, n.real("min", -6)),
                    n.to.scalar(ElementType::f32, n.real("max", 6)))};
}

/// Rounded to steps of a range in which 0 is exact: the one given, or that of the elements.
Items quantizeAndDequantize(const NodeView &n) {
  const compose::Arith is{n.to};
  const bool isV3 = n.node.op == "QuantizeAndDequantizeV3";
  const int64_t bits = isV3 ? n.knownInt(3, "num_bits") : n.integer("num_bits", 8);
  const bool isSigned = n.flag("signed_input", true), isGiven = n.flag("range_given", isV3),
             isNarrow = n.flag("narrow_range", false);
  const std::string mode = n.text("round_mode", "HALF_TO_EVEN");
  if (bits < 2 || bits > 24)
    n.unsupported("bits", fmt::format("num_bits is {}, expected 2 to 24", bits));
  if (mode != "HALF_TO_EVEN" && mode != "HALF_UP")
    n.fail("mode", fmt::format("round_mode is '{}', expected HALF_TO_EVEN or HALF_UP", mode));
  Value *x = n.in(0);
  const int64_t given = n.integer("axis", -1);
  if (given < -1)
    n.fail("axis", fmt::format("axis is {}, expected -1 or one of the input", given));
  Ints axes;
  for (int64_t i = 0; i < static_cast<int64_t>(n.rank(0)); ++i)
    if (i != given)
      axes.push_back(i);
  const auto rangeEnd = [&](size_t i, const ir::OpDef &def) {
    if (!isGiven)
      return axes.empty() ? x : compose::reduceKeep(n.to, def, x, axes);
    return given < 0 ? compose::scalarOf(n.to, n.in(i))
                     : compose::perAxis(n.to, n.in(i),
                                        static_cast<size_t>(n.axis(given, n.rank(0))), n.rank(0));
  };
  Value *low = rangeEnd(1, ops::reduce_min), *high = rangeEnd(2, ops::reduce_max);
  const double last = std::ldexp(1.0, static_cast<int>(bits - (isSigned ? 1 : 0))) - 1,
               first = isSigned ? (isNarrow ? -last : -last - 1) : 0;
  // The end of the range that needs the larger steps sets them; that they need none is no step.
  const double none = std::numeric_limits<float>::max();
  const auto stepsOf = [&](double end, Value *bound) {
    Value *ratio = is.div(n.to.scalar(x->type.element(), end), bound);
    return is.where(is.less(0.0, is.mul(bound, end)), ratio, none);
  };
  Value *byLow = stepsOf(first, low), *byHigh = stepsOf(last, high);
  Value *lowSets = is.less(byLow, byHigh);
  Value *scale = is.where(lowSets, byLow, byHigh);
  Value *inverse =
      is.where(lowSets, first == 0 ? is.mul(low, 0.0) : is.div(low, first), is.div(high, last));
  Value *top = is.where(lowSets, is.mul(inverse, last), high),
        *bottom = is.where(lowSets, low, is.mul(inverse, first));
  if (isGiven)
    x = is.max(is.min(x, top), bottom);
  x = is.mul(x, scale);
  x = mode == "HALF_UP" ? is(ops::floor, is.add(x, 0.5)) : is(ops::round, x);
  return {is.mul(x, inverse)};
}

constexpr Lowering kQuant[] = {
    {"FakeQuantWithMinMaxArgs", fakeQuantArgs},
    {"FakeQuantWithMinMaxVars", fakeQuant},
    {"FakeQuantWithMinMaxVarsPerChannel", fakeQuant},
    {"QuantizeAndDequantizeV2", quantizeAndDequantize},
    {"QuantizeAndDequantizeV3", quantizeAndDequantize},
    {"QuantizeAndDequantizeV4", quantizeAndDequantize},
};

} // namespace

std::span<const Lowering> quantLowerings() { return kQuant; }

} // namespace burin::savedmodel
