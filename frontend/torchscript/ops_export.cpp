// SPDX-License-Identifier: Apache-2.0
//
// What torch.export and its decompositions write, and printed programs do not: checks of extents,
// core operators and quantisation. Most are another overload with other arguments.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

using Keywords = std::vector<std::pair<std::string, Host>>;

/// What another overload makes of these arguments.
Host made(const Call &n, std::string_view fullName, Keywords arguments) {
  const Overload *o = overloadNamed(fullName);
  auto values = o ? match(o->schema, {{}, std::move(arguments)}, true) : std::nullopt;
  if (!values)
    throw InternalError(fmt::format("{} does not fit {}", n.schema.fullName(), fullName));
  return o->lower(Call{n.operators, n.in, o->schema, std::move(*values), n.version});
}

/// The arguments of a call by their names, without some.
Keywords argumentsOf(const Call &n, std::initializer_list<std::string_view> without = {}) {
  Keywords all;
  for (const Schema::Argument &a : n.schema.arguments)
    if (std::ranges::find(without, a.name) == without.end())
      all.emplace_back(a.name, n[a.name]);
  return all;
}

Keywords with(Keywords all, std::string name, Host value) {
  all.emplace_back(std::move(name), std::move(value));
  return all;
}

/// A result beside the first, which inference does not read.
Host unread(const Call &n, std::string_view what) {
  return Uninitialized{
      fmt::format("{} that {} returns is not supported", what, n.schema.fullName())};
}

/// No view: what a copy of one is.
Host copied(const Call &n, const Host &h) {
  if (const TensorRef *t = h.find<TensorRef>())
    return n.tensor(n.in.valueOf(*t));
  std::vector<Host> items;
  if (const CellRef *cell = h.find<CellRef>())
    for (const Host &item : (*cell)->items)
      items.push_back(copied(n, item));
  return makeList(std::move(items), Type{Type::Kind::tensor, {}, {}, 0});
}

std::string withoutWord(std::string name, std::string_view word) {
  const size_t at = name.find(word);
  return at == std::string::npos ? name : name.erase(at, word.size());
}

Host copyOfView(const Call &n) {
  return copied(n,
                made(n, withoutWord(n.schema.fullName(), "_copy"), argumentsOf(n, {"implicit"})));
}
Host unsafe(const Call &n) {
  return copied(n, made(n, withoutWord(n.schema.fullName(), "_unsafe_"), argumentsOf(n)));
}
Host plain(const Call &n) { // _adaptive_avg_pool2d and the like
  return made(n, withoutWord(n.schema.fullName(), "_"), argumentsOf(n));
}

// ---- checks ----

void check(const Call &n, const Host &holds, const std::string &message) {
  const Host h = holds.holds<TensorRef>() ? n.in.numberOf(n.value("self")) : holds;
  const bool *known = h.find<bool>();
  if (known && !*known)
    n.fail("raise", "a check of the program always fails: " + message,
           "give the inputs the shapes that the program is for");
  if (!known)
    n.to.makeOp(ops::assert_, {compose::cast(n.to, n.in.scalarOf(h), ElementType::boolean)},
                {attr::message(message)});
}

Host assertScalar(const Call &n) {
  check(n, n["self"], n.text("assert_msg"));
  return None{};
}
Host assertTensor(const Call &n) {
  check(n, n["self"], "an assertion of the program");
  return None{};
}

Host assertMetadata(const Call &n) {
  const ElementType is = n.value("a")->type.element();
  if (const auto e = n.elementType(); e && *e != is)
    n.fail("raise", fmt::format("the program asserts that a tensor is of {}, and it is of {}",
                                ir::name(*e), ir::name(is)));
  return None{};
}

Host constrainRange(const Call &n) {
  const auto bound = [&](std::string_view name, bool isLow) {
    if (!n.has(name))
      return;
    const Dim limit = n.dim(name);
    const Dim *size = n["size"].find<Dim>();
    if (size && isNonNegative(isLow ? *size - limit : limit - *size))
      return;
    const compose::Arith is{n.to};
    Value *const a = n.in.scalarOf(n["size"]), *const b = n.in.scalarOf(limit);
    n.to.makeOp(ops::assert_, {isLow ? is.lessEqual(b, a) : is.lessEqual(a, b)},
                {attr::message(fmt::format("a number of the program is {} {}",
                                           isLow ? "below" : "above", limit.text()))});
  };
  bound("min", true);
  bound("max", false);
  return None{};
}

// ---- extents ----

Host size(const Call &n) { return made(n, "aten::size.int", argumentsOf(n)); }
Host numberOfElements(const Call &n) { return made(n, "aten::numel", argumentsOf(n)); }
Host item(const Call &n) { return made(n, "aten::item", argumentsOf(n)); }

