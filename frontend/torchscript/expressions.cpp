// SPDX-License-Identifier: Apache-2.0
//
// Expressions: names, attributes, the special forms of the language, calls.
#include "frontend/torchscript/interpreter.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace burin::torchscript {
namespace {

const Cell *objectOf(const Host &h) {
  const CellRef *cell = h.find<CellRef>();
  return cell && (*cell)->kind == Cell::Kind::object ? cell->get() : nullptr;
}

/// Nested lists of the elements of a tensor from number `at` on.
Host listOf(Evaluation &in, Value *flat, const Ints &shape, size_t axis, int64_t &at) {
  if (axis == shape.size())
    return in.numberOf(compose::element(in.to(), flat, at++));
  std::vector<Host> items;
  for (int64_t i = 0; i < shape[axis]; ++i)
    items.push_back(listOf(in, flat, shape, axis + 1, at));
  return makeList(std::move(items));
}

} // namespace

Host Interpreter::evaluate(const Expr &e, Frame &frame) {
  switch (e.kind) {
  case Expr::Kind::integer:
    return Dim(e.integer);
  case Expr::Kind::real:
    return e.real;
  case Expr::Kind::text:
    return e.text;
  case Expr::Kind::imaginary:
    fail(e, "complex", "complex numbers are not supported");
  case Expr::Kind::name:
    return evaluateName(e, frame);
  case Expr::Kind::attribute:
    return evaluateAttribute(e, frame);
  case Expr::Kind::call:
    return evaluateCall(e, frame);
  case Expr::Kind::index:
    return evaluateIndex(e, frame);
  case Expr::Kind::slice:
    return evaluateSlice(e, frame);
  case Expr::Kind::negate: {
    const Host h = evaluate(e.items[0], frame);
    if (const double *x = h.find<double>())
      return -*x;
    if (const Dim *d = h.find<Dim>())
      return Dim(0) - *d;
    return callOperator("aten::neg", {{h}, {}});
  }
  case Expr::Kind::tuple:
  case Expr::Kind::list:
  case Expr::Kind::dict:
    break;
  }
  std::vector<Host> items;
  for (const Expr &item : e.items)
    items.push_back(evaluate(item, frame));
  if (e.is(Expr::Kind::tuple))
    return makeTuple(std::move(items));
  const Host made = makeList(std::move(items));
  if (e.is(Expr::Kind::dict))
    made.as<CellRef>()->kind = Cell::Kind::dict;
  return made;
}

Host Interpreter::evaluateName(const Expr &e, Frame &frame) {
  if (const auto it = frame.find(e.text); it != frame.end())
    return it->second;
  if (e.text == "True" || e.text == "False")
    return e.text == "True";
  if (e.text == "None")
    return None{};
  if (e.text == "inf")
    return std::numeric_limits<double>::infinity();
  if (e.text == "nan")
    return std::numeric_limits<double>::quiet_NaN();
  fail(e, "name", fmt::format("'{}' is not defined here", e.text));
}

Host Interpreter::evaluateAttribute(const Expr &e, Frame &frame) {
  const std::string name = dottedName(e);
  const std::string_view root = std::string_view(name).substr(0, name.find('.'));
  if (!name.empty() && !frame.contains(root)) {
    if (root == "CONSTANTS") {
      const size_t i = e.text.size() > 1 ? std::strtoul(e.text.c_str() + 1, nullptr, 10) : SIZE_MAX;
      if (i >= constants_.size())
        fail(e, "constant", fmt::format("there is no {}", name));
      return constants_[i];
    }
    if (root == "__torch__") {
      // A member of an enum, or the name of what will be called.
      const size_t dot = name.rfind('.');
      if (const Class *c = program_.findClass(name.substr(0, dot)); c && c->base == "Enum")
        for (const Class::Constant &member : c->constants)
          if (member.name == e.text)
            return TupleRef(std::make_shared<Tuple>(
                Tuple{{member.name, evaluate(member.value, frame)}, c, false}));
      return Named{name};
    }
  }
  return attributeOf(evaluate(e.items[0], frame), e.text, e);
}

Host Interpreter::attributeOf(const Host &of, const std::string &name, const Expr &at) {
  if (of.holds<Uninitialized>())
    return of;
  if (const CellRef *cell = of.find<CellRef>(); cell && objectOf(of)) {
    if (const Host *h = (*cell)->attribute(name))
      return *h;
    if (const Class *type = (*cell)->type)
      for (const Class::Constant &c : type->constants)
        if (c.name == name) {
          Frame none;
          return evaluate(c.value, none);
        }
  }
  if (const TupleRef *tuple = of.find<TupleRef>(); tuple && (*tuple)->type) {
    const Class &type = *(*tuple)->type;
    if (type.base == "Enum" && (name == "name" || name == "value"))
      return (*tuple)->items[name == "name" ? 0 : 1];
    for (size_t i = 0; i < type.attributes.size(); ++i)
      if (type.attributes[i].name == name)
        return (*tuple)->items[i];
  }
  fail(at, "attribute", fmt::format("{} has no attribute '{}'", typeText(of), name));
}

