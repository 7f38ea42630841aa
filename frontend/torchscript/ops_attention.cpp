// SPDX-License-Identifier: Apache-2.0
//
// Attention, and the layers of transformers that PyTorch runs as one operator outside of training.
// They are composed of products and softmax; the passes make one op of these.
#include "frontend/torchscript/lowering.h"
#include "frontend/torchscript/ranks.h"

#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

Value *product(const Call &n, Value *a, Value *b, bool transposeB = false) {
  return n.to.make(ops::matmul, {a, b}, {attr::transposeA(false), attr::transposeB(transposeB)});
}

Host attention(const Call &n) {
  const compose::Arith is{n.to};
  Value *q = ranked(n, "query", 2), *k = ranked(n, "key", q->type.rank(), q->type.rank()),
        *v = ranked(n, "value", q->type.rank(), q->type.rank());
  if (n.real("dropout_p") != 0)
    n.unsupported("training", "attention with dropout", "call model.eval() before it is saved");
  const size_t rank = q->type.rank();
  const Dim depth = q->type.dim(rank - 1);
  if (!depth.isNumber())
    n.unsupported("symbolic", "attention over an open depth", "fix the symbol with --dim");
  const double scale =
      n.has("scale") ? n.real("scale") : 1 / std::sqrt(static_cast<double>(depth.number()));
  if (n.flag("enable_gqa") && rank >= 3 && q->type.dim(rank - 3) != k->type.dim(rank - 3)) {
    // Each head of k and v serves several of q.
    const Dim times = floorDiv(q->type.dim(rank - 3), k->type.dim(rank - 3));
    for (Value **x : {&k, &v}) {
      Dims wide = (*x)->type.shape();
      wide.insert(wide.begin() + static_cast<ptrdiff_t>(rank) - 2, times);
      Value *spread = compose::unsqueeze(n.to, *x, {static_cast<int64_t>(rank) - 2});
      Dims joined = (*x)->type.shape();
      joined[rank - 3] = joined[rank - 3] * times;
      *x = compose::reshape(n.to, compose::expand(n.to, spread, wide), joined);
    }
  }
  Value *weights = is.mul(product(n, q, k, true), scale);
  const double never = -INFINITY;
  Value *mask = n.valueOrNull("attn_mask");
  if (n.flag("is_causal")) {
    const Dims square = {q->type.dim(rank - 2), k->type.dim(rank - 2)};
    mask = is.lessEqual(compose::iota(n.to, ElementType::i64, square, 1),
                        compose::iota(n.to, ElementType::i64, square, 0));
  }
  if (mask)
    weights = mask->type.element() == ElementType::boolean ? is.where(mask, weights, never)
                                                           : is.add(weights, mask);
  const auto axis = static_cast<int64_t>(weights->type.rank()) - 1;
  return n.tensor(product(n, n.to.make(ops::softmax, {weights}, {attr::axis(axis)}), v));
}

// ---- layers ----

Value *linear(const Call &n, Value *x, std::string_view weight, std::string_view bias) {
  return n.to.make(ops::add, {product(n, x, n.value(weight), true), n.value(bias)});
}

/// Where the mask holds, or its row of keys, a weight becomes 0. `kind`: 0 of [queries, keys], 1 of
/// [batch, keys], 2 of every head.
Value *masked(const Call &n, Value *weights) {
  Value *mask = n.valueOrNull("mask");
  if (!mask)
    return weights;
  const compose::Arith is{n.to};
  const int64_t kind = n.has("mask_type") ? n.integer("mask_type") : -1;
  const ir::Shape &shape = mask->type.shape();
  if (kind == 1)
    mask = compose::reshape(n.to, ranked(n, "mask", 2, 2), {shape[0], 1, 1, shape[1]});
  else if (kind != 0 && kind != 2)
    n.unsupported("argument", fmt::format("the mask_type {}", kind));
  return mask->type.element() == ElementType::boolean ? is.where(mask, -INFINITY, weights)
                                                      : is.add(weights, mask);
}

struct Heads {
  Value *out;     ///< [batch, queries, width]
  Value *weights; ///< [batch, heads, queries, keys]
};

