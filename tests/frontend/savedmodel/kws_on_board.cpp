// SPDX-License-Identifier: Apache-2.0
//
// The keyword spotting network on a board (check_kws.sh): the logits of 100 inputs against those of
// TensorFlow. The exit status is 0 where each is within 1e-5 of the largest of its input.
#include "kws.h"
#include "kws_data.h"
#include "semihost.h"

namespace {

alignas(kws::Model::arena_align) unsigned char arena[kws::Model::arena_size];
kws::Model model{arena};

constexpr int kImages = sizeof kInputs / sizeof kInputs[0],
              kPixels = sizeof kInputs[0] / sizeof(float),
              kClasses = sizeof kLogits[0] / sizeof(float);

float magnitude(float x) { return x < 0 ? -x : x; }

/// The largest difference of the logits of an input, as a part of the largest of them; 1 for NaN.
float difference(int i) {
  float logits[kClasses], worst = 0, largest = 0;
  static float input[kPixels];
  for (int p = 0; p < kPixels; ++p)
    input[p] = kInputs[i][p];
  if (model.run(input, logits) != burin::Status::ok)
    return 1;
  for (int k = 0; k < kClasses; ++k) {
    const float off = magnitude(logits[k] - kLogits[i][k]), size = magnitude(kLogits[i][k]);
    if (!(off <= 1e30F))
      return 1;
    worst = off > worst ? off : worst;
    largest = size > largest ? size : largest;
  }
  return worst / largest;
}

} // namespace

int main() {
  float worst = 0;
  for (int i = 0; i < kImages; ++i) {
    const float d = difference(i);
    worst = d > worst ? d : worst;
  }
  sh_u64("largest difference of a logit, in 1e-9 of the largest of its input: ",
         static_cast<uint64_t>(worst * 1e9F));
  return worst <= 1e-5F ? 0 : 1;
}
