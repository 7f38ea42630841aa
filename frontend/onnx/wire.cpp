// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/wire.h"

#include <climits>
#include <fmt/format.h>
#include <string_view>
#include <vector>

namespace burin::onnx {
namespace {

// clang-format off
enum class Message : uint8_t {
  model, opset, entry, graph, function, node, attribute, tensor, segment, sparse, valueInfo,
  type, tensorType, innerType, mapType, opaqueType, shape, extent, sequence, optional, map,
};

/// What a field holds, and so which wire types are right. Repeated numbers may be packed.
enum class Kind : uint8_t {
  varint, varints, fixed32, fixed32s, bytes, message,
  dataVarint, dataFixed32, dataFixed64, dataBytes, ///< left in the file
};
// clang-format on

struct Field {
  uint32_t number;
  std::string_view name;
  Kind kind;
  Message message = {};
};

struct Schema {
  std::string_view name;
  std::span<const Field> fields;
};

constexpr Kind V = Kind::varint, Vs = Kind::varints, F = Kind::fixed32, Fs = Kind::fixed32s,
               B = Kind::bytes, M = Kind::message;

// clang-format off
constexpr Field kModel[] = {
    {1, "ir_version", V}, {2, "producer_name", B}, {3, "producer_version", B}, {4, "domain", B},
    {5, "model_version", V}, {7, "graph", M, Message::graph}, {8, "opset_import", M, Message::opset},
    {14, "metadata_props", M, Message::entry}, {25, "functions", M, Message::function}};
constexpr Field kOpset[] = {{1, "domain", B}, {2, "version", V}};
constexpr Field kEntry[] = {{1, "key", B}, {2, "value", B}};
constexpr Field kGraph[] = {
    {1, "node", M, Message::node}, {2, "name", B}, {5, "initializer", M, Message::tensor},
    {11, "input", M, Message::valueInfo}, {12, "output", M, Message::valueInfo},
    {13, "value_info", M, Message::valueInfo}, {15, "sparse_initializer", M, Message::sparse}};
constexpr Field kFunction[] = {
    {1, "name", B}, {4, "input", B}, {5, "output", B}, {6, "attribute", B},
    {7, "node", M, Message::node}, {9, "opset_import", M, Message::opset}, {10, "domain", B},
    {11, "attribute_proto", M, Message::attribute}, {12, "value_info", M, Message::valueInfo},
    {13, "overload", B}};
constexpr Field kNode[] = {
    {1, "input", B}, {2, "output", B}, {3, "name", B}, {4, "op_type", B},
    {5, "attribute", M, Message::attribute}, {7, "domain", B}, {8, "overload", B}};
constexpr Field kAttribute[] = {
    {1, "name", B}, {2, "f", F}, {3, "i", V}, {4, "s", B}, {5, "t", M, Message::tensor},
    {6, "g", M, Message::graph}, {7, "floats", Fs}, {8, "ints", Vs}, {9, "strings", B},
    {10, "tensors", M, Message::tensor}, {11, "graphs", M, Message::graph},
    {14, "tp", M, Message::type}, {15, "type_protos", M, Message::type}, {20, "type", V},
    {21, "ref_attr_name", B}, {22, "sparse_tensor", M, Message::sparse},
    {23, "sparse_tensors", M, Message::sparse}};
constexpr Field kTensor[] = {
    {1, "dims", Vs}, {2, "data_type", V}, {3, "segment", M, Message::segment},
    {4, "float_data", Kind::dataFixed32}, {5, "int32_data", Kind::dataVarint},
    {6, "string_data", B}, {7, "int64_data", Kind::dataVarint}, {8, "name", B},
    {9, "raw_data", Kind::dataBytes}, {10, "double_data", Kind::dataFixed64},
    {11, "uint64_data", Kind::dataVarint}, {13, "external_data", M, Message::entry},
    {14, "data_location", V}};
constexpr Field kSegment[] = {{1, "begin", V}, {2, "end", V}};
constexpr Field kSparse[] = {
    {1, "values", M, Message::tensor}, {2, "indices", M, Message::tensor}, {3, "dims", Vs}};
constexpr Field kValueInfo[] = {{1, "name", B}, {2, "type", M, Message::type}};
constexpr Field kType[] = {
    {1, "tensor_type", M, Message::tensorType}, {4, "sequence_type", M, Message::innerType},
    {5, "map_type", M, Message::mapType}, {7, "opaque_type", M, Message::opaqueType},
    {8, "sparse_tensor_type", M, Message::tensorType}, {9, "optional_type", M, Message::innerType}};
constexpr Field kTensorType[] = {{1, "elem_type", V}, {2, "shape", M, Message::shape}};
constexpr Field kInnerType[] = {{1, "elem_type", M, Message::type}};
constexpr Field kMapType[] = {{1, "key_type", V}, {2, "value_type", M, Message::type}};
constexpr Field kOpaqueType[] = {{1, "domain", B}, {2, "name", B}};
constexpr Field kShape[] = {{1, "dim", M, Message::extent}};
constexpr Field kExtent[] = {{1, "dim_value", V}, {2, "dim_param", B}};
constexpr Field kSequence[] = {
    {1, "name", B}, {2, "elem_type", V}, {3, "tensor_values", M, Message::tensor},
    {4, "sparse_tensor_values", M, Message::sparse}, {5, "sequence_values", M, Message::sequence},
    {6, "map_values", M, Message::map}, {7, "optional_values", M, Message::optional}};
constexpr Field kOptional[] = {
    {1, "name", B}, {2, "elem_type", V}, {3, "tensor_value", M, Message::tensor},
    {4, "sparse_tensor_value", M, Message::sparse}, {5, "sequence_value", M, Message::sequence},
    {6, "map_value", M, Message::map}, {7, "optional_value", M, Message::optional}};
constexpr Field kMap[] = {
    {1, "name", B}, {2, "key_type", V}, {3, "keys", Vs}, {4, "string_keys", B},
    {5, "values", M, Message::sequence}};

/// In the order of Message.
constexpr Schema kSchemas[] = {
    {"ModelProto", kModel}, {"OperatorSetIdProto", kOpset}, {"StringStringEntryProto", kEntry},
    {"GraphProto", kGraph}, {"FunctionProto", kFunction}, {"NodeProto", kNode},
    {"AttributeProto", kAttribute}, {"TensorProto", kTensor}, {"Segment", kSegment},
    {"SparseTensorProto", kSparse}, {"ValueInfoProto", kValueInfo}, {"TypeProto", kType},
    {"TypeProto.Tensor", kTensorType}, {"TypeProto", kInnerType}, {"TypeProto.Map", kMapType},
    {"TypeProto.Opaque", kOpaqueType}, {"TensorShapeProto", kShape}, {"Dimension", kExtent},
    {"SequenceProto", kSequence}, {"OptionalProto", kOptional}, {"MapProto", kMap}};
// clang-format on
static_assert(std::size(kSchemas) == size_t(Message::map) + 1);

enum Wire : uint32_t { wireVarint = 0, wireFixed64 = 1, wireBytes = 2, wireFixed32 = 5 };

constexpr std::string_view kWireNames[] = {"a varint", "8 bytes", "a length",    "a group",
                                           "a group",  "4 bytes", "wire type 6", "wire type 7"};

uint32_t wireOf(Kind kind) {
  switch (kind) {
  case Kind::varint:
  case Kind::varints:
  case Kind::dataVarint:
    return wireVarint;
  case Kind::fixed32:
  case Kind::fixed32s:
  case Kind::dataFixed32:
    return wireFixed32;
  case Kind::dataFixed64:
    return wireFixed64;
  case Kind::bytes:
  case Kind::message:
  case Kind::dataBytes:
    return wireBytes;
  }
  return wireBytes;
}

bool isData(Kind kind) { return kind >= Kind::dataVarint; }

const Field *findField(const Schema &schema, uint32_t number) {
  for (const Field &field : schema.fields)
    if (field.number == number)
      return &field;
  return nullptr;
}

Message messageOf(Root root) {
  switch (root) {
  case Root::model:
    return Message::model;
  case Root::tensor:
    return Message::tensor;
  case Root::sparseTensor:
    return Message::sparse;
  case Root::sequence:
    return Message::sequence;
  case Root::optional:
    return Message::optional;
  case Root::map:
    return Message::map;
  }
  return Message::model;
}

class Walk {
public:
  explicit Walk(std::span<const std::byte> file) : file_{file} {}

