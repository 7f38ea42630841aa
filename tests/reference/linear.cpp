// SPDX-License-Identifier: Apache-2.0
//
// Matrix products, convolutions, attention. The inner loops run along contiguous output channels
// and columns, so that a whole small network takes seconds; each sum is still in the order of the
// reduced index.
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"
#include "tests/reference/window.h"

#include <cmath>

namespace burin::reference {
namespace {

/// A stack of row-major matrices.
template <class T> struct Matrices {
  Extents batch;
  int64_t rows, columns;
  std::vector<T> elements;

  Extents shape() const { return concatenated(batch, {rows, columns}); }
  const T *matrix(const Extents &at) const {
    return elements.data() + flattenBroadcast(batch, at) * static_cast<size_t>(rows * columns);
  }
};

template <class T> Matrices<T> matrices(const Tensor &t, bool transposed) {
  const Extents shape = t.shape();
  const size_t rank = shape.size();
  Matrices<T> m{part(shape, 0, rank - 2), shape[rank - 2], shape[rank - 1], load<T>(t)};
  if (!transposed)
    return m;
  std::swap(m.rows, m.columns);
  size_t i = 0;
  forEachIndex(m.shape(), [&](Extents at) {
    std::swap(at[rank - 2], at[rank - 1]);
    m.elements[i++] = load<T>(t, flatten(shape, at));
  });
  return m;
}

/// out[n] += a[k] * b[k, n].
template <class T> void addRow(T *out, const T *a, const T *b, size_t k, size_t n) {
  for (size_t i = 0; i < k; ++i)
    for (size_t j = 0; j < n; ++j)
      out[j] = plus(out[j], times(a[i], b[i * n + j]));
}

template <class T>
std::vector<T> product(const Matrices<T> &a, const Matrices<T> &b, const Extents &batch) {
  const auto m = static_cast<size_t>(a.rows), k = static_cast<size_t>(a.columns),
             n = static_cast<size_t>(b.columns);
  std::vector<T> out(static_cast<size_t>(countOf(batch)) * m * n);
  T *row = out.data();
  forEachIndex(batch, [&](const Extents &at) {
    for (size_t i = 0; i < m; ++i, row += n)
      addRow(row, a.matrix(at) + i * k, b.matrix(at), k, n);
  });
  return out;
}

Tensors matmul(const Call &call) {
  const Type type = call.resultType();
  return byRing(call.get("a").type.element(), [&]<class T>(T) -> Tensors {
    const Matrices<T> a = matrices<T>(call.get("a"), call[ir::attr::transposeA]),
                      b = matrices<T>(call.get("b"), call[ir::attr::transposeB]);
    return {pack(type, product(a, b, part(shapeOf(type), 0, type.rank() - 2)))};
  });
}

/// Subtracts what is broadcast to the elements.
void subtract(std::vector<uint64_t> &elements, const Extents &shape, const Tensor *zero) {
  if (!zero)
    return;
  const Extents from = zero->shape();
  size_t i = 0;
  forEachIndex(shape, [&](const Extents &at) {
    elements[i++] -= load<uint64_t>(*zero, flattenBroadcast(from, at));
  });
}

Tensors matmulInteger(const Call &call) {
  const Type type = call.resultType();
  Matrices<uint64_t> a = matrices<uint64_t>(call.get("a"), call[ir::attr::transposeA]),
                     b = matrices<uint64_t>(call.get("b"), call[ir::attr::transposeB]);
  subtract(a.elements, a.shape(), call.find("a_zero"));
  subtract(b.elements, b.shape(), call.find("b_zero"));
  return {pack(type, product(a, b, part(shapeOf(type), 0, type.rank() - 2)))};
}

// ---- convolutions ----

/// A filter [o, kernel..., c / group] as [kernel..., c, o / group], where c counts all channels of
/// x: the outputs that one input channel reaches lie side by side.
template <class T> struct Filter {
  Extents kernel;
  size_t channels, outputsOfGroup, channelsOfGroup;
  std::vector<T> elements;

  Filter(const Extents &shape, const std::vector<T> &from, int64_t group)
      : kernel{part(shape, 1, shape.size() - 1)}, channels{static_cast<size_t>(shape.back() *
                                                                               group)},
        outputsOfGroup{static_cast<size_t>(shape[0] / group)}, channelsOfGroup{static_cast<size_t>(
                                                                   shape.back())},
        elements(from.size()) {
    const auto taps = static_cast<size_t>(countOf(kernel));
    size_t i = 0;
    for (size_t o = 0; o < static_cast<size_t>(shape[0]); ++o)
      for (size_t tap = 0; tap < taps; ++tap)
        for (size_t c = 0; c < channelsOfGroup; ++c) {
          const size_t channel = o / outputsOfGroup * channelsOfGroup + c;
          elements[(tap * channels + channel) * outputsOfGroup + o % outputsOfGroup] = from[i++];
        }
  }

  /// out[o] += x[c] * filter[tap, c, o] for all groups.
  void apply(size_t tap, const T *x, T *out) const {
    for (size_t c = 0; c < channels; ++c)
      addRow(out + c / channelsOfGroup * outputsOfGroup, x + c,
             elements.data() + (tap * channels + c) * outputsOfGroup, 1, outputsOfGroup);
  }
};

template <class T> struct Image {
  Extents shape; ///< [n, spatial..., c]
  std::vector<T> elements;

  Extents spatial() const { return part(shape, 1, shape.size() - 1); }
  size_t channels() const { return static_cast<size_t>(shape.back()); }
  T *pixel(int64_t n, const Extents &at) {
    const auto pixels = static_cast<size_t>(countOf(spatial()));
    return elements.data() +
           (static_cast<size_t>(n) * pixels + flatten(spatial(), at)) * channels();
  }
};

/// Convolution is a sum over pairs of a pixel of the larger grid and one of the smaller, which the
/// window joins by a tap; its gradient is the sum over the same pairs, the other way round.
template <class T>
std::vector<T> convolved(const Call &call, const std::vector<T> &x, const std::vector<T> &filter,
                         bool transposed) {
  const Filter<T> taps{call.get("filter").shape(), filter, call[ir::attr::group]};
  Image<T> from{call.get("x").shape(), x}, to{shapeOf(call.resultType()), {}};
  to.elements.resize(static_cast<size_t>(countOf(to.shape)));
  Image<T> &wide = transposed ? to : from, &narrow = transposed ? from : to;
  const Window window{call, taps.kernel, wide.spatial()};
  for (int64_t n = 0; n < from.shape[0]; ++n)
    forEachIndex(narrow.spatial(), [&](const Extents &at) {
      T *pixel = narrow.pixel(n, at);
      window.forEachTap(at, [&](size_t tap, const Extents &inside) {
        T *other = wide.pixel(n, inside);
        taps.apply(tap, transposed ? pixel : other, transposed ? other : pixel);
      });
    });
  return to.elements;
}

Tensors convOf(const Call &call, bool transposed) {
  return byRing(call.get("x").type.element(), [&]<class T>(T) -> Tensors {
    return {pack(call.resultType(),
                 convolved(call, load<T>(call.get("x")), load<T>(call.get("filter")), transposed))};
  });
}

Tensors conv(const Call &call) { return convOf(call, false); }
Tensors convTranspose(const Call &call) { return convOf(call, true); }

Tensors convInteger(const Call &call) {
  std::vector<uint64_t> x = load<uint64_t>(call.get("x")),
                        filter = load<uint64_t>(call.get("filter"));
  subtract(x, call.get("x").shape(), call.find("x_zero"));
  if (const Tensor *zero = call.find("filter_zero")) {
    const size_t ofOutput =
        filter.size() / std::max<size_t>(1, static_cast<size_t>(call.get("filter").extent(0)));
    for (size_t i = 0; i < filter.size(); ++i)
      filter[i] -= load<uint64_t>(*zero, zero->count() == 1 ? 0 : i / ofOutput);
  }
  return {pack(call.resultType(), convolved(call, x, filter, false))};
}

// ---- attention ----

void softmax(std::vector<double> &x) {
  double most = least<double>(ElementType::f64), sum = 0;
  for (const double v : x)
    most = larger(most, v);
  for (double &v : x)
    sum += v = std::exp(v - most);
  for (double &v : x)
    v /= sum;
}

Tensors attention(const Call &call) {
  const std::vector<double> q = load<double>(call.get("q")), k = load<double>(call.get("k")),
                            v = load<double>(call.get("v"));
  const Tensor *mask = call.find("mask");
  const Extents shapeQ = call.get("q").shape(), shapeK = call.get("k").shape();
  const int64_t heads = shapeQ[2], headsK = shapeK[2];
  const auto depth = static_cast<size_t>(shapeQ[3]), keys = static_cast<size_t>(shapeK[1]),
             width = static_cast<size_t>(call.get("v").extent(3));
  const double scale = call[ir::attr::scale], softcap = call[ir::attr::softcap];
  const double hidden = least<double>(ElementType::f64);

  std::vector<double> out, scores(keys);
  forEachIndex(part(shapeQ, 0, 3), [&](const Extents &at) { // image, query, head
    const size_t query = flatten(part(shapeQ, 0, 3), at);
    const auto rowOf = [&](size_t key) { // of k and v
      return flatten(part(shapeK, 0, 3),
                     {at[0], static_cast<int64_t>(key), at[2] / (heads / headsK)});
    };
    for (size_t j = 0; j < keys; ++j) {
      double dot = 0;
      for (size_t d = 0; d < depth; ++d)
        dot += q[query * depth + d] * k[rowOf(j) * depth + d];
      double score = scale * dot;
      if (softcap > 0)
        score = softcap * std::tanh(score / softcap);
      if (mask) {
        const size_t i =
            flattenBroadcast(mask->shape(), {at[0], at[2], at[1], static_cast<int64_t>(j)});
        if (mask->type.element() != ElementType::boolean)
          score += mask->number(i);
        else if (!mask->integer(i))
          score = hidden;
      }
      if (call[ir::attr::causal] && static_cast<int64_t>(j) > at[1])
        score = hidden;
      scores[j] = score;
    }
    softmax(scores);
    std::vector<double> row(width);
    for (size_t j = 0; j < keys; ++j)
      addRow(row.data(), &scores[j], &v[rowOf(j) * width], 1, width);
    out.insert(out.end(), row.begin(), row.end());
  });
  return {pack(call.resultType(), out)};
}

} // namespace

std::vector<Row> linearRows() {
  return {
      {&ir::ops::matmul, matmul},
      {&ir::ops::matmul_integer, matmulInteger},
      {&ir::ops::conv, conv},
      {&ir::ops::conv_integer, convInteger},
      {&ir::ops::conv_transpose, convTranspose},
      {&ir::ops::attention, attention},
  };
}

} // namespace burin::reference
