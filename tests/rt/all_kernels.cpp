// SPDX-License-Identifier: Apache-2.0
//
// One instance of every kernel, for warnings.sh: compiled with every compiler, never run.
#include "burin/rt/attention.h"
#include "burin/rt/border.h"
#include "burin/rt/conv.h"
#include "burin/rt/conv_general.h"
#include "burin/rt/conv_scalar.h"
#include "burin/rt/conv_transpose.h"
#include "burin/rt/depthwise.h"
#include "burin/rt/elementwise.h"
#include "burin/rt/gemm_dynamic.h"
#include "burin/rt/gemv.h"
#include "burin/rt/grid_sample.h"
#include "burin/rt/index.h"
#include "burin/rt/integer.h"
#include "burin/rt/list.h"
#include "burin/rt/lrn.h"
#include "burin/rt/math.h"
#include "burin/rt/matmul.h"
#include "burin/rt/nd.h"
#include "burin/rt/norm.h"
#include "burin/rt/numeric.h"
#include "burin/rt/pad.h"
#include "burin/rt/planes.h"
#include "burin/rt/pool.h"
#include "burin/rt/quant_any.h"
#include "burin/rt/random.h"
#include "burin/rt/reduce.h"
#include "burin/rt/resize.h"
#include "burin/rt/rnn_layer.h"
#include "burin/rt/roi_align.h"
#include "burin/rt/scatter.h"
#include "burin/rt/softmax.h"
#include "burin/rt/sort.h"
#include "burin/rt/steps.h"
#include "burin/rt/suppression.h"
#include "burin/rt/tree.h"
#include "burin/rt/winograd.h"

namespace {

namespace rt = burin::rt;
using rt::Const;
using rt::Keep;
using rt::Nd;
using rt::Work;

struct Bias {
  const rt::F32 *bias;

  template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t, int column) const {
    return v + rt::load<V>(bias + column);
  }
};

// ---- products ----

