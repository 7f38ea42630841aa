// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/loader.h"

#include "frontend/torchscript/lexer.h"
#include "frontend/torchscript/storage.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

constexpr int kDeepest = 500; // objects inside each other

constexpr std::pair<std::string_view, ElementType> kStorages[] = {
    {"Byte", ElementType::u8},
    {"Char", ElementType::i8},
    {"Short", ElementType::i16},
    {"Int", ElementType::i32},
    {"Long", ElementType::i64},
    {"Half", ElementType::f16},
    {"Float", ElementType::f32},
    {"Double", ElementType::f64},
    {"Bool", ElementType::boolean},
    {"BFloat16", ElementType::bf16},
    {"UInt16", ElementType::u16},
    {"UInt32", ElementType::u32},
    {"UInt64", ElementType::u64},
    {"Float8_e5m2", ElementType::f8e5m2},
    {"Float8_e4m3fn", ElementType::f8e4m3fn},
    {"Float8_e5m2fnuz", ElementType::f8e5m2fnuz},
    {"Float8_e4m3fnuz", ElementType::f8e4m3fnuz},
};

[[noreturn]] void broken(const std::string &path, std::string why) {
  constexpr size_t kLongest = 60;
  throw unreadable(fmt::format("'{}{}' in the pickle: {}", path.substr(0, kLongest),
                               path.empty()             ? "model"
                               : path.size() > kLongest ? "..."
                                                        : "",
                               why));
}

const Pickled &item(const Pickled &of, size_t i, Pickled::Kind kind, const std::string &path) {
  if (i >= of.items.size() || !of.items[i]->is(kind))
    broken(path, "it has another form than PyTorch writes");
  return *of.items[i];
}

/// Numbers of a tuple, none of them negative.
Ints numbersOf(const Pickled &tuple, const std::string &path) {
  Ints all;
  for (size_t i = 0; i < tuple.items.size(); ++i) {
    all.push_back(item(tuple, i, Pickled::Kind::integer, path).integer);
    if (all.back() < 0)
      broken(path, "a size or a stride is negative");
  }
  return all;
}

std::string inside(const std::string &path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

} // namespace

std::optional<ElementType> elementTypeOfStorage(std::string_view global) {
  if (!global.starts_with("torch.") || !global.ends_with("Storage"))
    return std::nullopt;
  global = global.substr(6, global.size() - 13);
  const auto *row =
      std::ranges::find(kStorages, global, &std::pair<std::string_view, ElementType>::first);
  return row == std::end(kStorages) ? std::nullopt : std::optional(row->second);
}

Loader::Loader(const Archive &archive, Program &program, Evaluation &evaluation, std::string folder)
    : archive_{archive}, program_{program}, in_{evaluation}, folder_{std::move(folder)} {}

Host Loader::load(const Pickled &root, const std::string &path, Interpreter *interpreter) {
  interpreter_ = interpreter;
  return make(root, path);
}

Host Loader::make(const Pickled &p, const std::string &path) {
  if (const auto it = made_.find(&p); it != made_.end())
    return it->second;
  if (++depth_ > kDeepest)
    broken(path, "objects lie too deep inside each other");
  Host h;
  switch (p.kind) {
  case Pickled::Kind::none:
    break;
  case Pickled::Kind::boolean:
    h = p.integer != 0;
    break;
  case Pickled::Kind::integer:
    h = Dim(p.integer);
    break;
  case Pickled::Kind::real:
    h = p.real;
    break;
  case Pickled::Kind::text:
    h = p.text;
    break;
  case Pickled::Kind::tuple: {
    std::vector<Host> all;
    for (size_t i = 0; i < p.items.size(); ++i)
      all.push_back(make(*p.items[i], inside(path, std::to_string(i))));
    h = makeTuple(std::move(all));
    break;
  }
  case Pickled::Kind::list:
    h = items(p, path, Cell::Kind::list);
    break;
  case Pickled::Kind::dict:
    h = items(p, path, Cell::Kind::dict);
    break;
  case Pickled::Kind::call:
    h = called(p, path);
    break;
  case Pickled::Kind::instance:
    h = object(p, path);
    break;
  case Pickled::Kind::global:
  case Pickled::Kind::persistent:
    broken(path, fmt::format("{} stands where a value is expected",
                             p.is(Pickled::Kind::global) ? p.text : "a storage"));
  }
  --depth_;
  made_.emplace(&p, h);
  return h;
}

