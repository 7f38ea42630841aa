// SPDX-License-Identifier: Apache-2.0
//
// One program, two models, two instruction sets: only digits_fast may use AVX2.
#include "digits_fast.h"
#include "digits_plain.h"
#include "test_images.h"

#include <cmath>
#include <cstdio>

namespace {

template <class Model> bool run(Model &model, int i) {
  for (size_t p = 0; p < 64; ++p)
    model.image()[p] = static_cast<float>(test_images::pixels[i][p]) / 16;
  return model.run() == burin::Status::ok;
}

} // namespace

int main() {
#if defined(FAST_NEEDS_AVX2)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::printf("skipped: this machine has no AVX2\n");
    return 77;
  }
#endif
  static digits_plain::StaticModel plain;
  static digits_fast::StaticModel fast;
  double difference = 0, largest = 0;
  for (int i = 0; i < test_images::count; ++i) {
    if (!run(plain, i) || !run(fast, i))
      return 1;
    for (size_t k = 0; k < plain.logits().size(); ++k) {
      const double a = plain.logits()[k], b = fast.logits()[k];
      difference = std::fmax(difference, std::fabs(a - b));
      largest = std::fmax(largest, std::fabs(a));
    }
  }
  std::printf("largest difference %.2g of %.3g\n", difference, largest);
  return difference <= 1e-5 * largest ? 0 : 1;
}
