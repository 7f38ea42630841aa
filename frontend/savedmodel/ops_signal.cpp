// SPDX-License-Identifier: Apache-2.0
//
// Complex numbers as two tensors, and transforms along the last axis as products with their matrix.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/lowering.h"
#include "frontend/savedmodel/ops_math.h"

#include <cmath>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

constexpr double kPi = 3.14159265358979323846;

/// The parts of a complex operand; a real one has no imaginary part.
Item complexOf(const NodeView &n, size_t i) {
  const Item &x = n.item(i);
  return x.imaginary ? x : Item(n.in(i));
}

Value *imaginaryOf(const NodeView &n, const Item &x) {
  return x.imaginary ? x.imaginary
                     : compose::full(n.to, x.tensor->type.element(), 0, x.tensor->type.shape());
}

Items complex(const NodeView &n) { return {Item(n.in(0), n.in(1))}; }
Items realPart(const NodeView &n) { return {complexOf(n, 0).tensor}; }
Items imaginaryPart(const NodeView &n) { return {imaginaryOf(n, complexOf(n, 0))}; }
Items conjugate(const NodeView &n) {
  const Item x = complexOf(n, 0);
  return {x.imaginary ? Item(x.tensor, n.to.make(ops::neg, {x.imaginary})) : x};
}
Items absolute(const NodeView &n) {
  const compose::Arith is{n.to};
  const Item x = complexOf(n, 0);
  if (!x.imaginary)
    return {is(ops::abs, x.tensor)};
  return {is(ops::sqrt, is.add(is.mul(x.tensor, x.tensor), is.mul(x.imaginary, x.imaginary)))};
}
Items angle(const NodeView &n) {
  const Item x = complexOf(n, 0);
  return {angleOf(n, imaginaryOf(n, x), x.tensor)};
}

// ---- transforms ----

/// cos and sin of 2 pi i k / length for i below `rows` and k below `columns`, times weight(i).
template <class Weight>
std::pair<Value *, Value *> circle(const NodeView &n, int64_t rows, int64_t columns, int64_t length,
                                   const Weight &weight) {
  std::vector<float> cosine, sine;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t k = 0; k < columns; ++k) {
      const double turn =
          2 * kPi * static_cast<double>(i * k % length) / static_cast<double>(length);
      cosine.push_back(static_cast<float>(weight(i) * std::cos(turn)));
      sine.push_back(static_cast<float>(weight(i) * std::sin(turn)));
    }
  const ir::Type type{ElementType::f32, {rows, columns}};
  return {n.to.module().addConstant(type, std::as_bytes(std::span(cosine))),
          n.to.module().addConstant(type, std::as_bytes(std::span(sine)))};
}

/// The last axis with zeros behind, or cut, to this length.
Value *fitted(const NodeView &n, Value *x, int64_t length) {
  const size_t last = x->type.rank() - 1;
  const Dim &has = x->type.dim(last);
  if (has.isNumber(length))
    return x;
  Dims pads(2 * x->type.rank(), Dim(0));
  pads[2 * last + 1] = Dim(length) - has;
  return n.to.make(ops::pad, {x}, {attr::pads(pads), attr::mode("constant")});
}

int64_t lengthOf(const NodeView &n, size_t input) {
  constexpr int64_t kMost = 16384; // the matrix has its square
  const int64_t length = n.knownInt(input, "the length of the transform");
  if (length < 1 || length > kMost)
    n.unsupported("transform",
                  fmt::format("a transform of {} elements, expected 1 to {}", length, kMost));
  return length;
}

void expectSingle(const NodeView &n, const Item &x) {
  if (x.tensor->type.element() != ElementType::f32 || x.tensor->type.rank() == 0)
    n.unsupported("transform",
                  fmt::format("a transform of {}, expected f32", x.tensor->type.text()));
}

/// Real numbers to the half of the spectrum that says all.
Items rfft(const NodeView &n) {
  const int64_t length = lengthOf(n, 1), bins = length / 2 + 1;
  const Item x(n.in(0));
  expectSingle(n, x);
  Value *given = fitted(n, x.tensor, length);
  auto [cosine, sine] = circle(n, length, bins, length, [](int64_t) { return 1.0; });
  return {Item(compose::matmul(n.to, given, cosine),
               n.to.make(ops::neg, {compose::matmul(n.to, given, sine)}))};
}

/// Back: what is not given mirrors what is, so that inner bins count twice.
Items irfft(const NodeView &n) {
  const compose::Arith is{n.to};
  const int64_t length = lengthOf(n, 1), bins = length / 2 + 1;
  const Item x = complexOf(n, 0);
  expectSingle(n, x);
  const auto weight = [&](int64_t i) {
    return (i == 0 || 2 * i == length ? 1.0 : 2.0) / static_cast<double>(length);
  };
  auto [cosine, sine] = circle(n, bins, length, length, weight);
  Value *real = compose::matmul(n.to, fitted(n, x.tensor, bins), cosine);
  if (!x.imaginary)
    return {real};
  return {is.sub(real, compose::matmul(n.to, fitted(n, x.imaginary, bins), sine))};
}

/// (a + i b)(cos -+ i sin), forward with a minus.
template <bool inverse> Items fft(const NodeView &n) {
  const compose::Arith is{n.to};
  const Item x = complexOf(n, 0);
  expectSingle(n, x);
  const Dim &extent = x.tensor->type.shape().back();
  if (!extent.isNumber())
    n.unsupported("symbolic", fmt::format("a transform of {} elements", extent.text()),
                  "fix the symbol with --dim");
  const int64_t length = std::max<int64_t>(extent.number(), 1);
  auto [cosine, sine] = circle(n, length, length, length, [&](int64_t) {
    return inverse ? 1.0 / static_cast<double>(length) : 1.0;
  });
  const auto times = [&](Value *a, Value *b) { return compose::matmul(n.to, a, b); };
  Value *b = imaginaryOf(n, x), *ac = times(x.tensor, cosine), *as = times(x.tensor, sine),
        *bc = times(b, cosine), *bs = times(b, sine);
  return {inverse ? Item(is.sub(ac, bs), is.add(bc, as)) : Item(is.add(ac, bs), is.sub(bc, as))};
}

// clang-format off
constexpr Lowering kSignal[] = {
    {"Angle", angle}, {"Complex", complex}, {"ComplexAbs", absolute}, {"Conj", conjugate},
    {"FFT", fft<false>}, {"IFFT", fft<true>}, {"IRFFT", irfft}, {"Imag", imaginaryPart},
    {"RFFT", rfft}, {"Real", realPart},
};
// clang-format on

} // namespace

std::span<const Lowering> signalLowerings() { return kSignal; }

} // namespace burin::savedmodel
