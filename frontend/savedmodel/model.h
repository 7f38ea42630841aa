// SPDX-License-Identifier: Apache-2.0
//
// A SavedModel or a frozen graph: what the file says, names as views of the mapped file. Function
// bodies and tensors are read when something reaches them.
#pragma once

#include "frontend/common/file.h"
#include "frontend/savedmodel/bundle.h"
#include "frontend/savedmodel/tensor.h"

#include <map>
#include <set>
#include <unordered_map>

namespace burin::savedmodel {

/// One input of a node: "node", "node:1", "^node"; in a function "argument", "node:output:0" too.
struct Input {
  std::string_view node;
  std::string_view output; ///< the name of the output argument, in functions
  int64_t index = 0;
};

struct Node {
  std::string_view name, op;
  std::vector<Input> inputs;
  std::vector<std::string_view> controls;
  std::map<std::string_view, Message> attributes; ///< AttrValue

  Location location() const { return {std::string(name), std::string(op), ""}; }
  const Message *find(std::string_view attribute) const {
    const auto it = attributes.find(attribute);
    return it == attributes.end() ? nullptr : &it->second;
  }
};

/// The main graph or the body of a function.
struct Graph {
  struct Argument {
    std::string_view name;
    DataType type;
  };
  struct Result {
    std::string_view name;
    Input from;
  };

  std::string name; ///< of the function; empty for the main graph
  std::vector<Node> nodes;
  std::unordered_map<std::string_view, size_t> byName;
  // Of functions:
  std::vector<Argument> arguments;
  std::vector<Result> results;
  std::vector<std::string_view> controls; ///< nodes that run whether or not a result needs them

  /// A loop of TensorFlow 1, of nodes that need each other.
  struct Loop {
    struct Variable {
      size_t enter, merge, choice, next; ///< Enter, Merge, Switch, NextIteration
    };
    size_t condition; ///< LoopCond
    std::vector<Variable> variables;
    std::vector<size_t> constants; ///< Enter of what does not change
  };
  std::vector<Loop> loops;
  const Loop *loopOf(const Node &exit) const; ///< null if the node is no Exit of one

  const Node *find(std::string_view node) const {
    const auto it = byName.find(node);
    return it == byName.end() ? nullptr : &nodes[it->second];
  }
};

/// An input or output of a signature.
struct Port {
  std::string key;         ///< the name that users know
  std::string_view tensor; ///< "node:0" of the main graph
  DataType type = DataType::invalid;
  PartialShape shape;
};

struct Signature {
  std::string name;
  std::vector<Port> inputs, outputs; ///< sorted by key
};

/// What is known of a node of the object graph.
struct SavedObject {
  enum class Kind : uint8_t { other, variable, constant, resource, asset };
  Kind kind = Kind::other;
  std::string_view constant; ///< the node of the main graph that holds it
  int64_t asset = 0;         ///< index of the asset
  std::vector<std::pair<std::string_view, int64_t>> children;
};

struct MetaGraph {
  std::set<std::string, std::less<>> tags;
  std::string producer;              ///< "2.21.0", the version of TensorFlow
  Message graph;                     ///< GraphDef
  std::vector<Signature> signatures; ///< sorted by name
  std::string_view restoreOp;
  std::vector<std::pair<std::string_view, std::string_view>> assets; ///< tensor, file name
  std::vector<std::string_view> initOps; ///< of the main graph: what sets up tables and variables
  std::vector<SavedObject> objects;      ///< index: the node's id
  std::map<std::string_view, std::vector<int64_t>>
      captures; ///< by function: ids of what it captures
};

class Model {
public:
  std::vector<MetaGraph> metaGraphs; ///< one without signatures for a frozen graph
  bool frozen = false;
  std::filesystem::path folder; ///< of a SavedModel
  std::vector<std::filesystem::path> files;
  std::shared_ptr<const void> owner; ///< of the mapped file
  Bundle variables;
};

/// Reads a folder with saved_model.pb, that file itself, or a GraphDef (.pb).
Model readModel(const std::filesystem::path &);
/// Whether this path is what readModel() takes, by its content.
bool isSavedModel(const std::filesystem::path &);

/// The main graph of a GraphDef, and the bodies of its functions.
Graph readGraph(const Message &graphDef);
std::map<std::string_view, Message> functionsOf(const Message &graphDef);
Graph readFunction(const Message &functionDef);
/// "node:1" of the main graph.
Input parseInput(std::string_view text, bool inFunction);

} // namespace burin::savedmodel
