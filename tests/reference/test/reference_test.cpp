// SPDX-License-Identifier: Apache-2.0
//
// Which ops there are, and the ops that move and draw elements.
#include "tests/reference/test/run_op.h"

#include <algorithm>
#include <array>

namespace burin::reference {
namespace {

TEST(Reference, HasEveryOpThatExecuteDoesNotRun) {
  for (const ir::OpDef *row : ir::allOps())
    EXPECT_NE(hasRow(*row), ir::executesItself(*row)) << row->name;
}

/// The block is the caller's: what is computed is what its first argument gets.
TEST(Reference, StopsBeforeTheEpilogue) {
  ir::Module module;
  ir::Function &function = module.addFunction("main");
  ir::Builder build{module, function.body};
  const Tensor x = ints({3}, {1, 2, 4});
  ir::Value *argument = function.body.addArgument(x.type);
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(std::make_unique<ir::Block>());
  ir::Value *sum = blocks[0]->addArgument(typeOf(i32, {}));
  ir::Builder inside = build.inside(*blocks[0]);
  ir::Value *real =
      inside.make(ir::ops::cast, {sum}, {ir::attr::to(f32), ir::attr::saturate(true)});
  inside.yield(std::array{real});
  const ir::Op &op =
      build.makeOp(ir::ops::reduce_sum, {argument}, {ir::attr::axes({0})}, std::move(blocks));
  EXPECT_EQ(op.result()->type, typeOf(f32, {}));
  const Tensor out = evaluator().evaluate(op, std::array{&x}, ir::SymbolValues{})[0];
  EXPECT_EQ(out.type, typeOf(i32, {}));
  EXPECT_EQ(out.integer(0), 7);
}

TEST(Reference, ExtentsAreReadThroughSymbols) {
  ir::Module module;
  ir::Function &function = module.addFunction("main");
  ir::Builder build{module, function.body};
  const ir::Dim n = module.symbol("N", {1, 8});
  ir::Value *argument = function.body.addArgument(Type{f32, {n}});
  const ir::Op &op = build.makeOp(ir::ops::broadcast, {argument}, {ir::attr::shape({2, n})});
  ir::SymbolValues symbols;
  symbols.set("N", 3);
  const Tensor x = floats({3}, {1, 2, 3});
  const Tensor out = evaluator().evaluate(op, std::array{&x}, symbols)[0];
  EXPECT_EQ(out.shape(), (Extents{2, 3}));
  EXPECT_EQ(numbers(out), (Numbers{1, 2, 3, 1, 2, 3}));
}

Extents padded(const std::string &mode, const Extents &x, int64_t begin, int64_t end) {
  return integersOf(run(ir::ops::pad, {integers(i64, x), std::nullopt},
                        {ir::attr::pads({begin, end}), ir::attr::mode(mode)}));
}

// Negative pads: onnxruntime 1.31.
TEST(Reference, Pad) {
  EXPECT_EQ(padded("reflect", {0, 1, 2, 3}, 2, 1), (Extents{2, 1, 0, 1, 2, 3, 2}));
  EXPECT_EQ(padded("reflect", {0, 1, 2}, 5, 3), (Extents{1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1}));
  EXPECT_EQ(padded("reflect", {7}, 2, 1), (Extents{7, 7, 7, 7}));
  EXPECT_EQ(padded("reflect", {0, 1, 2, 3}, 2, -1), (Extents{2, 1, 0, 1, 2}));
  EXPECT_EQ(padded("edge", {0, 1, 2, 3}, 2, -2), (Extents{0, 0, 0, 1}));
  EXPECT_EQ(padded("wrap", {0, 1, 2, 3}, 5, 1), (Extents{3, 0, 1, 2, 3, 0, 1, 2, 3, 0}));
  EXPECT_EQ(padded("wrap", {0, 1, 2, 3}, -2, 1), (Extents{2, 3, 2}));
  EXPECT_EQ(padded("wrap", {0, 1, 2, 3}, 2, -1), (Extents{1, 2, 0, 1, 2}));
  EXPECT_EQ(padded("constant", {1, 2, 3}, -1, 2), (Extents{2, 3, 0, 0}));
  EXPECT_EQ(numbers(run(ir::ops::pad, {floats({1, 2}, {1, 2}), scalar(f32, 9)},
                        {ir::attr::pads({1, 0, 0, 1}), ir::attr::mode("constant")})),
            (Numbers{9, 9, 9, 1, 2, 9}));
}

TEST(Reference, SlicesMayRunBackwards) {
  const auto slice = [](ir::Dims starts, ir::Ints steps, ir::Dims shape) {
    return integersOf(run(ir::ops::slice, {pattern({2, 3}, 1, 100, i64)},
                          {ir::attr::starts(std::move(starts)), ir::attr::steps(std::move(steps)),
                           ir::attr::shape(std::move(shape))}));
  };
  EXPECT_EQ(slice({1, 2}, {-1, -2}, {2, 2}), (Extents{-42, -44, -45, -47}));
  EXPECT_EQ(slice({0, 1}, {1, 1}, {2, 0}), (Extents{}));
}

TEST(Reference, SliceAtStaysInside) {
  const auto slice = [](int64_t start, int64_t step) {
    return integersOf(run(ir::ops::slice_at,
                          {integers(i64, {0, 1, 2, 3, 4}), integers(i64, {start})},
                          {ir::attr::steps({step}), ir::attr::shape({2})}));
  };
  EXPECT_EQ(slice(1, 1), (Extents{1, 2}));
  EXPECT_EQ(slice(9, 1), (Extents{3, 4}));
  EXPECT_EQ(slice(-9, 2), (Extents{0, 2}));
  EXPECT_EQ(slice(0, -2), (Extents{2, 0}));
  EXPECT_EQ(slice(9, -2), (Extents{4, 2}));
}

TEST(Reference, StringsMove) {
  const Tensor x = strings({2, 2}, {"a", "b", "c", "d"});
  using Strings = std::vector<std::string>;
  EXPECT_EQ(run(ir::ops::transpose, {x}, {ir::attr::perm({1, 0})}).strings,
            (Strings{"a", "c", "b", "d"}));
  EXPECT_EQ(run(ir::ops::concat, {x, strings({1, 2}, {"e", "f"})}, {ir::attr::axis(0)}).strings,
            (Strings{"a", "b", "c", "d", "e", "f"}));
  EXPECT_EQ(run(ir::ops::reshape, {x}, {ir::attr::shape({4})}).shape(), (Extents{4}));
  EXPECT_EQ(run(ir::ops::tile, {x}, {ir::attr::repeats({1, 2})}).strings,
            (Strings{"a", "b", "a", "b", "c", "d", "c", "d"}));
  EXPECT_EQ(run(ir::ops::gather, {x, integers(i64, {-1})}, {ir::attr::axis(1)}).strings,
            (Strings{"b", "d"}));
  EXPECT_EQ(run(ir::ops::broadcast, {strings({1}, {"z"})}, {ir::attr::shape({2, 1})}).strings,
            (Strings{"z", "z"}));
}

TEST(Reference, TransposeAndReverse) {
  EXPECT_EQ(integersOf(run(ir::ops::transpose, {pattern({1, 2, 3}, 1, 100, u8)},
                           {ir::attr::perm({2, 0, 1})})),
            (Extents{3, 6, 4, 7, 5, 8}));
  EXPECT_EQ(integersOf(run(ir::ops::reverse_sequence,
                           {pattern({3, 2}, 1, 100, u8), integers(i64, {3, 2})},
                           {ir::attr::axis(0), ir::attr::batchAxis(1)})),
            (Extents{7, 6, 5, 4, 3, 8}));
}

TEST(Reference, Iota) {
  EXPECT_EQ(
      integersOf(run(ir::ops::iota, {}, {ir::attr::type(typeOf(i8, {2, 3})), ir::attr::axis(-1)})),
      (Extents{0, 1, 2, 0, 1, 2}));
}

TEST(Reference, RandomIsAFunctionOfTheSeed) {
  const auto draw = [](const std::string &distribution, double low, double high, int64_t seed) {
    return run(ir::ops::random, {},
               {ir::attr::type(typeOf(f32, {4096})), ir::attr::distribution(distribution),
                ir::attr::low(low), ir::attr::high(high), ir::attr::seed(seed)});
  };
  const Numbers uniform = numbers(draw("uniform", -1, 3, 7)),
                normal = numbers(draw("normal", 2, 3, 7));
  EXPECT_EQ(uniform, numbers(draw("uniform", -1, 3, 7)));
  EXPECT_NE(uniform, numbers(draw("uniform", -1, 3, 8)));
  EXPECT_TRUE(std::ranges::all_of(uniform, [](double x) { return x >= -1 && x < 3; }));
  // The first word of SplitMix64 of seed 1234567 is 6457827717110365317.
  EXPECT_EQ(draw("uniform", 0, 1, 1234567).number(0), 5873360 * 0x1p-24);
  double mean = 0, variance = 0;
  for (const double x : normal)
    mean += x / 4096;
  for (const double x : normal)
    variance += (x - mean) * (x - mean) / 4096;
  EXPECT_NEAR(mean, 2, 0.2);
  EXPECT_NEAR(variance, 9, 0.6);
}

} // namespace
} // namespace burin::reference
