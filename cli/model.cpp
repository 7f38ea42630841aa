// SPDX-License-Identifier: Apache-2.0
#include "cli/model.h"

#include "cli/mapped_file.h"
#include "cli/sha256.h"
#include "cli/shape_spec.h"
#include "cli/states.h"
#include "codegen/kernels/evaluator.h"
#include "codegen/names.h"
#include "frontend/common/entries.h"
#include "frontend/exported/import.h"
#include "frontend/onnx/import.h"
#include "frontend/onnx/lookalike.h"
#include "frontend/onnx/read.h"
#include "frontend/savedmodel/import.h"
#include "frontend/torchscript/import.h"
#include "ir/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void refuse(Problem problem, std::string text, std::string hint = {}) {
  throw CompileError(problem, {}, std::move(text)).hint(std::move(hint));
}

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// ---- what the file is ----

/// The first line of text that is no comment begins with a word of .gir.
bool looksLikeGir(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (!text.starts_with('#'))
      break;
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
  constexpr std::string_view kWords[] = {"module ", "dim ", "const @", "func @"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return text.starts_with(word); });
}

enum class Format { onnx, torchscript, pt2, savedmodel, gir };

/// Throws for what is none of them; the words about it are those of the frontends.
Format formatOf(const fs::path &path, const MappedFile &file, std::string_view given) {
  if (given == "onnx")
    return Format::onnx;
  if (given == "savedmodel" || (given.empty() && savedmodel::isSavedModel(path)))
    return Format::savedmodel;
  if (given == "gir" || (given.empty() && looksLikeGir(file.text())))
    return Format::gir;
  if (given == "pt2" || (given.empty() && exported::isExported(path)))
    return Format::pt2;
  const auto refuseFile = [&](std::string_view what, const std::string &hint) {
    refuse(Problem::unreadable,
           fmt::format("'{}' is {}, not a model", path.filename().string(), what), hint);
  };
  if (given.empty())
    if (const auto other = savedmodel::notSavedModel(file.bytes()))
      refuseFile(other->what, other->hint);
  if (given == "torchscript" || torchscript::looksLikeTorchScript(file.bytes()))
    return Format::torchscript;
  if (const auto other = torchscript::notTorchScript(file.bytes()))
    refuseFile(other->what, other->hint);
  if (const std::optional<onnx::LookAlike> other = onnx::lookAlike(file.bytes()))
    refuseFile(other->what, other->hint);
  return Format::onnx;
}

// ---- shapes of inputs ----

/// The inputs that a model has, and the symbols that it names itself.
struct ModelInputs {
  std::vector<std::string> names;
  std::vector<std::string> symbols;
};

ModelInputs inputsOf(const onnx::Graph &graph) {
  ModelInputs inputs;
  for (const onnx::ValueInfo &input : graph.inputs) {
    if (std::ranges::none_of(graph.initializers, [&](const onnx::Initializer &i) {
          return i.tensor.name == input.name;
        }))
      inputs.names.push_back(input.name);
    if (input.type.shape)
      for (const onnx::Extent &extent : *input.type.shape)
        if (const auto *name = std::get_if<std::string>(&extent))
          inputs.symbols.push_back(*name);
  }
  return inputs;
}

/// The shapes of --input-shape, and the symbols in them.
class Shapes {
public:
  template <class Inputs> Shapes(const Settings &settings, Inputs inputs) {
    for (const std::string &text : settings.list("dim")) {
      const DimSpec spec = parseDimSpec(text);
      dims_[spec.symbol] = spec.bounds;
    }
    for (const std::string &text : settings.list("input-shape"))
      specs_.push_back(parseShapeSpec(text));
    if (!specs_.empty())
      resolve(inputs());
  }

  const std::map<std::string, ir::Shape, std::less<>> &shapes() const { return shapes_; }
  const std::map<std::string, ir::ElementType, std::less<>> &elements() const { return elements_; }
  /// The symbols of --dim that --input-shape does not take.
  std::map<std::string, ir::Bounds, std::less<>> ofModel() const {
    auto dims = dims_;
    for (const auto &[name, used] : isOfShape_)
      if (used == Use::shapeOnly)
        dims.erase(name); // the importer knows the model's own names alone
    return dims;
  }

