// SPDX-License-Identifier: Apache-2.0
//
// What the cost model chooses: the figures of two processors are measured, and the choices are
// those that were the fastest there.
#include "codegen/kernels/cost.h"

#include <gtest/gtest.h>
#include <set>

namespace burin::kernels {
namespace {

const ir::Machine &machine(std::string_view name) { return *ir::findMachine(name); }

TEST(Cost, TakesLargeTilesForLargeImages) {
  EXPECT_EQ(planConv3x3(machine("zen4"), {1, 56, 56, 64, 64}).tile, 4);
  EXPECT_EQ(planConv3x3(machine("zen4"), {1, 28, 28, 128, 128}).tile, 4);
  EXPECT_EQ(planConv3x3(machine("zen5"), {1, 56, 56, 64, 64}).tile, 4);
}

TEST(Cost, LeavesTinyLayersDirect) {
  for (const ir::Machine &m : ir::allMachines())
    EXPECT_EQ(m.peak() > 20 ? planConv3x3(m, {1, 4, 4, 16, 16}).tile : 0, 0) << m.name();
}

TEST(Cost, KnowsWhatSlowMemoryCosts) {
  // Filters of 2.25 MiB for the direct sum are 9 MiB for tiles of four: cheap where they stay in a
  // cache, and not where they come from memory again for each block of an image.
  ir::Machine slow = machine("zen4");
  slow.l2Bytes = slow.l3Bytes = 0;
  slow.l3Rate = slow.memoryRate = 1;
  EXPECT_EQ(planConv3x3(slow, {1, 14, 14, 256, 256}).tile, 0);
  EXPECT_NE(planConv3x3(machine("zen4"), {1, 14, 14, 256, 256}).tile, 0);
}

TEST(Cost, NamesEachFormOnce) {
  for (const ir::Machine &m : ir::allMachines())
    for (const Conv3x3 &c : {Conv3x3{1, 56, 56, 64, 64}, Conv3x3{8, 7, 7, 512, 512},
                             Conv3x3{1, 1, 1, 16, 16}, Conv3x3{2, 33, 17, 24, 40}}) {
      std::set<std::string> forms;
      for (const ConvPlan &plan : plansOf(m, c)) {
        EXPECT_TRUE(forms.insert(plan.form()).second) << plan.form();
        EXPECT_GT(plan.seconds, 0) << m.name() << ' ' << plan.form();
      }
      EXPECT_EQ(forms.count("direct"), 1);
    }
}

} // namespace
} // namespace burin::kernels
