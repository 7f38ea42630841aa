// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"
#include "cli/model.h"
#include "cli/pipeline.h"
#include "cli/testbench.h"
#include "tests/cli/support.h"

namespace burin::cli {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kModel = R"(# a comment
dim n = 1..4 "dimension 0 of 'x'"
const @w : f32[3] = [1, 2, 3]
func @main(%x: f32[n, 3], state h %h: f32[3] = @w) -> (%y: f32[n, 3], state h %h2: f32[3]) {
  %y = add(%x, %h)
  %h2 = mul(%h, @w)
  return %y, %h2
}
)";

Settings settingsOf(const fs::path &model, std::vector<std::string> options = {}) {
  std::vector<std::string> words = {"compile", model.string(), "-o", "gen"};
  words.insert(words.end(), options.begin(), options.end());
  Settings settings;
  parseCommandLine(std::move(words), settings);
  return settings;
}

fs::path digits() { return fs::path(BURIN_SAMPLES) / "digits/digits.onnx"; }

TEST(ModelName, IsTheStemOfTheFile) {
  EXPECT_EQ(modelName(settingsOf("a/kws.onnx")), "kws");
  EXPECT_EQ(modelName(settingsOf("a/my model (1).v2.onnx")), "my_model__1_.v2");
  EXPECT_EQ(modelName(settingsOf("a/.onnx")), "model.onnx");
  EXPECT_EQ(modelName(settingsOf("a/time.onnx")), "time_model"); // time.h is the system's
  EXPECT_EQ(modelName(settingsOf("x.onnx", {"--name", "kws"})), "kws");
  for (const char *wrong : {"a/b", "time"})
    EXPECT_EQ(problemOf([&] {
                modelName(settingsOf("a.onnx", {"--name", wrong}));
              }).problem,
              Problem::usage);
}

TEST(ReadModel, KnowsGirByItsContent) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("m.txt", kModel);
  const Model model = readModel(settingsOf(path));
  EXPECT_EQ(model.module->functions.front()->name, "main");
  EXPECT_EQ(model.files, std::vector{path});
  EXPECT_EQ(model.name, "m");
  EXPECT_EQ(model.sha256.size(), 64U);
  EXPECT_EQ(model.module->modelSha256, model.sha256);
}

TEST(ReadModel, RefusesOptionsThatGirHasInItsText) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("m.gir", kModel);
  const Diagnostic problem = problemOf([&] { readModel(settingsOf(path, {"--dim", "n=1"})); });
  EXPECT_EQ(problem.problem, Problem::usage);
}

TEST(ReadModel, SaysWhatAFileIsInstead) {
  const TemporaryFolder folder;
  const auto problemWith = [&](std::string_view content) {
    const fs::path path = folder.write("m", content);
    return problemOf([&] { readModel(settingsOf(path)); });
  };
  EXPECT_EQ(problemWith("").problem, Problem::unreadable);
  EXPECT_EQ(problemWith("<!DOCTYPE html>").text, "'m' is an HTML page, not a model");
  // By its name a TorchScript archive, by its bytes none.
  EXPECT_EQ(problemWith("PK\3\4............model/data.pkl").problem, Problem::unreadable);
  EXPECT_EQ(problemWith("PK\3\4............something").problem, Problem::unreadable);
  EXPECT_EQ(problemOf([] { readModel(settingsOf("/no/such.onnx")); }).problem, Problem::unreadable);
}

TEST(ReadModel, TellsSavedModelsFromOtherFolders) {
  const TemporaryFolder folder;
  EXPECT_EQ(problemOf([&] { readModel(settingsOf(folder.path())); }).problem, Problem::unreadable);
  folder.write("saved_model.pb", "");
  EXPECT_EQ(problemOf([&] { readModel(settingsOf(folder.path())); }).text,
            "the file holds no graph: it is neither a SavedModel nor a GraphDef");
}

