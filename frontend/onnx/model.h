// SPDX-License-Identifier: Apache-2.0
//
// An ONNX model in memory: plain values, checked and sorted, without protobuf. Tensor data are
// views of the mapped files wherever the file has them in their final layout.
#pragma once

#include "ir/diagnostic.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace burin::onnx {

/// TensorProto.DataType, with its numbers.
// clang-format off
enum class DataType : int32_t {
  undefined = 0,
  f32 = 1, u8 = 2, i8 = 3, u16 = 4, i16 = 5, i32 = 6, i64 = 7, string = 8, boolean = 9,
  f16 = 10, f64 = 11, u32 = 12, u64 = 13, c64 = 14, c128 = 15, bf16 = 16,
  f8e4m3fn = 17, f8e4m3fnuz = 18, f8e5m2 = 19, f8e5m2fnuz = 20,
  u4 = 21, i4 = 22, f4e2m1 = 23, f8e8m0 = 24, u2 = 25, i2 = 26,
};
// clang-format on

std::string_view name(DataType); ///< as ONNX writes it: "FLOAT"; "UNDEFINED" also for unknown ones
bool isKnown(DataType);          ///< one of the enumerators but `undefined`
unsigned bitsOf(DataType);       ///< of one element; 0 for strings and unknown types

/// A dimension: not known, a number, or a name. Names are global to the model. The unknown ones
/// also are written as a negative number, "", "?" and "None".
using Extent = std::variant<std::monostate, int64_t, std::string>;

/// A declared type. ONNX declares many wrongly; only those of the main graph's inputs bind.
struct Type {
  enum class Kind : uint8_t { none, tensor, sparseTensor, sequence, optional, map, opaque };

  Kind kind = Kind::none;
  DataType element = DataType::undefined;   ///< of a tensor; the key of a map
  std::optional<std::vector<Extent>> shape; ///< of a tensor; absent: the rank is not known
  std::shared_ptr<const Type> inner;        ///< of a sequence, an optional, or the values of a map
};

struct Tensor {
  std::string name;
  DataType type = DataType::undefined;
  std::vector<int64_t> dims;
  /// Little-endian, row-major, not aligned: bytesFor(type, count) of them. Elements below a byte
  /// are packed, the first in the lowest bits. A boolean is 0 or 1.
  std::span<const std::byte> data;
  std::shared_ptr<const void> owner; ///< keeps `data` alive; may be shared
  std::vector<std::string> strings;  ///< the elements of a string tensor

  int64_t count() const; ///< of elements
};

/// Bytes that `count` elements take; nothing if that overflows.
std::optional<uint64_t> bytesFor(DataType, uint64_t count);

/// One byte an element for a type below a byte: integers sign- or zero-extended, FLOAT4E2M1 as its
/// bits. Any other tensor comes back as it is.
Tensor unpacked(const Tensor &);

struct Graph;
using GraphRef = std::shared_ptr<const Graph>;

struct Attribute {
  using Value = std::variant<std::monostate, float, int64_t, std::string, Tensor, GraphRef, Type,
                             std::vector<float>, std::vector<int64_t>, std::vector<std::string>,
                             std::vector<Tensor>, std::vector<GraphRef>, std::vector<Type>>;

  std::string name;
  Value value;           ///< monostate if, and only if, this is a reference
  std::string reference; ///< the attribute of the enclosing function that this one stands for
};

struct Node {
  std::string name;   ///< may be empty
  std::string op;     ///< never empty
  std::string domain; ///< "" for "ai.onnx"
  std::string overload;
  std::vector<std::string> inputs, outputs; ///< "" where an optional one is absent
  std::vector<Attribute> attributes;        ///< no name twice

  const Attribute *find(std::string_view attribute) const; ///< null if absent
  Location location() const; ///< a nameless node goes by the name of its first output
};

struct ValueInfo {
  std::string name;
  Type type;
};

struct Initializer {
  Tensor tensor;            ///< a sparse one is dense here
  bool isInput = false;     ///< an input of the graph has the same name
  bool overridable = false; ///< isInput, from IR version 4 on: the caller may give another value
};

struct Graph {
  std::string name;
  std::vector<Node> nodes; ///< every node after those that it reads, captures included
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo>
      outputs; ///< may name a node's output, an input, an initializer or a capture
  std::vector<Initializer> initializers;
  std::vector<ValueInfo> valueInfo;  ///< a hint at best
  std::vector<std::string> captures; ///< names of outer graphs that this one reads, nested included
};

/// The imported version per domain ("" for "ai.onnx").
using Opsets = std::map<std::string, int64_t, std::less<>>;

/// A model-local function. Not recursive, captures nothing; its values have no types.
struct Function {
  std::string name, domain, overload;
  std::vector<std::string> attributes; ///< those without a default
  std::vector<Attribute> defaults;
  Opsets opsets;
  Graph body; ///< its inputs and outputs are the function's
};

struct FunctionKey {
  std::string domain, name, overload;
  auto operator<=>(const FunctionKey &) const = default;
};

struct Model {
  int64_t irVersion = 0;
  std::string producer, producerVersion, domain;
  int64_t version = 0; ///< of the model itself
  Opsets opsets;       ///< of IR 1 and 2 without any: {"", 1}
  std::vector<std::pair<std::string, std::string>> metadata;
  Graph graph;
  std::map<FunctionKey, Function> functions;
  std::vector<std::filesystem::path> files; ///< all that were read: the model, then external data

  /// The function that a node calls, null if none. A function wins over an operator of its name.
  const Function *function(const Node &) const;
};

/// Calls `visit(const Graph &)` for the graph of each attribute of a node.
template <class Visit> void forEachGraph(const Node &node, Visit &&visit) {
  for (const Attribute &attribute : node.attributes) {
    if (const auto *graph = std::get_if<GraphRef>(&attribute.value))
      visit(**graph);
    if (const auto *graphs = std::get_if<std::vector<GraphRef>>(&attribute.value))
      for (const GraphRef &graph : *graphs)
        visit(*graph);
  }
}

/// Of the rows of one operator: the one with the greatest `since` not above the imported version.
/// Null if all of them are newer.
template <class Row> const Row *newest(std::span<const Row> rows, int64_t imported) {
  const Row *best = nullptr;
  for (const Row &row : rows)
    if (row.since <= imported && (!best || row.since > best->since))
      best = &row;
  return best;
}

} // namespace burin::onnx