BURIN_STUB void gemms(int m, int n, int k, const float *a, const rt::F32 *b, float *c, Bias bias,
                      Work work) {
  rt::gemm<16>(m, n, k, a, k, b, c, n, bias, work);
  rt::gemmExact<8>(Const<5>{}, Const<12>{}, Const<9>{}, a, k, b, c, n, bias, work);
  rt::gemmRows<16, 24>(m, n, k, a, k, b, c, n, bias, work);
  rt::gemmRowsExact<16, 24>(m, n, k, a, k, b, c, n, bias, work);
  rt::gemv<16>(n, k, a, b, c, bias, work);
  rt::gemmDynamic<16>(rt::GemmBatch<1>{{{2}}, {{0}}, {{1}}, {{2}}}, m, n, k, a, k, a, n, 1, c, n,
                      bias, work);
}
template <class T, class Acc> BURIN_STUB void matmuls(const T *a, T *c, Work work) {
  rt::matmulScalar<Acc>(
      rt::GemmBatch<1>{{{2}}, {{0}}, {{1}}, {{2}}}, 2, 3, 4, a, Nd<2>{{4, 1}}, a, Nd<2>{{3, 1}}, c,
      Nd<2>{{3, 1}}, [](Acc sum, ptrdiff_t, int) { return rt::cast<T>(sum); }, work);
}
BURIN_STUB void convs(const float *in, const rt::F32 *filter, float *out, Bias bias, Work work) {
  const rt::Conv2d shape{Const<8>{}, Const<8>{}, Const<3>{}, Const<16>{}, Const<3>{},
                         Const<3>{}, Const<1>{}, Const<1>{}, 300,         30,
                         1024,       128,        16};
  rt::conv2d<16>(shape, in, filter, out, bias, work);
  rt::conv2dExact<16>(shape, in, filter, out, bias, work);
  rt::conv2dPanels<16>(shape, 1, in, filter, out, bias, work);
  rt::conv2dPanelsExact<16>(shape, 1, in, filter, out, bias, work);
  const rt::Winograd two{Const<16>{}, Const<16>{}, Const<16>{}, Const<8>{}, 8,   8,    8,
                         8,           1,           1,           1024,       128, 1024, 128};
  rt::winograd<2, 16>(two, in, filter, out, bias, work);
  const rt::Winograd four{work.begin, work.end, 7, Const<7>{}, 8, 8, 8, 8, 1, 1, 0, 0, 0, 0};
  rt::winogradPanels<4, 16>(four, in, filter, out, bias, work);
}
template <int R> rt::ConvGeneral<R> general(int n) {
  rt::ConvGeneral<R> s{n, n, 1, {}, {}, {}, {}, {}, {}, n, n, {}, {}};
  for (int i = 0; i < R; ++i)
    s.in.v[i] = s.out.v[i] = s.kernel.v[i] = s.stride.v[i] = s.dilation.v[i] = n;
  return s;
}
BURIN_STUB void convsOfEveryKind(int n, const float *in, const rt::F32 *filter, float *out,
                                 Bias bias, Work work) {
  rt::conv2dVirtual<16>(general<2>(n), in, filter, out, bias, work);
  rt::conv3dVirtual<16>(general<3>(n), in, filter, out, bias, work);
  rt::convTranspose2d<16>(general<2>(n), in, filter, out, bias, work);
  rt::convTranspose3d<16>(general<3>(n), in, filter, out, bias, work);
  rt::depthwise2d<3, 3>(general<2>(n), in, filter, out, bias, work);
  rt::depthwise2dVirtual<3, 3>(general<2>(n), in, filter, out, bias, work);
  rt::depthwise2dVirtual<0, 0>(general<2>(n), in, filter, out, bias, work);
}
template <class A, class B>
BURIN_STUB void integerConvs(int n, const A *in, const B *filter, int8_t *out, Work work) {
  const auto narrow = [](int32_t sum, ptrdiff_t, int) {
    return rt::requantize<int8_t>(sum, 0.5f, 1);
  };
  rt::convInteger(general<2>(n), in, *in, filter, rt::IntegerZero<B>{filter, 1}, out, narrow, work);
  rt::matmulInteger(rt::GemmBatch<1>{{{n}}, {{0}}, {{1}}, {{2}}}, 2, 3, n, in, Nd<2>{{4, 1}},
                    filter, Nd<2>{{3, 1}}, rt::IntegerZero<A>{nullptr, 0},
                    rt::IntegerZero<B>{filter, 1}, out, Nd<2>{{3, 1}}, narrow, work);
  rt::convScalar<int32_t>(general<1 + 1>(n), in, filter, out, narrow, work);
  rt::convTransposeScalar<int32_t>(general<3>(n), in, filter, out, narrow, work);
}

// ---- pools, reductions, norms ----

