// SPDX-License-Identifier: Apache-2.0
//
// The digits network whose weights are an image of their own in flash: right answers, and wrong
// images are refused. The exit status is the number of checks that failed.
//   IMAGE  the file of the weights
//   FILE   defined for --weights file, whose image has a header
#include "digits.h"
#include "semihost.h"
#include "test_images.h"

__asm__(".section .rodata\n.balign 16\n.global flash_image\nflash_image:\n.incbin \"" IMAGE
        "\"\n.text\n");
extern "C" const unsigned char flash_image[];

namespace {

using burin::Status;
using digits::Model;

alignas(Model::arena_align) unsigned char arena[Model::arena_size];
Model model{burin::Arena{arena}, burin::Weights{flash_image, Model::weights_size}};

bool answers() {
  for (int i = 0; i < IMAGES; ++i) {
    float *image = model.image().data();
    for (int p = 0; p < 64; ++p)
      image[p] = static_cast<float>(test_images::pixels[i][p]) / 16;
    if (model.run() != Status::ok)
      return false;
    for (int k = 0; k < 10; ++k) {
      const float difference = model.logits()[static_cast<size_t>(k)] - test_images::logits[i][k];
      if (!(difference <= 1e-5F && difference >= -1e-5F))
        return false;
    }
  }
  return model.check_weights() == Status::ok;
}

bool refuses(const void *image, size_t size) {
  Model wrong{burin::Arena{arena}, burin::Weights{image, size}};
  return wrong.run() == Status::bad_weights && wrong.check_weights() == Status::bad_weights;
}

bool refusesWrongImages() {
  bool good = refuses(nullptr, 0) && refuses(flash_image, Model::weights_size - 1) &&
              refuses(flash_image + 1, Model::weights_size);
#if defined(FILE)
  good = good && refuses(flash_image + 64, Model::weights_size); // not a header
#endif
  return good;
}

} // namespace

int main() {
  const int failed = !answers() + !refusesWrongImages();
  if (failed)
    sh_puts("FAILED: weights\n");
  return failed;
}
