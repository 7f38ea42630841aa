// SPDX-License-Identifier: Apache-2.0
#include "cli/model.h"

#include "cli/mapped_file.h"
#include "cli/sha256.h"
#include "cli/shape_spec.h"
#include "cli/states.h"
#include "codegen/kernels/evaluator.h"
#include "codegen/names.h"
#include "frontend/exported/import.h"
#include "frontend/onnx/import.h"
#include "frontend/onnx/lookalike.h"
#include "frontend/onnx/read.h"
#include "frontend/savedmodel/import.h"
#include "frontend/torchscript/import.h"
#include "ir/text.h"

#include <algorithm>
#include <fmt/format.h>

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

Model readOnnx(const fs::path &path, const Settings &settings) {
  refuseOptions(settings, {"signature", "tag", "arg"}, "ONNX, which has one graph");
  onnx::ImportOptions options;
  options.outputs = settings.list("outputs");
  const Shapes shapes(settings, [&] { return inputsOf(onnx::readModel(path).graph); });
  options.dims = shapes.ofModel();
  options.inputShapes = shapes.shapes();
  return modelOf(onnx::importModel(path, options), shapes);
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

/// Of --signature, of which there may be one; empty for none.
std::string signatureOf(const Settings &settings) {
  const std::vector<std::string> signatures = settings.list("signature");
  if (signatures.size() > 1)
    refuse(Problem::unsupported, "--signature: one class has one entry point so far",
           "compile each signature by itself");
  return signatures.empty() ? std::string() : signatures.front();
}

Model readTorchScript(const fs::path &path, const Settings &settings) {
  refuseOptions(settings, {"signature", "tag"}, "TorchScript, of which forward is compiled");
  torchscript::ImportOptions options;
  options.outputs = settings.list("outputs");
  const Shapes shapes(settings, [&] { return ModelInputs{torchscript::inputNames(path), {}}; });
  if (const auto left = shapes.ofModel(); !left.empty())
    refuse(Problem::usage,
           fmt::format("--dim {}: no --input-shape has that symbol", left.begin()->first),
           fmt::format("a TorchScript model has no symbols of its own: --input-shape x:[{},3]",
                       left.begin()->first));
  options.inputShapes = shapes.shapes();
  options.inputTypes = shapes.elements();
  options.arguments = argumentsOf(settings);
  options.evaluator = &kernels::evaluator();
  return modelOf(torchscript::importModel(path, options), shapes);
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

Model readSavedModel(const fs::path &path, const Settings &settings) {
  refuseOptions(settings, {"arg"}, "SavedModel, which has inputs alone");
  savedmodel::ImportOptions options;
  options.outputs = settings.list("outputs");
  if (settings.has("tag"))
    options.tag = settings.text("tag");
  options.signature = signatureOf(settings);
  const Shapes shapes(settings, [&] {
    ModelInputs inputs;
    for (const savedmodel::InputPort &port : savedmodel::inputsOf(path, options)) {
      inputs.names.push_back(port.name);
      for (size_t i = 0; i < port.extents.size(); ++i)
        if (port.extents[i] < 0)
          inputs.symbols.push_back(fmt::format("{}.{}", port.name, i));
    }
    return inputs;
  });
  options.dims = shapes.ofModel();
  options.inputShapes = shapes.shapes();
  options.evaluator = &kernels::evaluator();
  return modelOf(savedmodel::importModel(path, options), shapes);
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
