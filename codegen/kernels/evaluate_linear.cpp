// SPDX-License-Identifier: Apache-2.0
//
// Matrix products, convolutions, attention. Small floats are widened: their sums are taken in
// float.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "codegen/kernels/packing.h"
#include "ir/ops.h"

#include "burin/rt/conv_scalar.h"
#include "burin/rt/gemm_dynamic.h"
#include "burin/rt/integer.h"
#include "burin/rt/math.h"
#include "burin/rt/matmul.h"

#include <algorithm>
#include <cstring>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

constexpr int kPanel = 16; // any width gives the same sums

const rt::F32 *floats(const std::vector<std::byte> &bytes) {
  return rt::weights(static_cast<const float *>(static_cast<const void *>(bytes.data())));
}

bool isPackable(const ir::Value *v) {
  return v->isConstant() && v->type.element() == ElementType::f32;
}

// ---- matrix products ----

struct Product {
  int m, n, depth;
  Extents batch, a, b, c; ///< the batch axes and the strides along them
  rt::Nd<2> aStride, bStride, cStride;

  Product(const Extents &left, const Extents &right, const Extents &out, bool transposeA,
          bool transposeB) {
    const auto last = [](const Extents &shape, size_t i) { return toInt(shape[shape.size() - i]); };
    m = last(left, transposeA ? 1 : 2);
    depth = last(left, transposeA ? 2 : 1);
    n = last(right, transposeB ? 2 : 1);
    batch = part(out, 0, out.size() - 2);
    a = alongBatch(left);
    b = alongBatch(right);
    c = alongBatch(out);
    aStride = transposeA ? rt::Nd<2>{{1, m}} : rt::Nd<2>{{depth, 1}};
    bStride = transposeB ? rt::Nd<2>{{1, depth}} : rt::Nd<2>{{n, 1}};
    cStride = {{n, 1}};
  }
  explicit Product(const Evaluation &e)
      : Product(e.in(0).shape(), e.in(1).shape(), e.results[0].shape(), e.op[attr::transposeA],
                e.op[attr::transposeB]) {}

  rt::GemmBatch<kRank> all() const {
    return {padded(batch), padded(a, 0), padded(b, 0), padded(c, 0)};
  }
  int64_t products() const { return countOf(batch); }
  bool isEmpty() const { return products() * m * n * depth == 0; } ///< sums of nothing: zeros
  bool isOneRight() const {
    return std::ranges::all_of(b, [](int64_t step) { return step == 0; });
  }

private:
  Extents alongBatch(const Extents &shape) const {
    Extents strides(batch.size(), 0);
    const Extents dense = denseStrides(shape);
    for (size_t i = 0; i + 2 < shape.size(); ++i)
      if (shape[i] != 1)
        strides[batch.size() - (shape.size() - 2) + i] = dense[i];
    return strides;
  }
};

template <class T> void multiplyScalar(const Product &p, const T *a, const T *b, T *c) {
  rt::matmulScalar<T>(p.all(), p.m, p.n, p.depth, a, p.aStride, b, p.bStride, c, p.cStride,
                      rt::Keep{}, allOf(p.products() * p.m));
}

/// Two activations, of which the left one lies in rows.
void multiplyDynamic(const Product &p, const float *a, const float *b, float *c) {
  std::vector<unsigned char> panel(static_cast<size_t>(p.depth) * kPanel * sizeof(float));
  const int64_t panels = (p.n + kPanel - 1) / kPanel;
  rt::gemmDynamic<kPanel>(p.all(), p.m, p.n, p.depth, a, p.aStride[0], b, p.bStride[0],
                          p.bStride[1], c, p.n, rt::Keep{}, allOf(p.products() * panels, &panel));
}

void matmul(Evaluation &e) {
  const Product p{e};
  const ElementType element = e.in(0).type.element();
  if (p.isEmpty())
    return;
  if (element != ElementType::f32 || e.op[attr::transposeA])
    return visitNative(element, [&](auto zero) {
      using T = decltype(zero);
      multiplyScalar(p, elements<T>(e.in(0)), elements<T>(e.in(1)), elements<T>(e.out()));
    });
  if (!isPackable(e.op.operand(1)) || !p.isOneRight())
    return multiplyDynamic(p, elements<float>(e.in(0)), elements<float>(e.in(1)),
                           elements<float>(e.out()));
  const std::vector<std::byte> packed =
      packMatrix(e.op.operand(1), e.op[attr::transposeB], kPanel).make();
  rt::gemmExact<kPanel>(toInt(p.products() * p.m), p.n, p.depth, elements<float>(e.in(0)), p.depth,
                        floats(packed), elements<float>(e.out()), p.n, rt::Keep{},
                        allOf((p.n + kPanel - 1) / kPanel));
}

/// f with zeros of the types of two operands, each i8 or u8.
template <class F> void visitBytes(const Evaluation &e, F f) {
  const auto withLeft = [&](auto a) {
    e.in(1).type.element() == ElementType::i8 ? f(a, int8_t{}) : f(a, uint8_t{});
  };
  e.in(0).type.element() == ElementType::i8 ? withLeft(int8_t{}) : withLeft(uint8_t{});
}

