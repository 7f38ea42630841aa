// SPDX-License-Identifier: Apache-2.0
#include "ir/tensor.h"

#include "ir/number.h"

namespace burin::ir {

Tensor::Tensor(Type staticType) : type(std::move(staticType)) {
  if (!type.isTensor())
    return;
  const auto n = static_cast<size_t>(type.count().number());
  if (type.element() == ElementType::string)
    strings.resize(n);
  else
    bytes.resize(n * elementSize(type.element()));
}

Tensor::Tensor(Type staticType, std::span<const std::byte> data)
    : type(std::move(staticType)), bytes(data.begin(), data.end()) {}

size_t Tensor::count() const { return static_cast<size_t>(type.count().number()); }

std::vector<int64_t> Tensor::shape() const {
  std::vector<int64_t> extents;
  for (const Dim &d : type.shape())
    extents.push_back(d.number());
  return extents;
}

double Tensor::number(size_t i) const {
  return loadNumber(type.element(), bytes.data() + i * elementSize(type.element()));
}
int64_t Tensor::integer(size_t i) const {
  return loadInteger(type.element(), bytes.data() + i * elementSize(type.element()));
}
void Tensor::setNumber(size_t i, double x) {
  storeNumber(type.element(), x, bytes.data() + i * elementSize(type.element()));
}
void Tensor::setInteger(size_t i, int64_t x) {
  storeInteger(type.element(), x, bytes.data() + i * elementSize(type.element()));
}

} // namespace burin::ir
