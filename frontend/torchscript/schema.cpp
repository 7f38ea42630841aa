// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/schema.h"

#include "frontend/torchscript/lexer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {
using Kind = Type::Kind;

// ---- reading a schema ----

constexpr std::pair<std::string_view, Kind> kBases[] = {
    {"Tensor", Kind::tensor},      {"int", Kind::integer},    {"float", Kind::real},
    {"bool", Kind::boolean},       {"str", Kind::text},       {"Scalar", Kind::number},
    {"ScalarType", Kind::integer}, {"Layout", Kind::integer}, {"MemoryFormat", Kind::integer},
    {"Device", Kind::device},      {"Any", Kind::any},        {"AnyEnumType", Kind::any},
    {"complex", Kind::complex},
};

/// Characters of one schema. A mistake is one of burin's own table.
class SchemaReader {
public:
  explicit SchemaReader(std::string_view text) : text_{text} {}

  Schema run() {
    Schema s;
    const std::string full = until("(");
    const size_t dot = full.find('.');
    s.name = full.substr(0, dot);
    s.overload = dot == std::string::npos ? "" : full.substr(dot + 1);
    expect('(');
    bool keywordOnly = false;
    while (!accept(')')) {
      if (accept('*')) {
        keywordOnly = true;
      } else if (text_.substr(at_).starts_with("...")) {
        at_ += 3;
        s.variadic = true;
      } else {
        Schema::Argument a;
        a.type = type();
        a.name = until(",=)");
        a.keywordOnly = keywordOnly;
        if (accept('='))
          a.otherwise = value();
        s.arguments.push_back(std::move(a));
      }
      if (accept(','))
        accept(' ');
    }
    return s;
  }

private:
  [[noreturn]] void fail() const {
    throw InternalError(fmt::format("the schema '{}' cannot be read at {}", text_, at_));
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool accept(char c) {
    const bool found = peek() == c;
    at_ += found;
    return found;
  }
  void expect(char c) {
    if (!accept(c))
      fail();
  }
  std::string until(std::string_view ends) {
    const size_t end = text_.find_first_of(ends, at_);
    if (end == std::string_view::npos)
      fail();
    const std::string result(text_.substr(at_, end - at_));
    at_ = end;
    return result;
  }

  Type type() {
    Type t;
    if (accept('(')) {
      t.kind = Kind::tuple;
      while (!accept(')')) {
        t.items.push_back(type());
        accept(',');
        accept(' ');
      }
    } else {
      const std::string name = until("( ?[,)");
      const auto *row = std::ranges::find(kBases, name, &std::pair<std::string_view, Kind>::first);
      if (row != std::end(kBases)) {
        t.kind = row->second;
      } else if (name == "Dict") {
        t.kind = Kind::dict;
        expect('(');
        t.items.push_back(type());
        expect(',');
        accept(' ');
        t.items.push_back(type());
        expect(')');
      } else {
        t.kind = Kind::variable;
        t.name = name;
      }
    }
    for (;;) {
      if (accept('(')) { // what it aliases
        until(")");
        expect(')');
      } else if (accept('?')) {
        t = wrapped(Kind::optional, std::move(t));
      } else if (accept('[')) {
        const std::string repeats = until("]");
        expect(']');
        t = wrapped(Kind::list, std::move(t));
        if (!repeats.empty())
          t.repeats = std::stoi(repeats);
      } else {
        accept(' ');
        return t;
      }
    }
  }
  static Type wrapped(Kind kind, Type inner) {
    Type t;
    t.kind = kind;
    t.items.push_back(std::move(inner));
    return t;
  }

  Host value() {
    if (accept('[')) {
      std::vector<Host> items;
      while (!accept(']')) {
        items.push_back(value());
        accept(',');
        accept(' ');
      }
      return makeList(std::move(items));
    }
    const SourceFile file{"schema", until(",)]")};
    Expr e = parseExpression(file);
    const double sign = e.is(Expr::Kind::negate) ? -1 : 1;
    if (sign < 0)
      e = Expr(e.items[0]);
    switch (e.kind) {
    case Expr::Kind::integer:
      return ir::Dim(sign < 0 ? -e.integer : e.integer);
    case Expr::Kind::real:
      return sign * e.real;
    case Expr::Kind::text:
      return e.text;
    default:
      break;
    }
    if (e.text == "True" || e.text == "False")
      return e.text == "True";
    if (e.text == "None")
      return None{};
    fail();
  }

  std::string_view text_;
  size_t at_ = 0;
};

// ---- fitting values ----

bool isNumberKind(Kind kind) {
  return kind == Kind::integer || kind == Kind::real || kind == Kind::complex ||
         kind == Kind::number;
}

/// The kind of a number; nothing for all else.
std::optional<Kind> numberKind(const Host &h) {
  if (h.holds<ir::Dim>())
    return Kind::integer;
  if (h.holds<double>())
    return Kind::real;
  if (h.holds<bool>())
    return Kind::boolean;
  if (const RunNumber *n = h.find<RunNumber>()) {
    const ir::ElementType e = n->value->type.element();
    return e == ir::ElementType::boolean ? Kind::boolean
           : ir::isInteger(e)            ? Kind::integer
                                         : Kind::real;
  }
  return std::nullopt;
}

class Matcher {
public:
  explicit Matcher(bool converts) : converts_{converts} {}

