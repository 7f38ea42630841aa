// SPDX-License-Identifier: Apache-2.0
//
// savedmodel_broken DIR: writes SavedModels that are damaged, hostile or something else into DIR,
// and DIR/messages.txt with the words that burin must answer to each (NAME: text).
#include "frontend/savedmodel/bundle.h"
#include "tests/frontend/savedmodel/writer.h"

#include <cstdio>
#include <map>

namespace burin::savedmodel {
namespace {
using namespace writer;
namespace fs = std::filesystem;

/// y = x + w, w a variable that a restore operation of TensorFlow 1 fills, in parts that a case
/// changes.
struct Parts {
  std::map<std::string, std::string> nodes = {
      {"x", node("x", "Placeholder", {},
                 {{"dtype", typeValue(DataType::f32)}, {"shape", bytes(7, shape({2}))}})},
      {"w", node("w", "VarHandleOp", {},
                 {{"dtype", typeValue(DataType::f32)}, {"shape", bytes(7, shape({2}))}})},
      {"read", node("read", "ReadVariableOp", {"w"}, {{"dtype", typeValue(DataType::f32)}})},
      {"y", node("y", "AddV2", {"x", "read"}, {{"T", typeValue(DataType::f32)}})},
      {"file", constantNode("file", DataType::string, stringsValue({"variables"}))},
      {"names", constantNode("names", DataType::string, stringsValue({"w"}))},
      {"slices", constantNode("slices", DataType::string, stringsValue({""}))},
      {"restore", node("restore", "RestoreV2", {"file", "names", "slices"})},
      {"assign", node("assign", "AssignVariableOp", {"w", "restore"})},
  };
  std::string functions;
  std::string tags = bytes(4, "serve");
  std::string inputs = mapEntry(1, "x", tensorInfo("x:0", DataType::f32, shape({2})));
  std::string outputs = mapEntry(2, "y", tensorInfo("y:0", DataType::f32, shape({2})));
  std::string data = floats({1, 2});
  std::map<std::string, std::string> entries = {
      {"", number(1, 1)}, {"w", entry(DataType::f32, shape({2}), 0, 0, floats({1, 2}))}};

  std::string graph() const {
    std::string s;
    for (const auto &[name, proto] : nodes)
      s += bytes(1, proto);
    return s + bytes(2, functions);
  }
  std::string model() const {
    return number(1, 1) + bytes(2, bytes(1, tags) + bytes(2, graph()) +
                                       mapEntry(5, "serving_default", inputs + outputs));
  }
  std::string index() const { return table({Entries(entries.begin(), entries.end())}); }
};

constexpr const char *kModel = "saved_model.pb", *kIndex = "variables/variables.index",
                     *kShard = "variables/variables.data-00000-of-00001";

class Cases {
public:
  explicit Cases(fs::path to) : to_{std::move(to)} {}
  ~Cases() { writeFile(to_ / "messages.txt", messages_); }

