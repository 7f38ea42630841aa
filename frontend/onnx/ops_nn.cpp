// SPDX-License-Identifier: Apache-2.0
//
// Convolutions, pooling, products, normalisation. Images are NHWC inside: a transpose before and
// behind each, which the passes cancel.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

/// Pads, strides and dilations of a window op over the spatial axes of x [n, c, spatial...].
struct Window {
  Ints kernel, strides, dilations;
  Dims pads;     ///< begins, then ends
  Dims overhang; ///< positions behind the end pads that a ceiling adds
};

Window windowOf(const NodeView &n, const ir::Shape &x, Ints kernel) {
  const size_t spatial = kernel.size();
  if (x.size() != spatial + 2)
    n.fail("rank", fmt::format("the input has rank {} and the kernel {} axes, expected {}", x.size(), spatial, x.size() - 2));
  Window w;
  w.kernel = std::move(kernel);
  const Ints ones(spatial, 1);
  w.strides = n.ints("strides", ones);
  w.dilations = n.ints("dilations", ones);
  Ints pads = n.ints("pads", Ints(2 * spatial, 0));
  if (w.strides.size() != spatial || w.dilations.size() != spatial || pads.size() != 2 * spatial)
    n.fail("window", fmt::format("strides, dilations and pads must have {0}, {0} and {1} entries", spatial, 2 * spatial));
  w.pads.assign(pads.begin(), pads.end());
  w.overhang.assign(spatial, Dim(0));
  const std::string autoPad = n.text("auto_pad", "NOTSET");
  if (autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER") {
    for (size_t i = 0; i < spatial; ++i) {
      const int64_t reach = w.dilations[i] * (w.kernel[i] - 1) + 1;
      const Dim in = x[2 + i], out = ceilDiv(in, w.strides[i]);
      const Dim total = max((out - 1) * Dim(w.strides[i]) + reach - in, 0);
      const Dim less = floorDiv(total, 2);
      w.pads[i] = autoPad == "SAME_UPPER" ? less : total - less;
      w.pads[spatial + i] = total - w.pads[i];
    }
  } else if (autoPad == "VALID") {
    w.pads.assign(2 * spatial, Dim(0));
  } else if (autoPad != "NOTSET" && !autoPad.empty()) {
    n.fail("auto_pad", fmt::format("auto_pad is '{}', expected NOTSET, SAME_UPPER, SAME_LOWER or VALID", autoPad));
  }
  if (n.integer("ceil_mode", 0)) {
    for (size_t i = 0; i < spatial; ++i) {
      const Dim span = x[2 + i] + w.pads[i] + w.pads[spatial + i] - w.dilations[i] * (w.kernel[i] - 1) - 1;
      Dim last = ceilDiv(span, w.strides[i]); // the index of the last window
      // A window that begins in the end padding is dropped.
      if (span.isNumber() && x[2 + i].isNumber() && last.number() * w.strides[i] >= x[2 + i].number() + w.pads[i].number())
        last = last - 1;
      w.overhang[i] = max(last * Dim(w.strides[i]) - span, 0);
    }
  }
  return w;
}

Ints kernelShape(const NodeView &n, const ir::Shape &filter) {
  Ints kernel;
  for (size_t i = 2; i < filter.size(); ++i) {
    if (!filter[i].isNumber())
      n.unsupported("kernel", fmt::format("the kernel has the extent {}, expected a number", filter[i].text()));
    kernel.push_back(filter[i].number());
  }
  return n.ints("kernel_shape", kernel);
}

Values conv(const NodeView &n) {
  Value *x = n.in(0), *filter = n.in(1);
  const Window w = windowOf(n, x->type.shape(), kernelShape(n, filter->type.shape()));
  Value *y = n.to.make(ops::conv, {compose::toChannelsLast(n.to, x), compose::filterChannelsLast(n.to, filter)},
                       {attr::strides(w.strides), attr::pads(w.pads), attr::dilations(w.dilations), attr::group(n.integer("group", 1))});
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
    const Dim wanted = outputShape.empty() ? shape[2 + i] * Dim(strides[i]) : Dim(outputShape[from]);
    const Dim total = max(Dim(strides[i]) * (shape[2 + i] - 1) + outputPads[i] + Dim((kernel[i] - 1) * dilations[i] + 1) - wanted, 0);
    const Dim less = floorDiv(total, 2);
    // The odd one goes to the end for SAME_UPPER, else to the beginning.
    pads[i] = autoPad == "SAME_UPPER" ? less : total - less;
    pads[spatial + i] = total - pads[i];
    outputPads[i] = wanted - (Dim(strides[i]) * (shape[2 + i] - 1) + Dim((kernel[i] - 1) * dilations[i] + 1) - total);
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
  Value *f = compose::reshape(n.to, compose::transpose(n.to, compose::reshape(n.to, filter, grouped), perm), flat);
  Value *y = n.to.make(ops::conv_transpose, {compose::toChannelsLast(n.to, x), f},
                       {attr::strides(strides), attr::pads(pads), attr::dilations(dilations), attr::group(group), attr::outputPads(outputPads)});
  if (n.has(2))
    y = n.to.make(ops::add, {y, n.in(2)});
  return {compose::toChannelsFirst(n.to, y)};
}

