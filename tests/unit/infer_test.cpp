// SPDX-License-Identifier: Apache-2.0
//
// The types that each family of ops infers, for static and symbolic shapes. What they refuse is in
// tests/errors.
#include "graph_builder.h"

namespace burin::ir {
namespace {

class Infer : public ::testing::Test, public GraphBuilder {
protected:
  /// "f32[2, 3]" or, of several results, "f32[2], i64[2]".
  std::string types(const OpDef &def, std::initializer_list<Value *> operands,
                    std::vector<NamedAttr> attributes = {},
                    std::vector<std::unique_ptr<Block>> inner = {}) {
    return text(makeOp(def, operands, std::move(attributes), std::move(inner)));
  }
  static std::string text(const Op &op) {
    std::string all;
    for (size_t i = 0; i < op.numResults(); ++i)
      all += (i ? ", " : "") + op.result(i)->type.text();
    return all;
  }
  Value *f(Shape shape) { return argument(f32, std::move(shape)); }
};

// ---- elementwise ----

TEST_F(Infer, Unary) {
  EXPECT_EQ(types(ops::abs, {argument(i8, {2, N})}), "i8[2, N]");
  EXPECT_EQ(types(ops::relu, {argument(f16, {})}), "f16[]");
  EXPECT_EQ(types(ops::sigmoid, {f({N})}), "f32[N]");
  EXPECT_EQ(types(ops::is_nan, {f({N, 2})}), "bool[N, 2]");
  EXPECT_EQ(types(ops::logical_not, {argument(boolean, {3})}), "bool[3]");
  EXPECT_EQ(types(ops::bit_not, {argument(u16, {3})}), "u16[3]");
}

TEST_F(Infer, BinaryBroadcasts) {
  EXPECT_EQ(types(ops::add, {f({2, 1, 4}), f({3, 1})}), "f32[2, 3, 4]");
  EXPECT_EQ(types(ops::mul, {f({N, 4}), f({})}), "f32[N, 4]");
  EXPECT_EQ(types(ops::sub, {f({N, 1}), f({M})}), "f32[N, M]");
  EXPECT_EQ(types(ops::max, {f({N * 2}), f({N + N})}), "f32[2*N]");
  EXPECT_EQ(types(ops::div, {f({1}), f({0})}), "f32[0]");
  EXPECT_EQ(constraint([&] { make(ops::add, {f({N}), f({M})}); }), "add.broadcast");
}

TEST_F(Infer, PowTakesAnotherExponent) {
  EXPECT_EQ(types(ops::pow, {f({N}), argument(i32, {})}), "f32[N]");
}

TEST_F(Infer, Comparisons) {
  EXPECT_EQ(types(ops::less, {f({N, 1}), f({4})}), "bool[N, 4]");
  EXPECT_EQ(types(ops::equal, {argument(string, {2}), argument(string, {})}), "bool[2]");
  EXPECT_EQ(types(ops::equal, {argument(boolean, {2}), argument(boolean, {2})}), "bool[2]");
}

TEST_F(Infer, Where) {
  EXPECT_EQ(types(ops::where, {argument(boolean, {N, 1}), f({4}), f({})}), "f32[N, 4]");
  EXPECT_EQ(
      types(ops::where, {argument(boolean, {}), argument(string, {2}), argument(string, {2})}),
      "str[2]");
}

TEST_F(Infer, Casts) {
  EXPECT_EQ(types(ops::cast, {f({N})}, {attr::to(boolean), attr::saturate(true)}), "bool[N]");
  EXPECT_EQ(types(ops::bitcast, {f({N})}, {attr::to(u32)}), "u32[N]");
  EXPECT_EQ(types(ops::bitcast, {argument(i4, {3})}, {attr::to(u4)}), "u4[3]");
}

// ---- shapes and movement ----

TEST_F(Infer, Reshape) {
  EXPECT_EQ(reshape(f({N, 4, 6}), {N * 2, 12})->type.text(), "f32[2*N, 12]");
  EXPECT_EQ(reshape(f({}), {1, 1})->type.text(), "f32[1, 1]");
  EXPECT_EQ(reshape(f({0, 4}), {7, 0})->type.text(), "f32[7, 0]");
  EXPECT_EQ(reshape(f({N * 4}), {4, N})->type.text(), "f32[4, N]");
  EXPECT_EQ(constraint([&] { reshape(f({N}), {M}); }), "reshape.count");
  EXPECT_EQ(constraint([&] { reshape(f({N, 4}), {floorDiv(N, 2), 8}); }), "reshape.count");
}

TEST_F(Infer, Transpose) {
  EXPECT_EQ(transpose(f({N, 2, M}), {2, 0, 1})->type.text(), "f32[M, N, 2]");
  EXPECT_EQ(transpose(f({}), {})->type.text(), "f32[]");
}

TEST_F(Infer, BroadcastTo) {
  EXPECT_EQ(broadcast(f({1, 4}), {N, M, 4})->type.text(), "f32[N, M, 4]");
  EXPECT_EQ(broadcast(f({N, 1}), {N, 0})->type.text(), "f32[N, 0]");
}

TEST_F(Infer, Slice) {
  EXPECT_EQ(types(ops::slice, {f({N, 8})},
                  {attr::starts({0, 7}), attr::steps({1, -2}), attr::shape({N, 4})}),
            "f32[N, 4]");
  EXPECT_EQ(types(ops::slice, {f({4})}, {attr::starts({4}), attr::steps({1}), attr::shape({0})}),
            "f32[0]");
  EXPECT_EQ(types(ops::slice, {f({N})},
                  {attr::starts({min(2, N)}), attr::steps({1}), attr::shape({max(0, N - 2)})}),
            "f32[max(0, N - 2)]");
}

TEST_F(Infer, SliceAt) {
  EXPECT_EQ(types(ops::slice_at, {f({N, 8}), argument(i64, {2})},
                  {attr::steps({1, 2}), attr::shape({N, 3})}),
            "f32[N, 3]");
}

TEST_F(Infer, Concat) {
  EXPECT_EQ(concat({f({N, 2}), f({M, 2}), f({3, 2})})->type.text(), "f32[M + N + 3, 2]");
  EXPECT_EQ(concat({f({N, 2}), f({N, 5})}, -1)->type.text(), "f32[N, 7]");
  EXPECT_EQ(constraint([&] { concat({f({N, 2}), f({4, 2})}, 1); }), "concat.shape");
}

TEST_F(Infer, Pad) {
  EXPECT_EQ(
      types(ops::pad, {f({N, 4}), f({})}, {attr::pads({0, -1, M, 2}), attr::mode("constant")}),
      "f32[M + N, 5]");
}

TEST_F(Infer, Tile) {
  EXPECT_EQ(types(ops::tile, {f({N, 3})}, {attr::repeats({2, M})}), "f32[2*N, 3*M]");
  EXPECT_EQ(types(ops::tile, {f({N, 3})}, {attr::repeats({1, 0})}), "f32[N, 0]");
}

TEST_F(Infer, IotaAndExtents) {
  EXPECT_EQ(iota({N, 3}, -1, f32)->type.text(), "f32[N, 3]");
  EXPECT_EQ(types(ops::extents, {}, {attr::dims({N, 3})}), "i64[2]");
  EXPECT_EQ(shape(f({N, 3, 4}))->type.text(), "i64[3]");
}

// ---- indexing ----

TEST_F(Infer, Gather) {
  EXPECT_EQ(gather(f({5, N, 4}), argument(i32, {M, 2}), 1)->type.text(), "f32[5, M, 2, 4]");
  EXPECT_EQ(gather(f({5, 4}), argument(i64, {}), -1)->type.text(), "f32[5]");
  EXPECT_EQ(gather(f({0}), argument(i64, {0}))->type.text(), "f32[0]");
}

TEST_F(Infer, GatherElements) {
  EXPECT_EQ(types(ops::gather_elements, {f({3, N}), argument(i64, {7, N})}, {attr::axis(0)}),
            "f32[7, N]");
  EXPECT_EQ(
      types(ops::gather_elements, {f({3, N}), argument(i64, {7, min(N, 4)})}, {attr::axis(0)}),
      "f32[7, min(4, N)]");
}

TEST_F(Infer, GatherNd) {
  EXPECT_EQ(types(ops::gather_nd, {f({N, 5, 6}), argument(i64, {7, 2})}, {attr::batchDims(0)}),
            "f32[7, 6]");
  EXPECT_EQ(types(ops::gather_nd, {f({N, 5, 6}), argument(i64, {N, 3, 1})}, {attr::batchDims(1)}),
            "f32[N, 3, 6]");
  EXPECT_EQ(types(ops::gather_nd, {f({4}), argument(i64, {7, 0})}, {attr::batchDims(0)}),
            "f32[7, 4]");
}

TEST_F(Infer, Scatter) {
  EXPECT_EQ(types(ops::scatter_elements, {f({3, N}), argument(i64, {2, N}), f({2, N})},
                  {attr::axis(0), attr::reduction("add")}),
            "f32[3, N]");
  EXPECT_EQ(types(ops::scatter_nd, {f({N, 5}), argument(i64, {M, 1}), f({M, 5})},
                  {attr::reduction("none")}),
            "f32[N, 5]");
}

TEST_F(Infer, Topk) {
  EXPECT_EQ(types(ops::topk, {f({N, 8})},
                  {attr::count({3}), attr::axis(-1), attr::largest(true), attr::sorted(true)}),
            "f32[N, 3], i64[N, 3]");
  EXPECT_EQ(
      types(ops::topk, {f({N})},
            {attr::count({min(N, 5)}), attr::axis(0), attr::largest(true), attr::sorted(true)}),
      "f32[min(5, N)], i64[min(5, N)]");
}

TEST_F(Infer, DataDecidesTheExtent) {
  const Dim n = module.symbol("nonzero", {0, 12});
  EXPECT_EQ(types(ops::nonzero, {f({3, 4})}, {attr::dims({n})}), "i64[2, nonzero]");
  EXPECT_EQ(
      types(ops::compress, {f({3, 4}), argument(boolean, {2})}, {attr::axis(0), attr::dims({n})}),
      "f32[nonzero, 4]");
  EXPECT_EQ(types(ops::unique, {f({N})}, {attr::sorted(true), attr::dims({n})}),
            "f32[nonzero], i64[nonzero], i64[N], i64[nonzero]");
  EXPECT_EQ(types(ops::non_max_suppression,
                  {f({1, N, 4}), f({1, 3, N}), number(5), nullptr, builder.scalar(f32, 0.5)},
                  {attr::centerPoint(false), attr::dims({n})}),
            "i64[nonzero, 3]");
}

TEST_F(Infer, CumulativeAndReverse) {
  EXPECT_EQ(types(ops::cumsum, {f({N, 3})},
                  {attr::axis(-1), attr::exclusive(false), attr::reverse(true)}),
            "f32[N, 3]");
  EXPECT_EQ(types(ops::reverse_sequence, {f({7, N, 3}), argument(i32, {N})},
                  {attr::axis(0), attr::batchAxis(1)}),
            "f32[7, N, 3]");
}

// ---- reductions ----

TEST_F(Infer, Reductions) {
  EXPECT_EQ(reduce(ops::reduce_mean, f({N, 3, M}), {1})->type.text(), "f32[N, M]");
  EXPECT_EQ(reduce(ops::reduce_sum, f({N, 3, M}), {-1, 0})->type.text(), "f32[3]");
  EXPECT_EQ(reduce(ops::reduce_max, argument(boolean, {N}), {0})->type.text(), "bool[]");
  EXPECT_EQ(reduce(ops::reduce_sum, f({N}), {})->type.text(), "f32[N]");
  EXPECT_EQ(types(ops::argmax, {f({N, 3})}, {attr::axis(1), attr::selectLast(false)}), "i64[N]");
}

TEST_F(Infer, AnEpilogueDecidesTheElement) {
  auto block = GraphBuilder::block();
  Value *sum = block->addArgument(Type{f32, {}});
  Value *bias = block->addArgument(Type{f16, {}});
  Builder inner = builder.inside(*block);
  Value *wide = inner.make(ops::cast, {bias}, {attr::to(f32), attr::saturate(true)});
  Value *out = inner.make(ops::cast, {inner.make(ops::add, {sum, wide})},
                          {attr::to(i8), attr::saturate(true)});
  yield(*block, {out});
  EXPECT_EQ(types(ops::reduce_sum, {f({N, 3, 4}), argument(f16, {4})}, {attr::axes({1})},
                  blocks(std::move(block))),
            "i8[N, 4]");
}

// ---- contractions and pooling ----

TEST_F(Infer, Matmul) {
  const auto plain = [](bool a, bool b) {
    return std::vector<NamedAttr>{attr::transposeA(a), attr::transposeB(b)};
  };
  EXPECT_EQ(types(ops::matmul, {f({N, 4}), f({4, 5})}, plain(false, false)), "f32[N, 5]");
  EXPECT_EQ(types(ops::matmul, {f({4, N}), f({5, 4})}, plain(true, true)), "f32[N, 5]");
  EXPECT_EQ(types(ops::matmul, {f({N, 1, 3, 4}), f({M, 4, 5})}, plain(false, false)),
            "f32[N, M, 3, 5]");
  EXPECT_EQ(types(ops::matmul, {f({3, N}), f({N, 5})}, plain(false, false)), "f32[3, 5]");
  EXPECT_EQ(types(ops::matmul, {argument(i64, {3, 4}), argument(i64, {4, 5})}, plain(false, false)),
            "i64[3, 5]");
  EXPECT_EQ(constraint([&] {
              makeOp(ops::matmul, {f({3, N}), f({4, 5})}, plain(false, false));
            }),
            "matmul.depth");
  EXPECT_EQ(
      types(ops::matmul_integer,
            {argument(u8, {N, 4}), argument(i8, {4, 5}), argument(u8, {}), argument(i8, {1, 5})},
            plain(false, false)),
      "i32[N, 5]");
  EXPECT_EQ(types(ops::matmul_integer,
                  {argument(u8, {N, 4}), argument(i8, {4, 5}), argument(u8, {N, 1})},
                  plain(false, false)),
            "i32[N, 5]");
}

std::vector<NamedAttr> window(Ints strides, Dims pads, Ints dilations, int64_t group) {
  return {attr::strides(std::move(strides)), attr::pads(std::move(pads)),
          attr::dilations(std::move(dilations)), attr::group(group)};
}

TEST_F(Infer, Conv) {
  EXPECT_EQ(types(ops::conv, {f({N, 28, 28, 1}), f({8, 5, 5, 1})},
                  window({1, 1}, {2, 2, 2, 2}, {1, 1}, 1)),
            "f32[N, 28, 28, 8]");
  EXPECT_EQ(types(ops::conv, {f({1, 9, 8}), f({8, 3, 1})}, window({2}, {0, 0}, {2}, 8)),
            "f32[1, 3, 8]");
  EXPECT_EQ(types(ops::conv, {f({1, 8, 8, 8, 4}), f({6, 1, 3, 3, 2})},
                  window({1, 2, 2}, {0, 1, 1, 0, 1, 1}, {1, 1, 1}, 2)),
            "f32[1, 8, 4, 4, 6]");
}

TEST_F(Infer, ConvSymbolic) {
  EXPECT_EQ(types(ops::conv, {f({1, N, K + 7, 3}), f({8, 3, 7, 3})},
                  window({2, 2}, {1, 0, 1, 0}, {1, 1}, 1)),
            "f32[1, ceildiv(N, 2), floordiv(K, 2) + 1, 8]");
  // Both branches of a residual block reach the same extent.
  Value *x = f({1, N, N, 4});
  Value *a =
      makeOp(ops::conv, {x, f({8, 3, 3, 4})}, window({2, 2}, {1, 1, 1, 1}, {1, 1}, 1)).result();
  Value *b =
      makeOp(ops::conv, {x, f({8, 1, 1, 4})}, window({2, 2}, {0, 0, 0, 0}, {1, 1}, 1)).result();
  EXPECT_EQ(add(a, b)->type.text(), "f32[1, ceildiv(N, 2), ceildiv(N, 2), 8]");
  EXPECT_EQ(constraint([&] {
              makeOp(ops::conv, {f({1, N, 3}), f({8, 3, 3})}, window({1}, {0, 0}, {1}, 1));
            }),
            "conv.window"); // N may be 1
}

TEST_F(Infer, ConvSame) {
  const Dim pad = max(0, (ceilDiv(N, 2) - 1) * 2 + 3 - N);
  const Dim begin = floorDiv(pad, 2);
  EXPECT_EQ(
      types(ops::conv, {f({1, N, 3}), f({8, 3, 3})}, window({2}, {begin, pad - begin}, {1}, 1)),
      "f32[1, ceildiv(N, 2), 8]");
}

TEST_F(Infer, ConvInteger) {
  EXPECT_EQ(types(ops::conv_integer,
                  {argument(u8, {N, 8, 8, 4}), argument(i8, {6, 3, 3, 4}), argument(u8, {}),
                   argument(i8, {6})},
                  window({1, 1}, {1, 1, 1, 1}, {1, 1}, 1)),
            "i32[N, 8, 8, 6]");
}

TEST_F(Infer, ConvTranspose) {
  std::vector<NamedAttr> attributes = window({2, 2}, {1, 1, 1, 1}, {1, 1}, 2);
  attributes.push_back(attr::outputPads({1, 0}));
  EXPECT_EQ(types(ops::conv_transpose, {f({1, N, 8, 4}), f({6, 3, 3, 2})}, attributes),
            "f32[1, 2*N, 15, 6]");
}

TEST_F(Infer, Pools) {
  std::vector<NamedAttr> attributes = {attr::kernel({2, 2}), attr::strides({2, 2}),
                                       attr::pads({0, 0, 0, 0}), attr::dilations({1, 1})};
  EXPECT_EQ(types(ops::max_pool, {f({1, N + 1, 9, 4})}, attributes), "f32[1, ceildiv(N, 2), 4, 4]");
  std::vector<NamedAttr> average = attributes;
  average.push_back(attr::countIncludePad(false));
  average.push_back(attr::outputPads({1, 1}));
  EXPECT_EQ(types(ops::average_pool, {f({1, 8, 9, 4})}, average), "f32[1, 4, 5, 4]");
  attributes.push_back(attr::columnMajor(false));
  EXPECT_EQ(types(ops::max_pool_indices, {f({1, 8, 9, 4})}, attributes),
            "f32[1, 4, 4, 4], i64[1, 4, 4, 4]");
}

TEST_F(Infer, Attention) {
  const std::vector<NamedAttr> attributes = {attr::scale(1), attr::causal(true), attr::softcap(0)};
  EXPECT_EQ(
      types(ops::attention, {f({N, M, 8, 16}), f({N, K, 2, 16}), f({N, K, 2, 5})}, attributes),
      "f32[N, M, 8, 5]");
  EXPECT_EQ(types(ops::attention,
                  {f({N, M, 8, 16}), f({N, K, 8, 16}), f({N, K, 8, 16}), argument(boolean, {M, K})},
                  attributes),
            "f32[N, M, 8, 16]");
}

// ---- normalisation, recurrent cells, quantisation, resampling ----

TEST_F(Infer, Norms) {
  EXPECT_EQ(types(ops::batch_norm, {f({N, 8, 4}), f({4}), f({4}), f({4}), f({4})},
                  {attr::axis(-1), attr::epsilon(1e-5)}),
            "f32[N, 8, 4]");
  EXPECT_EQ(types(ops::softmax, {f({N, M})}, {attr::axis(1)}), "f32[N, M]");
  EXPECT_EQ(
      types(ops::layer_norm, {f({N, 4}), f({4}), nullptr}, {attr::axis(-1), attr::epsilon(1e-5)}),
      "f32[N, 4]");
  EXPECT_EQ(types(ops::rms_norm, {f({N, 4})}, {attr::axis(1), attr::epsilon(1e-5)}), "f32[N, 4]");
  EXPECT_EQ(types(ops::group_norm, {f({N, 8, 4}), f({4}), f({4})},
                  {attr::axis(2), attr::groups(2), attr::epsilon(1e-5)}),
            "f32[N, 8, 4]");
}

TEST_F(Infer, Cells) {
  const auto cell = [](std::string direction, Strings activations) {
    return std::vector<NamedAttr>{attr::hidden(5), attr::direction(std::move(direction)),
                                  attr::activations(std::move(activations)), attr::clip(0)};
  };
  std::vector<NamedAttr> lstm = cell("bidirectional", Strings(6, "Tanh"));
  lstm.push_back(attr::inputForget(false));
  EXPECT_EQ(types(ops::lstm,
                  {f({M, N, 3}), f({2, 20, 3}), f({2, 20, 5}), f({2, 40}), argument(i32, {N}),
                   f({2, N, 5}), f({2, N, 5}), f({2, 15})},
                  lstm),
            "f32[M, 2, N, 5], f32[2, N, 5], f32[2, N, 5]");
  std::vector<NamedAttr> gru = cell("reverse", Strings(2, "Tanh"));
  gru.push_back(attr::linearBeforeReset(true));
  EXPECT_EQ(types(ops::gru, {f({M, N, 3}), f({1, 15, 3}), f({1, 15, 5})}, gru),
            "f32[M, 1, N, 5], f32[1, N, 5]");
  EXPECT_EQ(types(ops::rnn, {f({M, N, 3}), f({1, 5, 3}), f({1, 5, 5})}, cell("forward", {"Relu"})),
            "f32[M, 1, N, 5], f32[1, N, 5]");
}

TEST_F(Infer, Quantisation) {
  const auto q = [](ElementType to, int64_t axis, int64_t block) {
    return std::vector<NamedAttr>{attr::to(to), attr::axis(axis), attr::blockSize(block)};
  };
  std::vector<NamedAttr> to8 = q(i8, 1, 0);
  to8.push_back(attr::saturate(true));
  EXPECT_EQ(types(ops::quantize, {f({N, 4}), f({}), argument(i8, {})}, to8), "i8[N, 4]");
  EXPECT_EQ(types(ops::quantize, {f({N, 4}), f({4}), argument(i8, {4})}, to8), "i8[N, 4]");
  EXPECT_EQ(types(ops::dequantize, {argument(i8, {4, 6}), f({4, 2})}, q(f32, 1, 3)), "f32[4, 6]");
  EXPECT_EQ(types(ops::dequantize, {argument(u4, {4, 7}), f({4, 3}), argument(u4, {4, 3})},
                  q(f16, -1, 3)),
            "f16[4, 7]");
  const std::vector<NamedAttr> re = {attr::to(u8), attr::axis(-1),
                                     attr::rounding("half_even_float")};
  EXPECT_EQ(types(ops::requantize, {argument(i32, {N, 4}), f({4}), argument(u8, {})}, re),
            "u8[N, 4]");
  EXPECT_EQ(types(ops::requantize, {argument(i32, {}), f({})}, re), "u8[]");
}

TEST_F(Infer, Resampling) {
  EXPECT_EQ(
      types(ops::resize, {f({1, N, M, 3})},
            {attr::shape({1, N * 2, 7, 3}), attr::scales({1, 2, 2, 1}), attr::mode("nearest"),
             attr::coordinates("asymmetric"), attr::nearest("floor"), attr::cubicCoefficient(0),
             attr::excludeOutside(false), attr::antialias(false), attr::extrapolation(0)}),
      "f32[1, 2*N, 7, 3]");
  EXPECT_EQ(types(ops::grid_sample, {f({N, 3, 8, 8}), f({N, M, 6, 2})},
                  {attr::mode("linear"), attr::pattern("zeros"), attr::alignCorners(false)}),
            "f32[N, 3, M, 6]");
  EXPECT_EQ(types(ops::roi_align, {f({1, 3, 8, 8}), f({N, 4}), argument(i64, {N})},
                  {attr::shape({7, 7}), attr::mode("avg"), attr::coordinates("half_pixel"),
                   attr::sampling(0), attr::spatialScale(1)}),
            "f32[N, 3, 7, 7]");
}

// ---- control flow ----

TEST_F(Infer, If) {
  Value *x = f({N}), *y = argument(i64, {});
  auto then = block(), other = block();
  yield(*then, {x, y});
  yield(*other, {builder.inside(*other).make(ops::neg, {x}), y});
  EXPECT_EQ(types(ops::if_, {argument(boolean, {})}, {}, blocks(std::move(then), std::move(other))),
            "f32[N], i64[]");
}

TEST_F(Infer, Loop) {
  const Dim trips = module.symbol("trips", {0, 10});
  auto body = block();
  body->addArgument(Type{i64, {}});
  Value *carried = body->addArgument(Type{f32, {N}});
  Builder inner = builder.inside(*body);
  Value *sum = inner.make(ops::reduce_sum, {carried}, {attr::axes({0})});
  yield(*body, {argument(boolean, {}), inner.make(ops::neg, {carried}), sum, carried});
  EXPECT_EQ(types(ops::loop, {number(10), nullptr, f({N})}, {attr::carried(1), attr::dims({trips})},
                  blocks(std::move(body))),
            "f32[N], f32[trips], f32[trips, N]");
}

TEST_F(Infer, LoopThatCarriesNothing) {
  auto body = block();
  body->addArgument(Type{i64, {}});
  yield(*body, {argument(boolean, {})});
  EXPECT_EQ(types(ops::loop, {}, {attr::carried(0), attr::dims({})}, blocks(std::move(body))), "");
}

TEST_F(Infer, Fused) {
  auto body = block();
  Value *a = body->addArgument(Type{f32, {}}), *b = body->addArgument(Type{i32, {}});
  Builder inner = builder.inside(*body);
  yield(*body, {inner.make(ops::exp, {a}), b});
  EXPECT_EQ(types(ops::fused, {f({N, 1}), argument(i32, {4})}, {attr::shape({N, 4})},
                  blocks(std::move(body))),
            "f32[N, 4], i32[N, 4]");
}

TEST_F(Infer, Effects) {
  EXPECT_EQ(types(ops::assert_, {argument(boolean, {})}, {attr::message("m")}), "");
  EXPECT_EQ(types(ops::print, {f({N})}, {attr::message("m")}), "");
  EXPECT_EQ(types(ops::random, {},
                  {attr::type(Type{f32, {N}}), attr::distribution("normal"), attr::low(0),
                   attr::high(1), attr::seed(0)}),
            "f32[N]");
}

TEST_F(Infer, Lists) {
  const Type list = Type::list(Type{f32, {2}}, 4);
  Value *l = make(ops::list_make, {f({2}), f({2})}, {attr::type(list)});
  EXPECT_EQ(l->type, list);
  EXPECT_EQ(make(ops::list_make, {}, {attr::type(list)})->type, list);
  EXPECT_EQ(types(ops::list_length, {l}), "i64[]");
  EXPECT_EQ(types(ops::list_get, {l, number(0)}), "f32[2]");
  EXPECT_EQ(types(ops::list_insert, {l, f({2})}), "list<f32[2], 4>");
  EXPECT_EQ(types(ops::list_insert, {l, f({2}), number(-1)}), "list<f32[2], 4>");
  EXPECT_EQ(types(ops::list_erase, {l}), "list<f32[2], 4>");
  EXPECT_EQ(types(ops::list_concat, {l}, {attr::axis(0), attr::shape({K})}), "f32[K]");
  EXPECT_EQ(types(ops::list_split, {f({8})}, {attr::axis(0), attr::count({2}), attr::type(list)}),
            "list<f32[2], 4>");
}

TEST_F(Infer, ListsOfUnequalElements) {
  const Dim most = module.symbol("most", {0, 8});
  const Type list = Type::list(Type{f32, {most, 3}}, 4);
  EXPECT_EQ(types(ops::list_make, {f({2, 3}), f({N, 3})}, {attr::type(list)}),
            "list<f32[most, 3], 4>");
  EXPECT_EQ(
      types(ops::list_split, {f({5, 3})}, {attr::axis(0), attr::count({2}), attr::type(list)}),
      "list<f32[most, 3], 4>");
  EXPECT_EQ(constraint([&] {
              make(ops::list_make, {f({K, 3})}, {attr::type(list)});
            }),
            "list_make.element");
}

TEST_F(Infer, Optionals) {
  Value *x = make(ops::optional_some, {f({N})});
  EXPECT_EQ(x->type.text(), "optional<f32[N]>");
  EXPECT_EQ(types(ops::optional_none, {}, {attr::type(x->type)}), "optional<f32[N]>");
  EXPECT_EQ(types(ops::optional_has, {x}), "bool[]");
  EXPECT_EQ(types(ops::optional_get, {x}), "f32[N]");
}

// ---- errors ----

TEST_F(Infer, ErrorsSayWhereAndWhat) {
  builder.at = {"layer1/conv", "Conv", "net.py:12"};
  try {
    makeOp(ops::conv, {f({1, 8, 8, 3}), f({4, 3, 3, 2})}, window({1, 1}, {0, 0, 0, 0}, {1, 1}, 1));
    FAIL();
  } catch (const CompileError &e) {
    EXPECT_EQ(e.diagnostic().problem, Problem::invalid);
    EXPECT_EQ(e.diagnostic().code, "conv.channels");
    EXPECT_EQ(e.diagnostic().at, builder.at);
    EXPECT_STREQ(e.what(), "filter has 2 input channels in 1 groups but x has 3 channels");
  }
}

TEST_F(Infer, ARefusedOpLeavesNothingBehind) {
  Value *a = f({2}), *b = f({3});
  EXPECT_EQ(constraint([&] { add(a, b); }), "add.broadcast");
  EXPECT_FALSE(a->hasUses());
  EXPECT_FALSE(b->hasUses());
  EXPECT_TRUE(function.body.isEmpty());
}

TEST_F(Infer, OfAnOpAsItStands) {
  Value *x = add(f({2}), f({2}));
  x->def()->setOperand(1, f({4, 1}));
  EXPECT_EQ(inferTypes(*x->def())[0].text(), "f32[4, 2]");
}

} // namespace
} // namespace burin::ir
