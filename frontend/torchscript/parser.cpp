// SPDX-License-Identifier: Apache-2.0
//
// Recursive descent over the tokens of a file. What torch does not print is refused.
#include "frontend/torchscript/lexer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {
using Kind = Token::Kind;

constexpr int kDeepest = 400; // expressions and blocks inside each other

class Parser {
public:
  Parser(const SourceFile &file, std::string_view prefix)
      : file_{file}, prefix_{prefix}, tokens_{tokenize(file)} {}

  Module file() {
    Module module;
    while (!at(Kind::end)) {
      if (atName("import") || atName("op_version_set")) {
        while (!at(Kind::newline))
          skip();
        skip();
      } else if (atName("class")) {
        Class c = classDef();
        const std::string name = c.name.substr(c.name.rfind('.') + 1);
        module.classes.insert_or_assign(name, std::move(c));
      } else {
        Function f = function();
        const std::string name = f.name;
        module.functions.insert_or_assign(name, std::move(f));
      }
    }
    return module;
  }

  Expr lone() {
    Expr e = expression();
    accept(Kind::newline);
    if (!at(Kind::end))
      fail("something behind the expression");
    return e;
  }

private:
  /// Counts how deep the recursion is.
  struct Level {
    explicit Level(Parser &p) : parser{p} {
      if (++parser.depth_ > kDeepest)
        parser.fail("the source nests too deeply");
    }
    ~Level() { --parser.depth_; }
    Level(const Level &) = delete;
    Parser &parser;
  };

  // ---- tokens ----
  const Token &now() const { return tokens_[index_]; }
  void skip() {
    if (now().kind != Kind::end)
      ++index_;
  }
  bool at(Kind kind) const { return now().kind == kind; }
  bool atName(std::string_view name) const { return at(Kind::name) && now().text == name; }
  bool atSign(std::string_view sign) const { return at(Kind::sign) && now().text == sign; }
  bool accept(Kind kind) {
    const bool found = at(kind);
    if (found)
      skip();
    return found;
  }
  bool acceptSign(std::string_view sign) {
    const bool found = atSign(sign);
    if (found)
      skip();
    return found;
  }
  bool acceptName(std::string_view name) {
    const bool found = atName(name);
    if (found)
      skip();
    return found;
  }
  [[noreturn]] void fail(std::string text) const { syntaxError(file_, now().at, std::move(text)); }
  void expectSign(std::string_view sign) {
    if (!acceptSign(sign))
      fail(fmt::format("expected '{}'", sign));
  }
  void expectName(std::string_view name) {
    if (!acceptName(name))
      fail(fmt::format("expected '{}'", name));
  }
  void expectLineEnd() {
    if (!accept(Kind::newline))
      fail("expected the end of the line");
  }
  std::string name() {
    if (!at(Kind::name))
      fail("expected a name");
    std::string text = now().text;
    skip();
    return text;
  }

  // ---- definitions ----
  Class classDef() {
    Class c;
    c.file = &file_;
    expectName("class");
    c.name = fmt::format("{}.{}", prefix_, name());
    if (acceptSign("(")) {
      if (!atSign(")"))
        c.base = name();
      expectSign(")");
    }
    expectSign(":");
    expectLineEnd();
    if (!accept(Kind::indent))
      fail("expected the members of the class");
    while (!accept(Kind::dedent))
      member(c);
    return c;
  }

  void member(Class &c) {
    if (atName("def")) {
      Function f = function();
      const std::string method = f.name;
      c.methods.insert_or_assign(method, std::move(f));
      return;
    }
    if (acceptName("pass"))
      return expectLineEnd();
    const std::string what = name();
    if (what == "__annotations__") {
      if (acceptSign("[")) {
        const std::string attribute = expression().text;
        expectSign("]");
        expectSign("=");
        c.attributes.push_back({attribute, expression()});
      } else {
        expectSign("=");
        expression();
      }
    } else if (acceptSign(":")) {
      Expr type = expression();
      if (acceptSign("="))
        c.constants.push_back({what, std::move(type), expression()});
      else
        c.attributes.push_back({what, std::move(type)});
    } else {
      expectSign("=");
      Expr value = expression();
      if (what == "__forward_pre_hooks__" || what == "__forward_hooks__")
        for (const Expr &hook : value.items)
          (what == "__forward_hooks__" ? c.hooks : c.preHooks).push_back(hook.text);
      else if (what != "__parameters__" && what != "__buffers__")
        c.constants.push_back({what, {}, std::move(value)});
    }
    expectLineEnd();
  }