  /// The value as the type takes it; nothing if it does not fit.
  std::optional<Host> fit(const Host &h, const Type &type) const {
    if (type.is(Kind::any) || type.is(Kind::variable))
      return h;
    if (type.is(Kind::optional))
      return h.isNone() ? std::optional(h) : fit(h, type.items[0]);
    if (h.holds<Uninitialized>())
      return h;
    if (type.is(Kind::list))
      return fitList(h, type);
    const bool fits = isNumberKind(type.kind) || type.is(Kind::boolean) ? fitsNumber(h, type.kind)
                                                                        : fitsOther(h, type);
    return fits ? std::optional(h) : std::nullopt;
  }

private:
  bool fitsNumber(const Host &h, Kind kind) const {
    if (h.holds<TensorRef>())
      return converts_ && kind != Kind::boolean;
    const std::optional<Kind> of = numberKind(h);
    if (!of)
      return false;
    if (*of == kind || (kind == Kind::number && *of != Kind::boolean))
      return true;
    // bool to a number; int does not become float.
    return converts_ && *of == Kind::boolean && kind != Kind::boolean && kind != Kind::complex;
  }

  bool fitsOther(const Host &h, const Type &type) const {
    switch (type.kind) {
    case Kind::tensor:
      return h.holds<TensorRef>() || isComplex(h);
    case Kind::text:
      return h.holds<std::string>();
    case Kind::device:
      return h.holds<Device>() || (converts_ && h.holds<std::string>());
    case Kind::none:
      return h.isNone();
    case Kind::dict: {
      const CellRef *cell = h.find<CellRef>();
      if (!cell || (*cell)->kind != Cell::Kind::dict)
        return false;
      const std::vector<Host> &items = (*cell)->items;
      return items.empty() ||
             (fit(items[0], type.items[0]) && fit(items[1], type.items[1]).has_value());
    }
    case Kind::tuple: {
      const TupleRef *tuple = h.find<TupleRef>();
      if (!tuple || (*tuple)->isComplex || (*tuple)->items.size() != type.items.size())
        return false;
      for (size_t i = 0; i < type.items.size(); ++i)
        if (!fit((*tuple)->items[i], type.items[i]))
          return false;
      return true;
    }
    default:
      return isOfType(h, type);
    }
  }

  std::optional<Host> fitList(const Host &h, const Type &type) const {
    const Type &element = type.items[0];
    if (const TupleRef *tuple = h.find<TupleRef>(); tuple && !(*tuple)->isComplex) {
      for (const Host &item : (*tuple)->items)
        if (!fit(item, element))
          return std::nullopt;
      return makeList((*tuple)->items);
    }
    if (const CellRef *cell = h.find<CellRef>(); cell && (*cell)->isList()) {
      const Cell &list = **cell;
      if (list.items.empty() && list.element && !element.is(Kind::variable) &&
          !element.is(Kind::any) && !agrees(*list.element, element))
        return std::nullopt;
      for (const Host &item : list.items)
        if (!fit(item, element))
          return std::nullopt;
      return h;
    }
    // One number stands for all of int[2].
    if (type.repeats > 0 && fit(h, element))
      return makeList(std::vector<Host>(static_cast<size_t>(type.repeats), h));
    return std::nullopt;
  }

  static bool agrees(const Type &declared, const Type &wanted) {
    if (wanted.is(Kind::optional))
      return agrees(declared.is(Kind::optional) ? declared.items[0] : declared, wanted.items[0]);
    return declared.kind == wanted.kind || declared.is(Kind::optional) ||
           (wanted.is(Kind::number) && isNumberKind(declared.kind));
  }

  bool converts_;
};

} // namespace

Schema parseSchema(std::string_view text) { return SchemaReader{text}.run(); }

