// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/operators.h"

#include "frontend/common/order.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

namespace burin::torchscript {
namespace {

/// Schemas of the host come in families, which the table writes once: N stands for the number types
/// (with mixed ones where two N take part, and R for the type of the result), K for the types of
/// keys of a dict.
void expand(std::string_view schema, Host (*lower)(const Call &), std::vector<Overload> &into) {
  const auto replaced =
      [&](std::initializer_list<std::pair<std::string_view, std::string_view>> all) {
        std::string text(schema);
        for (const auto &[what, with] : all)
          if (const size_t at = text.find(what); at != std::string::npos)
            text.replace(at, what.size(), with);
        return text;
      };
  const auto add = [&](std::string text) { into.push_back({parseSchema(text), text, lower}); };
  if (schema.find(".N(N a, N b)") != std::string_view::npos) {
    add(replaced({{".N(N a, N b)", ".int(int a, int b)"}, {"-> R", "-> int"}}));
    add(replaced({{".N(N a, N b)", ".float(float a, float b)"}, {"-> R", "-> float"}}));
    add(replaced({{".N(N a, N b)", ".int_float(int a, float b)"}, {"-> R", "-> float"}}));
    add(replaced({{".N(N a, N b)", ".float_int(float a, int b)"}, {"-> R", "-> float"}}));
  } else if (schema.find(".N(N a)") != std::string_view::npos) {
    add(replaced({{".N(N a)", ".int(int a)"}, {"-> R", "-> int"}}));
    add(replaced({{".N(N a)", ".float(float a)"}, {"-> R", "-> float"}}));
  } else if (schema.find("Dict(K, t") != std::string_view::npos) {
    for (const std::string_view key : {"str", "int", "bool", "float", "Tensor"}) {
      std::string text(schema);
      for (size_t at = 0; (at = text.find('K', at)) != std::string::npos; at += key.size())
        text.replace(at, 1, key);
      add(std::move(text));
    }
  } else {
    add(replaced({{"FACTORY", "ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
                              "bool? pin_memory=None"}}));
  }
}

bool isPoison(const Host &h) {
  if (h.holds<Uninitialized>())
    return true;
  if (const CellRef *cell = h.find<CellRef>(); cell && (*cell)->kind != Cell::Kind::object)
    return std::ranges::any_of((*cell)->items, isPoison);
  if (const TupleRef *tuple = h.find<TupleRef>())
    return std::ranges::any_of((*tuple)->items, isPoison);
  return false;
}

std::string whyOf(const Host &h) {
  const Uninitialized *u = h.find<Uninitialized>();
  return u ? u->why : std::string{};
}

std::string argumentTypes(const Given &given) {
  std::string text;
  for (const Host &h : given.positional)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", typeText(h));
  for (const auto &[name, h] : given.keywords)
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, typeText(h));
  return text;
}

bool isList(const Host &h) {
  const CellRef *cell = h.find<CellRef>();
  return cell && (*cell)->isList();
}
bool holdsComplex(const Host &h) {
  return isComplex(h) || (isList(h) && std::ranges::any_of(h.as<CellRef>()->items, isComplex));
}

/// Whether an argument is for tensors, and not for what a list or a dict holds.
bool asksTensor(const Type &type) {
  return type.is(Type::Kind::tensor) || std::ranges::any_of(type.items, asksTensor);
}
bool takesComplex(const Schema &schema, const std::vector<Host> &values) {
  for (size_t i = 0; i < schema.arguments.size(); ++i)
    if (asksTensor(schema.arguments[i].type) && holdsComplex(values[i]))
      return true;
  return false;
}

/// The real (0) or the imaginary (1) part of an argument; that of a real tensor in a list is zero.
Host partOf(Evaluation &in, const Host &h, size_t i) {
  if (isComplex(h))
    return h.as<TupleRef>()->items[i];
  if (!isList(h) || !holdsComplex(h))
    return h;
  std::vector<Host> items;
  for (const Host &item : h.as<CellRef>()->items) {
    if (isComplex(item) || i == 0) {
      items.push_back(partOf(in, item, i));
      continue;
    }
    const Value *real = in.valueOf(item.as<TensorRef>());
    items.push_back(in.make(compose::full(in.to(), real->type.element(), 0, real->type.shape())));
  }
  return makeList(std::move(items));
}

/// What an operator made of the two parts, as complex tensors.
Host joinedParts(const Host &a, const Host &b) {
  if (a.holds<TensorRef>())
    return makeComplex(a, b);
  if (!isList(a))
    return a; // a number, such as an extent
  std::vector<Host> items;
  for (size_t i = 0; i < a.as<CellRef>()->items.size(); ++i)
    items.push_back(joinedParts(a.as<CellRef>()->items[i], b.as<CellRef>()->items[i]));
  return makeList(std::move(items));
}

/// The tensors of a result that are no views of others.
void collectValues(Evaluation &in, const Host &h, std::vector<Value *> &into) {
  if (const TensorRef *t = h.find<TensorRef>(); t && !(*t)->base())
    into.push_back(in.valueOf(*t));
  if (const RunNumber *n = h.find<RunNumber>())
    into.push_back(n->value);
  if (const TupleRef *tuple = h.find<TupleRef>())
    for (const Host &item : (*tuple)->items)
      collectValues(in, item, into);
}

} // namespace