  /// One file.
  void file(const std::string &name, const std::string &content, const std::string &words) {
    writeFile(to_ / name, content);
    messages_ += name + ": " + words + "\n";
  }
  /// A folder with these files.
  void folder(const std::string &name, const std::map<std::string, std::string> &files,
              const std::string &words) {
    fs::create_directories(to_ / name);
    for (const auto &[path, content] : files)
      writeFile(to_ / name / path, content);
    messages_ += name + ": " + words + "\n";
  }
  /// A model with some parts changed.
  template <class Change>
  void model(const std::string &name, const std::string &words, Change &&change) {
    Parts parts;
    change(parts);
    folder(name, {{kModel, parts.model()}, {kIndex, parts.index()}, {kShard, parts.data}}, words);
  }
  /// A model with this saved_model.pb, or this index.
  void container(const std::string &name, const std::string &pb, const std::string &words) {
    const Parts parts;
    folder(name, {{kModel, pb}, {kIndex, parts.index()}, {kShard, parts.data}}, words);
  }
  void index(const std::string &name, const std::string &file, const std::string &words) {
    const Parts parts;
    folder(name, {{kModel, parts.model()}, {kIndex, file}, {kShard, parts.data}}, words);
  }

private:
  fs::path to_;
  std::string messages_;
};

// ---- saved_model.pb ----

void wire(Cases &to) {
  const std::string good = Parts().model();
  to.container("pb_empty", "", "the file holds no graph");
  to.container("pb_cut", good.substr(0, good.size() / 2), "bytes should follow, but");
  to.container("pb_cut_at_the_end", good.substr(0, good.size() - 1), "bytes should follow, but 4");
  to.container("pb_garbage", "\x83\x17\xf2\x91garbage\xff\xff\x01\x02",
               "the file is corrupt at byte 0");
  to.container("pb_zeros", std::string(200, '\0'), "a field should start here");
  to.container("pb_git_lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
               "git lfs pull");
  to.container("pb_without_graphs", number(1, 1), "the file holds no graph");
  to.container("pb_other_schema", number(1, 2) + good.substr(2), "schema version 2, expected 1");
  to.container("graph_is_number",
               number(1, 1) + bytes(2, bytes(1, bytes(4, "serve")) + number(2, 7)),
               "in MetaGraphDef: field 2 has another wire type than it should");
  to.container("group", number(1, 1) + bytes(2, "\x0b"), "has wire type 3");
  to.container("varint_without_end", number(1, 1) + bytes(2, bytes(2, std::string(12, '\xff'))),
               "in GraphDef: a field should start here");
  to.container("length_beyond_64_bits", number(1, 1) + "\x12" + std::string(9, '\xff') + "\x01",
               "bytes should follow, but 0 are left");
  to.container("field_zero", number(1, 1) + bytes(2, std::string(1, '\0') + "\x01"),
               "a field should start here");
  to.model("node_without_name", "a node has no name", [](Parts &p) {
    p.nodes["y"] = node("", "AddV2", {"x", "read"});
  });
  to.model("node_without_operator", "a node has no operator", [](Parts &p) {
    p.nodes["y"] = node("y", "", {"x", "read"});
  });
  to.model("name_twice", "two nodes have the name 'x'",
           [](Parts &p) { p.nodes["x2"] = p.nodes["x"]; });
}

// ---- the folder ----

void folders(Cases &to) {
  const Parts good;
  to.folder("no_variables", {{kModel, good.model()}}, "no folder variables");
  to.folder("no_index", {{kModel, good.model()}, {kShard, good.data}},
            "variables/variables.index is not");
  to.folder("no_shard", {{kModel, good.model()}, {kIndex, good.index()}},
            "'variables.data-00000-of-00001' cannot be opened");
  to.folder("index_is_folder", {{kModel, good.model()}, {std::string(kIndex) + "/x", ""}},
            "is no regular file");
  to.folder("pb_is_folder", {{std::string(kModel) + "/x", ""}}, "is no regular file");
  to.folder("text_form", {{"saved_model.pbtxt", "saved_model_schema_version: 1\n"}},
            "a SavedModel in text form");
  to.folder("chunks", {{"saved_model.cpb", ""}}, "a SavedModel in chunks");
  to.folder("checkpoint_alone",
            {{"checkpoint", ""},
             {"model.ckpt-1.index", good.index()},
             {"model.ckpt-1.data-00000-of-00001", good.data}},
            "a checkpoint, which holds the variables and no graph");
  to.folder("checkpoint_unnamed",
            {{"ckpt-1.index", good.index()}, {"ckpt-1.data-00000-of-00001", good.data}},
            "a checkpoint, which holds the variables and no graph");
  to.folder("variables_alone",
            {{"variables.index", good.index()}, {"variables.data-00000-of-00001", good.data}},
            "the variables of a SavedModel");
  to.folder("folder_above", {{"1/saved_model.pb", good.model()}}, "pass it: ");
  to.folder("keras_unpacked",
            {{"config.json", "{}"}, {"metadata.json", "{}"}, {"model.weights.h5", ""}},
            "an unpacked .keras file");
  to.folder("tensorflow_js", {{"model.json", "{}"}, {"group1-shard1of1.bin", ""}},
            "a TensorFlow.js model");
  to.folder("something_else", {{"notes.txt", "hello"}}, "the folder has no file saved_model.pb");
  to.folder("no_files", {}, "the folder has no file saved_model.pb");
}

// ---- the index of the variables ----

/// A file of one data block, as it is stored.
std::string indexOf(const std::string &stored, char type) {
  TableFile t;
  return t.finish({{"~", t.put(stored, type)}});
}

void indices(Cases &to) {
  const std::string good = Parts().index();
  const std::string entries = block({{"", number(1, 1)}});
  const auto changed = [&](size_t at, char byte) {
    std::string s = good;
    s[at] = byte;
    return s;
  };
  to.index("index_empty", "", "it does not end with the magic number");
  to.index("index_cut", good.substr(0, good.size() - 20), "it does not end with the magic number");
  to.index("index_magic", changed(good.size() - 1, 'x'), "it does not end with the magic number");
  to.index("index_checksum", changed(2, '\x7f'), "the checksum of the block does not match");
  to.index("index_footer", changed(good.size() - 48, '\x7f'), "is not inside of the file");
  to.index("index_handle_without_end",
           good.substr(0, good.size() - 48) + std::string(40, '\xff') +
               good.substr(good.size() - 8),
           "the place of a block should be here");
  to.index("index_without_header", table({{{"w", ""}}}), "has no header");
  to.index("index_no_entries", indexOf(fixed(0, 4) + fixed(1, 4), 0), "has no header");
  to.index("index_no_shards", table({{{"", number(1, 0)}}}), "there are 0 shards");
  to.index("index_many_shards", table({{{"", number(1, int64_t{1} << 40)}}}),
           "shards, expected 1 to");
  to.index("index_big_endian", table({{{"", number(1, 1) + number(2, 1)}}}), "big-endian");
  to.index("index_header_garbage", table({{{"", "\xff\xff"}}}), "in BundleHeaderProto");
  to.index("index_entry_garbage", table({{{"", number(1, 1)}, {"w", "\x0a\x7f"}}}),
           "in BundleEntryProto");
  to.index("index_order", table({{{"", number(1, 1)}, {"w", ""}, {"a", ""}}}),
           "key 'a' is not above the one before");
  to.index("index_shared",
           indexOf(varint(5) + varint(0) + varint(0) + fixed(0, 4) + fixed(1, 4), 0),
           "entry at 3 of the block does not fit");
  to.index("index_value",
           indexOf(varint(0) + varint(0) + varint(99) + fixed(0, 4) + fixed(1, 4), 0),
           "entry at 3 of the block does not fit");
  to.index("index_restarts", indexOf(entries.substr(0, entries.size() - 4) + fixed(9999, 4), 0),
           "a block should end with its restart points");
  to.index("index_short_block", indexOf("abc", 0), "a block should end with its restart points");
  to.index("index_compression", indexOf(entries, 2), "compression 2");
  // Each key shares a megabyte with the one before: a small file of terabytes.
  std::string keys = varint(0) + varint(0) + varint(2) + number(1, 1) + varint(0) +
                     varint(1 << 20) + varint(0) + std::string(1 << 20, 'k');
  for (int i = 0; i < 200'000; ++i)
    keys += varint(static_cast<uint64_t>((1 << 20) + i)) + varint(1) + varint(0) + "k";
  to.index("index_key_bomb", indexOf(keys + fixed(0, 4) + fixed(1, 4), 0), "a key of");
  // One block that many entries name.
  TableFile t;
  const std::string handle = t.put(entries, 0), empty = t.put(fixed(0, 4) + fixed(1, 4), 0);
  Entries index = {{"~", handle}};
  for (char c = 'a'; c < 'z'; ++c)
    index.emplace_back(std::string("~") + c, empty);
  to.index("index_block_twice", t.finish(index), "is not behind the one before");
}

void snappy(Cases &to) {
  const std::string entries = block({{"", number(1, 1)}});
  const auto length = varint(entries.size());
  const std::string corrupt = "the Snappy data are corrupt";
  to.index("snappy_empty", indexOf("", 1), corrupt);
  to.index("snappy_length_without_end", indexOf(std::string(11, '\xff'), 1), corrupt);
  to.index("snappy_bomb", indexOf(varint(uint64_t{1} << 40) + std::string("\0a", 2), 1), corrupt);
  to.index("snappy_lie", indexOf(varint(1 << 29) + std::string("\0a", 2), 1), corrupt);
  to.index("snappy_offset_zero", indexOf(length + std::string("\0a\x01\0", 4), 1), corrupt);
  to.index("snappy_offset", indexOf(length + std::string("\0a\x02\x09\0", 5), 1), corrupt);
  to.index("snappy_offset_of_4_bytes",
           indexOf(length + std::string("\0a\x03\xff\xff\xff\xff", 7), 1), corrupt);
  to.index("snappy_literal", indexOf(length + "\xfc\xff\xff\xff\xff", 1), corrupt);
  to.index("snappy_too_long",
           indexOf(varint(1) + std::string("\x04"
                                           "ab",
                                           3),
                   1),
           corrupt);
  to.index("snappy_too_short",
           indexOf(varint(100) + std::string("\x04"
                                             "ab",
                                             3),
                   1),
           corrupt);
  to.index("snappy_cut", indexOf(length + "\x02\x01", 1), corrupt);
}

// ---- entries and shards ----

std::string part(int64_t start, int64_t length) {
  return bytes(7, bytes(1, number(1, start) + number(2, length)));
}

/// The variable in two parts of these places.
void partition(Parts &p, int64_t start0, int64_t length0, int64_t start1, int64_t length1) {
  p.entries["w"] =
      typed(DataType::f32) + bytes(2, shape({2})) + part(start0, length0) + part(start1, length1);
  p.entries[sliceKey("w", {start0}, {length0})] =
      entry(DataType::f32, shape({length0}), 0, 0, floats({1}));
  p.entries[sliceKey("w", {start1}, {length1})] =
      entry(DataType::f32, shape({length1}), 0, 4, floats({2}));
}

void shards(Cases &to) {
  const auto variable = [&](const std::string &name, const std::string &words,
                            const std::string &proto) {
    to.model(name, words, [&](Parts &p) { p.entries["w"] = proto; });
  };
  const std::string two = floats({1, 2});
  to.model("shard_cut", "it is truncated", [](Parts &p) { p.data.resize(7); });
  to.model("shard_empty", "it is truncated", [](Parts &p) { p.data.clear(); });
  to.model("shard_changed", "the checksum of its bytes does not match",
           [](Parts &p) { p.data[0] = 'x'; });
  variable("entry_beyond", "it is truncated", entry(DataType::f32, shape({2}), 0, 4, two));
  variable("entry_far", "it is truncated",
           typed(DataType::f32) + bytes(2, shape({2})) + number(4, INT64_MAX) + number(5, 8));
  variable("entry_negative", "a shard, offset or size is negative",
           typed(DataType::f32) + bytes(2, shape({2})) + number(4, -8) + number(5, 8));
  variable("entry_other_shard", "the index names shard 3 of 1",
           entry(DataType::f32, shape({2}), 3, 0, two));
  variable("entry_size", "has 8 bytes, expected 12", entry(DataType::f32, shape({3}), 0, 0, two));
  variable("entry_type", "has 8 bytes, expected 16", entry(DataType::f64, shape({2}), 0, 0, two));
  variable("entry_type_unknown", "is of type", entry(DataType{77}, shape({2}), 0, 0, two));
  variable("entry_resource", "DT_RESOURCE", entry(DataType::resource, shape({2}), 0, 0, two));
  variable("entry_extent_negative", "has an extent of -1",
           entry(DataType::f32, shape({-1}), 0, 0, two));
  variable("entry_extents_huge", "more elements than can be",
           entry(DataType::f32, shape({1 << 30, 1 << 30}), 0, 0, two));
  variable("entry_rank_unknown", "has no rank", typed(DataType::f32) + bytes(2, number(3, 1)));
  variable("entry_string", "strings do not fit", entry(DataType::string, shape({100}), 0, 0, two));
  variable("entry_other_shape", "declared is f32[2]",
           entry(DataType::f32, shape({1, 2}), 0, 0, two));
  variable("entry_integers", "declared is f32[2]", entry(DataType::i32, shape({2}), 0, 0, two));
  to.model("entry_absent", "has no value in the checkpoint",
           [](Parts &p) { p.entries.erase("w"); });
  to.model("parts_overlap", "overlap", [](Parts &p) { partition(p, 0, 1, 0, 1); });
  to.model("parts_with_hole", "its parts have 2 elements, expected 3", [](Parts &p) {
    partition(p, 0, 1, 2, 1);
    p.entries["w"] = typed(DataType::f32) + bytes(2, shape({3})) + part(0, 1) + part(2, 1);
  });
  to.model("part_outside", "a part is not inside of it",
           [](Parts &p) { partition(p, 0, 1, 2, 1); });
  to.model("part_absent", "the checkpoint has no tensor", [](Parts &p) {
    partition(p, 0, 1, 1, 1);
    p.entries.erase(sliceKey("w", {1}, {1}));
  });
  to.model("slice_text", "is no list of numbers", [](Parts &p) {
    p.nodes["slices"] = constantNode("slices", DataType::string, stringsValue({"two 0,1"}));
  });
  to.model("slice_outside", "is not inside of it", [](Parts &p) {
    p.nodes["slices"] = constantNode("slices", DataType::string, stringsValue({"2 1,2"}));
  });
}

// ---- signatures and the graph ----

void signatures(Cases &to) {
  to.model("no_signature_output", "has no outputs", [](Parts &p) { p.outputs.clear(); });
  to.model("output_without_node", "which the graph does not have", [](Parts &p) {
    p.outputs = mapEntry(2, "y", tensorInfo("gone:0", DataType::f32, shape({2})));
  });
  to.model("output_index", "output 4 of AddV2", [](Parts &p) {
    p.outputs = mapEntry(2, "y", tensorInfo("y:4", DataType::f32, shape({2})));
  });
  to.model("output_index_text", "is no output of a node", [](Parts &p) {
    p.outputs = mapEntry(2, "y", tensorInfo("y:four", DataType::f32, shape({2})));
  });
  to.model("input_without_node", "which the graph does not have", [](Parts &p) {
    p.inputs = mapEntry(1, "x", tensorInfo("gone:0", DataType::f32, shape({2})));
  });
  to.model("input_sparse", "is sparse or composed",
           [](Parts &p) { p.inputs = mapEntry(1, "x", bytes(4, "") + number(2, 1)); });
  to.model("input_resource", "DT_RESOURCE", [](Parts &p) {
    p.inputs = mapEntry(1, "x", tensorInfo("x:0", DataType::resource, shape({})));
  });
  to.model("input_type", "declared as DT_INT32, and its placeholder is DT_FLOAT", [](Parts &p) {
    p.inputs = mapEntry(1, "x", tensorInfo("x:0", DataType::i32, shape({2})));
  });
  to.model("input_extent_negative", "has an extent of -5", [](Parts &p) {
    p.inputs = mapEntry(1, "x", tensorInfo("x:0", DataType::f32, shape({-5})));
  });
  to.model("input_extents_huge", "more than 2^63 bytes", [](Parts &p) {
    p.inputs = mapEntry(
        1, "x", tensorInfo("x:0", DataType::f32, shape({int64_t{1} << 62, int64_t{1} << 62, 2})));
  });
  to.model("input_rank_unknown", "--input-shape x:", [](Parts &p) {
    p.inputs = mapEntry(1, "x", tensorInfo("x:0", DataType::f32, number(3, 1)));
  });
  to.model("input_open", "--dim x.0=1..N", [](Parts &p) {
    p.inputs = mapEntry(1, "x", tensorInfo("x:0", DataType::f32, shape({-1})));
  });
  const Parts good;
  to.container("no_signature",
               number(1, 1) + bytes(2, bytes(1, good.tags) + bytes(2, good.graph())),
               "the model has no signature");
  const std::string ports = good.inputs + good.outputs;
  to.container("two_signatures",
               number(1, 1) + bytes(2, bytes(1, good.tags) + bytes(2, good.graph()) +
                                           mapEntry(5, "a", ports) + mapEntry(5, "b", ports)),
               "choose one: --signature of a, b");
  const std::string train = bytes(2, bytes(1, bytes(4, "train")) + bytes(2, good.graph()));
  to.container("two_graphs_without_serve", number(1, 1) + train + train, "--tag of train");
}

void graphs(Cases &to) {
  const auto result = [&](const std::string &name, const std::string &words,
                          const std::string &proto) {
    to.model(name, words, [&](Parts &p) { p.nodes["y"] = proto; });
  };
  result("operator_unknown", "MyCustomOp is not supported (1 node)",
         node("y", "MyCustomOp", {"x"}));
  result("operator_name_escapes", "\\x1b", node("y", "\x1b[31mred", {"x"}));
  result("operator_is_model_of_jax", "native_serialization=False",
         node("y", "XlaCallModule", {"x"}));
  result("input_is_no_node", "which the graph does not have", node("y", "AddV2", {"x", "gone"}));
  result("input_absent", "operand 'b' is missing", node("y", "AddV2", {"x"}));
  result("inputs_are_controls", "operand 'a' is missing", node("y", "AddV2", {"^x", "^read"}));
  result("control_is_no_node", "which the graph does not have", node("y", "Relu", {"x", "^gone"}));
  result("input_of_handle", "is a variable, expected a tensor", node("y", "Relu", {"w"}));
  result("input_index", "output 3 of 'x' is read", node("y", "Relu", {"x:3"}));
  result("own_value", "needs its own value", node("y", "AddV2", {"x", "y"}));
  to.model("cycle", "needs its own value", [](Parts &p) {
    p.nodes["y"] = node("y", "Relu", {"z"});
    p.nodes["z"] = node("z", "Relu", {"y"});
  });
  to.model("exit_without_loop", "it belongs to no loop",
           [](Parts &p) { p.nodes["y"] = node("y", "Exit", {"x"}); });
  to.model("loop_without_inputs", "node 'next' (NextIteration)", [](Parts &p) {
    p.nodes["enter"] = node("enter", "Enter", {"x"}, {{"frame_name", bytes(2, "f")}});
    p.nodes["merge"] = node("merge", "Merge", {"enter", "next"});
    p.nodes["test"] = node("test", "LoopCond");
    p.nodes["choice"] = node("choice", "Switch", {"merge", "test"});
    p.nodes["next"] = node("next", "NextIteration");
    p.nodes["y"] = node("y", "Exit", {"choice"});
  });
  result("attribute_type", "has another type than",
         node("y", "LeakyRelu", {"x"}, {{"alpha", number(3, 1)}}));
  result("constant_without_value", "'value'", node("y", "Const"));
  result("constant_bomb", "would have",
         constantNode("y", DataType::f32,
                      bytes(8, typed(DataType::f32) + bytes(2, shape({1 << 30, 1 << 9})))));
  result("constant_of_text_bomb", "strings",
         constantNode("y", DataType::string,
                      bytes(8, typed(DataType::string) + bytes(2, shape({1 << 20})) +
                                   bytes(8, std::string(1 << 16, 's')))));
  result("constant_size", "has 3 bytes, expected 8",
         constantNode("y", DataType::f32,
                      bytes(8, typed(DataType::f32) + bytes(2, shape({2})) + bytes(4, "abc"))));
  // Each constant is the double of the one before, of which it needs two.
  to.model("fold_bomb", "elements", [](Parts &p) {
    p.nodes["f0"] = node("f0", "Cast", {"one"}, {{"DstT", typeValue(DataType::f32)}});
    p.nodes["one"] = constantNode("one", DataType::i32, integersValue({1}));
    for (int i = 1; i <= 100; ++i) {
      const std::string name = "f" + std::to_string(i), before = "f" + std::to_string(i - 1);
      p.nodes[name] = node(name, "AddV2", {before, before});
    }
    p.nodes["s"] = node("s", "Cast", {"f100"}, {{"DstT", typeValue(DataType::i32)}});
    p.nodes["y"] = node("y", "Reshape", {"x", "s"});
  });
  to.model("reshape_huge", "elements", [](Parts &p) {
    p.nodes["s"] = constantNode("s", DataType::i32, integersValue({1 << 30, 1 << 30}));
    p.nodes["y"] = node("y", "Reshape", {"x", "s"});
  });
  to.model("broadcast_huge", "does not broadcast", [](Parts &p) {
    p.nodes["s"] =
        constantNode("s", DataType::i32, integersValue({1 << 30, 1 << 30, 1 << 30, 1 << 30}));
    p.nodes["y"] = node("y", "BroadcastTo", {"x", "s"});
  });
}

// ---- functions ----

std::string call(const std::string &name, const std::string &of, const std::string &input) {
  return node(name, "PartitionedCall", {input}, {{"f", functionValue(of)}});
}

void functions(Cases &to) {
  const auto library = [&](const std::string &name, const std::string &words,
                           const std::vector<std::string> &all) {
    to.model(name, words, [&](Parts &p) {
      p.nodes["y"] = call("y", "f", "x");
      for (const std::string &f : all)
        p.functions += bytes(1, f);
    });
  };
  library("function_absent", "'f', which the model does not have", {});
  library("function_without_result", "does not return 'r'",
          {bytes(1, bytes(1, "f") + bytes(3, bytes(1, "r")))});
  library("function_result_of_nothing", "'gone'", {function("f", {}, "gone:y:0")});
  library("function_of_itself", "calls itself",
          {function("f", {call("c", "f", "a")}, "c:output:0")});
  library("functions_of_each_other", "calls itself",
          {function("f", {call("c", "g", "a")}, "c:output:0"),
           function("g", {call("c", "f", "a")}, "c:output:0")});
  library("function_output_name", "has no output 'z'",
          {function("f",
                    {constantNode("n", DataType::i32, integersValue({1})),
                     node("k", "TopKV2", {"a", "n:output:0"})},
                    "k:z:0")});
  library("function_arguments", "takes 2 arguments and gets 1",
          {bytes(1, bytes(1, "f") + bytes(2, bytes(1, "a")) + bytes(2, bytes(1, "b")) +
                        bytes(3, bytes(1, "r"))) +
           mapEntry(4, "r", "a")});
  // Each function calls the next one twice.
  std::vector<std::string> doubling;
  for (int i = 0; i < 64; ++i) {
    const std::string name = i == 0 ? "f" : "f" + std::to_string(i),
                      next = "f" + std::to_string(i + 1);
    doubling.push_back(
        function(name, {call("c", next, "a"), call("d", next, "c:output:0")}, "d:output:0"));
  }
  doubling.push_back(function("f64", {}, "a"));
  library("function_bomb", "nodes when its functions are inlined", doubling);
  std::vector<std::string> chain;
  for (int i = 0; i < 20000; ++i)
    chain.push_back(function(i == 0 ? "f" : "f" + std::to_string(i),
                             {call("c", "f" + std::to_string(i + 1), "a")}, "c:output:0"));
  library("function_chain", "call each other too deeply", chain);
  to.model("loop_functions", "has 2 elements", [](Parts &p) {
    p.nodes["y"] = node("y", "StatelessWhile", {"x"},
                        {{"cond", functionValue("f")}, {"body", functionValue("f")}});
    p.functions = bytes(1, function("f", {}, "a"));
  });
  to.model("condition_without_branch", "'else_branch'", [](Parts &p) {
    p.nodes["y"] = node("y", "StatelessIf", {"x", "x"}, {{"then_branch", functionValue("f")}});
    p.functions = bytes(1, function("f", {}, "a"));
  });
}

// ---- single files ----

void files(Cases &to) {
  const Parts good;
  to.file("frozen_cut.pb", good.graph().substr(0, 90), "corrupt");
  to.file("frozen_cycle.pb",
          bytes(1, node("a", "Relu", {"b"})) + bytes(1, node("b", "Relu", {"a"})),
          "nothing says what the outputs are");
  to.file("index.index", good.index(), "the index of a checkpoint");
  to.file("shard.data-00000-of-00001", std::string(1000, 'x'), "");
  to.file("saved_model.pbtxt", "saved_model_schema_version: 1\nmeta_graphs {\n",
          "a SavedModel in protobuf's text form");
  to.file("frozen.pbtxt", "node {\n  name: \"x\"\n}\n", "a graph in protobuf's text form");
  to.file("model.h5", "\x89HDF\r\n\x1a\n" + std::string(100, '\0'), "model.export");
  to.file("model.tflite", std::string("\x1c\0\0\0TFL3", 8) + std::string(100, '\0'),
          "a TensorFlow Lite model");
  to.file("model.json",
          "{\"format\": \"layers-model\", \"modelTopology\": {}, \"weightsManifest\": []}",
          "a TensorFlow.js model");
  const auto zip = [](const std::string &member) { // a local header and an end of directory
    return "PK\3\4" + std::string(22, '\0') + fixed(member.size(), 2) + fixed(0, 2) + member +
           "PK\5\6" + std::string(18, '\0');
  };
  to.file("model.keras", zip("model.weights.h5"), "model.export");
  to.file("zipped.zip", zip("model/saved_model.pb"), "unpack it");
}

} // namespace
} // namespace burin::savedmodel

int main(int argc, char **argv) {
  using namespace burin::savedmodel;
  if (argc != 2) {
    std::fputs("usage: savedmodel_broken DIR\n", stderr);
    return 2;
  }
  std::filesystem::remove_all(argv[1]);
  Cases to(argv[1]);
  for (void (*const family)(Cases &) :
       {wire, folders, indices, snappy, shards, signatures, graphs, functions, files})
    family(to);
}
