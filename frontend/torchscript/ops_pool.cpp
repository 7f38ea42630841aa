// SPDX-License-Identifier: Apache-2.0
//
// Pooling by windows, and by parts.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <numeric>

namespace burin::torchscript {
namespace {

struct Window {
  Ints kernel, strides, pads, dilations;
  Dims overhang; ///< positions behind the end pads that a ceiling adds
};

Window window(const Call &n, const ir::Shape &x, size_t spatial, bool dilated) {
  Window w;
  w.kernel = perAxis(n, "kernel_size", spatial);
  w.strides = n.ints("stride").empty() ? w.kernel : perAxis(n, "stride", spatial);
  w.pads = perAxis(n, "padding", spatial);
  w.dilations = dilated ? perAxis(n, "dilation", spatial) : Ints(spatial, 1);
  w.overhang.assign(spatial, Dim(0));
  if (!n.flag("ceil_mode"))
    return w;
  for (size_t i = 0; i < spatial; ++i) {
    const Dim span = x[2 + i] + 2 * w.pads[i] - w.dilations[i] * (w.kernel[i] - 1) - 1;
    Dim last = ceilDiv(span, w.strides[i]); // the index of the last window
    // A window that begins in the end padding is dropped.
    if (span.isNumber() && last.number() * w.strides[i] >= x[2 + i].number() + w.pads[i])
      last = last - 1;
    w.overhang[i] = max(last * Dim(w.strides[i]) - span, 0);
  }
  return w;
}

Dims withOverhang(const Window &w) {
  Dims pads = bothSides(w.pads);
  for (size_t i = 0; i < w.overhang.size(); ++i)
    pads[w.overhang.size() + i] = pads[w.overhang.size() + i] + w.overhang[i];
  return pads;
}

template <size_t spatial> Host maxPool(const Call &n) {
  const Image in = image(n, "self", spatial);
  const Window w = window(n, in.x->type.shape(), spatial, true);
  return done(n, in,
              n.to.make(ops::max_pool, {compose::toChannelsLast(n.to, in.x)},
                        {attr::kernel(w.kernel), attr::strides(w.strides),
                         attr::pads(withOverhang(w)), attr::dilations(w.dilations)}));
}

template <size_t spatial> Host averagePool(const Call &n) {
  const Image in = image(n, "self", spatial);
  const Window w = window(n, in.x->type.shape(), spatial, false);
  const bool divides = n.takes("divisor_override") && n.has("divisor_override");
  // With a divisor a window counts as whole, also where a ceiling lets it end behind the pads.
  const Dims none(spatial, Dim(0));
  Value *y = n.to.make(ops::average_pool, {compose::toChannelsLast(n.to, in.x)},
                       {attr::kernel(w.kernel), attr::strides(w.strides),
                        attr::pads(divides ? withOverhang(w) : bothSides(w.pads)),
                        attr::dilations(w.dilations),
                        attr::countIncludePad(divides || n.flag("count_include_pad")),
                        attr::outputPads(divides ? none : w.overhang)});
  if (divides) {
    const int64_t size =
        std::accumulate(w.kernel.begin(), w.kernel.end(), int64_t{1}, std::multiplies<>());
    y = compose::Arith{n.to}.mul(y, static_cast<double>(size) /
                                        static_cast<double>(n.integer("divisor_override")));
  }
  return done(n, in, y);
}

/// The mean or greatest element of each of k nearly equal parts of an axis.
Value *adaptive(const Call &n, const ir::OpDef &def, Value *x, size_t axis, int64_t parts) {
  const Dim &extent = x->type.dim(axis);
  if (!extent.isNumber())
    n.unsupported("symbolic", fmt::format("adaptive pooling of the open extent {}", extent.text()),
                  "fix the symbol with --dim");
  const int64_t size = extent.number();
  std::vector<Value *> all;
  for (int64_t i = 0; i < parts; ++i) {
    const int64_t from = i * size / parts, to = ((i + 1) * size + parts - 1) / parts;
    all.push_back(compose::reduceKeep(n.to, def,
                                      compose::sliceAxis(n.to, x, axis, from, Dim(to - from)),
                                      {static_cast<int64_t>(axis)}));
  }
  return compose::concat(n.to, all, axis);
}

template <size_t spatial, bool greatest> Value *adaptivePool(const Call &n, const Image &in) {
  const ir::Shape &shape = in.x->type.shape();
  // None keeps the extent.
  Ints out;
  for (size_t i = 0; i < spatial; ++i) {
    const Host &h = n["output_size"].as<CellRef>()->items[i];
    const Dim *d = h.find<Dim>();
    if (!d || !d->isNumber())
      n.unsupported("symbolic", "adaptive pooling to an open size", "fix the symbol with --dim");
    out.push_back(d->number());
  }
  if (std::ranges::all_of(out, [](int64_t k) { return k == 1; })) {
    Ints axes(spatial);
    std::iota(axes.begin(), axes.end(), 2);
    return compose::reduceKeep(n.to, greatest ? ops::reduce_max : ops::reduce_mean, in.x, axes);
  }
  bool even = true; // windows of one size
  Ints kernel;
  for (size_t i = 0; i < spatial; ++i) {
    even = even && shape[2 + i].isNumber() && shape[2 + i].number() % out[i] == 0;
    kernel.push_back(even ? shape[2 + i].number() / out[i] : 0);
  }
  if (even) {
    Value *x = compose::toChannelsLast(n.to, in.x);
    const Dims none(2 * spatial, Dim(0));
    const Ints ones(spatial, 1);
    Value *y = greatest ? n.to.make(ops::max_pool, {x},
                                    {attr::kernel(kernel), attr::strides(kernel), attr::pads(none),
                                     attr::dilations(ones)})
                        : n.to.make(ops::average_pool, {x},
                                    {attr::kernel(kernel), attr::strides(kernel), attr::pads(none),
                                     attr::dilations(ones), attr::countIncludePad(false),
                                     attr::outputPads(Dims(spatial, Dim(0)))});
    return compose::toChannelsFirst(n.to, y);
  }
  Value *y = in.x;
  for (size_t i = 0; i < spatial; ++i)
    y = adaptive(n, greatest ? ops::reduce_max : ops::reduce_mean, y, 2 + i, out[i]);
  return y;
}

template <size_t spatial> Host adaptiveAveragePool(const Call &n) {
  const Image in = image(n, "self", spatial);
  Value *y = adaptivePool<spatial, false>(n, in);
  return n.tensor(in.batched ? y : compose::squeeze(n.to, y, {0}));
}
/// The indices beside it are there only if something reads them.
template <size_t spatial> Host adaptiveMaxPool(const Call &n) {
  const Image in = image(n, "self", spatial);
  Value *y = adaptivePool<spatial, true>(n, in);
  const Uninitialized no{"the indices of adaptive_max_pool are not supported"};
  return makeTuple({n.tensor(in.batched ? y : compose::squeeze(n.to, y, {0})), no});
}

template <size_t spatial> Host maxPoolIndices(const Call &n) {
  const Image in = image(n, "self", spatial);
  const Window w = window(n, in.x->type.shape(), spatial, true);
  Value *x = compose::toChannelsLast(n.to, in.x);
  const ir::Op &op =
      n.to.makeOp(ops::max_pool_indices, {x},
                  {attr::kernel(w.kernel), attr::strides(w.strides), attr::pads(withOverhang(w)),
                   attr::dilations(w.dilations), attr::columnMajor(false)});
  // The IR counts in the whole tensor, torch in one image of one channel.
  const ir::Shape &shape = in.x->type.shape();
  Value *size = n.in.scalarOf(Host(ir::product(Dims(shape.begin() + 2, shape.end()))));
  Value *indices = n.to.make(ops::mod, {compose::toChannelsFirst(n.to, op.result(1)), size});
  return makeTuple({done(n, in, op.result(0)),
                    n.tensor(in.batched ? indices : compose::squeeze(n.to, indices, {0}))});
}

/// The elements back at their places in an image of zeros.
template <size_t spatial> Host maxUnpool(const Call &n) {
  const Image in = image(n, "self", spatial), at = image(n, "indices", spatial);
  const Dims size = n.dims("output_size"), shape = in.x->type.shape();
  if (size.size() < spatial || at.x->type.shape() != shape)
    n.fail("shape", "max_unpool has not as many sizes as axes, or other indices than elements");
  const Dims spatials(size.end() - static_cast<ptrdiff_t>(spatial), size.end());
  const auto flat = [&](Value *v) {
    return compose::reshape(
        n.to, v, {shape[0], shape[1], ir::product(Dims(shape.begin() + 2, shape.end()))});
  };
  Value *zeros =
      compose::full(n.to, in.x->type.element(), 0, {shape[0], shape[1], ir::product(spatials)});
  Value *y = n.to.make(ops::scatter_elements, {zeros, flat(at.x), flat(in.x)},
                       {attr::axis(2), attr::reduction("none")});
  Dims out = {shape[0], shape[1]};
  out.insert(out.end(), spatials.begin(), spatials.end());
  y = compose::reshape(n.to, y, out);
  return n.tensor(in.batched ? y : compose::squeeze(n.to, y, {0}));
}

constexpr Lowering kPool[] = {
    {"aten::max_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], "
     "int[1] dilation=[1], bool ceil_mode=False) -> Tensor",
     maxPool<1>},
    {"aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] "
     "dilation=1, bool ceil_mode=False) -> Tensor",
     maxPool<2>},
    {"aten::max_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] "
     "dilation=1, bool ceil_mode=False) -> Tensor",
     maxPool<3>},
    {"aten::max_pool2d_with_indices(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] "
     "padding=0, int[2] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)",
     maxPoolIndices<2>},
    {"aten::max_pool1d_with_indices(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] "
     "padding=[0], int[1] dilation=[1], bool ceil_mode=False) -> (Tensor, Tensor)",
     maxPoolIndices<1>},
    {"aten::max_pool3d_with_indices(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] "
     "padding=0, int[3] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)",
     maxPoolIndices<3>},
    {"aten::max_unpool2d(Tensor self, Tensor indices, int[2] output_size) -> Tensor", maxUnpool<2>},
    {"aten::max_unpool3d(Tensor self, Tensor indices, int[3] output_size, int[3] stride, int[3] "
     "padding) -> Tensor",
     maxUnpool<3>},
    {"aten::avg_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], bool "
     "ceil_mode=False, bool count_include_pad=True) -> Tensor",
     averagePool<1>},
    {"aten::avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool "
     "ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor",
     averagePool<2>},
    {"aten::avg_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, bool "
     "ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor",
     averagePool<3>},
    {"aten::adaptive_avg_pool1d(Tensor self, int[1] output_size) -> Tensor",
     adaptiveAveragePool<1>},
    {"aten::adaptive_avg_pool2d(Tensor self, int[2] output_size) -> Tensor",
     adaptiveAveragePool<2>},
    {"aten::adaptive_avg_pool3d(Tensor self, int[3] output_size) -> Tensor",
     adaptiveAveragePool<3>},
    {"aten::adaptive_max_pool1d(Tensor self, int[1] output_size) -> (Tensor, Tensor)",
     adaptiveMaxPool<1>},
    {"aten::adaptive_max_pool2d(Tensor self, int[2] output_size) -> (Tensor, Tensor)",
     adaptiveMaxPool<2>},
    {"aten::adaptive_max_pool3d(Tensor self, int[3] output_size) -> (Tensor, Tensor)",
     adaptiveMaxPool<3>},
};

} // namespace

std::span<const Lowering> poolLowerings() { return kPool; }

} // namespace burin::torchscript
