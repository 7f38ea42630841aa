// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/read.h"
#include "frontend/onnx/lookalike.h"
#include "frontend/onnx/messages.h"
#include "frontend/onnx/problems.h"
#include "frontend/onnx/resolve.h"
#include "frontend/onnx/tensor_reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <unordered_set>

namespace burin::onnx {
namespace {

std::string domainOf(const std::string &domain) { return domain == "ai.onnx" ? "" : domain; }

template <class Names> std::vector<std::string> strings(const Names &names) {
  return {names.begin(), names.end()};
}

CompileError invalid(std::string_view code, Location at, std::string text) {
  return CompileError(Problem::invalid, std::move(at), std::move(text)).code(std::string{code});
}

/// AttributeProto.AttributeType.
enum class AttributeKind : int32_t {
  undefined = 0,
  float32 = 1,
  int64 = 2,
  string = 3,
  tensor = 4,
  graph = 5,
  floats = 6,
  ints = 7,
  strings = 8,
  tensors = 9,
  graphs = 10,
  sparseTensor = 11,
  sparseTensors = 12,
  type = 13,
  types = 14,
};

/// For attributes of early files, which do not say: by the field that is there.
AttributeKind kindByField(const pb::AttributeProto &proto) {
  const std::pair<bool, AttributeKind> present[] = {
      {proto.has_f(), AttributeKind::float32},
      {proto.has_i(), AttributeKind::int64},
      {proto.has_s(), AttributeKind::string},
      {proto.has_t(), AttributeKind::tensor},
      {proto.has_g(), AttributeKind::graph},
      {proto.floats_size() > 0, AttributeKind::floats},
      {proto.ints_size() > 0, AttributeKind::ints},
      {proto.strings_size() > 0, AttributeKind::strings},
      {proto.tensors_size() > 0, AttributeKind::tensors},
      {proto.graphs_size() > 0, AttributeKind::graphs},
      {proto.has_sparse_tensor(), AttributeKind::sparseTensor},
      {proto.sparse_tensors_size() > 0, AttributeKind::sparseTensors},
      {proto.has_tp(), AttributeKind::type},
      {proto.type_protos_size() > 0, AttributeKind::types},
  };
  auto found = std::ranges::find(present, true, &std::pair<bool, AttributeKind>::first);
  return found == std::end(present) ? AttributeKind::undefined : found->second;
}

void throwIfOther(const std::optional<LookAlike> &other) {
  if (other)
    throw CompileError(Problem::unreadable, {},
                       fmt::format("the file is {}, not an ONNX model", other->what))
        .code("onnx.file")
        .hint(other->hint);
}

/// One reading: protobuf's messages to Model, problems collected on the way.
class ModelReader {
public:
  ModelReader(Bytes file, const std::filesystem::path &folder)
      : file_{file}, tensors_{std::move(file), folder} {}

  Model model() {
    pb::ModelProto proto = parseModel();
    Model model;
    model.irVersion = proto.ir_version();
    model.producer = proto.producer_name();
    model.producerVersion = proto.producer_version();
    model.domain = proto.domain();
    model.version = proto.model_version();
    for (const pb::StringStringEntryProto &entry : proto.metadata_props())
      model.metadata.emplace_back(entry.key(), entry.value());
    model.opsets = opsets(proto.opset_import());
    if (model.opsets.empty() && model.irVersion < 3)
      model.opsets.emplace("", 1);
    model.graph = graph(*proto.mutable_graph());
    // Earlier files list every initializer as an input; nobody means to replace weights there.
    for (Initializer &initializer : model.graph.initializers)
      initializer.overridable = initializer.isInput && model.irVersion >= 4;
    checkScopes(model.graph, {}, problems_);
    for (pb::FunctionProto &function : *proto.mutable_functions())
      addFunction(model, function);
    checkCalls(model, problems_);
    problems_.raise();
    model.files = tensors_.folder().files();
    return model;
  }

private:
  pb::ModelProto parseModel() const {
    try {
      auto proto = parse<pb::ModelProto>(file_.span, Root::model);
      if (proto.has_graph())
        return proto;
    } catch (const CompileError &) {
      throwIfOther(otherProtobuf(file_.span));
      throw;
    }
    throwIfOther(otherProtobuf(file_.span));
    throw CompileError(Problem::unreadable, {}, "the file has no graph: it is not an ONNX model")
        .code("onnx.file");
  }

  template <class Imports> static Opsets opsets(const Imports &imports) {
    Opsets result; // of a domain that is imported twice, the last counts
    for (const pb::OperatorSetIdProto &import : imports)
      result[domainOf(import.domain())] = import.version();
    return result;
  }

