// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/index.h"
#include "burin/rt/nd.h"
#include "burin/rt/pad.h"
#include "burin/rt/planes.h"
#include "burin/rt/scatter.h"
#include "burin/rt/sort.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace {

using namespace rt;

template <class T> std::vector<T> counted(int n) {
  std::vector<T> v(at(n));
  std::iota(v.begin(), v.end(), T{1});
  return v;
}

/// Calls f(index vector) for all indices below shape.
template <int R, class F> void forAll(const Nd<R> &shape, const F &f) {
  const int n = countOf<R>(shape);
  for (int i = 0; i < n; ++i) {
    Nd<R> index{};
    for (int d = R - 1, rest = i; d >= 0; --d) {
      index.v[d] = rest % shape.v[d];
      rest /= shape.v[d];
    }
    f(index, i);
  }
}
template <int R> int place(const Nd<R> &index, const Nd<R> &stride) {
  int p = 0;
  for (int d = 0; d < R; ++d)
    p += index.v[d] * stride.v[d];
  return p;
}

TEST(Nd, StridedCopy) {
  const std::vector<int> in = counted<int>(4 * 5 * 6);
  for (int tasks : {1, 4}) {
    { // slice with a negative step, into the middle of a concatenation
      const Nd<3> shape{{2, 3, 3}}, from{{30, -6, 2}}, to{{70, 7, 1}};
      Guarded<int> out(140, -1);
      forTasks(6, tasks, 0, [&](Work work) {
        stridedCopy(shape, in.data() + 30 + 24 + 1, from, out.data() + 2, to, work);
      });
      forAll(shape, [&](const Nd<3> &i, int) {
        EXPECT_EQ(in[at(30 + 24 + 1 + place(i, from))], out[at(2 + place(i, to))]);
      });
      EXPECT_EQ(122, std::count(out.data(), out.data() + 140, -1));
    }
    { // broadcast
      const Nd<3> shape{{3, 2, 20}}, from{{0, 1, 0}};
      Guarded<int> out(120);
      forTasks(6, tasks, 0, [&](Work work) {
        stridedCopy(shape, in.data(), from, out.data(), denseStrides(shape), work);
      });
      forAll(shape, [&](const Nd<3> &i, int n) { EXPECT_EQ(in[at(i[1])], out[at(n)]); });
    }
  }
  Guarded<int> one(1);
  stridedCopy(Nd<0>{}, in.data() + 7, Nd<0>{}, one.data(), Nd<0>{}, {0, 1, nullptr});
  EXPECT_EQ(8, one[0]);
}

template <class T, int R> void testTranspose(Nd<R> inShape, Nd<R> order) {
  const std::vector<T> in = counted<T>(countOf<R>(inShape));
  const Nd<R> inStride = denseStrides(inShape);
  Nd<R> shape{}, from{};
  for (int i = 0; i < R; ++i) {
    shape.v[i] = inShape.v[order.v[i]];
    from.v[i] = inStride.v[order.v[i]];
  }
  for (int tasks : {1, 3}) {
    Guarded<T> out(in.size());
    forTasks(shape.v[0], tasks, 0,
             [&](Work work) { transpose(shape, in.data(), from, out.data(), work); });
    forAll(shape, [&](const Nd<R> &i, int n) { ASSERT_EQ(in[at(place(i, from))], out[at(n)]); });
  }
}
TEST(Nd, Transpose) {
  testTranspose<float>(Nd<1>{{9}}, Nd<1>{{0}});
  testTranspose<float>(Nd<2>{{37, 50}}, Nd<2>{{1, 0}});
  testTranspose<uint8_t>(Nd<2>{{37, 5}}, Nd<2>{{1, 0}});
  testTranspose<double>(Nd<3>{{3, 17, 20}}, Nd<3>{{0, 2, 1}});
  testTranspose<float>(Nd<3>{{3, 17, 20}}, Nd<3>{{2, 0, 1}});
  testTranspose<float>(Nd<3>{{3, 17, 20}}, Nd<3>{{1, 0, 2}});
  testTranspose<int16_t>(Nd<4>{{2, 3, 4, 18}}, Nd<4>{{0, 3, 1, 2}});
  testTranspose<int64_t>(Nd<4>{{2, 3, 4, 5}}, Nd<4>{{3, 2, 1, 0}});
  testTranspose<float>(Nd<5>{{2, 3, 4, 5, 6}}, Nd<5>{{4, 1, 3, 0, 2}});
}

