// SPDX-License-Identifier: Apache-2.0
//
// Tensor data in every field and form, and what must be refused.
#include "frontend/onnx/test_data.h"
#include "tests/frontend/onnx/wire_builder.h"

#include <gtest/gtest.h>

namespace burin::onnx::test {
namespace {

using namespace std::string_literals;

Tensor readTensor(const Message &proto) {
  return read(modelWith(proto)).graph.initializers.at(0).tensor;
}

std::vector<int> bytesOf(const Message &proto) {
  std::vector<int> bytes;
  for (std::byte b : readTensor(proto).data)
    bytes.push_back(std::to_integer<int>(b));
  return bytes;
}

std::string tensorProblem(const Message &proto) { return problems(modelWith(proto)); }

using Ints = std::vector<int>;

TEST(Tensor, RawDataStaysWhereItIs) {
  Bytes file = exact(modelWith(tensor("w", DataType::f32, {2}).text(9, "12345678")).bytes);
  Model m = readModel(file, {});
  std::span<const std::byte> data = m.graph.initializers[0].tensor.data;
  EXPECT_GE(data.data(), file.span.data());
  EXPECT_LE(data.data() + data.size(), file.span.data() + file.span.size());
}

TEST(Tensor, PackedFloatsStayWhereTheyAre) {
  Bytes file = exact(modelWith(tensor("w", DataType::f32, {2}).text(4, "12345678")).bytes);
  Model m = readModel(file, {});
  std::span<const std::byte> data = m.graph.initializers[0].tensor.data;
  EXPECT_GE(data.data(), file.span.data());
  EXPECT_LE(data.data() + data.size(), file.span.data() + file.span.size());
}

TEST(Tensor, ReadsFloats) {
  auto values = [](const Message &proto) { return elements<float>(readTensor(proto)); };
  std::vector<float> expected{1.5f, -2.f};
  Message packed;
  packed.fixed32(1, 1.5f).fixed32(1, -2.f);
  std::string raw = Message{}.little(0x3fc00000, 4).little(0xc0000000, 4).bytes;
  EXPECT_EQ(values(tensor("w", DataType::f32, {2}).text(9, raw)), expected);
  EXPECT_EQ(values(tensor("w", DataType::f32, {2}).text(4, raw)), expected);
  EXPECT_EQ(values(tensor("w", DataType::f32, {2}).fixed32(4, 1.5f).fixed32(4, -2.f)), expected);
  // Both forms, and with other fields in between.
  EXPECT_EQ(values(tensor("w", DataType::f32, {2})
                       .text(4, raw.substr(0, 4))
                       .text(12, "doc")
                       .fixed32(4, -2.f)),
            expected);
  EXPECT_EQ(
      values(tensor("w", DataType::f32, {2}).text(4, raw.substr(0, 4)).text(4, raw.substr(4))),
      expected);
}

TEST(Tensor, ReadsDoubles) {
  EXPECT_EQ(elements<double>(
                readTensor(tensor("w", DataType::f64, {2}).fixed64(10, 1.5).fixed64(10, -2))),
            (std::vector<double>{1.5, -2}));
  Message one;
  one.fixed64(1, 1.5);
  EXPECT_EQ(
      elements<double>(readTensor(tensor("w", DataType::f64, {1}).text(10, one.bytes.substr(1)))),
      std::vector<double>{1.5});
}

TEST(Tensor, ReadsComplexNumbersAsPairs) {
  EXPECT_EQ(
      elements<float>(readTensor(tensor("w", DataType::c64, {1}).fixed32(4, 1).fixed32(4, 2))),
      (std::vector<float>{1, 2}));
  EXPECT_EQ(
      elements<double>(readTensor(tensor("w", DataType::c128, {1}).fixed64(10, 1).fixed64(10, 2))),
      (std::vector<double>{1, 2}));
}

TEST(Tensor, ReadsInt64PackedAndNot) {
  std::vector<int64_t> expected{-1, INT64_MIN, INT64_MAX, 300};
  EXPECT_EQ(elements<int64_t>(readTensor(
                tensor("w", DataType::i64, {4}).packed(7, {-1, INT64_MIN, INT64_MAX, 300}))),
            expected);
  EXPECT_EQ(elements<int64_t>(readTensor(
                tensor("w", DataType::i64, {4}).varints(7, {-1, INT64_MIN, INT64_MAX, 300}))),
            expected);
  EXPECT_EQ(
      elements<int64_t>(readTensor(
          tensor("w", DataType::i64, {4}).varints(7, {-1, INT64_MIN}).packed(7, {INT64_MAX, 300}))),
      expected);
}

TEST(Tensor, ReadsUnsignedFromUint64Data) {
  EXPECT_EQ(
      elements<uint32_t>(readTensor(tensor("w", DataType::u32, {2}).packed(11, {7, 0xffffffff}))),
      (std::vector<uint32_t>{7, 0xffffffff}));
  EXPECT_EQ(elements<uint64_t>(readTensor(tensor("w", DataType::u64, {1}).packed(11, {-1}))),
            std::vector<uint64_t>{UINT64_MAX});
  EXPECT_EQ(tensorProblem(tensor("w", DataType::u32, {1}).packed(11, {int64_t{1} << 32})),
            "initializer 'w': entry 0 of uint64_data is 4294967296, which does not fit UINT32 "
            "[onnx.tensor]");
}

TEST(Tensor, ReadsSmallTypesFromInt32Data) {
  EXPECT_EQ(
      elements<int32_t>(readTensor(tensor("w", DataType::i32, {2}).packed(5, {-1, INT32_MAX}))),
      (std::vector<int32_t>{-1, INT32_MAX}));
  // A negative int32 written without sign extension.
  EXPECT_EQ(elements<int32_t>(readTensor(tensor("w", DataType::i32, {1}).packed(5, {0xffffffff}))),
            std::vector<int32_t>{-1});
  EXPECT_EQ(bytesOf(tensor("w", DataType::i16, {2}).packed(5, {-2, 258})),
            (Ints{0xfe, 0xff, 2, 1}));
  EXPECT_EQ(bytesOf(tensor("w", DataType::u16, {1}).packed(5, {0xffff})), (Ints{0xff, 0xff}));
  EXPECT_EQ(bytesOf(tensor("w", DataType::i8, {2}).packed(5, {-128, 127})), (Ints{0x80, 0x7f}));
  EXPECT_EQ(bytesOf(tensor("w", DataType::u8, {2}).varints(5, {255, 0})), (Ints{255, 0}));
  EXPECT_EQ(bytesOf(tensor("w", DataType::boolean, {3}).packed(5, {1, 0, 2})), (Ints{1, 0, 1}));
}

TEST(Tensor, ReadsBitPatternsFromInt32Data) {
  EXPECT_EQ(bytesOf(tensor("w", DataType::f16, {1}).packed(5, {0x3c00})), (Ints{0x00, 0x3c}));
  EXPECT_EQ(bytesOf(tensor("w", DataType::bf16, {2}).packed(5, {0x3f80, 0xbf80})),
            (Ints{0x80, 0x3f, 0x80, 0xbf}));
  for (DataType type : {DataType::f8e4m3fn, DataType::f8e4m3fnuz, DataType::f8e5m2,
                        DataType::f8e5m2fnuz, DataType::f8e8m0})
    EXPECT_EQ(bytesOf(tensor("w", type, {2}).packed(5, {0x7f, 0x80})), (Ints{0x7f, 0x80}));
}

TEST(Tensor, RefusesEntriesThatDoNotFit) {
  EXPECT_EQ(
      tensorProblem(tensor("w", DataType::u8, {2}).packed(5, {1, 256})),
      "initializer 'w': entry 1 of int32_data is 256, which does not fit UINT8 [onnx.tensor]");
  EXPECT_EQ(
      tensorProblem(tensor("w", DataType::f16, {1}).packed(5, {-32769})),
      "initializer 'w': entry 0 of int32_data is -32769, which does not fit FLOAT16 [onnx.tensor]");
}

TEST(Tensor, KeepsElementsBelowAByteAndUnpacksThem) {
  Tensor signed4 = readTensor(tensor("w", DataType::i4, {3}).packed(5, {0x8f, 0xf7}));
  EXPECT_EQ(elements<uint8_t>(signed4), (std::vector<uint8_t>{0x8f, 0xf7}));
  EXPECT_EQ(elements<int8_t>(unpacked(signed4)), (std::vector<int8_t>{-1, -8, 7}));
  EXPECT_EQ(
      elements<int8_t>(unpacked(readTensor(tensor("w", DataType::u4, {3}).text(9, "\x21\x0f")))),
      (std::vector<int8_t>{1, 2, 15}));
  EXPECT_EQ(
      elements<int8_t>(unpacked(readTensor(tensor("w", DataType::i2, {5}).text(9, "\xe4\x03"s)))),
      (std::vector<int8_t>{0, 1, -2, -1, -1}));
  EXPECT_EQ(
      elements<int8_t>(unpacked(readTensor(tensor("w", DataType::u2, {4}).packed(5, {0xe4})))),
      (std::vector<int8_t>{0, 1, 2, 3}));
  EXPECT_EQ(
      elements<int8_t>(unpacked(readTensor(tensor("w", DataType::f4e2m1, {2}).packed(5, {0xa7})))),
      (std::vector<int8_t>{7, 10}));
  EXPECT_EQ(tensorProblem(tensor("w", DataType::i4, {3}).text(9, "\x01")),
            "initializer 'w': raw_data has 1 bytes, but INT4[3] needs 2 [onnx.tensor]");
}

TEST(Tensor, MakesBooleansPlain) {
  EXPECT_EQ(bytesOf(tensor("w", DataType::boolean, {3}).text(9, "\x01\x00\xff"s)), (Ints{1, 0, 1}));
}

TEST(Tensor, ReadsStrings) {
  Tensor strings = readTensor(tensor("w", DataType::string, {2}).text(6, "a\0b"s).text(6, ""));
  EXPECT_EQ(strings.strings, (std::vector<std::string>{"a\0b"s, ""}));
  EXPECT_TRUE(strings.data.empty());
  EXPECT_EQ(tensorProblem(tensor("w", DataType::string, {2}).text(6, "a")),
            "initializer 'w': string_data has 1 entries, but STRING[2] needs 2 [onnx.tensor]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::string, {1}).text(9, "a")),
            "initializer 'w': a tensor of STRING has its values in string_data only [onnx.tensor]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::f32, {1}).text(6, "abcd")),
            "initializer 'w': a tensor of FLOAT has no string_data [onnx.tensor]");
}

TEST(Tensor, ReadsEmptyAndScalarTensors) {
  EXPECT_EQ(readTensor(tensor("w", DataType::f32, {0, 3})).count(), 0);
  EXPECT_EQ(readTensor(tensor("w", DataType::f32, {0}).text(9, "")).data.size(), 0u);
  EXPECT_EQ(readTensor(tensor("w", DataType::string, {0})).strings.size(), 0u);
  EXPECT_EQ(readTensor(tensor("w", DataType::f32, {}).fixed32(4, 1)).count(), 1);
  // An empty raw_data beside the values, as some writers leave it.
  EXPECT_EQ(elements<float>(readTensor(tensor("w", DataType::f32, {1}).fixed32(4, 1).text(9, ""))),
            std::vector<float>{1});
}

TEST(Tensor, ReadsDimsPackedAndNot) {
  Message packed = Message{}.packed(1, {1, 2}).varint(2, 1).text(8, "w").text(9, "12345678");
  EXPECT_EQ(readTensor(packed).dims, (std::vector<int64_t>{1, 2}));
}

TEST(Tensor, RefusesWrongSizes) {
  EXPECT_EQ(tensorProblem(tensor("w", DataType::f32, {2, 3}).text(9, "1234")),
            "initializer 'w': raw_data has 4 bytes, but FLOAT[2, 3] needs 24 [onnx.tensor]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::f32, {2}).fixed32(4, 1)),
            "initializer 'w': float_data has 1 entries, but FLOAT[2] needs 2 [onnx.tensor]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::i64, {2}).packed(7, {1, 2, 3})),
            "initializer 'w': int64_data has 3 entries, but INT64[2] needs 2 [onnx.tensor]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::f32, {2})),
            "initializer 'w': it has no data, but FLOAT[2] needs 8 bytes [onnx.tensor]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::f32, {-1}).text(9, "1234")),
            "initializer 'w': a dimension of FLOAT[-1] is negative [onnx.tensor]");
}

TEST(Tensor, RefusesSizesThatOverflow) {
  constexpr int64_t kBig = int64_t{1} << 32;
  EXPECT_EQ(tensorProblem(tensor("w", DataType::f32, {kBig, kBig})),
            "initializer 'w': the size of FLOAT[4294967296, 4294967296] overflows [onnx.tensor]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::f32, {INT64_MAX, 2})),
            "initializer 'w': the size of FLOAT[9223372036854775807, 2] overflows [onnx.tensor]");
  EXPECT_EQ(
      tensorProblem(tensor("w", DataType::f32, {kBig, kBig, 0})),
      "initializer 'w': the size of FLOAT[4294967296, 4294967296, 0] overflows [onnx.tensor]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::c128, {int64_t{1} << 60})),
            "initializer 'w': the size of COMPLEX128[1152921504606846976] overflows [onnx.tensor]");
  // Only many, not too many: refused before memory is taken.
  EXPECT_EQ(tensorProblem(tensor("w", DataType::i64, {int64_t{1} << 50}).packed(7, {1})),
            "initializer 'w': int64_data has 1 entries, but INT64[1125899906842624] needs "
            "1125899906842624 [onnx.tensor]");
}

TEST(Tensor, RefusesWrongFields) {
  EXPECT_EQ(tensorProblem(tensor("w", DataType::f16, {1}).fixed32(4, 1)),
            "initializer 'w': a tensor of FLOAT16 has its values in int32_data or raw_data, not in "
            "float_data [onnx.tensor]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::f32, {1}).fixed32(4, 1).text(9, "1234")),
            "initializer 'w': it has its data in more than one place [onnx.tensor]");
  EXPECT_EQ(tensorProblem(
                tensor("w", DataType::f32, {1}).message(3, Message{}.varint(1, 0).varint(2, 1))),
            "initializer 'w': it is one segment of a tensor that is stored in parts "
            "[onnx.tensor.segment]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType{99}, {1}).text(9, "1234")),
            "initializer 'w': its data type is 99, but must be from 1 to 26 [onnx.tensor.type]");
  EXPECT_EQ(tensorProblem(tensor("w", DataType::undefined, {1})),
            "initializer 'w': its data type is 0, but must be from 1 to 26 [onnx.tensor.type]");
}

TEST(Tensor, ReportsEveryBadTensorAtOnce) {
  EXPECT_EQ(problems(model(graph({.nodes = {node("Add", {"x", "a"}, {"y"})},
                                  .initializers = {tensor("a", DataType::f32, {1}),
                                                   tensor("b", DataType{30}, {1})}}))),
            "initializer 'a': it has no data, but FLOAT[1] needs 4 bytes [onnx.tensor]\n"
            "initializer 'b': its data type is 30, but must be from 1 to 26 [onnx.tensor.type]");
}

Message sparse(std::initializer_list<int64_t> dims, const Message &values, const Message &indices) {
  return Message{}.message(1, values).message(2, indices).varints(3, dims);
}

std::string sparseProblem(const Message &proto) {
  return problems(model(graph({.nodes = {node("Neg", {"x"}, {"y"})}}).message(15, proto)));
}

Tensor readSparse(const Message &proto) {
  return read(model(graph({.nodes = {node("Neg", {"x"}, {"y"})}}).message(15, proto)))
      .graph.initializers.at(0)
      .tensor;
}

Message twoValues() { return tensor("s", DataType::i64, {2}).packed(7, {5, 6}); }

TEST(Sparse, BecomesDense) {
  Message linear = tensor("", DataType::i64, {2}).packed(7, {1, 5});
  Message tuples = tensor("", DataType::i64, {2, 2}).packed(7, {0, 1, 1, 2});
  for (const Message &indices : {linear, tuples}) {
    Tensor t = readSparse(sparse({2, 3}, twoValues(), indices));
    EXPECT_EQ(t.name, "s");
    EXPECT_EQ(t.dims, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(elements<int64_t>(t), (std::vector<int64_t>{0, 5, 0, 0, 0, 6}));
  }
}

TEST(Sparse, RefusesBadIndices) {
  auto problem = [](const Message &indices) {
    return sparseProblem(sparse({2, 3}, twoValues(), indices));
  };
  EXPECT_EQ(problem(tensor("", DataType::i64, {2}).packed(7, {0, 6})),
            "initializer 's': an index of INT64[2, 3] lies outside of 6 (size 6) [onnx.tensor]");
  EXPECT_EQ(problem(tensor("", DataType::i64, {2}).packed(7, {-1, 0})),
            "initializer 's': an index of INT64[2, 3] lies outside of -1 (size 6) [onnx.tensor]");
  EXPECT_EQ(problem(tensor("", DataType::i64, {2, 2}).packed(7, {0, 3, 1, 0})),
            "initializer 's': an index of INT64[2, 3] lies outside of 3 (size 3) [onnx.tensor]");
  EXPECT_EQ(problem(tensor("", DataType::i64, {2}).packed(7, {3, 3})),
            "initializer 's': its indices are not in ascending order, each once [onnx.tensor]");
  EXPECT_EQ(
      problem(tensor("", DataType::i64, {3}).packed(7, {0, 1, 2})),
      "initializer 's': a sparse tensor of 2 values and rank 2 has INT64 indices [2] or [2, 2], "
      "not INT64[3] [onnx.tensor]");
  EXPECT_EQ(
      problem(tensor("", DataType::i32, {2}).packed(5, {0, 1})),
      "initializer 's': a sparse tensor of 2 values and rank 2 has INT64 indices [2] or [2, 2], "
      "not INT32[2] [onnx.tensor]");
}

TEST(Sparse, BoundsTheDenseSize) {
  Message indices = tensor("", DataType::i64, {2}).packed(7, {1, 5});
  EXPECT_EQ(
      sparseProblem(sparse({int64_t{1} << 40}, twoValues(), indices)),
      "initializer 's': the sparse tensors take more than 2147483648 bytes when they are dense "
      "[onnx.tensor.sparse]");
}

TEST(Sparse, IsReadInAttributesToo) {
  Message value = sparse({4}, twoValues(), tensor("", DataType::i64, {2}).packed(7, {1, 3}));
  Message constant =
      node("Constant", {}, {"y"})
          .message(5, Message{}.text(1, "sparse_value").message(22, value).varint(20, 11));
  Model m = read(model(graph({.nodes = {constant}})));
  EXPECT_EQ(elements<int64_t>(std::get<Tensor>(m.graph.nodes[0].find("sparse_value")->value)),
            (std::vector<int64_t>{0, 5, 0, 6}));
}

TEST(TestData, ReadsSequencesOptionalsAndMaps) {
  TemporaryFolder folder;
  auto readAs = [&](const Message &m, Type::Kind kind) {
    Type type;
    type.kind = kind;
    return readTestValue(folder.write("v.pb", m.bytes), type);
  };
  Message one = tensor("t", DataType::f32, {1}).fixed32(4, 7);
  EXPECT_EQ(elements<float>(readAs(one, Type::Kind::tensor).tensor), std::vector<float>{7});

  Message list = Message{}.varint(2, 1).message(3, one).message(3, one);
  TestValue sequence = readAs(list, Type::Kind::sequence);
  EXPECT_EQ(sequence.kind, TestValue::Kind::sequence);
  ASSERT_EQ(sequence.items.size(), 2u);
  EXPECT_EQ(elements<float>(sequence.items[1].tensor), std::vector<float>{7});

  TestValue nested = readAs(Message{}.varint(2, 3).message(5, list), Type::Kind::sequence);
  ASSERT_EQ(nested.items.size(), 1u);
  EXPECT_EQ(nested.items[0].items.size(), 2u);

  EXPECT_TRUE(readAs({}, Type::Kind::optional).items.empty());
  TestValue some = readAs(Message{}.varint(2, 3).message(5, list), Type::Kind::optional);
  ASSERT_EQ(some.items.size(), 1u);
  EXPECT_EQ(some.items[0].kind, TestValue::Kind::sequence);

  Message map = Message{}.varint(2, 7).packed(3, {-1, 9}).message(5, list);
  TestValue pairs = readAs(Message{}.varint(2, 4).message(6, map), Type::Kind::sequence);
  ASSERT_EQ(pairs.items.size(), 1u);
  EXPECT_EQ(pairs.items[0].kind, TestValue::Kind::map);
  EXPECT_EQ(elements<int64_t>(pairs.items[0].tensor), (std::vector<int64_t>{-1, 9}));
  EXPECT_EQ(pairs.items[0].items.size(), 2u);

  EXPECT_EQ(
      problemsOf([&] { readAs(Message{}.varint(2, 1).text(3, "\x15"), Type::Kind::sequence); }),
      "the file is truncated or corrupt at byte 4 of 5, in tensor_values.data_type: expected a "
      "varint, "
      "found 4 bytes [onnx.wire]");
}

} // namespace
} // namespace burin::onnx::test
