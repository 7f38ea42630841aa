// SPDX-License-Identifier: Apache-2.0
//
// Random choices, the same for a seed on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace burin::fuzz {

class Random {
public:
  explicit Random(uint64_t seed) : state_{seed} {}

  uint64_t next() { // splitmix64
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  /// In [0, most).
  size_t below(size_t most) { return most == 0 ? 0 : next() % most; }
  bool oneIn(size_t n) { return below(n) == 0; }
  template <class T> T &of(std::vector<T> &all) { return all[below(all.size())]; }
  template <class T> const T &of(const std::vector<T> &all) { return all[below(all.size())]; }

private:
  uint64_t state_;
};

/// A number that programs get wrong: near zero, near a limit, near `now`.
uint64_t oddNumber(uint64_t now, Random &);
/// Flips, cuts, repeats or replaces some bytes.
void mutateBytes(std::string &, Random &);

} // namespace burin::fuzz