/// Two pictures of three colors, into frames that are wider than they are.
TEST(Nd, PlanesToPixels) {
  const int height = 5, width = 7, row = 25, image = 140;
  const std::vector<float> in = counted<float>(2 * 3 * height * width);
  const int size = image + (height - 1) * row + 3 * width;
  Guarded<float> out(at(size));
  forTasks(2 * height, 3, 0, [&](Work work) {
    planesToPixels<3>(height, width, in.data(), out.data(), image, row, work);
  });
  for (int i = 0; i < 2; ++i)
    for (int y = 0; y < height; ++y)
      for (int x = 0, to = i * image + y * row; x < row && to < size; ++x, ++to) {
        const int plane = i * 3 + x % 3;
        EXPECT_EQ(x < 3 * width ? in[at((plane * height + y) * width + x / 3)] : 0, out.data()[to]);
      }
}
TEST(Nd, TileFillIota) {
  const std::vector<int> in = counted<int>(6);
  const Nd<2> inShape{{2, 3}}, outShape{{5, 8}};
  Guarded<int> out(40);
  forTasks(5, 2, 0, [&](Work work) { tile(inShape, outShape, in.data(), out.data(), work); });
  forAll(outShape,
         [&](const Nd<2> &i, int n) { EXPECT_EQ(in[at(i[0] % 2 * 3 + i[1] % 3)], out[at(n)]); });
  Guarded<uint8_t> bytes(10);
  iota<uint8_t>(250, 3, bytes.data(), {0, 10, nullptr});
  EXPECT_EQ(static_cast<uint8_t>(250 + 27), bytes[9]);
  fill<uint8_t>(7, bytes.data(), {2, 4, nullptr});
  EXPECT_TRUE(bytes[2] == 7 && bytes[3] == 7 && bytes[1] == 253);
  Guarded<float> reals(5);
  iota(1.5f, -0.25f, reals.data(), {0, 5, nullptr});
  EXPECT_EQ(0.5f, reals[4]);
}

int source(PadMode mode, int i, int n) {
  while (i < 0 || i >= n) {
    if (mode == PadMode::constant)
      return -1;
    if (mode == PadMode::edge)
      i = i < 0 ? 0 : n - 1;
    else if (mode == PadMode::wrap)
      i += i < 0 ? n : -n;
    else
      i = n == 1 ? 0 : i < 0 ? -i : 2 * (n - 1) - i;
  }
  return i;
}
template <PadMode Mode> void testPad(Nd<3> inShape, Nd<3> begin, Nd<3> outShape) {
  const std::vector<int> in = counted<int>(countOf<3>(inShape));
  for (int tasks : {1, 3}) {
    Guarded<int> out(at(countOf<3>(outShape)));
    forTasks(countOf<2>(outShape), tasks, 0, [&](Work work) {
      pad<Mode>(inShape, begin, outShape, in.data(), -9, out.data(), work);
    });
    forAll(outShape, [&](const Nd<3> &i, int n) {
      int from = 0;
      bool outside = false;
      for (int d = 0; d < 3; ++d) {
        const int s = source(Mode, i[d] - begin[d], inShape[d]);
        outside |= s < 0;
        from = from * inShape[d] + s;
      }
      ASSERT_EQ(outside ? -9 : in[at(from)], out[at(n)]) << i[0] << i[1] << i[2];
    });
  }
}
template <PadMode Mode> void testPads() {
  testPad<Mode>({{3, 4, 5}}, {{1, 0, 2}}, {{5, 6, 9}});
  testPad<Mode>({{2, 3, 4}}, {{3, 7, 9}}, {{9, 17, 25}});
  testPad<Mode>({{3, 4, 5}}, {{-1, 2, -2}}, {{4, 3, 2}});
  testPad<Mode>({{1, 1, 1}}, {{1, 1, 3}}, {{3, 2, 5}});
  testPad<Mode>({{2, 2, 3}}, {{0, 0, -4}}, {{2, 2, 4}}); // nothing of the input is left
}
TEST(Nd, Pad) {
  testPads<PadMode::constant>();
  testPads<PadMode::reflect>();
  testPads<PadMode::edge>();
  testPads<PadMode::wrap>();
}