  std::string root(Message what) {
    fields(what, Cursor{file_});
    return std::move(out_);
  }

private:
  struct Tag {
    uint32_t number, wire;
    bool operator==(const Tag &) const = default;
  };

  void fields(Message what, Cursor in) {
    const Schema &schema = kSchemas[size_t(what)];
    while (!in.isAtEnd()) {
      uint64_t start = in.at();
      Tag tag = readTag(in, schema);
      const Field *field = findField(schema, tag.number);
      if (!field) {
        skip(in, tag, schema.name);
        continue;
      }
      path_.push_back(field->name);
      if (field->kind == Kind::message)
        nested(*field, in, tag, start);
      else if (isData(field->kind))
        data(*field, in, tag, start);
      else
        plain(*field, in, tag, start);
      path_.pop_back();
    }
  }

  Tag readTag(Cursor &in, const Schema &schema) {
    uint64_t start = in.at();
    std::optional<uint64_t> tag = in.varint();
    if (!tag)
      throw corrupt(start, in, fmt::format("a field of {} should start here", schema.name));
    if (*tag > UINT32_MAX || *tag >> 3 == 0)
      throw corrupt(start, in,
                    fmt::format("a field of {} should start here, but its number is {}",
                                schema.name, *tag >> 3));
    return {static_cast<uint32_t>(*tag >> 3), static_cast<uint32_t>(*tag & 7)};
  }