std::optional<std::vector<Host>> match(const Schema &schema, const Given &given, bool converts) {
  const Matcher matcher{converts};
  std::vector<Host> values;
  size_t used = 0, keywords = 0;
  for (size_t i = 0; i < schema.arguments.size(); ++i) {
    const Schema::Argument &a = schema.arguments[i];
    const auto named = std::ranges::find_if(given.keywords, [&](const auto &k) {
      return k.first == a.name || (k.first == "input" && a.name == "self");
    });
    if (!a.keywordOnly && used < given.positional.size()) {
      if (named != given.keywords.end())
        return std::nullopt;
      // Trailing arguments stand for a list that is the last positional one.
      const bool isLast = i + 1 == schema.arguments.size() || schema.arguments[i + 1].keywordOnly;
      std::optional<Host> value = matcher.fit(given.positional[used], a.type);
      if (!value && converts && isLast && a.type.is(Kind::list) && a.type.repeats == 0) {
        const auto from = given.positional.begin() + static_cast<ptrdiff_t>(used);
        value = matcher.fit(makeList(std::vector<Host>(from, given.positional.end())), a.type);
        used = given.positional.size() - 1;
      }
      if (!value)
        return std::nullopt;
      ++used;
      values.push_back(std::move(*value));
    } else if (named != given.keywords.end()) {
      std::optional<Host> value = matcher.fit(named->second, a.type);
      if (!value)
        return std::nullopt;
      ++keywords;
      values.push_back(std::move(*value));
    } else if (a.otherwise) {
      Host value = *a.otherwise;
      if (a.type.is(Kind::list) && a.type.repeats > 0 && !value.holds<CellRef>())
        value = makeList(std::vector<Host>(static_cast<size_t>(a.type.repeats), value));
      values.push_back(std::move(value));
    } else {
      return std::nullopt;
    }
  }
  if (keywords != given.keywords.size())
    return std::nullopt;
  if (used != given.positional.size()) {
    if (!schema.variadic)
      return std::nullopt;
    values.insert(values.end(), given.positional.begin() + static_cast<ptrdiff_t>(used),
                  given.positional.end());
  }
  return values;
}

bool isOfType(const Host &h, const Type &type) {
  const auto eachIs = [&](const std::vector<Host> &items, const Type &element) {
    return std::ranges::all_of(items, [&](const Host &item) { return isOfType(item, element); });
  };
  switch (type.kind) {
  case Kind::any:
  case Kind::variable:
    return true;
  case Kind::optional:
    return h.isNone() || isOfType(h, type.items[0]);
  case Kind::none:
    return h.isNone();
  case Kind::tensor:
    return h.holds<TensorRef>() || isComplex(h);
  case Kind::text:
    return h.holds<std::string>();
  case Kind::device:
    return h.holds<Device>();
  case Kind::boolean:
  case Kind::integer:
  case Kind::real:
    return numberKind(h) == type.kind;
  case Kind::number:
    return numberKind(h) && numberKind(h) != Kind::boolean;
  case Kind::complex:
    return false;
  case Kind::tuple: {
    const TupleRef *tuple = h.find<TupleRef>();
    if (!tuple || (*tuple)->isComplex || type.items.empty())
      return tuple && !(*tuple)->isComplex; // "tuple", of whatever
    if ((*tuple)->items.size() != type.items.size())
      return false;
    for (size_t i = 0; i < type.items.size(); ++i)
      if (!isOfType((*tuple)->items[i], type.items[i]))
        return false;
    return true;
  }
  default:
    break;
  }
  const CellRef *cell = h.find<CellRef>();
  if (type.is(Kind::named)) {
    const TupleRef *tuple = h.find<TupleRef>();
    const Class *of = cell ? (*cell)->type : tuple ? (*tuple)->type : nullptr;
    return of && of->name == type.name;
  }
  if (!cell || (*cell)->kind != (type.is(Kind::list) ? Cell::Kind::list : Cell::Kind::dict))
    return false;
  if (type.items.empty())
    return true;
  if (type.is(Kind::list)) {
    if ((*cell)->items.empty() && (*cell)->element)
      return *(*cell)->element == type.items[0];
    return eachIs((*cell)->items, type.items[0]);
  }
  for (size_t i = 0; i + 1 < (*cell)->items.size(); i += 2)
    if (!isOfType((*cell)->items[i], type.items[0]) ||
        !isOfType((*cell)->items[i + 1], type.items[1]))
      return false;
  return true;
}

} // namespace burin::torchscript
