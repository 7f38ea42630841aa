// SPDX-License-Identifier: Apache-2.0
//
// Protobuf messages written byte by byte, so that tests can write what no library would.
#pragma once

#include "frontend/onnx/read.h"

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

namespace burin::onnx::test {

/// A message under construction; `bytes` is what it is.
struct Message {
  std::string bytes;

  static void put(std::string &to, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      to += static_cast<char>((value & 0x7f) | 0x80);
    to += static_cast<char>(value);
  }
  Message &tag(uint32_t number, uint32_t wire) {
    put(bytes, uint64_t{number} << 3 | wire);
    return *this;
  }
  Message &varint(uint32_t number, int64_t value) {
    tag(number, 0);
    put(bytes, static_cast<uint64_t>(value));
    return *this;
  }
  Message &text(uint32_t number, std::string_view value) {
    tag(number, 2);
    put(bytes, value.size());
    bytes += value;
    return *this;
  }
  Message &message(uint32_t number, const Message &value) { return text(number, value.bytes); }
  Message &fixed32(uint32_t number, float value) {
    tag(number, 5);
    return little(std::bit_cast<uint32_t>(value), 4);
  }
  Message &fixed64(uint32_t number, double value) {
    tag(number, 1);
    return little(std::bit_cast<uint64_t>(value), 8);
  }
  Message &little(uint64_t value, int count) {
    for (int i = 0; i < count; ++i)
      bytes += static_cast<char>(value >> (8 * i));
    return *this;
  }
  Message &varints(uint32_t number, std::initializer_list<int64_t> values) {
    for (int64_t value : values)
      varint(number, value);
    return *this;
  }
  Message &packed(uint32_t number, std::initializer_list<int64_t> values) {
    std::string inner;
    for (int64_t value : values)
      put(inner, static_cast<uint64_t>(value));
    return text(number, inner);
  }
};

using Texts = std::initializer_list<std::string_view>;

inline Message node(std::string_view op, Texts inputs, Texts outputs, std::string_view name = "") {
  Message m;
  for (std::string_view input : inputs)
    m.text(1, input);
  for (std::string_view output : outputs)
    m.text(2, output);
  if (!name.empty())
    m.text(3, name);
  return m.text(4, op);
}

inline Message graphAttribute(std::string_view name, const Message &graph) {
  return Message{}.text(1, name).message(6, graph).varint(20, 5);
}

inline Message tensor(std::string_view name, DataType type, std::initializer_list<int64_t> dims) {
  return Message{}.varints(1, dims).varint(2, static_cast<int32_t>(type)).text(8, name);
}

/// A ValueInfoProto of a float tensor [2], or without a type.
inline Message value(std::string_view name) {
  Message shape = Message{}.message(1, Message{}.varint(1, 2));
  Message type = Message{}.message(1, Message{}.varint(1, 1).message(2, shape));
  return Message{}.text(1, name).message(2, type);
}
inline Message untyped(std::string_view name) { return Message{}.text(1, name); }

struct GraphParts {
  std::vector<Message> nodes = {}, initializers = {};
  std::vector<Message> inputs = {value("x")}, outputs = {value("y")};
};

inline Message graph(const GraphParts &parts) {
  Message m;
  for (const Message &node : parts.nodes)
    m.message(1, node);
  m.text(2, "g");
  for (const Message &initializer : parts.initializers)
    m.message(5, initializer);
  for (const Message &input : parts.inputs)
    m.message(11, input);
  for (const Message &output : parts.outputs)
    m.message(12, output);
  return m;
}

inline Message opset(std::string_view domain, int64_t version) {
  return Message{}.text(1, domain).varint(2, version);
}

inline Message model(const Message &graph, int64_t irVersion = 8) {
  return Message{}.varint(1, irVersion).text(2, "test").message(7, graph).message(8, opset("", 17));
}

/// x -> Neg -> y, with one initializer that nobody reads.
inline Message modelWith(const Message &initializer) {
  return model(graph({.nodes = {node("Neg", {"x"}, {"y"})}, .initializers = {initializer}}));
}

/// In memory of exactly that size, so that the address sanitizer sees every read behind the end.
inline Bytes exact(std::string_view bytes) {
  std::shared_ptr<std::byte[]> memory{new std::byte[bytes.size()]};
  std::memcpy(memory.get(), bytes.data(), bytes.size());
  return {{memory.get(), bytes.size()}, memory};
}

inline Model read(const Message &m, const std::filesystem::path &folder = {}) {
  return readModel(exact(m.bytes), folder);
}

/// The problems of reading, a line each: "node 'n' (Op): text [code]".
template <class Read> std::string problemsOf(Read &&read) {
  auto line = [](const Diagnostic &d) {
    std::string at =
        d.at.node.empty() && d.at.op.empty() ? "" : "node '" + d.at.node + "' (" + d.at.op + "): ";
    return at + d.text + " [" + d.code + "]";
  };
  try {
    read();
    return "";
  } catch (const CompileError &error) {
    return line(error.diagnostic());
  } catch (const CompileErrors &errors) {
    std::string all;
    for (const Diagnostic &d : errors.all())
      all += (all.empty() ? "" : "\n") + line(d);
    return all;
  }
}
inline std::string problems(const Message &m, const std::filesystem::path &folder = {}) {
  return problemsOf([&] { read(m, folder); });
}
inline std::string problems(std::string_view bytes) {
  return problemsOf([&] { readModel(exact(bytes), {}); });
}

/// The elements of a tensor as T.
template <class T> std::vector<T> elements(const Tensor &tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(T));
  return values;
}

/// A folder of its own, removed at the end.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "burin-onnx-XXXXXX").string();
    if (!::mkdtemp(name.data()))
      throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path &path() const { return path_; }
  std::filesystem::path write(const std::string &name, std::string_view bytes) const {
    std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary}.write(bytes.data(),
                                                static_cast<std::streamsize>(bytes.size()));
    return file;
  }

private:
  std::filesystem::path path_;
};

} // namespace burin::onnx::test
