// SPDX-License-Identifier: Apache-2.0
//
// --state: runs of an object that keeps its state equal runs of the same model without one, whose
// state is fed by hand; in C++ and in C.
#include "filter.h"
#include "filter_state.h"
#include "tests/compiled/api_from_c.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>

namespace burin::tests {
namespace {

using State = filter_state::Model::State;
constexpr float kFirst[8] = {0.5f, -0.25f, 0.125f, 1, 0, -1, 0.75f, 0.3f};

/// The model without states, and what it would have to keep.
struct ByHand {
  filter::StaticModel model;
  std::array<float, 8> h;
  std::array<int64_t, 1> count{7};
  std::array<uint16_t, 8> seen{};

  ByHand() { std::ranges::copy(kFirst, h.begin()); }

  std::array<float, 8> run(const std::array<float, 8> &x) {
    std::array<float, 8> y{}, next{};
    std::array<int64_t, 1> nextCount{};
    std::array<uint16_t, 8> nextSeen{};
    EXPECT_TRUE(model.run(x, h, count, seen, y, next, nextCount, nextSeen) == Status::ok);
    h = next;
    count = nextCount;
    seen = nextSeen;
    return y;
  }

  void check(const State &state) const {
    EXPECT_TRUE(std::ranges::equal(state.h, h));
    EXPECT_EQ(state.count[0], count[0]);
    EXPECT_TRUE(std::ranges::equal(state.seen, seen));
  }
};

std::array<float, 8> input(int run) {
  std::array<float, 8> x{};
  for (size_t i = 0; i < 8; ++i)
    x[i] = static_cast<float>((run * 8 + static_cast<int>(i)) * 37 % 32 - 16) / 16;
  return x;
}

constexpr int kRuns = 9;

TEST(State, RunsEqualThoseThatAreFedByHand) {
  filter_state::StaticModel model;
  ByHand byHand;
  byHand.check(model.state());
  for (int run = 0; run < kRuns; ++run) {
    std::ranges::copy(input(run), model.x().begin());
    ASSERT_TRUE(model.run() == Status::ok);
    EXPECT_TRUE(std::ranges::equal(model.y(), byHand.run(input(run)))) << "run " << run;
    byHand.check(model.state());
  }
}

TEST(State, IsResetSavedAndRestored) {
  filter_state::StaticModel model;
  std::vector<std::array<float, 8>> first;
  State saved;
  const auto run = [&](int i) {
    std::array<float, 8> y{};
    EXPECT_TRUE(model.run(input(i), y) == Status::ok);
    return y;
  };
  for (int i = 0; i < kRuns; ++i) {
    if (i == 4)
      saved = model.state();
    first.push_back(run(i));
  }
  model.restore(saved);
  for (int i = 4; i < kRuns; ++i)
    EXPECT_EQ(run(i), first[static_cast<size_t>(i)]) << "run " << i;
  model.reset();
  for (int i = 0; i < kRuns; ++i)
    EXPECT_EQ(run(i), first[static_cast<size_t>(i)]) << "run " << i;
}

TEST(State, StaysAsItIsWhenARunFails) {
  filter_state::Model model{Arena{nullptr, 0}};
  EXPECT_TRUE(model.run() == Status::bad_arena);
  ByHand{}.check(model.state());
}

TEST(State, OfC) {
  ByHand byHand;
  std::array<std::array<float, 8>, kRuns> x, y;
  for (int i = 0; i < kRuns; ++i) {
    x[static_cast<size_t>(i)] = input(i);
    y[static_cast<size_t>(i)] = byHand.run(input(i));
  }
  EXPECT_STREQ(runStateFromC(x[0].data(), y[0].data(), kRuns), "");
}

} // namespace
} // namespace burin::tests
