// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lists and optionals in memory: an int64_t of how many slots are in use (of an optional 0 or 1),
// then the slots. A slot holds the extents of its element, where the type leaves one open, and the
// element. A result never lies over an operand.
#ifndef BURIN_RT_LIST_H
#define BURIN_RT_LIST_H

#include "config.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

struct ListLayout {
  int capacity;
  ptrdiff_t slotBytes;
  int extents;            ///< of each slot; 0: none are stored
  ptrdiff_t elementBytes; ///< of one number where there are extents, else of a whole element
};

constexpr int kListLength = 8; ///< bytes before the first slot

BURIN_FN int64_t int64At(const uint8_t *p, int i = 0) {
  int64_t x;
  BURIN_COPY(&x, p + i * 8, sizeof x);
  return x;
}
BURIN_FN int64_t listLength(const uint8_t *list) { return int64At(list); }
BURIN_FN void setListLength(uint8_t *list, int64_t n) { BURIN_COPY(list, &n, sizeof n); }

BURIN_FN uint8_t *slotOf(const ListLayout &l, uint8_t *list, int64_t i) {
  return list + kListLength + i * l.slotBytes;
}
BURIN_FN const uint8_t *slotOf(const ListLayout &l, const uint8_t *list, int64_t i) {
  return list + kListLength + i * l.slotBytes;
}
BURIN_FN const uint8_t *elementOf(const ListLayout &l, const uint8_t *slot) {
  return slot + l.extents * 8;
}
/// Of the element that a slot holds.
BURIN_FN ptrdiff_t bytesInSlot(const ListLayout &l, const uint8_t *slot) {
  ptrdiff_t bytes = l.elementBytes;
  for (int i = 0; i < l.extents; ++i)
    bytes *= static_cast<ptrdiff_t>(int64At(slot, i));
  return bytes;
}

/// The whole list, of what is in use.
BURIN_FN void copyList(const ListLayout &l, uint8_t *to, const uint8_t *from) {
  BURIN_COPY(to, from, static_cast<size_t>(kListLength + listLength(from) * l.slotBytes));
}
/// An element from elsewhere; its extents are read only where the layout stores them.
BURIN_FN void putElement(const ListLayout &l, uint8_t *list, int64_t i, const int64_t *extents,
                         const void *from) {
  uint8_t *slot = slotOf(l, list, i);
  for (int axis = 0; axis < l.extents; ++axis)
    BURIN_COPY(slot + axis * 8, extents + axis, sizeof *extents);
  BURIN_COPY(slot + l.extents * 8, from, static_cast<size_t>(bytesInSlot(l, slot)));
}
/// Slots [begin, begin + n) of one list behind those of another, whose length grows.
BURIN_FN void appendSlots(const ListLayout &l, uint8_t *to, const uint8_t *from, int64_t begin,
                          int64_t n) {
  const int64_t length = listLength(to);
  BURIN_COPY(slotOf(l, to, length), slotOf(l, from, begin), static_cast<size_t>(n * l.slotBytes));
  setListLength(to, length + n);
}

/// An index that counts from the end if it is negative; -1 unless it is in [0, end).
BURIN_FN int64_t listIndex(int64_t index, int64_t length, int64_t end) {
  index += index < 0 ? length : 0;
  return index < 0 || index >= end ? -1 : index;
}

/// False if there is no such element. Stored extents go to memory of int64_t, too.
BURIN_FN bool listGet(const ListLayout &l, const uint8_t *list, int64_t index, void *out,
                      uint8_t *extents) {
  const int64_t n = listLength(list), at = listIndex(index, n, n);
  if (at < 0)
    return false;
  const uint8_t *slot = slotOf(l, list, at);
  for (int i = 0; i < l.extents * 8; ++i)
    extents[i] = slot[i];
  BURIN_COPY(out, elementOf(l, slot), static_cast<size_t>(bytesInSlot(l, slot)));
  return true;
}

enum class ListResult { done, index, capacity };

