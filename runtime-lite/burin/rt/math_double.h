// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions of math.h for double, to about 1e-15 of the result. Scalar: models seldom compute
// in double.
#ifndef BURIN_RT_MATH_DOUBLE_H
#define BURIN_RT_MATH_DOUBLE_H

#include "math_core.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

BURIN_FN double infinityDouble() { return bitCast<double>(uint64_t{0x7FF0000000000000}); }
BURIN_FN double notANumberDouble() { return bitCast<double>(uint64_t{0x7FF8000000000000}); }
/// The upper 26 bits of the mantissa: products of two such numbers are exact.
BURIN_FN double upper(double x) {
  return bitCast<double>(bitCast<uint64_t>(x) & 0xFFFFFFFFF8000000u);
}

// ---- exp ----

/// x = n ln 2 + r; q = exp(r) - 1.
struct ExpParts {
  double q;
  int n;
};
BURIN_FN ExpParts expParts(double x) {
  const double t = x * 1.4426950408889634 + 6755399441055744.0, n = t - 6755399441055744.0;
  const double r = (x - n * 0.69314718036912382) - n * 1.9082149292705877e-10;
  const double p =
      polynomial(r, 0.5, 0.16666666666666666, 0.041666666666666678, 0.0083333333333333332,
                 0.0013888888888879082, 0.00019841269841263304, 2.4801587336421321e-05,
                 2.7557319247204789e-06, 2.7557263301474753e-07, 2.5052071109214447e-08,
                 2.0918129454967065e-09, 1.6086622436215554e-10);
  return {r + r * r * p, static_cast<int>(n)};
}
BURIN_FN double exp(double x) {
  if (x != x)
    return x;
  const ExpParts e = expParts(x < -746 ? -746 : x > 710 ? 710 : x);
  return scaleBy(1 + e.q, e.n);
}
BURIN_FN double exp2(double x) {
  if (x != x)
    return x;
  const double c = x < -1080 ? -1080 : x > 1025 ? 1025 : x, n = round(c);
  const ExpParts e = expParts((c - n) * 0.69314718055994531);
  return scaleBy(1 + e.q, e.n + static_cast<int>(n));
}
BURIN_FN double expm1(double x) {
  if (x != x || x == 0)
    return x;
  const ExpParts e = expParts(x < -40 ? -40 : x > 710 ? 710 : x);
  if (e.n == 0)
    return e.q;
  const double s = bitCast<double>(static_cast<uint64_t>(e.n + 1022) << 52);
  return 2 * (s * e.q + (s - 0.5));
}
BURIN_FN double sigmoid(double x) {
  const double e = exp(-abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}
BURIN_FN double tanh(double x) {
  const double a = abs(x), t = expm1(2 * (a > 22 ? 22 : a));
  return copySign(t / (t + 2), x);
}

// ---- log ----

/// log(1 + f) = high + low, 1 + f from sqrt(1/2) to sqrt(2).
struct LogSum {
  double high, low, k;
};
BURIN_FN LogSum logSum(double x) { // positive and finite
  const bool tiny = x < 2.2250738585072014e-308;
  const uint64_t bits = bitCast<uint64_t>(tiny ? x * 18014398509481984.0 : x); // 2^54
  const int64_t k = bitCast<int64_t>(bits - 0x3FE6A09E667F3BCDu) >> 52;
  const double f = bitCast<double>(bits - (static_cast<uint64_t>(k) << 52)) - 1;
  const double s = f / (2 + f), z = s * s, half = 0.5 * f * f;
  const double p = z * polynomial(z, 0.66666666666666663, 0.40000000000000002, 0.28571428571428503,
                                  0.22222222222252933, 0.18181818175050851, 0.15384616240226581,
                                  0.13333267581895378, 0.11767824772295368, 0.10437381375640864,
                                  0.10909557969785763);
  return {f, s * (half + p) - half, static_cast<double>(tiny ? k - 54 : k)};
}
BURIN_FN bool logIsSpecial(double x) { return !(x > 0) || x == infinityDouble(); }
BURIN_FN double logSpecial(double x) {
  return x == 0 ? -infinityDouble() : x < 0 ? notANumberDouble() : x;
}
BURIN_FN double log(double x) {
  if (logIsSpecial(x))
    return logSpecial(x);
  const LogSum l = logSum(x);
  return l.k * 0.69314718036912382 + (l.high + (l.low + l.k * 1.9082149292705877e-10));
}
BURIN_FN double log2(double x) {
  if (logIsSpecial(x))
    return logSpecial(x);
  const LogSum l = logSum(x);
  return (l.low * 1.4426950408889634 + l.high * 0.44269504088896341) + l.high + l.k;
}
BURIN_FN double log10(double x) {
  if (logIsSpecial(x))
    return logSpecial(x);
  const LogSum l = logSum(x);
  return l.k * 0.30102999566398120 + (l.high + l.low) * 0.43429448190325183;
}
BURIN_FN double log1p(double x) {
  const double u = 1 + x;
  if (logIsSpecial(u))
    return logSpecial(u);
  const double lost = x > 1 ? 1 - (u - x) : x - (u - 1);
  return abs(x) < 1e-16 ? x : log(u) + lost / u;
}
BURIN_FN double softplus(double x) { return (x < 0 ? 0 : x) + log1p(exp(-abs(x))); }

// ---- pow ----

/// |x| to the power y, as powPositive of math.h.
BURIN_FN double powPositiveDouble(double x, double y) {
  const bool tiny = x < 2.2250738585072014e-308;
  const uint64_t bits = bitCast<uint64_t>(tiny ? x * 18014398509481984.0 : x);
  const int64_t power = bitCast<int64_t>(bits - 0x3FE6A09E667F3BCDu) >> 52;
  const double f = bitCast<double>(bits - (static_cast<uint64_t>(power) << 52)) - 1;
  const double k = static_cast<double>(tiny ? power - 54 : power);
  const double g = 2 + f, gHigh = upper(g), gLow = f - (gHigh - 2), s = f / g;
  const double sHigh = upper(s), sLow = ((f - sHigh * gHigh) - sHigh * gLow) / g, z = s * s;
  // s^2 / 3 in two parts as well: it is a hundredth of the sum.
  const double zHigh = upper(sHigh * sHigh), third = upper(0.33333333333333331);
  const double wHigh = zHigh * third;
  const double wLow =
      zHigh * (0.33333333333333331 - third) +
      ((sHigh * sHigh - zHigh) + sLow * (s + sHigh)) * 0.33333333333333331 +
      z * z *
          polynomial(z, 0.2, 0.1428571428571425, 0.11111111111126466, 0.090909090875254254,
                     0.076923081201132903, 0.066666337909476891, 0.058839123861476839,
                     0.052186906878204318, 0.054547789848928817);
  // 2 / ln 2 * s (1 + w)
  const double c = 2.8853900817779268, cHigh = upper(c),
               cLow = 4.0710547481862066e-17 + (c - cHigh);
  const double a = cHigh * sHigh, b = sLow * c + sHigh * cLow;
  const double wide = upper(a), wTop = upper(wHigh);
  const double product = wide * wTop; // the largest part of a * w: exact
  const double rest = b + (a * ((wHigh - wTop) + wLow) + (a - wide) * wTop) + b * (wHigh + wLow);
  const double whole = k + a, carry = (k - whole) + a;
  const double sum = whole + product, more = (whole - sum) + product;
  const double total = rest + (carry + more);
  const double high = upper(sum + total), low = (sum - high) + total;
  const double e = y < -1e300 ? -1e300 : y > 1e300 ? 1e300 : y, eHigh = upper(e);
  const double p = eHigh * high, q = (e - eHigh) * high + e * low, v = p + q;
  if (!(abs(v) < 1100))
    return v > 0 ? infinityDouble() : 0;
  const double n = round(v);
  const ExpParts parts = expParts(((p - n) + q) * 0.69314718055994531);
  return scaleBy(1 + parts.q, parts.n + static_cast<int>(n));
}
BURIN_FN double pow(double x, double y) {
  if (y == 0 || x == 1)
    return 1;
  if (x != x || y != y)
    return x + y;
  const double a = abs(x), big = infinityDouble();
  const double p = a == 0     ? (y > 0 ? 0 : big)
                   : a == big ? (y > 0 ? big : 0)
                              : powPositiveDouble(a, y);
  if (copySign(1, x) > 0)
    return p;
  if (trunc(y) != y)
    return a == 0 || a == big ? p : notANumberDouble();
  return trunc(0.5 * y) != 0.5 * y ? -p : p;
}

// ---- erf ----

BURIN_FN double erfcTail(double a) { // a >= 0.9
  const double c = a > 28 ? 28 : a, r = 1 / (c + 4), t = (c - 4) * r;
  const double low =
      polynomial(t, 1.0959956610004911, -0.97654872908088197, 0.77320870226523719,
                 -0.54085383131323639, 0.33085158787800578, -0.17401093723987468,
                 0.076381514909557857, -0.026370053341529861, 0.0061120556512994379,
                 -0.00028095885243695923, -0.00045505264186728052, 0.00017681273415666866);
  const double high =
      polynomial(t, -3.6354161684806875e-06, -1.8860543361156239e-05, 4.6953323496147546e-06,
                 1.4232900094917912e-06, -8.4846471605499332e-07, -7.4002848133016647e-08,
                 1.2775354022544424e-07, -7.0146580973574072e-10, -1.8888756967914709e-08,
                 9.894123304725158e-10, 2.6352623351079405e-09, -1.6724947654847999e-10,
                 -2.3748266385517006e-10);
  const double t2 = t * t, t4 = t2 * t2, square = upper(c);
  return (low + high * (t4 * t4 * t4)) * r * exp((square - c) * (square + c)) *
         exp(-square * square);
}
BURIN_FN double erf(double x) {
  const double a = abs(x), z = x * x;
  if (a >= 1)
    return copySign(1 - erfcTail(a), x);
  return x * polynomial(z, 1.1283791670955126, -0.37612638903183754, 0.11283791670955126,
                        -0.026866170645131252, 0.0052239776254421749, -0.0008548327023449497,
                        0.00012055332981694495, -1.4925650353787866e-05, 1.6462114205798046e-06,
                        -1.6365840648222765e-07, 1.4807117719731329e-08, -1.2289529419960295e-09,
                        9.4125585949928289e-11, -6.6392949013161179e-12, 4.1173094609706571e-13,
                        -1.7466092793180689e-14);
}
BURIN_FN double erfc(double x) {
  if (!(abs(x) >= 0.9))
    return 1 - erf(x);
  const double y = erfcTail(abs(x));
  return x < 0 ? 2 - y : y;
}
BURIN_FN double gelu(double x) { return 0.5 * x * (1 + erf(x * 0.70710678118654752)); }

// ---- circular ----

/// x = quadrant * pi / 2 + r, |r| <= pi / 4.
struct AngleDouble {
  double r;
  uint32_t quadrant;
};

/// 2 / pi after the binary point.
constexpr uint32_t kTwoOverPi[] = {
    0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB, 0xDEBBC561,
    0xB7246E3A, 0x424DD2E0, 0x06492EEA, 0x09D1921C, 0xFE1DEB1C, 0xB129A73E, 0xE88235F5, 0x2EBB4484,
    0xE99C7026, 0xB45F7E41, 0x3991D639, 0x835339F4, 0x9C845F8B, 0xBDF9283B, 0x1FF897FF, 0xDE05980F,
    0xEF2F118B, 0x5A0A6D1F, 0x6D367ECF, 0x27CB09B7, 0x4F463F66, 0x9E5FEA2D, 0x7527BAC7, 0xEBE5F17B,
    0x3D0739F7, 0x8A5292EA, 0x6BFB5FB1, 0x1F8D5D08, 0x56033046, 0xFC7B6BAB, 0xF0CFBC20, 0x9AF4361D,
};
/// 32 bits of 2 / pi from this one after the point on; in front of it are zeros.
BURIN_FN uint32_t twoOverPi(int bit) {
  const int word = bit >> 5, shift = bit & 31;
  const uint32_t a = word >= 0 ? kTwoOverPi[word] : 0, b = word >= -1 ? kTwoOverPi[word + 1] : 0;
  return shift ? a << shift | b >> (32 - shift) : a;
}
/// By multiplication with as many bits of 2 / pi as matter (Payne and Hanek). Not inlined: large
/// angles are rare.
[[maybe_unused]] BURIN_STUB AngleDouble reduceLargeAngle(double x) {
  const uint64_t bits = bitCast<uint64_t>(x), one = uint64_t{1} << 52;
  const int biased = static_cast<int>(bits >> 52) & 0x7FF;
  if (biased == 0x7FF)
    return {notANumberDouble(), 0};
  const uint64_t mantissa = (bits & (one - 1)) | one;
  // x = mantissa * 2^exponent: bits of 2 / pi that give multiples of 4 are left out. 192 bits are
  // kept, so that the product modulo 2^192 is x * 2 / pi modulo 4.
  const int exponent = biased - 1075, first = exponent - 2;
  uint32_t product[6] = {};
  for (int i = 5; i >= 0; --i) { // words of 2 / pi, the last one first
    const uint64_t word = twoOverPi(first + 32 * i);
    uint64_t carry = 0;
    for (int j = 0, at = 5 - i; at < 6; ++j, ++at) { // product[0] is the lowest
      const uint64_t digit = j == 0 ? mantissa & 0xFFFFFFFF : j == 1 ? mantissa >> 32 : 0;
      carry += product[at] + word * digit;
      product[at] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  uint32_t quadrant = product[5] >> 30;
  // What follows, in quarters of a turn: 0 .. 1, and beyond one half the next quadrant less a part.
  const bool beyond = product[5] >> 29 & 1;
  uint64_t high = static_cast<uint64_t>(product[5]) << 34 | static_cast<uint64_t>(product[4]) << 2 |
                  product[3] >> 30;
  uint64_t low = static_cast<uint64_t>(product[3]) << 34 | static_cast<uint64_t>(product[2]) << 2 |
                 product[1] >> 30;
  if (beyond) {
    ++quadrant;
    high = ~high;
    low = ~low;
  }
  const double part = static_cast<double>(high) * 5.421010862427522e-20 + // 2^-64
                      static_cast<double>(low) * 2.938735877055719e-39;
  const double r = part * 1.5707963267948966;
  return bits >> 63 ? AngleDouble{beyond ? r : -r, 0 - quadrant}
                    : AngleDouble{beyond ? -r : r, quadrant};
}
BURIN_FN AngleDouble reduceAngle(double x) {
  if (!(abs(x) < 1647099)) // 2^20 quadrants
    return reduceLargeAngle(x);
  // pi / 2 in parts whose products with the quadrant are exact.
  const double t = x * 0.63661977236758138 + 6755399441055744.0, k = t - 6755399441055744.0;
  double r = x - k * 1.570796325802803;
  r = r - k * 9.9209357916352214e-10;
  r = r - k * 5.1701829788902496e-19;
  r = r - k * 2.9038559739793601e-28;
  return {r, static_cast<uint32_t>(bitCast<uint64_t>(t))};
}
BURIN_FN double sinOf(double r, uint32_t quadrant) {
  const double z = r * r;
  const double sine =
      r + r * z *
              polynomial(z, -0.16666666666666666, 0.0083333333333333315, -0.00019841269841265063,
                         2.7557319219337312e-06, -2.5052106231802837e-08, 1.6058531516797758e-10,
                         -7.5866910941979582e-13);
  const double cosine =
      1 - (0.5 * z - z * z *
                         polynomial(z, 0.041666666666666664, -0.0013888888888888887,
                                    2.4801587301584645e-05, -2.7557319221401792e-07,
                                    2.0876755790721963e-09, -1.1470460830795304e-11,
                                    4.7458685530816656e-14));
  const double y = quadrant & 1 ? cosine : sine;
  return quadrant & 2 ? -y : y;
}
BURIN_FN double sin(double x) {
  const AngleDouble a = reduceAngle(x);
  return x == 0 ? x : sinOf(a.r, a.quadrant);
}
BURIN_FN double cos(double x) {
  const AngleDouble a = reduceAngle(x);
  return sinOf(a.r, a.quadrant + 1);
}
BURIN_FN double tan(double x) {
  const AngleDouble a = reduceAngle(x);
  return x == 0 ? x : sinOf(a.r, a.quadrant) / sinOf(a.r, a.quadrant + 1);
}

// ---- inverse ----

BURIN_FN double asinNear(double x, double z) { // |x| <= 1/2, z = x^2
  return x + x * z *
                 polynomial(z, 0.16666666666666666, 0.075000000000001177, 0.044642857142551895,
                            0.03038194447553234, 0.022372157443507221, 0.017352816540325496,
                            0.01396378001220357, 0.011566459612121669, 0.0096218429701002816,
                            0.0093195607947674456, 0.0030448799094556773, 0.019554513336123378,
                            -0.019241671746743041, 0.029612011264955121);
}
BURIN_FN double asin(double x) {
  const double a = abs(x), z = 0.5 * (1 - a);
  if (!(a > 0.5))
    return asinNear(x, x * x);
  return copySign(1.5707963267948966 - (2 * asinNear(sqrt(z), z) - 6.123233995736766e-17), x);
}
BURIN_FN double acos(double x) {
  const double a = abs(x), z = 0.5 * (1 - a);
  if (!(a > 0.5))
    return 1.5707963267948966 - (asinNear(x, x * x) - 6.123233995736766e-17);
  const double twice = 2 * asinNear(sqrt(z), z);
  return x > 0 ? twice : 3.1415926535897931 - (twice - 1.2246467991473532e-16);
}
BURIN_FN double atan(double x) {
  const double a = abs(x);
  const bool far = a > 2.4142135623730950, middle = a > 0.41421356237309505;
  const double t = far ? -1 / a : middle ? (a - 1) / (a + 1) : a, z = t * t;
  const double y = t * z *
                   polynomial(z, -0.33333333333333331, 0.19999999999999804, -0.14285714285659828,
                              0.11111111105155447, -0.090909087535008773, 0.076922963750321427,
                              -0.066664248857382549, 0.058789289978347752, -0.052304542706502442,
                              0.045515932206265493, -0.034570561981427744, 0.016285756855221028);
  const double r = far      ? 1.5707963267948966 + (t + (y + 6.123233995736766e-17))
                   : middle ? 0.78539816339744831 + (t + (y + 3.061616997868383e-17))
                            : t + y;
  return copySign(r, x);
}
BURIN_FN double atan2(double y, double x) {
  if (x != x || y != y)
    return x + y;
  const double a = abs(x), b = abs(y), low = a < b ? a : b, high = a < b ? b : a;
  double r = atan(high == 0 ? 0 : low == infinityDouble() ? 1 : low / high);
  if (a < b)
    r = 1.5707963267948966 - (r - 6.123233995736766e-17);
  if (copySign(1, x) < 0)
    r = 3.1415926535897931 - (r - 1.2246467991473532e-16);
  return copySign(r, y);
}

// ---- hyperbolic ----

BURIN_FN double halfExp(double a) { return exp(a - 1) * 1.3591409142295226; } // exp(a) / 2
BURIN_FN double sinh(double x) {
  const double a = abs(x);
  if (a > 20)
    return copySign(halfExp(a), x);
  const double t = expm1(a);
  return copySign(0.5 * (t + t / (t + 1)), x);
}
BURIN_FN double cosh(double x) {
  const double e = halfExp(abs(x));
  return e + 0.25 / e;
}
BURIN_FN double asinh(double x) {
  const double a = abs(x), z = a * a;
  if (a > 1e8)
    return copySign(log(a) + 0.69314718055994531, x);
  return copySign(log1p(a + z / (1 + sqrt(z + 1))), x);
}
BURIN_FN double acosh(double x) {
  const double t = x - 1;
  if (x < 1)
    return notANumberDouble();
  return x > 1e8 ? log(x) + 0.69314718055994531 : log1p(t + sqrt(t * (x + 1)));
}
BURIN_FN double atanh(double x) {
  const double a = abs(x);
  return copySign(0.5 * log1p(2 * a / (1 - a)), x);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
