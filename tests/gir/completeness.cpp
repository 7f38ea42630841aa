// SPDX-License-Identifier: Apache-2.0
//
// burin_completeness ROOT: names what an op lacks: a text in its row, inference, cases in tests/ops
// that the reference and the kernels run and the code generator takes, with extents of the run and
// without elements; a line in runtime-lite/KERNELS.md, a test in tests/rt and an instance in
// all_kernels.cpp for the kernels that it calls, a place in docs/ir.md; and what a rule lacks. The
// constraints are in tests/unit/constraints_test.cpp.
#include "tests/gir/completeness.h"
#include "codegen/prepare.h"
#include "ir/ops.h"
#include "passes/pipeline.h"
#include "tests/gir/run.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace burin::tests {
namespace {

std::string textOf(const std::filesystem::path &path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Whether the text has a call of the kernel, or its signature: "gemm(", "gemm<NR>(".
bool mentions(std::string_view text, std::string_view kernel) {
  const auto isWord = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  for (size_t at = text.find(kernel); at != text.npos; at = text.find(kernel, at + 1)) {
    const size_t end = at + kernel.size();
    if ((at == 0 || !isWord(text[at - 1])) && end < text.size() &&
        (text[end] == '(' || text[end] == '<'))
      return true;
  }
  return false;
}

class Completeness {
public:
  explicit Completeness(std::filesystem::path root) : root_{std::move(root)} {
    docs_ = textOf(root_ / "docs" / "ir.md");
    kernels_ = textOf(root_ / "runtime-lite" / "KERNELS.md");
    const std::filesystem::path rt = root_ / "tests" / "rt";
    kernelInstances_ = textOf(rt / "all_kernels.cpp");
    for (const auto &entry : std::filesystem::directory_iterator(rt))
      if (entry.path().string().ends_with("_test.cpp"))
        kernelTests_ += textOf(entry.path());
  }

  size_t run() {
    for (const ir::OpDef *op : ir::allOps())
      checkOp(*op);
    checkStrangers();
    for (const auto &[kernel, op] : calls_)
      checkKernel(kernel, op);
    fmt::print("{} ops that call {} kernels\n", ir::allOps().size(), calls_.size());
    return missing_;
  }

private:
  template <class... T>
  void miss(std::string_view what, fmt::format_string<T...> format, T &&...values) {
    ++missing_;
    fmt::print("{}: {}\n", what, fmt::format(format, std::forward<T>(values)...));
  }

  // ---- ops ----

  void checkOp(const ir::OpDef &op) {
    if (op.doc.empty())
      miss(op.name, "its row has no doc");
    if (!op.infer && op.results.size())
      miss(op.name, "its row has no infer");
    if (docs_.find(fmt::format("\n### {}\n", op.name)) == std::string::npos)
      miss(op.name, "docs/ir.md does not have it: BLESS=1 ctest -R ir_docs");
    const std::filesystem::path path = root_ / "tests" / "ops" / fmt::format("{}.gir", op.name);
    if (!std::filesystem::exists(path))
      return miss(op.name, "there is no tests/ops/{}.gir", op.name);
    const TestFile file = readCases(path.string());
    checkRuns(op, file);
    checkCompiles(op, file);
  }

  /// What the cases of an op have: tensors with axes at all, and the two edges of their extents.
  struct Seen {
    bool anAxis = false, anExtentOfTheRun = false, noElements = false;

    void add(const ir::Value *value) {
      if (!value || !value->type.isTensor())
        return;
      for (const ir::Dim &d : value->type.shape()) {
        anAxis = true;
        noElements = noElements || d.isNumber(0);
      }
    }
    void add(const Case &c) {
      anExtentOfTheRun = anExtentOfTheRun || ("\n" + c.text).find("\ndim ") != std::string::npos;
      for (const Directive &d : c.directives) // "%x: i64[] = [1]"
        noElements = noElements || ((d.name == "input" || d.name == "expect") &&
                                    d.value.find("[]", d.value.find('=')) != std::string::npos);
    }
  };

  /// Some case has the op, and each evaluator runs it in every case that does not name another.
  void checkRuns(const ir::OpDef &op, const TestFile &file) {
    size_t found = 0;
    Seen seen;
    std::set<std::string_view> lacking;
    for (const Case &c : file.cases) {
      Outcome outcome;
      seen.add(c);
      if (const std::unique_ptr<ir::Module> module = parseCase(c, outcome)) // else its run tells
        forEach(*module, op, [&](const ir::Op &each) {
          ++found;
          for (size_t i = 0; i < each.numOperands(); ++i)
            seen.add(each.operand(i));
          for (size_t i = 0; i < each.numResults(); ++i)
            seen.add(each.result(i));
          for (const NamedEvaluator &by : evaluators())
            if (!ir::executesItself(op) && !by.evaluator->supports(each) &&
                (!c.find("only:") || c.valueOf("only:") == by.name))
              lacking.insert(by.name);
        });
    }
    if (!found)
      miss(op.name, "tests/ops/{0}.gir has no {0}", op.name);
    const bool hasTensors = seen.anAxis && !op.is(ir::Trait::terminator);
    if (hasTensors && !seen.anExtentOfTheRun)
      miss(op.name, "no case of tests/ops/{}.gir has an extent of the run (dim N = 0..4)", op.name);
    if (hasTensors && !seen.noElements)
      miss(op.name, "no case of tests/ops/{}.gir is without elements (f32[0, 3])", op.name);
    for (const std::string_view name : lacking)
      miss(op.name, "{} does not run a case of tests/ops/{}.gir", name, op.name);
  }

  /// The code generator takes some case, optimised and not.
  void checkCompiles(const ir::OpDef &op, const TestFile &file) {
    std::string problem;
    bool isTaken = false;
    for (const Case &c : file.cases)
      for (const passes::Optimize optimize : {passes::Optimize::none, passes::Optimize::speed}) {
        const std::string own = compile(op, c, optimize);
        isTaken = isTaken || own.empty();
        if (problem.empty())
          problem = own;
      }
    if (!isTaken)
      miss(op.name, "no case of tests/ops/{}.gir can be compiled: {}", op.name, problem);
  }

  /// What is wrong, or nothing. Collects the kernels that the code calls.
  std::string compile(const ir::OpDef &op, const Case &c, passes::Optimize optimize) {
    Outcome outcome;
    const std::unique_ptr<ir::Module> module = parseCase(c, outcome);
    bool isThere = false;
    if (module)
      forEach(*module, op, [&](const ir::Op &) { isThere = true; });
    if (!isThere)
      return "it does not have the op";
    try {
      passes::PassContext context = contextOf(c);
      context.optimize = optimize;
      passes::runPipeline(*module, context, {});
      codegen::Settings settings;
      settings.target = context.target;
      const std::shared_ptr<codegen::Prepared> prepared = codegen::prepare(*module, settings);
      for (const codegen::Stub &stub : prepared->stubs)
        for (const std::string &line : stub.body)
          collectCalls(op, line);
      return {};
    } catch (const std::exception &) {
      return linesOf(currentProblem()).front();
    }
  }

  template <class Visit> void forEach(const ir::Module &module, const ir::OpDef &op, Visit visit) {
    for (const auto &function : module.functions)
      function->body.walk([&](ir::Op &each) {
        if (each.is(op))
          visit(each);
      });
  }

  /// Files that belong to no op.
  void checkStrangers() {
    for (const char *folder : {"ops", "errors"})
      for (const auto &entry : std::filesystem::directory_iterator(root_ / "tests" / folder))
        if (!ir::findOp(entry.path().stem().string()))
          miss(fmt::format("tests/{}/{}", folder, entry.path().filename().string()),
               "there is no such op");
  }

  // ---- kernels ----

  /// "rt::gemm<16>(...);": a statement that is a call.
  void collectCalls(const ir::OpDef &op, const std::string &line) {
    static const std::regex kCall{R"(^\s*(?:return |const auto \w+ = )?rt::(\w+)[<(])"};
    std::smatch match;
    if (std::regex_search(line, match, kCall))
      calls_.emplace(match[1].str(), op.name);
  }

  void checkKernel(const std::string &kernel, std::string_view op) {
    if (!mentions(kernels_, kernel))
      miss(op, "it calls rt::{}, which runtime-lite/KERNELS.md does not have", kernel);
    if (!mentions(kernelTests_, kernel))
      miss(op, "it calls rt::{}, which no tests/rt/*_test.cpp tests", kernel);
    if (!mentions(kernelInstances_, kernel))
      miss(op, "it calls rt::{}, which tests/rt/all_kernels.cpp does not have", kernel);
  }

  std::filesystem::path root_;
  std::string docs_, kernels_, kernelTests_, kernelInstances_;
  std::map<std::string, std::string_view> calls_; ///< with one of the ops that call them
  size_t missing_ = 0;
};

} // namespace
} // namespace burin::tests

int main(int argc, char **argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: burin_completeness ROOT\n");
    return 2;
  }
  const size_t missing =
      burin::tests::Completeness{argv[1]}.run() + burin::tests::missingRuleCases(argv[1]);
  fmt::print("{} missing pieces\n", missing);
  return missing ? 1 : 0;
}
