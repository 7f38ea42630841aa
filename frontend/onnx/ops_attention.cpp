// SPDX-License-Identifier: Apache-2.0
//
// Attention and the operators of transformers.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numeric>

namespace burin::onnx {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// [b, s, heads * d] as [b, heads, s, d].
Value *splitHeads(const NodeView &n, Value *x, int64_t heads) {
  if (heads < 1)
    n.fail("heads", "an input of rank 3 needs the number of heads");
  const ir::Shape &s = x->type.shape();
  if (s.size() != 3)
    n.fail("rank", fmt::format("{} is split into heads, expected rank 3", x->type.text()));
  x = compose::reshape(n.to, x, {s[0], s[1], heads, floorDiv(s[2], heads)});
  return compose::transpose(n.to, x, {0, 2, 1, 3});
}
Value *joinHeads(const NodeView &n, Value *x) {
  x = compose::transpose(n.to, x, {0, 2, 1, 3});
  const ir::Shape &s = x->type.shape();
  return compose::reshape(n.to, x, {s[0], s[1], s[2] * s[3]});
}

struct Heads {
  Value *q, *k, *v, *mask; ///< mask: null, bool (true keeps) or added
  double scale, softcap = 0;
  bool causal = false;
};

/// Both hold: a mask of either kind, and one of bools.
Value *bothMasks(const NodeView &n, Value *mask, Value *keeps) {
  const compose::Arith is{n.to};
  if (!mask)
    return keeps;
  if (mask->type.element() == ElementType::boolean)
    return is.both(mask, keeps);
  return is.where(keeps, mask, -kInfinity);
}

/// j <= i + past for the query i and the key j.
Value *causalMask(const NodeView &n, const Dim &queries, const Dim &keys, const Dim &past) {
  const compose::Arith is{n.to};
  Value *row = compose::iota(n.to, ElementType::i64, {queries, 1}, 0);
  Value *last = is.add(row, compose::scalarOf(n.to, n.to.extents({past})));
  return is.lessEqual(compose::iota(n.to, ElementType::i64, {1, keys}, 1), last);
}

/// The steps of attention one by one, for what looks at the products between them.
/// mode: 0 the product, 1 after the softcap, 2 after the mask, 3 after the softmax.
Values attentionSteps(const NodeView &n, const Heads &h, int64_t mode) {
  const compose::Arith is{n.to};
  const ElementType e = h.q->type.element();
  const ElementType wide = ir::elementSize(e) < 4 ? ElementType::f32 : e;
  const auto widened = [&](Value *x) { return compose::cast(n.to, x, wide); };
  const Dim heads = h.q->type.dim(1), kvHeads = h.k->type.dim(1);
  const auto repeated = [&](Value *x) { // as many heads as q has, each group beside one another
    if (heads == kvHeads)
      return widened(x);
    const ir::Shape &s = x->type.shape();
    const Dim each = floorDiv(heads, kvHeads);
    x = compose::expand(n.to, compose::reshape(n.to, x, {s[0], s[1], 1, s[2], s[3]}),
                        {s[0], s[1], each, s[2], s[3]});
    return widened(compose::reshape(n.to, x, {s[0], heads, s[2], s[3]}));
  };
  const double root = std::sqrt(h.scale);
  Value *product = n.to.make(ops::matmul, {is.mul(widened(h.q), root), is.mul(repeated(h.k), root)},
                             {attr::transposeA(false), attr::transposeB(true)});
  Value *shown = product;
  if (h.softcap > 0)
    product = is.mul(is(ops::tanh, is.div(product, h.softcap)), h.softcap);
  shown = mode == 1 ? product : shown;
  Value *mask = h.mask;
  if (h.causal)
    mask = bothMasks(n, mask, causalMask(n, product->type.dim(2), product->type.dim(3), 0));
  if (mask)
    product = mask->type.element() == ElementType::boolean ? is.where(mask, product, -kInfinity)
                                                           : is.add(product, widened(mask));
  shown = mode == 2 ? product : shown;
  Value *weights = n.to.make(ops::softmax, {product}, {attr::axis(3)});
  shown = mode == 3 ? weights : shown;
  Value *y = n.to.make(ops::matmul, {weights, repeated(h.v)},
                       {attr::transposeA(false), attr::transposeB(false)});
  return {compose::cast(n.to, y, e), compose::cast(n.to, shown, e)};
}

Value *attentionOp(const NodeView &n, const Heads &h) {
  Value *mask = h.mask;
  if (mask && mask->type.element() != ElementType::boolean)
    mask = compose::cast(n.to, mask, h.q->type.element());
  const auto swapped = [&](Value *x) {
    return compose::transpose(n.to, x, {0, 2, 1, 3});
  }; // [b, s, h, d]
  return swapped(
      n.to.makeOp(ops::attention, {swapped(h.q), swapped(h.k), swapped(h.v), mask},
                  {attr::scale(h.scale), attr::causal(h.causal), attr::softcap(h.softcap)})
          .result());
}

/// Inputs: q, k, v, mask, past key, past value, lengths of k and v without padding.
Values attention23(const NodeView &n) {
  const compose::Arith is{n.to};
  const bool flat = n.rank(0) == 3;
  Value *q = n.in(0), *k = n.in(1), *v = n.in(2);
  if (flat) {
    const int64_t kvHeads = n.integer("kv_num_heads", 0);
    q = splitHeads(n, q, n.integer("q_num_heads", 0));
    k = splitHeads(n, k, kvHeads);
    v = splitHeads(n, v, kvHeads);
  }
  Dim past = 0;
  if (n.has(4)) {
    past = n.type(4).dim(2);
    k = compose::concat(n.to, {n.in(4), k}, 2);
  }
  if (n.has(5))
    v = compose::concat(n.to, {n.in(5), v}, 2);
  const Dim queries = q->type.dim(2), keys = k->type.dim(2);
  if (!q->type.dim(3).isNumber() && !n.hasAttribute("scale"))
    n.unsupported("symbolic", "attention of a symbolic depth without a scale",
                  "fix the symbol with --dim");
  Heads h{q, k, v, n.inOrNull(3), 0};
  h.scale = n.hasAttribute("scale") ? n.real("scale", 1)
                                    : 1 / std::sqrt(static_cast<double>(q->type.dim(3).number()));
  h.softcap = n.real("softcap", 0);
  if (h.mask && h.mask->type.rank() > 0) {
    const size_t last = h.mask->type.rank() - 1;
    if (h.mask->type.dim(last) != keys &&
        !h.mask->type.dim(last).isNumber(1)) { // what it lacks is hidden
      Dims pads(2 * h.mask->type.rank(), Dim(0));
      pads.back() = keys - h.mask->type.dim(last);
      Value *hidden = h.mask->type.element() == ElementType::boolean
                          ? nullptr
                          : compose::scalarLike(n.to, h.mask, -kInfinity);
      h.mask = n.to.makeOp(ops::pad, {h.mask, hidden}, {attr::pads(pads), attr::mode("constant")})
                   .result();
    }
  }
  if (n.integer("is_causal", 0)) {
    if (past.isNumber(0))
      h.causal = true;
    else
      h.mask = bothMasks(n, h.mask, causalMask(n, queries, keys, past));
  }
  if (n.has(6)) {
    Value *length = compose::reshape(n.to, n.vector(6), {n.type(6).dim(0), 1, 1, 1});
    h.mask = bothMasks(n, h.mask,
                       is.less(compose::iota(n.to, ElementType::i64, {1, 1, 1, keys}, 3), length));
  }
  const int64_t mode = n.integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3)
    n.fail("mode", fmt::format("qk_matmul_output_mode is {}, expected 0 to 3", mode));
  Values steps = n.wants(3) ? attentionSteps(n, h, mode) : Values{attentionOp(n, h), nullptr};
  return {flat ? joinHeads(n, steps[0]) : steps[0], k, v, steps[1]};
}

