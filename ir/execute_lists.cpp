// SPDX-License-Identifier: Apache-2.0
#include "ir/execute_parts.h"
#include "ir/ops.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <numeric>
#include <utility>

namespace burin::ir {
namespace {

Tensor emptyList(const Type &type) {
  Tensor list;
  list.type = type;
  return list;
}

/// Index operand i, or `absent`; negative ones count from the end of n elements.
size_t indexOperand(const Op &op, Operands operands, size_t i, size_t n, int64_t absent,
                    size_t mostIndex) {
  const bool given = i < operands.size() && operands[i];
  int64_t index = given ? operands[i]->integer(0) : absent;
  index += index < 0 ? static_cast<int64_t>(n) : 0;
  if (index < 0 || index > static_cast<int64_t>(mostIndex))
    throw RunError("failed_assert", op.at,
                   fmt::format("{}: index {} is outside a list of {} elements", op.def.name,
                               given ? operands[i]->integer(0) : absent, n));
  return static_cast<size_t>(index);
}

size_t elementIndex(const Op &op, Operands operands, size_t i, int64_t absent) {
  const size_t n = operands[0]->items.size();
  if (n == 0)
    throw RunError("failed_assert", op.at, fmt::format("{}: the list is empty", op.def.name));
  return indexOperand(op, operands, i, n, absent, n - 1);
}

void checkCapacity(const Op &op, const Tensor &list, const SymbolValues &symbols) {
  const int64_t capacity = symbols(list.type.capacity());
  if (static_cast<int64_t>(list.items.size()) > capacity)
    throw RunError("bad_shape", op.at,
                   fmt::format("{}: the list has {} elements, expected at most {}", op.def.name,
                               list.items.size(), capacity));
}

Tensor runListMake(const Op &op, Operands operands, const SymbolValues &symbols) {
  Tensor list = emptyList(op.result()->type);
  for (const Tensor *operand : operands)
    list.items.push_back(*operand);
  checkCapacity(op, list, symbols);
  return list;
}

Tensor runListLength(const Op &, Operands operands, const SymbolValues &) {
  return scalarTensor(ElementType::i64, static_cast<int64_t>(operands[0]->items.size()));
}

Tensor runListGet(const Op &op, Operands operands, const SymbolValues &) {
  return operands[0]->items[elementIndex(op, operands, 1, 0)];
}

Tensor runListInsert(const Op &op, Operands operands, const SymbolValues &symbols) {
  Tensor list = *operands[0];
  const size_t n = list.items.size();
  const size_t at = indexOperand(op, operands, 2, n, static_cast<int64_t>(n), n);
  list.items.insert(list.items.begin() + static_cast<ptrdiff_t>(at), *operands[1]);
  checkCapacity(op, list, symbols);
  return list;
}

Tensor runListErase(const Op &op, Operands operands, const SymbolValues &) {
  Tensor list = *operands[0];
  const size_t at = elementIndex(op, operands, 1, -1);
  list.items.erase(list.items.begin() + static_cast<ptrdiff_t>(at));
  return list;
}

/// Elements before and behind the axis.
struct AxisSplit {
  size_t outer, inner;
};
AxisSplit splitAt(const std::vector<int64_t> &shape, size_t axis) {
  const auto times = [](size_t a, int64_t b) { return a * static_cast<size_t>(b); };
  const auto middle = shape.begin() + static_cast<ptrdiff_t>(axis);
  return {std::accumulate(shape.begin(), middle, size_t{1}, times),
          std::accumulate(middle + 1, shape.end(), size_t{1}, times)};
}

Shape toShape(const std::vector<int64_t> &extents) { return {extents.begin(), extents.end()}; }

Tensor runListConcat(const Op &op, Operands operands, const SymbolValues &symbols) {
  const std::vector<Tensor> &items = operands[0]->items;
  const Type type = op.result()->type;
  const auto axis = static_cast<size_t>(op[attr::axis]);
  std::vector<int64_t> shape;
  for (const Tensor &item : items) {
    const std::vector<int64_t> extents = item.shape();
    if (shape.empty()) {
      shape = extents;
      continue;
    }
    const int64_t before = std::exchange(shape[axis], extents[axis]);
    if (shape != extents)
      throw RunError("bad_shape", op.at,
                     fmt::format("{}: elements differ in more than axis {}", op.def.name, axis));
    shape[axis] += before;
  }
  if (items.empty())
    shape = symbols(type.shape());
  if (const std::vector<int64_t> expected = symbols(type.shape()); shape != expected)
    throw RunError("bad_shape", op.at,
                   fmt::format("{}: makes [{}], expected [{}]", op.def.name, fmt::join(shape, ", "),
                               fmt::join(expected, ", ")));
  Tensor out{type.withShape(toShape(shape))};
  const AxisSplit split = splitAt(shape, axis);
  const size_t row = static_cast<size_t>(shape[axis]) * split.inner;
  size_t begin = 0;
  for (const Tensor &item : items) {
    const size_t n = static_cast<size_t>(item.extent(axis)) * split.inner;
    for (size_t i = 0; i < split.outer; ++i)
      copyElements(item, i * n, out, i * row + begin, n);
    begin += n;
  }
  return out;
}

Tensor runListSplit(const Op &op, Operands operands, const SymbolValues &symbols) {
  const Tensor &x = *operands[0];
  Tensor list = emptyList(op.result()->type);
  const auto axis = static_cast<size_t>(op[attr::axis]);
  const int64_t count = symbols(op[attr::count][0]);
  if (count < 1)
    throw RunError("bad_shape", op.at,
                   fmt::format("{}: count is {}, expected at least 1", op.def.name, count));
  std::vector<int64_t> shape = x.shape();
  const AxisSplit split = splitAt(shape, axis);
  const int64_t extent = shape[axis];
  for (int64_t begin = 0; begin < extent; begin += count) {
    shape[axis] = std::min(count, extent - begin);
    Tensor piece{x.type.withShape(toShape(shape))};
    const size_t n = static_cast<size_t>(shape[axis]) * split.inner;
    for (size_t i = 0; i < split.outer; ++i)
      copyElements(x, (i * static_cast<size_t>(extent) + static_cast<size_t>(begin)) * split.inner,
                   piece, i * n, n);
    list.items.push_back(std::move(piece));
  }
  checkCapacity(op, list, symbols);
  return list;
}

Tensor runOptionalSome(const Op &op, Operands operands, const SymbolValues &) {
  Tensor some = emptyList(op.result()->type);
  some.items.push_back(*operands[0]);
  return some;
}

Tensor runOptionalNone(const Op &op, Operands, const SymbolValues &) {
  return emptyList(op.result()->type);
}

Tensor runOptionalHas(const Op &, Operands operands, const SymbolValues &) {
  return scalarTensor(ElementType::boolean, operands[0]->items.empty() ? 0 : 1);
}

Tensor runOptionalGet(const Op &op, Operands operands, const SymbolValues &) {
  if (operands[0]->items.empty())
    throw RunError("failed_assert", op.at, "optional_get: the optional holds no value");
  return operands[0]->items[0];
}

struct ListRow {
  const OpDef *op;
  ListRun run;
};
constexpr ListRow kListRows[] = {
    {&ops::list_make, runListMake},         {&ops::list_length, runListLength},
    {&ops::list_get, runListGet},           {&ops::list_insert, runListInsert},
    {&ops::list_erase, runListErase},       {&ops::list_concat, runListConcat},
    {&ops::list_split, runListSplit},       {&ops::optional_some, runOptionalSome},
    {&ops::optional_none, runOptionalNone}, {&ops::optional_has, runOptionalHas},
    {&ops::optional_get, runOptionalGet},
};

} // namespace

ListRun findListRun(const OpDef &def) {
  const auto row = std::ranges::find(kListRows, &def, &ListRow::op);
  return row == std::end(kListRows) ? nullptr : row->run;
}

// ---- tensors ----

void copyElements(const Tensor &from, size_t at, Tensor &to, size_t toAt, size_t n) {
  if (n == 0)
    return;
  if (from.type.element() == ElementType::string) {
    std::copy_n(from.strings.begin() + static_cast<ptrdiff_t>(at), n,
                to.strings.begin() + static_cast<ptrdiff_t>(toAt));
    return;
  }
  const size_t size = elementSize(from.type.element());
  std::memcpy(to.bytes.data() + toAt * size, from.bytes.data() + at * size, n * size);
}

Tensor broadcastFlat(const Tensor &x, const std::vector<int64_t> &shape) {
  const std::vector<int64_t> from = x.shape();
  int64_t count = 1;
  for (const int64_t extent : shape)
    count *= extent;
  Tensor out{x.type.withShape({count})};
  if (from == shape || (count == 1 && x.count() == 1)) {
    copyElements(x, 0, out, 0, static_cast<size_t>(count));
    return out;
  }
  // Elements to step over in x for a step along each axis of the shape: none where it repeats.
  std::vector<int64_t> strides(shape.size(), 0), at(shape.size(), 0);
  int64_t stride = 1;
  for (size_t i = from.size(); i-- > 0;) {
    strides[shape.size() - from.size() + i] = from[i] == 1 ? 0 : stride;
    stride *= from[i];
  }
  int64_t source = 0;
  for (int64_t i = 0; i < count; ++i) {
    copyElements(x, static_cast<size_t>(source), out, static_cast<size_t>(i), 1);
    for (size_t axis = shape.size(); axis-- > 0;) {
      source += strides[axis];
      if (++at[axis] < shape[axis])
        break;
      source -= strides[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return out;
}

Tensor scalarTensor(ElementType element, int64_t number) {
  Tensor scalar{Type{element, {}}};
  scalar.setInteger(0, number);
  return scalar;
}

} // namespace burin::ir
