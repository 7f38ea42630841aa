// SPDX-License-Identifier: Apache-2.0
//
// Lowering where the official tests do not reach: operands that the run decides, branches and loops
// whose shapes change, and what is refused. Models run on the reference interpreter.
#include "frontend/onnx/import.h"
#include "tests/frontend/onnx/wire_builder.h"
#include "tests/reference/reference.h"

#include <cctype>
#include <gtest/gtest.h>

namespace burin::onnx::test {
namespace {

constexpr auto kF32 = static_cast<int32_t>(DataType::f32),
               kI64 = static_cast<int32_t>(DataType::i64),
               kBool = static_cast<int32_t>(DataType::boolean);

Message typed(std::string_view name, int32_t element, std::initializer_list<int64_t> dims) {
  Message shape;
  for (const int64_t d : dims)
    shape.message(1, Message{}.varint(1, d));
  return Message{}.text(1, name).message(
      2, Message{}.message(1, Message{}.varint(1, element).message(2, shape)));
}
/// Extents are numbers or names.
Message symbolic(std::string_view name, int32_t element, std::initializer_list<const char *> dims) {
  Message shape;
  for (const std::string_view d : dims)
    shape.message(1, std::isdigit(d[0]) ? Message{}.varint(1, std::stoll(std::string(d)))
                                        : Message{}.text(2, d));
  return Message{}.text(1, name).message(
      2, Message{}.message(1, Message{}.varint(1, element).message(2, shape)));
}
Message intAttribute(std::string_view name, int64_t value) {
  return Message{}.text(1, name).varint(3, value).varint(20, 2);
}
Message textAttribute(std::string_view name, std::string_view value) {
  return Message{}.text(1, name).text(4, value).varint(20, 3);
}
Message ints(std::string_view name, std::initializer_list<int64_t> values) {
  return tensor(name, DataType::i64, {static_cast<int64_t>(values.size())}).packed(7, values);
}

ir::Tensor floats(ir::Shape shape, std::initializer_list<float> values) {
  ir::Tensor t{ir::Type{ir::ElementType::f32, std::move(shape)}};
  std::copy(values.begin(), values.end(), t.as<float>().begin());
  return t;
}
ir::Tensor integers(ir::Shape shape, std::initializer_list<int64_t> values) {
  ir::Tensor t{ir::Type{ir::ElementType::i64, std::move(shape)}};
  std::copy(values.begin(), values.end(), t.as<int64_t>().begin());
  return t;
}
ir::Tensor truth(bool holds) {
  ir::Tensor t{ir::Type{ir::ElementType::boolean, {}}};
  t.setInteger(0, holds);
  return t;
}

Import imported(const Message &m, const ImportOptions &options = {}) {
  const TemporaryFolder folder;
  return importModel(folder.write("m.onnx", m.bytes), options);
}
std::string refusal(const Message &m) {
  return problemsOf([&] { imported(m); });
}
std::vector<ir::Tensor> run(const Message &m, std::vector<ir::Tensor> inputs) {
  return ir::execute(*imported(m).module->functions[0], std::move(inputs), reference::evaluator());
}
std::string runError(const Message &m, std::vector<ir::Tensor> inputs) {
  try {
    run(m, std::move(inputs));
    return "";
  } catch (const ir::RunError &error) {
    return error.status();
  }
}
std::vector<float> values(const ir::Tensor &t) {
  return {t.as<float>().begin(), t.as<float>().end()};
}

// ---- operands that the run decides ----

Message reshapeAtRunTime() {
  return model(graph({.nodes = {node("Reshape", {"x", "shape"}, {"y"})},
                      .inputs = {typed("x", kF32, {2, 3}), typed("shape", kI64, {2})},
                      .outputs = {typed("y", kF32, {3, 2})}}));
}

TEST(RunTimeShape, ReshapeTakesTheDeclaredShape) {
  const auto out =
      run(reshapeAtRunTime(), {floats({2, 3}, {1, 2, 3, 4, 5, 6}), integers({2}, {3, -1})});
  EXPECT_EQ(out[0].type.text(), "f32[3, 2]");
}

TEST(RunTimeShape, AnotherShapeFails) {
  EXPECT_EQ(
      runError(reshapeAtRunTime(), {floats({2, 3}, {1, 2, 3, 4, 5, 6}), integers({2}, {6, 1})}),
      "bad_shape");
}

TEST(RunTimeShape, WithoutADeclaredShapeItIsRefused) {
  const Message m =
      model(graph({.nodes = {node("Reshape", {"x", "shape"}, {"z"}, "r"), node("Neg", {"z"}, {"w"}),
                             node("Softmax", {"w"}, {"y"})},
                   .inputs = {typed("x", kF32, {2, 3}), typed("shape", kI64, {2})},
                   .outputs = {untyped("y")}}));
  EXPECT_EQ(refusal(m), "node 'r' (Reshape): the shape is computed from data while running, and "
                        "Reshape needs to know it while compiling [onnx.runtime-shape]");
}

TEST(RunTimeShape, AxesAreChosenByTheRun) {
  const Message m = model(graph(
      {.nodes = {node("ReduceSum", {"x", "axes"}, {"y"}).message(5, intAttribute("keepdims", 0))},
       .inputs = {typed("x", kF32, {2, 2}), typed("axes", kI64, {1})},
       .outputs = {typed("y", kF32, {2})}}));
  EXPECT_EQ(values(run(m, {floats({2, 2}, {1, 2, 3, 4}), integers({1}, {0})})[0]),
            (std::vector<float>{4, 6}));
  EXPECT_EQ(values(run(m, {floats({2, 2}, {1, 2, 3, 4}), integers({1}, {-1})})[0]),
            (std::vector<float>{3, 7}));
}

Message sliceAtRunTime() {
  return model(
      graph({.nodes = {node("Slice", {"x", "from", "to"}, {"y"})},
             .inputs = {typed("x", kF32, {4}), typed("from", kI64, {1}), typed("to", kI64, {1})},
             .outputs = {untyped("y")}}));
}

TEST(RunTimeShape, ASliceHasTheExtentThatTheRunFinds) {
  const auto slice = [](int64_t from, int64_t to) {
    return values(run(sliceAtRunTime(),
                      {floats({4}, {1, 2, 3, 4}), integers({1}, {from}), integers({1}, {to})})[0]);
  };
  EXPECT_EQ(slice(1, 3), (std::vector<float>{2, 3}));
  EXPECT_EQ(slice(-2, INT64_MAX), (std::vector<float>{3, 4}));
  EXPECT_EQ(slice(3, 1), (std::vector<float>{}));
}

TEST(RunTimeShape, ExtentsThatWentThroughFloats) {
  const Message m =
      model(graph({.nodes = {node("Shape", {"x"}, {"s"}),
                             node("Cast", {"s"}, {"f"}).message(5, intAttribute("to", kF32)),
                             node("Div", {"f", "two"}, {"half"}), node("Ceil", {"half"}, {"up"}),
                             node("Cast", {"up"}, {"n"}).message(5, intAttribute("to", kI64)),
                             node("ConstantOfShape", {"n"}, {"y"})},
                   .initializers = {tensor("two", DataType::f32, {})
                                        .text(9, std::string_view("\0\0\0\x40", 4))},
                   .inputs = {typed("x", kF32, {3, 4})},
                   .outputs = {untyped("y")}}));
  EXPECT_EQ(run(m, {floats({3, 4}, {})})[0].type.text(), "f32[2, 2]");
}

TEST(RunTimeShape, PlacesOfOneMaskHaveOneExtent) {
  const Message m = model(
      graph({.nodes = {node("NonZero", {"m"}, {"a"}), node("NonZero", {"m"}, {"b"}),
                       node("Transpose", {"a"}, {"i"}), node("Transpose", {"b"}, {"j"}),
                       node("GatherND", {"x", "i"}, {"p"}), node("GatherND", {"z", "j"}, {"q"}),
                       node("Add", {"p", "q"}, {"r"}), node("ScatterND", {"x", "i", "r"}, {"y"})},
             .inputs = {typed("m", kBool, {3}), typed("x", kF32, {3}), typed("z", kF32, {3})},
             .outputs = {untyped("y")}}));
  ir::Tensor mask{ir::Type{ir::ElementType::boolean, {3}}};
  mask.setInteger(0, 1), mask.setInteger(2, 1);
  EXPECT_EQ(values(run(m, {mask, floats({3}, {1, 2, 3}), floats({3}, {10, 20, 30})})[0]),
            (std::vector<float>{11, 2, 33}));
}

/// x[m] = 7, as torch writes it: as many numbers as the mask has places.
TEST(RunTimeShape, AMaskSaysHowManyThereAre) {
  const Message m = model(graph(
      {.nodes = {node("Cast", {"m"}, {"c"}).message(5, intAttribute("to", kI64)),
                 node("ReduceSum", {"c", "axes"}, {"n"}).message(5, intAttribute("keepdims", 1)),
                 node("Expand", {"seven", "n"}, {"v"}), node("NonZero", {"m"}, {"a"}),
                 node("Transpose", {"a"}, {"i"}), node("ScatterND", {"x", "i", "v"}, {"y"})},
       .initializers = {ints("axes", {0}), tensor("seven", DataType::f32, {})
                                               .text(9, std::string_view("\0\0\xE0\x40", 4))},
       .inputs = {typed("m", kBool, {3}), typed("x", kF32, {3})},
       .outputs = {untyped("y")}}));
  ir::Tensor mask{ir::Type{ir::ElementType::boolean, {3}}};
  mask.setInteger(1, 1), mask.setInteger(2, 1);
  EXPECT_EQ(values(run(m, {mask, floats({3}, {1, 2, 3})})[0]), (std::vector<float>{1, 7, 7}));
}

/// x of one symbol and z of another, added: what a U-Net or a cache of keys does.
TEST(RunTimeShape, ExtentsOfTwoNamesThatMustBeTheSame) {
  const Message m =
      model(graph({.nodes = {node("Add", {"x", "z"}, {"s"}),
                             node("Concat", {"s", "z"}, {"y"}).message(5, intAttribute("axis", 0))},
                   .inputs = {symbolic("x", kF32, {"1", "a"}), symbolic("z", kF32, {"1", "b"})},
                   .outputs = {untyped("y")}}));
  ImportOptions options;
  options.dims = {{"a", {1, 4}}, {"b", {1, 4}}};
  const Import model = imported(m, options);
  const auto run = [&](ir::Tensor x, ir::Tensor z) {
    return ir::execute(*model.module->functions[0], {std::move(x), std::move(z)},
                       reference::evaluator());
  };
  EXPECT_EQ(values(run(floats({1, 2}, {1, 2}), floats({1, 2}, {10, 20}))[0]),
            (std::vector<float>{11, 22, 10, 20}));
  EXPECT_THROW(run(floats({1, 2}, {1, 2}), floats({1, 3}, {1, 2, 3})), ir::RunError);
}

// ---- control flow ----

Message branch(std::string_view out, std::initializer_list<int64_t> extents) {
  return graph({.nodes = {node("Slice", {"x", "zero", "end"}, {out})},
                .initializers = {ints("zero", {0}), ints("end", extents)},
                .inputs = {},
                .outputs = {untyped(out)}});
}

TEST(ControlFlow, BranchesOfTwoShapes) {
  const Message m =
      model(graph({.nodes = {node("If", {"c"}, {"z"})
                                 .message(5, graphAttribute("then_branch", branch("a", {1})))
                                 .message(5, graphAttribute("else_branch", branch("b", {3}))),
                             node("Neg", {"z"}, {"y"})},
                   .inputs = {typed("c", kBool, {}), typed("x", kF32, {3})},
                   .outputs = {untyped("y")}}));
  EXPECT_EQ(values(run(m, {truth(true), floats({3}, {1, 2, 3})})[0]), (std::vector<float>{-1}));
  EXPECT_EQ(values(run(m, {truth(false), floats({3}, {1, 2, 3})})[0]),
            (std::vector<float>{-1, -2, -3}));
}

TEST(ControlFlow, ALoopStacksWhatItScans) {
  const Message body =
      graph({.nodes = {node("Identity", {"c"}, {"c2"}), node("Add", {"v", "x"}, {"v2"}),
                       node("Identity", {"v2"}, {"s"})},
             .inputs = {typed("i", kI64, {}), typed("c", kBool, {}), typed("v", kF32, {2})},
             .outputs = {untyped("c2"), untyped("v2"), untyped("s")}});
  const Message m = model(graph(
      {.nodes = {node("Loop", {"n", "", "x"}, {"y", "z"}).message(5, graphAttribute("body", body))},
       .initializers = {tensor("n", DataType::i64, {}).packed(7, {3})},
       .inputs = {typed("x", kF32, {2})},
       .outputs = {untyped("y"), untyped("z")}}));
  const auto out = run(m, {floats({2}, {1, 2})});
  EXPECT_EQ(values(out[0]), (std::vector<float>{4, 8}));
  EXPECT_EQ(out[1].type.text(), "f32[3, 2]");
  EXPECT_EQ(values(out[1]), (std::vector<float>{2, 4, 3, 6, 4, 8}));
}

TEST(ControlFlow, AConditionThatIsAlwaysTrueEndsNothing) {
  const Message body =
      graph({.nodes = {node("Cast", {"true"}, {"c2"}).message(5, intAttribute("to", kBool)),
                       node("Neg", {"x"}, {"s"})},
             .inputs = {typed("i", kI64, {}), typed("c", kBool, {})},
             .outputs = {untyped("c2"), untyped("s")}});
  const Message m = model(
      graph({.nodes = {node("Loop", {"n", "true"}, {"z"}).message(5, graphAttribute("body", body))},
             .initializers = {tensor("n", DataType::i64, {}).packed(7, {3}),
                              tensor("true", DataType::boolean, {}).packed(5, {1})},
             .inputs = {typed("x", kF32, {2})},
             .outputs = {untyped("z")}}));
  EXPECT_EQ(imported(m).module->functions[0]->body.terminator().operand(0)->type.text(),
            "f32[3, 2]");
}

/// How torch writes `for`: a counter is carried, and the list has no bound but that of the counter.
TEST(ControlFlow, AListGrowsWhileACounterIsBelowANumber) {
  const Message body =
      graph({.nodes = {node("SequenceInsert", {"l", "x"}, {"l2"}),
                       node("Add", {"k", "one"}, {"k2"}), node("Less", {"k2", "three"}, {"below"}),
                       node("Cast", {"i"}, {"f"}).message(5, intAttribute("to", kF32)),
                       node("Less", {"f", "four"}, {"few"}), node("And", {"below", "few"}, {"c2"})},
             .inputs = {typed("i", kI64, {}), typed("c", kBool, {}), untyped("l"), untyped("k")},
             .outputs = {untyped("c2"), untyped("l2"), untyped("k2")}});
  const Message m = model(graph(
      {.nodes = {node("SequenceEmpty", {}, {"none"}),
                 node("Loop", {"", "true", "none", "zero"}, {"list", "last"})
                     .message(5, graphAttribute("body", body)),
                 node("ConcatFromSequence", {"list"}, {"y"}).message(5, intAttribute("axis", 0))},
       .initializers =
           {tensor("zero", DataType::i64, {}).packed(7, {0}),
            tensor("one", DataType::i64, {}).packed(7, {1}),
            tensor("three", DataType::i64, {}).packed(7, {3}),
            tensor("four", DataType::f32, {}).text(9, std::string_view("\0\0\x80\x40", 4)),
            tensor("true", DataType::boolean, {}).packed(5, {1})},
       .inputs = {typed("x", kF32, {1})},
       .outputs = {typed("y", kF32, {3})}}));
  EXPECT_EQ(values(run(m, {floats({1}, {5})})[0]), (std::vector<float>{5, 5, 5}));
}

/// while (k + 1 < 4) stack(v += x), k from 1 on: without a count, as another framework's loop.
TEST(ControlFlow, ALoopWhoseConditionCountsHasKnownIterations) {
  const Message body =
      graph({.nodes = {node("Add", {"k", "one"}, {"k2"}), node("Less", {"k2", "four"}, {"c2"}),
                       node("Add", {"v", "x"}, {"v2"}), node("Identity", {"v2"}, {"s"})},
             .initializers = {tensor("one", DataType::i64, {}).packed(7, {1}),
                              tensor("four", DataType::i64, {}).packed(7, {4})},
             .inputs = {typed("i", kI64, {}), typed("c", kBool, {}), typed("k", kI64, {}),
                        typed("v", kF32, {2})},
             .outputs = {untyped("c2"), untyped("k2"), untyped("v2"), untyped("s")}});
  const Message m =
      model(graph({.nodes = {node("Loop", {"", "", "first", "x"}, {"k3", "y", "z"})
                                 .message(5, graphAttribute("body", body))},
                   .initializers = {tensor("first", DataType::i64, {}).packed(7, {1})},
                   .inputs = {typed("x", kF32, {2})},
                   .outputs = {untyped("k3"), untyped("z")}}));
  const auto out = run(m, {floats({2}, {1, 2})});
  EXPECT_EQ(out[0].integer(0), 4);
  EXPECT_EQ(out[1].type.text(), "f32[3, 2]");
  EXPECT_EQ(values(out[1]), (std::vector<float>{2, 4, 3, 6, 4, 8}));
}

TEST(ControlFlow, ASequenceOfShapesOfItsOwn) {
  const Message m = model(graph(
      {.nodes = {node("SequenceConstruct", {"a", "b"}, {"s"}),
                 node("SequenceInsert", {"s", "a"}, {"t"}), node("SequenceAt", {"t", "i"}, {"y"})},
       .inputs = {typed("a", kF32, {1}), typed("b", kF32, {2}), typed("i", kI64, {})},
       .outputs = {untyped("y")}}));
  const auto at = [&](int64_t i) {
    return values(run(m, {floats({1}, {1}), floats({2}, {2, 3}), integers({}, {i})})[0]);
  };
  EXPECT_EQ(at(0), (std::vector<float>{1}));
  EXPECT_EQ(at(1), (std::vector<float>{2, 3}));
  EXPECT_EQ(at(-1), (std::vector<float>{1}));
}

// ---- what is refused ----

TEST(Refused, AttributeValuesByTheNameOfTheNode) {
  const auto refused = [](const Message &n) {
    return refusal(model(graph(
        {.nodes = {n}, .inputs = {typed("x", kF32, {1, 4, 2, 2})}, .outputs = {untyped("y")}})));
  };
  EXPECT_EQ(refused(node("DepthToSpace", {"x"}, {"y"}, "d")
                        .message(5, intAttribute("blocksize", 2))
                        .message(5, textAttribute("mode", "RGB"))),
            "node 'd' (DepthToSpace): mode is 'RGB', expected DCR or CRD [onnx.mode]");
  EXPECT_EQ(refused(node("LpNormalization", {"x"}, {"y"}, "l").message(5, intAttribute("p", 3))),
            "node 'l' (LpNormalization): p is 3, expected 1 or 2 [onnx.p]");
  EXPECT_EQ(refused(node("Cast", {"x"}, {"y"}, "c")
                        .message(5, intAttribute("to", static_cast<int64_t>(DataType::f8e8m0)))
                        .message(5, textAttribute("round_mode", "down"))),
            "node 'c' (Cast): round_mode 'down' of a cast to f8e8m0 "
            "[onnx.attribute]");
}

TEST(Refused, ARotationOfHalfAPair) {
  const Message n = node("RotaryEmbedding", {"x", "i", "c", "c"}, {"y"}, "r")
                        .text(7, "com.microsoft")
                        .message(5, intAttribute("rotary_embedding_dim", 3));
  EXPECT_EQ(refusal(model(graph({.nodes = {n},
                                 .inputs = {typed("x", kF32, {1, 2, 3, 4}),
                                            typed("i", kI64, {1, 3}), typed("c", kF32, {8, 1})},
                                 .outputs = {untyped("y")}}))
                        .message(8, opset("com.microsoft", 1))),
            "node 'r' (RotaryEmbedding): 3 elements of a head of 4 cannot be turned in pairs "
            "[onnx.rotary]");
}

} // namespace
} // namespace burin::onnx::test
