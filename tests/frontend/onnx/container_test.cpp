// SPDX-License-Identifier: Apache-2.0
//
// The file as a whole: wire format, truncation, nesting, look-alikes, size.
#include "tests/frontend/onnx/wire_builder.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace burin::onnx::test {
namespace {

using namespace std::string_literals;

/// One of everything: initializers of each kind, a nested graph, a function, types.
Message smallModel() {
  Message branch =
      graph({.nodes = {node("Abs", {"x"}, {"b"})}, .inputs = {}, .outputs = {value("b")}});
  Message choice =
      node("If", {"c"}, {"y"}, "choose")
          .message(5, graphAttribute("then_branch", branch))
          .message(5, graphAttribute("else_branch", branch))
          .message(5, Message{}.text(1, "floats").fixed32(7, 1).fixed32(7, 2).varint(20, 6))
          .message(5, Message{}.text(1, "ints").packed(8, {1, 300}).varint(20, 7));
  Message sparse = Message{}
                       .message(1, tensor("s", DataType::f32, {1}).text(9, "abcd"))
                       .message(2, tensor("", DataType::i64, {1}).packed(7, {2}))
                       .varint(3, 4);
  Message whole = graph({.nodes = {choice, node("Twice", {"y"}, {"z"}).text(7, "own")},
                         .initializers = {tensor("raw", DataType::f32, {1}).text(9, "abcd"),
                                          tensor("packed", DataType::i32, {2}).packed(5, {-1, 7}),
                                          tensor("runs", DataType::i64, {2}).varints(7, {1, 2}),
                                          tensor("texts", DataType::string, {1}).text(6, "hi")},
                         .inputs = {value("x"), untyped("c")},
                         .outputs = {value("z")}})
                      .message(15, sparse);
  Message twice = Message{}
                      .text(1, "Twice")
                      .text(4, "a")
                      .text(5, "b")
                      .message(7, node("Add", {"a", "a"}, {"b"}))
                      .message(9, opset("", 17))
                      .text(10, "own");
  return model(whole).message(25, twice).message(8, opset("own", 1));
}

TEST(Container, ReadsASmallModel) {
  Model m = read(smallModel());
  EXPECT_EQ(m.irVersion, 8);
  EXPECT_EQ(m.producer, "test");
  EXPECT_EQ(m.opsets, (Opsets{{"", 17}, {"own", 1}}));
  ASSERT_EQ(m.graph.nodes.size(), 2u);
  EXPECT_EQ(std::get<std::vector<float>>(m.graph.nodes[0].find("floats")->value),
            (std::vector<float>{1, 2}));
  EXPECT_EQ(std::get<std::vector<int64_t>>(m.graph.nodes[0].find("ints")->value),
            (std::vector<int64_t>{1, 300}));
  EXPECT_EQ(std::get<GraphRef>(m.graph.nodes[0].find("then_branch")->value)->captures,
            std::vector<std::string>{"x"});
  ASSERT_TRUE(m.function(m.graph.nodes[1]));
  EXPECT_FALSE(m.function(m.graph.nodes[0]));
  EXPECT_TRUE(m.files.empty());
}

TEST(Container, EveryTruncationIsAnErrorOrAWholeModel) {
  std::string bytes = smallModel().bytes;
  size_t whole = 0;
  for (size_t size = 0; size < bytes.size(); ++size)
    whole += problems(bytes.substr(0, size)).empty();
  EXPECT_EQ(whole, 3u); // what is behind the graph is optional
}

TEST(Container, EveryChangedByteIsHarmless) {
  std::string bytes = smallModel().bytes;
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int change : {0x01, 0x02, 0x04, 0x07, 0x08, 0x40, 0x80, 0xff}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ change);
      problems(changed); // what it says does not matter here
    }
}

TEST(Container, SaysWhereItIsTruncated) {
  std::string bytes = model(graph({})).bytes;
  EXPECT_EQ(
      problems(bytes.substr(0, 12)),
      "the file is truncated or corrupt at byte 9 of 12, in graph: 37 bytes should follow, but 2 "
      "are left [onnx.wire]");
}

TEST(Container, SaysWhichFieldIsCorrupt) {
  // A length that reaches beyond the message around it.
  Message bad = tensor("w", DataType::f32, {1}).tag(9, 2);
  bad.bytes += '\x7f';
  EXPECT_EQ(problems(modelWith(bad)),
            "the file is corrupt at byte 36 of 77, in graph.initializer.raw_data: 127 bytes should "
            "follow, but 0 are left [onnx.wire]");
  // Packed numbers that end within one of them.
  EXPECT_EQ(problems(modelWith(Message{}.text(1, "\x01\x80"))),
            "the file is corrupt at byte 31 of 72, in graph.initializer.dims: a varint should end "
            "within 10 bytes [onnx.wire]");
  EXPECT_EQ(
      problems(modelWith(tensor("w", DataType::f32, {1}).text(4, "abc"))),
      "the file is corrupt at byte 37 of 80, in graph.initializer.float_data: the length should "
      "be a multiple of 4, but is 3 [onnx.wire]");
}

