// SPDX-License-Identifier: Apache-2.0
//
// How far an output is from its reference.
#pragma once

#include "ir/tensor.h"

#include <optional>
#include <string>

namespace burin::cli {

struct Tolerance {
  double rtol = 1e-4, atol = 1e-5;
  bool atolForIntegers = false; ///< integers are exact unless the user gives a tolerance
  std::optional<uint64_t> maxUlp;
};

/// Of one output, over all samples. Relative errors and distances in units of the last place are
/// over elements whose reference is not nearly zero.
struct Metrics {
  size_t elements = 0, failures = 0;
  double maxAbs = 0, maxRel = 0;
  uint64_t maxUlp = 0;
  double dot = 0, squares = 0, referenceSquares = 0; ///< for the cosine
  /// Why nothing could be compared: the shapes or types differ.
  std::string mismatch;

  /// Of the worst element: where it exceeds its tolerance by the largest factor.
  double worstExcess = -1;
  size_t worstSample = 0;
  std::string worstIndex; ///< "[0, 3]"
  std::string worstActual, worstExpected;

  bool passed() const { return failures == 0 && mismatch.empty(); }
  double cosine() const; ///< 1 for two vectors of zeros
};

/// Passes if |actual - expected| <= atol + rtol * |expected|, or within maxUlp if that is given.
/// NaN and infinities must be at the same places; integers, booleans and strings are exact. For
/// floats narrower than f32, rtol is at least four units in their last place.
void compare(const ir::Tensor &actual, const ir::Tensor &expected, const Tolerance &, size_t sample,
             Metrics &);

} // namespace burin::cli