  /// Gives the module the symbols that only the command line names, and checks element types.
  void finish(ir::Module &module) const {
    ir::Block &body = module.functions.front()->body;
    for (size_t i = 0; i < body.numArguments(); ++i) {
      const ir::Value &input = *body.argument(i);
      if (const auto it = elements_.find(input.name);
          it != elements_.end() && it->second != input.type.element())
        refuse(Problem::usage, fmt::format("--input-shape: '{}' is {}, not {}", input.name,
                                           ir::name(input.type.element()), ir::name(it->second)));
      std::map<std::string, ir::Bounds, std::less<>> symbols;
      for (const ir::Dim &dim : input.type.shape())
        dim.collectSymbols(symbols);
      for (const auto &[name, bounds] : symbols)
        if (std::ranges::find(module.symbols(), name, &ir::Symbol::name) == module.symbols().end())
          module.symbol(name, bounds, fmt::format("--input-shape of '{}'", input.name));
    }
  }

private:
  enum class Use { model, shapeOnly };

  void resolve(const ModelInputs &model) {
    for (const std::string &symbol : model.symbols)
      isOfShape_[symbol] = Use::model;
    for (ShapeSpec &spec : specs_) {
      if (spec.name.empty() && model.names.size() != 1)
        refuse(Problem::usage,
               fmt::format("--input-shape without a name, but the model has {} inputs: {}",
                           model.names.size(), fmt::join(model.names, ", ")));
      add(spec.name.empty() ? model.names.front() : spec.name, spec);
    }
  }

  void add(const std::string &input, const ShapeSpec &spec) {
    ir::Shape shape;
    for (const ExtentSpec &extent : spec.extents) {
      if (extent.isNumber()) {
        shape.emplace_back(extent.bounds.lo);
      } else if (extent.symbol.empty()) {
        shape.push_back(ir::Dim::symbol(fmt::format("{}.{}", input, shape.size()), extent.bounds));
      } else {
        const auto dim = dims_.find(extent.symbol);
        if (dim == dims_.end())
          refuse(Problem::unsupported,
                 fmt::format("--input-shape: the symbol '{}' has no bound", extent.symbol),
                 fmt::format("give it one: --dim {}=1..8", extent.symbol));
        isOfShape_.try_emplace(extent.symbol, Use::shapeOnly);
        shape.push_back(dim->second.lo == dim->second.hi
                            ? ir::Dim(dim->second.lo)
                            : ir::Dim::symbol(extent.symbol, dim->second));
      }
    }
    if (!shapes_.emplace(input, std::move(shape)).second)
      refuse(Problem::usage, fmt::format("--input-shape gives '{}' two shapes", input));
    if (spec.element)
      elements_.emplace(input, *spec.element);
  }

  std::vector<ShapeSpec> specs_;
  std::map<std::string, ir::Bounds, std::less<>> dims_;
  std::map<std::string, ir::Shape, std::less<>> shapes_;
  std::map<std::string, ir::ElementType, std::less<>> elements_;
  std::map<std::string, Use, std::less<>> isOfShape_;
};

/// Refuses the options that a format has no use for.
void refuseOptions(const Settings &settings, std::initializer_list<std::string_view> names,
                   std::string_view format) {
  for (const std::string_view name : names)
    if (settings.has(name))
      refuse(Problem::usage, fmt::format("--{} is not for {}", name, format));
}

/// The module of a frontend, with the shapes of the command line.
template <class Import> Model modelOf(Import import, const Shapes &shapes) {
  shapes.finish(*import.module);
  Model model;
  if constexpr (requires { import.notes; })
    model.notes = std::move(import.notes);
  model.module = std::move(import.module);
  model.files = std::move(import.files);
  return model;
}

