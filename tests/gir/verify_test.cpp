// SPDX-License-Identifier: Apache-2.0
//
// The verifier on modules that no text can make: a pass has broken them.
#include "ir/builder.h"
#include "ir/ops.h"
#include "ir/text.h"
#include "ir/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace burin::ir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> problemsOf(const Module &module) {
  std::vector<std::string> texts;
  for (const Violation &v : verify(module))
    texts.push_back(v.text);
  return texts;
}

struct Verify : testing::Test {
  std::unique_ptr<Module> module = parse("const @k : f32[] = [1]\n"
                                         "func @f(%x: f32[2], %c: bool[]) -> (f32[2]) {\n"
                                         "  %a = add(%x, @k)\n"
                                         "  %b = neg(%a)\n"
                                         "  %y = if(%c) then {\n"
                                         "    %s = neg(%b)\n"
                                         "    yield %s\n"
                                         "  } else {\n"
                                         "    yield %a\n"
                                         "  }\n"
                                         "  return %y\n"
                                         "}\n",
                                         "verify");
  Function &f = *module->functions[0];
  Op &a = *f.body.front(), &b = *a.next(), &branch = *b.next();
  Block &then = branch.block(0);
};

TEST_F(Verify, FindsNothingWhereAllIsWell) { EXPECT_THAT(problemsOf(*module), ElementsAre()); }

TEST_F(Verify, FindsAUseBeforeTheDefinition) {
  a.moveBefore(f.body, branch.next());
  EXPECT_THAT(problemsOf(*module), ElementsAre("operand 0 is %a, which is not defined before",
                                               "operand 0 is %a, which is not defined before"));
}

TEST_F(Verify, FindsAUseOutsideOfTheBlock) {
  Op &last = f.body.terminator();
  last.setOperand(0, then.front()->result());
  EXPECT_THAT(problemsOf(*module), ElementsAre("operand 0 is %s, which is not visible here"));
}

TEST_F(Verify, FindsAWrongType) {
  b.result()->type = Type{ElementType::f32, {3}};
  EXPECT_THAT(problemsOf(*module), testing::Contains("result 0 is f32[3], expected f32[2]"));
}

TEST_F(Verify, FindsABrokenConstraint) {
  a.setOperand(1, f.body.argument(1));
  EXPECT_THAT(problemsOf(*module), ElementsAre("b is bool, expected a number [add.element]"));
}

TEST_F(Verify, FindsABlockWithoutAnEnd) {
  then.back()->erase();
  EXPECT_THAT(problemsOf(*module),
              testing::Contains("is the last op of its block, expected a yield"));
}

TEST_F(Verify, FindsAnEndInTheMiddle) {
  Builder{*module, f.body, &b}.yield({});
  EXPECT_THAT(problemsOf(*module), testing::Contains("ends the block but is not its last op"));
}

TEST_F(Verify, FindsAnEmptyBlock) {
  Block &other = branch.block(1);
  other.back()->erase();
  EXPECT_THAT(problemsOf(*module),
              testing::Contains("a block is empty, expected a yield at its end"));
}

TEST_F(Verify, FindsBlocksThatHaveGone) {
  const auto taken = branch.takeBlocks();
  EXPECT_THAT(problemsOf(*module), testing::Contains("has 0 blocks, expected 2"));
}

TEST_F(Verify, FindsABodyOfNobody) {
  f.body.function_ = nullptr;
  EXPECT_THAT(problemsOf(*module), testing::Contains("the body of @f does not name its function"));
  f.body.function_ = &f;
}

TEST_F(Verify, FindsMoreResultsThanTheOpHas) {
  for (size_t i = 0; i < 2; ++i) {
    Block &block = branch.block(i);
    Value *yielded = block.terminator().operand(0);
    block.terminator().erase();
    Builder{*module, block}.yield(std::vector<Value *>{yielded, yielded});
  }
  EXPECT_THAT(problemsOf(*module), ElementsAre("has 1 results, expected 2"));
}

TEST_F(Verify, FindsAnAttributeOfAnotherKind) {
  Value *sum =
      Builder{*module, f.body, &b}.make(ops::reduce_sum, {a.result()}, {attr::axes(Ints{0})});
  sum->def()->set(AttrKey<double>{"axes"}, 0.5);
  EXPECT_THAT(problemsOf(*module), ElementsAre("attribute 'axes' is of kind float, expected ints"));
}