Dims withOverhang(const Window &w) {
  Dims pads = w.pads;
  for (size_t i = 0; i < w.overhang.size(); ++i)
    pads[w.overhang.size() + i] = pads[w.overhang.size() + i] + w.overhang[i];
  return pads;
}

Values maxPool(const NodeView &n) {
  const Window w = windowOf(n, n.type(0).shape(), n.ints("kernel_shape", {}));
  Value *x = compose::toChannelsLast(n.to, n.in(0));
  if (n.node.outputs.size() > 1 && !n.node.outputs[1].empty()) {
    Value *both[] = {x};
    ir::Op &op = n.to.makeOp(ops::max_pool_indices, both, {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(withOverhang(w)), attr::dilations(w.dilations),
                                                          attr::columnMajor(n.integer("storage_order", 0) != 0)});
    return {compose::toChannelsFirst(n.to, op.result(0)), compose::toChannelsFirst(n.to, op.result(1))};
  }
  Value *y = n.to.make(ops::max_pool, {x}, {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(withOverhang(w)), attr::dilations(w.dilations)});
  return {compose::toChannelsFirst(n.to, y)};
}

Values averagePool(const NodeView &n) {
  const Window w = windowOf(n, n.type(0).shape(), n.ints("kernel_shape", {}));
  Value *y = n.to.make(ops::average_pool, {compose::toChannelsLast(n.to, n.in(0))},
                       {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(w.pads), attr::dilations(w.dilations),
                        attr::countIncludePad(n.integer("count_include_pad", 0) != 0), attr::outputPads(w.overhang)});
  return {compose::toChannelsFirst(n.to, y)};
}

template <const ir::OpDef &reduction> Values globalPool(const NodeView &n) {
  Ints axes(n.rank(0) - 2);
  std::iota(axes.begin(), axes.end(), 2);
  Value *y = n.to.make(reduction, {n.in(0)}, {attr::axes(axes)});
  return {compose::keepAxes(n.to, y, n.type(0).shape(), axes)};
}

Values batchNorm(const NodeView &n) {
  if (n.integer("training_mode", 0))
    n.unsupported("training", "batch normalisation in training mode", "export the model for inference");
  return {n.to.make(ops::batch_norm, {n.in(0), n.in(1), n.in(2), n.in(3), n.in(4)}, {attr::axis(n.rank(0) > 1 ? 1 : 0), attr::epsilon(n.real("epsilon", 1e-5))})};
}

Values matMul(const NodeView &n) { return {compose::matmul(n.to, n.in(0), n.in(1))}; }

Values gemm(const NodeView &n) {
  const double alpha = n.real("alpha", 1), beta = n.real("beta", 1);
  Value *y = n.to.make(ops::matmul, {n.in(0), n.in(1)}, {attr::transposeA(n.integer("transA", 0) != 0), attr::transposeB(n.integer("transB", 0) != 0)});
  if (alpha != 1)
    y = n.to.make(ops::mul, {y, compose::scalarLike(n.to, y, alpha)});
  if (!n.has(2))
    return {y};
  Value *c = n.in(2);
  if (beta != 1)
    c = n.to.make(ops::mul, {c, compose::scalarLike(n.to, c, beta)});
  return {n.to.make(ops::add, {y, c})};
}

template <const ir::OpDef &def> Values softmax(const NodeView &n) { return {n.to.make(def, {n.in(0)}, {attr::axis(n.axis(n.integer("axis", -1), n.rank(0)))})}; }

/// Before 13: over all axes from `axis` on, as one.
template <const ir::OpDef &def> Values flatSoftmax(const NodeView &n) {
  const auto axis = static_cast<size_t>(n.axis(n.integer("axis", 1), n.rank(0)));
  const ir::Shape &shape = n.type(0).shape();
  const Dims flat = {ir::product(Dims(shape.begin(), shape.begin() + static_cast<ptrdiff_t>(axis))), ir::product(Dims(shape.begin() + static_cast<ptrdiff_t>(axis), shape.end()))};
  Value *y = n.to.make(def, {compose::reshape(n.to, n.in(0), flat)}, {attr::axis(1)});
  return {compose::reshape(n.to, y, shape)};
}

constexpr Lowering kNn[] = {
    {"AveragePool", 1, averagePool},
    {"BatchNormalization", 7, batchNorm},
    {"Conv", 1, conv},
    {"ConvTranspose", 1, convTranspose},
    {"Gemm", 7, gemm},
    {"GlobalAveragePool", 1, globalPool<ops::reduce_mean>},
    {"GlobalMaxPool", 1, globalPool<ops::reduce_max>},
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
