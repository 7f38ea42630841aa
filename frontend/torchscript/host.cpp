// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/host.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

/// As Python prints it: 0.5, 1.0, 1e-05, inf.
std::string realText(double x) {
  if (std::isnan(x))
    return "nan";
  if (std::isinf(x))
    return x < 0 ? "-inf" : "inf";
  std::string text = fmt::format("{}", x);
  if (text.find_first_of(".e") == std::string::npos)
    text += ".0";
  return text;
}

std::string joined(const std::vector<Host> &items) {
  std::string text;
  for (const Host &item : items) {
    const bool quoted = item.holds<std::string>();
    text += fmt::format("{}{}{}{}", text.empty() ? "" : ", ", quoted ? "'" : "", textOf(item),
                        quoted ? "'" : "");
  }
  return text;
}

} // namespace

uint64_t nextSerial() {
  static uint64_t last = 0;
  return ++last;
}

Host *Cell::attribute(std::string_view name) {
  const auto it = std::ranges::find(names, name);
  return it == names.end() ? nullptr : &items[static_cast<size_t>(it - names.begin())];
}

Host makeList(std::vector<Host> items, std::optional<Type> element) {
  auto cell = std::make_shared<Cell>();
  cell->kind = Cell::Kind::list;
  cell->items = std::move(items);
  cell->element = std::move(element);
  return CellRef(std::move(cell));
}

Host makeTuple(std::vector<Host> items) {
  return TupleRef(std::make_shared<Tuple>(Tuple{std::move(items), nullptr, false}));
}

Host makeComplex(Host real, Host imaginary) {
  return TupleRef(
      std::make_shared<Tuple>(Tuple{{std::move(real), std::move(imaginary)}, nullptr, true}));
}

bool isComplex(const Host &h) {
  const TupleRef *tuple = h.find<TupleRef>();
  return tuple && (*tuple)->isComplex;
}

std::string typeText(const Type &t) {
  static constexpr std::string_view kNames[] = {"Any",   "NoneType", "Tensor", "bool", "int",
                                                "float", "complex",  "Scalar", "str",  "Device",
                                                "List",  "Optional", "Tuple",  "Dict"};
  if (t.is(Type::Kind::named) || t.is(Type::Kind::variable))
    return t.name;
  std::string text(kNames[static_cast<size_t>(t.kind)]);
  if (t.items.empty())
    return text;
  std::string inner;
  for (const Type &item : t.items)
    inner += fmt::format("{}{}", inner.empty() ? "" : ", ", typeText(item));
  return fmt::format("{}[{}]", text, inner);
}

std::string typeText(const Host &h) {
  if (h.isNone())
    return "NoneType";
  if (h.holds<bool>())
    return "bool";
  if (h.holds<ir::Dim>())
    return "int";
  if (h.holds<double>())
    return "float";
  if (h.holds<std::string>())
    return "str";
  if (h.holds<TensorRef>())
    return "Tensor";
  if (h.holds<Device>())
    return "Device";
  if (const RunNumber *n = h.find<RunNumber>()) {
    const ir::ElementType e = n->value->type.element();
    return e == ir::ElementType::boolean ? "bool" : ir::isInteger(e) ? "int" : "float";
  }
  if (isComplex(h))
    return "a complex tensor";
  if (const TupleRef *tuple = h.find<TupleRef>()) {
    if ((*tuple)->type)
      return (*tuple)->type->name;
    std::string inner;
    for (const Host &item : (*tuple)->items)
      inner += fmt::format("{}{}", inner.empty() ? "" : ", ", typeText(item));
    return fmt::format("Tuple[{}]", inner);
  }
  if (const CellRef *cell = h.find<CellRef>()) {
    const Cell &c = **cell;
    if (c.kind == Cell::Kind::object)
      return c.type ? c.type->name : "object";
    if (c.isList())
      return fmt::format("List[{}]", !c.items.empty() ? typeText(c.items[0])
                                     : c.element      ? typeText(*c.element)
                                                      : "t");
    return c.items.empty()
               ? "Dict"
               : fmt::format("Dict[{}, {}]", typeText(c.items[0]), typeText(c.items[1]));
  }
  return "function";
}

std::string textOf(const Host &h) {
  if (h.isNone())
    return "None";
  if (const bool *b = h.find<bool>())
    return *b ? "True" : "False";
  if (const ir::Dim *d = h.find<ir::Dim>())
    return d->text();
  if (const double *x = h.find<double>())
    return realText(*x);
  if (const std::string *s = h.find<std::string>())
    return *s;
  if (const Device *d = h.find<Device>())
    return d->name;
  if (const TupleRef *tuple = h.find<TupleRef>())
    return fmt::format("({}{})", joined((*tuple)->items), (*tuple)->items.size() == 1 ? "," : "");
  if (const CellRef *cell = h.find<CellRef>(); cell && (*cell)->isList())
    return fmt::format("[{}]", joined((*cell)->items));
  return fmt::format("<{}>", typeText(h)); // known while running, at best
}

} // namespace burin::torchscript
