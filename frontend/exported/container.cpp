// SPDX-License-Identifier: Apache-2.0
#include "frontend/exported/container.h"

#include "frontend/torchscript/loader.h"
#include "frontend/torchscript/storage.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::exported {
using ir::ElementType;
using torchscript::Archive;
using torchscript::Host;
using torchscript::TensorRef;
namespace {

constexpr int64_t kMajor = 8; // of the schema: PyTorch 2.6 and later
constexpr std::string_view kModels = "models/", kJson = ".json";

constexpr std::pair<int64_t, ElementType> kDtypes[] = {
    {1, ElementType::u8},      {2, ElementType::i8},          {3, ElementType::i16},
    {4, ElementType::i32},     {5, ElementType::i64},         {6, ElementType::f16},
    {7, ElementType::f32},     {8, ElementType::f64},         {12, ElementType::boolean},
    {13, ElementType::bf16},   {28, ElementType::u16},        {29, ElementType::f8e4m3fn},
    {30, ElementType::f8e5m2}, {31, ElementType::f8e4m3fnuz}, {32, ElementType::f8e5m2fnuz},
    {34, ElementType::u32},    {35, ElementType::u64},
};

Document documentOf(const Archive &archive, const std::string &member) {
  return {archive.read(member).span, member};
}

void requireKnownVersion(const Json &program) {
  const Json version = program["schema_version"];
  const int64_t major = version["major"].integer(), minor = version["minor"].integer();
  if (major != kMajor)
    throw unreadable(
        fmt::format("the program has the schema {}.{}, and {}.x is known", major, minor, kMajor),
        "export it again by a PyTorch from 2.6 to 2.13");
}

/// A number of TensorMeta, which is an expression where it is symbolic.
int64_t numberOf(const Json &size) {
  const auto [kind, value] = size.only();
  if (kind != "as_int")
    size.fail("the sizes of a weight must be numbers");
  return value.integer();
}

ir::Ints numbersOf(const Json &list) {
  ir::Ints all;
  for (const Json &item : list.items())
    all.push_back(numberOf(item));
  return all;
}

} // namespace

std::optional<ElementType> elementTypeOf(int64_t dtype) {
  const auto *row = std::ranges::find(kDtypes, dtype, &std::pair<int64_t, ElementType>::first);
  return row == std::end(kDtypes) ? std::nullopt : std::optional(row->second);
}

bool Container::isExported(const Archive &archive) {
  return archive.has("archive_format") || archive.has("serialized_exported_program.json");
}

Container::Container(const std::filesystem::path &path, std::string_view program)
    : archive_{frontend::mapFile(path, "exported.file")} {
  torchscript::requireLittleEndian(archive_);
  if (archive_.has("serialized_exported_program.json"))
    openOld();
  else
    openNew(program);
  requireKnownVersion(program_->root());
}

void Container::openOld() {
  program_ = documentOf(archive_, "serialized_exported_program.json");
  weights_.saved.emplace(archive_.read("serialized_state_dict.pt"));
  constants_.saved.emplace(archive_.read("serialized_constants.pt"));
}

void Container::openNew(std::string_view program) {
  std::vector<std::string> names;
  for (const std::string_view member : archive_.names())
    if (member.starts_with(kModels) && member.ends_with(kJson))
      names.emplace_back(
          member.substr(kModels.size(), member.size() - kModels.size() - kJson.size()));
  const std::string list = fmt::format("{}", fmt::join(names, ", "));
  if (names.empty())
    throw unreadable("the archive holds no program of torch.export",
                     "what AOTInductor compiles holds machine code: torch.export.save(program) "
                     "saves the program");
  const auto it = std::ranges::find(names, program.empty() ? std::string_view("model") : program);
  if (it == names.end() && !program.empty())
    throw CompileError(
        Problem::usage, {},
        fmt::format("--signature {}: the archive has the programs {}", program, list))
        .code("exported.program");
  if (it == names.end() && names.size() > 1)
    throw CompileError(Problem::usage, {}, fmt::format("the archive has the programs {}", list))
        .code("exported.program")
        .hint(fmt::format("choose one: --signature {}", names.front()));
  const std::string &name = it == names.end() ? names.front() : *it;
  program_ = documentOf(archive_, fmt::format("{}{}{}", kModels, name, kJson));
  weights_ = payload("weights", name);
  constants_ = payload("constants", name);
}

