// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/types.h"

#include "frontend/torchscript/lexer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {
using Kind = Type::Kind;

constexpr std::pair<std::string_view, Kind> kPlain[] = {
    {"Tensor", Kind::tensor},  {"int", Kind::integer},     {"float", Kind::real},
    {"bool", Kind::boolean},   {"str", Kind::text},        {"number", Kind::number},
    {"Scalar", Kind::number},  {"complex", Kind::complex}, {"Device", Kind::device},
    {"None", Kind::none},      {"NoneType", Kind::none},   {"Any", Kind::any},
    {"Stream", Kind::any},     {"Capsule", Kind::any},     {"Generator", Kind::any},
    {"Layout", Kind::integer}, {"list", Kind::list},       {"tuple", Kind::tuple},
};

constexpr std::pair<std::string_view, Kind> kGeneric[] = {
    {"List", Kind::list}, {"Optional", Kind::optional}, {"Tuple", Kind::tuple},
    {"Dict", Kind::dict}, {"Final", Kind::optional},
};

template <size_t N>
const Kind *find(const std::pair<std::string_view, Kind> (&rows)[N], std::string_view name) {
  const auto *row = std::ranges::find(rows, name, &std::pair<std::string_view, Kind>::first);
  return row == std::end(rows) ? nullptr : &row->second;
}

} // namespace

Type typeOf(const Expr &e, const SourceFile &file) {
  Type type;
  if (e.is(Expr::Kind::name)) {
    if (const Kind *kind = find(kPlain, e.text)) {
      type.kind = *kind;
      return type;
    }
    if (e.text.ends_with("Tensor")) { // LongTensor and its like
      type.kind = Kind::tensor;
      return type;
    }
  }
  if (e.is(Expr::Kind::attribute)) {
    type.kind = Kind::named;
    type.name = dottedName(e);
    if (!type.name.empty())
      return type;
  }
  if (e.is(Expr::Kind::index) && e.items[0].is(Expr::Kind::name)) {
    const std::string &name = e.items[0].text;
    const Kind *kind = find(kGeneric, name);
    if (!kind && (name == "Union" || name == "Future" || name == "Await" || name == "RRef"))
      return type; // whatever the value is
    if (kind) {
      type.kind = *kind;
      for (size_t i = 1; i < e.items.size(); ++i)
        if (!e.items[i].is(Expr::Kind::tuple)) // Tuple[()]
          type.items.push_back(typeOf(e.items[i], file));
      const size_t expected = *kind == Kind::dict ? 2 : 1;
      if (*kind == Kind::tuple || type.items.size() == expected)
        return name == "Final" ? Type(type.items[0]) : type;
    }
  }
  syntaxError(file, e.at, "this is no type");
}

} // namespace burin::torchscript
