// SPDX-License-Identifier: Apache-2.0
//
// Resampling. Expected: the reference of onnx 1.22 (resize), onnxruntime 1.31 (regions), torch 2.13
// (grids).
#include "tests/reference/test/run_op.h"

namespace burin::reference {
namespace {

struct Resize {
  std::string mode = "linear", coordinates = "half_pixel", nearest = "round_prefer_floor";
  bool excludeOutside = false, antialias = false;
  double cubicCoefficient = -0.75, extrapolation = 0;
  std::optional<Tensor> roi = std::nullopt;
};

Tensor resize(const Tensor &x, const Extents &shape, ir::Floats scales, const Resize &how) {
  if (scales.empty())
    for (size_t d = 0; d < shape.size(); ++d)
      scales.push_back(static_cast<double>(shape[d]) / static_cast<double>(x.extent(d)));
  return run(ir::ops::resize, {x, how.roi},
             {ir::attr::shape(ir::Dims(shape.begin(), shape.end())), ir::attr::scales(scales),
              ir::attr::mode(how.mode), ir::attr::coordinates(how.coordinates),
              ir::attr::nearest(how.nearest), ir::attr::cubicCoefficient(how.cubicCoefficient),
              ir::attr::excludeOutside(how.excludeOutside), ir::attr::antialias(how.antialias),
              ir::attr::extrapolation(how.extrapolation)});
}

Numbers line(int64_t from, int64_t to, const Resize &how, ir::Floats scales = {}) {
  return numbers(resize(pattern({from}, 7, 23), {to}, std::move(scales), how));
}
Tensor image(const Resize &how) { return resize(pattern({1, 4, 5}, 7, 23), {1, 3, 8}, {}, how); }

TEST(ReferenceResize, NearestRounds) {
  const auto nearest = [](const std::string &coordinates, const std::string &rounding) {
    Resize how{.mode = "nearest", .coordinates = coordinates, .nearest = rounding};
    Numbers all = line(5, 8, how);
    for (const double x : line(6, 4, how))
      all.push_back(x);
    return all;
  };
  EXPECT_EQ(nearest("half_pixel", "round_prefer_floor"),
            (Numbers{-2, -2, -0.25, 1.5, 1.5, -2.5, -0.75, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("half_pixel", "round_prefer_ceil"),
            (Numbers{-2, -2, -0.25, 1.5, 1.5, -2.5, -0.75, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("half_pixel", "floor"),
            (Numbers{-2, -2, -0.25, -0.25, 1.5, 1.5, -2.5, -0.75, -2, -0.25, -2.5, -0.75}));
  EXPECT_EQ(nearest("half_pixel", "ceil"),
            (Numbers{-2, -0.25, 1.5, 1.5, -2.5, -2.5, -0.75, -0.75, -0.25, 1.5, -0.75, 1}));
  EXPECT_EQ(nearest("asymmetric", "round_prefer_floor"),
            (Numbers{-2, -0.25, -0.25, 1.5, 1.5, -2.5, -0.75, -0.75, -2, -0.25, -2.5, -0.75}));
  EXPECT_EQ(nearest("asymmetric", "round_prefer_ceil"),
            (Numbers{-2, -0.25, -0.25, 1.5, -2.5, -2.5, -0.75, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("asymmetric", "floor"),
            (Numbers{-2, -2, -0.25, -0.25, 1.5, -2.5, -2.5, -0.75, -2, -0.25, -2.5, -0.75}));
  EXPECT_EQ(nearest("asymmetric", "ceil"),
            (Numbers{-2, -0.25, 1.5, 1.5, -2.5, -0.75, -0.75, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("align_corners", "round_prefer_floor"),
            (Numbers{-2, -0.25, -0.25, 1.5, 1.5, -2.5, -2.5, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("align_corners", "round_prefer_ceil"),
            (Numbers{-2, -0.25, -0.25, 1.5, 1.5, -2.5, -2.5, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("align_corners", "floor"),
            (Numbers{-2, -2, -0.25, -0.25, 1.5, 1.5, -2.5, -0.75, -2, -0.25, -2.5, 1}));
  EXPECT_EQ(nearest("align_corners", "ceil"),
            (Numbers{-2, -0.25, 1.5, 1.5, -2.5, -2.5, -0.75, -0.75, -2, 1.5, -0.75, 1}));
  EXPECT_EQ(nearest("half_pixel_symmetric", "round_prefer_floor"),
            (Numbers{-2, -2, -0.25, 1.5, 1.5, -2.5, -0.75, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("half_pixel_symmetric", "round_prefer_ceil"),
            (Numbers{-2, -2, -0.25, 1.5, 1.5, -2.5, -0.75, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("half_pixel_symmetric", "floor"),
            (Numbers{-2, -2, -0.25, -0.25, 1.5, 1.5, -2.5, -0.75, -2, -0.25, -2.5, -0.75}));
  EXPECT_EQ(nearest("half_pixel_symmetric", "ceil"),
            (Numbers{-2, -0.25, 1.5, 1.5, -2.5, -2.5, -0.75, -0.75, -0.25, 1.5, -0.75, 1}));
  EXPECT_EQ(nearest("pytorch_half_pixel", "round_prefer_floor"),
            (Numbers{-2, -2, -0.25, 1.5, 1.5, -2.5, -0.75, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("pytorch_half_pixel", "round_prefer_ceil"),
            (Numbers{-2, -2, -0.25, 1.5, 1.5, -2.5, -0.75, -0.75, -2, 1.5, -2.5, 1}));
  EXPECT_EQ(nearest("pytorch_half_pixel", "floor"),
            (Numbers{-2, -2, -0.25, -0.25, 1.5, 1.5, -2.5, -0.75, -2, -0.25, -2.5, -0.75}));
  EXPECT_EQ(nearest("pytorch_half_pixel", "ceil"),
            (Numbers{-2, -0.25, 1.5, 1.5, -2.5, -2.5, -0.75, -0.75, -0.25, 1.5, -0.75, 1}));
}

/// Half a pixel without its return: 2.5 and 7.5 of 10 rows become 2 and 7.
TEST(ReferenceResize, NearestOfTensorflow) {
  EXPECT_EQ(
      line(10, 2, {.mode = "nearest", .coordinates = "tf_half_pixel_for_nn", .nearest = "floor"}),
      (Numbers{pattern({10}, 7, 23).number(2), pattern({10}, 7, 23).number(7)}));
}

TEST(ReferenceResize, NearestKeepsIntegers) {
  const Tensor x = integers(i64, {(int64_t{1} << 60) + 1, 5});
  EXPECT_EQ(integersOf(resize(x, {4}, {}, {.mode = "nearest"})),
            (Extents{(int64_t{1} << 60) + 1, (int64_t{1} << 60) + 1, 5, 5}));
}

TEST(ReferenceResize, LinearAndCubic) {
  expectNear(image({.mode = "linear", .coordinates = "half_pixel"}),
             {-1.5,   -0.734375,  0.29947916, 0.7942708,  0.091145836, -1.8098959, -1.015625, -0.25,
              -0.375, 0.390625,   1.3046875,  0.6015625,  -0.1015625,  -0.8046875, 0.109375,  0.875,
              0.75,   -0.5807292, -2.1822917, -1.0885416, -0.29427084, 0.20052083, 1.234375,  2});
  expectNear(image({.mode = "cubic", .coordinates = "half_pixel"}),
             {-1.6841624,  -0.8361486,   0.34982744,  1.2408205,  0.1575224, -1.938763,
              -1.2721688,  -0.109241076, -0.5875039,  0.7432332,  1.9287839, 0.97639227,
              -0.35136557, -0.8957753,   0.03199005,  1.0374603,  1.0664295, -0.7422162,
              -2.4442239,  -1.3453014,   -0.19526042, 0.16369905, 1.3361489, 2.1841626});
  expectNear(image({.mode = "linear", .coordinates = "asymmetric"}),
             {-2,          -0.90625,    0.1875,      1.28125,   -0.5,   -2.28125,
              -1.1875,     -0.75,       0.083333336, 1.1770834, 1.3125, 0.010416667,
              -0.33333334, -0.19791667, 0.8958333,   1.3333334, 0.25,   -1.0520834,
              -1.3958334,  -0.30208334, -0.16666667, -0.03125,  1.0625, 1.5});
  expectNear(image({.mode = "cubic", .coordinates = "asymmetric"}),
             {-2,         -1.072876,   0.4716797,   1.6221924,   -0.5,       -2.604248,
              -1.2871094, -0.55773926, 0.30092567,  1.935414,    1.9386401,  -0.16014464,
              -0.7579571, 0.002396013, 1.1635556,   1.743186,    0.15277742, -1.4752904,
              -1.7857896, -0.17903838, -0.12745924, -0.19161001, 0.9929464,  1.5950377});
  expectNear(image({.mode = "linear", .coordinates = "align_corners"}), {-2,
                                                                         -1,
                                                                         -1.1102230246251565e-16,
                                                                         1,
                                                                         0.35714287,
                                                                         -1.9285715,
                                                                         -1.75,
                                                                         -0.75,
                                                                         -0.375,
                                                                         0.625,
                                                                         1.2142857,
                                                                         0.5714286,
                                                                         -0.071428575,
                                                                         -0.71428573,
                                                                         -0.125,
                                                                         0.875,
                                                                         1.25,
                                                                         -1.0357143,
                                                                         -2.5,
                                                                         -1.5,
                                                                         -0.5,
                                                                         0.5,
                                                                         1.5,
                                                                         2.5});
  expectNear(image({.mode = "cubic", .coordinates = "align_corners"}),
             {-2,         -1.1683669,  0.15196784,  1.5521132,  0.559402,  -2.1308308,
              -2.1851308, -0.75,       -0.375,      1.1277106,  1.9076735, 0.91216063,
              -0.3052911, -0.89847153, -0.258382,   0.875,      1.25,      -1.2543734,
              -2.8760934, -1.8279878,  -0.42346728, 0.42346907, 1.6683669, 2.5});
  expectNear(image({.mode = "cubic", .coordinates = "half_pixel", .excludeOutside = true}),
             {-1.7541641,  -0.94423646, 0.31549832,  1.2630874,  0.1797897, -1.9730911,
              -1.2216763,  -0.11564416, -0.62909895, 0.6380568,  1.9287839, 0.97639227,
              -0.35136557, -0.8957753,  0.11128007,  1.06926,    1.169638,  -0.58670264,
              -2.4752479,  -1.3901575,  -0.21022591, 0.19820897, 1.4442365, 2.254164});
  expectNear(image({.mode = "cubic",
                    .coordinates = "half_pixel",
                    .excludeOutside = true,
                    .cubicCoefficient = -0.5}),
             {-1.7544782, -0.9896671,  0.21359576, 1.1743063, 0.2781576, -2.0537076,
              -1.2347293, -0.25263318, -0.5267816, 0.5325041, 1.7396488, 0.80796623,
              -0.2246151, -0.88430977, 0.12746888, 1.0009226, 1.1193004, -0.5335965,
              -2.4941292, -1.3363624,  -0.2979734, 0.2957348, 1.489667,  2.2544782});
  expectNear(image({.mode = "linear", .coordinates = "half_pixel", .antialias = true}),
             {-1.1818181, -0.4161932, 0.57954544,  0.6931818,   -0.009943182, -1.5298295,
              -0.6974432, 0.06818182, -0.375,      0.390625,    1.3046875,    0.6015625,
              -0.1015625, -0.8046875, 0.109375,    0.875,       0.4318182,    -0.63210225,
              -1.890625,  -0.796875,  -0.19318181, -0.07954545, 0.9161932,    1.6818181});
  expectNear(image({.mode = "cubic", .coordinates = "half_pixel", .antialias = true}),
             {-1.2233801,  -0.3015332, 0.76267016, 0.95327705, -0.13002066, -1.5259193,
              -0.73755306, 0.35154057, -0.5702614, 0.648405,   1.7446257,   0.912739,
              -0.3307902,  -0.8952652, 0.03199005, 1.0374603,  0.5555075,   -1.0010773,
              -2.3215463,  -0.8726583, 0.03245086, -0.2506273, 0.80153316,  1.7233801});
  expectNear(image({.mode = "linear",
                    .coordinates = "half_pixel",
                    .excludeOutside = true,
                    .antialias = true}),
             {-1.1,   -0.334375,  0.6515625, 0.6671875, -0.0359375, -1.4578125, -0.615625, 0.15,
              -0.375, 0.390625,   1.3046875, 0.6015625, -0.1015625, -0.8046875, 0.109375,  0.875,
              0.35,   -0.6453125, -1.815625, -0.721875, -0.1671875, -0.1515625, 0.834375,  1.6});
  expectNear(image({.mode = "cubic",
                    .coordinates = "asymmetric",
                    .excludeOutside = true,
                    .antialias = true,
                    .cubicCoefficient = -0.5}),
             {-1.4295301,  -0.37697214,   0.6391831,   1.048176,    -0.5590394,  -1.908592,
              -0.57473177, 0.016365321,   -0.15086207, 1.266935,    1.6656452,   0.18364847,
              -0.56546336, -0.52291465,   0.75324064,  1.2950335,   0.021551725, -1.3242718,
              -1.600788,   -0.0040872507, -0.14520474, -0.35050085, 0.9256544,   1.4674473});
}

/// The given scale counts, not the quotient of the extents.
TEST(ReferenceResize, GivenScales) {
  expectNear(
      floats({6}, line(5, 6, {.mode = "nearest", .coordinates = "half_pixel", .nearest = "floor"},
                       {static_cast<double>(1.3f)})),
      {-2, -2, -0.25, 1.5, 1.5, -2.5});
  expectNear(floats({4}, line(7, 4, {.mode = "linear", .coordinates = "half_pixel"},
                              {static_cast<double>(0.7f)})),
             {-1.625, 0.87500006, -2.375, 0.12500015});
  expectNear(floats({4}, line(6, 4, {.mode = "linear", .coordinates = "half_pixel_symmetric"},
                              {static_cast<double>(0.7f)})),
             {-1.3750001, 1.125, -2.125, 0.37500006});
  expectNear(floats({5}, line(4, 5, {.mode = "cubic", .coordinates = "asymmetric"},
                              {static_cast<double>(1.3f)})),
             {-2, -0.79125035, 1.2526743, 0.54472065, -2.696631});
}

TEST(ReferenceResize, ToOneElement) {
  expectNear(floats({1}, line(5, 1, {.mode = "linear", .coordinates = "align_corners"})), {-2});
  expectNear(floats({1}, line(5, 1, {.mode = "linear", .coordinates = "pytorch_half_pixel"})),
             {-2});
  expectNear(floats({1}, line(5, 1, {.mode = "linear", .coordinates = "half_pixel"})), {1.5});
  expectNear(floats({1}, line(5, 1, {.mode = "cubic", .coordinates = "align_corners"})), {-2});
  expectNear(floats({1}, line(5, 1, {.mode = "cubic", .coordinates = "pytorch_half_pixel"})), {-2});
  expectNear(floats({1}, line(5, 1, {.mode = "cubic", .coordinates = "half_pixel"})), {1.5});
}

TEST(ReferenceResize, CropAndResize) {
  const Tensor roi = floats({6}, {0, 0.25, -0.5, 1, 1.25, 0.75});
  expectNear(image({.mode = "linear",
                    .coordinates = "tf_crop_and_resize",
                    .extrapolation = 9.5,
                    .roi = roi}),
             {9.5, 9.5, 9.5, 0.5,         1.75,        0.53571427, -0.4732143, -0.25,
              9.5, 9.5, 9.5, -0.95535713, -0.73214287, 0.3125,     0.33035713, -1.5,
              9.5, 9.5, 9.5, 9.5,         9.5,         9.5,        9.5,        9.5});
  expectNear(image({.mode = "nearest",
                    .coordinates = "tf_crop_and_resize",
                    .nearest = "floor",
                    .extrapolation = 9.5,
                    .roi = roi}),
             {9.5,   9.5, 9.5,  -2,    -2,  -0.25, 1.5, -2.5, 9.5, 9.5, 9.5, -1.75,
              -1.75, 0,   1.75, -2.25, 9.5, 9.5,   9.5, 9.5,  9.5, 9.5, 9.5, 9.5});
  expectNear(
      image(
          {.mode = "cubic", .coordinates = "tf_crop_and_resize", .extrapolation = 9.5, .roi = roi}),
      {9.5, 9.5, 9.5, 0.86542934, 2.408676,   0.47078264, -1.1030625, 0.11035156,
       9.5, 9.5, 9.5, -1.3371516, -1.1526941, 0.83601713, 0.75277895, -1.8603516,
       9.5, 9.5, 9.5, 9.500001,   9.500001,   9.5,        9.500003,   9.5});
}

TEST(ReferenceResize, IntegersAreRounded) {
  expectNear(resize(tensor(u8, {4}, {0, 255, 10, 11}), {7}, {}, {.mode = "cubic"}),
             {0, 102, 252, 156, 0, 0, 11});
}

Tensor gridSample(const std::string &mode, const std::string &padding, bool alignCorners) {
  return run(
      ir::ops::grid_sample, {pattern({1, 2, 3, 4}, 7, 23), pattern({1, 2, 7, 2}, 5, 17)},
      {ir::attr::mode(mode), ir::attr::pattern(padding), ir::attr::alignCorners(alignCorners)});
}

TEST(ReferenceGridSample, Images) {
  expectNear(gridSample("linear", "zeros", false),
             {0, 0, 1.203125,  0, 0, 0, 0, 0.1875,  0, 0.03125,  0, 0, -0.140625, 0,
              0, 0, -0.546875, 0, 0, 0, 0, -1.8125, 0, 0.140625, 0, 0, -1.140625, 0});
  expectNear(gridSample("linear", "zeros", true),
             {-0.46875, -0.390625, 1.5,     0, -0.625,   -0.265625, 0,
              0.53125,  0,         0.1875,  0, 0,        -0.4375,   -0.3125,
              -1.71875, 0.1953125, -0.5,    0, 0.890625, -0.40625,  0,
              -1.46875, 0,         0.84375, 0, 0,        -2.4375,   0.15625});
  expectNear(gridSample("linear", "border", false),
             {-0.75,   -2.5,    1.375,    -2.5,  -1.75, -1.21875, -2.5,     0.1875, -2.5, 0.25,
              -1.6875, 0,       -0.28125, -2.5,  -2.75, 1.25,     -0.625,   1.25,   2,    -1.0625,
              1.25,    -1.8125, 1.25,     1.125, 0.625, -2,       -2.28125, 1.25});
  expectNear(gridSample("linear", "border", true),
             {-0.75,  -2.5,     1.5,     -2.5,  -1.25, -1.0625, -2.5,    0.53125, -2.5,    0.25,
              -1.375, -0.65625, -0.4375, -2.5,  -2.75, 1.25,    -0.5,    1.25,    1.78125, -1.625,
              1.25,   -1.46875, 1.25,    1.125, -0.5,  -0.5,    -2.4375, 1.25});
  expectNear(gridSample("linear", "reflection", false),
             {-0.75,   -1.71875, 1.375,  0.625,   -0.625, -0.34375,  -1.25,
              0.1875,  1.5,      0.25,   0.0625,  -1.25,  -0.28125,  -0.1875,
              -2.75,   2.03125,  -0.625, -1.375,  1.6875, -1.265625, 2.5,
              -1.8125, -0.5,     1.125,  -1.9375, 2.5,    -2.28125,  0.6875});
  expectNear(gridSample("linear", "reflection", true),
             {-0.09375, -0.0625,  1.5,     0.625,    0.640625, 0.25,      -1.25,
              0.53125,  1.59375,  0.65625, 0.59375,  0.25,     -0.4375,   1.125,
              -2.09375, 1.53125,  -0.5,    -1.375,   1.15625,  -1.390625, 2.5,
              -1.46875, -0.40625, 0.8125,  -1.40625, 1.84375,  -2.4375,   0.5625});
  expectNear(gridSample("nearest", "zeros", false),
             {0, 0, 0.5,  0, 0, 0, 0, 0.5,  0, 0, 0, 0, -0.75, 0,
              0, 0, -1.5, 0, 0, 0, 0, -1.5, 0, 0, 0, 0, -2.75, 0});
  expectNear(gridSample("nearest", "zeros", true),
             {-0.75, 0, 2.25, 0, -1.75, 0, 0, 0.5,  0, -1.75, 0, 0, -0.75, 0,
              -2.75, 0, 0.25, 0, 2,     0, 0, -1.5, 0, 2,     0, 0, -2.75, 0});
  expectNear(gridSample("nearest", "border", false),
             {-0.75, -2.5, 0.5,   -2.5, -1.75, -0.75, -2.5,  0.5,  -2.5, -1.75,
              -2,    0,    -0.75, -2.5, -2.75, 1.25,  -1.5,  1.25, 2,    -2.75,
              1.25,  -1.5, 1.25,  2,    1.75,  -2,    -2.75, 1.25});
  expectNear(gridSample("nearest", "border", true),
             {-0.75, -2.5, 2.25,  -2.5, -1.75, -0.75, -2.5,  0.5,  -2.5, -1.75,
              -2,    0,    -0.75, -2.5, -2.75, 1.25,  0.25,  1.25, 2,    -2.75,
              1.25,  -1.5, 1.25,  2,    1.75,  -2,    -2.75, 1.25});
  expectNear(gridSample("nearest", "reflection", false),
             {-0.75, -1.25, 0.5,   -0.25, -1.75, 1,   -1.25, 0.5,   1.5, -1.75,
              -0.25, -1.25, -0.75, -2.5,  -2.75, 2.5, -1.5,  -2.25, 2,   -1,
              2.5,   -1.5,  -0.5,  2,     -2.25, 2.5, -2.75, 1.25});
  expectNear(gridSample("nearest", "reflection", true),
             {-0.75, -1.25, 2.25,  1.5, -1.75, 1,   -1.25, 0.5,  1.5, -1.75,
              -0.25, -1.25, -0.75, 1.5, -2.75, 2.5, 0.25,  -0.5, 2,   -1,
              2.5,   -1.5,  -0.5,  2,   -2.25, 2.5, -2.75, -0.5});
  expectNear(gridSample("cubic", "zeros", false),
             {0,          0, 1.7459412,   0, 0.18457031, 0.13777542, 0,
              0.31347656, 0, 0.003932953, 0, 0,          -0.2395134, -0.024719238,
              0,          0, -0.73440933, 0, -0.2109375, 0.10784912, 0,
              -2.0996094, 0, 0.19222641,  0, 0,          -1.6805115, 0.012359619});
  expectNear(gridSample("cubic", "zeros", true),
             {-0.6719971, -0.48997402, 2.1497383,  0.234375,    -1.1240883,  -0.3435707,
              0,          0.8319664,   0.14825106, -0.03488159, 0.12056351,  0,
              -0.3173828, -0.38006592, -1.951294,  0.19659996,  -0.7248421,  -0.1171875,
              1.2169762,  -0.41876984, 0,          -2.2249413,  -0.05993128, 1.4757385,
              0.03252411, 0,           -2.9941406, 0.14581299});
  expectNear(gridSample("cubic", "border", false),
             {-0.75,      -2.5,       1.8784142,  -2.6171875, -1.75, -1.3377686,  -2.875,
              0.2607422,  -2.5128174, 0.2278099,  -1.7607422, 0,     -0.32629395, -2.5,
              -2.75,      1.25,       -0.6993408, 1.1328125,  2,     -1.2657471,  1.4140625,
              -1.9414062, 1.2371826,  1.6824074,  0.68652344, -2,    -3.017231,   1.25});
  expectNear(gridSample("cubic", "border", true),
             {-0.94226074, -2.9833984, 1.898735,   -2.5,        -1.8439369,  -1.2265625,
              -2.5,        0.69696045, -2.631836,  0.021759033, -1.4921875,  -0.8942871,
              -0.33496094, -2.7578125, -2.9422607, 1.3983154,   -0.61611176, 1.25,
              2.2780724,   -1.8780289, 1.25,       -1.8373642,  1.1181641,   1.8527527,
              -0.6171875,  -0.4432373, -2.9414062, 1.1943359});
  expectNear(gridSample("cubic", "reflection", false),
             {-0.75,       -1.8377686,  1.896759,   0.9296875,  -0.68652344,   -0.6860542,
              -2,          0.2607422,   1.3974609,  0.07247925, -0.0107421875, -1.25,
              -0.49035645, 0.023345947, -2.75,      2.5439453,  -0.68652344,   -2.2495117,
              1.7607422,   -1.5908203,  2.828125,   -1.9414062, -0.60253906,   1.8108215,
              -2.0107422,  2.5,         -3.2405167, 0.87939453});
  expectNear(gridSample("cubic", "reflection", true),
             {-0.42700195, -0.39979172, 2.0330086, 1.1640625,  0.4291954,   -0.16552353,
              -1.25,       0.6574211,   1.9251494, 0.55599976, 0.5519676,   -0.13269043,
              -0.29101562, 1.4831543,   -2.427002, 2.1725554,  -0.55290604, -1.9140625,
              1.5694275,   -1.7077065,  2.5,       -1.9716606, -0.7494354,  1.510315,
              -1.8194275,  2.177002,    -2.897461, 0.6742859});
}

TEST(ReferenceGridSample, Volumes) {
  expectNear(run(ir::ops::grid_sample,
                 {pattern({1, 1, 2, 3, 4}, 7, 23), pattern({1, 1, 1, 5, 3}, 5, 13)},
                 {ir::attr::mode("linear"), ir::attr::pattern("reflection"),
                  ir::attr::alignCorners(true)}),
             {0.03125, 1.75, 0.76953125, 0.109375, 0.5078125});
}

TEST(ReferenceGridSample, NotANumberIsOutside) {
  const Tensor grid = floats({1, 1, 2, 2}, {kNan, 0, kInf, 0});
  const auto sample = [&](const std::string &padding) {
    return run(
        ir::ops::grid_sample, {floats({1, 1, 1, 2}, {3, 5}), grid},
        {ir::attr::mode("linear"), ir::attr::pattern(padding), ir::attr::alignCorners(false)});
  };
  expectNear(sample("zeros"), {0, 0});
  expectNear(sample("border"), {3, 5});
}

Tensor roiAlign(const std::string &mode, const std::string &coordinates, int64_t sampling) {
  return run(ir::ops::roi_align,
             {pattern({2, 2, 6, 7}, 7, 23),
              floats({3, 4}, {1, 1, 9, 7, 0, 0, 3.5, 11.5, 4, 6, 4.5, 6.5}),
              integers(i64, {1, 0, 1})},
             {ir::attr::shape({2, 3}), ir::attr::mode(mode), ir::attr::coordinates(coordinates),
              ir::attr::sampling(sampling), ir::attr::spatialScale(0.5)});
}

TEST(ReferenceRoiAlign, Mean) {
  expectNear(roiAlign("avg", "half_pixel", 0),
             {-0.85416675, -0.4374998, 0.57812494,  -0.328125,  0.38802087, -0.09375009,
              1.4895834,   -0.7890625, 0.6458334,   -0.7395834, -0.502604,  1.171875,
              -1.2916666,  -0.6354167, 0.3854165,   0.85937494, 0.9615887,  1.120588,
              -0.5052084,  -0.6126302, -0.779731,   -0.3906251, 0.26562485, 1.2864581,
              0.1197916,   0.265625,   0.4114582,   0.21354157, 0.359375,   0.5052082,
              -1.1302085,  -0.984375,  -0.83854187, -1.0364584, -0.890625,  -0.7447918});
  expectNear(roiAlign("avg", "output_half_pixel", 2),
             {-1.0416667,  0.81250024,  -0.92708313, -0.24609375, -0.039062798, -1.0299476,
              0.34375,     -0.4374998,  1.416666,    -1.1966146,  0.68750024,   -0.09375003,
              -0.41145837, 0.5794271,   0.3125,      0.89453125,  0.23828125,   -0.41796875,
              -1.0887045,  -0.53112805, 0.38020825,  0.48307294,  1.4561769,    0.42464197,
              0.7708335,   -0.5624995,  -1.8958335,  1.1458335,   -0.18749954,  -1.5208335,
              0.4791666,   1.0624998,   1.6458335,   0.8541666,   1.4374998,    2.0208335});
}
TEST(ReferenceRoiAlign, Largest) {
  expectNear(roiAlign("max", "half_pixel", 2),
             {1.1666666,  0.4375002,  1.3125,     1.6041666, 0.6562503,  1.96875,
              2.1875,     0.7291665,  1.1666667,  0.9374999, 0.3645835,  1.6041667,
              0,          0.4272461,  0.7348633,  0.9296875, 0.9440104,  1.623698,
              1.953125,   1.5055339,  0.36621106, 0.265625,  0.62255853, 1.0708008,
              0.41748047, 0.47932947, 0.54117835, 0.5053711, 0.58024096, 0.6551106,
              0,          0,          0,          0,         0,          0});
  expectNear(roiAlign("max", "output_half_pixel", 0),
             {0.2916666,  1.1718752,  0.703125,   0.546875,   1.1718752, 0.703125,
              1.8229167,  0.52083343, 1.4583328,  0.3281249,  1.2760419, 1.4322912,
              0.23090272, 0.6927082,  0.580078,   1.2395834,  1.6542969, 1.0240886,
              0.92230916, 0.25976557, 0.484592,   0.65625,    1.96875,   1.2187502,
              0.78124994, 0.46875,    0.15624985, 1.2499999,  0.75,      0.24999976,
              0.2187501,  0.65625,    1.0937502,  0.46874994, 0.9375,    1.5625002});
}

} // namespace
} // namespace burin::reference
