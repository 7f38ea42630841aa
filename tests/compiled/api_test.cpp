// SPDX-License-Identifier: Apache-2.0
//
// The whole interface of one generated class, and that from C.
#include "api.h"
#include "tests/compiled/api_from_c.h"
#include "tests/compiled/reference_run.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <span>
#include <thread>

namespace burin::tests {
namespace {

using api::Model;
using ir::ElementType;
using ir::Tensor;

struct Inputs {
  std::array<float, 48> left;
  std::array<float, 40> right;
  std::vector<Tensor> expected;

  Inputs() {
    const Tensor a = someTensor(ElementType::f32, {6, 8}, 1),
                 b = someTensor(ElementType::f32, {8, 5}, 2);
    std::ranges::copy(a.as<float>(), left.begin());
    std::ranges::copy(b.as<float>(), right.begin());
    expected = referenceRun("api", {a, b});
  }
};

struct Outputs {
  std::array<float, 30> scores{};
  std::array<int64_t, 6> best{};

  void check(const Inputs &in) const {
    expectNear(scores.data(), in.expected[0], "scores");
    expectSame(best.data(), in.expected[1], "best");
  }
  bool operator==(const Outputs &) const = default;
};

// ---- facts, which the compiler of the user's program knows ----

static_assert(Model::num_inputs == 2 && Model::num_outputs == 2);
static_assert(Model::inputs[0].dtype == DType::f32 && Model::outputs[1].dtype == DType::i64);
static_assert(Model::inputs[1].rank == 2 && Model::inputs[1].shape[0].lo == 8 &&
              Model::inputs[1].shape[1].hi == 5 && !Model::inputs[1].shape[0].symbol);
static_assert(Model::inputs[0].bytes == 192 && Model::outputs[1].bytes == 48);
static_assert(Model::arena_size > 0 && (Model::arena_align & (Model::arena_align - 1)) == 0);
static_assert(Model::state_size == 0 && Model::weights_size == 5 * sizeof(float));
static_assert(Model::macs == 6 * 8 * 5);
static_assert(Model::num_nodes == sizeof Model::nodes / sizeof *Model::nodes);
static_assert(!std::is_copy_constructible_v<Model> && std::is_nothrow_move_constructible_v<Model>);
static_assert(std::is_trivially_destructible_v<Model>);
constinit api::StaticModel global; // needs no constructor at run time

TEST(Api, NamesAreThoseOfTheModel) {
  EXPECT_STREQ(Model::name, "api");
  EXPECT_STREQ(Model::inputs[0].name, "left");
  EXPECT_STREQ(Model::outputs[1].name, "best");
  uint64_t macs = 0;
  for (const NodeInfo &node : Model::nodes) {
    EXPECT_GT(std::strlen(node.name), 0U);
    macs += node.macs;
  }
  EXPECT_EQ(macs, Model::macs);
}

// ---- ways to run ----

TEST(Api, ViewsInTheArena) {
  const Inputs in;
  std::ranges::copy(in.left, global.left().begin());
  std::ranges::copy(in.right, global.right().begin());
  EXPECT_EQ(global.left()(1, 2), in.left[10]);
  EXPECT_EQ(global.right().size(), 40U);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(global.left().data()) % sizeof(float), 0U);
  ASSERT_TRUE(global.run() == Status::ok);
  expectNear(global.scores().data(), in.expected[0], "scores");
  expectSame(global.best().data(), in.expected[1], "best");
  EXPECT_EQ(global.scores()(5, 4), global.scores()[29]);
}

TEST(Api, ArraysSpansAndViews) {
  const Inputs in;
  Outputs byArray;
  ASSERT_TRUE(global.run(in.left, in.right, byArray.scores, byArray.best) == Status::ok);
  byArray.check(in);

  float left[48], right[40], scores[30];
  int64_t best[6];
  std::ranges::copy(in.left, left);
  std::ranges::copy(in.right, right);
  ASSERT_TRUE(global.run(left, right, scores, best) == Status::ok);
  EXPECT_TRUE(std::ranges::equal(scores, byArray.scores) && std::ranges::equal(best, byArray.best));
  EXPECT_TRUE(std::ranges::equal(left, in.left) && std::ranges::equal(right, in.right));

  Outputs bySpan;
  std::span<float, 48> leftSpan{left};
  std::span<const float, 40> rightSpan{right};
  std::span<float, 30> scoresSpan{bySpan.scores};
  std::span<int64_t, 6> bestSpan{bySpan.best};
  ASSERT_TRUE(global.run(leftSpan, rightSpan, scoresSpan, bestSpan) == Status::ok);
  EXPECT_EQ(bySpan, byArray);
  // A wrong size, or an element of another type, does not compile.
  static_assert(!std::is_convertible_v<float(&)[47], View<const float, 6, 8>>);
  static_assert(!std::is_convertible_v<std::array<float, 49> &, View<const float, 6, 8>>);
  static_assert(!std::is_convertible_v<std::span<float> &, View<const float, 6, 8>>);
  static_assert(!std::is_convertible_v<double(&)[48], View<const float, 6, 8>>);
  static_assert(!std::is_convertible_v<const float(&)[30], View<float, 6, 5>>);
}

TEST(Api, AnArenaOfTheCallerIsCheckedInEveryRun) {
  const Inputs in;
  Outputs out;
  alignas(Model::arena_align) static unsigned char bytes[Model::arena_size + Model::arena_align];
  const auto run = [&](Arena arena) {
    Model model{arena};
    return model.run(in.left, in.right, out.scores, out.best);
  };
  EXPECT_TRUE(run({bytes, Model::arena_size}) == Status::ok);
  EXPECT_TRUE(run({bytes, Model::arena_size - 1}) == Status::bad_arena);
  EXPECT_TRUE(run({bytes + 1, Model::arena_size}) == Status::bad_arena);
  EXPECT_TRUE(run({bytes + Model::arena_align / 2, Model::arena_size}) == Status::bad_arena);
  EXPECT_TRUE(run({nullptr, Model::arena_size}) == Status::bad_arena);
  Model none{Arena{nullptr, 0}};
  EXPECT_TRUE(none.run() == Status::bad_arena);
  EXPECT_TRUE(none.step(0) == Status::bad_arena);
  EXPECT_STREQ(to_string(none.run()), "the arena is too small or not aligned");
}

TEST(Api, TwoObjectsShareOneArenaInTurns) {
  const Inputs in;
  Outputs a, b;
  alignas(Model::arena_align) static unsigned char bytes[Model::arena_size];
  Model first{bytes}, second{bytes};
  ASSERT_TRUE(first.run(in.left, in.right, a.scores, a.best) == Status::ok);
  ASSERT_TRUE(second.run(in.left, in.right, b.scores, b.best) == Status::ok);
  Model moved = std::move(first);
  ASSERT_TRUE(moved.run(in.left, in.right, b.scores, b.best) == Status::ok);
  EXPECT_EQ(a, b);
}

TEST(Api, StepByStep) {
  const Inputs in;
  static api::StaticModel model;
  std::ranges::copy(in.left, model.left().begin());
  std::ranges::copy(in.right, model.right().begin());
  for (size_t node = 0; node < Model::num_nodes; ++node)
    ASSERT_TRUE(model.step(node) == Status::ok) << node;
  expectNear(model.scores().data(), in.expected[0], "scores");
  expectSame(model.best().data(), in.expected[1], "best");
}

// ---- hooks ----

TEST(Api, TheObserverSeesEveryStepInOrder) {
  const Inputs in;
  Outputs out;
  static api::StaticModel model;
  std::vector<std::pair<char, uint32_t>> seen;
  model.set_observer({[](void *all, uint32_t node) {
                        static_cast<decltype(seen) *>(all)->emplace_back('b', node);
                      },
                      [](void *all, uint32_t node) {
                        static_cast<decltype(seen) *>(all)->emplace_back('e', node);
                      },
                      &seen});
  ASSERT_TRUE(model.run(in.left, in.right, out.scores, out.best) == Status::ok);
  ASSERT_EQ(seen.size(), 2 * Model::num_nodes);
  for (uint32_t node = 0; node < Model::num_nodes; ++node) {
    EXPECT_EQ(seen[2 * node], std::pair('b', node));
    EXPECT_EQ(seen[2 * node + 1], std::pair('e', node));
  }
  model.set_observer({});
  seen.clear();
  ASSERT_TRUE(model.run(in.left, in.right, out.scores, out.best) == Status::ok);
  EXPECT_TRUE(seen.empty());
}

struct Workers {
  size_t threads;
  bool backwards;
  size_t calls = 0;
};

/// Each worker takes every n-th piece.
void parallelFor(void *context, size_t n, void (*body)(void *, size_t), void *arg) {
  auto &workers = *static_cast<Workers *>(context);
  ++workers.calls;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < workers.threads; ++t)
    threads.emplace_back([&, t] {
      for (size_t i = t; i < n; i += workers.threads)
        body(arg, workers.backwards ? n - 1 - i : i);
    });
  for (std::thread &t : threads)
    t.join();
}

TEST(Api, AnyNumberOfWorkersInAnyOrderGivesTheSameBits) {
  const Inputs in;
  Outputs one;
  static api::StaticModel model;
  ASSERT_TRUE(model.run(in.left, in.right, one.scores, one.best) == Status::ok);
  one.check(in);
  for (const size_t threads : {1, 2, 3, 8})
    for (const bool backwards : {false, true}) {
      Workers workers{threads, backwards};
      Outputs many;
      model.set_parallel_for({parallelFor, &workers});
      ASSERT_TRUE(model.run(in.left, in.right, many.scores, many.best) == Status::ok);
      EXPECT_EQ(many, one) << threads;
      EXPECT_GT(workers.calls, 0U);
    }
  model.set_parallel_for({});
}

// ---- from C ----

TEST(Api, TheSameFromC) {
  const Inputs in;
  Outputs cxx, c;
  ASSERT_TRUE(global.run(in.left, in.right, cxx.scores, cxx.best) == Status::ok);
  EXPECT_STREQ(runApiFromC(in.left.data(), in.right.data(), c.scores.data(), c.best.data()), "");
  EXPECT_EQ(c, cxx);
  EXPECT_STREQ(misuseApiFromC(), "");
}

} // namespace
} // namespace burin::tests
