// SPDX-License-Identifier: Apache-2.0
//
// Reads the parts of a .gir text below the op: extents, types, attributes, elements.
#pragma once

#include "ir/graph.h"
#include "ir/text_lexer.h"

namespace burin::ir {

/// Parentheses, types and blocks nest no deeper: a text must not exhaust the stack.
constexpr int kDeepestText = 100;

class ValueReader {
public:
  ValueReader(Lexer &lexer, Module &module) : lexer_{lexer}, module_{module} {}

  Dim dim();
  Dims dims();
  Type type();
  AttrValue attribute(const AttrSpec &);
  int64_t integer(); ///< with its sign
  std::string string();
  /// A constant of this static type behind its `=`: a list, or hex.
  Value *constant(const Type &, std::string name);

  /// "[", items with commas between, "]".
  template <class Item> void list(Item item) {
    lexer_.expect("[");
    if (lexer_.accept("]"))
      return;
    do
      item();
    while (lexer_.accept(","));
    lexer_.expect("]");
  }

private:
  Dim term(int depth);
  Dim factor(int depth);
  Dim sum(int depth);
  Dim call(const Token &function, int depth);
  Type type(int depth);
  double number();
  bool boolean();
  ElementType elementType();
  std::string signedWord();
  void nested(int depth, const std::function<void()> &item);
  std::vector<std::byte> elements(const Type &);
  std::vector<std::byte> hex(size_t size);

  Lexer &lexer_;
  Module &module_;
};

} // namespace burin::ir
