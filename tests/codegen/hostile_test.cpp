// SPDX-License-Identifier: Apache-2.0
//
// Names of a model that try to be code, to end a comment, or to be each other: what is generated
// compiles, and has nothing of them outside of comments and strings.
#include "codegen/compile.h"
#include "codegen/prepare.h"
#include "ir/builder.h"
#include "ir/ops.h"
#include "passes/memory_plan.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <span>

namespace burin::codegen {
namespace {
namespace ops = ir::ops;
namespace fs = std::filesystem;

// Each is the name of an input, an output, a weight, a node and a symbol at once.
constexpr std::array kNames = {
    "*/ #error injected /*",
    "// #error injected",
    "x\n#error injected",
    "x\r#error injected",
    "\"; injected(); \"",
    "?\?/\n#error injected",
    "a\\",
    "(){ injected(); }",
    "\xe5\x85\xa5",
    // of the language, of headers, of the generated text
    "int",
    "for",
    "co_yield",
    "restrict",
    "linux",
    "NULL",
    "assert",
    "INT8_MAX",
    "memcpy",
    "int64_t",
    "main",
    "std",
    "burin",
    "rt",
    "V",
    "work",
    "c",
    "Context",
    "Status",
    "Model",
    "StaticModel",
    "State",
    "kSteps",
    "weights",
    "packed",
    "arena",
    "extents",
    "parallel",
    "f32",
    "boolean",
    "at_x",
    "trip",
    "go_on",
    "run",
    "step",
    "inputs",
    "name",
    "context",
    "node",
    "add",
    "Add",
    "block",
    "out",
    // that become equal, or what is made of them
    "x",
    "X",
    "x.",
    "/x",
    "x_2",
    "x_shape",
    "x_units",
    "x_min",
    "x.y",
    "x/y",
    "x__y",
    "0",
    "0.0",
    "t0",
    "",
    "_",
    "_X",
    "__x",
};

/// A function whose names are all hostile; with symbols, its extents are.
void build(ir::Module &module, bool hasSymbols) {
  ir::Function &entry = module.addFunction("main");
  std::vector<ir::Value *> results;
  for (size_t i = 0; i < kNames.size(); ++i) {
    const std::string name = kNames[i];
    const ir::Dim extent = hasSymbols && !name.empty() ? module.symbol(name, {1, 3}) : ir::Dim(3);
    ir::Value *x = entry.body.addArgument({ir::ElementType::f32, {extent}}, name);
    const std::array number = {0.5F + static_cast<float>(i)};
    ir::Value *weight =
        module.addConstant({ir::ElementType::f32, {1, 1}}, std::as_bytes(std::span(number)), name);
    ir::Builder to{module, entry.body};
    to.at.node = to.at.op = name;
    ir::Value *column = to.make(ops::reshape, {x}, {ir::attr::shape({extent, 1})});
    column->name = name;
    results.push_back(to.make(ops::matmul, {column, weight},
                              {ir::attr::transposeA(false), ir::attr::transposeB(false)}));
    results.back()->name = name;
    entry.resultNames.push_back(name);
  }
  ir::Builder{module, entry.body}.yield(results);
}

std::map<std::string, std::string> generateFiles(ir::Module &module, bool hasSymbols) {
  Settings settings;
  settings.name = "hostile";
  settings.target = ir::findTarget("host");
  settings.version = "test";
  settings.text = "*/ #error injected\n#error injected";
  settings.cApi = !hasSymbols;
  settings.threads = settings.profile = true;
  const auto prepared = prepare(module, settings);
  ir::MemoryPlan plan = passes::planMemory(prepared->entry, scratchBytes(*prepared), 64,
                                           {.shared = codegen::sharedMemory(*prepared)});
  plan.steps = passes::steps(prepared->entry);
  std::map<std::string, std::string> texts;
  for (const File &file : generate(*prepared, plan))
    texts[file.name] = file.content();
  return texts;
}

/// What is outside of comments and strings.
std::string codeOf(const std::string &text) {
  std::string code;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool isString = text[i] == '"', isLine = text.compare(i, 2, "//") == 0;
    if (isString || isLine || text.compare(i, 2, "/*") == 0) {
      const std::string_view end = isString ? "\"" : isLine ? "\n" : "*/";
      i = std::min(text.find(end, i + (isString ? 1 : 2)), text.size()) + end.size() - 1;
    } else {
      code += text[i];
    }
  }
  return code;
}

void check(bool hasSymbols) {
  ir::Module module;
  build(module, hasSymbols);
  const fs::path folder = fs::path(BURIN_WORK_DIR) / (hasSymbols ? "symbols" : "static");
  fs::create_directories(folder);
  for (const auto &[name, text] : generateFiles(module, hasSymbols)) {
    if (name != "report.json") {
      EXPECT_EQ(codeOf(text).find("#error injected"), std::string::npos) << name;
      EXPECT_EQ(codeOf(text).find("injected();"), std::string::npos) << name;
    }
    std::ofstream(folder / name, std::ios::binary) << text;
  }
  for (const std::string compiler : {"g++ -std=c++17", "clang++ -std=c++17"}) {
    const std::string name = compiler.substr(0, compiler.find(' '));
    if (std::system(fmt::format("command -v {} >/dev/null", name).c_str()) != 0)
      continue;
    const std::string command =
        fmt::format("cd {} && for f in hostile*.cpp; do {} -Wall -Wextra -Wpedantic -Wconversion "
                    "-Wsign-conversion -Wshadow -Werror -fsyntax-only -I{} $f || exit 1; done",
                    folder.string(), compiler, BURIN_RUNTIME_DIR);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  if (!hasSymbols) {
    const std::string command =
        fmt::format("gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c {}",
                    (folder / "hostile_c.h").string());
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
}

TEST(Hostile, NamesOfTensorsAndNodes) { check(false); }
TEST(Hostile, NamesOfSymbols) { check(true); }

} // namespace
} // namespace burin::codegen
