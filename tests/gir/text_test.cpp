// SPDX-License-Identifier: Apache-2.0
//
// The text form: what .gir files cannot say about it. Texts that are broken in any way, names that
// come twice, sizes.
#include "ir/builder.h"
#include "ir/ops.h"
#include "ir/text.h"
#include "ir/text_elements.h"

#include <chrono>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

namespace burin::ir {
namespace {

const std::string kText = R"(module "m" format("onnx") sha256("ab") {
  dim N = 1..8 "dimension 0"
  const @w : f32[2, 2] = [1, -2.5, nan, inf]
  const @"a b" : i8[17] = hex"0102030405060708090a0b0c0d0e0f1011"
  const @s : str[2] = ["x\n", "\x00"]

  func @main(%x: f32[N, 2], state h %h: f32[2], %c: bool[]) -> (%y: f32[N, 2], state h f32[2]) {
    %0 = matmul(%x, @w, %h) {transpose_a=false, transpose_b=true} epilogue(%acc: f32[], %e: f32[]) {
      %1 = add(%acc, %e) : f32[]
      yield %1
    } : f32[N, 2] loc("node", "MatMul", "a.py:1")
    %1 = if(%c) then {
      %"in ner" = slice(%0) {starts=[N - 1, 0], steps=[-1, 1], shape=[floordiv(N, 2), 2]} : f32[floordiv(N, 2), 2]
      yield %0
    } else {
      yield %x
    } : f32[N, 2]
    return %1, %h
  }
}
)";

std::string errorOf(const std::string &text) {
  try {
    parse(text, "t.gir");
  } catch (const CompileError &e) {
    return fmt::format("{}: {} [{}]", e.diagnostic().at.source, e.diagnostic().text,
                       e.diagnostic().code);
  }
  return {};
}

TEST(Text, IsReadBackAsItWasWritten) { EXPECT_EQ(print(*parse(kText, "t.gir")), kText); }

TEST(Text, EveryPrefixIsReadOrRefused) {
  for (size_t n = 0; n < kText.size(); ++n) {
    const std::string error = errorOf(kText.substr(0, n));
    if (!error.empty()) {
      EXPECT_EQ(error.substr(0, 6), "t.gir:") << error;
    }
  }
}

// What is read can be written, and is then the same however often; nothing else but CompileError.
TEST(Text, MutationsAreReadOrRefused) {
  const std::string words[] = {"%",  "@",    "\"",  "[",        "]",   "{",     "}",     "(",
                               ")",  ",",    ":",   "=",        "-",   "..",    "...",   "_",
                               "N",  "dim ", "->",  "floordiv", "0",   "99999", "1e400", "yield",
                               "\\", "#",    "f32", "list<",    "hex", "func ", "\xff",  "loc("};
  std::mt19937 random(1);
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  size_t read = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = kText;
    for (size_t edits = 1 + below(3); edits > 0; --edits) {
      const size_t at = below(text.size());
      if (below(3) == 0)
        text.erase(at, 1 + below(8));
      else if (below(2) == 0)
        text.insert(at, words[below(std::size(words))]);
      else
        text.insert(at, text.substr(below(text.size()), below(60)));
    }
    try {
      const std::string printed = print(*parse(text, "t.gir"));
      EXPECT_EQ(print(*parse(printed, "again.gir")), printed) << text;
      ++read;
    } catch (const CompileError &) {
    }
  }
  EXPECT_GT(read, 100u);
}

TEST(Text, NestingIsBounded) {
  const auto repeated = [](std::string_view s, int n) {
    std::string all;
    for (int i = 0; i < n; ++i)
      all += s;
    return all;
  };
  const int n = 100000;
  for (const std::string &text :
       {"const @c : f32[1] = " + repeated("[", n), "func @f(%x: " + repeated("list<", n),
        "func @f(%x: f32[" + repeated("(", n), "func @f(%x: f32[" + repeated("-", n),
        "func @f(%x: f32[" + repeated("floordiv(", n),
        "func @f(%c: bool[]) -> () {" + repeated("if(%c) then {", n)})
    EXPECT_NE(errorOf(text).find("[text.depth]"), std::string::npos) << errorOf(text);
}

TEST(Text, ExtentsAreBounded) {
  // Each level doubles the terms: the text is short, the normal form would not be.
  std::string dim = "N";
  for (int i = 0; i < 40; ++i)
    dim = fmt::format("floordiv(({})*(N + M), 7)", dim);
  const std::string head = "dim N = 1..8\ndim M = 1..8\nfunc @f(%x: f32[";
  EXPECT_NE(errorOf(head + dim).find("the extent is too long"), std::string::npos);
  EXPECT_NE(errorOf(head + "9223372036854775807*N*9223372036854775807").find("too large"),
            std::string::npos);
  EXPECT_NE(errorOf(head + "9223372036854775807*N + 9223372036854775807*N").find("too large"),
            std::string::npos);
}

