// SPDX-License-Identifier: Apache-2.0
//
// A model of --weights file, given the file argv[1] and what is wrong with it.
#include "digits.h"
#include "digits_c.h"

#include <cstdio>
#include <cstring>
#include <vector>

using burin::Status;
using digits::Model;

namespace {

alignas(Model::arena_align) unsigned char arena[Model::arena_size];
int failures = 0;

void expect(bool good, const char *what) {
  if (!good) {
    std::printf("failed: %s\n", what);
    ++failures;
  }
}

Status::Code runWith(burin::Weights weights) {
  Model model{burin::Arena{arena}, weights};
  return model.run().code();
}

} // namespace

int main(int argc, char **argv) {
  std::vector<unsigned char> bytes(Model::weights_size + 64);
  auto *at = bytes.data(); // malloc aligns it
  FILE *file = argc == 2 ? std::fopen(argv[1], "rb") : nullptr;
  if (!file)
    return 2;
  const size_t size = std::fread(at, 1, bytes.size(), file);
  expect(size == Model::weights_size, "the file is as large as the class says");
  const burin::Weights good{at, size};

  static digits::StaticModel model{good};
  expect(model.check_weights() == Status::ok, "the weights are intact");
  expect(model.run() == Status::ok, "a run");
  expect(Model(burin::Arena{nullptr, 0}, good).run() == Status::bad_arena, "no arena");
  expect(runWith({nullptr, size}) == Status::bad_weights, "no weights");
  expect(runWith({at, size - 1}) == Status::bad_weights, "an end that is missing");
  std::memmove(at + 1, at, size);
  expect(runWith({at + 1, size}) == Status::bad_weights, "not aligned");
  std::memmove(at, at + 1, size);
  const auto damaged = [&](size_t where, const char *what) {
    at[where] ^= 1;
    expect(runWith(good) == Status::bad_weights, what);
    expect(model.check_weights() == Status::bad_weights, what);
    at[where] ^= 1;
  };
  damaged(0, "another magic");
  damaged(8, "another version");
  damaged(12, "another header");
  damaged(16, "another layout");
  damaged(24, "another size");
  for (const size_t where : {size_t{32}, size_t{64}, size / 2, size - 1}) {
    at[where] ^= 1;
    expect(model.check_weights() == Status::bad_weights, "a bit that has changed");
    at[where] ^= 1;
  }
  expect(model.check_weights() == Status::ok, "the weights are intact again");

  digits_ctx context;
  expect(digits_init(&context, arena, sizeof arena, at, size) == DIGITS_OK, "C: init");
  expect(digits_init(&context, arena, sizeof arena, at, size - 1) == DIGITS_BAD_WEIGHTS, "C: size");
  expect(digits_init(&context, arena, 1, at, size) == DIGITS_BAD_ARENA, "C: arena");
  expect(size == DIGITS_WEIGHTS_SIZE, "C: the size as a macro");
  return failures != 0;
}
