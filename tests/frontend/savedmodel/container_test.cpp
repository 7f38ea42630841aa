// SPDX-License-Identifier: Apache-2.0
//
// The container of a SavedModel, byte by byte: wire format, tensors, the index and the shards of a
// checkpoint, and what is no SavedModel. Files are made here; zoo/ has those of TensorFlow.
#include "frontend/savedmodel/importer.h"
#include "tests/frontend/savedmodel/writer.h"

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace burin::savedmodel {
namespace {
namespace fs = std::filesystem;

using namespace writer;

class Folder {
public:
  Folder() {
    path = fs::temp_directory_path() / ("savedmodel_test_" + std::to_string(::getpid()));
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  void write(const fs::path &name, const std::string &content) const {
    writeFile(path / name, content);
  }
  fs::path path;
};

template <class F> Diagnostic problemOf(F &&run) {
  try {
    run();
  } catch (const CompileError &error) {
    return error.diagnostic();
  } catch (const CompileErrors &errors) {
    return errors.all().front();
  }
  return {Problem::limit, "", {}, "no problem", {}, ""};
}

/// Of floats.
std::string placeholder(const std::string &dims) {
  return node("x", "Placeholder", {},
              {{"dtype", typeValue(DataType::f32)}, {"shape", bytes(7, dims)}});
}
std::string call(const std::string &name, const std::string &of, const std::string &input) {
  return node(name, "PartitionedCall", {input}, {{"f", functionValue(of)}});
}

/// The problem of a model of these nodes, the last of which is `y`, and of a function `f` with the
/// node `inner`.
std::string calling(const std::vector<std::string> &nodes, const ImportOptions &options) {
  std::string graph = bytes(1, placeholder(shape({2})));
  for (const std::string &n : nodes)
    graph += bytes(1, n);
  graph += bytes(
      2, bytes(1, function("f", {node("inner", "Neg", {"a"}), node("r", "Abs", {"inner:y:0"})},
                           "r:y:0")));
  const Folder folder;
  folder.write("g.pb", graph);
  return problemOf([&] { importModel(folder.path / "g.pb", options); }).text;
}

// ---- wire format ----

TEST(SavedModelWire, SaysWhereAMessageIsCorrupt) {
  const auto read = [](const std::string &s) {
    return problemOf([&] { Message("NodeDef", spanOf(s), "the file").text(1); }).text;
  };
  EXPECT_EQ(read(bytes(1, "x")), "no problem");
  EXPECT_EQ(read(number(7, 1) + "\x0a\x05xy"),
            "the file is corrupt at byte 2, in NodeDef: 5 bytes should follow, but 2 are left");
  EXPECT_EQ(read("\x0b"), "the file is corrupt at byte 0, in NodeDef: field 1 has wire type 3, "
                          "which TensorFlow does not use");
  EXPECT_EQ(
      read(number(1, 5)),
      "the file is corrupt at byte 2, in NodeDef: field 1 has another wire type than it should");
  EXPECT_EQ(read(std::string(11, '\xff')),
            "the file is corrupt at byte 0, in NodeDef: a field should start here");
}

// ---- tensors ----

Tensor tensorOf(const std::string &proto) {
  static std::string keep;
  keep = proto;
  return decode(Message("TensorProto", spanOf(keep), "the file"), nullptr, "it");
}

TEST(SavedModelTensor, RepeatsTheLastValue) {
  const Tensor t = tensorOf(number(1, 1) + bytes(2, shape({3})) + bytes(5, floats({1, 2})));
  const float expected[] = {1, 2, 2};
  EXPECT_EQ(std::memcmp(t.bytes.data(), expected, sizeof expected), 0);
  EXPECT_EQ(
      std::to_integer<int>(tensorOf(number(1, 10) + bytes(2, shape({2})) + number(11, 1)).bytes[1]),
      1);
  // Complex numbers are pairs; bf16 is in half_val; without a value all is zero.
  const Tensor c = tensorOf(number(1, 8) + bytes(2, shape({2})) + bytes(9, floats({1, -1})));
  const float pairs[] = {1, -1, 1, -1};
  EXPECT_EQ(std::memcmp(c.bytes.data(), pairs, sizeof pairs), 0);
  EXPECT_EQ(
      std::to_integer<int>(tensorOf(number(1, 14) + bytes(2, "") + number(13, 0x3f80)).bytes[1]),
      0x3f);
  EXPECT_EQ(std::to_integer<int>(tensorOf(number(1, 3) + bytes(2, shape({4}))).bytes[15]), 0);
  EXPECT_EQ(tensorOf(number(1, 7) + bytes(2, shape({2})) + bytes(8, "ab")).strings,
            (std::vector<std::string>{"ab", "ab"}));
}

TEST(SavedModelTensor, RefusesWhatDoesNotFit) {
  const auto text = [](const std::string &proto) {
    return problemOf([&] { tensorOf(proto); }).text;
  };
  EXPECT_EQ(text(number(1, 1) + bytes(2, shape({2})) + bytes(4, "abcd")),
            "it has 4 bytes, expected 8 for 2 elements of DT_FLOAT");
  EXPECT_EQ(text(number(1, 1) + bytes(2, shape({1})) + bytes(5, floats({1, 2}))),
            "it has 2 values for 1 elements");
  EXPECT_EQ(text(number(1, 1) + bytes(2, shape({-2}))), "it has an extent of -2");
  EXPECT_EQ(text(number(1, 1) + bytes(2, shape({1 << 30, 1 << 30}))),
            "it has more elements than can be");
  EXPECT_EQ(text(number(1, 20) + bytes(2, "")),
            "it is of type DT_RESOURCE, which has no values here");
}

// ---- the index ----

TEST(SavedModelTable, ReadsBlocksPlainAndCompressed) {
  for (const bool compressed : {false, true}) {
    const std::string file =
        table({{{"", "h"}, {"ab", "1"}, {"abc", "2"}}, {{"b", "3"}, {"ba", "4"}}}, compressed);
    const auto entries = readTable(spanOf(file), "it");
    EXPECT_EQ(entries.size(), 5U);
    EXPECT_EQ(entries.at("abc"), "2");
    EXPECT_EQ(entries.at("ba"), "4");
  }
  EXPECT_EQ(crc32c(spanOf("123456789")), 0xe3069283U);
}

TEST(SavedModelTable, RefusesWhatIsCorrupt) {
  const std::string good = table({{{"", "h"}, {"a", "1"}}});
  const auto text = [](const std::string &file) {
    return problemOf([&] { readTable(spanOf(file), "it"); }).text;
  };
  EXPECT_EQ(text(good.substr(0, 40)),
            "it is not the index of a checkpoint: it does not end with the magic number of one");
  std::string flipped = good;
  flipped[3] ^= 1;
  EXPECT_EQ(text(flipped), "it is corrupt at byte 0: the checksum of the block does not match");
  std::string far = good;
  far[far.size() - 48] = 0x7f;
  EXPECT_NE(text(far).find("is not inside of the file"), std::string::npos);
  EXPECT_EQ(text(table({{{"b", "1"}, {"a", "2"}}})),
            "it is corrupt at byte 0: key 'a' is not above the one before");
}

TEST(SavedModelTable, UncompressesCopiesThatReachIntoThemselves) {
  const auto text = [](const std::string &s) {
    std::string out;
    const Diagnostic d = problemOf([&] { out = unsnappy(spanOf(s), "it"); });
    return out.empty() ? d.text : out;
  };
  EXPECT_EQ(text("\x0a\x04"
                 "ab"
                 "\x12" +
                 fixed(2, 2) +
                 "\x04"
                 "cde"),
            "it: the Snappy data are corrupt at byte 11 of 11");
  EXPECT_EQ(text("\x07\x04"
                 "ab"
                 "\x12" +
                 fixed(2, 2)),
            "abababa");
  EXPECT_EQ(text("\x04\x04"
                 "ab"
                 "\x12" +
                 fixed(9, 2)),
            "it: the Snappy data are corrupt at byte 7 of 7");
  EXPECT_EQ(text("\x04\xf0"), "it: the Snappy data are corrupt at byte 2 of 2");
}

// ---- shards ----

TEST(SavedModelBundle, ReadsShardsStringsAndParts) {
  const Folder folder;
  const std::string a = floats({1, 2, 3, 4}), left = floats({1, 2}), right = floats({5, 6, 7, 8});
  std::string texts = varint(2) + varint(0);
  const uint32_t lengths = masked(crc32c(spanOf(fixed(2, 4) + fixed(0, 4))));
  texts += fixed(lengths, 4) + "hi";
  const uint32_t all =
      crc32c(spanOf(fixed(lengths, 4) + "hi"), crc32c(spanOf(fixed(2, 4) + fixed(0, 4))));
  const std::string text = number(1, 7) + bytes(2, shape({2})) + number(3, 1) + number(4, 0) +
                           number(5, static_cast<int64_t>(texts.size())) + varint(6 << 3 | 5) +
                           fixed(masked(all), 4);
  const auto slice = [](int64_t start, int64_t length) {
    return bytes(7, bytes(1, "") + bytes(1, number(1, start) + number(2, length)));
  };
  const std::string parts = number(1, 1) + bytes(2, shape({2, 3})) + slice(0, 1) + slice(1, 2);
  std::vector<std::pair<std::string, std::string>> entries = {
      {"", number(1, 2)},
      {sliceKey("p", {0, 0}, {-1, 1}), entry(DataType::f32, shape({2, 1}), 0, 16, left)},
      {sliceKey("p", {0, 1}, {-1, 2}), entry(DataType::f32, shape({2, 2}), 0, 24, right)},
      {"a", entry(DataType::f32, shape({2, 2}), 0, 0, a)},
      {"gone", entry(DataType::f32, shape({9}), 0, 30, a)},
      {"p", parts},
      {"t", text},
  };
  folder.write("v.index", table({entries}, true));
  folder.write("v.data-00000-of-00002", a + left + right);
  folder.write("v.data-00001-of-00002", texts);
  Bundle bundle(folder.path / "v");
  EXPECT_EQ(textOf(bundle.read("a").bytes), a);
  EXPECT_EQ(bundle.read("t").strings, (std::vector<std::string>{"hi", ""}));
  EXPECT_EQ(textOf(bundle.read("p").bytes), floats({1, 5, 6, 2, 7, 8}));
  EXPECT_EQ(textOf(bundle.read("a", "2 2 0,2:1,1").bytes), floats({2, 4}));
  EXPECT_EQ(textOf(bundle.read("a", "2 2 -:-").bytes), a);
  EXPECT_EQ(problemOf([&] { bundle.read("a", "2 2 0,2:1,2"); }).text,
            "variable 'a': the slice '2 2 0,2:1,2' is not inside of it");
  EXPECT_EQ(
      problemOf([&] { bundle.read("gone"); }).text,
      "variable 'gone': 16 bytes at 30 are not inside of shard 0, which has 40: it is truncated");
  EXPECT_EQ(problemOf([&] { bundle.read("none"); }).text, "the checkpoint has no tensor 'none'");
  folder.write("v.data-00000-of-00002", std::string(40, 'x'));
  Bundle other(folder.path / "v");
  EXPECT_EQ(problemOf([&] { other.read("a"); }).text,
            "variable 'a': the checksum of its bytes does not match");
}

TEST(SavedModelBundle, WritesKeysOfParts) {
  EXPECT_EQ(sliceKey(std::string("a\0\xff", 3), {0}, {-1}),
            std::string("\0a\0\xff\xff\0\0\1\1\1\x80\x7f", 12));
  EXPECT_EQ(sliceKey("", {64}, {-65}), std::string("\0\0\1\1\1\xc0\x40\x3f\xbf", 9));
}

// ---- files ----

TEST(SavedModelFile, NamesWhatIsNone) {
  const Folder folder;
  const auto problem = [&] { return problemOf([&] { importModel(folder.path, {}); }); };
  EXPECT_EQ(problem().text, "the folder has no file saved_model.pb: it is no SavedModel");
  folder.write("saved_model.pbtxt", "");
  EXPECT_EQ(problem().text, "the folder is a SavedModel in text form");
  folder.write("saved_model.pb", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_EQ(problem().text, "the file is a git-lfs pointer, not the model");
  folder.write("saved_model.pb", number(1, 1));
  EXPECT_EQ(problem().text, "the file holds no graph: it is neither a SavedModel nor a GraphDef");
  folder.write("saved_model.pb", number(1, 1) + bytes(2, bytes(1, bytes(4, "serve"))));
  EXPECT_EQ(problem().text, "the model has no signature: nothing says what its inputs are");
  folder.write("variables/variables.data-00000-of-00001", "");
  EXPECT_EQ(
      problem().text,
      "variables/variables.data-00000-of-00001 is there and variables/variables.index is not");
}

TEST(SavedModelFile, TellsTheFormatByContent) {
  EXPECT_TRUE(isSavedModel(ZOO "/affine"));
  EXPECT_TRUE(isSavedModel(ZOO "/affine/saved_model.pb"));
  EXPECT_TRUE(isSavedModel(ZOO "/tf1_frozen.pb"));
  EXPECT_FALSE(isSavedModel(ZOO));
}

// ---- signatures ----

TEST(SavedModelSignature, IsChosenByName) {
  ImportOptions options;
  options.dims = {{"x.0", {1, 8}}};
  options.signature = "encode";
  EXPECT_EQ(importModel(ZOO "/two_signatures", options).module->functions[0]->resultNames,
            std::vector<std::string>{"code"});
  options.signature = "decode";
  EXPECT_EQ(problemOf([&] { importModel(ZOO "/two_signatures", options); }).text,
            "the model has no signature 'decode'");
  options.signature.clear();
  options.tag = "train";
  EXPECT_EQ(problemOf([&] { importModel(ZOO "/two_signatures", options); }).text,
            "no graph of the file has the tag 'train'");
  options.tag.clear();
  options.dims.clear();
  EXPECT_EQ(problemOf([&] { importModel(ZOO "/two_signatures", options); }).hint,
            "fix each by a number or a range: --dim x.0=1..N");
  EXPECT_EQ(inputsOf(ZOO "/two_signatures", options).at(0).extents, (std::vector<int64_t>{-1, 4}));
}

TEST(SavedModelSignature, AnOutputMayBeOfAFunctionThatIsCalledOnce) {
  ImportOptions options;
  options.outputs = {"inner"};
  EXPECT_EQ(calling({call("y", "f", "x")}, options), "no problem");
  EXPECT_EQ(calling({call("z", "f", "x"), call("y", "f", "z")}, options),
            "--outputs inner: several tensors have that name");
  options.outputs = {"other"};
  EXPECT_EQ(calling({call("y", "f", "x")}, options), "the model has no output 'other'");
}

// ---- attributes ----

/// What an attribute asks for is done, or refused.
TEST(SavedModelAttributes, AreRefusedWhereTheyAskForMore) {
  const auto text = [](const std::string &op, Texts inputs, const std::string &name,
                       const std::string &value) {
    const Folder folder;
    folder.write("g.pb", bytes(1, placeholder(shape({2, 2, 2, 4}))) +
                             bytes(1, constantNode("i", DataType::i32, integersValue({0, 1}))) +
                             bytes(1, node("y", op, inputs, {{name, value}})));
    return problemOf([&] { importModel(folder.path / "g.pb", {}); }).text;
  };
  EXPECT_EQ(text("Cast", {"x"}, "Truncate", number(5, 1)), "the attribute 'Truncate' is true");
  EXPECT_EQ(text("Cast", {"x"}, "Truncate", number(5, 0)), "no problem");
  EXPECT_EQ(text("GatherNd", {"x", "i"}, "bad_indices_policy", bytes(2, "IGNORE")),
            "indices outside of the tensor are ignored (bad_indices_policy)");
  EXPECT_EQ(text("DepthToSpace", {"x"}, "data_format", bytes(2, "NCHW_VECT_C")),
            "data_format is 'NCHW_VECT_C', expected NHWC, NDHWC, NCHW or NCDHW");
  EXPECT_EQ(text("TensorArrayV3", {"i"}, "dynamic_size", number(5, 1)),
            "a TensorArray that grows (dynamic_size)");
}

/// x[i, ::-1], where only the run knows i.
TEST(SavedModelAttributes, StepsAreNotForgottenWhereTheRunCuts) {
  const auto constant = [](const std::string &name, std::initializer_list<int32_t> xs) {
    return bytes(1, constantNode(name, DataType::i32, integersValue(xs)));
  };
  const auto text = [&](int32_t step) {
    const Folder folder;
    folder.write("g.pb",
                 bytes(1, placeholder(shape({2}))) + constant("row", {1, 2}) +
                     constant("end", {0, 0}) + constant("strides", {1, step}) +
                     bytes(1, node("m", "Pack", {"row", "row"})) +
                     bytes(1, node("i", "Cast", {"x"}, {{"DstT", typeValue(DataType::i32)}})) +
                     bytes(1, node("y", "StridedSlice", {"m", "i", "end", "strides"},
                                   {{"shrink_axis_mask", number(3, 1)},
                                    {"begin_mask", number(3, 2)},
                                    {"end_mask", number(3, 2)}})));
    return problemOf([&] { importModel(folder.path / "g.pb", {}); }).text;
  };
  EXPECT_EQ(text(1), "no problem");
  EXPECT_EQ(text(-1), "axis 1 is cut between places that only the run knows, or in steps where "
                      "another is");
}

/// Every operator that has no row is named, with what to do.
TEST(SavedModelOperators, AreReportedAtOnce) {
  const auto node = [](const std::string &name, const std::string &op, const std::string &input) {
    return bytes(1, bytes(1, name) + bytes(2, op) + (input.empty() ? "" : bytes(3, input)) +
                        (op == "Placeholder"
                             ? bytes(5, bytes(1, "dtype") + bytes(2, number(6, 1))) +
                                   bytes(5, bytes(1, "shape") + bytes(2, bytes(7, shape({2}))))
                             : ""));
  };
  const Folder folder;
  folder.write("g.pb", node("x", "Placeholder", "") + node("a", "Foo", "x") +
                           node("b", "Foo", "a") + node("c", "Bar", "b") +
                           node("unused", "Baz", "") + node("y", "Identity", "c"));
  ImportOptions options;
  options.outputs = {"y"};
  try {
    importModel(folder.path / "g.pb", options);
    FAIL();
  } catch (const CompileErrors &errors) {
    ASSERT_EQ(errors.all().size(), 2U);
    EXPECT_EQ(errors.all()[0].text, "Bar is not supported (1 node)");
    EXPECT_EQ(errors.all()[1].text, "Foo is not supported (2 nodes)");
    EXPECT_EQ(errors.all()[1].at.node, "a");
  }
  options.outputs = {"z"};
  EXPECT_EQ(problemOf([&] { importModel(folder.path / "g.pb", options); }).text,
            "the model has no output 'z'");
}

} // namespace
} // namespace burin::savedmodel