TEST(Nd, Gather) {
  const std::vector<int> in = counted<int>(2 * 4 * 3);
  const std::vector<int64_t> indices = {0, -1, 3, 2, -4, 99, INT64_MIN};
  const std::vector<int> picked = {0, 3, 3, 2, 0, 3, 0};
  Guarded<int> out(2 * 7 * 3);
  forTasks(14, 3, 0,
           [&](Work work) { gather(4, 3, 7, in.data(), indices.data(), out.data(), work); });
  forAll(Nd<3>{{2, 7, 3}}, [&](const Nd<3> &i, int n) {
    EXPECT_EQ(in[at((i[0] * 4 + picked[at(i[1])]) * 3 + i[2])], out[at(n)]);
  });
}

TEST(Nd, GatherElements) {
  Random random;
  const Nd<3> inShape{{4, 5, 6}};
  const std::vector<int> in = counted<int>(120);
  for (int axis = 0; axis < 3; ++axis) {
    Nd<3> shape{{3, 4, 5}};
    shape.v[axis] = 7;
    const int n = countOf<3>(shape);
    const auto indices = random.integers<int32_t>(at(n), -inShape[axis], inShape[axis] - 1);
    Guarded<int> out(at(n));
    forTasks(countOf<2>(shape), 2, 0, [&](Work work) {
      gatherElements(shape, inShape, axis, in.data(), indices.data(), out.data(), work);
    });
    forAll(shape, [&](Nd<3> i, int k) {
      i.v[axis] = (indices[at(k)] + inShape[axis]) % inShape[axis];
      EXPECT_EQ(in[at(place(i, denseStrides(inShape)))], out[at(k)]);
    });
  }
}

TEST(Nd, GatherNdAndScatterNd) {
  const std::vector<int> in = counted<int>(2 * 3 * 4 * 5); // batch 2, extents 3 x 4, inner 5
  const std::vector<int64_t> indices = {0, 0, -1, 3, 2, 1, 1, -4, 2, 2, 0, 0};
  Guarded<int> out(2 * 3 * 5);
  forTasks(6, 4, 0, [&](Work work) {
    gatherNd(3, Nd<2>{{3, 4}}, 5, in.data(), indices.data(), out.data(), work);
  });
  for (int i = 0; i < 6; ++i) {
    const int a = static_cast<int>(indices[at(2 * i)] + 3) % 3;
    const int b = static_cast<int>(indices[at(2 * i + 1)] + 4) % 4;
    for (int j = 0; j < 5; ++j)
      EXPECT_EQ(in[at((i / 3 * 12 + a * 4 + b) * 5 + j)], out[at(i * 5 + j)]);
  }
  const std::vector<int> updates(30, 1000);
  std::vector<int> sum(in);
  scatterNd<Scatter::add>(2, 3, Nd<2>{{3, 4}}, 5, sum.data(), indices.data(), updates.data(),
                          sum.data(), {0, 1, nullptr});
  std::vector<int> expected(in);
  for (int i = 0; i < 6; ++i) {
    const int a = static_cast<int>(indices[at(2 * i)] + 3) % 3;
    const int b = static_cast<int>(indices[at(2 * i + 1)] + 4) % 4;
    for (int j = 0; j < 5; ++j)
      expected[at((i / 3 * 12 + a * 4 + b) * 5 + j)] += 1000;
  }
  EXPECT_EQ(expected, sum);
}

template <Scatter Op> void testScatter(float (*combine)(float, float)) {
  Random random{3};
  const Nd<2> shape{{4, 5}}, updateShape{{3, 6}};
  const std::vector<float> in = random.floats(20), updates = random.floats(18, -2, 2);
  const auto indices = random.integers<int64_t>(18, -5, 4);
  Guarded<float> out(20);
  scatterElements<Op>(shape, updateShape, 1, in.data(), indices.data(), updates.data(), out.data(),
                      {0, 1, nullptr});
  std::vector<float> expected = in;
  for (int i = 0; i < 18; ++i) {
    float &x = expected[at(i / 6 * 5 + (static_cast<int>(indices[at(i)]) + 5) % 5)];
    x = combine(x, updates[at(i)]);
  }
  for (size_t i = 0; i < 20; ++i)
    EXPECT_EQ(expected[i], out[i]);
}
TEST(Nd, ScatterElements) {
  testScatter<Scatter::none>([](float, float b) { return b; });
  testScatter<Scatter::add>([](float a, float b) { return a + b; });
  testScatter<Scatter::mul>([](float a, float b) { return a * b; });
  testScatter<Scatter::min>([](float a, float b) { return std::min(a, b); });
  testScatter<Scatter::max>([](float a, float b) { return std::max(a, b); });
  EXPECT_TRUE(std::isnan(scattered<Scatter::max>(NAN, 1.f)));
  EXPECT_EQ(static_cast<int8_t>(-56), (scattered<Scatter::add, int8_t>(100, 100)));
  EXPECT_EQ(0x4000, (scattered<Scatter::add>(F16{0x3C00}, F16{0x3C00}).bits));
}

