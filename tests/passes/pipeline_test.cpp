// SPDX-License-Identifier: Apache-2.0
#include "passes/pipeline.h"

#include "ir/text.h"
#include "tests/reference/reference.h"

#include <gtest/gtest.h>

namespace burin::passes {
namespace {

std::unique_ptr<ir::Module> sample() {
  return ir::parse(R"(const @c : f32[] = [0]
  func @f(%x: f32[2, 3]) -> (%y: f32[2, 3]) {
    %a = add(%x, @c)
    %b = exp(%a)
    %y = neg(%b)
    return %y
  })",
                   "test");
}

size_t countOps(const ir::Module &module) {
  size_t n = 0;
  for (const ir::Op &op : module.functions[0]->body)
    n += op.numResults() > 0;
  return n;
}

TEST(Pipeline, RunsAllAndVerifies) {
  const auto module = sample();
  PassContext context;
  runPipeline(*module, context,
              {.disable = {}, .stopAfter = {}, .printAfter = {}, .verifyEach = true});
  EXPECT_EQ(countOps(*module), 1u);
}

TEST(Pipeline, StopsAfterAPass) {
  const auto module = sample();
  PassContext context;
  runPipeline(*module, context, {.disable = {}, .stopAfter = "simplify", .printAfter = {}});
  EXPECT_EQ(countOps(*module), 2u); // exp, neg: nothing fused yet
}

TEST(Pipeline, DisablesPassesAndRules) {
  for (const std::string name : {"simplify", "simplify/add-zero"}) {
    const auto module = sample();
    PassContext context;
    runPipeline(*module, context, {.disable = {name}, .stopAfter = "dead-code", .printAfter = {}});
    EXPECT_EQ(countOps(*module), 3u) << name;
  }
}

TEST(Pipeline, NoneStillMakesWhatCodegenNeeds) {
  const auto module = sample();
  PassContext context;
  context.optimize = Optimize::none;
  runPipeline(*module, context, {});
  EXPECT_EQ(countOps(*module), 3u);
  for (const ir::Op &op : module->functions[0]->body)
    EXPECT_TRUE(op.numResults() == 0 || op.def.name == "fused") << op.def.name;
}

std::string hintFor(PipelineOptions options) {
  const auto module = sample();
  PassContext context;
  try {
    runPipeline(*module, context, options);
  } catch (const CompileError &e) {
    EXPECT_EQ(e.diagnostic().problem, Problem::usage);
    return e.diagnostic().text + "; " + e.diagnostic().hint;
  }
  return "no error";
}

TEST(Pipeline, UnknownNamesGetASuggestion) {
  EXPECT_EQ(hintFor({.disable = {"simplfy"}, .stopAfter = {}, .printAfter = {}}),
            "there is no pass or rule 'simplfy'; did you mean 'simplify'?");
  EXPECT_EQ(hintFor({.disable = {"simplify/ad-zero"}, .stopAfter = {}, .printAfter = {}}),
            "there is no pass or rule 'simplify/ad-zero'; did you mean 'simplify/add-zero'?");
  EXPECT_EQ(hintFor({.disable = {}, .stopAfter = "layuot", .printAfter = {}}),
            "there is no pass or rule 'layuot'; did you mean 'layout'?");
  EXPECT_NE(hintFor({.disable = {}, .stopAfter = {}, .printAfter = {"everything at once"}})
                .find("the passes are"),
            std::string::npos);
}

TEST(Pipeline, RequiredPassesCannotBeDisabled) {
  EXPECT_EQ(hintFor({.disable = {"fuse-elementwise"}, .stopAfter = {}, .printAfter = {}}),
            "the pass 'fuse-elementwise' cannot be disabled: later stages rely on it; ");
}

TEST(Pipeline, PrintsAndTimesOnlyWhatChanged) {
  const auto module = sample();
  PassContext context;
  std::string said;
  context.log = [&](std::string_view text) { (said += text) += '\n'; };
  runPipeline(*module, context,
              {.disable = {}, .stopAfter = {}, .printAfter = {"all"}, .timePasses = true});
  EXPECT_NE(said.find("# after simplify"), said.npos);
  EXPECT_EQ(said.find("# after layout"), said.npos);
  EXPECT_NE(said.find("runs  simplify"), said.npos);
}

TEST(Pipeline, TheLimitCountsOverAllPasses) {
  const auto all = sample();
  PassContext unlimited;
  runPipeline(*all, unlimited, {});
  for (int64_t limit = 0; limit <= unlimited.rewrites; ++limit) {
    const auto module = sample();
    PassContext context;
    context.rewriteLimit = limit;
    runPipeline(*module, context,
                {.disable = {}, .stopAfter = {}, .printAfter = {}, .verifyEach = true});
    EXPECT_EQ(context.rewrites, limit);
  }
}

TEST(FoldConstants, WeightsMayRepeatManyTimesOthersNot) {
  const auto module = ir::parse(R"(const @a : f32[1] = [0.5]
  func @f(%x: f32[1, 2, 2, 5000], %z: f32[5000]) -> (%y: f32[1, 2, 2, 1], %v: f32[10000]) {
    %w = broadcast(@a) {shape=[1, 1, 1, 5000]}
    %y = conv(%x, %w) {strides=[1, 1], pads=[0, 0, 0, 0], dilations=[1, 1], group=1}
    %u = broadcast(@a) {shape=[5000]}
    %v = concat(%z, %u) {axis=0}
    return %y, %v
  })",
                                "test");
  PassContext context;
  context.evaluator = &reference::evaluator();
  runPass(*module, context, "fold-constants");
  const ir::Op &end = module->functions[0]->body.terminator();
  EXPECT_TRUE(end.operand(0)->def()->operand(1)->isConstant());
  EXPECT_FALSE(end.operand(1)->def()->operand(1)->isConstant());
}

} // namespace
} // namespace burin::passes
