// SPDX-License-Identifier: Apache-2.0
#include "cli/mapped_file.h"
#include "cli/sha256.h"
#include "cli/write_file.h"
#include "tests/cli/support.h"

#include <sys/stat.h>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;

std::string hashOf(std::string_view text) {
  return sha256(std::as_bytes(std::span(text.data(), text.size())));
}

TEST(MappedFile, HoldsTheBytes) {
  const TemporaryFolder folder;
  MappedFile file(folder.write("a", "hello"));
  EXPECT_EQ(file.text(), "hello");
  MappedFile moved = std::move(file);
  EXPECT_EQ(moved.text(), "hello");
  moved = MappedFile(folder.write("b", ""));
  EXPECT_EQ(moved.text(), "");
}

TEST(MappedFile, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  const auto reasonOf = [](const fs::path &path) {
    const Diagnostic problem = problemOf([&] { MappedFile file(path); });
    EXPECT_EQ(problem.problem, Problem::unreadable);
    return problem.text.substr(("cannot read '" + path.string() + "': ").size());
  };
  EXPECT_EQ(reasonOf(folder / "none"), "no such file or directory");
  EXPECT_EQ(reasonOf(folder.path()), "it is a folder");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(reasonOf(folder / "pipe"), "not a regular file");
}

TEST(WriteFile, TouchesOnlyWhatChanges) {
  const TemporaryFolder folder;
  const fs::path path = folder / "new/folder/file";
  EXPECT_TRUE(writeFile(path, "one"));
  const fs::file_time_type past = fs::last_write_time(path) - std::chrono::hours(1);
  fs::last_write_time(path, past);
  EXPECT_FALSE(writeFile(path, "one"));
  EXPECT_EQ(fs::last_write_time(path), past);
  EXPECT_TRUE(writeFile(path, "two"));
  EXPECT_NE(fs::last_write_time(path), past);
  EXPECT_EQ(contentOf(path), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), {}), 1); // nothing is left
}

TEST(WriteFile, ComparesLargeFiles) {
  const TemporaryFolder folder;
  std::string text(200000, 'a');
  EXPECT_TRUE(writeFile(folder / "a", text));
  EXPECT_FALSE(writeFile(folder / "a", text));
  text.back() = 'b';
  EXPECT_TRUE(writeFile(folder / "a", text));
  EXPECT_EQ(contentOf(folder / "a"), text);
}

TEST(WriteFile, KeepsLinksAndDevices) {
  const TemporaryFolder folder;
  folder.write("real", "old");
  fs::create_symlink("real", folder / "link");
  EXPECT_TRUE(writeFile(folder / "link", "new"));
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(contentOf(folder / "real"), "new");
  EXPECT_TRUE(writeFile("/dev/null", "text"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(WriteFile, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  folder.write("file", "");
  const Diagnostic inside = problemOf([&] { writeFile(folder / "file/inside", "text"); });
  EXPECT_EQ(inside.problem, Problem::usage);
  EXPECT_EQ(inside.text,
            "cannot write '" + (folder / "file/inside").string() + "': not a directory");
  EXPECT_EQ(problemOf([&] { writeFile(folder.path(), "text"); }).text,
            "cannot write '" + folder.path().string() + "': is a directory");
}

TEST(TouchFile, GivesThePresentTime) {
  const TemporaryFolder folder;
  touchFile(folder / "new/stamp");
  EXPECT_TRUE(fs::exists(folder / "new/stamp"));
  const fs::path old = folder.write("old", "kept");
  fs::last_write_time(old, fs::last_write_time(old) - std::chrono::hours(1));
  touchFile(old);
  EXPECT_GT(fs::last_write_time(old), fs::file_time_type::clock::now() - std::chrono::minutes(10));
  EXPECT_EQ(contentOf(old), "kept");
}

TEST(Depfile, EscapesForMake) {
  EXPECT_EQ(escapeForDepfile("a/b.onnx"), "a/b.onnx");
  EXPECT_EQ(escapeForDepfile("my model.onnx"), "my\\ model.onnx");
  EXPECT_EQ(escapeForDepfile("a#1$2"), "a\\#1$$2");
  EXPECT_EQ(escapeForDepfile("a\\ b"), "a\\\\\\ b");
  EXPECT_EQ(escapeForDepfile("a\\b"), "a\\b");
  const fs::path inputs[] = {"m.onnx", "w e.bin"};
  EXPECT_EQ(depfile("out.stamp", inputs), "out.stamp: \\\n  m.onnx \\\n  w\\ e.bin\n");
}

// Vectors of FIPS 180-4 and of NIST's CAVP.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(hashOf(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hashOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hashOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hashOf(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesGiveTheSame) {
  for (size_t size = 0; size < 200; ++size) {
    const std::string text(size, 'x');
    for (const size_t piece : {1U, 7U, 63U, 64U, 65U}) {
      Sha256 hash;
      for (size_t at = 0; at < size; at += piece) {
        const std::string_view part = std::string_view(text).substr(at, piece);
        hash.update(std::as_bytes(std::span(part.data(), part.size())));
      }
      EXPECT_EQ(hash.finish(), hashOf(text)) << size << " in pieces of " << piece;
    }
  }
}

} // namespace
} // namespace burin::cli