TEST(Text, ErrorsTellLineAndColumn) {
  EXPECT_EQ(errorOf("func @f() -> () {\n  %y = negg()\n"),
            "t.gir:2:8: unknown op 'negg' [text.op]");
  EXPECT_EQ(errorOf("func @f() -> ()"),
            "t.gir:1:16: expected '{' but found the end of the text [text.syntax]");
  EXPECT_EQ(errorOf("func @f(%x: f32[2], %y: f32[3]) -> () {\n\n   %z = add(%x, %y)\n"),
            "t.gir:3:4: shapes [2] and [3] do not broadcast: 2 is neither 3 nor 1 "
            "[add.broadcast]");
}

// ---- names ----

TEST(Text, NamesAreMadeUnique) {
  Module module;
  Function &f = module.addFunction("f");
  Value *x = f.body.addArgument({ElementType::f32, {}}, "x");
  f.body.addArgument({ElementType::f32, {}}, "x");
  Builder builder{module, f.body};
  Value *constants[] = {module.addScalar(ElementType::f32, 1, "c"),
                        module.addScalar(ElementType::f32, 2, "c")};
  Value *y = builder.make(ops::add, {x, constants[0]});
  y->name = "x";
  Value *z = builder.make(ops::add, {y, constants[1]});
  z->name = "x_1"; // its own: what is made up goes around it
  builder.yield(std::vector<Value *>{z});
  EXPECT_EQ(print(f), "func @f(%x: f32[], %x_2: f32[]) -> (f32[]) {\n"
                      "  %x_3 = add(%x, @c) : f32[]\n"
                      "  %x_1 = add(%x_3, @c_1) : f32[]\n"
                      "  return %x_1\n"
                      "}\n");
  const std::string printed = print(module);
  EXPECT_EQ(print(*parse(printed, "again.gir")), printed);
}

TEST(Text, OneOpIsPrintedWithItsOwnNames) {
  const auto module = parse(kText, "t.gir");
  EXPECT_EQ(print(*module->functions[0]->body.back()), "return %0, %h");
}

TEST(Text, AnnotationsStandBehindTheOp) {
  const auto module = parse("func @f(%x: f32[], %c: bool[]) -> () {\n  %0 = neg(%x)\n"
                            "  if(%c) then { yield } else { yield }\n  return\n}\n",
                            "t.gir");
  const Block &body = module->functions[0]->body;
  PrintOptions options;
  options.annotations = {{body.front(), "one"}, {body.front()->next(), "two\nlines"}};
  EXPECT_EQ(print(*module->functions[0], options), "func @f(%x: f32[], %c: bool[]) -> () {\n"
                                                   "  %0 = neg(%x) : f32[]  # error: one\n"
                                                   "  if(%c) then {  # error: two lines\n"
                                                   "    yield\n"
                                                   "  } else {\n"
                                                   "    yield\n"
                                                   "  }\n"
                                                   "  return\n"
                                                   "}\n");
}

TEST(Text, LongConstantsCanBeLeftOut) {
  const auto module =
      parse("const @c : i8[17] = hex\"" + std::string(34, '0') + "\"\nconst @d : i8[2] = [1, 2]\n",
            "t.gir");
  PrintOptions options;
  options.elideConstants = true;
  EXPECT_EQ(print(*module, options), "const @c : i8[17] = ...\nconst @d : i8[2] = [1, 2]\n");
}

TEST(Text, EveryElementIsReadBack) {
  for (int bits = 0; bits < 65536; ++bits) {
    const auto all =
        std::array{static_cast<std::byte>(bits & 255), static_cast<std::byte>(bits >> 8)};
    for (const ElementType e :
         {ElementType::f16, ElementType::bf16, ElementType::i16, ElementType::u16,
          ElementType::f8e4m3fn, ElementType::f8e5m2, ElementType::f8e8m0}) {
      if (elementSize(e) == 1 && bits > 255)
        continue;
      const std::string text = elementText(e, all.data());
      std::array<std::byte, 2> back = {all[0], all[1]};
      ASSERT_TRUE(storeElementText(e, text, back.data())) << name(e) << ' ' << bits;
      if (text != "nan") { // one text for all of them
        ASSERT_EQ(back, all) << name(e) << ' ' << bits << ' ' << text;
      }
    }
  }
}

// ---- sizes ----

TEST(Text, TakesLinearTime) {
  const auto secondsOf = [](int n) {
    Module module;
    Function &f = module.addFunction("f");
    Value *x = f.body.addArgument({ElementType::f32, {8}}, "x");
    Builder builder{module, f.body};
    for (int i = 0; i < n; ++i) {
      x = builder.make(ops::add, {x, module.addScalar(ElementType::f32, i, "bias")});
      x->name = i % 3 ? "y" : "";
    }
    builder.yield(std::vector<Value *>{x});
    const auto start = std::chrono::steady_clock::now();
    const std::string text = print(module);
    EXPECT_EQ(print(*parse(text, "big.gir")), text);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const double small = secondsOf(5000), large = secondsOf(50000);
  EXPECT_LT(large, 30 * small + 1); // ten, with room for a busy machine
}

} // namespace
} // namespace burin::ir
