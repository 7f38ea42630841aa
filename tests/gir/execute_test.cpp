// SPDX-License-Identifier: Apache-2.0
//
// Running functions and single ops: what `# eval` cases cannot ask for.
#include "ir/ops.h"
#include "ir/text.h"
#include "tests/reference/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace burin::ir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Tensor floats(Shape shape, std::vector<float> values) {
  return Tensor{Type{ElementType::f32, std::move(shape)}, std::as_bytes(std::span(values))};
}

TEST(Execute, ShowsEveryValueAndWhatIsPrinted) {
  const auto module = parse("func @f(%x: f32[1]) -> (f32[1]) {\n"
                            "  %a = neg(%x)\n"
                            "  %b = fused(%a) {shape=[1]} body(%p: f32[]) {\n"
                            "    %q = neg(%p)\n"
                            "    yield %q\n"
                            "  }\n"
                            "  print(%x) {message=\"x\"}\n"
                            "  return %b\n"
                            "}\n",
                            "t");
  std::vector<std::string> names;
  execute(*module->functions[0], {floats({1}, {2})}, reference::evaluator(),
          [&](const Value &v, const Tensor &) { names.push_back(v.name); });
  EXPECT_THAT(names, ElementsAre("a", "b", "x"));
}

TEST(Execute, RefusesArgumentsThatDoNotFit) {
  const auto module = parse("dim N = 1..4\n"
                            "func @f(%x: f32[N, 2*N], %y: f32[N]) -> () {\n"
                            "  return\n"
                            "}\n",
                            "t");
  const auto problemOf = [&](std::vector<Tensor> arguments) -> std::string {
    try {
      execute(*module->functions[0], std::move(arguments), reference::evaluator());
    } catch (const RunError &e) {
      return e.status() + ": " + e.what();
    }
    return "none";
  };
  const auto zeros = [](Shape shape) { return Tensor{Type{ElementType::f32, std::move(shape)}}; };
  EXPECT_EQ(problemOf({zeros({3, 6}), zeros({3})}), "none");
  EXPECT_EQ(problemOf({zeros({3, 5}), zeros({3})}),
            "bad_shape: argument 'x', axis 1: is 5, expected 6 (2*N)");
  EXPECT_EQ(problemOf({zeros({3, 6}), zeros({2})}),
            "bad_shape: argument 'y', axis 0: is 2, expected 3 (N)");
  EXPECT_EQ(problemOf({zeros({5, 10}), zeros({5})}),
            "bad_shape: argument 'x', axis 0: N is 5, expected 1 to 4");
  EXPECT_EQ(problemOf({zeros({3}), zeros({3})}),
            "bad_shape: argument 'x' is f32[3], expected f32[N, 2*N]");
  EXPECT_EQ(problemOf({zeros({3, 6}), Tensor{Type{ElementType::i32, {3}}}}),
            "bad_shape: argument 'y' is i32[3], expected f32[N]");
}

TEST(Execute, RunsOneOpWithItsBlocks) {
  const auto module =
      parse("const @a : f32[2, 2] = [1, 2, 3, 4]\n"
            "const @b : f32[2] = [10, 20]\n"
            "func @f(%c: bool[]) -> () {\n"
            "  %y = reduce_sum(@a, @b) {axes=[0]} epilogue(%acc: f32[], %e: f32[]) {\n"
            "    %s = add(%acc, %e)\n"
            "    yield %s\n"
            "  }\n"
            "  return\n"
            "}\n",
            "t");
  const Op &op = *module->functions[0]->body.front();
  const Tensor a = toTensor(*op.operand(0)), b = toTensor(*op.operand(1));
  const Tensor *operands[] = {&a, &b};
  SymbolValues symbols;
  const std::vector<Tensor> results = executeOp(op, operands, reference::evaluator(), symbols);
  EXPECT_THAT(results.at(0).as<float>(), ElementsAre(14, 26));
  Value *constant = addConstant(*module, results[0], "y");
  EXPECT_THAT(toTensor(*constant).as<float>(), ElementsAre(14, 26));
}

TEST(Execute, DefinesSymbolsOfOneOp) {
  const auto module = parse("dim K = 0..4\n"
                            "const @x : f32[3] = [1, 0, 2]\n"
                            "func @f() -> () {\n"
                            "  %y = nonzero(@x) {dims=[K]}\n"
                            "  return\n"
                            "}\n",
                            "t");
  const Op &op = *module->functions[0]->body.front();
  const Tensor x = toTensor(*op.operand(0));
  const Tensor *operands[] = {&x};
  SymbolValues symbols;
  executeOp(op, operands, reference::evaluator(), symbols);
  EXPECT_EQ(symbols.find("K"), 2);
}

struct Nothing : Evaluator {
  bool supports(const Op &) const override { return false; }
  std::vector<Tensor> evaluate(const Op &, std::span<const Tensor *const>,
                               const SymbolValues &) const override {
    return {};
  }
};

TEST(Execute, NamesTheOpThatIsNotSupported) {
  const auto module = parse("func @f(%x: f32[1]) -> () {\n"
                            "  %a = neg(%x) loc(\"node7\", \"Neg\")\n"
                            "  return\n"
                            "}\n",
                            "t");
  try {
    execute(*module->functions[0], {floats({1}, {2})}, Nothing{});
    FAIL();
  } catch (const CompileError &e) {
    EXPECT_EQ(e.diagnostic().problem, Problem::unsupported);
    EXPECT_EQ(e.diagnostic().at.node, "node7");
    EXPECT_THAT(e.what(), HasSubstr("neg cannot be run inside the compiler for f32[1]"));
  }
}

TEST(Execute, KnowsWhatItRunsItself) {
  for (const OpDef *op : {&ops::yield, &ops::if_, &ops::loop, &ops::fused, &ops::bind, &ops::shape,
                          &ops::list_make, &ops::optional_get, &ops::assert_, &ops::print})
    EXPECT_TRUE(executesItself(*op)) << op->name;
  for (const OpDef *op : {&ops::add, &ops::conv, &ops::reshape, &ops::random})
    EXPECT_FALSE(executesItself(*op)) << op->name;
}

} // namespace
} // namespace burin::ir
