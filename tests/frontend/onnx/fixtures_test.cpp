// SPDX-License-Identifier: Apache-2.0
//
// Models that the onnx package wrote (make_fixtures.py), and its own suite where it is at hand:
// BURIN_ONNX_SUITE=.../onnx/backend/test/data.
#include "frontend/onnx/test_data.h"
#include "tests/frontend/onnx/wire_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace burin::onnx::test {
namespace {

using Names = std::vector<std::string>;
const std::filesystem::path kFixtures = FIXTURES;

const Tensor &tensorNamed(const Model &m, const std::string &name) {
  for (const Initializer &initializer : m.graph.initializers)
    if (initializer.tensor.name == name)
      return initializer.tensor;
  throw std::runtime_error("no initializer " + name);
}

TEST(Fixtures, TypedFieldsEqualRawData) {
  Model m = readModel(kFixtures / "every_type.onnx");
  int types = 0;
  for (int32_t number = 1; isKnown(DataType{number}); ++number) {
    DataType type{number};
    const Tensor &typed = tensorNamed(m, "typed " + std::string{name(type)});
    EXPECT_EQ(typed.type, type);
    ++types;
    if (type == DataType::string) {
      EXPECT_EQ(typed.strings, (Names{"a", "", "ü"}));
      continue;
    }
    const Tensor &raw = tensorNamed(m, "raw " + std::string{name(type)});
    EXPECT_EQ(elements<uint8_t>(typed), elements<uint8_t>(raw)) << name(type);
  }
  EXPECT_EQ(types, 26);
  EXPECT_EQ(elements<float>(tensorNamed(m, "raw FLOAT")), (std::vector<float>{0, 1, -2}));
  EXPECT_EQ(elements<int8_t>(unpacked(tensorNamed(m, "raw INT2"))),
            (std::vector<int8_t>{0, 1, -2}));
}

TEST(Fixtures, ExternalData) {
  Model m = readModel(kFixtures / "external.onnx");
  EXPECT_EQ(elements<float>(tensorNamed(m, "a")), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(elements<int64_t>(tensorNamed(m, "b")), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(m.files, (std::vector{kFixtures / "external.onnx", kFixtures / "external.bin"}));
}

TEST(Fixtures, ControlFlow) {
  Model m = readModel(kFixtures / "control_flow.onnx");
  ASSERT_EQ(m.graph.nodes.size(), 2u);
  EXPECT_EQ(m.graph.nodes[0].name, "late");
  const Graph &then = *std::get<GraphRef>(m.graph.nodes[1].find("then_branch")->value);
  EXPECT_EQ(then.captures, (Names{"x", "late"}));
  EXPECT_EQ(then.initializers[0].tensor.name, "three");
  const Graph &body = *std::get<GraphRef>(then.nodes[0].find("body")->value);
  EXPECT_EQ(body.captures, Names{"late"});
  EXPECT_EQ(std::get<GraphRef>(m.graph.nodes[1].find("else_branch")->value)->captures,
            Names{"late"});
}

TEST(Fixtures, Functions) {
  Model m = readModel(kFixtures / "functions.onnx");
  const Function *outer = m.function(m.graph.nodes[0]);
  ASSERT_TRUE(outer);
  const Function *inner = m.function(outer->body.nodes[0]);
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->body.nodes[0].find("alpha")->reference, "slope");
  EXPECT_EQ(std::get<float>(inner->defaults.at(0).value), 0.25f);
}

TEST(Fixtures, SparseTensors) {
  Model m = readModel(kFixtures / "sparse.onnx");
  std::vector<float> expected{0, 1.5f, 0, 0, 0, 2.5f};
  EXPECT_EQ(elements<float>(tensorNamed(m, "linear")), expected);
  EXPECT_EQ(elements<float>(tensorNamed(m, "pairs")), expected);
  EXPECT_EQ(elements<float>(std::get<Tensor>(m.graph.nodes[1].find("sparse_value")->value)),
            (std::vector<float>{1.5f, 0, 0, 0, 0, 2.5f}));
}

TEST(Fixtures, TestData) {
  auto readAs = [](const char *file, Type::Kind kind) {
    Type type;
    type.kind = kind;
    return readTestValue(kFixtures / file, type);
  };
  TestValue sequence = readAs("sequence.pb", Type::Kind::sequence);
  ASSERT_EQ(sequence.items.size(), 2u);
  EXPECT_EQ(elements<float>(sequence.items[1].tensor), std::vector<float>{1});
  EXPECT_EQ(readAs("optional.pb", Type::Kind::optional).items.at(0).items.size(), 1u);
  EXPECT_TRUE(readAs("nothing.pb", Type::Kind::optional).items.empty());
  TestValue map = readAs("map.pb", Type::Kind::map);
  EXPECT_EQ(elements<int64_t>(map.tensor), (std::vector<int64_t>{3, 5}));
  EXPECT_EQ(map.items.size(), 2u);
}

/// Every input_k.pb and output_k.pb beside a model.
int readTestData(const std::filesystem::path &folder, const Graph &graph) {
  int count = 0;
  auto readAll = [&](const std::filesystem::path &set, const char *kind,
                     const std::vector<ValueInfo> &infos) {
    for (size_t i = 0; i < infos.size(); ++i) {
      std::filesystem::path file = set / (kind + std::to_string(i) + ".pb");
      if (!std::filesystem::exists(file))
        continue;
      EXPECT_EQ(problemsOf([&] { readTestValue(file, infos[i].type); }), "") << file;
      ++count;
    }
  };
  for (const auto &entry : std::filesystem::directory_iterator{folder}) {
    if (!entry.is_directory())
      continue;
    readAll(entry.path(), "input_", graph.inputs);
    readAll(entry.path(), "output_", graph.outputs);
  }
  return count;
}

TEST(Suite, EveryModelAndItsDataAreRead) {
  const char *suite = std::getenv("BURIN_ONNX_SUITE");
  if (!suite)
    GTEST_SKIP() << "BURIN_ONNX_SUITE is not set";
  int models = 0, values = 0;
  for (const auto &entry : std::filesystem::recursive_directory_iterator{suite}) {
    if (entry.path().extension() != ".onnx")
      continue;
    ++models;
    EXPECT_EQ(problemsOf([&] {
                Model m = readModel(entry.path());
                values += readTestData(entry.path().parent_path(), m.graph);
              }),
              "")
        << entry.path();
  }
  EXPECT_GE(models, 1914); // as of onnx 1.22
  EXPECT_GE(values, 6000);
}

} // namespace
} // namespace burin::onnx::test