TEST_F(Verify, FindsConstantsThatAreNotWhatTheirTypeSays) {
  Value *k = a.operand(1);
  k->type = Type{ElementType::f32, {3}};
  EXPECT_THAT(problemsOf(*module), testing::Contains("@k is f32[3] and has 4 bytes, expected 12"));
  k->type = Type{ElementType::f32, {module->symbol("N", {1, 8})}};
  EXPECT_THAT(problemsOf(*module),
              testing::Contains("@k is f32[N], expected a tensor of known extents"));
}

TEST_F(Verify, FindsAForeignConstant) {
  Module other;
  a.setOperand(1, other.addScalar(ElementType::f32, 2, "z"));
  EXPECT_THAT(problemsOf(*module),
              ElementsAre("operand 1 is @z, which is no constant of the module"));
  a.setOperand(1, module->constants().front().get());
}

TEST_F(Verify, FindsTheUseOfAnOpThatIsNowhere) {
  Module other;
  Function &elsewhere = other.addFunction("g");
  Builder{other, elsewhere.body}.make(ops::neg, {a.result()});
  EXPECT_THAT(problemsOf(*module), ElementsAre("%a is used by an op that is in no function"));
  elsewhere.body.back()->erase();
}

TEST_F(Verify, FindsAnUndeclaredSymbol) {
  Builder{*module, f.body, &a}.make(
      ops::iota, {},
      {attr::type(Type{ElementType::f32, {Dim::symbol("Z", {0, 4})}}), attr::axis(0)});
  EXPECT_THAT(problemsOf(*module),
              ElementsAre("a result is f32[Z]: symbol 'Z' is not in the module"));
}

TEST_F(Verify, FindsBoundsThatDiffer) {
  module->symbol("Z", {0, 4});
  f.body.addArgument(Type{ElementType::f32, {Dim::symbol("Z", {0, 5})}}, "z");
  EXPECT_THAT(problemsOf(*module), ElementsAre(HasSubstr("symbol 'Z' has other bounds")));
}

TEST_F(Verify, FindsASymbolThatIsNoIdentifier) {
  module->symbol("batch size", {0, 4});
  EXPECT_THAT(problemsOf(*module), ElementsAre("symbol 'batch size' is no identifier"));
}

TEST_F(Verify, FindsASymbolThatNoInputGives) {
  const Dim z = module->symbol("Z", {0, 4});
  f.body.addArgument(Type{ElementType::f32, {z * 2}}, "z");
  EXPECT_THAT(problemsOf(*module),
              ElementsAre(HasSubstr("no input of @f has the extent Z itself")));
}

TEST_F(Verify, FindsBrokenStates) {
  f.states.push_back({"h", 0, 7, nullptr});
  EXPECT_THAT(problemsOf(*module), ElementsAre("state 'h' is argument 0 of 2 and result 7 of 1"));
  f.states = {{"h", 0, 0, f.body.argument(0)}};
  EXPECT_THAT(problemsOf(*module),
              ElementsAre("the initial value of state 'h' is no constant of the module"));
  f.states = {{"h", 0, 0, nullptr}, {"h", 0, 0, nullptr}};
  EXPECT_THAT(problemsOf(*module),
              ElementsAre("state 'h' is there twice",
                          "state 'h' shares its argument or its result with another"));
}

TEST_F(Verify, FindsTooManyNamesOfResults) {
  f.resultNames = {"y", "z"};
  EXPECT_THAT(problemsOf(*module), ElementsAre("@f has 2 names for 1 results"));
}

TEST_F(Verify, PrintsTheFunctionWithTheProblems) {
  b.result()->type = Type{ElementType::f32, {3}};
  try {
    verifyOrThrow(*module, "pass break-things");
    FAIL();
  } catch (const InternalError &e) {
    EXPECT_THAT(e.what(), HasSubstr("after pass break-things the module is not valid"));
    EXPECT_THAT(e.what(),
                HasSubstr("%b = neg(%a) : f32[3]  # error: result 0 is f32[3], expected f32[2]"));
  }
}

} // namespace
} // namespace burin::ir
