// SPDX-License-Identifier: Apache-2.0
//
// Convolutions, products of matrices, normalisation. Images are NHWC inside: a transpose
// before and behind each, which the passes cancel.
#include "frontend/common/einsum.h"
#include "frontend/torchscript/lowering.h"
#include "frontend/torchscript/ranks.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::torchscript {
Ints perAxis(const Call &n, std::string_view name, size_t spatial) {
  Ints all = n.ints(name);
  if (all.size() == 1)
    all.assign(spatial, all[0]);
  if (all.size() != spatial)
    n.fail("window", fmt::format("{} has {} entries, expected {}", name, all.size(), spatial));
  return all;
}

Dims bothSides(const Ints &pads) {
  Dims all(pads.begin(), pads.end());
  all.insert(all.end(), pads.begin(), pads.end());
  return all;
}

Image image(const Call &n, std::string_view name, size_t spatial) {
  Value *x = n.value(name);
  if (x->type.rank() == spatial + 2)
    return {x, true};
  if (x->type.rank() != spatial + 1)
    n.fail("rank", fmt::format("{} has rank {}, expected {}", name, x->type.rank(), spatial + 2));
  return {compose::unsqueeze(n.to, x, {0}), false};
}
Host done(const Call &n, const Image &of, Value *channelsLast) {
  Value *y = compose::toChannelsFirst(n.to, channelsLast);
  return n.tensor(of.batched ? y : compose::squeeze(n.to, y, {0}));
}

