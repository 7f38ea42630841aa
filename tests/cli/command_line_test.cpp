// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"
#include "cli/suggest.h"
#include "tests/cli/support.h"

#include <algorithm>

namespace burin::cli {
namespace {

using Words = std::vector<std::string>;

/// Parses; that the verb or an option is planned does not matter here.
Settings parse(Words words) {
  Settings settings;
  try {
    parseCommandLine(std::move(words), settings);
  } catch (const CompileError &error) {
    if (error.diagnostic().problem != Problem::unsupported)
      throw;
  }
  return settings;
}

Diagnostic problemIn(Words words) {
  return problemOf([&] {
    Settings settings;
    parseCommandLine(std::move(words), settings);
  });
}

TEST(CommandLine, ReadsValuesInEveryForm) {
  const Settings settings = parse({"compile", "m.onnx", "-o", "gen", "--name=kws", "--dim", "a=1",
                                   "--dim=b=1..8", "--profile", "--arena-limit", "64K", "-vv"});
  EXPECT_EQ(settings.verb, Verb::compile);
  EXPECT_EQ(settings.arguments, Words{"m.onnx"});
  EXPECT_EQ(settings.text("output"), "gen");
  EXPECT_EQ(settings.text("name"), "kws");
  EXPECT_EQ(settings.list("dim"), (Words{"a=1", "b=1..8"}));
  EXPECT_TRUE(settings.flag("profile"));
  EXPECT_EQ(settings.number("arena-limit"), 65536U);
  EXPECT_EQ(settings.times("verbose"), 2U);
}

TEST(CommandLine, RepeatableOptionsTakeOneValueEach) {
  const Settings settings = parse({"compile", "--input-shape", "x:1x3", "m.onnx", "-ogen"});
  EXPECT_EQ(settings.list("input-shape"), Words{"x:1x3"});
  EXPECT_EQ(settings.arguments, Words{"m.onnx"});
  EXPECT_EQ(settings.text("output"), "gen");
}

TEST(CommandLine, FallsBackToTheTable) {
  const Settings settings = parse({"compile", "m.onnx"});
  EXPECT_EQ(settings.text("optimize"), "speed");
  EXPECT_EQ(settings.text("name"), ""); // computed
  EXPECT_FALSE(settings.flag("profile"));
  EXPECT_FALSE(settings.number("arena-limit"));
  EXPECT_TRUE(settings.list("dim").empty());
  EXPECT_DOUBLE_EQ(*parse({"validate", "m.onnx"}).real("rtol"), 1e-4);
  EXPECT_EQ(parse({"validate", "m.onnx"}).list("cxxflags"), Words{"-O2"});
}

TEST(CommandLine, TheLastValueWins) {
  EXPECT_EQ(parse({"compile", "m", "--optimize", "size", "--optimize", "none"}).text("optimize"),
            "none");
}

TEST(CommandLine, OneSpellingCanMeanTwoThings) {
  EXPECT_TRUE(parse({"inspect", "m.onnx", "--weights"}).flag("list-weights"));
  EXPECT_EQ(parse({"compile", "m.onnx", "--weights", "string"}).text("weights"), "string");
}

TEST(CommandLine, AWrongAccessorIsABug) {
  const Settings settings = parse({"compile", "m.onnx"});
  EXPECT_THROW(settings.flag("name"), InternalError);
  EXPECT_THROW(settings.text("dim"), InternalError);
  EXPECT_THROW(settings.number("rtol"), InternalError);
  EXPECT_THROW(settings.text("no-such-option"), InternalError);
}

struct Case {
  Words words;
  std::string text, hint;
};

TEST(CommandLine, ExplainsUsageErrors) {
  const Case cases[] = {
      {{}, "a verb is missing", "burin --help lists the verbs"},
      {{"complie", "m"}, "unknown verb 'complie'", "did you mean 'compile'?"},
      {{"-q", "compile"}, "the verb comes first, then -q", "burin VERB [options]"},
      {{"compile", "m", "--optimise=speed"},
       "unknown option --optimise",
       "did you mean '--optimize'?"},
      {{"compile", "m", "--xyzzyx"},
       "unknown option --xyzzyx",
       "burin compile --help-all lists the options"},
      {{"completion", "bash", "--rtol=1"},
       "--rtol is not an option of completion",
       "it belongs to validate"},
      {{"compile", "m", "--name"}, "--name needs a value: --name NAME", ""},
      {{"compile", "m", "--name", "--profile"}, "--name needs a value: --name NAME", ""},
      {{"compile", "m", "--profile=no"}, "--profile takes no value", ""},
      {{"compile", "m", "--optimize", "sped"},
       "--optimize is 'sped', expected speed, size, none, exact",
       "did you mean 'speed'?"},
      {{"compile", "m", "--arena-limit", "64KB"},
       "--arena-limit is '64KB', expected a number of bytes, such as 4096, 64K or 1M",
       ""},
      {{"compile", "m", "--macs-limit=-1"}, "--macs-limit is '-1', expected a whole number", ""},
      {{"validate", "m", "--rtol", "nan"},
       "--rtol is 'nan', expected a number that is not negative",
       ""},
      {{"compile"}, "MODEL is missing", "burin compile MODEL"},
      {{"compile", "a", "b"}, "unexpected argument 'b'", "burin compile MODEL"},
  };
  for (const Case &c : cases) {
    const Diagnostic problem = problemIn(c.words);
    EXPECT_EQ(problem.problem, Problem::usage) << c.text;
    EXPECT_EQ(problem.text, c.text);
    EXPECT_EQ(problem.hint, c.hint);
  }
}

TEST(CommandLine, PlannedOptionsAreErrors) {
  size_t tried = 0;
  for (const Option &option : allOptions()) {
    if (option.spelling.empty() || (option.status == Status::ready && option.planned.empty()))
      continue;
    const auto verb = std::ranges::find_if(
        allVerbs(), [&](const VerbRow &row) { return (option.verbs & bit(row.verb)) != 0; });
    Words words = {std::string(verb->name), "m", std::string(longSpelling(option))};
    if (takesValue(option))
      words.push_back(option.planned.empty() ? "1" : std::string(split(option.planned)[0]));
    const Diagnostic problem = problemIn(words);
    EXPECT_EQ(problem.problem, Problem::unsupported) << words.back();
    EXPECT_NE(problem.text.find(std::string(longSpelling(option))), std::string::npos);
    EXPECT_NE(problem.text.find("is not there yet"), std::string::npos);
    ++tried;
  }
  EXPECT_GT(tried, 0U);
}

TEST(CommandLine, PlannedVerbsAreErrors) {
  for (const VerbRow &verb : allVerbs()) {
    if (verb.status == Status::ready)
      continue;
    Words words = {std::string(verb.name)};
    for (size_t i = 0; i < split(verb.arguments, ' ').size(); ++i)
      words.push_back("argument");
    EXPECT_EQ(problemIn(words).text, "burin " + std::string(verb.name) + " is not there yet");
  }
}

TEST(CommandLine, HelpNeedsNothingElse) {
  EXPECT_TRUE(parse({"compile", "--help"}).flag("help"));
  EXPECT_TRUE(parse({"compile", "--ram-target", "1", "--help-all"}).flag("help-all"));
}

TEST(ResponseFile, SplitsWords) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("options", "--name kws # the name\n--namespace \"a b\" '#c' d\\ e\n\n").string();
  EXPECT_EQ(expandResponseFiles({"compile", "@" + file, "m"}),
            (Words{"compile", "--name", "kws", "--namespace", "a b", "#c", "d e", "m"}));
}

TEST(ResponseFile, ExplainsErrors) {
  const TemporaryFolder folder;
  const std::string open = folder.write("open", "'abc").string();
  const std::string nested = folder.write("nested", "@open").string();
  EXPECT_EQ(problemIn({"compile", "@" + open}).text, "a quote ' in '" + open + "' does not end");
  EXPECT_EQ(problemIn({"compile", "@" + nested}).text,
            "'" + nested + "' names another file of options, '@open'");
  EXPECT_EQ(problemIn({"compile", "@/no/such/file"}).problem, Problem::unreadable);
}

TEST(Config, TheCommandLineWins) {
  const TemporaryFolder folder;
  const std::string file = folder
                               .write("burin.toml", "# settings\n"
                                                    "optimize = \"size\"\n"
                                                    "name = \"from_file\"\n"
                                                    "dim = [\"a=1\", \"b=2\"]\n"
                                                    "profile = true\n"
                                                    "rtol = 0.5\n"
                                                    "[compile]\n"
                                                    "class = \"Net\"\n"
                                                    "[check]\n"
                                                    "api = \"c\"\n")
                               .string();
  const Settings settings = parse({"compile", "m", "--config", file, "--name", "kws"});
  EXPECT_EQ(settings.text("optimize"), "size");
  EXPECT_EQ(settings.text("name"), "kws");
  EXPECT_EQ(settings.list("dim"), (Words{"a=1", "b=2"}));
  EXPECT_TRUE(settings.flag("profile"));
  EXPECT_EQ(settings.text("class"), "Net");
  EXPECT_EQ(settings.text("api"), "cxx"); // the section of another verb
  EXPECT_FALSE(settings.has("rtol"));     // an option of another verb
}

TEST(Config, ExplainsErrors) {
  const TemporaryFolder folder;
  const auto problemWith = [&](std::string_view text) {
    const std::string file = folder.write("c.toml", text).string();
    Diagnostic problem = problemIn({"compile", "m", "--config", file});
    EXPECT_EQ(problem.problem, Problem::usage) << text;
    EXPECT_EQ(problem.text.find("'" + file + "': "),
              problem.text.starts_with("'") ? 0U : std::string::npos);
    problem.text.erase(0, problem.text.starts_with("'") ? file.size() + 4 : 0);
    return problem;
  };
  EXPECT_EQ(problemWith("optimise = \"size\"\n").text, "unknown setting 'optimise'");
  EXPECT_EQ(problemWith("optimise = \"size\"\n").hint, "did you mean 'optimize'?");
  EXPECT_EQ(problemWith("[compiler]\nname = \"a\"\n").text, "unknown section [compiler]");
  EXPECT_EQ(problemWith("profile = 3\n").text, "profile is true or false");
  EXPECT_EQ(problemWith("name = [\"a\", \"b\"]\n").text, "name needs one value");
  EXPECT_EQ(problemWith("optimize = \"fast\"\n").text,
            "--optimize is 'fast', expected speed, size, none, exact");
  EXPECT_EQ(problemIn({"compile", "m", "--config", "/no/such.toml"}).problem, Problem::unreadable);
}

TEST(Numbers, Bytes) {
  EXPECT_EQ(parseBytes("0"), 0U);
  EXPECT_EQ(parseBytes("4096"), 4096U);
  EXPECT_EQ(parseBytes("64K"), 65536U);
  EXPECT_EQ(parseBytes("2MiB"), 2097152U);
  EXPECT_EQ(parseBytes("1G"), 1073741824U);
  for (const char *wrong : {"", "K", "iB", "4iB", "4KB", "4k", "-1", "1.5K", "18446744073709551616",
                            "17179869184G", " 1", "1 "})
    EXPECT_FALSE(parseBytes(wrong)) << wrong;
}

TEST(Numbers, Reals) {
  EXPECT_EQ(parseReal("1e-3"), 1e-3);
  EXPECT_EQ(parseReal("0"), 0.0);
  for (const char *wrong : {"", "-1", "inf", "nan", "1x", "1e999"})
    EXPECT_FALSE(parseReal(wrong)) << wrong;
}

TEST(Suggest, CountsEdits) {
  EXPECT_EQ(editDistance("", ""), 0U);
  EXPECT_EQ(editDistance("abc", ""), 3U);
  EXPECT_EQ(editDistance("kitten", "sitting"), 3U);
  EXPECT_EQ(editDistance("complie", "compile"), 1U); // neighbours swapped
  EXPECT_EQ(editDistance("SPEED", "speed"), 0U);
}

TEST(Suggest, OnlyWhatIsNear) {
  const std::string_view words[] = {"--dim", "--name", "--input-shape"};
  EXPECT_EQ(nearest("--input-shap", words), "--input-shape");
  EXPECT_EQ(nearest("--nmae", words), "--name");
  EXPECT_EQ(nearest("--gibberish", words), "");
  EXPECT_EQ(nearest(std::string(100000, 'x'), words), "");
}

} // namespace
} // namespace burin::cli