void matmulInteger(Evaluation &e) {
  const Product p{e};
  if (p.isEmpty())
    return;
  const auto zeroStrides = [&](size_t i) { // of a zero point along the batch
    Extents strides(p.batch.size(), 0);
    if (e.has(i) && e.in(i).type.rank() > 2) {
      const Extents shape = e.in(i).shape(), dense = denseStrides(shape);
      for (size_t axis = 0; axis + 2 < shape.size(); ++axis)
        if (shape[axis] != 1)
          strides[p.batch.size() - (shape.size() - 2) + axis] = dense[axis];
    }
    return padded(strides, 0);
  };
  const rt::GemmBatch<kRank> all = p.all();
  const rt::Nd<kRank> aZeros = zeroStrides(2), bZeros = zeroStrides(3);
  visitBytes(e, [&](auto left, auto right) {
    using A = decltype(left);
    using B = decltype(right);
    for (int i = 0; i < p.products(); ++i) {
      const auto zero = [&]<class T>(T, size_t operand, const rt::Nd<kRank> &strides) {
        const T *values = elementsOrNull<T>(e, operand);
        return rt::IntegerZero<T>{values ? values + rt::placeOf<kRank>(i, all.shape, strides)
                                         : nullptr,
                                  values && e.in(operand).type.rank() > 0 ? 1 : 0};
      };
      rt::matmulInteger(rt::GemmBatch<0>{}, p.m, p.n, p.depth,
                        elements<A>(e.in(0)) + rt::placeOf<kRank>(i, all.shape, all.a), p.aStride,
                        elements<B>(e.in(1)) + rt::placeOf<kRank>(i, all.shape, all.b), p.bStride,
                        zero(left, 2, aZeros), zero(right, 3, bZeros),
                        elements<int32_t>(e.out()) + rt::placeOf<kRank>(i, all.shape, all.c),
                        p.cStride, rt::Keep{}, allOf(p.m));
    }
  });
}

// ---- convolution ----

/// Calls run(shape, rows) with an rt::ConvGeneral of two axes (one axis is two with a height of 1)
/// or of three; not at all where every sum is one of nothing.
template <class Run> void convolve(Evaluation &e, Run run) {
  if (e.in(0).count() == 0 || e.in(1).count() == 0 || e.out().count() == 0)
    return;
  const Extents x = e.in(0).shape(), filter = e.in(1).shape(), y = e.out().shape();
  const Extents pads = e.symbols(e.op[attr::pads]);
  const auto with = [&](auto rank) {
    constexpr size_t R = rank;
    rt::ConvGeneral<rank> s{};
    s.channels = toInt(x.back());
    s.outChannels = toInt(y.back());
    s.groups = toInt(e.op[attr::group]);
    const size_t spatial = x.size() - 2;
    for (size_t i = 0; i < R; ++i) {
      const bool isReal = i + spatial >= R;
      const size_t axis = i + spatial - R;
      s.in.v[i] = isReal ? toInt(x[1 + axis]) : 1;
      s.out.v[i] = isReal ? toInt(y[1 + axis]) : 1;
      s.kernel.v[i] = isReal ? toInt(filter[1 + axis]) : 1;
      s.stride.v[i] = isReal ? toInt(e.op[attr::strides][axis]) : 1;
      s.dilation.v[i] = isReal ? toInt(e.op[attr::dilations][axis]) : 1;
      s.padBegin.v[i] = isReal ? toInt(pads[axis]) : 0;
    }
    int64_t inStep = s.channels, outStep = s.outChannels;
    for (size_t i = R; i-- > 0;) {
      s.inStride.v[i] = toInt(inStep);
      s.outStride.v[i] = toInt(outStep);
      inStep *= s.in.v[i];
      outStep *= s.out.v[i];
    }
    s.inImage = inStep;
    s.outImage = outStep;
    run(s, allOf(x[0] * rt::countOf<rank - 1>(s.out)));
  };
  x.size() == 5 ? with(rt::Const<3>{}) : with(rt::Const<2>{});
}

template <bool Transposed> void conv(Evaluation &e) {
  const ElementType element = e.in(0).type.element();
  const bool isPacked = isPackable(e.op.operand(1));
  std::vector<std::byte> packed;
  if (isPacked && e.in(1).count() > 0)
    packed = packFilter(e.op.operand(1), e.op[attr::group], kPanel).make();
  convolve(e, [&]<int R>(const rt::ConvGeneral<R> &shape, rt::Work work) {
    if (isPacked) {
      const float *in = elements<float>(e.in(0));
      float *out = elements<float>(e.out());
      if constexpr (Transposed)
        rt::convTranspose<kPanel>(shape, in, floats(packed), out, rt::Keep{}, work);
      else
        rt::convGeneral<kPanel>(shape, in, floats(packed), out, rt::Keep{}, work);
      return;
    }
    visitFloat(element, [&](auto zero) {
      using T = decltype(zero);
      rt::convNaive<Transposed, T>(shape, elements<T>(e.in(0)), elements<T>(e.in(1)),
                                   elements<T>(e.out()), rt::Keep{}, work);
    });
  });
}

