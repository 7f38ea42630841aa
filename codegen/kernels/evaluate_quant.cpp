// SPDX-License-Identifier: Apache-2.0
//
// Quantisation: small integers by the kernels; other types an element after the other.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/quant_any.h"

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// Calls f with a zero of the type; false if the kernels do not know it.
template <class F> bool visitQuantized(ElementType e, F f) {
  switch (e) {
  case ElementType::i8:
    f(int8_t{});
    return true;
  case ElementType::u8:
    f(uint8_t{});
    return true;
  case ElementType::i16:
    f(int16_t{});
    return true;
  case ElementType::u16:
    f(uint16_t{});
    return true;
  case ElementType::i4:
    f(rt::I4{});
    return true;
  case ElementType::u4:
    f(rt::U4{});
    return true;
  case ElementType::i2:
    f(rt::I2{});
    return true;
  case ElementType::u2:
    f(rt::U2{});
    return true;
  default:
    return false;
  }
}

/// How scales lie along x; one for all is along an axis of one.
Lines scaledLines(const Evaluation &e, int64_t blockSize) {
  const auto n = static_cast<int64_t>(e.in(0).count());
  return e.in(1).count() == 1 && !blockSize ? Lines{{1, n}, 0}
                                            : Lines{e.in(0).shape(), e.op[attr::axis]};
}
int64_t unitsOf(const Lines &l) { return int64_t{l.outer} * l.n; }

template <class Q> void quantizeBy(Evaluation &e) {
  const int block = toInt(e.op[attr::blockSize]);
  const Lines l = scaledLines(e, block);
  const float *x = elements<float>(e.in(0)), *scale = elements<float>(e.in(1));
  const Q *zero = elementsOrNull<Q>(e, 2);
  Q *out = elements<Q>(e.out());
  if (block)
    rt::quantizeLinearBlocked(l.n, block, l.inner, x, scale, zero, out, allOf(unitsOf(l)));
  else if (l.n == 1)
    rt::quantizeLinear(x, *scale, rt::zeroAt(zero, 0), out,
                       allOf(static_cast<int64_t>(e.in(0).count())));
  else
    rt::quantizeLinearAxis(l.n, l.inner, x, scale, zero, out, allOf(unitsOf(l)));
}

template <class Q> void dequantizeBy(Evaluation &e) {
  const int block = toInt(e.op[attr::blockSize]);
  const Lines l = scaledLines(e, block);
  const Q *x = elements<Q>(e.in(0)), *zero = elementsOrNull<Q>(e, 2);
  const float *scale = elements<float>(e.in(1));
  float *out = elements<float>(e.out());
  if (block)
    rt::dequantizeLinearBlocked(l.n, block, l.inner, x, scale, zero, out, allOf(unitsOf(l)));
  else if (l.n == 1)
    rt::dequantizeLinear(x, *scale, rt::zeroAt(zero, 0), out,
                         allOf(static_cast<int64_t>(e.in(0).count())));
  else
    rt::dequantizeLinearAxis(l.n, l.inner, x, scale, zero, out, allOf(unitsOf(l)));
}

// ---- one by one ----

/// Calls visit(i, place of the scale) for every element of x.
template <class Visit> void forEachScaled(const Evaluation &e, int64_t blockSize, Visit visit) {
  const Lines l = scaledLines(e, blockSize);
  const auto n = static_cast<size_t>(l.n), inner = static_cast<size_t>(l.inner),
             block = static_cast<size_t>(blockSize);
  const size_t blocks = block ? (n + block - 1) / block : 0;
  for (size_t i = 0; i < e.in(0).count(); ++i) {
    const size_t along = i / inner % n;
    visit(i, !block ? along : (i / (n * inner) * blocks + along / block) * inner + i % inner);
  }
}

double zeroAt(const Evaluation &e, size_t i) {
  return e.has(2) ? e.in(2).number(e.in(2).count() == 1 ? 0 : i) : 0;
}

/// The quotient is a float, or a double where the scale is one.
template <class T> void quantizeEach(Evaluation &e) {
  const ElementType to = e.out().type.element();
  const bool saturates = isSmall(to) && ir::isFloat(to) && e.op[attr::saturate]; // in the cast
  ir::Tensor wide{e.out().type.withElement(saturates ? ElementType::f32 : to)};
  forEachScaled(e, e.op[attr::blockSize], [&](size_t i, size_t s) {
    const T quotient = static_cast<T>(e.in(0).number(i)) / static_cast<T>(e.in(1).number(s));
    wide.setNumber(i, static_cast<double>(ir::isInteger(to) ? rt::round(quotient) : quotient) +
                          zeroAt(e, s));
  });
  e.out() = saturates ? converted(wide, to) : std::move(wide);
}

template <class T> void dequantizeEach(Evaluation &e) {
  forEachScaled(e, e.op[attr::blockSize], [&](size_t i, size_t s) {
    e.out().setNumber(i, static_cast<double>(static_cast<T>(e.in(0).number(i) - zeroAt(e, s)) *
                                             static_cast<T>(e.in(1).number(s))));
  });
}

bool isF32(const ir::Tensor &t) { return t.type.element() == ElementType::f32; }
bool isF64(const ir::Tensor &t) { return t.type.element() == ElementType::f64; }

void quantize(Evaluation &e) {
  const bool isFloat = isF32(e.in(0)) && isF32(e.in(1));
  if (e.out().count() == 0 || (isFloat && visitQuantized(e.out().type.element(), [&](auto q) {
                                 quantizeBy<decltype(q)>(e);
                               })))
    return;
  isF64(e.in(1)) ? quantizeEach<double>(e) : quantizeEach<float>(e);
}

void dequantize(Evaluation &e) {
  const bool isFloat = isF32(e.out()) && isF32(e.in(1));
  if (e.out().count() == 0 || (isFloat && visitQuantized(e.in(0).type.element(), [&](auto q) {
                                 dequantizeBy<decltype(q)>(e);
                               })))
    return;
  isF64(e.in(1)) ? dequantizeEach<double>(e) : dequantizeEach<float>(e);
}

// ---- requantize ----

void requantize(Evaluation &e) {
  const std::string &rounding = e.op[attr::rounding];
  visitQuantized(e.out().type.element(), [&](auto zero) {
    using Q = decltype(zero);
    forEachScaled(e, 0, [&](size_t i, size_t s) {
      const int32_t x = elements<int32_t>(e.in(0))[i];
      const float scale = elements<float>(e.in(1))[s];
      const int z = static_cast<int>(zeroAt(e, s));
      elements<Q>(e.out())[i] = rounding == "tflite_double"
                                    ? rt::requantizeAny<Q, rt::Rounding::tflite_double>(x, scale, z)
                                : rounding == "tflite_single"
                                    ? rt::requantizeAny<Q, rt::Rounding::tflite_single>(x, scale, z)
                                    : rt::requantize<Q>(x, scale, z);
    });
  });
}

constexpr EvaluateDef kQuant[] = {
    {&ops::quantize, quantize},
    {&ops::dequantize, dequantize},
    {&ops::requantize, requantize},
};

} // namespace

std::span<const EvaluateDef> quantEvaluations() { return kQuant; }

} // namespace burin::kernels
