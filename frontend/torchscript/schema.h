// SPDX-License-Identifier: Apache-2.0
//
// A schema as torch writes it, "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) ->
// Tensor", and how the values of a call fit it.
#pragma once

#include "frontend/torchscript/host.h"

namespace burin::torchscript {

struct Schema {
  struct Argument {
    std::string name;
    Type type;
    std::optional<Host> otherwise; ///< the default
    bool keywordOnly = false;
  };

  std::string name;     ///< "aten::add"
  std::string overload; ///< "Tensor"; may be empty
  std::vector<Argument> arguments;
  bool variadic = false; ///< format(str self, ...)

  std::string fullName() const { return overload.empty() ? name : name + "." + overload; }
};

Schema parseSchema(std::string_view text);

/// The arguments as a call gives them.
struct Given {
  std::vector<Host> positional;
  std::vector<std::pair<std::string, Host>> keywords;
};

/// The values of all arguments of the schema, or nothing if the call does not fit. With `converts`,
/// implicit conversions are made: of a tensor to a number by `toNumber`.
std::optional<std::vector<Host>> match(const Schema &, const Given &, bool converts);
/// Whether a value is of a type, as isinstance() asks.
bool isOfType(const Host &, const Type &);

} // namespace burin::torchscript
