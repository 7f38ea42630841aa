// SPDX-License-Identifier: Apache-2.0
//
// The digits network on a board: right answers, two contexts in one arena, the C interface, and
// that wrong memory is refused. The exit status is the number of checks that failed.
//   IMAGES  how many of the 200 pictures to read, for cores without FPU
//   RUNS    if defined: read one picture that often and do nothing else, to count instructions
#include "digits.h"
#include "digits_c.h"
#include "semihost.h"
#include "test_images.h"

namespace {

// A global model is constant-initialised: cm.ld refuses static constructors.
alignas(digits::Model::arena_align) unsigned char arena[digits::Model::arena_size];
digits::Model model{arena};

void draw(float *image, int i) {
  for (int p = 0; p < 64; ++p)
    image[p] = static_cast<float>(test_images::pixels[i][p]) / 16;
}

/// Within 1e-5, where the largest logit of the test data is 17.7. False for NaN.
bool near(const float *logits, int i) {
  for (int k = 0; k < 10; ++k) {
    const float difference = logits[k] - test_images::logits[i][k];
    if (!(difference <= 1e-5F && difference >= -1e-5F))
      return false;
  }
  return true;
}

bool answers(digits::Model &reader, int i) {
  draw(reader.image().data(), i);
  return reader.run() == burin::Status::ok && near(reader.logits().data(), i);
}

bool readsAll() {
  for (int i = 0; i < IMAGES; ++i)
    if (!answers(model, i))
      return false;
  return true;
}

bool readsFromCaller() {
  float image[64], logits[10];
  draw(image, 3);
  return model.run(burin::View<const float, 1, 1, 8, 8>{image}, logits) == burin::Status::ok &&
         near(logits, 3);
}

bool contextsShareAnArena() {
  digits::Model a{arena}, b{arena};
  return answers(a, 0) && answers(b, 1) && answers(a, 2) && answers(model, 0);
}

bool readsInC() {
  digits_ctx context;
  float image[64], logits[10];
  draw(image, 4);
  return digits_init(&context, arena + 1, sizeof arena - 1) == DIGITS_BAD_ARENA &&
         digits_init(&context, arena, sizeof arena) == DIGITS_OK &&
         digits_run(&context, image, logits) == DIGITS_OK && near(logits, 4);
}

bool refusesWrongMemory() {
  digits::Model none{burin::Arena{nullptr, 0}}, small{burin::Arena{arena, 100}};
  return none.run() == burin::Status::bad_arena && small.run() == burin::Status::bad_arena;
}

struct Check {
  const char *name;
  bool (*holds)();
};
constexpr Check kChecks[] = {
    {"reads the pictures", readsAll},
    {"inputs and outputs of the caller", readsFromCaller},
    {"contexts share an arena", contextsShareAnArena},
    {"C interface", readsInC},
    {"wrong memory is refused", refusesWrongMemory},
};

} // namespace

int main() {
#if defined(RUNS)
  draw(model.image().data(), 0);
  for (int i = 0; i < RUNS; ++i)
    if (model.run() != burin::Status::ok)
      return 1;
  return 0;
#else
  int failed = 0;
  for (const Check &check : kChecks)
    if (!check.holds()) {
      sh_puts("FAILED: ");
      sh_puts(check.name);
      sh_puts("\n");
      ++failed;
    }
  return failed;
#endif
}
