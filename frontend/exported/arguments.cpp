// SPDX-License-Identifier: Apache-2.0
//
// Arguments of nodes: unions of one member that says what the value is.
#include "frontend/exported/container.h"
#include "frontend/exported/graph.h"

#include <fmt/format.h>

namespace burin::exported {
using ir::Dim;
using torchscript::Type;
namespace {

Host listOf(const Json &list, Type::Kind of, Host (*made)(const Json &)) {
  std::vector<Host> items;
  for (const Json &item : list.items())
    items.push_back(made(item));
  return torchscript::makeList(std::move(items), Type{of, {}, {}, 0});
}

Host integer(const Json &value) { return Dim(value.integer()); }
Host real(const Json &value) { return value.real(); }
Host flag(const Json &value) { return value.flag(); }
Host text(const Json &value) { return value.text(); }

/// A dtype by the number that torch has for it.
Host scalarType(const Json &value) {
  const std::optional<ir::ElementType> e = elementTypeOf(value.integer());
  if (!e)
    throw CompileError(Problem::unsupported, {},
                       fmt::format("the dtype {} of the program", value.integer()))
        .code("exported.argument")
        .hint("use a real or integer type of elements");
  return Dim(torchscript::dtypeOf(*e));
}

Host layout(const Json &value) {
  constexpr int64_t kStrided = 7;
  if (value.integer() != kStrided)
    value.fail("only dense tensors are supported, not sparse ones");
  return Dim(0);
}

/// 1 contiguous, 2 and 3 channels last, 4 preserve; torch has 0, 2, 3 and 1.
Host memoryFormat(const Json &value) {
  constexpr int64_t kOfTorch[] = {0, 2, 3, 1};
  const int64_t given = value.integer();
  if (given < 1 || given > 4)
    value.expected("a memory format from 1 to 4");
  return Dim(kOfTorch[given - 1]);
}

Host device(const Json &value) { return torchscript::Device{value["type"].text()}; }

struct Kind {
  std::string_view name;
  Host (*made)(const Json &);
};
constexpr Kind kPlain[] = {
    {"as_int", integer},   {"as_float", real},
    {"as_bool", flag},     {"as_string", text},
    {"as_device", device}, {"as_scalar_type", scalarType},
    {"as_layout", layout}, {"as_memory_format", memoryFormat},
};

struct ListKind {
  std::string_view name;
  Type::Kind of;
  Host (*made)(const Json &);
};
constexpr ListKind kLists[] = {
    {"as_ints", Type::Kind::integer, integer},
    {"as_floats", Type::Kind::real, real},
    {"as_bools", Type::Kind::boolean, flag},
    {"as_strings", Type::Kind::text, text},
};

} // namespace

const Host &GraphRunner::valueNamed(const Json &name, const Scope &scope) {
  const auto it = scope.values.find(name.text());
  if (it == scope.values.end())
    name.fail(fmt::format("'{}' is used, and nothing before it makes it", name.text()));
  return it->second;
}

Host GraphRunner::argument(const Json &given, const Scope &scope) {
  const auto [kind, value] = given.only();
  return argument(kind, value, scope);
}

Host GraphRunner::argument(const std::string &kind, const Json &value, const Scope &scope) {
  for (const Kind &k : kPlain)
    if (k.name == kind)
      return k.made(value);
  for (const ListKind &k : kLists)
    if (k.name == kind)
      return listOf(value, k.of, k.made);
  if (kind == "as_none")
    return {};
  if (kind == "as_tensor")
    return valueNamed(value["name"], scope);
  if (kind == "as_name") // of a symbolic number
    return valueNamed(value, scope);
  if (kind == "as_sym_int" || kind == "as_sym_float" || kind == "as_sym_bool" ||
      kind == "as_optional_tensor")
    return argument(value, scope);
  const bool areTensors = kind == "as_tensors";
  if (!areTensors && kind != "as_optional_tensors" && kind != "as_sym_ints" &&
      kind != "as_sym_floats" && kind != "as_sym_bools")
    throw CompileError(Problem::unsupported, in_.to().at,
                       fmt::format("an argument of the kind {} is not supported", kind))
        .code("exported.argument")
        .hint("tensors, numbers, texts and lists of them are");
  std::vector<Host> items;
  for (const Json &item : value.items())
    items.push_back(areTensors ? valueNamed(item["name"], scope) : argument(item, scope));
  const bool areNumbers = kind.starts_with("as_sym_");
  return torchscript::makeList(std::move(items), Type{kind == "as_sym_floats"  ? Type::Kind::real
                                                      : kind == "as_sym_bools" ? Type::Kind::boolean
                                                      : areNumbers             ? Type::Kind::integer
                                                                               : Type::Kind::tensor,
                                                      {},
                                                      {},
                                                      0});
}

} // namespace burin::exported
