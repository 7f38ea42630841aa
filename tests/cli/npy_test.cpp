// SPDX-License-Identifier: Apache-2.0
//
// Against files that NumPy wrote (data/make_arrays.py), and broken ones.
#include "cli/npy.h"
#include "tests/cli/support.h"

#include <random>

namespace burin::cli {
namespace {

using ir::ElementType;
using ir::Tensor;
using namespace std::string_literals;
using namespace std::string_view_literals;

std::filesystem::path dataFile(std::string_view name) {
  return std::filesystem::path(BURIN_TEST_DATA) / name;
}

using Strings = std::vector<std::string>;
using Shape = std::vector<int64_t>;

Tensor parse(std::string_view bytes) {
  return parseNpy(std::as_bytes(std::span(bytes.data(), bytes.size())), "a.npy");
}

/// A file of version 1 with this header and these elements.
std::string file(std::string header, std::string_view elements) {
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header +
         std::string(elements);
}

TEST(Npy, ReadsEveryNumber) {
  const std::pair<const char *, ElementType> cases[] = {
      {"f2", ElementType::f16},       {"f4", ElementType::f32},
      {"f8", ElementType::f64},       {"i1", ElementType::i8},
      {"i2", ElementType::i16},       {"i4", ElementType::i32},
      {"i8", ElementType::i64},       {"u1", ElementType::u8},
      {"u2", ElementType::u16},       {"u4", ElementType::u32},
      {"u8", ElementType::u64},       {"version2", ElementType::f32},
      {"version3", ElementType::f32}, {"big_endian", ElementType::i32}};
  for (const auto &[name, element] : cases) {
    const Tensor tensor = readNpy(dataFile(name + std::string(".npy")));
    EXPECT_EQ(tensor.type.element(), element) << name;
    EXPECT_EQ(tensor.shape(), (Shape{2, 3})) << name;
    ASSERT_EQ(tensor.bytes.size(), 6 * ir::elementSize(element)) << name;
    for (size_t i = 0; i < 6; ++i)
      EXPECT_EQ(tensor.number(i), static_cast<double>(i)) << name;
  }
}

TEST(Npy, ReadsComplexNumbers) {
  const Tensor c64 = readNpy(dataFile("c8.npy")), c128 = readNpy(dataFile("c16.npy"));
  EXPECT_EQ(c64.type.element(), ElementType::c64);
  EXPECT_EQ(c64.as<float>()[2], 1);
  EXPECT_EQ(c128.type.element(), ElementType::c128);
  EXPECT_EQ(c128.as<double>()[10], 5);
}

TEST(Npy, ReadsBooleans) {
  const Tensor tensor = readNpy(dataFile("bool.npy"));
  EXPECT_EQ(tensor.type.element(), ElementType::boolean);
  EXPECT_EQ(tensor.bytes[0], std::byte{1});
  EXPECT_EQ(tensor.bytes[1], std::byte{0});
}

TEST(Npy, TurnsFortranOrderIntoC) {
  const Tensor tensor = readNpy(dataFile("fortran.npy"));
  EXPECT_EQ(tensor.shape(), (Shape{2, 3, 4}));
  for (size_t i = 0; i < 24; ++i)
    EXPECT_EQ(tensor.as<float>()[i], static_cast<float>(i));
}

TEST(Npy, ReadsScalarsAndEmptyArrays) {
  const Tensor scalar = readNpy(dataFile("scalar.npy")), empty = readNpy(dataFile("empty.npy"));
  EXPECT_EQ(scalar.type.rank(), 0U);
  EXPECT_EQ(scalar.number(0), 2.5);
  EXPECT_EQ(empty.shape(), (Shape{2, 0}));
  EXPECT_TRUE(empty.bytes.empty());
}

TEST(Npy, ReadsText) {
  EXPECT_EQ(readNpy(dataFile("unicode.npy")).strings, (Strings{"zürich", "", "😀"}));
  EXPECT_EQ(readNpy(dataFile("unicode_big_endian.npy")).strings, Strings{"ab"});
  EXPECT_EQ(readNpy(dataFile("bytes.npy")).strings, (Strings{"ab", "c"}));
}

TEST(Npy, WritesWhatNumPyWrites) {
  for (const char *name : {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "c8",
                           "c16", "bool", "scalar", "empty", "unicode"}) {
    const std::filesystem::path path = dataFile(name + std::string(".npy"));
    EXPECT_EQ(formatNpy(readNpy(path)), contentOf(path)) << name;
  }
}

TEST(Npy, WidensTypesThatNumPyLacks) {
  Tensor bfloat(ir::Type(ElementType::bf16, {2}));
  bfloat.setNumber(1, -2.5);
  const Tensor back = parse(formatNpy(bfloat));
  EXPECT_EQ(back.type.element(), ElementType::f32);
  EXPECT_EQ(back.number(1), -2.5);
  Tensor nibble(ir::Type(ElementType::i4, {1}));
  nibble.setInteger(0, -3);
  EXPECT_EQ(parse(formatNpy(nibble)).integer(0), -3);
}

TEST(Npy, ReplacesTextThatIsNotUtf8) {
  Tensor tensor(ir::Type(ElementType::string, {3}));
  tensor.strings = {"a\xff"
                    "b",
                    "\xc3", "\xe2\x82"};
  EXPECT_EQ(parse(formatNpy(tensor)).strings, (Strings{"a\uFFFDb", "\uFFFD", "\uFFFD"}));
}

TEST(Npy, ExplainsWhatIsWrong) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n";
  EXPECT_EQ(parse(file(good, "\0\0\x80\x3f"sv)).number(0), 1);
  const std::pair<std::string, const char *> cases[] = {
      {"", "it is not a .npy file"},
      {"PK\3\4", "it is not a .npy file"},
      {"\x93NUMPY", "format version 0 of .npy, expected 1 to 3"},
      {"\x93NUMPY\x04\x00\x00\x00"s, "format version 4 of .npy, expected 1 to 3"},
      {"\x93NUMPY\x01", "the header is cut off"},
      {"\x93NUMPY\x01\0\xff\xff{"s, "the header has 1 bytes, expected 65535"},
      {file(good, "\0\0\x80"sv), "the elements take 3 bytes, expected 4"},
      {file(good, "\0\0\x80\x3f\0"sv), "the elements take 5 bytes, expected 4"},
      {file("{'descr': '<f4', 'shape': (1,)}", ""),
       "the header lacks descr, fortran_order or shape"},
      {file("{'descr': '<f4'", ""), "the header lacks a '}'"},
      {file("{'descr': '<f4", ""), "the header ends in a string"},
      {file("{'extra': 1}", ""), "the header has an unknown entry"},
      {file("{'descr': '<f4', 'fortran_order': 0", ""), "fortran_order is neither True nor False"},
      {file("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", ""),
       "the shape in the header is not valid"},
      {file("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", ""),
       "the elements take 0 bytes, expected far more"},
      {file("{'descr': '<f4', 'fortran_order': True, 'shape': (9223372036854775807, 2)}", ""),
       "the elements take 0 bytes, expected far more"},
      {file("{'descr': '|S0', 'fortran_order': True, 'shape': (9223372036854775807,)}", ""),
       "9223372036854775807 empty strings"},
      {file("{'descr': '<f16', 'fortran_order': False, 'shape': ()}", ""),
       "elements of type '<f16' are not supported"},
      {file("{'descr': '<U1', 'fortran_order': False, 'shape': ()}", "\xff\xff\xff\xff"),
       "0xffffffff is not a character"},
      {contentOf(dataFile("object.npy")),
       "it holds pickled Python objects; save numbers or text instead"},
      {contentOf(dataFile("records.npy")), "it holds records, expected one element type"},
  };
  for (const auto &[bytes, expected] : cases) {
    const Diagnostic problem = problemOf([&file = bytes] { parse(file); });
    EXPECT_EQ(problem.problem, Problem::unreadable);
    EXPECT_EQ(problem.text, "cannot read 'a.npy': " + std::string(expected));
  }
}

TEST(Npy, SurvivesEveryTruncation) {
  const std::string whole = contentOf(dataFile("unicode.npy"));
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(problemOf([&] { parse(whole.substr(0, size)); }).problem, Problem::unreadable);
}

TEST(Npz, ReadsStoredAndDeflated) {
  const NamedTensors stored = readNpz(dataFile("stored.npz"));
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_EQ(stored.at("in:x:0").number(5), 5);
  EXPECT_EQ(stored.at("out:y").integer(0), 7);
  EXPECT_EQ(readNpz(dataFile("deflated.npz")).at("zeros").bytes.size(), 4000U);
}

TEST(Npz, WritesTheSameFileAgain) {
  const TemporaryFolder folder;
  const NamedTensors tensors = readNpz(dataFile("stored.npz"));
  writeNpz(folder / "a.npz", tensors);
  writeNpz(folder / "b.npz", tensors);
  EXPECT_EQ(contentOf(folder / "a.npz"), contentOf(folder / "b.npz"));
  const NamedTensors back = readNpz(folder / "a.npz");
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back.at("in:x:0").bytes, tensors.at("in:x:0").bytes);
  EXPECT_EQ(back.at("in:x:0").shape(), (Shape{2, 3}));
}