BURIN_STUB void squarePools(int n, const float *in, float *out, Work work) {
  rt::maxPool2d<2>(n, Const<16>{}, in, n, out, n, work);
  rt::maxPool2d<3>(n, n, in, n, out, n, work);
}
template <int R> BURIN_STUB void pools(int n, const float *in, float *out, Bias bias, Work work) {
  rt::Pool<R> s{n, {}, {}, {}, {}, {}, {}, {}, n, n, {}, {}};
  for (int i = 0; i < R; ++i)
    s.in.v[i] = s.out.v[i] = s.kernel.v[i] = s.stride.v[i] = s.dilation.v[i] = s.inStride.v[i] = n;
  rt::maxPool(s, in, out, bias, work);
  rt::averagePool<rt::Divisor::inside>(s, in, out, bias, work);
  rt::averagePool<rt::Divisor::padded>(s, in, out, bias, work);
  rt::averagePool<rt::Divisor::none>(s, in, out, Keep{}, work);
  rt::maxPoolIndices(s, true, in, out, static_cast<int64_t *>(static_cast<void *>(out)), work);
  const uint8_t *bytes = static_cast<const uint8_t *>(static_cast<const void *>(in));
  rt::maxPool(s, bytes, static_cast<uint8_t *>(static_cast<void *>(out)), Keep{}, work);
  rt::averagePool<rt::Divisor::inside>(s, bytes, static_cast<int32_t *>(static_cast<void *>(out)),
                                       Keep{}, work);
}
template <class Op, class T> BURIN_STUB void reductions(int n, const T *in, T *out, Work work) {
  const auto keep = [](auto x, ptrdiff_t, int) { return rt::cast<T>(x); };
  rt::reduceScalar<Op, T>(n, n, 3, in, out, rt::Same{}, keep, work);
  rt::reduceNd<Op, T>(Nd<2>{{n, 3}}, Nd<2>{{n, 3}}, Nd<1>{{n}}, Nd<1>{{3}}, in, out, rt::Same{},
                      keep, work);
}
template <class T> BURIN_STUB void allReductions(int n, const T *in, T *out, Work work) {
  reductions<rt::ReduceSum>(n, in, out, work);
  reductions<rt::ReduceMean>(n, in, out, work);
  reductions<rt::ReduceProd>(n, in, out, work);
  reductions<rt::ReduceMax>(n, in, out, work);
  reductions<rt::ReduceMin>(n, in, out, work);
}
BURIN_STUB void norms(int n, const float *in, const rt::F32 *scale, float *out, double *wide,
                      Bias bias, Work work) {
  rt::reduce<rt::ReduceSum>(n, n, n, in, out, rt::Same{}, bias, work);
  rt::reduce<rt::ReduceMean>(n, n, Const<1>{}, in, out, rt::SquaredFrom{1}, bias, work);
  rt::reduce<rt::ReduceMax>(n, Const<3>{}, n, in, out, rt::Same{}, bias, work);
  rt::softmax(n, in, out, work);
  rt::attention<16, false>(2, 1, n, n, n, n, 1.f, in, in, in, out, rt::NoMask{}, work);
  rt::attention<8, true>(2, 1, Const<9>{}, n, n, n, 1.f, in, in, in, out,
                         rt::AddedMask<1>{in, 0, 0, 9}, work);
  rt::logSoftmax(Const<10>{}, in, out, work);
  rt::softmaxAxis(n, n, in, out, work);
  rt::logSoftmaxAxis(n, n, in, out, work);
  rt::softmaxScalar<double>(n, n, wide, wide, work);
  rt::logSoftmaxScalar<float>(n, n, in, out, work);
  rt::layerNorm(n, 1e-5f, in, scale, scale, out, out, out, bias, work);
  rt::rmsNorm(n, 1e-5f, in, scale, out, nullptr, bias, work);
  rt::groupNormNhwc(n, n, 2, 1e-5f, in, scale, scale, out, bias, work);
  rt::groupNormNchw(n, n, 2, 1e-5f, in, scale, scale, out, Keep{}, work);
  rt::batchNorm(n, n, 1e-5f, in, scale, scale, scale, scale, out, bias, work);
  rt::batchNormScalar<double>(n, n, 1e-5, wide, wide, wide, wide, wide, wide, work);
  rt::lrn(n, n, rt::Lrn<float>{n, 1, 1, 1}, in, out, work);
  rt::lrnScalar(n, n, rt::Lrn<double>{n, 1, 1, 1}, wide, wide, work);
}

// ---- quantisation, recurrence, resize ----

