// SPDX-License-Identifier: Apache-2.0
#include "ir/text.h"

#include "ir/builder.h"
#include "ir/text_elements.h"
#include "ir/text_parser.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {

// ---- names ----

WrittenName TextParser::nameOf(const Token &token) const {
  if (!token.isQuoted && isDigits(token.text))
    return {fmt::format("#{}", token.text), {}, token.at};
  std::string own = token.isQuoted ? lexer_.unescaped(token) : std::string(token.text);
  return {'=' + own, own, token.at};
}

void TextParser::defineValue(const WrittenName &name, Value *value) {
  value->name = name.own;
  if (!scope_.define(name.key, value))
    lexer_.fail(name.at, "text.name", fmt::format("%{} is already defined", name.key.substr(1)));
}

Value *TextParser::use(const Token &token) const {
  const WrittenName name = nameOf(token);
  const bool constant = token.kind == Token::Kind::constant;
  Value *value = (constant ? constants_ : scope_).find(name.key);
  if (!value)
    lexer_.fail(token.at, "text.name",
                fmt::format("unknown {} {}{}", constant ? "constant" : "value",
                            constant ? '@' : '%', name.key.substr(1)));
  return value;
}

/// A word that may be quoted: names of states.
std::string TextParser::word(std::string_view what) {
  if (lexer_.peek().kind == Token::Kind::string)
    return values_.string();
  return std::string(lexer_.expect(Token::Kind::identifier, what).text);
}

// ---- module ----

std::unique_ptr<Module> TextParser::run() {
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

void TextParser::parseItems() {
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

void TextParser::parseSymbol() {
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

void TextParser::parseConstant() {
  const WrittenName name = nameOf(lexer_.expect(Token::Kind::constant, "the name of a constant"));
  lexer_.expect(":");
  const Type type = values_.type();
  lexer_.expect("=");
  if (!constants_.define(name.key, values_.constant(type, name.own)))
    lexer_.fail(name.at, "text.name", fmt::format("@{} is already defined", name.key.substr(1)));
}

// ---- functions ----

void TextParser::parseFunction() {
  const Token token = lexer_.expect(Token::Kind::constant, "the name of a function");
  const std::string name = token.isQuoted ? lexer_.unescaped(token) : std::string(token.text);
  if (std::ranges::any_of(module_->functions, [&](const auto &f) { return f->name == name; }))
    lexer_.fail(token.at, "text.name", fmt::format("function @{} is already defined", name));
  Function &function = module_->addFunction(name);
  scope_ = NameScope{};
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

void TextParser::parseParameters(Function &function) {
  lexer_.expect("(");
  while (!lexer_.peek().is(")")) {
    const bool isState = lexer_.acceptWord("state");
    State state;
    if (isState)
      state.name = word("the name of a state");
    const WrittenName name = nameOf(lexer_.expect(Token::Kind::value, "an argument such as %x"));
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

TextParser::ResultNames TextParser::parseResults(Function &function, std::vector<Type> &types) {
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

std::unique_ptr<Module> parse(std::string_view text, std::string_view file) {
  return TextParser{text, file}.run();
}

} // namespace burin::ir
