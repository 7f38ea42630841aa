// SPDX-License-Identifier: Apache-2.0
#include "passes/rewrite.h"

#include "ir/ops.h"
#include "ir/text.h"
#include "ir/verify.h"

#include <chrono>
#include <gtest/gtest.h>

namespace burin::passes {
namespace {
namespace ops = ir::ops;
using ir::Builder;
using ir::Value;
constexpr Var x{0};

const Rule kNegNeg{"neg-neg", op(ops::neg, op(ops::neg, x)),
                   [](const Match &m, Builder &) { return m[x]; }};
const Rule kAbsToRelu{"abs-to-relu", op(ops::abs, x),
                      [](const Match &m, Builder &to) { return to.make(ops::relu, {m[x]}); }};

std::string textOf(const ir::Module &module) { return ir::print(module); }

TEST(Rewrite, TheReplacementInheritsPlaceAndName) {
  const auto module = ir::parse(R"(func @f(%a: f32[2]) -> (%r: f32[2]) {
    %r = abs(%a) loc("layer/abs", "Abs", "net.py:3")
    return %r
  })",
                                "test");
  PassContext context;
  context.pass = "test";
  EXPECT_TRUE(rewrite(*module, context, std::span(&kAbsToRelu, 1)));
  const Value &result = *module->functions[0]->body.terminator().operand(0);
  EXPECT_TRUE(result.def()->is(ops::relu));
  EXPECT_EQ(result.name, "r");
  EXPECT_EQ(result.def()->at, (Location{"layer/abs", "Abs", "net.py:3"}));
  EXPECT_EQ(context.rewrites, 1);
  EXPECT_FALSE(rewrite(*module, context, std::span(&kAbsToRelu, 1)));
}

TEST(Rewrite, ReachesAFixpointInsideBlocksToo) {
  const auto module = ir::parse(R"(func @f(%a: f32[2], %c: bool[]) -> (%r: f32[2]) {
    %r = if(%c) then {
      %n1 = neg(%a)
      %n2 = neg(%n1)
      %n3 = neg(%n2)
      %n4 = neg(%n3)
      yield %n4
    } else {
      %m = neg(%a)
      yield %m
    }
    return %r
  })",
                                "test");
  PassContext context;
  EXPECT_TRUE(rewrite(*module, context, std::span(&kNegNeg, 1)));
  EXPECT_EQ(textOf(*module), R"(func @f(%a: f32[2], %c: bool[]) -> (%r: f32[2]) {
  %r = if(%c) then {
    yield %a
  } else {
    %m = neg(%a) : f32[2]
    yield %m
  } : f32[2]
  return %r
}
)");
}

TEST(Rewrite, TheLimitDeclinesAndLeavesNothingBehind) {
  const auto module = ir::parse(R"(func @f(%a: f32[2]) -> (%r: f32[2]) {
    %b = abs(%a)
    %r = abs(%b)
    return %r
  })",
                                "test");
  std::vector<std::string> said;
  PassContext context;
  context.pass = "test";
  context.rewriteLimit = 1;
  context.log = [&](std::string_view text) { said.emplace_back(text); };
  EXPECT_TRUE(rewrite(*module, context, std::span(&kAbsToRelu, 1)));
  EXPECT_EQ(context.rewrites, 1);
  EXPECT_EQ(textOf(*module), R"(func @f(%a: f32[2]) -> (%r: f32[2]) {
  %b = relu(%a) : f32[2]
  %r = abs(%b) : f32[2]
  return %r
}
)");
  EXPECT_EQ(said, std::vector<std::string>{"rewrite 1: test/abs-to-relu at ''"});
}

TEST(Rewrite, ADisabledRuleDoesNothing) {
  const auto module =
      ir::parse("func @f(%a: f32[2]) -> (%r: f32[2]) { %r = abs(%a) return %r }", "test");
  PassContext context;
  context.pass = "test";
  context.disabledRules = {"test/abs-to-relu"};
  EXPECT_FALSE(rewrite(*module, context, std::span(&kAbsToRelu, 1)));
}

TEST(Rewrite, ExplainTellsWhyNot) {
  const auto module =
      ir::parse("func @f(%a: f32[2]) -> (%r: f32[2]) { %r = neg(%a) return %r }", "test");
  std::vector<std::string> said;
  PassContext context;
  context.pass = "test";
  context.explain = "test/neg-neg";
  context.log = [&](std::string_view text) { said.emplace_back(text); };
  EXPECT_FALSE(rewrite(*module, context, std::span(&kNegNeg, 1)));
  EXPECT_EQ(said,
            std::vector<std::string>{"test/neg-neg not at '': 'a' is made by no op, expected neg"});
}

TEST(Rewrite, ARuleThatChangesTheTypeIsABug) {
  const auto module =
      ir::parse("func @f(%a: f32[2]) -> (%r: f32[2]) { %r = abs(%a) return %r }", "test");
  const Rule wrong{"wrong", op(ops::abs, x), [](const Match &m, Builder &to) {
                     return to.make(ops::reshape, {m[x]}, {ir::attr::shape({1, 2})});
                   }};
  PassContext context;
  EXPECT_THROW(rewrite(*module, context, std::span(&wrong, 1)), InternalError);
}

TEST(Rewrite, RulesThatUndoEachOtherEnd) {
  const auto module =
      ir::parse("func @f(%a: f32[2]) -> (%r: f32[2]) { %r = abs(%a) return %r }", "test");
  const Rule both[] = {kAbsToRelu, {"back", op(ops::relu, x), [](const Match &m, Builder &to) {
                                      return to.make(ops::abs, {m[x]});
                                    }}};
  PassContext context;
  std::string said;
  context.log = [&](std::string_view text) { said = text; };
  EXPECT_TRUE(rewrite(*module, context, both));
  EXPECT_NE(said.find("stopped"), said.npos);
}

/// A chain of negations: each rewrite makes the next one possible.
std::unique_ptr<ir::Module> chain(size_t n) {
  auto module = std::make_unique<ir::Module>();
  ir::Function &f = module->addFunction("f");
  Value *v = f.body.addArgument(ir::Type{ir::ElementType::f32, {2}}, "x");
  Builder to{*module, f.body};
  for (size_t i = 0; i < n; ++i)
    v = to.make(ops::neg, {v});
  to.yield(std::vector<Value *>{v});
  f.resultNames = {"y"};
  return module;
}

TEST(Rewrite, IsLinear) {
  const auto secondsFor = [](size_t n) {
    const auto module = chain(n);
    PassContext context;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(rewrite(*module, context, std::span(&kNegNeg, 1)));
    EXPECT_TRUE(module->functions[0]->body.terminator().previous() == nullptr);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  secondsFor(1000);
  EXPECT_LT(secondsFor(100'000), 10); // about 0.1 s alone on a machine; quadratic would be hours
}

} // namespace
} // namespace burin::passes
