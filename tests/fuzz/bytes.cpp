// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/random.h"

#include <algorithm>

namespace burin::fuzz {

uint64_t oddNumber(uint64_t now, Random &random) {
  static const std::vector<uint64_t> kOdd = {0,          1,          2,
                                             3,          7,          8,
                                             16,         127,        128,
                                             255,        256,        1000,
                                             0x7fff,     0x8000,     0xffff,
                                             0x10000,    1U << 20,   0x7fffffff,
                                             0x80000000, 0xffffffff, uint64_t{1} << 32,
                                             1ULL << 40, 1ULL << 62, INT64_MAX,
                                             1ULL << 63, UINT64_MAX, UINT64_MAX - 1};
  switch (random.below(4)) {
  case 0:
    return now + 1;
  case 1:
    return now - 1;
  case 2:
    return random.below(12);
  default:
    return random.of(kOdd);
  }
}

void mutateBytes(std::string &s, Random &random) {
  if (s.empty()) {
    s.assign(random.below(8), static_cast<char>(random.next()));
    return;
  }
  const size_t at = random.below(s.size());
  const size_t size = std::min(s.size() - at, random.below(16) + 1);
  switch (random.below(6)) {
  case 0:
    s[at] = static_cast<char>(s[at] ^ 1 << random.below(8));
    break;
  case 1:
    s[at] = static_cast<char>(random.next());
    break;
  case 2:
    s.erase(at, size);
    break;
  case 3:
    s.insert(at, s.substr(at, size));
    break;
  case 4:
    s.resize(at);
    break;
  default:
    std::fill_n(s.begin() + static_cast<std::ptrdiff_t>(at), size,
                static_cast<char>(random.below(2) * 255));
  }
}

} // namespace burin::fuzz
