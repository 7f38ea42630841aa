// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic of scalars, defined for every operand: integers wrap, division by zero gives zero.
// Where a function makes sense for floats, vectors and double, it does the ordinary thing there.
#ifndef BURIN_RT_INTEGER_MATH_H
#define BURIN_RT_INTEGER_MATH_H

#include "math_mod.h"
#include "number_types.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

template <class T> BURIN_FN T addWrap(T a, T b) {
  if constexpr (kIsReal<T>)
    return a + b;
  else
    return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b));
}
template <class T> BURIN_FN T subWrap(T a, T b) {
  if constexpr (kIsReal<T>)
    return a - b;
  else
    return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(b));
}
template <class T> BURIN_FN T mulWrap(T a, T b) {
  if constexpr (kIsReal<T>)
    return a * b;
  else
    return static_cast<T>(static_cast<Unsigned<T>>(a) * static_cast<Unsigned<T>>(b));
}
template <class T> BURIN_FN T negWrap(T a) {
  if constexpr (kIsReal<T>)
    return -a;
  else
    return static_cast<T>(0 - static_cast<Unsigned<T>>(a));
}
/// The lowest value stays as it is.
template <class T> BURIN_FN T absWrap(T a) { return a < T{} ? negWrap(a) : a; }

/// Toward zero, as C++. x / 0 = 0, lowest / -1 = lowest.
template <class T> BURIN_FN T divTrunc(T a, T b) {
  if (b == 0)
    return 0;
  if (kSigned<T> && b == static_cast<T>(-1))
    return negWrap(a);
  return static_cast<T>(a / b);
}
/// The sign of the dividend. x mod 0 = 0; of floats NaN.
template <class T> BURIN_FN T modTrunc(T a, T b) {
  if constexpr (kIsReal<T>)
    return fmod(a, b);
  else if (b == 0 || (kSigned<T> && b == static_cast<T>(-1)))
    return 0;
  else
    return static_cast<T>(a % b);
}
/// The sign of the divisor, as Python. x mod 0 = 0; of floats NaN.
template <class T> BURIN_FN T modFloor(T a, T b) {
  const T rest = modTrunc(a, b);
  if constexpr (kIsReal<T>)
    return select(rest * sign(b) < T{}, rest + b, rest);
  else
    return rest != 0 && (rest < T{}) != (b < T{}) ? static_cast<T>(rest + b) : rest;
}
/// Toward minus infinity. x / 0 = 0, lowest / -1 = lowest.
template <class T> BURIN_FN T divFloor(T a, T b) {
  const T whole = divTrunc(a, b), rest = modTrunc(a, b);
  return rest != 0 && (rest < T{}) != (b < T{}) ? static_cast<T>(whole - 1) : whole;
}

/// a to the power n, wrapping. A negative n gives 0, except for a = 1 and a = -1.
template <class T, class N> BURIN_FN T powInt(T a, N n) {
  if (n < N{}) {
    if (a == 1)
      return 1;
    if (kSigned<T> && a == static_cast<T>(-1))
      return n % 2 ? a : static_cast<T>(1);
    return 0;
  }
  T result = 1;
  for (; n > N{}; n = static_cast<N>(n / 2), a = mulWrap(a, a))
    if (n % 2)
      result = mulWrap(result, a);
  return result;
}

/// Bits that leave are lost: by the width of the type or more gives 0. n counts as unsigned.
template <class T> BURIN_FN T shiftLeft(T a, T n) {
  const Unsigned<T> by = static_cast<Unsigned<T>>(n);
  return by >= static_cast<Unsigned<T>>(kBits<T>)
             ? T{}
             : static_cast<T>(static_cast<Unsigned<T>>(a) << by);
}
/// The sign fills what becomes free: by the width of the type or more gives 0, or -1.
template <class T> BURIN_FN T shiftRight(T a, T n) {
  const Unsigned<T> by = static_cast<Unsigned<T>>(n);
  if (by >= static_cast<Unsigned<T>>(kBits<T>))
    return a < T{} ? static_cast<T>(-1) : T{};
  return static_cast<T>(a >> by);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
