// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/importer.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>
#include <variant>

namespace burin::torchscript {
namespace {

int64_t versionOf(const Archive &archive) {
  constexpr int64_t kNewest = 10;
  const std::string_view name = archive.has(".data/version") ? ".data/version" : "version";
  int64_t version = 0;
  const Bytes bytes = archive.read(name);
  const std::string_view text = textOf(bytes.span);
  std::from_chars(text.data(), text.data() + text.size(), version);
  if (version < 1)
    throw unreadable(fmt::format("the member '{}' holds no version", name));
  if (version > kNewest)
    throw unreadable(
        fmt::format("the archive has version {}, and versions 1 to {} are known", version, kNewest),
        "save it by a PyTorch that writes a version that is known");
  return version;
}

} // namespace

Importer::Importer(const Archive &archive, const ImportOptions &options)
    : archive_{archive}, options_{options}, version_{versionOf(archive)} {
  requireLittleEndian(archive);
  if (archive.has("traced_inputs.pkl"))
    examples_.emplace(archive.read("traced_inputs.pkl").span, "traced_inputs.pkl");
}

void Importer::problem(Problem kind, std::string_view code, std::string text, std::string hint) {
  found_.problems.push_back({kind, std::string(code), {}, std::move(text), {}, std::move(hint)});
}

void Importer::raise() {
  if (!found_.problems.empty())
    throw CompileErrors(std::exchange(found_.problems, {}));
}

const Function &Importer::entry(const CellRef &model) const {
  if (const Function *method = model->type->method(options_.method))
    return *method;
  std::string others;
  for (const auto &[name, method] : model->type->methods)
    others += (others.empty() ? "" : ", ") + name;
  throw CompileError(Problem::unsupported, {},
                     fmt::format("the module has no method {}", options_.method))
      .code("torchscript.entry")
      .hint(others.empty() ? "script or trace a module that has one"
                           : "choose one with --signature: " + others);
}

// ---- inputs ----

namespace {

/// The example inputs of a method, in order; null where there are none.
const Pickled *exampleOf(const std::optional<Pickle> &examples, const std::string &method,
                         size_t i) {
  const auto plain = [](const Pickled *p) { // without its type tag
    while (p && p->is(Pickled::Kind::call) && p->text.starts_with("torch.jit._pickle.") &&
           !p->items[0]->items.empty())
      p = p->items[0]->items[0];
    return p;
  };
  const Pickled *dict = examples ? plain(&examples->root()) : nullptr;
  if (!dict || !dict->is(Pickled::Kind::dict))
    return nullptr;
  for (size_t k = 0; k + 1 < dict->items.size(); k += 2)
    if (dict->items[k]->text == method) {
      const Pickled *list = plain(dict->items[k + 1]);
      return i < list->items.size() ? plain(list->items[i]) : nullptr;
    }
  return nullptr;
}

/// The type of a tensor among the examples.
std::optional<ir::Type> typeOfExample(const Pickled *p) {
  if (!p || !p->is(Pickled::Kind::call) || !p->text.starts_with("torch._utils._rebuild_tensor") ||
      p->items[0]->items.size() < 3)
    return std::nullopt;
  const Pickled &storage = *p->items[0]->items[0], &shape = *p->items[0]->items[2];
  if (!storage.is(Pickled::Kind::persistent) || storage.items[0]->items.size() < 2)
    return std::nullopt;
  const auto element = elementTypeOfStorage(storage.items[0]->items[1]->text);
  if (!element)
    return std::nullopt;
  ir::Shape dims;
  for (const Pickled *d : shape.items)
    dims.emplace_back(d->integer);
  return ir::Type{*element, std::move(dims)};
}

const Pickled *part(const Pickled *example, size_t i) {
  const bool isContainer =
      example && (example->is(Pickled::Kind::tuple) || example->is(Pickled::Kind::list));
  return isContainer && i < example->items.size() ? example->items[i] : nullptr;
}

bool mayBeTensor(const Type &t) {
  return t.is(Type::Kind::tensor) || std::ranges::any_of(t.items, mayBeTensor);
}

} // namespace

Host Importer::tensorInput(const std::string &name, const Pickled *example) {
  std::optional<ir::Type> type = typeOfExample(example);
  if (const auto it = options_.inputShapes.find(name); it != options_.inputShapes.end()) {
    usedOptions_.insert(name);
    type = ir::Type{type ? type->element() : ElementType::f32, it->second};
  }
  if (const auto it = options_.inputTypes.find(name); type && it != options_.inputTypes.end())
    type = type->withElement(it->second);
  if (!type) {
    problem(Problem::unsupported, "torchscript.input",
            fmt::format("the input '{}' has no shape: a TorchScript model holds none", name),
            fmt::format("give it one: --input-shape {}:1x3x224x224, and with the type if it is not "
                        "f32: {}:1x128xi64",
                        name, name));
    type = ir::Type{ElementType::f32, {}};
  }
  return in_->make(main_->body.addArgument(*type, name));
}

Host Importer::numberInput(const std::string &name, const Type &type) {
  const ElementType e = type.is(Type::Kind::boolean)   ? ElementType::boolean
                        : type.is(Type::Kind::integer) ? ElementType::i64
                                                       : ElementType::f64;
  return RunNumber{main_->body.addArgument({e, {}}, name)};
}

/// A value that --arg gives.
Host Importer::argument(const std::string &name, const Type &type, const std::string &text) {
  usedOptions_.insert(name);
  const auto refuse = [&](std::string_view expected) {
    problem(Problem::usage, "torchscript.argument",
            fmt::format("--arg {} is '{}', expected {}", name, text, expected));
    return Uninitialized{};
  };
  const auto number = [&](auto &to) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc() && end == text.data() + text.size();
  };
  int64_t integer = 0;
  double real = 0;
  if (type.is(Type::Kind::text))
    return text;
  if (type.is(Type::Kind::boolean)) {
    if (text != "true" && text != "false")
      return refuse("true or false");
    return text == "true";
  }
  if (!type.is(Type::Kind::real) && number(integer))
    return Dim(integer);
  if (!type.is(Type::Kind::integer) && number(real))
    return real;
  return refuse(type.is(Type::Kind::integer) ? "an integer" : "a number");
}

