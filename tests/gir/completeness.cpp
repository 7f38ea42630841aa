// SPDX-License-Identifier: Apache-2.0
//
// burin_completeness ROOT: names what an op lacks: a text, inference, a case in tests/ops that has
// it, the reference and the kernel for it there, a place in docs/ir.md.
#include "ir/ops.h"
#include "tests/gir/run.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <sstream>

namespace burin::tests {
namespace {

class Completeness {
public:
  explicit Completeness(std::filesystem::path root) : root_{std::move(root)} {
    std::ifstream docs(root_ / "docs" / "ir.md");
    std::stringstream text;
    text << docs.rdbuf();
    docs_ = text.str();
  }

  size_t run() {
    for (const ir::OpDef *op : ir::allOps())
      check(*op);
    checkStrangers();
    fmt::print("{} ops, {} missing pieces\n", ir::allOps().size(), missing_);
    return missing_;
  }

private:
  template <class... T>
  void miss(const ir::OpDef &op, fmt::format_string<T...> format, T &&...values) {
    ++missing_;
    fmt::print("{}: {}\n", op.name, fmt::format(format, std::forward<T>(values)...));
  }

  void check(const ir::OpDef &op) {
    if (op.doc.empty())
      miss(op, "its row has no doc");
    if (!op.infer && !op.is(ir::Trait::terminator))
      miss(op, "its row has no infer");
    if (docs_.find(fmt::format("\n### {}\n", op.name)) == std::string::npos)
      miss(op, "docs/ir.md does not have it");
    const std::filesystem::path file = root_ / "tests" / "ops" / fmt::format("{}.gir", op.name);
    if (!std::filesystem::exists(file))
      return miss(op, "there is no tests/ops/{}.gir", op.name);
    checkCases(op, readCases(file.string()));
  }

  /// Some case has the op, and each evaluator runs it in every case that does not name another.
  void checkCases(const ir::OpDef &op, const TestFile &file) {
    size_t found = 0;
    std::set<std::string_view> lacking;
    for (const Case &c : file.cases) {
      Outcome outcome;
      const std::unique_ptr<ir::Module> module = parseCase(c, outcome);
      if (!module)
        continue; // the run of the case tells
      for (const auto &function : module->functions)
        function->body.walk([&](ir::Op &each) {
          if (!each.is(op))
            return;
          ++found;
          for (const NamedEvaluator &by : evaluators())
            if (!ir::executesItself(op) && !by.evaluator->supports(each) &&
                (!c.find("only:") || c.valueOf("only:") == by.name))
              lacking.insert(by.name);
        });
    }
    if (!found)
      miss(op, "tests/ops/{0}.gir has no {0}", op.name);
    for (const std::string_view name : lacking)
      miss(op, "{} does not run a case of tests/ops/{}.gir", name, op.name);
  }

  /// Files that belong to no op.
  void checkStrangers() {
    for (const char *folder : {"ops", "errors"})
      for (const auto &entry : std::filesystem::directory_iterator(root_ / "tests" / folder))
        if (!ir::findOp(entry.path().stem().string())) {
          ++missing_;
          fmt::print("tests/{}/{}: there is no such op\n", folder,
                     entry.path().filename().string());
        }
  }

  std::filesystem::path root_;
  std::string docs_;
  size_t missing_ = 0;
};

} // namespace
} // namespace burin::tests

int main(int argc, char **argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: burin_completeness ROOT\n");
    return 2;
  }
  return burin::tests::Completeness{argv[1]}.run() ? 1 : 0;
}
