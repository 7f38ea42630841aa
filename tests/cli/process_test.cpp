// SPDX-License-Identifier: Apache-2.0
#include "cli/format.h"
#include "cli/process.h"
#include "tests/cli/support.h"

#include <csignal>

namespace burin::cli {
namespace {
using namespace std::chrono_literals;

TEST(Process, TellsOutputAndExitCode) {
  const ProcessResult ok = runProcess({"sh", "-c", "echo out; echo err >&2"}, 60s);
  EXPECT_TRUE(ok.succeeded());
  EXPECT_EQ(ok.output, "out\nerr\n");
  const ProcessResult failed = runProcess({"sh", "-c", "exit 3"}, 60s);
  EXPECT_FALSE(failed.succeeded());
  EXPECT_EQ(failed.outcome(), "exit code 3");
}

TEST(Process, GetsNoInput) { EXPECT_TRUE(runProcess({"cat"}, 60s).succeeded()); }

TEST(Process, KeepsWordsApart) {
  EXPECT_EQ(runProcess({"printf", "%s|", "a b", "$HOME", ""}, 60s).output, "a b|$HOME||");
}

TEST(Process, TellsSignals) {
  const ProcessResult result = runProcess({"sh", "-c", "kill -SEGV $$"}, 60s);
  EXPECT_EQ(result.signal, SIGSEGV);
  EXPECT_TRUE(result.outcome().starts_with("signal 11")) << result.outcome();
}

TEST(Process, EndsAtItsLimit) {
  const auto start = std::chrono::steady_clock::now();
  const ProcessResult result = runProcess({"sh", "-c", "sleep 100 & sleep 100"}, 1s);
  EXPECT_TRUE(result.timedOut);
  EXPECT_FALSE(result.succeeded());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 60s);
}

TEST(Process, SaysThatThereIsNoProgram) {
  const Diagnostic problem = problemOf([] { runProcess({"/no/such/compiler"}, 1s); });
  EXPECT_EQ(problem.problem, Problem::usage);
  EXPECT_EQ(problem.text, "cannot run '/no/such/compiler': no such file or directory");
}

TEST(ScratchFolder, IsRemoved) {
  std::filesystem::path path;
  {
    const ScratchFolder folder;
    path = folder.path();
    EXPECT_TRUE(std::filesystem::is_directory(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Format, GroupsDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1000), "-1,000");
  EXPECT_EQ(grouped(-100), "-100");
}

TEST(Format, AddsAUnitToLargeSizes) {
  EXPECT_EQ(bytesText(8192), "8,192 bytes");
  EXPECT_EQ(bytesText(20480), "20,480 bytes (20.0 KiB)");
  EXPECT_EQ(bytesText(int64_t{20} << 20), "20,971,520 bytes (20.0 MiB)");
}

} // namespace
} // namespace burin::cli