TEST(Nd, Cumulative) {
  const std::vector<int64_t> in = counted<int64_t>(2 * 4 * 3);
  for (bool exclusive : {false, true})
    for (bool reverse : {false, true}) {
      Guarded<int64_t> sum(24), mul(24);
      forTasks(2, 2, 0, [&](Work work) {
        cumulative<Scan::add>(4, 3, exclusive, reverse, in.data(), sum.data(), work);
        cumulative<Scan::mul>(4, 3, exclusive, reverse, in.data(), mul.data(), work);
      });
      forAll(Nd<3>{{2, 4, 3}}, [&](const Nd<3> &i, int n) {
        int64_t s = 0, p = 1;
        for (int t = 0; t < 4; ++t)
          if (reverse ? (exclusive ? t > i[1] : t >= i[1]) : (exclusive ? t < i[1] : t <= i[1])) {
            s += in[at((i[0] * 4 + t) * 3 + i[2])];
            p *= in[at((i[0] * 4 + t) * 3 + i[2])];
          }
        EXPECT_EQ(s, sum[at(n)]);
        EXPECT_EQ(p, mul[at(n)]);
      });
    }
}

TEST(Nd, NonZeroAndCompress) {
  const std::vector<float> in = {0, 1, -0.f, NAN, 2, 0};
  Guarded<int64_t> out(12, -7);
  int count = -1;
  nonZero(Nd<2>{{2, 3}}, in.data(), out.data(), 6, &count, {0, 1, nullptr});
  ASSERT_EQ(3, count);
  const std::vector<int64_t> expected = {0, 1, 1, 1, 0, 1};
  for (size_t i = 0; i < 6; ++i)
    EXPECT_EQ(expected[i], out[i]);
  nonZero(Nd<0>{}, in.data() + 1, out.data(), 1, &count, {0, 1, nullptr});
  EXPECT_EQ(1, count);
  nonZero(Nd<2>{{2, 3}}, in.data(), Guarded<int64_t>(4).data(), 2, &count, {0, 1, nullptr});
  EXPECT_EQ(3, count) << "counted, and not written";

  const std::vector<int> data = counted<int>(2 * 3 * 2);
  const bool condition[] = {true, false, true, true};
  Guarded<int> kept(8);
  compress(2, 3, 2, condition, 4, data.data(), kept.data(), 2, &count, {0, 1, nullptr});
  ASSERT_EQ(2, count);
  const std::vector<int> keeps = {1, 2, 5, 6, 7, 8, 11, 12};
  EXPECT_EQ(keeps, std::vector<int>(kept.data(), kept.data() + 8));
  compress(2, 3, 2, condition, 4, data.data(), Guarded<int>(4).data(), 1, &count, {0, 1, nullptr});
  EXPECT_EQ(2, count) << "counted, and not written";
}

TEST(Nd, ReverseSequence) {
  const std::vector<int> in = counted<int>(4 * 3 * 2); // [time 4][batch 3][inner 2]
  const std::vector<int64_t> lengths = {1, 3, 9};
  Guarded<int> out(24);
  forTasks(3, 2, 0, [&](Work work) {
    reverseSequence(4, 2, 2, 6, in.data(), lengths.data(), out.data(), work);
  });
  const int to[3][4] = {{0, 1, 2, 3}, {2, 1, 0, 3}, {3, 2, 1, 0}};
  forAll(Nd<3>{{4, 3, 2}}, [&](const Nd<3> &i, int n) {
    EXPECT_EQ(in[at(to[i[1]][i[0]] * 6 + i[1] * 2 + i[2])], out[at(n)]);
  });
}