Host Importer::input(const std::string &name, const Type &type, const Pickled *example) {
  if (const auto it = options_.arguments.find(name);
      it != options_.arguments.end() &&
      (type.is(Type::Kind::boolean) || type.is(Type::Kind::integer) || type.is(Type::Kind::real) ||
       type.is(Type::Kind::number) || type.is(Type::Kind::text)))
    return argument(name, type, it->second);
  switch (type.kind) {
  case Type::Kind::tensor:
    return tensorInput(name, example);
  case Type::Kind::boolean:
  case Type::Kind::integer:
  case Type::Kind::real:
  case Type::Kind::number:
    return numberInput(name, type);
  case Type::Kind::optional:
    return input(name, type.items[0], example);
  case Type::Kind::tuple: {
    std::vector<Host> items;
    for (size_t i = 0; i < type.items.size(); ++i)
      items.push_back(input(fmt::format("{}.{}", name, i), type.items[i], part(example, i)));
    return makeTuple(std::move(items));
  }
  case Type::Kind::list:
  case Type::Kind::dict: {
    if (!example || !(example->is(Pickled::Kind::list) || example->is(Pickled::Kind::dict)))
      break;
    std::vector<Host> items;
    const bool isDict = type.is(Type::Kind::dict);
    for (size_t i = 0; i < example->items.size(); i += isDict ? 2 : 1) {
      const std::string key = isDict ? example->items[i]->text : std::to_string(i);
      if (isDict)
        items.emplace_back(key);
      items.push_back(input(fmt::format("{}.{}", name, key), type.items.back(),
                            example->items[isDict ? i + 1 : i]));
    }
    const Host made = makeList(std::move(items));
    made.as<CellRef>()->kind = isDict ? Cell::Kind::dict : Cell::Kind::list;
    return made;
  }
  default:
    break;
  }
  problem(Problem::unsupported, "torchscript.input",
          fmt::format("the input '{}' is {}", name, typeText(type)),
          type.is(Type::Kind::list) || type.is(Type::Kind::dict)
              ? "trace the model, so that the archive tells how many tensors there are"
              : fmt::format("compile a value in: --arg {}=VALUE", name));
  return Uninitialized{};
}

Given Importer::inputs(const Function &method) {
  Given given;
  for (size_t i = 1; i < method.parameters.size(); ++i) {
    const Parameter &p = method.parameters[i];
    const Pickled *example = exampleOf(examples_, options_.method, i - 1);
    const bool isAsked = example != nullptr || options_.inputShapes.contains(p.name) ||
                         options_.arguments.contains(p.name);
    if (p.otherwise && !isAsked)
      break; // the default, and so for those behind it
    given.positional.push_back(input(p.name, typeOf(p.type, *method.file), example));
  }
  return given;
}

std::vector<std::string> Importer::inputNames() {
  Program program{archive_};
  const Pickle pickle{archive_.read("data.pkl").span, "data.pkl"};
  const Class &type = program.classNamed(pickle.root().text);
  const Function *method = type.method(options_.method);
  std::vector<std::string> names;
  for (size_t i = 1; method && i < method->parameters.size(); ++i) {
    const Parameter &p = method->parameters[i];
    if (mayBeTensor(typeOf(p.type, *method->file)))
      names.push_back(p.name);
  }
  return names;
}

// ---- outputs ----