/// Pairs of elements turned by the angles of their position.
Value *rotated(const NodeView &n, Value *x, Value *cosine, Value *sine, int64_t rotary,
               bool interleaved) {
  const compose::Arith is{n.to};
  // x [b, s, heads, d]; cosine and sine [b, s, 1, rotary / 2]
  const Dim depth = x->type.dim(3);
  const Dim turned = rotary ? Dim(rotary) : depth, half = floorDiv(turned, 2);
  Value *rest = turned == depth ? nullptr : compose::sliceAxis(n.to, x, 3, turned, depth - turned);
  Value *first = interleaved ? compose::sliceAxis(n.to, x, 3, 0, half, 2)
                             : compose::sliceAxis(n.to, x, 3, 0, half);
  Value *second = interleaved ? compose::sliceAxis(n.to, x, 3, 1, half, 2)
                              : compose::sliceAxis(n.to, x, 3, half, half);
  Value *real = is.sub(is.mul(cosine, first), is.mul(sine, second));
  Value *imaginary = is.add(is.mul(sine, first), is.mul(cosine, second));
  Dims shape = x->type.shape();
  shape[3] = turned;
  Value *y = interleaved
                 ? compose::reshape(n.to,
                                    compose::concat(n.to,
                                                    {compose::unsqueeze(n.to, real, {4}),
                                                     compose::unsqueeze(n.to, imaginary, {4})},
                                                    4),
                                    shape)
                 : compose::concat(n.to, {real, imaginary}, 3);
  return rest ? compose::concat(n.to, {y, rest}, 3) : y;
}