void convInteger(Evaluation &e) {
  visitBytes(e, [&](auto a, auto b) {
    using A = decltype(a);
    using B = decltype(b);
    const A *xZero = elementsOrNull<A>(e, 2);
    const rt::IntegerZero<B> filterZero{elementsOrNull<B>(e, 3),
                                        e.has(3) && e.in(3).type.rank() > 0 ? 1 : 0};
    convolve(e, [&](const auto &shape, rt::Work work) {
      rt::convInteger(shape, elements<A>(e.in(0)), xZero ? *xZero : A{0}, elements<B>(e.in(1)),
                      filterZero, elements<int32_t>(e.out()), rt::Keep{}, work);
    });
  });
}

// ---- attention ----

/// [b, s, h, d] as [b, h, s, d], and the other way round.
ir::Tensor swapped(const ir::Tensor &x) {
  const Extents from = x.shape();
  ir::Tensor out{x.type.withShape({from[0], from[2], from[1], from[3]})};
  const size_t row =
      x.bytes.size() / std::max<size_t>(1, static_cast<size_t>(from[0] * from[1] * from[2]));
  for (int64_t b = 0, i = 0; b < from[0]; ++b)
    for (int64_t s = 0; s < from[1]; ++s)
      for (int64_t h = 0; h < from[2]; ++h, ++i)
        std::memcpy(out.bytes.data() + static_cast<size_t>((b * from[2] + h) * from[1] + s) * row,
                    x.bytes.data() + static_cast<size_t>(i) * row, row);
  return out;
}

/// Two products about a softmax of the scores [b, h, s, t].
void attention(Evaluation &e) {
  const ir::Tensor queries = swapped(e.in(0)), keys = swapped(e.in(1)), values = swapped(e.in(2));
  ir::Tensor result{e.out().type.withShape(
      {queries.extent(0), queries.extent(1), queries.extent(2), values.extent(3)})};
  const Extents q = queries.shape(), k = keys.shape(), v = values.shape();
  const int64_t repeats = k[1] ? q[1] / k[1] : 1;
  visitFloat(e.in(0).type.element(), [&](auto zero) {
    using T = decltype(zero);
    ir::Tensor scores{e.in(0).type.withShape({q[0], q[1], q[2], k[2]})}, shares = scores;
    // Heads that share keys are an axis of their own, along which the keys stand still.
    const auto grouped = [&](const Extents &shape, bool isQuery) {
      return Extents{shape[0], k[1], isQuery ? repeats : 1, shape[2], shape[3]};
    };
    const auto multiply = [&](const Extents &a, const Extents &b, const Extents &c, bool transposed,
                              const T *left, const T *right, T *out) {
      const Product p{grouped(a, true), grouped(b, false), grouped(c, true), false, transposed};
      if (!p.isEmpty())
        multiplyScalar(p, left, right, out);
    };
    multiply(q, k, scores.shape(), true, elements<T>(queries), elements<T>(keys),
             elements<T>(scores));
    const auto scale = static_cast<T>(e.op[attr::scale]),
               softcap = static_cast<T>(e.op[attr::softcap]);
    const Extents shape = scores.shape();
    const rt::Nd<kRank> extents = padded(shape);
    rt::Nd<kRank> maskStride{};
    if (e.has(3)) {
      const Extents mask = e.in(3).shape(), dense = denseStrides(mask);
      for (size_t i = 0; i < mask.size(); ++i)
        maskStride.v[size_t{kRank} - mask.size() + i] = mask[i] == 1 ? 0 : toInt(dense[i]);
    }
    const T hidden = -rt::infinity();
    for (int i = 0; i < toInt(countOf(shape)); ++i) {
      T &x = elements<T>(scores)[i];
      x *= scale;
      if (softcap > 0)
        x = softcap * rt::tanh(x / softcap);
      const auto place =
          static_cast<size_t>(e.has(3) ? rt::placeOf<kRank>(i, extents, maskStride) : 0);
      if (e.has(3) && e.in(3).type.element() == ElementType::boolean)
        x = e.in(3).integer(place) ? x : hidden;
      else if (e.has(3))
        x += elements<T>(e.in(3))[place];
      if (e.op[attr::causal] && i % shape[3] > i / shape[3] % shape[2])
        x = hidden;
    }
    softmaxLines(scores, shares, Lines{shape, 3}, false);
    multiply(shape, v, result.shape(), false, elements<T>(shares), elements<T>(values),
             elements<T>(result));
  });
  e.out().bytes = swapped(result).bytes;
}

constexpr EvaluateDef kLinear[] = {
    {&ops::matmul, runWidened<matmul>},
    {&ops::matmul_integer, matmulInteger},
    {&ops::conv, runWidened<conv<false>>},
    {&ops::conv_integer, convInteger},
    {&ops::conv_transpose, runWidened<conv<true>>},
    {&ops::attention, runWidened<attention>},
};

} // namespace

std::span<const EvaluateDef> linearEvaluations() { return kLinear; }

} // namespace burin::kernels
