// SPDX-License-Identifier: Apache-2.0
//
// burin_emit_cases TARGET FOLDER FILE.gir...: writes the generated code of every case of the files,
// as a small model in a namespace of its own, and files that include many of them, so that few
// runs of a compiler see all.
//   FOLDER/NAME.h, NAME.cpp, NAME.weights.cpp   of each case as it stands and behind the pipeline;
//                                               NAME is its file and number
//   FOLDER/batch0.cpp, batch1.cpp, ...          which include them
//   FOLDER/refused.txt                          the cases that burin refuses, and why
// Fails if a row of the kernels serves no case at all.
#include "codegen/compile.h"
#include "codegen/kernels/evaluator.h"
#include "codegen/prepare.h"
#include "ir/text.h"
#include "passes/memory_plan.h"
#include "passes/pipeline.h"
#include "tests/gir/run.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>

namespace burin::tests {
namespace {
namespace fs = std::filesystem;

constexpr size_t kCasesPerBatch = 80;

class Emitter {
public:
  Emitter(const ir::Target &target, fs::path folder) : target_{target}, folder_{std::move(folder)} {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  void add(const Case &c, const std::string &name) {
    add(c, name, Form::plain);
    add(c, name + "_constants", Form::constants);
    add(c, name + "_optimized", Form::optimized);
  }

  /// The number of kernels without a case.
  size_t finish() {
    for (size_t i = 0; i < names_.size(); i += kCasesPerBatch) {
      std::string text;
      for (size_t j = i; j < std::min(i + kCasesPerBatch, names_.size()); ++j)
        text += fmt::format("#include \"{0}.cpp\"\n#include \"{0}.weights.cpp\"\n", names_[j]);
      write(fmt::format("batch{}.cpp", i / kCasesPerBatch), text);
    }
    write("refused.txt", refused_);
    size_t missing = 0;
    for (const kernels::KernelDef *kernel : kernels::allKernels())
      if (isFor(*kernel) && !used_.contains(kernel) && ++missing)
        fmt::print("no case for the kernel '{}' of {}\n", kernel->variant, kernel->op->name);
    fmt::print("{} models in {} batches, {} kernels without a case\n", names_.size(),
               (names_.size() + kCasesPerBatch - 1) / kCasesPerBatch, missing);
    return missing;
  }

private:
  /// Small cores have no use for Winograd's algorithm: it takes more memory.
  bool isFor(const kernels::KernelDef &kernel) const {
    return target_.winograd || !kernel.variant.starts_with("winograd");
  }

  enum class Form {
    plain,     ///< the case as it stands
    constants, ///< all arguments but the first are constants: where that takes another kernel
    optimized, ///< behind the pipeline, where that changes it
  };

  void add(const Case &c, const std::string &name, Form form) {
    Outcome outcome;
    const std::unique_ptr<ir::Module> module = parseCase(c, outcome);
    try {
      if (module && transform(*module, c, form))
        emit(*module, name, form);
      if (module)
        return;
    } catch (const std::exception &) {
      outcome.fail(currentProblem());
    }
    refused_ += fmt::format("{}: {}\n", name, fmt::join(outcome.problems, "; "));
  }

  /// False where the form is the same as the plain one.
  bool transform(ir::Module &module, const Case &c, Form form) const {
    passes::PassContext context = contextOf(c);
    context.target = &target_;
    const std::string before = ir::print(module);
    if (form == Form::optimized)
      passes::runPipeline(module, context, {});
    if (form == Form::constants)
      makeConstants(module);
    const bool changed = ir::print(module) != before;
    passes::runPass(module, context, "own-results"); // results that are inputs
    return changed || form == Form::plain;
  }

  /// Zeros: what the weights are changes no text but theirs.
  static void makeConstants(ir::Module &module) {
    ir::Block &body = module.functions.front()->body;
    for (size_t i = body.numArguments(); i-- > 1;) {
      ir::Value *argument = body.argument(i);
      const bool isNumbers = argument->type.isTensor() && argument->type.isStatic() &&
                             argument->type.element() != ir::ElementType::string;
      if (!isNumbers || module.functions.front()->stateOfArgument(i))
        continue;
      const auto zeros = std::make_shared<const ir::Tensor>(argument->type);
      argument->replaceAllUsesWith(
          module.addConstant(argument->type, zeros->bytes, zeros, argument->name));
    }
  }

  void emit(ir::Module &module, const std::string &name, Form form) {
    codegen::Settings settings;
    settings.name = name;
    settings.target = &target_;
    settings.version = "test";
    settings.threads = settings.profile = form == Form::optimized; // both forms of the hooks
    const auto prepared = codegen::prepare(module, settings);
    bool isNew = false;
    prepared->entry.body.walk([&](ir::Op &op) {
      if (const codegen::OpCall *call = prepared->callOf(op))
        isNew |= used_.insert(call->kernel).second;
    });
    ir::MemoryPlan plan =
        passes::planMemory(prepared->entry, codegen::scratchBytes(*prepared), target_.alignment,
                           {.shared = codegen::sharedMemory(*prepared)});
    plan.steps = passes::steps(prepared->entry);
    const std::vector<codegen::File> files = codegen::generate(*prepared, plan);
    std::string source = files[1].content(); // what cases share is compiled once
    for (size_t at; (at = source.find(name)) != source.npos;)
      source.erase(at, name.size());
    if (!isNew && (form == Form::constants || !sources_.insert(std::move(source)).second))
      return;
    for (const codegen::File &file : files)
      if (file.name != "report.json")
        write(file.name, file.content());
    names_.push_back(name);
  }

  void write(const std::string &name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  const ir::Target &target_;
  fs::path folder_;
  std::vector<std::string> names_;
  std::string refused_;
  std::set<const kernels::KernelDef *> used_;
  std::set<std::string> sources_; ///< without the name
};

int run(const std::vector<std::string> &arguments) {
  const ir::Target *target = arguments.size() < 3 ? nullptr : ir::findTarget(arguments[0]);
  if (!target) {
    fmt::print(stderr, "usage: burin_emit_cases TARGET FOLDER FILE.gir...\n");
    return 2;
  }
  Emitter emitter{*target, arguments[1]};
  for (size_t i = 2; i < arguments.size(); ++i) {
    const std::string stem = fs::path(arguments[i]).stem().string();
    const TestFile file = readCases(arguments[i]);
    for (size_t n = 0; n < file.cases.size(); ++n)
      emitter.add(file.cases[n], fmt::format("{}_{}", stem, n + 1));
  }
  return emitter.finish() ? 1 : 0;
}

} // namespace
} // namespace burin::tests

int main(int argc, char **argv) {
  try {
    return burin::tests::run({argv + 1, argv + argc});
  } catch (const std::exception &e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
  }
}