Values rotaryBy(const NodeView &n, Value *cosine, Value *sine, Value *positions) {
  const bool flat = n.rank(0) == 3;
  const int64_t rotary = n.integer("rotary_embedding_dim", 0);
  Value *x = n.in(0);
  const Dims before = x->type.shape();
  if (flat) {
    int64_t heads = n.integer("num_heads", 0);
    if (heads == 0 && !rotary && cosine->type.dim(1).isNumber() && before[2].isNumber())
      heads = before[2].number() / (2 * cosine->type.dim(cosine->type.rank() - 1).number());
    if (heads < 1)
      n.fail("heads", "an input of rank 3 needs num_heads");
    x = compose::reshape(n.to, x, {before[0], before[1], heads, floorDiv(before[2], heads)});
  } else {
    x = compose::transpose(n.to, x, {0, 2, 1, 3});
  }
  const Dim depth = x->type.dim(3), turned = rotary ? Dim(rotary) : depth;
  if (turned.isNumber() &&
      (turned.number() % 2 != 0 || turned.number() < 0 || turned.number() > depth.bounds().hi))
    n.fail("rotary", fmt::format("{} elements of a head of {} cannot be turned in pairs",
                                 turned.text(), depth.text()));
  const auto cache = [&](Value *v) {
    if (positions)
      v = compose::take(n.to, v, positions, 0);
    return compose::unsqueeze(n.to, v, {2});
  };
  Value *y = rotated(n, x, cache(cosine), cache(sine), rotary, n.integer("interleaved", 0) != 0);
  return {flat ? compose::reshape(n.to, y, before) : compose::transpose(n.to, y, {0, 2, 1, 3})};
}
Values rotary23(const NodeView &n) { return rotaryBy(n, n.in(1), n.in(2), n.inOrNull(3)); }
/// com.microsoft: x, positions [1] or [b, s], cosine, sine.
Values rotaryMs(const NodeView &n) {
  if (n.real("scale", 1) != 1)
    n.unsupported("scale", "a rotary embedding with a scale");
  const compose::Arith is{n.to};
  const Dim steps = n.type(0).dim(n.rank(0) == 3 ? 1 : 2);
  Value *positions = n.in(1);
  if (n.rank(1) == 1) // where the first step is
    positions =
        compose::expand(n.to, is.add(compose::iota(n.to, n.element(1), {1, steps}, 1), positions),
                        {n.type(0).dim(0), steps});
  return rotaryBy(n, n.in(2), n.in(3), positions);
}

// ---- fused operators of ONNX Runtime ----

Values geluMs(const NodeView &n) { return {compose::gelu(n.to, n.in(0), false)}; }
Values fastGelu(const NodeView &n) {
  Value *x = n.has(1) ? compose::Arith{n.to}.add(n.in(0), n.in(1)) : n.in(0);
  return {compose::gelu(n.to, x, true)};
}
Values biasGelu(const NodeView &n) {
  return {compose::gelu(n.to, compose::Arith{n.to}.add(n.in(0), n.in(1)), false)};
}
Values quickGelu(const NodeView &n) {
  const compose::Arith is{n.to};
  return {is.mul(n.in(0), is(ops::sigmoid, is.mul(n.in(0), n.real("alpha", 1.702))))};
}
Values biasSplitGelu(const NodeView &n) {
  const compose::Arith is{n.to};
  Value *x = is.add(n.in(0), n.in(1));
  const size_t axis = x->type.rank() - 1;
  const Dim half = floorDiv(x->type.dim(axis), 2);
  return {is.mul(compose::sliceAxis(n.to, x, axis, 0, half),
                 compose::gelu(n.to, compose::sliceAxis(n.to, x, axis, half, half), false))};
}
Values biasAdd(const NodeView &n) {
  const compose::Arith is{n.to};
  return {is.add(is.add(n.in(0), n.in(1)), n.in(2))};
}