std::optional<Match> resolve(std::span<const Overload *const> candidates, const Given &given) {
  for (const bool converts : {false, true}) {
    if (!converts && candidates.size() == 1)
      continue;
    for (const Overload *o : candidates)
      if (auto values = match(o->schema, given, converts))
        return Match{o, std::move(*values)};
  }
  return std::nullopt;
}

const std::vector<Overload> &allOverloads() {
  static const std::vector<Overload> kAll = [] {
    std::vector<Overload> all;
    for (const std::span<const Lowering> family :
         {mathLowerings(),    activationLowerings(), nnLowerings(),      attentionLowerings(),
          poolLowerings(),    linalgLowerings(),     reduceLowerings(),  orderLowerings(),
          scatterLowerings(), specialLowerings(),    patternLowerings(), viewLowerings(),
          partLowerings(),    indexLowerings(),      createLowerings(),  recurrentLowerings(),
          imageLowerings(),   exportLowerings(),     signalLowerings(),  containerLowerings(),
          hostLowerings(),    queryLowerings()})
      for (const Lowering &row : family)
        expand(row.schema, row.lower, all);
    return all;
  }();
  return kAll;
}

std::span<const Overload *const> overloadsOf(std::string_view name) {
  static const auto kByName = [] {
    std::unordered_map<std::string_view, std::vector<const Overload *>> byName;
    for (const Overload &o : allOverloads())
      byName[o.schema.name].push_back(&o);
    return byName;
  }();
  const auto it = kByName.find(name);
  return it == kByName.end() ? std::span<const Overload *const>{} : it->second;
}

const Overload *overloadNamed(std::string_view fullName) {
  static const auto kByName = [] {
    std::unordered_map<std::string, const Overload *> byName;
    for (const Overload &o : allOverloads())
      byName.emplace(o.schema.fullName(), &o);
    return byName;
  }();
  const auto it = kByName.find(std::string(fullName));
  return it == kByName.end() ? nullptr : it->second;
}

Host Operators::report(const CompileError &error) {
  const Diagnostic &d = error.diagnostic();
  const auto same = [&](const Diagnostic &other) {
    return other.at == d.at && other.text == d.text;
  };
  if (std::ranges::none_of(found_.problems, same))
    found_.problems.push_back(d);
  return Uninitialized{};
}

namespace {

/// A member of an enum: its name and its value.
bool isEnum(const Host &h) {
  const TupleRef *tuple = h.find<TupleRef>();
  return tuple && (*tuple)->type && (*tuple)->type->base == "Enum";
}
bool sameMember(const Host &a, const Host &b) {
  const Tuple &x = *a.as<TupleRef>(), &y = *b.as<TupleRef>();
  return x.type == y.type && textOf(x.items.at(1)) == textOf(y.items.at(1));
}

/// What older versions left out: linspace and logspace took 100 steps if they were given none.
Given upgraded(const std::string &name, Given given, int64_t version) {
  if (!(name == "aten::linspace" && version < 8) && !(name == "aten::logspace" && version < 9))
    return given;
  for (auto &[key, h] : given.keywords)
    if (key == "steps") {
      if (h.isNone())
        h = Dim(100);
      return given;
    }
  if (given.positional.size() == 2)
    given.positional.emplace_back(Dim(100));
  else if (given.positional.size() > 2 && given.positional[2].isNone())
    given.positional[2] = Dim(100);
  return given;
}

} // namespace

