// SPDX-License-Identifier: Apache-2.0
//
// Convolutions, pooling, products, normalisation. Images are NHWC, as in the IR; NCHW is
// transposed.
#include "frontend/common/compose.h"
#include "frontend/common/einsum.h"
#include "frontend/savedmodel/lowering.h"
#include "frontend/savedmodel/ops_window.h"

#include <fmt/format.h>
#include <numeric>

namespace burin::savedmodel {
namespace {

// ---- convolutions ----

void expectImage(const NodeView &n, Value *x, Value *filter) {
  if (x->type.rank() < 3 || x->type.rank() > 5 || filter->type.rank() != x->type.rank())
    n.fail("rank", fmt::format("the input has rank {} and the filter {}, expected one of 3 to 5",
                               x->type.rank(), filter->type.rank()));
}

/// x (channels last) and a filter [kernel..., i, o] as [o, kernel..., i].
Value *convolution(const NodeView &n, Value *x, Value *filter) {
  expectImage(n, x, filter);
  const size_t rank = x->type.rank(), spatial = rank - 2;
  const Window w = windowOf(n, spatialExtents(x->type.shape()), kernelOf(n, filter->type.shape()),
                            spatialOf(n, n.ints("strides", {}), rank, "strides"),
                            spatialOf(n, n.ints("dilations", Ints(rank, 1)), rank, "dilations"));
  const Dim channels = x->type.dim(rank - 1), each = filter->type.dim(spatial);
  if (!channels.isNumber() || !each.isNumber() || each.number() < 1 ||
      channels.number() % each.number() != 0)
    n.fail("channels", fmt::format("the input has {} channels, and the filter takes {}",
                                   channels.text(), each.text()));
  Ints perm = {static_cast<int64_t>(rank) - 1};
  for (size_t i = 0; i + 1 < rank; ++i)
    perm.push_back(static_cast<int64_t>(i));
  return n.to.make(ops::conv, {x, compose::transpose(n.to, filter, perm)},
                   {attr::strides(w.strides), attr::pads(w.pads), attr::dilations(w.dilations),
                    attr::group(channels.number() / each.number())});
}

Items conv(const NodeView &n) {
  return {asGiven(n, convolution(n, channelsLast(n, n.in(0)), n.in(1)))};
}

/// A filter [h, w, c, m]: channel c makes the channels c * m + 0, c * m + 1, ...
Value *depthwiseConvolution(const NodeView &n, Value *x, Value *filter) {
  expectImage(n, x, filter);
  const Window w = windowOf(n, spatialExtents(x->type.shape()), kernelOf(n, filter->type.shape()),
                            spatialOf(n, n.ints("strides", {}), 4, "strides"),
                            spatialOf(n, n.ints("dilations", Ints(4, 1)), 4, "dilations"));
  const ir::Shape &f = filter->type.shape();
  if (!f[2].isNumber() || x->type.dim(3) != f[2])
    n.fail("channels", fmt::format("the input has {} channels, and the filter takes {}",
                                   x->type.dim(3).text(), f[2].text()));
  Value *each = compose::reshape(n.to, compose::transpose(n.to, filter, {2, 3, 0, 1}),
                                 {f[2] * f[3], f[0], f[1], 1});
  return n.to.make(ops::conv, {x, each},
                   {attr::strides(w.strides), attr::pads(w.pads), attr::dilations(w.dilations),
                    attr::group(f[2].number())});
}

Items depthwiseConv(const NodeView &n) {
  return {asGiven(n, depthwiseConvolution(n, channelsLast(n, n.in(0)), n.in(1)))};
}

/// The gradient of a convolution with respect to its input, of the shape that operand 0 gives.
Items convTranspose(const NodeView &n) {
  Value *x = channelsLast(n, n.in(2)), *filter = n.in(1); // [kernel..., o, c]
  expectImage(n, x, filter);
  const size_t rank = x->type.rank(), spatial = rank - 2;
  Dims sizes = n.contents(0, "the shape of the result");
  if (sizes.size() == rank)
    sizes = channelsFirst(n) ? Dims(sizes.begin() + 2, sizes.end())
                             : Dims(sizes.begin() + 1, sizes.end() - 1);
  if (sizes.size() != spatial)
    n.fail("shape",
           fmt::format("the shape of the result has {} entries, expected {}", sizes.size(), rank));
  // Pads are those of the convolution over the result.
  const Window w = windowOf(n, sizes, kernelOf(n, filter->type.shape()),
                            spatialOf(n, n.ints("strides", {}), rank, "strides"),
                            spatialOf(n, n.ints("dilations", Ints(rank, 1)), rank, "dilations"));
  Dims more;
  for (size_t i = 0; i < spatial; ++i) {
    const Dim reach = w.dilations[i] * (w.kernel[i] - 1) + 1;
    const Dim full = Dim(w.strides[i]) * (x->type.dim(1 + i) - 1) + reach;
    more.push_back(sizes[i] - (full - w.pads[i] - w.pads[spatial + i]));
  }
  const Dim channels = x->type.dim(rank - 1);
  if (filter->type.dim(rank - 1) != channels)
    n.unsupported("channels", fmt::format("the input has {} channels, and the filter takes {}",
                                          channels.text(), filter->type.dim(rank - 1).text()));
  Ints perm = {static_cast<int64_t>(spatial)};
  for (size_t i = 0; i < spatial; ++i)
    perm.push_back(static_cast<int64_t>(i));
  perm.push_back(static_cast<int64_t>(rank) - 1);
  Value *y = n.to.make(ops::conv_transpose, {x, compose::transpose(n.to, filter, perm)},
                       {attr::strides(w.strides), attr::pads(w.pads), attr::dilations(w.dilations),
                        attr::group(1), attr::outputPads(more)});
  return {asGiven(n, y)};
}

// ---- pooling ----

Window poolWindow(const NodeView &n, Value *x, const Ints &kernel, const Ints &strides) {
  const size_t rank = x->type.rank();
  if (rank < 3)
    n.fail("rank", fmt::format("the input has rank {}, expected 4 or 5", rank));
  return windowOf(n, spatialExtents(x->type.shape()), spatialOf(n, kernel, rank, "ksize"),
                  spatialOf(n, strides, rank, "strides"), Ints(rank - 2, 1));
}

Value *largest(const NodeView &n, Value *x, const Window &w) {
  return n.to.make(ops::max_pool, {x},
                   {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(w.pads),
                    attr::dilations(w.dilations)});
}

Items maxPool(const NodeView &n) {
  Value *x = channelsLast(n, n.in(0));
  return {asGiven(n, largest(n, x, poolWindow(n, x, n.ints("ksize", {}), n.ints("strides", {}))))};
}
Items maxPool2(const NodeView &n) {
  Value *x = channelsLast(n, n.in(0));
  return {asGiven(
      n, largest(n, x, poolWindow(n, x, n.knownInts(1, "ksize"), n.knownInts(2, "strides"))))};
}

/// The index counts [h, w, c], with include_batch_in_index [n, h, w, c].
Items maxPoolWithArgmax(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *x = n.in(0);
  const Window w = poolWindow(n, x, n.ints("ksize", {}), n.ints("strides", {}));
  Value *operands[] = {x};
  ir::Op &op = n.to.makeOp(ops::max_pool_indices, operands,
                           {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(w.pads),
                            attr::dilations(w.dilations), attr::columnMajor(false)});
  const ir::Shape &s = x->type.shape();
  const auto number = [&](const Dim &d) { return compose::scalarOf(n.to, n.to.extents({d})); };
  // From an index into [n, c, h, w].
  Value *place = is.mod(op.result(1), number(s[1] * s[2]));
  Value *channel = compose::iota(n.to, ElementType::i64, {s[3]});
  Value *index = is.add(is.mul(place, number(s[3])), channel);
  if (n.flag("include_batch_in_index", false))
    index = is.add(index, is.mul(compose::iota(n.to, ElementType::i64, {s[0], 1, 1, 1}),
                                 number(s[1] * s[2] * s[3])));
  return {op.result(0), compose::cast(n.to, index, n.elementType("Targmax", DataType::i64))};
}

Items averagePool(const NodeView &n) {
  Value *x = channelsLast(n, n.in(0));
  const Window w = poolWindow(n, x, n.ints("ksize", {}), n.ints("strides", {}));
  return {
      asGiven(n, n.to.make(ops::average_pool, {x},
                           {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(w.pads),
                            attr::dilations(w.dilations), attr::countIncludePad(false),
                            attr::outputPads(Dims(w.kernel.size(), Dim(0)))}))};
}

// ---- products ----

Items matMul(const NodeView &n) {
  return {n.to.make(ops::matmul, {n.in(0), n.in(1)},
                    {attr::transposeA(n.flag("transpose_a", false)),
                     attr::transposeB(n.flag("transpose_b", false))})};
}
Items batchMatMul(const NodeView &n) {
  Value *a = n.in(0), *b = n.in(1);
  if (n.node.op == "BatchMatMulV3") {
    const ElementType out = n.elementType("Tout", DataType::f32);
    a = compose::cast(n.to, a, out);
    b = compose::cast(n.to, b, out);
  }
  return {n.to.make(
      ops::matmul, {a, b},
      {attr::transposeA(n.flag("adj_x", false)), attr::transposeB(n.flag("adj_y", false))})};
}

Items einsum(const NodeView &n) {
  std::vector<Value *> operands;
  for (size_t i = 0; i < n.numInputs(); ++i)
    operands.push_back(n.in(i));
  return {compose::einsum(
      n.to, n.text("equation", ""), operands, [&](Problem problem, std::string text) {
        throw CompileError(problem, n.node.location(), std::move(text)).code("savedmodel.equation");
      })};
}

Value *biased(const NodeView &n, Value *x, Value *bias) {
  const size_t rank = x->type.rank();
  if (rank > 2 && channelsFirst(n))
    bias = compose::perAxis(n.to, bias, 1, rank);
  return n.to.make(ops::add, {x, bias});
}
Items biasAdd(const NodeView &n) { return {biased(n, n.in(0), n.in(1))}; }

Items l2Loss(const NodeView &n) {
  const compose::Arith is{n.to};
  Ints axes(n.rank(0));
  std::iota(axes.begin(), axes.end(), 0);
  Value *sum = n.to.make(ops::reduce_sum, {is.mul(n.in(0), n.in(0))}, {attr::axes(axes)});
  return {is.mul(sum, 0.5)};
}

// ---- normalisation ----

template <const ir::OpDef &def> Items softmax(const NodeView &n) {
  if (n.rank(0) == 0)
    n.fail("rank", "the input has rank 0, expected at least 1");
  return {n.to.make(def, {n.in(0)}, {attr::axis(static_cast<int64_t>(n.rank(0)) - 1)})};
}

Items lrn(const NodeView &n) {
  const int64_t size = 2 * n.integer("depth_radius", 5) + 1;
  return {n.to.make(ops::lrn, {n.in(0)},
                    {attr::axis(static_cast<int64_t>(n.rank(0)) - 1), attr::size(size),
                     attr::alpha(n.real("alpha", 1) * static_cast<double>(size)),
                     attr::beta(n.real("beta", 0.5)), attr::bias(n.real("bias", 1))})};
}

/// (x - mean) / sqrt(variance + epsilon) * scale + offset, statistics [c] of their own type.
Value *normalised(const NodeView &n, Value *mean, Value *variance) {
  const compose::Arith is{n.to};
  Value *x = n.in(0);
  const size_t rank = n.rank(0), axis = channelsFirst(n) ? 1 : rank - 1;
  const auto along = [&](Value *v) { return compose::perAxis(n.to, v, axis, rank); };
  const ElementType e = mean->type.element();
  Value *factor =
      is.div(along(n.in(1)), is(ops::sqrt, is.add(along(variance), n.real("epsilon", 1e-4))));
  Value *y = is.mul(is.sub(compose::cast(n.to, x, e), along(mean)), factor);
  return compose::cast(n.to, is.add(y, along(n.in(2))), x->type.element());
}

/// With statistics of the batch; the variance that is returned is that of the population.
Items batchNormTraining(const NodeView &n) {
  const compose::Arith is{n.to};
  if (n.real("exponential_avg_factor", 1) != 1)
    n.unsupported("training", "running statistics are updated by this batch norm",
                  "export the model for inference");
  const size_t rank = n.rank(0), axis = channelsFirst(n) ? 1 : rank - 1;
  Ints axes;
  Dim count = 1;
  for (size_t i = 0; i < rank; ++i)
    if (i != axis) {
      axes.push_back(static_cast<int64_t>(i));
      count = count * n.shape(0)[i];
    }
  Value *x = compose::cast(n.to, n.in(0), n.element(1));
  Value *mean = n.to.make(ops::reduce_mean, {x}, {attr::axes(axes)});
  Value *off = is.sub(x, compose::perAxis(n.to, mean, axis, rank));
  Value *variance = n.to.make(ops::reduce_mean, {is.mul(off, off)}, {attr::axes(axes)});
  Value *number = compose::cast(n.to, compose::scalarOf(n.to, n.to.extents({count})), n.element(1));
  Value *unbiased = is.mul(variance, is.div(number, is.max(is.sub(number, 1.0), 1.0)));
  return {normalised(n, mean, variance), mean, unbiased};
}

Items batchNorm(const NodeView &n) {
  if (n.flag("is_training", true))
    return batchNormTraining(n);
  bool folds = true;
  for (size_t i = 1; i < 5; ++i)
    folds = folds && n.in(i)->isConstant() && n.element(i) == n.element(0);
  const auto axis = static_cast<int64_t>(channelsFirst(n) ? 1 : n.rank(0) - 1);
  Value *y = folds ? n.to.make(ops::batch_norm, {n.in(0), n.in(1), n.in(2), n.in(3), n.in(4)},
                               {attr::axis(axis), attr::epsilon(n.real("epsilon", 1e-4))})
                   : normalised(n, n.in(3), n.in(4));
  return {y, n.in(3), n.in(4), n.in(3), n.in(4)};
}

// ---- what optimisers of graphs leave ----

/// The operators of fused_ops, on y; operands from `at` on are theirs.
Value *fusedOps(const NodeView &n, Value *y, size_t at) {
  const compose::Arith is{n.to};
  for (const std::string &op : n.texts("fused_ops")) {
    if (op == "BiasAdd")
      y = biased(n, y, n.in(at++));
    else if (op == "Relu")
      y = is(ops::relu, y);
    else if (op == "Relu6")
      y = is.min(is.max(y, 0.0), 6.0);
    else if (op == "Elu")
      y = is.where(is.less(y, 0.0), is.sub(is(ops::exp, y), 1.0), y);
    else if (op == "LeakyRelu")
      y = is.where(is.less(y, 0.0), is.mul(y, n.real("leakyrelu_alpha", 0.2)), y);
    else if (op == "Tanh")
      y = is(ops::tanh, y);
    else if (op == "Sigmoid")
      y = is(ops::sigmoid, y);
    else if (op == "GeluExact" || op == "GeluApproximate")
      y = compose::gelu(n.to, y, op == "GeluApproximate");
    else if (op == "Add")
      y = is.add(y, n.in(at++));
    else
      n.unsupported("fused", fmt::format("{} fuses '{}'", n.node.op, op),
                    "export the model without the optimisation of its graph");
  }
  return y;
}
Items fusedConv(const NodeView &n) {
  return {asGiven(n, fusedOps(n, convolution(n, channelsLast(n, n.in(0)), n.in(1)), 2))};
}
Items fusedDepthwiseConv(const NodeView &n) {
  return {asGiven(n, fusedOps(n, depthwiseConvolution(n, channelsLast(n, n.in(0)), n.in(1)), 2))};
}
Items fusedMatMul(const NodeView &n) { return {fusedOps(n, matMul(n)[0].tensor, 2)}; }

constexpr std::string_view kBatchNorm =
    "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_space_3";

// clang-format off
constexpr Lowering kNn[] = {
    {"AvgPool", averagePool}, {"AvgPool3D", averagePool}, {"BatchMatMul", batchMatMul},
    {"BatchMatMulV2", batchMatMul}, {"BatchMatMulV3", batchMatMul}, {"BiasAdd", biasAdd},
    {"BiasAddV1", biasAdd}, {"Conv2D", conv}, {"Conv2DBackpropInput", convTranspose}, {"Conv3D", conv},
    {"Conv3DBackpropInputV2", convTranspose}, {"DepthwiseConv2dNative", depthwiseConv},
    {"Einsum", einsum}, {"FusedBatchNorm", batchNorm, kBatchNorm},
    {"FusedBatchNormV2", batchNorm, kBatchNorm}, {"FusedBatchNormV3", batchNorm, kBatchNorm},
    {"L2Loss", l2Loss}, {"LRN", lrn}, {"LogSoftmax", softmax<ops::log_softmax>}, {"MatMul", matMul},
    {"MaxPool", maxPool}, {"MaxPool3D", maxPool}, {"MaxPoolV2", maxPool2},
    {"MaxPoolWithArgmax", maxPoolWithArgmax, "output argmax"}, {"Softmax", softmax<ops::softmax>},
    {"_FusedConv2D", fusedConv}, {"_FusedDepthwiseConv2dNative", fusedDepthwiseConv},
    {"_FusedMatMul", fusedMatMul},
};
// clang-format on

} // namespace

std::span<const Lowering> nnLowerings() { return kNn; }

} // namespace burin::savedmodel