  /// Steps over the value of a field.
  void skip(Cursor &in, Tag tag, std::string_view message = {}) {
    uint64_t start = in.at();
    switch (tag.wire) {
    case wireVarint:
      if (!in.varint())
        throw corrupt(start, in, "a varint should end within 10 bytes");
      return;
    case wireFixed64:
    case wireFixed32:
      if (!in.skip(tag.wire == wireFixed64 ? 8 : 4))
        throw corrupt(
            start, in,
            fmt::format("a number of {} bytes should follow", tag.wire == wireFixed64 ? 8 : 4));
      return;
    case wireBytes:
      range(in);
      return;
    default:
      throw corrupt(start, in,
                    fmt::format("field {} of {} is {}, which ONNX does not have", tag.number,
                                message, kWireNames[tag.wire]));
    }
  }

  /// A length and as many bytes; steps over both.
  Cursor range(Cursor &in) {
    uint64_t start = in.at();
    std::optional<uint64_t> length = in.varint();
    if (!length)
      throw corrupt(start, in, "a length should end within 10 bytes");
    uint64_t begin = in.at();
    if (!in.skip(*length))
      throw corrupt(start, in,
                    fmt::format("{} bytes should follow, but {} are left", *length, in.left()));
    return Cursor{file_, begin, begin + *length};
  }

  void expect(Tag tag, const Cursor &in, uint64_t start, bool good, std::string_view expected) {
    if (!good)
      throw corrupt(start, in,
                    fmt::format("expected {}, found {}", expected, kWireNames[tag.wire]));
  }

