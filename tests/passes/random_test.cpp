// SPDX-License-Identifier: Apache-2.0
//
// Random graphs compute the same before and after the passes, by the reference interpreter.
#include "ir/text.h"
#include "passes/pipeline.h"
#include "tests/passes/random_graph.h"
#include "tests/reference/reference.h"

#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>

namespace burin::passes {
namespace {

std::vector<ir::Tensor> run(const ir::Module &module, uint32_t seed, int64_t symbol) {
  const ir::Function &f = *module.functions[0];
  return ir::execute(f, tests::randomArguments(f, seed, symbol), reference::evaluator());
}

/// The first element that differs, as text; empty if none does.
std::string difference(const std::vector<ir::Tensor> &a, const std::vector<ir::Tensor> &b,
                       double tolerance) {
  if (a.size() != b.size())
    return "another number of results";
  for (size_t r = 0; r < a.size(); ++r) {
    if (a[r].type != b[r].type)
      return a[r].type.text() + " has become " + b[r].type.text();
    for (size_t i = 0; i < a[r].count(); ++i) {
      const double x = a[r].number(i), y = b[r].number(i);
      const bool same = x == y || (std::isnan(x) && std::isnan(y)) ||
                        std::fabs(x - y) <= tolerance * (1 + std::fabs(x));
      if (!same)
        return "result " + std::to_string(r) + "[" + std::to_string(i) + "] was " +
               std::to_string(x) + " and is " + std::to_string(y);
    }
  }
  return {};
}

/// BURIN_SEEDS: how many seeds; BURIN_SEED: only this one.
std::pair<uint32_t, uint32_t> seeds() {
  if (const char *one = std::getenv("BURIN_SEED"))
    return {static_cast<uint32_t>(std::atoi(one)), static_cast<uint32_t>(std::atoi(one)) + 1};
  const char *many = std::getenv("BURIN_SEEDS");
  return {0, many ? static_cast<uint32_t>(std::atoi(many)) : 150};
}

void compare(Optimize optimize, const tests::GraphOptions &graph, double tolerance) {
  const auto [first, last] = seeds();
  for (uint32_t seed = first; seed < last; ++seed) {
    const auto before = tests::randomGraph(seed, graph), after = tests::randomGraph(seed, graph);
    PassContext context;
    context.target = ir::findTarget(seed % 2 ? "host" : "mcu-fpu");
    context.optimize = optimize;
    context.evaluator = &reference::evaluator();
    try {
      runPipeline(*after, context,
                  {.disable = {}, .stopAfter = {}, .printAfter = {}, .verifyEach = true});
    } catch (const std::exception &e) {
      FAIL() << "seed " << seed << ": " << e.what() << "\n" << ir::print(*before);
    }
    for (const int64_t symbol : {1, 3})
      ASSERT_EQ(difference(run(*before, seed, symbol), run(*after, seed, symbol), tolerance), "")
          << "seed " << seed << ", N = " << symbol << "\n"
          << ir::print(*before) << "\n"
          << ir::print(*after);
  }
}

TEST(Random, SameNumbers) { compare(Optimize::speed, {}, 2e-4); }
TEST(Random, SameNumbersWithStates) { compare(Optimize::speed, {.ops = 12, .states = true}, 2e-4); }
TEST(Random, ExactlyTheSame) { compare(Optimize::exact, {.ops = 20, .comparisons = true}, 1e-6); }
TEST(Random, LargeOnes) { compare(Optimize::speed, {.ops = 80}, 1e-3); }
TEST(Random, UnoptimisedToo) { compare(Optimize::none, {.ops = 20, .comparisons = true}, 0); }

} // namespace
} // namespace burin::passes