// ---- core operators ----

Host toCopy(const Call &n) {
  return made(n, "aten::to.dtype_layout", with(argumentsOf(n), "copy", true));
}

Host softmax(const Call &n) {
  Keywords of = argumentsOf(n, {"half_to_float"});
  if (n.flag("half_to_float"))
    of = with(std::move(of), "dtype", Dim(dtypeOf(ElementType::f32)));
  return made(n, withoutWord(n.schema.name, "_") + ".int", std::move(of));
}

Host layerNorm(const Call &n) {
  const Host all = made(n, "aten::layer_norm", argumentsOf(n));
  return makeTuple({all, unread(n, "the mean"), unread(n, "the deviation")});
}

Host groupNorm(const Call &n) {
  const Host all = made(n, "aten::group_norm",
                        with(argumentsOf(n, {"N", "C", "HxW", "group"}), "num_groups", n["group"]));
  return makeTuple({all, unread(n, "the mean"), unread(n, "the deviation")});
}

Host batchNorm(const Call &n) {
  Keywords of = with(argumentsOf(n, {"training"}), "cudnn_enabled", false);
  const bool trains = std::ranges::any_of(n.schema.arguments, [&](const auto &a) {
    return a.name == "training" && n.flag("training");
  });
  const Host all = made(n, "aten::batch_norm", with(std::move(of), "training", trains));
  return makeTuple({all, unread(n, "the mean"), unread(n, "the deviation")});
}

/// With the statistics of this batch: how an instance norm is decomposed, with one batch.
Host batchNormOfBatch(const Call &n) {
  Value *const x = n.value("input");
  if (x->type.rank() < 3 || !x->type.dim(0).isNumber(1))
    n.unsupported("training", "batch normalisation with the statistics of the batch",
                  "call model.eval() before it is exported");
  const Host all =
      made(n, "aten::group_norm",
           with(argumentsOf(n, {"training", "momentum"}), "num_groups", x->type.dim(1)));
  return makeTuple({all, unread(n, "the mean"), unread(n, "the deviation")});
}

Host attention(const Call &n) {
  const Host all = made(n, "aten::scaled_dot_product_attention", argumentsOf(n));
  return makeTuple({all, unread(n, "the logarithm of the sums")});
}

Host dropout(const Call &n) {
  const Host all =
      made(n, "aten::dropout",
           {{"input", n["input"]}, {"p", n["p"]}, {"train", n.has("train") && n.flag("train")}});
  return makeTuple({all, unread(n, "the mask")});
}

Host emptyOfOrder(const Call &n) {
  return made(n, "aten::empty.memory_format", argumentsOf(n, {"physical_layout", "stride"}));
}

/// self with the part that a view shows replaced.
Host scattered(const Call &n, std::string_view view) {
  const Host copy = n.tensor(n.value("self"));
  Keywords of = {{"self", copy}};
  for (auto &[name, value] : argumentsOf(n, {"self", "src"}))
    of.emplace_back(name, value);
  const TensorRef part = made(n, view, std::move(of)).as<TensorRef>();
  const ir::Type &type = n.in.valueOf(part)->type;
  Value *src = compose::cast(n.to, n.value("src"), type.element());
  n.in.write(part, compose::expand(n.to, src, type.shape()));
  return copy;
}
Host sliceScatter(const Call &n) { return scattered(n, "aten::slice.Tensor"); }
Host selectScatter(const Call &n) { return scattered(n, "aten::select.int"); }

// ---- quantisation, as PT2E writes it: explicit ops around those of floats ----

struct Range {
  int64_t low, high;
};

/// What an integer type holds.
Range rangeOf(const Call &n, ElementType e) {
  if (!ir::isInteger(e) || ir::elementSize(e) > 4)
    n.unsupported("dtype", fmt::format("quantised to {}", ir::name(e)), "use int8 or uint8");
  const auto bits = static_cast<int64_t>(ir::elementSize(e)) * 8;
  const int64_t values = int64_t{1} << bits;
  return ir::isSigned(e) ? Range{-values / 2, values / 2 - 1} : Range{0, values - 1};
}

/// A scale or a zero point as an element type: a number, a tensor of one, or one for each channel.
Value *parameter(const Call &n, std::string_view name, ElementType e) {
  if (!n.has(name))
    return nullptr;
  Value *v = n.as(name, e);
  const bool isOne = v->type.rank() > 0 && v->type.count().isNumber(1);
  return isOne ? compose::scalarOf(n.to, v) : v;
}