/// Of --arg.
std::map<std::string, std::string, std::less<>> argumentsOf(const Settings &settings) {
  std::map<std::string, std::string, std::less<>> arguments;
  for (const std::string &text : settings.list("arg")) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      refuse(Problem::usage, fmt::format("--arg is '{}', expected NAME=VALUE", text));
    arguments.insert_or_assign(text.substr(0, equals), text.substr(equals + 1));
  }
  return arguments;
}

Model readOnnx(const fs::path &path, const Settings &settings) {
  refuseOptions(settings, {"signature", "tag"}, "ONNX, which has one graph");
  onnx::ImportOptions options;
  options.outputs = settings.list("outputs");
  const Shapes shapes(settings, [&] { return inputsOf(onnx::readModel(path).graph); });
  options.dims = shapes.ofModel();
  options.inputShapes = shapes.shapes();
  options.arguments = argumentsOf(settings);
  return modelOf(onnx::importModel(path, options), shapes);
}

/// Of --signature, where there may be one; empty for none.
std::string signatureOf(const Settings &settings) {
  const std::vector<std::string> signatures = settings.list("signature");
  if (signatures.size() > 1)
    refuse(Problem::unsupported, "--signature: programs of a .pt2 are not of one class",
           "compile each program by itself");
  return signatures.empty() ? std::string() : signatures.front();
}

/// What a module of one entry point has read, and what it keeps.
struct EntryImport {
  Model model;
  std::set<std::string, std::less<>> states;
};

/// One way into a model that has several: its options, and what other ways change.
struct Entry {
  std::string name; ///< empty: the format's own
  std::set<std::string, std::less<>> states;
  bool isOneOfSeveral = false;
};

EntryImport importTorchScript(const fs::path &path, const Settings &settings, const Entry &entry) {
  torchscript::ImportOptions options;
  options.outputs = settings.list("outputs");
  if (!entry.name.empty())
    options.method = entry.name;
  options.states = entry.states;
  options.isOneOfSeveral = entry.isOneOfSeveral;
  const Shapes shapes(settings, [&] {
    return ModelInputs{torchscript::inputNames(path, options.method), {}};
  });
  if (const auto left = shapes.ofModel(); !left.empty())
    refuse(Problem::usage,
           fmt::format("--dim {}: no --input-shape has that symbol", left.begin()->first),
           fmt::format("a TorchScript model has no symbols of its own: --input-shape x:[{},3]",
                       left.begin()->first));
  options.inputShapes = shapes.shapes();
  options.inputTypes = shapes.elements();
  options.arguments = argumentsOf(settings);
  options.evaluator = &kernels::evaluator();
  torchscript::Import import = torchscript::importModel(path, options);
  auto states = std::move(import.states);
  return {modelOf(std::move(import), shapes), std::move(states)};
}

Model readExported(const fs::path &path, const Settings &settings) {
  refuseOptions(settings, {"tag"}, "programs of torch.export");
  exported::ImportOptions options;
  options.outputs = settings.list("outputs");
  options.program = signatureOf(settings);
  const Shapes shapes(settings, [&] {
    exported::Inputs inputs = exported::inputsOf(path, options);
    return ModelInputs{std::move(inputs.names), std::move(inputs.symbols)};
  });
  options.dims = shapes.ofModel();
  options.inputShapes = shapes.shapes();
  options.arguments = argumentsOf(settings);
  options.evaluator = &kernels::evaluator();
  return modelOf(exported::importModel(path, options), shapes);
}

ModelInputs inputsOfSavedModel(const fs::path &path, const savedmodel::ImportOptions &options) {
  ModelInputs inputs;
  for (const savedmodel::InputPort &port : savedmodel::inputsOf(path, options)) {
    inputs.names.push_back(port.name);
    for (size_t i = 0; i < port.extents.size(); ++i)
      if (port.extents[i] < 0)
        inputs.symbols.push_back(fmt::format("{}.{}", port.name, i));
  }
  return inputs;
}

savedmodel::ImportOptions savedModelOptions(const Settings &settings, const std::string &entry) {
  savedmodel::ImportOptions options;
  options.outputs = settings.list("outputs");
  if (settings.has("tag"))
    options.tag = settings.text("tag");
  options.signature = entry;
  return options;
}