void Importer::collectOutputs(const Host &h, const std::string &name) {
  if (const TensorRef *t = h.find<TensorRef>()) {
    outputs_.emplace_back(name, in_->valueOf(*t));
  } else if (h.holds<Dim>() || h.holds<double>() || h.holds<bool>() || h.holds<RunNumber>()) {
    outputs_.emplace_back(name, in_->scalarOf(h));
  } else if (isComplex(h)) {
    problem(Problem::unsupported, "torchscript.complex",
            fmt::format("the output '{}' is a complex tensor", name),
            "return torch.view_as_real of it");
  } else if (const TupleRef *tuple = h.find<TupleRef>()) {
    const Class *type = (*tuple)->type;
    for (size_t i = 0; i < (*tuple)->items.size(); ++i)
      collectOutputs((*tuple)->items[i],
                     fmt::format("{}.{}", name,
                                 type && i < type->attributes.size() ? type->attributes[i].name
                                                                     : std::to_string(i)));
  } else if (const CellRef *cell = h.find<CellRef>(); cell && (*cell)->kind != Cell::Kind::object) {
    const bool isDict = !(*cell)->isList();
    for (size_t i = 0; i < (*cell)->items.size(); i += isDict ? 2 : 1)
      collectOutputs(
          (*cell)->items[isDict ? i + 1 : i],
          fmt::format("{}.{}", name, isDict ? textOf((*cell)->items[i]) : std::to_string(i)));
  } else if (const Uninitialized *u = h.find<Uninitialized>()) {
    if (!u->why.empty())
      problem(Problem::unsupported, "torchscript.merge", fmt::format("{}: {}", name, u->why));
  } else if (!h.isNone()) {
    problem(Problem::unsupported, "torchscript.output",
            fmt::format("the output '{}' is {}, expected tensors and numbers", name, typeText(h)));
  }
}

// ---- options ----

/// Of --outputs.
void Importer::applyOptions() {
  ir::Function &main = *main_;
  if (options_.outputs.empty())
    return;
  for (const std::string &name : options_.outputs)
    if (std::ranges::find(outputs_, name, &std::pair<std::string, ir::Value *>::first) ==
        outputs_.end())
      problem(Problem::usage, "torchscript.output",
              fmt::format("--outputs {}: the model has no output of that name", name));
  std::vector<std::pair<std::string, ir::Value *>> kept;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const bool isState = main.stateOfResult(i) != nullptr;
    if (!isState &&
        std::ranges::find(options_.outputs, outputs_[i].first) == options_.outputs.end())
      continue;
    for (ir::State &s : main.states)
      if (isState && s.result == i)
        s.result = kept.size();
    kept.push_back(outputs_[i]);
  }
  outputs_ = std::move(kept);
}

void Importer::checkOptions() {
  for (const auto &[name, shape] : options_.inputShapes)
    if (!usedOptions_.contains(name))
      problem(Problem::usage, "dims.unknown",
              fmt::format("--input-shape {}: the model has no input of that name", name));
  for (const auto &[name, text] : options_.arguments)
    if (!usedOptions_.contains(name))
      problem(Problem::usage, "torchscript.argument",
              fmt::format("--arg {}: the model has no argument of that name that is a number or a "
                          "text",
                          name));
}

namespace {

Archive openArchive(const std::filesystem::path &path) {
  Archive archive{frontend::mapFile(path, "torchscript.file")};
  requireTorchScript(archive);
  return archive;
}

} // namespace

namespace {

/// A file may say of a value that it is of a kind that it is not; who asks for it finds out.
template <class Read> auto refusingKinds(Read &&read) {
  try {
    return read();
  } catch (const std::bad_variant_access &) {
    throw CompileError(Problem::invalid, {},
                       "the program takes a value for one of another kind: the file is damaged")
        .code("torchscript.file");
  }
}

} // namespace

Import importModel(const std::filesystem::path &path, const ImportOptions &options) {
  return refusingKinds([&]() -> Import {
    const Archive archive = openArchive(path);
    Importer importer{archive, options};
    std::unique_ptr<ir::Module> module = importer.run();
    return {std::move(module), {path}, importer.notes(), importer.states()};
  });
}

std::vector<std::string> inputNames(const std::filesystem::path &path, const std::string &method) {
  return refusingKinds([&] {
    const Archive archive = openArchive(path);
    ImportOptions options;
    options.method = method;
    return Importer{archive, options}.inputNames();
  });
}

bool looksLikeTorchScript(std::span<const std::byte> file) { return isZip(file); }

std::optional<NotTorchScript> notTorchScript(std::span<const std::byte> file) {
  const LookAlike *other = torchLookAlike(file);
  return other ? std::optional(NotTorchScript{other->what, other->hint}) : std::nullopt;
}

std::vector<SupportedOp> supportedOps() {
  std::vector<SupportedOp> all;
  for (const Overload &o : allOverloads())
    if (o.lower)
      all.push_back({o.schema.name, o.schema.overload});
  return all;
}

} // namespace burin::torchscript