template <class Q> BURIN_STUB void quantize(int n, float *f, Q *q, Work work) {
  rt::quantizeLinear(f, f[0], n, q, work);
  rt::dequantizeLinear(q, f[0], n, f, work);
  rt::quantizeLinearAxis(n, 3, f, f, q, q, work);
  rt::dequantizeLinearAxis(n, 3, q, f, q, f, work);
  rt::quantizeLinearBlocked(n, 2, 3, f, f, q, q, work);
  rt::dequantizeLinearBlocked(n, 2, 3, q, f, q, f, work);
  *q = rt::requantizeTfliteDouble<Q>(n, n, 1, 2);
  *q = rt::requantizeTfliteSingle<Q>(n, n, 1, 2);
}
template <class Q, class S>
BURIN_STUB void quantizeOfAny(int n, const int32_t *sums, S *f, Q *q, Work work) {
  const rt::ScaleAxis shape{n, 2, 3};
  rt::quantizeLinearAny(shape, f, f, q, true, q, work);
  rt::quantizeLinearAny(shape, sums, f, q, false, q, work);
  rt::dequantizeLinearAny(shape, q, f, q, f, work);
}
template <class Q> BURIN_STUB void requantizes(const int32_t *sums, float *f, Q *q, Work work) {
  const rt::ScaleAxis shape{3, 0, 3};
  rt::requantizeLinear<rt::Rounding::half_even_float>(shape, sums, f, q, false, q, work);
  rt::requantizeLinear<rt::Rounding::tflite_double>(shape, sums, f, q, true, q, work);
  rt::requantizeLinear<rt::Rounding::tflite_single>(shape, sums, f, q, true, q, work);
}
BURIN_STUB void recurrences(int n, const float *x, const rt::F32 *w, float *y, Work work) {
  const rt::Rnn s{n, n, n, n > 3, 1, 2, 3, 4};
  rt::lstm<16>(s, x, w, w, nullptr, x, x, y, y, y, 1.f, false, rt::LstmDefault{}, work);
  rt::gru<8, true>(s, x, w, w, nullptr, x, y, y, 0, rt::GruDefault{}, work);
  rt::gru<8, false>(s, x, w, w, nullptr, x, y, y, 0, rt::GruDefault{}, work);
  rt::rnn<4>(s, x, w, nullptr, x, y, y, 0, rt::RnnDefault{}, work);
}
template <rt::Cell cell>
BURIN_STUB void layers(int n, const float *x, const int32_t *lengths, float *y, float *scratch) {
  const rt::RnnWeights s{cell, 2, n, n, 16};
  const rt::F32 *w = rt::packInput(s, x, y), *r = rt::packState(s, x, y);
  const rt::RnnLayer layer{
      s, n, n, x, w, r,  rt::packBias(s, x, y), rt::packPeephole(s, x, y), lengths,
      x, x, y, y, y, 1.f};
  rt::recurrentLayer<16, cell>(layer, 0, false, true, rt::Activations<rt::Relu, rt::Affine>{},
                               scratch);
  rt::recurrentLayer<16, cell>(layer, 1, true, false,
                               rt::Activations<rt::LeakyRelu, rt::HardSigmoid, rt::Elu>{}, scratch);
}
BURIN_STUB void resizes(int n, int32_t *index, float *f, int8_t *q, Work work) {
  const rt::ResizeAxis a{n, n, 0.5, 0, 1, rt::Coordinates::half_pixel, true, true, -0.75};
  rt::resizeNearestTable(a, rt::NearestMode::floor, index);
  rt::resizeTable(a, rt::Interpolation::cubic, index, f);
  rt::resizeNearest(Nd<2>{{n, n}}, Nd<2>{{n, 1}}, rt::ResizeIndex<2>{{index, nullptr}}, q, *q, q,
                    work);
  const rt::ResizeAxisTable<float> keep{nullptr, nullptr, 0}, table{index, rt::weights(f), n};
  rt::resizeInterpolated(Nd<2>{{n, n}}, Nd<2>{{n, n}}, n, rt::ResizeTables<2, float>{{keep, table}},
                         f, 0.f, f, work);
  rt::resizeInterpolated(Nd<2>{{n, n}}, Nd<2>{{n, n}}, 1,
                         rt::ResizeTables<2, float>{{table, table}}, q, *q, q, work);
}

// ---- trees ----

template <class T, class Column>
BURIN_STUB void trees(int n, const rt::Forest<T> &f, const rt::TreeKey<T> *key,
                      const Column *column, const T *in, T *out, Work work) {
  using Key = rt::TreeKey<T>;
  const rt::FullTrees<Key, Column> full{key, column, n};
  const rt::LinkedTrees<Key, Column, uint16_t> linked{key, column, nullptr, f.target};
  rt::forest<rt::TreeSum, 8, 32>(n, f, full, in, out, work);
  rt::forest<rt::TreeMin, 8, 1>(n, f, full, in, out, work);
  rt::forest<rt::TreeSum, 1, 1>(n, f, linked, in, out, work);
  rt::forest<rt::TreeMax, 8, 32>(n, f, linked, in, out, work);
}

// ---- images ----

