// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Circular and hyperbolic functions of a float or a vector of them, at most 4 ULP; exact reduction
// of every argument.
#ifndef BURIN_RT_MATH_TRIG_H
#define BURIN_RT_MATH_TRIG_H

#include "math.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// x = quadrant * pi / 2 + r, |r| <= pi / 4 (a little more where x is large); only the two low bits
/// of the quadrant count.
template <class V> struct Angle {
  V r;
  BitsOf<V> quadrant;
};
/// The lanes that are too large for reduction by subtraction: rare, so one by one.
[[maybe_unused]] BURIN_STUB void reduceLarge(const float *x, float *r, float *quadrant, int lanes) {
  for (int i = 0; i < lanes; ++i)
    if (!(abs(x[i]) <= 12000.f)) {
      const AngleDouble angle = reduceAngle(static_cast<double>(x[i]));
      r[i] = static_cast<float>(angle.r);
      quadrant[i] = static_cast<float>(angle.quadrant & 3);
    }
}
template <class V> BURIN_FN Angle<V> reduceAngle(V x) {
  // pi / 2 in parts whose products with the quadrant, at most 2^13, are exact.
  const V t = x * 0.636619772f + 12582912.f;
  V k = t - 12582912.f;
  V r = x - k * 1.5703125f;
  r = r - k * 4.837512969970703125e-4f;
  r = r - k * 7.54953362047672e-8f;
  r = r - k * 2.5632829192545614e-12f;
  r = r - k * 6.12323400e-17f;
  if (!anyLane(abs(x) > 12000.f))
    return {r, bitCast<BitsOf<V>>(t)};
  Array<float, kLanes<V>> from, rest, quadrant;
  k = k - 4.f * floor(k * 0.25f);
  BURIN_COPY(from, &x, sizeof x);
  BURIN_COPY(rest, &r, sizeof r);
  BURIN_COPY(quadrant, &k, sizeof k);
  reduceLarge(from, rest, quadrant, kLanes<V>);
  return {load<V>(rest), bitCast<BitsOf<V>>(load<V>(quadrant) + 12582912.f)};
}
template <class V> BURIN_FN V sinNear(V r) {
  const V z = r * r;
  return r +
         r * z * polynomial(z, -0.166666672f, 0.00833332911f, -0.000198393114f, 2.71811791e-06f);
}
template <class V> BURIN_FN V cosNear(V r) {
  const V z = r * r;
  return 1.f - (0.5f * z - z * z * polynomial(z, 0.0416666456f, -0.00138873165f, 2.44331204e-05f));
}
/// The sine of an angle; the cosine is that of the next quadrant.
template <class V> BURIN_FN V sinOf(V r, BitsOf<V> quadrant) {
  using Bits = BitsOf<V>;
  const V odd = smallToFloat<V>(quadrant & 1u);
  const V y = select(odd > V{}, cosNear(r), sinNear(r));
  return bitCast<V>(bitCast<Bits>(y) ^ ((quadrant & 2u) << 30));
}

template <class V> BURIN_FN V sin(V x) {
  const Angle<V> a = reduceAngle(x);
  return select(x == V{}, x, sinOf(a.r, a.quadrant));
}
template <class V> BURIN_FN V cos(V x) {
  const Angle<V> a = reduceAngle(x);
  return sinOf(a.r, a.quadrant + 1u);
}
template <class V> BURIN_FN V tan(V x) {
  const Angle<V> a = reduceAngle(x);
  const V r = a.r, z = r * r;
  const V y = r + r * z *
                      polynomial(z, 0.333331555f, 0.133388042f, 0.0534109287f, 0.0244314168f,
                                 0.00311783911f, 0.00938665029f);
  const V odd = smallToFloat<V>(a.quadrant & 1u);
  return select(x == V{}, x, select(odd > V{}, -1.f / y, y));
}

// ---- inverse ----