  Graph graph(pb::GraphProto &proto) {
    Graph graph;
    graph.name = proto.name();
    graph.inputs = valueInfos(proto.input());
    graph.outputs = valueInfos(proto.output());
    graph.valueInfo = valueInfos(proto.value_info());
    addInitializers(graph, proto);
    graph.nodes = nodes(*proto.mutable_node());
    resolveNames(graph, owner_, problems_);
    return graph;
  }

  void addInitializers(Graph &graph, const pb::GraphProto &proto) {
    std::unordered_set<std::string_view> inputs;
    for (const ValueInfo &input : graph.inputs)
      inputs.insert(input.name);
    std::unordered_map<std::string, size_t> known;
    auto add = [&](Tensor tensor) {
      if (tensor.name.empty())
        throw invalid("onnx.tensor", {}, owner_ + "an initializer has no name");
      auto [before, isNew] = known.emplace(tensor.name, graph.initializers.size());
      if (!isNew && isSame(graph.initializers[before->second].tensor, tensor))
        return;
      if (!isNew)
        throw invalid(
            "onnx.names.duplicate", {},
            fmt::format("{}two initializers have the name {}", owner_, quote(tensor.name)));
      bool isInput = inputs.contains(tensor.name);
      graph.initializers.push_back({std::move(tensor), isInput, false});
    };
    auto read = [&](const std::string &name, auto &&tensor) {
      bool isGood = problems_.collect(
          [&] { add(tensor(fmt::format("{}initializer {}", owner_, quote(name)))); });
      if (!isGood) // the name stays, or its readers would be reported too
        graph.initializers.emplace_back().tensor.name = name;
    };
    graph.initializers.reserve(static_cast<size_t>(proto.initializer_size()));
    for (const pb::TensorProto &tensor : proto.initializer())
      read(tensor.name(), [&](const std::string &what) { return tensors_.read(tensor, {}, what); });
    for (const pb::SparseTensorProto &sparse : proto.sparse_initializer())
      read(sparse.values().name(),
           [&](const std::string &what) { return tensors_.readSparse(sparse, {}, what); });
  }

  static bool isSame(const Tensor &a, const Tensor &b) {
    return a.type == b.type && a.dims == b.dims && a.strings == b.strings &&
           std::ranges::equal(a.data, b.data);
  }

  template <class Protos> std::vector<Node> nodes(Protos &protos) {
    std::vector<Node> nodes;
    nodes.reserve(static_cast<size_t>(protos.size()));
    for (pb::NodeProto &proto : protos) {
      nodes.push_back(node(proto));
      proto = {}; // large graphs: the two forms of a node need not live at once
    }
    return nodes;
  }

  Node node(pb::NodeProto &proto) {
    Node node;
    node.name = proto.name();
    node.op = proto.op_type();
    node.domain = domainOf(proto.domain());
    node.overload = proto.overload();
    node.inputs = strings(proto.input());
    node.outputs = strings(proto.output());
    Location at = node.location();
    if (node.op.empty())
      problems_.add(invalid("onnx.node", at, owner_ + "the node has no operator"));
    node.attributes = attributes(*proto.mutable_attribute(), at);
    return node;
  }

  template <class Protos> std::vector<Attribute> attributes(Protos &protos, const Location &at) {
    std::vector<Attribute> attributes;
    attributes.reserve(static_cast<size_t>(protos.size()));
    std::unordered_set<std::string_view> known;
    for (pb::AttributeProto &proto : protos)
      problems_.collect([&] {
        if (!known.insert(proto.name()).second)
          throw invalid("onnx.attribute", at,
                        fmt::format("{}attribute {} is given twice", owner_, quote(proto.name())));
        attributes.push_back(attribute(proto, at));
      });
    return attributes;
  }

  Attribute attribute(pb::AttributeProto &proto, const Location &at) {
    Attribute attribute;
    attribute.name = proto.name();
    if (!proto.ref_attr_name().empty()) {
      if (!isInFunction_)
        throw invalid(
            "onnx.attribute", at,
            fmt::format("attribute {} refers to {} of a function, but the node is in none",
                        quote(proto.name()), quote(proto.ref_attr_name())));
      attribute.reference = proto.ref_attr_name();
      return attribute;
    }
    attribute.value = value(proto, at);
    return attribute;
  }

