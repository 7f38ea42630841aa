// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/list.h"

namespace {

using namespace rt;

/// Up to three matrices [2, S] of int32_t, S at most 3.
constexpr ListLayout kOpen{3, 2 * 8 + 2 * 3 * 4, 2, 4};
using Bytes = std::vector<uint8_t>;

Bytes emptyList() {
  Bytes list(kListLength + 3 * static_cast<size_t>(kOpen.slotBytes));
  setListLength(list.data(), 0);
  return list;
}

/// A list of the matrices [[k], [k + 1]] and so on, each as wide as its number says.
Bytes listOf(const std::vector<int64_t> &widths) {
  Bytes list = emptyList();
  for (size_t i = 0; i < widths.size(); ++i) {
    std::vector<int32_t> x;
    for (int64_t k = 0; k < 2 * widths[i]; ++k)
      x.push_back(static_cast<int32_t>(static_cast<int64_t>(i) * 10 + k));
    const int64_t shape[] = {2, widths[i]};
    putElement(kOpen, list.data(), static_cast<int64_t>(i), shape, x.data());
  }
  setListLength(list.data(), static_cast<int64_t>(widths.size()));
  return list;
}

std::vector<int32_t> get(const Bytes &list, int64_t index) {
  std::vector<int32_t> out(6);
  Bytes extents(16);
  if (!listGet(kOpen, list.data(), index, out.data(), extents.data()))
    return {};
  EXPECT_EQ(int64At(extents.data(), 0), 2);
  out.resize(static_cast<size_t>(2 * int64At(extents.data(), 1)));
  return out;
}

using Ints = std::vector<int32_t>;

TEST(List, GetsFromBothEnds) {
  const Bytes list = listOf({1, 3});
  EXPECT_EQ(get(list, 0), (Ints{0, 1}));
  EXPECT_EQ(get(list, -1), (Ints{10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(get(list, 2), Ints{});
  EXPECT_EQ(get(list, -3), Ints{});
  EXPECT_EQ(get(emptyList(), 0), Ints{});
}

TEST(List, InsertsAndErases) {
  const Bytes list = listOf({1, 2});
  const int64_t shape[] = {2, 1};
  const int32_t x[] = {7, 8};
  Bytes more = emptyList(), less = emptyList();
  ASSERT_EQ(listInsert(kOpen, list.data(), -1, shape, x, more.data()), ListResult::done);
  EXPECT_EQ(listLength(more.data()), 3);
  EXPECT_EQ(get(more, 0), (Ints{0, 1}));
  EXPECT_EQ(get(more, 1), (Ints{7, 8}));
  EXPECT_EQ(get(more, 2), (Ints{10, 11, 12, 13}));
  EXPECT_EQ(listInsert(kOpen, more.data(), 0, shape, x, less.data()), ListResult::capacity);
  EXPECT_EQ(listInsert(kOpen, list.data(), 3, shape, x, less.data()), ListResult::index);
  ASSERT_TRUE(listErase(kOpen, more.data(), 0, less.data()));
  EXPECT_EQ(listLength(less.data()), 2);
  EXPECT_EQ(get(less, 0), (Ints{7, 8}));
  EXPECT_FALSE(listErase(kOpen, list.data(), 2, less.data()));
  Bytes same = emptyList();
  copyList(kOpen, same.data(), list.data());
  EXPECT_EQ(get(same, 1), (Ints{10, 11, 12, 13}));
}

TEST(List, ConcatenatesAndSplits) {
  const ListAxis axis{2, 1, 4};
  Ints all(6), back(6), wide(8);
  const int64_t shape[] = {2, 3}, wider[] = {2, 4};
  const Bytes list = listOf({2, 1});
  ASSERT_TRUE(listConcat(kOpen, axis, list.data(), nullptr, shape, all.data()));
  EXPECT_EQ(all, (Ints{0, 1, 10, 2, 3, 11}));
  EXPECT_FALSE(listConcat(kOpen, axis, list.data(), nullptr, wider, wide.data()));
  Bytes pieces = emptyList();
  ASSERT_TRUE(listSplit(kOpen, axis, all.data(), shape, 2, pieces.data()));
  EXPECT_EQ(get(pieces, 0), (Ints{0, 1, 2, 3}));
  EXPECT_EQ(get(pieces, 1), (Ints{10, 11}));
  const ListLayout one{1, kOpen.slotBytes, 2, 4};
  EXPECT_FALSE(listSplit(one, axis, all.data(), shape, 2, pieces.data()));
  ASSERT_TRUE(listConcat(kOpen, axis, emptyList().data(), nullptr, shape, back.data()));
  EXPECT_EQ(back, Ints(6));
}

/// The extents of the type: slots of 8 bytes hold two of int32_t.
TEST(List, OfFixedElements) {
  const ListLayout fixed{2, 8, 0, 8};
  Bytes list(kListLength + 16);
  const int32_t a[] = {1, 2}, b[] = {3, 4};
  const int64_t shape[] = {2}, all[] = {4};
  putElement(fixed, list.data(), 0, nullptr, a);
  putElement(fixed, list.data(), 1, nullptr, b);
  setListLength(list.data(), 2);
  Ints out(4);
  ASSERT_TRUE(listConcat(fixed, {1, 0, 4}, list.data(), shape, all, out.data()));
  EXPECT_EQ(out, (Ints{1, 2, 3, 4}));
  ASSERT_TRUE(listGet(fixed, list.data(), 1, out.data(), nullptr));
  EXPECT_EQ(out[0], 3);
}

} // namespace