  void nested(const Field &field, Cursor &in, Tag tag, uint64_t start) {
    expect(tag, in, start, tag.wire == wireBytes, "a message");
    if (path_.size() > kMaxDepth)
      throw CompileError(
          Problem::unreadable, {},
          fmt::format("at byte {}, messages nest more than {} deep", start, kMaxDepth))
          .code("onnx.wire");
    Cursor inner = range(in);
    putVarint(out_, field.number << 3 | wireBytes);
    // Its length comes once it is known, in five bytes, of which the last ones may carry nothing.
    size_t lengthAt = out_.size();
    out_.append(5, '\0');
    fields(field.message, inner);
    uint64_t length = out_.size() - lengthAt - 5;
    checkSize();
    for (unsigned i = 0; i < 5; ++i)
      out_[lengthAt + i] = static_cast<char>((length >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
  }

  /// Numbers and bytes that protobuf reads, copied with a tag of our own.
  void plain(const Field &field, Cursor &in, Tag tag, uint64_t start) {
    uint32_t wire = wireOf(field.kind);
    bool isRepeated = field.kind == Kind::varints || field.kind == Kind::fixed32s;
    bool isPacked = isRepeated && tag.wire == wireBytes;
    expect(tag, in, start, tag.wire == wire || isPacked, kWireNames[wire]);
    uint64_t begin = in.at();
    skip(in, tag);
    if (isPacked)
      checkPacked(field, Cursor{file_, begin, in.at()});
    putVarint(out_, field.number << 3 | tag.wire);
    copy(begin, in.at());
    checkSize();
  }

  /// The cursor is at the length.
  void checkPacked(const Field &field, Cursor in) {
    in.varint();
    uint32_t wire = wireOf(field.kind);
    uint64_t start = in.at();
    if (wire == wireVarint) {
      while (!in.isAtEnd()) {
        start = in.at();
        if (!in.varint())
          throw corrupt(start, in, "a varint should end within 10 bytes");
      }
      return;
    }
    uint64_t size = wire == wireFixed64 ? 8 : 4;
    if (in.left() % size != 0)
      throw corrupt(
          start, in,
          fmt::format("the length should be a multiple of {}, but is {}", size, in.left()));
  }

  /// Tensor data: checked, not copied. Elements that are not packed are taken as one run.
  void data(const Field &field, Cursor &in, Tag tag, uint64_t start) {
    uint32_t wire = wireOf(field.kind);
    bool isPacked = tag.wire == wireBytes;
    expect(tag, in, start, tag.wire == wire || isPacked, kWireNames[wire]);
    if (isPacked) {
      Cursor check = in;
      Cursor inner = range(in);
      if (field.kind != Kind::dataBytes)
        checkPacked(field, Cursor{file_, check.at(), inner.end()});
      putRegion(field, inner.at(), inner.end(), true);
      return;
    }
    uint64_t end = in.at();
    for (Tag next = tag; next == tag;) {
      skip(in, tag);
      end = in.at();
      if (in.isAtEnd())
        break;
      Cursor peek = in;
      next = readTag(peek, kSchemas[size_t(Message::tensor)]);
      if (next == tag)
        in = peek;
    }
    putRegion(field, start, end, false);
  }

  void putRegion(const Field &field, uint64_t begin, uint64_t end, bool isPacked) {
    constexpr uint32_t kRegion = 1000;
    std::string region;
    const uint64_t values[] = {field.number, begin, end - begin, isPacked};
    for (uint32_t number = 1; uint64_t value : values) {
      putVarint(region, number++ << 3 | wireVarint);
      putVarint(region, value);
    }
    putVarint(out_, kRegion << 3 | wireBytes);
    putVarint(out_, region.size());
    out_ += region;
  }

  static void putVarint(std::string &out, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      out += static_cast<char>((value & 0x7f) | 0x80);
    out += static_cast<char>(value);
  }

  void checkSize() const {
    if (out_.size() > INT_MAX)
      throw CompileError(Problem::limit, {},
                         "the model has more than 2 GiB besides the data of its tensors")
          .code("onnx.wire");
  }

  void copy(uint64_t begin, uint64_t end) {
    out_.append(reinterpret_cast<const char *>(file_.data()) + begin, end - begin);
  }

  CompileError corrupt(uint64_t at, const Cursor &in, std::string expectation) const {
    std::string where;
    for (std::string_view name : path_)
      where += (where.empty() ? ", in " : ".") + std::string{name};
    bool isCut = in.end() == file_.size();
    return CompileError(Problem::unreadable, {},
                        fmt::format("the file is {} at byte {} of {}{}: {}",
                                    isCut ? "truncated or corrupt" : "corrupt", at, file_.size(),
                                    where, expectation))
        .code("onnx.wire");
  }

  std::span<const std::byte> file_;
  std::string out_;
  std::vector<std::string_view> path_; ///< the fields around the current one
};

} // namespace

std::optional<uint64_t> Cursor::varint() {
  uint64_t value = 0;
  for (unsigned i = 0; i < 10 && at_ + i < end_; ++i) {
    auto byte = std::to_integer<uint64_t>(bytes_[at_ + i]);
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      at_ += i + 1;
      return value;
    }
  }
  return {};
}

bool Cursor::skip(uint64_t count) {
  if (count > left())
    return false;
  at_ += count;
  return true;
}

uint64_t Cursor::fixed(unsigned bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i)
    value |= std::to_integer<uint64_t>(bytes_[at_ + i]) << (8 * i);
  at_ += bytes;
  return value;
}

std::string reduce(std::span<const std::byte> file, Root root) {
  return Walk{file}.root(messageOf(root));
}

} // namespace burin::onnx
