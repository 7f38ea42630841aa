// SPDX-License-Identifier: Apache-2.0
#include "ir/builder.h"
#include "ir/ops.h"
#include "ir/text_parser.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {

// ---- ops ----

void TextParser::parseBody(Block &block, int depth) {
  if (depth > kDeepestText)
    lexer_.fail(lexer_.peek().at, "text.depth", "the blocks nest too deeply");
  while (!lexer_.peek().is("}")) {
    if (block.back() && block.back()->def.is(Trait::terminator))
      lexer_.failExpected("'}' after the end of the block");
    parseStatement(block, depth);
  }
  if (!block.back() || !block.back()->def.is(Trait::terminator))
    lexer_.failExpected(depth ? "yield" : "return");
  lexer_.expect("}");
}

std::vector<Value *> TextParser::operandsUntil(std::string_view close) {
  std::vector<Value *> operands;
  const auto one = [&] {
    if (lexer_.acceptWord("_")) {
      operands.push_back(nullptr);
      return;
    }
    if (lexer_.peek().kind != Token::Kind::value && lexer_.peek().kind != Token::Kind::constant)
      lexer_.failExpected("an operand such as %x, @c or _");
    operands.push_back(use(lexer_.take()));
  };
  const Token &next = lexer_.peek();
  const bool isEmpty = close.empty() ? next.kind != Token::Kind::value &&
                                           next.kind != Token::Kind::constant && !next.isWord("_")
                                     : next.is(close);
  if (!isEmpty) {
    do
      one();
    while (lexer_.accept(","));
  }
  if (!close.empty())
    lexer_.expect(close);
  return operands;
}

void TextParser::parseStatement(Block &block, int depth) {
  Statement s;
  s.at = lexer_.peek().at;
  if (lexer_.peek().isWord(depth ? "yield" : "return")) {
    lexer_.take();
    s.def = &ops::yield;
    s.operands = operandsUntil({});
    if (std::ranges::find(s.operands, nullptr) != s.operands.end())
      lexer_.fail(s.at, "text.syntax", "a block cannot yield an absent value");
    s.location = parseLocation();
    return build(std::move(s), block);
  }
  if (lexer_.peek().kind == Token::Kind::value) {
    do
      s.results.push_back(nameOf(lexer_.expect(Token::Kind::value, "a name such as %x")));
    while (lexer_.accept(","));
    lexer_.expect("=");
  }
  const Token op = lexer_.expect(Token::Kind::identifier, "an op");
  s.def = findOp(op.text);
  if (!s.def || s.def == &ops::yield)
    lexer_.fail(op.at, "text.op", fmt::format("unknown op '{}'", op.text));
  lexer_.expect("(");
  s.operands = operandsUntil(")");
  parseAttributes(s);
  parseBlocks(s, depth);
  s.typesAt = lexer_.peek().at;
  if (lexer_.accept(":")) {
    s.hasTypes = true;
    do
      s.types.push_back(values_.type());
    while (lexer_.accept(","));
  }
  s.location = parseLocation();
  build(std::move(s), block);
}

void TextParser::parseAttributes(Statement &s) {
  if (lexer_.accept("{")) {
    do {
      const Token name = lexer_.expect(Token::Kind::identifier, "the name of an attribute");
      const std::optional<size_t> i = s.def->attrIndex(name.text);
      if (!i)
        lexer_.fail(name.at, "text.attribute",
                    fmt::format("{} has no attribute '{}'", s.def->name, name.text));
      if (std::ranges::find(s.attributes, name.text, &NamedAttr::name) != s.attributes.end())
        lexer_.fail(name.at, "text.attribute",
                    fmt::format("attribute '{}' is there twice", name.text));
      lexer_.expect("=");
      s.attributes.push_back({s.def->attrs[*i].name, values_.attribute(s.def->attrs[*i])});
    } while (lexer_.accept(","));
    lexer_.expect("}");
  }
  for (const AttrSpec &spec : s.def->attrs)
    if (!spec.optional &&
        std::ranges::find(s.attributes, spec.name, &NamedAttr::name) == s.attributes.end())
      lexer_.fail(s.at, "text.attribute",
                  fmt::format("{} lacks the attribute '{}' ({})", s.def->name, spec.name,
                              attrKindName(spec.kind)));
}

void TextParser::parseBlocks(Statement &s, int depth) {
  for (const std::string_view label : s.def->blocks) {
    if (!lexer_.peek().isWord(label)) {
      if (s.def->is(Trait::reduction))
        return; // an epilogue is optional
      lexer_.failExpected(fmt::format("block '{}'", label));
    }
    lexer_.take();
    auto block = std::make_unique<Block>();
    const size_t mark = scope_.enter();
    if (lexer_.accept("(")) {
      do {
        const WrittenName name =
            nameOf(lexer_.expect(Token::Kind::value, "an argument such as %x"));
        lexer_.expect(":");
        defineValue(name, block->addArgument(values_.type()));
      } while (lexer_.accept(","));
      lexer_.expect(")");
    }
    lexer_.expect("{");
    parseBody(*block, depth + 1);
    scope_.leave(mark);
    s.blocks.push_back(std::move(block));
  }
}

Location TextParser::parseLocation() {
  Location at;
  if (!lexer_.acceptWord("loc"))
    return at;
  lexer_.expect("(");
  at.node = values_.string();
  if (lexer_.accept(","))
    at.op = values_.string();
  if (lexer_.accept(","))
    at.source = values_.string();
  lexer_.expect(")");
  return at;
}

void TextParser::build(Statement s, Block &block) {
  Builder builder{*module_, block};
  builder.at = s.location;
  Op *op = nullptr;
  try {
    op = &builder.makeOp(*s.def, s.operands, std::move(s.attributes), std::move(s.blocks));
  } catch (CompileError &e) {
    e.diagnostic().at.source = lexer_.place(s.at);
    throw;
  }
  if (s.results.size() != op->numResults())
    lexer_.fail(s.at, "text.results",
                fmt::format("{} has {} results but {} names", op->def.name, op->numResults(),
                            s.results.size()));
  for (size_t i = 0; i < s.results.size(); ++i)
    defineValue(s.results[i], op->result(i));
  if (!s.hasTypes)
    return;
  if (s.types.size() != op->numResults())
    lexer_.fail(s.typesAt, "text.type",
                fmt::format("{} has {} results but {} types", op->def.name, op->numResults(),
                            s.types.size()));
  for (size_t i = 0; i < s.types.size(); ++i)
    if (s.types[i] != op->result(i)->type)
      lexer_.fail(s.typesAt, "text.type",
                  fmt::format("result {} of {} is {} by inference but {} is written", i,
                              op->def.name, op->result(i)->type.text(), s.types[i].text()));
}

} // namespace burin::ir