EntryImport importSavedModel(const fs::path &path, const Settings &settings, const Entry &entry) {
  savedmodel::ImportOptions options = savedModelOptions(settings, entry.name);
  options.states = {entry.states.begin(), entry.states.end()};
  const Shapes shapes(settings, [&] { return inputsOfSavedModel(path, options); });
  options.dims = shapes.ofModel();
  options.inputShapes = shapes.shapes();
  options.evaluator = &kernels::evaluator();
  savedmodel::Import import = savedmodel::importModel(path, options);
  std::set<std::string, std::less<>> states(import.states.begin(), import.states.end());
  return {modelOf(std::move(import), shapes), std::move(states)};
}

/// The options about inputs that are for one of several entry points: those that name it, as
/// "encode.x:1x3", and those whose name it has.
Settings settingsOfEntry(const Settings &all, const std::string &entry, const ModelInputs &inputs) {
  Settings settings = all;
  const auto isNamed = [&](std::string_view text, const auto &names) {
    return std::ranges::find(names, text) != names.end();
  };
  std::set<std::string, std::less<>> symbols(inputs.symbols.begin(), inputs.symbols.end());
  const auto keep = [&](const std::string &option, const auto &isOfEntry) {
    std::vector<std::string> kept;
    for (std::string text : all.list(option)) {
      const bool isForIt = text.starts_with(entry + ".");
      if (isForIt)
        text.erase(0, entry.size() + 1);
      if (isForIt || isOfEntry(text))
        kept.push_back(std::move(text));
    }
    if (settings.given.erase(option) && !kept.empty())
      settings.given[option] = std::move(kept);
  };
  keep("input-shape",
       [&](const std::string &text) { return isNamed(parseShapeSpec(text).name, inputs.names); });
  for (const std::string &text : settings.list("input-shape"))
    for (const ExtentSpec &extent : parseShapeSpec(text).extents)
      symbols.insert(extent.symbol);
  keep("dim", [&](const std::string &text) { return symbols.contains(parseDimSpec(text).symbol); });
  keep("arg", [](const std::string &) { return true; });
  return settings;
}

/// Every option about inputs must be for some entry point.
void checkUsed(const Settings &all, const std::vector<Settings> &ofEntries) {
  for (const std::string_view option : {"input-shape", "dim"})
    for (const std::string &text : all.list(option))
      if (std::ranges::none_of(ofEntries, [&](const Settings &one) {
            const std::vector<std::string> kept = one.list(option);
            return std::ranges::any_of(kept,
                                       [&](const std::string &k) { return text.ends_with(k); });
          }))
        refuse(Problem::usage, fmt::format("--{} {}: no entry point has that", option, text),
               "name the input as it is, or with its entry point: encode.x");
}

/// Those of --signature in one module, or the format's own. What one of them changes is a state of
/// all, so they are imported until no new state is found.
template <class Inputs, class ImportEntry>
Model readEntries(const Settings &settings, const Inputs &inputs, const ImportEntry &importEntry) {
  const std::vector<std::string> names = settings.list("signature");
  if (names.size() < 2)
    return importEntry(settings, Entry{names.empty() ? "" : names.front(), {}, false}).model;
  if (settings.has("outputs"))
    refuse(Problem::usage, "--outputs cuts a model with one entry point, and there are several",
           "compile that entry point by itself");
  std::vector<Settings> ofEntries;
  for (const std::string &name : names) {
    if (std::ranges::count(names, name) > 1)
      refuse(Problem::usage, fmt::format("--signature {} is there twice", name));
    ofEntries.push_back(settingsOfEntry(settings, name, inputs(name)));
  }
  checkUsed(settings, ofEntries);
  std::set<std::string, std::less<>> states;
  for (;;) {
    std::vector<Model> models;
    const size_t known = states.size();
    for (size_t i = 0; i < names.size(); ++i) {
      EntryImport made = importEntry(ofEntries[i], Entry{names[i], states, true});
      made.model.module->functions.front()->name = names[i];
      states.merge(made.states);
      models.push_back(std::move(made.model));
    }
    if (states.size() != known)
      continue;
    for (size_t i = 1; i < models.size(); ++i) {
      frontend::moveEntries(*models.front().module, *models[i].module);
      for (std::string &note : models[i].notes)
        if (std::ranges::find(models.front().notes, note) == models.front().notes.end())
          models.front().notes.push_back(std::move(note));
    }
    return std::move(models.front());
  }
}

