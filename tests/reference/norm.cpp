// SPDX-License-Identifier: Apache-2.0
//
// Normalisations.
#include "tests/reference/indices.h"
#include "tests/reference/numbers.h"

#include <cmath>

namespace burin::reference {
namespace {

/// Mean and variance (of the population) of some of the elements.
struct Moments {
  double mean = 0, variance = 0;

  Moments(const std::vector<double> &all, const std::vector<size_t> &members) {
    const auto n = static_cast<double>(members.size());
    for (const size_t i : members)
      mean += all[i];
    mean /= n;
    for (const size_t i : members)
      variance += (all[i] - mean) * (all[i] - mean);
    variance /= n;
  }
};

/// x with every group of elements normalised by its own moments. groupOf(index) numbers them.
template <class F> std::vector<double> normalized(const Call &call, size_t groups, F groupOf) {
  std::vector<double> x = load<double>(call.get("x"));
  const double epsilon = call[ir::attr::epsilon];
  std::vector<std::vector<size_t>> members(groups);
  size_t i = 0;
  forEachIndex(call.get("x").shape(),
               [&](const Extents &at) { members[groupOf(at)].push_back(i++); });
  for (const std::vector<size_t> &group : members) {
    const Moments moments{x, group};
    for (const size_t m : group)
      x[m] = (x[m] - moments.mean) / std::sqrt(moments.variance + epsilon);
  }
  return x;
}

/// x * scale + bias, where these are there. place(index) tells where a parameter is read.
template <class F> Tensors scaled(const Call &call, std::vector<double> x, F place) {
  const Tensor *scale = call.find("scale");
  const Tensor *bias = call.op.is(ir::ops::rms_norm) ? nullptr : call.find("bias");
  size_t i = 0;
  forEachIndex(call.get("x").shape(), [&](const Extents &at) {
    if (scale)
      x[i] *= scale->number(place(*scale, at));
    if (bias)
      x[i] += bias->number(place(*bias, at));
    ++i;
  });
  return {pack(call.resultType(), x)};
}

size_t broadcastPlace(const Tensor &parameter, const Extents &at) {
  return flattenBroadcast(parameter.shape(), at);
}

Tensors batchNorm(const Call &call) {
  const Tensor &mean = call.get("mean"), &variance = call.get("variance");
  const size_t axis = call.axis(call.get("x").type.rank());
  const double epsilon = call[ir::attr::epsilon];
  std::vector<double> x = load<double>(call.get("x"));
  size_t i = 0;
  forEachIndex(call.get("x").shape(), [&](const Extents &at) {
    const auto c = static_cast<size_t>(at[axis]);
    x[i] = (x[i] - mean.number(c)) / std::sqrt(variance.number(c) + epsilon);
    ++i;
  });
  return scaled(call, std::move(x),
                [&](const Tensor &, const Extents &at) { return static_cast<size_t>(at[axis]); });
}

Tensors layerNorm(const Call &call) {
  const Extents shape = call.get("x").shape();
  const size_t axis = call.axis(shape.size());
  const Extents outer = part(shape, 0, axis);
  return scaled(call,
                normalized(call, static_cast<size_t>(countOf(outer)),
                           [&](const Extents &at) { return flatten(outer, part(at, 0, axis)); }),
                broadcastPlace);
}

Tensors groupNorm(const Call &call) {
  const Extents shape = call.get("x").shape();
  const size_t axis = call.axis(shape.size());
  const int64_t groups = call[ir::attr::groups], channels = shape[axis];
  const auto groupOf = [&](const Extents &at) {
    return static_cast<size_t>(at[0] * groups + at[axis] / (channels / groups));
  };
  return scaled(call, normalized(call, static_cast<size_t>(shape[0] * groups), groupOf),
                [&](const Tensor &, const Extents &at) { return static_cast<size_t>(at[axis]); });
}

/// All elements from `axis` on are one row.
Tensors rmsNorm(const Call &call) {
  const Extents shape = call.get("x").shape();
  const auto length = static_cast<size_t>(countOf(part(shape, call.axis(shape.size()))));
  std::vector<double> x = load<double>(call.get("x"));
  for (size_t row = 0; row < x.size(); row += length) {
    double squares = 0;
    for (size_t i = row; i < row + length; ++i)
      squares += x[i] * x[i];
    const double mean = squares / static_cast<double>(length);
    for (size_t i = row; i < row + length; ++i)
      x[i] /= std::sqrt(mean + call[ir::attr::epsilon]);
  }
  return scaled(call, std::move(x), broadcastPlace);
}

Tensors softmax(const Call &call) {
  const bool isLog = call.op.is(ir::ops::log_softmax);
  std::vector<double> x = load<double>(call.get("x"));
  const Extents shape = call.get("x").shape();
  forEachLine(shape, call.axis(shape.size()), [&](const Line &line) {
    double most = least<double>(ElementType::f64), sum = 0;
    for (size_t k = 0; k < line.length; ++k)
      most = larger(most, x[line[k]]);
    for (size_t k = 0; k < line.length; ++k)
      sum += std::exp(x[line[k]] - most);
    for (size_t k = 0; k < line.length; ++k) {
      double &v = x[line[k]];
      v = isLog ? v - most - std::log(sum) : std::exp(v - most) / sum;
    }
  });
  return {pack(call.resultType(), x)};
}

Tensors lrn(const Call &call) {
  const std::vector<double> x = load<double>(call.get("x"));
  const Extents shape = call.get("x").shape();
  const int64_t size = call[ir::attr::size];
  const double alpha = call[ir::attr::alpha] / static_cast<double>(size);
  std::vector<double> out(x.size());
  forEachLine(shape, call.axis(shape.size()), [&](const Line &line) {
    const auto channels = static_cast<int64_t>(line.length);
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t begin = c - (size - 1) / 2, end = begin + size;
      double square = 0;
      for (int64_t k = std::max<int64_t>(0, begin); k < std::min(end, channels); ++k)
        square += x[line[static_cast<size_t>(k)]] * x[line[static_cast<size_t>(k)]];
      const size_t i = line[static_cast<size_t>(c)];
      out[i] = x[i] / std::pow(call[ir::attr::bias] + alpha * square, call[ir::attr::beta]);
    }
  });
  return {pack(call.resultType(), out)};
}

} // namespace

std::vector<Row> normRows() {
  return {
      {&ir::ops::batch_norm, batchNorm},
      {&ir::ops::layer_norm, layerNorm},
      {&ir::ops::group_norm, groupNorm},
      {&ir::ops::rms_norm, rmsNorm},
      {&ir::ops::softmax, softmax},
      {&ir::ops::log_softmax, softmax},
      {&ir::ops::lrn, lrn},
  };
}

} // namespace burin::reference
