// SPDX-License-Identifier: Apache-2.0
//
// What users see of problems, and of progress.
#include "cli/problems.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "tests/cli/support.h"

#include <nlohmann/json.hpp>

namespace burin::cli {
namespace {

Diagnostic unsupported(std::string node, std::string op, std::string text) {
  return {Problem::unsupported, "onnx.op", {std::move(node), std::move(op), {}},
          std::move(text),      {},        {}};
}

TEST(Problems, AreGroupedByOperator) {
  const Diagnostic all[] = {
      unsupported("a1", "Foo", "unknown operator"),
      unsupported("b1", "Bar", "unknown operator"),
      unsupported("a2", "Foo", "unknown operator"),
      unsupported("a3", "Foo", "attribute k is 3, expected 1"),
  };
  EXPECT_EQ(toText(all, {.file = "m.onnx"}, Coverage{213, 217}),
            "m.onnx: node 'a1' (Foo): error: unknown operator [onnx.op]\n"
            "  note: and 1 more node: 'a2'\n"
            "m.onnx: node 'a3' (Foo): error: attribute k is 3, expected 1 [onnx.op]\n"
            "m.onnx: node 'b1' (Bar): error: unknown operator [onnx.op]\n"
            "4 errors in 2 operator types; 213 of 217 nodes supported\n");
}

TEST(Problems, NameAFewNodesOfMany) {
  std::vector<Diagnostic> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(unsupported("n" + std::to_string(i), "Foo", "unknown operator"));
  EXPECT_NE(
      toText(all, {.file = "m"})
          .find("note: and 19 more nodes: 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8', ...\n"),
      std::string::npos);
  EXPECT_NE(toText(all, {.file = "m", .everyNode = true}).find("'n18', 'n19'\n"),
            std::string::npos);
}

TEST(Problems, ThoseWithoutAnOperatorStayApart) {
  const Diagnostic one{Problem::unreadable, {}, {}, "cut off", {}, {}};
  const Diagnostic all[] = {one, one};
  EXPECT_EQ(toText(all, {.file = "m"}), "m: error: cut off\nm: error: cut off\n2 errors\n");
  EXPECT_EQ(toText({&one, 1}, {.file = "m"}), "m: error: cut off\n");
}

TEST(Problems, AModelCannotWriteToTheTerminal) {
  const Diagnostic bad = unsupported("a\033[2J\nb", "Fo\ao", "text\x7f");
  EXPECT_EQ(toText({&bad, 1}, {.file = "m"}),
            "m: node 'a\\x1b[2J\\nb' (Fo\\x07o): error: text\\x7f [onnx.op]\n");
  EXPECT_EQ(printable("zürich\xc2\x9b"), "zürich\\x9b");
}

TEST(Problems, Colors) {
  Diagnostic d = unsupported("a", "Foo", "bad");
  d.notes.push_back({{}, "see here"});
  d.hint = "do that";
  EXPECT_EQ(toText({&d, 1}, {.file = "m", .color = true}),
            "m: node 'a' (Foo): \033[1;31merror:\033[0m bad [onnx.op]\n"
            "  \033[1;36mnote:\033[0m see here\n"
            "  \033[1;32mhint:\033[0m do that\n");
  EXPECT_TRUE(useColor("always", stderr));
  EXPECT_FALSE(useColor("never", stderr));
}

TEST(Problems, ExitCodes) {
  const auto codeOf = [](std::initializer_list<Problem> problems) {
    std::vector<Diagnostic> all;
    for (const Problem problem : problems)
      all.push_back({problem, {}, {}, {}, {}, {}});
    return exitCodeOf(all);
  };
  EXPECT_EQ(codeOf({}), 0);
  EXPECT_EQ(codeOf({Problem::limit}), 1);
  EXPECT_EQ(codeOf({Problem::usage}), 2);
  EXPECT_EQ(codeOf({Problem::unreadable}), 3);
  EXPECT_EQ(codeOf({Problem::invalid}), 3);
  EXPECT_EQ(codeOf({Problem::unsupported}), 4);
  EXPECT_EQ(codeOf({Problem::limit, Problem::unsupported, Problem::invalid}), 3);
  EXPECT_EQ(codeOf({Problem::unsupported, Problem::limit}), 4);
}

TEST(Problems, Json) {
  Diagnostic d{Problem::invalid, "conv.c3", {"conv1", "Conv", "net.py:3"}, "3, but 4", {}, "pad"};
  d.notes.push_back({{"p", "Pad", {}}, "from here"});
  EXPECT_EQ(
      dump(toJson(d), true),
      R"({"severity":"error","problem":"invalid","code":"conv.c3","node":"conv1","op":"Conv",)"
      R"("source":"net.py:3","message":"3, but 4","notes":[{"node":"p","op":"Pad",)"
      R"("message":"from here"}],"hint":"pad"})"
      "\n");
  const Diagnostic plain{Problem::usage, {}, {}, "bad \xff", {}, {}};
  EXPECT_EQ(dump(toJson(plain), true),
            "{\"severity\":\"error\",\"problem\":\"usage\",\"message\":\"bad \uFFFD\"}\n");
}

class TestProgress : public Progress {
public:
  TestProgress(std::FILE *file, Clock::time_point start) : Progress(file, start) {}
  using Progress::updateAt;
};

TEST(Progress, IsSilentForASecond) {
  using namespace std::chrono_literals;
  char *text = nullptr;
  size_t size = 0;
  std::FILE *const file = ::open_memstream(&text, &size);
  const Progress::Clock::time_point start{};
  {
    TestProgress progress(file, start);
    progress.updateAt(start + 900ms, "reading", 1, 4);
    std::fflush(file);
    EXPECT_EQ(std::string(text, size), "");
    progress.updateAt(start + 1100ms, "reading", 2, 4);
    progress.updateAt(start + 1150ms, "reading", 3, 4); // too soon after the last
    progress.updateAt(start + 1300ms, "packing", 7, 0);
  }
  std::fclose(file);
  EXPECT_EQ(std::string(text, size), "\r\033[K############              reading: 2 of 4"
                                     "\r\033[Kpacking: 7\r\033[K");
  std::free(text);
}

TEST(Progress, IsForTerminals) {
  const TemporaryFolder folder;
  std::FILE *const file = std::fopen((folder / "log").c_str(), "w");
  {
    Progress progress(file, true);
    progress.update("reading", 1, 2);
  }
  std::fclose(file);
  EXPECT_EQ(contentOf(folder / "log"), "");
}

} // namespace
} // namespace burin::cli
