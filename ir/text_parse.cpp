// SPDX-License-Identifier: Apache-2.0
#include "ir/builder.h"
#include "ir/ops.h"
#include "ir/text.h"
#include "ir/text_elements.h"
#include "ir/text_values.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

/// What a name means where the parser stands. Numbers are names of values that have none.
class Scope {
public:
  /// False if the name is taken.
  bool define(const std::string &name, Value *value) {
    const bool fresh = values_.emplace(name, value).second;
    if (fresh)
      order_.push_back(name);
    return fresh;
  }
  Value *find(const std::string &name) const {
    const auto it = values_.find(name);
    return it == values_.end() ? nullptr : it->second;
  }
  size_t enter() const { return order_.size(); }
  void leave(size_t mark) {
    for (; order_.size() > mark; order_.pop_back())
      values_.erase(order_.back());
  }

private:
  std::unordered_map<std::string, Value *> values_;
  std::vector<std::string> order_;
};

struct Name {
  std::string key; ///< in a Scope
  std::string own; ///< of the value; empty for a number
  size_t at = 0;
};

class Parser {
public:
  Parser(std::string_view text, std::string_view file)
      : lexer_{text, file}, module_{std::make_unique<Module>()}, values_{lexer_, *module_} {}

  std::unique_ptr<Module> run();

private:
  struct ResultNames {
    std::vector<std::string> names, states;
    size_t at = 0;
  };
  /// One op as written, before it is built.
  struct Statement {
    size_t at = 0;
    std::vector<Name> results;
    const OpDef *def = nullptr;
    std::vector<Value *> operands;
    std::vector<NamedAttr> attributes;
    std::vector<std::unique_ptr<Block>> blocks;
    std::vector<Type> types;
    bool hasTypes = false;
    size_t typesAt = 0;
    Location location;
  };

  void parseItems();
  void parseSymbol();
  void parseConstant();
  void parseFunction();
  void parseParameters(Function &);
  ResultNames parseResults(Function &, std::vector<Type> &types);
  void parseBody(Block &, int depth);
  void parseStatement(Block &, int depth);
  void parseBlocks(Statement &, int depth);
  void parseAttributes(Statement &);
  void build(Statement, Block &);

  Name nameOf(const Token &token) const;
  void defineValue(const Name &, Value *);
  Value *use(const Token &) const;
  std::vector<Value *> operandsUntil(std::string_view close);
  std::string word(std::string_view what);
  Location parseLocation();

  Lexer lexer_;
  std::unique_ptr<Module> module_;
  ValueReader values_;
  Scope scope_, constants_;
};

// ---- names ----

Name Parser::nameOf(const Token &token) const {
  if (!token.isQuoted && isDigits(token.text))
    return {fmt::format("#{}", token.text), {}, token.at};
  std::string own = token.isQuoted ? lexer_.unescaped(token) : std::string(token.text);
  return {'=' + own, own, token.at};
}

void Parser::defineValue(const Name &name, Value *value) {
  value->name = name.own;
  if (!scope_.define(name.key, value))
    lexer_.fail(name.at, "text.name", fmt::format("%{} is already defined", name.key.substr(1)));
}

Value *Parser::use(const Token &token) const {
  const Name name = nameOf(token);
  const bool constant = token.kind == Token::Kind::constant;
  Value *value = (constant ? constants_ : scope_).find(name.key);
  if (!value)
    lexer_.fail(token.at, "text.name",
                fmt::format("unknown {} {}{}", constant ? "constant" : "value",
                            constant ? '@' : '%', name.key.substr(1)));
  return value;
}

/// A word that may be quoted: names of states.
std::string Parser::word(std::string_view what) {
  if (lexer_.peek().kind == Token::Kind::string)
    return values_.string();
  return std::string(lexer_.expect(Token::Kind::identifier, what).text);
}

// ---- module ----

std::unique_ptr<Module> Parser::run() {
  module_->format = "gir";
  if (!lexer_.acceptWord("module")) {
    parseItems();
  } else {
    module_->name = values_.string();
    for (const auto &[key, field] :
         {std::pair{"format", &module_->format}, std::pair{"sha256", &module_->modelSha256}})
      if (lexer_.acceptWord(key)) {
        lexer_.expect("(");
        *field = values_.string();
        lexer_.expect(")");
      }
    lexer_.expect("{");
    parseItems();
    lexer_.expect("}");
  }
  if (lexer_.peek().kind != Token::Kind::end)
    lexer_.failExpected("dim, const, func or the end of the text");
  return std::move(module_);
}

void Parser::parseItems() {
  for (;;) {
    if (lexer_.acceptWord("dim"))
      parseSymbol();
    else if (lexer_.acceptWord("const"))
      parseConstant();
    else if (lexer_.acceptWord("func"))
      parseFunction();
    else
      return;
  }
}

void Parser::parseSymbol() {
  const Token name = lexer_.expect(Token::Kind::identifier, "the name of a symbol");
  if (std::ranges::find(module_->symbols(), name.text, &Symbol::name) != module_->symbols().end())
    lexer_.fail(name.at, "text.symbol", fmt::format("symbol '{}' is already declared", name.text));
  lexer_.expect("=");
  Bounds bounds;
  if (!lexer_.peek().is(".."))
    bounds.lo = values_.integer();
  lexer_.expect("..");
  if (lexer_.peek().kind == Token::Kind::number || lexer_.peek().is("-"))
    bounds.hi = values_.integer();
  if (bounds.lo > bounds.hi)
    lexer_.fail(name.at, "text.symbol",
                fmt::format("the bounds of '{}' are {}..{}, expected a lower one first", name.text,
                            bounds.lo, bounds.hi));
  std::string origin;
  if (lexer_.peek().kind == Token::Kind::string)
    origin = values_.string();
  module_->symbol(name.text, bounds, std::move(origin));
}

