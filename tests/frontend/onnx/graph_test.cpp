// SPDX-License-Identifier: Apache-2.0
//
// Names, order, scopes, imports, attributes and functions: what is accepted and what is not.
#include "tests/frontend/onnx/wire_builder.h"

#include <gtest/gtest.h>

namespace burin::onnx::test {
namespace {

using Names = std::vector<std::string>;

Names nodeNames(const Graph &graph) {
  Names names;
  for (const Node &node : graph.nodes)
    names.push_back(node.name);
  return names;
}

Extent inputExtent(const Message &dimension) {
  Message type =
      Message{}.message(1, Message{}.varint(1, 1).message(2, Message{}.message(1, dimension)));
  Model m = read(model(graph({.inputs = {Message{}.text(1, "y").message(2, type)}})));
  return m.graph.inputs[0].type.shape->at(0);
}

TEST(Leniency, UnknownDimensions) {
  EXPECT_EQ(inputExtent(Message{}.varint(1, 3)), Extent{int64_t{3}});
  EXPECT_EQ(inputExtent(Message{}.varint(1, 0)), Extent{int64_t{0}});
  EXPECT_EQ(inputExtent(Message{}.text(2, "unk__132")), Extent{std::string{"unk__132"}});
  for (const Message &unknown : {Message{}, Message{}.varint(1, -1), Message{}.text(2, ""),
                                 Message{}.text(2, "?"), Message{}.text(2, "None")})
    EXPECT_EQ(inputExtent(unknown), Extent{});
  // Of a oneof the last counts.
  EXPECT_EQ(inputExtent(Message{}.varint(1, 3).text(2, "N")), Extent{std::string{"N"}});
}

TEST(Leniency, TypesWithoutShapeAndWithoutType) {
  Message noShape = Message{}.message(1, Message{}.varint(1, 7));
  Model m =
      read(model(graph({.inputs = {Message{}.text(1, "y").message(2, noShape), untyped("z")}})));
  EXPECT_EQ(m.graph.inputs[0].type.element, DataType::i64);
  EXPECT_FALSE(m.graph.inputs[0].type.shape);
  EXPECT_EQ(m.graph.inputs[1].type.kind, Type::Kind::none);
}

TEST(Leniency, NestedTypes) {
  Message element = Message{}.message(1, Message{}.varint(1, 1).message(2, Message{}));
  Message sequence = Message{}.message(4, Message{}.message(1, element));
  Message optional = Message{}.message(9, Message{}.message(1, sequence));
  Message map = Message{}.message(5, Message{}.varint(1, 7).message(2, element));
  Model m = read(model(graph({.inputs = {Message{}.text(1, "y").message(2, optional),
                                         Message{}.text(1, "m").message(2, map)}})));
  const Type &type = m.graph.inputs[0].type;
  ASSERT_EQ(type.kind, Type::Kind::optional);
  ASSERT_EQ(type.inner->kind, Type::Kind::sequence);
  ASSERT_EQ(type.inner->inner->kind, Type::Kind::tensor);
  EXPECT_TRUE(type.inner->inner->shape && type.inner->inner->shape->empty()); // a scalar
  EXPECT_EQ(m.graph.inputs[1].type.kind, Type::Kind::map);
  EXPECT_EQ(m.graph.inputs[1].type.element, DataType::i64);
}

TEST(Leniency, Domains) {
  Message whole = model(graph({.nodes = {node("Neg", {"x"}, {"y"}).text(7, "ai.onnx")}}));
  whole.message(8, opset("com.microsoft.nchwc", 1)).message(8, opset("com.microsoft.nchwc", 1));
  whole.message(8, opset("ai.onnx", 18));
  Model m = read(whole);
  EXPECT_EQ(m.graph.nodes[0].domain, "");
  EXPECT_EQ(m.opsets, (Opsets{{"", 18}, {"com.microsoft.nchwc", 1}})); // the last counts
}

TEST(Leniency, ImportsWithoutTheDefaultDomain) {
  Message g = graph({.nodes = {node("Neg", {"x"}, {"y"})}});
  EXPECT_EQ(read(Message{}.varint(1, 8).message(7, g).message(8, opset("ai.onnx.ml", 3))).opsets,
            (Opsets{{"ai.onnx.ml", 3}}));
  EXPECT_EQ(read(Message{}.varint(1, 8).message(7, g)).opsets, Opsets{});
  EXPECT_EQ(read(Message{}.varint(1, 2).message(7, g)).opsets, (Opsets{{"", 1}}));
}

TEST(Leniency, GraphsWithoutNodesOrName) {
  Model input =
      read(Message{}.message(7, Message{}.message(11, value("x")).message(12, value("x"))));
  EXPECT_EQ(input.graph.outputs[0].name, "x");
  Message w = tensor("y", DataType::f32, {2}).text(9, "12345678");
  Model initializer = read(model(graph({.initializers = {w}, .inputs = {}})));
  EXPECT_TRUE(initializer.graph.nodes.empty());
  EXPECT_EQ(initializer.graph.outputs[0].name, "y");
  EXPECT_EQ(problems(Message{}.message(7, Message{})), "");
}

TEST(Leniency, OmittedInputsAndOutputs) {
  Model m = read(model(graph({.nodes = {node("LSTM", {"x", "", "x"}, {"", "y", ""}),
                                        node("LSTM", {"", "x"}, {"", ""})}})));
  EXPECT_EQ(m.graph.nodes[0].inputs, (Names{"x", "", "x"}));
  EXPECT_EQ(m.graph.nodes[0].outputs, (Names{"", "y", ""}));
}

TEST(Leniency, AnyNames) {
  for (std::string_view name :
       {"input 1", "serving_default_input_2:0", "gpu_0/data_0", "\xff\xfe", "\n"}) {
    GraphParts parts{.nodes = {node("Neg", {name}, {"y"})}, .inputs = {value(name)}};
    EXPECT_EQ(read(model(graph(parts))).graph.nodes[0].inputs[0], name);
  }
}

TEST(Leniency, EqualInitializersOfOneName) {
  Message w = tensor("w", DataType::f32, {1}).text(9, "abcd");
  Message v = tensor("w", DataType::f32, {1}).text(9, "abce");
  EXPECT_EQ(read(model(graph({.initializers = {w, w}, .outputs = {}}))).graph.initializers.size(),
            1u);
  EXPECT_EQ(problems(model(graph({.initializers = {w, v}, .outputs = {}}))),
            "two initializers have the name 'w' [onnx.names.duplicate]");
}

TEST(Initializers, ThatAreInputsMayBeOverriddenFromIr4On) {
  Message w = tensor("w", DataType::f32, {2}).text(9, "12345678");
  Message v = tensor("v", DataType::f32, {2}).text(9, "12345678");
  Message g = graph(
      {.nodes = {node("Add", {"w", "v"}, {"y"})}, .initializers = {w, v}, .inputs = {value("w")}});
  Model ir4 = read(model(g, 4));
  EXPECT_TRUE(ir4.graph.initializers[0].overridable);
  EXPECT_FALSE(ir4.graph.initializers[1].overridable);
  Model ir3 = read(model(g, 3));
  EXPECT_TRUE(ir3.graph.initializers[0].isInput);
  EXPECT_FALSE(ir3.graph.initializers[0].overridable);
}

TEST(Order, OfASortedGraphIsKept) {
  Model m =
      read(model(graph({.nodes = {node("Neg", {"x"}, {"b"}, "2"), node("Abs", {"x"}, {"a"}, "1"),
                                  node("Add", {"a", "b"}, {"y"}, "3")}})));
  EXPECT_EQ(nodeNames(m.graph), (Names{"2", "1", "3"}));
}

TEST(Order, OfAnUnsortedGraphIsMade) {
  Model m = read(model(
      graph({.nodes = {node("Add", {"a", "b"}, {"y"}, "sum"), node("Neg", {"x"}, {"b"}, "neg"),
                       node("Abs", {"b"}, {"a"}, "abs"), node("Abs", {"x"}, {"u"}, "unused")}})));
  EXPECT_EQ(nodeNames(m.graph), (Names{"neg", "abs", "sum", "unused"}));
}

Message branchReading(std::string_view name) {
  return graph(
      {.nodes = {node("Neg", {name}, {"inner"})}, .inputs = {}, .outputs = {value("inner")}});
}

TEST(Order, ConsidersWhatNestedGraphsRead) {
  // Two levels: only the innermost graph reads "late".
  Message outer =
      graph({.nodes = {node("If", {"c"}, {"r"})
                           .message(5, graphAttribute("then_branch", branchReading("late")))},
             .inputs = {},
             .outputs = {value("r")}});
  Model m = read(model(graph(
      {.nodes = {node("If", {"c"}, {"y"}, "if").message(5, graphAttribute("then_branch", outer)),
                 node("Abs", {"x"}, {"late"}, "late")},
       .inputs = {value("x"), untyped("c")}})));
  EXPECT_EQ(nodeNames(m.graph), (Names{"late", "if"}));
  const Graph &inner = *std::get<GraphRef>(m.graph.nodes[1].attributes[0].value);
  EXPECT_EQ(inner.captures, (Names{"c", "late"}));
}

TEST(Order, ConsidersOuterValuesThatABranchReturns) {
  Message branch = graph({.inputs = {}, .outputs = {value("late")}});
  Model m = read(model(graph(
      {.nodes = {node("If", {"c"}, {"y"}, "if").message(5, graphAttribute("then_branch", branch)),
                 node("Abs", {"x"}, {"late"}, "late")},
       .inputs = {value("x"), untyped("c")}})));
  EXPECT_EQ(nodeNames(m.graph), (Names{"late", "if"}));
}

TEST(Order, HandlesLongChainsBackwards) {
  GraphParts parts;
  constexpr int kNodes = 100'000;
  for (int i = kNodes; i > 0; --i)
    parts.nodes.push_back(node("Neg", {i == 1 ? "x" : "v" + std::to_string(i - 1)},
                               {i == kNodes ? "y" : "v" + std::to_string(i)}));
  Model m = read(model(graph(parts)));
  EXPECT_EQ(m.graph.nodes.front().inputs[0], "x");
  EXPECT_EQ(m.graph.nodes.back().outputs[0], "y");
}

TEST(Order, NamesTheNodesOfACycle) {
  EXPECT_EQ(
      problems(model(
          graph({.nodes = {node("Neg", {"x"}, {"s"}, "start"),
                           node("Add", {"s", "c"}, {"a"}, "one"), node("Abs", {"a"}, {"b"}, "two"),
                           node("Abs", {"b"}, {"c"}), node("Abs", {"c"}, {"y"}, "end")}}))),
      "node 'one' (Add): nodes need each other's outputs: 'one' (Add) -> 'c' (Abs) -> 'two' (Abs) "
      "-> 'one' (Add) [onnx.names.cycle]");
  EXPECT_EQ(problems(model(graph({.nodes = {node("Neg", {"y"}, {"y"}, "self")}}))),
            "node 'self' (Neg): nodes need each other's outputs: 'self' (Neg) -> 'self' (Neg) "
            "[onnx.names.cycle]");
  // Through a nested graph.
  Message loop =
      node("If", {"x"}, {"r"}, "if").message(5, graphAttribute("then_branch", branchReading("y")));
  EXPECT_EQ(
      problems(model(graph({.nodes = {loop, node("Neg", {"r"}, {"y"}, "neg")}}))),
      "node 'if' (If): nodes need each other's outputs: 'if' (If) -> 'neg' (Neg) -> 'if' (If) "
      "[onnx.names.cycle]");
}

TEST(Names, AreDefinedOnce) {
  EXPECT_EQ(
      problems(model(
          graph({.nodes = {node("Neg", {"x"}, {"y"}, "a"), node("Abs", {"x"}, {"y"}, "b")}}))),
      "node 'b' (Abs): output 'y' is already the output of another node [onnx.names.duplicate]");
  EXPECT_EQ(
      problems(model(graph({.nodes = {node("Neg", {"x"}, {"x"}, "a")}, .outputs = {value("x")}}))),
      "node 'a' (Neg): output 'x' is already an input or initializer of the graph "
      "[onnx.names.duplicate]");
  EXPECT_EQ(
      problems(model(graph({.nodes = {node("Split", {"x"}, {"y", "y"}, "a")}}))),
      "node 'a' (Split): output 'y' is already the output of another node [onnx.names.duplicate]");
  EXPECT_EQ(problems(model(
                graph({.nodes = {node("Neg", {"x"}, {"y"})}, .inputs = {value("x"), value("x")}}))),
            "two inputs have the name 'x' [onnx.names.duplicate]");
}

TEST(Names, MustBeDefined) {
  EXPECT_EQ(
      problems(model(graph({.nodes = {node("Add", {"x", "q"}, {"y"}, "sum")},
                            .outputs = {value("y"), value("z")}}))),
      "node 'sum' (Add): it reads 'q', which no node, input or initializer defines "
      "[onnx.names.undefined]\n"
      "the graph returns 'z', which no node, input or initializer defines [onnx.names.undefined]");
  Message choice =
      node("If", {"x"}, {"y"}, "if").message(5, graphAttribute("then_branch", branchReading("q")));
  EXPECT_EQ(problems(model(graph({.nodes = {choice}}))),
            "node 'inner' (Neg): it reads 'q', which no node, input or initializer defines "
            "[onnx.names.undefined]");
  Message direct = graph({.inputs = {}, .outputs = {value("q")}});
  EXPECT_EQ(
      problems(model(graph({.nodes = {node("If", {"x"}, {"y"}, "if")
                                          .message(5, graphAttribute("then_branch", direct))}}))),
      "node 'if' (If): it reads 'q', which no node, input or initializer defines "
      "[onnx.names.undefined]");
}

TEST(Names, OfBranchesMayBeEqual) {
  Message choice = node("If", {"x"}, {"y"})
                       .message(5, graphAttribute("then_branch", branchReading("x")))
                       .message(5, graphAttribute("else_branch", branchReading("x")));
  EXPECT_EQ(problems(model(graph({.nodes = {choice}}))), "");
  // Nor does it hide what comes later.
  EXPECT_EQ(problems(model(graph({.nodes = {choice, node("Neg", {"x"}, {"inner"})}}))), "");
}

TEST(Names, OfInnerOutputsMayNotHideOuterOnes) {
  Message choice =
      node("If", {"x"}, {"y"}).message(5, graphAttribute("then_branch", branchReading("x")));
  EXPECT_EQ(problems(model(graph({.nodes = {node("Neg", {"x"}, {"inner"}), choice}}))),
            "node 'inner' (Neg): output 'inner' has the name of a value of an outer graph "
            "[onnx.names.shadow]");
}

TEST(Names, OfInnerInputsAndInitializersMayHideOuterOnes) {
  // ONNX forbids it, but its checker and ONNX Runtime accept it; the innermost wins.
  Message body = graph(
      {.nodes = {node("Neg", {"x"}, {"o"})}, .inputs = {value("x")}, .outputs = {value("o")}});
  Model m = read(model(graph(
      {.nodes = {node("Loop", {"", "", "x"}, {"y"}).message(5, graphAttribute("body", body))}})));
  EXPECT_TRUE(std::get<GraphRef>(m.graph.nodes[0].attributes[0].value)->captures.empty());
}

TEST(Attributes, OfEveryType) {
  Message element = Message{}.message(1, Message{}.varint(1, 1));
  Message t = tensor("", DataType::i8, {1}).text(9, "a");
  Message empty = graph({.inputs = {}, .outputs = {}});
  Message n = node("Op", {"x"}, {"y"});
  auto add = [&](std::string_view name, int kind, Message m) {
    n.message(5, m.text(1, name).varint(20, kind));
  };
  add("f", 1, Message{}.fixed32(2, 1.5f));
  add("i", 2, Message{}.varint(3, -3));
  add("s", 3, Message{}.text(4, "text"));
  add("t", 4, Message{}.message(5, t));
  add("g", 5, Message{}.message(6, empty));
  add("floats", 6, Message{}.text(7, std::string(8, '\0')));
  add("ints", 7, Message{}.packed(8, {1, -1}).varint(8, 2));
  add("strings", 8, Message{}.text(9, "a").text(9, ""));
  add("tensors", 9, Message{}.message(10, t).message(10, t));
  add("graphs", 10, Message{}.message(11, empty));
  add("type", 13, Message{}.message(14, element));
  add("types", 14, Message{}.message(15, element));
  add("empty", 7, Message{});
  Model m = read(model(graph({.nodes = {n}})));
  const Node &read = m.graph.nodes[0];
  EXPECT_EQ(std::get<float>(read.find("f")->value), 1.5f);
  EXPECT_EQ(std::get<int64_t>(read.find("i")->value), -3);
  EXPECT_EQ(std::get<std::string>(read.find("s")->value), "text");
  EXPECT_EQ(std::get<Tensor>(read.find("t")->value).data.size(), 1u);
  EXPECT_TRUE(std::get<GraphRef>(read.find("g")->value)->nodes.empty());
  EXPECT_EQ(std::get<std::vector<float>>(read.find("floats")->value), (std::vector<float>{0, 0}));
  EXPECT_EQ(std::get<std::vector<int64_t>>(read.find("ints")->value),
            (std::vector<int64_t>{1, -1, 2}));
  EXPECT_EQ(std::get<std::vector<std::string>>(read.find("strings")->value), (Names{"a", ""}));
  EXPECT_EQ(std::get<std::vector<Tensor>>(read.find("tensors")->value).size(), 2u);
  EXPECT_EQ(std::get<std::vector<GraphRef>>(read.find("graphs")->value).size(), 1u);
  EXPECT_EQ(std::get<Type>(read.find("type")->value).element, DataType::f32);
  EXPECT_EQ(std::get<std::vector<Type>>(read.find("types")->value).size(), 1u);
  EXPECT_TRUE(std::get<std::vector<int64_t>>(read.find("empty")->value).empty());
  EXPECT_EQ(read.find("none"), nullptr);
}

std::string attributeProblem(const Message &attribute) {
  return problems(model(graph({.nodes = {node("Op", {"x"}, {"y"}, "n").message(5, attribute)}})));
}

TEST(Attributes, WithoutATypeGoByTheirValue) {
  Message n = node("Op", {"x"}, {"y"}).message(5, Message{}.text(1, "i").varint(3, 5));
  Model m = read(model(graph({.nodes = {n}})));
  EXPECT_EQ(std::get<int64_t>(m.graph.nodes[0].find("i")->value), 5);
  EXPECT_EQ(attributeProblem(Message{}.text(1, "i")),
            "node 'n' (Op): attribute 'i' has neither a type nor a value [onnx.attribute]");
}

TEST(Attributes, ThatAreWrong) {
  EXPECT_EQ(attributeProblem(Message{}.text(1, "t").varint(20, 4)),
            "node 'n' (Op): attribute 't' has no value in t [onnx.attribute]");
  EXPECT_EQ(attributeProblem(Message{}.text(1, "t").varint(20, 77)),
            "node 'n' (Op): attribute 't' is of type 77, but known are 1 to 14 [onnx.attribute]");
  EXPECT_EQ(attributeProblem(Message{}.text(1, "t").text(21, "outer").varint(20, 2)),
            "node 'n' (Op): attribute 't' refers to 'outer' of a function, but the node is in none "
            "[onnx.attribute]");
  EXPECT_EQ(
      attributeProblem(
          Message{}.text(1, "t").varint(20, 4).message(5, tensor("", DataType::f32, {1}))),
      "node 'n' (Op): attribute 't': it has no data, but FLOAT[1] needs 4 bytes [onnx.tensor]");
  Message twice = Message{}.text(1, "i").varint(3, 1).varint(20, 2);
  EXPECT_EQ(problems(model(graph(
                {.nodes = {node("Op", {"x"}, {"y"}, "n").message(5, twice).message(5, twice)}}))),
            "node 'n' (Op): attribute 'i' is given twice [onnx.attribute]");
  EXPECT_EQ(problems(model(graph({.nodes = {node("", {"x"}, {"y"}, "n")}}))),
            "node 'n' (): the node has no operator [onnx.node]");
}

Message function(std::string_view name, const std::vector<Message> &nodes,
                 std::string_view overload = "") {
  Message m =
      Message{}.text(1, name).text(4, "a").text(5, "b").text(10, "own").message(9, opset("own", 1));
  for (const Message &node : nodes)
    m.message(7, node);
  return overload.empty() ? m : m.text(13, overload);
}
Message call(std::string_view op, std::string_view from = "a", std::string_view to = "b") {
  return node(op, {from}, {to}).text(7, "own");
}
Message modelWithFunctions(const std::vector<Message> &functions,
                           const std::vector<Message> &nodes) {
  Message m = model(graph({.nodes = nodes}));
  for (const Message &function : functions)
    m.message(25, function);
  return m;
}

TEST(Functions, AreFoundByDomainNameAndOverload) {
  Message plain = function("F", {node("Neg", {"a"}, {"b"})});
  Message other = function("F", {node("Abs", {"a"}, {"b"})}, "int");
  Model m = read(
      modelWithFunctions({plain, other}, {call("F", "x", "t"), call("F", "t", "y").text(8, "int"),
                                          node("F", {"x"}, {"u"})}));
  EXPECT_EQ(m.function(m.graph.nodes[0])->body.nodes[0].op, "Neg");
  EXPECT_EQ(m.function(m.graph.nodes[1])->body.nodes[0].op, "Abs");
  EXPECT_EQ(m.function(m.graph.nodes[2]), nullptr);
}

TEST(Functions, HaveAttributesWithReferencesAndDefaults) {
  Message leaky = node("LeakyRelu", {"a"}, {"b"})
                      .message(5, Message{}.text(1, "alpha").text(21, "slope").varint(20, 1));
  Message f = function("F", {leaky})
                  .text(6, "mode")
                  .message(11, Message{}.text(1, "slope").fixed32(2, 0.5f).varint(20, 1));
  Model m = read(modelWithFunctions({f}, {call("F", "x", "y")}));
  const Function &read = *m.function(m.graph.nodes[0]);
  EXPECT_EQ(read.attributes, Names{"mode"});
  ASSERT_EQ(read.defaults.size(), 1u);
  EXPECT_EQ(std::get<float>(read.defaults[0].value), 0.5f);
  const Attribute &alpha = *read.body.nodes[0].find("alpha");
  EXPECT_EQ(alpha.reference, "slope");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(alpha.value));
  EXPECT_EQ(read.opsets, (Opsets{{"own", 1}}));
}

TEST(Functions, CaptureNothing) {
  EXPECT_EQ(
      problems(modelWithFunctions({function("F", {node("Add", {"a", "x"}, {"b"}, "sum")})},
                                  {call("F", "x", "y")})),
      "node 'sum' (Add): function 'F': it reads 'x', which no node, input or initializer defines "
      "[onnx.names.undefined]");
  EXPECT_EQ(problems(modelWithFunctions({function("F", {})}, {call("F", "x", "y")})),
            "function 'F': the graph returns 'b', which no node, input or initializer defines "
            "[onnx.names.undefined]");
}

TEST(Functions, AreSortedToo) {
  Model m = read(modelWithFunctions(
      {function("F", {node("Neg", {"t"}, {"b"}, "2"), node("Abs", {"a"}, {"t"}, "1")})},
      {call("F", "x", "y")}));
  EXPECT_EQ(nodeNames(m.functions.begin()->second.body), (Names{"1", "2"}));
}

TEST(Functions, MayNotCallThemselves) {
  EXPECT_EQ(problems(modelWithFunctions({function("F", {call("F")})}, {call("F", "x", "y")})),
            "functions call themselves: 'own.F' -> 'own.F' [onnx.functions.recursion]");
  // Through another one, and from inside a nested graph.
  Message inner =
      graph({.nodes = {call("F", "a", "inner")}, .inputs = {}, .outputs = {value("inner")}});
  Message g =
      function("G", {node("If", {"a"}, {"b"}).message(5, graphAttribute("then_branch", inner))});
  EXPECT_EQ(problems(modelWithFunctions({function("F", {call("G")}), g}, {call("F", "x", "y")})),
            "functions call themselves: 'own.F' -> 'own.G' -> 'own.F' [onnx.functions.recursion]");
}

TEST(Functions, OfOneNameAreRefused) {
  Message f = function("F", {node("Neg", {"a"}, {"b"})});
  EXPECT_EQ(
      problems(modelWithFunctions({f, f}, {call("F", "x", "y")})),
      "two functions have the name 'F', domain 'own' and overload '' [onnx.functions.duplicate]");
}

TEST(Functions, MayNotExplode) {
  // f0 calls f1 twice, which calls f2 twice, ...
  std::vector<Message> functions;
  auto name = [](int i) { return "f" + std::to_string(i); };
  for (int i = 0; i < 40; ++i)
    functions.push_back(
        function(name(i), {call(name(i + 1), "a", "t"), call(name(i + 1), "t", "b")}));
  functions.push_back(function(name(40), {node("Neg", {"a"}, {"b"})}));
  EXPECT_EQ(
      problems(modelWithFunctions(functions, {call("f0", "x", "y")})),
      "the model has more than 10000000 nodes with its functions expanded [onnx.functions.size]");
}

TEST(Functions, MayNotCallTooDeep) {
  std::vector<Message> functions;
  auto name = [](int i) { return "f" + std::to_string(i); };
  for (int i = 0; i < 500; ++i)
    functions.push_back(
        function(name(i), {i == 499 ? node("Neg", {"a"}, {"b"}) : call(name(i + 1))}));
  EXPECT_EQ(problems(modelWithFunctions(functions, {call("f0", "x", "y")})),
            "function 'own.f399' calls others more than 100 deep [onnx.functions.depth]");
}

struct Row {
  int64_t since;
};

TEST(Versions, TheNewestThatIsNotTooNew) {
  const Row rows[] = {{13}, {1}, {18}};
  auto since = [&](int64_t imported) { return newest<Row>(rows, imported)->since; };
  EXPECT_EQ(since(1), 1);
  EXPECT_EQ(since(12), 1);
  EXPECT_EQ(since(13), 13);
  EXPECT_EQ(since(17), 13);
  EXPECT_EQ(since(99), 18);
  EXPECT_EQ(newest<Row>(rows, 0), nullptr);
}

} // namespace
} // namespace burin::onnx::test