  Function function() {
    Function f;
    f.file = &file_;
    f.at = now().at;
    expectName("def");
    f.name = name();
    expectSign("(");
    while (!acceptSign(")")) {
      Parameter p;
      p.name = name();
      if (acceptSign(":"))
        p.type = expression();
      if (acceptSign("="))
        p.otherwise = std::make_shared<Expr>(expression());
      f.parameters.push_back(std::move(p));
      if (!atSign(")"))
        expectSign(",");
    }
    if (acceptSign("->"))
      f.type = expression();
    f.body = block();
    return f;
  }

  // ---- statements ----
  std::vector<Stmt> block() {
    const Level level{*this};
    expectSign(":");
    expectLineEnd();
    if (!accept(Kind::indent))
      fail("expected an indented block");
    std::vector<Stmt> body;
    while (!accept(Kind::dedent))
      body.push_back(statement());
    return body;
  }

  Stmt statement() {
    Stmt s;
    s.at = now().at;
    if (atName("def")) {
      s.kind = Stmt::Kind::define;
      s.function = std::make_shared<Function>(function());
      s.targets = {s.function->name};
      return s;
    }
    if (acceptName("if")) {
      s.kind = Stmt::Kind::branch;
      s.value = expression();
      s.body = block();
      if (acceptName("else"))
        s.otherwise = block();
      return s;
    }
    if (acceptName("while")) {
      s.kind = Stmt::Kind::whileLoop;
      s.value = expression();
      s.body = block();
      return s;
    }
    if (acceptName("for")) {
      s.kind = Stmt::Kind::forLoop;
      s.targets = {name()};
      expectName("in");
      expectName("range");
      expectSign("(");
      s.value = expression();
      expectSign(")");
      s.body = block();
      return s;
    }
    if (acceptName("with")) {
      s.kind = Stmt::Kind::with;
      s.value = expression();
      if (acceptName("as"))
        s.targets = {name()};
      s.body = block();
      return s;
    }
    simple(s);
    expectLineEnd();
    return s;
  }

  void simple(Stmt &s) {
    if (acceptName("pass"))
      return;
    if (acceptName("return")) {
      s.kind = Stmt::Kind::result;
      s.value = at(Kind::newline) ? nothing() : expressionList();
      return;
    }
    bool comma = false;
    Expr left = expressionList(&comma);
    if (acceptSign(":")) { // with its type, which the value tells as well
      expression();
      if (!atSign("="))
        fail("expected '='");
    }
    if (!acceptSign("=")) {
      s.kind = Stmt::Kind::expression;
      s.value = std::move(left);
      return;
    }
    s.value = expressionList();
    if (left.is(Expr::Kind::attribute)) {
      s.kind = Stmt::Kind::setAttribute;
      s.targets = {left.text};
      s.object = std::move(left.items[0]);
      return;
    }
    s.kind = Stmt::Kind::assign;
    s.unpacks = comma;
    const bool several = left.is(Expr::Kind::tuple);
    for (const Expr &target : several ? left.items : std::vector<Expr>{left}) {
      if (!target.is(Expr::Kind::name))
        syntaxError(file_, target.at, "only names and attributes can be assigned");
      s.targets.push_back(target.text);
    }
  }

  // ---- expressions ----
  Expr node(Expr::Kind kind) const {
    Expr e;
    e.kind = kind;
    e.at = now().at;
    return e;
  }
  Expr nothing() const {
    Expr e = node(Expr::Kind::name);
    e.text = "None";
    return e;
  }

  /// One expression, or a tuple of several; `comma` tells of one behind the last.
  Expr expressionList(bool *comma = nullptr) {
    Expr first = expression();
    if (!atSign(","))
      return first;
    Expr tuple = node(Expr::Kind::tuple);
    tuple.at = first.at;
    tuple.items.push_back(std::move(first));
    while (acceptSign(",")) {
      if (at(Kind::newline) || atSign("=")) {
        if (comma)
          *comma = true;
        break;
      }
      tuple.items.push_back(expression());
    }
    return tuple;
  }