namespace {

// ---- products ----

Value *product(const Call &n, Value *a, Value *b, bool transposeB = false) {
  return n.to.make(ops::matmul, {a, b}, {attr::transposeA(false), attr::transposeB(transposeB)});
}

Host linear(const Call &n) {
  Value *x = n.value("input"), *weight = n.value("weight");
  Value *y;
  if (x->type.rank() == 1 || weight->type.rank() == 1) {
    Value *w = weight->type.rank() == 2 ? compose::transpose(n.to, weight, {1, 0}) : weight;
    y = compose::matmul(n.to, x, w);
  } else {
    y = product(n, x, weight, true);
  }
  if (Value *bias = n.valueOrNull("bias"))
    y = n.to.make(ops::add, {y, bias});
  return n.tensor(y);
}

Host matmul(const Call &n) {
  Value *a = n.value("self"), *b = n.value("other");
  return n.tensor(compose::matmul(n.to, a, b));
}
template <const char *const &second> Host plainProduct(const Call &n) {
  return n.tensor(compose::matmul(n.to, n.value("self"), n.value(second)));
}
constexpr const char *kMat2 = "mat2", *kVec = "vec", *kTensor = "tensor";

/// beta * self + alpha * a b.
Host addProduct(const Call &n, std::string_view a, std::string_view b) {
  const compose::Arith is{n.to};
  Value *y = compose::matmul(n.to, n.value(a), n.value(b));
  const double alpha = n.real("alpha"), beta = n.real("beta");
  if (alpha != 1)
    y = is.mul(y, alpha);
  if (beta == 0)
    return n.tensor(y);
  Value *c = n.value("self");
  return n.tensor(is.add(y, beta == 1 ? c : is.mul(c, beta)));
}
Host addmm(const Call &n) { return addProduct(n, "mat1", "mat2"); }
Host baddbmm(const Call &n) { return addProduct(n, "batch1", "batch2"); }
Host addmv(const Call &n) { return addProduct(n, "mat", "vec"); }

Host einsum(const Call &n) {
  const auto refuse = [&](Problem problem, std::string text) {
    if (problem == Problem::invalid)
      n.fail("einsum", std::move(text));
    n.unsupported("einsum", std::move(text));
  };
  const std::vector<Value *> operands = n.tensors("tensors");
  return n.tensor(compose::einsum(n.to, n.text("equation"), operands, refuse));
}

Host outer(const Call &n) {
  const compose::Arith is{n.to};
  return n.tensor(is.mul(compose::unsqueeze(n.to, ranked(n, "self", 1, 1), {1}),
                         compose::unsqueeze(n.to, ranked(n, "vec2", 1, 1), {0})));
}

// ---- convolutions ----

Host convolve(const Call &n, const Dims &pads) {
  Value *filter = n.value("weight");
  const size_t spatial = filter->type.rank() - 2;
  const Image in = image(n, "input", spatial);
  Value *y = n.to.make(
      ops::conv, {compose::toChannelsLast(n.to, in.x), compose::filterChannelsLast(n.to, filter)},
      {attr::strides(perAxis(n, "stride", spatial)), attr::pads(pads),
       attr::dilations(perAxis(n, "dilation", spatial)), attr::group(n.integer("groups"))});
  if (Value *bias = n.valueOrNull("bias"))
    y = n.to.make(ops::add, {y, bias});
  return done(n, in, y);
}

Host conv(const Call &n) {
  return convolve(n, bothSides(perAxis(n, "padding", n.value("weight")->type.rank() - 2)));
}

/// padding is "valid" or "same".
Host convPadding(const Call &n) {
  const ir::Shape &filter = n.value("weight")->type.shape();
  const size_t spatial = filter.size() - 2;
  const std::string &mode = n.text("padding");
  if (mode == "valid")
    return convolve(n, Dims(2 * spatial, Dim(0)));
  if (mode != "same")
    n.fail("padding", fmt::format("padding is '{}', expected valid or same", mode));
  const Ints dilations = perAxis(n, "dilation", spatial);
  Dims pads(2 * spatial);
  for (size_t i = 0; i < spatial; ++i) {
    const Dim total = Dim(dilations[i]) * (filter[2 + i] - 1);
    pads[i] = floorDiv(total, 2);
    pads[spatial + i] = total - pads[i];
  }
  return convolve(n, pads);
}

Host convTranspose(const Call &n) {
  Value *filter = ranked(n, "weight", 3, 5); // [c, o/g, kernel...]
  const size_t spatial = filter->type.rank() - 2;
  const Image in = image(n, "input", spatial);
  const int64_t group = positive(n, "groups");
  const Ints more = perAxis(n, "output_padding", spatial);
  // [c, o/g, kernel...] to [o, kernel..., c/g].
  const Dim c = filter->type.dim(0), each = filter->type.dim(1);
  Dims grouped = {Dim(group), floorDiv(c, group), each}, flat = {each * Dim(group)};
  Ints perm = {0, 2};
  for (size_t i = 0; i < spatial; ++i) {
    grouped.push_back(filter->type.dim(2 + i));
    flat.push_back(filter->type.dim(2 + i));
    perm.push_back(static_cast<int64_t>(3 + i));
  }
  perm.push_back(1);
  flat.push_back(floorDiv(c, group));
  Value *f = compose::reshape(
      n.to, compose::transpose(n.to, compose::reshape(n.to, filter, grouped), perm), flat);
  Value *y = n.to.make(ops::conv_transpose, {compose::toChannelsLast(n.to, in.x), f},
                       {attr::strides(perAxis(n, "stride", spatial)),
                        attr::pads(bothSides(perAxis(n, "padding", spatial))),
                        attr::dilations(perAxis(n, "dilation", spatial)), attr::group(group),
                        attr::outputPads(Dims(more.begin(), more.end()))});
  if (Value *bias = n.valueOrNull("bias"))
    y = n.to.make(ops::add, {y, bias});
  return done(n, in, y);
}

Host anyConv(const Call &n) { return n.flag("transposed") ? convTranspose(n) : conv(n); }

// ---- normalisation ----

Host batchNorm(const Call &n) {
  if (n.flag("training"))
    n.unsupported("training", "batch normalisation in training mode",
                  "call model.eval() before it is saved");
  if (!n.has("running_mean") || !n.has("running_var"))
    n.unsupported("training", "batch normalisation without running statistics",
                  "make it with track_running_stats=True");
  Value *x = n.value("input"), *mean = n.value("running_mean"), *var = n.value("running_var");
  const ElementType e = x->type.element();
  const auto parameter = [&](std::string_view name, double otherwise) {
    Value *v = n.valueOrNull(name);
    return v ? compose::cast(n.to, v, e) : compose::full(n.to, e, otherwise, mean->type.shape());
  };
  return n.tensor(
      n.to.make(ops::batch_norm,
                {x, parameter("weight", 1), parameter("bias", 0), compose::cast(n.to, mean, e),
                 compose::cast(n.to, var, e)},
                {attr::axis(x->type.rank() > 1 ? 1 : 0), attr::epsilon(n.real("eps"))}));
}

Host layerNorm(const Call &n) {
  Value *x = n.value("input");
  const auto axes = static_cast<int64_t>(n["normalized_shape"].as<CellRef>()->items.size());
  return n.tensor(n.to.make(
      ops::layer_norm, {x, n.valueOrNull("weight"), n.valueOrNull("bias")},
      {attr::axis(static_cast<int64_t>(x->type.rank()) - axes), attr::epsilon(n.real("eps"))}));
}

Host rmsNorm(const Call &n) {
  Value *x = n.value("input");
  const auto axes = static_cast<int64_t>(n["normalized_shape"].as<CellRef>()->items.size());
  const double epsilon = n.has("eps")                            ? n.real("eps")
                         : x->type.element() == ElementType::f64 ? 2.220446049250313e-16
                                                                 : 1.1920928955078125e-07;
  return n.tensor(
      n.to.make(ops::rms_norm, {x, n.valueOrNull("weight")},
                {attr::axis(static_cast<int64_t>(x->type.rank()) - axes), attr::epsilon(epsilon)}));
}

Host groupNormOf(const Call &n, int64_t groups) {
  Value *x = n.value("input");
  return n.tensor(n.to.make(ops::group_norm, {x, n.valueOrNull("weight"), n.valueOrNull("bias")},
                            {attr::axis(1), attr::groups(groups), attr::epsilon(n.real("eps"))}));
}
Host groupNorm(const Call &n) { return groupNormOf(n, n.integer("num_groups")); }
Host instanceNorm(const Call &n) {
  if (!n.flag("use_input_stats"))
    n.unsupported("argument", "instance normalisation by running statistics",
                  "make it with track_running_stats=False");
  const Dim channels = ranked(n, "input", 2)->type.dim(1);
  if (!channels.isNumber())
    n.unsupported("symbolic", fmt::format("instance normalisation of {} channels", channels.text()),
                  "fix the symbol with --dim");
  return groupNormOf(n, channels.number());
}

constexpr Lowering kNn[] = {
    {"aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", linear},
    {"aten::matmul(Tensor self, Tensor other) -> Tensor", matmul},
    {"aten::mm(Tensor self, Tensor mat2) -> Tensor", plainProduct<kMat2>},
    {"aten::bmm(Tensor self, Tensor mat2) -> Tensor", plainProduct<kMat2>},
    {"aten::mv(Tensor self, Tensor vec) -> Tensor", plainProduct<kVec>},
    {"aten::dot(Tensor self, Tensor tensor) -> Tensor", plainProduct<kTensor>},
    {"aten::outer(Tensor self, Tensor vec2) -> Tensor", outer},
    {"aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> "
     "Tensor",
     addmm},
    {"aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) "
     "-> Tensor",
     baddbmm},
    {"aten::addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
     addmv},
    {"aten::mm.dtype(Tensor self, Tensor mat2, ScalarType out_dtype) -> Tensor", nullptr},
    {"aten::bmm.dtype(Tensor self, Tensor mat2, ScalarType out_dtype) -> Tensor", nullptr},
    {"aten::addmm.dtype(Tensor self, Tensor mat1, Tensor mat2, ScalarType out_dtype, *, Scalar "
     "beta=1, Scalar alpha=1) -> Tensor",
     nullptr},
    {"aten::baddbmm.dtype(Tensor self, Tensor batch1, Tensor batch2, ScalarType out_dtype, *, "
     "Scalar beta=1, Scalar alpha=1) -> Tensor",
     nullptr},
    {"aten::ger(Tensor self, Tensor vec2) -> Tensor", outer},
    {"aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor", einsum},
    {"aten::einsum.sublist(Tensor a, ...) -> Tensor", nullptr},

    {"aten::conv1d(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=[1], int[1] "
     "padding=[0], int[1] dilation=[1], int groups=1) -> Tensor",
     conv},
    {"aten::conv1d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=[1], str "
     "padding=\"valid\", int[1] dilation=[1], int groups=1) -> Tensor",
     convPadding},
    {"aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=[1, 1], int[2] "
     "padding=[0, 0], int[2] dilation=[1, 1], int groups=1) -> Tensor",
     conv},
    {"aten::conv2d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=[1, 1], "
     "str padding=\"valid\", int[2] dilation=[1, 1], int groups=1) -> Tensor",
     convPadding},
    {"aten::conv3d(Tensor input, Tensor weight, Tensor? bias=None, int[3] stride=[1, 1, 1], int[3] "
     "padding=[0, 0, 0], int[3] dilation=[1, 1, 1], int groups=1) -> Tensor",
     conv},
    {"aten::conv3d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[3] stride=[1, 1, "
     "1], str padding=\"valid\", int[3] dilation=[1, 1, 1], int groups=1) -> Tensor",
     convPadding},
    {"aten::conv_transpose1d(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=[1], "
     "int[1] padding=[0], int[1] output_padding=[0], int groups=1, int[1] dilation=[1]) -> Tensor",
     convTranspose},
    {"aten::conv_transpose2d.input(Tensor input, Tensor weight, Tensor? bias=None, int[2] "
     "stride=[1, 1], int[2] padding=[0, 0], int[2] output_padding=[0, 0], int groups=1, int[2] "
     "dilation=[1, 1]) -> Tensor",
     convTranspose},
    {"aten::conv_transpose3d.input(Tensor input, Tensor weight, Tensor? bias=None, int[3] "
     "stride=[1, 1, 1], int[3] padding=[0, 0, 0], int[3] output_padding=[0, 0, 0], int groups=1, "
     "int[3] dilation=[1, 1, 1]) -> Tensor",
     convTranspose},
    {"aten::_convolution.deprecated(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] "
     "padding, int[] dilation, bool transposed, int[] output_padding, int groups, bool benchmark, "
     "bool deterministic, bool cudnn_enabled) -> Tensor",
     anyConv},
    {"aten::_convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, "
     "int[] dilation, bool transposed, int[] output_padding, int groups, bool benchmark, bool "
     "deterministic, bool cudnn_enabled, bool allow_tf32) -> Tensor",
     anyConv},
    {"aten::_convolution_mode(Tensor input, Tensor weight, Tensor? bias, int[] stride, str "
     "padding, "
     "int[] dilation, int groups) -> Tensor",
     convPadding},
    {"aten::convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, "
     "int[] dilation, bool transposed, int[] output_padding, int groups) -> Tensor",
     anyConv},

    {"aten::batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? "
     "running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
     batchNorm},
    {"aten::layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? "
     "bias=None, float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor",
     layerNorm},
    {"aten::rms_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, float? eps=None) "
     "-> Tensor",
     rmsNorm},
    {"aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float "
     "eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor",
     groupNorm},
    {"aten::instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, "
     "Tensor? running_var, bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> "
     "Tensor",
     instanceNorm},
};

} // namespace

std::span<const Lowering> nnLowerings() { return kNn; }

} // namespace burin::torchscript
