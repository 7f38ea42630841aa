// SPDX-License-Identifier: Apache-2.0
//
// Convolutions, pooling, products, normalisation. Images are NHWC inside: a transpose before and
// behind each, which the passes cancel.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"
#include "frontend/onnx/ops_window.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

Values conv(const NodeView &n) {
  Value *x = n.in(0), *filter = n.in(1);
  const Window w = windowOf(n, x->type.shape(), kernelShape(n, filter->type.shape()));
  Value *y = n.to.make(
      ops::conv, {compose::toChannelsLast(n.to, x), compose::filterChannelsLast(n.to, filter)},
      {attr::strides(w.strides), attr::pads(w.pads), attr::dilations(w.dilations),
       attr::group(n.integer("group", 1))});
  if (n.has(2))
    y = n.to.make(ops::add, {y, n.in(2)});
  return {compose::toChannelsFirst(n.to, y)};
}

Values convTranspose(const NodeView &n) {
  Value *x = n.in(0), *filter = n.in(1); // [c, o/g, kernel...]
  const int64_t group = n.integer("group", 1);
  const ir::Shape &shape = x->type.shape();
  const Ints kernel = kernelShape(n, filter->type.shape());
  const size_t spatial = kernel.size();
  const Ints ones(spatial, 1);
  const Ints strides = n.ints("strides", ones), dilations = n.ints("dilations", ones);
  const Ints outputPadding = n.ints("output_padding", Ints(spatial, 0));
  const Ints given = n.ints("pads", Ints(2 * spatial, 0)), outputShape = n.ints("output_shape", {});
  Dims pads(given.begin(), given.end()), outputPads(outputPadding.begin(), outputPadding.end());
  const std::string autoPad = n.text("auto_pad", "NOTSET");
  const bool same = autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER";
  if (autoPad == "VALID")
    pads.assign(2 * spatial, Dim(0));
  for (size_t i = 0; i < spatial && (same || !outputShape.empty()); ++i) {
    const size_t from = outputShape.size() == spatial ? i : outputShape.size() - spatial + i;
    const Dim wanted =
        outputShape.empty() ? shape[2 + i] * Dim(strides[i]) : Dim(outputShape[from]);
    const Dim total = max(Dim(strides[i]) * (shape[2 + i] - 1) + outputPads[i] +
                              Dim((kernel[i] - 1) * dilations[i] + 1) - wanted,
                          0);
    const Dim less = floorDiv(total, 2);
    // The odd one goes to the end for SAME_UPPER, else to the beginning.
    pads[i] = autoPad == "SAME_UPPER" ? less : total - less;
    pads[spatial + i] = total - pads[i];
    outputPads[i] = wanted - (Dim(strides[i]) * (shape[2 + i] - 1) +
                              Dim((kernel[i] - 1) * dilations[i] + 1) - total);
  }
  // [c, o/g, kernel...] to [o, kernel..., c/g].
  const Dim c = filter->type.dim(0), each = filter->type.dim(1);
  Dims grouped = {Dim(group), floorDiv(c, group), each};
  Ints perm = {0, 2};
  Dims flat = {each * Dim(group)};
  for (size_t i = 0; i < spatial; ++i) {
    grouped.emplace_back(kernel[i]);
    perm.push_back(static_cast<int64_t>(3 + i));
    flat.emplace_back(kernel[i]);
  }
  perm.push_back(1);
  flat.push_back(floorDiv(c, group));
  Value *f = compose::reshape(
      n.to, compose::transpose(n.to, compose::reshape(n.to, filter, grouped), perm), flat);
  Value *y = n.to.make(ops::conv_transpose, {compose::toChannelsLast(n.to, x), f},
                       {attr::strides(strides), attr::pads(pads), attr::dilations(dilations),
                        attr::group(group), attr::outputPads(outputPads)});
  if (n.has(2))
    y = n.to.make(ops::add, {y, n.in(2)});
  return {compose::toChannelsFirst(n.to, y)};
}

Values maxPool(const NodeView &n) {
  const Window w = windowOf(n, n.type(0).shape(), n.ints("kernel_shape", {}));
  Value *x = compose::toChannelsLast(n.to, n.in(0));
  if (n.node.outputs.size() > 1 && !n.node.outputs[1].empty()) {
    Value *both[] = {x};
    ir::Op &op = n.to.makeOp(ops::max_pool_indices, both,
                             {attr::kernel(w.kernel), attr::strides(w.strides),
                              attr::pads(withOverhang(w)), attr::dilations(w.dilations),
                              attr::columnMajor(n.integer("storage_order", 0) != 0)});
    return {compose::toChannelsFirst(n.to, op.result(0)),
            compose::toChannelsFirst(n.to, op.result(1))};
  }
  Value *y = n.to.make(ops::max_pool, {x},
                       {attr::kernel(w.kernel), attr::strides(w.strides),
                        attr::pads(withOverhang(w)), attr::dilations(w.dilations)});
  return {compose::toChannelsFirst(n.to, y)};
}