// ---- calls ----

Given Interpreter::argumentsOf(const Expr &e, Frame &frame, size_t from) {
  Given given;
  for (size_t i = from; i < e.items.size(); ++i)
    given.positional.push_back(evaluate(e.items[i], frame));
  for (const auto &[name, value] : e.keywords)
    given.keywords.emplace_back(name, evaluate(value, frame));
  return given;
}

Host Interpreter::evaluateCall(const Expr &e, Frame &frame) {
  const Expr &callee = e.items[0];
  const std::string name = dottedName(callee);
  const std::string_view root = std::string_view(name).substr(0, name.find('.'));
  const bool isLocal = frame.contains(root);
  if (!name.empty() && !isLocal) {
    bool found = false;
    if (callee.is(Expr::Kind::name)) {
      Host result = callBuiltin(name, e, frame, found);
      if (found)
        return result;
    }
    if (root == "torch")
      return callOperator("aten::" + callee.text, argumentsOf(e, frame));
    if (root == "ops") {
      std::string op = name.substr(4);
      if (const size_t dot = op.find('.'); dot != std::string::npos)
        op.replace(dot, 1, "::");
      const Given given = argumentsOf(e, frame);
      if (op == "prim::RaiseException") {
        in_.to().at.op = op;
        throw Raised{given.positional.empty() ? "" : textOf(given.positional[0]), in_.to().at};
      }
      return callOperator(op, given);
    }
    if (root == "__torch__")
      return callQualified(name, e, frame);
  }
  if (callee.is(Expr::Kind::attribute)) {
    const Host object = evaluate(callee.items[0], frame);
    if (object.holds<Uninitialized>())
      return object;
    if (objectOf(object))
      return callMethod(object.as<CellRef>(), callee.text, argumentsOf(e, frame));
    if (const Named *type = object.find<Named>(); type && callee.text == "__new__")
      return makeObject(program_.classNamed(type->name), {});
    if (const TensorRef *t = object.find<TensorRef>(); t && callee.text == "tolist") {
      Value *v = in_.valueOf(*t);
      Ints shape;
      for (const Dim &d : v->type.shape()) {
        if (!d.isNumber())
          fail(e, "known", "tolist() of a tensor whose extents are open");
        shape.push_back(d.number());
      }
      int64_t at = 0;
      return listOf(in_, compose::reshape(in_.to(), v, {v->type.count()}), shape, 0, at);
    }
    fail(e, "method", fmt::format("{} has no method '{}'", typeText(object), callee.text));
  }
  const Host function = evaluate(callee, frame);
  if (const Named *named = function.find<Named>()) {
    Expr qualified = e;
    return callQualified(named->name, qualified, frame);
  }
  if (const ClosureRef *closure = function.find<ClosureRef>())
    return call(*(*closure)->function, argumentsOf(e, frame));
  fail(e, "call", fmt::format("{} cannot be called", typeText(function)));
}

Host Interpreter::callQualified(const std::string &name, const Expr &e, Frame &frame) {
  if (name.ends_with(".__new__"))
    return makeObject(program_.classNamed(name.substr(0, name.size() - 8)), {});
  if (const Function *function = program_.findFunction(name))
    return call(*function, argumentsOf(e, frame));
  const Class &type = program_.classNamed(name);
  const Given given = argumentsOf(e, frame);
  return type.base == "NamedTuple" ? namedTuple(type, given) : makeObject(type, given);
}

Host Interpreter::namedTuple(const Class &type, const Given &given) {
  auto tuple = std::make_shared<Tuple>(Tuple{given.positional, &type, false});
  for (const auto &[name, value] : given.keywords)
    tuple->items.push_back(value);
  return TupleRef(std::move(tuple));
}

/// An object whose attributes __init__ sets, if it has one.
Host Interpreter::makeObject(const Class &type, const Given &given) {
  auto cell = std::make_shared<Cell>();
  cell->kind = Cell::Kind::object;
  cell->type = &type;
  if (!given.positional.empty() || !given.keywords.empty())
    callMethod(cell, "__init__", given);
  return CellRef(std::move(cell));
}

