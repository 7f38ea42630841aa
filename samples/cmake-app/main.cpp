// SPDX-License-Identifier: Apache-2.0
#include <digits.h>

#include <cstdio>

int main() {
  static digits::StaticModel model;
  for (size_t y = 1; y < 7; ++y) // draw a one
    model.image()(0, 0, y, 3) = model.image()(0, 0, y, 4) = 1;
  if (model.run() != burin::Status::ok)
    return 1;
  size_t answer = 0;
  for (size_t k = 0; k < 10; ++k)
    answer = model.logits()[k] > model.logits()[answer] ? k : answer;
  std::printf("This is a %zu.\n", answer);
  return answer == 1 ? 0 : 1;
}