void Operators::note(const std::string &text) {
  const Location &at = in_.to().at;
  const std::string note =
      fmt::format("{}{}", at.source.empty() ? fmt::format("'{}'", at.node) : at.source, text);
  if (std::ranges::find(found_.notes, note) == found_.notes.end())
    found_.notes.push_back(note);
}

Host Operators::unknown(const std::string &name, std::string hint) {
  return report(CompileError(Problem::unsupported, in_.to().at,
                             fmt::format("the operator {} is not supported", name))
                    .code("torchscript.operator")
                    .hint(std::move(hint)));
}

Host Operators::misfit(const std::string &name, const Given &given) {
  return report(CompileError(Problem::unsupported, in_.to().at,
                             fmt::format("{}({}) fits no overload that burin knows", name,
                                         argumentTypes(given)))
                    .code("torchscript.overload")
                    .hint("`burin ops` lists what is supported"));
}

std::optional<Host> Operators::poisonOf(const Given &given) {
  const auto reportWhy = [&](const Host &h) {
    const std::string why = whyOf(h);
    if (!why.empty())
      report(CompileError(Problem::unsupported, in_.to().at, why).code("torchscript.merge"));
  };
  for (const Host &h : given.positional)
    reportWhy(h);
  for (const auto &[name, h] : given.keywords)
    reportWhy(h);
  if (std::ranges::any_of(given.positional, isPoison) ||
      std::ranges::any_of(given.keywords, [](const auto &k) { return isPoison(k.second); }))
    return Uninitialized{};
  return std::nullopt;
}

Host Operators::call(const std::string &name, const Given &asPrinted) {
  const Given given = upgraded(name, asPrinted, version_);
  in_.to().at.op = name;
  if (std::optional<Host> poison = poisonOf(given))
    return *poison;
  if ((name == "aten::eq" || name == "aten::ne") && given.positional.size() == 2 &&
      isEnum(given.positional[0]) && isEnum(given.positional[1]))
    return (name == "aten::eq") == sameMember(given.positional[0], given.positional[1]);
  auto candidates = overloadsOf(name);
  const bool inPlace = candidates.empty() && name.ends_with('_') && !name.ends_with("__");
  if (inPlace)
    candidates = overloadsOf(std::string_view(name).substr(0, name.size() - 1));
  if (candidates.empty())
    return unknown(name, "`burin ops` lists what is supported");
  std::optional<Match> found = resolve(candidates, given);
  if (!found)
    return misfit(name, given);
  return inPlace ? lowerInPlace(name, std::move(*found))
                 : lower(*found->overload, std::move(found->values));
}

namespace {

/// "aten::add_.Tensor" writes what "aten::add.Tensor" makes; empty for a name without that mark.
std::string withoutMark(const std::string &fullName) {
  const size_t dot = std::min(fullName.find('.'), fullName.size());
  const bool marked = dot > 2 && fullName[dot - 1] == '_' && fullName[dot - 2] != '_';
  return marked ? fullName.substr(0, dot - 1) + fullName.substr(dot) : std::string{};
}

/// What torch takes for what a schema asks: numbers as tensors, whole numbers as floats.
Host accepted(Evaluation &in, const Host &h, const Type &type) {
  const Type &wanted = type.is(Type::Kind::optional) ? type.items[0] : type;
  const Dim *whole = h.find<Dim>();
  if (wanted.is(Type::Kind::real) && whole && whole->isNumber())
    return static_cast<double>(whole->number());
  if (!wanted.is(Type::Kind::tensor) ||
      !(whole || h.holds<double>() || h.holds<bool>() || h.holds<RunNumber>()))
    return h;
  Host made = in.make(in.scalarOf(h));
  made.as<TensorRef>()->wasNumber = true;
  return made;
}

} // namespace