template <class Acc, class T>
BURIN_STUB void samples(int n, const T *in, const int64_t *batch, T *out, Work work) {
  rt::gridSample<rt::GridMode::nearest, rt::GridPadding::zeros, Acc>(
      rt::GridSample<1>{n, {{n}}, {{n}}, true}, in, in, out, work);
  rt::gridSample<rt::GridMode::linear, rt::GridPadding::border, Acc>(
      rt::GridSample<2>{n, {{n, 3}}, {{n, 3}}, false}, in, in, out, work);
  rt::gridSample<rt::GridMode::cubic, rt::GridPadding::reflection, Acc>(
      rt::GridSample<3>{n, {{n, 3, 3}}, {{n, 3, 3}}, false}, in, in, out, work);
  const rt::RoiAlign s{n, n, n, n, n, n, true, 0, 1};
  rt::roiAlign<false, Acc>(s, in, in, batch, out, work);
  rt::roiAlign<true, Acc>(s, in, in, batch, out, work);
  rt::randomUniform(1, 0, 1, out, work);
  rt::randomNormal(1, 0, 1, out, work);
}
template <class T> BURIN_STUB void suppress(int n, const T *in, int64_t *out, Work work) {
  rt::nonMaxSuppression(rt::Suppression{n, n, n, true}, in, in, out, in, in, n, out, &n, work);
}
struct Context {
  unsigned char *arena;
  burin::ParallelFor parallel;
  burin::Observer observer;
};
burin::Status step(const Context &, Work) noexcept { return burin::Status::ok; }
constexpr rt::Step<Context> kSteps[] = {{step, rt::units<3>, 0, 0}};

// ---- movement ----

template <class T> BURIN_STUB void moves(T *p, int64_t *i, int n, Work work) {
  const Nd<3> shape{{n, 4, 5}};
  rt::stridedCopy(shape, p, shape, p, shape, work);
  rt::transpose(shape, p, shape, p, work);
  rt::planesToPixels<3>(n, 5, p, p, 15 * n, 15, work);
  rt::tile(shape, shape, p, p, work);
  rt::fill(*p, p, work);
  rt::pad<rt::PadMode::constant>(shape, shape, shape, p, *p, p, work);
  rt::pad<rt::PadMode::reflect>(shape, shape, shape, p, *p, p, work);
  rt::pad<rt::PadMode::edge>(shape, shape, shape, p, *p, p, work);
  rt::pad<rt::PadMode::wrap>(shape, shape, shape, p, *p, p, work);
  rt::gather(Const<3>{}, Const<4>{}, n, p, i, p, work);
  rt::gatherElements(shape, shape, 1, p, i, p, work);
  rt::gatherNd(n, Nd<2>{{n, 4}}, 5, p, i, p, work);
  rt::scatterElements<rt::Scatter::add>(shape, shape, 1, p, i, p, p, work);
  rt::scatterNd<rt::Scatter::max>(1, n, shape, 5, p, i, p, p, work);
  rt::cumulative<rt::Scan::add>(n, 3, true, false, p, p, work);
  rt::nonZero(shape, p, i, n, &n, work);
  rt::compress(1, n, 3, static_cast<const bool *>(static_cast<void *>(i)), n, p, p, n, &n, work);
  rt::reverseSequence(n, 3, 4, 5, p, i, p, work);
  rt::argMax(n, 3, false, p, i, work);
  rt::argMin(n, 3, true, p, i, work);
  rt::topK(n, 3, 2, true, p, p, i, work);
  rt::unique(n, 3, true, p, p, i, i, i, n, &n, work);
}

BURIN_STUB void lists(const int64_t *shape, uint8_t *a, const uint8_t *b, int64_t *n, void *p) {
  const rt::ListLayout layout{4, 32, 2, 4};
  const rt::ListAxis axis{2, 1, 4};
  rt::copyList(layout, a, b);
  rt::putElement(layout, a, 0, shape, p);
  rt::setListLength(a, 1);
  *n = rt::listInsert(layout, b, *n, shape, p, a) == rt::ListResult::done;
  *n += rt::listGet(layout, b, *n, p, a) + rt::listErase(layout, b, *n, a);
  *n += rt::listConcat(layout, axis, b, shape, shape, p) +
        rt::listSplit(layout, axis, p, shape, *n, a);
}

// ---- numbers ----