Values fusedMatMul(const NodeView &n) {
  const auto input = [&](size_t i, std::string_view transBatch) {
    const size_t rank = n.rank(i);
    if (!n.integer(transBatch, 0) || rank < 3)
      return n.in(i);
    Ints perm(rank); // the first axis goes behind those of the batch
    std::iota(perm.begin(), perm.end(), 0);
    std::rotate(perm.begin(), perm.begin() + 1, perm.end() - 1);
    return compose::transpose(n.to, n.in(i), perm);
  };
  const auto turned = [&](size_t i, std::string_view name) {
    Value *x = n.in(i);
    return n.integer(name, 0) && x->type.rank() > 1;
  };
  const double alpha = n.real("alpha", 1);
  Value *a = input(0, "transBatchA"), *b = input(1, "transBatchB"), *y;
  if (a->type.rank() < 2 || b->type.rank() < 2)
    y = compose::matmul(n.to, a, b);
  else
    y = n.to.make(ops::matmul, {a, b},
                  {attr::transposeA(turned(0, "transA")), attr::transposeB(turned(1, "transB"))});
  return {alpha == 1 ? y : compose::Arith{n.to}.mul(y, alpha)};
}

/// The attribute, or one by the root of the depth.
double scaleOf(const NodeView &n, const Value *q) {
  if (const double scale = n.real("scale", 0); scale != 0)
    return scale;
  const Dim &depth = q->type.dim(3);
  if (!depth.isNumber())
    n.unsupported("symbolic", "attention of a symbolic depth without a scale",
                  "fix the symbol with --dim");
  return 1 / std::sqrt(static_cast<double>(depth.number()));
}

/// com.microsoft: a mask that is added, of keys [b, keys] or of pairs [b, queries, keys] where 0
/// hides, or of the number [b] of keys that count.
Value *paddingMask(const NodeView &n, size_t i, const Dim &keys, ElementType e) {
  const compose::Arith is{n.to};
  const ir::Shape &s = n.type(i).shape();
  Value *keeps;
  if (s.size() == 1 && s[0] == n.type(0).dim(0))
    keeps = is.less(compose::iota(n.to, n.element(i), {1, 1, 1, keys}, 3),
                    compose::reshape(n.to, n.in(i), {s[0], 1, 1, 1}));
  else if (s.size() == 2 || s.size() == 3)
    keeps = compose::reshape(n.to, is.no(is.equal(n.in(i), 0.0)),
                             {s[0], 1, s.size() == 3 ? s[1] : Dim(1), s.back()});
  else
    n.unsupported("mask", fmt::format("a mask {}", n.type(i).text()));
  return is.where(keeps, n.to.scalar(e, 0), n.real("mask_filter_value", -10000));
}

/// com.microsoft: q, k and v, a bias for all three, a mask of keys, what is added to the scores,
/// past keys and values. k and v may come with their heads apart, or all in one.
Values multiHeadAttention(const NodeView &n) {
  const compose::Arith is{n.to};
  const int64_t heads = n.integer("num_heads", 0);
  if (n.has(8) || n.has(9))
    n.unsupported("past", "MultiHeadAttention with a past in a buffer of the caller");
  Value *qkv[3] = {n.in(0), n.inOrNull(1), n.inOrNull(2)};
  const auto split = [&](Value *packed, size_t count) { // [b, s, heads, count, d]
    for (size_t i = 0; i < count; ++i) {
      Value *x = compose::sliceAxis(n.to, packed, 3, Dim(static_cast<int64_t>(i)), 1);
      qkv[3 - count + i] = compose::transpose(n.to, compose::squeeze(n.to, x, {3}), {0, 2, 1, 3});
    }
  };
  Dim begin = 0;
  const auto biased = [&](Value *x) {
    if (x->type.rank() != 3 || heads < 1)
      n.fail("rank", fmt::format("{} heads of {}, expected rank 3", heads, x->type.text()));
    const Dim width = x->type.dim(2);
    if (n.has(3))
      x = is.add(x, compose::sliceAxis(n.to, n.in(3), 0, begin, width));
    begin = begin + width;
    return splitHeads(n, x, heads);
  };
  if (qkv[0]->type.rank() == 5) {
    split(qkv[0], 3);
  } else {
    qkv[0] = biased(qkv[0]);
    if (!qkv[1])
      n.fail("input", "key is absent, and query does not hold all three");
    if (qkv[1]->type.rank() == 5) {
      split(qkv[1], 2);
    } else {
      for (Value **x : {&qkv[1], &qkv[2]})
        if (*x && (*x)->type.rank() == 3)
          *x = biased(*x);
    }
  }
  if (!qkv[2])
    n.fail("input", "value is absent, and key does not hold both");
  for (const Value *x : {qkv[0], qkv[1], qkv[2], n.inOrNull(6), n.inOrNull(7)})
    if (x && x->type.rank() != 4)
      n.fail("rank", fmt::format("heads in {}, expected rank 4", x->type.text()));
  Heads h{qkv[0], qkv[1], qkv[2], nullptr, scaleOf(n, qkv[0])};
  Dim past = 0;
  if (n.has(6) && n.has(7)) {
    past = n.type(6).dim(2);
    h.k = compose::concat(n.to, {n.in(6), h.k}, 2);
    h.v = compose::concat(n.to, {n.in(7), h.v}, 2);
  }
  const Dim keys = h.k->type.dim(2);
  if (n.has(4))
    h.mask = paddingMask(n, 4, keys, n.element(0));
  if (n.has(5))
    h.mask = h.mask ? is.add(h.mask, n.in(5)) : n.in(5);
  if (n.integer("unidirectional", 0)) {
    if (past.isNumber(0))
      h.causal = true;
    else
      h.mask = bothMasks(n, h.mask, causalMask(n, h.q->type.dim(2), keys, past));
  }
  return {joinHeads(n, attentionOp(n, h)), h.k, h.v};
}

