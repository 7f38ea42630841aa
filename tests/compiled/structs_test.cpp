// SPDX-License-Identifier: Apache-2.0
//
// Nested inputs and outputs of models/make_structs.py as structs of views.
#include "entries_torch.h"
#include "structs.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace burin::tests {
namespace {

TEST(Structs, AreThoseOfTheModel) {
  structs::StaticModel model;
  const float a[6] = {1, -2, 3, 0.5f, 0, -4}, b[6] = {0.5f, 1, -1, 2, 2, 2};
  std::ranges::copy(a, model.pair().item0.begin());
  std::ranges::copy(b, model.pair().item1.begin());
  *model.scale().data() = 2;
  ASSERT_TRUE(model.run() == Status::ok);
  const structs::Model::Output output = model.output();
  for (size_t row = 0; row < 2; ++row) {
    float x[3], sum = 0;
    for (size_t i = 0; i < 3; ++i) {
      x[i] = a[row * 3 + i] * 2 + b[row * 3 + i];
      sum += x[i];
      EXPECT_EQ(output.by_name.while_(row, i), x[i] * 2);
    }
    EXPECT_NEAR(output.mean[row], sum / 3, 1e-6);
    EXPECT_EQ(output.by_name.sum[row], sum);
    EXPECT_EQ(output.range.item0[row], std::min({x[0], x[1], x[2]}));
    EXPECT_EQ(output.range.item1[row], std::max({x[0], x[1], x[2]}));
  }
  // They are the views of the single tensors.
  EXPECT_EQ(output.range.item1.data(), model.output_range_1().data());
  EXPECT_EQ(model.pair().item0.data(), model.pair_0().data());
}

TEST(Structs, OfOneOfSeveralEntryPoints) {
  entries_torch::StaticModel model;
  ASSERT_TRUE(model.learn() == Status::ok);
  const entries_torch::Model::LearnOutput output = model.learn_output();
  EXPECT_EQ(output.item0.data(), model.learn_output_0().data());
  EXPECT_EQ(*output.item1.data(), 1);
}

} // namespace
} // namespace burin::tests
