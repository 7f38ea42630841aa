// SPDX-License-Identifier: Apache-2.0
#include "tests/compiled/batch.h"

#include "passes/memory_plan.h"
#include "tests/compiled/runner.h"

#include <atomic>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <thread>

namespace burin::tests {
namespace fs = std::filesystem;
namespace {

void write(const fs::path &path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

int64_t readNumber(std::istream &in) {
  int64_t n = -1;
  in.read(reinterpret_cast<char *>(&n), sizeof n);
  if (!in)
    throw std::runtime_error("the outputs end early");
  return n;
}

ir::Tensor readTensor(std::istream &in, const ir::Type &declared) {
  const int64_t rank = readNumber(in);
  if (rank != static_cast<int64_t>(declared.rank()))
    throw std::runtime_error(
        fmt::format("an output has rank {}, expected {}", rank, declared.rank()));
  ir::Shape shape;
  for (size_t d = 0; d < declared.rank(); ++d) {
    shape.emplace_back(readNumber(in));
    const ir::Bounds bounds = declared.dim(d).bounds();
    if (shape[d].number() < bounds.lo || shape[d].number() > bounds.hi)
      throw std::runtime_error(
          fmt::format("an output of type {} has shape {}", declared.text(), ir::text(shape)));
  }
  ir::Tensor t{declared.withShape(std::move(shape))};
  in.read(reinterpret_cast<char *>(t.bytes.data()), static_cast<std::streamsize>(t.bytes.size()));
  return t;
}

/// The first line of a log that tells of an error.
std::string errorIn(const fs::path &log) {
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);)
    for (const std::string_view mark : {"error", "ERROR", "Segmentation", "timeout"})
      if (const size_t at = line.find(mark); at != std::string::npos)
        return line.substr(at);
  return "no message";
}

class Batch {
public:
  Batch(std::span<const EmittedModel> models, const BatchOptions &options)
      : models_{models}, options_{options}, results_(models.size()) {}

  std::vector<ModelResult> run() {
    std::atomic<size_t> next{0};
    const size_t step = options_.modelsPerProgram;
    std::vector<std::thread> threads;
    for (int t = 0; t < options_.jobs; ++t)
      threads.emplace_back([&] {
        for (size_t first; (first = step * next++) < models_.size();)
          runProgram(first, std::min(first + step, models_.size()));
      });
    for (std::thread &t : threads)
      t.join();
    return std::move(results_);
  }

private:
  std::string quoted(const fs::path &file) const { return fmt::format("\"{}\"", file.string()); }

  /// Builds and runs models [first, last).
  void runProgram(size_t first, size_t last) {
    const fs::path program = options_.folder / fmt::format("program_{}_{}", first, last);
    std::string text, table;
    for (const EmittedModel &m : models_.subspan(first, last - first)) {
      text += fmt::format("#include \"{0}.cpp\"\n#include \"{0}.weights.cpp\"\n", m.name);
      table += fmt::format("  run_{0}(fopen(\"{0}.in\", \"rb\"), fopen(\"{0}.out\", \"wb\"));\n"
                           "  fflush(nullptr);\n",
                           m.name);
    }
    text += runnerHead();
    text += "namespace {\n";
    for (const EmittedModel &m : models_.subspan(first, last - first))
      text += m.runner;
    text += fmt::format("}} // namespace\nint main() {{\n{}}}\n", table);
    write(program.string() + ".cpp", text);
    const std::string log = program.string() + ".log";
    const auto shell = [&](const std::string &command) {
      return std::system(
                 fmt::format("cd {} && {} >>{} 2>&1", quoted(options_.folder), command, quoted(log))
                     .c_str()) == 0;
    };
    write(log, "");
    const bool isBuilt =
        shell(fmt::format("{} -std=c++17 {} -w -I\"{}\" -I. {}.cpp -o {}", options_.compiler,
                          options_.flags, BURIN_RUNTIME_DIR, quoted(program), quoted(program)));
    if (isBuilt && shell("timeout 120 " + quoted(program))) {
      for (size_t i = first; i < last; ++i)
        read(i);
    } else if (last - first > 1) {
      for (size_t i = first; i < last; ++i)
        runProgram(i, i + 1);
    } else {
      if (isBuilt)
        read(first);
      results_[first].problem = fmt::format(
          "{}: {}", isBuilt ? "the program ends badly" : "does not compile", errorIn(log));
    }
    fs::remove(program);
  }

  void read(size_t index) {
    const EmittedModel &model = models_[index];
    std::ifstream in(options_.folder / (model.name + ".out"), std::ios::binary);
    try {
      for (size_t i = 0; i < model.runs; ++i) {
        RunResult run;
        run.status = static_cast<int>(readNumber(in));
        run.guardsHold = readNumber(in) == 1;
        if (run.status == 0)
          for (const ir::Type &type : model.results)
            run.results.push_back(readTensor(in, type));
        results_[index].runs.push_back(std::move(run));
      }
    } catch (const std::exception &error) {
      results_[index].problem = error.what();
    }
  }

  std::span<const EmittedModel> models_;
  const BatchOptions &options_;
  std::vector<ModelResult> results_;
};

} // namespace

EmittedModel emitModel(ir::Module &module, const codegen::Settings &settings,
                       std::span<const Run> runs, const fs::path &folder) {
  const auto prepared = codegen::prepare(module, settings);
  const ir::Function &entry = prepared->entry;
  ir::MemoryPlan plan =
      passes::planMemory(entry, codegen::scratchBytes(*prepared), settings.target->alignment,
                         {.shared = codegen::sharedMemory(*prepared)});
  plan.steps = passes::steps(entry);
  for (const codegen::File &file : codegen::generate(*prepared, plan))
    if (file.name != "report.json")
      write(folder / file.name, file.content());
  EmittedModel model{prepared->nameSpace, runnerOf(*prepared), {}, runs.size()};
  for (size_t i = 0; i < entry.resultNames.size(); ++i)
    if (!entry.stateOfResult(i))
      model.results.push_back(entry.body.terminator().operand(i)->type);
  write(folder / (model.name + ".in"), inputOf(*prepared, runs));
  return model;
}

std::vector<ModelResult> buildAndRun(std::span<const EmittedModel> models,
                                     const BatchOptions &options) {
  return Batch{models, options}.run();
}

} // namespace burin::tests
