// SPDX-License-Identifier: Apache-2.0
//
// Conversions between element types.
#include "tests/reference/cast.h"

#include "ir/number.h"
#include "tests/reference/numbers.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace burin::reference {
namespace {

/// An integer as a double whose last bit is set where digits were lost: rounding it once more, to a
/// float of at most 51 bits, gives what rounding the integer would.
double roundedToOdd(bool negative, uint64_t magnitude) {
  const int lost = std::max(0, 64 - std::countl_zero(magnitude) - 53);
  uint64_t kept = magnitude >> lost;
  if (kept << lost != magnitude)
    kept |= 1;
  const double x = std::ldexp(static_cast<double>(kept), lost);
  return negative ? -x : x;
}

double integerAsReal(const Tensor &x, size_t i, ElementType to) {
  const int64_t n = x.integer(i);
  const bool negative = n < 0 && ir::isSigned(x.type.element());
  if (to == ElementType::f64)
    return x.number(i);
  return roundedToOdd(negative,
                      negative ? uint64_t{0} - static_cast<uint64_t>(n) : static_cast<uint64_t>(n));
}

/// The largest finite number of a float of 8 or 4 bits; 0 for the other types.
double largestOfSmallFloat(ElementType e) {
  switch (e) {
  case ElementType::f8e4m3fn:
    return 448;
  case ElementType::f8e4m3fnuz:
    return 240;
  case ElementType::f8e5m2:
  case ElementType::f8e5m2fnuz:
    return 57344;
  case ElementType::f4e2m1:
    return 6;
  default:
    return 0;
  }
}

/// A power of two from 2^-127 to 2^127, or NaN: also for what is negative. The nearest by value,
/// the larger one where two are as near.
void storePowerOfTwo(Tensor &t, size_t i, double x, bool saturate) {
  constexpr std::byte kNan{255};
  int exponent = 0;
  if (std::isinf(x))
    exponent = 1000;
  else if (x > 0)
    exponent = std::frexp(x, &exponent) >= 0.75 ? exponent : exponent - 1;
  else
    exponent = -1000;
  const bool inside = exponent >= -127 && exponent <= 127;
  t.bytes[i] = std::isnan(x) || x < 0 || (!inside && !saturate)
                   ? kNan
                   : std::byte(std::clamp(exponent, -127, 127) + 127);
}

/// By way of i32, whose low bits stay, as in the tests of ONNX.
void storeInFewBits(Tensor &t, size_t i, double x) {
  constexpr double kLeast = std::numeric_limits<int32_t>::min(),
                   kMost = std::numeric_limits<int32_t>::max();
  const double inside = std::isnan(x) ? 0 : std::clamp(std::trunc(x), kLeast, kMost);
  store(t, i, static_cast<uint64_t>(static_cast<int64_t>(inside)));
}

Tensors cast(const Call &call) {
  const Tensor &x = call.get("x");
  const ElementType from = x.type.element();
  const bool saturate = call[ir::attr::saturate];
  Tensor out = call.result();
  const ElementType to = out.type.element();
  const bool isFewBits = ir::isInteger(to) && bitWidth(to) < 8;
  for (size_t i = 0; i < out.count(); ++i) {
    if (ir::isFloat(from) && isFewBits)
      storeInFewBits(out, i, x.number(i));
    else if (ir::isFloat(from))
      storeReal(out, i, x.number(i), saturate);
    else if (ir::isFloat(to))
      storeReal(out, i, integerAsReal(x, i, to), saturate);
    else
      store(out, i, load<uint64_t>(x, i));
  }
  return {out};
}

/// Elements below a byte are kept extended: the same bits may extend to another byte.
Tensors bitcast(const Call &call) {
  const Tensor &x = call.get("x");
  Tensor out = call.result();
  out.bytes = x.bytes;
  const ElementType to = out.type.element();
  if (ir::isInteger(to) && bitWidth(to) < 8)
    for (size_t i = 0; i < out.bytes.size(); ++i)
      store(out, i, static_cast<uint64_t>(out.bytes[i]));
  if (to == ElementType::f4e2m1)
    for (std::byte &element : out.bytes)
      element &= std::byte{15};
  return {out};
}

} // namespace

void storeReal(Tensor &t, size_t i, double x, bool saturate) {
  const ElementType to = t.type.element();
  if (to == ElementType::f8e8m0)
    return storePowerOfTwo(t, i, x, saturate);
  const double largest = largestOfSmallFloat(to);
  if (saturate && largest > 0 && std::fabs(x) > largest)
    x = std::copysign(largest, x);
  t.setNumber(i, x);
}

std::vector<Row> castRows() { return {{&ir::ops::cast, cast}, {&ir::ops::bitcast, bitcast}}; }

} // namespace burin::reference