Host Loader::items(const Pickled &p, const std::string &path, Cell::Kind kind) {
  std::vector<Host> all;
  const size_t step = kind == Cell::Kind::dict ? 2 : 1;
  for (size_t i = 0; i < p.items.size(); ++i) {
    const bool isKey = step == 2 && i % 2 == 0;
    const std::string name = step == 2 && i % 2 == 1 ? textOf(all.back()) : std::to_string(i);
    all.push_back(make(*p.items[i], isKey ? path : inside(path, name)));
  }
  const Host list = makeList(std::move(all));
  list.as<CellRef>()->kind = kind;
  return list;
}

/// What a pickle would call by its name: the few that PyTorch writes, by what they mean.
namespace {

/// The name of the member of an enum that has this value.
std::string memberOf(const Class &type, const Host &value) {
  for (const Class::Constant &member : type.constants) {
    const Expr &e = member.value;
    const bool same = e.is(Expr::Kind::text) ? value.holds<std::string>() && textOf(value) == e.text
                      : e.is(Expr::Kind::real)
                          ? value.holds<double>() && value.as<double>() == e.real
                          : e.is(Expr::Kind::integer) && value.holds<Dim>() &&
                                value.as<Dim>().isNumber(e.integer);
    if (same)
      return member.name;
  }
  return {};
}

} // namespace

Host Loader::called(const Pickled &p, const std::string &path) {
  const Pickled &arguments = item(p, 0, Pickled::Kind::tuple, path);
  const std::string &name = p.text;
  const auto argument = [&](size_t i) -> const Pickled & {
    if (i >= arguments.items.size())
      broken(path, fmt::format("{} lacks an argument", name));
    return *arguments.items[i];
  };
  if (name == "torch._utils._rebuild_tensor_v2" || name == "torch._utils._rebuild_tensor")
    return tensor(arguments, path);
  if (name == "torch._utils._rebuild_parameter")
    return make(argument(0), path);
  if (name.starts_with("torch.jit._pickle.build_") && name.ends_with("list")) {
    const Host list = make(argument(0), path);
    constexpr std::pair<std::string_view, Type::Kind> kElements[] = {
        {"int", Type::Kind::integer},
        {"double", Type::Kind::real},
        {"bool", Type::Kind::boolean},
        {"tensor", Type::Kind::tensor}};
    for (const auto &[prefix, kind] : kElements)
      if (std::string_view(name).substr(24).starts_with(prefix) && list.holds<CellRef>())
        list.as<CellRef>()->element = Type{kind, {}, {}, 0};
    return list;
  }
  if (name == "torch.jit._pickle.restore_type_tag") {
    const Host container = make(argument(0), path);
    const SourceFile text{"type tag", argument(1).text};
    const Type type = typeOf(parseExpression(text), text);
    if (const CellRef *cell = container.find<CellRef>();
        cell && (*cell)->isList() && type.is(Type::Kind::list) && !type.items.empty())
      (*cell)->element = type.items[0];
    return container;
  }
  if (name == "torch.device")
    return Device{argument(0).text};
  if (name == "collections.OrderedDict")
    return items(arguments, path, Cell::Kind::dict);
  if (name == "torch._utils._rebuild_qtensor" || name == "torch._utils._rebuild_sparse_tensor" ||
      name == "builtins.complex")
    return Uninitialized{fmt::format("'{}' is a {} value, which is not supported", path,
                                     name.ends_with("qtensor")  ? "quantised"
                                     : name.ends_with("tensor") ? "sparse"
                                                                : "complex")};
  if (const Class *type = program_.findClass(name); type && type->base == "Enum") {
    const Host value = make(argument(0), path);
    return TupleRef(std::make_shared<Tuple>(Tuple{{memberOf(*type, value), value}, type, false}));
  }
  throw unreadable(fmt::format("the pickle calls {}, which is nothing that PyTorch writes into a "
                               "model: it is not executed",
                               name));
}