/// x before the element at index; at the length: behind all.
BURIN_FN ListResult listInsert(const ListLayout &l, const uint8_t *list, int64_t index,
                               const int64_t *extents, const void *x, uint8_t *out) {
  const int64_t n = listLength(list), at = listIndex(index, n, n + 1);
  if (at < 0)
    return ListResult::index;
  if (n >= l.capacity)
    return ListResult::capacity;
  setListLength(out, 0);
  appendSlots(l, out, list, 0, at);
  putElement(l, out, at, extents, x);
  setListLength(out, at + 1);
  appendSlots(l, out, list, at, n - at);
  return ListResult::done;
}

/// False if there is no such element.
BURIN_FN bool listErase(const ListLayout &l, const uint8_t *list, int64_t index, uint8_t *out) {
  const int64_t n = listLength(list), at = listIndex(index, n, n);
  if (at < 0)
    return false;
  setListLength(out, 0);
  appendSlots(l, out, list, 0, at);
  appendSlots(l, out, list, at + 1, n - at - 1);
  return true;
}

/// Extents about an axis.
struct ListAxis {
  int rank, axis;
  ptrdiff_t numberBytes;

  BURIN_INLINE ptrdiff_t outer(const int64_t *shape) const {
    ptrdiff_t n = 1;
    for (int i = 0; i < axis; ++i)
      n *= static_cast<ptrdiff_t>(shape[i]);
    return n;
  }
  BURIN_INLINE ptrdiff_t innerBytes(const int64_t *shape) const {
    ptrdiff_t n = numberBytes;
    for (int i = axis + 1; i < rank; ++i)
      n *= static_cast<ptrdiff_t>(shape[i]);
    return n;
  }
};

/// All elements along the axis, as shape: false if they do not make it. Without elements: zeros.
/// fixed: the extents of an element where the slots have none.
BURIN_FN bool listConcat(const ListLayout &l, const ListAxis &a, const uint8_t *list,
                         const int64_t *fixed, const int64_t *shape, void *out) {
  const int64_t n = listLength(list);
  const ptrdiff_t outer = a.outer(shape), inner = a.innerBytes(shape);
  const ptrdiff_t row = static_cast<ptrdiff_t>(shape[a.axis]) * inner;
  uint8_t *to = static_cast<uint8_t *>(out);
  for (ptrdiff_t i = 0; n == 0 && i < outer * row; ++i)
    to[i] = 0;
  int64_t along = 0;
  for (int64_t k = 0; k < n; ++k) {
    const uint8_t *slot = slotOf(l, list, k);
    int64_t own = 0;
    for (int i = 0; i < a.rank; ++i) {
      const int64_t extent = l.extents > 0 ? int64At(slot, i) : fixed[i];
      if (i == a.axis)
        own = extent;
      else if (extent != shape[i])
        return false;
    }
    if (along + own > shape[a.axis])
      return false;
    const ptrdiff_t bytes = static_cast<ptrdiff_t>(own) * inner;
    for (ptrdiff_t i = 0; i < outer; ++i)
      BURIN_COPY(to + i * row + along * inner, elementOf(l, slot) + i * bytes,
                 static_cast<size_t>(bytes));
    along += own;
  }
  return n == 0 || along == shape[a.axis];
}

/// x of shape in pieces, count long along the axis, the last as long as is left: false if the list
/// has no room for them.
BURIN_FN bool listSplit(const ListLayout &l, const ListAxis &a, const void *x, const int64_t *shape,
                        int64_t count, uint8_t *out) {
  const uint8_t *from = static_cast<const uint8_t *>(x);
  const int64_t extent = shape[a.axis];
  const ptrdiff_t outer = a.outer(shape), inner = a.innerBytes(shape);
  if (count < 1 || (extent + count - 1) / count > l.capacity)
    return false;
  int64_t k = 0;
  for (int64_t begin = 0; begin < extent; begin += count, ++k) {
    const int64_t own = extent - begin < count ? extent - begin : count;
    uint8_t *slot = slotOf(l, out, k);
    for (int i = 0; i < l.extents; ++i)
      BURIN_COPY(slot + i * 8, i == a.axis ? &own : shape + i, sizeof own);
    const ptrdiff_t bytes = static_cast<ptrdiff_t>(own) * inner;
    for (ptrdiff_t i = 0; i < outer; ++i)
      BURIN_COPY(slot + l.extents * 8 + i * bytes, from + (i * extent + begin) * inner,
                 static_cast<size_t>(bytes));
  }
  setListLength(out, k);
  return true;
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif
