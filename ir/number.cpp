// SPDX-License-Identifier: Apache-2.0
#include "ir/number.h"

#include "ir/diagnostic.h"
#include "ir/graph.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>

namespace burin::ir {
namespace {

/// A binary float of at most 16 bits. `finite`: no infinities; unsignedZero ("fnuz"): the pattern
/// of -0 is the only NaN.
struct SmallFloat {
  int exponentBits, mantissaBits, bias;
  bool hasInfinity, fnuz, hasNan;
};

std::optional<SmallFloat> smallFloat(ElementType e) {
  switch (e) {
  case ElementType::f16:
    return SmallFloat{5, 10, 15, true, false, true};
  case ElementType::bf16:
    return SmallFloat{8, 7, 127, true, false, true};
  case ElementType::f8e4m3fn:
    return SmallFloat{4, 3, 7, false, false, true};
  case ElementType::f8e4m3fnuz:
    return SmallFloat{4, 3, 8, false, true, true};
  case ElementType::f8e5m2:
    return SmallFloat{5, 2, 15, true, false, true};
  case ElementType::f8e5m2fnuz:
    return SmallFloat{5, 2, 16, false, true, true};
  case ElementType::f4e2m1:
    return SmallFloat{2, 1, 1, false, false, false};
  default:
    return std::nullopt;
  }
}

double decode(const SmallFloat &f, unsigned bits) {
  const int signBit = f.exponentBits + f.mantissaBits;
  const double sign = bits >> signBit & 1 ? -1.0 : 1.0;
  const unsigned exponentMask = (1u << f.exponentBits) - 1,
                 mantissaMask = (1u << f.mantissaBits) - 1;
  const unsigned exponent = bits >> f.mantissaBits & exponentMask, mantissa = bits & mantissaMask;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (f.fnuz && bits == 1u << signBit)
    return nan;
  if (f.hasInfinity && exponent == exponentMask)
    return mantissa ? nan : sign * std::numeric_limits<double>::infinity();
  if (!f.hasInfinity && !f.fnuz && f.hasNan && exponent == exponentMask && mantissa == mantissaMask)
    return nan;
  if (exponent == 0)
    return sign * std::ldexp(static_cast<double>(mantissa), 1 - f.bias - f.mantissaBits);
  return sign * std::ldexp(static_cast<double>(mantissa + (1u << f.mantissaBits)),
                           static_cast<int>(exponent) - f.bias - f.mantissaBits);
}

unsigned encode(const SmallFloat &f, double x) {
  const int signBit = f.exponentBits + f.mantissaBits;
  const unsigned exponentMask = (1u << f.exponentBits) - 1,
                 mantissaMask = (1u << f.mantissaBits) - 1;
  const unsigned sign = std::signbit(x) ? 1u << signBit : 0;
  const unsigned nan = f.fnuz          ? 1u << signBit
                       : f.hasInfinity ? exponentMask << f.mantissaBits | 1u << (f.mantissaBits - 1)
                                       : exponentMask << f.mantissaBits | mantissaMask;
  const unsigned largest = f.hasInfinity         ? (exponentMask << f.mantissaBits) - 1
                           : f.fnuz || !f.hasNan ? (1u << signBit) - 1
                                                 : (1u << signBit) - 2;
  if (std::isnan(x))
    return f.hasNan ? nan : 0;
  const double magnitude = std::fabs(x);
  if (magnitude == 0)
    return f.fnuz ? 0 : sign;
  int exponent;
  std::frexp(magnitude, &exponent); // magnitude = m * 2^exponent, m in [0.5, 1)
  const int unit = std::max(exponent - 1, 1 - f.bias) - f.mantissaBits;
  const double steps = std::isinf(x) ? magnitude : std::nearbyint(std::ldexp(magnitude, -unit));
  if (std::isinf(x) || std::ldexp(steps, unit) > decode(f, largest))
    return !f.hasNan ? sign | largest : f.hasInfinity ? sign | exponentMask << f.mantissaBits : nan;
  const auto whole = static_cast<unsigned>(steps);
  if (whole == 0)
    return f.fnuz ? 0 : sign;
  const int field = unit + f.mantissaBits + f.bias; // 1 for the lowest binade and the denormals
  // Adding the mantissa with its hidden bit carries into the exponent where it rounds up.
  return sign | ((static_cast<unsigned>(field - 1) << f.mantissaBits) + whole);
}

template <class T> T read(const std::byte *from) {
  T x;
  std::memcpy(&x, from, sizeof x);
  return x;
}
template <class T> void write(std::byte *to, T x) { std::memcpy(to, &x, sizeof x); }

template <class T> void storeSaturated(std::byte *to, double x, double lo, double hi) {
  write(to, std::isnan(x) ? T{0}
            : x <= lo     ? static_cast<T>(lo)
            : x >= hi     ? static_cast<T>(hi)
                          : static_cast<T>(x));
}

} // namespace

double loadNumber(ElementType e, const std::byte *from) {
  switch (e) {
  case ElementType::f32:
    return read<float>(from);
  case ElementType::f64:
    return read<double>(from);
  case ElementType::u64:
    return static_cast<double>(read<uint64_t>(from));
  case ElementType::f16:
  case ElementType::bf16:
    return decode(*smallFloat(e), read<uint16_t>(from));
  case ElementType::f8e4m3fn:
  case ElementType::f8e4m3fnuz:
  case ElementType::f8e5m2:
  case ElementType::f8e5m2fnuz:
  case ElementType::f4e2m1:
    return decode(*smallFloat(e), read<uint8_t>(from));
  case ElementType::f8e8m0: {
    const uint8_t bits = read<uint8_t>(from);
    return bits == 255 ? std::numeric_limits<double>::quiet_NaN() : std::ldexp(1.0, bits - 127);
  }
  default:
    return static_cast<double>(loadInteger(e, from));
  }
}

int64_t loadInteger(ElementType e, const std::byte *from) {
  switch (e) {
  case ElementType::i8:
  case ElementType::i4:
  case ElementType::i2:
    return read<int8_t>(from);
  case ElementType::u8:
  case ElementType::u4:
  case ElementType::u2:
  case ElementType::boolean:
    return read<uint8_t>(from);
  case ElementType::i16:
    return read<int16_t>(from);
  case ElementType::u16:
    return read<uint16_t>(from);
  case ElementType::i32:
    return read<int32_t>(from);
  case ElementType::u32:
    return read<uint32_t>(from);
  case ElementType::i64:
    return read<int64_t>(from);
  case ElementType::u64:
    return static_cast<int64_t>(read<uint64_t>(from));
  default:
    return static_cast<int64_t>(loadNumber(e, from));
  }
}

void storeInteger(ElementType e, int64_t x, std::byte *to) {
  if (e == ElementType::i64 || e == ElementType::u64)
    write(to, x); // beyond 2^53 a double would round
  else
    storeNumber(e, static_cast<double>(x), to);
}

void storeNumber(ElementType e, double x, std::byte *to) {
  switch (e) {
  case ElementType::f32:
    return write(to, static_cast<float>(x));
  case ElementType::f64:
    return write(to, x);
  case ElementType::f16:
  case ElementType::bf16:
    return write(to, static_cast<uint16_t>(encode(*smallFloat(e), x)));
  case ElementType::f8e4m3fn:
  case ElementType::f8e4m3fnuz:
  case ElementType::f8e5m2:
  case ElementType::f8e5m2fnuz:
  case ElementType::f4e2m1:
    return write(to, static_cast<uint8_t>(encode(*smallFloat(e), x)));
  case ElementType::f8e8m0:
    return write(to, static_cast<uint8_t>(
                         x > 0 ? std::clamp(std::nearbyint(std::log2(x)) + 127, 0.0, 254.0) : 255));
  case ElementType::i8:
    return storeSaturated<int8_t>(to, x, -128, 127);
  case ElementType::u8:
    return storeSaturated<uint8_t>(to, x, 0, 255);
  case ElementType::i4:
    return storeSaturated<int8_t>(to, x, -8, 7);
  case ElementType::u4:
    return storeSaturated<uint8_t>(to, x, 0, 15);
  case ElementType::i2:
    return storeSaturated<int8_t>(to, x, -2, 1);
  case ElementType::u2:
    return storeSaturated<uint8_t>(to, x, 0, 3);
  case ElementType::boolean:
    return write(to, static_cast<uint8_t>(x != 0));
  case ElementType::i16:
    return storeSaturated<int16_t>(to, x, -32768, 32767);
  case ElementType::u16:
    return storeSaturated<uint16_t>(to, x, 0, 65535);
  case ElementType::i32:
    return storeSaturated<int32_t>(to, x, -2147483648.0, 2147483647.0);
  case ElementType::u32:
    return storeSaturated<uint32_t>(to, x, 0, 4294967295.0);
  case ElementType::i64: // the largest double below 2^63
    return write(to, x >= 9223372036854775808.0    ? INT64_MAX
                     : std::isnan(x)               ? 0
                     : x <= -9223372036854775808.0 ? INT64_MIN
                                                   : static_cast<int64_t>(x));
  case ElementType::u64:
    return write(to, x >= 18446744073709551616.0 ? UINT64_MAX
                     : x > 0                     ? static_cast<uint64_t>(x)
                                                 : uint64_t{0});
  case ElementType::string:
  case ElementType::c64:
  case ElementType::c128:
    break;
  }
  throw CompileError(Problem::unsupported, {},
                     fmt::format("a number as an element of {}", name(e)));
}

double elementAsDouble(const Value &v, size_t i) {
  return loadNumber(v.type.element(),
                    v.constant()->bytes.data() + i * elementSize(v.type.element()));
}

int64_t elementAsInt(const Value &v, size_t i) {
  return loadInteger(v.type.element(),
                     v.constant()->bytes.data() + i * elementSize(v.type.element()));
}

void storeElement(ElementType e, double value, std::byte *to) { storeNumber(e, value, to); }

std::optional<double> splatValue(const Value &v) {
  if (!v.isConstant() || v.type.element() == ElementType::string || !v.type.isStatic())
    return std::nullopt;
  const std::span<const std::byte> bytes = v.constant()->bytes;
  const size_t size = elementSize(v.type.element());
  if (bytes.empty())
    return std::nullopt;
  for (size_t at = size; at < bytes.size(); at += size)
    if (std::memcmp(bytes.data(), bytes.data() + at, size) != 0)
      return std::nullopt;
  return elementAsDouble(v, 0);
}

} // namespace burin::ir
