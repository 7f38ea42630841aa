// SPDX-License-Identifier: Apache-2.0
//
// A model of --weights caller, at the address where the bytes of the file argv[1] lie.
#include "digits.h"
#include "digits_c.h"

#include <cstdio>

using burin::Status;
using digits::Model;

namespace {

alignas(Model::arena_align) unsigned char arena[Model::arena_size];
alignas(Model::weights_align) unsigned char flash[Model::weights_size + 1];

// As on a board: constants at an address that the linker knows. No static constructor is needed.
constexpr burin::Weights kWeights{flash, Model::weights_size};
Model model{burin::Arena{arena, sizeof arena}, kWeights};

} // namespace

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? std::fopen(argv[1], "rb") : nullptr;
  if (!file || std::fread(flash, 1, sizeof flash, file) != Model::weights_size)
    return 2;
  digits_ctx context;
  const bool good =
      model.check_weights() == Status::ok && model.run() == Status::ok &&
      Model(burin::Arena{arena}, {flash, Model::weights_size - 1}).run() == Status::bad_weights &&
      Model(burin::Arena{arena}, {flash + 1, Model::weights_size}).run() == Status::bad_weights &&
      Model(burin::Arena{arena}, {nullptr, 0}).check_weights() == Status::bad_weights &&
      digits_init(&context, arena, sizeof arena, flash, Model::weights_size) == DIGITS_OK &&
      digits_init(&context, arena, sizeof arena, flash, 0) == DIGITS_BAD_WEIGHTS;
  return good ? 0 : 1;
}
