// SPDX-License-Identifier: Apache-2.0
//
// Several entry points in one class, which share weights, arena and state: methods of a TorchScript
// module, signatures of a SavedModel. What they compute is in models/make_entries.py.
#include "entries_saved.h"
#include "entries_torch.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

namespace burin::tests {
namespace {

constexpr float kWeight[3][4] = {
    {0.5f, -0.25f, 0.125f, 0.75f}, {-0.5f, 0.25f, 1, -0.125f}, {0, 0.5f, -0.75f, 0.25f}};

using Input = std::array<float, 8>;

Input input(int run) {
  Input x{};
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>((run * 8 + static_cast<int>(i)) * 29 % 32 - 16) / 16;
  return x;
}

/// The model by hand.
struct ByHand {
  std::array<float, 3> mean{0, 0.5f, 0};
  int64_t count = 0;

  static float dot(const Input &x, size_t row, size_t i) {
    float sum = 0;
    for (size_t k = 0; k < 4; ++k)
      sum += x[row * 4 + k] * kWeight[i][k];
    return sum;
  }
  std::array<float, 6> serve(const Input &x) const {
    std::array<float, 6> y{};
    for (size_t i = 0; i < y.size(); ++i)
      y[i] = std::tanh(dot(x, i / 3, i % 3) - mean[i % 3]);
    return y;
  }
  void learn(const Input &x, float rate) {
    for (size_t i = 0; i < 3; ++i)
      mean[i] += rate * ((dot(x, 0, i) + dot(x, 1, i)) / 2 - mean[i]);
    ++count;
  }
};

template <size_t N>
void expectNear(const std::array<float, N> &actual, const std::array<float, N> &expected) {
  for (size_t i = 0; i < N; ++i)
    EXPECT_NEAR(actual[i], expected[i], 1e-6) << "element " << i;
}

// ---- facts ----

using Torch = entries_torch::Model;
static_assert(Torch::Forward::num_inputs == 1 && Torch::Learn::num_inputs == 2);
static_assert(Torch::Forward::first_node == 0 &&
              Torch::Learn::first_node == Torch::Forward::num_nodes);
static_assert(Torch::num_nodes == Torch::Forward::num_nodes + Torch::Learn::num_nodes);
static_assert(Torch::Learn::outputs[0].bytes == 12);
// The matrix is there once, in the panels of the one kernel that both call.
static_assert(Torch::weights_size < 2 * sizeof kWeight);
static_assert(entries_saved::Model::weights_size < 2 * sizeof kWeight);

// ---- runs in turns ----

TEST(Entries, MethodsShareTheirState) {
  entries_torch::StaticModel model;
  ByHand byHand;
  for (int run = 0; run < 6; ++run) {
    std::array<float, 6> y{};
    ASSERT_TRUE(model.forward(input(run), y) == Status::ok);
    expectNear(y, byHand.serve(input(run)));
    if (run == 3)
      continue; // forward twice in a row
    byHand.learn(input(run), 0.25f);
    std::array<float, 3> mean{};
    int64_t count = 0;
    const float rate = 0.25f;
    ASSERT_TRUE(model.learn(input(run), View<const float>{&rate}, mean, View<int64_t>{&count}) ==
                Status::ok);
    expectNear(mean, byHand.mean);
    EXPECT_EQ(count, byHand.count);
    EXPECT_EQ(model.state().count[0], byHand.count);
  }
  model.reset();
  std::array<float, 6> y{};
  ASSERT_TRUE(model.forward(input(0), y) == Status::ok);
  expectNear(y, ByHand{}.serve(input(0)));
}

TEST(Entries, SignaturesShareTheirVariable) {
  entries_saved::StaticModel model;
  ByHand byHand;
  entries_saved::Model::State saved;
  for (int run = 0; run < 6; ++run) {
    std::ranges::copy(input(run), model.serving_default_x().begin());
    ASSERT_TRUE(model.serving_default() == Status::ok);
    const std::array<float, 6> expected = byHand.serve(input(run));
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(model.serving_default_y()[i], expected[i], 1e-6);
    byHand.learn(input(run), 0.5f);
    std::ranges::copy(input(run), model.learn_x().begin());
    *model.learn_rate().data() = 0.5f;
    ASSERT_TRUE(model.learn() == Status::ok);
    for (size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(model.learn_mean()[i], byHand.mean[i], 1e-6);
    EXPECT_EQ(*model.learn_count().data(), byHand.count);
    if (run == 0)
      saved = model.state();
  }
  model.restore(saved);
  byHand = {};
  byHand.learn(input(0), 0.5f);
  std::array<float, 6> y{};
  ASSERT_TRUE(model.serving_default(input(9), y) == Status::ok);
  expectNear(y, byHand.serve(input(9)));
}

TEST(Entries, AFailedRunNamesNoOtherEntry) {
  Torch model{Arena{nullptr, 0}};
  EXPECT_TRUE(model.forward() == Status::bad_arena);
  EXPECT_TRUE(model.learn() == Status::bad_arena);
}

} // namespace
} // namespace burin::tests
