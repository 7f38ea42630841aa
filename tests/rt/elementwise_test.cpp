// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/elementwise.h"

namespace {

struct AddOne {
  const float *in;
  float *out;

  template <class V> void operator()(V, int i) const {
    rt::store(out + i, rt::load<V>(in + i) + 1.f);
  }
};

// in [row][column] + bias [column]: the rows are broadcast.
struct AddBias {
  int columns;
  const float *in, *bias;
  float *out;

  template <class V> void operator()(V, int row, int column) const {
    rt::store(out + row * columns + column,
              rt::load<V>(in + row * columns + column) + rt::load<V>(bias + column));
  }
};

TEST(Elementwise, EveryLengthAndSplit) {
  Random random;
  for (int n = 0; n < 70; ++n)
    for (int tasks : {1, 3}) {
      const Guarded<float> in{random.floats(at(n))};
      Guarded<float> out(at(n));
      forTasks(n, tasks, 0, [&](rt::Work work) {
        rt::elementwise(AddOne{in.data(), out.data()}, work);
      });
      for (size_t i = 0; i < at(n); ++i)
        ASSERT_EQ(in[i] + 1.f, out[i]);
    }
}

TEST(Elementwise, Rows) {
  Random random;
  for (int columns : {1, 3, 8, 21, 37}) {
    const int rows = 5;
    const Guarded<float> in{random.floats(at(rows * columns))}, bias{random.floats(at(columns))};
    Guarded<float> out(at(rows * columns));
    forTasks(rows, 2, 0, [&](rt::Work work) {
      rt::elementwiseRows(rt::Const<5>{}, columns,
                          AddBias{columns, in.data(), bias.data(), out.data()}, work);
    });
    for (int i = 0; i < rows * columns; ++i)
      ASSERT_EQ(in[at(i)] + bias[at(i % columns)], out[at(i)]);
  }
}

TEST(Elementwise, Scalars) {
  Guarded<int64_t> out(12);
  forTasks(12, 5, 0,
           [&](rt::Work work) { rt::elementwiseScalar([&](int i) { out[at(i)] = i * i; }, work); });
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(i * i, out[at(i)]);
  forTasks(3, 2, 0, [&](rt::Work work) {
    rt::elementwiseScalarRows(
        3, rt::Const<4>{}, [&](int row, int column) { out[at(row * 4 + column)] = row - column; },
        work);
  });
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(i / 4 - i % 4, out[at(i)]);
}

} // namespace