/// com.microsoft: the projection to q, k and v, then attention.
Values attentionMs(const NodeView &n) {
  const compose::Arith is{n.to};
  if (n.has(6))
    n.unsupported("past", "the Attention of com.microsoft with a past in a buffer of the caller");
  if (n.integer("do_rotary", 0) || n.integer("past_present_share_buffer", 0))
    n.unsupported("attribute",
                  "the Attention of com.microsoft with do_rotary or past_present_share_buffer");
  const int64_t heads = n.integer("num_heads", 0);
  Value *all = compose::matmul(n.to, n.in(0), n.in(1));
  if (n.has(2))
    all = is.add(all, n.in(2));
  if (all->type.rank() != 3 || (n.has(4) && n.rank(4) != 5))
    n.fail("rank", fmt::format("the projections are {}, expected rank 3, and a past rank 5",
                               all->type.text()));
  const Dim width = all->type.dim(2);
  Ints sizes = n.ints("qkv_hidden_sizes", {});
  Dims parts(sizes.begin(), sizes.end());
  if (parts.size() != 3)
    parts = Dims(3, floorDiv(width, 3));
  Dim begin = 0;
  std::vector<Value *> qkv;
  for (const Dim &part : parts) {
    qkv.push_back(splitHeads(n, compose::sliceAxis(n.to, all, 2, begin, part), heads));
    begin = begin + part;
  }
  Heads h{qkv[0], qkv[1], qkv[2], nullptr, scaleOf(n, qkv[0])};
  Dim past = 0;
  if (n.has(4)) { // [2, b, heads, past, d]
    past = n.type(4).dim(3);
    const auto before = [&](int64_t i, Value *x) {
      Value *part = compose::sliceAxis(n.to, n.in(4), 0, i, 1);
      return compose::concat(n.to, {compose::squeeze(n.to, part, {0}), x}, 2);
    };
    h.k = before(0, h.k);
    h.v = before(1, h.v);
  }
  const Dim keys = h.k->type.dim(2);
  if (n.has(3))
    h.mask = paddingMask(n, 3, keys, n.element(0));
  if (n.has(5))
    h.mask = h.mask ? is.add(h.mask, n.in(5)) : n.in(5);
  if (n.integer("unidirectional", 0)) {
    if (past.isNumber(0))
      h.causal = true;
    else
      h.mask = bothMasks(n, h.mask, causalMask(n, h.q->type.dim(2), keys, past));
  }
  Value *present = nullptr;
  if (n.wants(1))
    present = compose::concat(
        n.to, {compose::unsqueeze(n.to, h.k, {0}), compose::unsqueeze(n.to, h.v, {0})}, 0);
  return {joinHeads(n, attentionOp(n, h)), present};
}

// clang-format off
constexpr Lowering kAttention[] = {
    {"Attention", 23, attention23}, {"RotaryEmbedding", 23, rotary23},
    {"Attention", 1, attentionMs, "com.microsoft"}, {"BiasAdd", 1, biasAdd, "com.microsoft"}, {"BiasGelu", 1, biasGelu, "com.microsoft"},
    {"BiasSplitGelu", 1, biasSplitGelu, "com.microsoft"}, {"FastGelu", 1, fastGelu, "com.microsoft"}, {"FusedMatMul", 1, fusedMatMul, "com.microsoft"},
    {"Gelu", 1, geluMs, "com.microsoft"}, {"MultiHeadAttention", 1, multiHeadAttention, "com.microsoft"}, {"QuickGelu", 1, quickGelu, "com.microsoft"}, {"RotaryEmbedding", 1, rotaryMs, "com.microsoft"},
};
// clang-format on

} // namespace

std::span<const Lowering> attentionLowerings() { return kAttention; }

} // namespace burin::onnx
