// SPDX-License-Identifier: Apache-2.0
//
// Reads 200 held-out digits, compares every answer with PyTorch's, and prints what that cost.
#include "digits.h"
#include "test_images.h"

#include <chrono>
#include <cmath>
#include <cstdio>

namespace {

digits::StaticModel model; // with its arena inside: in .bss, no constructor runs

/// Reads picture `i` into the model's input; the answers of the run lie in model.logits().
bool recognise(int i) {
  for (size_t p = 0; p < 64; ++p)
    model.image()[p] = static_cast<float>(test_images::pixels[i][p]) / 16;
  const burin::Status status = model.run();
  if (status != burin::Status::ok)
    std::printf("picture %d: %s\n", i, to_string(status));
  return status == burin::Status::ok;
}

double microsecondsPerImage() {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    const auto start = Clock::now();
    for (int i = 0; i < test_images::count; ++i)
      recognise(i);
    const std::chrono::duration<double, std::micro> time = Clock::now() - start;
    best = std::fmin(best, time.count() / test_images::count);
  }
  return best;
}

} // namespace

int main() {
  int right = 0;
  double error = 0, largest = 0;
  for (int i = 0; i < test_images::count; ++i) {
    if (!recognise(i))
      return 1;
    const auto logits = model.logits();
    size_t answer = 0;
    for (size_t k = 0; k < logits.size(); ++k) {
      const double expected = test_images::logits[i][k];
      error = std::fmax(error, std::fabs(double{logits[k]} - expected));
      largest = std::fmax(largest, std::fabs(expected));
      answer = logits[k] > logits[answer] ? k : answer;
    }
    right += answer == test_images::labels[i];
  }

  std::printf("accuracy   %d of %d\n", right, test_images::count);
  std::printf("error      %.2g of %.3g, against PyTorch\n", error, largest);
  std::printf("arena      %zu bytes\n", digits::Model::arena_size);
  std::printf("weights    %zu bytes\n", digits::Model::weights_size);
  std::printf("work       %llu multiplications\n",
              static_cast<unsigned long long>(digits::Model::macs));
  std::printf("time       %.2f microseconds an image\n", microsecondsPerImage());

  const bool good = right * 100 >= test_images::count * 97 && error <= 1e-5 * largest;
  if (!good)
    std::printf("FAILED: expected 97 %% and an error of at most %.2g\n", 1e-5 * largest);
  return good ? 0 : 1;
}
