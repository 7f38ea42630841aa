// SPDX-License-Identifier: Apache-2.0
#include "codegen/names.h"

#include <array>
#include <gtest/gtest.h>

namespace burin::codegen {
namespace {

TEST(Identifier, OtherCharactersAreUnderscores) {
  EXPECT_EQ(identifier("input.1"), "input_1");
  EXPECT_EQ(identifier("/conv1/Conv"), "conv1_Conv");
  EXPECT_EQ(identifier("a::b//c__d"), "a_b_c_d"); // two underscores are reserved
  EXPECT_EQ(identifier("_x_"), "x");
  EXPECT_EQ(identifier("größe"), "gr_e");
  EXPECT_EQ(identifier("x\"; int y = 0; //"), "x_int_y_0");
}

TEST(Identifier, IsNeverEmptyAndBeginsWithALetter) {
  EXPECT_EQ(identifier(""), "t");
  EXPECT_EQ(identifier("___"), "t");
  EXPECT_EQ(identifier("入力"), "t");
  EXPECT_EQ(identifier("0"), "t0");
  EXPECT_EQ(identifier("3/7"), "t3_7");
}

TEST(Identifier, KeywordsAndLikelyMacrosGetAnUnderscore) {
  for (const char *name :
       {"for",  "int",   "co_await", "restrict", "NULL",     "assert",   "linux",
        "unix", "errno", "I",        "min",      "memcpy",   "int64_t",  "size_t",
        "rt",   "std",   "burin",    "INT8_MAX", "SIZE_MAX", "UINT64_C", "BURIN_STUB"})
    EXPECT_EQ(identifier(name), std::string(name) + "_");
  for (const char *name : {"X", "IMAGE", "form", "int8", "Max", "CLIP_MAXIMUM"})
    EXPECT_EQ(identifier(name), name);
}

TEST(Identifier, OfANamespaceGivesWayToTheLibrary) {
  for (const char *name : {"abort", "select", "index", "time", "yn", "y0", "log"})
    EXPECT_EQ(namespaceIdentifier(name), std::string(name) + "_model");
  for (const char *name : {"kws", "resnet50", "aaa", "zzz", "selection"})
    EXPECT_EQ(namespaceIdentifier(name), name);
}

TEST(Identifier, AHeaderOfTheSystemIsNotHidden) {
  for (const char *name : {"aio", "time", "math", "wordexp", "string"})
    EXPECT_TRUE(hidesSystemHeader(name));
  for (const char *name : {"", "kws", "Time", "timer", "zzz"})
    EXPECT_FALSE(hidesSystemHeader(name));
}

TEST(Identifier, OfALongNameTheLastWordsRemain) {
  EXPECT_EQ(identifier("/bert/encoder/layer.11/attention/self/query/MatMul_output_0"),
            "layer_11_attention_self_query_MatMul_output_0");
  const std::string word(200, 'w');
  EXPECT_EQ(identifier(word), std::string(48, 'w'));
  EXPECT_EQ(identifier(std::string(60, 'w') + "_12"), std::string(45, 'w') + "_12");
  // What remains may begin with a digit.
  EXPECT_EQ(identifier("a/" + std::string(47, '1')), "t" + std::string(47, '1'));
}

TEST(CommonScope, IsWhatAllNamesBeginWith) {
  const auto scope = [](std::initializer_list<std::string_view> names) {
    return commonScope(std::vector<std::string_view>(names));
  };
  EXPECT_EQ(scope({"/model/a/Conv", "/model/a/Relu", "/model/b"}), "/model/");
  EXPECT_EQ(scope({"net.stem.conv", "net.stem.norm"}), "net.stem.");
  EXPECT_EQ(scope({"conv1", "conv2"}), "");
  EXPECT_EQ(scope({"layers.0.conv", "layers.1.conv"}), ""); // no name begins with a digit
  EXPECT_EQ(scope({"net.layers.0", "net.layers.1"}), "net.");
  EXPECT_EQ(scope({"a/b", "a/"}), ""); // nothing would remain
  EXPECT_EQ(scope({"a/b"}), "");
  EXPECT_EQ(scope({}), "");
}

TEST(Scope, GivesEachNameOnce) {
  Scope scope{"run"};
  EXPECT_EQ(scope.fresh("x.y"), "x_y");
  EXPECT_EQ(scope.fresh("x/y"), "x_y_2");
  EXPECT_EQ(scope.fresh("x_y_2"), "x_y_2_2");
  EXPECT_EQ(scope.fresh("x_y"), "x_y_3");
  EXPECT_EQ(scope.fresh("run"), "run_2");
}

TEST(Scope, GivesWhatIsMadeOfANameOnce) {
  Scope scope;
  EXPECT_EQ(scope.fresh("x", {"_shape"}), "x");
  EXPECT_EQ(scope.fresh("x_shape", {"_shape"}), "x_shape_2");
  EXPECT_EQ(scope.fresh("y_shape", {"_shape"}), "y_shape");
  EXPECT_EQ(scope.fresh("y", {"_shape"}), "y_2");
}

TEST(CommentText, EndsNoCommentAndNoLine) {
  EXPECT_EQ(commentText("a */ int x; /* b"), "a *_ int x; /_ b");
  EXPECT_EQ(commentText("/*/"), "/_/");
  EXPECT_EQ(commentText("a\nb\rc\td"), "a_b_c_d");
  EXPECT_EQ(commentText("joins\\"), "joins_");
  EXPECT_EQ(commentText("trigraph ?\?/"), "trigraph __/");
  EXPECT_EQ(commentText("\xc3\xa9"), "__");
  EXPECT_EQ(commentText(std::string(300, 'x')), std::string(200, 'x') + "...");
}

TEST(StringLiteral, HasTheBytes) {
  EXPECT_EQ(stringLiteral("a\"b"), R"("a\042b")");
  EXPECT_EQ(stringLiteral("\\n"), R"("\134n")");
  EXPECT_EQ(stringLiteral("?\?="), R"("\077\077=")");
  EXPECT_EQ(stringLiteral("\n1"), R"("\0121")"); // an octal number has three digits at most
}

} // namespace
} // namespace burin::codegen