template <class V> BURIN_FN V asinNear(V x, V z) { // |x| <= 1/2, z = x^2
  return x + x * z *
                 polynomial(z, 0.166667521f, 0.0749529749f, 0.0454703756f, 0.0241795145f,
                            0.0421663076f);
}
/// NaN beyond -1 .. 1.
template <class V> BURIN_FN V asin(V x) {
  const V a = abs(x), z = 0.5f * (1.f - a), s = sqrt(z);
  // Above one half: pi / 2 - 2 asin(sqrt((1 - a) / 2)), with pi / 2 in two parts.
  const V high = 1.57079637f - (2.f * asinNear(s, z) + 4.37113883e-8f);
  return copySign(select(a > 0.5f, high, asinNear(a, a * a)), x);
}
template <class V> BURIN_FN V acos(V x) {
  const V a = abs(x), z = 0.5f * (1.f - a), s = sqrt(z), twice = 2.f * asinNear(s, z);
  const V far = select(x > V{}, twice, 3.14159274f - (twice + 8.74227766e-8f));
  const V near = 1.57079637f - (asinNear(x, x * x) + 4.37113883e-8f);
  return select(a > 0.5f, far, near);
}
template <class V> BURIN_FN V atan(V x) {
  const V a = abs(x), one = splat<V>(1.f);
  // Three ranges, with ends at tan(pi / 8) and its inverse.
  const auto far = a > 2.41421356f, middle = a > 0.414213562f;
  const V top = select(far, -one, select(middle, a - 1.f, a));
  const V bottom = select(far, a, select(middle, a + 1.f, one));
  const V base = select(far, splat<V>(1.57079637f), select(middle, splat<V>(0.785398163f), V{}));
  const V part =
      select(far, splat<V>(-4.37113883e-8f), select(middle, splat<V>(-2.18556941e-8f), V{}));
  const V t = top / bottom, z = t * t;
  const V y =
      t * z *
      polynomial(z, -0.333333164f, 0.199984714f, -0.142435327f, 0.105938137f, -0.0607822128f);
  return copySign(base + (t + (y + part)), x);
}
/// The angle of the point (x, y), as C.
template <class V> BURIN_FN V atan2(V y, V x) {
  const V a = abs(x), b = abs(y), low = select(a < b, a, b), high = select(a < b, b, a);
  const V ratio = select(high == V{}, V{}, select(low == infinity(), splat<V>(1.f), low / high));
  V r = atan(ratio);
  r = select(a < b, 1.57079637f - (r + 4.37113883e-8f), r);
  r = select(copySign(splat<V>(1.f), x) < V{}, 3.14159274f - (r + 8.74227766e-8f), r);
  return select(isNan(x), x, select(isNan(y), y, copySign(r, y)));
}

// ---- hyperbolic ----

/// exp(a) / 2, also where exp(a) is no longer finite.
template <class V> BURIN_FN V halfExp(V a) { return exp(a - 1.f) * 1.35914091f; }

template <class V> BURIN_FN V sinh(V x) {
  const V a = abs(x), z = x * x, e = halfExp(a);
  const V near =
      x + x * z * polynomial(z, 0.166666672f, 0.0083333496f, 0.000198361595f, 2.81695111e-06f);
  return select(a > 1.f, copySign(e - 0.25f / e, x), near);
}
template <class V> BURIN_FN V cosh(V x) {
  const V e = halfExp(abs(x));
  return e + 0.25f / e;
}
template <class V> BURIN_FN V asinh(V x) {
  const V a = abs(x), z = x * x;
  const V near = x + x * z *
                         polynomial(z, -0.166666657f, 0.0749988928f, -0.0446132496f, 0.0300129522f,
                                    -0.0199799836f, 0.00916771125f);
  const V far = select(a > 4096.f, log(a) + 0.693147181f, log(a + sqrt(z + 1.f)));
  return copySign(select(a > 0.5f, far, near), x);
}
/// NaN below 1.
template <class V> BURIN_FN V acosh(V x) {
  const V t = x - 1.f, y = log1p(t + sqrt(t * (x + 1.f)));
  return select(x < 1.f, splat<V>(notANumber()), select(x > 4096.f, log(x) + 0.693147181f, y));
}
/// Infinite at -1 and 1, NaN beyond.
template <class V> BURIN_FN V atanh(V x) {
  const V a = abs(x), z = x * x;
  const V near = x + x * z *
                         polynomial(z, 0.333333015f, 0.200025186f, 0.142227635f, 0.11823716f,
                                    0.0513588004f, 0.17669037f);
  return select(a > 0.5f, copySign(0.5f * log((1.f + a) / (1.f - a)), x), near);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