TEST(Container, RefusesWrongWireTypes) {
  EXPECT_EQ(
      problems(Message{}.varint(7, 1)),
      "the file is truncated or corrupt at byte 0 of 2, in graph: expected a message, found a "
      "varint [onnx.wire]");
  EXPECT_EQ(
      problems(Message{}.varint(1, 8).tag(99, 3)),
      "the file is truncated or corrupt at byte 4 of 4: field 99 of ModelProto is a group, which "
      "ONNX does not have [onnx.wire]");
  EXPECT_EQ(
      problems(Message{}.varint(1, 8).tag(0, 0)),
      "the file is truncated or corrupt at byte 2 of 3: a field of ModelProto should start here, "
      "but its number is 0 [onnx.wire]");
}

TEST(Container, SkipsUnknownFieldsOfEveryWireType) {
  Message m = smallModel();
  m.varint(1000, 1).fixed32(1001, 1).fixed64(1002, 1).text(1003, "whatever");
  EXPECT_EQ(problems(m), "");
}

TEST(Container, TakesNoRegionFromAFile) {
  // Field 1000 of a tensor is how the walk tells where data are: in a file it means nothing.
  Message forged = Message{}.varint(1, 9).varint(2, 0).varint(3, 4).varint(4, 1);
  EXPECT_EQ(problems(modelWith(tensor("w", DataType::f32, {1}).message(1000, forged))),
            "initializer 'w': it has no data, but FLOAT[1] needs 4 bytes [onnx.tensor]");
}

TEST(Container, MergesAGraphInTwoParts) {
  Message m = model(graph({.nodes = {node("Neg", {"x"}, {"t"})}, .outputs = {}}));
  m.message(7, Message{}.message(1, node("Abs", {"t"}, {"y"})).message(12, value("y")));
  EXPECT_EQ(read(m).graph.nodes.size(), 2u);
}

/// If in If in If ...: each level is three messages deep.
Message nestedGraphs(int levels) {
  Message inner = graph({.inputs = {}, .outputs = {value("x")}});
  for (int i = 0; i < levels; ++i)
    inner =
        graph({.nodes = {node("If", {"x"}, {"v"}).message(5, graphAttribute("then_branch", inner))},
               .inputs = {},
               .outputs = {value("x")}});
  return Message{}.message(7, inner.message(11, value("x")));
}

TEST(Container, BoundsNestedGraphs) {
  // The graph is one deep, every nested one three more, its innermost dimension five.
  EXPECT_EQ(problems(nestedGraphs(31)), "");
  EXPECT_NE(problems(nestedGraphs(40)).find("messages nest more than 100 deep [onnx.wire]"),
            std::string::npos);
  EXPECT_NE(problems(nestedGraphs(2000)).find("messages nest more than 100 deep [onnx.wire]"),
            std::string::npos);
}

TEST(Container, BoundsNestedTypes) {
  auto typed = [](int levels) {
    Message type = Message{}.message(1, Message{}.varint(1, 1));
    for (int i = 0; i < levels; ++i)
      type = Message{}.message(4, Message{}.message(1, type));
    GraphParts parts;
    parts.inputs = {Message{}.text(1, "y").message(2, type)};
    return model(graph(parts));
  };
  EXPECT_EQ(problems(typed(48)), "");
  EXPECT_NE(problems(typed(49)).find("nest more than 100 deep"), std::string::npos);
  EXPECT_NE(problems(typed(2000)).find("nest more than 100 deep"), std::string::npos);
}

TEST(Container, AcceptsLongVarints) {
  // Ten bytes for a small number, and a tag in five.
  Message m = model(graph({.inputs = {value("y")}}));
  m.bytes += "\xa8\x80\x80\x80\x00"s + "\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00"s;
  EXPECT_EQ(read(m).version, 1);
  m.bytes += "\x28\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"s;
  EXPECT_NE(problems(m).find("a varint should end within 10 bytes"), std::string::npos);
}

struct LookAlikeCase {
  std::string bytes, text;
};

