// SPDX-License-Identifier: Apache-2.0
//
// One kernel on one problem: what it is called with, what its result must be, and what its time is
// held against.
#pragma once

#include "burin/rt/simd.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace burin::bench {

namespace rt = burin::rt;

/// Floats aligned to a cache line; copies share them, so that closures keep them alive.
class Floats {
public:
  explicit Floats(size_t n);                                      ///< zeros
  static Floats random(size_t n, uint32_t seed, float scale = 1); ///< uniform in [-scale, scale]

  float *data() const { return data_.get(); }
  float &operator[](size_t i) const { return data_.get()[i]; }
  size_t size() const { return size_; }
  const rt::F32 *weights() const { return rt::weights(data_.get()); }

private:
  std::shared_ptr<float> data_;
  size_t size_;
};

enum class Measure {
  flops, ///< against the FMA peak
  bytes, ///< that have to move, against reading as many bytes again and again
};

struct Prepared {
  std::function<void()> run;
  Floats result;
  std::vector<double> expected; ///< by plain loops; a part of `result` in front
};

struct Case {
  std::string family, name;
  Measure measure;
  double work; ///< flops or bytes of one run
  std::function<Prepared()> prepare;
};

/// Panels [ceil(columns / 16)][depth][16] of a row-major matrix [depth][columns].
Floats packPanels(const Floats &matrix, int depth, int columns);

/// Bias and ReLU: how the products of most layers end.
struct BiasRelu {
  const float *bias;
  template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t, int column) const {
    return rt::max(V{}, v + rt::load<V>(bias + column));
  }
};

inline rt::Work all(int units, unsigned char *scratch = nullptr) { return {0, units, scratch}; }

void addProducts(std::vector<Case> &);
void addConvolutions(std::vector<Case> &);
void addRows(std::vector<Case> &);      ///< softmax, norms, attention, recurrent layers
void addMovements(std::vector<Case> &); ///< transposes, pools, elementwise mathematics

} // namespace burin::bench
