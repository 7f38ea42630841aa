// SPDX-License-Identifier: Apache-2.0
//
// The container: a folder, its messages outside of the graph, and what is none of them.
#include "frontend/savedmodel/model.h"
#include "frontend/savedmodel/problems.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {
namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr int64_t kSchema = 1; // the only one so far

constexpr std::string_view kExport = "export it as a SavedModel: model.export(DIR), or "
                                     "tf.saved_model.save(module, DIR)";

// ---- what is no SavedModel ----

struct LookAlike {
  std::string_view file, what; ///< a file name, or how one ends
  std::string_view hint = kExport;
};
/// Files of a folder without saved_model.pb, the most telling first.
constexpr LookAlike kFolders[] = {
    {"saved_model.cpb", "a SavedModel in chunks (above 2 GiB)"},
    {"saved_model.pbtxt", "a SavedModel in text form",
     "load it and save it again: tf.saved_model.load(DIR), tf.saved_model.save(model, DIR2)"},
    {"variables.index", "the variables of a SavedModel", "pass the folder above"},
    {"model.weights.h5", "an unpacked .keras file"},
    {"keras_metadata.pb", "a Keras model without its saved_model.pb"},
    {"model.json", "a TensorFlow.js model", "pass the SavedModel that it was made of"},
    {"checkpoint", "a checkpoint, which holds the variables and no graph"},
    {".index", "a checkpoint, which holds the variables and no graph"},
    {"config.json", "a folder of a model without its graph"},
};

[[noreturn]] void refuseFolder(const fs::path &path) {
  std::set<std::string> names;
  for (const fs::directory_entry &entry : fs::directory_iterator(path)) {
    names.insert(entry.path().filename().string());
    if (fs::exists(entry.path() / "saved_model.pb"))
      throw unreadable("folder", "the folder holds a SavedModel and is none")
          .hint(fmt::format("pass it: {}", entry.path().string()));
  }
  for (const LookAlike &other : kFolders)
    if (std::ranges::any_of(names, [&](const std::string &name) {
          return other.file.front() == '.' ? name.ends_with(other.file) : name == other.file;
        }))
      throw unreadable("folder", fmt::format("the folder is {}", other.what))
          .hint(std::string(other.hint));
  throw unreadable("folder", "the folder has no file saved_model.pb: it is no SavedModel")
      .hint("pass the folder that holds saved_model.pb");
}

/// Field 1 a number and field 2 messages: SavedModel. Field 1 messages with an operator: GraphDef.
enum class Root { savedModel, graph, other };

Root rootOf(Span bytes) {
  bool version = false, nodes = false, graphs = false;
  try {
    Message("", bytes, "").each([&](const Field &f) {
      if (f.number == 1 && f.isMessage())
        nodes = nodes || !f.message("").text(2).empty();
      else if (f.number == 1)
        version = true;
      else if (f.number == 2 && f.isMessage())
        graphs = graphs || version;
      else if (f.number > 5)
        version = nodes = false;
    });
  } catch (const CompileError &) {
    return Root::other;
  }
  return version && graphs ? Root::savedModel : nodes ? Root::graph : Root::other;
}

// ---- the messages ----

DataType portType(const Message &info) { return dataType(info.integer(2)); }

Port portOf(std::string_view key, const Message &info, const std::string &where) {
  Port port{std::string(key), info.text(1), portType(info),
            shapeOf(info.message(3, "TensorShapeProto"))};
  if (!info.has(3))
    port.shape.reset();
  if (port.tensor.empty())
    throw unsupported("signature", fmt::format("{}: {} is sparse or composed of several tensors",
                                               where, quote(key)))
        .hint("export a function of dense tensors");
  return port;
}

Signature signatureOf(std::string_view name, const Message &proto) {
  Signature signature;
  signature.name = name;
  const std::string where = fmt::format("signature {}", quote(name));
  proto.each([&](const Field &f) {
    if (f.number != 1 && f.number != 2)
      return;
    const Message entry = f.message("a map");
    (f.number == 1 ? signature.inputs : signature.outputs)
        .push_back(portOf(entry.text(1), entry.message(2, "TensorInfo"), where));
  });
  for (auto *ports : {&signature.inputs, &signature.outputs})
    std::ranges::sort(*ports, {}, &Port::key);
  return signature;
}

SavedObject objectOf(const Message &proto) {
  SavedObject object;
  proto.each([&](const Field &f) {
    switch (f.number) {
    case 1: {
      const Message child = f.message("ObjectReference");
      object.children.emplace_back(child.text(2), child.integer(1));
      break;
    }
    case 5:
      object.kind = SavedObject::Kind::asset;
      object.asset = f.message("SavedAsset").integer(1);
      break;
    case 7:
      object.kind = SavedObject::Kind::variable;
      break;
    case 9:
      object.kind = SavedObject::Kind::constant;
      object.constant = f.message("SavedConstant").text(1);
      break;
    case 10:
      object.kind = SavedObject::Kind::resource;
      break;
    default:
      break;
    }
  });
  return object;
}

