// SPDX-License-Identifier: Apache-2.0
#include "tensors.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>

namespace burin::bench {
namespace {

/// Calls body with a null pointer to the element's type in C++.
template <class Body> auto withType(DType dtype, const Body &body) {
  switch (dtype) {
  case DType::f32:
    return body(static_cast<float *>(nullptr));
  case DType::f64:
    return body(static_cast<double *>(nullptr));
  case DType::i8:
    return body(static_cast<int8_t *>(nullptr));
  case DType::u8:
    return body(static_cast<uint8_t *>(nullptr));
  case DType::i32:
    return body(static_cast<int32_t *>(nullptr));
  case DType::i64:
    return body(static_cast<int64_t *>(nullptr));
  case DType::boolean:
    return body(static_cast<bool *>(nullptr));
  default:
    throw std::runtime_error("the benchmark has no such element type at a model's interface");
  }
}

std::vector<size_t> topFive(const std::vector<double> &scores) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::partial_sort(order, order.begin() + 5,
                            [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  order.resize(5);
  return order;
}

} // namespace

Arena::Arena(size_t bytes, size_t alignment) {
  const size_t size = (bytes + alignment) / alignment * alignment; // at least one byte
  data_ = static_cast<unsigned char *>(std::aligned_alloc(alignment, size));
  if (!data_)
    throw std::bad_alloc();
  std::memset(data_, 0, size);
}

Arena::~Arena() { std::free(data_); }

Tensors::Tensors(const TensorInfo *infos, size_t count) {
  for (const TensorInfo *info = infos; info != infos + count; ++info) {
    memory_.push_back(std::make_unique<Arena>(info->bytes, 64));
    Tensor tensor{info->name, info->dtype, {}, memory_.back()->data(), info->bytes};
    for (size_t d = 0; d < info->rank; ++d)
      tensor.shape.push_back(static_cast<int64_t>(info->shape[d].hi));
    pointers_.push_back(tensor.data);
    tensors_.push_back(std::move(tensor));
  }
}

void Tensors::randomise(uint32_t seed, int64_t integers) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int64_t> below(0, integers - 1);
  for (const Tensor &tensor : tensors_)
    withType(tensor.dtype, [&]<class T>(T *) {
      T *const data = static_cast<T *>(tensor.data);
      for (size_t i = 0; i < tensor.bytes / sizeof(T); ++i)
        data[i] = std::is_floating_point_v<T> ? static_cast<T>(normal(engine))
                                              : static_cast<T>(below(engine));
    });
}

std::vector<double> Tensors::values(size_t index) const {
  const Tensor &tensor = tensors_[index];
  return withType(tensor.dtype, [&]<class T>(T *) {
    const T *const data = static_cast<const T *>(tensor.data);
    return std::vector<double>(data, data + tensor.bytes / sizeof(T));
  });
}

Difference differenceOf(const Tensors &actual, const Tensors &expected, size_t index) {
  const std::vector<double> a = actual.values(index), e = expected.values(index);
  double difference = 0, magnitude = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(e[i]))
      continue;
    const double d = a[i] == e[i] ? 0 : std::fabs(a[i] - e[i]);
    difference = std::isnan(d) || std::isnan(difference) ? std::numeric_limits<double>::quiet_NaN()
                                                         : std::max(difference, d);
    if (std::isfinite(e[i]))
      magnitude = std::max(magnitude, std::fabs(e[i]));
  }
  const bool isRanked = a.size() >= 100 && actual.tensors()[index].shape.size() == 2 &&
                        actual.tensors()[index].shape[0] == 1;
  return {magnitude > 0 ? difference / magnitude : difference, isRanked,
          isRanked && topFive(a) == topFive(e)};
}

} // namespace burin::bench