template <class To, class From> BURIN_STUB void casts(const From *in, To *out) {
  *out = rt::cast<To>(*in);
}
template <class From> BURIN_STUB void castsOf(void *p) {
  const From *in = static_cast<const From *>(p);
  casts(in, static_cast<float *>(p));
  casts(in, static_cast<double *>(p));
  casts(in, static_cast<bool *>(p));
  casts(in, static_cast<int8_t *>(p));
  casts(in, static_cast<uint16_t *>(p));
  casts(in, static_cast<int32_t *>(p));
  casts(in, static_cast<uint64_t *>(p));
  casts(in, static_cast<rt::F16 *>(p));
  casts(in, static_cast<rt::BF16 *>(p));
  casts(in, static_cast<rt::F8E4M3FN *>(p));
  casts(in, static_cast<rt::F8E5M2FNUZ *>(p));
  casts(in, static_cast<rt::F4E2M1 *>(p));
  casts(in, static_cast<rt::F8E8M0 *>(p));
  casts(in, static_cast<rt::I4 *>(p));
  casts(in, static_cast<rt::U2 *>(p));
}
template <class T> BURIN_STUB T integers(T a, T b) {
  return rt::addWrap(
      rt::divFloor(rt::mulWrap(a, b), rt::divTrunc(a, b)),
      rt::subWrap(rt::powInt(rt::absWrap(a), rt::modTrunc(a, b)),
                  rt::shiftLeft(rt::shiftRight(rt::modFloor(a, b), b), rt::negWrap(a))));
}

// ---- functions ----

template <class V> BURIN_FN V functions(V x) {
  using namespace rt;
  V y = exp(x) + exp2(x) + expm1(x) + log(x) + log2(x) + log10(x) + log1p(x) + sigmoid(x) + tanh(x);
  y += erf(x) + erfc(x) + gelu(x) + softplus(x) + pow(x, y) + fmod(x, y) + atan2(x, y);
  y += sin(x) + cos(x) + tan(x) + asin(x) + acos(x) + atan(x) + modFloor(x, y) + modTrunc(x, y);
  y += sinh(x) + cosh(x) + asinh(x) + acosh(x) + atanh(x) + sqrt(x) + floor(x) + ceil(x);
  y += round(x) + trunc(x) + abs(x) + sign(x) + maxNan(x, y) + minNan(x, y) + max(x, y) + min(x, y);
  return select(isNan(x), x, select(isInf(x), x, y));
}
struct Functions {
  float *p;

  template <class V> BURIN_INLINE void operator()(V, int i) const {
    rt::store(p + i, functions(rt::load<V>(p + i)));
  }
  template <class V> BURIN_INLINE void operator()(V v, int row, int column) const {
    (*this)(v, row * 7 + column);
  }
};
struct Doubles {
  double *p;

  BURIN_INLINE void operator()(int i) const { p[i] += 1; }
  BURIN_INLINE void operator()(int row, int column) const { p[row * 7 + column] += 1; }
};
BURIN_STUB void functionsOf(float *f, double *d, Work work) {
  rt::elementwise(Functions{f}, work);
  rt::elementwiseRows(3, Const<7>{}, Functions{f}, work);
  rt::elementwiseScalar(Doubles{d}, work);
  rt::elementwiseScalarRows(3, 7, Doubles{d}, work);
  *d = functions(*d);
}

} // namespace

