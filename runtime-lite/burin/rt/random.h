// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random numbers of a seed, by counter: an element depends on nothing that was drawn before it.
// SplitMix64: https://prng.di.unimi.it/splitmix64.c
#ifndef BURIN_RT_RANDOM_H
#define BURIN_RT_RANDOM_H

#include "cast.h"
#include "math_double.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

/// Word `counter` of the stream.
BURIN_FN uint64_t randomWord(uint64_t seed, uint64_t counter) {
  uint64_t z = seed + (counter + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
/// In [0, 1), of 24 bits.
BURIN_FN double randomShare(uint64_t seed, uint64_t counter) {
  return static_cast<double>(randomWord(seed, counter) >> 40) / 16777216;
}

/// Element i is made of word 2 i: in [low, high), in double and then rounded. Units: elements.
template <class T>
BURIN_FN void randomUniform(uint64_t seed, double low, double high, T *out, Work work) {
  for (int i = work.begin; i < work.end; ++i)
    out[i] = cast<T>(low + (high - low) * randomShare(seed, 2 * static_cast<uint64_t>(i)));
}

/// Element i is made of the words 2 i and 2 i + 1, by Box and Muller. Units: elements.
template <class T>
BURIN_FN void randomNormal(uint64_t seed, double mean, double deviation, T *out, Work work) {
  for (int i = work.begin; i < work.end; ++i) {
    const uint64_t counter = 2 * static_cast<uint64_t>(i);
    const double radius = sqrt(-2 * log(1 - randomShare(seed, counter)));
    const double angle = 6.283185307179586 * randomShare(seed, counter + 1);
    out[i] = cast<T>(mean + deviation * radius * cos(angle));
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