TEST(Container, NamesLookAlikes) {
  std::string tar(512, 'a');
  tar.replace(257, 5, "ustar");
  const LookAlikeCase cases[] = {
      {"", "an empty file"},
      {"PK\x03\x04rest", "a zip archive"},
      {"\x80\x04\x95", "a Python pickle"},
      {"\x80\x02}q", "a Python pickle"},
      {"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras)"},
      {"\x1f\x8b\x08", "a gzip file"},
      {tar, "a tar archive"},
      {"\x1c\0\0\0TFL3"s, "a TensorFlow Lite model"},
      {"\x20\0\0\0ORTM"s, "a model in ONNX Runtime's own format"},
      {"GGUF\x03", "a GGUF file"},
      {"\x0a\0\0\0\0\0\0\0{\"a\":{}}  "s, "a safetensors file"},
      {"version https://git-lfs.github.com/spec/v1\noid", "a git-lfs pointer, not the file itself"},
      {"\n<!DOCTYPE html><html>", "an HTML page"},
      {"<HTML><body>", "an HTML page"},
      {"<?xml version=\"1.0\"?><net>", "an XML file"},
      {"{\"class_name\": \"Sequential\"}", "a JSON file"},
      {"ir_version: 8\ngraph {\n}", "a model in protobuf's text form"},
      {" \n", "a file of white space"},
      {std::string(40, '\0'), "a file of zeros"},
      // SavedModel: schema version 1, one meta graph.
      {Message{}.varint(1, 1).text(2, "\x0a\x00"s).bytes, "a TensorFlow SavedModel"},
      {Message{}.text(1, "\x0a\x01x").message(4, Message{}.varint(1, 9)).bytes,
       "a TensorFlow graph"},
      {tensor("t", DataType::f32, {2}).text(9, "abcdefgh").bytes, "a tensor (test data)"},
  };
  for (const LookAlikeCase &c : cases)
    EXPECT_EQ(problems(c.bytes), "the file is " + c.text + ", not an ONNX model [onnx.file]");
}

TEST(Container, SaysThatThereIsNoGraph) {
  EXPECT_EQ(problems(Message{}.varint(1, 8).text(2, "p").message(8, opset("", 17))),
            "the file has no graph: it is not an ONNX model [onnx.file]");
}

TEST(Container, RefusesWhatIsNoFile) {
  TemporaryFolder folder;
  auto readPath = [&](const std::string &name) {
    return problemsOf([&] { readModel(folder.path() / name); });
  };
  EXPECT_EQ(readPath("none.onnx"),
            "the file cannot be opened: No such file or directory [onnx.file]");
  EXPECT_EQ(readPath("."), "the path is a folder, not a file [onnx.file]");
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(readPath("pipe"), "the path is not a regular file [onnx.file]");
  folder.write("empty.onnx", "");
  EXPECT_EQ(readPath("empty.onnx"), "the file is an empty file, not an ONNX model [onnx.file]");
}

TEST(Container, ListsTheFileThatWasRead) {
  TemporaryFolder folder;
  std::filesystem::path file = folder.write("m.onnx", smallModel().bytes);
  EXPECT_EQ(readModel(file).files, std::vector{file});
}

TEST(Container, TensorsKeepTheMappingAlive) {
  TemporaryFolder folder;
  Tensor kept;
  {
    Model m = readModel(folder.write("m.onnx", smallModel().bytes));
    kept = m.graph.initializers[0].tensor;
  }
  EXPECT_EQ(elements<char>(kept), (std::vector<char>{'a', 'b', 'c', 'd'}));
}

/// Writes a model with one initializer of `count` floats, in a file with a hole for them.
std::filesystem::path writeLarge(const TemporaryFolder &folder, uint32_t field, int64_t count) {
  uint64_t size = static_cast<uint64_t>(count) * 4;
  auto length = [](uint64_t value) {
    std::string bytes;
    Message::put(bytes, value);
    return bytes;
  };
  std::string tensorHead = tensor("w", DataType::f32, {count}).tag(field, 2).bytes + length(size);
  std::string graphHead = Message{}.message(1, node("Add", {"x", "w"}, {"y"})).tag(5, 2).bytes +
                          length(tensorHead.size() + size) + tensorHead;
  std::string graphTail = Message{}.message(11, value("x")).message(12, value("y")).bytes;
  std::string head = Message{}.varint(1, 8).tag(7, 2).bytes +
                     length(graphHead.size() + size + graphTail.size()) + graphHead;
  std::string tail = "abcd" + graphTail + Message{}.message(8, opset("", 17)).bytes;
  std::filesystem::path file = folder.write("large.onnx", head);
  int fd = ::open(file.c_str(), O_WRONLY);
  auto at = static_cast<off_t>(head.size() + size - 4); // the last element is "abcd"
  EXPECT_EQ(::pwrite(fd, tail.data(), tail.size(), at), static_cast<ssize_t>(tail.size()));
  ::close(fd);
  return file;
}

/// Memory of the process that is resident now, in bytes.
int64_t residentBytes() {
  std::ifstream statm{"/proc/self/statm"};
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

TEST(Container, ReadsModelsAboveTwoGigabytes) {
  for (uint32_t field : {9u, 4u}) { // raw_data, packed float_data
    TemporaryFolder folder;
    constexpr int64_t kCount = 800'000'000;
    std::filesystem::path file = writeLarge(folder, field, kCount);
    int64_t before = residentBytes();
    Model m = readModel(file);
    EXPECT_LT(residentBytes() - before, 16 << 20) << "the data were read, not mapped";
    const Tensor &w = m.graph.initializers[0].tensor;
    EXPECT_EQ(w.dims, std::vector<int64_t>{kCount});
    ASSERT_EQ(w.data.size(), size_t{kCount} * 4);
    EXPECT_EQ(std::to_integer<char>(w.data.back()), 'd');
    EXPECT_EQ(m.opsets.at(""), 17);
  }
}

} // namespace
} // namespace burin::onnx::test