std::string_view scaleName(const Call &n) { return n.takes("scales") ? "scales" : "scale"; }
std::string_view zeroName(const Call &n) {
  return n.takes("zero_points") ? "zero_points" : "zero_point";
}
int64_t axisOf(const Call &n, const Value *x, const Value *scale) {
  return scale->type.rank() > 0 && n.takes("axis") ? n.axis("axis", x->type.rank()) : 0;
}

Host quantize(const Call &n) {
  Value *const x = n.floating("input");
  const ElementType to = *n.elementType();
  const Range range = rangeOf(n, to);
  const int64_t low = n.integer("quant_min"), high = n.integer("quant_max");
  if (low < range.low || high > range.high || low > high)
    n.fail("argument", fmt::format("the range {}..{} of {}", low, high, ir::name(to)));
  Value *const scale = parameter(n, scaleName(n), x->type.element());
  Value *y = n.to.make(
      ops::quantize, {x, scale, parameter(n, zeroName(n), to)},
      {attr::to(to), attr::axis(axisOf(n, x, scale)), attr::blockSize(0), attr::saturate(true)});
  const auto bound = [&](int64_t limit, int64_t ofType) {
    return limit == ofType ? nullptr : n.to.scalar(to, static_cast<double>(limit));
  };
  return n.tensor(compose::clamp(n.to, y, bound(low, range.low), bound(high, range.high)));
}

Host dequantize(const Call &n) {
  Value *const x = n.value("input");
  const ElementType from = x->type.element();
  rangeOf(n, from);
  const ElementType to =
      n.takes("out_dtype") && n.has("out_dtype") ? *n.elementType("out_dtype") : ElementType::f32;
  Value *const scale = parameter(n, scaleName(n), to);
  return n.tensor(n.to.make(ops::dequantize, {x, scale, parameter(n, zeroName(n), from)},
                            {attr::to(to), attr::axis(axisOf(n, x, scale)), attr::blockSize(0)}));
}