void allKernels(void *p, float *f, int n);
void allKernels(void *p, float *f, int n) {
  const Work work{0, n, static_cast<unsigned char *>(p)};
  const rt::F32 *w = rt::weights(f);
  gemms(n, n, n, f, w, f, {w}, work);
  matmuls<double, double>(static_cast<double *>(p), static_cast<double *>(p), work);
  matmuls<int8_t, int32_t>(static_cast<int8_t *>(p), static_cast<int8_t *>(p), work);
  matmuls<rt::F16, float>(static_cast<rt::F16 *>(p), static_cast<rt::F16 *>(p), work);
  convs(f, w, f, {w}, work);
  convsOfEveryKind(n, f, w, f, {w}, work);
  integerConvs(n, static_cast<int8_t *>(p), static_cast<uint8_t *>(p), static_cast<int8_t *>(p),
               work);
  integerConvs(n, static_cast<uint8_t *>(p), static_cast<int8_t *>(p), static_cast<int8_t *>(p),
               work);
  squarePools(n, f, f, work);
  pools<1>(n, f, f, {w}, work);
  pools<2>(n, f, f, {w}, work);
  pools<3>(n, f, f, {w}, work);
  allReductions(n, static_cast<double *>(p), static_cast<double *>(p), work);
  allReductions(n, static_cast<uint8_t *>(p), static_cast<uint8_t *>(p), work);
  allReductions(n, static_cast<int64_t *>(p), static_cast<int64_t *>(p), work);
  norms(n, f, w, f, static_cast<double *>(p), {w}, work);
  quantize(n, f, static_cast<int8_t *>(p), work);
  quantize(n, f, static_cast<uint16_t *>(p), work);
  quantize(n, f, static_cast<rt::I4 *>(p), work);
  int32_t *sums = static_cast<int32_t *>(p);
  quantizeOfAny(n, sums, f, static_cast<uint16_t *>(p), work);
  quantizeOfAny(n, sums, f, sums, work);
  quantizeOfAny(n, sums, static_cast<double *>(p), static_cast<rt::F8E5M2 *>(p), work);
  quantizeOfAny(n, sums, static_cast<rt::F16 *>(p), static_cast<rt::U2 *>(p), work);
  requantizes(sums, f, static_cast<int8_t *>(p), work);
  requantizes(sums, f, static_cast<rt::U4 *>(p), work);
  recurrences(n, f, w, f, work);
  layers<rt::Cell::rnn>(n, f, static_cast<int32_t *>(p), f, f);
  layers<rt::Cell::gru>(n, f, static_cast<int32_t *>(p), f, f);
  layers<rt::Cell::gruLinear>(n, f, static_cast<int32_t *>(p), f, f);
  layers<rt::Cell::lstm>(n, f, static_cast<int32_t *>(p), f, f);
  resizes(n, static_cast<int32_t *>(p), f, static_cast<int8_t *>(p), work);
  trees<float, uint8_t>(n, {}, static_cast<uint32_t *>(p), static_cast<uint8_t *>(p), f, f, work);
  trees<double, uint16_t>(n, {}, static_cast<uint64_t *>(p), static_cast<uint16_t *>(p),
                          static_cast<double *>(p), static_cast<double *>(p), work);
  samples<float>(n, f, static_cast<int64_t *>(p), f, work);
  samples<double>(n, static_cast<double *>(p), static_cast<int64_t *>(p), static_cast<double *>(p),
                  work);
  samples<float>(n, static_cast<rt::F16 *>(p), static_cast<int64_t *>(p), static_cast<rt::F16 *>(p),
                 work);
  suppress(n, f, static_cast<int64_t *>(p), work);
  suppress(n, static_cast<rt::F16 *>(p), static_cast<int64_t *>(p), work);
  const Context context{work.scratch, {}, {}};
  n = rt::runSteps<2, true>(kSteps, context, 1) == burin::Status::ok ? n : 0;
  functionsOf(f, static_cast<double *>(p), work);
  moves(f, static_cast<int64_t *>(p), n, work);
  moves(static_cast<uint8_t *>(p), static_cast<int64_t *>(p), n, work);
  moves(static_cast<int64_t *>(p), static_cast<int64_t *>(p), n, work);
  moves(static_cast<bool *>(p), static_cast<int64_t *>(p), n, work);
  moves(static_cast<double *>(p), static_cast<int64_t *>(p), n, work);
  moves(static_cast<rt::F16 *>(p), static_cast<int64_t *>(p), n, work);
  moves(static_cast<rt::I4 *>(p), static_cast<int64_t *>(p), n, work);
  lists(static_cast<int64_t *>(p), work.scratch, work.scratch, static_cast<int64_t *>(p), p);
  rt::iota(f[0], f[1], f, work);
  rt::iota(n, n, static_cast<int *>(p), work);
  castsOf<float>(p);
  castsOf<double>(p);
  castsOf<bool>(p);
  castsOf<int8_t>(p);
  castsOf<uint8_t>(p);
  castsOf<int64_t>(p);
  castsOf<rt::F16>(p);
  castsOf<rt::F8E4M3FNUZ>(p);
  castsOf<rt::F8E8M0>(p);
  castsOf<rt::U4>(p);
  f[0] = static_cast<float>(integers<int8_t>(1, 2) + integers<uint8_t>(1, 2) +
                            integers<uint16_t>(1, 2) + integers<int32_t>(n, 2));
  f[1] = static_cast<float>(integers<uint32_t>(1, 2));
  f[2] = static_cast<float>(integers<int64_t>(n, 2));
  f[3] = static_cast<float>(integers<uint64_t>(1, 2));
}