Values averagePool(const NodeView &n) {
  const Window w = windowOf(n, n.type(0).shape(), n.ints("kernel_shape", {}));
  Value *y = n.to.make(ops::average_pool, {compose::toChannelsLast(n.to, n.in(0))},
                       {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(w.pads),
                        attr::dilations(w.dilations),
                        attr::countIncludePad(n.integer("count_include_pad", 0) != 0),
                        attr::outputPads(w.overhang)});
  return {compose::toChannelsFirst(n.to, y)};
}

template <const ir::OpDef &reduction> Values globalPool(const NodeView &n) {
  Ints axes(n.rank(0) - 2);
  std::iota(axes.begin(), axes.end(), 2);
  Value *y = n.to.make(reduction, {n.in(0)}, {attr::axes(axes)});
  return {compose::keepAxes(n.to, y, n.type(0).shape(), axes)};
}

/// (sum of |x|^p)^(1/p): a convolution with ones of each channel by itself.
Values lpPool(const NodeView &n) {
  const compose::Arith is{n.to};
  const ir::Shape &shape = n.type(0).shape();
  const Window w = windowOf(n, shape, n.ints("kernel_shape", {}));
  const double p = n.opset < 2 ? n.real("p", 2) : static_cast<double>(n.integer("p", 2));
  Value *x = n.in(0);
  x = p == 2 ? is.mul(x, x) : is.pow(is(ops::abs, x), p);
  Dims alone = {shape[0] * shape[1]}, filter = {1};
  for (size_t i = 2; i < shape.size(); ++i) {
    alone.push_back(shape[i]);
    filter.emplace_back(w.kernel[i - 2]);
  }
  alone.emplace_back(1);
  filter.emplace_back(1);
  Value *y = n.to.make(
      ops::conv, {compose::reshape(n.to, x, alone), compose::full(n.to, n.element(0), 1, filter)},
      {attr::strides(w.strides), attr::pads(withOverhang(w)), attr::dilations(w.dilations),
       attr::group(1)});
  Dims out = {shape[0], shape[1]};
  out.insert(out.end(), y->type.shape().begin() + 1, y->type.shape().end() - 1);
  y = compose::reshape(n.to, y, out);
  return {p == 2 ? is(ops::sqrt, y) : p == 1 ? y : is.pow(y, 1 / p)};
}

Values globalLpPool(const NodeView &n) {
  const compose::Arith is{n.to};
  const double p = n.opset < 2 ? n.real("p", 2) : static_cast<double>(n.integer("p", 2));
  Ints axes(n.rank(0) - 2);
  std::iota(axes.begin(), axes.end(), 2);
  Value *x = n.in(0);
  x = p == 2 ? is.mul(x, x) : is.pow(is(ops::abs, x), p);
  Value *y = compose::reduceKeep(n.to, ops::reduce_sum, x, axes);
  return {p == 2 ? is(ops::sqrt, y) : p == 1 ? y : is.pow(y, 1 / p)};
}

/// (x - mean) / sqrt(variance + epsilon) * scale + bias. Each is [c], or, before 9 without
/// `spatial`, of the shape of a sample.
Value *normalised(const NodeView &n, Value *mean, Value *variance) {
  const compose::Arith is{n.to};
  const size_t rank = n.rank(0);
  Value *x = n.in(0);
  const auto along = [&](Value *v) {
    if (v->type.rank() > 1) // one for each element of a sample
      return v;
    return compose::perAxis(n.to, v, rank > 1 ? 1 : 0, rank);
  };
  // Statistics may be of a larger type than x: the arithmetic is theirs.
  const ElementType e = mean->type.element();
  Value *deviation = is(ops::sqrt, is.add(along(variance), n.real("epsilon", 1e-5)));
  Value *y = is.div(is.sub(compose::cast(n.to, x, e), along(mean)), deviation);
  y = is.mul(y, compose::cast(n.to, along(n.in(1)), e));
  y = is.add(y, compose::cast(n.to, along(n.in(2)), e));
  return compose::cast(n.to, y, x->type.element());
}

