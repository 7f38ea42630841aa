// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the kernels share: random data, buffers with guards, runs cut into tasks, and
// comparison against a naive computation in double.
#ifndef BURIN_TESTS_RT_TEST_H
#define BURIN_TESTS_RT_TEST_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "burin/rt/simd.h"

namespace rt = burin::rt;

/// Memory of exactly n elements between guards that nothing may write.
template <class T> class Guarded {
public:
  explicit Guarded(size_t n, T fill = T{}) : n_{n}, memory_{new T[n + 2 * kGuard]} {
    std::memset(memory_.get(), 0x5A, sizeof(T) * (n + 2 * kGuard));
    for (size_t i = 0; i < n; ++i)
      memory_[kGuard + i] = fill;
  }
  explicit Guarded(const std::vector<T> &values) : Guarded(values.size()) {
    for (size_t i = 0; i < n_; ++i)
      memory_[kGuard + i] = values[i];
  }
  ~Guarded() {
    const unsigned char *bytes = reinterpret_cast<const unsigned char *>(memory_.get());
    for (size_t i = 0; i < sizeof(T) * kGuard; ++i) {
      EXPECT_EQ(0x5A, bytes[i]) << "written in front, at " << i;
      EXPECT_EQ(0x5A, bytes[sizeof(T) * (kGuard + n_) + i]) << "written behind, at " << i;
    }
  }
  Guarded(const Guarded &) = delete;
  Guarded &operator=(const Guarded &) = delete;

  T *data() { return memory_.get() + kGuard; }
  const T *data() const { return memory_.get() + kGuard; }
  T &operator[](size_t i) { return memory_[kGuard + i]; }
  const T &operator[](size_t i) const { return memory_[kGuard + i]; }
  size_t size() const { return n_; }

private:
  static constexpr size_t kGuard = 64;
  size_t n_;
  std::unique_ptr<T[]> memory_;
};

class Random {
public:
  explicit Random(uint32_t seed = 1) : engine_{seed} {}
  float uniform(float low = -1, float high = 1) {
    return std::uniform_real_distribution<float>{low, high}(engine_);
  }
  int integer(int low, int high) { return std::uniform_int_distribution<int>{low, high}(engine_); }
  uint32_t bits() { return static_cast<uint32_t>(engine_()); }
  std::vector<float> floats(size_t n, float low = -1, float high = 1) {
    std::vector<float> v(n);
    for (float &x : v)
      x = uniform(low, high);
    return v;
  }
  template <class T> std::vector<T> integers(size_t n, int low, int high) {
    std::vector<T> v(n);
    for (T &x : v)
      x = static_cast<T>(integer(low, high));
    return v;
  }

private:
  std::mt19937 engine_;
};

/// Runs body(work) over all units: as a whole, or cut into tasks that each have their own scratch.
template <class Body> void forTasks(int units, int tasks, size_t scratchBytes, const Body &body) {
  for (int t = 0; t < tasks; ++t) {
    const int begin = static_cast<int>(int64_t{units} * t / tasks);
    const int end = static_cast<int>(int64_t{units} * (t + 1) / tasks);
    if (begin == end)
      continue;
    std::vector<unsigned char> scratch(scratchBytes + 64);
    void *aligned = scratch.data();
    size_t space = scratch.size();
    std::align(64, scratchBytes, aligned, space);
    body(rt::Work{begin, end, static_cast<unsigned char *>(aligned)});
  }
}

/// Distance in units of the last place of the float nearest to `exact`.
inline double ulps(float got, double exact) {
  if (std::isnan(got) || std::isnan(exact))
    return std::isnan(got) && std::isnan(exact) ? 0 : 1e30;
  const float nearest = static_cast<float>(exact);
  if (std::isinf(got) || std::isinf(nearest)) {
    if (got == nearest)
      return 0;
    // The largest float is next to infinity: count from 2^128.
    if (std::isinf(got) != std::isinf(nearest) && std::signbit(got) == std::signbit(nearest)) {
      const double big = 340282366920938463463374607431768211456.0;
      const double a = std::isinf(got) ? big : std::fabs(static_cast<double>(got));
      const double b = std::isinf(exact) || std::fabs(exact) > 2 * big ? 1e60 : std::fabs(exact);
      return std::fabs(a - b) / 2.028240960365167e31;
    }
    return 1e30;
  }
  int exponent;
  std::frexp(nearest, &exponent);
  const double unit = std::ldexp(1.0, exponent - 24 < -149 || nearest == 0 ? -149 : exponent - 24);
  return std::fabs(got - exact) / unit;
}

/// Panels [ceil(columns / nr)][depth][nr] of a row-major B [depth][columns].
inline std::vector<float> packPanels(const std::vector<float> &b, int depth, int columns, int nr) {
  std::vector<float> packed;
  for (int n = 0; n < columns; n += nr)
    for (int k = 0; k < depth; ++k)
      for (int j = 0; j < nr; ++j)
        packed.push_back(n + j < columns ? b[static_cast<size_t>(k * columns + n + j)] : 0.f);
  return packed;
}

inline size_t at(int i) { return static_cast<size_t>(i); }

/// Bias, optional residual, ReLU: what a test's products end in.
struct TestEpilogue {
  const float *bias, *residual;

  template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t offset, int column) const {
    v += rt::load<V>(bias + column);
    if (residual)
      v += rt::load<V>(residual + offset);
    return rt::max(V{}, v);
  }
};

#endif
