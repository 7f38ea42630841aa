// SPDX-License-Identifier: Apache-2.0
//
// The same 200 digits on a Cortex-M4F: text by semihosting, exit status 0 if all is well.
#include "digits.h"
#include "semihost.h"
#include "test_images.h"

namespace {

// Where the memory of a run lies is the program's choice; here .bss.
alignas(digits::Model::arena_align) unsigned char arena[digits::Model::arena_size];
digits::Model model{arena};

float magnitude(float x) { return x < 0 ? -x : x; }

} // namespace

int main() {
  unsigned right = 0;
  float error = 0, largest = 0;
  for (int i = 0; i < test_images::count; ++i) {
    const auto image = model.image();
    for (size_t p = 0; p < image.size(); ++p)
      image[p] = static_cast<float>(test_images::pixels[i][p]) / 16;
    const burin::Status status = model.run();
    if (status != burin::Status::ok) {
      sh_puts(to_string(status));
      sh_puts("\n");
      return 1;
    }
    const auto logits = model.logits();
    size_t answer = 0;
    for (size_t k = 0; k < logits.size(); ++k) {
      const float expected = test_images::logits[i][k];
      const float difference = magnitude(logits[k] - expected);
      if (!(difference <= error)) // NaN too
        error = difference;
      largest = magnitude(expected) > largest ? magnitude(expected) : largest;
      answer = logits[k] > logits[answer] ? k : answer;
    }
    right += answer == test_images::labels[i];
  }

  sh_u64("images right       ", right);
  sh_u64("arena, bytes       ", digits::Model::arena_size);
  sh_u64("weights, bytes     ", digits::Model::weights_size);
  sh_u64("error, billionths  ", static_cast<uint64_t>(error * 1e9F));
  if (right * 100 >= test_images::count * 97U && error <= 1e-5F * largest)
    return 0;
  sh_puts("FAILED\n");
  return 1;
}
