// SPDX-License-Identifier: Apache-2.0
//
// What of ai.onnx.ml is refused. What it computes is in tests/conformance/ml.
#include "frontend/onnx/import.h"
#include "tests/frontend/onnx/wire_builder.h"

#include <gtest/gtest.h>

namespace burin::onnx::test {
namespace {

constexpr auto kF32 = static_cast<int32_t>(DataType::f32);

Message typed(std::string_view name, std::initializer_list<int64_t> dims) {
  Message shape;
  for (const int64_t d : dims)
    shape.message(1, Message{}.varint(1, d));
  return Message{}.text(1, name).message(
      2, Message{}.message(1, Message{}.varint(1, kF32).message(2, shape)));
}
Message ints(std::string_view name, std::initializer_list<int64_t> values) {
  return Message{}.text(1, name).varints(8, values).varint(20, 7);
}
Message reals(std::string_view name, std::initializer_list<float> values) {
  Message m = Message{}.text(1, name).varint(20, 6);
  for (const float v : values)
    m.fixed32(7, v);
  return m;
}
Message texts(std::string_view name, std::initializer_list<std::string_view> values) {
  Message m = Message{}.text(1, name).varint(20, 8);
  for (const std::string_view v : values)
    m.text(9, v);
  return m;
}

std::string refusal(std::string_view op, std::initializer_list<Message> attributes) {
  Message n = node(op, {"x"}, {"y"}, "n").text(7, "ai.onnx.ml");
  for (const Message &a : attributes)
    n.message(5, a);
  const Message m =
      model(graph({.nodes = {n}, .inputs = {typed("x", {2, 3})}, .outputs = {typed("y", {2, 1})}}));
  const TemporaryFolder folder;
  return problemsOf([&] { importModel(folder.write("m.onnx", m.bytes), {}); });
}

struct Stump {
  std::initializer_list<int64_t> yes = {1, 0, 0}, no = {2, 0, 0}, ids = {0, 1, 2},
                                 weightNodes = {1, 2}, targets = {0, 0};
  std::initializer_list<std::string_view> modes = {"BRANCH_LEQ", "LEAF", "LEAF"};
  std::initializer_list<float> values = {0.5, 0, 0}, base = {};
};

std::string refusalOf(const Stump &s) {
  return refusal("TreeEnsembleRegressor",
                 {ints("nodes_treeids", {0, 0, 0}), ints("nodes_nodeids", s.ids),
                  ints("nodes_featureids", {0, 0, 0}), reals("nodes_values", s.values),
                  texts("nodes_modes", s.modes), ints("nodes_truenodeids", s.yes),
                  ints("nodes_falsenodeids", s.no), ints("target_treeids", {0, 0}),
                  ints("target_nodeids", s.weightNodes), ints("target_ids", s.targets),
                  reals("target_weights", {1, 2}), reals("base_values", s.base)});
}

constexpr std::string_view kAt = "node 'n' (TreeEnsembleRegressor): ";
std::string tree(std::string_view text) {
  return std::string(kAt) + std::string(text) + " [onnx.tree]";
}
std::string attribute(std::string_view text) {
  return std::string(kAt) + std::string(text) + " [onnx.attribute]";
}

TEST(MachineLearning, TreesThatAreNone) {
  EXPECT_EQ(refusalOf({}), "");
  EXPECT_EQ(refusalOf({.yes = {7, 0, 0}}), tree("tree 0 has no node 7"));
  EXPECT_EQ(refusalOf({.ids = {0, 1, 1}}), tree("tree 0 has two nodes 1"));
  EXPECT_EQ(refusalOf({.no = {1, 0, 0}}), tree("tree 0 has two roots"));
  EXPECT_EQ(
      refusalOf({.yes = {0, 0, 0}, .no = {1, 2, 0}, .modes = {"BRANCH_LEQ", "BRANCH_LEQ", "LEAF"}}),
      tree("tree 0 has no root: every node is below another"));
  EXPECT_EQ(refusalOf({.yes = {1, 1, 0},
                       .no = {2, 2, 0},
                       .weightNodes = {2, 2},
                       .modes = {"BRANCH_LEQ", "BRANCH_LEQ", "LEAF"}}),
            tree("node 1 is above itself in its tree"));
  EXPECT_EQ(refusalOf({.weightNodes = {1, 0}}),
            tree("node 0 of tree 0 has a weight and is no leaf"));
  EXPECT_EQ(refusalOf({.targets = {0, 1}}), tree("target_ids names 1 of 1"));
}

TEST(MachineLearning, AttributesThatDoNotFit) {
  EXPECT_EQ(refusalOf({.values = {0.5, 0}}),
            attribute("the attribute 'nodes_values' has 2 entries, expected 3"));
  EXPECT_EQ(refusalOf({.base = {1, 2}}),
            attribute("the attribute 'base_values' has 2 entries, expected 1"));
  EXPECT_EQ(refusalOf({.modes = {"BRANCH_NEAR", "LEAF", "LEAF"}}),
            attribute("nodes_modes names 'BRANCH_NEAR', expected LEAF, BRANCH_LEQ, BRANCH_LT, "
                      "BRANCH_GTE, BRANCH_GT, BRANCH_EQ or BRANCH_NEQ"));
  EXPECT_EQ(refusal("Scaler", {reals("offset", {1, 2}), reals("scale", {1})}),
            "node 'n' (Scaler): offset has 2 entries, expected one or 3 [onnx.attribute]");
  EXPECT_EQ(refusal("LinearRegressor", {reals("coefficients", {1, 2})}),
            "node 'n' (LinearRegressor): coefficients has 2 entries, expected 3 for each of 1 rows "
            "[onnx.attribute]");
}

TEST(MachineLearning, Strings) {
  EXPECT_EQ(refusal("OneHotEncoder", {texts("cats_strings", {"a", "b"})}),
            "node 'n' (OneHotEncoder): the categories of OneHotEncoder are strings [onnx.string]");
}

} // namespace
} // namespace burin::onnx::test
