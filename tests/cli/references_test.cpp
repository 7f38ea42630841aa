// SPDX-License-Identifier: Apache-2.0
#include "cli/interpreter.h"
#include "cli/references.h"
#include "ir/text.h"
#include "tests/cli/support.h"

#include <numeric>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;
using ir::ElementType;

constexpr std::string_view kModel = R"(
const @w : f32[2] = [1, 2]
func @main(%x: f32[2], %k: f32[], state h %h: f32[2] = @w)
    -> (%y: f32[2], state h %h2: f32[2]) {
  %s = add(%x, %k)
  %y = add(%s, %h)
  return %y, %y
}
)";

class References : public ::testing::Test {
protected:
  const ir::Function &entry() const { return *module_->functions.front(); }

  static ir::Tensor counting(ir::Shape shape) {
    ir::Tensor tensor(ir::Type{ElementType::f32, std::move(shape)});
    std::iota(tensor.as<float>().begin(), tensor.as<float>().end(), 0.0F);
    return tensor;
  }
  fs::path npz(const NamedTensors &tensors) const {
    writeNpz(folder_ / "data.npz", tensors);
    return folder_ / "data.npz";
  }
  std::string problemWith(const NamedTensors &tensors) const {
    return problemOf([&] { readSamples(npz(tensors), entry()); }).text;
  }
  std::string npy(std::string_view name, const ir::Tensor &tensor) const {
    return folder_.write(name, formatNpy(tensor)).string();
  }

  TemporaryFolder folder_;
  std::unique_ptr<ir::Module> module_ = ir::parse(kModel, "test.gir");
};

TEST_F(References, OneSampleOfNpz) {
  const std::vector<Sample> samples = readSamples(
      npz({{"in:x", counting({2})}, {"in:k", counting({})}, {"out:y", counting({2})}}), entry());
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].inputs.size(), 2U);
  EXPECT_EQ(samples[0].outputs.size(), 1U);
  EXPECT_EQ(samples[0].origin, "data.npz");
}

TEST_F(References, TheOneOutputNeedsNoName) {
  const NamedTensors inputs = {{"in:x", counting({2})}, {"in:k", counting({})}};
  NamedTensors one = inputs;
  one["out:logits"] = counting({2});
  EXPECT_TRUE(readSamples(npz(one), entry())[0].outputs.contains("y"));
  one["out:y"] = counting({2});
  EXPECT_EQ(problemWith(one), "data.npz: the model has no output 'logits'");
}

TEST_F(References, ALeadingAxisIsOverSamples) {
  const std::vector<Sample> samples = readSamples(npz({{"in:x", counting({3, 2})},
                                                       {"in:k", counting({3})},
                                                       {"out:y", counting({3, 2})},
                                                       {"labels", counting({3})}}),
                                                  entry());
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[2].origin, "data.npz[2]");
  EXPECT_EQ(samples[2].inputs.find("x")->second.number(0), 4);
  EXPECT_EQ(samples[1].inputs.find("k")->second.number(0), 1);
}

TEST_F(References, SayWhatDoesNotFit) {
  EXPECT_EQ(problemWith({{"in:x", counting({3, 2})}, {"in:k", counting({2})}}),
            "data.npz: in:x is f32[3, 2], but other arrays have a leading axis of 2");
  EXPECT_EQ(problemWith({{"in:x", counting({2})}}), "data.npz: there is nothing for the input 'k'");
  EXPECT_EQ(problemWith({{"in:z", counting({2})}}), "data.npz: the model has no input 'z'");
  EXPECT_EQ(problemWith({{"in:h", counting({2})}}), "data.npz: the model has no input 'h'");
  EXPECT_EQ(problemWith({{"x", counting({2})}}), "data.npz: there is no array in:NAME or out:NAME");
}

/// A TensorProto of f32[2], or of f32[] for one value.
std::string tensorProto(std::span<const float> values, std::string_view name) {
  std::string text;
  if (values.size() != 1)
    text += {'\x08', static_cast<char>(values.size())};
  text += "\x10\x01";
  text += {'\x4a', static_cast<char>(values.size_bytes())};
  text.append(reinterpret_cast<const char *>(values.data()), values.size_bytes());
  text += {'\x42', static_cast<char>(name.size())};
  return text.append(name);
}

TEST_F(References, FoldersOfOnnx) {
  const float x[] = {3, 4}, k[] = {5};
  const fs::path set = folder_ / "test_data_set_0";
  fs::create_directory(set);
  folder_.write("test_data_set_0/input_0.pb", tensorProto(x, "x"));
  folder_.write("test_data_set_0/input_1.pb", tensorProto(k, ""));
  folder_.write("test_data_set_0/output_0.pb", tensorProto(x, "y"));
  for (const fs::path &path : {set, folder_.path()}) {
    const std::vector<Sample> samples = readSamples(path, entry());
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].origin, "test_data_set_0");
    EXPECT_EQ(samples[0].inputs.find("x")->second.number(1), 4);
    EXPECT_EQ(samples[0].inputs.find("k")->second.number(0), 5);
    EXPECT_EQ(samples[0].outputs.find("y")->second.number(0), 3);
  }
}

TEST_F(References, ByNameInAnyOrder) {
  const float x[] = {3, 4}, k[] = {5};
  folder_.write("input_0.pb", tensorProto(k, "k"));
  folder_.write("input_1.pb", tensorProto(x, "x"));
  const std::vector<Sample> samples = readSamples(folder_.path(), entry());
  EXPECT_EQ(samples[0].inputs.find("k")->second.number(0), 5);
}

TEST_F(References, OtherFoldersAreRefused) {
  EXPECT_EQ(problemOf([&] { readSamples(folder_.path(), entry()); }).problem, Problem::unreadable);
}

TEST_F(References, InputsOfTheCommandLine) {
  const std::vector<std::string> specs = {"x=@" + npy("x.npy", counting({2})),
                                          "k=@" + npy("k.npy", counting({}))};
  EXPECT_EQ(readInputs(specs, entry(), false).size(), 1U);
  EXPECT_EQ(problemOf([&] { readInputs({specs[0]}, entry(), false); }).text,
            "--input: there is nothing for the input 'k'");
  EXPECT_EQ(problemOf([&] { readInputs({"@x.npy"}, entry(), false); }).problem, Problem::usage);
  EXPECT_EQ(problemOf([&] {
              readInputs({specs[0], specs[0]}, entry(), false);
            }).text,
            "--input: there are two arrays for 'x'");
}

TEST_F(References, StepsOfASequence) {
  const std::string x = npy("x.npy", counting({3, 2})), k = npy("k.npy", counting({3})),
                    few = npy("few.npy", counting({2}));
  const std::vector<NamedTensors> steps = readInputs({"x=@" + x, "k=@" + k}, entry(), true);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[2].find("x")->second.number(1), 5);
  EXPECT_EQ(problemOf([&] {
              readInputs({"x=@" + x, "k=@" + few}, entry(), true);
            }).problem,
            Problem::usage);
}

TEST_F(References, TheInterpreterKeepsTheState) {
  Interpreter interpreter(entry(), anyEvaluator());
  const NamedTensors inputs = {{"x", counting({2})}, {"k", counting({})}};
  EXPECT_EQ(interpreter.run(inputs).find("y")->second.number(1), 3); // 1 + 0 + 2
  EXPECT_EQ(interpreter.run(inputs).find("y")->second.number(1), 4);
  interpreter.reset();
  EXPECT_EQ(interpreter.run(inputs).find("y")->second.number(1), 3);
}

} // namespace
} // namespace burin::cli