Host Operators::callOverload(const std::string &fullName, const Given &given) {
  in_.to().at.op = fullName;
  if (std::optional<Host> poison = poisonOf(given))
    return *poison;
  const Overload *overload = overloadNamed(fullName);
  const bool inPlace = !overload;
  if (inPlace)
    overload = overloadNamed(withoutMark(fullName));
  if (!overload)
    return unknown(fullName, "run_decompositions() before torch.export.save leaves core operators "
                             "alone; `burin ops` lists what is supported");
  Given fitting = given;
  for (auto &[name, value] : fitting.keywords)
    for (const Schema::Argument &a : overload->schema.arguments)
      if (a.name == name)
        value = accepted(in_, value, a.type);
  std::optional<std::vector<Host>> values = match(overload->schema, fitting, true);
  if (!values)
    return misfit(fullName, given);
  return inPlace ? lowerInPlace(fullName, {overload, std::move(*values)})
                 : lower(*overload, std::move(*values));
}

Host Operators::lower(const Overload &overload, std::vector<Host> values) {
  in_.to().at.op = overload.schema.fullName();
  if (!overload.lower)
    return unknown(overload.schema.fullName(), "`burin ops` lists what is supported");
  try {
    ir::Op *const last = in_.to().block().back();
    Host result =
        takesComplex(overload.schema, values)
            ? lowerComplex(overload, std::move(values))
            : overload.lower(Call{*this, in_, overload.schema, std::move(values), version_});
    std::vector<Value *> made;
    collectValues(in_, result, made);
    frontend::orderOps(in_.to().block(), last, made);
    return result;
  } catch (const CompileError &error) {
    return report(error);
  } catch (const std::bad_variant_access &) {
    return report(CompileError(Problem::invalid, in_.to().at,
                               "an argument is of a kind that the operator does not take")
                      .code("torchscript.overload"));
  }
}

/// By a lowering for complex tensors, or of the one part and the other.
Host Operators::lowerComplex(const Overload &overload, std::vector<Host> values) {
  if (const auto lowering = complexLowering(overload.schema))
    return lowering(Call{*this, in_, overload.schema, std::move(values), version_});
  if (!movesParts(overload.schema.name))
    throw CompileError(Problem::unsupported, in_.to().at,
                       fmt::format("{} of a complex tensor", overload.schema.fullName()))
        .code("torchscript.complex")
        .hint("use torch.view_as_real, and compute with the two parts");
  Host parts[2];
  for (size_t i = 0; i < 2; ++i) {
    std::vector<Host> of;
    for (const Host &h : values)
      of.push_back(partOf(in_, h, i));
    parts[i] = overload.lower(Call{*this, in_, overload.schema, std::move(of), version_});
  }
  return joinedParts(parts[0], parts[1]);
}

/// add_ is add and a write: the same arguments, cast to the type that the tensor has.
Host Operators::lowerInPlace(const std::string &name, Match found) {
  const TensorRef *self = found.values.empty() ? nullptr : found.values[0].find<TensorRef>();
  if (!self)
    return misfit(name, {found.values, {}});
  const TensorRef target = *self;
  const Host result = lower(*found.overload, std::move(found.values));
  const TensorRef *made = result.find<TensorRef>();
  if (!made)
    return result;
  if (*made == target)
    return result; // the identity
  Value *const before = in_.valueOf(target);
  Value *after = compose::cast(in_.to(), in_.valueOf(*made), before->type.element());
  if ((*made)->base() == target || after->type.shape() != before->type.shape()) {
    const std::string &pure = found.overload->schema.name;
    return report(
        CompileError(Problem::unsupported, in_.to().at,
                     fmt::format("{} changes the shape of a tensor in place, from {} to {}", name,
                                 before->type.text(), after->type.text()))
            .code("torchscript.in_place")
            .hint(fmt::format("use torch.{} and its result", pure.substr(pure.rfind(':') + 1))));
  }
  try {
    in_.write(target, after);
  } catch (const CompileError &error) {
    return report(error);
  }
  return target;
}

} // namespace burin::torchscript
