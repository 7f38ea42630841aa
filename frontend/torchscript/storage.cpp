// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/storage.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace burin::torchscript {
using ir::Ints;
namespace {

/// a * b + c, if it stays below 2^62.
std::optional<uint64_t> product(uint64_t a, uint64_t b, uint64_t c = 0) {
  uint64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result) || __builtin_add_overflow(result, c, &result) ||
      result >> 62 != 0)
    return std::nullopt;
  return result;
}

bool isContiguous(const Ints &shape, const Ints &strides) {
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != step)
      return false;
    step *= shape[i];
  }
  return true;
}

/// The elements in row-major order.
std::vector<std::byte> gathered(std::span<const std::byte> from, const Ints &shape,
                                const Ints &strides, size_t size) {
  size_t count = 1;
  for (const int64_t n : shape)
    count *= static_cast<size_t>(n);
  std::vector<std::byte> to(count * size);
  std::vector<int64_t> index(shape.size(), 0);
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(to.data() + i * size, from.data() + at * size, size);
    for (size_t axis = shape.size(); axis-- > 0;) {
      at += static_cast<size_t>(strides[axis]);
      if (++index[axis] < shape[axis])
        break;
      at -= static_cast<size_t>(strides[axis] * shape[axis]);
      index[axis] = 0;
    }
  }
  return to;
}

} // namespace

ir::Value *addStrided(ir::Module &to, const Strided &t, const std::string &name,
                      const std::function<void(std::string)> &broken) {
  const auto isNegative = [](int64_t n) { return n < 0; };
  if (t.shape.size() != t.strides.size() || t.offset < 0 ||
      std::ranges::any_of(t.shape, isNegative) || std::ranges::any_of(t.strides, isNegative))
    broken("sizes and strides do not fit together");
  std::optional<uint64_t> count = 1;
  std::optional<uint64_t> last = static_cast<uint64_t>(t.offset); // the place of the last element
  for (size_t i = 0; i < t.shape.size(); ++i) {
    const auto extent = static_cast<uint64_t>(t.shape[i]);
    if (count)
      count = product(*count, extent);
    if (last && extent > 0)
      last = product(extent - 1, static_cast<uint64_t>(t.strides[i]), *last);
  }
  const size_t size = ir::elementSize(t.element);
  constexpr uint64_t kMostRepeats = 1024; // elements of a tensor for one of its storage
  const uint64_t room = t.storage.span.size() / size;
  if (!count || !last || (*count > 0 && *last >= room))
    broken("it reaches beyond its storage");
  if (*count > std::max<uint64_t>(room * kMostRepeats, 1 << 20))
    broken("it repeats its storage too often");
  const ir::Type type{t.element, ir::Dims(t.shape.begin(), t.shape.end())};
  const std::span<const std::byte> from =
      *count == 0 ? std::span<const std::byte>{}
                  : t.storage.span.subspan(static_cast<size_t>(t.offset) * size);
  const bool aligned = reinterpret_cast<uintptr_t>(from.data()) % size == 0;
  return isContiguous(t.shape, t.strides) && aligned
             ? to.addConstant(type, from.first(*count * size), t.storage.owner, name)
             : to.addConstant(type, gathered(from, t.shape, t.strides, size), name);
}

} // namespace burin::torchscript
