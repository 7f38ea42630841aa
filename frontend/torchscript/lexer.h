// SPDX-License-Identifier: Apache-2.0
//
// Tokens of printed TorchScript, indentation included.
#pragma once

#include "frontend/torchscript/syntax.h"

namespace burin::torchscript {

struct Token {
  enum class Kind : uint8_t {
    end,
    newline,
    indent,
    dedent,
    name,
    integer,
    real,
    imaginary,
    text,
    sign
  };

  Kind kind = Kind::end;
  uint32_t at = 0;
  std::string text; ///< of a text: its contents
  int64_t integer = 0;
  double real = 0;
};

std::vector<Token> tokenize(const SourceFile &);

/// Throws at a place of the file.
[[noreturn]] void syntaxError(const SourceFile &, size_t at, std::string text);

} // namespace burin::torchscript
