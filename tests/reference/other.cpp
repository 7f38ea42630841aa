// SPDX-License-Identifier: Apache-2.0
//
// Ops without operands.
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

#include <cmath>
#include <numbers>

namespace burin::reference {
namespace {

Tensors iota(const Call &call) {
  Tensor out{call.symbols(call[ir::attr::type])};
  const size_t axis = call.axis(out.type.rank());
  size_t i = 0;
  forEachIndex(out.shape(), [&](const Extents &at) {
    if (ir::isFloat(out.type.element()))
      out.setNumber(i++, static_cast<double>(at[axis]));
    else
      store(out, i++, at[axis]);
  });
  return {out};
}

/// SplitMix64: word `counter` of the stream of a seed. A word depends on nothing drawn before it.
/// https://prng.di.unimi.it/splitmix64.c
uint64_t randomWord(uint64_t seed, uint64_t counter) {
  uint64_t z = seed + (counter + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// In [0, 1), of 24 bits, which f32 holds exactly.
double randomShare(uint64_t seed, uint64_t counter) {
  return std::ldexp(static_cast<double>(randomWord(seed, counter) >> 40), -24);
}

/// Element i is made of the words 2 i and 2 i + 1 of the seed's stream: uniform of the first,
/// normal of both (Box and Muller).
Tensors random(const Call &call) {
  Tensor out{call.symbols(call[ir::attr::type])};
  const auto seed = static_cast<uint64_t>(call[ir::attr::seed]);
  const double low = call[ir::attr::low], high = call[ir::attr::high];
  for (size_t i = 0; i < out.count(); ++i) {
    const double first = randomShare(seed, 2 * i), second = randomShare(seed, 2 * i + 1);
    const double radius = std::sqrt(-2 * std::log(1 - first));
    out.setNumber(i, call[ir::attr::distribution] == "uniform"
                         ? low + (high - low) * first
                         : low + high * radius * std::cos(2 * std::numbers::pi * second));
  }
  return {out};
}

} // namespace

std::vector<Row> otherRows() { return {{&ir::ops::iota, iota}, {&ir::ops::random, random}}; }

} // namespace burin::reference
