// SPDX-License-Identifier: Apache-2.0
//
// The table of options holds together, and so does what is printed from it.
#include "cli/completion.h"
#include "cli/documents.h"
#include "cli/help.h"
#include "tests/cli/support.h"

#include <algorithm>
#include <set>

namespace burin::cli {
namespace {

TEST(Options, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const Option &option : allOptions())
    EXPECT_TRUE(names.insert(nameOf(option)).second) << nameOf(option);
}

TEST(Options, SpellingsAreUniqueForAVerb) {
  for (const VerbRow &verb : allVerbs()) {
    std::set<std::string_view> spellings;
    for (const Option *option : optionsOf(verb.verb))
      for (const std::string_view spelling : split(option->spelling, ','))
        EXPECT_TRUE(spellings.insert(spelling).second) << verb.name << " " << spelling;
  }
}

TEST(Options, KeywordsAreUnique) {
  std::set<std::string_view> keywords;
  for (const Option &option : allOptions()) {
    if (!option.keyword.empty()) {
      EXPECT_TRUE(keywords.insert(option.keyword).second) << option.keyword;
    }
  }
}

TEST(Options, PlannedChoicesAreChoices) {
  for (const Option &option : allOptions()) {
    const std::vector<std::string_view> choices = split(option.choices);
    for (const std::string_view planned : split(option.planned))
      EXPECT_EQ(std::ranges::count(choices, planned), 1) << nameOf(option) << " " << planned;
  }
}

TEST(Options, HelpIsAPhrase) {
  for (const Option &option : allOptions()) {
    ASSERT_FALSE(option.help.empty()) << nameOf(option);
    EXPECT_NE(option.help.back(), '.') << nameOf(option);
  }
}

TEST(Help, FitsAScreen) {
  for (const VerbRow &verb : allVerbs()) {
    const std::string text = verbHelp(verb, false);
    EXPECT_LT(std::ranges::count(text, '\n'), 60) << verb.name;
  }
  EXPECT_LT(std::ranges::count(programHelp(false), '\n'), 60);
}

TEST(Help, LinesAreAtMostAHundredColumns) {
  std::vector<std::string> texts = {programHelp(true)};
  for (const VerbRow &verb : allVerbs())
    texts.push_back(verbHelp(verb, true));
  for (const Topic &topic : allTopics())
    texts.emplace_back(topic.text);
  for (const std::string &text : texts)
    for (const std::string_view line : split(text, '\n'))
      EXPECT_LE(line.size(), 100U) << line;
}

TEST(Help, BeginsWithExamples) {
  const std::string text = verbHelp(rowOf(Verb::compile), false);
  EXPECT_LT(text.find("examples:\n  burin compile"), text.find("Model:"));
}

TEST(Help, ShowsWhatIsPlannedOnRequestOnly) {
  for (const Option &option : allOptions()) {
    if (option.status != Status::planned || option.spelling.empty())
      continue;
    for (const VerbRow &verb : allVerbs()) {
      const std::string line = std::string(longSpelling(option)) + " ";
      EXPECT_EQ(verbHelp(verb, false).find(line), std::string::npos) << verb.name << " " << line;
    }
  }
  EXPECT_NE(verbHelp(rowOf(Verb::compile), true).find("(planned)"), std::string::npos);
}

TEST(Help, KnowsVerbsAndTopics) {
  EXPECT_EQ(topicHelp("compile"), verbHelp(rowOf(Verb::compile), false));
  EXPECT_NE(topicHelp("shapes").find("--dim batch=1..8"), std::string::npos);
  const Diagnostic problem = problemOf([] { topicHelp("shape"); });
  EXPECT_EQ(problem.problem, Problem::usage);
  EXPECT_EQ(problem.hint, "did you mean 'shapes'?");
}

TEST(Help, ExplainsCodes) {
  for (const Topic &code : allCodes()) {
    const std::string text = topicHelp(code.name);
    EXPECT_TRUE(text.starts_with(std::string(code.name) + ": ")) << text;
    EXPECT_TRUE(text.ends_with(".\n")) << text;
    for (const std::string_view line : split(text, '\n'))
      EXPECT_LE(line.size(), 100U) << line;
  }
  EXPECT_TRUE(topicHelp("conv.c3").starts_with("conv.c3: a constraint of the op conv\n"));
  EXPECT_TRUE(topicHelp("text.syntax").starts_with("text.syntax: "));
  EXPECT_EQ(codeHelp("nothing.at.all"), "");
  EXPECT_TRUE(topicHelp("onnx.some_attribute").starts_with("onnx.some_attribute: "));
  EXPECT_EQ(problemOf([] { topicHelp("dims.unknwon"); }).hint, "did you mean 'dims.unknown'?");
}

TEST(Completion, RefusesOtherShells) {
  EXPECT_EQ(problemOf([] { completionFor("bsh"); }).hint, "did you mean 'bash'?");
}

TEST(Completion, OffersNothingThatIsPlanned) {
  for (const char *shell : {"bash", "zsh", "fish"}) {
    const std::string text = completionFor(shell);
    EXPECT_NE(text.find("completion"), std::string::npos);
    for (const VerbRow &verb : allVerbs()) {
      if (verb.status == Status::planned) {
        EXPECT_EQ(text.find(std::string(verb.help)), std::string::npos) << shell << verb.name;
      }
    }
  }
}

TEST(Documents, NameEveryOption) {
  const std::string cli = cliMarkdown(), man = manPage(), cmake = cmakeMarkdown(),
                    options = cmakeOptions();
  for (const Option &option : allOptions()) {
    if (!option.spelling.empty() && option.verbs != bit(Verb::options)) {
      const std::string name(longSpelling(option));
      EXPECT_NE(cli.find(name), std::string::npos) << name;
    }
    if (!option.keyword.empty()) {
      EXPECT_NE(cmake.find("`" + std::string(option.keyword) + "`"), std::string::npos);
      EXPECT_NE(options.find("_burin_option(" + std::string(option.keyword) + " "),
                std::string::npos);
    }
  }
  EXPECT_NE(man.find(".TH BURIN 1"), std::string::npos);
}

} // namespace
} // namespace burin::cli
