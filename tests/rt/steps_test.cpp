// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/steps.h"

#include <algorithm>

namespace {

using burin::Status;

struct Context {
  std::vector<int> *done;
  unsigned char *arena;
  burin::ParallelFor parallel;
  burin::Observer observer;
};

Status record(const Context &c, rt::Work work) noexcept {
  for (int i = work.begin; i < work.end; ++i)
    c.done->push_back(i);
  return Status::ok;
}
Status refuse(const Context &, rt::Work) noexcept { return Status::failed_assert; }

constexpr rt::Step<Context> kBody[] = {{record, rt::units<2>, 0, 0}, {refuse, rt::units<1>, 0, 0}};

Status loop(const Context &c, rt::Work) noexcept { return rt::runSteps<1, false>(kBody, c, 10); }

constexpr rt::Step<Context> kSteps[] = {
    {record, rt::units<7>, 0, 0}, {loop, rt::units<1>, 0, 0}, {record, rt::units<1>, 0, 0}};

void backwards(void *, size_t n, void (*body)(void *, size_t), void *arg) {
  while (n > 0)
    body(arg, --n);
}

TEST(Steps, ANestedStepNamesItself) {
  std::vector<int> done;
  const Context c{&done, nullptr, {}, {}};
  const Status status = rt::runSteps<1, false>(kSteps, c);
  EXPECT_EQ(Status::failed_assert, status.code());
  EXPECT_EQ(11u, status.node());
  EXPECT_EQ((std::vector<int>{0, 1, 2, 3, 4, 5, 6, 0, 1}), done);
}

TEST(Steps, TasksCoverAllUnitsOnce) {
  std::vector<int> done;
  unsigned char arena[64];
  const Context c{&done, arena, {backwards, nullptr}, {}};
  const rt::Step<Context> steps[] = {{record, rt::units<7>, 0, 0}};
  EXPECT_EQ(Status::ok, (rt::runSteps<3, true>(steps, c).code()));
  std::sort(done.begin(), done.end());
  EXPECT_EQ((std::vector<int>{0, 1, 2, 3, 4, 5, 6}), done);
}

} // namespace
