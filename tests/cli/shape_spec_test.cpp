// SPDX-License-Identifier: Apache-2.0
#include "cli/shape_spec.h"
#include "tests/cli/support.h"

namespace burin::cli {
namespace {

using ir::ElementType;

/// "name|1,3,b,2..4|f32", to compare at a glance.
std::string shapeText(std::string_view input) {
  const ShapeSpec spec = parseShapeSpec(input);
  std::string extents;
  for (const ExtentSpec &extent : spec.extents) {
    extents += extents.empty() ? "" : ",";
    extents += !extent.symbol.empty() ? extent.symbol
               : extent.isNumber()
                   ? std::to_string(extent.bounds.lo)
                   : std::to_string(extent.bounds.lo) + ".." + std::to_string(extent.bounds.hi);
  }
  return spec.name + "|" + extents + "|" +
         (spec.element ? std::string(name(*spec.element)) : std::string{});
}

TEST(ShapeSpec, ReadsEveryForm) {
  const std::pair<const char *, const char *> cases[] = {
      {"x:1x3x224x224", "x|1,3,224,224|"},
      {"x=1x3", "x|1,3|"},
      {"x:[1,3,224]", "x|1,3,224|"},
      {"x:[ 1, 3 ]", "x|1,3|"},
      {"1x3x2", "|1,3,2|"},
      {"[1, 3, 2]", "|1,3,2|"},
      {"7", "|7|"},
      {"x:0", "x|0|"},
      {"x:0:1x3", "x:0|1,3|"},
      {"x:0=1x3", "x:0|1,3|"},
      {"a/b:0:[4]", "a/b:0|4|"},
      {"a=b:2x2", "a=b|2,2|"},
      {"step:scalar", "step||"},
      {"scalar", "||"},
      {"x:[]", "x||"},
      {"ids:1x128xi64", "ids|1,128|i64"},
      {"ids:[1,128]xi64", "ids|1,128|i64"},
      {"step:scalarxf32", "step||f32"},
      {"1x3xbf16", "|1,3|bf16"},
      {"x:[batch, 3]", "x|batch,3|"},
      {"x:[unk__1,seq.len]", "x|unk__1,seq.len|"},
      {"x:1..8x3", "x|1..8,3|"},
  };
  for (const auto &[input, expected] : cases)
    EXPECT_EQ(shapeText(input), expected) << input;
}

TEST(ShapeSpec, QuotesTheInput) {
  const std::pair<const char *, const char *> cases[] = {
      {"", "--input-shape '': the shape is missing"},
      {"x:", "--input-shape 'x:': the shape is missing"},
      {":1x2", "--input-shape ':1x2': the name is missing"},
      {"x:1x", "--input-shape 'x:1x': '' is not an extent"},
      {"x:1xx2", "--input-shape 'x:1xx2': '' is not an extent"},
      {"x:[1,]", "--input-shape 'x:[1,]': '' is not an extent"},
      {"x:[1,2", "--input-shape 'x:[1,2': the bracket does not end"},
      {"x:1x3xfoo", "--input-shape 'x:1x3xfoo': 'foo' is not an extent"},
      {"x:batchx3", "--input-shape 'x:batchx3': 'batch' is not an extent"},
      {"x:8..1", "--input-shape 'x:8..1': the range 8..1 is empty"},
      {"x:1..", "--input-shape 'x:1..': '1..' is not a range"},
      {"x:99999999999999999999",
       "--input-shape 'x:99999999999999999999': 99999999999999999999 is too large"},
      {"x:?x3", "--input-shape 'x:?x3': '?' has no bound, and memory is planned at compile time"},
      {"x:-1x3", "--input-shape 'x:-1x3': '?' has no bound, and memory is planned at compile time"},
  };
  for (const auto &[input, expected] : cases) {
    const Diagnostic problem = problemOf([text = input] { parseShapeSpec(text); });
    EXPECT_EQ(problem.problem, Problem::usage) << input;
    EXPECT_EQ(problem.text, expected);
  }
}

TEST(DimSpec, NumbersAndRanges) {
  const DimSpec fixed = parseDimSpec("batch=4");
  EXPECT_EQ(fixed.symbol, "batch");
  EXPECT_EQ(fixed.bounds, (ir::Bounds{4, 4}));
  EXPECT_EQ(parseDimSpec("batch=1..8").bounds, (ir::Bounds{1, 8}));
  EXPECT_EQ(parseDimSpec("a = 0 .. 8").symbol, "a");
  for (const char *wrong : {"", "batch", "=1", "batch=", "batch=?", "batch=x", "batch=8..1",
                            "batch=1..", "batch=-1", "batch=1.5"})
    EXPECT_EQ(problemOf([&] { parseDimSpec(wrong); }).problem, Problem::usage) << wrong;
}

TEST(TypeSpec, NameAndType) {
  EXPECT_EQ(parseTypeSpec("x:0:i8").name, "x:0");
  EXPECT_EQ(parseTypeSpec("x=u8").element, ElementType::u8);
  EXPECT_EQ(parseTypeSpec("i8").name, "");
  EXPECT_EQ(problemOf([] { parseTypeSpec("x:int8"); }).text,
            "--input-type 'x:int8': 'int8' is not an element type");
}

TEST(PairSpec, StateAndInput) {
  EXPECT_EQ(parseStateSpec("h=h_out").right, "h_out");
  for (const char *wrong : {"h", "=h", "h=", "a=b=c"})
    EXPECT_EQ(problemOf([&] { parseStateSpec(wrong); }).problem, Problem::usage) << wrong;
  const PairSpec input = parseInputSpec("x:0=@dir/a=b.npy");
  EXPECT_EQ(input.left, "x:0");
  EXPECT_EQ(input.right, "dir/a=b.npy");
  EXPECT_EQ(parseInputSpec("@x.npy").left, "");
  for (const char *wrong : {"x", "x=", "x=y.npy", "=@y.npy", "x=@", "@"})
    EXPECT_EQ(problemOf([&] { parseInputSpec(wrong); }).problem, Problem::usage) << wrong;
}

} // namespace
} // namespace burin::cli
