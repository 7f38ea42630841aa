// SPDX-License-Identifier: Apache-2.0
//
// Random numbers: what the first run draws.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/math.h"

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// SplitMix64: word `counter` of the stream of a seed. A word depends on nothing drawn before it.
/// https://prng.di.unimi.it/splitmix64.c
uint64_t randomWord(uint64_t seed, uint64_t counter) {
  uint64_t z = seed + (counter + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// In [0, 1), of 24 bits.
double randomShare(uint64_t seed, uint64_t counter) { return static_cast<double>(randomWord(seed, counter) >> 40) / 16777216; }

/// Element i is made of the words 2 i and 2 i + 1: uniform of the first, normal of both (Box and Muller).
void random(Evaluation &e) {
  const auto seed = static_cast<uint64_t>(e.op[attr::seed]);
  const double low = e.op[attr::low], high = e.op[attr::high];
  const bool isUniform = e.op[attr::distribution] == "uniform";
  for (size_t i = 0; i < e.out().count(); ++i) {
    const double first = randomShare(seed, 2 * i), second = randomShare(seed, 2 * i + 1);
    const double radius = rt::sqrt(-2 * rt::log(1 - first));
    e.out().setNumber(i, isUniform ? low + (high - low) * first : low + high * radius * rt::cos(6.283185307179586 * second));
  }
}

constexpr EvaluateDef kOther[] = {{&ops::random, random}};

} // namespace

std::span<const EvaluateDef> otherEvaluations() { return kOther; }

} // namespace burin::kernels
