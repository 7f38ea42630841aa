// SPDX-License-Identifier: Apache-2.0
//
// Quantisation, an element after the other: x / scale, half to even, plus zero, saturated.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/math.h"

#include <algorithm>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// Calls visit(i, place of the scale) for every element of x.
template <class Visit> void forEachScaled(const Evaluation &e, int64_t blockSize, Visit visit) {
  const bool isOne = e.in(1).type.rank() == 0;
  const Lines l = isOne ? Lines{{static_cast<int64_t>(e.in(0).count())}, 0} : Lines{e.in(0).shape(), e.op[attr::axis]};
  const size_t n = static_cast<size_t>(l.n), inner = static_cast<size_t>(l.inner), block = static_cast<size_t>(blockSize);
  const size_t blocks = block ? (n + block - 1) / block : 0;
  for (size_t i = 0; i < e.in(0).count(); ++i) {
    const size_t along = i / inner % n;
    visit(i, isOne ? 0 : !block ? along : (i / (n * inner) * blocks + along / block) * inner + i % inner);
  }
}

double zeroAt(const Evaluation &e, size_t i) { return e.has(2) ? e.in(2).number(e.in(2).count() == 1 ? 0 : i) : 0; }

/// The product or quotient is a float, or a double where the scale is one.
template <class T> void quantizeAs(Evaluation &e) {
  const ElementType to = e.out().type.element();
  // Small floats saturate by the cast, or not at all.
  const bool isCast = isSmall(to) && ir::isFloat(to) && e.op[attr::saturate];
  ir::Tensor wide{e.out().type.withElement(isCast ? ElementType::f32 : to)};
  forEachScaled(e, e.op[attr::blockSize], [&](size_t i, size_t s) {
    const T quotient = static_cast<T>(e.in(0).number(i)) / static_cast<T>(e.in(1).number(s));
    wide.setNumber(i, static_cast<double>(ir::isInteger(to) ? rt::round(quotient) : quotient) + zeroAt(e, s));
  });
  e.out() = isCast ? converted(wide, to) : std::move(wide);
}
void quantize(Evaluation &e) { e.in(1).type.element() == ElementType::f64 ? quantizeAs<double>(e) : quantizeAs<float>(e); }

template <class T> void dequantizeAs(Evaluation &e) {
  forEachScaled(e, e.op[attr::blockSize], [&](size_t i, size_t s) {
    e.out().setNumber(i, static_cast<T>(e.in(0).number(i) - zeroAt(e, s)) * static_cast<T>(e.in(1).number(s)));
  });
}
void dequantize(Evaluation &e) { e.in(1).type.element() == ElementType::f64 ? dequantizeAs<double>(e) : dequantizeAs<float>(e); }

void requantize(Evaluation &e) {
  forEachScaled(e, 0, [&](size_t i, size_t s) {
    const float product = rt::round(static_cast<float>(elements<int32_t>(e.in(0))[i]) * elements<float>(e.in(1))[s]);
    e.out().setNumber(i, product == product ? static_cast<double>(product) + zeroAt(e, s) : zeroAt(e, s));
  });
}
bool roundsInFloat(const Op &op) { return op[attr::rounding] == "half_even_float"; }

constexpr EvaluateDef kQuant[] = {
    {&ops::quantize, quantize},
    {&ops::dequantize, dequantize},
    {&ops::requantize, requantize, roundsInFloat},
};

} // namespace

std::span<const EvaluateDef> quantEvaluations() { return kQuant; }

} // namespace burin::kernels
