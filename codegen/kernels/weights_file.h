// SPDX-License-Identifier: Apache-2.0
//
// The file of --weights file, as burin/rt/weights_file.h reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace burin::kernels {

extern const size_t kWeightsFileHeader; ///< bytes in front of the weights

/// The hash of the weights, which come in pieces of any size.
class WeightsHash {
public:
  WeightsHash();
  void add(std::span<const std::byte>);
  uint64_t value() const { return value_; } ///< of whole words of 8 bytes

private:
  uint64_t value_;
  std::vector<std::byte> rest_; ///< less than a word
};

/// `layout`: what the generated code expects to lie where.
std::string weightsFileHeader(uint64_t layout, uint64_t bytes, uint64_t hash);

} // namespace burin::kernels
