// SPDX-License-Identifier: Apache-2.0
//
// The syntax tree of printed TorchScript. Types are expressions here: List[int] is an index.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace burin::torchscript {

/// A member code/...py of the archive.
struct SourceFile {
  std::string name; ///< "code/__torch__.py"
  std::string text;
};

struct Expr {
  enum class Kind : uint8_t {
    integer,
    real,
    imaginary, ///< real: its value
    text,
    name,      ///< also True, False, None, inf, nan
    attribute, ///< items[0] . text
    call,      ///< items[0] ( items[1...], keywords )
    index,     ///< items[0] [ items[1...] ]
    slice,     ///< items[0] [ items[1] : items[2] ], of a tuple; an absent bound is the name None
    tuple,
    list,
    dict,   ///< key, value, key, value, ...
    negate, ///< - items[0]
  };

  Kind kind = Kind::name;
  uint32_t at = 0; ///< the offset in the file
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<Expr> items;
  std::vector<std::pair<std::string, Expr>> keywords;

  bool is(Kind k) const { return kind == k; }
};

struct Function;

struct Stmt {
  enum class Kind : uint8_t {
    assign,       ///< targets = value
    setAttribute, ///< object . name = value
    expression,
    result, ///< return value
    pass,
    branch,    ///< if value: body else: otherwise
    whileLoop, ///< while value: body
    forLoop,   ///< for targets[0] in range(value): body
    with,      ///< with value as targets[0]: body
    define,    ///< def of a closure
  };

  Kind kind = Kind::pass;
  uint32_t at = 0;
  std::vector<std::string> targets;
  bool unpacks = false; ///< a, b, = value: of one value; without the comma of several
  Expr value, object;   ///< object: of setAttribute
  std::vector<Stmt> body, otherwise;
  std::shared_ptr<Function> function; ///< of define
};

struct Parameter {
  std::string name;
  Expr type;
  std::shared_ptr<Expr> otherwise; ///< the default; null if there is none
};

struct Function {
  std::string name; ///< without its module
  const SourceFile *file = nullptr;
  uint32_t at = 0;
  std::vector<Parameter> parameters;
  Expr type; ///< of the result
  std::vector<Stmt> body;
};

struct Class {
  struct Attribute {
    std::string name;
    Expr type;
  };
  struct Constant {
    std::string name;
    Expr type, value;
  };

  std::string name; ///< qualified
  std::string base; ///< "Module", "NamedTuple", "Interface", "ModuleInterface", "Enum" or ""
  const SourceFile *file = nullptr;
  std::vector<Attribute> attributes; ///< in the order of their declaration
  std::vector<Constant> constants;   ///< Final ones, and the members of an Enum
  std::map<std::string, Function, std::less<>> methods;
  std::vector<std::string> preHooks, hooks;

  const Function *method(std::string_view of) const {
    const auto it = methods.find(of);
    return it == methods.end() ? nullptr : &it->second;
  }
};

/// What one file defines. `prefix` is its module: "__torch__.a.b".
struct Module {
  std::map<std::string, Class, std::less<>> classes; ///< by their name in the file
  std::map<std::string, Function, std::less<>> functions;
};

/// Throws CompileError (invalid, "torchscript.syntax") with the place.
Module parse(const SourceFile &, std::string_view prefix);
/// An expression alone, such as the text of a type.
Expr parseExpression(const SourceFile &);

/// "a.b.c" of nested attributes of a name; empty for another expression.
std::string dottedName(const Expr &);
/// The number of the line of an offset, from 1.
size_t lineOf(std::string_view text, size_t offset);

} // namespace burin::torchscript