Container::Payload Container::payload(const std::string &kind, const std::string &program) const {
  Payload made{fmt::format("data/{}/", kind), {}, {}};
  const std::string config = fmt::format("{}{}_{}_config.json", made.folder, program, kind);
  if (archive_.has(config))
    made.config = documentOf(archive_, config);
  else // of PyTorch 2.8
    made.saved.emplace(archive_.read(fmt::format("{}{}.pt", made.folder, program)));
  return made;
}

// ---- tensors ----

Tensors::Tensors(const Container &from, torchscript::Evaluation &in) : from_{from}, in_{in} {}

TensorRef Tensors::weight(const std::string &name) {
  return tensor(from_.weights(), weights_, name);
}
TensorRef Tensors::constant(const std::string &name) {
  return tensor(from_.constants(), constants_, name);
}

/// What torch.save wrote: a dict of tensors.
void Tensors::loadSaved(const Archive &archive, Loaded &into) {
  torchscript::Program none{archive};
  const torchscript::Pickle pickle{archive.read("data.pkl").span, "data.pkl"};
  const Host all = torchscript::Loader{archive, none, in_, "data"}.load(pickle.root(), "", nullptr);
  const torchscript::CellRef *dict = all.find<torchscript::CellRef>();
  if (!dict || (*dict)->kind != torchscript::Cell::Kind::dict)
    throw unreadable("the weights are no dict of tensors");
  const std::vector<Host> &items = (*dict)->items;
  for (size_t i = 0; i + 1 < items.size(); i += 2)
    if (const std::string *name = items[i].find<std::string>())
      into.emplace(*name, items[i + 1]);
}

TensorRef Tensors::tensor(const Container::Payload &payload, Loaded &loaded,
                          const std::string &name) {
  if (payload.saved && loaded.empty())
    loadSaved(*payload.saved, loaded);
  auto it = loaded.find(name);
  if (it == loaded.end() && payload.config)
    it = loaded.emplace(name, loadRaw(payload, name)).first;
  const TensorRef *tensor = it == loaded.end() ? nullptr : it->second.find<TensorRef>();
  if (!tensor)
    throw unreadable(fmt::format("the archive has no tensor '{}'", name),
                     "save the program again by torch.export.save");
  return *tensor;
}

Host Tensors::loadRaw(const Container::Payload &payload, const std::string &name) {
  const std::optional<Json> entry = payload.config->root()["config"].find(name);
  if (!entry)
    return {};
  const std::string member = payload.folder + (*entry)["path_name"].text();
  if ((*entry)["use_pickle"].flag()) {
    throw CompileError(Problem::unsupported, {},
                       fmt::format("the tensor '{}' is of a subclass of Tensor", name))
        .code("exported.file")
        .hint("export the model with plain tensors: torch.nn.Parameter(weight.data)");
  }
  const Json meta = (*entry)["tensor_meta"];
  const int64_t dtype = meta["dtype"].integer();
  const std::optional<ElementType> element = elementTypeOf(dtype);
  if (!element)
    meta["dtype"].fail(fmt::format("elements of the dtype {} are not supported", dtype));
  constexpr int64_t kStrided = 7;
  if (meta["layout"].integer() != kStrided)
    meta["layout"].fail("only dense tensors are supported, not sparse ones");
  const TensorRef made =
      in_.make(torchscript::addStrided(
                   in_.module(),
                   {*element, numbersOf(meta["sizes"]), numbersOf(meta["strides"]),
                    numberOf(meta["storage_offset"]), from_.archive().read(member)},
                   name, [&](std::string why) { meta.fail(why); }))
          .as<TensorRef>();
  const auto [first, isFirst] = users_.emplace(member, made);
  if (!isFirst)
    made->sharesMemory = first->second->sharesMemory = true;
  return made;
}

} // namespace burin::exported
