// SPDX-License-Identifier: Apache-2.0
#include "cli/compare.h"

#include "ir/number.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>

namespace burin::cli {
namespace {
using ir::ElementType;

/// Relative distance between neighbours in a type.
double epsilonOf(ElementType e) {
  switch (e) {
  case ElementType::f64:
  case ElementType::c128:
    return 0x1p-52;
  case ElementType::f16:
    return 0x1p-10;
  case ElementType::bf16:
    return 0x1p-7;
  case ElementType::f8e4m3fn:
  case ElementType::f8e4m3fnuz:
    return 0x1p-3;
  case ElementType::f8e5m2:
  case ElementType::f8e5m2fnuz:
    return 0x1p-2;
  case ElementType::f4e2m1:
  case ElementType::f8e8m0:
    return 0.5;
  default:
    return 0x1p-23;
  }
}

/// Steps between two floats; of types below f32 in units of their epsilon.
uint64_t ulpDistance(double a, double b, ElementType e) {
  if (a == b)
    return 0;
  if (e == ElementType::f32) {
    const auto rank = [](double x) {
      const auto bits = std::bit_cast<int32_t>(static_cast<float>(x));
      return static_cast<int64_t>(bits < 0 ? INT32_MIN - bits : bits);
    };
    return static_cast<uint64_t>(std::abs(rank(a) - rank(b)));
  }
  int exponent = 0;
  (void)std::frexp(b == 0 ? a : b, &exponent);
  const double unit = std::ldexp(epsilonOf(e), exponent - 1);
  return static_cast<uint64_t>(std::min(std::round(std::abs(a - b) / unit), 1e18));
}

std::string indexText(size_t flat, const std::vector<int64_t> &shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    index[i] = static_cast<int64_t>(flat) % shape[i];
    flat /= static_cast<size_t>(shape[i]);
  }
  return fmt::format("[{}]", fmt::join(index, ", "));
}

class Comparison {
public:
  Comparison(const ir::Tensor &actual, const ir::Tensor &expected, const Tolerance &tolerance,
             size_t sample, Metrics &metrics)
      : actual_{actual}, expected_{expected},
        tolerance_{tolerance}, sample_{sample}, metrics_{metrics},
        shape_(actual.shape()), element_{actual.type.element()} {}

  void run() {
    if (element_ == ElementType::string)
      return strings();
    if (element_ == ElementType::c64)
      return parts<float>();
    if (element_ == ElementType::c128)
      return parts<double>();
    for (size_t i = 0, count = actual_.count(); i < count; ++i) {
      if (ir::isFloat(element_))
        real(i, actual_.number(i), expected_.number(i));
      else
        integer(i, actual_.integer(i), expected_.integer(i));
    }
  }

private:
  void strings() {
    for (size_t i = 0; i < actual_.strings.size(); ++i) {
      ++metrics_.elements;
      if (actual_.strings[i] != expected_.strings[i])
        fail(i, INFINITY, fmt::format("'{}'", actual_.strings[i]),
             fmt::format("'{}'", expected_.strings[i]));
    }
  }

  template <class Part> void parts() {
    for (size_t i = 0, count = 2 * actual_.count(); i < count; ++i)
      real(i / 2, actual_.as<Part>()[i], expected_.as<Part>()[i]);
  }

  void real(size_t i, double a, double b) {
    ++metrics_.elements;
    if (!std::isfinite(a) || !std::isfinite(b)) {
      const bool same = (std::isnan(a) && std::isnan(b)) || a == b;
      if (!same)
        fail(i, INFINITY, fmt::format("{:.9g}", a), fmt::format("{:.9g}", b));
      return;
    }
    const double distance = std::abs(a - b);
    const double epsilon = epsilonOf(element_);
    const double rtol =
        epsilon > 0x1p-20 ? std::max(tolerance_.rtol, 4 * epsilon) : tolerance_.rtol;
    const double allowed = tolerance_.atol + rtol * std::abs(b);
    metrics_.maxAbs = std::max(metrics_.maxAbs, distance);
    metrics_.dot += a * b;
    metrics_.squares += a * a;
    metrics_.referenceSquares += b * b;
    const uint64_t ulp = ulpDistance(a, b, element_);
    if (std::abs(b) > std::max(tolerance_.atol, epsilon)) {
      metrics_.maxRel = std::max(metrics_.maxRel, distance / std::abs(b));
      metrics_.maxUlp = std::max(metrics_.maxUlp, ulp);
    }
    const double excess = allowed > 0 ? distance / allowed : distance > 0 ? INFINITY : 0;
    note(i, excess, fmt::format("{:.9g}", a), fmt::format("{:.9g}", b),
         distance <= allowed || (tolerance_.maxUlp && ulp <= *tolerance_.maxUlp));
  }

  void integer(size_t i, int64_t a, int64_t b) {
    ++metrics_.elements;
    const uint64_t distance = a > b ? static_cast<uint64_t>(a) - static_cast<uint64_t>(b)
                                    : static_cast<uint64_t>(b) - static_cast<uint64_t>(a);
    const auto gap = static_cast<double>(distance);
    metrics_.maxAbs = std::max(metrics_.maxAbs, gap);
    metrics_.maxUlp = std::max(metrics_.maxUlp, distance);
    if (b != 0)
      metrics_.maxRel = std::max(metrics_.maxRel, gap / std::abs(static_cast<double>(b)));
    metrics_.dot += static_cast<double>(a) * static_cast<double>(b);
    metrics_.squares += static_cast<double>(a) * static_cast<double>(a);
    metrics_.referenceSquares += static_cast<double>(b) * static_cast<double>(b);
    const double allowed =
        std::max(tolerance_.atolForIntegers ? tolerance_.atol : 0.0,
                 tolerance_.maxUlp ? static_cast<double>(*tolerance_.maxUlp) : 0.0);
    note(i,
         allowed > 0 ? gap / allowed
         : gap > 0   ? INFINITY
                     : 0,
         fmt::format("{}", a), fmt::format("{}", b), gap <= allowed);
  }

  void fail(size_t i, double excess, std::string actual, std::string expected) {
    note(i, excess, std::move(actual), std::move(expected), false);
  }

  void note(size_t i, double excess, std::string actual, std::string expected, bool passes) {
    metrics_.failures += !passes;
    if (excess <= metrics_.worstExcess)
      return;
    metrics_.worstExcess = excess;
    metrics_.worstSample = sample_;
    metrics_.worstIndex = indexText(i, shape_);
    metrics_.worstActual = std::move(actual);
    metrics_.worstExpected = std::move(expected);
  }

  const ir::Tensor &actual_, &expected_;
  const Tolerance &tolerance_;
  size_t sample_;
  Metrics &metrics_;
  std::vector<int64_t> shape_;
  ElementType element_;
};

} // namespace

double Metrics::cosine() const {
  if (squares == 0 && referenceSquares == 0)
    return 1;
  return dot / std::sqrt(squares * referenceSquares);
}

void compare(const ir::Tensor &actual, const ir::Tensor &expected, const Tolerance &tolerance,
             size_t sample, Metrics &metrics) {
  if (!actual.type.isTensor() || !(actual.type == expected.type)) {
    metrics.mismatch =
        fmt::format("it is {}, the reference is {}", actual.type.text(), expected.type.text());
    return;
  }
  Comparison(actual, expected, tolerance, sample, metrics).run();
}

} // namespace burin::cli