  Attribute::Value value(pb::AttributeProto &proto, const Location &at) {
    std::string what = fmt::format("{}attribute {}", owner_, quote(proto.name()));
    auto need = [&](bool isPresent, std::string_view field) {
      if (!isPresent)
        throw invalid("onnx.attribute", at, fmt::format("{} has no value in {}", what, field));
    };
    auto kind = static_cast<AttributeKind>(proto.type());
    if (kind == AttributeKind::undefined)
      kind = kindByField(proto);
    switch (kind) {
    case AttributeKind::undefined:
      throw invalid("onnx.attribute", at, what + " has neither a type nor a value");
    case AttributeKind::float32:
      return proto.f(); // some writers leave out zeros
    case AttributeKind::int64:
      return proto.i();
    case AttributeKind::string:
      return proto.s();
    case AttributeKind::tensor:
      need(proto.has_t(), "t");
      return tensors_.read(proto.t(), at, what);
    case AttributeKind::graph:
      need(proto.has_g(), "g");
      return std::make_shared<const Graph>(graph(*proto.mutable_g()));
    case AttributeKind::floats:
      return std::vector<float>{proto.floats().begin(), proto.floats().end()};
    case AttributeKind::ints:
      return std::vector<int64_t>{proto.ints().begin(), proto.ints().end()};
    case AttributeKind::strings:
      return strings(proto.strings());
    case AttributeKind::tensors: {
      std::vector<Tensor> list;
      for (const pb::TensorProto &tensor : proto.tensors())
        list.push_back(tensors_.read(tensor, at, what));
      return list;
    }
    case AttributeKind::graphs: {
      std::vector<GraphRef> list;
      for (pb::GraphProto &inner : *proto.mutable_graphs())
        list.push_back(std::make_shared<const Graph>(graph(inner)));
      return list;
    }
    case AttributeKind::sparseTensor:
      need(proto.has_sparse_tensor(), "sparse_tensor");
      return tensors_.readSparse(proto.sparse_tensor(), at, what);
    case AttributeKind::sparseTensors: {
      std::vector<Tensor> list;
      for (const pb::SparseTensorProto &sparse : proto.sparse_tensors())
        list.push_back(tensors_.readSparse(sparse, at, what));
      return list;
    }
    case AttributeKind::type:
      need(proto.has_tp(), "tp");
      return typeOf(proto.tp());
    case AttributeKind::types: {
      std::vector<Type> list;
      for (const pb::TypeProto &type : proto.type_protos())
        list.push_back(typeOf(type));
      return list;
    }
    }
    throw CompileError(Problem::unsupported, at,
                       fmt::format("{} is of type {}, but known are 1 to 14", what, proto.type()))
        .code("onnx.attribute");
  }

  template <class Protos> static std::vector<ValueInfo> valueInfos(const Protos &protos) {
    std::vector<ValueInfo> result;
    result.reserve(static_cast<size_t>(protos.size()));
    for (const pb::ValueInfoProto &proto : protos)
      result.push_back({proto.name(), typeOf(proto.type())});
    return result;
  }

  void addFunction(Model &model, pb::FunctionProto &proto) {
    FunctionKey key{domainOf(proto.domain()), proto.name(), proto.overload()};
    owner_ = fmt::format("function {}: ", quote(key.name));
    isInFunction_ = true;
    Function function;
    function.name = key.name;
    function.domain = key.domain;
    function.overload = key.overload;
    function.attributes = strings(proto.attribute());
    function.opsets = opsets(proto.opset_import());
    function.body.name = key.name;
    function.body.valueInfo = valueInfos(proto.value_info());
    for (const std::string &input : proto.input())
      function.body.inputs.push_back({input, {}});
    for (const std::string &output : proto.output())
      function.body.outputs.push_back({output, {}});
    function.defaults = attributes(*proto.mutable_attribute_proto(), {});
    function.body.nodes = nodes(*proto.mutable_node());
    resolveNames(function.body, owner_, problems_);
    checkScopes(function.body, owner_, problems_);
    if (key.name.empty())
      problems_.add(invalid("onnx.functions", {}, "a function has no name"));
    if (!model.functions.emplace(key, std::move(function)).second)
      problems_.add(invalid("onnx.functions.duplicate", {},
                            fmt::format("two functions have the name {}, domain {} and overload {}",
                                        quote(key.name), quote(key.domain), quote(key.overload))));
    owner_.clear();
    isInFunction_ = false;
  }

  Bytes file_;
  TensorReader tensors_;
  Problems problems_;
  std::string owner_; ///< "function 'f': " while one is read
  bool isInFunction_ = false;
};

} // namespace

Model readModel(Bytes bytes, const std::filesystem::path &folder) {
  throwIfOther(lookAlike(bytes.span));
  return ModelReader{std::move(bytes), folder}.model();
}

Model readModel(const std::filesystem::path &file) {
  Model model = readModel(mapFile(file), file.has_parent_path() ? file.parent_path() : ".");
  model.files.insert(model.files.begin(), file);
  return model;
}

} // namespace burin::onnx