void Parser::parseConstant() {
  const Name name = nameOf(lexer_.expect(Token::Kind::constant, "the name of a constant"));
  lexer_.expect(":");
  const Type type = values_.type();
  lexer_.expect("=");
  if (!constants_.define(name.key, values_.constant(type, name.own)))
    lexer_.fail(name.at, "text.name", fmt::format("@{} is already defined", name.key.substr(1)));
}

// ---- functions ----

void Parser::parseFunction() {
  const Token token = lexer_.expect(Token::Kind::constant, "the name of a function");
  const std::string name = token.isQuoted ? lexer_.unescaped(token) : std::string(token.text);
  if (std::ranges::any_of(module_->functions, [&](const auto &f) { return f->name == name; }))
    lexer_.fail(token.at, "text.name", fmt::format("function @{} is already defined", name));
  Function &function = module_->addFunction(name);
  scope_ = Scope{};
  parseParameters(function);
  lexer_.expect("->");
  std::vector<Type> types;
  ResultNames results = parseResults(function, types);
  lexer_.expect("{");
  parseBody(function.body, 0);

  const Op &last = function.body.terminator();
  if (last.numOperands() != types.size())
    lexer_.fail(results.at, "text.type",
                fmt::format("@{} returns {} values but declares {} results", name,
                            last.numOperands(), types.size()));
  for (size_t i = 0; i < types.size(); ++i)
    if (last.operand(i)->type != types[i])
      lexer_.fail(results.at, "text.type",
                  fmt::format("result {} of @{} is {} but {} is declared", i, name,
                              last.operand(i)->type.text(), types[i].text()));
  function.resultNames = std::move(results.names);
}

void Parser::parseParameters(Function &function) {
  lexer_.expect("(");
  while (!lexer_.peek().is(")")) {
    const bool isState = lexer_.acceptWord("state");
    State state;
    if (isState)
      state.name = word("the name of a state");
    const Name name = nameOf(lexer_.expect(Token::Kind::value, "an argument such as %x"));
    lexer_.expect(":");
    state.argument = function.body.numArguments();
    defineValue(name, function.body.addArgument(values_.type()));
    if (isState && lexer_.accept("="))
      state.initial = use(lexer_.expect(Token::Kind::constant, "a constant"));
    if (isState) {
      if (std::ranges::any_of(function.states,
                              [&](const State &s) { return s.name == state.name; }))
        lexer_.fail(name.at, "text.state",
                    fmt::format("there are two arguments of state '{}'", state.name));
      function.states.push_back(std::move(state));
    }
    if (!lexer_.accept(","))
      break;
  }
  lexer_.expect(")");
}

Parser::ResultNames Parser::parseResults(Function &function, std::vector<Type> &types) {
  ResultNames results;
  results.at = lexer_.peek().at;
  std::vector<std::string> states;
  lexer_.expect("(");
  while (!lexer_.peek().is(")")) {
    const size_t at = lexer_.peek().at;
    const bool isState = lexer_.acceptWord("state");
    if (isState) {
      const std::string name = word("the name of a state");
      const auto state = std::ranges::find(function.states, name, &State::name);
      if (state == function.states.end() || std::ranges::find(states, name) != states.end())
        lexer_.fail(at, "text.state",
                    fmt::format("state '{}' needs one argument and one result", name));
      state->result = types.size();
      states.push_back(name);
    }
    results.names.emplace_back();
    if (lexer_.peek().kind == Token::Kind::value) {
      const Token name = lexer_.take();
      results.names.back() = name.isQuoted ? lexer_.unescaped(name) : std::string(name.text);
      lexer_.expect(":");
    }
    types.push_back(values_.type());
    if (!lexer_.accept(","))
      break;
  }
  lexer_.expect(")");
  if (states.size() != function.states.size())
    lexer_.fail(results.at, "text.state",
                fmt::format("there are {} states among the arguments but {} among the results",
                            function.states.size(), states.size()));
  return results;
}

// ---- ops ----

void Parser::parseBody(Block &block, int depth) {
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

std::vector<Value *> Parser::operandsUntil(std::string_view close) {
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
  const bool isEmpty = close.empty() ? lexer_.peek().kind != Token::Kind::value &&
                                           lexer_.peek().kind != Token::Kind::constant
                                     : lexer_.peek().is(close);
  if (!isEmpty) {
    do
      one();
    while (lexer_.accept(","));
  }
  if (!close.empty())
    lexer_.expect(close);
  return operands;
}

void Parser::parseStatement(Block &block, int depth) {
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

void Parser::parseAttributes(Statement &s) {
  const size_t at = lexer_.peek().at;
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
      lexer_.fail(at, "text.attribute",
                  fmt::format("{} lacks the attribute '{}' ({})", s.def->name, spec.name,
                              attrKindName(spec.kind)));
}

void Parser::parseBlocks(Statement &s, int depth) {
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
        const Name name = nameOf(lexer_.expect(Token::Kind::value, "an argument such as %x"));
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

Location Parser::parseLocation() {
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

void Parser::build(Statement s, Block &block) {
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

} // namespace

std::unique_ptr<Module> parse(std::string_view text, std::string_view file) {
  return Parser{text, file}.run();
}

} // namespace burin::ir
