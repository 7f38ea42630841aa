// SPDX-License-Identifier: Apache-2.0
//
// The edges of arithmetic and of conversions.
#include "tests/reference/test/run_op.h"

namespace burin::reference {
namespace {

Extents binary(const ir::OpDef &row, ElementType e, const Extents &a, const Extents &b) {
  return integersOf(run(row, {integers(e, a), integers(e, b)}));
}
Tensor binary(const ir::OpDef &row, const Numbers &a, const Numbers &b) {
  const Extents shape{static_cast<int64_t>(a.size())};
  return run(row, {floats(shape, a), floats(shape, b)});
}
Numbers cast(ElementType from, const Numbers &x, ElementType to, bool saturate = true) {
  return numbers(run(ir::ops::cast, {tensor(from, {static_cast<int64_t>(x.size())}, x)},
                     {ir::attr::to(to), ir::attr::saturate(saturate)}));
}

TEST(Reference, IntegersWrap) {
  EXPECT_EQ(binary(ir::ops::add, i8, {127, -128}, {1, -1}), (Extents{-128, 127}));
  EXPECT_EQ(binary(ir::ops::sub, u8, {0}, {1}), (Extents{255}));
  EXPECT_EQ(binary(ir::ops::mul, i32, {1 << 30}, {4}), (Extents{0}));
  EXPECT_EQ(binary(ir::ops::add, i4, {7}, {1}), (Extents{-8}));
  EXPECT_EQ(binary(ir::ops::mul, i64, {INT64_MAX}, {2}), (Extents{-2}));
  EXPECT_EQ(binary(ir::ops::add, i64, {(int64_t{1} << 53) + 1}, {2}),
            (Extents{(int64_t{1} << 53) + 3}));
  EXPECT_EQ(integersOf(run(ir::ops::abs, {integers(i8, {-128, -3})})), (Extents{-128, 3}));
  EXPECT_EQ(integersOf(run(ir::ops::neg, {integers(i64, {INT64_MIN})})), (Extents{INT64_MIN}));
}

TEST(Reference, DivisionOfIntegers) {
  EXPECT_EQ(binary(ir::ops::div, i32, {7, -7, 7, 1, INT32_MIN}, {2, 2, -2, 0, -1}),
            (Extents{3, -3, -3, 0, INT32_MIN}));
  EXPECT_EQ(binary(ir::ops::div, i64, {INT64_MIN}, {-1}), (Extents{INT64_MIN}));
  EXPECT_EQ(binary(ir::ops::mod, i32, {7, -7, 7, -7, 5, INT32_MIN}, {3, 3, -3, -3, 0, -1}),
            (Extents{1, 2, -2, -1, 0, 0}));
  EXPECT_EQ(binary(ir::ops::fmod, i32, {7, -7, 7, -7, 5}, {3, 3, -3, -3, 0}),
            (Extents{1, -1, 1, -1, 0}));
  // -1 as uint64 is 2^64 - 1.
  EXPECT_EQ(binary(ir::ops::div, u64, {-1}, {2}), (Extents{INT64_MAX}));
  EXPECT_EQ(binary(ir::ops::div, u64, {-1}, {-1}), (Extents{1}));
  EXPECT_EQ(binary(ir::ops::mod, u64, {-1}, {10}), (Extents{5}));
  EXPECT_EQ(binary(ir::ops::max, u64, {-1}, {10}), (Extents{-1}));
}

TEST(Reference, RemaindersOfFloats) {
  expectNear(binary(ir::ops::mod, {5.5, -5.5, 5.5, -1, 1}, {2, 2, -2, kInf, 0}),
             {1.5, 0.5, -0.5, kInf, kNan});
  expectNear(binary(ir::ops::fmod, {5.5, -5.5, 5.5, -1, 1}, {2, 2, -2, kInf, 0}),
             {1.5, -1.5, 1.5, -1, kNan});
}

TEST(Reference, Powers) {
  EXPECT_EQ(binary(ir::ops::pow, i32, {2, -1, 0, 1, 3, -2, 2}, {-1, -3, -2, -5, 2, 3, 33}),
            (Extents{0, -1, 0, 1, 9, -8, 0}));
  EXPECT_EQ(integersOf(run(ir::ops::pow, {integers(i32, {2, 9}), floats({2}, {0.5, -1.5})})),
            (Extents{1, 0}));
  expectNear(run(ir::ops::pow, {floats({3}, {2, -2, -8}), integers(i64, {-2, 3, 1})}),
             {0.25, -8, -8});
  EXPECT_EQ(integersOf(run(ir::ops::pow, {integers(i64, {3}), integers(i64, {40})})),
            (Extents{-6289078614652622815})); // 3^40 mod 2^64
}

TEST(Reference, NanTakesPart) {
  expectNear(binary(ir::ops::max, {kNan, 1, kInf}, {1, kNan, 2}), {kNan, kNan, kInf});
  expectNear(binary(ir::ops::min, {kNan, 1, -kInf}, {1, kNan, 2}), {kNan, kNan, -kInf});
  expectNear(run(ir::ops::relu, {floats({3}, {kNan, -1, 2})}), {kNan, 0, 2});
  expectNear(run(ir::ops::sign, {floats({4}, {kNan, -3, 0, 2})}), {kNan, -1, 0, 1});
  EXPECT_EQ(numbers(binary(ir::ops::equal, {kNan, 1}, {kNan, 1})), (Numbers{0, 1}));
  EXPECT_EQ(numbers(binary(ir::ops::less_equal, {kNan, 1}, {1, 1})), (Numbers{0, 1}));
  EXPECT_EQ(numbers(run(ir::ops::is_inf, {floats({3}, {-kInf, kInf, kNan})},
                        {ir::attr::detectNegative(false), ir::attr::detectPositive(true)})),
            (Numbers{0, 1, 0}));
}

TEST(Reference, Rounding) {
  expectNear(run(ir::ops::round, {floats({5}, {0.5, 1.5, 2.5, -0.5, -2.5})}), {0, 2, 2, 0, -2});
  // One rounding, of the exact sum: in f16, 2048 + 1 is a tie and goes to even.
  EXPECT_EQ(numbers(run(ir::ops::add, {tensor(f16, {2}, {2048, 2050}), tensor(f16, {2}, {1, 1})})),
            (Numbers{2048, 2052}));
}

TEST(Reference, Shifts) {
  EXPECT_EQ(binary(ir::ops::shift_left, u8, {1, 255, 1}, {7, 1, 8}), (Extents{128, 254, 0}));
  EXPECT_EQ(binary(ir::ops::shift_right, i8, {-128, -1, 64}, {3, 100, 100}), (Extents{-16, -1, 0}));
  EXPECT_EQ(binary(ir::ops::shift_right, u64, {-1, -1}, {63, 64}), (Extents{1, 0}));
  EXPECT_EQ(binary(ir::ops::shift_left, i32, {1}, {-1}), (Extents{0}));
  EXPECT_EQ(integersOf(run(ir::ops::bit_not, {integers(u8, {5})})), (Extents{250}));
}

TEST(Reference, CastsToIntegers) {
  EXPECT_EQ(cast(f32, {1.9, -1.9, 300, -300, kNan, kInf}, i8), (Numbers{1, -1, 127, -128, 0, 127}));
  EXPECT_EQ(cast(f32, {-1, 255.9, 256}, u8), (Numbers{0, 255, 255}));
  EXPECT_EQ(cast(i32, {300, -1, 128}, u8), (Numbers{44, 255, 128}));
  EXPECT_EQ(cast(i32, {8, -9}, i4), (Numbers{-8, 7}));
  EXPECT_EQ(cast(f32, {0, -0.0, 0.25, kNan}, boolean), (Numbers{0, 0, 1, 1}));
  EXPECT_EQ(integersOf(run(ir::ops::cast, {floats({2}, {9.3e18, -9.3e18})},
                           {ir::attr::to(i64), ir::attr::saturate(true)})),
            (Extents{INT64_MAX, INT64_MIN}));
}

TEST(Reference, CastsRoundOnce) {
  // The double nearest to this integer is a tie of two floats, the integer is not.
  const Tensor x = integers(i64, {(int64_t{1} << 61) + (int64_t{1} << 37) + 1});
  EXPECT_EQ(numbers(run(ir::ops::cast, {x}, {ir::attr::to(f32), ir::attr::saturate(true)})),
            (Numbers{0x1p61 + 0x1p38}));
  // f64 to f16 without f32 between: 1 + 2^-11 + 2^-40 is above the tie.
  EXPECT_EQ(cast(f64, {1 + 0x1p-11 + 0x1p-40}, f16), (Numbers{1 + 0x1p-10}));
  EXPECT_EQ(cast(f32, {70000}, f16), (Numbers{kInf}));
}

/// The table of ONNX: https://onnx.ai/onnx/technical/float8.html
TEST(Reference, CastsToSmallFloats) {
  const Numbers x{449, 470, -1e6, kInf, 0.3};
  EXPECT_EQ(cast(f32, x, f8e4m3fn), (Numbers{448, 448, -448, 448, 0.3125}));
  EXPECT_EQ(cast(f32, x, f8e4m3fnuz), (Numbers{240, 240, -240, 240, 0.3125}));
  EXPECT_EQ(cast(f32, x, f8e5m2), (Numbers{448, 448, -57344, 57344, 0.3125}));
  EXPECT_EQ(cast(f32, x, f8e5m2fnuz), (Numbers{448, 448, -57344, 57344, 0.3125}));
  expectNear(
      run(ir::ops::cast, {floats({5}, x)}, {ir::attr::to(f8e4m3fn), ir::attr::saturate(false)}),
      {448, kNan, kNan, kNan, 0.3125});
  expectNear(
      run(ir::ops::cast, {floats({5}, x)}, {ir::attr::to(f8e5m2), ir::attr::saturate(false)}),
      {448, 448, -kInf, kInf, 0.3125});
  EXPECT_EQ(cast(f32, {7, -5, 2.5, 0.25, 0.26}, f4e2m1), (Numbers{6, -4, 2, 0, 0.5}));
  expectNear(run(ir::ops::cast, {floats({5}, {3, 2.9, 0, kInf, -1})},
                 {ir::attr::to(f8e8m0), ir::attr::saturate(true)}),
             {4, 2, 0x1p-127, 0x1p127, kNan}, 0);
}

TEST(Reference, Bitcast) {
  const auto bits = [](const Tensor &x, ElementType to) {
    return integersOf(run(ir::ops::bitcast, {x}, {ir::attr::to(to)}));
  };
  EXPECT_EQ(bits(floats({2}, {1, -2}), u32), (Extents{0x3f800000, 0xc0000000}));
  EXPECT_EQ(bits(integers(i8, {-1}), u8), (Extents{255}));
  EXPECT_EQ(bits(integers(i4, {-1, 7}), u4), (Extents{15, 7}));
  EXPECT_EQ(bits(integers(u4, {15, 7}), i4), (Extents{-1, 7}));
}

TEST(Reference, Broadcasting) {
  const Tensor sum = run(ir::ops::sub, {floats({2, 1}, {10, 20}), floats({3}, {1, 2, 3})});
  EXPECT_EQ(sum.shape(), (Extents{2, 3}));
  EXPECT_EQ(numbers(sum), (Numbers{9, 8, 7, 19, 18, 17}));
  EXPECT_EQ(numbers(run(ir::ops::equal, {strings({2}, {"a", "b"}), strings({}, {"b"})})),
            (Numbers{0, 1}));
  EXPECT_EQ(run(ir::ops::where,
                {tensor(boolean, {2}, {1, 0}), strings({2}, {"a", "b"}), strings({1}, {"c"})})
                .strings,
            (std::vector<std::string>{"a", "c"}));
}

} // namespace
} // namespace burin::reference
