// SPDX-License-Identifier: Apache-2.0
//
// --state and --state-init: what they make of a model, and what does not fit.
#include "cli/arrays.h"
#include "cli/command_line.h"
#include "cli/interpreter.h"
#include "cli/model.h"
#include "cli/npy.h"
#include "codegen/kernels/evaluator.h"
#include "tests/cli/support.h"

namespace burin::cli {
namespace {

constexpr std::string_view kModel = R"(dim n = 1..4 "dimension 0 of 'z'"
func @main(%x: f32[2], %h: f32[2], %k: i64[1], %z: f32[n], state s %s: f32[1]) -> (%y: f32[2], %h_out: f32[2], %wide: f32[3], %k_out: i64[1], %z_out: f32[n], state s %s_out: f32[1]) {
  %y = add(%x, %h)
  %h_out = mul(%y, %x)
  %wide = concat(%h, %s) {axis=0}
  %k_out = add(%k, %k)
  %z_out = add(%z, %z)
  %s_out = add(%s, %s)
  return %y, %h_out, %wide, %k_out, %z_out, %s_out
}
)";

class States : public testing::Test {
protected:
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.write("m.gir", kModel);

  Model read(std::vector<std::string> options) const {
    std::vector<std::string> words = {"compile", path.string(), "-o", "gen"};
    words.insert(words.end(), options.begin(), options.end());
    Settings settings;
    parseCommandLine(std::move(words), settings);
    return readModel(settings);
  }

  /// "text; hint" of each problem.
  std::vector<std::string> problems(std::vector<std::string> options) const {
    std::vector<std::string> all;
    try {
      read(std::move(options));
    } catch (const CompileErrors &errors) {
      for (const Diagnostic &d : errors.all()) {
        EXPECT_EQ(d.problem, Problem::usage);
        EXPECT_EQ(d.code, "cli.state");
        all.push_back(d.text + "; " + d.hint);
      }
    }
    return all;
  }
};

using Texts = std::vector<std::string>;

TEST_F(States, AnInputAndAnOutputAreOne) {
  const Model model = read({"--state", "h=h_out", "--state", "k=k_out"});
  const ir::Function &main = *model.module->functions.front();
  ASSERT_EQ(main.states.size(), 3U);
  EXPECT_EQ(main.states[1].name, "h");
  EXPECT_EQ(main.states[1].argument, 1U);
  EXPECT_EQ(main.states[1].result, 1U);
  EXPECT_EQ(main.states[1].initial, nullptr);
  EXPECT_EQ(inputsOf(main).size(), 2U);
}

TEST_F(States, BeginWithANumberOrAnArray) {
  ir::Tensor array{ir::Type{ir::ElementType::f32, {2}}};
  array.setNumber(1, 0.5);
  const std::string npy = formatNpy(array);
  const std::filesystem::path file = folder.write("h.npy", npy);
  const Model model =
      read({"--state", "h=h_out", "--state", "k=k_out", "--state-init", "h=@" + file.string(),
            "--state-init", "k=9007199254740993", "--state-init", "s=-1.5"});
  const ir::Function &main = *model.module->functions.front();
  EXPECT_EQ(ir::elementAsDouble(*main.states[0].initial, 0), -1.5);
  EXPECT_EQ(ir::elementAsDouble(*main.states[1].initial, 1), 0.5);
  EXPECT_EQ(ir::elementAsInt(*main.states[2].initial, 0), 9007199254740993);
  EXPECT_EQ(model.files, (std::vector{path, file}));
  EXPECT_EQ(model.sha256, read({}).sha256); // of the model alone
}

TEST_F(States, SayWhatDoesNotFit) {
  EXPECT_EQ(problems({"--state", "g=h_out"}),
            Texts{"--state g=h_out: the model has no input 'g'; there is x, h, k, z"});
  EXPECT_EQ(problems({"--state", "h=hout", "--state", "s=y"}),
            (Texts{"--state h=hout: the model has no output 'hout'; did you mean 'h_out'?",
                   "--state s=y: the input 's' is a state already; "}));
  EXPECT_EQ(problems({"--state", "h=h_out", "--state", "h=y"}),
            Texts{"--state h=y: the input 'h' is a state already; "});
  EXPECT_EQ(problems({"--state", "h=h_out", "--state", "x=h_out"}),
            Texts{"--state x=h_out: the output 'h_out' is the next value of another state; "});
  EXPECT_EQ(problems({"--state", "h=k_out"}),
            Texts{"--state h=k_out: the input is f32[2] but the output i64[1]; a state keeps its "
                  "element type"});
  EXPECT_EQ(problems({"--state", "h=wide"}),
            Texts{"--state h=wide: the input is f32[2] but the output f32[3]; a state keeps its "
                  "shape: give a cache that grows its full length and a position to write to"});
  EXPECT_EQ(problems({"--state", "z=z_out"}),
            Texts{"--state z=z_out: 'z' is f32[n], but a state has one size for all runs; fix it: "
                  "--dim n=1"});
  EXPECT_EQ(problems({"--state", "z=y"}),
            Texts{"--state z=y: the input is f32[n] but the output f32[2]; fix the extents that "
                  "must be equal: --dim n=1"});
}

TEST_F(States, SayWhatIsNoFirstValue) {
  EXPECT_EQ(problems({"--state-init", "h=1"}),
            Texts{"--state-init h=1: there is no state 'h'; there is s"});
  EXPECT_EQ(problems({"--state-init", "s=1", "--state-init", "s=2"}),
            Texts{"--state-init s=2: 's' has a first value already; "});
  EXPECT_EQ(problems({"--state-init", "s=inf"}),
            Texts{"--state-init s=inf: 'inf' is no value of f32; such as h=0 or h=@h.npy"});
  EXPECT_EQ(problems({"--state", "k=k_out", "--state-init", "k=0.5"}),
            Texts{"--state-init k=0.5: '0.5' is no value of i64; such as h=0 or h=@h.npy"});
  const std::filesystem::path file =
      folder.write("s.npy", formatNpy(ir::Tensor{ir::Type{ir::ElementType::f32, {2}}}));
  EXPECT_EQ(
      problems({"--state-init", "s=@" + file.string()}),
      Texts{"--state-init s=@" + file.string() + ": the array is f32[2] but the state f32[1]; "});
  for (const std::string text : {"s", "s=", "=1", "s=@"})
    EXPECT_NE(problemOf([&] {
                read({"--state-init", text});
              }).text.find("expected STATE=NUMBER or STATE=@FILE"),
              std::string::npos);
}

TEST_F(States, AreCarriedFromRunToRun) {
  const Model model = read({"--state", "h=h_out", "--state-init", "h=2"});
  Interpreter interpreter(*model.module->functions.front(), kernels::evaluator());
  ir::Tensor x{ir::Type{ir::ElementType::f32, {2}}};
  x.setNumber(0, 3);
  x.setNumber(1, -1);
  const NamedTensors inputs = {{"x", x},
                               {"k", ir::Tensor{ir::Type{ir::ElementType::i64, {1}}}},
                               {"z", ir::Tensor{ir::Type{ir::ElementType::f32, {1}}}}};
  double h[2] = {2, 2};
  for (int run = 0; run < 3; ++run) {
    const NamedTensors outputs = interpreter.run(inputs);
    EXPECT_FALSE(outputs.contains("h_out"));
    for (size_t i = 0; i < 2; ++i) {
      const double y = x.number(i) + h[i];
      EXPECT_EQ(outputs.at("y").number(i), y);
      h[i] = y * x.number(i);
    }
  }
}

} // namespace
} // namespace burin::cli
