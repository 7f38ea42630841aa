// SPDX-License-Identifier: Apache-2.0
//
// Numbers rounded as if they were quantised, which training for it leaves in a model.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"

#include <cmath>
#include <fmt/format.h>

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

constexpr Lowering kQuant[] = {
    {"FakeQuantWithMinMaxArgs", fakeQuantArgs},
    {"FakeQuantWithMinMaxVars", fakeQuant},
    {"FakeQuantWithMinMaxVarsPerChannel", fakeQuant},
};

} // namespace

std::span<const Lowering> quantLowerings() { return kQuant; }

} // namespace burin::savedmodel
