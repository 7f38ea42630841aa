// SPDX-License-Identifier: Apache-2.0
//
// One class for every extent within the bounds: right at each of them, and bad_shape beside them.
#include "found.h"
#include "mlp.h"
#include "net.h"
#include "tests/compiled/reference_run.h"
#include "tight.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace burin::tests {
namespace {

using ir::ElementType;
using ir::Tensor;

/// Elements of a heap block of exactly that size, so that a sanitizer sees the first one beside it.
template <class T> std::vector<T> room(size_t count, T fill = {}) {
  std::vector<T> memory(count, fill);
  memory.shrink_to_fit();
  return memory;
}

// ---- a convolutional network, batch 1 to 8 ----

Tensor pictures(size_t batch) {
  return someTensor(ElementType::f32, {static_cast<int64_t>(batch), 8, 8, 1},
                    static_cast<unsigned>(batch));
}

TEST(Net, HasItsBoundsAsFacts) {
  static_assert(net::Model::batch_min == 1 && net::Model::batch_max == 8);
  static_assert(net::Model::inputs[0].shape[0].lo == 1 && net::Model::inputs[0].shape[0].hi == 8);
  static_assert(net::Model::inputs[0].shape[0].symbol[0] == 'b');
  static_assert(net::Model::inputs[0].bytes == 8 * 64 * sizeof(float));
}

TEST(Net, EveryBatchInTheArena) {
  static net::StaticModel model;
  for (const size_t batch : {8, 1, 2, 3, 4, 5, 6, 7, 8, 1}) { // after larger ones, too
    const Tensor x = pictures(batch);
    const std::vector<Tensor> expected = referenceRun("net", {x});
    ASSERT_EQ(model.image(batch).size(), x.count());
    std::ranges::copy(x.as<float>(), model.image(batch).begin());
    ASSERT_TRUE(model.run(batch) == Status::ok) << batch;
    ASSERT_EQ(model.logits(batch).extent(0), batch);
    expectNear(model.logits(batch).data(), expected[0], "logits of " + std::to_string(batch));
    expectNear(model.scores(batch).data(), expected[1], "scores of " + std::to_string(batch));
  }
}

TEST(Net, EveryBatchInMemoryOfTheCaller) {
  static net::StaticModel model;
  for (size_t batch = 1; batch <= 8; ++batch) {
    const Tensor x = pictures(batch);
    const std::vector<Tensor> expected = referenceRun("net", {x});
    std::vector<float> image(x.as<float>().begin(), x.as<float>().end());
    auto logits = room<float>(batch * 10), scores = room<float>(batch * 10);
    const Status status = model.run({image.data(), {batch, 8, 8, 1}}, {logits.data(), {batch, 10}},
                                    {scores.data(), {batch, 10}});
    ASSERT_TRUE(status == Status::ok) << batch;
    EXPECT_TRUE(std::ranges::equal(image, x.as<float>())) << "the input was written";
    expectNear(logits.data(), expected[0], "logits of " + std::to_string(batch));
    expectNear(scores.data(), expected[1], "scores of " + std::to_string(batch));
  }
}

TEST(Net, OtherExtentsAreRefusedAndNothingIsTouched) {
  static net::StaticModel model;
  EXPECT_TRUE(model.run(0) == Status::bad_shape);
  EXPECT_TRUE(model.run(9) == Status::bad_shape);
  EXPECT_TRUE(model.run(SIZE_MAX) == Status::bad_shape);
  auto image = room<float>(9 * 64), logits = room<float>(90, 7), scores = room<float>(90, 7);
  const auto run = [&](size_t a, size_t b, size_t c, size_t height = 8, size_t classes = 10) {
    return model.run({image.data(), {a, height, 8, 1}}, {logits.data(), {b, classes}},
                     {scores.data(), {c, 10}});
  };
  EXPECT_TRUE(run(0, 0, 0) == Status::bad_shape);
  EXPECT_TRUE(run(9, 9, 9) == Status::bad_shape);
  EXPECT_TRUE(run(2, 3, 2) == Status::bad_shape); // outputs of another batch
  EXPECT_TRUE(run(2, 2, 1) == Status::bad_shape);
  EXPECT_TRUE(run(2, 2, 2, 7) == Status::bad_shape); // another total size
  EXPECT_TRUE(run(2, 2, 2, 8, 11) == Status::bad_shape);
  EXPECT_EQ(run(9, 9, 9).node(), Status::no_node);
  EXPECT_TRUE(std::ranges::all_of(logits, [](float v) { return v == 7; }));
  EXPECT_TRUE(std::ranges::all_of(scores, [](float v) { return v == 7; }));
  EXPECT_TRUE(run(2, 2, 2) == Status::ok); // and it goes on
}

// ---- two symbols ----

TEST(Mlp, EveryPairOfExtents) {
  static mlp::StaticModel model;
  for (size_t batch = 1; batch <= 4; ++batch)
    for (size_t length = 2; length <= 6; ++length) {
      const auto b = static_cast<int64_t>(batch), l = static_cast<int64_t>(length);
      const Tensor x = someTensor(ElementType::f32, {b, l, 5}, 3),
                   mask = someTensor(ElementType::f32, {l}, 4);
      const std::vector<Tensor> expected = referenceRun("mlp", {x, mask});
      const std::string what = std::to_string(batch) + " x " + std::to_string(length);
      std::ranges::copy(x.as<float>(), model.x(batch, length).begin());
      std::ranges::copy(mask.as<float>(), model.mask(batch, length).begin());
      ASSERT_TRUE(model.run(batch, length) == Status::ok) << what;
      expectNear(model.y(batch, length).data(), expected[0], "y, " + what);
      expectNear(model.shares(batch, length).data(), expected[1], "weights, " + what);
      ASSERT_EQ(model.flat(batch, length).extent(0), batch * length);
      expectNear(model.flat(batch, length).data(), expected[2], "flat, " + what);
    }
}

TEST(Mlp, ExtentsMustAgree) {
  static mlp::StaticModel model;
  EXPECT_TRUE(model.run(0, 2) == Status::bad_shape);
  EXPECT_TRUE(model.run(1, 1) == Status::bad_shape);
  EXPECT_TRUE(model.run(4, 7) == Status::bad_shape);
  auto x = room<float>(4 * 6 * 5), mask = room<float>(6), y = room<float>(12),
       weights = room<float>(72), flat = room<float>(72);
  const auto run = [&](size_t batch, size_t length, size_t ofMask, size_t ofFlat) {
    return model.run({x.data(), {batch, length, 5}}, {mask.data(), {ofMask}},
                     {y.data(), {batch, 3}}, {weights.data(), {batch, length, 3}},
                     {flat.data(), {ofFlat, 3}});
  };
  EXPECT_TRUE(run(3, 4, 4, 12) == Status::ok);
  EXPECT_TRUE(run(3, 4, 5, 12) == Status::bad_shape); // two inputs disagree
  EXPECT_TRUE(run(3, 4, 4, 11) == Status::bad_shape); // an expression of both
}

// ---- symbols that the run makes ----

TEST(Found, AsManyAsTheRunFinds) {
  static found::StaticModel model;
  for (size_t n = 0; n <= 6; ++n)
    for (unsigned seed = 0; seed < 4; ++seed) {
      const auto count = static_cast<int64_t>(n);
      Tensor x = someTensor(ElementType::f32, {count}, seed);
      for (size_t i = 0; i < n; ++i)
        if (seed == 3 || (i + seed) % 3 == 0)
          x.setNumber(i, 0);
      const Tensor ids = someTensor(ElementType::i64, {count}, seed + 9);
      const std::vector<Tensor> expected = referenceRun("found", {x, ids});
      std::ranges::copy(x.as<float>(), model.x(n).begin());
      std::ranges::copy(ids.as<int64_t>(), model.ids(n).begin());
      ASSERT_TRUE(model.run(n) == Status::ok) << n;
      const std::string what = std::to_string(n) + " elements, seed " + std::to_string(seed);
      ASSERT_EQ(model.places(n).extent(1), expected[0].count()) << what;
      ASSERT_EQ(model.values(n).extent(0), expected[1].count()) << what;
      ASSERT_EQ(model.set(n).extent(0), expected[2].count()) << what;
      expectSame(model.places(n).data(), expected[0], "places, " + what);
      expectNear(model.values(n).data(), expected[1], "values, " + what);
      expectSame(model.set(n).data(), expected[2], "set, " + what);
      expectNear(model.total().data(), expected[3], "total, " + what);
    }
}

TEST(Tight, MoreThanTheBoundIsAStatus) {
  static tight::StaticModel model;
  const auto run = [&](std::initializer_list<float> x, int kept) {
    std::ranges::copy(x, model.x().begin());
    std::ranges::fill(model.keep(), false);
    std::ranges::fill_n(model.keep().begin(), kept, true);
    return model.run();
  };
  EXPECT_TRUE(run({0, 1, 0, 1, 0, 0}, 2) == Status::ok);
  EXPECT_EQ(model.places().extent(1), 2u);
  EXPECT_TRUE(run({0, 1, 0, 1, 1, 0}, 2) == Status::bad_shape); // nonzero
  EXPECT_TRUE(run({0, 1, 0, 1, 0, 0}, 3) == Status::bad_shape); // compress
  EXPECT_TRUE(run({0, 2, 0, 1, 0, 0}, 1) == Status::bad_shape); // unique
}

TEST(Found, MemoryOfTheCallerHoldsTheMostThatCanBeFound) {
  static found::StaticModel model;
  const Tensor x = someTensor(ElementType::f32, {4}, 1), ids = someTensor(ElementType::i64, {4}, 2);
  const std::vector<Tensor> expected = referenceRun("found", {x, ids});
  std::vector<float> in(x.as<float>().begin(), x.as<float>().end());
  std::vector<int64_t> numbers(ids.as<int64_t>().begin(), ids.as<int64_t>().end());
  auto places = room<int64_t>(6), set = room<int64_t>(6);
  auto values = room<float>(6);
  float total = 0;
  const auto run = [&](size_t most) {
    return model.run({in.data(), {4}}, {numbers.data(), {4}}, {places.data(), {1, most}},
                     {values.data(), {most}}, {set.data(), {most}}, View<float>{&total});
  };
  EXPECT_TRUE(run(5) == Status::bad_shape); // n may be 6
  ASSERT_TRUE(run(6) == Status::ok);
  expectSame(places.data(), expected[0], "places");
  expectNear(values.data(), expected[1], "values");
  expectSame(set.data(), expected[2], "set");
  EXPECT_TRUE(model.run(7) == Status::bad_shape);
}

} // namespace
} // namespace burin::tests
