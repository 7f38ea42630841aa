// SPDX-License-Identifier: Apache-2.0
//
// Many models in one program: each in its namespace, with a function that reads its inputs from a
// file and appends its outputs to another.
#include "codegen/compile.h"
#include "codegen/emit.h"
#include "codegen/prepare.h"
#include "passes/memory_plan.h"
#include "tests/conformance/suite.h"

#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <thread>

namespace burin::conformance {
namespace {
constexpr size_t kModelsPerProgram = 24;

void write(const fs::path &path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
}

struct Emitted {
  size_t index; ///< of the case
  std::string runner;
  std::vector<ir::Tensor> expected;
  std::vector<ir::Type> types; ///< of the outputs, as declared
};

constexpr std::string_view kHead = R"(#include <stdio.h>
#include "burin/runtime.h"
template <class T, size_t... D> void extents(FILE *f, burin::View<T, D...>) {
  const long long rank = sizeof...(D);
  fwrite(&rank, sizeof rank, 1, f);
  const long long all[] = {static_cast<long long>(D)..., 0};
  fwrite(all, sizeof(long long), sizeof...(D), f);
}
template <class T, size_t R> void extents(FILE *f, const burin::DynView<T, R> &v) {
  const long long rank = R;
  fwrite(&rank, sizeof rank, 1, f);
  for (size_t d = 0; d < R; ++d) {
    const long long n = static_cast<long long>(v.extent(d));
    fwrite(&n, sizeof n, 1, f);
  }
}
template <class V> void get(FILE *f, const V &v) {
  if (v.size() && fread(v.data(), sizeof(*v.data()), v.size(), f) != v.size())
    fprintf(stderr, "short input\n");
}
template <class V> void put(FILE *f, const V &v) {
  extents(f, v);
  fwrite(v.data(), sizeof(*v.data()), v.size(), f);
}
)";

/// The generated sources of one model under `folder`, and the function that runs it.
Emitted emit(size_t index, const Case &test, const fs::path &folder) {
  Loaded loaded = load(test);
  codegen::Settings settings;
  settings.name = fmt::format("t{}", index);
  settings.target = ir::findTarget("host");
  settings.version = "test";
  const auto prepared = codegen::prepare(*loaded.module, settings);
  const ir::Function &entry = *loaded.module->functions.front();
  ir::MemoryPlan plan =
      passes::planMemory(entry, codegen::scratchBytes(*prepared), settings.target->alignment,
                         {.shared = codegen::sharedMemory(*prepared)});
  plan.steps = passes::steps(entry);
  for (const codegen::File &file : codegen::generate(*prepared, plan))
    if (file.name != "report.json")
      write(folder / file.name, file.content());
  Emitted out{index, {}, std::move(loaded.expected), {}};
  std::string symbols;
  std::map<std::string, int64_t, std::less<>> values;
  std::string data;
  for (size_t i = 0; i < entry.body.numArguments(); ++i) {
    const ir::Type &type = entry.body.argument(i)->type;
    if (loaded.inputs[i].type.rank() != type.rank() ||
        loaded.inputs[i].type.element() != type.element())
      throw CompileError(Problem::invalid, {},
                         fmt::format("input {} is {}, and the data are {}", i, type.text(),
                                     loaded.inputs[i].type.text()));
    for (size_t d = 0; d < type.rank(); ++d)
      if (const auto name = type.dim(d).symbolName())
        values.emplace(*name, loaded.inputs[i].extent(d));
    data.append(reinterpret_cast<const char *>(loaded.inputs[i].bytes.data()),
                loaded.inputs[i].bytes.size());
  }
  write(folder / (settings.name + ".in"), data);
  for (const codegen::SymbolInfo &s : prepared->symbols)
    if (!s.isDefined)
      symbols += fmt::format("{}{}", symbols.empty() ? "" : ", ", values.at(s.name));
  std::string body;
  const auto argumentsFor = [&](const ir::Type &t) { return t.isStatic() ? "" : symbols; };
  for (size_t i = 0; i < entry.body.numArguments(); ++i)
    body += fmt::format("  get(in, model.{}({}));\n", prepared->argumentNames[i],
                        argumentsFor(entry.body.argument(i)->type));
  body += fmt::format("  const long long status = model.run({}).code();\n  fwrite(&status, sizeof "
                      "status, 1, out);\n",
                      symbols);
  for (size_t i = 0; i < entry.resultNames.size(); ++i) {
    const ir::Type &type = entry.body.terminator().operand(i)->type;
    body +=
        fmt::format("  put(out, model.{}({}));\n", prepared->resultNames[i], argumentsFor(type));
    out.types.push_back(type);
  }
  out.runner =
      fmt::format("#include \"{0}.cpp\"\n#include \"{0}.weights.cpp\"\nstatic void run_{0}(FILE "
                  "*in, FILE *out) {{\n  static {0}::StaticModel model;\n  (void)in;\n{1}}}\n",
                  settings.name, body);
  return out;
}

/// Reads what put() wrote.
ir::Tensor readTensor(std::ifstream &in, const ir::Type &declared) {
  long long rank = -1;
  in.read(reinterpret_cast<char *>(&rank), sizeof rank);
  if (!in || rank < 0 || rank > 64)
    throw std::runtime_error("no output");
  ir::Shape shape;
  for (long long d = 0; d < rank; ++d) {
    long long n = 0;
    in.read(reinterpret_cast<char *>(&n), sizeof n);
    shape.emplace_back(n);
  }
  ir::Tensor t{ir::Type{declared.element(), std::move(shape)}};
  in.read(reinterpret_cast<char *>(t.bytes.data()), static_cast<std::streamsize>(t.bytes.size()));
  return t;
}

struct Program {
  std::vector<Emitted> models;
};

/// Builds and runs the models of one program; if it does not build, each by itself.
void runProgram(const Program &program, const fs::path &folder, const std::string &name,
                const std::string &compiler, std::vector<Outcome> &outcomes) {
  std::string text(kHead), table;
  for (const Emitted &m : program.models) {
    text += m.runner;
    table += fmt::format(
        "  {{\n    FILE *in = fopen(\"{0}/t{1}.in\", \"rb\"), *out = fopen(\"{0}/t{1}.out\", "
        "\"wb\");\n    run_t{1}(in, out);\n    fclose(in);\n    fclose(out);\n  }}\n",
        folder.string(), m.index);
  }
  text += "int main() {\n" + table + "}\n";
  write(folder / (name + ".cpp"), text);
  const std::string command =
      fmt::format("{0} -std=c++17 -O1 -w -I{1} -I{2} {2}/{3}.cpp -o {2}/{3} >{2}/{3}.log 2>&1 && "
                  "timeout 60 {2}/{3} >>{2}/{3}.log 2>&1",
                  compiler, BURIN_RUNTIME_DIR, folder.string(), name);
  const bool built = std::system(command.c_str()) == 0;
  if (!built && program.models.size() > 1) {
    for (const Emitted &m : program.models)
      runProgram({{m}}, folder, fmt::format("single{}", m.index), compiler, outcomes);
    return;
  }
  for (const Emitted &m : program.models) {
    Outcome &outcome = outcomes[m.index];
    if (!built) {
      std::ifstream log(folder / (name + ".log"));
      std::string line;
      outcome.why = "does not compile or run";
      while (std::getline(log, line))
        if (line.find("error") != std::string::npos) {
          outcome.why = "does not compile: " + line.substr(line.find("error"));
          break;
        }
      continue;
    }
    try {
      std::ifstream in(folder / fmt::format("t{}.out", m.index), std::ios::binary);
      long long status = -1;
      in.read(reinterpret_cast<char *>(&status), sizeof status);
      if (status != 0)
        outcome.why = fmt::format("the run returned status {}", status);
      for (size_t i = 0; i < m.types.size() && outcome.passed(); ++i)
        outcome.why = compare(readTensor(in, m.types[i]), m.expected[i], 1e-3, 1e-7);
    } catch (const std::exception &error) {
      outcome.why = error.what();
    }
  }
}

} // namespace

