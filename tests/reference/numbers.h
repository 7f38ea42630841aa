// SPDX-License-Identifier: Apache-2.0
//
// Elements as numbers to compute with: floats as double, signed integers as int64_t, unsigned ones
// and booleans as uint64_t. Packing rounds or wraps to the element type, once.
#pragma once

#include "tests/reference/call.h"

#include <type_traits>

namespace burin::reference {

/// Calls f with a zero of the type in which elements of `e` are computed.
template <class F> auto byDomain(ElementType e, F f) {
  if (ir::isFloat(e))
    return f(double{});
  if (ir::isSigned(e))
    return f(int64_t{});
  return f(uint64_t{});
}

/// As byDomain, with all integers as uint64_t: sums and products that wrap are the same in either,
/// and defined in this one.
template <class F> auto byRing(ElementType e, F f) {
  if (ir::isFloat(e))
    return f(double{});
  return f(uint64_t{});
}

/// The low bits of x that an integer type has, extended as the type has it.
int64_t wrapped(ElementType, uint64_t x);
int bitWidth(ElementType); ///< of an integer

template <class T> T load(const Tensor &t, size_t i) {
  if constexpr (std::is_same_v<T, double>)
    return t.number(i);
  else
    return static_cast<T>(t.integer(i));
}

template <class T> void store(Tensor &t, size_t i, T x) {
  const ElementType e = t.type.element();
  if constexpr (std::is_same_v<T, double>)
    t.setNumber(i, x);
  else if (e == ElementType::boolean)
    t.setInteger(i, x != 0);
  else
    t.setInteger(i, wrapped(e, static_cast<uint64_t>(x)));
}

template <class T> std::vector<T> load(const Tensor &t) {
  std::vector<T> all(t.count());
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = load<T>(t, i);
  return all;
}

template <class T> Tensor pack(const Type &type, const std::vector<T> &all) {
  Tensor t{type};
  for (size_t i = 0; i < all.size(); ++i)
    store(t, i, all[i]);
  return t;
}

/// The elements of an optional operand; empty if it is absent.
inline std::vector<double> loadIfPresent(const Tensor *t) {
  return t ? load<double>(*t) : std::vector<double>{};
}

// ---- arithmetic in a domain; integers wrap at 64 bits, which pack() narrows ----

template <class T> T plus(T a, T b) {
  if constexpr (std::is_same_v<T, double>)
    return a + b;
  else
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

template <class T> T minus(T a, T b) {
  if constexpr (std::is_same_v<T, double>)
    return a - b;
  else
    return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

template <class T> T times(T a, T b) {
  if constexpr (std::is_same_v<T, double>)
    return a * b;
  else
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

template <class T> bool isNan(T x) { return x != x; }

/// NaN if either is.
template <class T> T smaller(T a, T b) { return isNan(a) || a < b ? a : b; }
template <class T> T larger(T a, T b) { return isNan(a) || a > b ? a : b; }

/// What every element of the type is at least, or at most: infinities of floats.
template <class T> T least(ElementType);
template <class T> T greatest(ElementType);
template <> double least(ElementType);
template <> double greatest(ElementType);
template <> int64_t least(ElementType);
template <> int64_t greatest(ElementType);
template <> uint64_t least(ElementType);
template <> uint64_t greatest(ElementType);

} // namespace burin::reference
