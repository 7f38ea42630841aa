// SPDX-License-Identifier: Apache-2.0
//
// The table of overloads against what PyTorch reports (schemas.txt, by make_schemas.py): the same
// text for each, in the same order.
#include "frontend/torchscript/lowering.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

namespace burin::torchscript::test {
namespace {

/// Names that only files or the printed language have.
const std::set<std::string, std::less<>> kOwn = {
    "prim::Print", "prim::shape",       "prim::unchecked_unwrap_optional",
    "aten::wait",  "aten::_cast_Float", "aten::_cast_Long",
    "aten::fill",  "aten::zero",        "aten::copy",
};

/// Operators whose overloads take nothing in common, so that their order decides nothing.
const std::set<std::string, std::less<>> kDisjoint = {
    "aten::eq",  "aten::ne",  "aten::get", "aten::len",   "aten::pop",
    "prim::max", "prim::min", "aten::dict", "aten::split"};

struct Recorded {
  std::string text;
  size_t line;
};

std::map<std::string, Recorded> recorded() {
  std::map<std::string, Recorded> all;
  std::ifstream in(SCHEMAS);
  size_t number = 0;
  for (std::string line; std::getline(in, line);)
    all[line.substr(0, line.find('('))] = {line, ++number};
  return all;
}

TEST(Schemas, AreThoseOfTorch) {
  const auto torch = recorded();
  ASSERT_GT(torch.size(), 500u);
  size_t compared = 0;
  for (const Overload &o : allOverloads()) {
    const auto it = torch.find(o.schema.fullName());
    if (it == torch.end()) {
      EXPECT_TRUE(kOwn.contains(o.schema.name)) << o.text << " is no schema of torch";
      continue;
    }
    EXPECT_EQ(o.text, it->second.text);
    ++compared;
  }
  EXPECT_GT(compared, 500u);
}

TEST(Schemas, ComeInTheOrderOfTorch) {
  const auto torch = recorded();
  std::map<std::string, Recorded> last;
  for (const Overload &o : allOverloads()) {
    const auto it = torch.find(o.schema.fullName());
    if (it == torch.end())
      continue;
    const auto [before, isFirst] = last.emplace(o.schema.name, it->second);
    EXPECT_TRUE(isFirst || before->second.line < it->second.line ||
                kDisjoint.contains(o.schema.name))
        << o.text << " comes behind " << before->second.text;
    before->second = it->second;
  }
}

TEST(Schemas, OneRowForEachOverload) {
  std::set<std::string> seen;
  for (const Overload &o : allOverloads())
    EXPECT_TRUE(seen.insert(o.schema.fullName()).second) << o.text;
}

} // namespace
} // namespace burin::torchscript::test
