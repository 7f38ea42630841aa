// SPDX-License-Identifier: Apache-2.0
//
// The parser of .gir: recursive descent over modules, functions and blocks. What is below an op is
// read by ValueReader.
#pragma once

#include "ir/text_names.h"
#include "ir/text_values.h"

namespace burin::ir {

struct WrittenName {
  std::string key; ///< in a NameScope
  std::string own; ///< of the value; empty for a number
  size_t at = 0;
};

class TextParser {
public:
  TextParser(std::string_view text, std::string_view file)
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
    std::vector<WrittenName> results;
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

  WrittenName nameOf(const Token &token) const;
  void defineValue(const WrittenName &, Value *);
  Value *use(const Token &) const;
  std::vector<Value *> operandsUntil(std::string_view close);
  std::string word(std::string_view what);
  Location parseLocation();

  Lexer lexer_;
  std::unique_ptr<Module> module_;
  ValueReader values_;
  NameScope scope_, constants_;
};

} // namespace burin::ir