constexpr Lowering kExport[] = {
    {"aten::_assert_scalar(Scalar self, str assert_msg) -> ()", assertScalar},
    {"aten::_assert_async(Tensor self) -> ()", assertTensor},
    {"aten::_assert_async.msg(Tensor self, str assert_msg) -> ()", assertScalar},
    {"aten::_assert_tensor_metadata(Tensor a, int[]? size=None, int[]? stride=None, ScalarType? "
     "dtype=None, *, Device? device=None, Layout? layout=None) -> ()",
     assertMetadata},
    {"aten::sym_constrain_range(Scalar size, *, int? min=None, int? max=None) -> ()",
     constrainRange},
    {"aten::sym_constrain_range_for_size(Scalar size, *, int? min=None, int? max=None) -> ()",
     constrainRange},
    {"aten::sym_size.int(Tensor self, int dim) -> int", size},
    {"aten::sym_numel(Tensor self) -> int", numberOfElements},
    {"aten::_local_scalar_dense(Tensor self) -> Scalar", item},

    {"aten::_to_copy(Tensor self, *, FACTORY, bool non_blocking=False, MemoryFormat? "
     "memory_format=None) -> Tensor",
     toCopy},
    {"aten::_softmax(Tensor self, int dim, bool half_to_float) -> Tensor", softmax},
    {"aten::_log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor", softmax},
    {"aten::native_layer_norm(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, "
     "float eps) -> (Tensor, Tensor, Tensor)",
     layerNorm},
    {"aten::native_group_norm(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW, "
     "int group, float eps) -> (Tensor, Tensor, Tensor)",
     groupNorm},
    {"aten::_native_batch_norm_legit(Tensor input, Tensor? weight, Tensor? bias, Tensor(a!) "
     "running_mean, Tensor(b!) running_var, bool training, float momentum, float eps) -> (Tensor, "
     "Tensor, Tensor)",
     batchNorm},
    {"aten::_native_batch_norm_legit.no_stats(Tensor input, Tensor? weight, Tensor? bias, bool "
     "training, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
     batchNormOfBatch},
    {"aten::_native_batch_norm_legit_no_training(Tensor input, Tensor? weight, Tensor? bias, "
     "Tensor running_mean, Tensor running_var, float momentum, float eps) -> (Tensor, Tensor, "
     "Tensor)",
     batchNorm},
    {"aten::_adaptive_avg_pool2d(Tensor self, int[2] output_size) -> Tensor", plain},
    {"aten::_adaptive_avg_pool3d(Tensor self, int[3] output_size) -> Tensor", plain},
    {"aten::_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, "
     "float dropout_p=0., bool is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> "
     "(Tensor output, Tensor logsumexp)",
     attention},
    {"aten::native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)", dropout},
    {"aten::empty_permuted(int[] size, int[] physical_layout, *, FACTORY) -> Tensor", emptyOfOrder},
    {"aten::empty_strided(int[] size, int[] stride, *, FACTORY) -> Tensor", emptyOfOrder},
    {"aten::slice_scatter(Tensor self, Tensor src, int dim=0, int? start=None, int? end=None, int "
     "step=1) -> Tensor",
     sliceScatter},
    {"aten::select_scatter(Tensor self, Tensor src, int dim, int index) -> Tensor", selectScatter},

    {"aten::_unsafe_view(Tensor self, int[] size) -> Tensor", unsafe},
    {"aten::_unsafe_index.Tensor(Tensor self, Tensor?[] indices) -> Tensor", unsafe},
    {"aten::_unsafe_index.Tensor_hacked_twin(Tensor self, Tensor[] indices) -> Tensor", unsafe},
    {"aten::_unsafe_index_put(Tensor self, Tensor?[] indices, Tensor values, bool "
     "accumulate=False) -> Tensor",
     unsafe},
    {"aten::_unsafe_index_put.hacked_twin(Tensor self, Tensor[] indices, Tensor values, bool "
     "accumulate=False) -> Tensor",
     unsafe},
    {"aten::view_copy(Tensor self, int[] size) -> Tensor", copyOfView},
    {"aten::view_copy.dtype(Tensor self, ScalarType dtype) -> Tensor", copyOfView},
    {"aten::expand_copy(Tensor self, int[] size, *, bool implicit=False) -> Tensor", copyOfView},
    {"aten::permute_copy(Tensor self, int[] dims) -> Tensor", copyOfView},
    {"aten::slice_copy.Tensor(Tensor self, int dim=0, int? start=None, int? end=None, int step=1) "
     "-> Tensor",
     copyOfView},
    {"aten::select_copy.int(Tensor self, int dim, int index) -> Tensor", copyOfView},
    {"aten::squeeze_copy(Tensor self) -> Tensor", copyOfView},
    {"aten::squeeze_copy.dim(Tensor self, int dim) -> Tensor", copyOfView},
    {"aten::squeeze_copy.dims(Tensor self, int[] dim) -> Tensor", copyOfView},
    {"aten::unsqueeze_copy(Tensor self, int dim) -> Tensor", copyOfView},
    {"aten::transpose_copy.int(Tensor self, int dim0, int dim1) -> Tensor", copyOfView},
    {"aten::t_copy(Tensor self) -> Tensor", copyOfView},
    {"aten::split_copy.Tensor(Tensor self, int split_size, int dim=0) -> Tensor[]", copyOfView},
    {"aten::split_with_sizes_copy(Tensor self, int[] split_sizes, int dim=0) -> Tensor[]",
     copyOfView},
    {"aten::unbind_copy.int(Tensor self, int dim=0) -> Tensor[]", copyOfView},
    {"aten::alias_copy(Tensor self) -> Tensor", copyOfView},
    {"aten::detach_copy(Tensor self) -> Tensor", copyOfView},

    {"quantized_decomposed::quantize_per_tensor(Tensor input, float scale, int zero_point, int "
     "quant_min, int quant_max, ScalarType dtype) -> Tensor",
     quantize},
    {"quantized_decomposed::quantize_per_tensor.tensor(Tensor input, Tensor scale, Tensor "
     "zero_point, int quant_min, int quant_max, ScalarType dtype) -> Tensor",
     quantize},
    {"quantized_decomposed::dequantize_per_tensor(Tensor input, float scale, int zero_point, int "
     "quant_min, int quant_max, ScalarType dtype, *, ScalarType? out_dtype=None) -> Tensor",
     dequantize},
    {"quantized_decomposed::dequantize_per_tensor.tensor(Tensor input, Tensor scale, Tensor "
     "zero_point, int quant_min, int quant_max, ScalarType dtype, *, ScalarType? out_dtype=None) "
     "-> Tensor",
     dequantize},
    {"quantized_decomposed::quantize_per_channel(Tensor input, Tensor scales, Tensor zero_points, "
     "int axis, int quant_min, int quant_max, ScalarType dtype) -> Tensor",
     quantize},
    {"quantized_decomposed::dequantize_per_channel(Tensor input, Tensor scales, Tensor? "
     "zero_points, int axis, int quant_min, int quant_max, ScalarType dtype, *, ScalarType? "
     "out_dtype=None) -> Tensor",
     dequantize},
};

} // namespace

std::span<const Lowering> exportLowerings() { return kExport; }

} // namespace burin::torchscript
