// SPDX-License-Identifier: Apache-2.0
//
// External data, and every known way to make a reader leave the model's folder.
#include "tests/frontend/onnx/wire_builder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace burin::onnx::test {
namespace {

using Entries = std::initializer_list<std::pair<std::string_view, std::string_view>>;

Message external(Entries entries, DataType type = DataType::i8,
                 std::initializer_list<int64_t> dims = {4}) {
  Message m = tensor("w", type, dims).varint(14, 1);
  for (auto [key, value] : entries)
    m.message(13, Message{}.text(1, key).text(2, value));
  return m;
}

class External : public testing::Test {
protected:
  std::string problem(const Message &initializer) {
    return problems(modelWith(initializer), folder.path());
  }
  std::string problemAt(std::string_view location) {
    return problem(external({{"location", location}}));
  }
  std::string text(Entries entries) {
    std::vector<char> chars = elements<char>(
        read(modelWith(external(entries)), folder.path()).graph.initializers[0].tensor);
    return {chars.begin(), chars.end()};
  }

  TemporaryFolder folder;
};

TEST_F(External, ReadsPartsOfAFile) {
  folder.write("w.bin", "0123abcd4567");
  EXPECT_EQ(text({{"location", "w.bin"}, {"offset", "4"}, {"length", "4"}}), "abcd");
  EXPECT_EQ(text({{"location", "w.bin"}, {"offset", "8"}}), "4567");
  EXPECT_EQ(text({{"location", "w.bin"},
                  {"offset", "0"},
                  {"length", "4"},
                  {"checksum", "x"},
                  {"basepath", "/y"}}),
            "0123");
  EXPECT_EQ(text({{"location", "./w.bin"}, {"length", "4"}}), "0123");
}

TEST_F(External, ReadsFilesInFolders) {
  folder.write("a/b/w.bin", "abcd");
  EXPECT_EQ(text({{"location", "a/b/w.bin"}}), "abcd");
  EXPECT_EQ(text({{"location", "a//./b/w.bin"}}), "abcd");
}

TEST_F(External, ListsEachFileOnce) {
  folder.write("w.bin", "abcd");
  folder.write("v.bin", "abcd");
  Message parts = graph({.nodes = {node("Neg", {"x"}, {"y"})},
                         .initializers = {external({{"location", "w.bin"}}).text(8, "a"),
                                          external({{"location", "v.bin"}}).text(8, "b"),
                                          external({{"location", "w.bin"}}).text(8, "c")}});
  std::filesystem::path file = folder.write("m.onnx", model(parts).bytes);
  Model m = readModel(file);
  EXPECT_EQ(m.files, (std::vector{file, folder.path() / "w.bin", folder.path() / "v.bin"}));
  EXPECT_EQ(m.graph.initializers[0].tensor.data.data(), m.graph.initializers[2].tensor.data.data());
}

TEST_F(External, IsReadInAttributesToo) {
  folder.write("w.bin", "abcd");
  Message constant = node("Constant", {}, {"y"})
                         .message(5, Message{}
                                         .text(1, "value")
                                         .message(5, external({{"location", "w.bin"}}))
                                         .varint(20, 4));
  Model m = read(model(graph({.nodes = {constant}})), folder.path());
  EXPECT_EQ(elements<char>(std::get<Tensor>(m.graph.nodes[0].find("value")->value)),
            (std::vector<char>{'a', 'b', 'c', 'd'}));
}

TEST_F(External, EmptyFileForAnEmptyTensor) {
  folder.write("w.bin", "");
  EXPECT_EQ(problem(external({{"location", "w.bin"}}, DataType::f32, {0})), "");
}

TEST_F(External, RefusesPathsThatLeaveTheFolder) {
  // CVE-2022-25882, CVE-2024-27318
  folder.write("a/w.bin", "abcd");
  for (std::string_view path : {"../w.bin", "a/../../w.bin", "a/../a/w.bin", "..", "a/.."})
    EXPECT_EQ(problemAt(path),
              "initializer 'w': external data '" + std::string{path} +
                  "': '..' is not allowed, the path must stay in the model's folder "
                  "[onnx.external.path]");
  EXPECT_EQ(
      problemAt("/etc/passwd"),
      "initializer 'w': external data '/etc/passwd': the path is absolute, but must be relative to "
      "the model's folder [onnx.external.path]");
  EXPECT_EQ(problemAt(""),
            "initializer 'w': the location of external data is empty [onnx.external.path]");
  EXPECT_EQ(problemAt("./"),
            "initializer 'w': external data './': the path names no file [onnx.external.path]");
  EXPECT_EQ(
      problemAt(std::string_view{"w.bin\0x", 7}),
      "initializer 'w': external data 'w.bin\\x00x': the path holds a NUL [onnx.external.path]");
}

TEST_F(External, RefusesSymbolicLinks) {
  // CVE-2026-27489, CVE-2026-34447: the file, or a folder on the way to it.
  TemporaryFolder outside;
  outside.write("w.bin", "abcd");
  std::filesystem::create_symlink(outside.path() / "w.bin", folder.path() / "link.bin");
  std::filesystem::create_directory_symlink(outside.path(), folder.path() / "sub");
  folder.write("real/w.bin", "abcd");
  std::filesystem::create_directory_symlink("real", folder.path() / "inside");
  std::filesystem::create_symlink("nowhere", folder.path() / "dangling");
  EXPECT_EQ(problemAt("link.bin"),
            "initializer 'w': external data 'link.bin': 'link.bin' is a symbolic "
            "link, which is not followed [onnx.external.path]");
  EXPECT_EQ(problemAt("sub/w.bin"),
            "initializer 'w': external data 'sub/w.bin': 'sub' is a symbolic "
            "link, which is not followed [onnx.external.path]");
  EXPECT_EQ(problemAt("inside/w.bin"),
            "initializer 'w': external data 'inside/w.bin': 'inside' is a "
            "symbolic link, which is not followed [onnx.external.path]");
  EXPECT_EQ(problemAt("dangling"),
            "initializer 'w': external data 'dangling': 'dangling' is a symbolic "
            "link, which is not followed [onnx.external.path]");
}

TEST_F(External, AModelMayItselfBeALink) {
  TemporaryFolder other;
  std::filesystem::path file =
      other.write("m.onnx", modelWith(external({{"location", "w.bin"}})).bytes);
  folder.write("w.bin", "abcd");
  std::filesystem::create_symlink(file, folder.path() / "m.onnx");
  EXPECT_EQ(readModel(folder.path() / "m.onnx").files.size(), 2u);
}

TEST_F(External, RefusesHardLinks) {
  // CVE-2026-34446
  std::filesystem::path file = folder.write("w.bin", "abcd");
  std::filesystem::create_hard_link(file, folder.path() / "hard.bin");
  EXPECT_EQ(problemAt("hard.bin"),
            "initializer 'w': external data 'hard.bin': the file has 2 hard links, "
            "but must have one [onnx.external.path]");
}

TEST_F(External, RefusesWhatIsNoFile) {
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  std::filesystem::create_directory(folder.path() / "sub");
  EXPECT_EQ(problemAt("pipe"),
            "initializer 'w': external data 'pipe' is not a regular file [onnx.file]");
  EXPECT_EQ(problemAt("sub"),
            "initializer 'w': external data 'sub' is a folder, not a file [onnx.file]");
  EXPECT_EQ(problemAt("none"),
            "initializer 'w': external data 'none': cannot be opened: No such file or "
            "directory [onnx.file]");
  folder.write("file", "abcd");
  EXPECT_EQ(problemAt("file/w.bin"),
            "initializer 'w': external data 'file/w.bin': cannot be opened: Not a "
            "directory [onnx.file]");
}

TEST_F(External, RefusesWithoutAFolder) {
  EXPECT_EQ(
      problems(modelWith(external({{"location", "w.bin"}}))),
      "initializer 'w': external data 'w.bin': a model in memory has no folder for it [onnx.file]");
}

TEST_F(External, RefusesUnknownAndRepeatedKeys) {
  // GHSA-538c-55jv-c5g9
  folder.write("w.bin", "abcd");
  EXPECT_EQ(problem(external({{"location", "w.bin"}, {"__class__", "x"}})),
            "initializer 'w': its external data has an unknown key '__class__' [onnx.external]");
  EXPECT_EQ(problem(external({{"location", "w.bin"}, {"location", "../w.bin"}})),
            "initializer 'w': its external data has the key 'location' twice [onnx.external]");
  EXPECT_EQ(problem(external({{"offset", "0"}})),
            "initializer 'w': its data are external, but no location is given [onnx.external]");
}

TEST_F(External, RefusesNumbersThatAreNone) {
  folder.write("w.bin", "abcd");
  for (std::string_view number :
       {"-1", "+4", " 4", "4 ", "0x4", "", "4.0", "1e1", "99999999999999999999",
        "9223372036854775808", "18446744073709551615"})
    EXPECT_EQ(problem(external({{"location", "w.bin"}, {"length", number}})),
              "initializer 'w': 'length' of its external data is '" + std::string{number} +
                  "', but must be a number from 0 to 9223372036854775807 [onnx.external]");
}

TEST_F(External, RefusesRangesOutsideOfTheFile) {
  folder.write("w.bin", "abcd");
  EXPECT_EQ(problem(external({{"location", "w.bin"}, {"offset", "1"}, {"length", "4"}})),
            "initializer 'w': its external data are 4 bytes from 1 on, but file 'w.bin' has 4 "
            "[onnx.external]");
  EXPECT_EQ(problem(external({{"location", "w.bin"}, {"offset", "5"}})),
            "initializer 'w': its external data are 0 bytes from 5 on, but file 'w.bin' has 4 "
            "[onnx.external]");
  EXPECT_EQ(
      problem(external({{"location", "w.bin"},
                        {"offset", "9223372036854775807"},
                        {"length", "9223372036854775807"}})),
      "initializer 'w': its external data are 9223372036854775807 bytes from 9223372036854775807 "
      "on, but file 'w.bin' has 4 [onnx.external]");
}

TEST_F(External, RefusesSizesThatAreNotTheTensors) {
  folder.write("w.bin", "abcdefgh");
  EXPECT_EQ(problem(external({{"location", "w.bin"}, {"length", "3"}})),
            "initializer 'w': its external data are 3 bytes, but INT8[4] needs 4 [onnx.external]");
  EXPECT_EQ(problem(external({{"location", "w.bin"}})),
            "initializer 'w': its external data are 8 bytes (no 'length': up to the end of the "
            "file), but "
            "INT8[4] needs 4 [onnx.external]");
  EXPECT_EQ(problem(external({{"location", "w.bin"}}, DataType::i8, {int64_t{1} << 62, 4})),
            "initializer 'w': the size of INT8[4611686018427387904, 4] overflows [onnx.tensor]");
}

TEST_F(External, RefusesDataInTwoPlacesAndStrings) {
  folder.write("w.bin", "abcd");
  EXPECT_EQ(problem(external({{"location", "w.bin"}}).text(9, "abcd")),
            "initializer 'w': it has its data in more than one place [onnx.tensor]");
  EXPECT_EQ(problem(external({{"location", "w.bin"}}, DataType::string)),
            "initializer 'w': a tensor of STRING has its values in string_data only [onnx.tensor]");
}

} // namespace
} // namespace burin::onnx::test
