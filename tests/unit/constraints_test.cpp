// SPDX-License-Identifier: Apache-2.0
//
// tests/errors/<op>.gir holds modules parted by lines `---`. Each breaks one constraint, on the
// line that ends with `# error: <text> [op.constraint]`: here they are counted, gir.errors runs
// them.
#include "ir/builder.h"
#include "ir/ops.h"
#include "ir/ops/constraints.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <set>

namespace burin::ir {
namespace {

constexpr std::string_view kMark = "  # error: ";
const std::filesystem::path kFolder = std::filesystem::path(BURIN_SOURCE_DIR) / "tests/errors";

using Lines = std::vector<std::string>;

std::vector<Lines> readCases(const std::filesystem::path &path) {
  std::ifstream in(path);
  std::vector<Lines> cases(1);
  for (std::string line; std::getline(in, line);)
    if (line == "---")
      cases.emplace_back();
    else
      cases.back().push_back(line);
  return cases;
}

/// What the one `# error:` line says.
std::optional<std::string> errorOf(const Lines &lines) {
  std::optional<std::string> found;
  for (const std::string &line : lines)
    if (const size_t at = line.find(kMark); at != std::string::npos) {
      if (found)
        return std::nullopt;
      found = line.substr(at + kMark.size());
    }
  return found;
}

std::string constraintOf(const std::string &error) {
  const size_t open = error.rfind('[');
  return open == std::string::npos ? "" : error.substr(open + 1, error.size() - open - 2);
}

std::vector<std::filesystem::path> caseFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto &entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".gir")
      files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

TEST(Constraints, TableHasEveryOp) {
  std::set<std::string_view> rows;
  for (const OpConstraints &row : kConstraints) {
    EXPECT_TRUE(findOp(row.op)) << row.op;
    EXPECT_TRUE(rows.insert(row.op).second) << row.op << " has two rows";
    EXPECT_EQ(std::set<std::string_view>(row.ids.begin(), row.ids.end()).size(), row.ids.size())
        << row.op;
  }
  for (const OpDef *op : allOps()) {
    EXPECT_TRUE(!op->infer || rows.contains(op->name)) << op->name << " has no row of constraints";
  }
}

TEST(Constraints, EveryOneHasACase) {
  std::set<std::string> listed, seen;
  for (const OpConstraints &row : kConstraints)
    for (const std::string_view id : row.ids)
      listed.insert(std::string(row.op) + "." + std::string(id));
  for (const std::filesystem::path &path : caseFiles())
    for (const Lines &lines : readCases(path)) {
      const std::optional<std::string> error = errorOf(lines);
      ASSERT_TRUE(error) << path << ": a case has one `# error:` line";
      const std::string constraint = constraintOf(*error);
      EXPECT_EQ(constraint.substr(0, constraint.find('.')), path.stem().string()) << path;
      seen.insert(constraint);
    }
  for (const std::string &constraint : listed) {
    EXPECT_TRUE(seen.contains(constraint)) << constraint << " has no case in tests/errors";
  }
  for (const std::string &constraint : seen) {
    EXPECT_TRUE(listed.contains(constraint)) << constraint << " is not in ops/constraints.h";
  }
}

/// The builder's own constraint, for every row.
TEST(Constraints, OperandsAreCounted) {
  for (const OpDef *op : allOps()) {
    const auto &specs = op->operands;
    if (op->blocks.size() || (specs.size() && specs[specs.size() - 1].arity == Arity::variadic))
      continue;
    Module module;
    Builder builder{module, module.addFunction("main").body};
    std::vector<NamedAttr> attributes;
    for (const AttrSpec &spec : op->attrs) {
      // Any value of the kind will do: operands are counted first.
      AttrValue values[] = {{},
                            true,
                            int64_t{1},
                            1.0,
                            std::string(),
                            Ints{},
                            Floats{},
                            Strings{},
                            Dims{},
                            ElementType::f32,
                            AttrValue{Type{}}};
      attributes.push_back({spec.name, values[spec.kind]});
    }
    const std::vector<Value *> tooMany(specs.size() + 1, module.addScalar(ElementType::f32, 1));
    try {
      builder.makeOp(*op, tooMany, attributes);
      ADD_FAILURE() << op->name << " took " << tooMany.size() << " operands";
    } catch (const CompileError &e) {
      EXPECT_EQ(e.diagnostic().code, std::string(op->name) + ".operands");
    }
    if (specs.size() == 0 || specs[0].arity != Arity::one)
      continue;
    try {
      builder.makeOp(*op, {}, attributes);
      ADD_FAILURE() << op->name << " took no operand";
    } catch (const CompileError &e) {
      EXPECT_EQ(e.diagnostic().code, std::string(op->name) + ".operands");
    }
  }
}

} // namespace
} // namespace burin::ir