void readObjects(MetaGraph &meta, const Message &proto) {
  proto.each([&](const Field &f) {
    if (f.number == 1) {
      meta.objects.push_back(objectOf(f.message("SavedObject")));
    } else if (f.number == 2) {
      const Message entry = f.message("a map");
      std::vector<int64_t> &captures = meta.captures[entry.text(1)];
      entry.message(2, "SavedConcreteFunction").each([&](const Field &bound) {
        if (bound.number == 2)
          bound.addIntegers(captures);
      });
    }
  });
}

/// Nodes that collections of TensorFlow 1 name as initialisation.
void readCollection(MetaGraph &meta, const Message &entry) {
  const std::string_view name = entry.text(1);
  if (name != "main_op" && name != "legacy_init_op" && name != "saved_model_main_op")
    return;
  entry.message(2, "CollectionDef").message(1, "CollectionDef.NodeList").each([&](const Field &f) {
    if (f.number == 1)
      meta.initOps.push_back(parseInput(f.text(), false).node);
  });
}

MetaGraph metaGraphOf(const Message &proto) {
  constexpr std::string_view kInit = "__saved_model_init_op", kTrain = "__saved_model_train_op";
  MetaGraph meta;
  proto.each([&](const Field &f) {
    switch (f.number) {
    case 1:
      f.message("MetaInfoDef").each([&](const Field &info) {
        if (info.number == 4)
          meta.tags.emplace(info.text());
        else if (info.number == 5)
          meta.producer = info.text();
      });
      break;
    case 2:
      meta.graph = f.message("GraphDef");
      break;
    case 3: {
      const Message saver = f.message("SaverDef");
      meta.restoreOp = saver.text(3);
      break;
    }
    case 4:
      readCollection(meta, f.message("a map"));
      break;
    case 5: {
      const Message entry = f.message("a map");
      const std::string_view name = entry.text(1);
      const Message value = entry.message(2, "SignatureDef");
      if (name == kInit)
        value.each([&](const Field &output) {
          if (output.number == 2)
            meta.initOps.push_back(
                parseInput(output.message("a map").message(2, "TensorInfo").text(1), false).node);
        });
      else if (name != kTrain)
        meta.signatures.push_back(signatureOf(name, value));
      break;
    }
    case 6: {
      const Message asset = f.message("AssetFileDef");
      meta.assets.emplace_back(asset.message(1, "TensorInfo").text(1), asset.text(2));
      break;
    }
    case 7:
      readObjects(meta, f.message("SavedObjectGraph"));
      break;
    default:
      break;
    }
  });
  std::ranges::sort(meta.signatures, {}, &Signature::name);
  return meta;
}

} // namespace

bool isSavedModel(const fs::path &path) {
  if (fs::is_directory(path))
    return fs::exists(path / "saved_model.pb");
  return path.extension() == ".pb" &&
         rootOf(frontend::mapFile(path, "savedmodel.file").span) != Root::other;
}

Model readModel(const fs::path &given) {
  const bool isFolder = fs::is_directory(given);
  const fs::path path = isFolder ? given / "saved_model.pb" : given;
  if (isFolder && !fs::exists(path))
    refuseFolder(given);
  const frontend::Bytes file = frontend::mapFile(path, "savedmodel.file");
  if (textOf(file.span).starts_with("version https://git-lfs"))
    throw unreadable("file", "the file is a git-lfs pointer, not the model")
        .hint("fetch it with: git lfs pull");
  Model model;
  model.owner = file.owner;
  model.files = {path};
  const Root root = rootOf(file.span);
  if (root == Root::graph) {
    model.frozen = true;
    model.metaGraphs.emplace_back().graph = Message("GraphDef", file.span, "the file");
    return model;
  }
  Message("SavedModel", file.span, "the file").each([&](const Field &f) {
    if (f.number == 1 && f.integer() != kSchema)
      throw unsupported(
          "file", fmt::format("the file has schema version {}, expected {}", f.integer(), kSchema));
    if (f.number == 2)
      model.metaGraphs.push_back(metaGraphOf(f.message("MetaGraphDef")));
  });
  if (model.metaGraphs.empty())
    throw unreadable("file", "the file holds no graph: it is neither a SavedModel nor a GraphDef");
  model.folder = path.has_parent_path() ? path.parent_path() : ".";
  if (fs::exists(model.folder / "variables" / "variables.index")) {
    model.variables = Bundle(model.folder / "variables" / "variables");
  } else if (fs::exists(model.folder / "variables")) {
    for (const fs::directory_entry &entry : fs::directory_iterator(model.folder / "variables"))
      if (entry.path().filename().string().starts_with("variables"))
        throw unreadable("file",
                         fmt::format("variables/{} is there and variables/variables.index is not",
                                     entry.path().filename().string()))
            .hint("copy the whole folder of the model");
  }
  return model;
}

} // namespace burin::savedmodel