TEST(Nd, ArgMax) {
  const std::vector<float> in = {1, 5, 5, 2, -1, NAN, 7, NAN, 3, 3, 3, 3};
  Guarded<int64_t> first(3), last(3), least(3);
  argMax(4, 1, false, in.data(), first.data(), {0, 3, nullptr});
  argMax(4, 1, true, in.data(), last.data(), {0, 3, nullptr});
  argMin(4, 1, false, in.data(), least.data(), {0, 3, nullptr});
  EXPECT_TRUE(first[0] == 1 && first[1] == 1 && first[2] == 0);
  EXPECT_TRUE(last[0] == 2 && last[1] == 3 && last[2] == 3);
  EXPECT_TRUE(least[0] == 0 && least[1] == 1 && least[2] == 0);
  const std::vector<uint8_t> inner = {1, 9, 8, 2}; // [1][2][2]
  Guarded<int32_t> along(2);
  forTasks(2, 2, 0, [&](Work work) { argMax(2, 2, false, inner.data(), along.data(), work); });
  EXPECT_TRUE(along[0] == 1 && along[1] == 0);
}

TEST(Nd, TopK) {
  Random random{9};
  for (int n : {1, 7, 40})
    for (int k : {0, 1, 3, 7, 40})
      for (bool largest : {false, true}) {
        if (k > n)
          continue;
        const int outer = 2, inner = 3;
        std::vector<float> in(at(outer * n * inner));
        for (float &x : in)
          x = static_cast<float>(random.integer(-5, 5));
        if (n > 5)
          in[5] = NAN;
        Guarded<float> values(at(outer * k * inner));
        Guarded<int64_t> indices(at(outer * k * inner));
        forTasks(outer * inner, 2, at(k) * 4, [&](Work work) {
          topK(n, inner, k, largest, in.data(), values.data(), indices.data(), work);
        });
        for (int line = 0; line < outer * inner; ++line) {
          std::vector<int> order(at(n));
          std::iota(order.begin(), order.end(), 0);
          const auto x = [&](int i) {
            return in[at((line / inner * n + i) * inner + line % inner)];
          };
          std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
            return largest ? isLess(x(b), x(a)) : isLess(x(a), x(b));
          });
          for (int i = 0; i < k; ++i) {
            const size_t to = at((line / inner * k + i) * inner + line % inner);
            ASSERT_EQ(order[at(i)], indices[to]);
            ASSERT_EQ(bitCast<uint32_t>(x(order[at(i)])), bitCast<uint32_t>(values[to]));
          }
        }
      }
}

TEST(Nd, Unique) {
  Random random{11};
  for (int n : {0, 1, 2, 17, 100})
    for (bool sorted : {false, true}) {
      const auto in = random.integers<int16_t>(at(2 * n), 0, 3);
      Guarded<int16_t> out(at(2 * n));
      Guarded<int64_t> indices(at(n)), inverse(at(n)), counts(at(n));
      int count = -1;
      forTasks(1, 1, at(n) * 12, [&](Work work) {
        unique(n, 2, sorted, in.data(), out.data(), indices.data(), inverse.data(), counts.data(),
               n, &count, work);
      });
      std::vector<std::pair<int, int>> found;
      for (int i = 0; i < n; ++i) {
        const std::pair<int, int> slice{in[at(2 * i)], in[at(2 * i + 1)]};
        if (std::find(found.begin(), found.end(), slice) == found.end())
          found.push_back(slice);
      }
      if (sorted)
        std::sort(found.begin(), found.end());
      ASSERT_EQ(static_cast<int>(found.size()), count);
      int64_t total = 0;
      for (int i = 0; i < count; ++i) {
        EXPECT_EQ(found[at(i)].first, out[at(2 * i)]);
        EXPECT_EQ(found[at(i)].second, out[at(2 * i + 1)]);
        EXPECT_EQ(i, inverse[static_cast<size_t>(indices[at(i)])]);
        total += counts[at(i)];
      }
      EXPECT_EQ(n, total);
      for (int i = 0; i < n; ++i)
        EXPECT_EQ(in[at(2 * i)], out[static_cast<size_t>(2 * inverse[at(i)])]);
    }
}

} // namespace
