// SPDX-License-Identifier: Apache-2.0
//
// Quantisation. Expected: onnxruntime 1.31, ml_dtypes 0.6; the roundings of TensorFlow Lite from
// their definition in exact rational numbers.
#include "tests/reference/test/run_op.h"

namespace burin::reference {
namespace {

struct Quantize {
  std::optional<Tensor> zero = std::nullopt;
  int64_t axis = 0, blockSize = 0;
  bool saturate = true;
};

Numbers quantize(const Tensor &x, const Tensor &scale, ElementType to, const Quantize &how = {}) {
  return numbers(run(ir::ops::quantize, {x, scale, how.zero},
                     {ir::attr::to(to), ir::attr::axis(how.axis),
                      ir::attr::blockSize(how.blockSize), ir::attr::saturate(how.saturate)}));
}
Numbers dequantize(const Tensor &x, const Tensor &scale, const Quantize &how = {},
                   ElementType to = f32) {
  return numbers(
      run(ir::ops::dequantize, {x, scale, how.zero},
          {ir::attr::to(to), ir::attr::axis(how.axis), ir::attr::blockSize(how.blockSize)}));
}

// Ties, quotients that are ties in f32 only (0.35 / 0.1), and all ends of all ranges.
const Tensor kReals = floats({16}, {0.05, 0.15, 0.25, 0.35, -0.05, -0.15, -0.25, 0.949, 1.5, -0.85,
                                    12.75, -12.85, 25.55, 6553.4, -3276.9, 1e30});
const Tensor kScale = scalar(f32, 0.1);

TEST(ReferenceQuant, QuantizeToEveryInteger) {
  EXPECT_EQ(quantize(kReals, kScale, i8, {.zero = scalar(i8, 3)}),
            (Numbers{3, 5, 5, 7, 3, 1, 1, 12, 18, -5, 127, -125, 127, 127, -128, 127}));
  EXPECT_EQ(quantize(kReals, kScale, u8, {.zero = scalar(u8, 128)}),
            (Numbers{128, 130, 130, 132, 128, 126, 126, 137, 143, 120, 255, 0, 255, 255, 0, 255}));
  EXPECT_EQ(quantize(kReals, kScale, i16, {.zero = scalar(i16, -7)}),
            (Numbers{-7, -5, -5, -3, -7, -9, -9, 2, 8, -15, 121, -135, 248, 32767, -32768, 32767}));
  EXPECT_EQ(quantize(kReals, kScale, u16, {.zero = scalar(u16, 9)}),
            (Numbers{9, 11, 11, 13, 9, 7, 7, 18, 24, 1, 137, 0, 264, 65535, 0, 65535}));
  EXPECT_EQ(quantize(kReals, kScale, i4, {.zero = scalar(i4, 1)}),
            (Numbers{1, 3, 3, 5, 1, -1, -1, 7, 7, -7, 7, -8, 7, 7, -8, 7}));
  EXPECT_EQ(quantize(kReals, kScale, u4, {.zero = scalar(u4, 8)}),
            (Numbers{8, 10, 10, 12, 8, 6, 6, 15, 15, 0, 15, 0, 15, 15, 0, 15}));
  EXPECT_EQ(quantize(kReals, kScale, i2),
            (Numbers{0, 1, 1, 1, 0, -2, -2, 1, 1, -2, 1, -2, 1, 1, -2, 1}));
  EXPECT_EQ(quantize(kReals, kScale, u2, {.zero = scalar(u2, 1)}),
            (Numbers{1, 3, 3, 3, 1, 0, 0, 3, 3, 0, 3, 0, 3, 3, 0, 3}));
}

TEST(ReferenceQuant, QuantizeToFloats) {
  const Tensor x = floats({8}, {0.013, 1, 3.3, -47, 44.8, 44.9, 50, -6e3});
  EXPECT_EQ(quantize(x, kScale, f8e4m3fn), (Numbers{0.125, 10, 32, -448, 448, 448, 448, -448}));
  EXPECT_EQ(quantize(x, kScale, f8e4m3fnuz), (Numbers{0.125, 10, 32, -240, 240, 240, 240, -240}));
  EXPECT_EQ(quantize(x, kScale, f8e5m2), (Numbers{0.125, 10, 32, -448, 448, 448, 512, -57344}));
  EXPECT_EQ(quantize(x, kScale, f8e5m2fnuz), (Numbers{0.125, 10, 32, -448, 448, 448, 512, -57344}));
  EXPECT_EQ(quantize(floats({6}, {0.02, 0.026, 0.2, -0.36, 0.5, 9}), kScale, f4e2m1),
            (Numbers{0, 0.5, 2, -4, 4, 6}));
}

TEST(ReferenceQuant, ScalesOfSlicesAndBlocks) {
  const Tensor x = pattern({2, 3, 4}, 7, 23);
  EXPECT_EQ(
      quantize(x, floats({3}, {0.5, 0.25, 2}), i8, {.zero = integers(i8, {1, 0, -4}), .axis = 1}),
      (Numbers{-3, 1,  4, -4, -3,  4,  11, -5, -4, -3, -5, -4,
               5,  -3, 0, 3,  -11, -4, 3,  10, -5, -4, -3, -5}));
  Tensor zeros = integers(u8, {0, 10, 20, 30, 40, 50, 60, 70});
  zeros.type = typeOf(u8, {1, 2, 4});
  const Tensor one =
      floats({1, 3, 4}, Numbers{-2, -0.25, 1.5, -2.5, -0.75, 1, 2.75, -1.25, 0.5, 2.25, -1.75, 0});
  const Tensor blocks = floats({1, 2, 4}, {0.5, 0.25, 2, 1, 0.1, 0.2, 0.3, 0.4});
  const Quantize how{.zero = zeros, .axis = 1, .blockSize = 2};
  EXPECT_EQ(quantize(one, blocks, u8, how), (Numbers{0, 9, 21, 28, 0, 14, 21, 29, 45, 61, 54, 70}));
  expectNear(
      floats({12}, dequantize(tensor(u8, {1, 3, 4}, quantize(one, blocks, u8, how)), blocks, how)),
      {0, -0.25, 2, -2, 0, 1, 2, -1, 0.5, 2.2, -1.8000001, 0});
}

TEST(ReferenceQuant, Dequantize) {
  EXPECT_EQ(dequantize(integers(i8, {-128, 0, 127}), scalar(f32, 0.5), {.zero = scalar(i8, 3)}),
            (Numbers{-65.5, -1.5, 62}));
  EXPECT_EQ(dequantize(integers(i32, {-2147483647, 3}), scalar(f32, 1)), (Numbers{-2147483648, 3}));
  EXPECT_EQ(dequantize(tensor(f8e4m3fn, {2}, {-448, 0.5}), scalar(f32, 2)), (Numbers{-896, 1}));
  EXPECT_EQ(dequantize(integers(u4, {15}), scalar(f16, 3), {}, f16), (Numbers{45}));
}

/// A scale for the whole tensor; results before saturation to i8 are compared as i16.
Numbers requantize(const Extents &x, float scale, const std::string &rounding, ElementType to = i16,
                   double zero = 0) {
  return numbers(run(ir::ops::requantize, {integers(i32, x), scalar(f32, scale), scalar(to, zero)},
                     {ir::attr::to(to), ir::attr::axis(0), ir::attr::rounding(rounding)}));
}

const Extents kSums{0,  1, -1, 2,    -2,    3,     -3,     5,        -5,       6,
                    -6, 7, -7, 1000, -1000, 12345, -12345, 16777217, -16777217};

TEST(ReferenceQuant, RequantizeHalfEvenInFloat) {
  EXPECT_EQ(
      requantize(kSums, 0.5f, "half_even_float"),
      (Numbers{0, 0, 0, 1, -1, 2, -2, 2, -2, 3, -3, 4, -4, 500, -500, 6172, -6172, 32767, -32768}));
  EXPECT_EQ(requantize(kSums, 0.0123f, "half_even_float"),
            (Numbers{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, -12, 152, -152, 32767, -32768}));
  // The product is a tie in f32 only: 5 * 0.1f is 0.5 there, and above it in f64.
  EXPECT_EQ(requantize({5, 15}, 0.1f, "half_even_float"), (Numbers{0, 2}));
}

TEST(ReferenceQuant, RequantizeAsTensorflowLite) {
  EXPECT_EQ(
      requantize(kSums, 0.5f, "tflite_double"),
      (Numbers{0, 1, 0, 1, -1, 2, -1, 3, -2, 3, -3, 4, -3, 500, -500, 6173, -6172, 32767, -32768}));
  EXPECT_EQ(
      requantize(kSums, 0.5f, "tflite_single"),
      (Numbers{0, 1, 0, 1, -1, 2, -1, 3, -2, 3, -3, 4, -3, 500, -500, 6173, -6172, 32767, -32768}));
  EXPECT_EQ(requantize(kSums, 0.0123f, "tflite_double"),
            (Numbers{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, -12, 152, -152, 32767, -32768}));
  EXPECT_EQ(requantize(kSums, 0.0123f, "tflite_single"),
            (Numbers{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, -12, 152, -152, 32767, -32768}));
  EXPECT_EQ(requantize(kSums, 0.999999f, "tflite_double"),
            (Numbers{0, 1, -1, 2, -2, 3, -3, 5, -5, 6, -6, 7, -7, 1000, -1000, 12345, -12345, 32767,
                     -32768}));
  EXPECT_EQ(requantize(kSums, 0.999999f, "tflite_single"),
            (Numbers{0, 1, -1, 2, -2, 3, -3, 5, -5, 6, -6, 7, -7, 1000, -1000, 12345, -12345, 32767,
                     -32768}));
  EXPECT_EQ(requantize(kSums, 3.7f, "tflite_double"),
            (Numbers{0, 4, -4, 7, -7, 11, -11, 19, -19, 22, -22, 26, -26, 3700, -3700, 32767,
                     -32768, 32767, -32768}));
  EXPECT_EQ(requantize(kSums, 3.7f, "tflite_single"),
            (Numbers{0, 4, -4, 7, -7, 11, -11, 19, -19, 22, -22, 26, -26, 3700, -3700, 32767,
                     -32768, 32767, -32768}));
  EXPECT_EQ(
      requantize(kSums, 0.25f, "tflite_double"),
      (Numbers{0, 1, 0, 1, -1, 1, -1, 2, -1, 2, -2, 2, -2, 250, -250, 3087, -3086, 32767, -32768}));
  EXPECT_EQ(
      requantize(kSums, 0.25f, "tflite_single"),
      (Numbers{0, 0, 0, 1, 0, 1, -1, 1, -1, 2, -1, 2, -2, 250, -250, 3086, -3086, 32767, -32768}));
  EXPECT_EQ(requantize(kSums, 0.00048828125f, "tflite_double"),
            (Numbers{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, -6, 8192, -8192}));
  EXPECT_EQ(requantize(kSums, 0.00048828125f, "tflite_single"),
            (Numbers{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, -6, 8192, -8192}));
}

TEST(ReferenceQuant, RequantizeSaturatesAfterTheZeroPoint) {
  EXPECT_EQ(requantize({1000, -1000, 10}, 0.5f, "half_even_float", i8, 100),
            (Numbers{127, -128, 105}));
  EXPECT_EQ(requantize({1000, -1000, 10}, 0.5f, "tflite_single", u8, 100), (Numbers{255, 0, 105}));
  EXPECT_EQ(
      numbers(run(ir::ops::requantize,
                  {[] {
                     Tensor x = integers(i32, {10, 10, 10, -10});
                     x.type = typeOf(i32, {2, 2});
                     return x;
                   }(),
                   floats({2}, {0.5, 2}), integers(i8, {1, -1})},
                  {ir::attr::to(i8), ir::attr::axis(1), ir::attr::rounding("tflite_double")})),
      (Numbers{6, 19, 6, -21}));
}

} // namespace
} // namespace burin::reference