/// Projections in one product, as query, key and value are one tensor.
Heads selfAttention(const Call &n, Value *x, int64_t heads) {
  const compose::Arith is{n.to};
  if (x->type.rank() != 3 || heads < 1)
    n.fail("rank", fmt::format("{} heads of a tensor of rank {}", heads, x->type.rank()));
  const Dim batch = x->type.dim(0), time = x->type.dim(1), width = x->type.dim(2);
  if (!width.isNumber() || width.number() % heads != 0)
    n.fail("shape", fmt::format("a width of {} for {} heads", width.text(), heads));
  const int64_t depth = width.number() / heads;
  Value *all = linear(n, x, "qkv_weight", "qkv_bias");
  const auto part = [&](int64_t i) {
    Value *v = compose::sliceAxis(n.to, all, 2, Dim(i) * width, width);
    v = compose::reshape(n.to, v, {batch, time, Dim(heads), Dim(depth)});
    return compose::transpose(n.to, v, {0, 2, 1, 3});
  };
  Value *scores =
      is.mul(product(n, part(0), part(1), true), 1 / std::sqrt(static_cast<double>(depth)));
  Value *weights = n.to.make(ops::softmax, {masked(n, scores)}, {attr::axis(3)});
  Value *y = compose::transpose(n.to, product(n, weights, part(2)), {0, 2, 1, 3});
  return {linear(n, compose::reshape(n.to, y, {batch, time, width}), "proj_weight", "proj_bias"),
          weights};
}

Host multiHead(const Call &n) {
  if (n.ref("query") != n.ref("key") || n.ref("query") != n.ref("value"))
    n.unsupported("argument", "_native_multi_head_attention of three tensors",
                  "export the model with torch.backends.mha.set_fastpath_enabled(False)");
  const Heads h = selfAttention(n, n.value("query"), n.integer("num_head"));
  if (!n.flag("need_weights"))
    return makeTuple({n.tensor(h.out), None{}});
  Value *weights = h.weights;
  if (n.flag("average_attn_weights"))
    weights = n.to.make(ops::reduce_mean, {weights}, {attr::axes(Ints{1})});
  return n.tuple({h.out, weights});
}

Host encoderLayer(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("src");
  const auto norm = [&](Value *v, std::string_view weight, std::string_view bias) {
    return n.to.make(ops::layer_norm, {v, n.value(weight), n.value(bias)},
                     {attr::axis(2), attr::epsilon(n.real("eps"))});
  };
  const auto norm1 = [&](Value *v) { return norm(v, "norm_weight_1", "norm_bias_1"); };
  const auto norm2 = [&](Value *v) { return norm(v, "norm_weight_2", "norm_bias_2"); };
  const auto forward = [&](Value *v) {
    Value *inner = linear(n, v, "ffn_weight_1", "ffn_bias_1");
    inner = n.flag("use_gelu") ? compose::gelu(n.to, inner, false) : is(ops::relu, inner);
    return linear(n, inner, "ffn_weight_2", "ffn_bias_2");
  };
  const int64_t heads = n.integer("num_heads");
  if (n.flag("norm_first")) {
    x = is.add(x, selfAttention(n, norm1(x), heads).out);
    return n.tensor(is.add(x, forward(norm2(x))));
  }
  x = norm1(is.add(x, selfAttention(n, x, heads).out));
  return n.tensor(norm2(is.add(x, forward(x))));
}

constexpr Lowering kAttention[] = {
    {"aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? "
     "attn_mask=None, float dropout_p=0., bool is_causal=False, *, float? scale=None, bool "
     "enable_gqa=False) -> Tensor",
     attention},
    {"aten::_native_multi_head_attention(Tensor query, Tensor key, Tensor value, int embed_dim, "
     "int "
     "num_head, Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, Tensor? "
     "mask=None, bool need_weights=True, bool average_attn_weights=True, int? mask_type=None) -> "
     "(Tensor, Tensor)",
     multiHead},
    {"aten::_transformer_encoder_layer_fwd(Tensor src, int embed_dim, int num_heads, Tensor "
     "qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, bool use_gelu, bool "
     "norm_first, float eps, Tensor norm_weight_1, Tensor norm_bias_1, Tensor norm_weight_2, "
     "Tensor "
     "norm_bias_2, Tensor ffn_weight_1, Tensor ffn_bias_1, Tensor ffn_weight_2, Tensor ffn_bias_2, "
     "Tensor? mask=None, int? mask_type=None) -> Tensor",
     encoderLayer},
};

} // namespace

std::span<const Lowering> attentionLowerings() { return kAttention; }

} // namespace burin::torchscript