Model readTorchScript(const fs::path &path, const Settings &settings) {
  refuseOptions(settings, {"tag"}, "TorchScript, which has one module");
  return readEntries(
      settings,
      [&](const std::string &name) {
        return ModelInputs{torchscript::inputNames(path, name), {}};
      },
      [&](const Settings &own, const Entry &entry) { return importTorchScript(path, own, entry); });
}

Model readSavedModel(const fs::path &path, const Settings &settings) {
  refuseOptions(settings, {"arg"}, "SavedModel, which has inputs alone");
  return readEntries(
      settings,
      [&](const std::string &name) {
        return inputsOfSavedModel(path, savedModelOptions(settings, name));
      },
      [&](const Settings &own, const Entry &entry) { return importSavedModel(path, own, entry); });
}

Model readGir(const fs::path &path, const MappedFile &file, const Settings &settings) {
  refuseOptions(settings, {"outputs", "input-shape", "dim", "signature", "tag", "arg"},
                ".gir, which has it in its text");
  Model model;
  model.module = ir::parse(file.text(), path.string());
  if (model.module->functions.empty())
    refuse(Problem::invalid, "the module has no function");
  model.files = {path};
  return model;
}

std::string sha256Of(std::span<const fs::path> files) {
  Sha256 hash;
  for (const fs::path &path : files)
    hash.update(MappedFile(path).bytes());
  return hash.finish();
}

} // namespace

std::string modelName(const Settings &settings) {
  if (settings.has("name")) {
    const std::string name = settings.text("name");
    if (!std::ranges::all_of(name, isNameCharacter) || name.front() == '-' || name.front() == '.')
      refuse(Problem::usage, fmt::format("--name is '{}', expected a file name of letters, digits, "
                                         "'_', '-' and '.'",
                                         name));
    if (codegen::hidesSystemHeader(name))
      refuse(Problem::usage,
             fmt::format("--name {0} makes a header {0}.h, which hides <{0}.h> from all that is "
                         "compiled with it",
                         name),
             fmt::format("give it another name: --name {}_model", name));
    return name;
  }
  fs::path path = fs::path(settings.arguments.front()).lexically_normal();
  if (!path.has_filename())
    path = path.parent_path(); // a folder with a slash behind it
  std::string name = path.stem().string();
  std::ranges::replace_if(
      name, [](char c) { return !isNameCharacter(c); }, '_');
  if (name.empty() || name.front() == '-' || name.front() == '.')
    name.insert(0, "model");
  if (codegen::hidesSystemHeader(name))
    name += "_model";
  return name;
}

Model readModel(const Settings &settings) {
  const fs::path path = settings.arguments.front();
  Model model;
  if (fs::is_directory(path)) {
    model = readSavedModel(path, settings);
  } else {
    const MappedFile file(path);
    switch (formatOf(path, file, settings.text("input-format"))) {
    case Format::onnx:
      model = readOnnx(path, settings);
      break;
    case Format::torchscript:
      model = readTorchScript(path, settings);
      break;
    case Format::pt2:
      model = readExported(path, settings);
      break;
    case Format::savedmodel:
      model = readSavedModel(path, settings);
      break;
    case Format::gir:
      model = readGir(path, file, settings);
      break;
    }
  }
  model.name = modelName(settings);
  model.sha256 = sha256Of(model.files);
  model.module->modelSha256 = model.sha256;
  makeStates(*model.module, settings, model.files);
  model.module->name = model.name;
  return model;
}

} // namespace burin::cli
