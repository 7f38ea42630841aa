// SPDX-License-Identifier: Apache-2.0
//
// All .gir files of the repository: what is read is printed as what is read again; what is broken
// is refused by an error with a place, in little time and memory.
#include "ir/text.h"
#include "tests/gir/case.h"
#include "tests/gir/largest_allocation.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

namespace burin::tests {
namespace {

std::vector<Case> allCases() {
  std::vector<std::string> paths;
  const std::filesystem::path root = std::filesystem::path(BURIN_SOURCE_DIR) / "tests";
  for (const auto &entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.path().extension() == ".gir")
      paths.push_back(entry.path().string());
  std::ranges::sort(paths); // a seed gives the same mutations everywhere
  std::vector<Case> cases;
  for (const std::string &path : paths)
    for (Case &c : readCases(path).cases)
      cases.push_back(std::move(c));
  return cases;
}

std::string at(const Case &c) { return fmt::format("{}:{}", c.file, c.line); }

TEST(AllTexts, ArePrintedAsWhatIsReadAgain) {
  size_t read = 0;
  for (const Case &c : allCases())
    try {
      const std::string printed = ir::print(*ir::parse(c.text, c.file));
      EXPECT_EQ(ir::print(*ir::parse(printed, "again.gir")), printed) << at(c);
      ++read;
    } catch (const CompileError &e) {
      EXPECT_NE(c.text.find("# error: "), std::string::npos) << at(c) << ": " << e.what();
    }
  EXPECT_GT(read, 800u);
}

/// A text with one to four mistakes: pieces lost, repeated, moved, changed, or the rest cut off.
std::string mutated(const std::string &original, const std::string &other, std::mt19937 &random) {
  constexpr std::string_view kWords[] = {"%",         "@",
                                         "\"",        "[",
                                         "]",         "{",
                                         "}",         "(",
                                         ")",         ",",
                                         ":",         "=",
                                         "-",         "...",
                                         "_",         "N",
                                         "0",         "-1",
                                         "99999",     "yield",
                                         "func ",     "f32",
                                         "i4",        "{}",
                                         "list<",     "nan",
                                         "1e400",     "hex\"",
                                         "\xff",      "\n",
                                         "#",         "dim ",
                                         "...",       "loc(",
                                         "body(",     "4611686018427387904",
                                         "floordiv(", "const @c : i64[] = "};
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n ? n - 1 : 0)(random);
  };
  std::string text = original;
  for (size_t edits = 1 + below(4); edits > 0 && !text.empty(); --edits) {
    const size_t place = below(text.size());
    switch (below(6)) {
    case 0:
      text.erase(place, 1 + below(12));
      break;
    case 1:
      text.insert(place, kWords[below(std::size(kWords))]);
      break;
    case 2:
      text.insert(place, text.substr(below(text.size()), below(80)));
      break;
    case 3:
      text.insert(place, other.substr(below(other.size()), below(80)));
      break;
    case 4:
      text[place] = static_cast<char>(below(256));
      break;
    default:
      if (const size_t digit = text.find_first_of("0123456789", place); digit != text.npos)
        text.replace(digit, 1, std::to_string(random() >> below(32)));
    }
  }
  if (below(8) == 0)
    text.resize(below(text.size() + 1));
  return text;
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(AllTexts, AllocationsAreSeen) {
  largestAllocation = 0;
  const std::vector<char> some(12345);
  EXPECT_EQ(largestAllocation, some.size());
}
#endif

TEST(AllTexts, MutationsAreReadOrRefused) {
  constexpr size_t kMutations = 20000, kMostBytes = 1 << 20;
  const std::vector<Case> cases = allCases();
  std::mt19937 random(7);
  size_t read = 0;
  for (size_t i = 0; i < kMutations; ++i) {
    const Case &c = cases[i % cases.size()];
    const std::string text = mutated(c.text, cases[random() % cases.size()].text, random);
    largestAllocation = 0;
    try {
      const auto module = ir::parse(text, "t.gir");
      const std::string printed = ir::print(*module);
      EXPECT_EQ(ir::print(*ir::parse(printed, "again.gir")), printed) << text;
      ++read;
    } catch (const CompileError &e) {
      EXPECT_EQ(e.diagnostic().at.source.substr(0, 6), "t.gir:") << e.what() << '\n' << text;
    }
    ASSERT_LT(largestAllocation, kMostBytes) << text;
  }
  EXPECT_GT(read, kMutations / 20);
}

} // namespace
} // namespace burin::tests