Host Loader::object(const Pickled &p, const std::string &path) {
  const Class *type = program_.findClass(p.text);
  if (!type) {
    if (!p.text.starts_with("__torch__."))
      throw unreadable(fmt::format("the pickle makes an object of {}, which has no source in the "
                                   "archive: it is not executed",
                                   p.text));
    return Uninitialized{
        fmt::format("'{}' is an object of {}, which is written in C++", path, p.text)};
  }
  auto cell = std::make_shared<Cell>();
  cell->kind = Cell::Kind::object;
  cell->type = type;
  cell->path = path;
  made_.emplace(&p, CellRef(cell)); // objects may hold each other
  if (p.items.empty())
    return CellRef(cell);
  if (type->method("__setstate__") && type->method("__getstate__")) {
    if (!interpreter_)
      broken(path, "a constant whose class has a __setstate__");
    interpreter_->callMethod(cell, "__setstate__", {{make(*p.items[0], path)}, {}});
    return CellRef(cell);
  }
  const Pickled &state = item(p, 0, Pickled::Kind::dict, path);
  for (size_t i = 0; i + 1 < state.items.size(); i += 2) {
    const std::string &name = item(state, i, Pickled::Kind::text, path).text;
    cell->names.push_back(name);
    cell->items.push_back(make(*state.items[i + 1], inside(path, name)));
  }
  return CellRef(cell);
}

// ---- tensors ----

Loader::Storage &Loader::storageOf(const Pickled &persistent) {
  const Pickled &id = item(persistent, 0, Pickled::Kind::tuple, "storage");
  if (id.items.size() < 5 || id.items[0]->text != "storage")
    broken("storage", "it has another form than PyTorch writes");
  const std::string &key = item(id, 2, Pickled::Kind::text, "storage").text;
  const auto it = storages_.find(key);
  if (it != storages_.end())
    return it->second;
  Storage s;
  s.type = item(id, 1, Pickled::Kind::global, "storage").text;
  const int64_t count = item(id, 4, Pickled::Kind::integer, "storage").integer;
  const std::optional<ElementType> e = elementTypeOfStorage(s.type);
  if (e && count > 0) {
    const std::string name = fmt::format("{}/{}", folder_, key);
    s.bytes = archive_.read(name);
    if (static_cast<uint64_t>(count) > s.bytes.span.size() / ir::elementSize(*e))
      throw unreadable(fmt::format("the member '{}' has {} bytes, expected {} elements of {}", name,
                                   s.bytes.span.size(), count, ir::name(*e)));
  }
  return storages_.emplace(key, std::move(s)).first->second;
}

Host Loader::tensor(const Pickled &arguments, const std::string &path) {
  using Kind = Pickled::Kind;
  Storage &storage = storageOf(item(arguments, 0, Kind::persistent, path));
  const std::optional<ElementType> e = elementTypeOfStorage(storage.type);
  if (!e)
    return Uninitialized{
        fmt::format("'{}' has elements of {}, which is not supported", path, storage.type)};
  const int64_t offset = item(arguments, 1, Kind::integer, path).integer;
  const Ints shape = numbersOf(item(arguments, 2, Kind::tuple, path), path);
  const Ints strides = numbersOf(item(arguments, 3, Kind::tuple, path), path);
  const Host made =
      in_.make(addStrided(in_.module(), {*e, shape, strides, offset, storage.bytes}, path,
                          [&](std::string why) { broken(path, std::move(why)); }));
  const TensorRef &tensor = made.as<TensorRef>();
  tensor->wasNumber = folder_ == "constants" && shape.empty();
  if (storage.user)
    tensor->sharesMemory = storage.user->sharesMemory = true;
  else
    storage.user = tensor;
  return made;
}

} // namespace burin::torchscript