std::vector<Outcome> runCompiled(const std::vector<Case> &cases, const fs::path &work,
                                 const std::string &compiler, int jobs) {
  fs::remove_all(work);
  fs::create_directories(work);
  std::vector<Outcome> outcomes;
  std::vector<Program> programs;
  for (size_t i = 0; i < cases.size(); ++i) {
    outcomes.push_back({cases[i].name, ""});
    try {
      Emitted model = emit(i, cases[i], work);
      if (programs.empty() || programs.back().models.size() == kModelsPerProgram)
        programs.emplace_back();
      programs.back().models.push_back(std::move(model));
    } catch (const CompileErrors &errors) {
      outcomes.back().why = errors.all().front().text;
    } catch (const std::exception &error) {
      outcomes.back().why = error.what();
    }
  }
  std::vector<std::thread> threads;
  std::atomic<size_t> next{0};
  for (int t = 0; t < jobs; ++t)
    threads.emplace_back([&] {
      for (size_t i; (i = next++) < programs.size();)
        runProgram(programs[i], work, fmt::format("program{}", i), compiler, outcomes);
    });
  for (std::thread &t : threads)
    t.join();
  for (Outcome &o : outcomes)
    o.why = oneLine(o.why);
  return outcomes;
}

} // namespace burin::conformance
