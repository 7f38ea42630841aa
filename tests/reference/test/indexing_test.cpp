// SPDX-License-Identifier: Apache-2.0
//
// Indexing, selection, reductions. Expected: onnxruntime 1.31, numpy 2.4.
#include "tests/reference/test/run_op.h"

namespace burin::reference {
namespace {

Tensor shaped(Tensor t, const Extents &shape) {
  t.type = typeOf(t.type.element(), shape);
  return t;
}

// ---- gather and scatter ----

TEST(ReferenceIndexing, IndicesStayInside) {
  EXPECT_EQ(
      integersOf(run(ir::ops::gather, {integers(i64, {10, 11, 12}), ints({5}, {-1, -3, -9, 2, 9})},
                     {ir::attr::axis(0)})),
      (Extents{12, 10, 10, 12, 12}));
}

TEST(ReferenceIndexing, Gather) {
  const Tensor out = run(ir::ops::gather,
                         {pattern({2, 3, 2}, 7, 23), shaped(integers(i64, {2, 0, -2, 1}), {2, 2})},
                         {ir::attr::axis(-2)});
  EXPECT_EQ(out.shape(), (Extents{2, 2, 2, 2}));
  expectNear(out, {-0.75, 1, -2, -0.25, 1.5, -2.5, 1.5, -2.5, -1.75, 0, 2.75, -1.25, 0.5, 2.25, 0.5,
                   2.25});
  expectNear(run(ir::ops::gather, {pattern({2, 3}, 7, 23), scalar(i32, 1)}, {ir::attr::axis(1)}),
             {-0.25, -0.75});
  expectNear(run(ir::ops::gather_elements,
                 {pattern({2, 3}, 7, 23), shaped(integers(i64, {2, 0, -1, 1}), {2, 2})},
                 {ir::attr::axis(1)}),
             {1.5, -2, 1, -0.75});
  expectNear(run(ir::ops::gather_nd,
                 {pattern({2, 3, 4, 2}, 7, 23), shaped(integers(i64, {2, 0, -1, 3}), {2, 1, 2})},
                 {ir::attr::batchDims(1)}),
             {-2.75, -1, -2, -0.25});
}

TEST(ReferenceIndexing, ScatterElements) {
  const auto scatter = [](const std::string &reduction) {
    return run(ir::ops::scatter_elements,
               {pattern({2, 4}, 7, 23), shaped(integers(i64, {1, 1, -1, 0, 1, 0}), {2, 3}),
                pattern({2, 3}, 5, 17)},
               {ir::attr::axis(1), ir::attr::reduction(reduction)});
  };
  expectNear(scatter("add"), {-2, -1.5, 1.5, -1.25, -1.75, 0.5, 2.75, -1.25});
  expectNear(scatter("mul"), {-2, 0, 1.5, -3.125, 0.984375, -0.5, 2.75, -1.25});
  expectNear(scatter("min"), {-2, -1.25, 1.5, -2.5, -1.75, -0.5, 2.75, -1.25});
  expectNear(scatter("max"), {-2, 0, 1.5, 1.25, 0.75, 1, 2.75, -1.25});
  expectNear(scatter("none"),
             {-2, 0, 1.5, 1.25, 0.75, -0.5, 2.75, -1.25}); // the last of two updates stays
}

TEST(ReferenceIndexing, ScatterNd) {
  const auto scatter = [](const std::string &reduction) {
    return run(ir::ops::scatter_nd,
               {pattern({2, 3, 2}, 7, 23), shaped(integers(i64, {1, 0, 0, -1, 1, 0}), {3, 2}),
                pattern({3, 2}, 5, 17)},
               {ir::attr::reduction(reduction)});
  };
  expectNear(scatter("add"), {-2, -0.25, 1.5, -2.5, 0.5, -0.75, 1, -0.5, 0.5, 2.25, -1.75, 0});
  expectNear(scatter("max"), {-2, -0.25, 1.5, -2.5, 1.25, 1, 2.75, 0.75, 0.5, 2.25, -1.75, 0});
  expectNear(scatter("none"), {-2, -0.25, 1.5, -2.5, 1.25, -1.75, -0.5, 0.75, 0.5, 2.25, -1.75, 0});
  EXPECT_EQ(integersOf(run(ir::ops::scatter_nd,
                           {integers(i8, {100, 1}), shaped(integers(i64, {0, 0}), {2, 1}),
                            integers(i8, {20, 20})},
                           {ir::attr::reduction("add")})),
            (Extents{-116, 1}));
}

// ---- choosing by value ----

TEST(ReferenceSelection, TopkOfTies) {
  const auto topk = [](const Tensor &x, int64_t count, bool largest) {
    return runAll(ir::ops::topk, {x},
                  {ir::attr::count({count}), ir::attr::axis(-1), ir::attr::largest(largest),
                   ir::attr::sorted(false)});
  };
  const Tensor x = floats({2, 5}, {1, 3, 3, 2, 3, 0, -1, 0, -1, -1});
  EXPECT_EQ(numbers(topk(x, 4, true)[0]), (Numbers{3, 3, 3, 2, 0, 0, -1, -1}));
  EXPECT_EQ(integersOf(topk(x, 4, true)[1]), (Extents{1, 2, 4, 3, 0, 2, 1, 3}));
  EXPECT_EQ(integersOf(topk(x, 3, false)[1]), (Extents{0, 3, 1, 1, 3, 4}));
  const Tensor withNan = floats({5}, {1, kNan, 3, kNan, 2});
  EXPECT_EQ(integersOf(topk(withNan, 3, true)[1]), (Extents{1, 3, 2}));
  EXPECT_EQ(integersOf(topk(withNan, 4, false)[1]), (Extents{0, 4, 2, 1}));
}

TEST(ReferenceSelection, NonzeroAndCompress) {
  const Tensor found =
      run(ir::ops::nonzero, {floats({2, 3}, {0, 1, kNan, -0.0, 0, 2})}, {ir::attr::dims({6})});
  EXPECT_EQ(found.shape(), (Extents{2, 3}));
  EXPECT_EQ(integersOf(found), (Extents{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(run(ir::ops::nonzero, {scalar(f32, 4)}, {ir::attr::dims({1})}).shape(),
            (Extents{0, 1}));
  const Tensor kept =
      run(ir::ops::compress, {pattern({2, 3}, 1, 100, u8), tensor(boolean, {2}, {0, 1})},
          {ir::attr::axis(1), ir::attr::dims({3})});
  EXPECT_EQ(kept.shape(), (Extents{2, 1}));
  EXPECT_EQ(integersOf(kept), (Extents{4, 7}));
}

TEST(ReferenceSelection, Unique) {
  const auto unique = [](bool sorted) {
    return runAll(ir::ops::unique, {floats({7}, {2, kNan, 1, 2, kNan, 3, 1})},
                  {ir::attr::sorted(sorted), ir::attr::dims({7})});
  };
  const std::vector<Tensor> sorted = unique(true), inOrder = unique(false);
  expectNear(sorted[0], {1, 2, 3, kNan});
  EXPECT_EQ(integersOf(sorted[1]), (Extents{2, 0, 5, 1}));
  EXPECT_EQ(integersOf(sorted[2]), (Extents{1, 3, 0, 1, 3, 2, 0}));
  EXPECT_EQ(integersOf(sorted[3]), (Extents{2, 2, 1, 2}));
  expectNear(inOrder[0], {2, kNan, 1, 3});
  EXPECT_EQ(integersOf(inOrder[1]), (Extents{0, 1, 2, 5}));
  EXPECT_EQ(integersOf(inOrder[2]), (Extents{0, 1, 2, 0, 1, 3, 2}));
}

Extents suppressed(const Tensor &boxes, const Tensor &scores, std::optional<int64_t> count,
                   std::optional<double> iou, std::optional<double> score, bool centerPoint) {
  const auto given = [](ElementType e, auto x) {
    return x ? std::optional(scalar(e, static_cast<double>(*x))) : std::nullopt;
  };
  return integersOf(run(ir::ops::non_max_suppression,
                        {boxes, scores, given(i64, count), given(f32, iou), given(f32, score)},
                        {ir::attr::centerPoint(centerPoint), ir::attr::dims({40})}));
}

TEST(ReferenceSelection, NonMaxSuppression) {
  const Tensor boxes =
                   floats({2, 6, 4},
                          {2.5,  0.75, 5.5,  4.5,  2,    0,   4.75, 3,   8.5,  3.75, 4.75, 2.5,
                           2.75, 2.25, 6.5,  3.25, 2.5,  1.5, 4.75, 3.5, 0,    3,    1.25, 5.25,
                           1.75, 3.5,  3.75, 6.25, 4.25, 0.5, 6.75, 1.5, 0.5,  0.25, 1.5,  3.5,
                           6.25, 1.25, 4.75, 3.25, 2,    3.5, 4.25, 6.5, 0.25, 2.5,  3.25, 5.25}),
               scores = pattern({2, 2, 6}, 5, 13);
  EXPECT_EQ(suppressed(boxes, scores, 4, 0.3, -1.0, false),
            (Extents{0, 0, 4, 0, 1, 1, 0, 1, 3, 0, 1, 5, 0, 1, 2, 1, 0, 0, 1, 0,
                     5, 1, 0, 2, 1, 0, 1, 1, 1, 2, 1, 1, 4, 1, 1, 1, 1, 1, 3}));
  EXPECT_EQ(suppressed(boxes, scores, 2, 0.6, std::nullopt, false),
            (Extents{0, 0, 4, 0, 0, 1, 0, 1, 1, 0, 1, 3, 1, 0, 0, 1, 0, 5, 1, 1, 2, 1, 1, 4}));
  EXPECT_EQ(suppressed(boxes, scores, 9, std::nullopt, std::nullopt, true),
            (Extents{0, 0, 4, 0, 0, 2, 0, 1, 1, 0, 1, 2, 1, 0, 0, 1, 0, 3, 1, 1, 2, 1, 1, 3}));
  EXPECT_EQ(suppressed(boxes, scores, std::nullopt, 0.5, 0, false), (Extents{}));
  // Corners in any order; an overlap of 7 / 10 is not above 0.7.
  const Tensor pair = floats({1, 2, 4}, {0, 0, 1, 10, 1, 7, 0, 0}),
               equal = floats({1, 1, 2}, {2, 2});
  EXPECT_EQ(suppressed(pair, equal, 2, 0.7, std::nullopt, false), (Extents{0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(suppressed(pair, equal, 2, 0.69, std::nullopt, false), (Extents{0, 0, 0}));
  EXPECT_EQ(suppressed(pair, equal, 2, 0.7, 2, false), (Extents{}));
}

// ---- reductions ----

Tensor reduce(const ir::OpDef &row, const Tensor &x, ir::Ints axes) {
  return run(row, {x}, {ir::attr::axes(std::move(axes))});
}

TEST(ReferenceReduce, AxesLeave) {
  const Tensor x = pattern({2, 3, 4}, 7, 23), out = reduce(ir::ops::reduce_sum, x, {0, -1});
  EXPECT_EQ(out.shape(), (Extents{3}));
  expectNear(out, {-3, 1.25, -0.25});
  expectNear(reduce(ir::ops::reduce_mean, x, {1}),
             {-0.75, 1, 0.8333333, -1.25, -0.8333333, -1, 0.75, 0.5833333});
  expectNear(reduce(ir::ops::reduce_prod, x, {2}), {-1.875, 2.578125, 0, 2.4609375, 5.15625, 1.5});
  expectNear(reduce(ir::ops::reduce_max, x, {0, 1, 2}), {2.75});
  expectNear(reduce(ir::ops::reduce_min, x, {}), numbers(x));
}

TEST(ReferenceReduce, NothingAndNan) {
  const Tensor none = floats({2, 0}, {});
  expectNear(reduce(ir::ops::reduce_sum, none, {1}), {0, 0});
  expectNear(reduce(ir::ops::reduce_mean, none, {1}), {kNan, kNan});
  expectNear(reduce(ir::ops::reduce_max, none, {1}), {-kInf, -kInf});
  expectNear(reduce(ir::ops::reduce_min, none, {1}), {kInf, kInf});
  expectNear(reduce(ir::ops::reduce_prod, none, {1}), {1, 1});
  EXPECT_EQ(integersOf(reduce(ir::ops::reduce_max, integers(i64, {}), {0})), (Extents{INT64_MIN}));
  EXPECT_EQ(integersOf(reduce(ir::ops::reduce_min, integers(u8, {}), {0})), (Extents{255}));
  EXPECT_EQ(integersOf(reduce(ir::ops::reduce_max, tensor(boolean, {0}, {}), {0})), (Extents{0}));
  EXPECT_EQ(integersOf(reduce(ir::ops::reduce_min, tensor(boolean, {0}, {}), {0})), (Extents{1}));
  expectNear(reduce(ir::ops::reduce_max, floats({3}, {1, kNan, 2}), {0}), {kNan});
}

TEST(ReferenceReduce, Integers) {
  EXPECT_EQ(integersOf(reduce(ir::ops::reduce_sum, integers(i8, {100, 100}), {0})), (Extents{-56}));
  EXPECT_EQ(integersOf(reduce(ir::ops::reduce_mean, integers(i32, {-7, 2}), {0})), (Extents{-2}));
  EXPECT_EQ(
      integersOf(reduce(ir::ops::reduce_mean, integers(i32, {INT32_MAX, INT32_MAX, -7}), {0})),
      (Extents{1431655762}));
  EXPECT_EQ(integersOf(reduce(ir::ops::reduce_prod, integers(i64, {INT64_MAX, 2}), {0})),
            (Extents{-2}));
}

TEST(ReferenceReduce, ArgmaxOfTiesAndNan) {
  const auto arg = [](const ir::OpDef &row, const Numbers &x, bool last) {
    return run(row, {floats({static_cast<int64_t>(x.size())}, x)},
               {ir::attr::axis(0), ir::attr::selectLast(last)})
        .integer(0);
  };
  EXPECT_EQ(arg(ir::ops::argmax, {1, 3, 2, 3}, false), 1);
  EXPECT_EQ(arg(ir::ops::argmax, {1, 3, 2, 3}, true), 3);
  EXPECT_EQ(arg(ir::ops::argmin, {1, 0, 2, 0}, true), 3);
  EXPECT_EQ(arg(ir::ops::argmax, {1, kNan, 9, kNan}, false), 1);
  EXPECT_EQ(arg(ir::ops::argmax, {1, kNan, 9, kNan}, true), 3);
  EXPECT_EQ(arg(ir::ops::argmin, {1, kNan, 9, -kInf}, false), 1);
}

TEST(ReferenceReduce, RunningSums) {
  const auto running = [](const ir::OpDef &row, bool exclusive, bool reverse) {
    return integersOf(
        run(row, {shaped(integers(i32, {1, 2, 3, 4, 5, 6}), {2, 3})},
            {ir::attr::axis(1), ir::attr::exclusive(exclusive), ir::attr::reverse(reverse)}));
  };
  EXPECT_EQ(running(ir::ops::cumsum, false, false), (Extents{1, 3, 6, 4, 9, 15}));
  EXPECT_EQ(running(ir::ops::cumsum, true, false), (Extents{0, 1, 3, 0, 4, 9}));
  EXPECT_EQ(running(ir::ops::cumsum, false, true), (Extents{6, 5, 3, 15, 11, 6}));
  EXPECT_EQ(running(ir::ops::cumsum, true, true), (Extents{5, 3, 0, 11, 6, 0}));
  EXPECT_EQ(running(ir::ops::cumprod, false, false), (Extents{1, 2, 6, 4, 20, 120}));
  EXPECT_EQ(running(ir::ops::cumprod, true, true), (Extents{6, 3, 1, 30, 6, 1}));
}

} // namespace
} // namespace burin::reference
