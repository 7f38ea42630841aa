// SPDX-License-Identifier: Apache-2.0
//
// The table of processors.
#include "ir/machine.h"

#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

namespace burin::ir {
namespace {

TEST(Machines, HaveNamesOfTheirOwn) {
  std::set<std::string_view> seen;
  for (const Machine &m : allMachines())
    for (const std::string_view name : m.names)
      EXPECT_TRUE(seen.insert(name).second) << name;
  for (const std::string_view name : seen)
    EXPECT_NE(findMachine(name), nullptr) << name;
  EXPECT_EQ(findMachine("zen"), findMachine("zen2"));
  EXPECT_EQ(findMachine(""), nullptr);
}

TEST(Machines, AreSlowerFurtherOut) {
  for (const Machine &m : allMachines()) {
    EXPECT_GT(m.peak(), 0) << m.name();
    EXPECT_GE(m.l1Rate, m.l2Rate) << m.name();
    EXPECT_GE(m.l2Rate, m.l3Rate) << m.name();
    EXPECT_GE(m.l3Rate, m.memoryRate) << m.name();
    EXPECT_GT(m.memoryRate, 0) << m.name();
    EXPECT_TRUE(m.l1Bytes <= m.l2Bytes || m.l2Bytes == 0) << m.name();
    EXPECT_LE(m.peak(), 128 * m.gigahertz) << m.name(); // two multiply-adds of 512 bits
  }
}

TEST(Machines, HaveVectorsThatTheRuntimeKnows) {
  std::ifstream file(BURIN_RUNTIME_DIR "/burin/rt/config.h");
  std::stringstream text;
  text << file.rdbuf();
  for (const Machine &m : allMachines())
    EXPECT_NE(text.str().find("BURIN_ABI v1_" + std::string(m.isa)), std::string::npos) << m.name();
}

TEST(Machines, AreFoundByWhatLinuxSays) {
  const auto nameOf = [](std::string_view cpuinfo) {
    const Machine *m = machineOf(cpuinfo);
    return m ? m->name() : "";
  };
  EXPECT_EQ(nameOf("processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n"
                   "model name\t: AMD EPYC 9654\n"),
            "zen4");
  EXPECT_EQ(nameOf("vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\n"), "zen3");
  EXPECT_EQ(nameOf("vendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\n"), "zen5");
  EXPECT_EQ(nameOf("vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"),
            "skylake-avx512");
  EXPECT_EQ(nameOf("CPU implementer\t: 0x41\nCPU part\t: 0xd0b\n"), "cortex-a76");
  EXPECT_EQ(nameOf("vendor_id\t: GenuineIntel\ncpu family\t: 15\nmodel\t\t: 4\n"), "");
  EXPECT_EQ(nameOf(""), "");
}

} // namespace
} // namespace burin::ir