/// A value as annotate() declares it: an empty list gets its type, a tensor becomes a number.
Host Interpreter::annotated(const Type &type, Host h) {
  if (type.is(Type::Kind::optional))
    return h.isNone() ? h : annotated(type.items[0], std::move(h));
  if (const CellRef *cell = h.find<CellRef>(); cell && (*cell)->isList() && !type.items.empty())
    (*cell)->element = type.items[0];
  if (h.holds<TensorRef>()) {
    if (type.is(Type::Kind::integer))
      return callOperator("aten::IntImplicit", {{h}, {}});
    if (type.is(Type::Kind::real))
      return callOperator("aten::FloatImplicit", {{h}, {}});
    if (type.is(Type::Kind::number))
      return callOperator("aten::ScalarImplicit", {{h}, {}});
  }
  if (const Dim *d = h.find<Dim>(); d && type.is(Type::Kind::real) && d->isNumber())
    return static_cast<double>(d->number()); // 1e10 prints without a point
  return h;
}

/// The words of the language that are called like functions.
Host Interpreter::callBuiltin(const std::string &name, const Expr &e, Frame &frame, bool &found) {
  constexpr std::pair<std::string_view, std::string_view> kOperators[] = {
      {"int", "aten::Int"},   {"float", "aten::Float"},   {"bool", "aten::Bool"},
      {"str", "aten::str"},   {"sorted", "aten::sorted"}, {"len", "aten::len"},
      {"list", "aten::list"}, {"print", "prim::Print"},
  };
  found = true;
  const size_t count = e.items.size() - 1;
  const auto *row =
      std::ranges::find(kOperators, name, &std::pair<std::string_view, std::string_view>::first);
  if (row != std::end(kOperators))
    return callOperator(std::string(row->second), argumentsOf(e, frame));
  if ((name == "annotate" || name == "unchecked_cast") && count == 2)
    return annotated(typeAt(e.items[1]), evaluate(e.items[2], frame));
  if (name == "uninitialized")
    return Uninitialized{};
  if (name == "getattr" && count == 2)
    return attributeOf(evaluate(e.items[1], frame), e.items[2].text, e);
  if (name == "isinstance" && count == 2) {
    const Host h = evaluate(e.items[1], frame);
    if (e.items[2].is(Expr::Kind::tuple))
      return std::ranges::any_of(e.items[2].items,
                                 [&](const Expr &t) { return isOfType(h, typeAt(t)); });
    return isOfType(h, typeAt(e.items[2]));
  }
  if ((name == "fork" || name == "awaitable") && count >= 1) {
    const Host function = evaluate(e.items[1], frame);
    if (const ClosureRef *closure = function.find<ClosureRef>()) {
      Frame inner = (*closure)->frame;
      Host result;
      run((*closure)->function->body, inner, result);
      return result;
    }
  }
  found = false;
  return None{};
}

// ---- elements ----

Host Interpreter::evaluateIndex(const Expr &e, Frame &frame) {
  const Host of = evaluate(e.items[0], frame);
  const Host index = evaluate(e.items[1], frame);
  if (of.holds<Uninitialized>())
    return of;
  const Dim *number = index.find<Dim>();
  if (const TupleRef *tuple = of.find<TupleRef>(); tuple && number && number->isNumber()) {
    const auto size = static_cast<int64_t>((*tuple)->items.size());
    const int64_t i = number->number() < 0 ? number->number() + size : number->number();
    if (i < 0 || i >= size)
      fail(e, "index", fmt::format("element {} of a tuple of {}", number->number(), size));
    return (*tuple)->items[static_cast<size_t>(i)];
  }
  if (objectOf(of)) // of a ModuleList or a ModuleDict
    return attributeOf(of, textOf(index), e);
  return callOperator("aten::__getitem__", {{of, index}, {}});
}

Host Interpreter::evaluateSlice(const Expr &e, Frame &frame) {
  const Host of = evaluate(e.items[0], frame);
  const TupleRef *tuple = of.find<TupleRef>();
  if (!tuple)
    return callOperator(
        "aten::slice",
        {{of, evaluate(e.items[1], frame), evaluate(e.items[2], frame), Dim(1)}, {}});
  const auto size = static_cast<int64_t>((*tuple)->items.size());
  const auto bound = [&](const Expr &at, int64_t otherwise) {
    const Host h = evaluate(at, frame);
    const Dim *d = h.find<Dim>();
    const int64_t i = d && d->isNumber() ? d->number() : otherwise;
    return std::clamp<int64_t>(i < 0 ? i + size : i, 0, size);
  };
  const int64_t from = bound(e.items[1], 0), to = std::max(from, bound(e.items[2], size));
  return makeTuple({(*tuple)->items.begin() + from, (*tuple)->items.begin() + to});
}

Host Interpreter::condition(const Expr &e, Frame &frame) {
  Host h = evaluate(e, frame);
  if (h.holds<TensorRef>())
    h = callOperator("aten::Bool", {{h}, {}});
  if (h.holds<Uninitialized>()) // it depends on what is reported: what follows is not known
    throw CompileErrors(std::exchange(found_.problems, {}));
  if (!h.holds<bool>() && !h.holds<RunNumber>())
    fail(e, "condition", fmt::format("a condition is {}, expected bool", typeText(h)));
  return h;
}

} // namespace burin::torchscript
