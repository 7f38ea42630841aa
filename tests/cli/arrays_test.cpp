// SPDX-License-Identifier: Apache-2.0
#include "cli/arrays.h"
#include "ir/text.h"
#include "tests/cli/support.h"

namespace burin::cli {
namespace {
using ir::ElementType;

ir::Tensor floats(ir::Shape shape, const std::vector<float> &values) {
  return {ir::Type{ElementType::f32, std::move(shape)}, std::as_bytes(std::span(values))};
}

TEST(Fitted, TakesTheTypeOfThePort) {
  const Port port{"x", {ElementType::f32, {2}}};
  EXPECT_EQ(fitted(floats({2}, {1, 2}), port, "x.npy").number(1), 2);
  const ir::Tensor ints(ir::Type{ElementType::i64, {2}});
  EXPECT_EQ(problemOf([&] { fitted(ints, port, "x.npy"); }).text,
            "x.npy is i64[2], but 'x' is f32[2]");
  EXPECT_EQ(problemOf([&] {
              fitted(floats({1, 2}, {1, 2}), port, "x.npy");
            }).problem,
            Problem::usage);
}

TEST(Fitted, NarrowsToWhatNumpyLacks) {
  const Port port{"x", {ElementType::bf16, {2}}};
  const ir::Tensor tensor = fitted(floats({2}, {1, 2.5F}), port, "x.npy");
  EXPECT_EQ(tensor.type.element(), ElementType::bf16);
  EXPECT_EQ(tensor.number(1), 2.5);
}

TEST(Slices, AreUndoneByStacked) {
  const ir::Tensor all = floats({3, 2}, {1, 2, 3, 4, 5, 6});
  const std::vector<ir::Tensor> slices = {sliceOf(all, 0), sliceOf(all, 1), sliceOf(all, 2)};
  EXPECT_EQ(slices[1].shape(), std::vector<int64_t>{2});
  EXPECT_EQ(slices[1].number(0), 3);
  const ir::Tensor again = stacked(slices);
  EXPECT_EQ(again.type, all.type);
  EXPECT_EQ(again.bytes, all.bytes);
}

TEST(Slices, OfDifferentShapesAreNoArray) {
  const std::vector<ir::Tensor> slices = {floats({1}, {1}), floats({2}, {1, 2})};
  EXPECT_EQ(problemOf([&] { stacked(slices); }).problem, Problem::usage);
}

constexpr std::string_view kModel = R"(
dim n = 0..5 "dimension 0 of 'x'"
func @main(%x: f32[n, 2], %i: i64[n], %b: bool[3], %s: str[1]) -> (%y: f32[n, 2]) {
  %y = abs(%x)
  return %y
}
)";

TEST(RandomInputs, AreThoseOfTheSeed) {
  const std::unique_ptr<ir::Module> module = ir::parse(kModel, "test.gir");
  const ir::Function &entry = *module->functions.front();
  const NamedTensors first = randomInputs(entry, 7, 2), again = randomInputs(entry, 7, 2),
                     other = randomInputs(entry, 8, 0), same = randomInputs(entry, 7, 0);
  for (const auto &[name, tensor] : first)
    EXPECT_EQ(tensor.bytes, again.find(name)->second.bytes) << name;
  EXPECT_NE(other.find("x")->second.bytes, same.find("x")->second.bytes);
}

TEST(RandomInputs, KeepToTypesAndBounds) {
  const std::unique_ptr<ir::Module> module = ir::parse(kModel, "test.gir");
  const ir::Function &entry = *module->functions.front();
  const int64_t expected[] = {5, 1};
  for (size_t sample = 0; sample < 20; ++sample) {
    const NamedTensors inputs = randomInputs(entry, 1, sample);
    const ir::Tensor &x = inputs.find("x")->second, &i = inputs.find("i")->second;
    if (sample < 2) {
      EXPECT_EQ(x.extent(0), expected[sample]);
    }
    EXPECT_TRUE(x.extent(0) >= 1 && x.extent(0) <= 5);
    EXPECT_EQ(i.extent(0), x.extent(0)); // one symbol, one value
    for (size_t k = 0; k < x.count(); ++k)
      EXPECT_TRUE(x.number(k) >= -1 && x.number(k) < 1);
    for (size_t k = 0; k < i.count(); ++k)
      EXPECT_TRUE(i.integer(k) >= 0 && i.integer(k) < 8);
    for (const std::byte b : inputs.find("b")->second.bytes)
      EXPECT_LE(static_cast<int>(b), 1);
    EXPECT_EQ(inputs.find("s")->second.strings.front().size(), 1U);
  }
}

} // namespace
} // namespace burin::cli
