// SPDX-License-Identifier: Apache-2.0
//
// Types of the language and of schemas. Tensors have no rank, element type or shape here.
#pragma once

#include "frontend/torchscript/syntax.h"

namespace burin::torchscript {

struct Type {
  enum class Kind : uint8_t {
    any,
    none,
    tensor,
    boolean,
    integer,
    real,
    complex,
    number, ///< any of the four above but boolean
    text,
    device,
    list,     ///< items: of an element
    optional, ///< items: of what may be there
    tuple,
    dict,     ///< items: of a key, of a value
    named,    ///< a class of the archive: name
    variable, ///< of a schema: bound by the first argument that uses it
  };

  Kind kind = Kind::any;
  std::string name;
  std::vector<Type> items;
  int64_t repeats = 0; ///< N of int[N]: one number may stand for all; 0 for int[]

  bool is(Kind k) const { return kind == k; }
  bool operator==(const Type &) const = default;
};

/// A type as printed: "Optional[List[int]]". Throws for what is none.
Type typeOf(const Expr &, const SourceFile &);

} // namespace burin::torchscript
