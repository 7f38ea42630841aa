// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NAME.weights, the file that a model generated with --weights file is given. All numbers are
// little-endian:
//
//    0  8  "burinwts"
//    8  4  version of this form: 1
//   12  4  64: where the weights begin
//   16  8  layout: what the generated code expects to lie where
//   24  8  bytes of the weights
//   32  8  hash of the weights
//   40 24  zeros
#ifndef BURIN_RT_WEIGHTS_FILE_H
#define BURIN_RT_WEIGHTS_FILE_H

#include "burin/runtime.h"

#include "config.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

constexpr size_t kWeightsHeader = 64;

BURIN_FN uint64_t loadNumber(const unsigned char *at, size_t bytes) {
  uint64_t number = 0;
  for (size_t i = bytes; i-- > 0;)
    number = number << 8 | at[i];
  return number;
}

/// FNV-1a over words of 8 bytes: it tells any damage of one word. `bytes` is a multiple of 8.
constexpr uint64_t kWeightsHash = 0xcbf29ce484222325;
BURIN_FN uint64_t hashWeights(const unsigned char *at, size_t bytes, uint64_t hash = kWeightsHash) {
  for (size_t i = 0; i + 8 <= bytes; i += 8) {
    uint64_t word;
    BURIN_COPY(&word, at + i, 8); // the weights are for little-endian machines
    hash = (hash ^ word) * 0x100000001b3;
  }
  return hash;
}

/// Whether the header is that of this model's weights, and all of them are there.
BURIN_FN bool fits(const Weights &weights, uint64_t layout, uint64_t bytes) {
  const unsigned char *at = weights.bytes();
  constexpr char magic[] = "burinwts";
  for (size_t i = 0; i < 8; ++i)
    if (at[i] != static_cast<unsigned char>(magic[i]))
      return false;
  return loadNumber(at + 8, 4) == 1 && loadNumber(at + 12, 4) == kWeightsHeader &&
         loadNumber(at + 16, 8) == layout && loadNumber(at + 24, 8) == bytes;
}

/// Whether nothing has changed since the file was written; reads all of it. It fits.
BURIN_FN bool isIntact(const Weights &weights, uint64_t bytes) {
  return hashWeights(weights.bytes() + kWeightsHeader, static_cast<size_t>(bytes)) ==
         loadNumber(weights.bytes() + 32, 8);
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
