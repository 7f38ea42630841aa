// SPDX-License-Identifier: Apache-2.0
#include "passes/match.h"

#include "ir/ops.h"
#include "ir/text.h"

#include <gtest/gtest.h>

namespace burin::passes {
namespace {
namespace ops = ir::ops;
constexpr Var x{0}, y{1}, z{2};

/// The value that the only function of a module returns first.
struct Parsed {
  explicit Parsed(std::string_view text) : module{ir::parse(text, "test")} {}
  ir::Value *returned() const { return module->functions[0]->body.terminator().operand(0); }
  bool matches(const Pattern &p) {
    found = {};
    why.clear();
    return match(p, returned(), found, &why);
  }
  std::unique_ptr<ir::Module> module;
  Match found;
  std::string why;
};

TEST(Match, CommutativeOperandsFitInBothOrders) {
  Parsed p{R"(func @f(%a: f32[2], %b: f32[2]) -> (%r: f32[2]) {
    %n = neg(%a)
    %r = add(%b, %n)
    return %r
  })"};
  ASSERT_TRUE(p.matches(op(ops::add, op(ops::neg, x), y)));
  EXPECT_EQ(p.found[x]->name, "a");
  EXPECT_EQ(p.found[y]->name, "b");
  EXPECT_FALSE(p.matches(op(ops::sub, op(ops::neg, x), y)));
}

TEST(Match, GoesBackIntoAnInnerPatternWhenAnOuterPartFails) {
  // add(mul(p, q), p): x must be the operand of mul that is read again, which is the second one.
  Parsed p{R"(func @f(%p: f32[2], %q: f32[2]) -> (%r: f32[2]) {
    %m = mul(%q, %p)
    %r = add(%m, %p)
    return %r
  })"};
  ASSERT_TRUE(p.matches(op(ops::add, op(ops::mul, x, y), x)));
  EXPECT_EQ(p.found[x]->name, "p");
  EXPECT_EQ(p.found[y]->name, "q");
}

TEST(Match, OneHoleIsOneValue) {
  Parsed p{R"(func @f(%a: f32[2], %b: f32[2]) -> (%r: f32[2]) {
    %s = sigmoid(%a)
    %r = mul(%b, %s)
    return %r
  })"};
  EXPECT_FALSE(p.matches(op(ops::mul, x, op(ops::sigmoid, x))));
  EXPECT_EQ(p.why, "two operands should be one value and are not");
  EXPECT_TRUE(p.matches(op(ops::mul, x, op(ops::sigmoid, y))));
}

TEST(Match, SingleUse) {
  Parsed p{R"(func @f(%a: f32[2]) -> (%r: f32[2], %n: f32[2]) {
    %n = neg(%a)
    %r = exp(%n)
    return %r, %n
  })"};
  EXPECT_TRUE(p.matches(op(ops::exp, op(ops::neg, x))));
  EXPECT_FALSE(p.matches(op(ops::exp, op(ops::neg, x).once())));
  EXPECT_EQ(p.why, "'n' has several uses");
}

TEST(Match, ConstantsAndNumbers) {
  Parsed p{R"(const @c : f32[3] = [2, 2, 2]
  func @f(%a: f32[3]) -> (%r: f32[3]) {
    %r = pow(%a, @c)
    return %r
  })"};
  EXPECT_TRUE(p.matches(op(ops::pow, x, constant().as(y))));
  EXPECT_TRUE(p.found[y]->isConstant());
  EXPECT_TRUE(p.matches(op(ops::pow, x, number(2))));
  EXPECT_FALSE(p.matches(op(ops::pow, x, number(3))));
  EXPECT_EQ(p.why, "constant 'c' is not 3 everywhere");
  EXPECT_FALSE(p.matches(op(ops::pow, constant(), x)));
}

TEST(Match, OptionalOperands) {
  Parsed with{R"(const @v : f32[] = [1]
  func @f(%a: f32[3]) -> (%r: f32[5]) {
    %r = pad(%a, @v) {pads=[1, 1], mode="constant"}
    return %r
  })"};
  EXPECT_TRUE(with.matches(op(ops::pad, x, y)));
  EXPECT_TRUE(with.matches(op(ops::pad, x, maybe(constant().as(z)))));
  EXPECT_FALSE(with.matches(op(ops::pad, x)));
  EXPECT_FALSE(with.matches(op(ops::pad, x, absent())));
  Parsed without{R"(func @f(%a: f32[3]) -> (%r: f32[5]) {
    %r = pad(%a, _) {pads=[1, 1], mode="constant"}
    return %r
  })"};
  EXPECT_FALSE(without.matches(op(ops::pad, x, y)));
  EXPECT_TRUE(without.matches(op(ops::pad, x, maybe(y))));
  EXPECT_EQ(without.found[y], nullptr);
  EXPECT_TRUE(without.matches(op(ops::pad, x, absent())));
}

TEST(Match, AlternativesAreTriedInOrder) {
  Parsed p{R"(func @f(%a: f32[2]) -> (%r: f32[2]) {
    %n = abs(%a)
    %r = exp(%n)
    return %r
  })"};
  EXPECT_TRUE(p.matches(op(ops::exp, either(op(ops::neg, x), op(ops::abs, x)))));
  EXPECT_EQ(p.found[x]->name, "a");
  EXPECT_FALSE(p.matches(op(ops::exp, either(op(ops::neg, x), op(ops::relu, x)))));
  EXPECT_TRUE(p.matches(op(ops::exp, either(op(ops::neg, x), op(ops::abs, x)).as(y))));
  EXPECT_EQ(p.found[y]->name, "n");
}

TEST(Match, GuardsTellWhatTheyAsk) {
  Parsed p{R"(func @f(%a: f32[2]) -> (%r: f32[2]) {
    %r = exp(%a)
    return %r
  })"};
  const auto never = [](const ir::Op &) { return false; };
  EXPECT_FALSE(p.matches(op(ops::exp, x).where(never, "never")));
  EXPECT_EQ(p.why, "exp: never");
}

TEST(Match, MoreOperandsOnlyWhereThePatternIsOpen) {
  Parsed p{R"(func @f(%a: f32[2], %b: f32[3]) -> (%r: f32[5]) {
    %r = concat(%a, %b) {axis=0}
    return %r
  })"};
  EXPECT_FALSE(p.matches(op(ops::concat, x)));
  EXPECT_TRUE(p.matches(op(ops::concat, x).andMore()));
}

} // namespace
} // namespace burin::passes