/// Statistics of the batch, and the running ones moved towards them.
Values batchNormTraining(const NodeView &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.element(3);
  Ints axes(n.rank(0));
  std::iota(axes.begin(), axes.end(), 0);
  axes.erase(axes.begin() + (n.rank(0) > 1 ? 1 : 0));
  Value *x = compose::cast(n.to, n.in(0), e);
  Value *mean = compose::reduceKeep(n.to, ops::reduce_mean, x, axes);
  Value *off = is.sub(x, mean);
  Value *variance = n.to.make(ops::reduce_mean, {is.mul(off, off)}, {attr::axes(axes)});
  mean = compose::squeeze(n.to, mean, axes);
  const double keep = n.real("momentum", 0.9);
  const auto moved = [&](Value *running, Value *now) {
    return is.add(is.mul(running, keep), is.mul(now, 1 - keep));
  };
  return {normalised(n, mean, variance), moved(n.in(3), mean), moved(n.in(4), variance)};
}

Values batchNorm(const NodeView &n) {
  const bool trains = n.opset >= 14 ? n.integer("training_mode", 0) != 0
                      : n.opset < 7 ? n.integer("is_test", 0) == 0
                                    : false;
  if (trains && n.opset >= 14)
    return batchNormTraining(n);
  if (trains || n.wants(1))
    n.unsupported("training", "batch normalisation in training mode",
                  "export the model for inference");
  bool folds = true;
  for (size_t i = 1; i < 5; ++i)
    folds = folds && n.in(i)->isConstant() && n.rank(i) == 1 && n.element(i) == n.element(0);
  if (!folds)
    return {normalised(n, n.in(3), n.in(4))};
  return {n.to.make(ops::batch_norm, {n.in(0), n.in(1), n.in(2), n.in(3), n.in(4)},
                    {attr::axis(n.rank(0) > 1 ? 1 : 0), attr::epsilon(n.real("epsilon", 1e-5))})};
}

Values matMul(const NodeView &n) { return {compose::matmul(n.to, n.in(0), n.in(1))}; }

Values gemm(const NodeView &n) {
  const double alpha = n.real("alpha", 1), beta = n.real("beta", 1);
  Value *y = n.to.make(ops::matmul, {n.in(0), n.in(1)},
                       {attr::transposeA(n.integer("transA", 0) != 0),
                        attr::transposeB(n.integer("transB", 0) != 0)});
  if (alpha != 1)
    y = n.to.make(ops::mul, {y, compose::scalarLike(n.to, y, alpha)});
  if (!n.has(2))
    return {y};
  Value *c = n.in(2);
  if (beta != 1)
    c = n.to.make(ops::mul, {c, compose::scalarLike(n.to, c, beta)});
  return {n.to.make(ops::add, {y, c})};
}

template <const ir::OpDef &def> Values softmax(const NodeView &n) {
  return {n.to.make(def, {n.in(0)}, {attr::axis(n.axis(n.integer("axis", -1), n.rank(0)))})};
}

/// Before 13: over all axes from `axis` on, as one.
template <const ir::OpDef &def> Values flatSoftmax(const NodeView &n) {
  const auto axis = static_cast<size_t>(n.axis(n.integer("axis", 1), n.rank(0)));
  const ir::Shape &shape = n.type(0).shape();
  const Dims flat = {ir::product(Dims(shape.begin(), shape.begin() + static_cast<ptrdiff_t>(axis))),
                     ir::product(Dims(shape.begin() + static_cast<ptrdiff_t>(axis), shape.end()))};
  Value *y = n.to.make(def, {compose::reshape(n.to, n.in(0), flat)}, {attr::axis(1)});
  return {compose::reshape(n.to, y, shape)};
}

constexpr Lowering kNn[] = {
    {"AveragePool", 1, averagePool},
    {"BatchNormalization", 1, batchNorm},
    {"Conv", 1, conv},
    {"ConvTranspose", 1, convTranspose},
    {"Gemm", 1, gemm},
    {"GlobalAveragePool", 1, globalPool<ops::reduce_mean>},
    {"GlobalMaxPool", 1, globalPool<ops::reduce_max>},
    {"GlobalLpPool", 1, globalLpPool},
    {"LpPool", 1, lpPool},
    {"LogSoftmax", 1, flatSoftmax<ops::log_softmax>},
    {"LogSoftmax", 13, softmax<ops::log_softmax>},
    {"MatMul", 1, matMul},
    {"MaxPool", 1, maxPool},
    {"Softmax", 1, flatSoftmax<ops::softmax>},
    {"Softmax", 13, softmax<ops::softmax>},
};

} // namespace

std::span<const Lowering> nnLowerings() { return kNn; }

} // namespace burin::onnx
