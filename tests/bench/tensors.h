// SPDX-License-Identifier: Apache-2.0
//
// The tensors at a model's interface: memory, seeded contents, and how far two of them are apart.
#pragma once

#include "ort.h"

namespace burin::bench {

/// Zeroed memory.
class Arena {
public:
  Arena(size_t bytes, size_t alignment);
  ~Arena();
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;
  unsigned char *data() const { return data_; }

private:
  unsigned char *data_;
};

class Tensors {
public:
  Tensors(const TensorInfo *infos, size_t count);

  size_t size() const { return tensors_.size(); }
  const std::vector<Tensor> &tensors() const { return tensors_; }
  void *const *pointers() const { return pointers_.data(); }
  /// Floats normal of deviation 1, integers below `integers`.
  void randomise(uint32_t seed, int64_t integers);
  std::vector<double> values(size_t index) const;

private:
  std::vector<Tensor> tensors_;
  std::vector<std::unique_ptr<Arena>> memory_;
  std::vector<void *> pointers_;
};

struct Difference {
  double relative;  ///< largest difference by largest magnitude of `expected`; NaN if only one is
  bool isRanked;    ///< a row of 100 scores or more
  bool sameTopFive; ///< the five largest scores are the same, in the same order
};

Difference differenceOf(const Tensors &actual, const Tensors &expected, size_t index);

} // namespace burin::bench