TEST(Npz, ExplainsWhatIsWrong) {
  const TemporaryFolder folder;
  EXPECT_EQ(problemOf([&] { readNpz(folder / "none.npz"); }).text,
            "cannot read '" + (folder / "none.npz").string() + "': no such file or directory");
  const auto textOf = [&](std::string_view bytes) {
    const std::filesystem::path path = folder.write("bad.npz", bytes);
    const Diagnostic problem = problemOf([&] { readNpz(path); });
    EXPECT_EQ(problem.problem, Problem::unreadable);
    return problem.text.substr(("cannot read '" + path.string()).size());
  };
  EXPECT_TRUE(textOf("hello").starts_with("': it is not a .npz file: "));
  EXPECT_EQ(textOf(""), "': it is empty");
  std::string whole = contentOf(dataFile("deflated.npz"));
  EXPECT_TRUE(textOf(whole.substr(0, whole.size() - 9)).starts_with("': it is not a .npz file: "));
  whole[60] = static_cast<char>(whole[60] ^ 0x5a); // inside the deflated bytes
  EXPECT_TRUE(textOf(whole).starts_with("': 'zeros.npy': "));
}

/// Bytes changed, cut out and doubled, near the begin above all: that is where the header is.
std::string mutated(std::string bytes, std::mt19937 &random) {
  for (auto edits = 1 + random() % 4; edits > 0 && !bytes.empty(); --edits) {
    const size_t at =
        random() % (random() % 2 ? bytes.size() : std::min<size_t>(bytes.size(), 128));
    switch (random() % 4) {
    case 0:
      bytes[at] = static_cast<char>(random());
      break;
    case 1:
      bytes[at] = "0123456789<>|=(),:'{}UfiSV"[random() % 26];
      break;
    case 2:
      bytes.erase(at, random() % 8);
      break;
    case 3:
      bytes.insert(at, bytes.substr(at, random() % 8));
      break;
    }
  }
  return bytes;
}

TEST(Npy, SurvivesMutations) {
  const TemporaryFolder folder;
  size_t refused = 0;
  for (const auto &entry : std::filesystem::directory_iterator(BURIN_TEST_DATA)) {
    if (!entry.is_regular_file())
      continue;
    const std::string whole = contentOf(entry.path());
    std::mt19937 random(1);
    for (int i = 0; i < 100; ++i) {
      const std::string bytes = mutated(whole, random);
      try {
        if (entry.path().extension() == ".npz")
          readNpz(folder.write("a.npz", bytes));
        else
          parse(bytes);
      } catch (const CompileError &error) {
        EXPECT_EQ(error.diagnostic().problem, Problem::unreadable);
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 0U);
}

} // namespace
} // namespace burin::cli
