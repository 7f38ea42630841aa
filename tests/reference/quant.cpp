// SPDX-License-Identifier: Apache-2.0
//
// Quantisation, with the roundings of the formats.
#include "tests/reference/cast.h"
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

#include <cmath>
#include <limits>

namespace burin::reference {
namespace {

/// Where the scale of the element at `at` lies: one for all, one a slice or one a block.
size_t scaleAt(const Tensor &scale, Extents at, size_t axis, int64_t blockSize) {
  if (blockSize > 0) {
    at[axis] /= blockSize;
    return flatten(scale.shape(), at);
  }
  return scale.type.rank() == 0 ? 0 : static_cast<size_t>(at[axis]);
}

/// Calls visit(i, place of the scale) for every element.
template <class F> void forEachScaled(const Call &call, int64_t blockSize, F visit) {
  const Tensor &x = call.get("x"), &scale = call.get("scale");
  const bool isOne = blockSize == 0 && scale.type.rank() == 0;
  const size_t axis = isOne ? 0 : call.axis(x.type.rank());
  size_t i = 0;
  forEachIndex(x.shape(),
               [&](const Extents &at) { visit(i++, scaleAt(scale, at, axis, blockSize)); });
}

double zeroAt(const Tensor *zero, size_t i) {
  return zero ? zero->number(zero->count() == 1 ? 0 : i) : 0;
}

/// A quotient is a number of f32 (of f64 where the scale is one) before it is rounded, as in ONNX:
/// 0.35 / 0.1 is 3.5 and becomes 4.
Tensors quantize(const Call &call) {
  const Tensor &x = call.get("x"), &scale = call.get("scale"), *zero = call.find("zero_point");
  const bool isDouble = scale.type.element() == ElementType::f64;
  Tensor out = call.result();
  forEachScaled(call, call[ir::attr::blockSize], [&](size_t i, size_t s) {
    double quotient = x.number(i) / scale.number(s);
    if (!isDouble)
      quotient = static_cast<float>(quotient);
    if (ir::isInteger(out.type.element()))
      quotient = std::nearbyint(quotient);
    storeReal(out, i, quotient + zeroAt(zero, s), call[ir::attr::saturate]);
  });
  return {out};
}

Tensors dequantize(const Call &call) {
  const Tensor &x = call.get("x"), &scale = call.get("scale"), *zero = call.find("zero_point");
  Tensor out = call.result();
  forEachScaled(call, call[ir::attr::blockSize], [&](size_t i, size_t s) {
    out.setNumber(i, (x.number(i) - zeroAt(zero, s)) * scale.number(s));
  });
  return {out};
}

// ---- requantize ----

/// 2^(shift - 31) * multiplier, as QuantizeMultiplier of TensorFlow Lite makes it.
struct FixedPoint {
  int32_t multiplier = 0;
  int shift = 0;

  FixedPoint(double scale, bool isSingle) {
    if (!(scale > 0) || std::isinf(scale))
      return;
    const double fraction = std::frexp(scale, &shift);
    auto q = static_cast<int64_t>(std::round(std::ldexp(fraction, 31)));
    if (q == int64_t{1} << 31) {
      q /= 2;
      ++shift;
    }
    if (shift < -31) {
      shift = 0;
      q = 0;
    }
    if (isSingle && shift > 30) {
      shift = 30;
      q = std::numeric_limits<int32_t>::max();
    }
    multiplier = static_cast<int32_t>(q);
  }
};

/// (a * b) / 2^31, rounded to nearest, halves up.
int32_t saturatingRoundingDoublingHighMul(int32_t a, int32_t b) {
  if (a == b && a == std::numeric_limits<int32_t>::min())
    return std::numeric_limits<int32_t>::max();
  const int64_t product = int64_t{a} * b;
  const int64_t nudge = product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
}

/// x / 2^exponent, rounded to nearest, halves away from zero.
int32_t roundingDivideByPowerOfTwo(int32_t x, int exponent) {
  const auto mask = static_cast<int32_t>((int64_t{1} << exponent) - 1);
  const int32_t remainder = x & mask, threshold = (mask >> 1) + (x < 0);
  return (x >> exponent) + (remainder > threshold);
}

int32_t roundedTwice(int32_t x, FixedPoint scale) {
  const int left = std::max(scale.shift, 0), right = std::max(-scale.shift, 0);
  const auto shifted =
      static_cast<int32_t>(static_cast<uint64_t>(x) << std::min(left, 63)); // wraps
  return roundingDivideByPowerOfTwo(saturatingRoundingDoublingHighMul(shifted, scale.multiplier),
                                    right);
}

int32_t roundedOnce(int32_t x, FixedPoint scale) {
  const int shift = 31 - scale.shift;
  const int64_t half = int64_t{1} << (shift - 1);
  return static_cast<int32_t>((int64_t{x} * scale.multiplier + half) >> shift);
}

/// The product of x and scale as an integer; NaN as 0.
double rounded(int32_t x, float scale, const std::string &rounding) {
  if (rounding == "tflite_double")
    return roundedTwice(x, FixedPoint{scale, false});
  if (rounding == "tflite_single")
    return roundedOnce(x, FixedPoint{scale, true});
  const float product = static_cast<float>(x) * scale;
  return std::isnan(product) ? 0 : std::nearbyint(product);
}

Tensors requantize(const Call &call) {
  const Tensor &x = call.get("x"), &scale = call.get("scale"), *zero = call.find("zero_point");
  Tensor out = call.result();
  forEachScaled(call, 0, [&](size_t i, size_t s) {
    const double product =
        rounded(static_cast<int32_t>(x.integer(i)), scale.as<float>()[s], call[ir::attr::rounding]);
    out.setNumber(i, product + zeroAt(zero, s));
  });
  return {out};
}

} // namespace

std::vector<Row> quantRows() {
  return {{&ir::ops::quantize, quantize},
          {&ir::ops::dequantize, dequantize},
          {&ir::ops::requantize, requantize}};
}

} // namespace burin::reference