  Expr expression() {
    const Level level{*this};
    if (atSign("-")) {
      Expr e = node(Expr::Kind::negate);
      skip();
      e.items.push_back(expression());
      return e;
    }
    Expr e = atom();
    for (int links = 0;; ++links) {
      if (links > kDeepest)
        fail("the source nests too deeply");
      if (atSign(".")) {
        Expr outer = node(Expr::Kind::attribute);
        skip();
        outer.text = name();
        outer.items.push_back(std::move(e));
        e = std::move(outer);
      } else if (atSign("(")) {
        e = call(std::move(e));
      } else if (atSign("[")) {
        e = subscript(std::move(e));
      } else {
        return e;
      }
    }
  }

  Expr call(Expr callee) {
    Expr e = node(Expr::Kind::call);
    e.at = callee.at;
    e.items.push_back(std::move(callee));
    expectSign("(");
    while (!acceptSign(")")) {
      if (at(Kind::name) && tokens_[index_ + 1].kind == Kind::sign &&
          tokens_[index_ + 1].text == "=") {
        std::string keyword = name();
        expectSign("=");
        e.keywords.emplace_back(std::move(keyword), expression());
      } else {
        e.items.push_back(expression());
      }
      if (!atSign(")"))
        expectSign(",");
    }
    return e;
  }

  Expr subscript(Expr of) {
    Expr e = node(Expr::Kind::index);
    e.items.push_back(std::move(of));
    expectSign("[");
    e.items.push_back(atSign(":") ? nothing() : expression());
    if (acceptSign(":")) {
      e.kind = Expr::Kind::slice;
      e.items.push_back(atSign("]") ? nothing() : expression());
    }
    while (acceptSign(","))
      if (!atSign("]"))
        e.items.push_back(expression());
    expectSign("]");
    return e;
  }

  Expr atom() {
    Expr e = node(Expr::Kind::name);
    e.text = now().text;
    e.integer = now().integer;
    e.real = now().real;
    switch (now().kind) {
    case Kind::integer:
      e.kind = Expr::Kind::integer;
      break;
    case Kind::real:
      e.kind = Expr::Kind::real;
      break;
    case Kind::imaginary:
      e.kind = Expr::Kind::imaginary;
      break;
    case Kind::text:
      e.kind = Expr::Kind::text;
      break;
    case Kind::name:
      break;
    default:
      return bracket();
    }
    skip();
    return e;
  }

  Expr bracket() {
    if (atSign("("))
      return parenthesis();
    Expr e = node(atSign("{") ? Expr::Kind::dict : Expr::Kind::list);
    const std::string_view end = atSign("{") ? "}" : "]";
    if (!acceptSign("[") && !acceptSign("{"))
      fail("expected an expression");
    while (!acceptSign(end)) {
      e.items.push_back(expression());
      if (e.is(Expr::Kind::dict)) {
        expectSign(":");
        e.items.push_back(expression());
      }
      if (!atSign(end))
        expectSign(",");
    }
    return e;
  }

  /// An expression in parentheses, or a tuple.
  Expr parenthesis() {
    Expr e = node(Expr::Kind::tuple);
    expectSign("(");
    bool isTuple = atSign(")");
    while (!acceptSign(")")) {
      e.items.push_back(expression());
      if (!atSign(")")) {
        expectSign(",");
        isTuple = true;
      }
    }
    if (isTuple)
      return e;
    Expr inner = std::move(e.items[0]);
    return inner;
  }

  const SourceFile &file_;
  std::string prefix_;
  std::vector<Token> tokens_;
  size_t index_ = 0;
  int depth_ = 0;
};

} // namespace

Module parse(const SourceFile &file, std::string_view prefix) {
  return Parser{file, prefix}.file();
}

Expr parseExpression(const SourceFile &file) { return Parser{file, ""}.lone(); }

std::string dottedName(const Expr &e) {
  if (e.is(Expr::Kind::name))
    return e.text;
  if (!e.is(Expr::Kind::attribute))
    return {};
  std::string base = dottedName(e.items[0]);
  return base.empty() ? base : base + "." + e.text;
}

} // namespace burin::torchscript
