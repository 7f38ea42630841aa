// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/weights_file.h"

#include "burin/rt/weights_file.h"

#include <algorithm>

namespace burin::kernels {
namespace {

uint64_t addWords(std::span<const std::byte> bytes, uint64_t hash) {
  return rt::hashWeights(reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size(), hash);
}

} // namespace

const size_t kWeightsFileHeader = rt::kWeightsHeader;

WeightsHash::WeightsHash() : value_{rt::kWeightsHash} {}

void WeightsHash::add(std::span<const std::byte> bytes) {
  if (!rest_.empty()) {
    const auto head = bytes.first(std::min(bytes.size(), 8 - rest_.size()));
    rest_.insert(rest_.end(), head.begin(), head.end());
    bytes = bytes.subspan(head.size());
    if (rest_.size() < 8)
      return;
    value_ = addWords(rest_, value_);
    rest_.clear();
  }
  value_ = addWords(bytes, value_);
  const auto tail = bytes.last(bytes.size() % 8);
  rest_.assign(tail.begin(), tail.end());
}

std::string weightsFileHeader(uint64_t layout, uint64_t bytes, uint64_t hash) {
  std::string header = "burinwts";
  const auto number = [&](uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i)
      header += static_cast<char>(value >> 8 * i);
  };
  number(1, 4);
  number(rt::kWeightsHeader, 4);
  number(layout, 8);
  number(bytes, 8);
  number(hash, 8);
  header.resize(rt::kWeightsHeader);
  return header;
}

} // namespace burin::kernels