TEST(ReadModel, TakesShapesWithAndWithoutNames) {
  const auto typeWith = [](std::string shape) {
    const Model model = readModel(settingsOf(digits(), {"--input-shape", std::move(shape)}));
    return model.module->functions.front()->body.argument(0)->type.text();
  };
  EXPECT_EQ(typeWith("1x1x8x8"), "f32[1, 1, 8, 8]");
  EXPECT_EQ(typeWith("image:1x1x8x8xf32"), "f32[1, 1, 8, 8]");
  EXPECT_EQ(problemOf([&] { typeWith("1x1x8x8xi8"); }).text,
            "--input-shape: 'image' is f32, not i8");
  EXPECT_EQ(problemOf([&] { typeWith("[batch, 1, 8, 8]"); }).hint, "give it one: --dim batch=1..8");
}

TEST(ReadModel, KnowsSymbolsOfTheCommandLineAlone) {
  const Model model =
      readModel(settingsOf(digits(), {"--input-shape", "[batch, 1, 8, 8]", "--dim", "batch=1..3",
                                      "--outputs", "/conv1/Conv_output_0"}));
  EXPECT_EQ(model.module->functions.front()->body.argument(0)->type.text(), "f32[batch, 1, 8, 8]");
  ASSERT_EQ(model.module->symbols().size(), 1U);
  EXPECT_EQ(model.module->symbols().front().bounds, (ir::Bounds{1, 3}));
}

TEST(SettingsText, HoldsWhatDiffersFromTheDefaults) {
  EXPECT_EQ(settingsText(settingsOf("m")), "");
  EXPECT_EQ(settingsText(settingsOf("m", {"--dim", "b=2", "--dim", "a=1..4", "--profile",
                                          "--target", "mcu-fpu", "--optimize", "speed", "-v",
                                          "--arena-limit", "1K", "--name", "x"})),
            "--target mcu-fpu --profile --dim b=2 --dim a=1..4");
}

TEST(GenerateCode, NamesTheFilesBeforehand) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("m.gir", kModel);
  for (const char *api : {"cxx", "c", "both"}) {
    const Settings settings = settingsOf(path, {"--api", api, "--shards", "2"});
    const Model model = readModel(settings);
    optimise(*model.module, settings);
    std::vector<std::string> names;
    try {
      for (const codegen::File &file : generateCode(*model.module, "m", settings).files)
        names.push_back(file.name);
    } catch (const CompileError &) {
      continue; // a model that has no C interface yet
    }
    EXPECT_EQ(names, fileNames("m", settings)) << api;
  }
}

TEST(GenerateCode, TellsAllLimitsAtOnce) {
  const TemporaryFolder folder;
  const Settings settings =
      settingsOf(folder.write("m.gir", kModel), {"--arena-limit", "1", "--weights-limit", "1"});
  const Model model = readModel(settings);
  optimise(*model.module, settings);
  try {
    generateCode(*model.module, "m", settings);
    FAIL();
  } catch (const CompileErrors &errors) {
    ASSERT_EQ(errors.all().size(), 2U);
    EXPECT_EQ(errors.all()[0].problem, Problem::limit);
    EXPECT_EQ(errors.all()[1].code, "cli.weights-limit");
  }
}

TEST(GenerateCode, RefusesWhatIsNoIdentifier) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("m.gir", kModel);
  const Settings settings = settingsOf(path, {"--namespace", "a::b"});
  const Model model = readModel(settings);
  EXPECT_EQ(problemOf([&] { generateCode(*model.module, "m", settings); }).problem, Problem::usage);
}

TEST(Testbench, CallsTheGeneratedClass) {
  const TemporaryFolder folder;
  const Settings settings = settingsOf(folder.write("m.gir", kModel));
  const Model model = readModel(settings);
  optimise(*model.module, settings);
  const Compiled compiled = generateCode(*model.module, "m", settings);
  const std::string text = testbenchSource(compiled.apis.front(), "m.h");
  for (const char *part : {"#include \"m.h\"", "m::StaticModel model;", "model.reset();",
                           "model.x(n_n)", "model.run(n_n)", "giveView(out, model.y(n_n));"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

} // namespace
} // namespace burin::cli
